//! Writers and readers at the same time.

use std::cell::Cell;

use app::Entropy as _;
use domain::playbook::{Role, StaffChange};
use futures::future::{join, join_all};

use super::*;

/// Everything but deaths: whoever writes here has to know whether it was written.
const ROUGH: Rates = Rates {
    crash_before: 0,
    crash_after: 0,
    conflict: 60,
    throttle: 20,
    lost_answer: 30,
    short_page: 200,
    unprocessed: 100,
    stall: 0,
    turns: 3,
};

/// A board decided by what was seen then.
async fn decide(corp: &Corp, change: Change, seen: u64) -> Result<(), store::Error> {
    corp.process().store.change_playbook(&[change], Some(seen), &[], &corp.token()).await
}

#[tokio::test]
async fn a_change_of_contents_disturbs_nobody_who_decides_about_anything_else() {
    let corp = Corp::new(1, Rates::default()).await;
    corp.change(&[board("cars", "汽车"), content("a", "甲")]).await;
    let seen = corp.process().store.stamp().await.unwrap();
    for n in 0..100 {
        corp.change(&[content("a", &format!("第 {n} 次"))]).await;
    }
    decide(&corp, board("cars", "新车"), seen).await.unwrap();
    // Anything else does, contents or not.
    let lost = decide(&corp, board("cars", "旧车"), seen).await;
    assert!(matches!(lost, Err(store::Error::LostRace("the playbook"))), "{lost:?}");
    // A content goes by its own header, whoever changes others; an SOP by all that its steps may name.
    let seen = corp.process().store.stamp().await.unwrap();
    for n in 0..5 {
        corp.change(&[content("b", &format!("第 {n} 次"))]).await;
    }
    decide(&corp, content("c", "丙"), seen).await.unwrap();
    let lost = decide(&corp, content("b", "旧"), seen).await;
    assert!(matches!(lost, Err(store::Error::LostRace("the playbook"))), "{lost:?}");
    let lost = decide(&corp, change(RecordKind::ContentGroup, "g", None), seen).await;
    assert!(matches!(lost, Err(store::Error::LostRace("the playbook"))), "{lost:?}");
    let sop = change(RecordKind::Sop, "s", Some(json!({"id": "s"})));
    assert!(decide(&corp, sop.clone(), seen).await.is_err());
    for change in [content("a", "新"), sop] {
        decide(&corp, change, corp.process().store.stamp().await.unwrap()).await.unwrap();
    }
}

#[tokio::test]
async fn the_first_change_of_all_is_made_by_one_of_those_who_saw_nothing() {
    let corp = Corp::new(2, Rates::default()).await;
    decide(&corp, board("cars", "汽车"), 0).await.unwrap();
    let lost = decide(&corp, board("cars", "别的"), 0).await;
    assert!(matches!(lost, Err(store::Error::LostRace("the playbook"))), "{lost:?}");
}

