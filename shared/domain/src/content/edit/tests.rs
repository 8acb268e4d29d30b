use super::*;
use crate::{content::ContentGroup, playbook::Department};

fn edit(title: &str, tags: &[&str]) -> ContentEdit {
    let tags = tags.iter().map(|&tag| tag.to_owned()).collect();
    ContentEdit { title: title.into(), tags, ..ContentEdit::default() }
}

fn words(edit: &ContentEdit) -> Vec<String> {
    edit.faults(&"brand".into()).into_iter().map(|problem| problem.fault.zh()).collect()
}

#[test]
fn a_title_and_a_tag_are_counted_in_characters() {
    for unit in ["好", "😀", "a"] {
        for (title, tag, fits) in [(59, 19, true), (60, 20, true), (61, 1, false), (1, 21, false)] {
            let edit = edit(&unit.repeat(title), &[&unit.repeat(tag)]);
            assert_eq!(words(&edit).is_empty(), fits, "{unit} {title} {tag}");
        }
    }
    assert_eq!(words(&edit(&"案".repeat(63), &[])), ["内容标题有 63 个字，最多 60 个字，请删去 3 个字"]);
    assert_eq!(words(&edit("  ", &[""])), ["内容标题不能为空，请填写", "标签不能为空，请填写"]);
    let many: Vec<String> = (0..21).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(words(&edit("a", &many)), ["有 21 个标签，最多 20 个，请删减"]);
    assert!(words(&edit("a", &["x"; 21])).is_empty(), "one of them is kept");
    let wide = |projects: u32| {
        let projects = (0..projects).map(|n| n.to_string()).collect();
        let visibility = VisibilityEdit { departments: vec![1], projects, ..VisibilityEdit::default() };
        words(&ContentEdit { visibility, ..edit("a", &[]) })
    };
    assert!(wide(99).is_empty());
    assert_eq!(wide(100), ["可见范围选了 101 个部门和项目，最多 100 个，请改选上级部门"]);
}

#[test]
fn an_id_is_a_slug_and_no_other_address() {
    for (id, code) in [("品牌", Some("bad_id")), ("tags", Some("bad_id")), ("tags-2", None)] {
        let found = edit("a", &[]).faults(&id.into());
        assert_eq!(found.first().map(|problem| problem.fault.code()), code, "{id}");
    }
}

#[test]
fn what_is_wrong_is_named_by_the_place_where_it_was_written() {
    let long = "长".repeat(26);
    let mut edit = edit("一", &["z", &long, "a"]);
    edit.visibility = VisibilityEdit {
        departments: vec![77, 3],
        projects: vec!["z".into(), " ".into()],
        ..VisibilityEdit::default()
    };
    edit.group = Some("gone".into());
    let mut book = Playbook::default();
    book.departments.insert(3, Department { id: 3, name: String::new(), parent: None });
    let found = edit.check(&"brand".into(), None, &book);
    let pointers: Vec<&str> = found.iter().map(|problem| problem.pointer.as_str()).collect();
    assert_eq!(pointers, ["/tags/1", "/visibility/projects/1", "/group", "/visibility/departments/0"]);
}

#[test]
fn a_department_that_is_gone_may_stay_named_but_is_not_named_anew() {
    let before = Content {
        visibility: Visibility { departments: [3, 7].into(), ..Visibility::default() },
        ..Content::new("brand".into())
    };
    let mut edit = ContentEdit { title: "新品牌".into(), ..ContentEdit::of(&before) };
    let book = Playbook::default();
    assert_eq!(edit.check(&before.id, Some(&before), &book), []);
    edit.visibility.departments.push(8);
    let found = edit.check(&before.id, Some(&before), &book);
    let found: Vec<_> =
        found.iter().map(|problem| (problem.pointer.as_str(), problem.code.as_str())).collect();
    assert_eq!(found, [("/visibility/departments/2", "unknown_department")]);
}

#[test]
fn blanks_around_words_make_no_other_words() {
    let mut edit = edit("  报价单 ", &[" 新品", "新品"]);
    edit.visibility.projects = vec!["春季 ".into(), "春季".into()];
    let content = edit.applied_to(Content::new("a".into()));
    assert_eq!((content.title.as_str(), content.tags.len()), ("报价单", 1));
    assert_eq!(content.visibility.projects, ["春季".to_owned()].into());
    assert_eq!(ContentEdit::of(&content).applied_to(Content::new("a".into())), content);
}

#[test]
fn a_header_is_small_whatever_is_said() {
    let mut wide = edit("好", &[]);
    wide.visibility.projects = (0..100).map(|n| format!("{n:060}")).collect();
    let found = wide.faults(&"a".into());
    assert_eq!((found[0].pointer.as_str(), found[0].fault.code()), ("/visibility", "too_many"));
    // As much as fits, with all that publishing adds.
    wide.visibility.projects = (0..43).map(|n| format!("{n:060}")).collect();
    wide.title = "😀".repeat(60);
    wide.group = Some("g".repeat(40).as_str().into());
    assert_eq!(wide.faults(&"a".into()), []);
    let content = Content {
        published: Some(999_999),
        editions: (1000..1050).collect(),
        excerpt: "😀".repeat(60),
        published_draft: Some(999_999),
        ..wide.applied_to(Content::new("i".repeat(40).as_str().into()))
    };
    let bytes = serde_json::to_vec(&content).unwrap().len();
    assert!(bytes <= 4096, "{bytes}");
}

#[test]
fn a_group_and_a_department_that_are_there_are_taken() {
    let mut book = Playbook::default();
    let group = ContentGroup { id: "g".into(), name: "g".into(), parent: None, order: 0, revision: 1 };
    book.content_groups = crate::content::GroupTree::new([group]);
    let edit = ContentEdit { group: Some("g".into()), ..edit("a", &[]) };
    assert_eq!(edit.check(&"a".into(), None, &book), []);
}
