//! Uploads and downloads.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response};
use wecom::media::{AttachmentScene, ByteRange, MediaKind, Upload, Uploaded};
use wecom::{Class, Error, TransportError};

use crate::double::{Double, json, status, token, url};

const MIB: usize = 1024 * 1024;
const JPG: &[u8] = b"\xff\xd8\xff\xe0..";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const AMR: &[u8] = b"#!AMR\n";
const MP4: &[u8] = b"\0\0\0\x20ftypisom";

/// A file of `size` bytes that begins as `head` does.
fn file(head: &[u8], size: usize) -> Upload {
    let mut content = head.to_vec();
    content.resize(size, 0);
    Upload { file_name: "a.bin".to_owned(), content: content.into() }
}

async fn problem(kind: MediaKind, file: &Upload) -> String {
    let (client, double) = Double::answering([]);
    let error = client.upload_media(&token(), kind, file).await.expect_err("invalid");
    assert!(double.asked().is_empty());
    error.to_string().trim_start_matches("media/upload: ").to_owned()
}

#[tokio::test]
async fn a_file_goes_as_a_form_with_its_chinese_name() {
    let (client, double) = Double::with(
        r#"{"errcode":0,"errmsg":"","type":"file","media_id":"1G6nrLmr5EC3MMb_-zK1dDdzmd0p7cNliYu9V5w7o8K0","created_at":"1380000000"}"#,
    );
    let file = Upload {
        file_name: "报价\"单\".txt".to_owned(),
        content: Bytes::from_static(b"mytext\r\n--stepwise0"),
    };
    let uploaded = client.upload_media(&token(), MediaKind::File, &file).await.expect("uploaded");
    let media_id = "1G6nrLmr5EC3MMb_-zK1dDdzmd0p7cNliYu9V5w7o8K0".to_owned();
    assert_eq!(uploaded, Uploaded { media_id, created_at: Some(1_380_000_000) });
    let asked = double.asked_once();
    assert_eq!((asked.method, asked.url), (Method::POST, url("media/upload") + "&type=file"));
    assert_eq!(asked.timeout, Duration::from_secs(60));
    assert_eq!(
        asked.content_type.as_deref(),
        Some("multipart/form-data; boundary=----------------stepwise0")
    );
    let expected = "------------------stepwise0\r\n\
        Content-Disposition: form-data; name=\"media\"; filename=\"报价%22单%22.txt\"; filelength=19\r\n\
        Content-Type: application/octet-stream\r\n\r\n\
        mytext\r\n--stepwise0\r\n\
        ------------------stepwise0--\r\n";
    assert_eq!(std::str::from_utf8(&asked.body), Ok(expected));
}

