//! Why WeCom did not tell what was asked, and the words that fit any check.

use std::net::IpAddr;

use super::finding::{Check, Finding, Words, words};
use crate::Error;

/// The calling address is not trusted.
pub(super) const NOT_TRUSTED: i64 = 60020;
/// The app is not admitted to the API.
pub(super) const NOT_ADMITTED: i64 = 48002;
/// Called too often.
pub(super) const TOO_OFTEN: i64 = 45009;
/// WeCom is busy, or too many call at once.
const BUSY: [i64; 3] = [-1, 6000, 45033];

/// No answer that tells anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Not asked: there is no access token to ask with.
    NoToken,
    /// WeCom refused.
    Refused { api: &'static str, code: i64, hint: Option<String>, from_ip: Option<IpAddr> },
    /// Nothing usable came back.
    Silent { reason: String },
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error {
            Error::WeCom(error) => error.into(),
            // The texts of our own errors name no secret.
            other => Self::Silent { reason: other.to_string() },
        }
    }
}

impl From<wecom::Error> for Trouble {
    fn from(error: wecom::Error) -> Self {
        match error {
            wecom::Error::Refused { api, code, hint, from_ip, .. } => {
                Self::Refused { api, code, hint, from_ip }
            }
            other => Self::Silent { reason: other.to_string() },
        }
    }
}

impl Trouble {
    /// WeCom's code, if it refused.
    pub(super) fn code(&self) -> Option<i64> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            Self::NoToken | Self::Silent { .. } => None,
        }
    }

    /// For whoever looks closer.
    pub(super) fn detail(&self) -> Option<String> {
        match self {
            Self::NoToken => None,
            Self::Refused { api, code, hint, from_ip } => {
                let hint = hint.as_ref().map(|hint| format!(", hint {hint}")).unwrap_or_default();
                let from = from_ip.map(|from| format!(", from ip {from}")).unwrap_or_default();
                Some(format!("{api}: errcode {code}{hint}{from}"))
            }
            Self::Silent { reason } => Some(reason.clone()),
        }
    }

    /// What to say at a check that has no words of its own for it.
    pub(super) fn finding(&self, check: Check) -> Finding {
        let finding = match self {
            Self::NoToken => return first(check, Check::Secret),
            Self::Refused { code: NOT_TRUSTED, .. } => return first(check, Check::TrustedIp),
            Self::Refused { code: NOT_ADMITTED, .. } => return first(check, Check::CustomerContact),
            Self::Refused { code: TOO_OFTEN, .. } => Finding::unknown(
                check,
                words(
                    "没有查到：企业微信限制了接口调用频率",
                    "Not known: WeCom limits how often its API is called",
                ),
                words("一小时后再运行一次", "Run the doctor again in an hour"),
            ),
            Self::Refused { code, .. } if BUSY.contains(code) => Finding::unknown(
                check,
                words("没有查到：企业微信系统繁忙", "Not known: WeCom is busy"),
                words("过几分钟再运行一次", "Run the doctor again in a few minutes"),
            ),
            Self::Refused { api, code, .. } => Finding::problem(
                check,
                words(
                    format!("企业微信拒绝了 {api}，错误码 {code}"),
                    format!("WeCom refused {api} with {code}"),
                ),
                look_up(*code),
            ),
            Self::Silent { .. } => Finding::unknown(
                check,
                words("没有查到：企业微信没有给出可用的回答", "Not known: WeCom gave no usable answer"),
                network(),
            ),
        };
        Finding { detail: self.detail(), ..finding }
    }
}

/// Another check has to be mended before this one can be made; that one has the details.
fn first(check: Check, earlier: Check) -> Finding {
    Finding::unknown(
        check,
        words(format!("没有查到：要先处理 {earlier}"), format!("Not known: {earlier} comes first")),
        words(
            format!("先处理上面的 {earlier}，再运行一次"),
            format!("Mend {earlier} above, then run the doctor again"),
        ),
    )
}

fn look_up(code: i64) -> Words {
    let page = format!("https://open.work.weixin.qq.com/devtool/query?e={code}");
    words(
        format!("按错误码查原因：{page}；联系企业微信客服时附上 hint"),
        format!("Look the code up at {page}; WeCom's support asks for the hint"),
    )
}

/// What to do when WeCom does not answer.
pub(super) fn network() -> Words {
    words(
        "检查这台机器能否访问 WECOM_API_BASE 指定的地址（默认 https://qyapi.weixin.qq.com）：DNS、防火墙、WECOM_PROXY",
        "See whether this machine reaches the host of WECOM_API_BASE (default https://qyapi.weixin.qq.com): DNS, \
         firewall, WECOM_PROXY",
    )
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::doctor::Verdict;

    /// A refusal as WeCom sends it.
    pub(in crate::doctor) fn refused(code: i64) -> Trouble {
        let from_ip = (code == NOT_TRUSTED).then(|| IpAddr::from([203, 0, 113, 7]));
        Trouble::Refused { api: "getcallbackip", code, hint: Some("1700000000_1_ab".into()), from_ip }
    }

    #[test]
    fn whatever_keeps_wecom_from_telling_has_its_own_mend() {
        let silent = Trouble::Silent { reason: "gettoken: not sent: no route".into() };
        let cases = [
            (Trouble::NoToken, Verdict::Unknown, "secret", "secret"),
            (refused(60020), Verdict::Unknown, "trusted_ip", "trusted_ip"),
            (refused(48002), Verdict::Unknown, "customer_contact", "customer_contact"),
            (refused(45009), Verdict::Unknown, "一小时", "an hour"),
            (refused(45033), Verdict::Unknown, "几分钟", "minutes"),
            (refused(-1), Verdict::Unknown, "几分钟", "minutes"),
            (refused(40058), Verdict::Problem, "query?e=40058", "query?e=40058"),
            (silent, Verdict::Unknown, "WECOM_PROXY", "WECOM_PROXY"),
        ];
        for (trouble, verdict, zh, en) in cases {
            let finding = trouble.finding(Check::TagCount);
            assert_eq!((finding.check, finding.verdict), (Check::TagCount, verdict), "{trouble:?}");
            assert!(finding.mend_zh.unwrap().contains(zh), "{trouble:?}");
            assert!(finding.mend_en.unwrap().contains(en), "{trouble:?}");
        }
    }

    #[test]
    fn the_detail_has_the_code_the_hint_and_the_address() {
        let detail = refused(60020).detail().unwrap();
        assert_eq!(detail, "getcallbackip: errcode 60020, hint 1700000000_1_ab, from ip 203.0.113.7");
    }
}
