use serde_json::{Value, json};

use crate::bench::Bench;

async fn list(bench: &Bench, body: Value) -> Value {
    bench.post("externalcontact/get_corp_tag_list", body).await
}

#[tokio::test]
async fn an_app_makes_groups_and_adds_to_them() {
    let bench = Bench::new();
    let made = bench
        .post(
            "externalcontact/add_corp_tag",
            json!({"group_name": "状态", "order": 3, "tag": [
                {"name": "新", "order": 1}, {"name": "旧", "order": 2}, {"name": "新"},
            ]}),
        )
        .await;
    let group = &made["tag_group"];
    assert_eq!(group["group_name"], "状态");
    assert_eq!(group["tag"].as_array().map(Vec::len), Some(2), "{made}");
    assert_eq!(group["tag"][0]["name"], "旧", "larger order first");
    let id = group["group_id"].as_str().expect("an id");
    assert!(id.starts_with("et"));

    let more = bench
        .post("externalcontact/add_corp_tag", json!({"group_name": "状态", "tag": [{"name": "沉默"}]}))
        .await;
    assert_eq!(more["tag_group"]["group_id"], id);
    assert_eq!(more["tag_group"]["tag"].as_array().map(Vec::len), Some(1), "only what is new");
    let all = list(&bench, json!({})).await;
    assert_eq!(all["tag_group"].as_array().map(Vec::len), Some(1));
    assert_eq!(all["tag_group"][0]["tag"].as_array().map(Vec::len), Some(3));
    assert_eq!(bench.posts(), [], "the app's own changes are not told");
}

#[tokio::test]
async fn names_are_unique_in_a_group_and_at_most_30_characters() {
    let bench = Bench::new();
    bench.app_tag("状态", "新").await;
    for (body, errcode) in [
        (json!({"group_name": "状态", "tag": [{"name": "新"}]}), 40071),
        (json!({"group_name": "状态", "tag": [{"name": ""}]}), 40072),
        (json!({"group_name": "状态", "tag": [{"name": "字".repeat(31)}]}), 40072),
        (json!({"group_name": "空", "tag": []}), 40058),
        (json!({"tag": [{"name": "新"}]}), 40058),
        (json!({"group_id": "etNo", "tag": [{"name": "新"}]}), 40068),
        (json!({"group_name": "别的", "tag": [{"name": "新"}]}), 0),
        (json!({"group_name": "状态", "tag": [{"name": "字".repeat(30)}]}), 0),
    ] {
        let answer = bench.post("externalcontact/add_corp_tag", body.clone()).await;
        assert_eq!(answer["errcode"], errcode, "{body}");
    }
}

#[tokio::test]
async fn an_app_changes_only_what_it_made() {
    let bench = Bench::new();
    let console = bench.control("tags", json!({"group": "后台", "name": "贵宾"})).await;
    let own = bench.app_tag("状态", "新").await;
    let in_console_group = bench.app_tag("后台", "应用的").await;
    for (api, body, errcode) in [
        ("edit_corp_tag", json!({"id": console["id"], "name": "x"}), 60011),
        ("edit_corp_tag", json!({"id": console["group_id"], "name": "x"}), 60011),
        ("del_corp_tag", json!({"tag_id": [console["id"]]}), 60011),
        ("del_corp_tag", json!({"group_id": [console["group_id"]]}), 60011),
        ("del_corp_tag", json!({}), 40058),
        ("edit_corp_tag", json!({"id": own, "name": "更新"}), 0),
        ("edit_corp_tag", json!({"id": in_console_group, "name": "贵宾"}), 40071),
        ("del_corp_tag", json!({"tag_id": [own, console["id"]]}), 60011),
        ("del_corp_tag", json!({"tag_id": [own]}), 0),
        ("edit_corp_tag", json!({"id": own, "name": "x"}), 40068),
    ] {
        let answer = bench.post(&format!("externalcontact/{api}"), body.clone()).await;
        assert_eq!(answer["errcode"], errcode, "{api} {body}");
    }
}

