//! A simulated WeCom (企业微信): the server API of one self-built app, its encrypted callbacks, the
//! people on both sides (members at their desks, customers with their phones), injected trouble, and a
//! page to play with all of it.
//!
//! What it is not: a mock that agrees with the product. It imports nothing of ours, and its
//! cryptography and XML are its own, so that a misreading of the protocol cannot hide on both sides.
//! Where the platform is rude (padding up to 32, random element order, lost and repeated callbacks,
//! one-way relations, welcome codes that die after 20 s) the simulator is rude too.
//!
//! Where things are:
//! - `state`: what WeCom knows. Plain values, one serialisable `World`; no clock, no randomness of its own.
//! - `api`: `/sim/cgi-bin/*`, one file per family of endpoints, each endpoint a function over the world.
//! - `control`: `/sim/control/*`, what people do, for tests and scripts.
//! - `page`: `/sim/`, the same for the hand and the eye.
//! - `callback`, `crypto`, `xml`, `delivery`, `ingest`: how news leaves, how often, and in which disguise.
//!
//! Everything is a function of [`Config::seed`], the [`Clock`] and the order of calls: two runs of one
//! script give the same ids, welcome codes and ciphertext. There are no threads and no timers inside;
//! the runner asks [`Sim::next_event_at`] and calls [`Sim::run_due`].
//!
//! # Time-outs
//! A router cannot make its caller's connection time out. An injected time-out is therefore answered
//! with HTTP status 599 and the header `x-sim-timeout: before` (nothing happened) or `after` (the effect
//! was applied, the answer is lost). The runner's transport turns such an answer into a time-out.
//!
//! The README beside this crate lists the bodies of the control calls.

mod api;
mod callback;
mod config;
mod control;
mod crypto;
mod delivery;
mod fault;
mod ingest;
mod page;
mod ports;
mod random;
mod sim;
mod state;
mod time;
mod xml;

pub use config::Config;
pub use ports::{Clock, Hooks, Outbound};
pub use sim::Sim;
