//! SOPs as documents: what people write, checked and resolved into immutable versions.

mod content;
mod document;
mod lint;
mod text;

pub use content::{HadWithin, StepContent, USUAL_DAYS};
pub use document::{
    Anchor, Document, Exit, Expiry, LateStart, Reentry, ReentryPolicy, Step, StepMethod, StepTime,
};
pub use lint::compile;
pub use text::{Text, TextProblem};

use serde::{Deserialize, Serialize};

use crate::{StepId, Timestamp};

/// A published version: never changed again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SopVersion {
    /// 1, 2, 3…
    pub version: u32,
    /// When it was published.
    pub published_at: Timestamp,
    /// The document with its names resolved to ids.
    pub document: Document,
}

impl SopVersion {
    /// A step by id, with its place.
    #[must_use]
    pub fn step(&self, id: &StepId) -> Option<(usize, &Step)> {
        self.document.steps.iter().enumerate().find(|(_, step)| &step.id == id)
    }
}