#[tokio::test]
async fn the_deleted_are_answered_only_when_asked_for_by_id() {
    let (bench, _) = Bench::befriended().await;
    let tag = bench.app_tag("状态", "新").await;
    bench.mark(&tag).await;
    bench.post("externalcontact/del_corp_tag", json!({"tag_id": [tag]})).await;
    assert_eq!(list(&bench, json!({})).await["tag_group"], json!([]));
    let asked = list(&bench, json!({"tag_id": [tag]})).await;
    let group = &asked["tag_group"][0];
    assert_eq!(group["deleted"], true, "the last tag took the group along");
    assert_eq!(group["tag"][0]["deleted"], true);
    assert_eq!(list(&bench, json!({"tag_id": ["etNo"]})).await["errcode"], 40068);
    let contact = bench.look("contacts/wmAnna").await;
    assert_eq!(contact["relations"][0]["tags"], json!([]));
    assert_eq!(bench.mark(&tag).await["errcode"], 40068);
}

#[tokio::test]
async fn marking_is_idempotent_and_never_called_back() {
    let (bench, _) = Bench::befriended().await;
    let (one, two) = (bench.app_tag("状态", "新").await, bench.app_tag("状态", "旧").await);
    assert_eq!(bench.mark(&one).await["errcode"], 0);
    assert_eq!(bench.mark(&one).await["errcode"], 0);
    let swap = json!({
        "userid": "LiMing", "external_userid": "wmAnna", "add_tag": [two], "remove_tag": [one],
    });
    let answer = bench.post("externalcontact/mark_tag", swap).await;
    assert_eq!(answer["errcode"], 0);
    let detail = bench.get("externalcontact/get", "external_userid=wmAnna").await;
    assert_eq!(
        detail["follow_user"][0]["tags"],
        json!([{"group_name": "状态", "tag_name": "旧", "tag_id": two, "type": 1}])
    );
    assert_eq!(bench.posts(), []);
    assert_eq!(bench.sim.next_event_at(), None);
}

#[tokio::test]
async fn marking_says_what_it_lacks() {
    let (bench, _) = Bench::befriended().await;
    let tag = bench.app_tag("状态", "新").await;
    for (body, errcode) in [
        (json!({"external_userid": "wmAnna", "add_tag": [tag]}), 40003),
        (json!({"userid": "LiMing", "add_tag": [tag]}), 41035),
        (json!({"userid": "LiMing", "external_userid": "wmAnna"}), 40058),
        (json!({"userid": "x", "external_userid": "wmAnna", "add_tag": [tag]}), 60111),
        (json!({"userid": "LiMing", "external_userid": "wmanna", "add_tag": [tag]}), 40096),
        (json!({"userid": "LiMing", "external_userid": "wmAnna", "add_tag": ["et"]}), 40068),
        (json!({"userid": "LiMing", "external_userid": "wmAnna", "add_tag": "x"}), 40058),
    ] {
        let answer = bench.post("externalcontact/mark_tag", body.clone()).await;
        assert_eq!(answer["errcode"], errcode, "{body}");
    }
}

