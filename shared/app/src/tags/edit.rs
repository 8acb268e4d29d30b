//! Tags and groups changed from here: in WeCom first, which may refuse, then in the playbook. WeCom tells nobody of what
//! an app changes itself.

use domain::{
    TagGroupId, TagId,
    playbook::{Tag, TagGroup},
};
use wecom::tag::{NewTag, NewTags, NewTagsGroup, TagDeletion, TagEdit, TagQuery};

use super::{
    from_wecom, has_exactly,
    names::{check, check_group_name, check_tag_name},
};
use crate::{App, Author, Error, Lane};

/// No privilege on the tag. Which code WeCom refuses the tag of another app with is not documented.
pub(super) const NOT_OURS: [i64; 2] = [60011, 81011];
const UNKNOWN: i64 = 40068;

/// A change of a tag or a group; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagChange {
    /// 1 to 30 characters without a slash, unlike its siblings.
    pub name: Option<String>,
    /// Larger sorts first.
    pub order: Option<u32>,
}

impl App {
    /// Makes a group with its tags, which come in the order given. It is mirrored to every relation (T1).
    pub async fn create_tag_group(
        &self,
        name: &str,
        tags: &[String],
        author: &Author,
    ) -> Result<TagGroup, Error> {
        check(Some(name), Some(tags))?;
        self.refresh_tags().await?;
        let book = self.playbook().await?;
        let names: Vec<&str> = tags.iter().map(String::as_str).collect();
        let namesake = book.tags.groups().find(|group| !group.deleted && group.name == name);
        if let Some(namesake) = namesake.filter(|group| has_exactly(group, &names))
            && let Some(claimed) = self.claim_half_made(namesake, author).await?
        {
            return Ok(claimed);
        }
        check_group_name(book.tags.groups(), name)?;
        let group = NewTagsGroup::Named { group_name: name.to_owned(), order: None };
        let made = self.add_in_wecom(&NewTags { group, tags: in_order(tags, 1000), agentid: None }).await?;
        self.keep_group(&made.id, "create", author, |known| {
            let mut group = known.cloned().unwrap_or_else(|| made.clone());
            (group.ours, group.editable) = (true, Some(true));
            take_in(&mut group, made.tags.clone());
            group
        })
        .await
    }

    /// Adds tags to a group, behind those that it has.
    pub async fn add_tags(
        &self,
        id: &TagGroupId,
        tags: &[String],
        author: &Author,
    ) -> Result<TagGroup, Error> {
        check(None, Some(tags))?;
        // WeCom is not asked because of an id that nobody had from here.
        if self.playbook().await?.tags.group(id).is_none() {
            return Err(no_group(id));
        }
        self.refresh_tags().await?;
        let book = self.playbook().await?;
        let group = book.tags.group(id).filter(|group| !group.deleted).ok_or_else(|| no_group(id))?;
        let names: Vec<&str> = tags.iter().map(String::as_str).collect();
        if let Some(claimed) = self.claim_half_added(group, &names, author).await? {
            return Ok(claimed);
        }
        for (i, name) in tags.iter().enumerate() {
            check_tag_name(group, None, name, &format!("/tags/{i}"))?;
        }
        let last = group.live().map(|tag| tag.order).min().unwrap_or(0);
        let wanted = NewTagsGroup::Existing { group_id: id.to_string() };
        let tags = in_order(tags, last.saturating_sub(1));
        let made = self.add_in_wecom(&NewTags { group: wanted, tags, agentid: None }).await?;
        self.keep_group(id, "add_tags", author, |known| {
            let mut group = known.unwrap_or(&made).clone();
            take_in(&mut group, made.tags.clone());
            group
        })
        .await
    }

    /// Renames a group, or moves it among the groups.
    pub async fn change_tag_group(
        &self,
        id: &TagGroupId,
        change: &TagChange,
        author: &Author,
    ) -> Result<TagGroup, Error> {
        check(change.name.as_deref(), None)?;
        let book = self.playbook().await?;
        let group = book.tags.group(id).filter(|group| !group.deleted).ok_or_else(|| no_group(id))?;
        if let Some(name) = &change.name {
            check_group_name(book.tags.groups().filter(|other| other.id != *id), name)?;
        }
        let (name, order) = change.apply(&group.name, group.order);
        if (&name, order) == (&group.name, group.order) {
            return Ok(group.clone());
        }
        if let Err(error) = self.edit_in_wecom(id.as_str(), change).await {
            return Err(self.refused(id, None, error).await);
        }
        self.keep_group(id, "put", author, |known| {
            let known = known.unwrap_or(group).clone();
            let (name, order) = change.apply(&known.name, known.order);
            TagGroup { name, order, editable: Some(true), ..known }
        })
        .await
    }

