//! What stands in the file of a content.

use serde_json::{Map, Value};

/// A content as the folder has it.
#[derive(Clone, Debug, Default)]
pub(super) struct File {
    /// Is `parts` to be published, or only drafted?
    pub(super) publish: bool,
    /// `None`: as it is there.
    pub(super) archived: Option<bool>,
    /// What it says; `None`: whatever it says there.
    pub(super) parts: Option<Value>,
    /// What is worked on beside it.
    pub(super) draft: Option<Value>,
    /// Everything else, which is said of it.
    pub(super) header: Map<String, Value>,
}

impl File {
    pub(super) fn of(file: Value) -> Result<Self, String> {
        let Value::Object(mut header) = file else { return Err("不是 JSON 对象".into()) };
        let mut flag = |name: &str| match header.remove(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(format!("{name} 只能是 true 或 false")),
        };
        let (publish, archived) = (flag("published")?.unwrap_or_default(), flag("archived")?);
        let mut list = |name: &str| match header.remove(name) {
            None => Ok(None),
            Some(parts @ Value::Array(_)) => Ok(Some(parts)),
            Some(_) => Err(format!("{name} 应为列表，例如 [{{\"kind\": \"text\", \"text\": \"您好\"}}]")),
        };
        let (parts, draft) = (list("parts")?, list("draft")?);
        if draft.is_some() && !(publish && parts.is_some()) {
            return Err("draft 是已发布内容之外的草稿；未发布的内容请写 parts 和 \"published\": false".into());
        }
        Ok(Self { publish, archived, parts, draft, header })
    }
}
