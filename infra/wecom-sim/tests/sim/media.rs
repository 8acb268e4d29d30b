use axum::body::Body;
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::bench::{Bench, START_MS};

const DAY: i64 = 86_400;

/// A picture of so many bytes, by its beginning.
pub(crate) fn png(length: usize) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x08\0\0\x01\xa0".to_vec();
    bytes.resize(length.max(bytes.len()), 7);
    bytes
}

fn mp4(length: usize) -> Vec<u8> {
    let mut bytes = b"\0\0\0\x10ftypisom\0\0\0\0".to_vec();
    bytes.resize(length.max(bytes.len()), 7);
    bytes
}

fn amr(frames: usize) -> Vec<u8> {
    let frame = [&[0x3c][..], &[0; 31]].concat();
    [b"#!AMR\n".to_vec(), frame.repeat(frames)].concat()
}

impl Bench {
    pub(crate) async fn exchange(&self, request: Request<Body>) -> (u16, HeaderMap, Vec<u8>) {
        let response = self.sim.router().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        (parts.status.as_u16(), parts.headers, bytes.to_vec())
    }

    /// A form with one file, as SDKs send it.
    pub(crate) async fn upload(&self, api: &str, name: &str, bytes: &[u8]) -> Value {
        let token = self.token().await;
        let separator = if api.contains('?') { '&' } else { '?' };
        let head = format!(
            "--b0und\r\nContent-Disposition: form-data; name=\"media\"; filename=\"{name}\"; filelength={}\r\n\
             Content-Type: application/octet-stream\r\n\r\n",
            bytes.len()
        );
        let body = [head.as_bytes(), bytes, b"\r\n--b0und--\r\n"].concat();
        let request = Request::post(format!("/sim/cgi-bin/{api}{separator}access_token={token}"))
            .header("content-type", "multipart/form-data; boundary=b0und")
            .body(Body::from(body));
        let (_, _, answer) = self.exchange(request.expect("a request")).await;
        serde_json::from_slice(&answer).expect("JSON")
    }

    /// A file for messages; its id.
    pub(crate) async fn media(&self, kind: &str, bytes: &[u8]) -> String {
        let answer = self.upload(&format!("media/upload?type={kind}"), "f", bytes).await;
        answer["media_id"].as_str().expect("a media_id").to_owned()
    }

    pub(crate) async fn picture(&self) -> String {
        self.media("image", &png(100)).await
    }

    pub(crate) async fn film(&self) -> String {
        self.media("video", &mp4(100)).await
    }

    async fn fetch(&self, media_id: &str, range: Option<&str>) -> (u16, HeaderMap, Vec<u8>) {
        let token = self.token().await;
        let mut request =
            Request::get(format!("/sim/cgi-bin/media/get?access_token={token}&media_id={media_id}"));
        if let Some(range) = range {
            request = request.header("range", range);
        }
        self.exchange(request.body(Body::empty()).expect("a request")).await
    }
}

async fn errcode(bench: &Bench, api: &str, bytes: &[u8]) -> i64 {
    bench.upload(api, "f", bytes).await["errcode"].as_i64().expect("an errcode")
}

#[tokio::test]
async fn a_file_comes_back_as_it_was_for_three_days() {
    let bench = Bench::new();
    let answer = bench.upload("media/upload?type=file", "报价.pdf", b"%PDF-1.7 hello").await;
    assert_eq!(answer["type"], "file");
    assert_eq!(answer["created_at"], (START_MS / 1000).to_string(), "a string here");
    let id = answer["media_id"].as_str().expect("an id");
    bench.pass(3 * DAY - 1);
    let (status, headers, bytes) = bench.fetch(id, None).await;
    assert_eq!(status, 200);
    assert_eq!(bytes, b"%PDF-1.7 hello");
    assert_eq!(headers["content-disposition"], "attachment; filename=\"__.pdf\"");
    bench.pass(1);
    let (status, headers, bytes) = bench.fetch(id, None).await;
    assert_eq!(status, 200, "failures are HTTP 200 here too");
    assert!(headers["content-type"].to_str().expect("text").starts_with("application/json"));
    let refusal: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(refusal["errcode"], 40007);
}

#[tokio::test]
async fn a_range_of_a_file_can_be_asked_for() {
    let bench = Bench::new();
    let id = bench.media("file", b"0123456789").await;
    let (status, headers, bytes) = bench.fetch(&id, Some("bytes=2-4")).await;
    assert_eq!((status, bytes.as_slice()), (206, &b"234"[..]));
    assert_eq!(headers["content-range"], "bytes 2-4/10");
    let (_, headers, bytes) = bench.fetch(&id, Some("bytes=-3")).await;
    assert_eq!((headers["content-range"].as_bytes(), bytes.as_slice()), (&b"bytes 7-9/10"[..], &b"789"[..]));
    let (status, _, bytes) = bench.fetch(&id, Some("lines=1-2")).await;
    assert_eq!((status, bytes.len()), (200, 10), "what is no range of bytes is ignored");
}

