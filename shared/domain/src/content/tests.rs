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
    let mut content = content();
    let first = content.publish(body("一"), None, how(false), Some("lilei".into()), now);
    assert_eq!((first.version, first.edition), (1, 1));
    let corrected = content.publish(body("二"), Some(1), how(false), None, now);
    assert_eq!((corrected.version, corrected.edition), (2, 1));
    let changed = content.publish(body("三"), Some(2), how(true), None, now);
    assert_eq!((changed.version, changed.edition), (3, 2));
    assert_eq!((content.published, content.edition), (Some(3), 2));
    assert_eq!((changed.body, changed.note.as_str()), (body("三"), "改了错字"));
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
    let projects = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<BTreeSet<_>>();
    let (operator, manager) = (staff(Role::Operator, &[3]), staff(Role::Manager, &[1]));
    let visible = |value: Value, staff: &Staff, own: &[&str]| {
        let viewer = Viewer::new(staff, projects(own), &book);
        serde_json::from_value::<Visibility>(value).unwrap().admits(&viewer)
    };
    assert!(visible(json!({}), &operator, &[]));
    assert!(visible(json!({ "departments": [2] }), &operator, &[]));
    assert!(!visible(json!({ "departments": [2] }), &manager, &[]));
    assert!(visible(json!({ "roles": ["manager"] }), &manager, &[]));
    assert!(!visible(json!({ "roles": ["manager"] }), &operator, &[]));
    assert!(visible(json!({ "projects": ["spring"] }), &operator, &["spring", "autumn"]));
    assert!(!visible(json!({ "projects": ["spring"] }), &operator, &["autumn"]));
    // One of them is enough.
    assert!(visible(json!({ "roles": ["manager"], "projects": ["spring"] }), &operator, &["spring"]));
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
        let body: Body = shape::read(&document).unwrap();
        assert_eq!(serde_json::to_value(&body).unwrap(), document);
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
        let problem = shape::read::<Body>(&json!({ "parts": [part] })).unwrap_err();
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
