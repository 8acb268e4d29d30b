use serde_json::{Value, json};

use crate::bench::Bench;

async fn shop() -> Bench {
    let (bench, _) = Bench::befriended().await;
    bench.control("staff", json!({"userid": "WangWu", "name": "王五"})).await;
    bench
}

fn transfer(from: &str, to: &str) -> Value {
    json!({"from": from, "to": to, "external_userid": ["wmAnna"]})
}

/// What was told: change, member, and the field that only transfers have.
fn told(bench: &Bench) -> Vec<(String, String, Option<String>)> {
    let told = bench
        .callbacks()
        .iter()
        .map(|event| {
            let field = |name: &str| event.field(name);
            (
                field("ChangeType").unwrap_or_default(),
                field("UserID").unwrap_or_default(),
                field("Source").or_else(|| field("FailReason")),
            )
        })
        .collect();
    bench.forget();
    told
}

fn event(change: &str, userid: &str, detail: Option<&str>) -> (String, String, Option<String>) {
    (change.to_owned(), userid.to_owned(), detail.map(str::to_owned))
}

#[tokio::test]
async fn the_taker_gains_the_customer_and_the_former_member_loses_them() {
    let bench = shop().await;
    let done = bench.control("transfer", transfer("liming", "WangWu")).await;
    assert_eq!(done["items"], json!([{"external_userid": "wmAnna", "errcode": 0}]));
    assert_eq!(
        told(&bench),
        [
            event("add_external_contact", "WangWu", None),
            event("del_external_contact", "LiMing", Some("DELETE_BY_TRANSFER")),
        ]
    );
    let detail = bench.get("externalcontact/get", "external_userid=wmAnna").await;
    let follow = detail["follow_user"].as_array().expect("a list");
    assert_eq!(follow.len(), 1);
    assert_eq!((&follow[0]["userid"], &follow[0]["add_way"]), (&json!("WangWu"), &json!(202)));
    assert_eq!(follow[0]["oper_userid"], "admin");
    let list = bench.get("externalcontact/list", "userid=liming").await;
    assert_eq!(list["errcode"], 84061);
}

#[tokio::test]
async fn who_resigned_is_inherited_from_without_a_count() {
    let bench = shop().await;
    bench.control("staff/LiMing/leave", json!({})).await;
    bench.control("transfer", transfer("LiMing", "WangWu")).await;
    let happened = told(&bench);
    assert_eq!(happened[0], event("add_external_contact", "WangWu", None));
    assert_eq!(happened[1], event("del_external_contact", "LiMing", Some("DELETE_BY_TRANSFER")));
    for (from, to) in [("WangWu", "Heir"), ("Heir", "WangWu")] {
        bench.control("staff", json!({"userid": "Heir"})).await;
        let done = bench.control("transfer", transfer(from, to)).await;
        assert_eq!(done["items"][0]["errcode"], 0, "{from} {to}");
    }
}

#[tokio::test]
async fn a_friend_already_is_not_told_of_again() {
    let bench = shop().await;
    bench.control("customers/wmAnna/add", json!({"userid": "WangWu"})).await;
    bench.forget();
    bench.control("transfer", transfer("LiMing", "WangWu")).await;
    assert_eq!(told(&bench), [event("del_external_contact", "LiMing", Some("DELETE_BY_TRANSFER"))]);
    bench.control("transfer", transfer("WangWu", "LiMing")).await;
    assert_eq!(
        told(&bench),
        [event("del_external_contact", "WangWu", Some("DELETE_BY_TRANSFER"))],
        "nor who had the customer before"
    );
}

#[tokio::test]
async fn a_refusal_changes_nothing_and_says_why() {
    let bench = shop().await;
    for reason in ["customer_refused", "customer_limit_exceed"] {
        let mut asked = transfer("LiMing", "WangWu");
        asked["fail"] = json!(reason);
        bench.control("transfer", asked).await;
        assert_eq!(told(&bench), [event("transfer_fail", "WangWu", Some(reason))]);
    }
    let contact = bench.look("contacts/wmAnna").await;
    assert_eq!(contact["relations"].as_array().map(Vec::len), Some(1));
    assert_eq!(contact["relations"][0]["staff_side"], "open");
}

#[tokio::test]
async fn a_customer_passes_twice_in_ninety_days_between_members_in_service() {
    let bench = shop().await;
    let pass = |from: &'static str, to: &'static str| {
        let bench = &bench;
        async move { bench.control("transfer", transfer(from, to)).await["items"][0]["errcode"].clone() }
    };
    assert_eq!(pass("LiMing", "WangWu").await, 0);
    assert_eq!(pass("WangWu", "LiMing").await, 0);
    assert_eq!(pass("LiMing", "WangWu").await, 40128);
    bench.pass(89 * 86_400);
    assert_eq!(pass("LiMing", "WangWu").await, 40128);
    bench.pass(86_400);
    assert_eq!(pass("LiMing", "WangWu").await, 0);
}

#[tokio::test]
async fn only_one_s_own_customers_pass_and_only_to_who_serves() {
    let bench = shop().await;
    bench.control("customers", json!({"external_userid": "wmBea"})).await;
    let mut both = transfer("LiMing", "WangWu");
    both["external_userid"] = json!(["wmBea", "wmAnna"]);
    let done = bench.control("transfer", both).await;
    assert_eq!(
        done["items"],
        json!([{"external_userid": "wmBea", "errcode": 40131}, {"external_userid": "wmAnna", "errcode": 0}])
    );
    bench.control("staff", json!({"userid": "poor", "licensed": false})).await;
    for (body, status, field) in [
        (transfer("WangWu", "wangwu"), 409, "to"),
        (transfer("WangWu", "poor"), 409, "to"),
        (transfer("WangWu", "nobody"), 404, "userid"),
        (json!({"from": "WangWu", "to": "LiMing"}), 400, "external_userid"),
        (json!({"from": "WangWu", "to": "LiMing", "external_userid": ["wmNo"]}), 404, "external_userid"),
    ] {
        let (found, problem) = bench.try_control("transfer", body.clone()).await;
        assert_eq!((found, problem["field"].as_str()), (status, Some(field)), "{body}");
    }
    let mut wrong = transfer("WangWu", "LiMing");
    wrong["fail"] = json!("mood");
    assert_eq!(bench.try_control("transfer", wrong).await.0, 400);
}