#[tokio::test]
async fn what_the_console_does_to_tags_is_called_back() {
    let bench = Bench::new();
    let told = |bench: &Bench| -> Vec<(String, String)> {
        let told = bench
            .callbacks()
            .iter()
            .map(|event| {
                assert_eq!(event.field("Event").as_deref(), Some("change_external_tag"));
                assert!(event.field("Id").is_some());
                (event.field("ChangeType").unwrap_or_default(), event.field("TagType").unwrap_or_default())
            })
            .collect();
        bench.forget();
        told
    };
    let pair = |change: &str, kind: &str| (change.to_owned(), kind.to_owned());

    bench.control("tags", json!({"group": "后台", "name": "贵宾"})).await;
    assert_eq!(told(&bench), [pair("create", "tag_group"), pair("create", "tag")]);
    bench.control("tags", json!({"group": "后台", "name": "普通"})).await;
    assert_eq!(told(&bench), [pair("create", "tag")]);
    let rename = json!({"action": "rename", "group": "后台", "name": "普通", "to": "一般"});
    bench.control("tags", rename).await;
    assert_eq!(told(&bench), [pair("update", "tag")]);
    let rename = json!({"action": "rename", "group": "后台", "to": "等级"});
    bench.control("tags", rename).await;
    assert_eq!(told(&bench), [pair("update", "tag_group")]);
    bench.control("tags", json!({"action": "delete", "group": "等级"})).await;
    assert_eq!(told(&bench), [pair("delete", "tag_group")], "its tags go without an event each");
    bench.control("tags", json!({"group": "单", "name": "一"})).await;
    bench.forget();
    bench.control("tags", json!({"action": "delete", "group": "单", "name": "一"})).await;
    assert_eq!(told(&bench), [pair("delete", "tag"), pair("delete", "tag_group")]);
}

#[tokio::test]
async fn a_member_tags_on_the_phone_by_name() {
    let (bench, _) = Bench::befriended().await;
    bench.app_tag("状态", "新").await;
    bench.app_tag("来源", "展会").await;
    let edit = |add: Value, remove: Value| json!({"external_userid": "wmAnna", "add": add, "remove": remove});
    let contact = bench.control("staff/LiMing/tag", edit(json!(["状态/新", "展会"]), json!([]))).await;
    let mut names: Vec<&str> = contact["relations"][0]["tag_names"]
        .as_array()
        .expect("names")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["来源/展会", "状态/新"]);
    assert_eq!(bench.changes(), ["edit_external_contact"]);
    bench.forget();

    let unchanged = edit(json!(["展会"]), json!([]));
    bench.control("staff/LiMing/tag", unchanged).await;
    assert_eq!(bench.changes(), Vec::<String>::new());

    let (status, problem) = bench.try_control("staff/LiMing/tag", edit(json!(["没有"]), json!([]))).await;
    assert_eq!((status, &problem["field"]), (404, &json!("add")));

    bench.app_tag("阶段", "新").await;
    let (status, problem) = bench.try_control("staff/LiMing/tag", edit(json!(["新"]), json!([]))).await;
    assert_eq!(status, 409);
    let detail = problem["detail"].as_str().expect("a text");
    assert!(detail.contains("状态/新") && detail.contains("阶段/新"), "{detail}");
}

#[tokio::test]
async fn a_personal_tag_has_no_id() {
    let (bench, _) = Bench::befriended().await;
    bench
        .control(
            "staff/LiMing/tag",
            json!({"external_userid": "wmAnna", "add_personal": ["爱喝茶"], "remark": "安娜 A 座"}),
        )
        .await;
    assert_eq!(bench.changes(), ["edit_external_contact"]);
    let detail = bench.get("externalcontact/get", "external_userid=wmAnna").await;
    let follow = &detail["follow_user"][0];
    assert_eq!(follow["remark"], "安娜 A 座");
    assert_eq!(follow["tags"][0]["type"], 2);
    assert!(follow["tags"][0].get("tag_id").is_none());
}

