//! Typed access to the children of one XML element.

use super::ParseError;
use crate::xml::Element;

/// The children of an element, read by name.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(&'a Element);

impl<'a> Fields<'a> {
    pub(super) fn of(element: &'a Element) -> Fields<'a> {
        Fields(element)
    }

    /// The text of the only element called `element`; absent and empty are both `None`.
    ///
    /// A second one is refused: which of them counts would be a guess, and the platform never sends
    /// it.
    pub(super) fn optional(self, element: &'static str) -> Result<Option<String>, ParseError> {
        let mut found = self.0.named(element);
        let first = found.next();
        if found.next().is_some() {
            return Err(ParseError::Repeated { element });
        }
        Ok(first.map(|only| only.text.clone()).filter(|text| !text.is_empty()))
    }

    pub(super) fn required(self, element: &'static str) -> Result<String, ParseError> {
        self.optional(element)?.ok_or(ParseError::Missing { element })
    }

    pub(super) fn optional_integer(self, element: &'static str) -> Result<Option<i64>, ParseError> {
        let text = self.optional(element)?;
        text.map(|text| text.trim().parse().map_err(|_| ParseError::NotANumber { element })).transpose()
    }

    pub(super) fn required_integer(self, element: &'static str) -> Result<i64, ParseError> {
        self.optional_integer(element)?.ok_or(ParseError::Missing { element })
    }

    /// The children of every element called `element`, for lists of records.
    pub(super) fn records(self, element: &'static str) -> impl Iterator<Item = Fields<'a>> {
        self.0.named(element).map(Fields)
    }

    /// The texts of every element called `element`, for lists of values.
    pub(super) fn values(self, element: &'static str) -> impl Iterator<Item = String> {
        self.0.named(element).map(|value| value.text.clone())
    }
}
