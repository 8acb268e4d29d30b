//! Checks of documented limits before a call, so that the error names the field instead of a number
//! the platform made up.

use std::fmt::Arguments;
use std::ops::RangeInclusive;

use crate::Error;

/// The longest address, in bytes of UTF-8.
pub(crate) const MAX_ADDRESS: usize = 2048;

/// Checks the fields of one call's request. Field paths are given as
/// `format_args!("attachments[{i}].link.title")`.
#[derive(Clone, Copy)]
pub(crate) struct Check {
    pub(crate) api: &'static str,
}

impl Check {
    /// An error about a field.
    pub(crate) fn error(self, field: Arguments<'_>, problem: impl Into<String>) -> Error {
        Error::Invalid { api: self.api, field: field.to_string(), problem: problem.into() }
    }

    /// A text that may not be empty.
    pub(crate) fn present(self, field: Arguments<'_>, value: &str) -> Result<(), Error> {
        if value.is_empty() { Err(self.error(field, "is required")) } else { Ok(()) }
    }

    /// At most `max` bytes of UTF-8.
    pub(crate) fn bytes(self, field: Arguments<'_>, value: &str, max: usize) -> Result<(), Error> {
        self.at_most(field, value.len(), max, "bytes")
    }

    /// 1 to `max` bytes of UTF-8.
    pub(crate) fn required_bytes(self, field: Arguments<'_>, value: &str, max: usize) -> Result<(), Error> {
        self.present(field, value)?;
        self.bytes(field, value, max)
    }

    /// At most `max` characters (Unicode scalar values).
    pub(crate) fn chars(self, field: Arguments<'_>, value: &str, max: usize) -> Result<(), Error> {
        self.at_most(field, value.chars().count(), max, "characters")
    }

    /// 1 to `max` characters.
    pub(crate) fn required_chars(self, field: Arguments<'_>, value: &str, max: usize) -> Result<(), Error> {
        self.present(field, value)?;
        self.chars(field, value, max)
    }

    /// A list of as many entries as `allowed`.
    pub(crate) fn count(
        self,
        field: Arguments<'_>,
        count: usize,
        allowed: RangeInclusive<usize>,
    ) -> Result<(), Error> {
        if count < *allowed.start() {
            return Err(self.error(field, format!("{count} entries, at least {}", allowed.start())));
        }
        self.at_most(field, count, *allowed.end(), "entries")
    }

    /// A list of as many ids as `allowed`, each of 1 to 64 bytes.
    pub(crate) fn ids(
        self,
        field: Arguments<'_>,
        ids: &[String],
        allowed: RangeInclusive<usize>,
    ) -> Result<(), Error> {
        self.count(field, ids.len(), allowed)?;
        for (i, id) in ids.iter().enumerate() {
            self.required_bytes(format_args!("{field}[{i}]"), id, 64)?;
        }
        Ok(())
    }

    /// A number within `allowed`.
    pub(crate) fn number(
        self,
        field: Arguments<'_>,
        number: i64,
        allowed: RangeInclusive<i64>,
    ) -> Result<(), Error> {
        if allowed.contains(&number) {
            return Ok(());
        }
        let (least, most) = (allowed.start(), allowed.end());
        let problem = if *most == i64::MAX {
            format!("is {number}, at least {least}")
        } else {
            format!("is {number}, not within {least} to {most}")
        };
        Err(self.error(field, problem))
    }

    /// An address of at most [`MAX_ADDRESS`] bytes; the platform refuses one without scheme (45034).
    pub(crate) fn address(self, field: Arguments<'_>, url: &str) -> Result<(), Error> {
        self.required_bytes(field, url, MAX_ADDRESS)?;
        if url.contains("://") { Ok(()) } else { Err(self.error(field, "has no scheme")) }
    }

    /// Where a page begins, and of how many rows it is to be.
    pub(crate) fn page(self, cursor: Option<&str>, limit: Option<u32>, most: u32) -> Result<(), Error> {
        if let Some(cursor) = cursor {
            self.present(format_args!("cursor"), cursor)?;
        }
        match limit {
            Some(limit) => self.number(format_args!("limit"), limit.into(), 1..=most.into()),
            None => Ok(()),
        }
    }

    fn at_most(self, field: Arguments<'_>, actual: usize, max: usize, unit: &str) -> Result<(), Error> {
        if actual > max { Err(self.error(field, format!("{actual} {unit}, at most {max}"))) } else { Ok(()) }
    }
}
