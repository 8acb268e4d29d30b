//! Attributes: what other systems know of a customer. Told by ingestion (`customer.attributes`) or set here, under the
//! same rules.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use domain::{Happening, file::AttributeValue};
use serde_json::{Map, Value};

use super::CustomerView;
use crate::{
    Api, act,
    act::IdempotencyKey,
    address,
    answer::{Answer, Outcome},
    auth::Caller,
    body::Body,
    problem::{FieldError, Problem},
    schema,
    words::Words,
};

/// So many names at once.
const MAX_NAMES: usize = 100;
const MAX_NAME_CHARS: usize = 60;
const MAX_TEXT_CHARS: usize = 1000;
/// Whole numbers beyond it would be kept as others (2⁵³).
const MAX_WHOLE: u64 = 1 << 53;

/// Set attributes
///
/// A value each, null forgets it; what is not named stays. Text (up to 1,000 characters), a finite number, or true or
/// false. A customer has at most 100 attributes, 16 KB in all: those that do not fit are in `refused`, as are those of
/// which something newer is known. Without If-Match: two people who set different attributes never meet.
#[utoipa::path(patch, path = "/customers/{id}/attributes", operation_id = "setAttributes", tag = "customers",
    params(("id" = schema::CustomerId, Path, description = "The customer"), IdempotencyKey),
    request_body = schema::Attributes,
    responses((status = 200, description = "The customer as they are now", body = act::Changed<CustomerView>,
               headers(("ETag" = String))),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("设置客户属性"))))]
pub(crate) async fn set(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    key: IdempotencyKey,
    Body(wanted): Body<Map<String, Value>>,
) -> Outcome<act::Changed<CustomerView>> {
    let customer = address::customer(&id)?;
    if wanted.is_empty() {
        return Err(Problem::field("", "empty", "name at least one attribute"));
    }
    let values = read(&wanted, "").map_err(Problem::invalid)?;
    // A signal would make a file; who is not known is not made here.
    api.file(&caller, &customer).await?;
    let deed = api.act(&customer, &caller, &key.with(&wanted), Happening::AttributesSet { values }).await?;
    let book = api.app.playbook().await?;
    let view = CustomerView::new(&deed.file, &book, caller.sight());
    Ok(Answer::new(deed.answer(view, &Words::new(&book))).revision(deed.file.version))
}

/// The attributes that are meant, or all that is wrong with them. `prefix` is the pointer to where they are.
pub(crate) fn read(
    named: &Map<String, Value>,
    prefix: &str,
) -> Result<BTreeMap<String, Option<AttributeValue>>, Vec<FieldError>> {
    if named.len() > MAX_NAMES {
        let message = format!("at most {MAX_NAMES} attributes at once");
        return Err(vec![FieldError::new(prefix, "too_many", message)]);
    }
    let (mut values, mut errors) = (BTreeMap::new(), Vec::new());
    for (name, value) in named {
        match check_name(name).and_then(|()| value_of(value)) {
            Ok(value) => _ = values.insert(name.clone(), value),
            Err((code, message)) => {
                // A pointer to a name that is far too long would be as long.
                let shown: String = name.chars().take(MAX_NAME_CHARS).collect();
                let pointer = format!("{prefix}/{}", shown.replace('~', "~0").replace('/', "~1"));
                errors.push(FieldError::new(pointer, code, message));
            }
        }
    }
    if errors.is_empty() { Ok(values) } else { Err(errors) }
}

