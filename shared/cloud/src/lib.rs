//! What Stepwise asks of the cloud around it, as ports with their AWS adapters beside them.
//!
//! * [`alarm`]: wake a customer's file at an instant; [`alarm::scheduler`] does it with EventBridge Scheduler.
//! * [`bus`]: hand ids of recorded work to `engine`; [`bus::eventbridge`] does it with an EventBridge bus, and
//!   [`bus::direct`] goes round one that fails.
//! * [`blob`]: keep originals of pictures, videos and files, and take them from whoever uploads them; [`blob::s3`] does
//!   it with a bucket, [`blob::local`] on one machine.
//! * [`secret`]: values of SSM parameters, at the cold start; no port, for on one machine settings are given directly.
//!
//! Alarm and bus are not trusted with the truth. Alarms and messages are set after a commit, best effort, and carry ids
//! only; whatever is lost is found again through the store's `wake` and `work` indexes. That is why an alarm which could
//! not be set is an answer ([`alarm::Armed::LeftToTick`]) and not a failure of the caller. A blob that was kept is kept, and
//! one that was not is a failure.
//!
//! Not here: the store, WeCom, the clock (it comes as an argument), retries that wait, any decision about customers.
//! Clients come from outside with their region, credentials, transport and time-outs; this crate reads no environment.

pub mod alarm;
pub mod blob;
pub mod bus;
mod error;
pub mod secret;
mod signed;
#[cfg(test)]
mod wire;

pub use error::{Cause, Error};
pub use signed::Signer;
