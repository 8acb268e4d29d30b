//! The limits of cards. The codes are those of the published table (全局错误码); what it has no code for,
//! an over-long text above all, is 40058.

use serde_json::Value;

use super::{Flaw, Occasion, entries, is_interactive, is_notice, is_text};

const BAD_PARAMETER: i64 = 40058;
const NO_TITLE: i64 = 41016;
const BAD_TASK_ID: i64 = 42014;
const NO_URL: i64 = 42028;
const NO_APPID: i64 = 42030;

/// Text limits in characters, by JSON pointer.
const TEXTS: &[(&str, usize)] = &[
    ("/source/desc", 20),
    ("/main_title/title", 36),
    ("/main_title/desc", 44),
    ("/sub_title_text", 160),
    ("/emphasis_content/title", 14),
    ("/emphasis_content/desc", 22),
];
/// Keys and ids, in bytes.
const LONGEST_KEY: usize = 1024;
const LONGEST_OPTION_ID: usize = 128;
const LONGEST_TASK_ID: usize = 128;
/// Width to height of a news notice's picture.
const ASPECT_RATIOS: std::ops::RangeInclusive<f64> = 1.3..=2.25;

/// Whether the card may be sent, or take another's place.
pub(crate) fn check(card: &Value, occasion: Occasion) -> Result<(), Flaw> {
    let kind = card["card_type"].as_str().unwrap_or_default();
    check_shared(card)?;
    match kind {
        "text_notice" => check_text_notice(card)?,
        "news_notice" => check_news_notice(card)?,
        "button_interaction" => check_buttons(card)?,
        "vote_interaction" => check_vote(card)?,
        "multiple_interaction" => check_selections(card)?,
        _ => return Err(Flaw::new(42031, "invalid card_type")),
    }
    if kind != "text_notice" && !card.pointer("/main_title/title").is_some_and(is_text) {
        return Err(Flaw::new(NO_TITLE, "main_title.title missing"));
    }
    match card.get("card_action") {
        Some(action) => check_target(action, "card_action", 42045)?,
        None if is_notice(card) => return Err(Flaw::new(42045, "card_action missing")),
        None => {}
    }
    check_task(card, occasion)
}

fn check_shared(card: &Value) -> Result<(), Flaw> {
    for (pointer, most) in TEXTS {
        check_text(card.pointer(pointer), pointer, *most)?;
    }
    if card.pointer("/source/desc_color").is_some_and(|color| !is_within(color, 0..=3)) {
        return Err(Flaw::new(BAD_PARAMETER, "source.desc_color"));
    }
    if let Some(quote) = card.get("quote_area") {
        check_optional_target(quote, "quote_area")?;
    }
    count(card, "/horizontal_content_list", 0..=6, 42035)?;
    for row in entries(card, "/horizontal_content_list") {
        check_row(row)?;
    }
    count(card, "/jump_list", 0..=3, 42042)?;
    for jump in entries(card, "/jump_list") {
        require(jump, "title", 42033, "jump_list.title")?;
        check_optional_target(jump, "jump_list")?;
    }
    check_menu(card)
}

fn check_row(row: &Value) -> Result<(), Flaw> {
    require(row, "keyname", 42027, "horizontal_content_list.keyname")?;
    check_text(row.get("keyname"), "horizontal_content_list.keyname", 5)?;
    check_text(row.get("value"), "horizontal_content_list.value", 30)?;
    match row["type"].as_i64().unwrap_or(0) {
        0 => Ok(()),
        1 => require(row, "url", NO_URL, "horizontal_content_list.url"),
        2 => require(row, "media_id", 42029, "horizontal_content_list.media_id"),
        3 => require(row, "userid", 42050, "horizontal_content_list.userid"),
        _ => Err(Flaw::new(BAD_PARAMETER, "horizontal_content_list.type")),
    }
}

