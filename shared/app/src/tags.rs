//! The tag tree, kept as WeCom has it. Tags that vanish stay as tombstones.

mod edit;
mod half_made;
mod mirror;
mod names;
mod overlap;
mod rows;
mod users;

use std::collections::BTreeMap;

pub use edit::TagChange;
pub(crate) use edit::take_in;
pub(crate) use half_made::has_exactly;
pub use mirror::MirrorCount;
pub(crate) use names::is_name;
pub use overlap::{Likeness, Overlap, Overlaps};
pub(crate) use rows::{Apart, Keys};

use domain::{
    Playbook, TagGroupId,
    playbook::{Tag, TagGroup, TagTree},
};
use store::{Change, Expected, RecordKind};
use wecom::tag::TagQuery;

use crate::{App, Error, Lane, catalog};

/// A corp with thousands of groups takes several transactions.
const TRIES: u32 = 200;
const MOST_CHANGES: usize = 80;

impl App {
    /// Reads all corp tags from WeCom and takes over what changed.
    ///
    /// The playbook is read before the list, and written only if nobody changed it meanwhile: a list older than
    /// somebody's new tag must not make a tombstone of it.
    pub async fn refresh_tags(&self) -> Result<(), Error> {
        self.take_over_tags(false).await
    }

    /// The same after WeCom told of a change: then also "there are no tags any more" is believed.
    pub(crate) async fn take_over_tags(&self, told: bool) -> Result<(), Error> {
        for _ in 0..TRIES {
            let book = self.playbook().await?;
            let list = self.call(Lane::Interactive, |wecom, token| async move {
                wecom.list_corp_tags(&token, TagQuery::All).await
            });
            let list = list.await?;
            if list.is_empty() && !told && book.tags.groups().any(|group| !group.deleted) {
                // More likely a list that could not be read than a corp that gave up tagging; believing it would take
                // every tag off every customer.
                tracing::warn!("WeCom lists no tags at all; the known ones are kept");
                return Ok(());
            }
            let changes = differences(&book.tags, &list)?;
            if changes.is_empty() {
                self.tell_of_lost_stages(&book).await;
                return Ok(());
            }
            // One transaction's worth at a time; each raises the stamp, so the rest is compared anew.
            let some = &changes[..changes.len().min(MOST_CHANGES)];
            match self.store.change_playbook(some, Some(book.stamp), &[], &self.attempt_token()).await {
                Ok(()) | Err(store::Error::LostRace(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Crowded { tries: TRIES })
    }

    /// Stages whose tag somebody deleted in WeCom (T2): of each tag it is told once.
    async fn tell_of_lost_stages(&self, book: &Playbook) {
        for board in book.boards.values() {
            for stage in &board.stages {
                if let Some(tag) = stage.tag.as_ref().filter(|tag| book.tags.is_deleted(tag)) {
                    let text = format!(
                        "看板「{}」的阶段「{}」在企业微信中的标签已被删除。客户不受影响，请在看板设置中重建标签",
                        board.name, stage.name
                    );
                    self.tell_admins(format!("tag_missing#{tag}"), text).await;
                }
            }
        }
    }
}

fn differences(known: &TagTree, found: &[wecom::tag::TagGroup]) -> Result<Vec<Change>, Error> {
    let found: BTreeMap<TagGroupId, TagGroup> = found
        .iter()
        .map(|group| {
            let id = TagGroupId::from(group.group_id.as_str());
            (id.clone(), from_wecom(id, group))
        })
        .collect();
    let mut changes = Vec::new();
    for group in known.groups() {
        let merged = merge(group, found.get(&group.id));
        if &merged != group {
            changes.push(record(&merged)?);
        }
    }
    for group in found.values().filter(|group| known.group(&group.id).is_none()) {
        changes.push(record(group)?);
    }
    Ok(changes)
}

pub(crate) fn from_wecom(id: TagGroupId, group: &wecom::tag::TagGroup) -> TagGroup {
    let tags = group.tags.iter().map(|tag| Tag {
        id: tag.id.as_str().into(),
        name: tag.name.clone(),
        order: u32::try_from(tag.order).unwrap_or(0),
        deleted: tag.deleted,
        editable: None,
    });
    TagGroup {
        id,
        name: group.group_name.clone(),
        order: u32::try_from(group.order).unwrap_or(0),
        ours: false,
        deleted: group.deleted,
        editable: None,
        mirrored: false,
        tags: tags.collect(),
    }
}

/// What WeCom has, with tombstones for what it has no longer.
fn merge(known: &TagGroup, found: Option<&TagGroup>) -> TagGroup {
    let Some(found) = found else {
        let tags = known.tags.iter().map(|tag| Tag { deleted: true, ..tag.clone() }).collect();
        return TagGroup { deleted: true, tags, ..known.clone() };
    };
    let TagGroup { ours, editable, mirrored, .. } = *known;
    let mut merged = TagGroup { ours, editable, mirrored, ..found.clone() };
    for old in &known.tags {
        match merged.tags.iter_mut().find(|tag| tag.id == old.id) {
            Some(tag) => tag.editable = old.editable,
            None => merged.tags.push(Tag { deleted: true, ..old.clone() }),
        }
    }
    merged
}

/// Tag groups mirror WeCom, which is the only judge of them: whoever read it last writes last.
pub(crate) fn record(group: &TagGroup) -> Result<Change, Error> {
    Ok(Change {
        kind: RecordKind::TagGroup,
        id: group.id.to_string(),
        doc: Some(catalog::to_json(group)?),
        revision: 0,
        expected: Expected::Any,
    })
}

/// The same, if it is not what the playbook has.
pub(crate) fn record_if_changed(book: &Playbook, group: &TagGroup) -> Result<Option<Change>, Error> {
    (book.tags.group(&group.id) != Some(group)).then(|| record(group)).transpose()
}
