use axum::body::Bytes;
use serde_json::{Map, Value};

use super::Problem;

/// The JSON object of a control call. Every complaint names the field.
#[derive(Debug, Default)]
pub(super) struct Input(Map<String, Value>);

impl Input {
    pub(super) fn parse(body: &Bytes) -> Result<Self, Problem> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(Problem::invalid("body", "the body is not a JSON object")),
            // sound JSON, but more than a float holds
            Err(error) if error.to_string().starts_with("number out of range") => {
                Err(Problem::out_of_range("body", error.to_string()))
            }
            Err(error) => Err(Problem::invalid("body", format!("the body is not JSON: {error}"))),
        }
    }

    /// A field that is given and not null.
    pub(super) fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }

    /// All fields, null ones too.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter()
    }

    pub(super) fn optional_text(&self, field: &str) -> Result<Option<&str>, Problem> {
        match self.get(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Problem::invalid(field, format!("{field} is not a string"))),
        }
    }

    /// A text that must be there and not empty.
    pub(super) fn text(&self, field: &str) -> Result<&str, Problem> {
        match self.optional_text(field)? {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(Problem::invalid(field, format!("{field} is missing"))),
        }
    }

    pub(super) fn optional_flag(&self, field: &str) -> Result<Option<bool>, Problem> {
        match self.get(field) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(Problem::invalid(field, format!("{field} is neither true nor false"))),
        }
    }

    pub(super) fn optional_integer(&self, field: &str) -> Result<Option<i64>, Problem> {
        match self.get(field) {
            None => Ok(None),
            Some(value) => value
                .as_i64()
                .map(Some)
                .ok_or_else(|| Problem::invalid(field, format!("{field} is not an integer"))),
        }
    }

    pub(super) fn optional_number(&self, field: &str) -> Result<Option<f64>, Problem> {
        match self.get(field) {
            None => Ok(None),
            Some(value) => value
                .as_f64()
                .map(Some)
                .ok_or_else(|| Problem::invalid(field, format!("{field} is not a number"))),
        }
    }

    /// A list of texts; absent is empty.
    pub(super) fn texts(&self, field: &str) -> Result<Vec<&str>, Problem> {
        let complaint = || Problem::invalid(field, format!("{field} is not a list of strings"));
        match self.get(field) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => {
                items.iter().map(|item| item.as_str().ok_or_else(complaint)).collect()
            }
            Some(_) => Err(complaint()),
        }
    }
}
