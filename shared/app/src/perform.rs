//! Outside work of a customer: the payload is in the file, the lease was taken by the commit, and what came of it
//! goes back as a signal.

mod welcome;

use std::collections::BTreeSet;

use domain::{
    File, Happening, StaffId, TagId, Timestamp,
    file::Profile,
    react::Work,
    signal::{CallResult, Performed, Snapshot, SnapshotRelation},
};
use futures::FutureExt as _;
use wecom::{
    contact::{Contact, ContactKind, Follow, FollowTagKind},
    tag::MarkTags,
};

use crate::{App, Error, Lane};

/// Codes that mean "the installation is not right yet".
const SETUP_CODES: [i64; 10] = [40001, 40013, 40091, 43009, 48001, 48002, 50003, 60020, 60031, 301_002];

/// Does this refusal pass when somebody mends the installation? Then nothing is given up. A token that is refused says
/// nothing of the work for which it was wanted, and neither does a proxy on the way.
pub(crate) fn needs_mending(error: &wecom::Error) -> bool {
    let code = error.code();
    let turned_away = matches!(error, wecom::Error::TurnedAway { .. });
    let no_token = error.api() == "gettoken" && code.is_some();
    turned_away || no_token || code.is_some_and(|code| SETUP_CODES.contains(&code))
}

impl App {
    /// Does the work and tells what came of it: one happening for all results, and one for a snapshot.
    pub(crate) async fn perform(&self, file: &File, work: &[Work]) -> Vec<Happening> {
        let mut results = Vec::new();
        let mut happenings = Vec::new();
        for work in work {
            match work {
                Work::Welcome(id) => {
                    if let Some(one_shot) = file.pending.iter().find(|one_shot| &one_shot.id == id) {
                        results.push(self.welcome(file, one_shot).boxed().await);
                    }
                }
                Work::Mark(staff) => results.extend(self.mark(file, staff).await),
                Work::Fetch => match self.fetch(file.id.as_str(), file.version, fetch_lane(file)).await {
                    Ok(snapshot) => happenings.push(Happening::Fetched { snapshot }),
                    Err(error) => {
                        results.push(Performed::FetchFailed { began: file.version, result: outcome(&error) });
                    }
                },
            }
        }
        if !results.is_empty() {
            happenings.insert(0, Happening::Performed { results });
        }
        happenings
    }

    async fn mark(&self, file: &File, staff: &StaffId) -> Option<Performed> {
        let marking = file.relations.get(staff)?.marking.as_ref()?;
        let ids = |tags: &BTreeSet<TagId>| tags.iter().map(ToString::to_string).collect::<Vec<_>>();
        let mark = MarkTags {
            userid: staff.to_string(),
            external_userid: file.id.to_string(),
            add_tag: ids(&marking.tags.add),
            remove_tag: ids(&marking.tags.remove),
        };
        let mark = &mark;
        let until = marking.attempt.until;
        let lane = if marking.in_bulk { Lane::Bulk } else { Lane::Interactive };
        let called = self
            .call_within(until, lane, |wecom, token| async move { wecom.mark_tags(&token, mark).await })
            .await;
        let mut result = match called.answer {
            Ok(()) => CallResult::Done,
            Err(Error::LeaseOver) if !called.doubtful => CallResult::NotCalled,
            // "Busy" may have marked all the same, also where a later try was refused or came too late.
            Err(_) if called.doubtful => CallResult::Ambiguous,
            // No permit for one of many: whoever is in a hurry does not wait for it.
            Err(Error::WeCom(wecom::Error::Held { .. })) if marking.in_bulk => CallResult::NotCalled,
            Err(error) => outcome(&error),
        };
        let mut settled = None;
        if marking.settle && result == CallResult::Done {
            match self.fetch(file.id.as_str(), file.version, lane).await {
                Ok(snapshot) => settled = snapshot.relations.get(staff).map(|held| held.tags.clone()),
                Err(_) => result = CallResult::Ambiguous,
            }
        }
        let (staff, tags) = (staff.clone(), marking.tags.clone());
        Some(Performed::Marked { staff, began: file.version, tags, result, settled })
    }

