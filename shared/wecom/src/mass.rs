//! Mass messages to customers and customer groups (企业群发): `externalcontact/add_msg_template` and
//! what becomes of them.
//!
//! The API does not send. It puts a task into the 群发助手 of each member concerned, and the member
//! has to confirm it there; nothing can confirm in a member's place, and nothing reports the
//! confirmation: [`list_mass_tasks`](Client::list_mass_tasks) and
//! [`list_mass_results`](Client::list_mass_results) are asked from time to time.
//!
//! How many mass messages a customer or a customer group gets is limited, those of the corp and
//! those of its members counted together: as many in a month as the month has days, unless an admin
//! has chosen 7 a week or 1 a day in the console. What is beyond that ends as
//! [`Delivery::OverTheCap`].
//!
//! Sources: 客户联系 / 消息推送 / 创建企业群发,
//! <https://developer.work.weixin.qq.com/document/path/92135>; 提醒成员群发,
//! <https://developer.work.weixin.qq.com/document/path/97610>; 停止企业群发,
//! <https://developer.work.weixin.qq.com/document/path/97611>; 获取企业的全部群发记录,
//! <https://developer.work.weixin.qq.com/document/path/93338>.

mod record;
mod track;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use record::{
    ChatType, MAX_WINDOW_S, MassOrigin, MassRecord, MassRecords, OriginFilter, RecordQuery,
    RecordedAttachment,
};
pub use track::{Delivery, MassResult, MassResults, MassTask, MassTasks, TaskState};

use crate::attachment::{self, Attachment, WireContent};
use crate::client::{Api, Client, DEFAULT_TIMEOUT, Effect, Nothing, unclear};
use crate::limits::Check;
use crate::{AccessToken, Error, lenient};

const ADD: Api =
    Api { path: "externalcontact/add_msg_template", effect: Effect::Writes, timeout: DEFAULT_TIMEOUT };
const REMIND: Api =
    Api { path: "externalcontact/remind_groupmsg_send", effect: Effect::Writes, timeout: DEFAULT_TIMEOUT };
const CANCEL: Api =
    Api { path: "externalcontact/cancel_groupmsg_send", effect: Effect::Writes, timeout: DEFAULT_TIMEOUT };

/// The most customers of one mass message.
pub const MAX_CUSTOMERS: usize = 10_000;
/// The most customer groups of one mass message.
pub const MAX_GROUPS: usize = 2000;
/// The most tags of one list of a [`TagFilter`].
pub const MAX_FILTER_TAGS: usize = 100;

/// A mass message. It is the same for everybody who gets it, and cannot be changed afterwards.
/// `Debug` shows counts and sizes only.
#[derive(Clone, PartialEq, Eq)]
pub struct MassMessage {
    /// Who gets it.
    pub to: Audience,
    /// Up to 4000 bytes. The platform fills in no names. `None` and empty are the same.
    pub text: Option<String>,
    /// Up to 9. Media have to be good when the message is created; it is assumed, not documented,
    /// that a task in waiting keeps them.
    pub attachments: Vec<Attachment>,
}

/// Who gets a mass message.
#[derive(Clone, PartialEq, Eq)]
pub enum Audience {
    /// `single`: customers, each of whom gets it in the chat with one member.
    Customers {
        /// Which customers, and from whom.
        who: Customers,
        /// Whether the member may take customers out before confirming.
        allow_select: bool,
    },
    /// `group`: customer groups.
    Groups {
        /// The owner of the groups.
        sender: String,
        /// Up to 2000 of the owner's groups; none leaves the choice to the owner.
        chat_ids: Vec<String>,
    },
}

/// Which customers get a mass message, and from which member.
///
/// Without a sender the platform takes, for each customer, the member who was last in touch with
/// them.
#[derive(Clone, PartialEq, Eq)]
pub enum Customers {
    /// These.
    Listed {
        /// Ids of 1 to 10 000 customers.
        external_userids: Vec<String>,
        /// The member who is to send.
        sender: Option<String>,
    },
    /// Those with certain tags.
    Tagged {
        /// Which tags.
        filter: TagFilter,
        /// The member who is to send.
        sender: Option<String>,
    },
    /// All customers of one member.
    AllOf {
        /// The member.
        sender: String,
    },
}

/// Tags by which customers are chosen: at least one of each list.
#[derive(Clone, PartialEq, Eq)]
pub struct TagFilter {
    /// One list or more, each of 1 to 100 ids of corp tags.
    pub any_of_each: Vec<Vec<String>>,
}

/// A mass message that was created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedMass {
    /// Names it in all other calls.
    pub msgid: String,
    /// Customers or groups who are not among those it goes to: unknown, no longer reachable, or
    /// nobody's in the app's visible range.
    pub fail_list: Vec<String>,
}

#[derive(Serialize)]
struct Request<'a> {
    chat_type: ChatType,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_userid: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag_filter: Option<WireFilter<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    chat_id_list: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allow_select: Option<bool>,
    #[serde(flatten)]
    content: WireContent<'a>,
}

#[derive(Serialize)]
struct WireFilter<'a> {
    group_list: Vec<WireTags<'a>>,
}

#[derive(Serialize)]
struct WireTags<'a> {
    tag_list: &'a [String],
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    #[serde(deserialize_with = "lenient::text")]
    msgid: String,
    #[serde(deserialize_with = "lenient::texts")]
    fail_list: Vec<String>,
}

/// The request of a call that names a mass message and nothing else.
#[derive(Serialize)]
struct Named<'a> {
    msgid: &'a str,
}

