//! `X-Stepwise-Signature: v1=hex(hmac_sha256(secret, "v1:" + timestamp + ":" + body))`, `X-Stepwise-Timestamp` in
//! seconds since 1970.

use app::config::Secret;
use domain::Timestamp;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::problem::{Code, Problem};

/// A signature is good for so long, either way: clocks differ.
const TOLERANCE_SECONDS: i64 = 5 * 60;

/// A body as it came, with what is said to vouch for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signed<'a> {
    pub(super) signature: &'a str,
    pub(super) timestamp: &'a str,
    pub(super) body: &'a [u8],
}

impl Signed<'_> {
    /// One answer for whatever is wrong: no oracle for whoever tries keys.
    pub(super) fn check(&self, secret: &Secret, now: Timestamp) -> Result<(), Problem> {
        // Both are always looked at, so that the time taken tells them apart no more than the answer does.
        let genuine = self.is_genuine(secret);
        if self.is_fresh(now) && genuine {
            return Ok(());
        }
        let detail = "X-Stepwise-Signature or X-Stepwise-Timestamp is missing, wrong or out of time";
        Err(Problem::new(Code::BadSignature, detail))
    }

    fn is_fresh(&self, now: Timestamp) -> bool {
        let digits =
            (1..=12).contains(&self.timestamp.len()) && self.timestamp.bytes().all(|b| b.is_ascii_digit());
        let at: Option<i64> = self.timestamp.parse().ok().filter(|_| digits);
        at.is_some_and(|at| (now.secs() - at).abs() <= TOLERANCE_SECONDS)
    }

    /// In constant time as far as the secret goes.
    fn is_genuine(&self, secret: &Secret) -> bool {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else { return false };
        mac.update(b"v1:");
        mac.update(self.timestamp.as_bytes());
        mac.update(b":");
        mac.update(self.body);
        let given = self.signature.strip_prefix("v1=").and_then(|text| hex::decode(text).ok());
        mac.verify_slice(&given.unwrap_or_default()).is_ok()
    }
}

#[cfg(test)]
pub(crate) fn sign(secret: &str, timestamp: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("v1:{timestamp}:").as_bytes());
    mac.update(body);
    format!("v1={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000;
    const BODY: &[u8] = br#"{"events":[]}"#;

    fn passes(signature: &str, timestamp: &str, body: &[u8]) -> bool {
        let secret = Secret::new("hush");
        Signed { signature, timestamp, body }.check(&secret, Timestamp::from_secs(NOW)).is_ok()
    }

    #[test]
    fn the_contract_s_formula_is_kept() {
        // Computed with another implementation: printf 'v1:1700000000:{"events":[]}' | openssl dgst -sha256 -hmac hush
        let signature = "v1=64a08d39f0b9858f6e419b6890fe8937f2b7807f29c1b66de45b9ec8dc1bb442";
        assert_eq!(sign("hush", "1700000000", BODY), signature);
        assert!(passes(signature, "1700000000", BODY));
    }

    #[test]
    fn another_body_time_or_key_does_not_pass() {
        let good = sign("hush", "1700000000", BODY);
        assert!(passes(&good, "1700000000", BODY));
        assert!(passes(&good.to_uppercase().replacen("V1", "v1", 1), "1700000000", BODY));
        assert!(!passes(&good, "1700000001", BODY));
        assert!(!passes(&good, "1700000000", br#"{"events":[ ]}"#));
        assert!(!passes(&sign("other", "1700000000", BODY), "1700000000", BODY));
        for bad in ["", "v1=", "v1=zz", &good[3..], &good[..good.len() - 2], &good.replacen("v1", "v2", 1)] {
            assert!(!passes(bad, "1700000000", BODY), "{bad}");
        }
    }

    #[test]
    fn a_signature_ages_in_both_directions() {
        for (timestamp, fresh) in [
            (NOW - 300, true),
            (NOW + 300, true),
            (NOW - 301, false),
            (NOW + 301, false),
            (NOW * 1000, false),
        ] {
            let timestamp = timestamp.to_string();
            assert_eq!(passes(&sign("hush", &timestamp, BODY), &timestamp, BODY), fresh, "{timestamp}");
        }
        for timestamp in ["", "now", "-5", "+1700000000", "1700000000.0", "99999999999999999999"] {
            assert!(!passes(&sign("hush", timestamp, BODY), timestamp, BODY), "{timestamp}");
        }
    }
}
