//! Cards: the limits of `template_card`, and which of them need an answer code.

use serde_json::{Map, Value};

use super::Refusal;
use crate::state::World;

/// The published codes for cards are 42014–42051; which one belongs to which mistake is not published in
/// full, so the nearest neighbours stand for groups of mistakes here.
const BAD_TYPE: i64 = 42031;
const BAD_TASK_ID: i64 = 42014;
const USED_TASK_ID: i64 = 42015;
const BAD_FIELD: i64 = 42045;
const TOO_LONG: i64 = 42046;

/// Text limits in characters, by JSON pointer.
const TEXTS: &[(&str, usize)] = &[
    ("/source/desc", 20),
    ("/main_title/title", 36),
    ("/main_title/desc", 44),
    ("/sub_title_text", 160),
    ("/emphasis_content/title", 14),
    ("/emphasis_content/desc", 22),
];

/// Lists by pointer: most entries, and per entry the required fields and the limits of texts.
const LISTS: &[List] = &[
    List {
        pointer: "/horizontal_content_list",
        most: 6,
        required: &["keyname"],
        texts: &[("keyname", 5), ("value", 30)],
    },
    List { pointer: "/vertical_content_list", most: 4, required: &["title"], texts: &[] },
    List { pointer: "/jump_list", most: 3, required: &["title"], texts: &[] },
    List { pointer: "/button_list", most: 6, required: &["text"], texts: &[("text", 10)] },
    List { pointer: "/action_menu/action_list", most: 3, required: &["text", "key"], texts: &[] },
    List { pointer: "/checkbox/option_list", most: 20, required: &["id", "text"], texts: &[] },
    List { pointer: "/select_list", most: 3, required: &["question_key"], texts: &[] },
];

struct List {
    pointer: &'static str,
    most: usize,
    required: &'static [&'static str],
    texts: &'static [(&'static str, usize)],
}

/// The card as given, and whether its answer carries a `response_code`.
pub(super) fn check(card: Option<Value>) -> Result<(Value, bool), Refusal> {
    let card = card.filter(Value::is_object).ok_or_else(|| field("template_card missing"))?;
    let kind = card["card_type"].as_str().unwrap_or_default();
    let (is_notice, is_interactive) = match kind {
        "text_notice" | "news_notice" => (true, card.get("action_menu").is_some()),
        "button_interaction" | "vote_interaction" | "multiple_interaction" => (false, true),
        _ => return Err(Refusal::new(BAD_TYPE, "invalid card_type")),
    };
    for (pointer, most) in TEXTS {
        check_text(card.pointer(pointer), pointer, *most)?;
    }
    for list in LISTS {
        check_list(&card, list)?;
    }
    let has_title = card.pointer("/main_title/title").is_some_and(is_text);
    let has_sub_title = card.get("sub_title_text").is_some_and(is_text);
    match kind {
        "text_notice" if !has_title && !has_sub_title => {
            return Err(field("main_title.title or sub_title_text missing"));
        }
        "text_notice" => {}
        _ if !has_title => return Err(field("main_title.title missing")),
        "news_notice"
            if card.pointer("/card_image/url").is_none()
                && card.pointer("/image_text_area/image_url").is_none() =>
        {
            return Err(field("card_image or image_text_area missing"));
        }
        _ => {}
    }
    if is_notice {
        check_action(&card["card_action"])?;
    }
    check_task(card.get("task_id"), is_interactive)?;
    Ok((card, is_interactive))
}

fn check_text(text: Option<&Value>, name: &str, most: usize) -> Result<(), Refusal> {
    match text {
        None => Ok(()),
        Some(Value::String(text)) if text.chars().count() <= most => Ok(()),
        Some(Value::String(_)) => Err(Refusal::new(TOO_LONG, format!("{name} too long"))),
        Some(_) => Err(field(&format!("{name} not a string"))),
    }
}

fn check_list(card: &Value, list: &List) -> Result<(), Refusal> {
    let name = list.pointer;
    let Some(entries) = card.pointer(name) else {
        return Ok(());
    };
    let entries = entries.as_array().ok_or_else(|| field(&format!("{name} not an array")))?;
    if entries.len() > list.most {
        return Err(Refusal::new(TOO_LONG, format!("{name} too long")));
    }
    let nothing = Map::new();
    for entry in entries {
        let entry = entry.as_object().unwrap_or(&nothing);
        for required in list.required {
            if !entry.get(*required).is_some_and(is_text) {
                return Err(field(&format!("{name}.{required} missing")));
            }
        }
        for (text, most) in list.texts {
            check_text(entry.get(*text), &format!("{name}.{text}"), *most)?;
        }
    }
    Ok(())
}

/// A notice leads somewhere: to a page (1) or a mini-program (2).
fn check_action(action: &Value) -> Result<(), Refusal> {
    match action["type"].as_i64() {
        Some(1) if action["url"].as_str().is_some_and(|url| !url.is_empty()) => Ok(()),
        Some(2) if action["appid"].as_str().is_some_and(|appid| !appid.is_empty()) => Ok(()),
        _ => Err(field("card_action invalid")),
    }
}

/// Task ids are used once per app.
pub(super) fn claim_task(world: &mut World, content: &Value) -> Result<(), Refusal> {
    let Some(task) = content["task_id"].as_str() else {
        return Ok(());
    };
    if world.card_tasks.insert(task.to_owned()) {
        Ok(())
    } else {
        Err(Refusal::new(USED_TASK_ID, "task_id already exists"))
    }
}

fn check_task(task: Option<&Value>, is_interactive: bool) -> Result<(), Refusal> {
    let task = match task {
        None if is_interactive => return Err(Refusal::new(BAD_TASK_ID, "task_id missing")),
        None => return Ok(()),
        Some(task) => task.as_str().unwrap_or_default(),
    };
    let is_legal = (1..=128).contains(&task.len())
        && task.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-@".contains(&byte));
    if is_legal { Ok(()) } else { Err(Refusal::new(BAD_TASK_ID, "invalid task_id")) }
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

fn field(text: &str) -> Refusal {
    Refusal::new(BAD_FIELD, text)
}