impl Client {
    /// `POST externalcontact/add_msg_template`: puts a task into the 群发助手 of each member
    /// concerned.
    ///
    /// The platform goes on working after it has answered: for some seconds to minutes, calls about
    /// the message are refused with 41063. If [ambiguous](Error::is_ambiguous), look for the message
    /// among [`list_mass_messages`](Self::list_mass_messages) before calling again: a second one
    /// would be a second task for every member.
    ///
    /// Refusals: 41048 nobody is left to send to (the ids are then not told), 40096 a customer that
    /// is not the corp's, 60111 and 60030 the sender is unknown or outside the visible range, 40007
    /// a media id is unknown or older than three days, 41064 and 41065 attachments, 45034 an address
    /// without scheme, 40201 and 40204 the text, 48002 the app is not admitted to customer contact.
    pub async fn add_mass_message(
        &self,
        token: &AccessToken,
        message: &MassMessage,
    ) -> Result<CreatedMass, Error> {
        let check = Check { api: ADD.path };
        let content = attachment::wire_content(check, message.text.as_deref(), &message.attachments)?;
        let request = match &message.to {
            Audience::Customers { who, allow_select } => to_customers(check, who, *allow_select, content)?,
            Audience::Groups { sender, chat_ids } => to_groups(check, sender, chat_ids, content)?,
        };
        let answer: Answer = self.post(&ADD, token, &request).await?;
        if answer.msgid.is_empty() {
            return Err(unclear(&ADD, "answer has no msgid"));
        }
        Ok(CreatedMass { msgid: answer.msgid, fail_list: answer.fail_list })
    }

    /// `POST externalcontact/remind_groupmsg_send`: reminds the members who have not confirmed yet.
    /// At most three times in 24 hours for each message (41094).
    ///
    /// Refusals: 41047 an unknown message, 41063 it is still being dispatched, 41093 it was stopped,
    /// 41094 too often.
    pub async fn remind_mass_message(&self, token: &AccessToken, msgid: &str) -> Result<(), Error> {
        self.about(&REMIND, token, msgid).await
    }

    /// `POST externalcontact/cancel_groupmsg_send`: takes the task away from the members who have not
    /// confirmed yet. What was sent stays sent. May be repeated: a message that was stopped before is
    /// refused with 41093, which is as good as done.
    ///
    /// Refusals: 41047 an unknown message, 41063 it is still being dispatched, 41093 it was stopped
    /// before.
    pub async fn cancel_mass_message(&self, token: &AccessToken, msgid: &str) -> Result<(), Error> {
        self.about(&CANCEL, token, msgid).await
    }

    async fn about(&self, api: &Api, token: &AccessToken, msgid: &str) -> Result<(), Error> {
        Check { api: api.path }.present(format_args!("msgid"), msgid)?;
        let Nothing {} = self.post(api, token, &Named { msgid }).await?;
        Ok(())
    }
}

fn to_customers<'a>(
    check: Check,
    who: &'a Customers,
    allow_select: bool,
    content: WireContent<'a>,
) -> Result<Request<'a>, Error> {
    let (external_userid, tag_filter, sender) = match who {
        Customers::Listed { external_userids, sender } => {
            check.ids(format_args!("external_userid"), external_userids, 1..=MAX_CUSTOMERS)?;
            (Some(external_userids.as_slice()), None, sender.as_ref())
        }
        Customers::Tagged { filter, sender } => (None, Some(wire_filter(check, filter)?), sender.as_ref()),
        Customers::AllOf { sender } => (None, None, Some(sender)),
    };
    if let Some(sender) = sender {
        check.required_bytes(format_args!("sender"), sender, 64)?;
    }
    Ok(Request {
        chat_type: ChatType::Single,
        external_userid,
        tag_filter,
        chat_id_list: &[],
        sender: sender.map(String::as_str),
        allow_select: Some(allow_select),
        content,
    })
}

fn to_groups<'a>(
    check: Check,
    sender: &'a str,
    chat_ids: &'a [String],
    content: WireContent<'a>,
) -> Result<Request<'a>, Error> {
    check.required_bytes(format_args!("sender"), sender, 64)?;
    check.ids(format_args!("chat_id_list"), chat_ids, 0..=MAX_GROUPS)?;
    Ok(Request {
        chat_type: ChatType::Group,
        external_userid: None,
        tag_filter: None,
        chat_id_list: chat_ids,
        sender: Some(sender),
        allow_select: None,
        content,
    })
}

fn wire_filter(check: Check, filter: &TagFilter) -> Result<WireFilter<'_>, Error> {
    let lists = &filter.any_of_each;
    check.count(format_args!("tag_filter.group_list"), lists.len(), 1..=usize::MAX)?;
    for (i, tags) in lists.iter().enumerate() {
        check.ids(format_args!("tag_filter.group_list[{i}].tag_list"), tags, 1..=MAX_FILTER_TAGS)?;
    }
    Ok(WireFilter { group_list: lists.iter().map(|tag_list| WireTags { tag_list }).collect() })
}

impl fmt::Debug for MassMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MassMessage")
            .field("to", &self.to)
            .field("text_bytes", &self.text.as_ref().map(String::len))
            .field("attachments", &self.attachments)
            .finish()
    }
}

impl fmt::Debug for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Audience::Customers { who: Customers::Listed { external_userids, sender }, .. } => {
                write!(f, "{} customers of {sender:?}", external_userids.len())
            }
            Audience::Customers { who: Customers::Tagged { filter, sender }, .. } => {
                write!(f, "customers of {sender:?} by {} lists of tags", filter.any_of_each.len())
            }
            Audience::Customers { who: Customers::AllOf { sender }, .. } => {
                write!(f, "all customers of {sender:?}")
            }
            Audience::Groups { sender, chat_ids } => write!(f, "{} groups of {sender:?}", chat_ids.len()),
        }
    }
}
