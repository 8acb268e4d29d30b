//! Reminders: at a slot the staff member gets one card about everything that is open (D4), and reads the list behind
//! it.

use std::{collections::BTreeSet, fmt};

use domain::{
    CustomerId, File, Playbook, StaffId, Timestamp,
    file::{OpenTouch, TouchRef},
    react::Slot,
    sop::{Step, Text},
    timing,
};
use store::{Cursor, Page, SlotItem, SlotState};
use wecom::message::{Body, MainTitle, Message, Row, RowKind, Sent, Target, TemplateCard, TextNotice};

use crate::{App, Error, Lane, perform::needs_mending, token::is_doubtful};

const LEASE_SECONDS: i64 = 60;
/// What may have been sent is asked for again for so long, well within WeCom's memory of repetitions.
const DOUBT_SECONDS: i64 = 10_800;
/// One that is so late may have been overtaken by the next.
const LATE_SECONDS: i64 = 900;
const MAX_PAUSE_SECONDS: i64 = 600;
/// WeCom drops a repeated body within this time, so an ambiguous call may be repeated (§1).
const DUPLICATE_CHECK_SECONDS: u32 = 14_400;
/// A card shows so many lines.
const MAX_LINES: usize = 6;

/// Names an open touch of a customer: `customer~sop~n~step`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskId {
    /// Whose.
    pub customer: CustomerId,
    /// Which touch.
    pub touch: TouchRef,
}

impl TaskId {
    /// Reads what [`fmt::Display`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (customer, touch) = text.split_once('~')?;
        Some(Self { customer: customer.into(), touch: TouchRef::parse(touch)? })
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}", self.customer, self.touch)
    }
}

/// What a staff member has to do.
#[derive(Clone, Debug)]
pub struct OpenTask {
    /// Its name.
    pub id: TaskId,
    /// The customer's name.
    pub customer_name: String,
    /// The SOP's name.
    pub sop_name: String,
    /// The step's title.
    pub title: String,
    /// The text as this customer gets it.
    pub text: String,
    /// Times and method.
    pub open: OpenTouch,
}

impl App {
    /// Open tasks of a staff member, in order of due time.
    pub async fn tasks(
        &self,
        staff: &StaffId,
        limit: i32,
        from: Option<&Cursor>,
    ) -> Result<Page<OpenTask>, Error> {
        let rows = self.store.rows(&format!("TASK#{staff}"), limit, from).await?;
        let ids: Vec<TaskId> = rows.items.iter().filter_map(|row| task_of_row(&row.sk)).collect();
        let mut customers: Vec<CustomerId> = ids.iter().map(|id| id.customer.clone()).collect();
        customers.sort();
        customers.dedup();
        let mut files = Vec::new();
        for chunk in customers.chunks(100) {
            files.extend(self.store.load_files(chunk).await?);
        }
        let book = self.playbook().await?;
        let task = |id: TaskId| {
            let file = files.iter().find(|file| file.id == id.customer)?;
            self.open_task(file, id, &book)
        };
        Ok(Page { items: ids.into_iter().filter_map(task).collect(), next: rows.next })
    }

    /// One open task, if it still is.
    pub async fn task(&self, id: &TaskId) -> Result<Option<OpenTask>, Error> {
        let Some(file) = self.store.load(&id.customer).await?.file else { return Ok(None) };
        let book = self.playbook().await?;
        Ok(self.open_task(&file, id.clone(), &book))
    }

    #[expect(clippy::unused_self, reason = "reads as one of the task calls")]
    fn open_task(&self, file: &File, id: TaskId, book: &Playbook) -> Option<OpenTask> {
        let live = file.enrollment(&id.touch.sop, id.touch.n)?;
        let open = live.open.as_ref().filter(|open| open.step == id.touch.step)?;
        let version = book.version(&live.sop, live.version)?;
        let (_, step) = version.step(&open.step)?;
        Some(OpenTask {
            customer_name: file.profile.name.clone(),
            sop_name: version.document.name.clone(),
            title: step.title(),
            text: rendered(step, file, &open.staff, book),
            open: open.clone(),
            id,
        })
    }

