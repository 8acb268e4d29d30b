//! What was created: `externalcontact/get_groupmsg_list_v2`.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::client::{Api, Client, DEFAULT_TIMEOUT, Effect, unclear};
use crate::limits::Check;
use crate::{AccessToken, Error, lenient};

const LIST: Api =
    Api { path: "externalcontact/get_groupmsg_list_v2", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };

/// The longest window, in seconds: the platform says one month and not which, so 30 days are taken.
pub const MAX_WINDOW_S: i64 = 30 * 24 * 3600;
/// The most rows of a page.
const MAX_PAGE: u32 = 100;

/// Which mass messages to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordQuery {
    /// Those to customers or those to customer groups.
    pub chat_type: ChatType,
    /// From when on they were created, Unix seconds.
    pub start_time: i64,
    /// Until when, Unix seconds; not before `start_time`, and at most 30 days after it.
    pub end_time: i64,
    /// Only those that this member created.
    pub creator: Option<String>,
    /// Whose.
    pub origin: OriginFilter,
    /// From the page before, unchanged; `None` for the first page. It may expire (50100).
    pub cursor: Option<String>,
    /// Rows of a page, 1 to 100; `None` leaves it to the platform, which takes 50.
    pub limit: Option<u32>,
}

/// Whom mass messages go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChatType {
    /// `single`: customers.
    Single,
    /// `group`: customer groups.
    Group,
}

/// Whose mass messages to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginFilter {
    /// 0: the corp's, those created through the API among them.
    Corp,
    /// 1: those that members made for themselves.
    Personal,
    /// 2: both.
    All,
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MassRecords {
    /// In the platform's order.
    pub records: Vec<MassRecord>,
    /// Where the next page begins; `None` at the end. A page may be short or empty before it.
    pub next_cursor: Option<String>,
}

/// A mass message as the platform has it. `Debug` shows no text.
#[derive(Clone, PartialEq, Eq)]
pub struct MassRecord {
    /// Names it in all other calls.
    pub msgid: String,
    /// Who created it; what was created through the API has none.
    pub creator: Option<String>,
    /// When, Unix seconds.
    pub create_time: Option<i64>,
    /// Whose it is.
    pub origin: MassOrigin,
    /// Its text, as far as it has one.
    pub text: Option<String>,
    /// What goes along.
    pub attachments: Vec<RecordedAttachment>,
}

/// Whose a mass message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MassOrigin {
    /// 0: the corp's.
    Corp,
    /// 1: a member's own.
    Personal,
    /// A number that was not known when this was written.
    Other(i64),
    /// Nothing was said.
    Unknown,
}

/// An attachment as the platform has it. What is not of its kind is `None`. `Debug` shows the kind
/// only.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct RecordedAttachment {
    /// `image`, `link`, `miniprogram`, `video`, `file`, or one not known when this was written.
    #[serde(skip)]
    pub msgtype: String,
    /// Of pictures, videos and files.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub media_id: Option<String>,
    /// Of pictures, in place of `media_id`.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub pic_url: Option<String>,
    /// Of links and mini-programs.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub title: Option<String>,
    /// Of links.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub url: Option<String>,
    /// Of links.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub picurl: Option<String>,
    /// Of links.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub desc: Option<String>,
    /// Of mini-programs.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub appid: Option<String>,
    /// Of mini-programs.
    #[serde(deserialize_with = "lenient::optional_text")]
    pub page: Option<String>,
}

