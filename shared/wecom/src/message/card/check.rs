//! The documented limits of cards.

use std::fmt::Arguments;

use super::{
    ActionMenu, Button, ButtonAction, ButtonInteraction, ButtonSelection, MainTitle, QuoteArea, Row, RowKind,
    Source, Target, TemplateCard, TextNotice,
};
use crate::Error;
use crate::limits::Check;

/// Shortens the calls below: an absent text is as good as an empty one.
fn chars(check: Check, field: Arguments<'_>, value: Option<&str>, max: usize) -> Result<(), Error> {
    check.chars(field, value.unwrap_or_default(), max)
}

impl TemplateCard {
    pub(crate) fn check(&self, check: Check) -> Result<(), Error> {
        match self {
            TemplateCard::TextNotice(card) => card.check(check),
            TemplateCard::ButtonInteraction(card) => card.check(check),
        }
    }
}

impl TextNotice {
    fn check(&self, check: Check) -> Result<(), Error> {
        let title = self.main_title.as_ref().and_then(|main| main.title.as_deref()).unwrap_or_default();
        if title.is_empty() && self.sub_title_text.as_deref().unwrap_or_default().is_empty() {
            let problem = "is required unless there is a sub_title_text";
            return Err(check.error(format_args!("template_card.main_title.title"), problem));
        }
        match &self.task_id {
            Some(task_id) => check_task_id(check, task_id)?,
            None if self.action_menu.is_some() => {
                return Err(
                    check.error(format_args!("template_card.task_id"), "is required with an action_menu")
                );
            }
            None => {}
        }
        if let Some(emphasis) = &self.emphasis_content {
            chars(
                check,
                format_args!("template_card.emphasis_content.title"),
                emphasis.title.as_deref(),
                14,
            )?;
            chars(check, format_args!("template_card.emphasis_content.desc"), emphasis.desc.as_deref(), 22)?;
        }
        check.count(format_args!("template_card.jump_list"), self.jump_list.len(), 0..=3)?;
        for (i, jump) in self.jump_list.iter().enumerate() {
            check.present(format_args!("template_card.jump_list[{i}].title"), &jump.title)?;
            check_target(check, format_args!("template_card.jump_list[{i}]"), jump.target.as_ref())?;
        }
        check_target(check, format_args!("template_card.card_action"), Some(&self.card_action))?;
        Shared {
            source: self.source.as_ref(),
            action_menu: self.action_menu.as_ref(),
            main_title: self.main_title.as_ref(),
            quote_area: self.quote_area.as_ref(),
            sub_title_text: self.sub_title_text.as_deref(),
            rows: &self.horizontal_content_list,
        }
        .check(check)
    }
}

impl ButtonInteraction {
    fn check(&self, check: Check) -> Result<(), Error> {
        check_task_id(check, &self.task_id)?;
        let title = self.main_title.title.as_deref().unwrap_or_default();
        check.present(format_args!("template_card.main_title.title"), title)?;
        check_target(check, format_args!("template_card.card_action"), self.card_action.as_ref())?;
        if let Some(selection) = &self.button_selection {
            check_selection(check, selection)?;
        }
        check.count(format_args!("template_card.button_list"), self.button_list.len(), 1..=6)?;
        for (i, button) in self.button_list.iter().enumerate() {
            check_button(check, i, button)?;
        }
        Shared {
            source: self.source.as_ref(),
            action_menu: self.action_menu.as_ref(),
            main_title: Some(&self.main_title),
            quote_area: self.quote_area.as_ref(),
            sub_title_text: self.sub_title_text.as_deref(),
            rows: &self.horizontal_content_list,
        }
        .check(check)
    }
}

/// What both cards have.
struct Shared<'a> {
    source: Option<&'a Source>,
    action_menu: Option<&'a ActionMenu>,
    main_title: Option<&'a MainTitle>,
    quote_area: Option<&'a QuoteArea>,
    sub_title_text: Option<&'a str>,
    rows: &'a [Row],
}

