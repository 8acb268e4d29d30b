//! Reading fields whose type the platform does not keep to.
//!
//! Numbers arrive as strings on some endpoints, absent values as `null` or `""`, and new fields
//! appear without notice. These functions serve `#[serde(deserialize_with = "…")]`; the structs
//! using them carry `#[serde(default)]` as well, so that an absent field and `null` mean the same.

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};
use serde_json::Value;

/// The integer in a number or in a string; `None` for `null` and `""`, `Err` for anything else.
pub(crate) fn as_integer(value: &Value) -> Result<Option<i64>, &'static str> {
    match value {
        Value::Null => Ok(None),
        Value::Number(number) => number.as_i64().map(Some).ok_or("a number is not an integer"),
        Value::String(text) if text.trim().is_empty() => Ok(None),
        Value::String(text) => text.trim().parse().map(Some).map_err(|_| "a text is not an integer"),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err("neither number nor text"),
    }
}

/// An integer, `None` when absent.
pub(crate) fn optional_integer<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    as_integer(&Value::deserialize(from)?).map_err(D::Error::custom)
}

/// An integer, 0 when absent.
pub(crate) fn integer<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    Ok(optional_integer(from)?.unwrap_or_default())
}

/// A list of integers, empty when absent. What is `null` in it counts as 0, so that lists that
/// belong together stay in step.
pub(crate) fn integers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<i64>, D::Error> {
    let values: Vec<Value> = list(from)?;
    let integer = |value| as_integer(value).map(Option::unwrap_or_default).map_err(D::Error::custom);
    values.iter().map(integer).collect()
}

/// A number with or without a fraction, `None` when absent.
pub(crate) fn optional_number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(None),
        Value::Number(number) => Ok(number.as_f64()),
        Value::String(text) if text.trim().is_empty() => Ok(None),
        Value::String(text) => {
            let number = text.trim().parse().ok().filter(|number: &f64| number.is_finite());
            number.map(Some).ok_or_else(|| D::Error::custom("a text is not a number"))
        }
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err(D::Error::custom("neither number nor text"))
        }
    }
}

/// A text, `None` when absent or empty. A number is taken as its digits.
pub(crate) fn optional_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text).filter(|text| !text.is_empty())),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err(D::Error::custom("neither text nor number"))
        }
    }
}

/// A text, empty when absent.
pub(crate) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(optional_text(from)?.unwrap_or_default())
}

/// A truth value, also as 0 or 1 and in quotes; false when absent.
pub(crate) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    match Value::deserialize(from)? {
        Value::Bool(flag) => Ok(flag),
        Value::String(text) if text == "true" => Ok(true),
        Value::String(text) if text == "false" => Ok(false),
        other => Ok(as_integer(&other).map_err(D::Error::custom)?.unwrap_or_default() != 0),
    }
}

/// A list of texts, empty when absent. A number in it is taken as its digits; what is empty in it is left out.
pub(crate) fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let values: Vec<Value> = list(from)?;
    let read = |value| optional_text(value).map_err(D::Error::custom).transpose();
    values.into_iter().filter_map(read).collect()
}

/// A list, empty when absent.
pub(crate) fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn integers_are_read_from_numbers_and_texts() {
        assert_eq!(integer(json!(7)).ok(), Some(7));
        assert_eq!(integer(json!(" -7 ")).ok(), Some(-7));
        assert_eq!(integer(json!(null)).ok(), Some(0));
        assert_eq!(optional_integer(json!("")).ok(), Some(None));
        for wrong in [json!("seven"), json!(1.5), json!([1]), json!(true)] {
            assert!(integer(wrong).is_err());
        }
    }

    #[test]
    fn lists_of_texts_are_read_whatever_stands_in_them() {
        assert_eq!(texts(json!(["a", 1, null, ""])).ok(), Some(vec!["a".to_owned(), "1".to_owned()]));
        assert_eq!(texts(json!(null)).ok(), Some(Vec::new()));
        assert!(texts(json!([{}])).is_err());
    }

    #[test]
    fn lists_of_integers_keep_their_places() {
        assert_eq!(integers(json!([1, "2", null, ""])).ok(), Some(vec![1, 2, 0, 0]));
        assert_eq!(integers(json!(null)).ok(), Some(Vec::new()));
        assert!(integers(json!([1, "two"])).is_err());
        assert!(integers(json!(1)).is_err());
    }

    #[test]
    fn numbers_with_a_fraction_are_read_from_numbers_and_texts() {
        for (value, expected) in [
            (json!(60.25), Some(60.25)),
            (json!(100), Some(100.0)),
            (json!("60.25"), Some(60.25)),
            (json!(""), None),
            (json!(null), None),
        ] {
            assert_eq!(optional_number(value).ok(), Some(expected));
        }
        for wrong in [json!("many"), json!("inf"), json!("NaN"), json!([]), json!(true)] {
            assert!(optional_number(wrong).is_err());
        }
    }

    #[test]
    fn texts_may_be_numbers_and_empty_means_absent() {
        assert_eq!(text(json!(1000002)).ok().as_deref(), Some("1000002"));
        assert_eq!(optional_text(json!("")).ok(), Some(None));
        assert_eq!(text(json!(null)).ok().as_deref(), Some(""));
        assert!(text(json!({})).is_err());
    }

    #[test]
    fn flags_and_lists_have_their_odd_forms() {
        for (value, expected) in [
            (json!(true), true),
            (json!(1), true),
            (json!("0"), false),
            (json!("true"), true),
            (json!(null), false),
        ] {
            assert_eq!(flag(value).ok(), Some(expected));
        }
        assert_eq!(list::<_, i64>(json!(null)).ok(), Some(Vec::new()));
        assert_eq!(list::<_, i64>(json!([1])).ok(), Some(vec![1]));
    }
}
