//! Records that cannot be read, and stores of other releases.

use super::*;

fn item(kind: &str, id: &str, doc: &str) -> Value {
    json!({"pk": {"S": "PLAYBOOK"}, "sk": {"S": format!("{kind}#{id}")}, "doc": {"S": doc}, "revision": {"N": "1"}})
}

#[tokio::test]
async fn a_content_or_group_that_cannot_be_read_is_left_out_until_it_is_repaired() {
    let corp = Corp::new(1, Rates::default()).await;
    corp.change(&[content("a", "甲"), content("b", "乙"), board("cars", "汽车")]).await;
    let here = corp.process();
    here.playbook().await.unwrap();
    corp.change(&[change(RecordKind::Content, "a", Some(json!({"id": "a", "title": 7})))]).await;
    corp.change(&[change(RecordKind::ContentGroup, "g", Some(json!("a group?")))]).await;
    for process in [here, corp.process()] {
        let book = process.playbook().await.unwrap();
        assert_eq!(book.contents.keys().map(domain::ContentId::as_str).collect::<Vec<_>>(), ["b"]);
        assert_eq!((book.boards.len(), book.content_groups.all().count()), (1, 0));
    }
    let process = corp.process();
    process.playbook().await.unwrap();
    corp.change(&[content("a", "好了")]).await;
    assert_eq!(title(&process, "a").await.unwrap().as_deref(), Some("好了"));
    // Not even an item with a document.
    corp.put_item(&json!({"pk": {"S": "PLAYBOOK"}, "sk": {"S": "CONTENT#c"}}));
    assert_eq!(corp.process().playbook().await.unwrap().contents.len(), 2);
}

#[tokio::test]
async fn a_board_that_cannot_be_read_stops_everybody_until_it_is_repaired() {
    let corp = Corp::new(2, Rates::default()).await;
    corp.change(&[board("cars", "汽车")]).await;
    let here = corp.process();
    here.playbook().await.unwrap();
    corp.change(&[change(RecordKind::Board, "cars", Some(json!({"id": "cars", "stages": "张三"})))]).await;
    for process in [&here, &corp.process()] {
        for _ in 0..2 {
            let error = process.playbook().await.unwrap_err().to_string();
            assert!(error.contains("Board cars") && !error.contains("张三"), "{error}");
        }
    }
    corp.change(&[board("cars", "新车")]).await;
    assert_eq!(here.playbook().await.unwrap().boards[&"cars".into()].name, "新车");
}

#[tokio::test]
async fn fields_of_a_later_release_are_passed_over_in_contents_and_stop_what_decides() {
    let corp = Corp::new(3, Rates::default()).await;
    let later = json!({"id": "a", "title": "甲", "season": 1});
    corp.change(&[change(RecordKind::Content, "a", Some(later))]).await;
    let here = corp.process();
    assert_eq!(title(&here, "a").await.unwrap().as_deref(), Some("甲"));
    let narrowed = json!({"id": "r", "name": "规则", "enabled": true, "when": {"message_contains": {"any": ["价"],
        "in_last_days": 3}}, "then": [{"add_tag": "t"}]});
    corp.change(&[change(RecordKind::Rule, "r", Some(narrowed))]).await;
    for process in [here, corp.process()] {
        let error = process.playbook().await.unwrap_err().to_string();
        assert!(error.contains("Rule r") && error.contains("in_last_days"), "{error}");
    }
}

#[tokio::test]
async fn a_damaged_content_is_repaired_by_writing_it_anew_and_its_group_stays_until_then() {
    let corp = Corp::new(6, Rates::default()).await;
    let group = json!({"id": "g", "name": "分组", "revision": 1});
    corp.change(&[
        change(RecordKind::ContentGroup, "g", Some(group)),
        change(RecordKind::Content, "a", Some(json!({"id": "a", "title": 7, "group": "g"}))),
    ])
    .await;
    let author = app::Author::stepwise();
    let process = corp.process();
    assert!(process.playbook().await.unwrap().damaged_contents.contains(&"a".into()));
    let refused = process.delete_content_group(&"g".into(), 1, &author).await;
    assert!(matches!(refused, Err(Error::Barred(app::Barred::InUse))), "{refused:?}");
    let known = domain::content::Content::new("a".into());
    let edit = domain::content::ContentEdit {
        title: "修好了".into(),
        ..domain::content::ContentEdit::of(&known)
    };
    process.put_content(&"a".into(), 0, &edit, &author).await.unwrap();
    for process in [&process, &corp.process()] {
        assert_eq!(title(process, "a").await.unwrap().as_deref(), Some("修好了"));
        assert!(process.playbook().await.unwrap().damaged_contents.is_empty());
    }
    process.delete_content_group(&"g".into(), 1, &author).await.unwrap();
}