    /// Reminds the staff member of what is open, not at night. Leased; what may have been sent is sent again in the same
    /// words, and WeCom drops the repetition; what certainly was not is told anew, as it is then.
    pub async fn flush_slot(&self, slot: &Slot) -> Result<(), Error> {
        let now = self.clock.now();
        let Some(item) = self.store.slot(slot).await? else { return Ok(()) };
        if item.state == SlotState::Done || item.retry_at > now {
            return Ok(());
        }
        let book = self.playbook().await?;
        let Some(body) = self.body_of(&item, now, &book).await? else { return Ok(()) };
        let until = now.plus_secs(LEASE_SECONDS);
        let Some(taken) = self.store.take_slot(slot, &body, now, until).await? else { return Ok(()) };
        let message = &self.reminder(&slot.staff, &taken.body);
        let answer = self
            .call(Lane::Sop, |wecom, token| async move { wecom.send_message(&token, message).await })
            .await;
        let pause = now.plus_secs((15 * i64::from(item.tries)).min(MAX_PAUSE_SECONDS));
        let outcome = match answer {
            Ok(sent) => delivery(&slot.staff, &sent).to_owned(),
            Err(Error::WeCom(error)) if is_doubtful(&error) || passes(&error) => {
                let retry_at = pause.max(held_until(&error));
                // Only what nobody can have sent is told anew.
                if is_doubtful(&error) || !taken.is_fresh {
                    return Ok(self.store.put_off_slot(slot, until, retry_at).await?);
                }
                let retry_at = timing::out_of_quiet(retry_at, &book.settings);
                return Ok(self.store.reopen_slot(slot, until, retry_at).await?);
            }
            Err(Error::WeCom(error)) => format!("refused {}", error.code().unwrap_or_default()),
            Err(error) => return Err(error),
        };
        if outcome != "sent" {
            tracing::warn!(outcome, "a reminder was not delivered");
        }
        Ok(self.store.finish_slot(slot, &outcome, now).await?)
    }

    /// What is to be said: the words that may have been sent already, or what is open now. `None`: nothing, and the slot
    /// is put off to the morning or ended.
    async fn body_of(
        &self,
        item: &SlotItem,
        now: Timestamp,
        book: &Playbook,
    ) -> Result<Option<String>, Error> {
        let slot = &item.slot;
        let by_day = timing::out_of_quiet(now, &book.settings);
        if let (Some(body), Some(since)) = (&item.body, item.since) {
            if by_day > now || now > since.plus_secs(DOUBT_SECONDS) {
                self.store.finish_slot(slot, "unknown", now).await?;
                return Ok(None);
            }
            return Ok(Some(body.clone()));
        }
        if by_day > now {
            // An outage has held it up into the night.
            self.store.put_off_open_slot(slot, item.retry_at, by_day).await?;
            return Ok(None);
        }
        if now > slot.at.plus_secs(LATE_SECONDS) && self.store.is_overtaken(slot, now).await? {
            // After an outage one card tells all.
            self.store.finish_slot(slot, "joined", now).await?;
            return Ok(None);
        }
        let tasks = self.tasks(&slot.staff, 200, None).await?;
        if tasks.items.is_empty() {
            self.store.finish_slot(slot, "nothing", now).await?;
            return Ok(None);
        }
        let url = format!("{}/sidebar/tasks", self.corp.public_url.trim_end_matches('/'));
        Ok(Some(digest(&url, slot, now, &tasks, book)))
    }

