//! What a reminder says: one card about everything that is open.

use std::collections::BTreeSet;

use domain::{CustomerId, Playbook, StaffId, Timestamp, react::Slot, timing};
use store::Page;
use wecom::message::{Body, MainTitle, Message, Row, RowKind, Target, TemplateCard, TextNotice};

use super::OpenTask;

/// WeCom drops a repeated body within this time, so an ambiguous call may be repeated (§1).
const DUPLICATE_CHECK_SECONDS: u32 = 14_400;
/// A card shows so many lines.
const MAX_LINES: usize = 6;

/// All that the card says, frozen as text, because WeCom knows a repetition only by its very words: the address, a
/// title, the moment (so that two reminders of the same work are no repetition), then `12 人⇥《标题》 20:00 前` for
/// each content, as it is `now`.
pub(super) fn digest(
    url: &str,
    slot: &Slot,
    now: Timestamp,
    tasks: &Page<OpenTask>,
    book: &Playbook,
) -> String {
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

/// The frozen text as the message that the app sends.
pub(super) fn card(agent_id: i64, staff: &StaffId, digest: &str) -> Message {
    let mut lines = digest.lines();
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
        agentid: agent_id,
        body: Body::TemplateCard(Box::new(TemplateCard::TextNotice(card))),
        duplicate_check_s: Some(DUPLICATE_CHECK_SECONDS),
    }
}
