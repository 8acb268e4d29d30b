//! One error, by what the edge does with it.

use domain::playbook::Problem;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A call to WeCom.
    #[error(transparent)]
    WeCom(#[from] wecom::Error),
    /// Originals of pictures, videos and files.
    #[error(transparent)]
    Blob(#[from] cloud::Error),
    /// The lease might end before the call does: nothing was called.
    #[error("the lease would have ended before the call")]
    LeaseOver,
    /// It cannot be done before something else is.
    #[error("it waits for {0}")]
    Waits(&'static str),
    /// Too many others wrote the same file at the same time.
    #[error("gave up after {tries} tries: others kept writing the same file")]
    Crowded {
        /// Tries made.
        tries: u32,
    },
    /// A record of the playbook cannot be read.
    #[error("the playbook's record {record} cannot be read: {reason}")]
    Playbook {
        /// Which.
        record: String,
        /// Why.
        reason: String,
    },
    /// A document is wrong.
    #[error("the document has {} problems", .0.len())]
    Invalid(Vec<Problem>),
    /// There is no such thing.
    #[error("there is no {0}")]
    NotFound(String),
    /// WeCom lets an app change only the tags that it made, and this is none of them.
    #[error("{0} was not made by this app, and WeCom lets an app change only what it made")]
    NotEditable(String),
    /// It was changed meanwhile, or is there already.
    #[error("{0}")]
    Conflict(String),
    /// It does not go with how things are; asked again it would not either.
    #[error("{0}")]
    Barred(#[from] Barred),
}

/// What has to be dealt with first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Barred {
    /// Something uses it or lies in it.
    #[error("something uses it")]
    InUse,
    /// There is one already.
    #[error("it exists already")]
    Exists,
    /// The content was put away.
    #[error("the content is archived; restore it first")]
    Archived,
    /// The content was published: customers may have had it.
    #[error("the content was published; archive it")]
    Published,
    /// The draft was published, and said to be something else then.
    #[error("the draft is published as version {version}, with another note or edition")]
    AlreadyPublished {
        /// As which.
        version: u32,
    },
}

/// What the edge does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The request was wrong: tell who asked.
    Client,
    /// It passes: try again later.
    Retry,
    /// A bug, or damaged data: alarm.
    Bug,
}

impl Error {
    /// What the edge does.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Invalid(_)
            | Self::NotFound(_)
            | Self::NotEditable(_)
            | Self::Conflict(_)
            | Self::Barred(_) => Class::Client,
            Self::Crowded { .. } | Self::LeaseOver | Self::Waits(_) => Class::Retry,
            Self::Store(error) if error.is_transient() => Class::Retry,
            Self::Blob(cloud::Error::Unavailable { .. }) => Class::Retry,
            // By something on the way, not by WeCom.
            Self::WeCom(wecom::Error::TurnedAway { .. }) => Class::Retry,
            Self::WeCom(error) => match error.class() {
                wecom::Class::Transient | wecom::Class::RateLimit | wecom::Class::Token => Class::Retry,
                wecom::Class::State | wecom::Class::Never => Class::Client,
            },
            Self::Store(_) | Self::Blob(_) | Self::Playbook { .. } => Class::Bug,
        }
    }
}
