//! Decrypted callbacks as types, one submodule per family of events.
//!
//! Field names follow the platform's: `userid` is a member, `external_userid` a customer. Values
//! are kept as they came: member ids are case-insensitive on the platform, and whoever compares
//! them lower-cases them first; customer ids are case-sensitive. An optional element that is absent
//! or empty is `None`, an unknown element is ignored.
//!
//! What the app itself does through the API causes no event, but for what follows from a transfer of
//! customers.
//!
//! Sources: 客户联系 / 事件回调, <https://developer.work.weixin.qq.com/document/path/92130>; 接收消息与事件
//! / 消息格式 and 事件格式, <https://developer.work.weixin.qq.com/document/path/90239> and
//! <https://developer.work.weixin.qq.com/document/path/90240>; the pages on events of the other
//! families.

mod acquisition;
mod app;
mod card;
mod chat;
mod contact;
mod directory;
mod fields;
mod kf;
mod message;
mod notice;
mod tag;

pub use acquisition::AcquisitionEvent;
pub use app::{AppAct, AppEvent, Scan, UsageEvent, UsageState};
pub use card::{CardClick, CardMenu, Selected};
pub use chat::{ChatChange, ChatEvent, JoinScene, MemberChange, QuitScene};
pub use contact::{ContactChange, ContactEvent, TransferFailure};
pub use directory::{DirectoryEvent, Party};
pub use kf::KfEvent;
pub use message::{MemberContent, MemberMessage, Place};
pub use notice::Notice;
pub use tag::{TagChange, TagEvent, TagSubject};

use crate::{XmlFault, xml};
use fields::Fields;

/// One decrypted callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// `ToUserName`: the corp id.
    pub to_user: String,
    /// `FromUserName`: the member who acted, or `sys` for what the platform reports. 微信客服 events
    /// have none.
    pub from_user: Option<String>,
    /// `CreateTime` in Unix seconds; several events may share one.
    pub create_time: i64,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// `change_external_contact`: the relation between a member and a customer changed.
    Contact(ContactEvent),
    /// `change_external_tag`: a corp tag or tag group changed.
    Tag(TagEvent),
    /// `template_card_event`: a member pressed a button of a card.
    CardClick(CardClick),
    /// `template_card_menu_event`: a member chose from the menu of a card.
    CardMenu(CardMenu),
    /// `change_external_chat`: a customer group came, went or changed.
    Chat(ChatEvent),
    /// `customer_acquisition`: something about acquisition links.
    Acquisition(AcquisitionEvent),
    /// `kf_msg_or_event`, `kf_account_auth_change`: something about 微信客服.
    Kf(KfEvent),
    /// `change_contact`: members, departments or member tags changed.
    Directory(DirectoryEvent),
    /// `enter_agent`, `subscribe`, `unsubscribe`, `LOCATION` and the events of the app's menu.
    App(AppEvent),
    /// `inactive_alert` to `active_restored`: what the platform thinks of the app's being used.
    Usage(UsageEvent),
    /// `batch_job_result`, `upload_media_job_finish`, `program_notify`, `msgaudit_notify`, `security`.
    Notice(Notice),
    /// A message of a member to the app.
    Message(MemberMessage),
    /// Anything this crate has no type for, so that new kinds of events are seen and not lost.
    Unknown {
        /// The `Event` element; for a message of a member to the app (`MsgType` other than
        /// `event`), the `MsgType`.
        event: String,
        /// The `ChangeType` element.
        change_type: Option<String>,
    },
}

impl Event {
    /// Whether the event only hints that something may differ now, so that the reaction is to fetch
    /// and compare, and a repetition is worth asking again. Any other event is a happening: it is
    /// acted on once, and a repetition is dropped.
    ///
    /// Hints are `edit_external_contact` and everything about corp tags, customer groups and the directory.
    pub fn is_hint(&self) -> bool {
        match self {
            Event::Contact(contact) => contact.change == ContactChange::Edited,
            Event::Tag(_) | Event::Chat(_) | Event::Directory(_) => true,
            Event::CardClick(_)
            | Event::CardMenu(_)
            | Event::Acquisition(_)
            | Event::Kf(_)
            | Event::App(_)
            | Event::Usage(_)
            | Event::Notice(_)
            | Event::Message(_) => false,
            Event::Unknown { event, .. } => {
                matches!(event.as_str(), chat::EVENT | tag::EVENT | directory::EVENT)
            }
        }
    }
}

/// Why a decrypted callback could not be read. It names elements, never their content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The text is not acceptable XML.
    #[error("callback is not acceptable XML: {0}")]
    Xml(XmlFault),
    /// An element that this kind of event always has is absent or empty.
    #[error("callback has no {element}")]
    Missing {
        /// The element's name.
        element: &'static str,
    },
    /// An element that holds one value stands there more than once.
    #[error("callback has several {element}")]
    Repeated {
        /// The element's name.
        element: &'static str,
    },
    /// An element that holds an integer holds something else.
    #[error("callback has a {element} that is not a number")]
    NotANumber {
        /// The element's name.
        element: &'static str,
    },
}

impl Callback {
    /// Reads a decrypted callback, usually [`Plain::as_str`](crate::crypto::Plain::as_str).
    pub fn parse(plain: &str) -> Result<Callback, ParseError> {
        let root = xml::parse(plain).map_err(ParseError::Xml)?;
        let fields = Fields::of(&root);
        Ok(Callback {
            to_user: fields.required("ToUserName")?,
            from_user: fields.optional("FromUserName")?,
            create_time: fields.required_integer("CreateTime")?,
            event: event(&fields)?,
        })
    }
}

fn event(fields: &Fields<'_>) -> Result<Event, ParseError> {
    let msg_type = fields.required("MsgType")?;
    if msg_type != "event" {
        let message = message::parse(fields, &msg_type)?.map(Event::Message);
        return Ok(message.unwrap_or(Event::Unknown { event: msg_type, change_type: None }));
    }
    let event = fields.required("Event")?;
    let change_type = fields.optional("ChangeType")?;
    let change = change_type.as_deref().unwrap_or_default();
    let known = match event.as_str() {
        contact::EVENT => contact::parse(fields, change)?.map(Event::Contact),
        tag::EVENT => tag::parse(fields, change)?.map(Event::Tag),
        card::EVENT => Some(Event::CardClick(card::parse(fields)?)),
        card::MENU => Some(Event::CardMenu(card::parse_menu(fields)?)),
        chat::EVENT => chat::parse(fields, change)?.map(Event::Chat),
        acquisition::EVENT => acquisition::parse(fields, change)?.map(Event::Acquisition),
        kf::MESSAGES => Some(Event::Kf(kf::waiting(fields)?)),
        kf::ACCOUNTS => Some(Event::Kf(kf::accounts(fields))),
        directory::EVENT => directory::parse(fields, change)?.map(Event::Directory),
        other => other_event(fields, other, change)?,
    };
    Ok(known.unwrap_or(Event::Unknown { event, change_type }))
}

/// Families of events that are told apart by their names alone.
fn other_event(fields: &Fields<'_>, event: &str, change: &str) -> Result<Option<Event>, ParseError> {
    if let Some(app) = app::parse(fields, event)? {
        return Ok(Some(Event::App(app)));
    }
    if let Some(usage) = app::parse_usage(fields, event)? {
        return Ok(Some(Event::Usage(usage)));
    }
    Ok(notice::parse(fields, event, change)?.map(Event::Notice))
}
