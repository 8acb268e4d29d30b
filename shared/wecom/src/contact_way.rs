//! Contact ways (「联系我」): QR codes and mini-program buttons through which customers add members.
//!
//! Who comes through one carries its `state`, in the event and on the relation. Ways made here are
//! invisible in the admin console and are known by their `config_id` alone: one that is lost can
//! only be found again in the list, and only within what that shows. There is no welcome of their
//! own: `state` tells which one to send.
//!
//! Limits: 500 000 ways in a corp, shared with ways to join groups (41045); 100 members in a way,
//! departments counted by their members (41041).
//!
//! Temporary sessions (`is_temp`, for the medical industry) and ways of acquisition apps
//! (`mark_source`) cannot be made here.
//!
//! Source: 客户联系 / 企业服务人员管理 / 客户联系「联系我」管理,
//! <https://developer.work.weixin.qq.com/document/path/92572>.

mod wire;

use serde::{Deserialize, Serialize};

use crate::client::{Api, Client, DEFAULT_TIMEOUT, Effect, Nothing, unclear};
use crate::contact_way::wire::{Config, Fields, Found, NewWay, OneWay, Page};
use crate::limits::Check;
use crate::{AccessToken, Error, lenient};

const ADD: Api =
    Api { path: "externalcontact/add_contact_way", effect: Effect::Writes, timeout: DEFAULT_TIMEOUT };
const GET: Api =
    Api { path: "externalcontact/get_contact_way", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };
const LIST: Api =
    Api { path: "externalcontact/list_contact_way", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };
const UPDATE: Api =
    Api { path: "externalcontact/update_contact_way", effect: Effect::Writes, timeout: DEFAULT_TIMEOUT };
const DELETE: Api =
    Api { path: "externalcontact/del_contact_way", effect: Effect::Writes, timeout: DEFAULT_TIMEOUT };

/// The most members of one way.
pub const MAX_MEMBERS: usize = 100;
/// The most ways of one page of the list.
pub const MAX_PAGE: u32 = 1000;

/// A way as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactWay {
    /// Whom customers reach, and where they meet the way. The kind (one member or several) and the
    /// place (button or QR code) are settled when the way is made.
    pub reaches: Reaches,
    /// For ourselves, up to 30 characters; empty for none.
    pub remark: String,
    /// Whether customers are added without the member's consent; the platform's default is yes.
    pub skip_verify: bool,
    /// The channel, up to 30 characters; empty for none.
    pub state: String,
    /// Whether all customers of one other corp go to the same member.
    pub is_exclusive: bool,
}

/// Whom customers reach through a way, and where they meet it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reaches {
    /// `type` 1: one member.
    One {
        /// The member's id.
        user: String,
        /// Where customers meet the way.
        place: Place<OneStyle>,
    },
    /// `type` 2: one of several members; at least one member or department.
    Several {
        /// Ids of up to 100 members.
        users: Vec<String>,
        /// Ids of departments, whose members count towards the 100.
        parties: Vec<i64>,
        /// Where customers meet the way.
        place: Place<SeveralStyle>,
    },
}

/// `scene`: where customers meet a way. Only a button has a style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<Style> {
    /// 1: a button in a mini-program; `None` leaves its style to the platform.
    MiniProgram(Option<Style>),
    /// 2: a QR code.
    QrCode,
}

/// How the button for one member looks. The pictures are on the source page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OneStyle {
    /// 1
    First,
    /// 2
    Second,
    /// 3
    Third,
}

/// How the button for several members looks. The pictures are on the source page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeveralStyle {
    /// 1
    First,
    /// 2
    Second,
}

/// A way that was made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct AddedWay {
    /// Keep it: the way is known by nothing else.
    #[serde(deserialize_with = "lenient::text")]
    pub config_id: String,
    /// Address of the picture; only of QR codes.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub qr_code: Option<String>,
}

/// A way as the platform has it, perhaps made by something other than this crate.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct ContactWayDetail {
    /// The way's id.
    #[serde(deserialize_with = "lenient::text")]
    pub config_id: String,
    /// `type`: 1 one member, 2 several.
    #[serde(rename = "type", deserialize_with = "lenient::integer")]
    pub kind: i64,
    /// 1 mini-program button, 2 QR code.
    #[serde(deserialize_with = "lenient::integer")]
    pub scene: i64,
    /// Of buttons only: 1 to 3.
    #[serde(deserialize_with = "lenient::optional_integer")]
    pub style: Option<i64>,
    /// What was noted.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub remark: Option<String>,
    /// Whether customers are added without the member's consent.
    #[serde(deserialize_with = "lenient::flag")]
    pub skip_verify: bool,
    /// The channel.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub state: Option<String>,
    /// Address of the picture; only of QR codes.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub qr_code: Option<String>,
    /// Ids of members.
    #[serde(rename = "user", deserialize_with = "lenient::texts")]
    pub users: Vec<String>,
    /// Ids of departments.
    #[serde(rename = "party", deserialize_with = "lenient::integers")]
    pub parties: Vec<i64>,
    /// Whether it is one of those temporary sessions that cannot be made here.
    #[serde(deserialize_with = "lenient::flag")]
    pub is_temp: bool,
    /// Whether all customers of one other corp go to the same member.
    #[serde(deserialize_with = "lenient::flag")]
    pub is_exclusive: bool,
}

