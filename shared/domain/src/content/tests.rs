use serde_json::{Value, json};

use super::*;
use crate::{playbook::Department, shape};

fn content() -> Content {
    serde_json::from_value(json!({ "id": "brand", "title": "品牌介绍" })).unwrap()
}

fn body(text: &str) -> Body {
    Body { parts: vec![Part::Text { text: text.into() }] }
}

fn how(substantial: bool) -> Publishing {
    Publishing { substantial, note: "改了错字".into() }
}

#[test]
fn a_correction_keeps_the_edition_and_a_real_change_raises_it() {
    let now: Timestamp = serde_json::from_value(json!(1_795_482_000_000_i64)).unwrap();
    let draft = |text: &str, revision| Draft { body: body(text), revision, changed_at: now, by: None };
    let mut content = Content { has_unpublished_changes: true, ..content() };
    let first = content.publish(draft("一", 1), how(false), Some("lilei".into()), now);
    assert_eq!((first.version, first.edition), (1, 1));
    let corrected = content.publish(draft("二", 4), how(false), None, now);
    assert_eq!((corrected.version, corrected.edition), (2, 1));
    let changed = content.publish(draft("三", 9), how(true), None, now);
    assert_eq!((changed.version, changed.edition), (3, 2));
    assert_eq!((content.published, content.edition()), (Some(3), 2));
    assert_eq!((content.published_draft, content.has_unpublished_changes), (Some(9), false));
    assert_eq!((content.kinds, content.excerpt.as_str()), (vec![PartKind::Text], "三"));
    assert_eq!((changed.body, changed.note.as_str()), (body("三"), "改了错字"));
}

#[test]
fn a_list_shows_how_a_text_begins_for_nobody_in_particular() {
    let text = |text: &str| body(text).excerpt();
    assert_eq!(text("{{customer.name|您}}好，\n\n 这是{{staff.name}}的 报价"), "您好， 这是的 报价");
    assert_eq!(text(&"😀长".repeat(60)).chars().count(), 60);
    assert_eq!(text("{{open"), "{{open");
    let picture = Part::Image { blob: BlobId::of(b"x") };
    let link = Part::Link { title: "t".into(), desc: None, url: "u".into(), cover: None };
    let body = Body { parts: vec![picture.clone(), link, picture] };
    assert_eq!((body.excerpt().as_str(), body.kinds()), ("", vec![PartKind::Image, PartKind::Link]));
}

#[test]
fn what_a_later_version_of_the_product_keeps_is_read_as_far_as_it_is_known() {
    let content: Content = serde_json::from_value(json!({"id": "a", "title": "一", "colour": "red",
        "kinds": ["text", "hologram"], "visibility": {"departments": [2], "planets": ["x"]}}))
    .unwrap();
    assert_eq!(content.kinds, [PartKind::Text]);
    assert_eq!(content.visibility.departments, [2].into());
    let group = json!({"id": "g", "name": "组", "colour": "red"});
    assert!(serde_json::from_value::<ContentGroup>(group).is_ok());
    let body = json!({"parts": [{"kind": "text", "text": "好", "font": "x"}], "mood": "x"});
    assert_eq!(serde_json::from_value::<Body>(body).unwrap().text(), Some("好"));
}

#[test]
fn a_title_is_found_by_its_beginning_or_by_what_it_holds() {
    let content = Content { title: "老报价单 Ａ".into(), ..content() };
    assert_eq!((content.is_called("老报"), content.is_called("报价")), (true, false));
    assert_eq!((content.mentions("报价单 a"), content.mentions("价报")), (true, false));
}

#[test]
fn a_note_is_as_long_as_a_note() {
    for (length, fits) in [(0, true), (199, true), (200, true), (201, false)] {
        let how = Publishing { substantial: false, note: "改".repeat(length) };
        assert_eq!(how.check().is_empty(), fits, "{length}");
    }
}

