//! Message texts with variables: `{{customer.name|您}}`, the fallback after the bar.

use crate::{File, StaffId, playbook::Playbook};

/// WeCom's longest name, 64 characters, where each takes the 4 bytes of an emoji or a rare Chinese one.
const MAX_NAME_BYTES: usize = 64 * 4;

/// A text whose variables have been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Plain(String),
    Variable { name: Variable, fallback: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Variable {
    CustomerName,
    StaffName,
}

/// Why a text cannot be used.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum TextProblem {
    /// `{{` without `}}`.
    #[error("a variable is opened with {{{{ and never closed")]
    Open,
    /// No such variable.
    #[error("there is no variable {0:?}; there are customer.name and staff.name")]
    Unknown(String),
}

impl Text {
    /// Parses a text.
    pub fn parse(source: &str) -> Result<Self, TextProblem> {
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some((plain, after)) = rest.split_once("{{") {
            parts.push(Part::Plain(plain.to_owned()));
            let (inside, tail) = after.split_once("}}").ok_or(TextProblem::Open)?;
            let (name, fallback) = inside.split_once('|').unwrap_or((inside, ""));
            let name = match name.trim() {
                "customer.name" => Variable::CustomerName,
                "staff.name" => Variable::StaffName,
                other => return Err(TextProblem::Unknown(other.to_owned())),
            };
            parts.push(Part::Variable { name, fallback: fallback.to_owned() });
            rest = tail;
        }
        parts.push(Part::Plain(rest.to_owned()));
        Ok(Self { parts })
    }

    /// The text as somebody gets it of whom nothing is known: every variable gives way to its fallback.
    #[must_use]
    pub fn bare(&self) -> String {
        let word = |part: &Part| match part {
            Part::Plain(text) => text.clone(),
            Part::Variable { fallback, .. } => fallback.clone(),
        };
        self.parts.iter().map(word).collect()
    }

    /// The most bytes that anybody may get: every variable is as long as a name can be.
    #[must_use]
    pub fn longest(&self) -> usize {
        let most = |part: &Part| match part {
            Part::Plain(text) => text.len(),
            Part::Variable { fallback, .. } => fallback.len().max(MAX_NAME_BYTES),
        };
        self.parts.iter().map(most).sum()
    }

    /// Is it the same for everybody?
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Plain(_)))
    }

    /// The text as this customer gets it from this staff member.
    #[must_use]
    pub fn render(&self, file: &File, staff: &StaffId, book: &Playbook) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Plain(text) => out.push_str(text),
                Part::Variable { name, fallback } => {
                    let value = match name {
                        Variable::CustomerName => Some(file.profile.name.as_str()),
                        Variable::StaffName => book.staff.get(staff).map(|staff| staff.name.as_str()),
                    };
                    out.push_str(value.filter(|value| !value.is_empty()).unwrap_or(fallback));
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_not_known_gives_way_to_the_fallback() {
        let text = Text::parse("你好 {{customer.name|您}}！").unwrap();
        let mut file = File::new("wm1".into());
        let book = Playbook::default();
        assert_eq!(text.render(&file, &"a".into(), &book), "你好 您！");
        file.profile.name = "李雷".into();
        assert_eq!(text.render(&file, &"a".into(), &book), "你好 李雷！");
    }

    #[test]
    fn a_name_with_braces_is_not_parsed_again() {
        let text = Text::parse("{{customer.name}}").unwrap();
        let mut file = File::new("wm1".into());
        file.profile.name = "{{staff.name}}".into();
        assert_eq!(text.render(&file, &"a".into(), &Playbook::default()), "{{staff.name}}");
    }

    #[test]
    fn the_longest_form_leaves_room_for_names() {
        let text = Text::parse("你好 {{customer.name|您}}！").unwrap();
        assert_eq!((text.longest(), text.is_plain()), ("你好 ！".len() + 256, false));
        let fallback = "x".repeat(300);
        assert_eq!(Text::parse(&format!("{{{{staff.name|{fallback}}}}}")).unwrap().longest(), 300);
        let plain = Text::parse("你好").unwrap();
        assert_eq!((plain.longest(), plain.is_plain()), (6, true));
    }

    #[test]
    fn wrong_variables_are_named() {
        assert_eq!(Text::parse("{{x}}"), Err(TextProblem::Unknown("x".into())));
        assert_eq!(Text::parse("a {{customer.name"), Err(TextProblem::Open));
    }
}
