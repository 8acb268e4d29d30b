//! What people would notice, one sentence a test, over HTTP against the whole product.

mod access;
mod audit;
mod bad_input;
mod boards;
mod callbacks;
mod crash;
mod doctor;
mod faults;
mod first_steps;
mod import;
mod jobs;
mod large;
mod live_changes;
mod phones;
mod price;
mod reminders;
mod requests;
mod roles;
mod security;
mod sight;
mod sign_in;
mod sixty_days;
mod staff;
mod tags;
mod tokens;
