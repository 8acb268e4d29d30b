//! Signatures of pages.

use serde_json::json;
use wecom::jssdk::sign;
use wecom::ticket::Ticket;

const TICKET: &str = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg";
const NONCE: &str = "Wm3WZYTPz0wzccnW";
const AT: i64 = 1_414_587_457;
const SIGNATURE: &str = "0f9de62fce790f9a083d5c99e95740ceb90c27ed";

#[test]
fn the_documented_example_gives_the_documented_signature() {
    let signed = sign(&Ticket::new(TICKET), NONCE, AT, "http://mp.weixin.qq.com?params=value");
    assert_eq!(signed.signature, SIGNATURE);
    assert_eq!((signed.timestamp, signed.nonce_str.as_str()), (AT, NONCE));
}

#[test]
fn what_follows_a_hash_is_not_signed_and_everything_else_is() {
    let signature = |url: &str| sign(&Ticket::new(TICKET), NONCE, AT, url).signature;
    assert_eq!(signature("http://mp.weixin.qq.com?params=value#/customers?tab=1#x"), SIGNATURE);
    for other in [
        "http://mp.weixin.qq.com",
        "http://mp.weixin.qq.com/?params=value",
        "http://mp.weixin.qq.com?params=value&",
        "http://mp.weixin.qq.com?params=%76alue",
        "https://mp.weixin.qq.com?params=value",
    ] {
        assert_ne!(signature(other), SIGNATURE, "{other}");
    }
    assert_ne!(
        sign(&Ticket::new("other"), NONCE, AT, "http://mp.weixin.qq.com?params=value").signature,
        SIGNATURE
    );
}

#[test]
fn a_page_gets_what_the_js_sdk_calls_it() {
    let signed = sign(&Ticket::new(TICKET), NONCE, AT, "http://mp.weixin.qq.com?params=value");
    let expected = json!({"timestamp": AT, "nonceStr": NONCE, "signature": SIGNATURE});
    assert_eq!(serde_json::to_value(signed).expect("JSON"), expected);
}