/// Which ways to list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ContactWayQuery {
    /// Made no earlier than this, Unix seconds; `None` means 90 days ago.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<i64>,
    /// Made no later than this, Unix seconds; `None` means now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<i64>,
    /// From the page before, unchanged; `None` for the first page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Ways of a page, 1 to 1000; `None` leaves it to the platform, which takes 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// One page of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactWayPage {
    /// Ids of the ways.
    pub config_ids: Vec<String>,
    /// Where the next page begins; `None` at the end, which nothing else tells.
    pub next_cursor: Option<String>,
}

impl Client {
    /// `POST externalcontact/add_contact_way`: makes a way. If [ambiguous](Error::is_ambiguous),
    /// look for it in the list: it would have been made after the call began.
    ///
    /// Refusals: 41045 the corp has as many ways as it may, 41041 more than 100 members, others of
    /// 41037 to 41044 type, scene or style, 41054 a member has not activated WeCom, 40098 a member
    /// is not verified by name, 40003 and 60111 an unknown member, 60011 and 60030 outside the
    /// visible range, 40066 an unknown department.
    pub async fn add_contact_way(&self, token: &AccessToken, way: &ContactWay) -> Result<AddedWay, Error> {
        let check = Check { api: ADD.path };
        way.check(check)?;
        let request = NewWay { kind: way.kind(), scene: way.scene(), fields: Fields::of(way) };
        let added: AddedWay = self.post(&ADD, token, &request).await?;
        if added.config_id.is_empty() { Err(unclear(&ADD, "answer has no config_id")) } else { Ok(added) }
    }

    /// `POST externalcontact/get_contact_way`: a way as the platform has it.
    ///
    /// Refusals: one of 41037 to 41044 for an unknown id.
    pub async fn get_contact_way(
        &self,
        token: &AccessToken,
        config_id: &str,
    ) -> Result<ContactWayDetail, Error> {
        Check { api: GET.path }.present(format_args!("config_id"), config_id)?;
        let found: Found = self.post(&GET, token, &Config { config_id }).await?;
        found.contact_way.ok_or_else(|| unclear(&GET, "answer has no contact_way"))
    }

    /// `POST externalcontact/list_contact_way`: ids of ways, a page at a time, one request each.
    /// Ways made before 10 July 2021 and temporary ones are not among them.
    ///
    /// Refusals: 50100 the cursor is not good any more (begin again).
    pub async fn list_contact_ways(
        &self,
        token: &AccessToken,
        query: &ContactWayQuery,
    ) -> Result<ContactWayPage, Error> {
        let check = Check { api: LIST.path };
        if let (Some(start), Some(end)) = (query.start_time, query.end_time)
            && start > end
        {
            return Err(check.error(format_args!("end_time"), "is before start_time"));
        }
        check.page(query.cursor.as_deref(), query.limit, MAX_PAGE)?;
        let page: Page = self.post(&LIST, token, query).await?;
        let config_ids = page.contact_way.into_iter().map(|OneWay { config_id }| config_id).collect();
        Ok(ContactWayPage { config_ids, next_cursor: page.next_cursor })
    }

    /// `POST externalcontact/update_contact_way`: makes a way as described, all of it: its members
    /// take the place of those that were there, and an empty text takes one away. Repeating a call
    /// changes nothing more.
    ///
    /// Kind and place are not sent, as the platform keeps those that the way was made with; they
    /// have to be the same here.
    ///
    /// Refusals: those of [`add_contact_way`](Self::add_contact_way); one of 41037 to 41044 also for
    /// an unknown id.
    pub async fn update_contact_way(
        &self,
        token: &AccessToken,
        config_id: &str,
        way: &ContactWay,
    ) -> Result<(), Error> {
        let check = Check { api: UPDATE.path };
        check.present(format_args!("config_id"), config_id)?;
        way.check(check)?;
        let request = wire::ChangedWay { config_id, fields: Fields::of(way) };
        let Nothing {} = self.post(&UPDATE, token, &request).await?;
        Ok(())
    }

    /// `POST externalcontact/del_contact_way`: deletes a way. Its QR code stops working; friendships
    /// stay. If [ambiguous](Error::is_ambiguous), delete again: the refusal that there is none says
    /// that it had worked.
    ///
    /// Refusals: one of 41037 to 41044 for an unknown id.
    pub async fn delete_contact_way(&self, token: &AccessToken, config_id: &str) -> Result<(), Error> {
        Check { api: DELETE.path }.present(format_args!("config_id"), config_id)?;
        let Nothing {} = self.post(&DELETE, token, &Config { config_id }).await?;
        Ok(())
    }
}
