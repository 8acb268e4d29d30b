use serde::{Deserialize, Serialize};

use super::directory::ROOT;

/// A member of the corp.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Staff {
    /// As written when the member was created; many answers lower its case.
    pub(crate) userid: String,
    pub(crate) name: String,
    /// Licensed for customer contact.
    pub(crate) licensed: bool,
    /// The admin console already greets this member's new customers: no welcome codes are issued.
    pub(crate) console_welcome: bool,
    #[serde(default)]
    pub(crate) status: Status,
    /// Ids of departments, the main one first.
    #[serde(default = "at_root")]
    pub(crate) departments: Vec<u64>,
    #[serde(default)]
    pub(crate) position: String,
    /// 0 unknown, 1 male, 2 female.
    #[serde(default)]
    pub(crate) gender: u8,
    #[serde(default)]
    pub(crate) mobile: String,
}

/// What became of a member.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    #[default]
    Active,
    Disabled,
    /// Never logged in.
    Inactive,
    /// Resigned.
    Left,
}

impl Status {
    /// WeCom's number.
    pub(crate) fn number(self) -> u8 {
        match self {
            Status::Active => 1,
            Status::Disabled => 2,
            Status::Inactive => 4,
            Status::Left => 5,
        }
    }
}

impl Staff {
    /// A licensed, active member in the root department, named like their id.
    pub(crate) fn new(userid: &str) -> Self {
        Self {
            userid: userid.to_owned(),
            name: userid.to_owned(),
            licensed: true,
            console_welcome: false,
            status: Status::Active,
            departments: at_root(),
            position: String::new(),
            gender: 0,
            mobile: String::new(),
        }
    }

    /// Whether customers can be served: licensed, and neither gone nor shut out.
    pub(crate) fn serves(&self) -> bool {
        self.licensed && self.status == Status::Active
    }

    pub(crate) fn has_left(&self) -> bool {
        self.status == Status::Left
    }
}

fn at_root() -> Vec<u64> {
    vec![ROOT]
}

/// A WeChat user, or a WeCom user of another corp.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Customer {
    pub(crate) external_userid: String,
    pub(crate) name: String,
    pub(crate) avatar: String,
    /// 0 unknown, 1 male, 2 female.
    pub(crate) gender: u8,
    pub(crate) unionid: Option<String>,
    /// Where a WeCom user works; `None`: a WeChat user.
    #[serde(default)]
    pub(crate) employer: Option<Employer>,
    /// When they were handed from one member in service to another (ms).
    #[serde(default)]
    pub(crate) handed_over_ms: Vec<i64>,
}

/// The other corp of a WeCom user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Employer {
    pub(crate) name: String,
    pub(crate) full_name: String,
    /// The user's position there.
    pub(crate) position: String,
}

impl Customer {
    /// A WeChat user named like their id.
    pub(crate) fn new(external_userid: &str) -> Self {
        Self {
            external_userid: external_userid.to_owned(),
            name: external_userid.to_owned(),
            avatar: format!("https://wx.qlogo.cn/mmhead/{external_userid}/0"),
            gender: 0,
            unionid: None,
            employer: None,
            handed_over_ms: Vec::new(),
        }
    }
}
