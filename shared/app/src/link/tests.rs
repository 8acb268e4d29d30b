use std::collections::BTreeMap;

use domain::{StaffId, content::SentContent, file::TouchRef};

use super::{LinkFor, code, code::Salt, is_web_address};

fn sent(content: &str, version: u32) -> SentContent {
    SentContent { content: content.into(), version, edition: 1 }
}

fn touch(customer: &str, sop: &str, n: u32, step: &str) -> LinkFor {
    let touch = TouchRef { sop: sop.into(), n, step: step.into() };
    LinkFor::Touch { customer: customer.into(), touch }
}

#[test]
fn no_two_links_share_a_code_and_the_same_link_has_the_same_code() {
    let salt = Salt::new("0f".repeat(32));
    let names = ["a", "b", "a#b", "a\",\"b", "1", "11"];
    let mut all: Vec<LinkFor> = Vec::new();
    for one in names {
        all.push(LinkFor::Batch(one.into()));
        all.push(LinkFor::Staff(StaffId::from(one)));
        for other in names {
            all.extend([1, 11].map(|n| touch(one, other, n, "s")));
            all.push(touch(other, "sop", 1, one));
        }
    }
    all.sort_by_key(|to| format!("{to:?}"));
    all.dedup();
    let mut codes = BTreeMap::new();
    for to in &all {
        for content in names {
            for (version, part) in [(1, 0), (1, 1), (1, 10), (11, 0), (2, 1)] {
                let code = salt.code(to, &sent(content, version), part);
                assert!(code::is_code(&code), "{code}");
                assert_eq!(code, salt.code(to, &sent(content, version), part));
                let what = format!("{to:?} {content} {version} {part}");
                if let Some(other) = codes.insert(code, what.clone()) {
                    panic!("{what} and {other} have the same code");
                }
            }
        }
    }
    let code = salt.code(&all[0], &sent("a", 1), 0);
    assert_ne!(code, Salt::new("1f".repeat(32)).code(&all[0], &sent("a", 1), 0), "another salt, other codes");
}

#[test]
fn only_sixteen_letters_digits_and_the_two_signs_are_a_code() {
    assert!(code::is_code("Ab0_-Ab0_-Ab0_-A"));
    for wrong in
        ["", "Ab0_-Ab0_-Ab0_-", "Ab0_-Ab0_-Ab0_-Ab", "Ab0_-Ab0_-Ab0_-=", "Ab0_-Ab0_-Ab0%2f", "链接链接链x"]
    {
        assert!(!code::is_code(wrong), "{wrong}");
    }
}

#[test]
fn a_state_is_good_for_its_link_and_for_ten_minutes() {
    let salt = Salt::new("0f".repeat(32));
    let now = domain::Timestamp::from_secs(1_772_413_200);
    let state = salt.state("Ab0_-Ab0_-Ab0_-A", now);
    assert!(state.bytes().all(|byte| byte.is_ascii_alphanumeric()) && state.len() <= 128, "{state}");
    let knows = |state: &str, code: &str, after: i64| salt.knows(state, code, now.plus_secs(after));
    assert!(knows(&state, "Ab0_-Ab0_-Ab0_-A", 0) && knows(&state, "Ab0_-Ab0_-Ab0_-A", 600));
    assert!(!knows(&state, "Ab0_-Ab0_-Ab0_-A", 601), "too late");
    assert!(!knows(&state, "Ab0_-Ab0_-Ab0_-B", 0), "of another link");
    let later = format!("f{}", &state[1..]);
    let shorter = &state[..state.len() - 2];
    for wrong in [later.as_str(), shorter, "", "x", &state[..10], &state.to_uppercase().replace('0', "g")] {
        assert!(!knows(wrong, "Ab0_-Ab0_-Ab0_-A", 0), "{wrong}");
    }
}

#[test]
fn a_browser_is_sent_to_web_pages_and_nowhere_else() {
    for good in
        ["https://example.com/a?b=c#d", "http://127.0.0.1:8787", "HTTPS://例".replace('例', "x.cn").as_str()]
    {
        assert!(is_web_address(good), "{good}");
    }
    for bad in [
        "",
        "/a",
        "//evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.com/",
        "https://bank.com@evil.example/",
        "https://example.com/\r\nset-cookie: a=b",
        "https://example.com/ a",
        "https://例子.cn/",
        "https:///a",
        "https:\\\\example.com",
    ] {
        assert!(!is_web_address(bad), "{bad}");
    }
}
