//! What WeCom holds of one relation, compared with what is known of it. Pure; who asks decides what follows (T7).

use std::collections::BTreeSet;

use crate::{File, Playbook, StaffId, TagId, Timestamp, file::Marking, signal::SnapshotRelation};

/// How a relation differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// There is no such customer here.
    Customer,
    /// They are not friends here.
    Relation,
    /// WeCom has other tags than it is known to have.
    Tags,
}

/// Compares. `began` is the file's version when WeCom was asked: what has been written to WeCom since, or is being
/// written, differs for a while (T4).
#[must_use]
pub fn difference(
    file: Option<&File>,
    staff: &StaffId,
    held: &SnapshotRelation,
    began: u64,
    book: &Playbook,
) -> Option<Difference> {
    let Some(file) = file else { return Some(Difference::Customer) };
    let Some(relation) = file.relations.get(staff) else { return Some(Difference::Relation) };
    if !relation.is_open() {
        let sides = [relation.staff_side, relation.customer_side];
        let closed_at = sides.into_iter().filter(|side| !side.open).map(|side| side.at).max();
        // Any other reading reopens nothing (T6).
        return closed_at.is_some_and(|at| held.createtime > at).then_some(Difference::Relation);
    }
    let unclear =
        relation.marking.as_ref().is_some_and(Marking::is_in_doubt) || relation.marked_version > began;
    let live = |tags: &BTreeSet<TagId>| -> BTreeSet<TagId> {
        tags.iter().filter(|tag| book.tags.is_live(tag)).cloned().collect()
    };
    let known = relation.mirror.as_ref().map(live).unwrap_or_default();
    (!unclear && known != live(&held.tags)).then_some(Difference::Tags)
}

impl Difference {
    /// Has it been so since before `news_since`? Then it is news of nothing, but something that was not in sight (T7).
    #[must_use]
    pub fn is_old_news(self, held: &SnapshotRelation, news_since: Timestamp) -> bool {
        self != Self::Tags && held.createtime < news_since
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Relation,
        file::Side,
        playbook::{Tag, TagGroup, TagTree},
    };

    fn book() -> Playbook {
        let tag = |id: &str, deleted| Tag {
            id: id.into(),
            name: id.into(),
            order: 0,
            editable: Some(true),
            deleted,
        };
        let tags = vec![tag("vip", false), tag("old", true)];
        let group = TagGroup {
            id: "g".into(),
            name: "g".into(),
            order: 0,
            ours: false,
            editable: Some(true),
            deleted: false,
            mirrored: false,
            tags,
        };
        Playbook { tags: TagTree::new([group]), ..Playbook::default() }
    }

    fn held(tags: &[&str]) -> SnapshotRelation {
        SnapshotRelation {
            createtime: Timestamp::from_secs(1000),
            add_way: None,
            state: None,
            remark: String::new(),
            tags: tags.iter().map(|tag| TagId::from(*tag)).collect(),
            personal_tags: None,
        }
    }

    fn known(tags: &[&str]) -> File {
        let mut file = File::new("wm1".into());
        file.version = 3;
        let mut relation = Relation::opened(Timestamp::from_secs(1000));
        relation.mirror = Some(tags.iter().map(|tag| TagId::from(*tag)).collect());
        file.relations.insert("li".into(), relation);
        file
    }

    fn compare(file: Option<&File>, held: &SnapshotRelation, began: u64) -> Option<Difference> {
        difference(file, &"li".into(), held, began, &book())
    }

    #[test]
    fn what_is_not_known_or_tagged_otherwise_differs() {
        assert_eq!(compare(None, &held(&[]), 0), Some(Difference::Customer));
        assert_eq!(compare(Some(&File::new("wm1".into())), &held(&[]), 3), Some(Difference::Relation));
        assert_eq!(compare(Some(&known(&[])), &held(&["vip"]), 3), Some(Difference::Tags));
        assert_eq!(compare(Some(&known(&["vip", "old"])), &held(&["vip", "of-a-rule-group"]), 3), None);
    }

    #[test]
    fn what_was_written_after_wecom_was_asked_says_nothing() {
        let mut file = known(&["vip"]);
        file.relations.get_mut(&"li".into()).unwrap().marked_version = 3;
        assert_eq!(compare(Some(&file), &held(&[]), 2), None);
        assert_eq!(compare(Some(&file), &held(&[]), 3), Some(Difference::Tags));
    }

    #[test]
    fn a_parting_is_doubted_only_by_a_later_adding() {
        let mut file = known(&[]);
        let relation = file.relations.get_mut(&"li".into()).unwrap();
        relation.customer_side = Side { open: false, at: Timestamp::from_secs(1000) };
        assert_eq!(compare(Some(&file), &held(&["vip"]), 3), None);
        let again = SnapshotRelation { createtime: Timestamp::from_secs(1001), ..held(&[]) };
        assert_eq!(compare(Some(&file), &again, 3), Some(Difference::Relation));
    }
}
