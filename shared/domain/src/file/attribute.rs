//! What other systems know of a customer.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// At most this many attributes,
pub const MAX_ATTRIBUTES: usize = 100;
/// of so many bytes in all, names included (design §5).
pub const MAX_ATTRIBUTE_BYTES: usize = 16 * 1024;
/// So many forgotten names are remembered, the last ones.
pub const MAX_FORGOTTEN: usize = 50;
/// What an amount may be, in hundredths: ten thousand million, either way.
const MAX_AMOUNT: f64 = 1e12;

/// A value, and when it was so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attribute {
    /// The value.
    pub value: AttributeValue,
    /// When the other system said so: an older word changes nothing.
    pub at: Timestamp,
}

/// A value as JSON has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AttributeValue {
    /// Yes or no.
    Bool(bool),
    /// A finite number.
    Number(f64),
    /// Words; dates too, as `2026-03-05`.
    Text(String),
}

impl AttributeValue {
    /// In hundredths, rounded; `None`: it is no number, or too large for an amount.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "bounded just before")]
    pub fn amount(&self) -> Option<i64> {
        let Self::Number(number) = self else { return None };
        let hundredths = (number * 100.0).round();
        (hundredths.abs() <= MAX_AMOUNT).then_some(hundredths as i64)
    }

    /// Bytes that it takes in the file, about.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Bool(_) => 1,
            Self::Number(_) => 8,
            Self::Text(text) => text.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_rounded_to_hundredths_and_bounded() {
        assert_eq!(AttributeValue::Number(1999.995).amount(), Some(200_000));
        assert_eq!(AttributeValue::Number(-0.5).amount(), Some(-50));
        assert_eq!(AttributeValue::Number(1e13).amount(), None);
        assert_eq!(AttributeValue::Text("1999".into()).amount(), None);
    }
}
