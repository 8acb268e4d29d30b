//! A board as it lives on: renamed, its stages in another order, stages added and deleted, lost tags made anew.

use domain::{
    BoardId, CustomerId, StageId, TagId,
    playbook::{Board, Problem, Stage, StageKind},
};
use store::{Expected, MAX_JOB_CUSTOMERS};

use super::{MIN_STAGES, StagePlan, check_stages, record};
use crate::{App, Author, Error, TagChange, tags};

const ROWS: i32 = 500;

/// What is to change of a board; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardChange {
    /// Shown name.
    pub name: Option<String>,
    /// All stages in their new order. One with a new id is added, with its tag.
    pub stages: Option<Vec<StageChange>>,
}

/// What is to change of a stage; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageChange {
    /// Which, or the id of a new one.
    pub id: String,
    /// Shown name, and the tag's. A new stage has one.
    pub name: Option<String>,
    /// Open, won or lost.
    pub kind: Option<StageKind>,
    /// `#rrggbb`, or none.
    pub colour: Option<Option<String>>,
    /// 1 to 365, or none.
    pub follow_up_days: Option<Option<u16>>,
    /// Only of a stage that is lost.
    pub reason_required: Option<bool>,
}

impl App {
    /// Changes a board that was read as `revision`. A stage's tag gets its new name too, unless WeCom does not let us.
    pub async fn change_board(
        &self,
        id: &BoardId,
        revision: u64,
        change: &BoardChange,
        author: &Author,
    ) -> Result<Board, Error> {
        let known = self.board_read_as(id, revision).await?;
        if change.name.as_ref().is_some_and(|name| !tags::is_name(name)) {
            let text = "a name has 1 to 30 characters and no slash";
            return Err(Error::Invalid(vec![Problem::new("/name", "bad_length", text)]));
        }
        let stages = change.stages.as_deref().map(|wanted| arranged(&known, wanted)).transpose()?;
        let mut board = known.clone();
        board.name = change.name.clone().unwrap_or(board.name);
        let mut changes = Vec::new();
        if let Some(stages) = stages {
            let new: Vec<StagePlan> = stages
                .iter()
                .filter(|plan| known.stage(&plan.id.as_str().into()).is_none())
                .cloned()
                .collect();
            let group = if new.is_empty() { None } else { Some(self.tags_for(&known, &new, &stages).await?) };
            self.rename_tags(&known, &stages).await?;
            let stage = |plan: &StagePlan| match (known.stage(&plan.id.as_str().into()), &group) {
                (Some(old), _) => plan.of(old.tag.clone()),
                (None, Some(group)) => plan.bound(group),
                (None, None) => plan.of(None),
            };
            board.stages = stages.iter().map(stage).collect();
            if let Some(group) = &group {
                board.tag_group = group.id.clone();
                changes.push(tags::record(group)?);
            }
        }
        if board == known {
            return Ok(board);
        }
        board.revision = revision + 1;
        changes.push(record(&board, Expected::Revision(revision))?);
        self.change(&changes, "put", author).await?;
        Ok(board)
    }

    /// Takes a stage, at which no card stands any more, off its board. Its tag stays in WeCom.
    pub async fn delete_stage(
        &self,
        id: &BoardId,
        stage: &StageId,
        revision: u64,
        author: &Author,
    ) -> Result<Board, Error> {
        let mut board = self.board_read_as(id, revision).await?;
        if board.stages.len() <= MIN_STAGES {
            return Err(Error::Conflict(format!("a board has at least {MIN_STAGES} stages")));
        }
        board.stages.retain(|other| other.id != *stage);
        board.revision = revision + 1;
        self.change(&[record(&board, Expected::Revision(revision))?], "delete_stage", author).await?;
        Ok(board)
    }

    /// Makes the tag of a stage anew that was deleted outside Stepwise (重建标签), or takes one of its name. Cards get it
    /// when they are told to.
    pub async fn rebuild_stage_tag(
        &self,
        id: &BoardId,
        stage: &StageId,
        author: &Author,
    ) -> Result<(Board, TagId), Error> {
        self.refresh_tags().await?;
        let book = self.playbook().await?;
        let Some((known, lost)) = book.stage(id, stage) else {
            return Err(Error::NotFound(format!("stage {:?} of board {:?}", stage.as_str(), id.as_str())));
        };
        if let Some(tag) = book.live_tag_of(lost) {
            // Asked once more: perhaps not every card has it yet.
            return Ok((known.clone(), tag));
        }
        let plan = StagePlan::from(lost);
        let group = self.tags_for(known, std::slice::from_ref(&plan), &[]).await?;
        let bound = plan.bound(&group);
        let Some(tag) = bound.tag.clone() else {
            return Err(Error::Conflict("WeCom did not say which tag it made; try again".into()));
        };
        let mut board = Board { tag_group: group.id.clone(), revision: known.revision + 1, ..known.clone() };
        for old in board.stages.iter_mut().filter(|old| old.id == *stage) {
            *old = bound.clone();
        }
        let change = record(&board, Expected::Revision(known.revision))?;
        self.change(&[tags::record(&group)?, change], "rebuild_tag", author).await?;
        Ok((board, tag))
    }