/// The stamp may be seen a moment before the records that it was raised with: the store writes them one by one.
#[tokio::test]
async fn a_change_whose_stamp_is_seen_before_its_record_is_not_taken_for_the_record_of_before() {
    for seed in 0..24 {
        let corp = Corp::new(seed, Rates { turns: 3, ..Rates::default() }).await;
        corp.change(&[content("a", "旧"), content("b", "乙")]).await;
        let here = corp.process();
        if seed % 2 == 0 {
            here.playbook().await.unwrap();
        }
        let raise = json!({"TableName": "stepwise-main", "Key": {"pk": {"S": "PLAYBOOK"}, "sk": {"S": "STAMP"}},
            "UpdateExpression": "SET changes = list_append(changes, :line) ADD stamp :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}, ":line": {"L": [{"S": "half\n+CONTENT#a\n-CONTENT#b"}]}}});
        let (status, _) = corp.engine.answer("DynamoDB_20120810.UpdateItem", raise.to_string().as_bytes());
        assert_eq!(status, 200);
        corp.trouble.pause(false);
        let rest = async {
            for _ in 0..corp.chance.below(9) {
                tokio::task::yield_now().await;
            }
            corp.put_item(&json!({"pk": {"S": "PLAYBOOK"}, "sk": {"S": "CONTENT#a"}, "revision": {"N": "2"},
                "change": {"S": "half"}, "doc": {"S": r#"{"id":"a","title":"新"}"#}}));
            let key = json!({"pk": {"S": "PLAYBOOK"}, "sk": {"S": "CONTENT#b"}});
            let delete = json!({"TableName": "stepwise-main", "Key": key});
            corp.engine.answer("DynamoDB_20120810.DeleteItem", delete.to_string().as_bytes())
        };
        let (book, _) = join(here.playbook(), rest).await;
        let book = book.unwrap();
        assert_eq!(book.contents[&"a".into()].title, "新", "seed {seed}");
        assert_eq!(book.contents.len(), 1, "seed {seed}");
    }
}

/// Raises the stamp with a line, as the first thing of a change `half` of `a` that is seen.
fn show_the_stamp_first(corp: &Corp, line: &str) {
    let raise = json!({"TableName": "stepwise-main", "Key": {"pk": {"S": "PLAYBOOK"}, "sk": {"S": "STAMP"}},
        "UpdateExpression": "SET changes = list_append(changes, :line) ADD stamp :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}, ":line": {"L": [{"S": line}]}}});
    let (status, _) = corp.engine.answer("DynamoDB_20120810.UpdateItem", raise.to_string().as_bytes());
    assert_eq!(status, 200);
}

fn show_the_names(corp: &Corp) {
    corp.put_item(
        &json!({"pk": {"S": "CHANGES"}, "sk": {"S": "half"}, "names": {"L": [{"S": "+CONTENT#a"}]}}),
    );
}

fn show_the_record(corp: &Corp) {
    corp.put_item(&json!({"pk": {"S": "PLAYBOOK"}, "sk": {"S": "CONTENT#a"}, "revision": {"N": "2"},
        "change": {"S": "half"}, "doc": {"S": r#"{"id":"a","title":"新"}"#}}));
}

#[tokio::test]
async fn a_change_that_is_not_wholly_visible_is_waited_for_and_never_taken_for_read() {
    for seed in 0..12 {
        for (line, is_apart) in [("half\n+CONTENT#a", false), ("half\n@", true)] {
            for waits in [0, 5, 25, 100, 400] {
                let corp = Corp::new(seed, Rates { turns: 3, ..Rates::default() }).await;
                corp.change(&[content("a", "旧"), content("b", "乙")]).await;
                let here = corp.process();
                if seed % 2 == 0 {
                    here.playbook().await.unwrap();
                }
                show_the_stamp_first(&corp, line);
                corp.trouble.pause(false);
                let rest = async {
                    let turns = async |count: u64| {
                        for _ in 0..count {
                            tokio::task::yield_now().await;
                        }
                    };
                    turns(waits / 2).await;
                    if is_apart {
                        show_the_names(&corp);
                    }
                    turns(waits - waits / 2).await;
                    show_the_record(&corp);
                };
                let (book, ()) = join(here.playbook(), rest).await;
                let place = format!("{line:?}, seed {seed}, {waits} turns");
                match book {
                    Ok(book) => assert_eq!(book.contents[&"a".into()].title, "新", "{place}"),
                    // It took longer than anybody waits.
                    Err(error) => {
                        assert!(waits > 25 && error.class() == app::Class::Retry, "{place}: {error}");
                    }
                }
                corp.trouble.pause(true);
                assert_eq!(title(&here, "a").await.unwrap().as_deref(), Some("新"), "{place}");
            }
        }
    }
}

#[tokio::test]
async fn a_change_that_stays_half_made_is_said_to_be_unavailable() {
    let corp = Corp::new(1, Rates::default()).await;
    corp.change(&[content("a", "旧")]).await;
    let warm = corp.process();
    warm.playbook().await.unwrap();
    show_the_stamp_first(&corp, "half\n@");
    for step in 0..2 {
        for process in [&warm, &corp.process()] {
            let error = process.playbook().await.unwrap_err();
            assert_eq!(error.class(), app::Class::Retry, "{step}: {error}");
        }
        show_the_names(&corp);
    }
    show_the_record(&corp);
    assert_eq!(title(&warm, "a").await.unwrap().as_deref(), Some("新"));
    assert_eq!(shown(&warm.playbook().await.unwrap()), corp.afresh().await);
}

/// Records of a release that leaves no marks: they are there, whatever a line says that is older.
#[tokio::test]
async fn what_a_release_without_marks_wrote_over_is_read_after_waiting() {
    let corp = Corp::new(1, Rates::default()).await;
    corp.change(&[content("a", "甲")]).await;
    corp.put_item(&json!({"pk": {"S": "PLAYBOOK"}, "sk": {"S": "CONTENT#a"}, "revision": {"N": "2"},
        "doc": {"S": r#"{"id":"a","title":"旧版本改的"}"#}}));
    assert_eq!(title(&corp.process(), "a").await.unwrap().as_deref(), Some("旧版本改的"));
}

/// The order in which changes were made, by the lines beside the stamp.
fn place_of(corp: &Corp, name: &str) -> Option<usize> {
    let key = json!({"pk": {"S": "PLAYBOOK"}, "sk": {"S": "STAMP"}});
    let ask = json!({"TableName": "stepwise-main", "Key": key});
    let (_, item) = corp.engine.answer("DynamoDB_20120810.GetItem", ask.to_string().as_bytes());
    let item: Value = serde_json::from_str(&item).unwrap();
    let lines = item["Item"]["changes"]["L"].as_array().unwrap();
    lines.iter().position(|line| line["S"].as_str().unwrap().contains(name))
}

#[tokio::test]
async fn a_rule_or_an_sop_never_names_what_was_deleted_before_it_was_written() {
    let (mut written, mut refused) = (0, 0);
    for seed in 0..40 {
        let corp = Corp::new(seed, Rates { turns: 3, ..Rates::default() }).await;
        let tags = json!({"id": "g", "name": "组", "tags": [{"id": "t", "name": "标签"}]});
        corp.change(&[change(RecordKind::TagGroup, "g", Some(tags))]).await;
        let (process, author) = (corp.process(), app::Author::stepwise());
        let rule = json!({"id": "r", "name": "规则", "when": {"message_contains": {"any": ["价"]}},
            "then": [{"add_tag": "t"}]});
        let draft = json!({"id": "s", "name": "跟进", "anchor": {"kind": "friend_add"}, "audience": {"tag": "t"},
            "steps": [{"id": "a", "at": {"day": 1, "time": "10:00"}, "method": "task", "content": {"text": "您好"}}]});
        let (_, problems) = process.put_draft(&"s".into(), draft, 0, &author).await.unwrap();
        assert!(problems.is_empty(), "{problems:?}");
        corp.trouble.pause(false);
        let rule = process.put_rule(serde_json::from_value(rule).unwrap(), &author);
        let sop = "s".into();
        let sop = process.publish_sop(&sop, &author);
        let delete = async {
            for _ in 0..corp.chance.below(30) {
                tokio::task::yield_now().await;
            }
            corp.change(&[change(RecordKind::TagGroup, "g", None)]).await;
        };
        let (rule, (sop, ())) = join(rule, join(sop, delete)).await;
        let deleted = place_of(&corp, "-TAGS#g").unwrap();
        for (made, name) in [(rule.is_ok(), "+RULE#r"), (sop.is_ok(), "+SOP#s")] {
            match place_of(&corp, name) {
                Some(place) => assert!(made && place < deleted, "{name}, seed {seed}"),
                None => assert!(!made, "{name}, seed {seed}"),
            }
            if made { written += 1 } else { refused += 1 }
        }
    }
    assert!(written > 10 && refused > 10, "{written}, {refused}");
}

/// Two records that say the same, always changed together: nobody sees one without the other.
#[tokio::test]
async fn nobody_sees_half_of_a_change() {
    for seed in 0..12 {
        let corp = Corp::new(seed, Rates { turns: 3, short_page: 300, ..Rates::default() }).await;
        // Far from each other in the partition, with many between.
        let between: Vec<Change> = (0..30).map(|n| content(&format!("m{n:02}"), "中")).collect();
        corp.change(&between).await;
        corp.change(&[content("a", "0"), content("z", "0")]).await;
        corp.trouble.pause(false);
        let writing = Cell::new(true);
        let write = async {
            for n in 1..40 {
                corp.change(&[content("a", &n.to_string()), content("z", &n.to_string())]).await;
            }
            writing.set(false);
        };
        let kept = corp.process();
        let read = async {
            while writing.get() {
                for process in [&kept, &corp.process()] {
                    let book = process.playbook().await.unwrap();
                    let title = |id: &str| book.contents[&id.into()].title.clone();
                    assert_eq!(title("a"), title("z"), "seed {seed}");
                }
                tokio::task::yield_now().await;
            }
        };
        join(write, read).await;
    }
}

#[track_caller]
fn assert_same(kept: &str, afresh: &str, place: &str) {
    let differs = kept.lines().zip(afresh.lines()).find(|(kept, afresh)| kept != afresh);
    assert!(kept == afresh, "{place}: {differs:?}");
}

/// Staff and groups of contents are changed on the condition of the playbook as it was read.
#[tokio::test]
async fn an_import_of_contents_starves_nobody() {
    for seed in 0..5 {
        let corp = Corp::new(seed, Rates { conflict: 100, turns: 3, ..Rates::default() }).await;
        corp.change(&[
            content("c0", "一"),
            change(RecordKind::Staff, "boss", Some(json!({"userid": "boss", "name": "王"}))),
        ])
        .await;
        let author = app::Author::stepwise();
        corp.trouble.pause(false);
        let going_on = Cell::new(true);
        let import = |name: &'static str| {
            let (corp, going_on, process) = (&corp, &going_on, corp.process());
            async move {
                for n in 0.. {
                    if !going_on.get() {
                        break;
                    }
                    let change = content(&format!("{name}{n}"), "新");
                    process.store.change_playbook(&[change], None, &[], &corp.token()).await.ok();
                    // A request takes longer than its transaction.
                    for _ in 0..6 {
                        tokio::task::yield_now().await;
                    }
                }
            }
        };
        let people = async {
            let process = corp.process();
            for n in 0..20 {
                let known = process.playbook().await.unwrap().staff[&"boss".into()].revision;
                let role = if n % 2 == 0 { Role::Operator } else { Role::Admin };
                let change = StaffChange { role: Some(role), ..StaffChange::default() };
                process.change_staff(&"boss".into(), known, &change, false, &author).await.unwrap();
                let (id, name) = (format!("g{n}"), format!("分组{n}"));
                let group = app::GroupEdit { name, parent: None, order: None };
                process.put_content_group(&id.as_str().into(), 0, &group, &author).await.unwrap();
            }
            going_on.set(false);
        };
        join(join_all([import("a"), import("b")]), people).await;
        corp.trouble.pause(true);
        assert_eq!(corp.process().playbook().await.unwrap().content_groups.all().count(), 20);
    }
}

/// One of the things that may happen to the playbook.
fn anything(chance: &Chance) -> Vec<Change> {
    let name = |chance: &Chance| format!("名{}", chance.below(1000));
    let one = |chance: &Chance| {
        let n = chance.below(6);
        let (id, kind) = (format!("x{n}"), chance.below(10));
        let gone = chance.hits(250);
        let record = |kind, id: &str, doc: Value| change(kind, id, (!gone).then_some(doc));
        match kind {
            0 => record(RecordKind::Settings, "", json!({"timezone": "Asia/Tokyo"})),
            1 => {
                let tags = json!([{"id": format!("t{n}"), "name": name(chance)}]);
                record(RecordKind::TagGroup, &id, json!({"id": id, "name": name(chance), "tags": tags}))
            }
            2 => record(
                RecordKind::Board,
                &id,
                json!({"id": id, "name": name(chance), "tag_group": "g", "stages": []}),
            ),
            3 => {
                let (priority, then) = (chance.below(3), json!([{"add_tag": "t"}]));
                let doc = json!({"id": id, "name": name(chance), "priority": priority, "when": {"tag_added": "t"},
                    "then": then});
                record(RecordKind::Rule, &id, doc)
            }
            4 => record(RecordKind::Sop, &id, json!({"id": id, "published": 1 + chance.below(3)})),
            5 => {
                let number = 1 + chance.below(3);
                let document =
                    json!({"id": id, "name": name(chance), "anchor": {"kind": "friend_add"}, "steps": []});
                let doc =
                    json!({"version": number, "published_at": 1_795_482_000_000_i64, "document": document});
                record(RecordKind::SopVersion, &format!("{id}#{number:06}"), doc)
            }
            6 => record(RecordKind::Staff, &id, json!({"userid": id, "name": name(chance)})),
            7 => record(RecordKind::Department, &n.to_string(), json!({"id": n, "name": name(chance)})),
            8 => record(RecordKind::ContentGroup, &id, json!({"id": id, "name": name(chance)})),
            // Now and then one that cannot be read.
            _ if chance.hits(100) => record(RecordKind::Content, &id, json!({"id": id, "title": 1})),
            _ => record(RecordKind::Content, &id, json!({"id": id, "title": name(chance)})),
        }
    };
    let mut some: Vec<Change> = (0..=chance.below(3)).map(|_| one(chance)).collect();
    if chance.hits(30) {
        some.extend((0..30).map(|n| content(&format!("many{n}"), &name(chance))));
    }
    // A transaction holds an item once.
    let mut named = std::collections::BTreeSet::new();
    some.retain(|change| named.insert((change.kind, change.id.clone())));
    some
}

#[tokio::test]
async fn whatever_several_writers_change_a_kept_playbook_is_what_a_new_process_reads() {
    for seed in 0..12 {
        let corp = Corp::new(seed, ROUGH).await;
        let eager = corp.process();
        let lazy = corp.process();
        for round in 0..12 {
            corp.trouble.pause(false);
            let writer = |n: usize| {
                let (corp, process) = (&corp, corp.process());
                async move {
                    for _ in 0..(4 + 5 * n) {
                        let some = anything(&corp.chance);
                        let token = hex::encode(corp.chance.bytes16());
                        // Refused, or nobody knows: whatever it was, it is whole or not at all.
                        process.store.change_playbook(&some, None, &[], &token).await.ok();
                    }
                }
            };
            let reader = async {
                for _ in 0..10 {
                    // Throttled, at times.
                    eager.playbook().await.ok();
                    tokio::task::yield_now().await;
                }
            };
            join(join_all((0..3).map(writer)), reader).await;
            corp.trouble.pause(true);
            let afresh = corp.afresh().await;
            assert_same(&shown(&eager.playbook().await.unwrap()), &afresh, &format!("{seed}/{round}"));
            if round % 5 == 4 {
                assert_same(
                    &shown(&lazy.playbook().await.unwrap()),
                    &afresh,
                    &format!("lazy {seed}/{round}"),
                );
            }
        }
    }
}
