//! From names, as people write them, to ids, as they are kept. An ambiguous name is refused with the candidates.

use serde::{Deserialize, Serialize};

use super::{Action, Board, Playbook, Rule, Stage, StageRef, Trigger};
use crate::{
    Predicate, StaffId, TagId,
    content::{Content, ContentRef},
    id::check_slug,
};

/// Something wrong in a document that a person wrote: what, where, how to mend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// JSON pointer to the field, e.g. `/steps/2/at/time`.
    pub pointer: String,
    /// Stable code, see `docs/API.md`.
    pub code: String,
    /// A sentence.
    pub message: String,
    /// What could have been meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<String>,
    /// What to mend, for people and with the figures, where there is more to say than the code's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zh: Option<String>,
}

impl Problem {
    /// A problem at `pointer`.
    pub fn new(pointer: impl Into<String>, code: &str, message: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            code: code.to_owned(),
            message: message.into(),
            candidates: Vec::new(),
            zh: None,
        }
    }

    /// With a sentence for people.
    #[must_use]
    pub fn saying(mut self, zh: impl Into<String>) -> Self {
        self.zh = Some(zh.into());
        self
    }

    /// The same problem, in a document that has at `pointer` what it was found in.
    pub(crate) fn within(mut self, pointer: &str) -> Self {
        self.pointer.insert_str(0, pointer);
        self
    }

    /// With what could have been meant.
    pub(crate) fn among(mut self, candidates: Vec<String>) -> Self {
        self.candidates = candidates;
        self
    }
}

impl Playbook {
    /// Finds a tag by id, `组/标签`, or a name that only one tag has.
    pub fn find_tag(&self, name: &str, pointer: &str) -> Result<TagId, Problem> {
        let known = TagId::from(name);
        if self.tags.is_live(&known) {
            return Ok(known);
        }
        // Compared whole: a group or a tag may have a slash in its own name.
        let matches = |group: &str, tag: &str| {
            let rest = name.strip_prefix(group).and_then(|rest| rest.strip_prefix('/'));
            name == tag || rest == Some(tag)
        };
        let live = self.tags.groups().filter(|group| !group.deleted);
        let found: Vec<_> = live
            .flat_map(|group| group.tags.iter().filter(|tag| !tag.deleted).map(move |tag| (group, tag)))
            .filter(|(group, tag)| matches(&group.name, &tag.name))
            .map(|(_, tag)| tag.id.clone())
            .collect();
        match found.as_slice() {
            [only] => Ok(only.clone()),
            [] => Err(Problem::new(pointer, "unknown_tag", format!("there is no tag {name:?}"))
                .among(self.similar_tags(name))),
            several => {
                Err(Problem::new(pointer, "ambiguous_tag", format!("several tags are called {name:?}"))
                    .among(several.iter().map(|tag| self.tags.label(tag)).collect()))
            }
        }
    }

    /// A few tags whose name shares something with what was written.
    fn similar_tags(&self, name: &str) -> Vec<String> {
        let bare = name.rsplit('/').next().unwrap_or(name);
        let near = |tag: &str| !bare.is_empty() && (tag.contains(bare) || bare.contains(tag));
        let live = self.tags.groups().filter(|group| !group.deleted);
        live.flat_map(|group| group.tags.iter().map(move |tag| (group, tag)))
            .filter(|(_, tag)| !tag.deleted && near(&tag.name))
            .map(|(group, tag)| format!("{}/{}", group.name, tag.name))
            .take(5)
            .collect()
    }