#[tokio::test]
async fn each_kind_goes_under_its_type() {
    for (kind, head, name, content_type) in [
        (MediaKind::Image, JPG, "image", "image/jpeg"),
        (MediaKind::Image, PNG, "image", "image/png"),
        (MediaKind::Voice, AMR, "voice", "audio/amr"),
        (MediaKind::Video, MP4, "video", "video/mp4"),
    ] {
        let (client, double) = Double::with(r#"{"media_id":"m","created_at":1380000000}"#);
        let uploaded = client.upload_media(&token(), kind, &file(head, 100)).await.expect("uploaded");
        assert_eq!(uploaded.created_at, Some(1_380_000_000));
        let asked = double.asked_once();
        assert_eq!(asked.url, url("media/upload") + "&type=" + name);
        let header = format!("Content-Type: {content_type}\r\n");
        assert!(asked.body.windows(header.len()).any(|window| window == header.as_bytes()), "{content_type}");
    }
}

#[tokio::test]
async fn sizes_are_checked_to_the_byte() {
    for (kind, head, most) in [
        (MediaKind::Image, JPG, 10 * MIB),
        (MediaKind::Voice, AMR, 2 * MIB),
        (MediaKind::Video, MP4, 10 * MIB),
        (MediaKind::File, b"".as_slice(), 20 * MIB),
    ] {
        for size in [5, most + 1] {
            assert_eq!(
                problem(kind, &file(head, size)).await,
                format!("media: {size} bytes, not within 6 to {most}")
            );
        }
        let (client, double) = Double::with(r#"{"media_id":"m"}"#);
        client.upload_media(&token(), kind, &file(head, most)).await.expect("uploaded");
        assert!(double.asked_once().body.len() > most);
    }
    let (client, _) = Double::with(r#"{"media_id":"m"}"#);
    client.upload_media(&token(), MediaKind::File, &file(b"", 6)).await.expect("uploaded");
}

#[tokio::test]
async fn formats_are_told_by_the_first_bytes() {
    let quicktime = b"\0\0\0\x14ftypqt  ".as_slice();
    for (kind, head, expected) in [
        (MediaKind::Image, b"GIF89a".as_slice(), "media: is not a JPG or PNG"),
        (MediaKind::Image, MP4, "media: is not a JPG or PNG"),
        (MediaKind::Voice, b"#!AMR-WB\n", "media: is not an AMR"),
        (MediaKind::Video, quicktime, "media: is not an MP4"),
        (MediaKind::Video, b"ftyp", "media: is not an MP4"),
    ] {
        assert_eq!(problem(kind, &file(head, 100)).await, expected);
    }
    assert_eq!(problem(MediaKind::Video, &file(b"\0\0\0\x20ftyp", 8)).await, "media: is not an MP4");
    let named = |name: &str| Upload { file_name: name.to_owned(), ..file(b"", 6) };
    assert_eq!(problem(MediaKind::File, &named("")).await, "filename: is required");
    assert_eq!(
        problem(MediaKind::File, &named("a\r\nX-Header: 1")).await,
        "filename: has control characters"
    );
}

#[tokio::test]
async fn attachments_name_the_scene_they_are_for() {
    for (scene, head, query) in [
        (AttachmentScene::MomentImage, JPG, "&media_type=image&attachment_type=1"),
        (AttachmentScene::MomentVideo, MP4, "&media_type=video&attachment_type=1"),
        (AttachmentScene::AlbumImage, PNG, "&media_type=image&attachment_type=2"),
    ] {
        let (client, double) =
            Double::with(r#"{"errcode":0,"type":"image","media_id":"m","created_at":1380000000}"#);
        let uploaded =
            client.upload_attachment(&token(), scene, &file(head, 10 * MIB)).await.expect("uploaded");
        assert_eq!((uploaded.media_id.as_str(), uploaded.created_at), ("m", Some(1_380_000_000)));
        assert_eq!(double.asked_once().url, url("media/upload_attachment") + query);
    }
    let (client, double) = Double::answering([]);
    for (scene, file) in [
        (AttachmentScene::MomentVideo, file(JPG, 100)),
        (AttachmentScene::AlbumImage, file(PNG, 10 * MIB + 1)),
    ] {
        let error = client.upload_attachment(&token(), scene, &file).await.expect_err("invalid");
        assert!(matches!(&error, Error::Invalid { field, .. } if field == "media"), "{error}");
    }
    assert!(double.asked().is_empty());
}

#[tokio::test]
async fn a_picture_gets_an_address() {
    let (client, double) =
        Double::with(r#"{"errcode":0,"errmsg":"","url":"http://p.qpic.cn/pic_wework/3474110808/7a6344"}"#);
    let address = client.upload_picture(&token(), &file(JPG, 2 * MIB)).await.expect("uploaded");
    assert_eq!(address, "http://p.qpic.cn/pic_wework/3474110808/7a6344");
    assert_eq!(double.asked_once().url, url("media/uploadimg"));
    let (client, double) = Double::answering([]);
    for size in [4, 2 * MIB + 1] {
        let error = client.upload_picture(&token(), &file(JPG, size)).await.expect_err("invalid");
        assert_eq!(
            error.to_string(),
            format!("media/uploadimg: media: {size} bytes, not within 5 to 2097152")
        );
    }
    assert!(double.asked().is_empty());
    let (client, _) = Double::with("{}");
    let error = client.upload_picture(&token(), &file(JPG, 100)).await.expect_err("no address");
    assert!(matches!(error, Error::NoAnswer { .. }));
}

#[tokio::test]
async fn an_upload_without_answer_may_be_repeated() {
    for answer in [Err(TransportError::Ambiguous("time ran out".to_owned())), json("{}"), status(502, "")] {
        let (client, _) = Double::answering([answer]);
        let error =
            client.upload_media(&token(), MediaKind::File, &file(b"", 6)).await.expect_err("no answer");
        assert_eq!((error.is_ambiguous(), error.class()), (false, Class::Transient), "{error}");
    }
}

fn part(code: u16, headers: &[(&str, &str)], body: &str) -> Result<Response<Bytes>, TransportError> {
    let mut response = Response::builder().status(code);
    for (name, value) in headers {
        response = response.header(*name, http::HeaderValue::from_str(value).expect("a header"));
    }
    Ok(response.body(Bytes::copy_from_slice(body.as_bytes())).expect("a response"))
}

#[tokio::test]
async fn a_file_is_downloaded_whole() {
    let disposition = "attachment; filename=\"报价.jpg\"; x=1";
    let utf8 = http::HeaderValue::from_bytes(disposition.as_bytes()).expect("a header");
    let mut answer = part(200, &[("content-type", "image/jpeg")], "Xxxx").expect("a response");
    answer.headers_mut().insert("content-disposition", utf8);
    let (client, double) = Double::answering([Ok(answer)]);
    let got = client.download_media(&token(), "m+/", None).await.expect("downloaded");
    assert_eq!((got.content.as_ref(), got.first, got.total), (b"Xxxx".as_slice(), 0, Some(4)));
    assert_eq!(
        (got.content_type.as_deref(), got.file_name.as_deref()),
        (Some("image/jpeg"), Some("报价.jpg"))
    );
    let asked = double.asked_once();
    assert_eq!((asked.method, asked.url), (Method::GET, url("media/get") + "&media_id=m%2B%2F"));
    assert_eq!((asked.range, asked.timeout), (None, Duration::from_secs(60)));
    assert_eq!(format!("{got:?}"), "Download { bytes: 4, first: 0, total: Some(4), .. }");
}

#[tokio::test]
async fn a_part_is_what_was_asked_for() {
    let range = Some(ByteRange { first: 10, last: 13 });
    let (client, double) = Double::answering([part(206, &[("content-range", "bytes 10-13/1234")], "abcd")]);
    let got = client.download_media(&token(), "m", range).await.expect("downloaded");
    assert_eq!((got.content.as_ref(), got.first, got.total), (b"abcd".as_slice(), 10, Some(1234)));
    assert_eq!(double.asked_once().range.as_deref(), Some("bytes=10-13"));
    // Whoever answers with the whole file has not understood the range; the place says so.
    let (client, _) = Double::answering([part(200, &[], "0123456789abcdef")]);
    let whole = client.download_media(&token(), "m", range).await.expect("downloaded");
    assert_eq!((whole.first, whole.total), (0, Some(16)));
    for headers in [&[("content-range", "bytes 0-3/9")] as &[_], &[("content-range", "4")], &[]] {
        let (client, _) = Double::answering([part(206, headers, "abcd")]);
        let error = client.download_media(&token(), "m", range).await.expect_err("another part");
        assert!(matches!(error, Error::NoAnswer { .. }), "{error}");
    }
    let (client, _) = Double::answering([part(206, &[("content-range", "bytes 10-13/*")], "abcd")]);
    assert_eq!(client.download_media(&token(), "m", range).await.expect("downloaded").total, None);
}

#[tokio::test]
async fn a_refusal_in_place_of_a_file_is_recognised() {
    let (client, _) = Double::with(r#"{"errcode":40007,"errmsg":"invalid media_id, hint: [1_2_a]"}"#);
    let error = client.download_media(&token(), "m", None).await.expect_err("refused");
    assert_eq!((error.code(), error.class(), error.hint()), (Some(40007), Class::State, Some("1_2_a")));
    let (client, _) = Double::with(r#"{"errcode":0,"errmsg":"ok"}"#);
    let error = client.download_media(&token(), "m", None).await.expect_err("no file");
    assert!(matches!(error, Error::NoAnswer { .. }));
    // A file may well be JSON.
    let named = [("content-disposition", "attachment; filename=\"a.json\"")];
    let (client, _) = Double::answering([part(200, &named, r#"{"errcode":40007}"#), json(r#"{"a":1}"#)]);
    for content in [r#"{"errcode":40007}"#, r#"{"a":1}"#] {
        let got = client.download_media(&token(), "m", None).await.expect("downloaded");
        assert_eq!(got.content.as_ref(), content.as_bytes());
    }
    let (client, _) = Double::answering([status(416, ""), status(500, "")]);
    let beyond = client.download_media(&token(), "m", None).await.expect_err("beyond the end");
    assert!(matches!(beyond, Error::TurnedAway { status: 416, .. }));
    let broken = client.download_media(&token(), "m", None).await.expect_err("broken");
    assert!(matches!(broken, Error::NoAnswer { .. }));
}

#[tokio::test]
async fn a_download_without_id_or_with_an_impossible_range_is_not_asked_for() {
    let (client, double) = Double::answering([]);
    let backwards = Some(ByteRange { first: 1, last: 0 });
    for (media_id, range, expected) in
        [("", None, "media_id: is required"), ("m", backwards, "range: ends before it begins")]
    {
        let error = client.download_media(&token(), media_id, range).await.expect_err("invalid");
        assert_eq!(error.to_string(), format!("media/get: {expected}"));
    }
    assert!(double.asked().is_empty());
    assert_eq!(format!("{:?}", file(JPG, 7)), "Upload(7 bytes)");
}