    /// The contact as WeCom holds it. A tag that the playbook has not heard of brings the tag tree up to date first.
    pub(crate) async fn fetch(&self, customer: &str, began: u64, lane: Lane) -> Result<Snapshot, Error> {
        let contact =
            self.call(lane, |wecom, token| async move { wecom.get_contact(&token, customer).await }).await?;
        let snapshot = snapshot(&contact, began);
        let book = self.playbook().await?;
        let unheard = |tag: &TagId| book.tags.tag(tag).is_none();
        if snapshot.relations.values().any(|held| held.tags.iter().any(unheard)) {
            self.refresh_tags().await?;
        }
        Ok(snapshot)
    }
}

/// Nobody waits for what thousands are asked about.
fn fetch_lane(file: &File) -> Lane {
    if file.fetch.as_ref().is_some_and(|fetch| fetch.in_bulk) { Lane::Bulk } else { Lane::Interactive }
}

fn snapshot(contact: &Contact, began: u64) -> Snapshot {
    let relations =
        contact.relations.iter().map(|held| (StaffId::from(held.userid.as_str()), relation(held)));
    Snapshot { began, profile: profile(contact), relations: relations.collect(), ..Snapshot::default() }
}

/// The person.
pub(crate) fn profile<T>(contact: &Contact<T>) -> Profile {
    let some = |text: &String| (!text.is_empty()).then(|| text.clone());
    let kind = match contact.kind {
        ContactKind::WeChat => Some(1),
        ContactKind::WeCom => Some(2),
        ContactKind::Other(_) => None,
    };
    Profile {
        name: contact.name.clone(),
        avatar: contact.avatar.as_ref().and_then(some),
        kind,
        unionid: contact.unionid.as_ref().and_then(some),
        corp_name: contact.corp_name.as_ref().and_then(some),
    }
}

fn relation(held: &Follow) -> SnapshotRelation {
    let corp = held.tags.iter().filter(|tag| tag.kind == FollowTagKind::Corp);
    let personal = held.tags.iter().filter(|tag| tag.kind == FollowTagKind::Personal);
    let tags = corp.filter_map(|tag| tag.tag_id.as_deref()).map(TagId::from).collect();
    let personal_tags = personal.map(|tag| tag.tag_name.clone()).collect();
    relation_with(held, tags, Some(personal_tags))
}

/// A relation with these tags.
pub(crate) fn relation_with<T>(
    held: &Follow<T>,
    tags: BTreeSet<TagId>,
    personal_tags: Option<BTreeSet<String>>,
) -> SnapshotRelation {
    SnapshotRelation {
        createtime: Timestamp::from_secs(held.createtime.unwrap_or_default()),
        add_way: u16::try_from(held.add_way).ok(),
        state: held.state.clone().filter(|state| !state.is_empty()),
        remark: held.remark.clone().unwrap_or_default(),
        tags,
        personal_tags,
    }
}

/// What a failed call means for the work.
fn outcome(error: &Error) -> CallResult {
    let Error::WeCom(error) = error else { return CallResult::Failed };
    if error.is_ambiguous() {
        return CallResult::Ambiguous;
    }
    match (error.class(), error.code()) {
        (wecom::Class::Transient | wecom::Class::RateLimit | wecom::Class::Token, _) => CallResult::Failed,
        _ if needs_mending(error) => CallResult::Failed,
        (_, Some(code)) => CallResult::Refused { code },
        // Refused before the call, by our own checks: no repetition mends that.
        (_, None) => CallResult::Refused { code: 0 },
    }
}

#[cfg(test)]
mod tests {
    use domain::file::Fetch;

    use super::*;

    #[test]
    fn what_thousands_are_asked_about_makes_nobody_wait() {
        let mut file = File::new("wm1".into());
        assert_eq!(fetch_lane(&file), Lane::Interactive);
        file.fetch = Some(Fetch { in_bulk: true, ..Fetch::default() });
        assert_eq!(fetch_lane(&file), Lane::Bulk);
        // Somebody edited meanwhile.
        file.fetch = Some(Fetch::default());
        assert_eq!(fetch_lane(&file), Lane::Interactive);
    }
}