    /// Finds a published content by id, or by a title that only one has.
    pub fn find_content(&self, reference: &ContentRef, pointer: &str) -> Result<ContentRef, Problem> {
        let name = reference.id.as_str();
        let titled = || self.contents.values().filter(|content| content.title == name).collect();
        let found: Vec<&Content> = self.contents.get(&reference.id).map_or_else(titled, |known| vec![known]);
        let content = match found.as_slice() {
            [only] => *only,
            [] => {
                let near =
                    |content: &&Content| content.title.contains(name) || content.id.as_str().contains(name);
                let near = self.contents.values().filter(near).take(5).map(|near| near.id.to_string());
                let text = format!("there is no content {name:?}");
                return Err(Problem::new(pointer, "unknown_content", text).among(near.collect()));
            }
            several => {
                let all = several.iter().map(|content| content.id.to_string()).collect();
                let text = format!("several contents are called {name:?}");
                return Err(Problem::new(pointer, "ambiguous_content", text).among(all));
            }
        };
        let problem = match (content.published, reference.pin) {
            _ if content.archived => ("content_archived", format!("content {name:?} has been put away")),
            (None, _) => ("content_unpublished", format!("content {name:?} has not been published yet")),
            (Some(last), Some(pin)) if pin > last => {
                ("unknown_version", format!("content {name:?} has versions 1 to {last}, not {pin}"))
            }
            _ => return Ok(ContentRef { id: content.id.clone(), pin: reference.pin }),
        };
        Err(Problem::new(pointer, problem.0, problem.1))
    }

