//! What a legal file is, and what holds from one commit to the next.

use std::collections::BTreeSet;

use super::run::Run;
use crate::{
    File, Method, Playbook, SopId, StepId, TagId, Timestamp, What,
    content::SentContent,
    file::{Enrollment, Outcome, Route, SkipReason, TagDifference, TouchRef},
    react::{Reaction, work},
    sop::HadWithin,
    timing,
};

/// What has been told so far.
#[derive(Default)]
pub(super) struct Laws {
    ended: BTreeSet<TouchRef>,
    sent: Vec<Sending>,
}

/// A content that the customer got.
struct Sending {
    content: SentContent,
    at: Timestamp,
    /// Of which occurrence.
    of: Option<(SopId, u32)>,
}

impl Laws {
    pub(super) fn check(&mut self, before: &File, reaction: &Reaction, book: &Playbook, now: Timestamp) {
        let file = &reaction.file;
        if file != before {
            assert_eq!((file.version, file.committed_at), (before.version + 1, now));
        }
        assert!(file.committed_at >= before.committed_at);
        let json = serde_json::to_string(file).unwrap();
        assert_eq!(&serde_json::from_str::<File>(&json).unwrap(), file);
        let facts = serde_json::to_string(&reaction.facts).unwrap();
        assert_eq!(serde_json::from_str::<Vec<crate::Fact>>(&facts).unwrap(), reaction.facts);
        for (place, fact) in reaction.facts.iter().enumerate() {
            assert!(fact.because.is_none_or(|cause| usize::from(cause) < place), "causes come first");
        }
        if file.owed.is_empty() && file.owed_records.is_empty() {
            assert_eq!(file.wake_at, work::wake_at(file, now));
            assert!(file.wake_at.is_none_or(|wake_at| wake_at > now), "woken for nothing");
        }
        self.one_outcome_each(reaction);
        self.nothing_twice(reaction, book, now);
        stage_is_tag(file, book);
        people(file);
        for live in &file.enrollments {
            enrollment(live, book);
            let same = |other: &&Enrollment| other.sop == live.sop;
            assert_eq!(file.enrollments.iter().filter(same).count(), 1, "inside an SOP once");
        }
    }

    /// A touch has one outcome, unless an undo opened it again (D1).
    fn one_outcome_each(&mut self, reaction: &Reaction) {
        for fact in &reaction.facts {
            match &fact.what {
                What::Ended { sop, n, step, .. } => {
                    let touch = TouchRef { sop: sop.clone(), n: *n, step: step.clone() };
                    assert!(self.ended.insert(touch.clone()), "{touch} ended twice");
                }
                What::Reopened { sop, n, step } => {
                    let touch = TouchRef { sop: sop.clone(), n: *n, step: step.clone() };
                    assert!(self.ended.remove(&touch), "{touch} had not ended");
                }
                _ => {}
            }
        }
    }
}

impl Laws {
    /// No SOP sends what the customer has had within the step's time, and no occurrence sends anything twice (P11).
    fn nothing_twice(&mut self, reaction: &Reaction, book: &Playbook, now: Timestamp) {
        let (mut skipped, mut spared) = (0, 0);
        for fact in &reaction.facts {
            match &fact.what {
                What::Ended { outcome: Outcome::Skipped { reason: SkipReason::AlreadyHad, .. }, .. } => {
                    skipped += 1;
                }
                What::Spared { .. } => spared += 1,
                // What came without some of its parts is sent again.
                What::Exposed { content, route, again, partly: false, .. } => {
                    let same = |sent: &&Sending| {
                        sent.content.content == content.content && sent.content.edition >= content.edition
                    };
                    let cause = fact.because.map(|place| &reaction.facts[usize::from(place)].what);
                    let touch = match cause {
                        Some(What::Ended { sop, n, step, .. }) => Some((sop, *n, step)),
                        _ => None,
                    };
                    if let Some((sop, n, step)) = touch.filter(|_| *route == Route::Task) {
                        let of = Some((sop.clone(), n));
                        assert!(
                            !self.sent.iter().filter(same).any(|sent| sent.of == of),
                            "{content:?} twice in {of:?}"
                        );
                        let within = within(book, sop, step);
                        let early = |sent: &&Sending| within.reaches(sent.at, now);
                        assert!(
                            !self.sent.iter().filter(same).any(|sent| early(&sent)),
                            "{content:?} again too early"
                        );
                    }
                    // Who has had it is told apart as long as the file remembers.
                    assert!(!again || self.sent.iter().any(|sent| same(&sent)));
                    let of = touch.map(|(sop, n, _)| (sop.clone(), n));
                    self.sent.push(Sending { content: content.clone(), at: now, of });
                }
                _ => {}
            }
        }
        assert_eq!(skipped, spared, "what is skipped for it was not necessary");
        let file = &reaction.file;
        for live in &file.enrollments {
            let Some(open) = live.open.as_ref().filter(|open| open.method != Method::Welcome) else {
                continue;
            };
            let Some(content) = &open.content else { continue };
            let had = file.exposures.get(&content.content).filter(|had| had.edition >= content.edition);
            let within = within(book, &live.sop, &open.step);
            assert!(!had.is_some_and(|had| within.reaches(had.at, now)), "{content:?} is open and was had");
        }
    }
}

