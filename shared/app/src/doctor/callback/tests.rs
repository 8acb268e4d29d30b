use super::*;
use crate::doctor::{Check, NoPlan, Past, Verdict, words};

const URL: &str = "https://crm.example.com/wecom/callback";

#[test]
fn each_way_of_not_answering_has_its_own_mend() {
    let right = |ms, again| Echo::Right { ms, again };
    let cases = [
        (right(80, None), Verdict::Ok, None),
        (right(1400, Some(60)), Verdict::Warning, Some("冷启动")),
        (right(1400, Some(1300)), Verdict::Problem, Some("更快")),
        (Echo::Decorated, Verdict::Problem, Some("原样")),
        (Echo::Other, Verdict::Problem, Some("/wecom/callback")),
        (Echo::Status(403), Verdict::Problem, Some("WECOM_CALLBACK_TOKEN")),
        (Echo::Status(404), Verdict::Problem, Some("/wecom/callback")),
        (Echo::Status(301), Verdict::Problem, Some("跳转")),
        (Echo::Status(502), Verdict::Problem, Some("日志")),
        (Echo::Status(418), Verdict::Problem, Some("反向代理")),
        (Echo::Unreachable("error sending request".into()), Verdict::Problem, Some("STEPWISE_PUBLIC_URL")),
        (Echo::Silent("timed out".into()), Verdict::Problem, Some("日志")),
    ];
    for (echo, verdict, mend) in cases {
        let finding = callback_url(&echo, Reach::Public, URL);
        assert_eq!((finding.check, finding.verdict), (Check::CallbackUrl, verdict), "{echo:?}");
        let told = format!("{} {}", finding.zh, finding.mend_zh.clone().unwrap_or_default());
        assert!(mend.is_none_or(|mend| told.contains(mend)), "{told}");
        assert_eq!(finding.mend_zh.is_some(), verdict != Verdict::Ok);
        assert_eq!(finding.mend_en.is_some(), verdict != Verdict::Ok);
        assert!(finding.detail.unwrap().starts_with(URL));
    }
}

#[test]
fn an_address_that_wecom_cannot_reach_is_a_problem_however_well_it_answers_here() {
    let right = Echo::Right { ms: 5, again: None };
    let api = "https://qyapi.weixin.qq.com";
    for private in [
        "http://127.0.0.1:8787/wecom/callback",
        "http://localhost/wecom/callback",
        "http://[::1]:8787/wecom/callback",
        "http://10.1.2.3/wecom/callback",
        "http://192.168.1.2/wecom/callback",
        "http://169.254.1.1/wecom/callback",
        "http://0.0.0.0:8787/wecom/callback",
        "https://crm.office.lan/wecom/callback",
    ] {
        assert_eq!(reach(private, api), Reach::Private, "{private}");
        let finding = callback_url(&right, reach(private, api), private);
        assert_eq!(finding.verdict, Verdict::Problem, "{private}");
        assert_eq!(reach(private, "http://127.0.0.1:8787/sim"), Reach::Together, "{private}");
    }
    assert_eq!(reach(URL, api), Reach::Public);
    assert_eq!(reach("https://203.0.113.7/wecom/callback", api), Reach::Public);
    assert_eq!(callback_url(&right, Reach::Together, URL).verdict, Verdict::Warning);
}

#[test]
fn the_echo_has_to_come_back_bare() {
    assert_eq!(read(b"123", "123", 4), Echo::Right { ms: 4, again: None });
    for decorated in [&b"\"123\""[..], b"123\n", b"\xef\xbb\xbf123"] {
        assert_eq!(read(decorated, "123", 4), Echo::Decorated);
    }
    for other in [&b""[..], b"success", b"<html>"] {
        assert_eq!(read(other, "123", 4), Echo::Other);
    }
}

#[test]
fn whether_wecom_called_is_known_from_customers_only() {
    let no =
        NoPlan { why: words("目录被占用", "the directory is in use"), mend: words("停下", "stop it") };
    let finding = callback_use(&Err(no));
    assert_eq!(finding.verdict, Verdict::Unknown);
    assert!(finding.en.contains("the directory is in use") && finding.mend_en.unwrap().contains("接收消息"));
    assert_eq!(callback_use(&Ok(Past::default())).verdict, Verdict::Unknown);
    let latest = Some(domain::Timestamp::from_secs(1_772_413_200));
    let finding = callback_use(&Ok(Past { told: 3, latest, ..Past::default() }));
    assert_eq!(finding.verdict, Verdict::Ok);
    assert!(finding.zh.contains("2026-03-02T01:00:00Z"), "{}", finding.zh);
}
