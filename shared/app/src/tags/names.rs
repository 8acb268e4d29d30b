//! Names of groups and tags, judged before WeCom is asked.

use domain::{
    TagId,
    playbook::{Problem, TagGroup},
};

use crate::Error;

const MOST_CHARS: usize = 30;

/// A name of a group, a tag, a board or a stage: tags are written `组/标签`.
pub(crate) fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= MOST_CHARS && !name.contains('/')
}

pub(super) fn check(name: Option<&str>, tags: Option<&[String]>) -> Result<(), Error> {
    let mut problems = Vec::new();
    let mut bad =
        |pointer: String, code: &str, text: &str| problems.push(Problem::new(pointer, code, text.to_owned()));
    let form = "a name has 1 to 30 characters and no slash";
    if name.is_some_and(|name| !is_name(name)) {
        bad("/name".into(), "bad_length", form);
    }
    match tags.map(<[String]>::len) {
        Some(0) => bad("/tags".into(), "empty", "there are no groups without tags in WeCom"),
        Some(101..) => bad("/tags".into(), "too_many", "at most 100 tags at once"),
        Some(_) | None => {}
    }
    let tags = tags.unwrap_or_default();
    for (i, tag) in tags.iter().enumerate() {
        if !is_name(tag) {
            bad(format!("/tags/{i}"), "bad_length", form);
        }
        if tags[..i].contains(tag) {
            bad(format!("/tags/{i}"), "duplicate", "a tag is called so before");
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}

pub(super) fn check_group_name<'a>(
    mut others: impl Iterator<Item = &'a TagGroup>,
    name: &str,
) -> Result<(), Error> {
    if others.any(|group| !group.deleted && group.name == name) {
        let problem = Problem::new("/name", "name_taken", format!("there is a tag group {name:?} already"));
        return Err(Error::Invalid(vec![problem]));
    }
    Ok(())
}

pub(super) fn check_tag_name(
    group: &TagGroup,
    own: Option<&TagId>,
    name: &str,
    pointer: &str,
) -> Result<(), Error> {
    if group.live().any(|tag| Some(&tag.id) != own && tag.name == name) {
        let text = format!("group {:?} has a tag {name:?} already", group.name);
        return Err(Error::Invalid(vec![Problem::new(pointer, "name_taken", text)]));
    }
    Ok(())
}