    /// Refuses to put `tag` on together with `others` where it and one of them are stages of one board.
    pub fn check_one_stage<'a>(
        &self,
        tag: &TagId,
        others: impl IntoIterator<Item = &'a TagId>,
        pointer: &str,
    ) -> Result<(), Problem> {
        let board = |tag: &TagId| self.stage_of_tag(tag).map(|(board, _)| &board.id);
        let Some(here) = board(tag) else { return Ok(()) };
        match others.into_iter().find(|other| *other != tag && board(other) == Some(here)) {
            Some(rival) => {
                let (tag, rival) = (self.tags.label(tag), self.tags.label(rival));
                let text = format!("a card stands at one stage: {tag:?} and {rival:?} are of one board");
                Err(Problem::new(pointer, "contradiction", text))
            }
            None => Ok(()),
        }
    }

    /// Finds a stage by the ids or the names of board and stage.
    pub fn find_stage(&self, at: &StageRef, pointer: &str) -> Result<StageRef, Problem> {
        let (name, stage_name) = (at.board.as_str(), at.stage.as_str());
        let named = || self.boards.values().filter(|board| board.name == name).collect();
        let boards: Vec<&Board> = self.boards.get(&at.board).map_or_else(named, |board| vec![board]);
        let board = match boards.as_slice() {
            [only] => *only,
            [] => {
                let all = self.boards.keys().map(ToString::to_string).collect();
                let text = format!("there is no board {name:?}");
                return Err(Problem::new(pointer, "unknown_board", text).among(all));
            }
            several => {
                let all = several.iter().map(|board| board.id.to_string()).collect();
                let text = format!("several boards are called {name:?}");
                return Err(Problem::new(pointer, "ambiguous_board", text).among(all));
            }
        };
        let named = || board.stages.iter().filter(|stage| stage.name == stage_name).collect();
        let stages: Vec<&Stage> = board.stage(&at.stage).map_or_else(named, |stage| vec![stage]);
        let labels = |stages: &mut dyn Iterator<Item = &Stage>| {
            stages.map(|stage| format!("{}/{}", board.id, stage.id)).collect()
        };
        match stages.as_slice() {
            [only] => Ok(StageRef { board: board.id.clone(), stage: only.id.clone() }),
            [] => {
                let text = format!("board {:?} has no stage {stage_name:?}", board.id.as_str());
                Err(Problem::new(pointer, "unknown_stage", text).among(labels(&mut board.stages.iter())))
            }
            several => {
                let text = format!("several stages are called {stage_name:?}");
                let all = labels(&mut several.iter().copied());
                Err(Problem::new(pointer, "ambiguous_stage", text).among(all))
            }
        }
    }

    fn find_staff(&self, staff: &StaffId, pointer: &str) -> Result<(), Problem> {
        if self.staff.contains_key(staff) {
            return Ok(());
        }
        Err(Problem::new(pointer, "unknown_staff", format!("there is no staff member {:?}", staff.as_str())))
    }

    /// Replaces the names in a predicate by ids.
    pub fn resolve_predicate(&self, predicate: &mut Predicate, pointer: &str, problems: &mut Vec<Problem>) {
        match predicate {
            Predicate::All(parts) => self.resolve_parts(parts, &format!("{pointer}/all"), problems),
            Predicate::Any(parts) => self.resolve_parts(parts, &format!("{pointer}/any"), problems),
            Predicate::Not(part) => self.resolve_predicate(part, &format!("{pointer}/not"), problems),
            Predicate::Tag(tag) => match self.find_tag(tag.as_str(), &format!("{pointer}/tag")) {
                Ok(id) => *tag = id,
                Err(problem) => problems.push(problem),
            },
            Predicate::Stage(at) => match self.find_stage(at, &format!("{pointer}/stage")) {
                Ok(found) => *at = found,
                Err(problem) => problems.push(problem),
            },
            Predicate::Owner(staff) => {
                *staff = StaffId::from(staff.as_str());
                problems.extend(self.find_staff(staff, &format!("{pointer}/owner")).err());
            }
            Predicate::Channel(_) | Predicate::AddWay(_) => {}
        }
    }

    fn resolve_parts(&self, parts: &mut [Predicate], pointer: &str, problems: &mut Vec<Problem>) {
        for (i, part) in parts.iter_mut().enumerate() {
            self.resolve_predicate(part, &format!("{pointer}/{i}"), problems);
        }
    }

    /// Checks a rule as somebody wrote it and replaces its names by ids.
    pub fn resolve_rule(&self, mut rule: Rule) -> Result<Rule, Vec<Problem>> {
        let mut problems = Vec::new();
        if let Err(bad) = check_slug(rule.id.as_str()) {
            problems.push(Problem::new("/id", "bad_id", bad.to_string()));
        }
        if rule.name.trim().is_empty() || rule.name.chars().count() > 60 {
            problems.push(Problem::new("/name", "bad_length", "a name has 1 to 60 characters"));
        }
        match &mut rule.when {
            Trigger::MessageContains(words) => {
                let all = [("any", &words.any), ("all", &words.all), ("exact", &words.exact)];
                if all.iter().all(|(_, list)| list.is_empty()) {
                    let text = "give at least one word in any, all or exact";
                    problems.push(Problem::new("/when/message_contains", "empty", text));
                }
                for (field, list) in all {
                    for (i, word) in list.iter().enumerate().filter(|(_, w)| w.trim().is_empty()) {
                        let text = format!("{word:?} would hit every message");
                        problems.push(Problem::new(
                            format!("/when/message_contains/{field}/{i}"),
                            "empty",
                            text,
                        ));
                    }
                }
            }
            Trigger::TagAdded(tag) => match self.find_tag(tag.as_str(), "/when/tag_added") {
                Ok(id) => *tag = id,
                Err(problem) => problems.push(problem),
            },
        }
        if let Some(condition) = &mut rule.condition {
            self.resolve_predicate(condition, "/if", &mut problems);
        }
        if rule.then.is_empty() {
            problems.push(Problem::new("/then", "empty", "a rule does at least one thing"));
        }
        let mut added: Vec<TagId> = Vec::new();
        for (i, action) in rule.then.iter_mut().enumerate() {
            let (tag, field) = match action {
                Action::AddTag(tag) => (tag, "add_tag"),
                Action::RemoveTag(tag) => (tag, "remove_tag"),
            };
            let pointer = format!("/then/{i}/{field}");
            match self.find_tag(tag.as_str(), &pointer) {
                Ok(id) => *tag = id,
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            }
            if field == "add_tag" {
                problems.extend(self.check_one_stage(tag, &added, &pointer).err());
                added.push(tag.clone());
            }
        }
        if problems.is_empty() { Ok(rule) } else { Err(problems) }
    }
}

#[cfg(test)]
mod tests;
