//! 重建标签: the tag of a stage that was deleted outside Stepwise is made anew, and what named the dead one names the new
//! one from then on.

use domain::{
    BoardId, Playbook, StageId, TagId,
    playbook::{Board, Rule},
};
use serde_json::Value;
use store::{Change, Expected, RecordKind};

use super::{
    StagePlan,
    group::{TagPlan, Target, group_of},
    record,
};
use crate::{App, Author, Error, catalog, tags};

/// Of one transaction so many items are rules.
const MOST_RULES: usize = 80;
const DRAFTS: i32 = 100;

impl App {
    /// Makes the tag of a stage anew, or takes one of its name. Rules and drafts that named the dead one are rewritten
    /// with it; published SOPs never change, and the report of tags says which still name it. Cards get the tag by a job.
    pub async fn rebuild_stage_tag(
        &self,
        id: &BoardId,
        stage: &StageId,
        author: &Author,
    ) -> Result<(Board, TagId), Error> {
        self.refresh_tags().await?;
        let book = self.playbook().await?;
        let no_stage = || Error::NotFound(format!("stage {:?} of board {:?}", stage.as_str(), id.as_str()));
        let (known, lost) = book.stage(id, stage).ok_or_else(no_stage)?;
        if let Some(tag) = book.live_tag_of(lost) {
            return Ok((known.clone(), tag));
        }
        let plan = [StagePlan::from(lost)];
        let group = group_of(&book, known);
        let all: Vec<StagePlan> = known.stages.iter().map(StagePlan::from).collect();
        let place = known.position(stage).unwrap_or(0);
        // Its name may have become another stage's.
        let alone = Board {
            stages: Vec::new(),
            tag_group: group.map_or(&known.tag_group, |group| &group.id).clone(),
            ..known.clone()
        };
        TagPlan::of(&book, &alone, &plan).map_err(|error| at_place(error, place))?;
        let name = book.tags.group(&known.tag_group).map_or(known.name.as_str(), |group| group.name.as_str());
        let target = group.map_or(Target::Named(name), Target::Known);
        let made = self.make_tags(&target, &all, &[place]).await?;
        let old = lost.tag.clone();
        let rebuilt = self.decide("rebuild_tag", author, |book| {
            let (known, lost) = book.stage(id, stage).ok_or_else(no_stage)?;
            let group = made.within(book)?;
            let bound = StagePlan::from(lost).bound(&group);
            let tag = bound
                .tag
                .clone()
                .ok_or_else(|| Error::Conflict("WeCom did not say which tag it made; try again".into()))?;
            let mut board =
                Board { tag_group: group.id.clone(), revision: known.revision + 1, ..known.clone() };
            for old in board.stages.iter_mut().filter(|old| old.id == *stage) {
                *old = bound.clone();
            }
            let mut changes = match &old {
                Some(old) => rules_renamed(book, old, &tag)?,
                None => Vec::new(),
            };
            changes.push(tags::record(&group)?);
            changes.push(record(&board, Expected::Revision(known.revision))?);
            Ok((changes, (board, tag)))
        });
        let rebuilt = rebuilt.await;
        match (&rebuilt, &old) {
            (Ok((_, tag)), Some(old)) => self.rename_in_drafts(old, tag, author).await?,
            (Err(_), _) => self.keep_made(&made, author).await?,
            (Ok(_), None) => {}
        }
        rebuilt
    }

    /// Best effort: a draft that somebody is writing at this moment keeps the dead tag, and the linter tells of it.
    async fn rename_in_drafts(&self, old: &TagId, new: &TagId, author: &Author) -> Result<(), Error> {
        let mut from = None;
        loop {
            let page = self.store.drafts(DRAFTS, from.as_ref()).await?;
            for draft in page.items {
                let mut source: Value = catalog::from_json(&draft.id, &draft.doc)?;
                if !renamed(&mut source, old, new) {
                    continue;
                }
                let change = Change {
                    kind: RecordKind::Draft,
                    id: draft.id.clone(),
                    doc: Some(catalog::to_json(&source)?),
                    revision: draft.revision + 1,
                    expected: Expected::Revision(draft.revision),
                };
                match self.change(&[change], "put", author).await {
                    Ok(()) => {}
                    Err(Error::Conflict(_)) => tracing::warn!(draft = draft.id, "a draft keeps a dead tag"),
                    Err(error) => return Err(error),
                }
            }
            from = page.next;
            if from.is_none() {
                return Ok(());
            }
        }
    }
}

fn at_place(error: Error, place: usize) -> Error {
    match error {
        Error::Invalid(mut problems) => {
            for problem in &mut problems {
                problem.pointer = format!("/stages/{place}/name");
            }
            Error::Invalid(problems)
        }
        error => error,
    }
}

/// The rules that name a tag, with another in its place.
fn rules_renamed(book: &Playbook, old: &TagId, new: &TagId) -> Result<Vec<Change>, Error> {
    let mut changes = Vec::new();
    for rule in &book.rules {
        let mut doc: Value = catalog::from_json(rule.id.as_str(), &catalog::to_json(rule)?)?;
        if !renamed(&mut doc, old, new) || changes.len() == MOST_RULES {
            continue;
        }
        let rule: Rule = catalog::from_json(rule.id.as_str(), &doc.to_string())?;
        let rule = Rule { revision: rule.revision + 1, ..rule };
        changes.push(Change {
            kind: RecordKind::Rule,
            id: rule.id.to_string(),
            doc: Some(catalog::to_json(&rule)?),
            revision: rule.revision,
            expected: Expected::Revision(rule.revision - 1),
        });
    }
    Ok(changes)
}

/// Puts `new` wherever a rule or an SOP names the tag `old`. `false`: nowhere.
fn renamed(document: &mut Value, old: &TagId, new: &TagId) -> bool {
    const FIELDS: [&str; 4] = ["tag", "tag_added", "add_tag", "remove_tag"];
    match document {
        Value::Object(fields) => {
            let mut found = false;
            for (name, value) in fields {
                if FIELDS.contains(&name.as_str()) && value.as_str() == Some(old.as_str()) {
                    *value = Value::String(new.to_string());
                    found = true;
                } else {
                    found |= renamed(value, old, new);
                }
            }
            found
        }
        Value::Array(entries) => {
            let mut found = false;
            for entry in entries {
                found |= renamed(entry, old, new);
            }
            found
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tag_is_renamed_where_it_is_named_and_nowhere_else() {
        let mut rule = json!({"name": "old", "when": {"tag_added": "old"},
            "if": {"all": [{"not": {"tag": "old"}}, {"tag": "other"}, {"channel": "old"}]},
            "then": [{"add_tag": "old"}, {"remove_tag": "other"}]});
        assert!(renamed(&mut rule, &"old".into(), &"new".into()));
        let expected = json!({"name": "old", "when": {"tag_added": "new"},
            "if": {"all": [{"not": {"tag": "new"}}, {"tag": "other"}, {"channel": "old"}]},
            "then": [{"add_tag": "new"}, {"remove_tag": "other"}]});
        assert_eq!(rule, expected);
        assert!(!renamed(&mut rule, &"old".into(), &"new".into()));
    }
}
