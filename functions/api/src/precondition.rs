//! `If-Match`: nobody overwrites what they have not seen.

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};

use utoipa::{
    IntoParams,
    openapi::{
        Object, Required,
        path::{Parameter, ParameterBuilder, ParameterIn},
        schema::Type,
    },
};

use crate::problem::{Code, Problem};

/// What `If-Match` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IfMatch {
    /// Nothing: the header is absent.
    Absent,
    /// `*`: whatever, if only it exists.
    Any,
    /// One of these revisions. A tag that is none of ours matches nothing.
    OneOf(Vec<u64>),
}

impl IfMatch {
    fn parse(text: &str) -> Self {
        if text.trim() == "*" {
            return Self::Any;
        }
        let tag = |part: &str| part.trim().trim_matches('"').parse().ok();
        Self::OneOf(text.split(',').filter_map(tag).collect())
    }

    /// Does it hold? `None`: nothing was asked. `current` is `None` for what does not exist.
    pub(crate) fn holds(&self, current: Option<u64>) -> Option<bool> {
        match self {
            Self::Absent => None,
            Self::Any => Some(current.is_some()),
            Self::OneOf(revisions) => Some(current.is_some_and(|current| revisions.contains(&current))),
        }
    }

    /// Demands the header where something exists, and that it holds. Returns the revision to replace, 0 for nothing;
    /// `current` shows what is there now.
    pub(crate) fn demand(
        &self,
        revision: Option<u64>,
        current: impl FnOnce() -> serde_json::Value,
    ) -> Result<u64, Problem> {
        match self.holds(revision) {
            None if revision.is_some() => {
                let detail = "it exists: send If-Match with the ETag that you read, so that nothing is lost";
                Err(Problem::new(Code::PreconditionRequired, detail))
            }
            Some(false) => Err(stale(current())),
            None | Some(true) => Ok(revision.unwrap_or(0)),
        }
    }
}

/// It is not what was read any more; `current` is what it is now.
pub(crate) fn stale(current: serde_json::Value) -> Problem {
    let detail = "it is not what you read any more; `current` is what it is now";
    Problem::new(Code::PreconditionFailed, detail).with("current", current)
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let about = "The ETag that was read; 412 with `current` if it is another now. `*`: whatever, if only it exists.";
        let parameter = ParameterBuilder::new()
            .name("If-Match")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(about))
            .schema(Some(Object::with_type(Type::String)))
            .example(Some("\"7\"".into()));
        vec![parameter.build()]
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.headers.get(header::IF_MATCH).map(|value| value.to_str()) {
            None => Ok(Self::Absent),
            Some(Ok(text)) => Ok(Self::parse(text)),
            Some(Err(_)) => Err(Problem::new(Code::BadHeader, "If-Match could not be read")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_matches_itself_and_nothing_else() {
        assert_eq!(IfMatch::parse("\"3\"").holds(Some(3)), Some(true));
        assert_eq!(IfMatch::parse("\"2\", \"3\"").holds(Some(3)), Some(true));
        assert_eq!(IfMatch::parse("\"2\"").holds(Some(3)), Some(false));
        // Weak tags never match where something is to be replaced.
        assert_eq!(IfMatch::parse("W/\"3\"").holds(Some(3)), Some(false));
        assert_eq!(IfMatch::parse("*").holds(None), Some(false));
        assert_eq!(IfMatch::parse("*").holds(Some(9)), Some(true));
        assert_eq!(IfMatch::Absent.holds(Some(9)), None);
    }

    #[test]
    fn what_exists_is_replaced_only_by_who_has_seen_it() {
        let current = || serde_json::json!({"a": 1});
        assert_eq!(IfMatch::Absent.demand(None, current).unwrap(), 0);
        assert_eq!(IfMatch::Absent.demand(Some(2), current).unwrap_err().code(), Code::PreconditionRequired);
        assert_eq!(IfMatch::parse("\"2\"").demand(Some(2), current).unwrap(), 2);
        let stale = IfMatch::parse("\"1\"").demand(Some(2), current).unwrap_err();
        assert_eq!(stale.code(), Code::PreconditionFailed);
        assert!(String::from_utf8(stale.document("r")).unwrap().contains("\"current\":{\"a\":1}"));
    }
}
