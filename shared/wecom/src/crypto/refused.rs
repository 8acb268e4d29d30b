//! Why a callback was refused.

use crate::XmlFault;

/// Why a callback was refused: one variant per layer, in the order in which the layers are checked.
///
/// This is for logs and tests. Whoever sent the request gets one uniform answer that does not tell
/// the layers apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The body or the echo string exceeds [`MAX_BODY_BYTES`](super::MAX_BODY_BYTES); it was not
    /// parsed.
    #[error("callback of {bytes} bytes is over the limit")]
    TooLarge {
        /// Its length in bytes.
        bytes: usize,
    },
    /// The body is not UTF-8 text.
    #[error("callback body is not UTF-8")]
    BodyUtf8,
    /// The body is not acceptable XML.
    #[error("callback body is not acceptable XML: {0}")]
    BodyXml(XmlFault),
    /// The root of the body has no `Encrypt` child with text.
    #[error("callback body has no Encrypt element")]
    EncryptMissing,
    /// The body has more than one `Encrypt` element, so that what was signed is not certain.
    #[error("callback body has several Encrypt elements")]
    EncryptRepeated,
    /// A query parameter is absent or empty.
    #[error("query parameter {name} is missing")]
    MissingParameter {
        /// The parameter.
        name: &'static str,
    },
    /// The signature is not that of the platform over these parameters and this text.
    #[error("signature does not match")]
    Signature,
    /// The encrypted text is not standard base64.
    #[error("encrypted text is not base64")]
    Base64,
    /// The ciphertext is empty or not a whole number of 32-byte blocks.
    #[error("ciphertext is not a whole number of blocks")]
    Cipher,
    /// The decrypted bytes do not end in PKCS#7 padding of 1 to 32 bytes.
    #[error("padding is wrong")]
    Padding,
    /// The decrypted bytes are shorter than the length that they announce.
    #[error("announced length does not fit")]
    Length,
    /// The message was encrypted for somebody else than the configured corp.
    #[error("message is meant for another receiver")]
    ReceiveId,
    /// The message is not UTF-8 text.
    #[error("message is not UTF-8")]
    Utf8,
    /// The message is not acceptable XML.
    #[error("message is not acceptable XML: {0}")]
    Xml(XmlFault),
}

impl Refused {
    /// A short constant name of the layer, fit for a log field or a metric.
    pub fn layer(&self) -> &'static str {
        match self {
            Refused::TooLarge { .. } => "size",
            Refused::BodyUtf8 | Refused::BodyXml(_) | Refused::EncryptMissing | Refused::EncryptRepeated => {
                "envelope"
            }
            Refused::MissingParameter { .. } | Refused::Signature => "signature",
            Refused::Base64 => "base64",
            Refused::Cipher => "cipher",
            Refused::Padding => "padding",
            Refused::Length => "length",
            Refused::ReceiveId => "receiveid",
            Refused::Utf8 => "utf8",
            Refused::Xml(_) => "xml",
        }
    }
}
