//! `multipart/form-data`, as far as uploads need it.

use std::io::BufRead as _;

/// One part that carries a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    pub(super) field: String,
    pub(super) filename: String,
    pub(super) bytes: &'a [u8],
}

/// The first part with a file name. `None`: the body is no form, or has no file.
pub(super) fn file<'a>(content_type: &str, body: &'a [u8]) -> Option<Part<'a>> {
    let boundary = parameter(content_type.strip_prefix("multipart/form-data")?, "boundary")?;
    let opening = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let mut rest = &body[find(body, opening.as_bytes())? + opening.len()..];
    while !rest.starts_with(b"--") {
        let part = rest.strip_prefix(b"\r\n")?;
        let end = find(part, between.as_bytes())?;
        if let Some(found) = read(&part[..end]) {
            return Some(found);
        }
        rest = &part[end + between.len()..];
    }
    None
}

fn read(part: &[u8]) -> Option<Part<'_>> {
    let head = find(part, b"\r\n\r\n")?;
    let headers = String::from_utf8_lossy(&part[..head]).into_owned();
    let disposition = headers.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    Some(Part {
        field: parameter(disposition, "name").unwrap_or_default(),
        filename: parameter(disposition, "filename").filter(|name| !name.is_empty())?,
        bytes: &part[head + 4..],
    })
}

/// `name=value` or `name="value"` among parameters that stand behind semicolons; between quotes a semicolon is text.
fn parameter(parameters: &str, name: &str) -> Option<String> {
    let mut quoted = false;
    let ends = |c: char| {
        quoted ^= c == '"';
        c == ';' && !quoted
    };
    parameters.split(ends).find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// Films are long: the standard library's search for one byte does most of the work.
fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += text.get(at..)?.skip_until(*wanted.first()?).ok().filter(|skipped| *skipped > 0)?;
        if text[at - 1..].starts_with(wanted) {
            return Some(at - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "multipart/form-data; boundary=\"x-1\"";

    #[test]
    fn a_file_is_found_behind_other_fields_with_its_line_ends() {
        let body = b"--x-1\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhi\r\n\
            --x-1\r\ncontent-disposition: form-data; name=\"media\"; filename=\"a b.txt\"; filelength=8\r\n\
            Content-Type: text/plain\r\n\r\n1\r\n\r\n--x\r\n--x-1--\r\n";
        let part = file(KIND, body).expect("a file");
        assert_eq!((part.field.as_str(), part.filename.as_str()), ("media", "a b.txt"));
        assert_eq!(
            parameter("form-data; filename=\"a; b=c.txt\"", "filename").as_deref(),
            Some("a; b=c.txt")
        );
        assert_eq!(part.bytes, b"1\r\n\r\n--x");
    }

    #[test]
    fn what_is_no_form_or_has_no_file_gives_none() {
        let plain = b"--x-1\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhi\r\n--x-1--";
        assert_eq!(file(KIND, plain), None);
        assert_eq!(
            file(KIND, b"--x-1\r\nContent-Disposition: form-data; filename=\"a\"\r\n\r\ncut off"),
            None
        );
        assert_eq!(file("application/json", b"{}"), None);
        assert_eq!(file("multipart/form-data", b""), None);
        assert_eq!(file(KIND, b"--x-1"), None);
    }
}
