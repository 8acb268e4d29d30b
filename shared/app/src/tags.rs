//! The tag tree, kept as WeCom has it. Tags that vanish stay as tombstones.

use std::collections::BTreeMap;

use domain::{
    TagGroupId,
    playbook::{Tag, TagGroup},
};
use store::{Change, Expected, RecordKind};
use wecom::tag::TagQuery;

use crate::{App, Error, catalog};

impl App {
    /// Reads all corp tags from WeCom and takes over what changed.
    pub async fn refresh_tags(&self) -> Result<(), Error> {
        let found =
            self.call(|token| async move { self.wecom.list_corp_tags(&token, TagQuery::All).await }).await?;
        let found: BTreeMap<TagGroupId, TagGroup> = found
            .iter()
            .map(|group| {
                let id = TagGroupId::from(group.group_id.as_str());
                (id.clone(), from_wecom(id, group))
            })
            .collect();
        let book = self.playbook().await?;
        let mut changes = Vec::new();
        for known in book.tags.groups() {
            let merged = merge(known, found.get(&known.id));
            if &merged != known {
                changes.push(record(&merged)?);
            }
        }
        let unknown = found.values().filter(|group| book.tags.group(&group.id).is_none());
        for group in unknown {
            changes.push(record(group)?);
        }
        for chunk in changes.chunks(80) {
            self.store.change_playbook(chunk, &self.attempt_token()).await?;
        }
        Ok(())
    }
}

pub(crate) fn from_wecom(id: TagGroupId, group: &wecom::tag::TagGroup) -> TagGroup {
    let tags = group.tags.iter().map(|tag| Tag {
        id: tag.id.as_str().into(),
        name: tag.name.clone(),
        order: u32::try_from(tag.order).unwrap_or(0),
        deleted: tag.deleted,
    });
    TagGroup {
        id,
        name: group.group_name.clone(),
        order: u32::try_from(group.order).unwrap_or(0),
        ours: false,
        deleted: group.deleted,
        tags: tags.collect(),
    }
}

/// What WeCom has, with tombstones for what it has no longer.
fn merge(known: &TagGroup, found: Option<&TagGroup>) -> TagGroup {
    let Some(found) = found else {
        let tags = known.tags.iter().map(|tag| Tag { deleted: true, ..tag.clone() }).collect();
        return TagGroup { deleted: true, tags, ..known.clone() };
    };
    let mut merged = TagGroup { ours: known.ours, ..found.clone() };
    for old in &known.tags {
        if !merged.tags.iter().any(|tag| tag.id == old.id) {
            merged.tags.push(Tag { deleted: true, ..old.clone() });
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
