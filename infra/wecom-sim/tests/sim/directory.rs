use serde_json::{Value, json};

use crate::bench::Bench;
use crate::callers::code;

/// 公司 ─ 销售(2) ─ 华东(3), 客服(4); 王 in 华东 leads it, 李 in 销售, 赵 in 客服 and 销售.
async fn corp() -> Bench {
    let bench = Bench::new();
    bench.control("departments", json!({"id": 2, "name": "销售", "order": 20})).await;
    bench.control("departments", json!({"id": 3, "name": "华东", "parent": 2})).await;
    bench.control("departments", json!({"id": 4, "name": "客服"})).await;
    for (userid, name, departments) in
        [("WangWu", "王五", json!([3])), ("LiMing", "李明", json!([2])), ("ZhaoLiu", "赵六", json!([4, 2]))]
    {
        bench
            .control(
                "staff",
                json!({"userid": userid, "name": name, "departments": departments, "gender": 1}),
            )
            .await;
    }
    bench.control("departments", json!({"id": 3, "leaders": ["wangwu"]})).await;
    bench
}

fn column(list: &Value, name: &str) -> Vec<Value> {
    list.as_array().expect("a list").iter().map(|row| row[name].clone()).collect()
}

#[tokio::test]
async fn departments_form_a_tree() {
    let bench = corp().await;
    let all = bench.get("department/list", "").await;
    assert_eq!(column(&all["department"], "id"), [1, 2, 3, 4]);
    assert_eq!(all["department"][0]["parentid"], 0);
    assert_eq!(all["department"][1]["order"], 20);
    assert_eq!(all["department"][2]["department_leader"], json!(["WangWu"]));
    let below = bench.get("department/simplelist", "id=2").await;
    assert_eq!(column(&below["department_id"], "id"), [2, 3]);
    let one = bench.get("department/get", "id=3").await;
    assert_eq!((&one["department"]["name"], &one["department"]["parentid"]), (&json!("华东"), &json!(2)));
    assert_eq!(code(&bench.get("department/get", "id=9").await), 60123);
    assert_eq!(code(&bench.get("department/list", "id=x").await), 60123);

    for (body, status) in [
        (json!({"id": 2, "parent": 3}), 409),
        (json!({"id": 1, "parent": 2}), 409),
        (json!({"id": 5, "parent": 9}), 404),
        (json!({"name": "无"}), 400),
    ] {
        let (found, problem) = bench.try_control("departments", body.clone()).await;
        assert_eq!(found, status, "{body} {problem}");
    }
}

#[tokio::test]
async fn members_are_listed_by_department() {
    let bench = corp().await;
    let names = bench.get("user/simplelist", "department_id=2").await;
    assert_eq!(column(&names["userlist"], "userid"), ["LiMing", "ZhaoLiu"]);
    assert_eq!(names["userlist"][0].get("status"), None);
    let details = bench.get("user/list", "department_id=2&fetch_child=1").await;
    assert_eq!(column(&details["userlist"], "userid"), ["LiMing", "WangWu", "ZhaoLiu"]);
    assert_eq!(details["userlist"][2]["main_department"], 4);
    assert_eq!(code(&bench.get("user/list", "department_id=9").await), 60123);
    assert_eq!(code(&bench.get("user/list", "").await), 60123);
}

#[tokio::test]
async fn a_member_is_described_by_what_an_app_of_today_may_see() {
    let bench = corp().await;
    bench.control("staff", json!({"userid": "wangwu", "position": "经理", "mobile": "13800000000"})).await;
    let member = bench.get("user/get", "userid=WANGWU").await;
    assert_eq!(member["department"], json!([3]));
    assert_eq!(member["is_leader_in_dept"], json!([1]));
    assert_eq!(member["position"], "经理");
    assert_eq!((member.get("gender"), member.get("mobile")), (None, None));

    bench.control("apps", json!({"legacy": true})).await;
    let member = bench.get("user/get", "userid=WANGWU").await;
    assert_eq!(member["gender"], "1", "a text, and not a number");
    assert_eq!(member["mobile"], "13800000000");
}

