//! What people would notice, one sentence a test, over HTTP against the whole product.

mod bad_input;
mod callbacks;
mod crash;
mod first_steps;
mod phones;
mod price;
mod reminders;
mod requests;
mod sixty_days;
