//! What has to be done so that a content says what the folder has.

use std::collections::BTreeMap;

use domain::content::{BlobId, Body, BodyEdit, Fault, media::Inspected};
use serde_json::{Value, json};

use super::file::File;

/// What is to be saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// Parts to publish.
    pub(super) publish: Option<Value>,
    /// Parts to leave as the draft, after that.
    pub(super) draft: Option<Value>,
}

impl Plan {
    /// Compares a file, whose parts are [`plain`], with what is `there`. What cannot be published is refused before
    /// anything is saved: a mended file then finds no draft in its way. `media`: the files of the folder.
    pub(super) fn of(
        file: &File,
        there: &Value,
        over_drafts: bool,
        media: &BTreeMap<BlobId, Inspected>,
    ) -> Result<Self, String> {
        let Some(parts) = &file.parts else { return Ok(Self::default()) };
        let said = |body: &Value| Some(body["parts"].clone()).filter(Value::is_array);
        let (published, drafted) = (said(&there["body"]), said(&there["draft"]["body"]));
        let plan = if file.publish {
            let publish = (published.as_ref() != Some(parts)).then(|| parts.clone());
            let left = if publish.is_some() { Some(parts) } else { drafted.as_ref().or(Some(parts)) };
            let draft = file.draft.clone().filter(|draft| left != Some(draft));
            Self { publish, draft }
        } else {
            Self { publish: None, draft: (drafted.as_ref() != Some(parts)).then(|| parts.clone()) }
        };
        if plan == Self::default() {
            return Ok(plan);
        }
        if there["archived"] == true && file.archived != Some(false) {
            return Err("已归档，没有更新；请先恢复，或在文件里写 \"archived\": false".into());
        }
        // One with nothing in it is nobody's work.
        let unpublished = drafted.filter(|draft| published.as_ref() != Some(draft) && *draft != json!([]));
        let in_folder = |draft: &Value| draft == parts || file.draft.as_ref() == Some(draft);
        if !over_drafts && unpublished.is_some_and(|draft| !in_folder(&draft)) {
            return Err("有未发布的草稿，没有更新；请先发布或改好草稿，确认不要时加 --over-drafts".into());
        }
        match &plan.publish {
            Some(parts) => check(parts, media).map(|()| plan),
            None => Ok(plan),
        }
    }
}

/// Parts as Stepwise writes them, so that `null` and what is not there are the same; what are none stay, and are refused
/// there.
pub(super) fn plain(parts: Value) -> Value {
    match body(&parts) {
        Some(body) => json!(body.parts),
        None => parts,
    }
}

/// As people write it: a field that is misspelt makes it none.
fn body(parts: &Value) -> Option<Body> {
    serde_json::from_value::<BodyEdit>(json!({ "parts": parts })).ok().map(Body::from)
}

