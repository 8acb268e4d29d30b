//! Editing tags: what to put on, what to take off. Without If-Match: two people who edit different tags never meet.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use domain::{Happening, Playbook, TagId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::CustomerView;
use crate::{
    Api, act,
    act::IdempotencyKey,
    address,
    answer::{Answer, Outcome},
    auth::Caller,
    boards::edit::check_reason,
    body::Body,
    problem::{FieldError, Problem},
    schema,
    view::At,
    words::Words,
};

const MAX_TAGS: usize = 100;

/// Tags to put on and to take off, at least one: `组/标签`, a name that only one tag has, or an id.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"add": ["兴趣/试驾"], "remove": [], "expires_at": "2026-04-01T01:00:00Z"}))]
pub(crate) struct EditTags {
    #[serde(default)]
    #[schema(max_items = 100)]
    pub(super) add: Vec<String>,
    #[serde(default)]
    #[schema(max_items = 100)]
    pub(super) remove: Vec<String>,
    /// When what is put on comes off again by itself, on every phone; absent: never. Also of a tag that the customer
    /// has already. Not of the tag of a stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<At>)]
    pub(super) expires_at: Option<String>,
}

/// Put tags on, take tags off
///
/// Without If-Match: two people who edit different tags never meet. The tag of a stage moves the card; a card stands at
/// one stage of a board. Parts that were not carried out are in `refused`.
#[utoipa::path(post, path = "/customers/{id}/tags", operation_id = "editTags", tag = "customers",
    params(("id" = schema::CustomerId, Path, description = "The customer"), IdempotencyKey),
    request_body = EditTags,
    responses((status = 200, description = "The customer as they are now", body = act::Changed<CustomerView>,
               headers(("ETag" = String))),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("编辑标签"))))]
pub(crate) async fn edit(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    key: IdempotencyKey,
    Body(wanted): Body<EditTags>,
) -> Outcome<act::Changed<CustomerView>> {
    let customer = address::customer(&id)?;
    let book = api.app.playbook().await?;
    let (add, remove) = resolve(&wanted, &book)?;
    check_reason(&book, &add, None, "/add")?;
    // A signal would make a file; who is not known is not made here.
    api.file(&caller, &customer).await?;
    let expires_at = expiry(&wanted, &add, &book)?;
    let key = key.with(&wanted);
    let deed = match api.recall(&customer, &key).await? {
        Some(deed) => deed,
        None if expires_at.is_some_and(|at| at <= api.app.clock.now()) => {
            return Err(Problem::field("/expires_at", "in_the_past", "this time is over"));
        }
        None => {
            let what = Happening::TagsEdited { add, remove, expires_at };
            api.act(&customer, &caller, &key, what).await?
        }
    };
    let view = CustomerView::new(&deed.file, &book, caller.sight());
    Ok(Answer::new(deed.answer(view, &Words::new(&book))).revision(deed.file.version))
}

/// When what is put on comes off again.
pub(super) fn expiry(
    wanted: &EditTags,
    add: &BTreeSet<TagId>,
    book: &Playbook,
) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = &wanted.expires_at else { return Ok(None) };
    let refused = |code: &str, message: &str| Err(Problem::field("/expires_at", code, message));
    let Some(at) = Timestamp::parse_rfc3339(text) else {
        return refused("bad_value", "a time in RFC 3339, like 2026-03-05T09:00:00+08:00");
    };
    if add.is_empty() {
        return refused("bad_combination", "it goes with tags in add");
    }
    if add.iter().any(|tag| book.stage_of_tag(tag).is_some()) {
        return refused("bad_combination", "the tag of a stage stays as long as the card");
    }
    Ok(Some(at))
}