type Fault = (&'static str, String);

fn check_name(name: &str) -> Result<(), Fault> {
    if !(1..=MAX_NAME_CHARS).contains(&name.chars().count()) || name.trim().is_empty() {
        return Err(("bad_length", format!("a name has 1 to {MAX_NAME_CHARS} characters")));
    }
    if name.chars().any(char::is_control) {
        return Err(("bad_value", "a name has no control characters".to_owned()));
    }
    Ok(())
}

/// `None`: forget it. The message never repeats the value, which is somebody's.
fn value_of(value: &Value) -> Result<Option<AttributeValue>, Fault> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(value) => Ok(Some(AttributeValue::Bool(*value))),
        Value::Number(number) => {
            let whole = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
            let finite = number.as_f64().filter(|number| number.is_finite());
            match finite.filter(|_| whole.is_none_or(|whole| whole <= MAX_WHOLE)) {
                Some(number) => Ok(Some(AttributeValue::Number(number))),
                None => {
                    Err(("out_of_range", "this number would be kept as another: send it as text".to_owned()))
                }
            }
        }
        Value::String(text) if text.chars().count() > MAX_TEXT_CHARS => {
            Err(("too_long", format!("a text has at most {MAX_TEXT_CHARS} characters")))
        }
        Value::String(text) => Ok(Some(AttributeValue::Text(text.clone()))),
        Value::Array(_) | Value::Object(_) => {
            Err(("wrong_type", "a value is a text, a number, true, false or null".to_owned()))
        }
    }
}

/// As JSON has it: a whole number without a fraction.
#[expect(clippy::cast_possible_truncation, reason = "bounded just before")]
pub(super) fn shown(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::Bool(value) => (*value).into(),
        AttributeValue::Number(number) if number.fract() == 0.0 && number.abs() <= MAX_WHOLE as f64 => {
            (*number as i64).into()
        }
        AttributeValue::Number(number) => (*number).into(),
        AttributeValue::Text(text) => text.clone().into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    type Values = BTreeMap<String, Option<AttributeValue>>;

    fn read_json(named: &Value) -> Result<Values, Vec<(String, String)>> {
        let read = read(named.as_object().unwrap(), "/attributes");
        read.map_err(|errors| errors.into_iter().map(|error| (error.pointer, error.code)).collect())
    }

    #[test]
    fn values_are_kept_as_they_were_told() {
        let told =
            json!({"预算": 120_000, "折扣": 0.85, "会员": true, "生日": "1990-03-05", "旧": null, "负": -3});
        let read = read_json(&told).unwrap();
        assert_eq!(read["旧"], None);
        let again: Map<String, Value> = read
            .iter()
            .map(|(name, value)| (name.clone(), value.as_ref().map_or(Value::Null, shown)))
            .collect();
        assert_eq!(Value::Object(again), told);
    }

    #[test]
    fn everything_wrong_is_named_by_its_pointer_and_no_value_is_repeated() {
        let long = "长".repeat(61);
        let told = json!({"a/b": [1], "obj": {"x": 1}, "": 1, "  ": 1, "tab\t": 1, "big": 9_007_199_254_740_993_u64,
                          "text": "秘".repeat(1001), "ok": 1, long.clone(): 1});
        let mut wrong = read_json(&told).unwrap_err();
        wrong.sort();
        let at = |name: &str, code: &str| (format!("/attributes/{name}"), code.to_owned());
        let mut expected = [
            at("a~1b", "wrong_type"),
            at("obj", "wrong_type"),
            at("", "bad_length"),
            at("  ", "bad_length"),
            at("tab\t", "bad_value"),
            at("big", "out_of_range"),
            at("text", "too_long"),
            at(&"长".repeat(60), "bad_length"),
        ];
        expected.sort();
        assert_eq!(wrong, expected);
        let messages = read(told.as_object().unwrap(), "").unwrap_err();
        assert!(messages.iter().all(|error| !error.message.contains('秘')));

        let many: Map<String, Value> = (0..101).map(|n| (format!("a{n}"), json!(n))).collect();
        assert_eq!(read_json(&Value::Object(many)).unwrap_err(), [("/attributes".into(), "too_many".into())]);
        assert!(read_json(&json!({"e": 1e300, "长".repeat(60): "x".repeat(1000)})).is_ok());
    }
}
