//! What people would notice, one sentence a test, over HTTP against the whole product.

mod bad_input;
mod callbacks;
mod crash;
mod doctor;
mod faults;
mod first_steps;
mod large;
mod phones;
mod price;
mod reminders;
mod requests;
mod sixty_days;
