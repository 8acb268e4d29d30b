//! What WeCom made for us, and a crash kept us from writing down: the same request finds it there as somebody's. Whose it
//! is WeCom tells by letting us change it or not; and nobody has had it yet.

use domain::{
    TagId,
    playbook::{Tag, TagGroup},
};

use super::edit::NOT_OURS;
use crate::{App, Author, Error, TagChange};

/// Are these its tags, and no others?
pub(crate) fn has_exactly(group: &TagGroup, names: &[&str]) -> bool {
    group.live().count() == names.len() && group.live().all(|tag| names.contains(&tag.name.as_str()))
}

impl App {
    /// Takes a group as ours that has exactly the tags that were asked for, if WeCom lets us change it, nobody has tried
    /// before, and no customer has one of its tags.
    pub(crate) async fn claim_half_made(
        &self,
        group: &TagGroup,
        author: &Author,
    ) -> Result<Option<TagGroup>, Error> {
        if group.ours || group.editable.is_some() || !self.is_untouched(group.live()).await? {
            return Ok(None);
        }
        // As it is already: WeCom judges it, and nothing changes.
        let same = TagChange { name: None, order: Some(group.order) };
        if !self.lets_us(group.id.as_str(), &same).await? {
            return Ok(None);
        }
        let claim = |known: Option<&TagGroup>| {
            let mut claimed = known.unwrap_or(group).clone();
            (claimed.ours, claimed.editable) = (true, Some(true));
            for tag in &mut claimed.tags {
                tag.editable = Some(true);
            }
            claimed
        };
        self.keep_group(&group.id, "create", author, claim).await.map(Some)
    }

    /// Takes tags as ours that are called as those to be added, all of them, likewise.
    pub(super) async fn claim_half_added(
        &self,
        group: &TagGroup,
        names: &[&str],
        author: &Author,
    ) -> Result<Option<TagGroup>, Error> {
        let found: Vec<&Tag> = group.live().filter(|tag| names.contains(&tag.name.as_str())).collect();
        let untried = found.iter().all(|tag| tag.editable.is_none());
        if found.len() != names.len() || !untried || !self.is_untouched(found.iter().copied()).await? {
            return Ok(None);
        }
        for tag in &found {
            if !self.lets_us(tag.id.as_str(), &TagChange { name: None, order: Some(tag.order) }).await? {
                return Ok(None);
            }
        }
        let ids: Vec<&TagId> = found.iter().map(|tag| &tag.id).collect();
        let claim = |known: Option<&TagGroup>| {
            let mut claimed = known.unwrap_or(group).clone();
            for tag in claimed.tags.iter_mut().filter(|tag| ids.contains(&&tag.id)) {
                tag.editable = Some(true);
            }
            claimed
        };
        self.keep_group(&group.id, "add_tags", author, claim).await.map(Some)
    }

    async fn is_untouched(&self, tags: impl Iterator<Item = &Tag>) -> Result<bool, Error> {
        for tag in tags {
            if self.has_customers(&tag.id).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn lets_us(&self, id: &str, change: &TagChange) -> Result<bool, Error> {
        match self.edit_in_wecom(id, change).await {
            Ok(()) => Ok(true),
            Err(Error::WeCom(refusal)) if refusal.code().is_some_and(|code| NOT_OURS.contains(&code)) => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}