/// Everything that is wrong, as far as it can be told from here.
fn check(parts: &Value, media: &BTreeMap<BlobId, Inspected>) -> Result<(), String> {
    let Some(body) = body(parts) else { return Ok(()) };
    let faults: Vec<String> = body
        .check(media)
        .iter()
        // It may be kept there.
        .filter(|problem| problem.fault != Fault::NoMedia)
        .map(|problem| format!("{} {}", problem.pointer, problem.fault.zh()))
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(faults.join("；")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(word: &str) -> Value {
        json!([{"kind": "text", "text": word}])
    }

    /// What is there: published, draft.
    fn there(published: Option<&str>, draft: Option<&str>) -> Value {
        let parts = |word: &str| if word.is_empty() { json!([]) } else { parts(word) };
        let body = |word: &str| json!({"parts": parts(word)});
        json!({"body": published.map(body), "draft": draft.map(|word| json!({"body": body(word)}))})
    }

    fn plan(file: File, there: &Value, over_drafts: bool) -> Result<(Option<Value>, Option<Value>), String> {
        let plan = Plan::of(&file, there, over_drafts, &BTreeMap::new())?;
        Ok((plan.publish, plan.draft))
    }

    #[test]
    fn what_somebody_works_on_is_never_lost_unless_they_say_so() {
        /// What is published, and what is the draft.
        type Pair = (Option<&'static str>, Option<&'static str>);
        /// To be published? parts and draft of the file; what is there.
        type Case = (bool, &'static str, Option<&'static str>, Pair);
        let cases: [(Case, Option<Pair>); 16] = [
            ((true, "a", None, (None, None)), Some((Some("a"), None))),
            ((true, "a", None, (Some("a"), Some("a"))), Some((None, None))),
            ((true, "a", None, (Some("a"), Some("new"))), Some((None, None))),
            ((true, "a", None, (Some("b"), Some("b"))), Some((Some("a"), None))),
            ((true, "a", None, (Some("b"), Some("a"))), Some((Some("a"), None))),
            ((true, "a", None, (Some("b"), Some("new"))), None),
            ((true, "a", None, (None, Some("new"))), None),
            ((true, "a", None, (None, Some(""))), Some((Some("a"), None))),
            ((true, "a", Some("d"), (None, None)), Some((Some("a"), Some("d")))),
            ((true, "a", Some("d"), (Some("a"), Some("a"))), Some((None, Some("d")))),
            ((true, "a", Some("d"), (Some("a"), Some("d"))), Some((None, None))),
            ((true, "a", Some("d"), (Some("b"), Some("d"))), Some((Some("a"), Some("d")))),
            ((true, "a", Some("d"), (Some("a"), Some("new"))), None),
            ((false, "a", None, (None, None)), Some((None, Some("a")))),
            ((false, "a", None, (Some("b"), Some("b"))), Some((None, Some("a")))),
            ((false, "a", None, (Some("b"), Some("new"))), None),
        ];
        for ((publish, said, draft, (published, drafted)), expected) in cases {
            let file = File { publish, parts: Some(parts(said)), draft: draft.map(parts), ..File::default() };
            let there = there(published, drafted);
            let planned = plan(file.clone(), &there, false);
            let expected = expected.map(|(publish, draft)| (publish.map(parts), draft.map(parts)));
            assert_eq!(planned.as_ref().ok(), expected.as_ref(), "{file:?} {there}");
            if expected.is_none() {
                assert!(planned.unwrap_err().contains("--over-drafts"));
                assert!(plan(file, &there, true).is_ok());
            }
        }
    }

    #[test]
    fn what_was_put_away_is_changed_only_by_taking_it_out() {
        let mut there = there(Some("a"), Some("a"));
        there["archived"] = json!(true);
        let file =
            |word, archived| File { publish: true, archived, parts: Some(parts(word)), ..File::default() };
        for (word, archived, fits) in [
            ("a", None, true),
            ("a", Some(true), true),
            ("b", None, false),
            ("b", Some(true), false),
            ("b", Some(false), true),
        ] {
            assert_eq!(plan(file(word, archived), &there, false).is_ok(), fits, "{word} {archived:?}");
        }
    }

    #[test]
    fn what_cannot_be_published_is_told_before_anything_is_saved() {
        let blob = "0".repeat(64);
        let said =
            json!([{"kind": "text", "text": "您好 {{customer.nick}}"}, {"kind": "image", "blob": blob}]);
        let file = File { publish: true, parts: Some(said.clone()), ..File::default() };
        let refused = plan(file.clone(), &Value::Null, false).unwrap_err();
        assert_eq!(
            refused,
            "/parts/0/text 没有变量“customer.nick”，请改用 customer.name（客户昵称）或 staff.name（成员姓名）"
        );
        // A draft may be wrong.
        assert_eq!(plan(File { publish: false, ..file }, &Value::Null, false), Ok((None, Some(said))));
    }

    #[test]
    fn null_is_the_same_as_nothing() {
        let written =
            json!([{"kind": "link", "title": "a", "desc": null, "url": "https://a.cn/", "cover": null}]);
        assert_eq!(plain(written), json!([{"kind": "link", "title": "a", "url": "https://a.cn/"}]));
        let unknown = json!([{"kind": "voice", "blob": "x"}]);
        assert_eq!(plain(unknown.clone()), unknown);
        let misspelt = json!([{"kind": "link", "title": "a", "url": "https://a.cn/", "covr": "x"}]);
        assert_eq!(plain(misspelt.clone()), misspelt);
    }
}
