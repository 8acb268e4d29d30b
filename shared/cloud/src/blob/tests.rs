use super::*;

const HASH: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

#[test]
fn content_is_named_by_its_hash_as_others_compute_it() {
    // printf hello | sha256sum
    assert_eq!(BlobKey::of(b"hello").as_str(), format!("content/{HASH}"));
    assert_eq!(BlobKey::content(HASH), Some(BlobKey::of(b"hello")));
}

#[test]
fn no_name_leads_out_of_its_folder() {
    for bad in ["", "..", "../x", "a/b", &HASH[1..], &HASH.to_uppercase(), &format!("{HASH}0")] {
        assert_eq!(BlobKey::content(bad), None, "{bad}");
    }
    for bad in ["", "0123456789abcde", "../../etc/passwd0", "0123456789abcdeF", &"0".repeat(65)] {
        assert_eq!(BlobKey::incoming(bad), None, "{bad}");
    }
    for bad in ["content/../x", "incoming/..", "/etc/passwd", HASH, "other/0123456789abcdef"] {
        assert!(serde_json::from_value::<BlobKey>(bad.into()).is_err(), "{bad}");
    }
    let key = BlobKey::incoming("0123456789abcdef").unwrap();
    let written = serde_json::to_value(&key).unwrap();
    assert_eq!(written, "incoming/0123456789abcdef");
    assert_eq!(serde_json::from_value::<BlobKey>(written).unwrap(), key);
}

#[test]
fn a_file_is_saved_under_its_own_name_and_never_shown_in_place() {
    let file = Shown { content_type: "application/pdf", file_name: Some("报价 \"2026\".pdf") };
    let name = "%E6%8A%A5%E4%BB%B7%20%222026%22.pdf";
    assert_eq!(file.disposition(), format!("attachment; filename*=UTF-8''{name}"));
    let picture = Shown { content_type: "image/png", file_name: None };
    assert_eq!(picture.disposition(), "inline");
}

#[test]
fn only_media_types_are_media_types() {
    for good in ["image/png", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"] {
        assert!(check_type("x", good).is_ok(), "{good}");
    }
    for bad in ["", "image", "image/", "a/b/c", "image/png\r\nx: y", "image/png; q=1", "图/片"] {
        assert!(check_type("x", bad).is_err(), "{bad}");
    }
}

#[test]
fn a_blob_has_at_least_one_byte_and_no_more_than_the_most() {
    for (bytes, fits) in [(0, false), (1, true), (MAX_BLOB_BYTES, true), (MAX_BLOB_BYTES + 1, false)] {
        assert_eq!(check_size("x", bytes).is_ok(), fits, "{bytes}");
    }
}
