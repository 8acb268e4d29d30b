//! What people say of a content besides what it says itself, as they write it: checked where it stands.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{
    Content, Fault, Field, MAX_HEADER_BYTES, MAX_TAGS, MAX_VISIBILITY, Visibility,
    check::{ContentProblem, Problems},
};
use crate::{
    ContentGroupId, ContentId, Playbook,
    id::check_slug,
    playbook::{DepartmentId, Problem, Role},
};

/// An id that would be taken for another address of the API.
const RESERVED: &str = "tags";

/// What somebody says of a content. Its lists are as they were written, so that what is wrong has its own place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContentEdit {
    /// See [`Content::title`].
    pub title: String,
    /// See [`Content::group`].
    pub group: Option<ContentGroupId>,
    /// See [`Content::order`].
    pub order: Option<u32>,
    /// See [`Content::tags`].
    pub tags: Vec<String>,
    /// See [`Content::visibility`].
    pub visibility: VisibilityEdit,
    /// See [`Content::repeatable`].
    pub repeatable: bool,
}

/// A [`Visibility`] as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VisibilityEdit {
    /// See [`Visibility::roles`].
    pub roles: Vec<Role>,
    /// See [`Visibility::departments`].
    pub departments: Vec<DepartmentId>,
    /// See [`Visibility::projects`].
    pub projects: Vec<String>,
}

impl ContentEdit {
    /// What is said of a content already, to be said of another one.
    #[must_use]
    pub fn of(content: &Content) -> Self {
        let Visibility { roles, departments, projects } = &content.visibility;
        Self {
            title: content.title.clone(),
            group: content.group.clone(),
            order: content.order,
            tags: content.tags.iter().cloned().collect(),
            visibility: VisibilityEdit {
                roles: roles.iter().copied().collect(),
                departments: departments.iter().copied().collect(),
                projects: projects.iter().cloned().collect(),
            },
            repeatable: content.repeatable,
        }
    }

    /// The content with this said of it.
    #[must_use]
    pub fn applied_to(&self, content: Content) -> Content {
        let trimmed = |words: &[String]| words.iter().map(|word| word.trim().to_owned()).collect();
        Content {
            title: self.title.trim().to_owned(),
            group: self.group.clone(),
            order: self.order,
            tags: trimmed(&self.tags),
            visibility: Visibility {
                roles: self.visibility.roles.iter().copied().collect(),
                departments: self.visibility.departments.iter().copied().collect(),
                projects: trimmed(&self.visibility.projects),
            },
            repeatable: self.repeatable,
            ..content
        }
    }

    /// Everything that is wrong with it for the content with this id. `before`: the content of which the same was said
    /// already. A department that it names may be gone since then: that is no fault of whoever changes its title.
    #[must_use]
    pub fn check(&self, id: &ContentId, before: Option<&Content>, book: &Playbook) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self.faults(id).into_iter().map(Problem::from).collect();
        if let Some(group) = self.group.as_ref().filter(|group| book.content_groups.get(group).is_none()) {
            let text = format!("there is no group {:?}", group.as_str());
            let zh = "分组不存在或已被删除，请重新选择";
            problems.push(Problem::new("/group", "unknown_group", text).saying(zh));
        }
        for (i, department) in self.visibility.departments.iter().enumerate() {
            let was_named = before.is_some_and(|before| before.visibility.departments.contains(department));
            if !was_named && !book.departments.contains_key(department) {
                let pointer = format!("/visibility/departments/{i}");
                let text = format!("there is no department {department}");
                problems.push(Problem::new(pointer, "unknown_department", text));
            }
        }
        problems
    }

    /// What is wrong whatever else there is.
    pub(super) fn faults(&self, id: &ContentId) -> Vec<ContentProblem> {
        let mut problems = Problems::default();
        if check_slug(id.as_str()).is_err() {
            problems.add("/id", Fault::Id);
        }
        if id.as_str() == RESERVED {
            problems.add("/id", Fault::Reserved);
        }
        problems.length("/title", Field::Title, self.title.trim());
        let count = different(&self.tags);
        if count > MAX_TAGS {
            problems.add("/tags", Fault::TooManyTags { count });
        }
        for (i, tag) in self.tags.iter().enumerate() {
            problems.length(&format!("/tags/{i}"), Field::Tag, tag.trim());
        }
        let VisibilityEdit { departments, projects, .. } = &self.visibility;
        let count = departments.iter().collect::<BTreeSet<_>>().len() + different(projects);
        if count > MAX_VISIBILITY {
            problems.add("/visibility", Fault::TooManyVisible { count });
        }
        for (i, project) in projects.iter().enumerate() {
            problems.length(&format!("/visibility/projects/{i}"), Field::Project, project.trim());
        }
        if problems.is_empty() {
            self.size(&mut problems);
        }
        problems.into_found()
    }

    /// Decisions read all headers: together with what is published of it, none is larger than 4 KB.
    fn size(&self, problems: &mut Problems) {
        let said = self.applied_to(Content::new("".into()));
        let tags: usize = said.tags.iter().map(|tag| tag.len() + 3).sum();
        let visible = serde_json::to_vec(&said.visibility).map_or(0, |json| json.len());
        let bytes = said.title.len() + tags + visible;
        if bytes > MAX_HEADER_BYTES {
            let pointer = if tags > visible { "/tags" } else { "/visibility" };
            problems.add(pointer, Fault::TooMuchSaid { bytes });
        }
    }
}

/// How many different words these are.
fn different(words: &[String]) -> usize {
    words.iter().map(|word| word.trim()).collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests;
