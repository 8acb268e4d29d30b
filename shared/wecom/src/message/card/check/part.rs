//! The limits of what cards are made of.

use std::collections::BTreeSet;
use std::fmt::Arguments;

use crate::Error;
use crate::limits::Check;
use crate::message::card::{
    ActionMenu, Button, ButtonAction, ButtonSelection, Jump, MainTitle, QuoteArea, Row, RowKind, Source,
    Target,
};

/// What several kinds of cards have.
#[derive(Default)]
pub(super) struct Shared<'a> {
    pub(super) source: Option<&'a Source>,
    pub(super) action_menu: Option<&'a ActionMenu>,
    pub(super) main_title: Option<&'a MainTitle>,
    pub(super) quote_area: Option<&'a QuoteArea>,
    pub(super) sub_title_text: Option<&'a str>,
    pub(super) rows: &'a [Row],
}

impl Shared<'_> {
    pub(super) fn check(&self, check: Check) -> Result<(), Error> {
        if let Some(source) = self.source {
            check_source(check, source)?;
        }
        if let Some(main) = self.main_title {
            chars(check, format_args!("template_card.main_title.title"), main.title.as_deref(), 36)?;
            chars(check, format_args!("template_card.main_title.desc"), main.desc.as_deref(), 44)?;
        }
        chars(check, format_args!("template_card.sub_title_text"), self.sub_title_text, 160)?;
        if let Some(quote) = self.quote_area {
            check_target(check, format_args!("template_card.quote_area"), quote.target.as_ref())?;
        }
        if let Some(menu) = self.action_menu {
            check_menu(check, menu)?;
        }
        check.count(format_args!("template_card.horizontal_content_list"), self.rows.len(), 0..=6)?;
        self.rows.iter().enumerate().try_for_each(|(i, row)| check_row(check, i, row))
    }
}

impl MainTitle {
    /// Cards other than `text_notice` have to have a title.
    pub(super) fn check_present(&self, check: Check) -> Result<(), Error> {
        check.present(
            format_args!("template_card.main_title.title"),
            self.title.as_deref().unwrap_or_default(),
        )
    }
}

/// Shortens the calls: an absent text is as good as an empty one.
pub(super) fn chars(
    check: Check,
    field: Arguments<'_>,
    value: Option<&str>,
    max: usize,
) -> Result<(), Error> {
    check.chars(field, value.unwrap_or_default(), max)
}

/// A key that comes back in an event.
pub(super) fn check_key(check: Check, field: Arguments<'_>, key: &str) -> Result<(), Error> {
    check.required_bytes(field, key, 1024)
}

/// What the entries of the list `at` have in `field` has to tell them apart in an event.
pub(super) fn distinct<'a>(
    check: Check,
    at: Arguments<'_>,
    field: &str,
    values: impl Iterator<Item = &'a String>,
) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for (i, value) in values.enumerate() {
        if !seen.insert(value) {
            return Err(check.error(format_args!("{at}[{i}].{field}"), "is that of an earlier entry"));
        }
    }
    Ok(())
}

pub(super) fn check_task_id(check: Check, task_id: &str) -> Result<(), Error> {
    let field = format_args!("template_card.task_id");
    check.required_bytes(field, task_id, 128)?;
    if !task_id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'@')) {
        return Err(check.error(field, "has characters other than letters, digits, '_', '-' and '@'"));
    }
    Ok(())
}

pub(super) fn check_target(check: Check, at: Arguments<'_>, target: Option<&Target>) -> Result<(), Error> {
    match target {
        Some(Target::Url(url)) => check.address(format_args!("{at}.url"), url),
        Some(Target::MiniProgram { appid, .. }) => check.present(format_args!("{at}.appid"), appid),
        None => Ok(()),
    }
}

pub(super) fn check_jumps(check: Check, jumps: &[Jump]) -> Result<(), Error> {
    check.count(format_args!("template_card.jump_list"), jumps.len(), 0..=3)?;
    for (i, jump) in jumps.iter().enumerate() {
        let at = format_args!("template_card.jump_list[{i}]");
        check.present(format_args!("{at}.title"), &jump.title)?;
        check_target(check, at, jump.target.as_ref())?;
    }
    Ok(())
}

pub(super) fn check_button(check: Check, i: usize, button: &Button) -> Result<(), Error> {
    let at = format_args!("template_card.button_list[{i}]");
    check.required_chars(format_args!("{at}.text"), &button.text, 10)?;
    if button.style.is_some_and(|style| !(1..=4).contains(&style)) {
        return Err(check.error(format_args!("{at}.style"), "is not within 1 to 4"));
    }
    match &button.action {
        ButtonAction::Callback { key } => check_key(check, format_args!("{at}.key"), key),
        ButtonAction::Url(url) => check.address(format_args!("{at}.url"), url),
    }
}

pub(super) fn check_selection(
    check: Check,
    at: Arguments<'_>,
    selection: &ButtonSelection,
) -> Result<(), Error> {
    check_key(check, format_args!("{at}.question_key"), &selection.question_key)?;
    let options = format_args!("{at}.option_list");
    check.count(options, selection.option_list.len(), 1..=10)?;
    for (i, option) in selection.option_list.iter().enumerate() {
        check.required_bytes(format_args!("{options}[{i}].id"), &option.id, 128)?;
        check.present(format_args!("{options}[{i}].text"), &option.text)?;
    }
    distinct(check, options, "id", selection.option_list.iter().map(|option| &option.id))?;
    match &selection.selected_id {
        Some(selected) if !selection.option_list.iter().any(|option| option.id == *selected) => {
            Err(check.error(format_args!("{at}.selected_id"), "is not the id of an option"))
        }
        _ => Ok(()),
    }
}

fn check_source(check: Check, source: &Source) -> Result<(), Error> {
    chars(check, format_args!("template_card.source.desc"), source.desc.as_deref(), 20)?;
    if source.desc_color.is_some_and(|color| color > 3) {
        return Err(check.error(format_args!("template_card.source.desc_color"), "is not within 0 to 3"));
    }
    Ok(())
}

fn check_menu(check: Check, menu: &ActionMenu) -> Result<(), Error> {
    let at = format_args!("template_card.action_menu.action_list");
    check.count(at, menu.action_list.len(), 1..=3)?;
    for (i, action) in menu.action_list.iter().enumerate() {
        check.present(format_args!("{at}[{i}].text"), &action.text)?;
        check_key(check, format_args!("{at}[{i}].key"), &action.key)?;
    }
    distinct(check, at, "key", menu.action_list.iter().map(|action| &action.key))
}

fn check_row(check: Check, i: usize, row: &Row) -> Result<(), Error> {
    let at = format_args!("template_card.horizontal_content_list[{i}]");
    check.required_chars(format_args!("{at}.keyname"), &row.keyname, 5)?;
    chars(check, format_args!("{at}.value"), row.value.as_deref(), 30)?;
    match &row.kind {
        RowKind::Plain => Ok(()),
        RowKind::Url(url) => check.address(format_args!("{at}.url"), url),
        RowKind::File { media_id } => check.present(format_args!("{at}.media_id"), media_id),
        RowKind::Member { userid } => check.present(format_args!("{at}.userid"), userid),
    }
}
