//! Who serves customers, and whom one of them serves: `externalcontact/get_follow_user_list`,
//! `externalcontact/list`.
//!
//! Sources: 客户联系 / 企业服务人员管理 / 获取配置了客户联系功能的成员列表,
//! <https://developer.work.weixin.qq.com/document/path/92571>; 客户管理 / 获取客户列表,
//! <https://developer.work.weixin.qq.com/document/path/92113>.

use serde::Deserialize;

use crate::client::{Api, Client, DEFAULT_TIMEOUT, Effect};
use crate::limits::Check;
use crate::{AccessToken, Error, lenient};

const FOLLOW_USERS: Api =
    Api { path: "externalcontact/get_follow_user_list", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };
const LIST: Api = Api { path: "externalcontact/list", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };

/// No relation; here: no customers.
const NO_RELATION: i64 = 84061;

#[derive(Default, Deserialize)]
#[serde(default)]
struct FollowUsers {
    #[serde(deserialize_with = "lenient::texts")]
    follow_user: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Customers {
    #[serde(deserialize_with = "lenient::texts")]
    external_userid: Vec<String>,
}

impl Client {
    /// `GET externalcontact/get_follow_user_list`: the members who may have customers and are in
    /// the app's visible range. Not paged.
    ///
    /// Refusals: 48002 the app is not admitted to customer contact, 60020 the calling address is
    /// not among the app's trusted ones.
    pub async fn list_follow_users(&self, token: &AccessToken) -> Result<Vec<String>, Error> {
        let answer: FollowUsers = self.get(&FOLLOW_USERS, token, &[]).await?;
        Ok(answer.follow_user)
    }

    /// `GET externalcontact/list`: ids of the customers of one member. Not paged. A customer who
    /// has blocked or deleted the member is still among them.
    ///
    /// 84061 is what the platform says of a member without customers; it comes back as an empty
    /// list.
    ///
    /// Refusals: 40003 and 60111 unknown member, 60011 and 60030 the member is outside the visible
    /// range, 48002 the app is not admitted to customer contact.
    pub async fn list_contacts(&self, token: &AccessToken, userid: &str) -> Result<Vec<String>, Error> {
        Check { api: LIST.path }.required_bytes(format_args!("userid"), userid, 64)?;
        match self.get::<Customers>(&LIST, token, &[("userid", userid)]).await {
            Ok(answer) => Ok(answer.external_userid),
            Err(error) if error.code() == Some(NO_RELATION) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}
