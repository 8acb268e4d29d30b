//! The simulated WeCom from outside: over its router and through a recording way out.

mod bench;
mod callbacks;
mod contacts;
mod controls;
mod faults;
mod messages;
mod opened;
mod tags;
mod tokens;
mod welcome;
mod whole;
