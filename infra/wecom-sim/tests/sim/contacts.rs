use serde_json::json;

use crate::bench::{Bench, START_MS};

async fn detail(bench: &Bench) -> serde_json::Value {
    bench.get("externalcontact/get", "external_userid=wmAnna").await
}

#[tokio::test]
async fn a_contact_is_listed_and_described() {
    let bench = Bench::new();
    bench.people().await;
    bench.control("customers", json!({"external_userid": "wmAnna", "unionid": "oUnion"})).await;
    bench.control("customers/wmAnna/add", json!({"userid": "liming", "state": "expo", "add_way": 16})).await;
    let list = bench.get("externalcontact/list", "userid=LIMING").await;
    assert_eq!(list["external_userid"], json!(["wmAnna"]));

    let detail = detail(&bench).await;
    assert_eq!(detail["errcode"], 0);
    assert_eq!(detail["external_contact"]["name"], "安娜");
    assert_eq!(detail["external_contact"]["unionid"], "oUnion");
    let follow = &detail["follow_user"][0];
    assert_eq!(follow["userid"], "LiMing");
    assert_eq!(follow["createtime"], START_MS / 1000);
    assert_eq!(follow["state"], "expo");
    assert_eq!(follow["add_way"], 16);
    assert_eq!(follow["tags"], json!([]));
    assert!(detail.get("next_cursor").is_none());
}

#[tokio::test]
async fn a_customer_who_deleted_the_member_stays_listed_and_can_be_marked() {
    let (bench, _) = Bench::befriended().await;
    let tag = bench.app_tag("状态", "新").await;
    bench.control("customers/wmAnna/block", json!({"userid": "LiMing"})).await;
    assert_eq!(bench.changes(), ["del_follow_user"]);
    assert_eq!(bench.mark(&tag).await["errcode"], 0);
    let list = bench.get("externalcontact/list", "userid=LiMing").await;
    assert_eq!(list["external_userid"], json!(["wmAnna"]));
    let contact = bench.look("contacts/wmAnna").await;
    let relation = &contact["relations"][0];
    assert_eq!(relation["customer_side"], "closed");
    assert_eq!(relation["staff_side"], "open");
    assert_eq!(relation["tag_names"], json!(["状态/新"]));
}

#[tokio::test]
async fn a_customer_whom_the_member_deleted_is_gone_for_the_api() {
    let (bench, _) = Bench::befriended().await;
    let tag = bench.app_tag("状态", "新").await;
    assert_eq!(bench.mark(&tag).await["errcode"], 0);
    bench.control("staff/LiMing/delete", json!({"external_userid": "wmAnna"})).await;
    assert_eq!(bench.changes(), ["del_external_contact"]);
    assert_eq!(bench.mark(&tag).await["errcode"], 84061);
    assert_eq!(detail(&bench).await["errcode"], 84061);
    let list = bench.get("externalcontact/list", "userid=LiMing").await;
    assert_eq!(list["errcode"], 84061, "no customers is an error here");
}

#[tokio::test]
async fn a_half_added_member_has_no_relation_until_they_add_back() {
    let bench = Bench::new();
    bench.people().await;
    let tag = bench.app_tag("状态", "新").await;
    let add = json!({"userid": "LiMing", "half": true, "state": "expo"});
    bench.control("customers/wmAnna/add", add).await;
    assert_eq!(bench.mark(&tag).await["errcode"], 84061);
    assert_eq!(detail(&bench).await["errcode"], 84061);

    bench.pass(60);
    bench.control("customers/wmAnna/add", json!({"userid": "LiMing"})).await;
    assert_eq!(bench.changes(), ["add_half_external_contact", "add_external_contact"]);
    let events = bench.callbacks();
    assert_eq!(events[1].field("State").as_deref(), Some("expo"));
    assert_eq!(bench.mark(&tag).await["errcode"], 0);
    let follow = &detail(&bench).await["follow_user"][0];
    assert_eq!(follow["createtime"], START_MS / 1000 + 60);
}

