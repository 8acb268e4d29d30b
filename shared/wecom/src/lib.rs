//! The WeCom (企业微信) protocol: callbacks in, API calls out.
//!
//! # What it is
//!
//! - [`crypto`] proves that a callback comes from the platform and decrypts it; [`event`] turns the
//!   decrypted XML into types; [`reply`] answers in the response.
//! - [`Client`] calls the server API: one method per API, one file per family ([`token`],
//!   [`contact`], [`tag`], [`contact_way`], [`welcome`], [`mass`], [`message`], [`media`],
//!   [`directory`], [`oauth`], [`ticket`], [`statistics`], [`platform`]). Documented limits are
//!   checked before anything is sent, answers are read leniently.
//! - [`jssdk`] signs pages, [`oauth::SignIn`] builds the addresses where browsers sign in: both are
//!   pure.
//! - [`Error`] says what the caller can do next; [`Class`] sorts the platform's numeric codes into
//!   five ways to react.
//!
//! # What it is not
//!
//! It has no clock, no store, no randomness and no retry policy: a token is passed to each call, a
//! failure is returned once, and who calls decides whether to call again. It opens no sockets
//! either: bytes leave through the injected [`Transport`].
//!
//! # Where to start reading
//!
//! [`crypto::CallbackKeys::open`] then [`event::Callback::parse`] for the way in; `client.rs` then
//! any family file for the way out.
//!
//! Facts about the protocol come from WeCom's developer documentation,
//! <https://developer.work.weixin.qq.com>.

pub mod attachment;
mod client;
mod codes;
pub mod contact;
pub mod contact_way;
pub mod crypto;
pub mod directory;
mod error;
pub mod event;
pub mod jssdk;
mod lenient;
mod limits;
pub mod mass;
pub mod media;
pub mod message;
pub mod oauth;
pub mod platform;
mod redact;
pub mod reply;
pub mod statistics;
pub mod tag;
pub mod ticket;
pub mod token;
mod transport;
pub mod welcome;
mod xml;

pub use client::{Client, DEFAULT_TIMEOUT};
pub use error::{Class, Error};
pub use token::AccessToken;
pub use transport::{Transport, TransportError};
pub use xml::XmlFault;
