//! A form with one file, by hand: it is a few lines, and the platform wants them in its own way.

use bytes::Bytes;

/// A form, ready to be posted.
pub(super) struct Form {
    pub(super) content_type: String,
    pub(super) body: Bytes,
}

/// The form with the file as `media`. The name goes as UTF-8 within quotes, as browsers write it;
/// `filelength` is asked for by the platform's documentation.
///
/// `file_name` has no control characters.
pub(super) fn form(file_name: &str, content_type: &str, content: &Bytes) -> Form {
    let boundary = boundary(content);
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"media\"; filename=\"{}\"; filelength={}\r\n\
         Content-Type: {content_type}\r\n\r\n",
        file_name.replace('"', "%22"),
        content.len()
    );
    let body = [head.as_bytes(), content, b"\r\n--", boundary.as_bytes(), b"--\r\n"].concat();
    Form { content_type: format!("multipart/form-data; boundary={boundary}"), body: body.into() }
}

/// A boundary that the content does not contain. It is the first that fits, so equal files make equal
/// requests.
fn boundary(content: &[u8]) -> String {
    (0u64..)
        .map(|n| format!("----------------stepwise{n}"))
        .find(|boundary| !contains(content, boundary.as_bytes()))
        .expect("no content contains endlessly many texts")
}

fn contains(content: &[u8], text: &[u8]) -> bool {
    content.windows(text.len()).any(|window| window == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_is_not_within_the_content() {
        assert_eq!(boundary(b"anything"), "----------------stepwise0");
        let nasty = b"x\r\n------------------stepwise0--\r\n----------------stepwise1";
        assert_eq!(boundary(nasty), "----------------stepwise2");
    }
}
