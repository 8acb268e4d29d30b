//! Staff: WeCom says who there is, people say what they may do.

mod leaving;
mod roles;

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use tests::{Answer, World, at, items, text};
use wecom::crypto::CallbackKeys;

/// A corp with two departments: 王芳 in 1, 张伟 in 2, 李娜 in 3, which is below 2. Nothing of it is known here yet.
async fn corp() -> World {
    let world = World::new().await;
    world.sim("departments", json!({"id": 1, "name": "星河汽车"})).await;
    world.sim("departments", json!({"id": 2, "name": "销售部", "parent": 1})).await;
    world.sim("departments", json!({"id": 3, "name": "展厅组", "parent": 2})).await;
    for (userid, name, department) in [("wangfang", "王芳", 1), ("ZhangWei", "张伟", 2), ("lina", "李娜", 3)]
    {
        world.sim("staff", json!({"userid": userid, "name": name, "departments": [department]})).await;
    }
    world
}

/// The same, known here, with an admin and a manager.
async fn known_corp() -> World {
    let world = corp().await;
    synchronise(&world).await;
    change(&world, "wangfang", json!({"role": "admin"})).await.ok();
    change(&world, "zhangwei", json!({"role": "manager", "manages": [2]})).await.ok();
    world
}

/// What the synchronisation found that somebody asks for now.
async fn synchronise(world: &World) -> Value {
    let answer = world.post("/api/v1/staff/sync", json!({})).await;
    assert_eq!(answer.status, 202, "{:#}", answer.body);
    world.machine.settle().await.expect("settled");
    last(world).await
}

/// What the last one found.
async fn last(world: &World) -> Value {
    world.get("/api/v1/staff/sync").await.ok()["last"].clone()
}

async fn member(world: &World, userid: &str) -> Value {
    world.get(&format!("/api/v1/staff/{userid}")).await.ok()
}

/// A change by who has just read the record.
async fn change(world: &World, userid: &str, body: Value) -> Answer {
    let etag = world.get(&format!("/api/v1/staff/{userid}")).await.headers["etag"].clone();
    change_as_of(world, userid, &etag, body).await
}

async fn change_as_of(world: &World, userid: &str, etag: &str, body: Value) -> Answer {
    world.send(Method::PATCH, &format!("/api/v1/staff/{userid}"), &[("if-match", etag)], Some(&body)).await
}

async fn stamp(world: &World) -> u64 {
    world.machine.app.playbook().await.expect("the playbook").stamp
}

async fn calls(world: &World, api: &str) -> usize {
    items(&world.get(&format!("/sim/control/calls?api={api}")).await.ok()["items"]).len()
}

/// An event of the directory, as the contacts-sync assistant is told.
async fn hear(world: &World, change: &str, fields: &str) {
    let corp = "ww5f0e1d2c3b4a5968";
    let plain = format!(
        "<xml><ToUserName>{corp}</ToUserName><FromUserName>sys</FromUserName><CreateTime>{}</CreateTime>\
         <MsgType>event</MsgType><Event>change_contact</Event><ChangeType>{change}</ChangeType>{fields}</xml>",
        world.now().secs()
    );
    let key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
    let keys = CallbackKeys::parse("SimulatedCallbackToken", key, corp).unwrap();
    let sealed = keys.seal(world.now().secs(), "n0nce", [7; 16], &plain);
    let body = format!(
        "<xml><ToUserName>{corp}</ToUserName><Encrypt><![CDATA[{}]]></Encrypt></xml>",
        sealed.encrypt
    );
    let uri = format!(
        "{}/wecom/callback?msg_signature={}&timestamp={}&nonce={}",
        world.machine.address, sealed.msg_signature, sealed.timestamp, sealed.nonce
    );
    let request = http::Request::post(uri).header("content-type", "text/xml").body(Bytes::from(body));
    assert_eq!(world.raw(request.unwrap()).await.status, 200);
    world.machine.settle().await.expect("settled");
}

