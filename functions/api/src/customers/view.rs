//! What a customer looks like from outside.

use std::collections::BTreeMap;

use domain::{
    File, HeldTag, Origin, Playbook, Relation, StaffId, TagId,
    file::{Card, Past, Side},
    playbook::Sight,
};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::attributes::shown;
use crate::{schema, view::At};

/// A customer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Customer, example = json!({"id": "wmDemoChenJie0001", "name": "陈洁", "avatar": null, "kind": 1,
    "unionid": null, "corp_name": null, "owner": "zhangwei", "owner_assigned": false,
    "added_at": "2026-03-02T01:00:00Z", "added_by_transfer": false, "last_contact_at": "2026-03-05T01:00:00Z", "hidden": false,
    "relations": [{"userid": "zhangwei", "added_at": "2026-03-02T01:00:00Z", "add_way": 1, "state": "expo",
                   "remark": "陈洁 展会", "staff_side": "open", "staff_side_at": "2026-03-02T01:00:00Z",
                   "customer_side": "open", "customer_side_at": "2026-03-02T01:00:00Z", "half": false,
                   "personal_tags": [], "past": []}],
    "tags": [{"id": "et1", "group": "购车阶段", "name": "到店", "since": "2026-03-05T01:00:00Z",
              "expires_at": null, "origin": {"by": "rule", "id": "asks-price", "name": "问价格"}, "entry": "wmDemoChenJie0001#7"}],
    "stages": {"cars": {"stage": "visit", "since": "2026-03-05T01:00:00Z", "rev": 7}},
    "attributes": {"预算": 120_000, "会员": true}, "version": 9}))]
pub(crate) struct CustomerView {
    #[schema(value_type = schema::CustomerId)]
    id: String,
    /// Empty until WeCom told it.
    name: String,
    avatar: Option<String>,
    /// 1 = WeChat user, 2 = WeCom user of another corp.
    kind: Option<u8>,
    unionid: Option<String>,
    corp_name: Option<String>,
    /// The userid of who serves them.
    owner: Option<String>,
    /// Somebody said so, and it is not just what the settings say.
    owner_assigned: bool,
    /// The first open relation with the corp.
    added_at: Option<At>,
    /// A colleague of whom nothing is known had them before and handed them over: no newcomer.
    added_by_transfer: bool,
    last_contact_at: Option<At>,
    /// Nobody of the corp is a friend any more: the cards are not shown on their boards.
    hidden: bool,
    relations: Vec<RelationView>,
    tags: Vec<TagView>,
    /// By board.
    stages: BTreeMap<String, CardView>,
    /// What other systems know, by name: text, number, true or false.
    #[schema(value_type = schema::Attributes)]
    attributes: Map<String, Value>,
    /// Rises with everything that happens to the customer.
    version: u64,
}

/// A friendship in WeCom.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Relation)]
struct RelationView {
    userid: String,
    added_at: At,
    /// WeCom's number for how it came about.
    add_way: Option<u16>,
    /// 渠道参数
    state: Option<String>,
    /// The name that staff gave the customer; empty also for a colleague.
    remark: String,
    /// Does the staff member's list hold the customer?
    #[schema(value_type = schema::SideState)]
    staff_side: &'static str,
    /// Since when, as far as it is known.
    staff_side_at: At,
    /// Does the customer's list hold the staff member?
    #[schema(value_type = schema::SideState)]
    customer_side: &'static str,
    /// Since when, as far as it is known.
    customer_side_at: At,
    /// The customer added, staff have not added back.
    half: bool,
    /// The staff member's own tags; none also for a colleague.
    personal_tags: Vec<String>,
    /// Earlier friendships of the two, at most 10, oldest first.
    past: Vec<PastView>,
}

/// A friendship that is over; what Stepwise was not told of is null.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PastRelation)]
struct PastView {
    added_at: At,
    /// The staff member deleted the customer.
    staff_closed_at: Option<At>,
    /// The customer deleted the staff member.
    customer_closed_at: Option<At>,
}

impl From<&Past> for PastView {
    fn from(past: &Past) -> Self {
        Self {
            added_at: At(past.added_at),
            staff_closed_at: past.staff_closed_at.map(At),
            customer_closed_at: past.customer_closed_at.map(At),
        }
    }
}

/// A tag that a customer has.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HeldTag)]
struct TagView {
    id: String,
    /// Null for a tag that the tag tree has not heard of.
    group: Option<String>,
    name: String,
    origin: OriginView,
    since: At,
    /// When it comes off by itself; null: never.
    expires_at: Option<At>,
    /// The journal entry that tells the cause.
    entry: String,
}

/// Who or what put the tag there.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Origin)]
struct OriginView {
    #[schema(value_type = schema::OriginKind)]
    by: &'static str,
    id: Option<String>,
    name: Option<String>,
}

/// Where a customer stands on a board; a card that is not there has stage null and rev 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CardState)]
pub(crate) struct CardView {
    pub(crate) stage: Option<String>,
    /// Unknown for what a baseline found.
    pub(crate) since: Option<At>,
    /// Rises with every move: the card's ETag.
    pub(crate) rev: u64,
}

