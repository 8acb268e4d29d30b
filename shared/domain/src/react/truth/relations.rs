//! Who is friends with whom: two sides, closed but never deleted (T6).

use crate::{
    Relation, StaffId, Timestamp,
    fact::{IgnoreReason, What},
    file::{FirstAdded, MAX_PAST, SAME_ADDING_MS, Side, WelcomeCode},
    playbook::OwnerPolicy,
    react::{
        law,
        turn::{Because, Turn},
    },
    signal::{Happening, SideName},
};

/// WeCom takes a welcome code for so long.
const WELCOME_SECONDS: i64 = 20;
/// WeCom's `add_way` of a customer whom an admin or a manager gave to a staff member.
const ASSIGNED: u16 = 202;

/// WeCom's clock and ours differ by no more.
const CLOCKS_DIFFER_SECONDS: i64 = 3;

/// A moment that is over by WeCom's clock, too, when ours says `at`: whoever is added afterwards is added later, though
/// WeCom's times are whole seconds and its clock may be behind ours.
pub(super) fn before_by_any_clock(at: Timestamp) -> Timestamp {
    Timestamp::from_secs(at.secs() - CLOCKS_DIFFER_SECONDS)
}

/// An adding, however it was heard of.
#[derive(Clone, Copy)]
pub(super) struct Adding {
    pub(super) at: Timestamp,
    /// An import revealed it.
    pub(super) baseline: bool,
    pub(super) add_way: Option<u16>,
}

impl Adding {
    /// Handed over, not added by the customer.
    fn is_transfer(self) -> bool {
        self.add_way == Some(ASSIGNED)
    }
}

/// `add_external_contact`, or its half.
pub(super) fn added(
    turn: &mut Turn<'_>,
    staff: &StaffId,
    half: bool,
    state: Option<&str>,
    code: Option<&str>,
    add_way: Option<u16>,
) {
    let at = turn.signal.at;
    let known = turn.file.relations.get(staff);
    // A fetch may have told of the same adding first.
    let is_past = |r: &Relation| at < r.staff_side.at || at < r.customer_side.at;
    let is_older = known.is_some_and(is_past);
    if is_older && known.is_some_and(|r| !r.is_open_by_adding_of(at)) {
        turn.fact(What::Ignored { reason: IgnoreReason::Stale }, None);
        return;
    }
    if half && known.is_some_and(Relation::is_open) {
        turn.fact(What::Ignored { reason: IgnoreReason::Stale }, None);
        return;
    }
    if half {
        let mut relation = known.cloned().unwrap_or_else(|| Relation::opened(at));
        relation.half = true;
        relation.customer_side = Side::open(at);
        relation.staff_side = Side::closed(at);
        turn.file.relations.insert(staff.clone(), relation);
        turn.fact(What::RelationHalfOpened { staff: staff.clone() }, None);
    } else {
        opened(turn, staff, Adding { at, baseline: false, add_way });
    }
    if let Some(relation) = turn.file.relations.get_mut(staff) {
        // The channel is that of the latest adding, unless nobody else has told of one.
        if let Some(state) = state.filter(|state| !state.is_empty())
            && (!is_older || relation.state.is_none())
        {
            relation.state = Some(state.to_owned());
        }
        if let Some(code) = code {
            let fresh = WelcomeCode { code: code.to_owned(), until: at.plus_secs(WELCOME_SECONDS) };
            if relation.welcome.as_ref().is_none_or(|held| held.until <= fresh.until) {
                relation.welcome = Some(fresh);
            }
        }
    }
}

/// Both sides are open from `at` on.
pub(super) fn opened(turn: &mut Turn<'_>, staff: &StaffId, adding: Adding) {
    let Adding { at, baseline, .. } = adding;
    let was_open = turn.file.has_open_relation();
    let known = turn.file.relations.get(staff);
    if let Some(open) = known.filter(|relation| relation.is_open_by_adding_of(at)) {
        // A fetch told of it before the callback did: keep what is known of the tags.
        // The later of both times stands: what happened before it stays the past.
        let renewed = Relation {
            added_at: open.added_at.max(at),
            staff_side: Side::open(open.staff_side.at.max(at)),
            customer_side: Side::open(open.customer_side.at.max(at)),
            ..open.clone()
        };
        turn.file.relations.insert(staff.clone(), renewed);
        // An import came by between the adding and the word of it: a newcomer all the same.
        let told = matches!(turn.signal.what, Happening::ContactAdded { .. });
        if let Some(first) = turn.file.first_added.as_mut().filter(|first| told && first.baseline) {
            first.baseline = first.at.ms().abs_diff(at.ms()) >= SAME_ADDING_MS;
        }
        return;
    }
    // One that is open was closed without a word to us: only who parted can be added again.
    let knew_tags = known.is_some_and(|relation| relation.mirror.is_some() || relation.believe_first_fetch);
    let again = knew_tags || known.is_some_and(|relation| !relation.half);
    let mut relation = Relation::opened(at);
    if let Some(old) = known {
        relation.state.clone_from(&old.state);
        relation.remark.clone_from(&old.remark);
        relation.welcome.clone_from(&old.welcome);
        relation.marked_version = old.marked_version;
        relation.past.clone_from(&old.past);
        if !old.half {
            relation.past.push(old.as_past());
            let surplus = relation.past.len().saturating_sub(MAX_PAST);
            relation.past.drain(..surplus);
        }
    }
    relation.believe_first_fetch = knew_tags;
    turn.file.relations.insert(staff.clone(), relation);

    let first = turn.file.first_added.is_none();
    // Relations that an import reveals come in any order: the earliest was the first. Who serves a customer already
    // goes on, though.
    let reveals_earlier = |known: &FirstAdded| baseline && known.baseline && at < known.at;
    let earlier = turn.file.first_added.as_ref().is_some_and(reveals_earlier);
    if first || earlier {
        turn.file.first_added = Some(FirstAdded { at, baseline, by_transfer: adding.is_transfer() });
    }
    let anew = earlier && turn.file.enrollments.is_empty() && turn.file.ended.is_empty();
    let opened = What::RelationOpened { staff: staff.clone(), first, again };
    let because = turn.fact(opened, None);
    settle_owner(turn, anew, because);
    law::hide_or_show_cards(turn, was_open, because);
    // What a baseline reveals brings nothing to life (T7).
    if !was_open && !first && !baseline {
        turn.resume_after_absence(because);
    }
}

