//! Customers: `externalcontact/get`, and beside it the lists of who serves and who is served
//! (`list.rs`), many relations at once (`batch.rs`) and what members note about a customer
//! (`remark.rs`).
//!
//! All of them need the app to be admitted to customer contact (客户联系, 可调用接口的应用; 48002
//! otherwise) and show only members in its visible range. Ids of members come back in lower case
//! from many calls; ids of customers are case-sensitive.
//!
//! Source: 客户联系 / 客户管理 / 获取客户详情,
//! <https://developer.work.weixin.qq.com/document/path/92114>.

mod batch;
mod list;
mod remark;
mod wire;

use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;

pub use batch::{BatchPage, BatchQuery, MAX_BATCH_USERS, MAX_PAGE};
pub use remark::Remark;

use crate::client::{Api, Client, DEFAULT_TIMEOUT, Effect, unclear};
use crate::contact::wire::{WireContact, WireTag};
use crate::limits::Check;
use crate::{AccessToken, Error, lenient};

const GET: Api = Api { path: "externalcontact/get", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };

/// A page holds about 500 relations, so this is far beyond any corp; it ends a conversation with a
/// server that never does.
const MAX_PAGES: usize = 200;

/// A customer and relations. `Debug` shows ids and counts only.
///
/// `T` is how much is known of the tags: [`FollowTag`] from `externalcontact/get`, which tells all
/// visible relations; [`TagId`] from `externalcontact/batch/get_by_user`, which tells one.
///
/// Of WeCom users of another corp the platform also sends what they show on their profile
/// (`external_profile`); nothing here needs it, so it is not read.
#[derive(Clone, PartialEq, Eq)]
pub struct Contact<T = FollowTag> {
    /// The customer's id, case-sensitive.
    pub external_userid: String,
    /// The name that the customer uses.
    pub name: String,
    /// Address of the picture.
    pub avatar: Option<String>,
    /// Where the customer is at home.
    pub kind: ContactKind,
    /// As the customer stated it.
    pub gender: Gender,
    /// Only of WeChat users, and only if the corp bound a WeChat developer account.
    pub unionid: Option<String>,
    /// The next three are known of WeCom users only.
    pub position: Option<String>,
    /// Short name of the customer's own corp.
    pub corp_name: Option<String>,
    /// Full name of the customer's own corp.
    pub corp_full_name: Option<String>,
    /// From `externalcontact/get` one entry for each member in the app's visible range who has
    /// added the customer, all pages together. From `externalcontact/batch/get_by_user` exactly the
    /// one that was asked for: the customer may have others.
    pub relations: Vec<Follow<T>>,
}

/// Where a customer is at home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactKind {
    /// 1: a WeChat user.
    WeChat,
    /// 2: a WeCom user, usually of another corp.
    WeCom,
    /// A number that was not known when this was written; 0 if none was sent.
    Other(i64),
}

/// As the customer stated it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gender {
    /// 0, or nothing.
    #[default]
    Unknown,
    /// 1
    Male,
    /// 2
    Female,
}

/// One relation: what a member keeps about a customer. `Debug` shows the member and the number of
/// tags only.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, bound = "T: DeserializeOwned + Default")]
pub struct Follow<T = FollowTag> {
    /// The member.
    #[serde(deserialize_with = "lenient::text")]
    pub userid: String,
    /// The member's name for the customer.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub remark: Option<String>,
    /// The member's notes.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub description: Option<String>,
    /// When the member added the customer, Unix seconds.
    #[serde(deserialize_with = "lenient::optional_integer")]
    pub createtime: Option<i64>,
    /// Tags of this relation. `batch/get_by_user` calls them `tag_id` and leaves out personal ones.
    #[serde(alias = "tag_id", deserialize_with = "lenient::list")]
    pub tags: Vec<T>,
    /// How they met: 0 unknown, 1 QR code, 2 phone search, 3 name card, 16 acquisition link, 201
    /// shared inside the corp, 202 assigned, and more; the platform keeps adding numbers.
    #[serde(deserialize_with = "lenient::integer")]
    pub add_way: i64,
    /// The channel that the customer came through: up to 30 characters from a contact way, up to 64
    /// bytes from an acquisition link.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub state: Option<String>,
    /// Who started it: the member, the customer, or the admin who shared or assigned.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub oper_userid: Option<String>,
    /// Phone numbers that the member noted.
    #[serde(deserialize_with = "lenient::texts")]
    pub remark_mobiles: Vec<String>,
    /// The corp that the member noted.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub remark_corp_name: Option<String>,
    /// The Channels account (视频号) that led the customer here, if one did.
    pub wechat_channels: Option<Channels>,
}

