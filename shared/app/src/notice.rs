//! Word to the admins of what waits for somebody to mend or decide it: a lost stage tag, a comparison that stopped, staff who
//! cannot serve their customers any more. Kept until WeCom has taken it; told once, and not in the quiet hours. No customer
//! is named.

use domain::{Playbook, Timestamp, playbook::Role, timing};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::{Job, Standing};
use wecom::message::{Body, Message};

use crate::{App, Error, Lane};

/// What the notices are called as standing work.
pub(crate) const NOTICES: &str = "notices";
/// Of what was told so much is remembered, so that it is not told again.
const REMEMBERED: usize = 100;
/// Nothing waits: somebody looks again after so long.
const IDLE_DAYS: i64 = 30;
const AGAIN_MINUTES: i64 = 5;
const NOBODY_MINUTES: i64 = 360;
/// The most bytes of a text message.
const MAX_TEXT: usize = 2048;
/// WeCom drops the same words within this time: whoever does not know whether they arrived may send them again.
const DUPLICATE_CHECK_SECONDS: u32 = 14_400;
const TRIES: u32 = 8;

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Notice {
    /// The same matter always has the same key.
    key: String,
    /// What is said.
    text: String,
    #[serde(default)]
    told: bool,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Notices {
    /// In the order in which they came.
    all: Vec<Notice>,
}

impl App {
    /// Sees to it that admins are told, once. Whoever calls does not fail for it: what it tells of is there to be seen
    /// without it.
    pub(crate) async fn tell_admins(&self, key: String, text: String) {
        let notice = Notice { key, text, told: false };
        if let Err(error) = self.keep_notice(&notice).await {
            tracing::warn!(%error, key = notice.key, "admins will not be told");
        }
    }

    /// A comparison has stopped until somebody decides (T7).
    pub(crate) async fn tell_of_waiting(&self, job: &Job) {
        let waiting = job.reading.as_ref().map_or(0, |reading| reading.compared.waiting.len());
        let text = format!(
            "对账发现 {waiting} 位客户与企业微信不一致，超过自动处理的上限。请在任务中心选择：按变化处理，或静默接收"
        );
        self.tell_admins(format!("waits#{}", job.id), text).await;
    }

    /// A comparison found staff who cannot serve their customers any more (O4): told once of the same people.
    pub(crate) async fn tell_of_unserved(&self, job: &Job) {
        let unserved = job.reading.as_ref().and_then(|reading| reading.unserved.as_ref());
        let Some(unserved) = unserved.filter(|unserved| unserved.staff > 0) else { return };
        let customers: u32 = unserved.named.iter().map(|staff| staff.customers).sum();
        let held: u32 = unserved.named.iter().map(|staff| staff.held).sum();
        let who: Vec<&str> = unserved.named.iter().map(|staff| staff.staff.as_str()).collect();
        let hash = hex::encode(&Sha256::digest(who.join(",").as_bytes())[..8]);
        let text = format!(
            "{} 位成员已离职或没有客户联系许可，名下有 {customers} 位客户，{held} 项待办没有人能接手。请在企业微信中分配，或恢复许可",
            unserved.staff
        );
        self.tell_admins(format!("unserved#{hash}"), text).await;
    }

    async fn keep_notice(&self, notice: &Notice) -> Result<(), Error> {
        for _ in 0..TRIES {
            let (standing, mut notices) = self.notices().await?;
            if notices.all.iter().any(|known| known.key == notice.key) {
                return Ok(());
            }
            notices.all.push(notice.clone());
            notices.forget();
            let book = self.playbook().await?;
            let soon = timing::out_of_quiet(self.clock.now(), &book.settings);
            let at = if standing.version == 0 { soon } else { standing.at.min(soon) };
            if self.put_notices(&standing, &notices, at).await? {
                return Ok(());
            }
        }
        Err(Error::Crowded { tries: TRIES })
    }

    /// From the tick: tells what waits.
    pub(crate) async fn tell_notices(&self) -> Result<(), Error> {
        let now = self.clock.now();
        let (standing, mut notices) = self.notices().await?;
        if standing.at > now {
            return Ok(());
        }
        let book = self.playbook().await?;
        let by_day = timing::out_of_quiet(now, &book.settings);
        let (mut places, mut content) = (Vec::new(), String::from("Stepwise 提醒"));
        for (place, notice) in notices.all.iter().enumerate().filter(|(_, notice)| !notice.told) {
            if content.len() + notice.text.len() + 8 > MAX_TEXT {
                break;
            }
            content.push_str("\n· ");
            content.push_str(&notice.text);
            places.push(place);
        }
        let touser = admins(&book);
        let at = if places.is_empty() {
            now.plus_days(IDLE_DAYS)
        } else if by_day > now {
            by_day
        } else if touser.is_empty() {
            // Somebody will be one.
            now.plus_mins(NOBODY_MINUTES)
        } else if self.is_told(touser, content).await? {
            for place in places {
                notices.all[place].told = true;
            }
            // There may be more than went into one message.
            if notices.all.iter().all(|notice| notice.told) { now.plus_days(IDLE_DAYS) } else { now }
        } else {
            now.plus_mins(AGAIN_MINUTES)
        };
        self.put_notices(&standing, &notices, at).await.map(|_| ())
    }

    /// `false`: not now.
    async fn is_told(&self, touser: Vec<String>, content: String) -> Result<bool, Error> {
        let message = &Message {
            touser,
            agentid: self.corp.agent_id,
            body: Body::Text { content },
            duplicate_check_s: Some(DUPLICATE_CHECK_SECONDS),
        };
        let sent = self
            .call(Lane::Sop, |wecom, token| async move { wecom.send_message(&token, message).await })
            .await;
        match sent {
            Ok(_) => Ok(true),
            Err(Error::WeCom(error)) => {
                tracing::warn!(%error, "admins could not be told yet");
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    async fn notices(&self) -> Result<(Standing, Notices), Error> {
        let Some(standing) = self.store.standing(NOTICES).await? else {
            let blank = Standing { doc: String::new(), at: Timestamp::default(), version: 0 };
            return Ok((blank, Notices::default()));
        };
        // What cannot be read was told, or will be seen without.
        let notices = serde_json::from_str(&standing.doc).unwrap_or_default();
        Ok((standing, notices))
    }

    async fn put_notices(&self, read: &Standing, notices: &Notices, at: Timestamp) -> Result<bool, Error> {
        let doc = crate::catalog::to_json(notices)?;
        let fresh = Standing { doc, at, version: read.version + 1 };
        Ok(self.store.put_standing(NOTICES, &fresh, None).await?)
    }
}

impl Notices {
    /// Drops the oldest of what was told.
    fn forget(&mut self) {
        let surplus = self.all.len().saturating_sub(REMEMBERED);
        let mut dropped = 0;
        self.all.retain(|notice| {
            let goes = notice.told && dropped < surplus;
            dropped += usize::from(goes);
            !goes
        });
    }
}

fn admins(book: &Playbook) -> Vec<String> {
    let admins = book.staff.values().filter(|staff| staff.role == Role::Admin && staff.is_with_us());
    admins.map(|staff| staff.userid.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_forgotten_before_what_was_not() {
        let notice = |n: usize| Notice { key: format!("k{n}"), text: String::new(), told: n != 3 };
        let mut notices = Notices { all: (0..REMEMBERED + 5).map(notice).collect() };
        notices.forget();
        assert_eq!(notices.all.len(), REMEMBERED);
        assert!(
            notices.all[0].key == "k3" && notices.all.last().unwrap().key == format!("k{}", REMEMBERED + 4)
        );
    }
}