#[tokio::test]
async fn uploads_are_judged_by_their_bytes() {
    let bench = Bench::new();
    const MB: usize = 1 << 20;
    for (kind, bytes, code) in [
        ("image", png(100), 0),
        ("image", b"\xff\xd8\xff\xe0jpeg".to_vec(), 0),
        ("image", b"GIF89a....".to_vec(), 40123),
        ("image", png(10 * MB), 0),
        ("image", png(10 * MB + 1), 40009),
        ("voice", amr(3000), 0),
        ("voice", amr(3001), 45007),
        ("voice", b"#!SILK_V3....".to_vec(), 40004),
        ("voice", vec![7; 2 * MB + 1], 45001),
        ("video", mp4(100), 0),
        ("video", b"RIFF....AVI LIST".to_vec(), 40004),
        ("video", mp4(10 * MB + 1), 40011),
        ("file", vec![0; 6], 0),
        ("file", vec![0; 5], 40006),
        ("file", Vec::new(), 44001),
        ("file", vec![0; 20 * MB + 1], 45001),
        ("picture", png(100), 40005),
    ] {
        let api = format!("media/upload?type={kind}");
        assert_eq!(errcode(&bench, &api, &bytes).await, code, "{kind} of {} bytes", bytes.len());
    }
    assert_eq!(errcode(&bench, "media/upload", &png(100)).await, 40005);
}

#[tokio::test]
async fn what_is_no_form_is_an_empty_file() {
    let bench = Bench::new();
    let token = bench.token().await;
    let path = format!("/sim/cgi-bin/media/upload?type=file&access_token={token}");
    let (_, _, text) = bench.request("POST", &path, Some("{\"media\":\"x\"}")).await;
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(answer["errcode"], 44001);
}

#[tokio::test]
async fn a_linked_picture_has_an_address_and_a_daily_number() {
    let bench = Bench::new();
    let answer = bench.upload("media/uploadimg", "a.png", &png(100)).await;
    assert!(answer["url"].as_str().expect("a url").starts_with("https://"));
    assert!(answer.get("media_id").is_none());
    assert_eq!(errcode(&bench, "media/uploadimg", &png(2 << 20)).await, 0);
    assert_eq!(errcode(&bench, "media/uploadimg", &png((2 << 20) + 1)).await, 40009);
    assert_eq!(errcode(&bench, "media/uploadimg", b"%PDF-1.7").await, 40123);
    let caps = bench.look("limits").await["caps"]["uploaded_images"].clone();
    assert_eq!((&caps["day"], &caps["month"]), (&json!(1000), &json!(3000)));
    bench.control("limits", json!({"uploaded_images": {"day": 3}})).await;
    assert_eq!(errcode(&bench, "media/uploadimg", &png(100)).await, 0);
    assert_eq!(errcode(&bench, "media/uploadimg", &png(100)).await, 45009);
    bench.pass(DAY);
    assert_eq!(errcode(&bench, "media/uploadimg", &png(100)).await, 0);
}

#[tokio::test]
async fn an_attachment_is_for_its_scene_only() {
    let (bench, code) = Bench::befriended().await;
    for (query, bytes, expected) in [
        ("media_type=image&attachment_type=1", png(100), 0),
        ("media_type=video&attachment_type=1", mp4(100), 0),
        ("media_type=image&attachment_type=2", png(100), 0),
        ("media_type=video&attachment_type=2", mp4(100), 41072),
        ("media_type=file&attachment_type=1", png(100), 41072),
        ("media_type=image&attachment_type=3", png(100), 40058),
        ("media_type=image", png(100), 40058),
        ("media_type=sound&attachment_type=1", png(100), 40005),
        ("media_type=image&attachment_type=1", mp4(100), 40123),
        ("media_type=video&attachment_type=1", png(100), 41090),
        ("media_type=video&attachment_type=1", mp4((10 << 20) + 1), 41080),
    ] {
        let api = format!("media/upload_attachment?{query}");
        assert_eq!(errcode(&bench, &api, &bytes).await, expected, "{query}");
    }
    let mut large = png(100);
    large[16..24].copy_from_slice(&[0, 0, 0x2a, 0x30, 0, 0, 4, 0x39]);
    let moments = "media/upload_attachment?media_type=image&attachment_type=1";
    assert_eq!(errcode(&bench, moments, &large).await, 41081, "10,800 by 1,081");

    let answer = bench.upload(moments, "a.png", &png(100)).await;
    assert_eq!(answer["created_at"], START_MS / 1000, "a number here");
    let image = json!({"msgtype": "image", "image": {"media_id": answer["media_id"]}});
    let body = json!({"welcome_code": code, "attachments": [image]});
    assert_eq!(bench.post("externalcontact/send_welcome_msg", body).await["errcode"], 40007);
    let (_, _, bytes) = bench.fetch(answer["media_id"].as_str().expect("an id"), None).await;
    assert!(bytes.starts_with(b"{\"errcode\":40007"), "nor is it for media/get");
}

#[tokio::test]
async fn an_upload_is_in_the_log_by_its_beginning() {
    let bench = Bench::new();
    bench.media("file", &vec![b'x'; 1 << 20]).await;
    let calls = bench.look("calls?api=media/upload").await;
    let body = calls["items"][0]["body"].as_str().expect("text");
    assert!(body.contains("form-data") && body.len() < 3000 && body.ends_with("bytes)"), "{}", body.len());
}

#[tokio::test]
async fn files_survive_a_snapshot() {
    let bench = Bench::new();
    let id = bench.media("image", &png(5000)).await;
    let copy = Bench::new();
    copy.sim.restore(bench.sim.snapshot()).expect("its own snapshot");
    let (_, _, bytes) = copy.fetch(&id, None).await;
    assert_eq!(bytes, png(5000));
}
