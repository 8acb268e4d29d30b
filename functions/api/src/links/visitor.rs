//! Who asks for a link: somebody with a browser, or a machine that looks what is there.
//!
//! Chat programs fetch addresses to show a preview, search engines to keep them, and Tencent's servers to check them
//! (they have been seen to fetch again what somebody opened in WeChat,
//! <http://blog.codingroad.com/wechat-multiple-requst.html>). `MicroMessenger` alone says nothing: crawlers carry it, and so
//! does every customer (<https://github.com/JayBizzle/Crawler-Detect/pull/395>). Names are those of
//! <https://github.com/monperrus/crawler-user-agents>, <https://github.com/omrilotan/isbot>, and of the makers' own pages.
//! A machine that behaves as a webview does is not told from one.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, header};
use sha2::{Digest as _, Sha256};

use crate::auth::Addresses;

/// What a request says of who makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visitor {
    /// A preview, a crawler, a program: nobody has opened anything.
    Machine(Sign),
    /// Somebody in WeChat or WeCom, where WeCom may be asked who it is.
    InWeChat,
    /// Somebody elsewhere.
    InBrowser,
}

/// By what a machine is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// It says that it fetches ahead.
    Ahead,
    /// It calls itself so.
    Name,
    /// It does not ask as browsers do.
    Headers,
}

impl Sign {
    /// As metrics name it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ahead => "ahead",
            Self::Name => "name",
            Self::Headers => "headers",
        }
    }
}

/// Headers with which browsers and proxies say that nobody looks yet. `Sec-Purpose: prefetch;prerender`, of old browsers
/// `Purpose: prefetch`, `X-Purpose: preview` and `X-Moz: prefetch`:
/// <https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Sec-Purpose>.
const PURPOSES: [HeaderName; 4] = [
    HeaderName::from_static("sec-purpose"),
    HeaderName::from_static("purpose"),
    HeaderName::from_static("x-purpose"),
    HeaderName::from_static("x-moz"),
];

/// Found in the names of machines and of nothing else, in small letters.
const MACHINES: [&str; 50] = [
    // What they call themselves: Googlebot, bingbot, Twitterbot, LinkedInBot, TelegramBot, Slackbot-LinkExpanding,
    // Applebot, GPTBot, YisouSpider, Baiduspider, Sogou web spider, 360Spider, Bytespider, PetalBot…
    "bot/",
    "bot-",
    "bot;",
    "bot)",
    "robot",
    "spider",
    "crawler",
    "crawling",
    "scraper",
    "slurp",
    "preview",
    "prefetch",
    "prerender",
    "linkcheck",
    "urlcheck",
    "securityscan",
    "safebrowsing",
    "sitecheck",
    "validator",
    "archiver",
    // Previews of chat programs: WhatsApp/2.23.18.78 i, facebookexternalhit/1.1, SkypeUriPreview.
    "whatsapp/",
    "facebookexternalhit",
    "facebookcatalog",
    "meta-externalagent",
    "embedly",
    "vkshare",
    "bitlybot",
    "google-read-aloud",
    "mediapartners-google",
    "apis-google",
    "feedfetcher",
    "bingpreview",
    // Crawlers without such a name.
    "haosouspider",
    "ia_archiver",
    "lighthouse",
    "headlesschrome",
    "phantomjs",
    // Programs.
    "curl/",
    "wget/",
    "python",
    "java/",
    "okhttp",
    "go-http-client",
    "node-fetch",
    "axios/",
    "libwww",
    "httpclient",
    "scrapy",
    "postman",
    "monitor",
];

/// Whole names under which crawlers pretend to be a phone, always the same one:
/// <http://john.cuppi.net/category/networking/>, <https://github.com/JayBizzle/Crawler-Detect/pull/358>.
const PRETENDERS: [&str; 4] = [
    "frd-al00 build/huaweifrd-al00; wv) applewebkit/537.36 (khtml, like gecko) version/4.0 chrome/53.0.2785.49 mobile \
     mqqbrowser/6.2 tbs/043602 safari/537.36 micromessenger/6.5.16.1120",
    "(linux;android 5.1.1;oppo a33 build/lmy47v;wv)",
    "(linux;u;android 5.1.1;zh-cn;oppo a33 build/lmy47v)",
    "(khtml,link gecko)",
];

impl Visitor {
    /// By the headers of a GET.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let ahead =
            |value: &str| ["prefetch", "preview", "prerender"].iter().any(|word| value.contains(word));
        if PURPOSES.iter().any(|name| ahead(&lower(headers, name))) {
            return Self::Machine(Sign::Ahead);
        }
        let agent = lower(headers, &header::USER_AGENT);
        if is_machine(&agent) {
            return Self::Machine(Sign::Name);
        }
        let in_wechat = agent.contains("micromessenger") || agent.contains("wxwork");
        // Every browser asks for a page when somebody opens an address, and says which languages they read. What is built
        // into another program may know of no languages: that of WeChat on a computer, that of HarmonyOS.
        let may_know_no_language = in_wechat || agent.contains("openharmony") || agent.contains("arkweb/");
        let is_browser = agent.starts_with("mozilla/")
            && lower(headers, &header::ACCEPT).contains("text/html")
            && (may_know_no_language || headers.contains_key(header::ACCEPT_LANGUAGE));
        match (is_browser, in_wechat) {
            (false, _) => Self::Machine(Sign::Headers),
            (true, true) => Self::InWeChat,
            (true, false) => Self::InBrowser,
        }
    }
}

fn is_machine(agent: &str) -> bool {
    // A maker of phones.
    let agent = agent.replace("cubot", "");
    MACHINES.iter().chain(&PRETENDERS).any(|name| agent.contains(name))
}

/// What tells openers apart of whom nothing else is known. It is hashed, never kept. One subscriber can be no more than
/// 64 openers, whatever they call their browsers.
pub(super) fn mark(from: Option<IpAddr>, headers: &HeaderMap) -> String {
    let [agent, languages] = [header::USER_AGENT, header::ACCEPT_LANGUAGE].map(|name| lower(headers, &name));
    let browser = Sha256::digest(format!("{agent}\n{languages}"))[0] % 64;
    format!("{}\n{browser}", Addresses::subscriber(from))
}

fn lower(headers: &HeaderMap, name: &HeaderName) -> String {
    let value = headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase());
    value.unwrap_or_default()
}

#[cfg(test)]
mod tests;
