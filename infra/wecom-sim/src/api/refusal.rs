use serde_json::{Value, json};

/// A call that WeCom answers with an error code, under HTTP 200 like everything else.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: i64,
    text: String,
}

impl Refusal {
    pub(super) fn new(code: i64, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    /// Ordered trouble.
    pub(super) fn injected(code: i64) -> Self {
        Self::new(code, "injected by the simulator")
    }

    /// 84061.
    pub(super) fn no_relation() -> Self {
        Self::new(84061, "not external contact")
    }

    /// 60111.
    pub(super) fn unknown_member() -> Self {
        Self::new(60111, "userid not found")
    }

    /// 40058 for a field.
    pub(super) fn parameter(text: impl Into<String>) -> Self {
        Self::new(40058, format!("invalid Request Parameter: {}", text.into()))
    }

    /// 45009.
    pub(super) fn too_often() -> Self {
        Self::new(45009, "api freq out of limit")
    }

    /// 60011 for a member or department outside the visible range, and for members without a licence.
    pub(super) fn no_privilege() -> Self {
        Self::new(60011, "no privilege to access/modify contact/party/agent")
    }

    /// 40096.
    pub(super) fn unknown_customer() -> Self {
        Self::new(40096, "invalid external userid")
    }

    /// The answer. Nobody may read `errmsg`, so it carries what the real one carries: a different hint
    /// in every answer.
    pub(super) fn json(&self, now_seconds: i64, hint: u64, from_ip: &str) -> Value {
        let Self { code, text } = self;
        let serial = hint % 1000;
        json!({
            "errcode": code,
            "errmsg": format!(
                "{text}, hint: [{now_seconds}_{serial}_{hint:016x}], from ip: {from_ip}, \
                 more info at https://open.work.weixin.qq.com/devtool/query?e={code}"
            ),
        })
    }
}