/// A Channels account (视频号) through which a customer came.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Channels {
    /// The account's name.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub nickname: Option<String>,
    /// From where in the account: 0 unknown, 1 its home page, 2 a live room, 3 a lead form.
    #[serde(deserialize_with = "lenient::integer")]
    pub source: i64,
}

/// The id of a corp tag or of a rule group's tag, where the platform tells no more than that.
/// Case-sensitive.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct TagId(#[serde(deserialize_with = "lenient::text")] pub String);

/// A tag of one relation. `Debug` shows its id and kind only.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(from = "WireTag")]
pub struct FollowTag {
    /// Personal tags have none.
    pub tag_id: Option<String>,
    /// Name of the group; empty if none was sent.
    pub group_name: String,
    /// Name of the tag.
    pub tag_name: String,
    /// Whose tag it is.
    pub kind: FollowTagKind,
}

/// Whose tag it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowTagKind {
    /// 1: the corp's, which apps can mark.
    Corp,
    /// 2: the member's own, which nobody else can change.
    Personal,
    /// 3: a rule group's.
    RuleGroup,
    /// A number that was not known when this was written; 0 if none was sent.
    Other(i64),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Page {
    external_contact: Option<WireContact>,
    #[serde(deserialize_with = "lenient::list")]
    follow_user: Vec<Follow>,
    #[serde(deserialize_with = "lenient::text")]
    next_cursor: String,
}

impl Client {
    /// `GET externalcontact/get`: a customer with all relations. Follows the cursor through all
    /// pages, one request each; more than one page exists only above 500 relations.
    ///
    /// Refusals: 40096 unknown customer or nobody in the visible range knows them, 84061 no
    /// relation, 50100 the cursor expired between two pages (start again), 48002 the app is not
    /// admitted to customer contact.
    pub async fn get_contact(&self, token: &AccessToken, external_userid: &str) -> Result<Contact, Error> {
        Check { api: GET.path }.required_bytes(format_args!("external_userid"), external_userid, 64)?;
        let mut profile: Option<Contact> = None;
        let mut relations = Vec::new();
        let mut cursor = String::new();
        for _ in 0..MAX_PAGES {
            let mut query = vec![("external_userid", external_userid)];
            if !cursor.is_empty() {
                query.push(("cursor", cursor.as_str()));
            }
            let page: Page = self.get(&GET, token, &query).await?;
            // Every page repeats the profile; the first one is kept.
            profile = profile.or(page.external_contact.map(Contact::from));
            relations.extend(page.follow_user);
            cursor = page.next_cursor;
            if cursor.is_empty() {
                return match profile {
                    Some(profile) if !profile.external_userid.is_empty() => {
                        Ok(Contact { relations, ..profile })
                    }
                    _ => Err(unclear(&GET, "answer has no external_contact")),
                };
            }
        }
        Err(unclear(&GET, "answers never end"))
    }
}

impl<T> fmt::Debug for Contact<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contact")
            .field("external_userid", &self.external_userid)
            .field("kind", &self.kind)
            .field("relations", &self.relations)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Follow<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follow")
            .field("userid", &self.userid)
            .field("tags", &self.tags.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for FollowTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Members write what they like into the names of their personal tags.
        f.debug_struct("FollowTag")
            .field("tag_id", &self.tag_id)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
