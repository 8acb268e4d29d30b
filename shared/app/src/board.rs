//! Boards: stages bound to the tags of one group, which is made in WeCom where it is missing.

mod change;

use domain::{
    BoardId, StageId, TagId,
    id::check_slug,
    playbook::{Board, Problem, Stage, StageKind, TagGroup},
};
use serde::Deserialize;
use store::{Change, Expected, RecordKind};

pub use change::{BoardChange, StageChange};
use wecom::tag::{NewTag, NewTags, NewTagsGroup};

use crate::{App, Author, Error, catalog, tags};

const MIN_STAGES: usize = 2;
const MAX_STAGES: usize = 30;
const MAX_FOLLOW_UP_DAYS: u16 = 365;

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
    /// added to it.
    pub async fn create_board(
        &self,
        id: &BoardId,
        plan: &BoardPlan,
        author: &Author,
    ) -> Result<Board, Error> {
        check(id, plan)?;
        self.refresh_tags().await?;
        let book = self.playbook().await?;
        if book.boards.contains_key(id) {
            return Err(Error::Conflict(format!("board {id} exists already")));
        }
        let taken = book.boards.values().find(|board| {
            book.tags.group(&board.tag_group).is_some_and(|group| group.name == plan.tag_group)
        });
        if let Some(other) = taken {
            let text = format!("tag group {:?} belongs to board {:?}", plan.tag_group, other.id.as_str());
            return Err(Error::Invalid(vec![Problem::new("/tag_group", "taken", text)]));
        }
        let known = book.tags.groups().find(|group| group.name == plan.tag_group && !group.deleted);
        let group = self.complete_group(known, &plan.tag_group, &plan.stages).await?;
        let board = Board {
            id: id.clone(),
            name: plan.name.clone(),
            tag_group: group.id.clone(),
            stages: plan.stages.iter().map(|stage| stage.bound(&group)).collect(),
            amount: None,
            former: Vec::new(),
            revision: 1,
        };
        let change = record(&board, Expected::Absent)?;
        self.change(&[tags::record(&group)?, change], "create", author).await?;
        Ok(board)
    }

    /// The group with a tag for every stage. WeCom collapses repeated names, so a crash in the middle is mended by
    /// doing it again.
    async fn complete_group(
        &self,
        known: Option<&TagGroup>,
        name: &str,
        stages: &[StagePlan],
    ) -> Result<TagGroup, Error> {
        let has = |name: &str| {
            known.is_some_and(|group| group.tags.iter().any(|tag| tag.name == name && !tag.deleted))
        };
        // WeCom sorts larger numbers first; stages go from left to right.
        let missing = stages.iter().enumerate().filter(|(_, stage)| !has(&stage.name));
        let missing: Vec<NewTag> = missing
            .map(|(i, stage)| NewTag { name: stage.name.clone(), order: u32::try_from(1000 - i).ok() })
            .collect();
        if missing.is_empty()
            && let Some(known) = known
        {
            return Ok(known.clone());
        }
        let group = match known {
            Some(known) => NewTagsGroup::Existing { group_id: known.id.to_string() },
            None => NewTagsGroup::Named { group_name: name.to_owned(), order: None },
        };
        let made = self.add_in_wecom(&NewTags { group, tags: missing, agentid: None }).await?;
        let mut group = known.cloned().unwrap_or(TagGroup {
            ours: true,
            editable: Some(true),
            mirrored: false,
            tags: Vec::new(),
            ..made.clone()
        });
        tags::take_in(&mut group, made.tags);
        Ok(group)
    }
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
    problems.extend(check_stages(&plan.stages));
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
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
