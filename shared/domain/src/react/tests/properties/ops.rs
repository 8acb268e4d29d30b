//! A small universe of things that happen.

use proptest::prelude::*;

use crate::{
    Happening,
    react::Work,
    signal::{CallResult, Performed},
};

/// Something that happens, or goes wrong.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Add {
        staff: &'static str,
        half: bool,
        late: i64,
        code: bool,
        snapshot: bool,
    },
    Part {
        staff: &'static str,
        by_staff: bool,
        late: i64,
        told: bool,
    },
    Edit {
        staff: &'static str,
        tag: &'static str,
        on: bool,
        told: bool,
    },
    Hint {
        staff: &'static str,
    },
    Say {
        text: &'static str,
        late: i64,
    },
    Drag {
        stage: Option<&'static str>,
        late: i64,
    },
    Tags {
        add: Vec<&'static str>,
        remove: Vec<&'static str>,
    },
    Task {
        which: usize,
        done: bool,
    },
    Undo {
        back: usize,
    },
    /// A worker takes on the work; its result arrives now, or is under way.
    Work {
        which: usize,
        result: Answer,
        arrives: bool,
    },
    /// A result that was under way arrives.
    Arrive {
        which: usize,
    },
    /// A signal is delivered once more.
    Repeat {
        back: usize,
    },
    Sleep {
        minutes: i64,
    },
    /// Pages are read silently; `adopt`: what is known is taken over, too.
    Import {
        adopt: bool,
    },
    /// Somebody says who serves the customer.
    Assign {
        staff: Option<&'static str>,
    },
    /// A tag is put on for a while.
    Lend {
        tag: &'static str,
        minutes: i64,
    },
    /// Another system tells what the deal is worth.
    Worth {
        amount: i32,
        late: i64,
    },
    /// A stage is deleted, its cards go to the one before it or leave.
    DropStage {
        heir: bool,
    },
    /// All relations are to have everything.
    Mirror {
        group: &'static str,
    },
    /// The customer is handed over; whoever takes over was a friend for so many days.
    HandOver {
        from: &'static str,
        days: i64,
    },
    /// A staff member loses their licence, or gets one.
    Licence {
        staff: &'static str,
        on: bool,
    },
    /// A comparison does not find a friend.
    Miss {
        staff: &'static str,
    },
    /// A comparison found a difference.
    Compare,
    DeleteTag {
        tag: &'static str,
    },
    /// Staff send a content of their own choice.
    Send {
        staff: &'static str,
        content: &'static str,
    },
    /// The customer opens a link of a content, of this many versions ago.
    Open {
        content: &'static str,
        back: u32,
    },
    /// The next version of a content is published.
    Version {
        content: &'static str,
        substantial: bool,
    },
}

/// How an outside call goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    Done,
    Failed,
    /// A time-out, after the effect or before it.
    Doubtful {
        effect: bool,
    },
    Refused,
    NotCalled,
    /// The worker dies after the call.
    Lost,
}

impl Answer {
    pub(super) const fn has_effect(self) -> bool {
        matches!(self, Self::Done | Self::Lost | Self::Doubtful { effect: true })
    }

    /// What is heard of a call that would have had the outcome `done`.
    pub(super) fn of(self, work: &Work, done: Happening) -> Option<Happening> {
        let result = match self {
            Self::Lost => return None,
            Self::Done => return Some(done),
            Self::Failed => CallResult::Failed,
            Self::Doubtful { .. } => CallResult::Ambiguous,
            Self::Refused if matches!(work, Work::Welcome(_)) => CallResult::Refused { code: 41051 },
            Self::Refused => CallResult::Refused { code: 40068 },
            Self::NotCalled => CallResult::NotCalled,
        };
        Some(with_result(done, result))
    }
}

fn with_result(what: Happening, result: CallResult) -> Happening {
    let results = match what {
        Happening::Performed { results } => results,
        _ => vec![Performed::FetchFailed { began: u64::MAX, result }],
    };
    let with = |performed| match performed {
        Performed::Marked { staff, began, tags, .. } => {
            Performed::Marked { staff, began, tags, result, settled: None }
        }
        Performed::FetchFailed { began, .. } => Performed::FetchFailed { began, result },
        Performed::Welcomed { id, attempt, .. } => {
            Performed::Welcomed { id, attempt, result, left_out: 0, partly: false }
        }
    };
    Happening::Performed { results: results.into_iter().map(with).collect() }
}