#[tokio::test]
async fn adding_again_revives_the_relation_with_a_new_time_and_code() {
    let (bench, first_code) = Bench::befriended().await;
    let tag = bench.app_tag("状态", "新").await;
    bench.mark(&tag).await;
    bench.control("customers/wmAnna/block", json!({"userid": "LiMing"})).await;
    bench.pass(3600);
    let again = bench.control("customers/wmAnna/add", json!({"userid": "LiMing"})).await;
    assert_ne!(again["welcome_code"], first_code);
    assert!(again["welcome_code"].is_string());
    let follow = &detail(&bench).await["follow_user"][0];
    assert_eq!(follow["createtime"], START_MS / 1000 + 3600);
    assert_eq!(follow["tags"][0]["tag_id"], tag, "the member kept the customer, and the tags");

    bench.control("staff/LiMing/delete", json!({"external_userid": "wmAnna"})).await;
    let again = bench.control("customers/wmAnna/add", json!({"userid": "LiMing"})).await;
    assert!(again["welcome_code"].is_string());
    let follow = &detail(&bench).await["follow_user"][0];
    assert_eq!(follow["tags"], json!([]), "what the member deleted is gone");
}

#[tokio::test]
async fn contacts_cannot_be_added_twice_or_ended_twice() {
    let (bench, _) = Bench::befriended().await;
    let add = json!({"userid": "LiMing"});
    let (status, problem) = bench.try_control("customers/wmAnna/add", add.clone()).await;
    assert_eq!((status, &problem["field"]), (409, &json!("userid")));
    bench.control("customers/wmAnna/block", add.clone()).await;
    let (status, _) = bench.try_control("customers/wmAnna/block", add).await;
    assert_eq!(status, 409);
}

#[tokio::test]
async fn unknown_people_are_named_by_different_codes() {
    let (bench, _) = Bench::befriended().await;
    let answer = bench.get("externalcontact/get", "external_userid=wmNobody").await;
    assert_eq!(answer["errcode"], 40096);
    assert_eq!(bench.get("externalcontact/get", "").await["errcode"], 41035);
    let answer = bench.get("externalcontact/list", "userid=nobody").await;
    assert_eq!(answer["errcode"], 60111);
    let member = bench.get("user/get", "userid=liming").await;
    assert_eq!(member["name"], "李明");
    assert_eq!(member["status"], 1);
    assert!(member.get("mobile").is_none());
}

#[tokio::test]
async fn without_a_licence_a_member_and_their_customers_vanish() {
    let (bench, _) = Bench::befriended().await;
    let followers = bench.get("externalcontact/get_follow_user_list", "").await;
    assert_eq!(followers["follow_user"], json!(["LiMing"]));
    bench.control("staff/LiMing/licence", json!({"on": false})).await;
    let followers = bench.get("externalcontact/get_follow_user_list", "").await;
    assert_eq!(followers["follow_user"], json!([]));
    assert_eq!(detail(&bench).await["errcode"], 40096);
    bench.control("customers/wmAnna/block", json!({"userid": "LiMing"})).await;
    assert_eq!(bench.changes(), Vec::<String>::new());
}

#[tokio::test]
async fn more_than_500_members_of_one_customer_come_in_pages() {
    let bench = Bench::new();
    bench.people().await;
    for n in 0..502 {
        let userid = format!("m{n:03}");
        bench.control("staff", json!({"userid": userid})).await;
        bench.control("customers/wmAnna/add", json!({"userid": userid})).await;
    }
    let first = detail(&bench).await;
    assert_eq!(first["follow_user"].as_array().map(Vec::len), Some(500));
    let cursor = first["next_cursor"].as_str().expect("a cursor");
    let query = format!("external_userid=wmAnna&cursor={cursor}");
    let second = bench.get("externalcontact/get", &query).await;
    assert_eq!(second["follow_user"].as_array().map(Vec::len), Some(2));
    assert_eq!(second["follow_user"][1]["userid"], "m501");
    assert!(second.get("next_cursor").is_none());
    let garbage = bench.get("externalcontact/get", "external_userid=wmAnna&cursor=xx").await;
    assert_eq!(garbage["errcode"], 50100);
}
