//! Who reads and changes what about whom.

use super::*;

/// Somebody who is signed in.
struct Person<'a> {
    world: &'a World,
    cookie: String,
    csrf: String,
}

impl<'a> Person<'a> {
    async fn sign_in(world: &'a World, userid: &str) -> Self {
        let answer = world.post("/api/v1/session/dev", json!({"userid": userid})).await;
        assert_eq!(answer.status, 200, "{:#}", answer.body);
        let cookie = answer.headers["set-cookie"].split(';').next().unwrap_or_default().to_owned();
        Self { world, cookie, csrf: text(&answer.body["csrf_token"]) }
    }

    async fn send(&self, method: Method, path: &str, etag: &str, body: &Value) -> Answer {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{}/api/v1/{path}", self.world.machine.address))
            .header("cookie", &self.cookie)
            .header("x-csrf-token", &self.csrf)
            .header("if-match", etag)
            .header("content-type", "application/json");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.world.raw(request.body(Bytes::from(body)).unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "*", &Value::Null).await
    }

    async fn change(&self, userid: &str, body: Value) -> Answer {
        self.send(Method::PATCH, &format!("staff/{userid}"), "*", &body).await
    }
}

fn userids(list: &Value) -> Vec<String> {
    items(&list["items"]).iter().map(|staff| text(&staff["userid"])).collect()
}

#[tokio::test]
async fn an_operator_reads_names_and_their_own_record() {
    let world = known_corp().await;
    let lina = Person::sign_in(&world, "lina").await;
    let all = lina.get("staff").await.ok();
    let name = |userid: &str, name: &str| json!({"userid": userid, "name": name});
    assert_eq!(all["items"][0], member(&world, "lina").await);
    assert_eq!((&all["items"][1], &all["items"][2]), (&name("wangfang", "王芳"), &name("zhangwei", "张伟")));
    assert_eq!(lina.get("staff/zhangwei").await.ok(), name("zhangwei", "张伟"));
    // What they may not read they cannot ask for either.
    assert_eq!(userids(&lina.get("staff?role=admin").await.ok()), [""; 0]);
    assert_eq!(userids(&lina.get("staff?status=active").await.ok()), ["lina"]);
    assert_eq!(userids(&lina.get("staff?q=%E5%BC%A0").await.ok()), ["zhangwei"]);
    for path in ["departments", "staff/sync"] {
        assert_eq!(lina.get(path).await.refused(403)["code"], "forbidden", "{path}");
    }
    lina.send(Method::POST, "staff/sync", "*", &json!({})).await.refused(403);
    lina.send(Method::PUT, "staff/lina", "*", &json!({"name": "老板"})).await.refused(403);
}

#[tokio::test]
async fn absences_are_for_oneself_ones_manager_and_admins_and_roles_for_admins_alone() {
    let world = known_corp().await;
    let away = json!({"away": {"until": "2026-03-09T09:00:00+08:00"}});
    let [boss, manager, operator] = ["wangfang", "zhangwei", "lina"];
    let people = [
        Person::sign_in(&world, boss).await,
        Person::sign_in(&world, manager).await,
        Person::sign_in(&world, operator).await,
    ];
    for (person, whose, status) in [
        (&people[2], operator, 200),
        (&people[2], manager, 403),
        (&people[2], boss, 403),
        (&people[1], operator, 200),
        (&people[1], manager, 200),
        (&people[1], boss, 403),
        (&people[0], operator, 200),
        (&people[0], boss, 200),
    ] {
        assert_eq!(person.change(whose, away.clone()).await.status, status, "{whose}");
    }
    for (person, status) in [(&people[2], 403), (&people[1], 403), (&people[0], 200)] {
        assert_eq!(person.change(operator, json!({"role": "operator"})).await.status, status);
        assert_eq!(person.change(operator, json!({"manages": []})).await.status, status);
    }
    // Whoever was refused has changed nothing.
    assert_eq!(member(&world, boss).await["role"], "admin");
}

#[tokio::test]
async fn a_manager_sees_their_departments_with_all_below() {
    let world = known_corp().await;
    let zhang = Person::sign_in(&world, "zhangwei").await;
    assert_eq!(userids(&zhang.get("staff?department=2").await.ok()), ["lina", "zhangwei"]);
    assert_eq!(userids(&zhang.get("staff?department=3&role=operator").await.ok()), ["lina"]);
    // The admin is in 1, of which 2 is a part, and not the other way round.
    assert_eq!(userids(&zhang.get("staff?department=1").await.ok()), ["lina", "zhangwei"]);
    assert_eq!(items(&zhang.get("departments").await.ok()["items"]).len(), 3);
    let one = zhang.get("staff?limit=1&status=active").await.ok();
    let next = text(&one["next_cursor"]);
    let two = zhang.get(&format!("staff?limit=1&status=active&cursor={next}")).await.ok();
    assert_eq!((userids(&one), userids(&two)), (vec!["lina".into()], vec!["zhangwei".into()]));
    let other = zhang.get(&format!("staff?limit=1&status=away&cursor={next}")).await.refused(400);
    assert_eq!(other["code"], "bad_cursor", "a cursor is good for its own filter");
}

#[tokio::test]
async fn the_last_admin_stays_one_unless_the_admin_token_says_otherwise() {
    let world = known_corp().await;
    let wang = Person::sign_in(&world, "wangfang").await;
    let operator = json!({"role": "operator"});
    let refused = wang.change("wangfang", operator.clone()).await.refused(422);
    assert_eq!(
        (&refused["errors"][0]["pointer"], &refused["errors"][0]["code"]),
        (&json!("/role"), &json!("last_admin"))
    );
    wang.change("lina", json!({"role": "admin"})).await.ok();
    assert_eq!(wang.change("wangfang", operator.clone()).await.ok()["role"], "operator");
    // An operator from then on, within the same session.
    assert_eq!(wang.change("lina", operator.clone()).await.refused(403)["code"], "forbidden");
    assert_eq!(change(&world, "lina", operator).await.ok()["role"], "operator");
}
