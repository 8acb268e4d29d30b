//! Schemas of what the domain reads and shows. The domain is pure and knows nothing of OpenAPI: its types are described
//! by hand in `schema/domain.json`, and tests hold the description and serde together.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde_json::{Map, Value};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

/// The descriptions, by name.
pub(crate) fn described() -> Map<String, Value> {
    serde_json::from_str(include_str!("schema/domain.json")).unwrap_or_default()
}

/// Names for `value_type` and parameters. What stands behind them is put in when the document is completed
/// ([`crate::openapi`]).
macro_rules! described {
    ($($name:ident),+ $(,)?) => {
        $(
            #[doc = concat!("Stands for `", stringify!($name), "` of `schema/domain.json`.")]
            pub(crate) enum $name {}

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    RefOr::T(Schema::default())
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    stringify!($name).into()
                }
            }
        )+
    };
}

described! {
    Slug, CustomerId, UserId, TaskId, EntryId, HourMinute, StageKind, OwnerPolicy, Predicate, Trigger, Action, Moves,
    BoardPlan, SopDraft, Method, EnrollmentState, StepState, Evidence, Reason, FactKind, HappeningKind,
    Visibility, ContentBody, PartKind, MediaKind, MediaFormat, BlobId, IngestEvent, IngestStatus, IngestReason, Attributes,
    KnownAttributes, SideState, OriginKind, ActorKind, TaskKind,
}
