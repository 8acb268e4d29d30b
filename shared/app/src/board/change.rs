//! A board as it lives on: renamed, its stages called otherwise, in another order, new ones among them.

use domain::{
    BoardId, Playbook, StageId,
    playbook::{Board, Problem, Stage, StageKind},
};
use store::Expected;

use super::{
    StagePlan, check_amount, check_stages,
    group::{Made, TagPlan, Target, group_of},
    record,
};
use crate::{App, Author, Error, tags};

/// What is to change of a board; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardChange {
    /// Shown name.
    pub name: Option<String>,
    /// All stages in their new order. One with a new id is added, with its tag.
    pub stages: Option<Vec<StageChange>>,
    /// The numeric attribute that says what a deal is worth, or none.
    pub amount: Option<Option<String>>,
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
        let mut problems = Vec::new();
        if change.name.as_ref().is_some_and(|name| !tags::is_name(name)) {
            let text = "a name has 1 to 30 characters and no slash";
            problems.push(Problem::new("/name", "bad_length", text));
        }
        problems.extend(check_amount(change.amount.as_ref().and_then(|amount| amount.as_deref())));
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        let stages = change.stages.as_deref().map(|wanted| arranged(&known, wanted)).transpose()?;
        let made = match &stages {
            Some(stages) => self.prepare_tags(&known, revision, stages, author).await?,
            None => None,
        };
        let changed = self.decide("put", author, |book| {
            let known = read_as(book, id, revision)?;
            let mut board = known.clone();
            board.name = change.name.clone().unwrap_or(board.name);
            board.amount = change.amount.clone().unwrap_or(board.amount);
            let mut changes = Vec::new();
            let group = made.as_ref().map(|made| made.within(book)).transpose()?;
            if let Some(stages) = &stages {
                let stage = |plan: &StagePlan| match (known.stage(&plan.id.as_str().into()), &group) {
                    (Some(old), _) => plan.of(old.tag.clone()),
                    (None, Some(group)) => plan.bound(group),
                    (None, None) => plan.of(None),
                };
                board.stages = stages.iter().map(stage).collect();
                // Who takes a name again is that stage again.
                let stages = &board.stages;
                board.former.retain(|former| stages.iter().all(|stage| stage.id != former.id));
            }
            if let Some(group) = &group {
                board.tag_group = group.id.clone();
                changes.extend(tags::record_if_changed(book, group)?);
            }
            if board != *known {
                board.revision = revision + 1;
                changes.push(record(&board, Expected::Revision(revision))?);
            }
            Ok((changes, board))
        });
        let changed = changed.await;
        if let (Err(_), Some(made)) = (&changed, &made) {
            self.keep_made(made, author).await?;
        }
        changed
    }

    /// Renames the tags of stages that get another name, and makes those of new ones; `None`: there are none. All names
    /// are judged before WeCom is asked for anything.
    async fn prepare_tags(
        &self,
        known: &Board,
        revision: u64,
        stages: &[StagePlan],
        author: &Author,
    ) -> Result<Option<Made>, Error> {
        let book = self.playbook().await?;
        if TagPlan::of(&book, known, stages).is_ok_and(|plan| plan.is_empty()) {
            return Ok(None);
        }
        self.refresh_tags().await?;
        let book = self.playbook().await?;
        let known = read_as(&book, &known.id, revision)?;
        let plan = TagPlan::of(&book, known, stages)?;
        for place in &plan.new {
            self.check_not_leaving(known, &stages[*place].id.as_str().into()).await?;
        }
        self.rename_tags(&known.tag_group, &plan, author).await?;
        if plan.new.is_empty() {
            return Ok(None);
        }
        let book = self.playbook().await?;
        let group = group_of(&book, known);
        let name = book.tags.group(&known.tag_group).map_or(known.name.as_str(), |group| group.name.as_str());
        let target = group.map_or(Target::Named(name), Target::Known);
        Ok(Some(self.make_tags(&target, stages, &plan.new).await?))
    }

    /// A stage that was deleted, and that customers are still being led out of, is not added again.
    async fn check_not_leaving(&self, board: &Board, stage: &StageId) -> Result<(), Error> {
        let is_former = board.former.iter().any(|former| former.id == *stage);
        if is_former && self.cards_at(&board.id, stage, 1).await?.cards > 0 {
            let text = format!("customers are still being led out of the deleted stage {:?}", stage.as_str());
            return Err(Error::Conflict(text));
        }
        Ok(())
    }

    pub(super) async fn board_read_as(&self, id: &BoardId, revision: u64) -> Result<Board, Error> {
        let book = self.playbook().await?;
        read_as(&book, id, revision).cloned()
    }
}

pub(super) fn read_as<'a>(book: &'a Playbook, id: &BoardId, revision: u64) -> Result<&'a Board, Error> {
    let board = book.boards.get(id);
    let board = board.ok_or_else(|| Error::NotFound(format!("board {:?}", id.as_str())))?;
    if board.revision != revision {
        return Err(Error::Conflict("it was changed meanwhile; read it again".into()));
    }
    Ok(board)
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
