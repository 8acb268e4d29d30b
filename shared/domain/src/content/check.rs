//! Checks what people wrote against what WeCom takes, and says everything that is wrong at once.

mod address;
mod fault;
mod name;

use std::collections::BTreeMap;

pub use address::AddressFault;
pub use fault::Fault;
pub use name::NameFault;

use super::{
    BlobId, Body, Content, Field, MAX_ATTACHMENTS, MAX_TAGS, MAX_VISIBILITY, Part, Publishing, Visibility,
    media::Inspected,
};
use crate::{id::check_slug, playbook::Problem, sop::Text};

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

impl Content {
    /// Everything that is wrong with it; not whether its group exists.
    #[must_use]
    pub fn check(&self) -> Vec<ContentProblem> {
        let mut problems = Problems::default();
        if check_slug(self.id.as_str()).is_err() {
            problems.add("/id", Fault::Id);
        }
        problems.length("/title", Field::Title, &self.title);
        if self.tags.len() > MAX_TAGS {
            problems.add("/tags", Fault::TooManyTags { count: self.tags.len() });
        }
        for (i, tag) in self.tags.iter().enumerate() {
            problems.length(&format!("/tags/{i}"), Field::Tag, tag);
        }
        let Visibility { departments, projects, .. } = &self.visibility;
        let count = departments.len() + projects.len();
        if count > MAX_VISIBILITY {
            problems.add("/visibility", Fault::TooManyVisible { count });
        }
        for (i, project) in projects.iter().enumerate() {
            problems.length(&format!("/visibility/projects/{i}"), Field::Project, project);
        }
        problems.0
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

#[derive(Default)]
struct Problems(Vec<ContentProblem>);

impl Problems {
    fn add(&mut self, pointer: &str, fault: Fault) {
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
                if self.length("/url", Field::LinkUrl, url)
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
                if self.length("/page", Field::MiniPage, page) && !page.bytes().all(|b| b.is_ascii_graphic())
                {
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
            Ok(_) => {}
        }
    }

    /// A text in which variables are not filled in.
    fn line(&mut self, pointer: &str, field: Field, text: &str) {
        if self.length(pointer, field, text) && text.contains("{{") {
            self.add(pointer, Fault::VariableHere { field });
        }
    }

    /// Does a text that has to be there have a length that is taken?
    fn length(&mut self, pointer: &str, field: Field, text: &str) -> bool {
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
