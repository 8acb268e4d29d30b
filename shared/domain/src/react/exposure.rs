//! What customers have had (P11): whoever has had an edition is not sent it again by an SOP, and every sending is noted,
//! whichever way it went.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ContentRecord, Record, Sending,
    turn::{Because, Turn},
};
use crate::{
    ContentId, Playbook, SopId, StaffId, Timestamp,
    content::SentContent,
    fact::What,
    file::{Enrollment, Evidence, Exposure, MAX_EXPOSURES, Method, Outcome, Route, SkipReason, TouchRef},
    sop::{HadWithin, Step, StepContent, USUAL_DAYS},
};

/// How something was sent.
pub(super) struct Sent {
    pub(super) content: SentContent,
    pub(super) route: Route,
    pub(super) staff: StaffId,
    pub(super) touch: Option<TouchRef>,
    pub(super) evidence: Evidence,
    pub(super) at: Timestamp,
    /// Parts of it were left out.
    pub(super) partly: bool,
    /// They opened it before we heard that it was sent.
    pub(super) opened: bool,
}

impl Turn<'_> {
    /// When the customer had what the step would send now, if that speaks against sending it.
    pub(super) fn has_had(&self, place: usize, step: &Step, content: &SentContent) -> Option<Timestamp> {
        if self.is_repeatable(content) {
            return None;
        }
        // Within one occurrence never twice, whatever the step says.
        let done = self.file.enrollments[place].done.iter();
        let same = |had: &SentContent| had.content == content.content && had.edition >= content.edition;
        let here = done
            .filter(|done| matches!(done.outcome, Outcome::Sent { .. }) && !done.partly)
            .find(|done| done.content.as_ref().is_some_and(same));
        here.map(|done| done.at).or_else(|| self.had_within(content, step.content.unless_had_within()))
    }

    /// When the customer had this edition, or a later one, if that was not too long ago to matter.
    fn had_within(&self, content: &SentContent, within: HadWithin) -> Option<Timestamp> {
        let had = self.file.exposures.get(&content.content)?;
        let is_repetition = had.edition >= content.edition && !self.is_repeatable(content);
        (is_repetition && within.reaches(had.at, self.now)).then_some(had.at)
    }

    fn is_repeatable(&self, content: &SentContent) -> bool {
        self.book.contents.get(&content.content).is_some_and(|known| known.repeatable)
    }

    /// Skips a step whose content the customer has had: a sending that was not necessary.
    pub(super) fn spare(
        &mut self,
        place: usize,
        step: &Step,
        due_at: Timestamp,
        content: SentContent,
        had_at: Timestamp,
    ) {
        let live = &self.file.enrollments[place];
        let touch = TouchRef { sop: live.sop.clone(), n: live.n, step: step.id.clone() };
        self.end_step(
            place,
            &step.id,
            due_at,
            Outcome::Skipped { reason: SkipReason::AlreadyHad, note: None },
        );
        self.note_spared(touch, content, had_at);
    }

    fn note_spared(&mut self, touch: TouchRef, content: SentContent, had_at: Timestamp) {
        let because = self.last_fact(|what| matches!(what, What::Ended { .. }));
        let TouchRef { sop, n, step } = touch;
        self.fact(What::Spared { sop, n, step, content, had_at }, because);
    }

    /// Notes that the customer got a content. Open tasks that would send it again are dropped. What came without some of
    /// its parts is noted, but they have not had it: SOPs send it whole.
    pub(super) fn expose(&mut self, sent: Sent, because: Because) {
        let Sent { content, route, staff, touch, evidence, at, partly, opened } = sent;
        let before = self.file.exposures.get(&content.content).copied();
        let last = before.map_or(at, |before| before.at.max(at));
        let again = before.is_some_and(|before| before.edition >= content.edition);
        let now = match before {
            // An older edition does not make them forget the newer one.
            Some(before) if again => Exposure { at: last, ..before },
            _ => Exposure { edition: content.edition, at: last, opened },
        };
        if !partly {
            self.file.exposures.insert(content.content.clone(), now);
        }
        self.records.push(Record::Content(ContentRecord::sent(
            &content,
            Sending { at, version: content.version, route, staff: staff.clone(), touch, evidence },
        )));
        let because =
            self.fact(What::Exposed { content: content.clone(), route, staff, again, partly }, because);
        if partly {
            return;
        }
        let open = self.file.enrollments.iter().map(|live| (live.sop.clone(), live.n)).collect::<Vec<_>>();
        for (sop, n) in open {
            self.drop_repetition(&sop, n, because);
        }
    }

    /// Drops the open task of an enrollment, if by now the customer has had what it would send.
    pub(super) fn drop_repetition(&mut self, sop: &SopId, n: u32, because: Because) {
        let live = self.place_of(sop, n).map(|place| &self.file.enrollments[place]);
        // A welcome is being sent.
        let open = live.and_then(|live| {
            let open = live.open.as_ref().filter(|open| open.method != Method::Welcome)?;
            Some((open.step.clone(), open.content.clone()?, live.version))
        });
        let Some((step, content, version)) = open else { return };
        let version = self.book.version(sop, version);
        let asks = version.and_then(|version| version.step(&step)).map(|(_, step)| &step.content);
        let within = asks.map_or(HadWithin::Days(USUAL_DAYS), StepContent::unless_had_within);
        let Some(had_at) = self.had_within(&content, within) else { return };
        self.end_open(sop, n, Outcome::Skipped { reason: SkipReason::AlreadyHad, note: None }, because);
        self.note_spared(TouchRef { sop: sop.clone(), n, step }, content, had_at);
    }

    /// The customer opened a link.
    pub(super) fn opened(&mut self, content: &SentContent, touch: Option<TouchRef>) {
        let first = self.is_first_opening(content, touch.as_ref());
        self.records.push(Record::Content(ContentRecord::opened(content, self.happened_at)));
        self.fact(What::LinkOpened { content: content.clone(), touch, first }, None);
    }
}