    /// Renames a tag, or moves it within its group, which is returned.
    pub async fn change_tag(
        &self,
        id: &TagId,
        change: &TagChange,
        author: &Author,
    ) -> Result<TagGroup, Error> {
        check(change.name.as_deref(), None)?;
        let book = self.playbook().await?;
        let (group, tag) = book.tags.tag(id).filter(|_| book.tags.is_live(id)).ok_or_else(|| no_tag(id))?;
        if let Some(name) = &change.name {
            check_tag_name(group, Some(id), name, "/name")?;
        }
        let (name, order) = change.apply(&tag.name, tag.order);
        if (&name, order) == (&tag.name, tag.order) {
            return Ok(group.clone());
        }
        if let Err(error) = self.edit_in_wecom(id.as_str(), change).await {
            return Err(self.refused(&group.id, Some(id), error).await);
        }
        self.keep_group(&group.id, "put", author, |known| {
            let mut group = known.unwrap_or(group).clone();
            for tag in group.tags.iter_mut().filter(|tag| tag.id == *id) {
                (tag.name, tag.order) = change.apply(&tag.name, tag.order);
                tag.editable = Some(true);
            }
            group
        })
        .await
    }

    /// Deletes a group with all its tags, which WeCom takes off every customer. A board that it belongs to stays, with
    /// stages whose tag is missing (T2).
    pub async fn delete_tag_group(&self, id: &TagGroupId, author: &Author) -> Result<(), Error> {
        let book = self.playbook().await?;
        let group = book.tags.group(id).filter(|group| !group.deleted).ok_or_else(|| no_group(id))?;
        let deletion = TagDeletion { groups: vec![id.to_string()], ..TagDeletion::default() };
        if let Err(error) = self.delete_in_wecom(&deletion).await {
            return Err(self.refused(id, None, error).await);
        }
        let gone = |known: Option<&TagGroup>| super::merge(known.unwrap_or(group), None);
        self.keep_group(id, "delete", author, gone).await?;
        Ok(())
    }

    /// Deletes a tag; its group goes with its last one.
    pub async fn delete_tag(&self, id: &TagId, author: &Author) -> Result<(), Error> {
        let book = self.playbook().await?;
        let (group, _) = book.tags.tag(id).filter(|_| book.tags.is_live(id)).ok_or_else(|| no_tag(id))?;
        let deletion = TagDeletion { tags: vec![id.to_string()], ..TagDeletion::default() };
        if let Err(error) = self.delete_in_wecom(&deletion).await {
            return Err(self.refused(&group.id, Some(id), error).await);
        }
        self.keep_group(&group.id, "delete_tag", author, |known| {
            let mut group = known.unwrap_or(group).clone();
            for tag in group.tags.iter_mut().filter(|tag| tag.id == *id) {
                tag.deleted = true;
            }
            group.deleted |= group.tags.iter().all(|tag| tag.deleted);
            group
        })
        .await?;
        Ok(())
    }

    /// Adds tags and answers their group with them. Where WeCom does not say whether it did, it is asked.
    pub(crate) async fn add_in_wecom(&self, wanted: &NewTags) -> Result<TagGroup, Error> {
        let added = self
            .call(Lane::Interactive, |wecom, token| async move { wecom.add_corp_tags(&token, wanted).await })
            .await;
        let made = match added {
            Err(Error::WeCom(error)) if error.is_ambiguous() => {
                let list = self.call(Lane::Interactive, |wecom, token| async move {
                    wecom.list_corp_tags(&token, TagQuery::All).await
                });
                let found = list.await?.into_iter().find(|group| has(group, wanted));
                let mut found = found.ok_or(Error::WeCom(error))?;
                found.tags.retain(|tag| wanted.tags.iter().any(|wanted| wanted.name == tag.name));
                found
            }
            answer => answer?,
        };
        Ok(from_wecom(TagGroupId::from(made.group_id.as_str()), &made))
    }