impl Shared<'_> {
    fn check(&self, check: Check) -> Result<(), Error> {
        if let Some(source) = self.source {
            chars(check, format_args!("template_card.source.desc"), source.desc.as_deref(), 20)?;
            if source.desc_color.is_some_and(|color| color > 3) {
                return Err(
                    check.error(format_args!("template_card.source.desc_color"), "is not within 0 to 3")
                );
            }
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
            check.count(
                format_args!("template_card.action_menu.action_list"),
                menu.action_list.len(),
                1..=3,
            )?;
            for (i, action) in menu.action_list.iter().enumerate() {
                check
                    .present(format_args!("template_card.action_menu.action_list[{i}].text"), &action.text)?;
                let key = format_args!("template_card.action_menu.action_list[{i}].key");
                check.required_bytes(key, &action.key, 1024)?;
            }
        }
        check.count(format_args!("template_card.horizontal_content_list"), self.rows.len(), 0..=6)?;
        self.rows.iter().enumerate().try_for_each(|(i, row)| check_row(check, i, row))
    }
}

fn check_task_id(check: Check, task_id: &str) -> Result<(), Error> {
    let field = format_args!("template_card.task_id");
    check.required_bytes(field, task_id, 128)?;
    if !task_id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'@')) {
        return Err(check.error(field, "has characters other than letters, digits, '_', '-' and '@'"));
    }
    Ok(())
}

fn check_target(check: Check, at: Arguments<'_>, target: Option<&Target>) -> Result<(), Error> {
    match target {
        Some(Target::Url(url)) => check.present(format_args!("{at}.url"), url),
        Some(Target::MiniProgram { appid, .. }) => check.present(format_args!("{at}.appid"), appid),
        None => Ok(()),
    }
}

fn check_row(check: Check, i: usize, row: &Row) -> Result<(), Error> {
    let at = format_args!("template_card.horizontal_content_list[{i}]");
    check.required_chars(format_args!("{at}.keyname"), &row.keyname, 5)?;
    chars(check, format_args!("{at}.value"), row.value.as_deref(), 30)?;
    match &row.kind {
        RowKind::Plain => Ok(()),
        RowKind::Url(url) => check.present(format_args!("{at}.url"), url),
        RowKind::File { media_id } => check.present(format_args!("{at}.media_id"), media_id),
        RowKind::Member { userid } => check.present(format_args!("{at}.userid"), userid),
    }
}

fn check_button(check: Check, i: usize, button: &Button) -> Result<(), Error> {
    let at = format_args!("template_card.button_list[{i}]");
    check.required_chars(format_args!("{at}.text"), &button.text, 10)?;
    if button.style.is_some_and(|style| !(1..=4).contains(&style)) {
        return Err(check.error(format_args!("{at}.style"), "is not within 1 to 4"));
    }
    match &button.action {
        ButtonAction::Callback { key } => check.required_bytes(format_args!("{at}.key"), key, 1024),
        ButtonAction::Url(url) => check.present(format_args!("{at}.url"), url),
    }
}

fn check_selection(check: Check, selection: &ButtonSelection) -> Result<(), Error> {
    let at = format_args!("template_card.button_selection");
    check.present(format_args!("{at}.question_key"), &selection.question_key)?;
    check.count(format_args!("{at}.option_list"), selection.option_list.len(), 1..=10)?;
    for (i, option) in selection.option_list.iter().enumerate() {
        check.required_bytes(format_args!("{at}.option_list[{i}].id"), &option.id, 128)?;
        check.present(format_args!("{at}.option_list[{i}].text"), &option.text)?;
    }
    match &selection.selected_id {
        Some(selected) if !selection.option_list.iter().any(|option| option.id == *selected) => {
            Err(check.error(format_args!("{at}.selected_id"), "is not the id of an option"))
        }
        _ => Ok(()),
    }
}
