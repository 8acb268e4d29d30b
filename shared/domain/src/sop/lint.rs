//! Checks a document, resolves its names, and says everything that is wrong at once.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Anchor, Document, StepMethod, StepTime, Text};
use crate::{
    id::check_slug,
    playbook::{Playbook, Problem, Settings},
};

const MAX_STEPS: usize = 100;
const MAX_DAY: u32 = 1000;
/// WeCom's limit of a text to customers, in UTF-8 bytes.
const MAX_TEXT_BYTES: usize = 4000;

/// Reads, checks and resolves a document.
pub fn compile(source: &Value, book: &Playbook) -> Result<Document, Vec<Problem>> {
    let mut document: Document = serde_path_to_error::deserialize(source).map_err(|error| {
        let pointer = pointer_of(error.path());
        vec![Problem::new(pointer, "malformed", error.inner().to_string())]
    })?;
    let mut problems = Vec::new();
    check_head(&document, &mut problems);
    check_steps(&document, &book.settings, &mut problems);
    resolve(&mut document, book, &mut problems);
    if problems.is_empty() { Ok(document) } else { Err(problems) }
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter().fold(String::new(), |pointer, segment| match segment {
        Segment::Seq { index } => format!("{pointer}/{index}"),
        Segment::Map { key } => format!("{pointer}/{key}"),
        Segment::Enum { variant } => format!("{pointer}/{variant}"),
        Segment::Unknown => pointer,
    })
}

fn check_head(document: &Document, problems: &mut Vec<Problem>) {
    if let Err(bad) = check_slug(document.id.as_str()) {
        problems.push(Problem::new("/id", "bad_id", bad.to_string()));
    }
    if document.name.trim().is_empty() || document.name.chars().count() > 60 {
        problems.push(Problem::new("/name", "bad_length", "a name has 1 to 60 characters"));
    }
    if document.priority > 100 {
        problems.push(Problem::new("/priority", "out_of_range", "a priority is 0 to 100"));
    }
    if document.steps.is_empty() || document.steps.len() > MAX_STEPS {
        problems.push(Problem::new("/steps", "bad_length", format!("an SOP has 1 to {MAX_STEPS} steps")));
    }
    if matches!(document.anchor, Anchor::FriendAdd {}) && document.exit.left_stage == Some(true) {
        let text = "there is no stage to leave: the anchor is friend_add; use exit.when";
        problems.push(Problem::new("/exit/left_stage", "bad_combination", text));
    }
}

fn check_steps(document: &Document, settings: &Settings, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    let mut last_day = 0;
    let mut last_minutes = 0;
    for (i, step) in document.steps.iter().enumerate() {
        let at = |field: &str| format!("/steps/{i}/{field}");
        if let Err(bad) = check_slug(step.id.as_str()) {
            problems.push(Problem::new(at("id"), "bad_id", bad.to_string()));
        }
        if !seen.insert(&step.id) {
            let text = format!("step id {:?} is used twice; every step has its own", step.id.as_str());
            problems.push(Problem::new(at("id"), "duplicate_step", text));
        }
        if step.content.text.trim().is_empty() || step.content.text.len() > MAX_TEXT_BYTES {
            let text =
                format!("a text has 1 to {MAX_TEXT_BYTES} bytes; this has {}", step.content.text.len());
            problems.push(Problem::new(at("content/text"), "bad_length", text));
        }
        if let Err(bad) = Text::parse(&step.content.text) {
            problems.push(Problem::new(at("content/text"), "bad_variable", bad.to_string()));
        }
        if step.method == StepMethod::Welcome {
            check_welcome(document, i, problems);
        }
        check_time(&step.at, settings, &at("at"), problems);
        let (day, minutes) = match (step.at.day, step.at.after_minutes) {
            (Some(day), _) => (day, step.at.time.map_or(0, |t| i64::from(minutes_of(t)))),
            (None, Some(minutes)) => (minutes / 1440, i64::from(minutes)),
            (None, None) => (last_day, last_minutes),
        };
        let same_form =
            step.at.day.is_some() == i.checked_sub(1).is_some_and(|p| document.steps[p].at.day.is_some());
        if i > 0 && (day < last_day || (same_form && day == last_day && minutes < last_minutes)) {
            problems.push(Problem::new(at("at"), "order", "this step would come before the one above it"));
        }
        (last_day, last_minutes) = (day, minutes);
    }
}

fn minutes_of(time: crate::playbook::HourMinute) -> u32 {
    use chrono::Timelike as _;
    time.time().num_seconds_from_midnight() / 60
}

fn check_welcome(document: &Document, i: usize, problems: &mut Vec<Problem>) {
    if i > 0 || document.steps[i].at.after_minutes != Some(0) {
        let text = "a welcome is the first step, at {\"after_minutes\": 0}: WeCom takes it for 20 seconds";
        problems.push(Problem::new(format!("/steps/{i}/method"), "welcome_not_first", text));
    }
    if !matches!(document.anchor, Anchor::FriendAdd {}) {
        let text = "a welcome needs the anchor friend_add: only adding a friend gives a welcome code";
        problems.push(Problem::new(format!("/steps/{i}/method"), "welcome_not_first", text));
    }
    if document.steps[i].when.is_some() {
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

fn resolve(document: &mut Document, book: &Playbook, problems: &mut Vec<Problem>) {
    book.resolve_predicate(&mut document.audience, "/audience", problems);
    if let Anchor::StageEntry { stage } = &mut document.anchor {
        match book.find_stage(stage, "/anchor/stage") {
            Ok(found) => *stage = found,
            Err(problem) => problems.push(problem),
        }
    }
    for (i, step) in document.steps.iter_mut().enumerate() {
        if let Some(when) = &mut step.when {
            book.resolve_predicate(when, &format!("/steps/{i}/when"), problems);
        }
    }
    if let Some(when) = &mut document.exit.when {
        book.resolve_predicate(when, "/exit/when", problems);
    }
}

#[cfg(test)]
mod tests;
