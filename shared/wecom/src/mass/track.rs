//! What became of a mass message: `externalcontact/get_groupmsg_task` says who has confirmed it,
//! `externalcontact/get_groupmsg_send_result` whom it reached.

use serde::{Deserialize, Serialize};

use crate::client::{Api, Client, DEFAULT_TIMEOUT, Effect, unclear};
use crate::limits::Check;
use crate::{AccessToken, Error, lenient};

const TASKS: Api =
    Api { path: "externalcontact/get_groupmsg_task", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };
const RESULTS: Api =
    Api { path: "externalcontact/get_groupmsg_send_result", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };

/// The most rows of a page; of more the platform makes its default, 500.
const MAX_PAGE: u32 = 1000;

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MassTasks {
    /// One entry for each member who has the task.
    pub tasks: Vec<MassTask>,
    /// Where the next page begins; `None` at the end. A page may be short or empty before it.
    pub next_cursor: Option<String>,
}

/// The task of one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MassTask {
    /// The member.
    pub userid: String,
    /// Whether they have confirmed.
    pub state: TaskState,
    /// When they did, Unix seconds.
    pub send_time: Option<i64>,
}

/// Whether a member has confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskState {
    /// 0: not yet.
    Open,
    /// 2: the member has confirmed. Whom it reached is told by
    /// [`list_mass_results`](Client::list_mass_results).
    Sent,
    /// A number that was not known when this was written.
    Other(i64),
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MassResults {
    /// One entry for each customer of the member; of messages to groups, for each group that got it.
    pub results: Vec<MassResult>,
    /// Where the next page begins; `None` at the end. A page may be short or empty before it.
    pub next_cursor: Option<String>,
}

/// What became of a mass message with one customer or group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MassResult {
    /// The customer; `None` in results of messages to groups.
    pub external_userid: Option<String>,
    /// The group; `None` in results of messages to customers.
    pub chat_id: Option<String>,
    /// The member who was to send.
    pub userid: String,
    /// What became of it.
    pub delivery: Delivery,
    /// When it was sent, Unix seconds.
    pub send_time: Option<i64>,
}

/// What became of a mass message with one customer or group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// 0: the member has not confirmed.
    Waiting,
    /// 1: sent.
    Sent,
    /// 2: not sent, the customer is no friend of the member any more.
    NotAFriend,
    /// 3: not sent, the customer has had as many mass messages as the corp's rule lets through.
    OverTheCap,
    /// A number that was not known when this was written.
    Other(i64),
}

#[derive(Serialize)]
struct Request<'a> {
    msgid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    userid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<&'a str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    #[serde(deserialize_with = "lenient::list")]
    task_list: Vec<Row>,
    #[serde(deserialize_with = "lenient::list")]
    send_list: Vec<Row>,
    #[serde(deserialize_with = "lenient::optional_text")]
    next_cursor: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Row {
    #[serde(deserialize_with = "lenient::optional_text")]
    external_userid: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    chat_id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    userid: String,
    #[serde(deserialize_with = "lenient::optional_integer")]
    status: Option<i64>,
    #[serde(deserialize_with = "lenient::optional_integer")]
    send_time: Option<i64>,
}

impl Client {
    /// `POST externalcontact/get_groupmsg_task`: who has the task and who has confirmed it, a page at
    /// a time, one request each. `limit` is 1 to 1000 rows; `None` leaves it to the platform, which
    /// takes 500. `cursor` comes from the page before, unchanged.
    ///
    /// Refusals: 41063 the message is still being dispatched (ask again later), 41047 an unknown
    /// message, 50100 the cursor is not good any more (begin again).
    pub async fn list_mass_tasks(
        &self,
        token: &AccessToken,
        msgid: &str,
        cursor: Option<&str>,
        limit: Option<u32>,
    ) -> Result<MassTasks, Error> {
        let request = Request { msgid, userid: None, limit, cursor };
        let answer = self.track(&TASKS, token, &request).await?;
        let tasks = answer.task_list.into_iter().map(task).collect::<Option<_>>();
        let tasks = tasks.ok_or_else(|| unclear(&TASKS, "answer has a row without member or status"))?;
        Ok(MassTasks { tasks, next_cursor: answer.next_cursor })
    }

    /// `POST externalcontact/get_groupmsg_send_result`: whom one member's sending reached, a page at
    /// a time, one request each. `limit` and `cursor` as in
    /// [`list_mass_tasks`](Self::list_mass_tasks).
    ///
    /// Refusals: 41063 the message is still being dispatched (ask again later), 41047 an unknown
    /// message, 60111 and 60030 the member, 50100 the cursor is not good any more (begin again).
    pub async fn list_mass_results(
        &self,
        token: &AccessToken,
        msgid: &str,
        userid: &str,
        cursor: Option<&str>,
        limit: Option<u32>,
    ) -> Result<MassResults, Error> {
        Check { api: RESULTS.path }.required_bytes(format_args!("userid"), userid, 64)?;
        let request = Request { msgid, userid: Some(userid), limit, cursor };
        let answer = self.track(&RESULTS, token, &request).await?;
        let results = answer.send_list.into_iter().map(result).collect::<Option<_>>();
        let results =
            results.ok_or_else(|| unclear(&RESULTS, "answer has a row without recipient or status"))?;
        Ok(MassResults { results, next_cursor: answer.next_cursor })
    }

    async fn track(&self, api: &Api, token: &AccessToken, request: &Request<'_>) -> Result<Answer, Error> {
        let check = Check { api: api.path };
        check.present(format_args!("msgid"), request.msgid)?;
        check.page(request.cursor, request.limit, MAX_PAGE)?;
        self.post(api, token, request).await
    }
}

/// `None` for a row that does not say whose it is or how it stands: to take "nothing was said" for
/// "not sent" would be a guess.
fn task(row: Row) -> Option<MassTask> {
    let state = match row.status? {
        0 => TaskState::Open,
        2 => TaskState::Sent,
        other => TaskState::Other(other),
    };
    Some(MassTask { userid: some(row.userid)?, state, send_time: row.send_time })
}

/// `None` as in [`task`]. The member is the one asked about, so a row may do without.
fn result(row: Row) -> Option<MassResult> {
    let delivery = match row.status? {
        0 => Delivery::Waiting,
        1 => Delivery::Sent,
        2 => Delivery::NotAFriend,
        3 => Delivery::OverTheCap,
        other => Delivery::Other(other),
    };
    if row.external_userid.is_none() && row.chat_id.is_none() {
        return None;
    }
    Some(MassResult {
        external_userid: row.external_userid,
        chat_id: row.chat_id,
        userid: row.userid,
        delivery,
        send_time: row.send_time,
    })
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
