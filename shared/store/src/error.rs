//! One error, by what the caller can do about it.

use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    operation::transact_write_items::TransactWriteItemsError,
};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else was faster: load again, decide again.
    #[error("{0} was changed meanwhile")]
    LostRace(&'static str),
    /// The thing is there already.
    #[error("{0} exists already")]
    Exists(String),
    /// The store is busy or out of reach; the operation may have had its effect.
    #[error("the store did not answer {operation}: {reason}")]
    Unavailable {
        /// Which operation.
        operation: &'static str,
        /// What the client said.
        reason: String,
    },
    /// What the store holds cannot be read: written by a newer release, or damaged.
    #[error("cannot read {what}: {reason}")]
    Unreadable {
        /// Which item.
        what: String,
        /// Why.
        reason: String,
    },
    /// The request itself was wrong: a bug of ours.
    #[error("the store refused {operation}: {reason}")]
    Refused {
        /// Which operation.
        operation: &'static str,
        /// What the store said.
        reason: String,
    },
}

impl Error {
    /// May the same be tried again, after a pause?
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::LostRace(_) | Self::Unavailable { .. })
    }

    pub(crate) fn unreadable(what: impl Into<String>, reason: impl ToString) -> Self {
        Self::Unreadable { what: what.into(), reason: reason.to_string() }
    }
}

const REFUSALS: [&str; 5] = [
    "ValidationException",
    "ResourceNotFoundException",
    "AccessDeniedException",
    "IdempotentParameterMismatchException",
    "ItemCollectionSizeLimitExceededException",
];

/// Sorts an SDK error into ours.
pub(crate) fn sort<E, R>(operation: &'static str, error: SdkError<E, R>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).map(str::to_owned);
    match code.as_deref() {
        Some("ConditionalCheckFailedException" | "TransactionConflictException") => {
            Error::LostRace(operation)
        }
        Some(code) if REFUSALS.contains(&code) => {
            let reason =
                error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or(code).to_owned();
            Error::Refused { operation, reason }
        }
        Some(code) => Error::Unavailable { operation, reason: code.to_owned() },
        None => Error::Unavailable { operation, reason: chain(&error) },
    }
}

/// Did a condition fail (and nothing else)?
pub(crate) fn condition_failed<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code) == Some("ConditionalCheckFailedException")
}

/// Why a transaction was cancelled: one code for each of its items, in order.
pub(crate) fn cancellations(error: &TransactWriteItemsError) -> Vec<&str> {
    match error {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("None")).collect()
        }
        _ => Vec::new(),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
