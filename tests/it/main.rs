//! All tests that need more than one crate: scenarios on the wire, the simulation, the architecture.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops where it stands")]

mod architecture;
mod budget;
mod hitches;
mod interleavings;
mod lambda;
mod playbook;
mod scenarios;
mod simulation;