/// One side ended it.
pub(super) fn removed(turn: &mut Turn<'_>, staff: &StaffId, side: SideName, at: Timestamp) {
    let was_open = turn.file.has_open_relation();
    let Some(relation) = turn.file.relations.get_mut(staff) else {
        // The adding was lost or comes later; once it is over, neither that nor a fetch may bring it to life.
        let over = match side {
            SideName::Staff => Relation { staff_side: Side::closed(at), ..Relation::opened(at) },
            SideName::Customer => Relation { customer_side: Side::closed(at), ..Relation::opened(at) },
        };
        turn.file.relations.insert(staff.clone(), over);
        turn.fact(What::Ignored { reason: IgnoreReason::NoRelation }, None);
        return;
    };
    let this = match side {
        SideName::Staff => &mut relation.staff_side,
        SideName::Customer => &mut relation.customer_side,
    };
    let is_news = this.open || relation.half;
    if at < this.at || !is_news {
        // A later parting than the one we know of: an adding in between changes nothing any more.
        this.at = this.at.max(at);
        turn.fact(What::Ignored { reason: IgnoreReason::Stale }, None);
        return;
    }
    *this = Side::closed(at);
    relation.half = false;
    relation.welcome = None;
    relation.marking = None;
    relation.held = None;
    let because = turn.fact(What::RelationClosed { staff: staff.clone(), side }, None);
    settle_owner(turn, false, because);
    law::hide_or_show_cards(turn, was_open, because);
    turn.reassign_touches(staff, because);
}

/// Somebody said who serves the customer; `None`: nobody in particular.
pub(super) fn assigned(turn: &mut Turn<'_>, to: Option<&StaffId>) {
    let is_friend = |staff: &StaffId| turn.file.relations.get(staff).is_some_and(Relation::is_open);
    if !to.is_none_or(is_friend) {
        turn.fact(What::Ignored { reason: IgnoreReason::NotAFriend }, None);
        return;
    }
    if let Some(because) = assign(turn, to, None) {
        settle_owner(turn, true, Some(because));
    }
}

/// Notes who is assigned, if that is another than before.
pub(in crate::react) fn assign(turn: &mut Turn<'_>, to: Option<&StaffId>, because: Because) -> Because {
    let before = turn.file.assigned.clone();
    if before.as_ref() == to {
        return None;
    }
    turn.file.assigned = to.cloned();
    turn.fact(What::OwnerAssigned { to: to.cloned(), before }, because)
}

/// Who was assigned owns the customer, else the first (or latest) open relation, until it closes (design §2). `anew`: who
/// owned them so far has no claim to it.
pub(in crate::react) fn settle_owner(turn: &mut Turn<'_>, anew: bool, because: Because) {
    let current = turn.file.owner.clone();
    let holds = |staff: &StaffId| turn.file.relations.get(staff).is_some_and(Relation::is_open);
    let by_age = turn.file.open_relations().map(|(staff, relation)| (relation.added_at, staff.clone()));
    let stays = current.clone().filter(|owner| holds(owner) && !anew);
    let by_policy = match turn.book.settings.owner {
        OwnerPolicy::First => stays.or_else(|| by_age.min().map(|(_, staff)| staff)),
        OwnerPolicy::Latest => by_age.max().map(|(_, staff)| staff),
    };
    let by_hand = turn.file.assigned.clone().filter(|staff| holds(staff));
    turn.file.assigned.clone_from(&by_hand);
    let wanted = by_hand.or(by_policy);
    if wanted != current {
        turn.file.owner.clone_from(&wanted);
        turn.fact(What::OwnerChanged { from: current, to: wanted }, because);
    }
}
