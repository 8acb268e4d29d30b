//! Members and the app: they open it, come into its visible range and leave it, choose from its menu;
//! and what the platform thinks of its being used.

use super::fields::Fields;
use super::{ParseError, Place};
use crate::redact;

/// Something that a member did with the app, its messages and cards apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppEvent {
    /// The member (`FromUserName`).
    pub userid: String,
    /// The app.
    pub agent_id: Option<i64>,
    /// What they did.
    pub act: AppAct,
}

/// What a member did with the app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppAct {
    /// `enter_agent`: opened it.
    Entered,
    /// `subscribe`: came into its visible range.
    Subscribed,
    /// `unsubscribe`: is no longer in its visible range.
    Unsubscribed,
    /// `LOCATION`: their phone told where it is.
    Located(Place),
    /// `click`: chose an entry of its menu.
    Clicked {
        /// Key of the entry.
        key: String,
    },
    /// `view`: opened a page from its menu.
    OpenedPage {
        /// Address of the page.
        url: String,
    },
    /// `view_miniprogram`: opened a mini-program from its menu.
    OpenedMiniProgram {
        /// The page of the mini-program.
        pagepath: Option<String>,
    },
    /// `scancode_push` and `scancode_waitmsg`: scanned a code from its menu.
    Scanned {
        /// Key of the entry.
        key: String,
        /// Whether they were shown that an answer will come (`scancode_waitmsg`).
        waits: bool,
        /// What was scanned.
        scan: Scan,
    },
    /// `pic_sysphoto`, `pic_photo_or_album`, `pic_weixin`: sends pictures from its menu, which follow
    /// as messages.
    SendsPictures {
        /// Key of the entry.
        key: String,
        /// How many.
        count: Option<i64>,
        /// MD5 of each.
        md5: Vec<String>,
    },
    /// `location_select`: chose a place from its menu.
    ChosePlace {
        /// Key of the entry.
        key: String,
        /// The place.
        place: Place,
    },
}

/// A scanned code. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Scan {
    /// `qrcode` and so on.
    pub scan_type: Option<String>,
    /// What it says.
    pub result: Option<String>,
}

/// What the platform thinks of the app's being used: after warnings it cuts off data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageEvent {
    /// The app.
    pub agent_id: Option<i64>,
    /// What was found.
    pub state: UsageState,
    /// From when on it takes effect, Unix seconds.
    pub effect_time: Option<i64>,
}

/// What the platform found about the app's being used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageState {
    /// `inactive_alert`: it is not used and will be closed.
    InactiveAlert,
    /// `close_inactive_agent`: it was closed.
    Closed,
    /// `reopen_inactive_agent`: it was opened again.
    Reopened,
    /// `low_active_alert`: it is used little and will be restricted.
    LowActivityAlert,
    /// `low_active`: it is restricted.
    LowActivity,
    /// `active_restored`: it is no longer restricted.
    Restored,
}

/// `None` for another event.
pub(super) fn parse(fields: &Fields<'_>, event: &str) -> Result<Option<AppEvent>, ParseError> {
    let key = || fields.required("EventKey");
    let act = match event {
        "enter_agent" => AppAct::Entered,
        "subscribe" => AppAct::Subscribed,
        "unsubscribe" => AppAct::Unsubscribed,
        "LOCATION" => AppAct::Located(Place::reported(fields)?),
        "click" => AppAct::Clicked { key: key()? },
        "view" => AppAct::OpenedPage { url: key()? },
        "view_miniprogram" => AppAct::OpenedMiniProgram { pagepath: fields.optional("EventKey")? },
        "scancode_push" => AppAct::Scanned { key: key()?, waits: false, scan: scan(fields)? },
        "scancode_waitmsg" => AppAct::Scanned { key: key()?, waits: true, scan: scan(fields)? },
        "pic_sysphoto" | "pic_photo_or_album" | "pic_weixin" => pictures(fields)?,
        "location_select" => {
            let info = fields.records("SendLocationInfo").next();
            let place = info.map_or(Ok(Place::default()), |info| Place::chosen(&info))?;
            AppAct::ChosePlace { key: key()?, place }
        }
        _ => return Ok(None),
    };
    let (userid, agent_id) = (fields.required("FromUserName")?, fields.optional_integer("AgentID")?);
    Ok(Some(AppEvent { userid, agent_id, act }))
}

/// `None` for another event.
pub(super) fn parse_usage(fields: &Fields<'_>, event: &str) -> Result<Option<UsageEvent>, ParseError> {
    let state = match event {
        "inactive_alert" => UsageState::InactiveAlert,
        "close_inactive_agent" => UsageState::Closed,
        "reopen_inactive_agent" => UsageState::Reopened,
        "low_active_alert" => UsageState::LowActivityAlert,
        "low_active" => UsageState::LowActivity,
        "active_restored" => UsageState::Restored,
        _ => return Ok(None),
    };
    let effect_time = fields.optional_integer("EffectTime")?;
    Ok(Some(UsageEvent { agent_id: fields.optional_integer("AgentID")?, state, effect_time }))
}

fn scan(fields: &Fields<'_>) -> Result<Scan, ParseError> {
    match fields.records("ScanCodeInfo").next() {
        Some(info) => {
            Ok(Scan { scan_type: info.optional("ScanType")?, result: info.optional("ScanResult")? })
        }
        None => Ok(Scan { scan_type: None, result: None }),
    }
}

fn pictures(fields: &Fields<'_>) -> Result<AppAct, ParseError> {
    let info = fields.records("SendPicsInfo").next();
    let count = info.map_or(Ok(None), |info| info.optional_integer("Count"))?;
    let md5 = info
        .into_iter()
        .flat_map(|info| info.records("PicList"))
        .flat_map(|list| list.records("item"))
        .flat_map(|item| item.values("PicMd5Sum"))
        .collect();
    Ok(AppAct::SendsPictures { key: fields.required("EventKey")?, count, md5 })
}

redact::redacted_debug!(Scan);
