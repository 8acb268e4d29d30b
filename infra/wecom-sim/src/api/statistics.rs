//! What members did, day by day and all together.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Endpoint, Refusal, related};
use crate::state::{Day, World};
use crate::time::{china_day, china_midnight, seconds};

pub(super) const ENDPOINTS: &[Endpoint] =
    &[Endpoint::post("externalcontact/get_user_behavior_data", behaviour)];

const MOST_IDS: usize = 100;
const MOST_DAYS: i64 = 30;
const OLDEST_DAYS: i64 = 180;

#[derive(Deserialize)]
struct Ask {
    userid: Option<Vec<String>>,
    partyid: Option<Vec<u64>>,
    start_time: Option<i64>,
    end_time: Option<i64>,
}

/// One row a day, all named members and departments added up.
fn behaviour(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let asked: Ask = call.body()?;
    let (first, last) = days(&asked, call.now_ms)?;
    let userids = asked.userid.unwrap_or_default();
    let parties = asked.partyid.unwrap_or_default();
    if userids.is_empty() && parties.is_empty() {
        return Err(Refusal::new(40035, "userid and partyid both empty"));
    }
    let mut members = related::listed(world, call, &userids, MOST_IDS)?;
    if parties.len() > MOST_IDS || parties.iter().any(|id| world.departments.get(*id).is_none()) {
        return Err(Refusal::new(40066, "invalid party list"));
    }
    let app = call.app(world);
    if !parties.iter().all(|id| world.sees_department(app, *id)) {
        return Err(Refusal::no_privilege());
    }
    let of_parties = world.members_of(&[], &parties);
    members.extend(of_parties.into_iter().map(|staff| staff.userid.to_ascii_lowercase()));

    let days = world.behaviour_of(&members.into_iter().collect(), first, last);
    let rows: Vec<Value> = (first..=last).zip(days).map(|(day, counts)| row(day, &counts)).collect();
    Ok(json!({"behavior_data": rows}))
}

/// First and last China day asked for.
fn days(asked: &Ask, now_ms: i64) -> Result<(i64, i64), Refusal> {
    let day = |at: Option<i64>, name: &str| {
        let at = at.filter(|at| *at > 0).ok_or_else(|| Refusal::parameter(format!("{name} missing")))?;
        Ok(china_day(at.saturating_mul(1000).min(crate::time::LAST_MS)))
    };
    let (first, last) = (day(asked.start_time, "start_time")?, day(asked.end_time, "end_time")?);
    let today = china_day(now_ms);
    if first > last || last - first > MOST_DAYS || last > today || first < today - OLDEST_DAYS {
        return Err(Refusal::parameter("start_time and end_time"));
    }
    Ok((first, last))
}

/// Shares and times are left out where nothing was answered.
fn row(day: i64, counts: &Day) -> Value {
    let mut row = json!({
        "stat_time": seconds(china_midnight(day)),
        "chat_cnt": counts.chats,
        "message_cnt": counts.messages,
        "negative_feedback_cnt": counts.events.lost,
        "new_apply_cnt": counts.events.applied,
        "new_contact_cnt": counts.events.gained,
    });
    if counts.answered > 0 {
        let share = counts.answered as f64 * 100.0 / counts.begun as f64;
        row["reply_percentage"] = json!((share * 100.0).round() / 100.0);
        let minutes = counts.waited_ms / 60_000 / i64::try_from(counts.answered).unwrap_or(1);
        row["avg_reply_time"] = json!(minutes);
    }
    row
}