#[tokio::test]
async fn a_status_says_what_became_of_a_member() {
    let bench = corp().await;
    for (status, number) in [("inactive", 4), ("disabled", 2), ("active", 1)] {
        bench.control("staff", json!({"userid": "liming", "status": status})).await;
        assert_eq!(bench.get("user/get", "userid=liming").await["status"], number);
        let followers = bench.get("externalcontact/get_follow_user_list", "").await;
        let serves = followers["follow_user"].to_string().contains("LiMing");
        assert_eq!(serves, status == "active", "{status}");
    }
    bench.control("staff/LiMing/leave", json!({})).await;
    assert_eq!(bench.get("user/get", "userid=liming").await["status"], 5);
    let names = bench.get("user/simplelist", "department_id=2").await;
    assert_eq!(column(&names["userlist"], "userid"), ["ZhaoLiu"]);
    let (status, _) = bench.try_control("staff/LiMing/leave", json!({})).await;
    assert_eq!(status, 409);
    let (status, _) = bench.try_control("staff/nobody/leave", json!({})).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn who_has_left_serves_nobody_and_hears_nothing() {
    let (bench, _) = Bench::befriended().await;
    let tag = bench.app_tag("状态", "新").await;
    bench.control("staff/LiMing/leave", json!({})).await;
    assert_eq!(code(&bench.get("externalcontact/list", "userid=liming").await), 40003);
    assert_eq!(code(&bench.mark(&tag).await), 40003);
    assert_eq!(code(&bench.get("externalcontact/get", "external_userid=wmAnna").await), 40096);
    let contact = bench.look("contacts/wmAnna").await;
    assert_eq!(contact["relations"][0]["staff_side"], "open", "it waits for an heir");
    bench.control("customers/wmAnna/block", json!({"userid": "LiMing"})).await;
    assert_eq!(bench.changes(), Vec::<String>::new());
}

#[tokio::test]
async fn beyond_the_visible_range_each_api_is_blind_in_its_own_way() {
    let bench = corp().await;
    bench.control("customers", json!({"external_userid": "wmAnna"})).await;
    bench.control("customers", json!({"external_userid": "wmBea"})).await;
    for userid in ["WangWu", "ZhaoLiu"] {
        bench.control("customers/wmAnna/add", json!({"userid": userid})).await;
    }
    bench.control("customers/wmBea/add", json!({"userid": "ZhaoLiu"})).await;
    bench.forget();
    bench.control("apps", json!({"visible": {"users": ["LiMing"], "departments": [3]}})).await;

    let followers = bench.get("externalcontact/get_follow_user_list", "").await;
    assert_eq!(followers["follow_user"], json!(["LiMing", "WangWu"]), "left out in silence");
    assert_eq!(code(&bench.get("user/get", "userid=zhaoliu").await), 60111);
    assert_eq!(code(&bench.get("externalcontact/list", "userid=zhaoliu").await), 60011);
    let anna = bench.get("externalcontact/get", "external_userid=wmAnna").await;
    assert_eq!(column(&anna["follow_user"], "userid"), ["WangWu"]);
    assert_eq!(code(&bench.get("externalcontact/get", "external_userid=wmBea").await), 40096);
    let batch = json!({"userid_list": ["WangWu", "ZhaoLiu"]});
    assert_eq!(code(&bench.post("externalcontact/batch/get_by_user", batch).await), 40031);

    let departments = bench.get("department/list", "").await;
    assert_eq!(column(&departments["department"], "id"), [3]);
    assert_eq!(code(&bench.get("department/get", "id=4").await), 60011);
    assert_eq!(code(&bench.get("user/list", "department_id=4").await), 60011);

    bench.control("customers/wmBea/block", json!({"userid": "ZhaoLiu"})).await;
    bench.control("customers/wmAnna/block", json!({"userid": "WangWu"})).await;
    let told = bench.callbacks();
    assert_eq!(told.len(), 1, "events come of visible members only");
    assert_eq!(told[0].field("UserID").as_deref(), Some("WangWu"));
    bench.control("apps", json!({"visible": "all"})).await;
    assert_eq!(code(&bench.get("user/get", "userid=zhaoliu").await), 0);
}

#[tokio::test]
async fn ids_of_all_members_come_in_pages() {
    let bench = corp().await;
    bench.control("apps", json!({"agentid": 2_000_002, "kind": "contacts_sync", "secret": "sync"})).await;
    let mut rows = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = bench.post_as("sync", "user/list_id", json!({"cursor": cursor, "limit": 3})).await;
        rows.extend(page["dept_user"].as_array().expect("rows").clone());
        cursor = page["next_cursor"].as_str().expect("a cursor").to_owned();
        if cursor.is_empty() {
            break;
        }
    }
    let row = |userid: &str, department: u64| json!({"userid": userid, "department": department});
    assert_eq!(rows, [row("LiMing", 2), row("WangWu", 3), row("ZhaoLiu", 4), row("ZhaoLiu", 2)]);
    let garbage = bench.post_as("sync", "user/list_id", json!({"cursor": "x"})).await;
    assert_eq!(code(&garbage), 50100);
    let greedy = bench.post_as("sync", "user/list_id", json!({"limit": 10_001})).await;
    assert_eq!(code(&greedy), 40058);
}
