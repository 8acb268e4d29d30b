//! The crate's one error: what the caller can do about it, with the service's own words as source.

use aws_sdk_scheduler::error::{ProvideErrorMetadata, SdkError};

/// What a port's other side said, kept for the log; nobody decides by it.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a port could not do what it was asked. Of alarms and messages nothing is lost by any of these: the store's indexes
/// still name the work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not reached, timed out, throttled or broken on the other side, which may be a disk: the same call may succeed
    /// later. After a time-out it may also have succeeded already.
    #[error("{call} was not answered")]
    Unavailable {
        /// The operation, as the service names it.
        call: &'static str,
        /// The transport's or the service's error.
        #[source]
        source: Cause,
    },
    /// Refused for a reason that repeating does not change: permissions, a missing group or bus, a malformed request.
    #[error("{call} was refused")]
    Refused {
        /// The operation, as the service names it.
        call: &'static str,
        /// The service's error.
        #[source]
        source: Cause,
    },
    /// The bus answered, but did not take some of the messages, twice.
    #[error("the bus did not accept {failed} of {total} messages, the last with {code}")]
    Unpublished {
        /// How many messages were not taken.
        failed: usize,
        /// How many were asked for.
        total: usize,
        /// The error code of the last entry that was not taken.
        code: String,
    },
    /// A parameter has no usable value; the value is not told.
    #[error("the parameter {parameter} {problem}")]
    Secret {
        /// Its ARN.
        parameter: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl Error {
    /// Sorts an SDK error of the operation `call` into [`Error::Unavailable`] or [`Error::Refused`].
    pub(crate) fn from_sdk<E>(call: &'static str, error: SdkError<E>) -> Self
    where
        E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        let passes = match &error {
            SdkError::ConstructionFailure(_) => false,
            SdkError::ServiceError(service) => {
                let status = service.raw().status().as_u16();
                status >= 500 || status == 429 || is_throttling(service.err().code())
            }
            // Time-out, dispatch, an unreadable response, and whatever the SDK adds.
            _ => true,
        };
        let source = Box::new(error);
        if passes { Error::Unavailable { call, source } } else { Error::Refused { call, source } }
    }

    /// For a request that the SDK's builders would not build: a bug or a malformed setting.
    pub(crate) fn unbuildable(call: &'static str, source: impl Into<Cause>) -> Self {
        Error::Refused { call, source: source.into() }
    }
}

/// Whether an AWS error code means "too fast"; services differ in the status they send it with.
pub(crate) fn is_throttling(code: Option<&str>) -> bool {
    matches!(
        code,
        Some("ThrottlingException" | "Throttling" | "TooManyRequestsException" | "RequestLimitExceeded")
    )
}
