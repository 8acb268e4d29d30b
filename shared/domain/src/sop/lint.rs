//! Checks a document, resolves its names, and says everything that is wrong at once.

mod parts;

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Anchor, Document, Step, StepContent, StepMethod, StepTime, Text};
use crate::{
    content::Field,
    id::check_slug,
    playbook::{HourMinute, Playbook, Problem, Settings},
};
use parts::Parts;

const MAX_STEPS: usize = 100;
const MAX_DAY: u32 = 1000;
const MAX_TEXT_BYTES: usize = Field::Text.most();

/// Reads, checks and resolves a document.
pub fn compile(source: &Value, book: &Playbook) -> Result<Document, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut parts = Parts::read(source, &mut problems);
    check_head(&parts, &mut problems);
    check_steps(&parts, &book.settings, &mut problems);
    resolve(&mut parts, book, &mut problems);
    match parts.document() {
        Some(document) if problems.is_empty() => Ok(document),
        _ => Err(problems),
    }
}

fn check_head(parts: &Parts, problems: &mut Vec<Problem>) {
    let mut bad = |pointer: &str, code: &str, text: String| problems.push(Problem::new(pointer, code, text));
    if let Some(Err(not_a_slug)) = parts.id.as_ref().map(|id| check_slug(id.as_str())) {
        bad("/id", "bad_id", not_a_slug.to_string());
    }
    if parts.name.as_ref().is_some_and(|name| name.trim().is_empty() || name.chars().count() > 60) {
        bad("/name", "bad_length", "a name has 1 to 60 characters".into());
    }
    if parts.priority.is_some_and(|priority| priority > 100) {
        bad("/priority", "out_of_range", "a priority is 0 to 100".into());
    }
    if parts.steps.as_ref().is_some_and(|steps| steps.is_empty() || steps.len() > MAX_STEPS) {
        bad("/steps", "bad_length", format!("an SOP has 1 to {MAX_STEPS} steps"));
    }
    let leaves = parts.exit.as_ref().is_some_and(|exit| exit.left_stage == Some(true));
    if leaves && matches!(parts.anchor, Some(Anchor::FriendAdd {})) {
        let text = "there is no stage to leave: the anchor is friend_add; use exit.when";
        bad("/exit/left_stage", "bad_combination", text.into());
    }
}

fn check_steps(parts: &Parts, settings: &Settings, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    let steps = parts.steps.as_deref().unwrap_or_default();
    for (i, step) in steps.iter().enumerate() {
        let Some(step) = step else { continue };
        let at = |field: &str| format!("/steps/{i}/{field}");
        if let Err(bad) = check_slug(step.id.as_str()) {
            problems.push(Problem::new(at("id"), "bad_id", bad.to_string()));
        }
        if !seen.insert(&step.id) {
            let text = format!("step id {:?} is used twice; every step has its own", step.id.as_str());
            problems.push(Problem::new(at("id"), "duplicate_step", text));
        }
        check_content(step, &at("content"), problems);
        if step.method == StepMethod::Welcome {
            check_welcome(step, i, parts.anchor.as_ref(), problems);
        }
        check_time(&step.at, settings, &at("at"), problems);
        let above = i.checked_sub(1).and_then(|above| steps[above].as_ref());
        if let Some(text) = above.and_then(|above| misplaced(above, step)) {
            problems.push(Problem::new(at("at"), "order", text));
        }
    }
}

fn check_content(step: &Step, pointer: &str, problems: &mut Vec<Problem>) {
    let mut bad = |field: &str, code: &str, text: String| {
        problems.push(Problem::new(format!("{pointer}/{field}"), code, text));
    };
    match &step.content {
        StepContent::Text(said) => {
            if said.trim().is_empty() || said.len() > MAX_TEXT_BYTES {
                let text = format!("a text has 1 to {MAX_TEXT_BYTES} bytes; this has {}", said.len());
                bad("text", "bad_length", text);
            }
            if let Err(wrong) = Text::parse(said) {
                bad("text", "bad_variable", wrong.to_string());
            }
        }
        StepContent::Content { unless_had_within, .. } => {
            if step.method == StepMethod::Todo {
                let text = "a todo says in a text what is to be done; contents are for customers";
                bad("ref", "bad_combination", text.into());
            }
            if step.method == StepMethod::Welcome && unless_had_within.is_some() {
                let text = "everybody is greeted, whatever they have had";
                bad("unless_had_within", "bad_combination", text.into());
            }
        }
    }
}

