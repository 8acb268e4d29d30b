use super::*;

/// HarmonyOS NEXT, as
/// <https://gitcode.com/openharmony/docs_cangjie/blob/master/en/application-dev/web/cj-web-default-userAgent.md> composes it.
const HARMONY: &str = "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 \
                       Safari/537.36 ArkWeb/4.1.6.1 Mobile";
const HARMONY_WECHAT: &str = "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) \
                              Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile MicroMessenger/1.0.5";

/// WeChat on a phone and on a computer, WeCom on each, and browsers, as they call themselves.
const PEOPLE: [(&str, Visitor); 15] = [
    (
        "Mozilla/5.0 (Linux; Android 13; 2211133C Build/TKQ1.220905.001; wv) AppleWebKit/537.36 (KHTML, like Gecko) \
         Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 XWEB/1160117 MMWEBSDK/20240301 MMWEBID/1984 \
         MicroMessenger/8.0.48.2580(0x28003036) WeChat/arm64 Weixin NetType/5G Language/zh_CN ABI/arm64",
        Visitor::InWeChat,
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
         Mobile/15E148 MicroMessenger/8.0.49(0x18003129) NetType/WIFI Language/zh_CN",
        Visitor::InWeChat,
    ),
    (
        "Mozilla/5.0 (Linux; Android 7.0; FRD-AL10 Build/HUAWEIFRD-AL10; wv) AppleWebKit/537.36 (KHTML, like Gecko) \
         Version/4.0 Chrome/66.0.3359.126 MQQBrowser/6.2 TBS/044904 Mobile Safari/537.36 MMWEBID/24 \
         MicroMessenger/7.0.7.1521(0x27000736) Process/tools NetType/4G Language/zh_CN",
        Visitor::InWeChat,
    ),
    (
        "Mozilla/5.0 (Linux; Android 12; CUBOT P60 Build/SP1A.210812.016; wv) AppleWebKit/537.36 (KHTML, like Gecko) \
         Version/4.0 Chrome/111.0.5563.116 Mobile Safari/537.36 MicroMessenger/8.0.33 NetType/WIFI Language/zh_CN",
        Visitor::InWeChat,
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 \
         Safari/537.36 NetType/WIFI MicroMessenger/7.0.20.1781(0x6700143B) WindowsWechat(0x63090a1b) XWEB/9129 Flue",
        Visitor::InWeChat,
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
         MicroMessenger/6.8.0(0x16080000) NetType/WIFI MacWechat/3.8.7(0x1308070e) XWEB/1170 Flue",
        Visitor::InWeChat,
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
         Mobile/15E148 wxwork/4.1.30 MicroMessenger/7.0.1 Language/zh ColorScheme/Light wwmver/3.26.13.714",
        Visitor::InWeChat,
    ),
    (
        "Mozilla/5.0 (Linux; Android 15; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.6723.86 \
         Mobile Safari/537.36 wxwork/4.1.36 MicroMessenger/7.0.1 NetType/4G Language/zh Lang/zh ColorScheme/Dark",
        Visitor::InWeChat,
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/107.0.5304.110 \
         Safari/537.36 Language/zh wxwork/4.1.10 (MicroMessenger/6.2) WindowsWechat  MailPlugin_Electron WeMail",
        Visitor::InWeChat,
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
         Version/17.4 Mobile/15E148 Safari/604.1",
        Visitor::InBrowser,
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 \
         Safari/537.36 Edg/130.0.0.0",
        Visitor::InBrowser,
    ),
    (
        "Mozilla/5.0 (Linux; Android 14; zh-cn; V2309A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 \
         Chrome/87.0.4280.141 Mobile Safari/537.36 VivoBrowser/20.5.0.0",
        Visitor::InBrowser,
    ),
    (
        "Mozilla/5.0 (Linux; U; Android 13; zh-cn; PHB110) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 \
         Chrome/109.0.5414.86 MQQBrowser/14.9 Mobile Safari/537.36 COVC/046915",
        Visitor::InBrowser,
    ),
    (HARMONY, Visitor::InBrowser),
    (HARMONY_WECHAT, Visitor::InWeChat),
];

/// As they call themselves.
const OTHERS: [&str; 30] = [
    "",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) \
     Chrome/116.0.1938.76 Safari/537.36",
    "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 9_1 like Mac OS X) AppleWebKit/601.1.46 (KHTML, like Gecko) Version/9.0 \
     Mobile/13B143 Safari/601.1 (compatible; Baiduspider-render/2.0; +http://www.baidu.com/search/spider.html)",
    "Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/69.0.3497.81 \
     YisouSpider/5.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; \
     Bytespider; spider-feedback@bytedance.com)",
    "Mozilla/5.0 (compatible;PetalBot;+https://webmaster.petalsearch.com/site/petalbot)",
    "Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/62.0.3202.94 Safari/537.36; \
     360Spider",
    "Mozilla/5.0 (compatible; WeChat Crawler)",
    "Mozilla/5.0 (Linux; Android 7.0; FRD-AL00 Build/HUAWEIFRD-AL00; wv) AppleWebKit/537.36 (KHTML, like Gecko) \
     Version/4.0 Chrome/53.0.2785.49 Mobile MQQBrowser/6.2 TBS/043602 Safari/537.36 MicroMessenger/6.5.16.1120 \
     NetType/WIFI Language/zh_CN",
    "Mozilla/5.0(Linux;Android 5.1.1;OPPO A33 Build/LMY47V;wv) AppleWebKit/537.36(KHTML,link Gecko) Version/4.0 \
     Chrome/43.0.2357.121 Mobile Safari/537.36 LieBaoFast/4.51.3",
    "WhatsApp/2.23.18.78 i",
    "Mozilla/5.0 (compatible; TelegramBot/1.0) WhatsApp/2.19.81 A",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 \
     Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/534+ (KHTML, like Gecko) BingPreview/1.0b",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "curl/8.5.0",
    "Wget/1.21.4",
    "python-requests/2.31.0",
    "okhttp/4.12.0",
    "Go-http-client/2.0",
    "Java/17.0.9",
    "Dalvik/2.1.0 (Linux; U; Android 13; 2211133C Build/TKQ1.220905.001)",
    "MicroMessenger/8.0",
];

