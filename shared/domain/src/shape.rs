//! From JSON to a typed value. What does not fit is named by its pointer and told in words of JSON: whoever wrote the
//! document knows nothing of our types.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use crate::playbook::Problem;

/// Reads a value. Of several misfits the first is told.
pub fn read<T: DeserializeOwned>(value: &Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| misfit(&error))
}

/// What serde found wrong, as a problem of the document; codes as in `docs/API.md`. For text that is read without a
/// [`Value`] between: there serde sees a field that is given twice.
#[must_use]
pub fn misfit(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let pointer = pointer(error.path());
    let said = sentence(error.inner());
    // Between backticks serde puts names: first the one at fault, then those it knows.
    let mut names = said.split('`').skip(1).step_by(2).map(str::to_owned);
    let mut name = || names.next().unwrap_or_default();
    if said.starts_with("missing field") {
        return missing_field(&pointer, &name());
    }
    if said.starts_with("duplicate field") {
        let name = name();
        let text = format!("the field {name:?} is given twice");
        return Problem::new(field_at(pointer, &name), "duplicate_field", text);
    }
    if said.starts_with("unknown field") {
        let name = name();
        return unknown_field(field_at(pointer, &name), &name, names.collect());
    }
    if said.starts_with("unknown variant") {
        let text = format!("there is no {:?} here", name());
        return among(Problem::new(pointer, "unknown_value", text), names.collect());
    }
    let (code, text) = told(&said);
    // A text where an object of one field belongs, or the other way round: serde's path goes on into that field.
    let astray = said.starts_with("invalid type: unit variant") || said.ends_with(", expected unit");
    let parent = pointer.rsplit_once('/').filter(|_| astray);
    Problem::new(parent.map_or(pointer.as_str(), |(parent, _)| parent), code, text)
}

/// The object at `pointer` needs a field `name`.
pub(crate) fn missing_field(pointer: &str, name: &str) -> Problem {
    Problem::new(below(pointer, name), "missing_field", format!("the field {name:?} is missing"))
}

/// There must be no field `name` at `pointer`; `known` are those that there may be.
pub(crate) fn unknown_field(pointer: String, name: &str, known: Vec<String>) -> Problem {
    among(Problem::new(pointer, "unknown_field", format!("there is no field {name:?} here")), known)
}

/// A pointer to a field of the object at `pointer`.
pub(crate) fn below(pointer: &str, field: &str) -> String {
    format!("{pointer}/{}", field.replace('~', "~0").replace('/', "~1"))
}

/// The pointer to a field that serde names: some of its paths end at the field, some at the object around it.
fn field_at(pointer: String, name: &str) -> String {
    if pointer.ends_with(&below("", name)) { pointer } else { below(&pointer, name) }
}

fn among(problem: Problem, known: Vec<String>) -> Problem {
    let text = match known.as_slice() {
        [] => problem.message.clone(),
        some => format!("{}; there are {}", problem.message, some.join(", ")),
    };
    Problem { message: text, ..problem }.among(known)
}

/// What serde says, without the place in the text: the pointer is better.
fn sentence(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).map_or_else(|| text.clone(), str::to_owned)
}

/// Code and words for a value of the wrong type, size or form.
fn told(said: &str) -> (&'static str, String) {
    let parts = |kind: &str| said.strip_prefix(kind)?.rsplit_once(", expected ");
    if said.ends_with(", expected unit") {
        return ("wrong_type", "this has to be a text, not an object".into());
    }
    if let Some((found, expected)) = parts("invalid type: ") {
        return ("wrong_type", format!("this has to be {}, not {}", wanted(expected), found_words(found)));
    }
    if said == "invalid value: map, expected map with a single key" {
        return ("bad_value", "this has to be an object with exactly one field".into());
    }
    if let Some((found, expected)) =
        parts("invalid value: ").filter(|(found, _)| found.starts_with("integer"))
    {
        return ("out_of_range", format!("this has to be {}, not {}", wanted(expected), found_words(found)));
    }
    if let Some((_, expected)) = parts("invalid length ") {
        // Serde takes a list for a struct, field by field; this one has too few.
        return ("wrong_type", format!("this has to be {}, not a list", wanted(expected)));
    }
    // Our own types say it themselves.
    ("bad_value", said.to_owned())
}

/// What serde expected, in words of JSON.
fn wanted(expected: &str) -> String {
    let whole = |least: i64, most: u64| format!("a whole number from {least} to {most}");
    match expected {
        "u8" => whole(0, u8::MAX.into()),
        "u16" => whole(0, u16::MAX.into()),
        "u32" => whole(0, u32::MAX.into()),
        "i32" => whole(i32::MIN.into(), i32::MAX.unsigned_abs().into()),
        "u64" | "usize" => "a whole number, 0 or more".into(),
        "i64" => "a whole number".into(),
        "a string" | "a borrowed string" | "string" => "a text".into(),
        "string or map" => "a text or an object".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "a list".into(),
        _ => "an object".into(),
    }
}

/// What serde found, in words of JSON. Texts are not repeated: they may be long.
fn found_words(found: &str) -> String {
    match found.split_once(' ').unwrap_or((found, "")) {
        ("unit", rest) if rest.starts_with("variant") => "a text".into(),
        ("integer" | "floating", rest) => {
            rest.rsplit('`').nth(1).map_or_else(|| "a number".into(), str::to_owned)
        }
        ("boolean", _) => "true or false".into(),
        ("string" | "character", _) => "a text".into(),
        ("null" | "unit" | "Option", _) => "null".into(),
        ("sequence", _) => "a list".into(),
        _ => "an object".into(),
    }
}

fn pointer(path: &Path) -> String {
    path.iter().fold(String::new(), |pointer, segment| match segment {
        Segment::Seq { index } => format!("{pointer}/{index}"),
        Segment::Map { key } => below(&pointer, key),
        Segment::Enum { variant } => below(&pointer, variant),
        Segment::Unknown => pointer,
    })
}

#[cfg(test)]
mod tests;
