//! How members deal with their customers: `externalcontact/get_user_behavior_data`.
//!
//! Days are days of China (UTC+8), whatever the corp's own zone.
//!
//! Source: 客户联系 / 统计管理 / 获取「联系客户统计」数据,
//! <https://developer.work.weixin.qq.com/document/path/92132>.

use serde::{Deserialize, Serialize};

use crate::client::{Api, Client, DEFAULT_TIMEOUT, Effect};
use crate::limits::Check;
use crate::{AccessToken, Error, lenient};

const BEHAVIOR: Api =
    Api { path: "externalcontact/get_user_behavior_data", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };

/// The most members, and the most departments, of one query.
pub const MAX_IDS: usize = 100;
/// The most days of one query, first and last included.
pub const MAX_DAYS: i64 = 30;
/// How many days back the platform keeps.
pub const KEPT_DAYS: i64 = 180;

const DAY_S: i64 = 86_400;
/// China is 8 hours ahead of UTC and keeps no summer time.
const CHINA_S: i64 = 8 * 3600;

/// Whose figures, and of which days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BehaviorQuery {
    /// Ids of up to 100 members.
    #[serde(rename = "userid", skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
    /// Ids of up to 100 departments.
    #[serde(rename = "partyid", skip_serializing_if = "Vec::is_empty")]
    pub parties: Vec<i64>,
    /// Any moment of the first day, Unix seconds; no more than 180 days ago.
    pub start_time: i64,
    /// Any moment of the last day, Unix seconds; with the first no more than 30 days.
    pub end_time: i64,
}

/// The figures of one day, of everybody in the query together.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct BehaviorDay {
    /// The day's first moment in China, Unix seconds.
    #[serde(deserialize_with = "lenient::integer")]
    pub stat_time: i64,
    /// Chats with a customer in which a member wrote.
    #[serde(deserialize_with = "lenient::integer")]
    pub chat_cnt: i64,
    /// Messages that members wrote in such chats.
    #[serde(deserialize_with = "lenient::integer")]
    pub message_cnt: i64,
    /// Of the chats that customers began, how many got an answer the same day, in percent (60.25).
    /// `None` on a day without such chats.
    #[serde(deserialize_with = "lenient::optional_number")]
    pub reply_percentage: Option<f64>,
    /// How long the first answer took on average, in minutes. `None` on a day without such chats.
    #[serde(deserialize_with = "lenient::optional_number")]
    pub avg_reply_time: Option<f64>,
    /// Customers who deleted or blocked a member.
    #[serde(deserialize_with = "lenient::integer")]
    pub negative_feedback_cnt: i64,
    /// Friend requests that members sent.
    #[serde(deserialize_with = "lenient::integer")]
    pub new_apply_cnt: i64,
    /// Customers that members gained.
    #[serde(deserialize_with = "lenient::integer")]
    pub new_contact_cnt: i64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    #[serde(deserialize_with = "lenient::list")]
    behavior_data: Vec<BehaviorDay>,
}

impl Client {
    /// `POST externalcontact/get_user_behavior_data`: figures by day. Several members or departments
    /// come as one sum; for figures of each member, ask for each. `now` is the present in Unix
    /// seconds.
    ///
    /// Refusals: 40031 and 40032 the list of members, 60111 an unknown member, 60011 and 60030
    /// outside the visible range, 48002 the app is not admitted to customer contact.
    pub async fn get_user_behavior(
        &self,
        token: &AccessToken,
        query: &BehaviorQuery,
        now: i64,
    ) -> Result<Vec<BehaviorDay>, Error> {
        query.check(Check { api: BEHAVIOR.path }, now)?;
        let answer: Answer = self.post(&BEHAVIOR, token, query).await?;
        Ok(answer.behavior_data)
    }
}

impl BehaviorQuery {
    fn check(&self, check: Check, now: i64) -> Result<(), Error> {
        if self.users.is_empty() && self.parties.is_empty() {
            return Err(check.error(format_args!("userid"), "is empty, and so is partyid"));
        }
        check.ids(format_args!("userid"), &self.users, 0..=MAX_IDS)?;
        check.count(format_args!("partyid"), self.parties.len(), 0..=MAX_IDS)?;
        for (i, party) in self.parties.iter().enumerate() {
            check.number(format_args!("partyid[{i}]"), *party, 1..=i64::MAX)?;
        }
        let (first, last) = (day(self.start_time), day(self.end_time));
        let (age, days) = (day(now) - first, last - first + 1);
        if age > KEPT_DAYS {
            let problem = format!("is {age} days ago, at most {KEPT_DAYS}");
            return Err(check.error(format_args!("start_time"), problem));
        }
        if days < 1 {
            return Err(check.error(format_args!("end_time"), "is before start_time"));
        }
        if days > MAX_DAYS {
            let problem = format!("{days} days with start_time, at most {MAX_DAYS}");
            return Err(check.error(format_args!("end_time"), problem));
        }
        Ok(())
    }
}

/// The number of a day in China. Saturates at the ends of time, where no query is valid anyway.
fn day(at: i64) -> i64 {
    at.saturating_add(CHINA_S).div_euclid(DAY_S)
}