    pub(super) async fn edit_in_wecom(&self, id: &str, change: &TagChange) -> Result<(), Error> {
        let TagChange { name, order } = change.clone();
        let edit = &TagEdit { id: id.to_owned(), name, order, agentid: None };
        self.call(Lane::Interactive, |wecom, token| async move { wecom.edit_corp_tag(&token, edit).await })
            .await
    }

    /// What is gone already is as good as deleted.
    async fn delete_in_wecom(&self, deletion: &TagDeletion) -> Result<(), Error> {
        let deleted = self.call(Lane::Interactive, |wecom, token| async move {
            wecom.delete_corp_tags(&token, deletion).await
        });
        match deleted.await {
            Err(Error::WeCom(error)) if error.code() == Some(UNKNOWN) => Ok(()),
            answer => answer,
        }
    }

    /// What a refusal means: it is somebody else's, which is noted for those who look next, or it is gone.
    pub(super) async fn refused(&self, group: &TagGroupId, tag: Option<&TagId>, error: Error) -> Error {
        let Error::WeCom(refusal) = &error else { return error };
        let code = refusal.code().unwrap_or_default();
        let what = tag.map_or_else(|| format!("tag group {group}"), |tag| format!("tag {tag}"));
        if code == UNKNOWN {
            return self.refresh_tags().await.err().unwrap_or(Error::NotFound(what));
        }
        if !NOT_OURS.contains(&code) {
            return error;
        }
        let author = Author::stepwise();
        let noted = self.keep_group(group, "put", &author, |known| {
            let mut known = known.cloned().unwrap_or_else(|| empty(group));
            match tag {
                Some(id) => {
                    for tag in known.tags.iter_mut().filter(|tag| tag.id == *id) {
                        tag.editable = Some(false);
                    }
                }
                // A group of ours is refused for the sake of a tag that somebody else put into it.
                None if known.ours || known.editable == Some(true) => {}
                None => known.editable = Some(false),
            }
            known
        });
        noted.await.err().unwrap_or(Error::NotEditable(what))
    }

    /// Takes over what became of a group, as it is in the playbook at that moment.
    pub(super) async fn keep_group(
        &self,
        id: &TagGroupId,
        verb: &str,
        author: &Author,
        change: impl Fn(Option<&TagGroup>) -> TagGroup,
    ) -> Result<TagGroup, Error> {
        self.decide(verb, author, |book| {
            let group = change(book.tags.group(id));
            Ok((super::record_if_changed(book, &group)?.into_iter().collect(), group))
        })
        .await
    }
}

impl TagChange {
    fn apply(&self, name: &str, order: u32) -> (String, u32) {
        (self.name.clone().unwrap_or_else(|| name.to_owned()), self.order.unwrap_or(order))
    }
}

/// Adds tags that WeCom made for us.
pub(crate) fn take_in(group: &mut TagGroup, made: Vec<Tag>) {
    for tag in made {
        group.tags.retain(|old| old.id != tag.id);
        group.tags.push(Tag { editable: Some(true), ..tag });
    }
}

/// WeCom sorts larger numbers first; these come one behind the other.
fn in_order(names: &[String], first: u32) -> Vec<NewTag> {
    let orders = (0..=first).rev().chain(std::iter::repeat(0));
    names.iter().zip(orders).map(|(name, order)| NewTag { name: name.clone(), order: Some(order) }).collect()
}

/// Does the group have all that was to be added to it?
fn has(group: &wecom::tag::TagGroup, wanted: &NewTags) -> bool {
    let named = match &wanted.group {
        NewTagsGroup::Existing { group_id } => group.group_id == *group_id,
        NewTagsGroup::Named { group_name, .. } => group.group_name == *group_name,
    };
    named && wanted.tags.iter().all(|wanted| group.tags.iter().any(|tag| tag.name == wanted.name))
}

pub(super) fn no_group(id: &TagGroupId) -> Error {
    Error::NotFound(format!("tag group {:?}", id.as_str()))
}

fn no_tag(id: &TagId) -> Error {
    Error::NotFound(format!("tag {:?}", id.as_str()))
}

fn empty(id: &TagGroupId) -> TagGroup {
    let name = String::new();
    TagGroup {
        id: id.clone(),
        name,
        order: 0,
        ours: false,
        deleted: true,
        editable: None,
        mirrored: false,
        tags: Vec::new(),
    }
}
