//! Bodies: JSON of a bounded size and depth, read into a typed value; whatever is wrong is named by its pointer.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use domain::shape;
use http_body_util::BodyExt as _;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

use crate::problem::{Code, Problem};

/// No body of the API is larger.
pub(crate) const MAX_BYTES: usize = 1024 * 1024;
/// Of a body that is too large so much is read and thrown away: a client that is still sending would else see a broken
/// connection in place of the refusal.
const MAX_DISCARDED_BYTES: usize = 32 * 1024 * 1024;
/// Objects and lists within each other.
const MAX_DEPTH: usize = 32;

/// A body, read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Body<T, const MAX: usize = MAX_BYTES>(pub(crate) T);

/// A body that may be absent, which means the default.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OptionalBody<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned, const MAX: usize> FromRequest<S> for Body<T, MAX> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        check_media_type(request.headers())?;
        let bytes = read(request.into_body(), MAX).await?;
        parse(&bytes).map(Self)
    }
}

impl<S: Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = read(body, MAX_BYTES).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        check_media_type(&parts.headers)?;
        parse(&bytes).map(Self)
    }
}

/// `application/json` and its relatives, not compressed.
pub(crate) fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let kind = text(header::CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let plain = text(header::CONTENT_ENCODING).is_none_or(|coding| coding.eq_ignore_ascii_case("identity"));
    if plain && (kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json")))
    {
        return Ok(());
    }
    let detail = "send the body as Content-Type: application/json, not compressed";
    Err(Problem::new(Code::UnsupportedMediaType, detail))
}

/// The raw body, if it is no larger than `max`.
pub(crate) async fn read(mut body: axum::body::Body, max: usize) -> Result<Bytes, Problem> {
    let mut kept = Vec::new();
    let mut seen: usize = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            Problem::new(Code::BadRequest, "the body ended before it was complete").because(&error)
        })?;
        let Ok(data) = frame.into_data() else { continue };
        seen = seen.saturating_add(data.len());
        if seen <= max {
            kept.extend_from_slice(&data);
        } else if seen > max.saturating_add(MAX_DISCARDED_BYTES) {
            break;
        }
    }
    if seen > max {
        return Err(Problem::new(Code::BodyTooLarge, format!("the body has more than {max} bytes")));
    }
    Ok(kept.into())
}

/// Reads a body that is refused already, and keeps nothing of it: as with one that is too large, the refusal is to
/// arrive.
pub(crate) async fn discard(body: axum::body::Body) {
    let _ = read(body, 0).await;
}

/// Reads a JSON object into a value.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    check_depth(bytes)?;
    // Serde would take a list for a struct, field by field.
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first.is_some_and(|byte| *byte != b'{') {
        return Err(Problem::new(Code::MalformedJson, "the body has to be a JSON object"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value =
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| refuse::<T>(bytes, &error))?;
    deserializer.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

/// Why a text could not be read as a `T`.
fn refuse<T: DeserializeOwned>(
    bytes: &[u8],
    error: &serde_path_to_error::Error<serde_json::Error>,
) -> Problem {
    if error.inner().is_data() {
        return Problem::invalid(vec![shape::misfit(error).into()]);
    }
    // A number where a name belongs is a fault of the text to serde; it is one of the field if the text is JSON.
    let read_again = serde_json::from_slice(bytes).map(|value| shape::read::<T>(&value));
    match read_again {
        Ok(Err(misfit)) => Problem::invalid(vec![misfit.into()]),
        Ok(Ok(_)) | Err(_) => malformed(error.inner()),
    }
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(Code::MalformedJson, format!("the body is no JSON: {error}"))
}

/// Counts brackets outside of strings. What is no JSON is found out later.
fn check_depth(bytes: &[u8]) -> Result<(), Problem> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in bytes {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b'{' | b'[') => depth += 1,
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            let detail = format!("the body has more than {MAX_DEPTH} objects and lists within each other");
            return Err(Problem::new(Code::JsonTooDeep, detail));
        }
    }
    Ok(())
}

/// For a field that has to be given, and may be null.
pub(crate) fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(from)
}

