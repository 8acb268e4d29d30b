//! The directory (通讯录): members and departments.
//!
//! An app sees its visible range and nothing else. Self-built apps made since June 2022 get neither
//! picture, gender, phone number, addresses nor QR code of a member, so those fields are not read;
//! a member can release them at sign-in ([`oauth`](crate::oauth)). Ids of members compare without
//! regard to case.
//!
//! Source: 通讯录管理 / 成员管理 and 部门管理; the pages are named at each call.

mod user;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use user::{InDepartment, Status, User};

use crate::client::{Api, Client, DEFAULT_TIMEOUT, Effect, unclear};
use crate::limits::Check;
use crate::{AccessToken, Error, lenient};

const USER: Api = Api { path: "user/get", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };
const USERS: Api = Api { path: "user/list", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };
const USER_NAMES: Api = Api { path: "user/simplelist", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };
const USER_IDS: Api = Api { path: "user/list_id", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };
const DEPARTMENTS: Api = Api { path: "department/list", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };
const DEPARTMENT_IDS: Api =
    Api { path: "department/simplelist", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };

/// The most entries of one page of [`Client::list_user_ids`].
pub const MAX_PAGE: u32 = 10_000;

/// A member by name. `Debug` shows ids only.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct UserName {
    /// The member's id.
    #[serde(deserialize_with = "lenient::text")]
    pub userid: String,
    /// The member's name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// Ids of the member's departments.
    #[serde(rename = "department", deserialize_with = "lenient::integers")]
    pub departments: Vec<i64>,
}

/// A department.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Department {
    /// 1 is the corp itself.
    #[serde(deserialize_with = "lenient::integer")]
    pub id: i64,
    /// `None` from `department/simplelist`.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub name: Option<String>,
    /// The English name, if it has one.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub name_en: Option<String>,
    /// Ids of those who lead it.
    #[serde(rename = "department_leader", deserialize_with = "lenient::texts")]
    pub leaders: Vec<String>,
    /// The department that it belongs to; 0 for the corp itself.
    #[serde(deserialize_with = "lenient::integer")]
    pub parentid: i64,
    /// Larger ones come first; an unsigned 32-bit number.
    #[serde(deserialize_with = "lenient::integer")]
    pub order: i64,
}

/// A member in one department.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct UserId {
    /// The member's id.
    #[serde(deserialize_with = "lenient::text")]
    pub userid: String,
    /// The department's id.
    #[serde(deserialize_with = "lenient::integer")]
    pub department: i64,
}

