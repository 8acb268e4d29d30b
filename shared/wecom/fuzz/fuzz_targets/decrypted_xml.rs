//! A decrypted callback: any text is an event or an error, and the door lets in what can be read as
//! XML and nothing else.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use wecom::crypto::{CallbackKeys, Refused};
use wecom::event::{Callback, ParseError};

fn keys() -> &'static CallbackKeys {
    static KEYS: OnceLock<CallbackKeys> = OnceLock::new();
    KEYS.get_or_init(|| {
        CallbackKeys::parse(
            "tokenTOKEN1",
            "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
            "ww0123456789abcdef",
        )
        .expect("sound settings")
    })
}

fuzz_target!(|plain: &str| {
    let parsed = Callback::parse(plain);
    if let Ok(callback) = &parsed {
        assert!(!callback.to_user.is_empty());
        let _ = (callback.event.is_hint(), format!("{callback:?}"));
    }
    let sealed = keys().seal(1_700_000_000, "n", [7; 16], plain);
    match keys().open(&sealed.msg_signature, "1700000000", "n", sealed.to_xml().as_bytes()) {
        Ok(opened) => {
            assert_eq!(opened.as_str(), plain);
            assert!(!matches!(parsed, Err(ParseError::Xml(_))));
        }
        Err(Refused::Xml(fault)) => assert_eq!(parsed, Err(ParseError::Xml(fault))),
        Err(Refused::TooLarge { .. }) => {}
        Err(refused) => panic!("{refused}"),
    }
});