#[tokio::test]
async fn everybody_with_a_licence_appears_as_an_operator_with_name_and_departments() {
    let world = corp().await;
    world.sim("staff", json!({"userid": "keeper", "name": "仓管", "licensed": false})).await;
    let report = synchronise(&world).await;
    assert_eq!((&report["completed"], &report["unread"]), (&json!(true), &json!([])), "{report:#}");
    assert_eq!((&report["found"]["new"], &report["found"]["checked"]), (&json!(3), &json!(3)), "{report:#}");
    assert_eq!(
        member(&world, "ZhangWei").await,
        json!({"userid": "zhangwei", "name": "张伟", "role": "operator", "departments": [2], "manages": [], "projects": [],
            "status": {"is": "active"}, "licensed": true, "revision": 1})
    );
    let all = items(&world.get("/api/v1/staff").await.ok()["items"]);
    assert_eq!(all.iter().map(|staff| text(&staff["name"])).collect::<Vec<_>>(), ["李娜", "王芳", "张伟"]);
    let departments = world.get("/api/v1/departments").await.ok();
    assert_eq!(
        departments["items"],
        json!([{"id": 1, "name": "星河汽车", "parent": null, "members": 1},
               {"id": 2, "name": "销售部", "parent": 1, "members": 1},
               {"id": 3, "name": "展厅组", "parent": 2, "members": 1}])
    );
}

#[tokio::test]
async fn a_synchronisation_without_differences_writes_nothing() {
    let world = known_corp().await;
    let (before, etag) = (stamp(&world).await, member(&world, "wangfang").await);
    let report = synchronise(&world).await;
    let nothing = json!({"checked": 3, "new": 0, "back": 0, "left": 0, "licensed": 0, "unlicensed": 0, "renamed": 0,
        "moved": 0, "unreadable": 0, "demoted": 0, "missing": 0});
    assert_eq!(report["found"], nothing);
    assert_eq!((stamp(&world).await, member(&world, "wangfang").await), (before, etag));
}

#[tokio::test]
async fn names_and_departments_follow_and_what_people_decided_stays() {
    let world = known_corp().await;
    change(&world, "zhangwei", json!({"away": {"delegate": "lina"}})).await.ok();
    world.sim("staff", json!({"userid": "ZhangWei", "name": "张伟（新）", "departments": [3]})).await;
    world.sim("departments", json!({"id": 2, "name": "直营销售部"})).await;
    let report = synchronise(&world).await;
    assert_eq!((&report["found"]["renamed"], &report["found"]["moved"]), (&json!(1), &json!(1)));
    let zhang = member(&world, "zhangwei").await;
    assert_eq!((text(&zhang["name"]), &zhang["departments"]), ("张伟（新）".to_owned(), &json!([3])));
    assert_eq!((&zhang["role"], &zhang["manages"]), (&json!("manager"), &json!([2])));
    assert_eq!(zhang["status"], json!({"is": "away", "delegate": "lina", "until": null}));
    let departments = world.get("/api/v1/departments").await.ok();
    assert_eq!(departments["items"][1]["name"], "直营销售部");
}

#[tokio::test]
async fn whoever_leaves_is_marked_and_whoever_comes_back_has_their_role() {
    let world = known_corp().await;
    world.sim("staff/ZhangWei/leave", json!({})).await;
    let report = synchronise(&world).await;
    assert_eq!((&report["found"]["left"], &report["found"]["unlicensed"]), (&json!(1), &json!(0)));
    let left = member(&world, "zhangwei").await;
    assert_eq!(left["status"], json!({"is": "left", "since": world.now().to_string()}));
    assert_eq!((&left["licensed"], &left["role"]), (&json!(false), &json!("manager")));
    let found = world.get("/api/v1/staff?status=left").await.ok();
    assert_eq!(items(&found["items"]).len(), 1);

    world.until(at("2026-03-05 09:00")).await;
    assert_eq!(member(&world, "zhangwei").await, left, "the nights have nothing to add");
    world.sim("staff", json!({"userid": "ZhangWei", "status": "active", "licensed": true})).await;
    let report = synchronise(&world).await;
    assert_eq!((&report["found"]["back"], &report["found"]["licensed"]), (&json!(1), &json!(1)));
    let back = member(&world, "zhangwei").await;
    assert_eq!(back["status"], json!({"is": "active"}));
    assert_eq!((&back["role"], &back["manages"]), (&json!("manager"), &json!([2])));
}

#[tokio::test]
async fn somebody_whom_wecom_does_not_know_has_left() {
    let world = known_corp().await;
    world.put("/api/v1/staff/nobody", json!({"name": "没有这个人"})).await.refused(201);
    synchronise(&world).await;
    assert_eq!(member(&world, "nobody").await["status"]["is"], "left");
}

