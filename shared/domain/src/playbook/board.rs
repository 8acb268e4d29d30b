//! Boards (商机看板) and their stages.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{BoardId, StageId, TagGroupId, TagId};

/// Stages in order, bound to one exclusive tag group (T2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    /// Its id.
    pub id: BoardId,
    /// Shown name.
    pub name: String,
    /// The tag group whose tags are the stages.
    pub tag_group: TagGroupId,
    /// From first contact to the end.
    pub stages: Vec<Stage>,
    /// The numeric attribute that says what a deal is worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// Stages that were deleted, for what is told of the past; the last [`MAX_FORMER_STAGES`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<FormerStage>,
    /// Revision, for If-Match.
    #[serde(default)]
    pub revision: u64,
}

/// A stage; its tag IS the stage, bound by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Unique within the board.
    pub id: StageId,
    /// Shown name.
    pub name: String,
    /// The tag in WeCom. A tag deleted there is a tombstone in the tree, and the stage is `tag_missing`.
    pub tag: Option<TagId>,
    /// Open, won or lost.
    #[serde(default)]
    pub kind: StageKind,
    /// How it is shown: `#rrggbb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    /// After so many days at the stage somebody should look after the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up_days: Option<u16>,
    /// People who move a card here say why. Only of a stage that is lost.
    #[serde(default)]
    pub reason_required: bool,
}

/// Of a board so many deleted stages are remembered.
pub const MAX_FORMER_STAGES: usize = 50;

/// A stage that was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerStage {
    /// Its id.
    pub id: StageId,
    /// Its name.
    pub name: String,
    /// Its tag, which whoever still stands there loses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<TagId>,
    /// Where its cards went; `None`: there were none, or they left the board.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<StageId>,
}

/// Whether a stage is on the way or an end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageKind {
    /// On the way.
    #[default]
    Open,
    /// Bought.
    Won,
    /// Gone.
    Lost,
}

impl Board {
    /// A stage by id.
    #[must_use]
    pub fn stage(&self, id: &StageId) -> Option<&Stage> {
        self.stages.iter().find(|stage| &stage.id == id)
    }

    /// The tag that a deleted stage had.
    #[must_use]
    pub fn former_tag(&self, gone: &StageId) -> Option<&TagId> {
        let is_gone = self.stage(gone).is_none();
        self.former.iter().rev().find(|former| is_gone && &former.id == gone)?.tag.as_ref()
    }

    /// Where a card at a deleted stage belongs now; `None`: nowhere.
    #[must_use]
    pub fn heir_of(&self, gone: &StageId) -> Option<&Stage> {
        let mut at = gone;
        for _ in 0..=self.former.len() {
            if let Some(stage) = self.stage(at) {
                return Some(stage);
            }
            at = self.former.iter().rev().find(|former| &former.id == at)?.moved_to.as_ref()?;
        }
        None
    }

    /// How far along a stage is; 0 = first.
    #[must_use]
    pub fn position(&self, id: &StageId) -> Option<usize> {
        self.stages.iter().position(|stage| &stage.id == id)
    }
}

/// `board/stage`, by ids once resolved, by names as people write it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StageRef {
    /// The board.
    pub board: BoardId,
    /// The stage.
    pub stage: StageId,
}

impl fmt::Display for StageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.board, self.stage)
    }
}

impl Serialize for StageRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StageRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.split_once('/') {
            Some((board, stage)) if !board.is_empty() && !stage.is_empty() => {
                Ok(Self { board: board.into(), stage: stage.into() })
            }
            _ => Err(serde::de::Error::custom(format!("{text:?} is not a stage: write board/stage"))),
        }
    }
}