/// One page of [`Client::list_user_ids`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserIdPage {
    /// One entry for each pair of member and department.
    pub users: Vec<UserId>,
    /// Where the next page begins; `None` at the end.
    pub next_cursor: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct UserNames {
    #[serde(deserialize_with = "lenient::list")]
    userlist: Vec<UserName>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Users {
    #[serde(deserialize_with = "lenient::list")]
    userlist: Vec<User>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Departments {
    /// `department/simplelist` has its own name for the list.
    #[serde(alias = "department_id", deserialize_with = "lenient::list")]
    department: Vec<Department>,
}

#[derive(Serialize)]
struct UserIdRequest<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct UserIds {
    #[serde(deserialize_with = "lenient::list")]
    dept_user: Vec<UserId>,
    #[serde(deserialize_with = "lenient::optional_text")]
    next_cursor: Option<String>,
}

impl Client {
    /// `GET user/get`: one member.
    /// [Source](https://developer.work.weixin.qq.com/document/path/90196): 读取成员.
    ///
    /// Refusals: 60111 unknown member, 40003 no id of a member, 60011 outside the visible range,
    /// 46004 the member does not exist any more, 48009 a contacts-sync secret from an address that
    /// is too new.
    pub async fn get_user(&self, token: &AccessToken, userid: &str) -> Result<User, Error> {
        Check { api: USER.path }.required_bytes(format_args!("userid"), userid, 64)?;
        let user: User = self.get(&USER, token, &[("userid", userid)]).await?;
        if user.userid.is_empty() { Err(unclear(&USER, "answer has no userid")) } else { Ok(user) }
    }

    /// `GET user/list`: the members of a department, without those of departments below it. Not
    /// paged.
    /// [Source](https://developer.work.weixin.qq.com/document/path/90201): 获取部门成员详情.
    ///
    /// Refusals: 60011 the department is outside the visible range, 60123 or 40066 there is none,
    /// 48009 as for [`get_user`](Self::get_user).
    pub async fn list_users(&self, token: &AccessToken, department: i64) -> Result<Vec<User>, Error> {
        let department = department_id(&USERS, "department_id", department)?;
        let answer: Users = self.get(&USERS, token, &[("department_id", &department)]).await?;
        Ok(answer.userlist)
    }

    /// `GET user/simplelist`: the same members by name only. Not paged.
    /// [Source](https://developer.work.weixin.qq.com/document/path/90200): 获取部门成员.
    ///
    /// Refusals: 60011 the department is outside the visible range, 60123 or 40066 there is none.
    pub async fn list_user_names(
        &self,
        token: &AccessToken,
        department: i64,
    ) -> Result<Vec<UserName>, Error> {
        let department = department_id(&USER_NAMES, "department_id", department)?;
        let answer: UserNames = self.get(&USER_NAMES, token, &[("department_id", &department)]).await?;
        Ok(answer.userlist)
    }

    /// `POST user/list_id`: ids of all members of the corp, a page at a time, one request each.
    /// Needs the token of the contacts-sync secret (通讯录同步), not of an app. `cursor` comes from
    /// the page before, unchanged; `limit` is 1 to 10 000, `None` leaves it to the platform.
    /// [Source](https://developer.work.weixin.qq.com/document/path/96067): 获取成员ID列表.
    ///
    /// Refusals: 50100 the cursor is not good any more (begin again).
    pub async fn list_user_ids(
        &self,
        token: &AccessToken,
        cursor: Option<&str>,
        limit: Option<u32>,
    ) -> Result<UserIdPage, Error> {
        let check = Check { api: USER_IDS.path };
        check.page(cursor, limit, MAX_PAGE)?;
        let answer: UserIds = self.post(&USER_IDS, token, &UserIdRequest { cursor, limit }).await?;
        Ok(UserIdPage { users: answer.dept_user, next_cursor: answer.next_cursor })
    }

    /// `GET department/list`: a department and all below it, or with `None` all that the app may
    /// see. Not paged, and slow in a large corp.
    /// [Source](https://developer.work.weixin.qq.com/document/path/90208): 获取部门列表.
    ///
    /// Refusals: 60011 the department is outside the visible range, 60123 or 40066 there is none,
    /// 48009 as for [`get_user`](Self::get_user).
    pub async fn list_departments(
        &self,
        token: &AccessToken,
        below: Option<i64>,
    ) -> Result<Vec<Department>, Error> {
        self.departments(&DEPARTMENTS, token, below).await
    }

    /// `GET department/simplelist`: the same departments without names and leaders.
    /// [Source](https://developer.work.weixin.qq.com/document/path/95350): 获取子部门ID列表.
    ///
    /// Refusals: 60011 the department is outside the visible range, 60123 or 40066 there is none.
    pub async fn list_department_ids(
        &self,
        token: &AccessToken,
        below: Option<i64>,
    ) -> Result<Vec<Department>, Error> {
        self.departments(&DEPARTMENT_IDS, token, below).await
    }

    async fn departments(
        &self,
        api: &Api,
        token: &AccessToken,
        below: Option<i64>,
    ) -> Result<Vec<Department>, Error> {
        let id = below.map(|id| department_id(api, "id", id)).transpose()?;
        let query = id.as_deref().map(|id| ("id", id));
        let answer: Departments = self.get(api, token, query.as_slice()).await?;
        Ok(answer.department)
    }
}

fn department_id(api: &Api, field: &str, id: i64) -> Result<String, Error> {
    Check { api: api.path }.number(format_args!("{field}"), id, 1..=u32::MAX.into())?;
    Ok(id.to_string())
}

impl fmt::Debug for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserName")
            .field("userid", &self.userid)
            .field("departments", &self.departments)
            .finish_non_exhaustive()
    }
}