impl Turn<'_> {
    /// Is it the first opening of an edition? It is remembered with what they have had; of what is still open it was sent
    /// before anybody said so, and it is remembered with the touch until somebody does.
    fn is_first_opening(&mut self, content: &SentContent, touch: Option<&TouchRef>) -> bool {
        let had = self.file.exposures.get_mut(&content.content);
        if let Some(had) = had.filter(|had| had.edition >= content.edition) {
            let first = had.edition == content.edition && !had.opened;
            had.opened |= first;
            return first;
        }
        let of_touch = |live: &&mut Enrollment| touch.is_some_and(|it| live.sop == it.sop && live.n == it.n);
        let live = self.file.enrollments.iter_mut().find(of_touch);
        let open = live.and_then(|live| live.open.as_mut());
        let open = open.filter(|open| touch.is_some_and(|touch| open.step == touch.step));
        open.filter(|open| open.content.as_ref() == Some(content))
            .is_some_and(|open| !std::mem::replace(&mut open.opened, true))
    }
}

/// Forgets what no step asks for any more, and of too many the oldest.
pub(super) fn forget(turn: &mut Turn<'_>) {
    let now = turn.now;
    let is_old = |had: &Exposure| !HadWithin::Days(USUAL_DAYS).reaches(had.at, now);
    if turn.file.exposures.values().any(is_old) {
        let asked = looks_back(turn.book);
        let is_asked_for = |content: &ContentId, had: &Exposure| {
            asked.get(content).is_some_and(|within: &HadWithin| within.reaches(had.at, now))
        };
        turn.file.exposures.retain(|content, had| !is_old(had) || is_asked_for(content, had));
    }
    while turn.file.exposures.len() > MAX_EXPOSURES {
        let oldest = turn.file.exposures.iter().min_by_key(|(_, had)| had.at);
        let Some(oldest) = oldest.map(|(content, _)| content.clone()) else { return };
        turn.file.exposures.remove(&oldest);
    }
}

/// How far back steps look for each content, those that look furthest.
fn looks_back(book: &Playbook) -> BTreeMap<&ContentId, HadWithin> {
    let versions = book.sops.values().flat_map(|sop| sop.versions.values());
    let mut asked = BTreeMap::new();
    for step in versions.flat_map(|version| &version.document.steps) {
        if let Some(reference) = step.content.reference() {
            let within = step.content.unless_had_within();
            let furthest = asked.entry(&reference.id).or_insert(within);
            *furthest = within.max(*furthest);
        }
    }
    asked
}

impl Playbook {
    /// Versions of contents that welcomes send now: what they show has to be ready, because nothing can be uploaded
    /// within a code's 20 seconds.
    #[must_use]
    pub fn greeting_contents(&self) -> BTreeSet<SentContent> {
        let current = self.sops.values().filter_map(crate::playbook::Sop::current);
        let greetings = current.flat_map(|version| &version.document.steps);
        greetings
            .filter(|step| Method::from(step.method) == Method::Welcome)
            .filter_map(|step| {
                let reference = step.content.reference()?;
                self.contents.get(&reference.id)?.sent_as(reference.pin)
            })
            .collect()
    }
}