/// How far back a step looks, whichever version of the SOP it is of: there is one.
fn within(book: &Playbook, sop: &SopId, step: &StepId) -> HadWithin {
    let step = book.version(sop, 1).and_then(|version| version.step(step)).map(|(_, step)| step);
    step.unwrap().content.unless_had_within()
}

/// Stage and stage tag are one thing (I4), but for a tag that was deleted in WeCom.
fn stage_is_tag(file: &File, book: &Playbook) {
    for board in book.boards.values() {
        // A stage may just have been deleted: the next thing that happens leads its cards away.
        let stage = file.cards.get(&board.id).and_then(|card| board.stage(&card.stage));
        let wanted: BTreeSet<TagId> = stage.and_then(|stage| book.live_tag_of(stage)).into_iter().collect();
        let tags = board.stages.iter().filter_map(|stage| book.live_tag_of(stage));
        let held: BTreeSet<TagId> = tags.filter(|tag| file.tags.contains_key(tag)).collect();
        assert_eq!(held, wanted, "stage {:?}", stage.map(|stage| &stage.id));
    }
}

fn people(file: &File) {
    match &file.owner {
        Some(owner) => assert!(file.relations[owner].is_open(), "{owner} serves nobody any more"),
        None => assert!(!file.has_open_relation(), "somebody could serve"),
    }
    assert!(file.assigned.is_none() || file.assigned == file.owner, "who is assigned serves");
    let waits = file.is_being_handed_over();
    if !file.has_open_relation() && !waits {
        assert!(file.enrollments.is_empty(), "nobody could send");
    }
    for (staff, relation) in &file.relations {
        let rests = relation.marking.is_none() && relation.held.is_none();
        assert!(relation.is_open() || rests, "{staff} is marked without being a friend");
    }
    let greetings = file.enrollments.iter().filter_map(|live| live.open.as_ref());
    for open in greetings {
        if open.method == Method::Welcome {
            assert!(file.pending.iter().any(|work| work.touch.step == open.step), "nobody greets");
        } else if !waits {
            assert!(file.relations[&open.staff].is_open(), "{} cannot send", open.staff);
        }
    }
}

fn enrollment(live: &Enrollment, book: &Playbook) {
    let mut begun: Vec<_> = live.done.iter().map(|done| &done.step).collect();
    begun.extend(live.open.as_ref().map(|open| &open.step));
    begun.extend(live.next.as_ref().map(|next| &next.step));
    let each: BTreeSet<_> = begun.iter().collect();
    assert_eq!(each.len(), begun.len(), "every step once: {begun:?}");
    assert!(live.open.is_some() || live.next.is_some(), "nothing to wait for");
    if let Some(next) = &live.next {
        assert!(next.due_at < next.until && next.until <= next.expires_at, "{next:?}");
        let (_, step) = book.version(&live.sop, live.version).unwrap().step(&next.step).unwrap();
        let quiet = timing::out_of_quiet(next.due_at, &book.settings) != next.due_at;
        assert!(!quiet || Method::from(step.method) == Method::Welcome, "{next:?} at night");
    }
}

/// Nothing is left to do, and WeCom shows what is wanted (I4), but for what an import let differ and what WeCom
/// refuses.
pub(super) fn at_rest(run: &Run) {
    let live = |tags: &BTreeSet<TagId>| -> BTreeSet<TagId> {
        tags.iter().filter(|tag| run.book.tags.is_live(tag)).cloned().collect()
    };
    let wanted = live(&run.file.tags.keys().cloned().collect());
    for (staff, relation) in run.file.open_relations() {
        let mirror = live(&relation.mirror.clone().unwrap_or_default());
        let refused = relation.held.as_ref().map(|held| held.tags.clone()).unwrap_or_default();
        let TagDifference { add, remove } = refused;
        for tag in wanted.symmetric_difference(&mirror) {
            let excused = relation.leave.contains(tag) || add.contains(tag) || remove.contains(tag);
            assert!(excused, "{tag} on {staff}'s phone");
        }
        if let Some(phone) = run.wecom.phones.get(staff).filter(|phone| phone.in_list) {
            assert_eq!(live(&phone.tags), mirror, "{staff}'s phone is known");
        }
    }
}