#[tokio::test]
async fn a_licence_that_is_taken_or_given_is_noted_and_nobody_leaves_for_it() {
    let world = known_corp().await;
    world.sim("staff/lina/licence", json!({"on": false})).await;
    assert_eq!(synchronise(&world).await["found"]["unlicensed"], 1);
    let lina = member(&world, "lina").await;
    assert_eq!((&lina["licensed"], &lina["status"]), (&json!(false), &json!({"is": "active"})));
    world.sim("staff/lina/licence", json!({"on": true})).await;
    assert_eq!(synchronise(&world).await["found"]["licensed"], 1);
    assert_eq!(member(&world, "lina").await["licensed"], true);
}

#[tokio::test]
async fn a_list_of_licences_that_is_suddenly_empty_is_not_believed() {
    let world = known_corp().await;
    for userid in ["wangfang", "ZhangWei", "lina"] {
        world.sim(&format!("staff/{userid}/licence"), json!({"on": false})).await;
    }
    let report = synchronise(&world).await;
    assert_eq!(report["unread"], json!([{"part": "licences", "code": null}]));
    assert_eq!(member(&world, "lina").await["licensed"], true);
}

#[tokio::test]
async fn every_night_it_runs_by_itself() {
    let world = known_corp().await;
    world.sim("staff", json!({"userid": "sunli", "name": "孙丽"})).await;
    world.get("/api/v1/staff/sunli").await.refused(404);
    let next = world.get("/api/v1/staff/sync").await.ok();
    assert_eq!((&next["next_at"], &next["run"]), (&json!("2026-03-02T19:30:00Z"), &Value::Null));
    world.until(at("2026-03-03 03:30")).await;
    assert_eq!(member(&world, "sunli").await["name"], "孙丽");
    let report = last(&world).await;
    assert_eq!((&report["cause"], &report["found"]["new"]), (&json!("nightly"), &json!(1)));

    world.sim("staff/sunli/leave", json!({})).await;
    world.until(at("2026-03-04 09:00")).await;
    assert_eq!(member(&world, "sunli").await["status"]["is"], "left");
    assert_eq!(last(&world).await["ended_at"], "2026-03-03T19:30:00Z");
}

#[tokio::test]
async fn a_new_company_asks_wecom_at_once() {
    let world = World::new().await;
    let report = last(&world).await;
    assert_eq!((&report["completed"], &report["cause"]), (&json!(true), &json!("nightly")), "{report:#}");
}

#[tokio::test]
async fn without_the_right_to_read_names_those_with_a_licence_are_known_all_the_same() {
    let world = corp().await;
    world.sim("faults", json!({"api": "user/get", "errcode": 48002})).await;
    world.sim("faults", json!({"api": "department/list", "errcode": 48009})).await;
    let report = synchronise(&world).await;
    assert_eq!(report["completed"], true);
    let unread = json!([{"part": "department_names", "code": 48009}, {"part": "members", "code": 48002}]);
    assert_eq!(report["unread"], unread);
    assert_eq!((&report["found"]["new"], &report["found"]["unreadable"]), (&json!(3), &json!(3)));
    let lina = member(&world, "lina").await;
    assert_eq!((&lina["name"], &lina["departments"]), (&json!("lina"), &json!([])));
    let departments = world.get("/api/v1/departments").await.ok();
    assert_eq!(departments["items"][2], json!({"id": 3, "name": "", "parent": 2, "members": 0}));

    // The right is given: names come, nobody is new.
    world.send(Method::DELETE, "/sim/control/faults", &[], None).await.ok();
    let report = synchronise(&world).await;
    assert_eq!((&report["found"]["new"], &report["found"]["renamed"]), (&json!(0), &json!(3)));
    assert_eq!(member(&world, "lina").await["name"], "李娜");
    // It is taken again: what is known stays.
    world.sim("faults", json!({"api": "user/get", "errcode": 60011})).await;
    world.sim("faults", json!({"api": "department", "errcode": 60011})).await;
    let before = stamp(&world).await;
    assert_eq!(synchronise(&world).await["found"]["unreadable"], 3);
    assert_eq!(stamp(&world).await, before);
}

#[tokio::test]
async fn what_is_refused_to_the_app_is_not_asked_for_everybody() {
    let world = World::new().await;
    for n in 0..120 {
        world.sim("staff", json!({"userid": format!("u{n:03}")})).await;
    }
    world.sim("faults", json!({"api": "user/get", "errcode": 48002})).await;
    let before = calls(&world, "user/get").await;
    assert_eq!(synchronise(&world).await["found"]["new"], 120);
    let asked = calls(&world, "user/get").await - before;
    assert!(asked <= 8, "{asked}");
}