fn staff() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just("anna"), 2 => Just("ben")]
}

fn tag() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["new", "price", "deal", "vip", "car", "hot"])
}

fn content() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["case-a", "film"])
}

/// Minutes before now at which it happened; now and then WeCom's clock is ahead.
fn late() -> impl Strategy<Value = i64> {
    prop_oneof![6 => Just(0_i64), 2 => 0..90_i64, 1 => 0..50_000_i64, 1 => Just(-1_i64)]
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        8 => Just(Answer::Done),
        2 => Just(Answer::Failed),
        2 => any::<bool>().prop_map(|effect| Answer::Doubtful { effect }),
        1 => Just(Answer::Refused),
        1 => Just(Answer::NotCalled),
        1 => Just(Answer::Lost),
    ]
}

/// Anything that may happen next.
pub(super) fn op() -> impl Strategy<Value = Op> {
    let stage = prop::option::weighted(0.9, prop::sample::select(vec!["new", "price", "deal"]));
    let few = || prop::collection::vec(tag(), 0..3);
    prop_oneof![
        6 => (staff(), prop::bool::weighted(0.2), late(), any::<bool>(), any::<bool>())
            .prop_map(|(staff, half, late, code, snapshot)| Op::Add { staff, half, late, code, snapshot }),
        3 => (staff(), any::<bool>(), late(), prop::bool::weighted(0.8))
            .prop_map(|(staff, by_staff, late, told)| Op::Part { staff, by_staff, late, told }),
        8 => (staff(), tag(), prop::bool::weighted(0.7), prop::bool::weighted(0.8))
            .prop_map(|(staff, tag, on, told)| Op::Edit { staff, tag, on, told }),
        2 => staff().prop_map(|staff| Op::Hint { staff }),
        1 => Just(Op::Compare),
        4 => (prop::sample::select(vec!["你们产品多少钱", "你好"]), late())
            .prop_map(|(text, late)| Op::Say { text, late }),
        5 => (stage, late()).prop_map(|(stage, late)| Op::Drag { stage, late }),
        3 => (few(), few()).prop_map(|(add, remove)| Op::Tags { add, remove }),
        3 => (0..4_usize, any::<bool>()).prop_map(|(which, done)| Op::Task { which, done }),
        3 => (0..6_usize).prop_map(|back| Op::Undo { back }),
        16 => (0..4_usize, answer(), prop::bool::weighted(0.8))
            .prop_map(|(which, result, arrives)| Op::Work { which, result, arrives }),
        3 => (0..4_usize).prop_map(|which| Op::Arrive { which }),
        4 => (0..8_usize).prop_map(|back| Op::Repeat { back }),
        8 => prop_oneof![Just(0_i64), Just(1), 0..30_i64, 0..2000_i64, 0..50_000_i64]
            .prop_map(|minutes| Op::Sleep { minutes }),
        1 => any::<bool>().prop_map(|adopt| Op::Import { adopt }),
        2 => prop::option::weighted(0.7, staff()).prop_map(|staff| Op::Assign { staff }),
        2 => (tag(), 1..3000_i64).prop_map(|(tag, minutes)| Op::Lend { tag, minutes }),
        1 => (any::<i32>(), late()).prop_map(|(amount, late)| Op::Worth { amount, late }),
        1 => any::<bool>().prop_map(|heir| Op::DropStage { heir }),
        1 => prop::sample::select(vec!["g1", "g2"]).prop_map(|group| Op::Mirror { group }),
        1 => staff().prop_map(|staff| Op::Miss { staff }),
        2 => (staff(), prop_oneof![Just(0_i64), 0..9_i64]).prop_map(|(from, days)| Op::HandOver { from, days }),
        2 => (staff(), prop::bool::weighted(0.6)).prop_map(|(staff, on)| Op::Licence { staff, on }),
        1 => tag().prop_map(|tag| Op::DeleteTag { tag }),
        8 => (staff(), content()).prop_map(|(staff, content)| Op::Send { staff, content }),
        2 => (content(), 0..3_u32).prop_map(|(content, back)| Op::Open { content, back }),
        2 => (content(), any::<bool>()).prop_map(|(content, substantial)| Op::Version { content, substantial }),
    ]
}