/// The tags that are meant: to put on, to take off.
pub(super) fn resolve(
    wanted: &EditTags,
    book: &Playbook,
) -> Result<(BTreeSet<TagId>, BTreeSet<TagId>), Problem> {
    if wanted.add.is_empty() && wanted.remove.is_empty() {
        return Err(Problem::field("/add", "empty", "give at least one tag in add or remove"));
    }
    let mut errors = Vec::new();
    for (pointer, names) in [("/add", &wanted.add), ("/remove", &wanted.remove)] {
        if names.len() > MAX_TAGS {
            return Err(Problem::field(pointer, "too_many", format!("at most {MAX_TAGS} tags at once")));
        }
    }
    let (mut add, mut remove) = (BTreeSet::new(), BTreeSet::new());
    for (i, name) in wanted.add.iter().enumerate() {
        let pointer = format!("/add/{i}");
        let found = book.find_tag(name, &pointer);
        match found.and_then(|tag| book.check_one_stage(&tag, &add, &pointer).map(|()| tag)) {
            Ok(tag) => _ = add.insert(tag),
            Err(problem) => errors.push(FieldError::from(problem)),
        }
    }
    for (i, name) in wanted.remove.iter().enumerate() {
        match book.find_tag(name, &format!("/remove/{i}")) {
            Ok(tag) => _ = remove.insert(tag),
            Err(problem) => errors.push(FieldError::from(problem)),
        }
    }
    for tag in add.intersection(&remove) {
        let message = format!("{:?} is in both add and remove", book.tags.label(tag));
        errors.push(FieldError::new("/remove", "contradiction", message));
    }
    if errors.is_empty() { Ok((add, remove)) } else { Err(Problem::invalid(errors)) }
}

#[cfg(test)]
mod tests {
    use domain::playbook::{Tag, TagGroup, TagTree};
    use serde_json::json;

    use super::*;

    fn book() -> Playbook {
        let tag = |id: &str, name: &str| Tag {
            id: id.into(),
            name: name.into(),
            order: 0,
            deleted: false,
            editable: None,
        };
        let group = TagGroup {
            id: "g1".into(),
            name: "客户状态".into(),
            order: 0,
            ours: true,
            deleted: false,
            editable: None,
            mirrored: false,
            tags: vec![tag("et1", "考虑价格"), tag("et2", "已成交")],
        };
        Playbook { tags: TagTree::new([group]), ..Playbook::default() }
    }

    /// 客户状态 as a board.
    fn with_stages() -> Playbook {
        let mut book = book();
        let stage = |id: &str, tag: &str| json!({"id": id, "name": id, "tag": tag});
        let board = json!({"id": "deals", "name": "deals", "tag_group": "g1",
                           "stages": [stage("price", "et1"), stage("order", "et2")]});
        book.boards.insert("deals".into(), serde_json::from_value(board).unwrap());
        book
    }

    fn edit(add: &[&str], remove: &[&str]) -> EditTags {
        let own = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        EditTags { add: own(add), remove: own(remove), expires_at: None }
    }

    #[test]
    fn tags_are_found_by_name_and_by_id() {
        let (add, remove) = resolve(&edit(&["客户状态/考虑价格"], &["et2"]), &book()).unwrap();
        assert_eq!(add, BTreeSet::from(["et1".into()]));
        assert_eq!(remove, BTreeSet::from(["et2".into()]));
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let refused = resolve(&edit(&["价格", "et1"], &["考虑价格"]), &book()).unwrap_err();
        let shown: serde_json::Value = serde_json::from_slice(&refused.document("r")).unwrap();
        assert_eq!(shown["errors"][0]["pointer"], "/add/0");
        assert_eq!(shown["errors"][0]["code"], "unknown_tag");
        assert_eq!(shown["errors"][0]["candidates"][0], "客户状态/考虑价格");
        assert_eq!(shown["errors"][1]["code"], "contradiction");
        assert!(resolve(&edit(&[], &[]), &book()).is_err());
    }

    #[test]
    fn two_stages_of_one_board_are_too_many_and_one_instead_of_the_other_is_a_move() {
        let refused = resolve(&edit(&["考虑价格", "et1", "已成交"], &[]), &with_stages()).unwrap_err();
        let shown: serde_json::Value = serde_json::from_slice(&refused.document("r")).unwrap();
        assert_eq!(shown["errors"].as_array().unwrap().len(), 1, "{shown}");
        assert_eq!(
            (&shown["errors"][0]["pointer"], &shown["errors"][0]["code"]),
            (&json!("/add/2"), &json!("contradiction"))
        );
        assert!(resolve(&edit(&["已成交"], &["考虑价格"]), &with_stages()).is_ok());
        assert!(resolve(&edit(&["et1", "et2"], &[]), &book()).is_ok(), "tags that are no stages");
    }
}
