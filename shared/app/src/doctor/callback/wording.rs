//! What to say of the callback address.

use super::{
    super::{
        finding::{Check, Finding, Words, words},
        past::Past,
        plan::NoPlan,
    },
    Echo, LIMIT_MS, Reach,
};

pub(in crate::doctor) fn callback_url(echo: &Echo, reach: Reach, url: &str) -> Finding {
    let check = Check::CallbackUrl;
    match echo {
        Echo::Right { ms, again } => answered(*ms, *again, reach).detail(match again {
            Some(again) => format!("{url}: {ms} ms, then {again} ms"),
            None => format!("{url}: {ms} ms"),
        }),
        Echo::Decorated => Finding::problem(
            check,
            words(
                "回调地址返回的内容多了别的字符：企业微信要求原样返回，不带引号和换行",
                "The callback address answers with more than the echo: WeCom wants it bare, without quotes or a line end",
            ),
            between(),
        )
        .detail(url),
        Echo::Other => Finding::problem(
            check,
            words(
                "这个地址有程序回答，但不是 Stepwise 的回调",
                "Something answers at this address, but not the callback of Stepwise",
            ),
            proxy_path(),
        )
        .detail(url),
        Echo::Status(status) => Finding::problem(
            check,
            words(
                format!("回调地址回答了 HTTP {status}，没有通过 URL 验证"),
                format!("The callback address answers HTTP {status}: WeCom's URL verification would fail"),
            ),
            mend_status(*status),
        )
        .detail(url),
        Echo::Unreachable(reason) => Finding::problem(
            check,
            words("从这台机器连不上回调地址", "The callback address cannot be reached from this machine"),
            words(
                "确认 stepwise serve 在运行，STEPWISE_PUBLIC_URL 写对了，域名解析、证书、防火墙都通；\
                 如果只是内网绕不回自己的公网地址，请从外网打开它核对",
                "See that stepwise serve is running, that STEPWISE_PUBLIC_URL is right, and that DNS, certificate and \
                 firewall let it through; if only this network cannot get back to its own public address, try from \
                 outside",
            ),
        )
        .detail(format!("{url}: {reason}")),
        Echo::Silent(reason) => Finding::problem(
            check,
            words("回调地址 5 秒内没有回答（企业微信只等 1 秒）", "The callback address did not answer within 5 s (WeCom waits 1 s)"),
            words(
                "看 stepwise serve 的日志和它前面的反向代理：连接被接受了，却没有转到 Stepwise",
                "Look at the log of stepwise serve and at the proxy in front of it: the connection was taken and led nowhere",
            ),
        )
        .detail(format!("{url}: {reason}")),
    }
}

fn answered(ms: i64, again: Option<i64>, reach: Reach) -> Finding {
    let check = Check::CallbackUrl;
    if again.unwrap_or(ms) > LIMIT_MS {
        return Finding::problem(
            check,
            words(
                "回调地址回答正确，但超过了企业微信等待的 1 秒",
                "The echo is right, but comes later than the 1 s that WeCom waits",
            ),
            words(
                "让它更快：服务器离得近一些，去掉中间多余的代理，函数不要冷启动",
                "Make it faster: a nearer server, fewer proxies on the way, no cold starts",
            ),
        );
    }
    if reach == Reach::Private {
        return Finding::problem(
            check,
            words(
                "从这台机器看回调地址是对的，但它是内网地址，企业微信访问不到",
                "From this machine the callback address is right, but it is a private one that WeCom cannot reach",
            ),
            words(
                "把 STEPWISE_PUBLIC_URL 设成公网能访问的地址，转到 Stepwise",
                "Set STEPWISE_PUBLIC_URL to an address of the internet that leads to Stepwise",
            ),
        );
    }
    if again.is_some() {
        return Finding::warning(
            check,
            words(
                "回调地址第一次回答超过 1 秒，第二次够快：多半是冷启动",
                "The first echo took more than 1 s, the second was in time: most likely a cold start",
            ),
            words(
                "在管理后台保存接收消息 URL 前先运行一次 doctor，或保存失败后马上再试",
                "Run the doctor right before saving the URL in the admin console, or save again at once if it fails",
            ),
        );
    }
    if reach == Reach::Together {
        return Finding::warning(
            check,
            words(
                "回调地址回答正确；它和企业微信接口都在内网，只适合模拟环境",
                "The echo is right; both it and the WeCom API are in a private network, which is for a simulator only",
            ),
            words(
                "正式上线时把 STEPWISE_PUBLIC_URL 设成公网地址，并去掉 WECOM_API_BASE",
                "For the real WeCom set STEPWISE_PUBLIC_URL to a public address and leave WECOM_API_BASE out",
            ),
        );
    }
    Finding::ok(
        check,
        words(
            "回调地址能访问，URL 验证会通过",
            "The callback address answers: WeCom's URL verification will pass",
        ),
    )
}

