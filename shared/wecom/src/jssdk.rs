//! Signatures that let a page call the JS-SDK. Pure: randomness and time are arguments.
//!
//! Sign on the server, and only addresses of own pages: a signature lets its page act in the name
//! of the corp or the app.
//!
//! Source: 附录 / JS-SDK签名算法, <https://developer.work.weixin.qq.com/document/path/90506>.

use serde::Serialize;
use sha1::{Digest as _, Sha1};

use crate::ticket::Ticket;

/// What the JS-SDK wants of `getConfigSignature` and `getAgentConfigSignature`. Serialized as
/// `{"timestamp": …, "nonceStr": "…", "signature": "…"}`: here the platform writes a capital S,
/// while the text that is signed has `noncestr`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Signature {
    /// Unix seconds, as signed.
    pub timestamp: i64,
    /// As signed.
    pub nonce_str: String,
    /// 40 hexadecimal digits in lower case.
    pub signature: String,
}

/// Signs the page at `url` with the corp's or the app's ticket; the algorithm is the same.
///
/// `noncestr` is random and made of letters and digits, `timestamp` is the present in Unix seconds.
/// `url` is the page's exact address, query included and not percent-encoded once more; what
/// follows a `#` is not signed.
pub fn sign(ticket: &Ticket, noncestr: &str, timestamp: i64, url: &str) -> Signature {
    let url = url.split_once('#').map_or(url, |(page, _)| page);
    let ticket = ticket.expose();
    let signed = format!("jsapi_ticket={ticket}&noncestr={noncestr}&timestamp={timestamp}&url={url}");
    Signature {
        timestamp,
        nonce_str: noncestr.to_owned(),
        signature: hex::encode(Sha1::digest(signed.as_bytes())),
    }
}
