//! The outer XML of a POSTed callback.

use super::Refused;
use crate::xml;

/// The text of the one `Encrypt` element, without surrounding white space.
///
/// Two of them are refused, wherever they stand: readers disagree on which one counts, and only one
/// can have been signed.
pub(super) fn encrypt_of(body: &[u8]) -> Result<String, Refused> {
    let text = std::str::from_utf8(body).map_err(|_| Refused::BodyUtf8)?;
    let root = xml::parse(text).map_err(Refused::BodyXml)?;
    if root.count_below("Encrypt") > 1 {
        return Err(Refused::EncryptRepeated);
    }
    let element = root.named("Encrypt").next().ok_or(Refused::EncryptMissing)?;
    let encrypt = element.text.trim();
    if encrypt.is_empty() || !element.children.is_empty() {
        return Err(Refused::EncryptMissing);
    }
    Ok(encrypt.to_owned())
}
