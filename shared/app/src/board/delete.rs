//! A stage deleted. One write takes it off its board and says where its cards belong from then on: nobody new arrives,
//! and whoever stands there is led on by whatever happens to them next, else by the job that moves them. Both are moves like
//! any other: old tag off, new tag on, SOPs of the old stage left, those of the new one entered (T3). Silent is only what
//! looks at a board's customers for its own sake (T7).

use domain::{
    BoardId, StageId,
    playbook::{Board, FormerStage, MAX_FORMER_STAGES, Stage},
};
use store::Expected;

use super::{MIN_STAGES, change::read_as, record};
use crate::{App, Author, Error};

impl App {
    /// Takes a stage off its board, which was read as `revision`; the board remembers it. Who stands there belongs to
    /// `moved_to`; where nobody does, who comes at this very moment goes to the nearest stage of the same kind. Its tag
    /// stays in WeCom.
    pub async fn delete_stage(
        &self,
        id: &BoardId,
        stage: &StageId,
        revision: u64,
        moved_to: Option<&StageId>,
        author: &Author,
    ) -> Result<Board, Error> {
        self.decide("delete_stage", author, |book| {
            let mut board = read_as(book, id, revision)?.clone();
            let Some(place) = board.position(stage) else {
                return Err(Error::NotFound(format!(
                    "stage {:?} of board {:?}",
                    stage.as_str(),
                    id.as_str()
                )));
            };
            check_enough(&board)?;
            let gone = board.stages.remove(place);
            let heir = match moved_to {
                Some(to) if board.stage(to).is_none() => {
                    return Err(Error::Conflict("the stage they go to was deleted meanwhile".into()));
                }
                Some(to) => Some(to.clone()),
                None => neighbour(&board.stages, place, &gone).map(|stage| stage.id.clone()),
            };
            board.former.retain(|former| former.id != gone.id);
            board.former.push(FormerStage { id: gone.id, name: gone.name, tag: gone.tag, moved_to: heir });
            let too_many = board.former.len().saturating_sub(MAX_FORMER_STAGES);
            board.former.drain(..too_many);
            board.revision = revision + 1;
            Ok((vec![record(&board, Expected::Revision(revision))?], board))
        })
        .await
    }
}

/// May a stage of the board be deleted?
pub(super) fn check_enough(board: &Board) -> Result<(), Error> {
    if board.stages.len() <= MIN_STAGES {
        return Err(Error::Conflict(format!("a board has at least {MIN_STAGES} stages")));
    }
    Ok(())
}

/// The nearest of the same kind, earlier ones first. `place` is where the deleted one was.
fn neighbour<'a>(left: &'a [Stage], place: usize, gone: &Stage) -> Option<&'a Stage> {
    let (before, after) = left.split_at(place.min(left.len()));
    let alike = |stage: &&Stage| stage.kind == gone.kind;
    before.iter().rev().find(alike).or_else(|| after.iter().find(alike))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_comes_late_goes_to_the_nearest_stage_of_the_kind() {
        let stage = |(id, kind): (&str, &str)| -> Stage {
            serde_json::from_value(json!({"id": id, "name": id, "tag": null, "kind": kind})).unwrap()
        };
        let all: Vec<Stage> =
            [("a", "open"), ("b", "open"), ("won", "won"), ("lost", "lost")].map(stage).into();
        let heir = |place: usize| {
            let mut left = all.clone();
            let gone = left.remove(place);
            neighbour(&left, place, &gone).map(|stage| stage.id.to_string())
        };
        assert_eq!((heir(0).as_deref(), heir(1).as_deref()), (Some("b"), Some("a")));
        assert_eq!((heir(2), heir(3)), (None, None), "nobody has bought, or is lost, by accident");
    }
}