#[tokio::test]
async fn without_the_list_of_licences_those_who_are_known_are_still_looked_at() {
    let world = known_corp().await;
    world.sim("staff", json!({"userid": "lina", "name": "李娜娜"})).await;
    world.sim("staff/ZhangWei/leave", json!({})).await;
    world.put("/api/v1/staff/unseen", json!({"name": "看不见"})).await.refused(201);
    world.sim("faults", json!({"api": "get_follow_user_list", "errcode": 48002})).await;
    let report = synchronise(&world).await;
    assert_eq!(report["unread"], json!([{"part": "licences", "code": 48002}]));
    assert_eq!(member(&world, "lina").await["name"], "李娜娜");
    assert_eq!(member(&world, "zhangwei").await["status"]["is"], "left");
    // Unknown, or out of sight? Without the list nobody can say.
    assert_eq!(member(&world, "unseen").await["status"]["is"], "active");
}

#[tokio::test]
async fn while_wecom_does_not_answer_it_is_tried_again_where_it_stopped() {
    let world = corp().await;
    world.sim("faults", json!({"api": "user/get", "http_status": 502, "times": 9})).await;
    let state = world.post("/api/v1/staff/sync", json!({})).await;
    assert_eq!(state.status, 202, "asked for is asked for");
    assert_eq!(state.body["run"]["cause"], "asked", "{:#}", state.body);
    world.until(at("2026-03-02 10:00")).await;
    let report = last(&world).await;
    assert_eq!((&report["completed"], &report["found"]["new"]), (&json!(true), &json!(3)), "{report:#}");

    // A whole evening without an answer: given up, and the night begins anew.
    world.sim("faults", json!({"api": "get_follow_user_list", "timeout_before": true})).await;
    world.post("/api/v1/staff/sync", json!({})).await;
    world.until(at("2026-03-02 12:00")).await;
    let state = world.get("/api/v1/staff/sync").await.ok();
    assert_eq!((&state["run"], &state["last"]["completed"]), (&Value::Null, &json!(false)), "{state:#}");
    assert_eq!(state["next_at"], "2026-03-02T19:30:00Z");
}

#[tokio::test]
async fn who_asks_while_one_is_under_way_gets_another_after_it() {
    let world = corp().await;
    world.sim("faults", json!({"api": "user/get", "http_status": 502, "times": 9})).await;
    world.post("/api/v1/staff/sync", json!({})).await;
    world.post("/api/v1/staff/sync", json!({})).await;
    let before = calls(&world, "get_follow_user_list").await;
    world.until(at("2026-03-02 10:00")).await;
    let report = last(&world).await;
    assert_eq!((&report["found"]["new"], &report["found"]["checked"]), (&json!(0), &json!(3)), "{report:#}");
    // The rest of the first, and all of the second.
    assert!(calls(&world, "get_follow_user_list").await >= before + 2);
}

#[tokio::test]
async fn what_wecom_tells_of_members_is_looked_at_at_once() {
    let world = known_corp().await;
    world.sim("staff", json!({"userid": "sunli", "name": "孙丽", "departments": [3]})).await;
    hear(&world, "create_user", "<UserID>sunli</UserID><Department>3</Department>").await;
    assert_eq!(member(&world, "sunli").await["name"], "孙丽");
    world.sim("staff", json!({"userid": "sunli", "departments": [2]})).await;
    hear(&world, "update_user", "<UserID>sunli</UserID><Department>2</Department>").await;
    assert_eq!(member(&world, "sunli").await["departments"], json!([2]));
    // The very same event, as two changes of one second are told: asked again.
    world.sim("staff", json!({"userid": "sunli", "departments": [3]})).await;
    hear(&world, "update_user", "<UserID>sunli</UserID><Department>2</Department>").await;
    assert_eq!(member(&world, "sunli").await["departments"], json!([3]));
    world.sim("staff/sunli/leave", json!({})).await;
    hear(&world, "delete_user", "<UserID>sunli</UserID>").await;
    assert_eq!(member(&world, "sunli").await["status"]["is"], "left");
    world.sim("departments", json!({"id": 9, "name": "售后部", "parent": 1})).await;
    hear(&world, "create_party", "<Id>9</Id><Name>x</Name><ParentId>1</ParentId>").await;
    assert_eq!(world.get("/api/v1/departments").await.ok()["items"][3]["name"], "售后部");
}

