//! Bytes as an answer: whole, or the range that was asked for.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

/// Set where the simulator kept only the beginning and made the rest up of zeros.
const CUT_HEADER: &str = "x-sim-media";

pub(super) struct File {
    pub(super) name: String,
    pub(super) content_type: &'static str,
    /// What is sent.
    pub(super) bytes: Vec<u8>,
    /// First byte, and length of the whole, where a part was asked for.
    pub(super) part: Option<(usize, usize)>,
    pub(super) is_cut: bool,
}

impl File {
    pub(super) fn status(&self) -> StatusCode {
        if self.part.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK }
    }

    pub(super) fn into_response(self) -> Response {
        let status = self.status();
        // the name stands in quotes and in ASCII, as most clients expect it
        let name: String =
            self.name.chars().map(|c| if c.is_ascii_graphic() && c != '"' { c } else { '_' }).collect();
        let mut headers = vec![
            (header::CONTENT_TYPE.to_string(), self.content_type.to_owned()),
            (header::CONTENT_DISPOSITION.to_string(), format!("attachment; filename=\"{name}\"")),
            (header::ACCEPT_RANGES.to_string(), "bytes".to_owned()),
        ];
        if let Some((first, length)) = self.part {
            let last = first + self.bytes.len().saturating_sub(1);
            headers.push((header::CONTENT_RANGE.to_string(), format!("bytes {first}-{last}/{length}")));
        }
        if self.is_cut {
            headers.push((CUT_HEADER.to_owned(), "cut".to_owned()));
        }
        let mut response = (status, self.bytes).into_response();
        for (name, value) in headers {
            if let (Ok(name), Ok(value)) = (name.parse::<header::HeaderName>(), value.parse()) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// First and last byte of `Range: bytes=…` within a file of this length; `None`: no range that can be
/// answered with a part, so the whole is sent.
pub(super) fn range(asked: &str, length: usize) -> Option<(usize, usize)> {
    let (first, last) = asked.strip_prefix("bytes=")?.split_once('-')?;
    let end = length.checked_sub(1)?;
    let (first, last) = match (first.trim(), last.trim()) {
        ("", suffix) => (length.saturating_sub(suffix.parse().ok()?), end),
        (first, "") => (first.parse().ok()?, end),
        (first, last) => (first.parse().ok()?, last.parse::<usize>().ok()?.min(end)),
    };
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_names_its_bytes_from_either_end() {
        assert_eq!(range("bytes=0-3", 10), Some((0, 3)));
        assert_eq!(range("bytes=4-", 10), Some((4, 9)));
        assert_eq!(range("bytes=-3", 10), Some((7, 9)));
        assert_eq!(range("bytes=8-99", 10), Some((8, 9)));
        for nonsense in ["bytes=10-", "bytes=5-4", "bytes=a-b", "lines=0-3", "bytes=0-1,3-4", "bytes=-"] {
            assert_eq!(range(nonsense, 10), None, "{nonsense}");
        }
        assert_eq!(range("bytes=0-3", 0), None);
    }
}
