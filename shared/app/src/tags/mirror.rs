//! Mode `all` (T1): what it would write to phones, and the decision for it.

use std::collections::BTreeSet;

use domain::{CustomerId, File, TagGroupId, TagId, playbook::TagGroup};

use super::{edit::no_group, rows::Keys};
use crate::{App, Author, Error};

/// So many customers are looked at one by one; beyond that the rest is estimated by them.
const MOST_COUNTED: usize = 2_000;
const FILES: usize = 100;

/// What mode `all` would write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MirrorCount {
    /// Customers of whom a relation would be marked.
    pub customers: u64,
    /// Relations that would be marked, a call each.
    pub relations: u64,
    /// Customers who were looked at.
    pub looked_at: u64,
    /// Was everybody with a tag of the group looked at?
    pub exact: bool,
}

impl App {
    /// Counts what mode `all` of a group would write to phones now.
    pub async fn count_mirror(&self, id: &TagGroupId) -> Result<MirrorCount, Error> {
        let book = self.playbook().await?;
        let group = book.tags.group(id).filter(|group| !group.deleted).ok_or_else(|| no_group(id))?;
        let mut sides: Vec<Keys> = group.live().map(|tag| Keys::of(format!("TAG#{}", tag.id))).collect();
        let (mut customers, mut rows, mut more) = (Vec::new(), 0_u64, false);
        loop {
            let mut least: Option<String> = None;
            for side in &mut sides {
                let ahead = side.peek(self).await?;
                if ahead.is_some_and(|ahead| least.as_deref().is_none_or(|least| ahead < least)) {
                    least = ahead.map(str::to_owned);
                }
            }
            let Some(least) = least else { break };
            if customers.len() == MOST_COUNTED {
                more = true;
                break;
            }
            for side in &mut sides {
                if side.peek(self).await? == Some(least.as_str()) {
                    side.next(self).await?;
                    rows += 1;
                }
            }
            customers.push(CustomerId::from(least.as_str()));
        }
        let tags: BTreeSet<&TagId> = group.tags.iter().map(|tag| &tag.id).collect();
        let mut count = MirrorCount { exact: !more, ..MirrorCount::default() };
        for some in customers.chunks(FILES) {
            for file in self.store.load_files(some).await? {
                let relations = to_mark(&file, &tags);
                count.customers += u64::from(relations > 0);
                count.relations += relations;
                count.looked_at += 1;
            }
        }
        if more {
            self.estimate(group, rows, &mut count).await?;
        }
        Ok(count)
    }

    /// As many in a thousand of all as of those looked at.
    async fn estimate(&self, group: &TagGroup, rows: u64, count: &mut MirrorCount) -> Result<(), Error> {
        let mut all = 0_u64;
        for tag in group.live() {
            let name = format!("tag#{}", tag.id);
            let found = self.store.counters(&name).await?;
            let value = found.iter().find(|counter| counter.name == name).map_or(0, |counter| counter.value);
            all += u64::try_from(value).unwrap_or(0);
        }
        let all = all.max(rows);
        for part in [&mut count.customers, &mut count.relations] {
            *part = part.saturating_mul(all) / rows.max(1);
        }
        Ok(())
    }

    /// Decides for mode `all`: from now on a baseline leaves no difference in this group either. What is there already a
    /// job brings about.
    pub async fn mirror_group(&self, id: &TagGroupId, author: &Author) -> Result<TagGroup, Error> {
        self.decide("mirror", author, |book| {
            let group = book.tags.group(id).filter(|group| !group.deleted).ok_or_else(|| no_group(id))?;
            // Ours are mirrored whatever was decided.
            let group = TagGroup { mirrored: group.mirrored || !group.ours, ..group.clone() };
            Ok((super::record_if_changed(book, &group)?.into_iter().collect(), group))
        })
        .await
    }
}

/// Open relations that differ from the wanted set in these tags, and were let be.
fn to_mark(file: &File, tags: &BTreeSet<&TagId>) -> u64 {
    let nothing = BTreeSet::new();
    let differs = file.open_relations().filter(|(_, relation)| {
        let mirror = relation.mirror.as_ref().unwrap_or(&nothing);
        let left = relation.leave.iter().filter(|tag| tags.contains(tag));
        left.into_iter().any(|tag| file.tags.contains_key(tag) != mirror.contains(tag))
    });
    u64::try_from(differs.count()).unwrap_or(u64::MAX)
}
