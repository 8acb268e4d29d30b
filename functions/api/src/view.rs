//! Pieces that several views share.

use domain::{File, Timestamp};
use serde::{Serialize, Serializer};
use serde_json::json;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat,
        schema::{SchemaType, Type},
    },
};

/// An instant, RFC 3339 in UTC with `Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At(pub(crate) Timestamp);

impl Serialize for At {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl PartialSchema for At {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::String))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("An instant, RFC 3339 in UTC."))
            .examples([json!("2026-03-05T01:00:00Z")])
            .into()
    }
}

impl ToSchema for At {
    fn name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }
}

/// Something with a name.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"id": "cars", "name": "汽车销售"}))]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// A customer in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CustomerName, example = json!({"id": "wmDemoChenJie0001", "name": "陈洁", "avatar": null}))]
pub(crate) struct Person {
    pub(crate) id: String,
    /// Empty until WeCom told it.
    pub(crate) name: String,
    pub(crate) avatar: Option<String>,
}

impl From<&File> for Person {
    fn from(file: &File) -> Self {
        Self { id: file.id.to_string(), name: file.profile.name.clone(), avatar: file.profile.avatar.clone() }
    }
}

/// The name under which serde writes a plain variant, e.g. a reason.
pub(crate) fn slug(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// The value of a tag field with which serde tells variants apart.
pub(crate) fn tag_of(value: impl Serialize, field: &str) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.get(field).and_then(|name| name.as_str()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc() {
        let at = At(Timestamp::from_secs(1_700_000_000));
        assert_eq!(serde_json::to_string(&at).unwrap(), r#""2023-11-14T22:13:20Z""#);
    }

    #[test]
    fn names_are_those_of_serde() {
        assert_eq!(slug(domain::file::ExitReason::LeftStage), "left_stage");
        assert_eq!(tag_of(domain::Happening::Woken, "what"), "woken");
    }
}
