//! What is written in `domain.json` is what serde reads: the same names, the same fields. That documents fit both alike
//! the contract tests try on the running product.

use std::collections::BTreeSet;

use domain::{
    Happening, Predicate, What,
    content::{
        BodyEdit, PartEdit, PartKind, VisibilityEdit,
        media::{Format, MediaKind},
    },
    file::{Evidence, ExitReason, Method, MissReason, Outcome, SkipReason},
    playbook::{Action, HourMinute, Moves, OwnerPolicy, StageKind, StageRef, Trigger, Words},
    sop::{
        Anchor, Document, Exit, Expiry, LateStart, Reentry, ReentryPolicy, Step, StepContent, StepMethod,
        StepTime,
    },
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::described;

/// Names that serde would have taken for `wrong`: those between backticks, behind the one at fault.
fn known<T: DeserializeOwned>(wrong: Value) -> BTreeSet<String> {
    let Err(error) = serde_json::from_value::<T>(wrong.clone()) else { panic!("{wrong} was taken") };
    let said = error.to_string();
    assert!(said.starts_with("unknown "), "{said}");
    said.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

fn names<'a>(of: impl IntoIterator<Item = &'a Value>) -> BTreeSet<String> {
    of.into_iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

fn values(name: &str) -> BTreeSet<String> {
    names(described()[name]["enum"].as_array().unwrap_or_else(|| panic!("{name}")))
}

/// The one field of each choice.
fn choices(name: &str) -> BTreeSet<String> {
    let described = described();
    names(described[name]["oneOf"].as_array().unwrap().iter().map(|choice| {
        assert_eq!(choice["additionalProperties"], false, "{name}");
        let properties: Vec<&String> = choice["properties"].as_object().unwrap().keys().collect();
        assert_eq!(json!(properties), choice["required"], "{name}");
        &choice["required"][0]
    }))
}

fn fields(name: &str) -> BTreeSet<String> {
    let described = described();
    assert_eq!(described[name]["additionalProperties"], false, "{name}");
    described[name]["properties"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn choices_are_those_of_serde() {
    let wrong = || json!({"?": 1});
    assert_eq!(choices("Predicate"), known::<Predicate>(wrong()));
    assert_eq!(choices("Trigger"), known::<Trigger>(wrong()));
    assert_eq!(choices("Action"), known::<Action>(wrong()));
}

#[test]
fn values_are_those_of_serde() {
    let wrong = || json!("?");
    assert_eq!(values("StageKind"), known::<StageKind>(wrong()));
    assert_eq!(values("OwnerPolicy"), known::<OwnerPolicy>(wrong()));
    assert_eq!(values("Moves"), known::<Moves>(wrong()));
    assert_eq!(values("StepMethod"), known::<StepMethod>(wrong()));
    assert_eq!(values("Method"), known::<Method>(wrong()));
    assert_eq!(values("ReentryPolicy"), known::<ReentryPolicy>(wrong()));
    assert_eq!(values("Evidence"), known::<Evidence>(wrong()));
    assert_eq!(values("LateStart"), known::<LateStart>(wrong()));
    let reasons = [known::<ExitReason>(wrong()), known::<MissReason>(wrong()), known::<SkipReason>(wrong())];
    let mut reasons: BTreeSet<String> = reasons.into_iter().flatten().collect();
    reasons.insert("wecom_refused".to_owned());
    assert_eq!(values("Reason"), reasons);
    assert_eq!(values("UndoRefusal"), known::<domain::fact::UndoRefusal>(wrong()));
}

#[test]
fn kinds_are_those_of_serde() {
    assert_eq!(values("FactKind"), known::<What>(json!({"kind": "?"})));
    assert_eq!(values("HappeningKind"), known::<Happening>(json!({"what": "?"})));
    assert_eq!(values("ActorKind"), known::<domain::Actor>(json!({"who": "?"})));
    let mut states = known::<Outcome>(json!({"outcome": "?"}));
    states.extend(["offered".to_owned(), "sending".to_owned()]);
    assert_eq!(values("StepState"), states);
}

#[test]
fn fields_are_those_of_serde() {
    let wrong = || json!({"?": 1});
    assert_eq!(fields("Words"), known::<Words>(wrong()));
    assert_eq!(fields("SopDocument"), known::<Document>(wrong()));
    assert_eq!(fields("Step"), known::<Step>(wrong()));
    assert_eq!(fields("StepTime"), known::<StepTime>(wrong()));
    assert_eq!(fields("Expiry"), known::<Expiry>(wrong()));
    assert_eq!(fields("Exit"), known::<Exit>(wrong()));
    assert_eq!(fields("Reentry"), known::<Reentry>(wrong()));
    assert_eq!(fields("BoardPlan"), known::<app::BoardPlan>(wrong()));
    let anchor = described()["Anchor"]["oneOf"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|choice| choice["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>())
        .collect::<BTreeSet<_>>();
    assert_eq!(anchor, known::<Anchor>(wrong()));
    let content = described()["StepContent"]["oneOf"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|choice| choice["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>())
        .collect::<BTreeSet<_>>();
    assert_eq!(content, known::<StepContent>(wrong()));
}

#[test]
fn parts_of_contents_are_those_of_serde() {
    assert_eq!(values("MediaKind"), known::<MediaKind>(json!("?")));
    assert_eq!(values("PartKind"), known::<PartKind>(json!("?")));
    assert_eq!(values("MediaFormat"), known::<Format>(json!("?")));
    assert_eq!(fields("Visibility"), known::<VisibilityEdit>(json!({"?": 1})));
    assert_eq!(fields("ContentBody"), known::<BodyEdit>(json!({"?": 1})));
    let described = described();
    let choices = described["ContentPart"]["oneOf"].as_array().unwrap();
    assert_eq!(names(choices.iter().map(|choice| &choice["title"])), known::<PartEdit>(json!({"kind": "?"})));
    let text = |name: &str| match name {
        "blob" | "cover" => json!("0".repeat(64)),
        _ => json!("x"),
    };
    for choice in choices {
        assert_eq!(
            (&choice["properties"]["kind"]["const"], &choice["additionalProperties"]),
            (&choice["title"], &json!(false))
        );
        let fields: BTreeSet<String> = choice["properties"].as_object().unwrap().keys().cloned().collect();
        let needed = names(choice["required"].as_array().unwrap());
        let mut whole: serde_json::Map<String, Value> =
            needed.iter().map(|name| (name.clone(), text(name))).collect();
        whole.insert("kind".to_owned(), choice["title"].clone());
        assert!(serde_json::from_value::<PartEdit>(json!(whole)).is_ok(), "{whole:?}");
        let foreign = if fields.contains("text") { "url" } else { "text" };
        whole.insert(foreign.to_owned(), text(foreign));
        let said = serde_json::from_value::<PartEdit>(json!(whole)).unwrap_err().to_string();
        let known: BTreeSet<String> = said.split('`').skip(3).step_by(2).map(str::to_owned).collect();
        assert_eq!(fields, known, "{said}");
    }
}

#[test]
fn what_is_written_in_another_form_is_read_so() {
    for name in ["HourMinute", "StageRef"] {
        let example = described()[name]["examples"][0].clone();
        let read = match name {
            "HourMinute" => serde_json::from_value::<HourMinute>(example).is_ok(),
            _ => serde_json::from_value::<StageRef>(example).is_ok(),
        };
        assert!(read, "{name}");
    }
    let document = described()["SopDocument"]["examples"][0].clone();
    assert!(serde_json::from_value::<Document>(document).is_ok());
}