#[tokio::test]
async fn a_new_userid_takes_the_role_along_and_the_old_one_keeps_none() {
    let world = known_corp().await;
    world.put("/api/v1/staff/oldli", json!({"name": "李"})).await.refused(201);
    change(&world, "oldli", json!({"role": "manager", "manages": [3]})).await.ok();
    // WeCom knows the new one only; what the event says alone moves nothing.
    hear(&world, "update_user", "<UserID>zhangwei</UserID><NewUserID>lina</NewUserID>").await;
    assert_eq!(member(&world, "lina").await["role"], "operator");
    world.sim("staff", json!({"userid": "newli", "name": "李新"})).await;
    hear(&world, "update_user", "<UserID>oldli</UserID><NewUserID>newli</NewUserID>").await;
    let new = member(&world, "newli").await;
    assert_eq!(
        (&new["role"], &new["manages"], &new["name"]),
        (&json!("manager"), &json!([3]), &json!("李新"))
    );
    let old = member(&world, "oldli").await;
    assert_eq!((&old["role"], &old["status"]["is"]), (&json!("operator"), &json!("left")));
}

#[tokio::test]
async fn a_record_is_changed_only_by_who_has_seen_it() {
    let world = known_corp().await;
    let path = "/api/v1/staff/lina";
    let read = world.get(path).await;
    let etag = read.headers["etag"].clone();
    let back = json!({"away": {"until": "2026-03-09T09:00:00+08:00"}});
    let problem = world.send(Method::PATCH, path, &[], Some(&back)).await.refused(428);
    assert_eq!(problem["code"], "precondition_required");
    let changed = change_as_of(&world, "lina", &etag, back).await;
    assert_ne!(changed.headers["etag"], etag);
    let changed = changed.ok();
    let stale = change_as_of(&world, "lina", &etag, json!({"away": null})).await.refused(412);
    assert_eq!(stale["current"], changed);
    world
        .send(Method::PATCH, "/api/v1/staff/nobody", &[("if-match", "*")], Some(&json!({})))
        .await
        .refused(404);
    // An absence ends by itself.
    world.until(at("2026-03-09 09:00")).await;
    assert_eq!(member(&world, "lina").await["status"], json!({"is": "active"}));
}

#[tokio::test]
async fn adding_somebody_again_renames_them_and_takes_nothing_away() {
    let world = known_corp().await;
    change(&world, "zhangwei", json!({"away": {"delegate": "lina"}})).await.ok();
    let before = member(&world, "zhangwei").await;
    let named = world.put("/api/v1/staff/zhangwei", json!({"name": "老张"})).await.ok();
    for kept in ["role", "manages", "departments", "status", "licensed"] {
        assert_eq!(named[kept], before[kept], "{kept}");
    }
    let stamp_before = stamp(&world).await;
    world.put("/api/v1/staff/zhangwei", json!({"name": "老张"})).await.ok();
    assert_eq!(stamp(&world).await, stamp_before);
}

#[tokio::test]
async fn nonsense_about_roles_and_delegates_is_refused_where_it_stands() {
    let world = known_corp().await;
    world.sim("staff", json!({"userid": "gone", "name": "走了"})).await;
    synchronise(&world).await;
    world.sim("staff/gone/leave", json!({})).await;
    synchronise(&world).await;
    change(&world, "wangfang", json!({"away": {}})).await.ok();
    for (body, pointer, code) in [
        (json!({"role": "manager"}), "/manages", "manager_without_departments"),
        (json!({"role": "manager", "manages": [77]}), "/manages", "unknown_department"),
        (json!({"manages": [2]}), "/manages", "not_a_manager"),
        (json!({"away": {"delegate": "lina"}}), "/away/delegate", "self_delegate"),
        (json!({"away": {"delegate": "nobody"}}), "/away/delegate", "unknown_staff"),
        (json!({"away": {"delegate": "gone"}}), "/away/delegate", "delegate_left"),
        (json!({"away": {"delegate": "wangfang"}}), "/away/delegate", "delegate_away"),
        (json!({"away": {"until": "2026-03-01T09:00:00+08:00"}}), "/away/until", "in_the_past"),
        (json!({"away": {"until": "morgen"}}), "/away/until", "bad_value"),
        (json!({"role": "boss"}), "/role", "unknown_value"),
        (json!({"name": "x"}), "/name", "unknown_field"),
    ] {
        let problem = change(&world, "lina", body.clone()).await.refused(422);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body} {problem:#}");
        if code != "unknown_value" {
            assert_eq!(problem["errors"][0]["code"], code, "{body} {problem:#}");
        }
    }
    let gone = change(&world, "gone", json!({"away": {}})).await.refused(422);
    assert_eq!(gone["errors"][0]["code"], "has_left");
}