/// The menu in the corner: the platform tells its entries apart by their keys.
fn check_menu(card: &Value) -> Result<(), Flaw> {
    if card.get("action_menu").is_none() {
        return Ok(());
    }
    count(card, "/action_menu/action_list", 1..=3, BAD_PARAMETER)?;
    let mut seen = Vec::new();
    for action in entries(card, "/action_menu/action_list") {
        require(action, "text", 42020, "action_menu.action_list.text")?;
        require(action, "key", 42019, "action_menu.action_list.key")?;
        check_bytes(&action["key"], "action_menu.action_list.key", LONGEST_KEY, 42018)?;
        if seen.contains(&&action["key"]) {
            return Err(Flaw::new(42051, "action_menu.action_list.key used twice"));
        }
        seen.push(&action["key"]);
    }
    Ok(())
}

fn check_text_notice(card: &Value) -> Result<(), Flaw> {
    let has_title = card.pointer("/main_title/title").is_some_and(is_text);
    if has_title || card.get("sub_title_text").is_some_and(is_text) {
        Ok(())
    } else {
        Err(Flaw::new(NO_TITLE, "main_title.title and sub_title_text missing"))
    }
}

fn check_news_notice(card: &Value) -> Result<(), Flaw> {
    let (image, area) = (card.get("card_image"), card.get("image_text_area"));
    if image.is_none() && area.is_none() {
        return Err(Flaw::new(42044, "card_image and image_text_area missing"));
    }
    if let Some(image) = image {
        require(image, "url", 42044, "card_image.url")?;
        let ratio = image.get("aspect_ratio").map(|ratio| ratio.as_f64().unwrap_or(0.0));
        if ratio.is_some_and(|ratio| !ASPECT_RATIOS.contains(&ratio)) {
            return Err(Flaw::new(BAD_PARAMETER, "card_image.aspect_ratio"));
        }
    }
    if let Some(area) = area {
        require(area, "image_url", 42044, "image_text_area.image_url")?;
        check_optional_target(area, "image_text_area")?;
    }
    count(card, "/vertical_content_list", 0..=4, 42036)?;
    entries(card, "/vertical_content_list")
        .try_for_each(|line| require(line, "title", 42033, "vertical_content_list.title"))
}

fn check_buttons(card: &Value) -> Result<(), Flaw> {
    count(card, "/button_list", 1..=6, BAD_PARAMETER)?;
    for button in entries(card, "/button_list") {
        require(button, "text", 42038, "button_list.text")?;
        if button["text"].as_str().is_some_and(|text| text.chars().count() > 10) {
            return Err(Flaw::new(42038, "button_list.text too long"));
        }
        if button.get("style").is_some_and(|style| !is_within(style, 1..=4)) {
            return Err(Flaw::new(BAD_PARAMETER, "button_list.style"));
        }
        match button["type"].as_i64().unwrap_or(0) {
            0 => {
                require(button, "key", 42039, "button_list.key")?;
                check_bytes(&button["key"], "button_list.key", LONGEST_KEY, 42039)?;
            }
            1 => require(button, "url", NO_URL, "button_list.url")?,
            _ => return Err(Flaw::new(BAD_PARAMETER, "button_list.type")),
        }
    }
    card.get("button_selection").map_or(Ok(()), |selection| check_question(selection, 1..=10))
}

fn check_vote(card: &Value) -> Result<(), Flaw> {
    let question = card.get("checkbox").ok_or_else(|| Flaw::new(42043, "checkbox missing"))?;
    if question.get("mode").is_some_and(|mode| !is_within(mode, 0..=1)) {
        return Err(Flaw::new(BAD_PARAMETER, "checkbox.mode"));
    }
    check_question(question, 1..=20)?;
    check_submit(card)
}

fn check_selections(card: &Value) -> Result<(), Flaw> {
    count(card, "/select_list", 1..=3, 42047)?;
    entries(card, "/select_list").try_for_each(|question| check_question(question, 1..=10))?;
    check_submit(card)
}