#[tokio::test]
async fn a_damaged_group_is_repaired_by_writing_it_anew() {
    let corp = Corp::new(7, Rates::default()).await;
    corp.change(&[change(RecordKind::ContentGroup, "g", Some(json!("a group?")))]).await;
    let (process, author) = (corp.process(), app::Author::stepwise());
    let group = app::GroupEdit { name: "分组".into(), parent: None, order: None };
    process.put_content_group(&"g".into(), 0, &group, &author).await.unwrap();
    let book = process.playbook().await.unwrap();
    assert_eq!((book.content_groups.all().count(), book.damaged_groups.len()), (1, 0));
}

#[tokio::test]
async fn those_who_wait_for_a_reading_that_fails_fail_with_it() {
    let corp = Corp::new(8, Rates { turns: 4, ..Rates::default() }).await;
    corp.change(&[change(RecordKind::Board, "cars", Some(json!({"id": "cars", "stages": 7})))]).await;
    let here = corp.process();
    corp.trouble.pause(false);
    let (books, cost) = corp.cost(futures::future::join_all((0..12).map(|_| here.playbook()))).await;
    assert!(books.iter().all(Result::is_err));
    // Twelve stamps, and what one or two readings take.
    assert!(cost.requests <= 12 + 2 * 3, "{cost:?}");
    corp.trouble.pause(true);
    corp.change(&[board("cars", "好了")]).await;
    here.playbook().await.unwrap();
}

#[tokio::test]
async fn a_store_of_before_there_was_a_list_gets_one_with_its_next_change() {
    let corp = Corp::new(4, Rates::default()).await;
    corp.put_item(&item("CONTENT", "a", r#"{"id":"a","title":"甲"}"#));
    corp.put_item(&item("CONTENT", "b", r#"{"id":"b","title":"乙"}"#));
    corp.put_item(&json!({"pk": {"S": "PLAYBOOK"}, "sk": {"S": "STAMP"}, "stamp": {"N": "57"}}));
    let here = corp.process();
    assert_eq!(here.playbook().await.unwrap().stamp, 57);
    corp.change(&[content("a", "新")]).await;
    let (title, cost) = corp.cost(title(&here, "a")).await;
    assert_eq!((title.unwrap().as_deref(), cost.read), (Some("新"), 3));
    assert_eq!(here.playbook().await.unwrap().stamp, 58);
}

#[tokio::test]
async fn what_a_release_without_a_list_changed_in_between_is_not_missed() {
    let corp = Corp::new(5, Rates::default()).await;
    corp.change(&[content("a", "甲"), content("b", "乙")]).await;
    corp.change(&[content("b", "还是乙")]).await;
    let here = corp.process();
    here.playbook().await.unwrap();
    // As it wrote: the record whole, and one more on the stamp.
    corp.put_item(&item("CONTENT", "a", r#"{"id":"a","title":"旧版本改的"}"#));
    let raise = json!({"TableName": "stepwise-main", "Key": {"pk": {"S": "PLAYBOOK"}, "sk": {"S": "STAMP"}},
        "UpdateExpression": "ADD stamp :one", "ExpressionAttributeValues": {":one": {"N": "1"}}});
    let (status, _) = corp.engine.answer("DynamoDB_20120810.UpdateItem", raise.to_string().as_bytes());
    assert_eq!(status, 200);
    corp.change(&[content("b", "又是乙")]).await;
    assert_eq!(title(&here, "a").await.unwrap().as_deref(), Some("旧版本改的"));
    assert_eq!(shown(&here.playbook().await.unwrap()), corp.afresh().await);
}
