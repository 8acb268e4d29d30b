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

/// So many rows are looked through before a request leaves the rest to a job.
const MOST_ROWS: usize = 10_000;

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
            let tagged = vec![format!("TAG#{tag}")];
            if self.has_apart(index, tagged, MOST_ROWS).await? != Apart::No {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Does somebody have the stage's tag and no card there? Of a group that was adopted, whose job has not come to them
    /// yet; looked for among the first ten thousand.
    pub async fn is_unadopted(&self, at: &StageRef, tag: &TagId) -> Result<bool, Error> {
        let cards = partitions(&at.board, &at.stage).to_vec();
        Ok(self.has_apart(format!("TAG#{tag}"), cards, MOST_ROWS).await? == Apart::Yes)
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

    /// The job that takes over whoever an earlier one left behind; `None`: there is nobody.
    pub async fn late_adoption_of(&self, board: &Board) -> Result<Option<JobKind>, Error> {
        for stage in &board.stages {
            let at = StageRef { board: board.id.clone(), stage: stage.id.clone() };
            if let Some(tag) = &stage.tag
                && self.is_unadopted(&at, tag).await?
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

    /// Does any customer have the tag, as far as the index tells?
    pub async fn has_customers(&self, tag: &TagId) -> Result<bool, Error> {
        Ok(!self.store.rows(&format!("TAG#{tag}"), 1, None).await?.items.is_empty())
    }
}

/// The indexes of a stage: cards shown, and hidden ones.
fn partitions(board: &BoardId, stage: &StageId) -> [String; 2] {
    [format!("BOARD#{board}#{stage}"), format!("BOARD#{board}#{stage}#hidden")]
}
