//! Ten items over sixty days, each customer at their own pace.

use serde_json::{Value, json};
use tests::{at, items, text};

use super::price::company;

const DAYS: [u32; 10] = [1, 3, 7, 12, 18, 25, 33, 42, 51, 60];

#[tokio::test]
async fn two_customers_who_enter_seventeen_days_apart_get_every_item_once_on_their_own_day_and_hour() {
    let world = company().await;
    let steps: Vec<Value> = DAYS
        .iter()
        .map(|day| {
            json!({"id": format!("day-{day}"), "at": {"day": day, "time": "10:30"}, "method": "task",
                   "content": {"text": format!("第 {day} 天的内容")}})
        })
        .collect();
    let document = json!({"id": "sixty", "name": "六十天", "anchor": {"kind": "friend_add"}, "steps": steps});
    world.publish(document).await;

    world.customer("wmEarly", "早", "zhang").await;
    let mut late_is_there = false;
    for day in 0..80_i64 {
        let morning = at("2026-03-02 10:40").plus_days(day);
        if day == 17 {
            world.until(at("2026-03-19 09:00")).await;
            world.customer("wmLate", "晚", "zhang").await;
            late_is_there = true;
        }
        world.until(morning).await;
        for task in world.tasks("zhang").await {
            let send = json!({"external_userid": task["customer"]["id"], "task": task["id"]});
            world.sim("staff/zhang/send", send).await;
        }
    }
    assert!(late_is_there);
    for (customer, added) in [("wmEarly", at("2026-03-02 10:30")), ("wmLate", at("2026-03-19 10:30"))] {
        let texts: Vec<String> =
            world.customer_inbox(customer).await.iter().map(|m| text(&m["text"])).collect();
        let expected: Vec<String> = DAYS.iter().map(|day| format!("第 {day} 天的内容")).collect();
        assert_eq!(texts, expected, "{customer}");
        let enrollment = &world.enrollments(customer).await[0];
        assert_eq!(enrollment["state"], "completed");
        let due: Vec<String> = items(&enrollment["steps"]).iter().map(|step| text(&step["due_at"])).collect();
        let expected: Vec<String> =
            DAYS.iter().map(|day| added.plus_days((*day).into()).to_string()).collect();
        assert_eq!(due, expected, "{customer}");
    }
}

#[tokio::test]
async fn an_entry_so_late_that_a_hundred_steps_are_past_is_counted_whole() {
    let world = company().await;
    world.sim("tags", json!({"group": "兴趣", "name": "长期"})).await;
    let step = |day: u32| {
        json!({"id": format!("day-{day}"), "at": {"day": day, "time": "11:00"}, "method": "task",
               "content": {"text": format!("第 {day} 天")}})
    };
    let steps: Vec<Value> = (0..100).map(step).collect();
    let document = json!({"id": "long", "name": "百日", "anchor": {"kind": "friend_add"},
                          "audience": {"tag": "兴趣/长期"}, "steps": steps});
    world.publish(document).await;
    world.customer("wmA", "王先生", "zhang").await;
    world.until(at("2026-07-01 09:00")).await;
    world.post("/api/v1/customers/wmA/tags", json!({"add": ["兴趣/长期"]})).await.ok();
    world.until(at("2026-07-01 09:10")).await;
    let counters = world.machine.app.store.counters("sop#long#").await.expect("counters");
    let skipped = counters.iter().filter(|counter| counter.name.ends_with("#skipped"));
    assert_eq!(skipped.map(|counter| counter.value).sum::<i64>(), 100, "{counters:?}");
    assert!(counters.iter().any(|counter| counter.name == "sop#long#completed" && counter.value == 1));
}
