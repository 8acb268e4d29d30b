//! The whole of Stepwise on one machine: the same function libraries that run on Lambda, composed in one process
//! around an embedded DynamoDB-compatible engine, with alarms, bus and minute tick in process, and a simulated WeCom
//! to play with.
//!
//! Nothing here decides anything: what a function does is in `functions/`. Start with [`Machine::start`].

mod bus;
mod clocks;
pub mod contents;
mod demo;
mod directory;
pub mod doctor;
pub mod embedded;
mod gateway;
mod hooks;
mod machine;
pub mod openapi;
mod pump;
mod settings;
mod transport;

pub use clocks::ManualClock;
pub use machine::{ClockKind, Machine, Options, WeComKind};
pub use settings::Defaults;
