//! The harness of the tests: a world with the whole product, a simulated WeCom and a clock that stands until a test
//! moves it ([`World`]); and a second one without sockets or threads, where everything that may go wrong does
//! ([`Simulation`]).

mod library;
mod meter;
mod nobody;
mod rude;
mod seeded;
mod simulation;
mod visitor;
mod world;

pub use library::png;
pub use meter::{Meter, Units};
pub use nobody::Nobody;
pub use rude::{Rates, Rude, Trouble};
pub use seeded::{Chance, Trace};
pub use simulation::{Costs, Faults, Simulation, Summary};
pub use visitor::Visitor;
pub use world::{Answer, World, at, items, text};