impl CustomerView {
    /// As whoever sees so far is shown it: what colleagues noted for themselves is left out.
    pub(crate) fn new(file: &File, book: &Playbook, sight: &Sight) -> Self {
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        Self {
            id: file.id.to_string(),
            name: file.profile.name.clone(),
            avatar: file.profile.avatar.as_ref().and_then(some),
            kind: file.profile.kind,
            unionid: file.profile.unionid.clone(),
            corp_name: file.profile.corp_name.clone(),
            owner: file.owner.as_ref().map(ToString::to_string),
            owner_assigned: file.assigned.is_some(),
            added_at: file.first_added.map(|added| At(added.at)),
            added_by_transfer: file.first_added.is_some_and(|added| added.by_transfer),
            last_contact_at: file.contact.last().map(At),
            hidden: !file.has_open_relation(),
            relations: file.relations.iter().map(|(staff, held)| relation(staff, held, sight)).collect(),
            tags: file.tags.iter().map(|(id, held)| tag(id, held, file, book)).collect(),
            stages: file.cards.iter().map(|(board, card)| (board.to_string(), Some(card).into())).collect(),
            attributes: file
                .attributes
                .iter()
                .map(|(name, held)| (name.clone(), shown(&held.value)))
                .collect(),
            version: file.version,
        }
    }
}

impl From<Option<&Card>> for CardView {
    fn from(card: Option<&Card>) -> Self {
        Self {
            stage: card.map(|card| card.stage.to_string()),
            since: card.and_then(|card| card.since).map(At),
            rev: card.map_or(0, |card| card.rev),
        }
    }
}

fn relation(userid: &StaffId, held: &Relation, sight: &Sight) -> RelationView {
    let theirs = sight.reaches_staff(userid);
    let side = |side: Side| if side.open { "open" } else { "closed" };
    RelationView {
        userid: userid.to_string(),
        added_at: At(held.added_at),
        add_way: held.add_way,
        state: held.state.clone(),
        remark: if theirs { held.remark.clone() } else { String::new() },
        staff_side: side(held.staff_side),
        staff_side_at: At(held.staff_side.at),
        customer_side: side(held.customer_side),
        customer_side_at: At(held.customer_side.at),
        half: held.half,
        personal_tags: held.personal_tags.iter().filter(|_| theirs).cloned().collect(),
        past: held.past.iter().map(Into::into).collect(),
    }
}

fn tag(id: &TagId, held: &HeldTag, file: &File, book: &Playbook) -> TagView {
    let known = book.tags.tag(id);
    TagView {
        id: id.to_string(),
        group: known.map(|(group, _)| group.name.clone()),
        name: known.map_or_else(|| id.to_string(), |(_, tag)| tag.name.clone()),
        origin: origin(&held.origin, book),
        since: At(held.since),
        expires_at: held.expires_at.map(At),
        entry: format!("{}#{}", file.id, held.version),
    }
}

fn origin(origin: &Origin, book: &Playbook) -> OriginView {
    let (by, id, name) = match origin {
        Origin::Phone { staff } => {
            ("phone", Some(staff.to_string()), book.staff.get(staff).map(|staff| staff.name.clone()))
        }
        Origin::Rule { rule } => {
            let known = book.rules.iter().find(|known| &known.id == rule);
            ("rule", Some(rule.to_string()), known.map(|rule| rule.name.clone()))
        }
        Origin::Stage { board } => {
            ("stage", Some(board.to_string()), book.boards.get(board).map(|board| board.name.clone()))
        }
        Origin::Api { actor } => ("api", Some(actor.clone()), None),
        Origin::Baseline => ("baseline", None, None),
        Origin::Undo => ("undo", None, None),
    };
    OriginView { by, id, name }
}

#[cfg(test)]
mod tests {
    use domain::{Timestamp, playbook::Staff};

    use super::*;

    #[test]
    fn a_customer_reads_as_the_contract_says() {
        let at = Timestamp::from_secs(1_700_000_000);
        let mut file = File::new("wm1".into());
        file.version = 9;
        file.owner = Some("zhangsan".into());
        file.relations.insert("zhangsan".into(), Relation::opened(at));
        let held = HeldTag {
            origin: Origin::Phone { staff: "zhangsan".into() },
            since: at,
            version: 7,
            expires_at: None,
        };
        file.tags.insert("et1".into(), held);
        file.cards
            .insert("cars".into(), Card { stage: "visit".into(), since: Some(at), rev: 7, amount: None });
        let mut book = Playbook::default();
        let staff = Staff::named("zhangsan".into(), "张三");
        book.staff.insert("zhangsan".into(), staff);

        let shown = serde_json::to_value(CustomerView::new(&file, &book, &Sight::Corp)).unwrap();
        assert_eq!(shown["stages"]["cars"]["rev"], 7);
        assert_eq!(shown["relations"][0]["staff_side"], "open");
        assert_eq!(shown["tags"][0]["origin"]["name"], "张三");
        assert_eq!(shown["tags"][0]["entry"], "wm1#7");
        for name in ["id", "name", "avatar", "owner", "relations", "tags", "stages", "attributes", "version"]
        {
            assert!(shown.get(name).is_some(), "{name}");
        }
        for name in ["userid", "added_at", "add_way", "state", "staff_side", "customer_side"] {
            assert!(shown["relations"][0].get(name).is_some(), "{name}");
        }
    }
}
