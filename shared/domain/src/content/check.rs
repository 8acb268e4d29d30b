//! Checks what people wrote against what WeCom takes, and says everything that is wrong at once.

mod address;
mod fault;
mod name;

use std::collections::BTreeMap;

pub use address::AddressFault;
pub use fault::Fault;
pub use name::NameFault;

use super::{BlobId, Body, Field, MAX_ATTACHMENTS, MAX_PARTS, Part, Publishing, media::Inspected};
use crate::{playbook::Problem, sop::Text};

/// Something wrong in a content: where, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentProblem {
    /// JSON pointer, e.g. `/parts/0/text`.
    pub pointer: String,
    /// What is wrong and how to mend it.
    pub fault: Fault,
}

impl From<ContentProblem> for Problem {
    fn from(ContentProblem { pointer, fault }: ContentProblem) -> Self {
        Self::new(pointer, fault.code(), fault.to_string()).saying(fault.zh())
    }
}

impl Publishing {
    /// Everything that is wrong with it.
    #[must_use]
    pub fn check(&self) -> Vec<ContentProblem> {
        let mut problems = Problems::default();
        if !self.note.is_empty() {
            problems.length("/note", Field::Note, &self.note);
        }
        problems.0
    }
}

impl Body {
    /// More parts than anything is made of: that is no draft to go on with, and its files are not looked at.
    #[must_use]
    pub fn check_shape(&self) -> Option<ContentProblem> {
        let count = self.parts.len();
        let fault = Fault::TooManyParts { count: count.saturating_sub(1) };
        (count > MAX_PARTS).then(|| ContentProblem { pointer: "/parts".to_owned(), fault })
    }

    /// Everything that is wrong with it. `media`: the blobs of [`Body::blobs`], as far as they are kept.
    #[must_use]
    pub fn check(&self, media: &BTreeMap<BlobId, Inspected>) -> Vec<ContentProblem> {
        let mut problems = Problems::default();
        if self.parts.is_empty() {
            problems.add("/parts", Fault::NoParts);
        }
        let attachments = self.parts.iter().filter(|part| !matches!(part, Part::Text { .. })).count();
        if attachments > MAX_ATTACHMENTS {
            problems.add("/parts", Fault::TooManyParts { count: attachments });
        }
        for (i, part) in self.parts.iter().enumerate() {
            if i > 0 && matches!(part, Part::Text { .. }) {
                problems.add(&format!("/parts/{i}"), Fault::TextNotFirst);
            }
            let mut part_problems = Problems::default();
            part_problems.part(part, media);
            let within = |problem: ContentProblem| ContentProblem {
                pointer: format!("/parts/{i}{}", problem.pointer),
                ..problem
            };
            problems.0.extend(part_problems.0.into_iter().map(within));
        }
        problems.0
    }
}

/// What was found wrong so far.
#[derive(Default)]
pub(super) struct Problems(Vec<ContentProblem>);

impl Problems {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_found(self) -> Vec<ContentProblem> {
        self.0
    }

    pub(super) fn add(&mut self, pointer: &str, fault: Fault) {
        self.0.push(ContentProblem { pointer: pointer.to_owned(), fault });
    }

    fn part(&mut self, part: &Part, media: &BTreeMap<BlobId, Inspected>) {
        match part {
            Part::Text { text } => self.text(text),
            Part::Image { .. } | Part::Video { .. } => {}
            Part::Link { title, desc, url, .. } => {
                self.line("/title", Field::LinkTitle, title);
                if let Some(desc) = desc.as_deref().filter(|desc| !desc.is_empty()) {
                    self.line("/desc", Field::LinkDesc, desc);
                }
                if self.line("/url", Field::LinkUrl, url)
                    && let Err(fault) = address::check(url)
                {
                    self.add("/url", Fault::Address(fault));
                }
            }
            Part::MiniProgram { title, appid, page, .. } => {
                self.line("/title", Field::MiniTitle, title);
                if !is_appid(appid) {
                    self.add("/appid", Fault::AppId);
                }
                if self.line("/page", Field::MiniPage, page) && !page.bytes().all(|b| b.is_ascii_graphic()) {
                    self.add("/page", Fault::Page);
                }
            }
            Part::File { name, .. } => {
                if self.length("/name", Field::FileName, name)
                    && let Err(fault) = name::check(name)
                {
                    self.add("/name", Fault::Name(fault));
                }
            }
        }
        self.blob(part, media);
    }

    /// A message: as long as names may make it.
    fn text(&mut self, text: &str) {
        if !self.length("/text", Field::Text, text) {
            return;
        }
        match Text::parse(text) {
            Err(problem) => self.add("/text", Fault::Variable(problem)),
            Ok(parsed) if parsed.longest() > Field::Text.most() => {
                self.add("/text", Fault::TooLongWithNames { length: parsed.longest() });
            }
            Ok(parsed) if parsed.bare().trim().is_empty() => self.add("/text", Fault::OnlyVariables),
            Ok(_) => {}
        }
    }

    /// Does a text in which variables are not filled in have a length that is taken, and none in it?
    fn line(&mut self, pointer: &str, field: Field, text: &str) -> bool {
        let fits = self.length(pointer, field, text);
        let is_plain = !text.contains("{{");
        if fits && !is_plain {
            self.add(pointer, Fault::VariableHere { field });
        }
        fits && is_plain
    }

    /// Does a text that has to be there have a length that is taken?
    pub(super) fn length(&mut self, pointer: &str, field: Field, text: &str) -> bool {
        let length = field.length(text);
        if text.trim().is_empty() {
            self.add(pointer, Fault::Empty { field });
        } else if length > field.most() {
            self.add(pointer, Fault::TooLong { field, length });
        } else {
            return true;
        }
        false
    }

    fn blob(&mut self, part: &Part, media: &BTreeMap<BlobId, Inspected>) {
        let Some((blob, kind)) = part.blob() else { return };
        let pointer = match part {
            Part::Link { .. } | Part::MiniProgram { .. } => "/cover",
            _ => "/blob",
        };
        match media.get(blob) {
            None => self.add(pointer, Fault::NoMedia),
            Some(inspected) => {
                if let Err(problem) = inspected.suits(kind) {
                    self.add(pointer, Fault::Media(problem));
                }
            }
        }
    }
}

/// `wx` and 16 digits of hex, as WeChat gives them out.
fn is_appid(text: &str) -> bool {
    let digits = text.strip_prefix("wx").unwrap_or_default();
    digits.len() == 16 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests;
