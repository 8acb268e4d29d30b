//! Editing tags: what to put on, what to take off. Without If-Match: two people who edit different tags never meet.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use domain::{Happening, Playbook, TagId};
use serde::Deserialize;

use super::CustomerView;
use crate::{
    Api, act,
    act::IdempotencyKey,
    address,
    answer::{Answer, Outcome},
    auth::Caller,
    body::Body,
    problem::{FieldError, Problem},
    words::Words,
};

const MAX_TAGS: usize = 100;

/// `{"add": ["客户状态/考虑价格"], "remove": ["et1"]}`: `组/标签`, a name that only one tag has, or an id.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditTags {
    #[serde(default)]
    add: Vec<String>,
    #[serde(default)]
    remove: Vec<String>,
}

/// `POST customers/{id}/tags`. Answers the customer and the journal entry. The tag of a stage moves the card (T3).
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
    // A signal would make a file; who is not known is not made here.
    api.file(&customer).await?;
    let deed = api.act(&customer, &caller, &key, Happening::TagsEdited { add, remove }).await?;
    let view = CustomerView::new(&deed.file, &book);
    Ok(Answer::new(deed.answer(view, &Words::new(&book))).revision(deed.file.version))
}

fn resolve(wanted: &EditTags, book: &Playbook) -> Result<(BTreeSet<TagId>, BTreeSet<TagId>), Problem> {
    if wanted.add.is_empty() && wanted.remove.is_empty() {
        return Err(Problem::field("/add", "empty", "give at least one tag in add or remove"));
    }
    let mut errors = Vec::new();
    for (pointer, names) in [("/add", &wanted.add), ("/remove", &wanted.remove)] {
        if names.len() > MAX_TAGS {
            return Err(Problem::field(pointer, "too_many", format!("at most {MAX_TAGS} tags at once")));
        }
    }
    let mut found = |names: &[String], field: &str| {
        let mut tags = BTreeSet::new();
        for (i, name) in names.iter().enumerate() {
            match book.find_tag(name, &format!("/{field}/{i}")) {
                Ok(tag) => {
                    tags.insert(tag);
                }
                Err(problem) => errors.push(FieldError::from(problem)),
            }
        }
        tags
    };
    let (add, remove) = (found(&wanted.add, "add"), found(&wanted.remove, "remove"));
    for tag in add.intersection(&remove) {
        let message = format!("{:?} is in both add and remove", book.tags.label(tag));
        errors.push(FieldError::new("/remove", "contradiction", message));
    }
    if errors.is_empty() { Ok((add, remove)) } else { Err(Problem::invalid(errors)) }
}

#[cfg(test)]
mod tests {
    use domain::playbook::{Tag, TagGroup, TagTree};

    use super::*;

    fn book() -> Playbook {
        let tag = |id: &str, name: &str| Tag { id: id.into(), name: name.into(), order: 0, deleted: false };
        let group = TagGroup {
            id: "g1".into(),
            name: "客户状态".into(),
            order: 0,
            ours: true,
            deleted: false,
            tags: vec![tag("et1", "考虑价格"), tag("et2", "已成交")],
        };
        Playbook { tags: TagTree::new([group]), ..Playbook::default() }
    }

    fn edit(add: &[&str], remove: &[&str]) -> EditTags {
        let own = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        EditTags { add: own(add), remove: own(remove) }
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
}
