use super::*;
use crate::blob::{MAX_BLOB_BYTES, TICKET_MS};

const NOW_MS: i64 = 1_767_225_600_000;
const SECRET: [u8; 32] = [7; 32];

fn key() -> BlobKey {
    BlobKey::incoming("0123456789abcdef").unwrap()
}

fn upload(key: &BlobKey, bytes: u64) -> Upload<'_> {
    Upload { key, content_type: "image/png", bytes }
}

/// The word in a ticket's or an address's path.
fn word(path: &str) -> &str {
    path.strip_prefix(UPLOADS).or_else(|| path.strip_prefix(BLOBS)).unwrap()
}

/// Both places, with what keeps the directory alive.
fn places() -> (tempfile::TempDir, [Local; 2]) {
    let directory = tempfile::tempdir().unwrap();
    let disk = Local::open(&directory.path().join("blobs"), SECRET).unwrap();
    (directory, [disk, Local::memory(SECRET)])
}

fn problem<T: fmt::Debug>(done: Result<T, TicketError>) -> TicketProblem {
    match done {
        Err(TicketError::Ticket(problem)) => problem,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_put_can_be_read_measured_replaced_and_removed() {
    let (_kept, places) = places();
    for blobs in places {
        let key = key();
        assert_eq!(blobs.get(&key).await.unwrap(), None);
        assert_eq!(blobs.size(&key).await.unwrap(), None);
        blobs.put(&key, "image/png", "first".into()).await.unwrap();
        blobs.put(&key, "image/png", "again!".into()).await.unwrap();
        assert_eq!(blobs.get(&key).await.unwrap(), Some("again!".into()));
        assert_eq!(blobs.size(&key).await.unwrap(), Some(6));
        blobs.delete(&key).await.unwrap();
        blobs.delete(&key).await.unwrap();
        assert_eq!(blobs.get(&key).await.unwrap(), None);
    }
}

#[tokio::test]
async fn an_upload_takes_the_same_two_steps_as_with_a_bucket() {
    let (_kept, places) = places();
    for blobs in places {
        let key = key();
        let ticket = blobs.upload(&upload(&key, 5), NOW_MS).unwrap();
        assert_eq!((ticket.method, ticket.expires_at_ms), ("PUT", NOW_MS + TICKET_MS));
        assert_eq!(ticket.headers, BTreeMap::from([("content-type", "image/png".to_owned())]));
        let word = word(&ticket.url);
        assert!(word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "{word}");
        blobs.receive(word, "image/png", "bytes".into(), NOW_MS + TICKET_MS - 1).await.unwrap();
        assert_eq!(blobs.get(&key).await.unwrap(), Some("bytes".into()));
    }
}

#[tokio::test]
async fn a_ticket_takes_what_it_was_given_for_and_nothing_else() {
    let (_kept, places) = places();
    for blobs in places {
        let key = key();
        let ticket = blobs.upload(&upload(&key, 5), NOW_MS).unwrap();
        let word = word(&ticket.url);
        assert_eq!(blobs.announced(word, NOW_MS), Ok(5));
        let longer = blobs.receive(word, "image/png", "longer".into(), NOW_MS).await;
        assert_eq!(problem(longer), TicketProblem::Length { found: 6, announced: 5 });
        let other = blobs.receive(word, "text/html", "bytes".into(), NOW_MS).await;
        assert_eq!(problem(other), TicketProblem::ContentType);
        let late = blobs.receive(word, "image/png", "bytes".into(), NOW_MS + TICKET_MS).await;
        assert_eq!(problem(late), TicketProblem::Expired);
        assert_eq!(blobs.announced(word, NOW_MS + TICKET_MS), Err(TicketProblem::Expired));
        assert_eq!(problem(blobs.hand_out(word, NOW_MS).await), TicketProblem::Unknown);
        assert_eq!(blobs.get(&key).await.unwrap(), None);
    }
}

#[tokio::test]
async fn forged_tickets_are_no_tickets() {
    let blobs = Local::memory(SECRET);
    let key = key();
    let good = blobs.upload(&upload(&key, 5), NOW_MS).unwrap().url;
    let other = Local::memory([8; 32]).upload(&upload(&key, 5), NOW_MS).unwrap().url;
    let longer = blobs.upload(&upload(&key, 6), NOW_MS).unwrap().url;
    let (said, code) = word(&good).split_once('.').unwrap();
    let (longer, _) = word(&longer).split_once('.').unwrap();
    for forged in
        ["", ".", said, word(&other), &format!("{longer}.{code}"), &format!("{said}."), "../../etc/passwd"]
    {
        let refused = blobs.receive(forged, "image/png", "bytes".into(), NOW_MS).await;
        assert_eq!(problem(refused), TicketProblem::Unknown, "{forged}");
        assert_eq!(blobs.announced(forged, NOW_MS), Err(TicketProblem::Unknown), "{forged}");
    }
}

#[tokio::test]
async fn a_blob_is_handed_out_with_headers_that_browsers_cannot_misread() {
    let blobs = Local::memory(SECRET);
    let key = BlobKey::of(b"%PDF-1.7");
    let shown = Shown { content_type: "application/octet-stream", file_name: Some("报价.pdf") };
    let address = blobs.address(&key, &shown, NOW_MS).unwrap();
    assert_eq!(blobs.hand_out(word(&address), NOW_MS).await.unwrap(), None);
    blobs.put(&key, "application/octet-stream", "%PDF-1.7".into()).await.unwrap();
    let handed = blobs.hand_out(word(&address), NOW_MS).await.unwrap().unwrap();
    assert_eq!(handed.content_type, "application/octet-stream");
    assert_eq!(handed.disposition, "attachment; filename*=UTF-8''%E6%8A%A5%E4%BB%B7.pdf");
    assert_eq!(handed.bytes, "%PDF-1.7");
    assert_eq!(problem(blobs.hand_out(word(&address), NOW_MS + TICKET_MS).await), TicketProblem::Expired);
    assert_eq!(blobs.announced(word(&address), NOW_MS), Err(TicketProblem::Unknown));
    let write = blobs.receive(word(&address), "image/png", "x".into(), NOW_MS).await;
    assert_eq!(problem(write), TicketProblem::Unknown);
}

#[tokio::test]
async fn what_is_kept_outlives_the_process_and_what_was_not_taken_over_does_not() {
    let directory = tempfile::tempdir().unwrap();
    let (kept, incoming) = (BlobKey::of(b"kept"), key());
    {
        let blobs = Local::open(directory.path(), SECRET).unwrap();
        blobs.put(&kept, "image/png", "kept".into()).await.unwrap();
        blobs.put(&incoming, "image/png", "never taken".into()).await.unwrap();
    }
    std::fs::write(directory.path().join("unfinished/7"), "half").unwrap();
    let blobs = Local::open(directory.path(), SECRET).unwrap();
    assert_eq!(blobs.get(&kept).await.unwrap(), Some("kept".into()));
    assert_eq!(blobs.get(&incoming).await.unwrap(), None);
    assert_eq!(std::fs::read_dir(directory.path().join("unfinished")).unwrap().count(), 0);
    assert_eq!(std::fs::read(directory.path().join(kept.as_str())).unwrap(), b"kept");
}

#[tokio::test]
async fn abandoned_uploads_are_swept_after_a_day_and_nothing_else_is() {
    let (_kept, places) = places();
    for blobs in places {
        let (abandoned, kept) = (key(), BlobKey::of(b"kept"));
        let ticket = blobs.upload(&upload(&abandoned, 5), NOW_MS).unwrap();
        blobs.receive(word(&ticket.url), "image/png", "bytes".into(), NOW_MS).await.unwrap();
        blobs.put(&kept, "image/png", "kept".into()).await.unwrap();
        blobs.sweep(NOW_MS + ABANDONED_MS - 1).await.unwrap();
        assert_eq!(blobs.size(&abandoned).await.unwrap(), Some(5));
        blobs.sweep(NOW_MS + ABANDONED_MS).await.unwrap();
        assert_eq!(blobs.size(&abandoned).await.unwrap(), None);
        assert_eq!(blobs.size(&kept).await.unwrap(), Some(4));
    }
}

#[tokio::test]
async fn what_could_not_be_removed_is_tried_again_and_holds_up_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let blobs = Local::open(directory.path(), SECRET).unwrap();
    let keys = ["0123456789abcdef", "1123456789abcdef", "2123456789abcdef"];
    let keys = keys.map(|id| BlobKey::incoming(id).unwrap());
    for key in &keys {
        blobs.upload(&upload(key, 5), NOW_MS).unwrap();
        blobs.put(key, "image/png", "bytes".into()).await.unwrap();
    }
    // A directory stands in the place of the first: it cannot be removed as a file.
    let first = directory.path().join(keys[0].as_str());
    std::fs::remove_file(&first).unwrap();
    std::fs::create_dir(&first).unwrap();
    let swept = blobs.sweep(NOW_MS + ABANDONED_MS).await;
    assert!(matches!(swept, Err(Error::Unavailable { .. })), "{swept:?}");
    for key in &keys[1..] {
        assert_eq!(blobs.size(key).await.unwrap(), None);
    }
    std::fs::remove_dir(&first).unwrap();
    blobs.put(&keys[0], "image/png", "bytes".into()).await.unwrap();
    blobs.sweep(NOW_MS + ABANDONED_MS).await.unwrap();
    assert_eq!(blobs.size(&keys[0]).await.unwrap(), None);
}

#[tokio::test]
async fn nothing_that_would_not_fit_is_kept() {
    let (_kept, places) = places();
    for blobs in places {
        let most = usize::try_from(MAX_BLOB_BYTES).unwrap();
        let too_much = blobs.put(&key(), "image/png", vec![0; most + 1].into()).await;
        assert!(matches!(too_much, Err(Error::Refused { .. })));
        assert!(matches!(blobs.upload(&upload(&key(), 0), NOW_MS), Err(Error::Refused { .. })));
        assert_eq!(blobs.size(&key()).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_disk_that_fails_is_unavailable_and_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let blobs = Local::open(directory.path(), SECRET).unwrap();
    // A directory stands where the file would be named.
    std::fs::create_dir_all(directory.path().join(key().as_str()).join("x")).unwrap();
    let failed = blobs.put(&key(), "image/png", "bytes".into()).await;
    assert!(matches!(failed, Err(Error::Unavailable { .. })), "{failed:?}");
    assert_eq!(std::fs::read_dir(directory.path().join("unfinished")).unwrap().count(), 0);
}

#[test]
fn the_secret_is_not_shown() {
    let shown = format!("{:?}", Local::memory(SECRET));
    assert_eq!(shown, "Local { place: \":memory:\", .. }");
}