    fn reminder(&self, staff: &StaffId, body: &str) -> Message {
        let mut lines = body.lines();
        let mut card = TextNotice::new(Target::Url(lines.next().unwrap_or_default().to_owned()));
        let [title, desc] = [lines.next(), lines.next()].map(|line| line.map(str::to_owned));
        card.main_title = Some(MainTitle { title, desc });
        card.horizontal_content_list = lines
            .filter_map(|line| line.split_once('\t'))
            .map(|(count, text)| Row {
                keyname: count.to_owned(),
                value: Some(text.to_owned()),
                kind: RowKind::Plain,
            })
            .collect();
        Message {
            touser: vec![staff.to_string()],
            agentid: self.corp.agent_id,
            body: Body::TemplateCard(Box::new(TemplateCard::TextNotice(card))),
            duplicate_check_s: Some(DUPLICATE_CHECK_SECONDS),
        }
    }
}

/// WeCom answers "ok" also when the one whom it is for does not get it.
fn delivery(staff: &StaffId, sent: &Sent) -> &'static str {
    let names = |users: &[String]| users.iter().any(|user| StaffId::from(user.as_str()) == *staff);
    match sent {
        Sent { unlicensed_users, .. } if names(unlicensed_users) => "unlicensed",
        Sent { invalid_users, .. } if names(invalid_users) => "unknown",
        Sent { .. } => "sent",
    }
}

fn passes(error: &wecom::Error) -> bool {
    let class =
        matches!(error.class(), wecom::Class::Transient | wecom::Class::RateLimit | wecom::Class::Token);
    class || needs_mending(error)
}

/// Until when our own side holds calls back.
fn held_until(error: &wecom::Error) -> Timestamp {
    match error {
        wecom::Error::Held { until_ms, .. } => Timestamp::from_ms(*until_ms),
        _ => Timestamp::default(),
    }
}

/// All that the card says, frozen as text, because WeCom knows a repetition only by its very words: the address, a
/// title, the moment (so that two reminders of the same work are no repetition), then `12 人⇥《标题》 20:00 前` for
/// each content, as it is `now`.
fn digest(url: &str, slot: &Slot, now: Timestamp, tasks: &Page<OpenTask>, book: &Playbook) -> String {
    let local = |at: Timestamp| timing::local(at, book.settings.timezone);
    let now = slot.at.max(now);
    let mut groups: Vec<(&str, Timestamp, BTreeSet<&CustomerId>)> = Vec::new();
    for task in &tasks.items {
        let (customer, until) = (&task.id.customer, task.open.until);
        match groups.iter_mut().find(|(title, ..)| *title == task.title) {
            Some((_, earliest, customers)) => {
                *earliest = until.min(*earliest);
                customers.insert(customer);
            }
            None => groups.push((&task.title, until, BTreeSet::from([customer]))),
        }
    }
    let customers: BTreeSet<&CustomerId> = tasks.items.iter().map(|task| &task.id.customer).collect();
    let (total, more) = (customers.len(), if tasks.next.is_some() { "+" } else { "" });
    let moment = local(slot.at).format("%m-%d %H:%M");
    let mut lines = vec![url.to_owned(), format!("待跟进客户 {total}{more} 位"), format!("{moment} 提醒")];
    for (title, until, customers) in groups.iter().take(MAX_LINES) {
        let title: String = title.chars().take(16).collect();
        let today = local(*until).date_naive() == local(now).date_naive();
        let end = match (*until <= now, today) {
            (true, _) => "已逾期".to_owned(),
            (false, true) => local(*until).format("%H:%M 前").to_string(),
            (false, false) => local(*until).format("%m-%d %H:%M 前").to_string(),
        };
        lines.push(format!("{} 人\t《{title}》 {end}", customers.len()));
    }
    lines.join("\n")
}

fn rendered(step: &Step, file: &File, staff: &StaffId, book: &Playbook) -> String {
    let text = &step.content.text;
    Text::parse(text).map_or_else(|_| text.clone(), |text| text.render(file, staff, book))
}

/// `due#customer#touch`.
fn task_of_row(sk: &str) -> Option<TaskId> {
    let (_, rest) = sk.split_once('#')?;
    let (customer, touch) = rest.split_once('#')?;
    Some(TaskId { customer: customer.into(), touch: TouchRef::parse(touch)? })
}