#[tokio::test]
async fn a_new_order_is_told_of_the_group_or_of_all() {
    let bench = Bench::new();
    for name in ["新", "旧", "沉默"] {
        bench.control("tags", json!({"group": "状态", "name": name})).await;
    }
    let other = bench.control("tags", json!({"group": "来源", "name": "展会"})).await;
    bench.forget();
    let told = |bench: &Bench| -> Vec<Option<String>> {
        let told = bench
            .callbacks()
            .iter()
            .map(|event| {
                assert_eq!(event.field("ChangeType").as_deref(), Some("shuffle"));
                assert_eq!(event.field("TagType"), None);
                event.field("Id")
            })
            .collect();
        bench.forget();
        told
    };
    let order =
        |name: Value, order: u32| json!({"action": "order", "group": "状态", "name": name, "order": order});
    let set = bench.control("tags", order(json!("沉默"), 9)).await;
    let group_id = set["group_id"].as_str();
    assert_eq!(told(&bench)[0].as_deref(), group_id);
    bench.control("tags", order(Value::Null, 5)).await;
    assert_eq!(told(&bench), [Some(String::new())]);
    let groups = list(&bench, json!({})).await["tag_group"].clone();
    assert_eq!((&groups[0]["group_name"], &groups[0]["tag"][0]["name"]), (&json!("状态"), &json!("沉默")));

    bench.control("tags", json!({"action": "shuffle", "group": "状态"})).await;
    assert_eq!(told(&bench)[0].as_deref(), group_id);
    let groups = list(&bench, json!({})).await["tag_group"].clone();
    let orders: Vec<u64> =
        groups[0]["tag"].as_array().expect("tags").iter().filter_map(|tag| tag["order"].as_u64()).collect();
    assert_eq!(orders, [3, 2, 1], "larger first, whichever they are");
    bench.control("tags", json!({"action": "shuffle"})).await;
    assert_eq!(told(&bench), [Some(String::new())]);
    let found = bench.look("tags").await;
    assert_eq!(found["items"].as_array().map(Vec::len), Some(2));
    assert!(found.to_string().contains(other["id"].as_str().expect("an id")));
    let (status, problem) = bench.try_control("tags", json!({"action": "order", "group": "状态"})).await;
    assert_eq!((status, &problem["field"]), (400, &json!("order")));
}

#[tokio::test]
async fn an_app_does_not_change_another_app_s_tags() {
    let bench = Bench::new();
    bench.control("apps", json!({"agentid": 5, "secret": "other"})).await;
    let own = bench.app_tag("状态", "新").await;
    let made = bench
        .post_as(
            "other",
            "externalcontact/add_corp_tag",
            json!({"group_name": "状态", "tag": [{"name": "旧"}]}),
        )
        .await;
    let other = made["tag_group"]["tag"][0]["id"].as_str().expect("an id");
    for (secret, id, errcode) in [
        ("other", own.as_str(), 60011),
        ("app-secret", other, 60011),
        ("other", other, 0),
        ("app-secret", &own, 0),
    ] {
        let edit = json!({"id": id, "name": format!("{id}{secret}").chars().take(20).collect::<String>()});
        let answer = bench.post_as(secret, "externalcontact/edit_corp_tag", edit).await;
        assert_eq!(answer["errcode"], errcode, "{secret} {id}");
    }
    let groups = bench.look("tags").await["items"].clone();
    assert_eq!(groups[0]["tags"][0]["created_by"], "app");
    assert_eq!(groups[0]["tags"][1]["created_by"], json!({"other_app": 5}));
}

#[tokio::test]
async fn a_corp_has_ten_thousand_tags_and_no_more() {
    let bench = Bench::new();
    for group in 0..20 {
        let tags: Vec<Value> = (0..500).map(|tag| json!({"name": format!("标签{tag}")})).collect();
        let body = json!({"group_name": format!("组{group}"), "tag": tags});
        assert_eq!(bench.post("externalcontact/add_corp_tag", body).await["errcode"], 0);
    }
    let one_more = json!({"group_name": "组0", "tag": [{"name": "多余"}]});
    assert_eq!(bench.post("externalcontact/add_corp_tag", one_more.clone()).await["errcode"], 40126);
    let (status, _) = bench.try_control("tags", json!({"group": "组0", "name": "多余"})).await;
    assert_eq!(status, 409, "nor in the console");
    let all = list(&bench, json!({})).await;
    let first = all["tag_group"][0]["tag"][0]["id"].clone();
    bench.post("externalcontact/del_corp_tag", json!({"tag_id": [first]})).await;
    assert_eq!(bench.post("externalcontact/add_corp_tag", one_more).await["errcode"], 0);
}
