//! Groups of contents: a tree of small records. What is said of one depends on its neighbours, so that each change is made
//! on the playbook as it is at that moment.

use domain::{
    ContentGroupId, Playbook,
    content::{ContentGroup, GroupTree, MAX_GROUPS},
    playbook::Problem,
};
use store::{Change, Expected, RecordKind};

use crate::{App, Author, Barred, Error, catalog};

/// Moving a group may write all of its neighbours, in one transaction.
const MAX_NEIGHBOURS: usize = 80;

/// A group as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupEdit {
    /// See [`ContentGroup::name`].
    pub name: String,
    /// See [`ContentGroup::parent`].
    pub parent: Option<ContentGroupId>,
    /// See [`ContentGroup::order`]; `None`: it keeps its own, or goes behind its neighbours.
    pub order: Option<u32>,
}

impl App {
    /// Makes or replaces a group that was read as `read_as` (0: new). Without an order it keeps its own; a new one goes
    /// behind its neighbours.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it is not what was read any more; [`Error::Invalid`].
    pub async fn put_content_group(
        &self,
        id: &ContentGroupId,
        read_as: u64,
        edit: &GroupEdit,
        author: &Author,
    ) -> Result<ContentGroup, Error> {
        self.decide("put", author, |book| {
            let tree = &book.content_groups;
            let known = tree.get(id);
            if known.map_or(0, |known| known.revision) != read_as {
                return Err(changed());
            }
            let (name, parent) = (edit.name.trim().to_owned(), edit.parent.clone());
            let stays = known.filter(|known| known.parent == parent).map(|known| known.order);
            let order = edit.order.or(stays).unwrap_or_else(|| behind(tree, parent.as_ref()));
            let group = ContentGroup { id: id.clone(), name, parent, order, revision: read_as };
            check(tree, &group)?;
            if known == Some(&group) {
                return Ok((Vec::new(), group));
            }
            let group = next(&group);
            Ok((vec![record(&group)?], group))
        })
        .await
    }

    /// Puts a group into another one (`None`: to the top), before one of its new neighbours or behind all of them.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`].
    pub async fn move_content_group(
        &self,
        id: &ContentGroupId,
        parent: Option<&ContentGroupId>,
        before: Option<&ContentGroupId>,
        author: &Author,
    ) -> Result<ContentGroup, Error> {
        self.decide("move", author, |book| {
            let tree = &book.content_groups;
            let known = tree.get(id).ok_or_else(|| missing(id))?;
            let moved = ContentGroup { parent: parent.cloned(), ..known.clone() };
            check(tree, &moved)?;
            let mut row: Vec<&ContentGroup> =
                tree.within(parent).into_iter().filter(|group| group.id != *id).collect();
            let place = match before {
                None => row.len(),
                Some(before) => row.iter().position(|group| group.id == *before).ok_or_else(|| {
                    let text = format!("group {:?} does not lie there", before.as_str());
                    Error::Invalid(vec![Problem::new("/before", "unknown_group", text)])
                })?,
            };
            row.insert(place, &moved);
            numbered(tree, &row, id)
        })
        .await
    }

    /// Removes a group in which nothing is, and which was read as `read_as`.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] if it is not what was read any more; [`Barred::InUse`] if something is in
    /// it.
    pub async fn delete_content_group(
        &self,
        id: &ContentGroupId,
        read_as: u64,
        author: &Author,
    ) -> Result<(), Error> {
        self.decide("delete", author, |book| {
            let known = book.content_groups.get(id).ok_or_else(|| missing(id))?;
            if known.revision != read_as {
                return Err(changed());
            }
            if !is_empty(book, id) {
                return Err(Barred::InUse.into());
            }
            let change = Change {
                kind: RecordKind::ContentGroup,
                id: id.to_string(),
                doc: None,
                revision: read_as,
                expected: Expected::Revision(read_as),
            };
            Ok((vec![change], ()))
        })
        .await
    }
}

/// Neither groups nor contents are in it, archived ones included.
fn is_empty(book: &Playbook, id: &ContentGroupId) -> bool {
    book.content_groups.within(Some(id)).is_empty()
        && !book.contents.values().any(|content| content.group.as_ref() == Some(id))
}

/// The order of what goes behind everything in a group.
fn behind(tree: &GroupTree, parent: Option<&ContentGroupId>) -> u32 {
    tree.within(parent).last().map_or(0, |last| last.order.saturating_add(1))
}

fn check(tree: &GroupTree, group: &ContentGroup) -> Result<(), Error> {
    tree.check(group).map_err(|fault| Error::Invalid(vec![fault.into()]))?;
    if tree.get(&group.id).is_none() && tree.all().count() >= MAX_GROUPS {
        let text = format!("at most {MAX_GROUPS} groups");
        let zh = format!("最多 {MAX_GROUPS} 个分组，请先合并或删除");
        return Err(Error::Invalid(vec![Problem::new("/id", "too_many", text).saying(zh)]));
    }
    let neighbours = tree.within(group.parent.as_ref());
    if neighbours.iter().filter(|other| other.id != group.id).count() < MAX_NEIGHBOURS {
        return Ok(());
    }
    let text = format!("at most {MAX_NEIGHBOURS} groups lie in one");
    let zh = format!("同一级最多 {MAX_NEIGHBOURS} 个分组，请先合并或放到其他分组下");
    Err(Error::Invalid(vec![Problem::new("/parent", "too_many", text).saying(zh)]))
}

/// The changes that put `row` in its order; that of `asked` comes last.
fn numbered(
    tree: &GroupTree,
    row: &[&ContentGroup],
    asked: &ContentGroupId,
) -> Result<(Vec<Change>, ContentGroup), Error> {
    let numbered = row.iter().zip(0_u32..).map(|(group, order)| ContentGroup { order, ..(*group).clone() });
    let (own, others): (Vec<_>, Vec<_>) = numbered.partition(|group| group.id == *asked);
    let own = own.into_iter().next().ok_or_else(|| missing(asked))?;
    let differs = |group: &ContentGroup| tree.get(&group.id) != Some(group);
    if !differs(&own) && !others.iter().any(differs) {
        return Ok((Vec::new(), own));
    }
    let others = others.iter().filter(|group| differs(group)).map(|group| record(&next(group)));
    let mut changes = others.collect::<Result<Vec<_>, _>>()?;
    let own = next(&own);
    changes.push(record(&own)?);
    Ok((changes, own))
}

fn next(group: &ContentGroup) -> ContentGroup {
    ContentGroup { revision: group.revision + 1, ..group.clone() }
}

/// A group as it is kept: `group.revision` is the one that it gets.
fn record(group: &ContentGroup) -> Result<Change, Error> {
    Ok(Change {
        kind: RecordKind::ContentGroup,
        id: group.id.to_string(),
        doc: Some(catalog::to_json(group)?),
        revision: group.revision,
        expected: catalog::expected(group.revision - 1),
    })
}

fn changed() -> Error {
    Error::Conflict("it was changed meanwhile; read it again".into())
}

fn missing(id: &ContentGroupId) -> Error {
    Error::NotFound(format!("group {id} of contents"))
}
