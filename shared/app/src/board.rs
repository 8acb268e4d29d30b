//! Boards: stages bound to the tags of one group, which is made in WeCom where it is missing.

mod change;
mod delete;
mod group;
mod rebuild;
mod standing;

use domain::{
    BoardId, Playbook, StageId, TagGroupId, TagId,
    id::check_slug,
    playbook::{Board, Problem, Stage, StageKind, TagGroup},
};
use serde::Deserialize;
use store::{Change, Expected, RecordKind};

pub use change::{BoardChange, StageChange};
pub use standing::Standing;

use crate::{App, Author, Error, catalog, tags};
use group::Target;

/// A board has at least so many stages.
pub const MIN_STAGES: usize = 2;
const MAX_STAGES: usize = 30;
const MAX_FOLLOW_UP_DAYS: u16 = 365;
const MAX_AMOUNT_CHARS: usize = 60;

/// A board as somebody wants it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoardPlan {
    /// Shown name.
    pub name: String,
    /// Name of the tag group; made if there is none.
    pub tag_group: String,
    /// Stages from first contact to the end; each is a tag of the same name.
    pub stages: Vec<StagePlan>,
    /// The numeric attribute that says what a deal is worth.
    #[serde(default)]
    pub amount: Option<String>,
}

/// A stage as somebody wants it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StagePlan {
    /// Unique within the board.
    pub id: String,
    /// Shown name, and the tag's.
    pub name: String,
    /// Open, won or lost.
    #[serde(default)]
    pub kind: StageKind,
    /// `#rrggbb`.
    #[serde(default)]
    pub colour: Option<String>,
    /// 1 to 365.
    #[serde(default)]
    pub follow_up_days: Option<u16>,
    /// Only of a stage that is lost.
    #[serde(default)]
    pub reason_required: bool,
}

impl App {
    /// Makes a board, with its tags in WeCom. A group that is there already is adopted as it is; tags that miss are
    /// added to it. Customers who have its tags get their cards by a job ([`Self::adoption_of`]).
    pub async fn create_board(
        &self,
        id: &BoardId,
        plan: &BoardPlan,
        author: &Author,
    ) -> Result<Board, Error> {
        check(id, plan)?;
        self.refresh_tags().await?;
        let book = self.playbook().await?;
        check_new(&book, id)?;
        let known = book.tags.groups().find(|group| group.name == plan.tag_group && !group.deleted);
        if let Some(known) = known {
            check_free(&book, &known.id)?;
            let names: Vec<&str> = plan.stages.iter().map(|stage| stage.name.as_str()).collect();
            if tags::has_exactly(known, &names) {
                self.claim_half_made(known, author).await?;
            }
        }
        let places: Vec<usize> = (0..plan.stages.len()).collect();
        let target = match known {
            Some(known) => Target::Known(known),
            None => Target::Named(&plan.tag_group),
        };
        let made = self.make_tags(&target, &plan.stages, &places).await?;
        self.decide("create", author, |book| {
            check_new(book, id)?;
            let group = made.within(book)?;
            check_free(book, &group.id)?;
            let board = Board {
                id: id.clone(),
                name: plan.name.clone(),
                tag_group: group.id.clone(),
                stages: plan.stages.iter().map(|stage| stage.bound(&group)).collect(),
                amount: plan.amount.clone(),
                former: Vec::new(),
                revision: 1,
            };
            Ok((vec![tags::record(&group)?, record(&board, Expected::Absent)?], board))
        })
        .await
    }
}

fn check_new(book: &Playbook, id: &BoardId) -> Result<(), Error> {
    if book.boards.contains_key(id) {
        return Err(Error::Conflict(format!("board {id} exists already")));
    }
    Ok(())
}

/// A group has one board (T2).
fn check_free(book: &Playbook, group: &TagGroupId) -> Result<(), Error> {
    let Some(other) = book.boards.values().find(|board| board.tag_group == *group) else { return Ok(()) };
    let name = book.tags.group(group).map_or(group.as_str(), |group| group.name.as_str());
    let text = format!("tag group {name:?} belongs to board {:?}", other.id.as_str());
    Err(Error::Invalid(vec![Problem::new("/tag_group", "taken", text)]))
}

