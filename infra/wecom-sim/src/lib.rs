//! A simulated WeCom (企业微信): the server API of one corp's apps, the encrypted callbacks, the
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
//! - `population`: many people at once, and what they are going to do.
//! - `card`: what may stand on a template card, and what can be pressed on it.
//! - `page`: `/sim/`, the same for the hand and the eye; `signin`: the pages that OAuth leads through.
//! - `callback`, `crypto`, `xml`, `delivery`, `ingest`, `reply`: how news leaves, how often, and in which disguise.
//!
//! Everything is a function of [`Config::seed`], the [`Clock`] and the order of calls: two runs of one
//! script give the same ids, welcome codes and ciphertext. There are no threads inside, and no timers but
//! for a latency that somebody may order (`flight`); the runner asks [`Sim::next_event_at`] and calls
//! [`Sim::run_due`].
//!
//! # Time-outs
//! A router cannot make its caller's connection time out. An injected time-out is therefore answered
//! with HTTP status 599 and the header `x-sim-timeout: before` (nothing happened) or `after` (the effect
//! was applied, the answer is lost). The runner's transport turns such an answer into a time-out.
//!
//! The README beside this crate lists the bodies of the control calls.

mod api;
mod callback;
mod card;
mod config;
mod control;
mod crypto;
mod delivery;
mod fault;
mod flight;
mod ingest;
mod page;
mod population;
mod ports;
mod random;
mod reply;
mod signin;
mod sim;
mod state;
mod time;
mod url;
mod xml;

pub use config::Config;
pub use ports::{Browsed, Clock, Fetched, Hooks, Outbound};
pub use sim::Sim;
