//! What the customer has had: so that good content is sent on, and nobody gets the same twice by accident (P11).

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// At most so many contents are remembered in a file; rows beside it remember all.
pub const MAX_EXPOSURES: usize = 300;

/// The last time that the customer had a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exposure {
    /// The latest edition that they have had.
    pub edition: u32,
    /// When they last had any.
    pub at: Timestamp,
    /// They have opened a link of this edition.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub opened: bool,
}

/// The way on which a content reached the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// The greeting of a new friend.
    Welcome,
    /// A task of an SOP.
    Task,
    /// Staff chose it themselves.
    Manual,
}

impl Route {
    /// The name, as it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::Task => "task",
            Self::Manual => "manual",
        }
    }
}
