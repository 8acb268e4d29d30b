use serde::{Deserialize, Serialize};

/// A member of the corp.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Staff {
    /// As written when the member was created; many answers lower its case.
    pub(crate) userid: String,
    pub(crate) name: String,
    /// Licensed for customer contact and in the app's visible range.
    pub(crate) licensed: bool,
    /// The admin console already greets this member's new customers: no welcome codes are issued.
    pub(crate) console_welcome: bool,
}

/// A WeChat user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Customer {
    pub(crate) external_userid: String,
    pub(crate) name: String,
    pub(crate) avatar: String,
    /// 0 unknown, 1 male, 2 female.
    pub(crate) gender: u8,
    pub(crate) unionid: Option<String>,
}
