//! What a process reads of what another one changed, and what it costs.

use futures::future::join_all;

use super::*;

/// Contents `c0`, `c1`…
async fn library(corp: &Corp, size: usize) {
    for from in (0..size).step_by(50) {
        let some: Vec<Change> =
            (from..size.min(from + 50)).map(|n| content(&format!("c{n}"), "旧")).collect();
        corp.change(&some).await;
    }
}

#[tokio::test]
async fn a_change_costs_another_process_three_reads_however_many_contents_there_are() {
    let corp = Corp::new(1, Rates::default()).await;
    library(&corp, 300).await;
    let other = corp.process();
    let (book, cost) = corp.cost(other.playbook()).await;
    assert_eq!(book.unwrap().contents.len(), 300);
    assert!(cost.read > 300, "{cost:?}");
    corp.change(&[content("c7", "新")]).await;
    let (title, cost) = corp.cost(title(&other, "c7")).await;
    assert_eq!(title.unwrap().as_deref(), Some("新"));
    // The stamp, the stamp with its list, the record.
    assert_eq!((cost.requests, cost.read), (3, 3), "{cost:?}");
    let (_, cost) = corp.cost(other.playbook()).await;
    assert_eq!(cost.read, 1, "and nothing once it is known");
    assert_eq!(shown(&other.playbook().await.unwrap()), corp.afresh().await);
}

#[tokio::test]
async fn eight_reactions_at_once_in_one_process_read_a_change_once() {
    let corp = Corp::new(2, Rates { turns: 4, ..Rates::default() }).await;
    library(&corp, 120).await;
    let other = corp.process();
    corp.trouble.pause(false);
    // The whole, at the start of a process.
    let (books, cost) = corp.cost(join_all((0..8).map(|_| other.playbook()))).await;
    assert!(books.iter().all(|book| book.as_ref().unwrap().contents.len() == 120));
    assert!(cost.read < 2 * 120, "{cost:?}");
    corp.change(&[content("c7", "新")]).await;
    let (titles, cost) = corp.cost(join_all((0..8).map(|_| title(&other, "c7")))).await;
    assert!(titles.into_iter().all(|title| title.unwrap().as_deref() == Some("新")));
    // Eight stamps; the list and the record once.
    assert_eq!(cost.read, 10, "{cost:?}");
}

#[tokio::test]
async fn deleted_records_are_gone_elsewhere_and_back_when_they_are_made_again() {
    let corp = Corp::new(3, Rates::default()).await;
    corp.change(&[content("a", "甲"), content("b", "乙"), board("cars", "汽车")]).await;
    let other = corp.process();
    other.playbook().await.unwrap();
    corp.change(&[change(RecordKind::Content, "a", None), change(RecordKind::Board, "cars", None)]).await;
    let book = other.playbook().await.unwrap();
    assert!(book.boards.is_empty() && book.contents.len() == 1);
    assert_eq!(shown(&book), corp.afresh().await);
    corp.change(&[content("a", "又是甲")]).await;
    corp.change(&[change(RecordKind::Content, "b", None)]).await;
    assert_eq!(title(&other, "a").await.unwrap().as_deref(), Some("又是甲"));
    assert_eq!(title(&other, "b").await.unwrap(), None);
    assert_eq!(shown(&other.playbook().await.unwrap()), corp.afresh().await);
}

#[tokio::test]
async fn who_was_away_for_longer_than_the_list_goes_back_reads_the_whole() {
    let corp = Corp::new(4, Rates::default()).await;
    library(&corp, 60).await;
    let (near, far) = (corp.process(), corp.process());
    far.playbook().await.unwrap();
    for n in 0..500 {
        corp.change(&[content(&format!("c{}", n % 60), &format!("第 {n} 次"))]).await;
        if n % 30 == 0 {
            let (_, cost) = corp.cost(near.playbook()).await;
            assert!(n == 0 || cost.read <= 32, "{n}: {cost:?}");
        }
    }
    let (book, cost) = corp.cost(far.playbook()).await;
    assert!(cost.read > 60, "{cost:?}");
    let afresh = corp.afresh().await;
    assert_eq!(shown(&book.unwrap()), afresh);
    assert_eq!(shown(&near.playbook().await.unwrap()), afresh);
    // The list does not grow: with every reaction it is read.
    let stamp = json!({"TableName": "stepwise-main", "Key": {"pk": {"S": "PLAYBOOK"}, "sk": {"S": "STAMP"}}});
    let (_, item) = corp.engine.answer("DynamoDB_20120810.GetItem", stamp.to_string().as_bytes());
    let item: Value = serde_json::from_str(&item).unwrap();
    assert!(item["Item"]["changes"]["L"].as_array().unwrap().len() <= 48);
    assert!(bytes(&item) < 4096, "{}", bytes(&item));
}

#[tokio::test]
async fn a_change_of_more_records_than_a_line_has_room_for_is_read_by_key() {
    let corp = Corp::new(5, Rates::default()).await;
    library(&corp, 200).await;
    let other = corp.process();
    other.playbook().await.unwrap();
    let many: Vec<Change> = (0..50).map(|n| content(&format!("c{n}"), "新")).collect();
    corp.change(&many).await;
    corp.change(&[content("c55", "新")]).await;
    let (book, cost) = corp.cost(other.playbook()).await;
    assert_eq!(shown(&book.unwrap()), corp.afresh().await);
    // The stamp twice, the names of the first change, 51 records.
    assert!(cost.read <= 3 + 51 + 1, "{cost:?}");
    assert_eq!(title(&other, "c49").await.unwrap().as_deref(), Some("新"));
}

/// What the lines take, with a few bytes each for the list, and the rest of the item.
fn bytes(stamp: &Value) -> usize {
    let lines = stamp["Item"]["changes"]["L"].as_array().unwrap();
    lines.iter().map(|line| line["S"].as_str().unwrap().len() + 4).sum::<usize>() + 100
}

#[tokio::test]
async fn the_stamp_is_one_unit_of_reading_however_long_the_ids_and_however_many_at_once() {
    for (seed, at_once) in [(6, 1), (7, 2), (8, 6)] {
        let corp = Corp::new(seed, Rates::default()).await;
        let other = corp.process();
        for n in 0..100 {
            let some: Vec<Change> = (0..at_once)
                .map(|k| content(&format!("{:0>40}", n % 40 * 10 + k), &format!("第 {n} 次")))
                .collect();
            corp.change(&some).await;
            if n % 10 == 0 {
                assert_eq!(shown(&other.playbook().await.unwrap()), corp.afresh().await);
            }
            let key = json!({"pk": {"S": "PLAYBOOK"}, "sk": {"S": "STAMP"}});
            let stamp = json!({"TableName": "stepwise-main", "Key": key});
            let (_, item) = corp.engine.answer("DynamoDB_20120810.GetItem", stamp.to_string().as_bytes());
            let item: Value = serde_json::from_str(&item).unwrap();
            assert!(bytes(&item) < 4096, "{}", bytes(&item));
        }
        // Names that have no room in a line go when the line goes.
        let ask = json!({"TableName": "stepwise-main", "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": "CHANGES"}}});
        let (_, found) = corp.engine.answer("DynamoDB_20120810.Query", ask.to_string().as_bytes());
        let found: Value = serde_json::from_str(&found).unwrap();
        assert!(found["Items"].as_array().unwrap().len() <= 48, "{found}");
    }
}