#[test]
fn a_content_that_says_nothing_of_it_is_for_everybody() {
    let mut book = Playbook::default();
    let department = |id, parent| (id, Department { id, name: String::new(), parent });
    book.departments = [department(1, None), department(2, Some(1)), department(3, Some(2))].into();
    let staff = |role, departments: &[DepartmentId]| Staff {
        role,
        departments: departments.iter().copied().collect(),
        ..Staff::named("a".into(), "A")
    };
    let (operator, manager) = (staff(Role::Operator, &[3]), staff(Role::Manager, &[1]));
    let visible = |value: Value, staff: &Staff, own: &[&str]| {
        let projects = own.iter().map(|&name| name.to_owned()).collect();
        let viewer = Viewer::new(&Staff { projects, ..staff.clone() }, &book);
        serde_json::from_value::<Visibility>(value).unwrap().admits(&viewer)
    };
    assert!(visible(json!({}), &operator, &[]));
    assert!(visible(json!({ "departments": [2] }), &operator, &[]));
    assert!(!visible(json!({ "departments": [4] }), &operator, &[]));
    assert!(!visible(json!({ "roles": ["manager"] }), &operator, &[]));
    assert!(visible(json!({ "projects": ["spring"] }), &operator, &["spring", "autumn"]));
    assert!(!visible(json!({ "projects": ["spring"] }), &operator, &["autumn"]));
    // One of them is enough.
    assert!(visible(json!({ "roles": ["manager"], "projects": ["spring"] }), &operator, &["spring"]));
    // Managers and admins see all.
    assert!(visible(json!({ "departments": [2] }), &manager, &[]));
    assert!(visible(json!({ "roles": ["admin"] }), &manager, &[]));
    assert!(visible(json!({ "projects": ["spring"] }), &staff(Role::Admin, &[]), &[]));
}

#[test]
fn a_body_is_read_as_it_is_written() {
    let blob = BlobId::of(b"x");
    for part in [
        json!({ "kind": "text", "text": "你好" }),
        json!({ "kind": "image", "blob": blob }),
        json!({ "kind": "link", "title": "标题", "url": "https://example.com" }),
        json!({ "kind": "link", "title": "标题", "desc": "描述", "url": "https://example.com", "cover": blob }),
        json!({ "kind": "mini_program", "title": "标题", "appid": "wx", "page": "p", "cover": blob }),
        json!({ "kind": "video", "blob": blob }),
        json!({ "kind": "file", "blob": blob, "name": "a.pdf" }),
    ] {
        let document = json!({ "parts": [part] });
        let body: BodyEdit = shape::read(&document).unwrap();
        assert_eq!(serde_json::to_value(Body::from(body)).unwrap(), document);
    }
}

#[test]
fn what_does_not_belong_to_a_part_is_named_by_its_place() {
    for (part, pointer, code) in [
        (json!({ "text": "你好" }), "/parts/0/kind", "missing_field"),
        (json!({ "kind": "image" }), "/parts/0/blob", "missing_field"),
        (json!({ "kind": "image", "blob": "../x" }), "/parts/0/blob", "bad_value"),
        (json!({ "kind": "text", "text": "a", "name": "b" }), "/parts/0/name", "unknown_field"),
        (json!({ "kind": "text", "text": "a", "colour": "b" }), "/parts/0/colour", "unknown_field"),
        (json!({ "kind": "voice", "text": "a" }), "/parts/0/kind", "unknown_value"),
        (json!({ "kind": "text", "text": 1 }), "/parts/0/text", "wrong_type"),
    ] {
        let problem = shape::read::<BodyEdit>(&json!({ "parts": [part] })).unwrap_err();
        assert_eq!((problem.pointer.as_str(), problem.code.as_str()), (pointer, code), "{problem:?}");
    }
}

#[test]
fn a_body_names_the_blobs_that_it_shows() {
    let blob = BlobId::of(b"x");
    let body = Body {
        parts: vec![
            Part::Text { text: "你好".into() },
            Part::Image { blob: blob.clone() },
            Part::Link { title: "a".into(), desc: None, url: "b".into(), cover: None },
            Part::File { blob: blob.clone(), name: "a.pdf".into() },
        ],
    };
    let blobs: Vec<_> = body.blobs().collect();
    assert_eq!(blobs, [(&blob, media::MediaKind::Image), (&blob, media::MediaKind::File)]);
    assert_eq!(body.text(), Some("你好"));
}

#[test]
fn a_blob_is_named_by_its_hash_and_by_nothing_else() {
    // printf hello | sha256sum
    let hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    assert_eq!(BlobId::of(b"hello").as_str(), hash);
    assert_eq!(BlobId::parse(hash), Some(BlobId::of(b"hello")));
    for bad in ["", &hash[1..], &hash.to_uppercase(), "../../../../etc/passwd"] {
        assert_eq!(BlobId::parse(bad), None, "{bad}");
    }
}