/// For a field that may be absent, which is something else than null.
pub(crate) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// A text that is kept has a bounded length.
pub(crate) fn check_text(text: Option<&str>, pointer: &str, max: usize) -> Result<(), Problem> {
    if text.is_some_and(|text| text.chars().count() > max) {
        let message = format!("at most {max} characters");
        return Err(Problem::field(pointer, "too_long", message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Move {
        #[serde(rename = "board")]
        _board: String,
        #[serde(rename = "stage", deserialize_with = "nullable")]
        stage: Option<String>,
        #[serde(default, rename = "from", deserialize_with = "given")]
        from: Option<Option<String>>,
        #[serde(default, rename = "parts")]
        _parts: Vec<Part>,
        #[serde(default, rename = "kind")]
        _kind: Option<domain::playbook::StageKind>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Part {
        #[serde(rename = "n")]
        _n: u32,
    }

    fn refused(body: &str) -> Value {
        let problem = parse::<Move>(body.as_bytes()).unwrap_err();
        serde_json::from_slice(&problem.document("r")).unwrap()
    }

    #[test]
    fn a_wrong_field_is_named_by_its_pointer() {
        for (body, pointer, code) in [
            (json!({"board": "b", "stage": null, "x/y": 1}), "/x~1y", "unknown_field"),
            (json!({"board": "b"}), "/stage", "missing_field"),
            (json!({"board": 1, "stage": "s"}), "/board", "wrong_type"),
            (json!({"board": "b", "stage": "s", "parts": [7]}), "/parts/0", "wrong_type"),
            (
                json!({"board": "b", "stage": "s", "parts": [{"n": 1}, {"n": "x"}]}),
                "/parts/1/n",
                "wrong_type",
            ),
            (json!({"board": "b", "stage": "s", "parts": [{"n": -1}]}), "/parts/0/n", "out_of_range"),
            (json!({"board": "b", "stage": "s", "kind": 5}), "/kind", "wrong_type"),
            (json!({"board": "b", "stage": "s", "kind": {"open": 1}}), "/kind", "wrong_type"),
            (json!({"board": "b", "stage": "s", "parts": [{}]}), "/parts/0/n", "missing_field"),
            (json!({"board": "b", "stage": "s", "parts": [{"n": 1, "m": 2}]}), "/parts/0/m", "unknown_field"),
        ] {
            let refused = refused(&body.to_string());
            assert_eq!(refused["status"], 422, "{body}");
            assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
            assert_eq!(refused["errors"][0]["code"], code, "{refused}");
            for inside in ["line", "struct"] {
                assert!(!refused["detail"].as_str().unwrap().contains(inside), "{refused}");
            }
        }
    }

    #[test]
    fn an_unknown_field_comes_with_those_that_there_are() {
        let refused = refused(r#"{"board": "b", "stage": null, "satge": "x"}"#);
        assert_eq!(refused["errors"][0]["candidates"], json!(["board", "stage", "from", "parts", "kind"]));
    }

    #[test]
    fn what_is_no_json_is_malformed() {
        for body in [
            "",
            "{",
            "[]",
            "[\"b\", null]",
            "{\"board\": \"b\", \"stage\": null} x",
            "nonsense",
            "{\"board\": \"\u{1}\"}",
        ] {
            let refused = refused(body);
            assert_eq!(
                (refused["status"].as_u64(), &refused["code"]),
                (Some(400), &json!("malformed_json")),
                "{body}"
            );
        }
        assert!(parse::<Value>(b"{\"a\": \"\xff\"}").is_err());
    }

    #[test]
    fn absent_and_null_are_told_apart() {
        let moved: Move = parse(br#"{"board": "b", "stage": null, "from": null}"#).unwrap();
        assert_eq!((moved.stage, moved.from), (None, Some(None)));
        let moved: Move = parse(br#"{"board": "b", "stage": "s"}"#).unwrap();
        assert_eq!((moved.stage.as_deref(), moved.from), (Some("s"), None));
    }

    #[test]
    fn depth_counts_brackets_and_not_texts() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        assert!(parse::<Value>(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(parse::<Value>(nested(MAX_DEPTH + 1).as_bytes()).unwrap_err().code(), Code::JsonTooDeep);
        let text = json!({"a": nested(100), "b": "\\", "c": "\"[["}).to_string();
        assert!(parse::<Value>(text.as_bytes()).is_ok());
    }
}
