//! Settings, secret, calling address: whether WeCom talks to us at all.

use super::{
    Case,
    finding::{Check, Finding, words},
    trouble::{NOT_TRUSTED, TOO_OFTEN, Trouble, network},
};
use crate::{
    App, Lane,
    config::{BadSetting, WeCom},
};

const WRONG_SECRET: [i64; 2] = [40001, 40091];
const WRONG_CORP: i64 = 40013;

impl App {
    /// Asks for a token anew, whatever is kept: it is the secret that is tried. One attempt, because WeCom blocks
    /// whoever keeps coming with a wrong one.
    pub(super) async fn try_secret(&self) -> Result<(), Trouble> {
        let client = self.wecom(Lane::Interactive);
        let granted = client.get_token(&self.corp.corp_id, self.corp.secret.expose()).await?;
        self.keep_token(&self.corp.agent_id.to_string(), &granted).await?;
        Ok(())
    }

    /// A call that WeCom binds to trusted addresses: how many address ranges callbacks come from.
    pub(super) async fn try_address(&self) -> Result<usize, Trouble> {
        let ranges = self.call(Lane::Interactive, |wecom, token| async move {
            wecom.list_callback_addresses(&token).await
        });
        Ok(ranges.await?.len())
    }
}

pub(super) fn settings(corp: &WeCom, case: &Case) -> Finding {
    let found = words("需要的设置都在，格式正确", "All settings that are needed are there and well formed");
    let (api, public) = (&case.api_base, &corp.public_url);
    let detail = format!("{}, AgentId {}, WeCom at {api}, Stepwise at {public}", corp.corp_id, corp.agent_id);
    Finding::ok(Check::Settings, found).detail(detail)
}

/// What to say when the settings cannot be used: nothing else can be looked at then.
#[must_use]
pub fn unusable(bad: &BadSetting) -> Finding {
    let name = bad.name;
    Finding::problem(
        Check::Settings,
        words(format!("设置 {name} 不能用"), format!("The setting {name} cannot be used")),
        words(
            format!(
                "改好 {name}（说明见下一行），再运行一次；要和 stepwise serve --wecom real 用同一组环境变量"
            ),
            format!(
                "Mend {name} as the next line says and run the doctor again, with the same environment as \
                 stepwise serve --wecom real"
            ),
        ),
    )
    .detail(bad.to_string())
}

pub(super) fn secret(tried: &Result<(), Trouble>) -> Finding {
    let check = Check::Secret;
    let trouble = match tried {
        Ok(()) => {
            return Finding::ok(
                check,
                words(
                    "企业 ID 和 Secret 正确，拿到了 access_token",
                    "Corp id and secret are right: WeCom gave a token",
                ),
            );
        }
        Err(trouble) => trouble,
    };
    let found = match trouble.code() {
        Some(WRONG_CORP) => Finding::problem(
            check,
            words("企业微信不认识这个企业 ID", "WeCom does not know this corp id"),
            words(
                "WECOM_CORP_ID 从 管理后台 → 我的企业 → 企业信息 的「企业ID」复制",
                "Copy WECOM_CORP_ID from 企业ID in the admin console: 我的企业 → 企业信息",
            ),
        ),
        Some(code) if WRONG_SECRET.contains(&code) => Finding::problem(
            check,
            words("Secret 不对，或应用已被停用", "The secret is wrong, or the app is switched off"),
            words(
                "WECOM_SECRET 从 管理后台 → 应用管理 → 这个自建应用 的「Secret」复制（不是「通讯录同步」的，每个应用各有一个），\
                 并确认应用已启用；改好之前别反复运行，多次用错 Secret 会让这个 IP 被封一小时",
                "Copy WECOM_SECRET from the app's own page in the admin console (应用管理 → the app → Secret; not the one \
                 of 通讯录同步, each app has its own) and see that the app is switched on. Do not try again before that: \
                 wrong secrets get the calling address blocked for an hour",
            ),
        ),
        Some(TOO_OFTEN) => Finding::problem(
            check,
            words(
                "企业微信暂时不让这个 IP 取 access_token，多半是之前多次用错了 Secret",
                "WeCom gives this address no token for now, most likely after too many wrong secrets",
            ),
            words(
                "停下所有用错 Secret 的程序，一小时后再运行一次",
                "Stop whatever uses a wrong secret, and run the doctor again in an hour",
            ),
        ),
        None => Finding::problem(check, words("联系不上企业微信", "WeCom cannot be reached"), network()),
        Some(_) => return trouble.finding(check),
    };
    Finding { detail: trouble.detail(), ..found }
}

