//! Customers: `externalcontact/get`.

use std::fmt;

use serde::Deserialize;

use crate::client::{Api, Client, DEFAULT_TIMEOUT, Effect, unclear};
use crate::limits::Check;
use crate::{AccessToken, Error, lenient};

const GET: Api = Api { path: "externalcontact/get", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };

/// A page holds about 500 relations, so this is far beyond any corp; it ends a conversation with a
/// server that never does.
const MAX_PAGES: usize = 200;

/// A customer and all visible relations. `Debug` shows ids and counts only.
#[derive(Clone, PartialEq, Eq)]
pub struct Contact {
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
    /// One entry for each member in the app's visible range who has added the customer, all pages
    /// together.
    pub relations: Vec<Follow>,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gender {
    /// 0, or nothing.
    Unknown,
    /// 1
    Male,
    /// 2
    Female,
}

/// One relation: what a member keeps about a customer. `Debug` shows the member and the number of
/// tags only.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Follow {
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
    /// Tags of this relation.
    #[serde(deserialize_with = "lenient::list")]
    pub tags: Vec<FollowTag>,
    /// How they met: 0 unknown, 1 QR code, 2 phone search, 3 name card, 16 acquisition link, 201
    /// shared inside the corp, 202 assigned, and more; the platform keeps adding numbers.
    #[serde(deserialize_with = "lenient::integer")]
    pub add_way: i64,
    /// The channel that the customer came through.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub state: Option<String>,
    /// Who started it: the member, the customer, or the admin who shared or assigned.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub oper_userid: Option<String>,
    /// Phone numbers that the member noted.
    #[serde(deserialize_with = "lenient::list")]
    pub remark_mobiles: Vec<String>,
    /// The corp that the member noted.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub remark_corp_name: Option<String>,
}

/// A tag of one relation. `Debug` shows its id and kind only.
#[derive(Clone, PartialEq, Eq, Deserialize)]
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

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireContact {
    #[serde(deserialize_with = "lenient::text")]
    external_userid: String,
    #[serde(deserialize_with = "lenient::text")]
    name: String,
    #[serde(deserialize_with = "lenient::optional_text")]
    avatar: Option<String>,
    #[serde(rename = "type", deserialize_with = "lenient::integer")]
    kind: i64,
    #[serde(deserialize_with = "lenient::integer")]
    gender: i64,
    #[serde(deserialize_with = "lenient::optional_text")]
    unionid: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    position: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    corp_name: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    corp_full_name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireTag {
    #[serde(deserialize_with = "lenient::optional_text")]
    tag_id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    group_name: String,
    #[serde(deserialize_with = "lenient::text")]
    tag_name: String,
    #[serde(rename = "type", deserialize_with = "lenient::integer")]
    kind: i64,
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

impl From<WireContact> for Contact {
    fn from(wire: WireContact) -> Contact {
        Contact {
            external_userid: wire.external_userid,
            name: wire.name,
            avatar: wire.avatar,
            kind: match wire.kind {
                1 => ContactKind::WeChat,
                2 => ContactKind::WeCom,
                other => ContactKind::Other(other),
            },
            gender: match wire.gender {
                1 => Gender::Male,
                2 => Gender::Female,
                _ => Gender::Unknown,
            },
            unionid: wire.unionid,
            position: wire.position,
            corp_name: wire.corp_name,
            corp_full_name: wire.corp_full_name,
            relations: Vec::new(),
        }
    }
}

impl From<WireTag> for FollowTag {
    fn from(wire: WireTag) -> FollowTag {
        let kind = match wire.kind {
            1 => FollowTagKind::Corp,
            2 => FollowTagKind::Personal,
            3 => FollowTagKind::RuleGroup,
            other => FollowTagKind::Other(other),
        };
        FollowTag { tag_id: wire.tag_id, group_name: wire.group_name, tag_name: wire.tag_name, kind }
    }
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contact")
            .field("external_userid", &self.external_userid)
            .field("kind", &self.kind)
            .field("relations", &self.relations)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Follow {
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