#[derive(Serialize)]
struct Request<'a> {
    chat_type: ChatType,
    start_time: i64,
    end_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    creator: Option<&'a str>,
    filter_type: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<&'a str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    #[serde(deserialize_with = "lenient::list")]
    group_msg_list: Vec<Row>,
    #[serde(deserialize_with = "lenient::optional_text")]
    next_cursor: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Row {
    #[serde(deserialize_with = "lenient::text")]
    msgid: String,
    #[serde(deserialize_with = "lenient::optional_text")]
    creator: Option<String>,
    /// A number in a string, in the platform's own sample.
    #[serde(deserialize_with = "lenient::optional_integer")]
    create_time: Option<i64>,
    #[serde(deserialize_with = "lenient::optional_integer")]
    create_type: Option<i64>,
    text: Option<RowText>,
    #[serde(deserialize_with = "lenient::list")]
    attachments: Vec<Map<String, Value>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RowText {
    #[serde(deserialize_with = "lenient::optional_text")]
    content: Option<String>,
}

impl Client {
    /// `POST externalcontact/get_groupmsg_list_v2`: mass messages created within a window, a page at
    /// a time, one request each.
    ///
    /// Refusals: 50100 the cursor is not good any more (begin again), 40058 the window, 60111 and
    /// 60030 the creator, 48002 the app is not admitted to customer contact.
    pub async fn list_mass_messages(
        &self,
        token: &AccessToken,
        query: &RecordQuery,
    ) -> Result<MassRecords, Error> {
        let check = Check { api: LIST.path };
        let window = query.end_time.saturating_sub(query.start_time);
        check.number(format_args!("start_time"), query.start_time, 0..=i64::MAX)?;
        if !(0..=MAX_WINDOW_S).contains(&window) {
            let problem = format!("is {window} seconds after start_time, not within 0 to {MAX_WINDOW_S}");
            return Err(check.error(format_args!("end_time"), problem));
        }
        if let Some(creator) = &query.creator {
            check.required_bytes(format_args!("creator"), creator, 64)?;
        }
        check.page(query.cursor.as_deref(), query.limit, MAX_PAGE)?;
        let request = Request {
            chat_type: query.chat_type,
            start_time: query.start_time,
            end_time: query.end_time,
            creator: query.creator.as_deref(),
            filter_type: match query.origin {
                OriginFilter::Corp => 0,
                OriginFilter::Personal => 1,
                OriginFilter::All => 2,
            },
            limit: query.limit,
            cursor: query.cursor.as_deref(),
        };
        let answer: Answer = self.post(&LIST, token, &request).await?;
        if answer.group_msg_list.iter().any(|row| row.msgid.is_empty()) {
            return Err(unclear(&LIST, "answer has a row without msgid"));
        }
        let records = answer.group_msg_list.into_iter().map(MassRecord::from).collect();
        Ok(MassRecords { records, next_cursor: answer.next_cursor })
    }
}

impl From<Row> for MassRecord {
    fn from(row: Row) -> MassRecord {
        MassRecord {
            msgid: row.msgid,
            creator: row.creator,
            create_time: row.create_time,
            origin: match row.create_type {
                Some(0) => MassOrigin::Corp,
                Some(1) => MassOrigin::Personal,
                Some(other) => MassOrigin::Other(other),
                None => MassOrigin::Unknown,
            },
            text: row.text.and_then(|text| text.content),
            attachments: row.attachments.into_iter().map(recorded).collect(),
        }
    }
}

/// `{"msgtype": "link", "link": {…}}`. An attachment that cannot be read keeps its kind: a record is
/// worth having without it.
fn recorded(mut object: Map<String, Value>) -> RecordedAttachment {
    let msgtype = object.get("msgtype").and_then(Value::as_str).unwrap_or_default().to_owned();
    let fields = object.remove(&msgtype).unwrap_or_default();
    let known: RecordedAttachment = serde_json::from_value(fields).unwrap_or_default();
    RecordedAttachment { msgtype, ..known }
}

impl fmt::Debug for MassRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MassRecord")
            .field("msgid", &self.msgid)
            .field("creator", &self.creator)
            .field("create_time", &self.create_time)
            .field("origin", &self.origin)
            .field("text_bytes", &self.text.as_ref().map(String::len))
            .field("attachments", &self.attachments)
            .finish()
    }
}

impl fmt::Debug for RecordedAttachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordedAttachment({})", self.msgtype)
    }
}
