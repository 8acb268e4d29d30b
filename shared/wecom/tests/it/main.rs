//! Everything about the crate that is tested from outside: recorded callbacks, properties of the
//! cryptography, the shape of every request and the reading of every answer.

mod answers;
mod callbacks;
mod cards;
mod contacts;
mod crypto;
mod double;
mod events;
mod messages;
mod tags;
mod tokens;
mod welcomes;