pub(super) fn trusted_ip(tried: &Result<usize, Trouble>) -> Finding {
    let check = Check::TrustedIp;
    let found = match tried {
        Ok(ranges) => {
            let found =
                words("企业微信接受从这台机器发出的调用", "WeCom accepts calls from this machine's address");
            return Finding::ok(check, found)
                .detail(format!("getcallbackip: {ranges} ranges that callbacks come from"));
        }
        Err(Trouble::Refused { code: NOT_TRUSTED, from_ip, .. }) => {
            let (zh, en) = match from_ip {
                Some(ip) => (format!(" {ip} "), format!(" {ip}")),
                None => ("（企业微信没有说是哪个）".into(), ", which WeCom did not name".into()),
            };
            let enter = from_ip.map_or_else(|| "本机的出口 IP".into(), |ip| ip.to_string());
            let enter_en =
                from_ip.map_or_else(|| "this machine's outgoing address".into(), |ip| ip.to_string());
            Finding::problem(
                check,
                words(
                    format!("企业微信不接受来自{zh}的调用：不在企业可信IP里"),
                    format!("WeCom refuses calls from this machine's address{en}: it is not trusted"),
                ),
                words(
                    format!(
                        "管理后台 → 应用管理 → 这个应用 → 企业可信IP，加上 {enter}（要先设好可信域名或接收消息 URL），约一分钟生效；\
                         出口 IP 不固定时先固定下来（固定 IP 的 NAT，或 WECOM_PROXY）"
                    ),
                    format!(
                        "Add {enter_en} in the admin console: 应用管理 → the app → 企业可信IP (a trusted domain or the \
                         message-receiving URL has to be set first); it counts after about a minute. An address that \
                         changes has to be fixed first: a NAT with a fixed address, or WECOM_PROXY"
                    ),
                ),
            )
        }
        Err(trouble) => return trouble.finding(check),
    };
    Finding { detail: tried.as_ref().err().and_then(Trouble::detail), ..found }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::{Verdict, trouble::tests::refused};

    #[test]
    fn each_refusal_of_a_token_names_what_to_mend() {
        let silent = Trouble::Silent { reason: "gettoken: not sent: connection refused".into() };
        let cases = [
            (refused(40013), Verdict::Problem, "WECOM_CORP_ID"),
            (refused(40001), Verdict::Problem, "WECOM_SECRET"),
            (refused(40091), Verdict::Problem, "WECOM_SECRET"),
            (refused(45009), Verdict::Problem, "an hour"),
            (silent, Verdict::Problem, "WECOM_API_BASE"),
            (refused(60020), Verdict::Unknown, "trusted_ip"),
            (refused(-1), Verdict::Unknown, "minutes"),
        ];
        for (trouble, verdict, mend) in cases {
            let finding = secret(&Err(trouble.clone()));
            assert_eq!((finding.check, finding.verdict), (Check::Secret, verdict), "{trouble:?}");
            assert!(finding.mend_en.unwrap().contains(mend), "{trouble:?}");
            assert_eq!(finding.detail.is_none(), mend == "trusted_ip", "{trouble:?}");
        }
        assert_eq!(secret(&Ok(())).verdict, Verdict::Ok);
    }

    #[test]
    fn the_address_that_wecom_saw_is_what_has_to_be_entered() {
        let finding = trusted_ip(&Err(refused(60020)));
        assert_eq!(finding.verdict, Verdict::Problem);
        for text in [finding.zh, finding.en, finding.mend_zh.unwrap(), finding.mend_en.unwrap()] {
            assert!(text.contains("203.0.113.7"), "{text}");
        }
        assert!(finding.detail.unwrap().contains("hint 1700000000_1_ab"));

        let nameless =
            Trouble::Refused { api: "getcallbackip", code: NOT_TRUSTED, hint: None, from_ip: None };
        let finding = trusted_ip(&Err(nameless));
        assert!(finding.mend_zh.unwrap().contains("本机的出口 IP"));
        assert_eq!(trusted_ip(&Ok(12)).verdict, Verdict::Ok);
        assert_eq!(trusted_ip(&Err(Trouble::NoToken)).verdict, Verdict::Unknown);
    }

    #[test]
    fn a_bad_setting_is_named_as_at_the_start() {
        let bad = BadSetting { name: "WECOM_AGENT_ID", problem: "\"x\" is no AgentId".into() };
        let finding = unusable(&bad);
        assert_eq!((finding.check, finding.verdict), (Check::Settings, Verdict::Problem));
        assert!(finding.zh.contains("WECOM_AGENT_ID") && finding.en.contains("WECOM_AGENT_ID"));
        assert_eq!(finding.detail.unwrap(), "WECOM_AGENT_ID: \"x\" is no AgentId");
    }
}
