//! All tests that need more than one crate: scenarios on the wire, the simulation, the architecture.

mod architecture;
mod scenarios;
mod simulation;