    /// Customers whose card stands at a stage, hidden ones too, as many as a job takes; and whether there are more.
    pub async fn customers_at(
        &self,
        board: &BoardId,
        stage: &StageId,
    ) -> Result<(Vec<CustomerId>, bool), Error> {
        let mut customers = Vec::new();
        for index in [format!("BOARD#{board}#{stage}"), format!("BOARD#{board}#{stage}#hidden")] {
            let mut from = None;
            loop {
                let rows = self.store.rows(&index, ROWS, from.as_ref()).await?;
                customers.extend(rows.items.iter().map(|row| CustomerId::from(row.sk.as_str())));
                if customers.len() > MAX_JOB_CUSTOMERS {
                    customers.truncate(MAX_JOB_CUSTOMERS);
                    return Ok((customers, true));
                }
                from = rows.next;
                if from.is_none() {
                    break;
                }
            }
        }
        Ok((customers, false))
    }

    async fn board_read_as(&self, id: &BoardId, revision: u64) -> Result<Board, Error> {
        let book = self.playbook().await?;
        let board = book.boards.get(id);
        let board = board.ok_or_else(|| Error::NotFound(format!("board {:?}", id.as_str())))?;
        if board.revision != revision {
            return Err(Error::Conflict("it was changed meanwhile; read it again".into()));
        }
        Ok(board.clone())
    }

    /// The board's group with tags for `new` stages, made where they miss. `all`: the stages in which they stand, for
    /// telling what is wrong.
    async fn tags_for(
        &self,
        board: &Board,
        new: &[StagePlan],
        all: &[StagePlan],
    ) -> Result<domain::playbook::TagGroup, Error> {
        self.refresh_tags().await?;
        let book = self.playbook().await?;
        let known = book.tags.group(&board.tag_group);
        let live = known.filter(|group| !group.deleted);
        for plan in new {
            let namesake = live.and_then(|group| group.live().find(|tag| tag.name == plan.name));
            if namesake.is_some_and(|tag| book.stage_of_tag(&tag.id).is_some()) {
                let place = all.iter().position(|other| other.id == plan.id).unwrap_or(0);
                let text = format!("the tag {:?} is another stage's", plan.name);
                let problem = Problem::new(format!("/stages/{place}/name"), "name_taken", text);
                return Err(Error::Invalid(vec![problem]));
            }
        }
        let name = known.map_or(board.name.as_str(), |group| group.name.as_str());
        self.complete_group(live, name, new).await
    }

    async fn rename_tags(&self, known: &Board, stages: &[StagePlan]) -> Result<(), Error> {
        let book = self.playbook().await?;
        for (place, plan) in stages.iter().enumerate() {
            let Some(old) = known.stage(&plan.id.as_str().into()) else { continue };
            let Some(tag) = book.live_tag_of(old).filter(|_| old.name != plan.name) else { continue };
            let change = TagChange { name: Some(plan.name.clone()), order: None };
            // The board's own entry in the audit tells of it.
            match self.change_tag(&tag, &change, &Author::stepwise()).await {
                Ok(_) | Err(Error::NotEditable(_)) => {}
                Err(Error::Invalid(mut problems)) => {
                    for problem in &mut problems {
                        problem.pointer = format!("/stages/{place}/name");
                    }
                    return Err(Error::Invalid(problems));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// The stages as they are to be, in order.
fn arranged(board: &Board, wanted: &[StageChange]) -> Result<Vec<StagePlan>, Error> {
    let mut problems = Vec::new();
    let left_out =
        board.stages.iter().filter(|stage| wanted.iter().all(|change| stage.id.as_str() != change.id));
    let left_out: Vec<&str> = left_out.map(|stage| stage.id.as_str()).collect();
    if !left_out.is_empty() {
        let text = format!("{} is not in the list: a stage is deleted on its own", left_out.join(", "));
        problems.push(Problem::new("/stages", "stage_left_out", text));
    }
    let mut stages = Vec::with_capacity(wanted.len());
    for (place, change) in wanted.iter().enumerate() {
        let old = board.stage(&change.id.as_str().into());
        if old.is_none() && change.name.is_none() {
            let text = "a new stage has a name";
            problems.push(Problem::new(format!("/stages/{place}/name"), "missing_field", text));
        } else {
            stages.push(change.apply(old));
        }
    }
    if problems.is_empty() {
        problems = check_stages(&stages);
    }
    if problems.is_empty() { Ok(stages) } else { Err(Error::Invalid(problems)) }
}

impl StageChange {
    fn apply(&self, old: Option<&Stage>) -> StagePlan {
        let mut plan = old.map_or_else(StagePlan::default, StagePlan::from);
        plan.id.clone_from(&self.id);
        plan.name = self.name.clone().unwrap_or(plan.name);
        plan.kind = self.kind.unwrap_or(plan.kind);
        plan.colour = self.colour.clone().unwrap_or(plan.colour);
        plan.follow_up_days = self.follow_up_days.unwrap_or(plan.follow_up_days);
        plan.reason_required = self.reason_required.unwrap_or(plan.reason_required);
        plan
    }
}

impl From<&Stage> for StagePlan {
    fn from(stage: &Stage) -> Self {
        Self {
            id: stage.id.to_string(),
            name: stage.name.clone(),
            kind: stage.kind,
            colour: stage.colour.clone(),
            follow_up_days: stage.follow_up_days,
            reason_required: stage.reason_required,
        }
    }
}