fn check_question(question: &Value, options: std::ops::RangeInclusive<usize>) -> Result<(), Flaw> {
    require(question, "question_key", 42043, "question_key")?;
    check_bytes(&question["question_key"], "question_key", LONGEST_KEY, 42043)?;
    count(question, "/option_list", options, 42037)?;
    entries(question, "/option_list").try_for_each(|option| {
        require(option, "id", 42040, "option_list.id")?;
        check_bytes(&option["id"], "option_list.id", LONGEST_OPTION_ID, 42040)?;
        require(option, "text", 42041, "option_list.text")
    })
}

fn check_submit(card: &Value) -> Result<(), Flaw> {
    let submit = &card["submit_button"];
    require(submit, "text", 42049, "submit_button.text")?;
    require(submit, "key", 42046, "submit_button.key")?;
    check_bytes(&submit["key"], "submit_button.key", LONGEST_KEY, 42046)
}

/// Something that leads to a page (1) or a mini-program (2), or nowhere (0).
fn check_optional_target(target: &Value, name: &str) -> Result<(), Flaw> {
    match target["type"].as_i64().unwrap_or(0) {
        0 => Ok(()),
        _ => check_target(target, name, BAD_PARAMETER),
    }
}

fn check_target(target: &Value, name: &str, bad_type: i64) -> Result<(), Flaw> {
    match target["type"].as_i64() {
        Some(1) => require(target, "url", NO_URL, name),
        Some(2) => require(target, "appid", NO_APPID, name),
        _ => Err(Flaw::new(bad_type, format!("{name}.type invalid"))),
    }
}

fn check_task(card: &Value, occasion: Occasion) -> Result<(), Flaw> {
    let task = match card.get("task_id") {
        None if is_interactive(card) && occasion == Occasion::Sending => {
            return Err(Flaw::new(BAD_TASK_ID, "task_id missing"));
        }
        None => return Ok(()),
        Some(task) => task.as_str().unwrap_or_default(),
    };
    let is_legal = (1..=LONGEST_TASK_ID).contains(&task.len())
        && task.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_@".contains(&byte));
    if is_legal { Ok(()) } else { Err(Flaw::new(BAD_TASK_ID, "invalid task_id")) }
}

fn require(object: &Value, field: &str, code: i64, name: &str) -> Result<(), Flaw> {
    if object.get(field).is_some_and(is_text) {
        Ok(())
    } else {
        Err(Flaw::new(code, format!("{name} missing")))
    }
}

fn check_text(text: Option<&Value>, name: &str, most: usize) -> Result<(), Flaw> {
    match text {
        None => Ok(()),
        Some(Value::String(text)) if text.chars().count() <= most => Ok(()),
        Some(Value::String(_)) => Err(Flaw::new(BAD_PARAMETER, format!("{name} too long"))),
        Some(_) => Err(Flaw::new(BAD_PARAMETER, format!("{name} not a string"))),
    }
}

fn check_bytes(text: &Value, name: &str, most: usize, code: i64) -> Result<(), Flaw> {
    if text.as_str().is_some_and(|text| text.len() > most) {
        return Err(Flaw::new(code, format!("{name} too long")));
    }
    Ok(())
}

/// A list of so many entries; an absent one has none.
fn count(
    object: &Value,
    pointer: &str,
    allowed: std::ops::RangeInclusive<usize>,
    code: i64,
) -> Result<(), Flaw> {
    let length = match object.pointer(pointer) {
        None => 0,
        Some(Value::Array(entries)) => entries.len(),
        Some(_) => return Err(Flaw::new(code, format!("{pointer} not an array"))),
    };
    if allowed.contains(&length) {
        Ok(())
    } else {
        Err(Flaw::new(code, format!("{pointer} has {length} entries")))
    }
}

fn is_within(number: &Value, allowed: std::ops::RangeInclusive<i64>) -> bool {
    number.as_i64().is_some_and(|number| allowed.contains(&number))
}
