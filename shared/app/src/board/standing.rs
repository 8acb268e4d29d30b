//! Who stands at a stage, and who has its tag, as the index tells.

use std::collections::BTreeSet;

use domain::{
    BoardId, StageId, TagId,
    playbook::{Board, StageRef},
};
use store::JobKind;

use crate::{
    App, Error,
    tags::{Apart, Keys},
};

/// So many rows are looked through, from either end, before a request leaves the rest to a job.
pub const MOST_ROWS: usize = 10_000;

/// Who stands at a stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Cards, hidden ones included, as far as they were counted.
    pub cards: usize,
    /// Are there more?
    pub more: bool,
}

impl App {
    /// Cards at a stage, hidden ones too, counted to `most`.
    pub async fn cards_at(&self, board: &BoardId, stage: &StageId, most: usize) -> Result<Standing, Error> {
        let mut customers = BTreeSet::new();
        for index in partitions(board, stage) {
            let mut keys = Keys::of(index);
            while let Some(key) = keys.next(self).await? {
                customers.insert(key);
                if customers.len() > most {
                    return Ok(Standing { cards: most, more: true });
                }
            }
        }
        Ok(Standing { cards: customers.len(), more: false })
    }

    /// Does somebody at the stage lack its tag? Of more than ten thousand who have it nobody knows: then it is assumed,
    /// and a job looks.
    pub async fn lacks_tag(&self, at: &StageRef, tag: &TagId) -> Result<bool, Error> {
        for index in partitions(&at.board, &at.stage) {
            let tagged = vec![Keys::of(format!("TAG#{tag}"))];
            if self.has_apart(Keys::of(index), tagged, MOST_ROWS).await? != Apart::No {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Does somebody have the stage's tag and no card there? Of a group that was adopted, whose job has not come to them
    /// yet, or never will. Looked for among the first `most` and the last: the job goes from the first to the last, so
    /// whomever one that has not ended leaves is among these.
    pub async fn is_unadopted(&self, at: &StageRef, tag: &TagId, most: usize) -> Result<bool, Error> {
        Ok(self.look_for_unadopted(at, tag, most).await? == Apart::Yes)
    }

    async fn look_for_unadopted(&self, at: &StageRef, tag: &TagId, most: usize) -> Result<Apart, Error> {
        let (tagged, cards) = (format!("TAG#{tag}"), partitions(&at.board, &at.stage));
        match self.has_apart(Keys::of(tagged.clone()), cards.clone().map(Keys::of).into(), most).await? {
            Apart::NotFound => {
                self.has_apart(Keys::backwards(tagged), cards.map(Keys::backwards).into(), most).await
            }
            found => Ok(found),
        }
    }

    /// The job that takes over customers who have tags of these stages and no cards; `None`: nobody has one.
    pub async fn adoption_of(&self, board: &Board, stages: &[StageId]) -> Result<Option<JobKind>, Error> {
        for stage in board.stages.iter().filter(|stage| stages.contains(&stage.id)) {
            let Some(tag) = &stage.tag else { continue };
            if self.has_customers(tag).await? {
                return Ok(Some(JobKind::Board { board: board.id.clone() }));
            }
        }
        Ok(None)
    }

    /// The job that takes over whoever an earlier one left behind; `None`: there is nobody. Where more than `most` have a
    /// tag at either end, one may be left in the middle: then the job looks.
    pub async fn late_adoption_of(&self, board: &Board, most: usize) -> Result<Option<JobKind>, Error> {
        for stage in &board.stages {
            let at = StageRef { board: board.id.clone(), stage: stage.id.clone() };
            if let Some(tag) = &stage.tag
                && self.look_for_unadopted(&at, tag, most).await? != Apart::No
            {
                return Ok(Some(JobKind::Board { board: board.id.clone() }));
            }
        }
        Ok(None)
    }

    /// The job that values the cards of a board anew; `None`: it has none.
    pub async fn valuation_of(&self, board: &Board) -> Result<Option<JobKind>, Error> {
        for stage in &board.stages {
            if self.cards_at(&board.id, &stage.id, 1).await?.cards > 0 {
                return Ok(Some(JobKind::Board { board: board.id.clone() }));
            }
        }
        Ok(None)
    }

    /// The same where nothing changes now, but a change before may have been cut short: where cards are to have a value,
    /// or have one that they are not to have.
    pub async fn late_valuation_of(&self, board: &Board) -> Result<Option<JobKind>, Error> {
        if board.amount.is_some() {
            return self.valuation_of(board).await;
        }
        for stage in &board.stages {
            let valued = format!("BOARD#{}#{}#amount", board.id, stage.id);
            if !self.store.rows(&valued, 1, None).await?.items.is_empty() {
                return Ok(Some(JobKind::Board { board: board.id.clone() }));
            }
        }
        Ok(None)
    }

    /// Does any customer have the tag, as far as the index tells?
    pub async fn has_customers(&self, tag: &TagId) -> Result<bool, Error> {
        Ok(!self.store.rows(&format!("TAG#{tag}"), 1, None).await?.items.is_empty())
    }
}

/// The indexes of a stage: cards shown, and hidden ones.
fn partitions(board: &BoardId, stage: &StageId) -> [String; 2] {
    [format!("BOARD#{board}#{stage}"), format!("BOARD#{board}#{stage}#hidden")]
}
