//! Everything about the crate that is tested from outside: recorded callbacks, properties of the
//! cryptography, the shape of every request and the reading of every answer.

mod answers;
mod attachments;
mod bodies;
mod callbacks;
mod card_updates;
mod cards;
mod contact_batches;
mod contact_lists;
mod contact_ways;
mod contacts;
mod crypto;
mod directory;
mod double;
mod event_kinds;
mod events;
mod hostile;
mod interactive_cards;
mod jssdk;
mod mass_messages;
mod mass_results;
mod media;
mod messages;
mod platform;
mod remarks;
mod replies;
mod sign_ins;
mod statistics;
mod tags;
mod tickets;
mod tokens;
mod welcomes;
