//! The core of Stepwise: what is known of a customer ([`File`]), what the corp has decided ([`Playbook`]), what may
//! happen ([`Signal`]), and the one pure function that decides what follows ([`react`]).
//!
//! There is no IO here, no clock, no randomness, no WeCom, no AWS. Start with [`react`], then [`file`].

pub mod changes;
pub mod content;
pub mod counters;
pub mod difference;
pub mod fact;
pub mod file;
pub mod id;
pub mod playbook;
pub mod predicate;
pub mod react;
pub mod rows;
pub mod shape;
pub mod signal;
pub mod sop;
pub mod timestamp;
pub mod timing;

pub use fact::{Fact, What};
pub use file::{File, HeldTag, Method, Origin, Relation};
pub use id::{
    BoardId, ContentGroupId, ContentId, CustomerId, RuleId, SignalId, SopId, StaffId, StageId, StepId,
    TagGroupId, TagId,
};
pub use playbook::Playbook;
pub use predicate::Predicate;
pub use react::{Reaction, react};
pub use signal::{Actor, Happening, Signal};
pub use timestamp::Timestamp;
