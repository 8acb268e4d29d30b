//! The documented limits of cards.

mod part;

use super::{
    ButtonInteraction, Checkbox, CheckboxMode, ImageTextArea, MultipleInteraction, NewsNotice, Picture,
    SubmitButton, TemplateCard, TextNotice, VoteInteraction,
};
use crate::Error;
use crate::limits::Check;
use part::{
    Shared, chars, check_button, check_jumps, check_key, check_selection, check_target, check_task_id,
    distinct,
};

impl TemplateCard {
    pub(crate) fn check(&self, check: Check) -> Result<(), Error> {
        match self {
            TemplateCard::TextNotice(card) => card.check(check),
            TemplateCard::NewsNotice(card) => card.check(check),
            TemplateCard::ButtonInteraction(card) => card.check(check),
            TemplateCard::VoteInteraction(card) => card.check(check),
            TemplateCard::MultipleInteraction(card) => card.check(check),
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
        check_notice_task_id(check, self.task_id.as_deref(), self.action_menu.is_some())?;
        if let Some(emphasis) = &self.emphasis_content {
            let at = format_args!("template_card.emphasis_content");
            chars(check, format_args!("{at}.title"), emphasis.title.as_deref(), 14)?;
            chars(check, format_args!("{at}.desc"), emphasis.desc.as_deref(), 22)?;
        }
        check_jumps(check, &self.jump_list)?;
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

impl NewsNotice {
    fn check(&self, check: Check) -> Result<(), Error> {
        self.main_title.check_present(check)?;
        check_notice_task_id(check, self.task_id.as_deref(), self.action_menu.is_some())?;
        self.picture.check(check)?;
        let paragraphs = &self.vertical_content_list;
        check.count(format_args!("template_card.vertical_content_list"), paragraphs.len(), 0..=4)?;
        for (i, paragraph) in paragraphs.iter().enumerate() {
            let title = format_args!("template_card.vertical_content_list[{i}].title");
            check.present(title, &paragraph.title)?;
        }
        check_jumps(check, &self.jump_list)?;
        check_target(check, format_args!("template_card.card_action"), Some(&self.card_action))?;
        Shared {
            source: self.source.as_ref(),
            action_menu: self.action_menu.as_ref(),
            main_title: Some(&self.main_title),
            quote_area: self.quote_area.as_ref(),
            sub_title_text: None,
            rows: &self.horizontal_content_list,
        }
        .check(check)
    }
}

impl Picture {
    fn check(&self, check: Check) -> Result<(), Error> {
        match self {
            Picture::CardImage(image) => {
                check.present(format_args!("template_card.card_image.url"), &image.url)?;
                match image.aspect_percent {
                    Some(percent) if !(130..=225).contains(&percent) => {
                        let field = format_args!("template_card.card_image.aspect_ratio");
                        Err(check.error(field, format!("is {percent} percent, not within 130 to 225")))
                    }
                    _ => Ok(()),
                }
            }
            Picture::ImageTextArea(ImageTextArea { target, image_url, .. }) => {
                let at = format_args!("template_card.image_text_area");
                check.present(format_args!("{at}.image_url"), image_url)?;
                check_target(check, at, target.as_ref())
            }
        }
    }
}

impl ButtonInteraction {
    fn check(&self, check: Check) -> Result<(), Error> {
        check_task_id(check, &self.task_id)?;
        self.main_title.check_present(check)?;
        check_target(check, format_args!("template_card.card_action"), self.card_action.as_ref())?;
        if let Some(selection) = &self.button_selection {
            check_selection(check, format_args!("template_card.button_selection"), selection)?;
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

impl VoteInteraction {
    fn check(&self, check: Check) -> Result<(), Error> {
        check_task_id(check, &self.task_id)?;
        self.main_title.check_present(check)?;
        self.checkbox.check(check)?;
        self.submit_button.check(check)?;
        Shared { source: self.source.as_ref(), main_title: Some(&self.main_title), ..Shared::default() }
            .check(check)
    }
}

impl MultipleInteraction {
    fn check(&self, check: Check) -> Result<(), Error> {
        check_task_id(check, &self.task_id)?;
        self.main_title.check_present(check)?;
        let at = format_args!("template_card.select_list");
        check.count(at, self.select_list.len(), 1..=3)?;
        for (i, selection) in self.select_list.iter().enumerate() {
            check_selection(check, format_args!("{at}[{i}]"), selection)?;
        }
        distinct(check, at, "question_key", self.select_list.iter().map(|list| &list.question_key))?;
        self.submit_button.check(check)?;
        Shared { source: self.source.as_ref(), main_title: Some(&self.main_title), ..Shared::default() }
            .check(check)
    }
}

impl Checkbox {
    fn check(&self, check: Check) -> Result<(), Error> {
        let at = format_args!("template_card.checkbox");
        check_key(check, format_args!("{at}.question_key"), &self.question_key)?;
        let options = format_args!("{at}.option_list");
        check.count(options, self.option_list.len(), 1..=20)?;
        for (i, option) in self.option_list.iter().enumerate() {
            check.required_bytes(format_args!("{options}[{i}].id"), &option.id, 128)?;
            check.present(format_args!("{options}[{i}].text"), &option.text)?;
        }
        distinct(check, options, "id", self.option_list.iter().map(|option| &option.id))?;
        let checked = self.option_list.iter().filter(|option| option.is_checked).count();
        if self.mode == CheckboxMode::Single && checked > 1 {
            return Err(check.error(options, format!("{checked} are checked, at most 1")));
        }
        Ok(())
    }
}

impl SubmitButton {
    fn check(&self, check: Check) -> Result<(), Error> {
        check.required_chars(format_args!("template_card.submit_button.text"), &self.text, 10)?;
        check_key(check, format_args!("template_card.submit_button.key"), &self.key)
    }
}

fn check_notice_task_id(check: Check, task_id: Option<&str>, has_menu: bool) -> Result<(), Error> {
    match task_id {
        Some(task_id) => check_task_id(check, task_id),
        None if has_menu => {
            Err(check.error(format_args!("template_card.task_id"), "is required with an action_menu"))
        }
        None => Ok(()),
    }
}