fn mend_status(status: u16) -> Words {
    match status {
        403 => words(
            "正在运行的 Stepwise 用的 WECOM_CALLBACK_TOKEN、WECOM_CALLBACK_AES_KEY、WECOM_CORP_ID 要和这里、和管理后台的\
             「接收消息」页一致；如果是防火墙拦的，放行 getcallbackip 给出的地址",
            "The running Stepwise needs the same WECOM_CALLBACK_TOKEN, WECOM_CALLBACK_AES_KEY and WECOM_CORP_ID as this \
             command and as the 接收消息 page of the app; if a firewall said so, let the addresses of getcallbackip through",
        ),
        404 | 405 => proxy_path(),
        300..=399 => words(
            "企业微信不跟随跳转：把 STEPWISE_PUBLIC_URL 直接写成最终地址（如 https）",
            "WeCom follows no redirects: write the final address (https, say) into STEPWISE_PUBLIC_URL",
        ),
        500..=599 => words(
            "确认 stepwise serve 在运行，看它和前面反向代理的日志",
            "See that stepwise serve is running, and look at its log and that of the proxy in front of it",
        ),
        _ => between(),
    }
}

fn proxy_path() -> Words {
    words(
        "反向代理要把 /wecom/callback 原样转给 Stepwise，STEPWISE_PUBLIC_URL 不要带多余的路径",
        "The proxy has to hand /wecom/callback to Stepwise unchanged, and STEPWISE_PUBLIC_URL has no path of its own",
    )
}

fn between() -> Words {
    words(
        "看看 Stepwise 前面的反向代理或网关改了什么，让它原样转发",
        "See what the proxy or gateway in front of Stepwise changes, and have it pass everything on unchanged",
    )
}

/// `past`: what the store remembers, if it could be read.
pub(in crate::doctor) fn callback_use(past: &Result<Past, NoPlan>) -> Finding {
    let check = Check::CallbackUse;
    let add_somebody = words(
        "在 管理后台 → 应用管理 → 这个应用 → 接收消息 保存 URL、Token、EncodingAESKey，勾选「外部联系人变更回调」；\
         然后用一个微信号添加一名成员，再运行一次",
        "Save URL, Token and EncodingAESKey on the 接收消息 page of the app (应用管理 → the app) and tick 外部联系人变更回调; \
         then add a staff member from a WeChat account, and run the doctor again",
    );
    match past {
        Err(no) => Finding::unknown(
            check,
            words(
                format!("不知道企业微信有没有真的回调过：{}", no.why.zh),
                format!("Whether WeCom has really called is not known: {}", no.why.en),
            ),
            add_somebody.and(&no.mend),
        ),
        Ok(Past { latest: Some(latest), told, .. }) => Finding::ok(
            check,
            words(
                format!("企业微信回调过：抽查的新客户里，最近一次添加在 {latest} 收到"),
                format!(
                    "WeCom has called: the latest adding among sampled new customers was heard of at {latest}"
                ),
            ),
        )
        .detail(format!("{told} added customers sampled from this month and last")),
        Ok(_) => Finding::unknown(
            check,
            words(
                "这个月和上个月还没有收到过添加客户的回调；企业微信没有接口可以查它回调过没有",
                "No adding of a customer was heard of this month or last; WeCom has no API that tells whether it called",
            ),
            add_somebody,
        ),
    }
}
