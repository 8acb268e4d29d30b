//! Byte ranges of what is handed out (RFC 9110, §14): players of videos ask for nothing else.

use std::ops::Range;

/// The bytes that a `Range` header asks for, of so many. `None`: all of them, as for whatever cannot be answered in one
/// piece (§14.2: a server may ignore it).
pub(super) fn asked_for(header: &str, length: usize) -> Option<Range<usize>> {
    let (from, to) = header.trim().strip_prefix("bytes=")?.trim().split_once('-')?;
    let (start, end) = match (number(from), number(to)) {
        // the last so many
        (None, Some(last)) if from.is_empty() => (length.saturating_sub(last), length),
        (Some(start), None) if to.is_empty() => (start, length),
        (Some(start), Some(last)) => (start, last.saturating_add(1).min(length)),
        _ => return None,
    };
    (start < end).then_some(start..end)
}

/// Digits alone: no sign.
fn number(text: &str) -> Option<usize> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_range_within_the_file_is_answered_and_everything_else_is_the_whole() {
        for (header, asked) in [
            ("bytes=0-1", Some(0..2)),
            ("bytes=0-0", Some(0..1)),
            ("bytes=4-", Some(4..10)),
            ("bytes=4-99", Some(4..10)),
            ("bytes=9-9", Some(9..10)),
            ("bytes=-3", Some(7..10)),
            ("bytes=-99", Some(0..10)),
            ("bytes=-0", None),
            ("bytes=10-", None),
            ("bytes=10-12", None),
            ("bytes=5-4", None),
            ("bytes=0-1,4-5", None),
            ("bytes=+1-2", None),
            ("bytes=-", None),
            ("bytes=a-b", None),
            ("bytes=0", None),
            ("lines=0-1", None),
            ("bytes=0-99999999999999999999999", None),
            ("", None),
        ] {
            assert_eq!(asked_for(header, 10), asked, "{header}");
        }
        assert_eq!(asked_for("bytes=0-", 0), None);
    }
}