/// Why `step` cannot stand below `above`.
fn misplaced(above: &Step, step: &Step) -> Option<&'static str> {
    let (before, here) = (place(&above.at)?, place(&step.at)?);
    let same_form = step.at.day.is_some() == above.at.day.is_some();
    if here.0 < before.0 || (same_form && here < before) {
        return Some("this step would come before the one above it");
    }
    let greets = above.method == StepMethod::Welcome;
    (same_form && !greets && here == before)
        .then_some("this step has the time of the one above it, which would end the moment it begins")
}

/// Day and minute, of the day or after the anchor, at which a step stands; `None`: it has no time.
fn place(at: &StepTime) -> Option<(u32, u32)> {
    match (at.day, at.after_minutes) {
        (Some(day), _) => Some((day, at.time.map_or(0, minutes_of))),
        (None, Some(minutes)) => Some((minutes / 1440, minutes)),
        (None, None) => None,
    }
}

fn minutes_of(time: HourMinute) -> u32 {
    use chrono::Timelike as _;
    time.time().num_seconds_from_midnight() / 60
}

fn check_welcome(step: &Step, i: usize, anchor: Option<&Anchor>, problems: &mut Vec<Problem>) {
    if i > 0 || step.at.after_minutes != Some(0) {
        let text = "a welcome is the first step, at {\"after_minutes\": 0}: WeCom takes it for 20 seconds";
        problems.push(Problem::new(format!("/steps/{i}/method"), "welcome_not_first", text));
    }
    if matches!(anchor, Some(Anchor::StageEntry { .. })) {
        let text = "a welcome needs the anchor friend_add: only adding a friend gives a welcome code";
        problems.push(Problem::new(format!("/steps/{i}/method"), "welcome_not_first", text));
    }
    if step.when.is_some() {
        let text = "a welcome cannot wait for a condition";
        problems.push(Problem::new(format!("/steps/{i}/when"), "bad_combination", text));
    }
}

fn check_time(at: &StepTime, settings: &Settings, pointer: &str, problems: &mut Vec<Problem>) {
    let mut bad = |field: &str, code: &str, text: String| {
        problems.push(Problem::new(format!("{pointer}{field}"), code, text));
    };
    match (at.after_minutes, at.day, at.time) {
        (Some(minutes), None, None) => {
            if minutes > MAX_DAY * 1440 {
                bad("/after_minutes", "out_of_range", format!("at most {MAX_DAY} days"));
            }
        }
        (None, Some(day), Some(time)) => {
            if day > MAX_DAY {
                bad("/day", "out_of_range", format!("at most {MAX_DAY} days"));
            }
            if settings.quiet.covers(time) {
                let Settings { quiet, .. } = settings;
                bad(
                    "/time",
                    "quiet_hours",
                    format!("{time} lies in the quiet hours {}–{}", quiet.from, quiet.to),
                );
            }
            if at.until.is_some_and(|until| until <= time) {
                bad("/until", "order", format!("until has to be later than {time}"));
            }
        }
        _ => bad("", "bad_time", "give either after_minutes, or day and time".into()),
    }
    if at.after_minutes.is_some() && at.until.is_some() {
        bad("/until", "bad_combination", "until belongs to day and time".into());
    }
    if at.expires_at.is_some_and(|expiry| expiry.days > MAX_DAY) {
        bad("/expires_at/days", "out_of_range", format!("at most {MAX_DAY} days"));
    }
    if let (Some(expiry), Some(time)) = (at.expires_at, at.time)
        && expiry.days == 0
        && expiry.time <= at.until.unwrap_or(time)
    {
        bad("/expires_at", "order", "expires_at has to be later than time and until".into());
    }
}

fn resolve(parts: &mut Parts, book: &Playbook, problems: &mut Vec<Problem>) {
    if let Some(audience) = &mut parts.audience {
        book.resolve_predicate(audience, "/audience", problems);
    }
    if let Some(Anchor::StageEntry { stage }) = &mut parts.anchor {
        match book.find_stage(stage, "/anchor/stage") {
            Ok(found) => *stage = found,
            Err(problem) => problems.push(problem),
        }
    }
    for (i, step) in parts.steps.iter_mut().flatten().enumerate() {
        let Some(step) = step else { continue };
        if let Some(when) = &mut step.when {
            book.resolve_predicate(when, &format!("/steps/{i}/when"), problems);
        }
        if let StepContent::Content { reference, .. } = &mut step.content {
            match book.find_content(reference, &format!("/steps/{i}/content/ref")) {
                Ok(found) => *reference = found,
                Err(problem) => problems.push(problem),
            }
        }
    }
    if let Some(when) = parts.exit.as_mut().and_then(|exit| exit.when.as_mut()) {
        book.resolve_predicate(when, "/exit/when", problems);
    }
}

#[cfg(test)]
mod tests;