/// A board as it is kept: `board.revision` is the one that it gets.
fn record(board: &Board, expected: Expected) -> Result<Change, Error> {
    Ok(Change {
        kind: RecordKind::Board,
        id: board.id.to_string(),
        doc: Some(catalog::to_json(board)?),
        revision: board.revision,
        expected,
    })
}

impl StagePlan {
    fn of(&self, tag: Option<TagId>) -> Stage {
        Stage {
            id: StageId::from(self.id.as_str()),
            name: self.name.clone(),
            tag,
            kind: self.kind,
            colour: self.colour.clone(),
            follow_up_days: self.follow_up_days,
            reason_required: self.reason_required,
        }
    }

    /// The stage, which is the tag of its name.
    fn bound(&self, group: &TagGroup) -> Stage {
        self.of(group.live().find(|tag| tag.name == self.name).map(|tag| tag.id.clone()))
    }
}

fn check(id: &BoardId, plan: &BoardPlan) -> Result<(), Error> {
    let mut problems = Vec::new();
    let mut bad =
        |pointer: String, code: &str, text: String| problems.push(Problem::new(pointer, code, text));
    if let Err(error) = check_slug(id.as_str()) {
        bad("/id".into(), "bad_id", error.to_string());
    }
    for (pointer, name) in [("/name", &plan.name), ("/tag_group", &plan.tag_group)] {
        if !tags::is_name(name) {
            bad(pointer.into(), "bad_length", "a name has 1 to 30 characters and no slash".into());
        }
    }
    problems.extend(check_amount(plan.amount.as_deref()));
    problems.extend(check_stages(&plan.stages));
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}

fn check_amount(name: Option<&str>) -> Option<Problem> {
    let wrong = name.is_some_and(|name| name.trim().is_empty() || name.chars().count() > MAX_AMOUNT_CHARS);
    wrong.then(|| Problem::new("/amount", "bad_length", "an attribute's name has 1 to 60 characters"))
}

fn check_stages(stages: &[StagePlan]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut bad =
        |pointer: String, code: &str, text: String| problems.push(Problem::new(pointer, code, text));
    if stages.len() < MIN_STAGES || stages.len() > MAX_STAGES {
        bad("/stages".into(), "bad_length", "a board has 2 to 30 stages".into());
    }
    for (i, stage) in stages.iter().enumerate() {
        let before = &stages[..i];
        if let Err(error) = check_slug(&stage.id) {
            bad(format!("/stages/{i}/id"), "bad_id", error.to_string());
        }
        if before.iter().any(|other| other.id == stage.id) {
            bad(format!("/stages/{i}/id"), "duplicate", format!("stage id {:?} is used twice", stage.id));
        }
        if !tags::is_name(&stage.name) {
            bad(
                format!("/stages/{i}/name"),
                "bad_length",
                "a name has 1 to 30 characters and no slash".into(),
            );
        }
        if before.iter().any(|other| other.name == stage.name) {
            bad(
                format!("/stages/{i}/name"),
                "duplicate",
                format!("stage name {:?} is used twice", stage.name),
            );
        }
        if stage.colour.as_ref().is_some_and(|colour| !is_colour(colour)) {
            bad(format!("/stages/{i}/colour"), "bad_value", "a colour is written #1a7f5a".into());
        }
        if stage.follow_up_days.is_some_and(|days| !(1..=MAX_FOLLOW_UP_DAYS).contains(&days)) {
            bad(format!("/stages/{i}/follow_up_days"), "out_of_range", "1 to 365 days".into());
        }
        if stage.reason_required && stage.kind != StageKind::Lost {
            bad(
                format!("/stages/{i}/reason_required"),
                "bad_combination",
                "only of a stage that is lost a reason is asked".into(),
            );
        }
    }
    problems
}

fn is_colour(text: &str) -> bool {
    let digits = text.strip_prefix('#');
    digits.is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}