const ACCEPT: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8";

fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
    all.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
}

fn asks(agent: &str) -> Visitor {
    Visitor::of(&headers(&[("user-agent", agent), ("accept", ACCEPT), ("accept-language", "zh-CN,zh;q=0.9")]))
}

#[test]
fn people_are_told_from_machines_by_what_they_call_themselves() {
    for (agent, expected) in PEOPLE {
        assert_eq!(asks(agent), expected, "{agent}");
    }
    for agent in OTHERS {
        assert!(matches!(asks(agent), Visitor::Machine(Sign::Name | Sign::Headers)), "{agent}");
    }
}

#[test]
fn whoever_asks_as_no_browser_does_is_a_machine() {
    let agent = PEOPLE[9].0;
    let language = ("accept-language", "zh-CN");
    assert_eq!(
        Visitor::of(&headers(&[("user-agent", agent), ("accept", ACCEPT), language])),
        Visitor::InBrowser
    );
    for (what, lacking) in [
        ("no name", headers(&[("accept", ACCEPT), language])),
        ("no language", headers(&[("user-agent", agent), ("accept", ACCEPT)])),
        ("no wish for a page", headers(&[("user-agent", agent), ("accept", "*/*"), language])),
        ("a picture is wanted", headers(&[("user-agent", agent), ("accept", "image/webp,*/*"), language])),
        ("nothing at all", HeaderMap::new()),
    ] {
        assert_eq!(Visitor::of(&lacking), Visitor::Machine(Sign::Headers), "{what}");
    }
}

#[test]
fn what_is_built_into_wechat_or_harmonyos_may_name_no_language() {
    let of = |agent, accept| Visitor::of(&headers(&[("user-agent", agent), ("accept", accept)]));
    for (agent, expected) in PEOPLE {
        let in_wechat = expected == Visitor::InWeChat;
        let expected = if in_wechat || agent == HARMONY { expected } else { Visitor::Machine(Sign::Headers) };
        assert_eq!(of(agent, ACCEPT), expected, "{agent}");
        assert_eq!(of(agent, "image/webp,*/*"), Visitor::Machine(Sign::Headers), "{agent}");
    }
}

#[test]
fn what_is_fetched_ahead_is_not_opened() {
    for (name, value, expected) in [
        ("sec-purpose", "prefetch", Visitor::Machine(Sign::Ahead)),
        ("sec-purpose", "prefetch;prerender", Visitor::Machine(Sign::Ahead)),
        ("sec-purpose", "Prefetch;anonymous-client-ip", Visitor::Machine(Sign::Ahead)),
        ("purpose", "prefetch", Visitor::Machine(Sign::Ahead)),
        ("x-purpose", "preview", Visitor::Machine(Sign::Ahead)),
        ("x-moz", "prefetch", Visitor::Machine(Sign::Ahead)),
        ("purpose", "navigate", Visitor::InWeChat),
    ] {
        let mut headers =
            headers(&[("user-agent", PEOPLE[1].0), ("accept", ACCEPT), ("accept-language", "zh-CN")]);
        headers.insert(name, value.parse().unwrap());
        assert_eq!(Visitor::of(&headers), expected, "{name}: {value}");
    }
}

#[test]
fn openers_of_whom_nothing_is_known_differ_by_address_and_browser() {
    let one = headers(&[("user-agent", PEOPLE[0].0), ("accept-language", "zh-CN")]);
    let other = headers(&[("user-agent", PEOPLE[1].0), ("accept-language", "zh-CN")]);
    let here: Option<IpAddr> = Some("203.0.113.7".parse().unwrap());
    assert_eq!(mark(here, &one), mark(here, &one));
    assert_ne!(mark(here, &one), mark(here, &other));
    assert_ne!(mark(here, &one), mark(None, &one));
}

#[test]
fn one_subscriber_is_sixty_four_openers_at_most() {
    let at = |ip: &str, agent: &str| mark(Some(ip.parse().unwrap()), &headers(&[("user-agent", agent)]));
    let mut seen = std::collections::BTreeSet::new();
    for n in 0..3000 {
        seen.insert(at(&format!("2001:db8:1:2::{:x}", n % 7), &format!("Mozilla/5.0 (number {n})")));
    }
    assert_eq!(seen.len(), 64);
    assert_ne!(at("2001:db8:1:2::1", "x"), at("2001:db8:1:3::1", "x"));
}
