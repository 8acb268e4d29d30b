//! Signing in: through WeCom, from inside it and from a browser, and with the simulated one as anybody.

use http::Method;
use serde_json::{Value, json};
use tests::{Answer, Visitor, World, items, text};

use super::{access::set_role, price::company};

const START: &str = "/api/v1/session/start";
const WECOM: &str = "Mozilla/5.0 (iPhone) Mobile wxwork/4.1.36 MicroMessenger/7.0.1";
const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/144.0";

/// Where somebody is sent from a page of WeCom's on which they pick who they are.
async fn pick(visitor: &mut Visitor, page: &Answer, who: &str) -> Answer {
    let link = page.page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let link =
        link.map(|link| link.replace("&amp;", "&")).find(|link| link.ends_with(&format!("userid={who}")));
    let link = link.unwrap_or_else(|| panic!("{who} is not offered: {}", page.page));
    visitor.get(&link).await
}

/// Begins to sign in; gives the address with code and state to which WeCom sends the browser back.
async fn as_far_as_the_code(visitor: &mut Visitor, who: &str) -> String {
    let start = visitor.get(START).await;
    assert_eq!(start.status, 303, "{}", start.page);
    let page = visitor.get(&start.headers["location"]).await;
    assert_eq!(page.status, 200, "{}", page.page);
    let back = pick(visitor, &page, who).await;
    assert_eq!(back.status, 302, "{}", back.page);
    back.headers["location"].clone()
}

async fn sign_in(visitor: &mut Visitor, who: &str) -> Answer {
    let back = as_far_as_the_code(visitor, who).await;
    visitor.get(&back).await
}

fn cookie<'a>(answer: &'a Answer, name: &str) -> &'a str {
    let found = answer.cookies.iter().find(|line| line.starts_with(&format!("{name}=")));
    found.unwrap_or_else(|| panic!("no cookie {name}: {:?}", answer.cookies))
}

async fn sessions(world: &World, userid: &str) -> Vec<Value> {
    items(&world.get(&format!("/api/v1/staff/{userid}/sessions")).await.ok()["items"])
}

#[tokio::test]
async fn a_member_signs_in_inside_wecom_and_in_a_browser_and_comes_to_where_they_wanted() {
    let world = company().await;
    for (agent, page) in [(WECOM, "/connect/oauth2/authorize"), (BROWSER, "/wwlogin/sso/login")] {
        let mut zhang = world.visitor().with("user-agent", agent);
        let start = zhang.get("/api/v1/session/start?return_to=/board/sales%3Fstage=price").await;
        assert_eq!(start.status, 303, "{}", start.page);
        let location = start.headers["location"].clone();
        assert!(location.contains(page), "{agent} is sent to {location}");
        let asked = zhang.get(&location).await;
        let back = pick(&mut zhang, &asked, "zhang").await.headers["location"].clone();
        let done = zhang.get(&back).await;
        assert_eq!((done.status, done.headers["location"].as_str()), (303, "/board/sales?stage=price"));

        zhang.learn_csrf().await;
        let me = zhang.get("/api/v1/me").await.ok();
        assert_eq!(
            (&me["kind"], &me["userid"], &me["name"]),
            (&json!("session"), &json!("zhang"), &json!("张三"))
        );
        assert_eq!(me["role"], "operator");
        world.customer(&format!("wm{}", agent.len()), "王先生", "zhang").await;
        let moved = json!({"board": "sales", "stage": "price"});
        zhang.put(&format!("/api/v1/customers/wm{}/stage", agent.len()), moved).await.ok();
    }
    let means: Vec<String> = sessions(&world, "zhang").await.iter().map(|one| text(&one["means"])).collect();
    assert_eq!(means, ["wecom", "wecom"]);
    // Whoever knows better than the browser's name says so.
    let mut anybody = world.visitor().with("user-agent", BROWSER);
    let start = anybody.get("/api/v1/session/start?at=wecom").await;
    assert!(start.headers["location"].contains("/connect/oauth2/authorize"));
}

#[tokio::test]
async fn cookies_are_kept_from_scripts_other_sites_and_plain_connections() {
    let world = company().await;
    let mut zhang = world.visitor();
    let start = zhang.get(START).await;
    let pending = cookie(&start, "stepwise-sign-in").to_owned();
    assert!(pending.contains("; Max-Age=600"), "{pending}");
    let back = as_far_as_the_code(&mut zhang, "zhang").await;
    let done = zhang.get(&back).await;
    let session = cookie(&done, "stepwise").to_owned();
    assert!(session.contains("; Max-Age=28800"), "{session}");
    for line in [&pending, &session] {
        for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/"] {
            assert!(line.contains(attribute), "{line}");
        }
        assert!(!line.contains("Domain="), "{line}");
        assert!(!line.contains("Secure"), "there is no https here: {line}");
    }
    assert!(cookie(&done, "stepwise-sign-in").contains("Max-Age=0"), "the sign-in is over");

    // Reached by https, they carry Secure and belong to this very host.
    let public = [("STEPWISE_PUBLIC_URL", "https://stepwise.example")];
    let world = World::with_settings(world.now(), &public).await;
    world.staff(&[("zhang", "张三")]).await;
    let start = world.visitor().get(START).await;
    assert!(cookie(&start, "__Host-stepwise-sign-in").ends_with("; Secure"), "{:?}", start.cookies);
    let sent_to = start.headers["location"].clone();
    assert!(sent_to.contains("redirect_uri=https%3A%2F%2Fstepwise.example%2Fapi%2Fv1%2Fsession%2Fcallback"));
    let mut zhang = world.visitor();
    let answer = zhang.sign_in_as("zhang").await;
    let line = cookie(&answer, "__Host-stepwise");
    assert!(line.contains("; Secure") && line.contains("; Path=/") && !line.contains("Domain="), "{line}");
    zhang.get("/api/v1/me").await.ok();
}

#[tokio::test]
async fn somebody_elses_code_signs_no_browser_in() {
    let world = company().await;
    let (mut mallory, mut zhang) = (world.visitor(), world.visitor());
    // Mallory begins, and has Zhang's browser end it: Zhang would work in Mallory's name.
    let back = as_far_as_the_code(&mut mallory, "li").await;
    for _ in 0..2 {
        let refused = zhang.get(&back).await;
        assert!(refused.cookies.is_empty(), "{:?}", refused.cookies);
        assert_eq!(refused.refused(401)["code"], "sign_in_failed");
        zhang.get("/api/v1/me").await.refused(401);
        // The same where Zhang has a sign-in of their own under way.
        zhang.get(START).await;
    }
    let state = back.split("state=").nth(1).unwrap().to_owned();
    for forged in
        [back.replace(&state, ""), back.replace(&state, &"0".repeat(32)), back.replace("code=", "c=")]
    {
        assert_eq!(mallory.get(&forged).await.refused(401)["code"], "sign_in_failed", "{forged}");
    }
    assert!(sessions(&world, "li").await.is_empty());
    assert_eq!(mallory.get(&back).await.status, 303, "the browser that began it ends it");
}

#[tokio::test]
async fn a_code_is_good_once_and_not_for_long() {
    let world = company().await;
    let mut zhang = world.visitor();
    let back = as_far_as_the_code(&mut zhang, "zhang").await;
    let pending = zhang.cookies.clone();
    assert_eq!(zhang.get(&back).await.status, 303);
    let mut again = world.visitor();
    again.cookies = pending;
    assert_eq!(again.get(&back).await.refused(401)["code"], "sign_in_failed", "used twice");

    let mut slow = world.visitor();
    let back = as_far_as_the_code(&mut slow, "zhang").await;
    world.until(world.now().plus_mins(6)).await;
    assert_eq!(slow.get(&back).await.refused(401)["code"], "sign_in_failed", "WeCom's code has lapsed");
    assert_eq!(sessions(&world, "zhang").await.len(), 1);
}

#[tokio::test]
async fn outsiders_and_members_who_are_not_known_here_get_a_page_that_says_what_to_do() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.sim("staff", json!({"userid": "sun", "name": "孙丽"})).await;
    for who in ["wmA", "sun"] {
        let mut somebody = world.visitor().with("user-agent", WECOM);
        let refused = sign_in(&mut somebody, who).await;
        assert_eq!(refused.body["code"], "not_staff", "{who}: a program is told in JSON: {}", refused.page);
        assert_eq!(refused.status, 403);

        let mut somebody = world.visitor().with("user-agent", WECOM).with("accept", "text/html,*/*;q=0.8");
        let refused = sign_in(&mut somebody, who).await;
        assert_eq!(
            (refused.status, refused.headers["content-type"].as_str()),
            (403, "text/html; charset=utf-8")
        );
        for words in ["登录未成功", "您还没有开通，请联系管理员同步成员", START] {
            assert!(refused.page.contains(words), "{words}: {}", refused.page);
        }
        assert!(refused.headers["content-security-policy"].contains("default-src 'none'"));
        somebody.get("/api/v1/me").await.refused(401);
    }
    assert!(sessions(&world, "sun").await.is_empty());
}

#[tokio::test]
async fn nobody_is_sent_to_another_site_after_signing_in() {
    let world = company().await;
    for bad in [
        "https://evil.example",
        "//evil.example",
        "/%5Cevil.example",
        "%5C%5Cevil.example",
        "javascript:alert(1)",
        "/a%0D%0ALocation:%20https://evil.example",
        "/%09/evil.example",
        "board",
        "",
    ] {
        let refused = world.visitor().get(&format!("{START}?return_to={bad}")).await;
        assert!(refused.cookies.is_empty() && !refused.headers.contains_key("location"), "{bad}");
        assert_eq!(refused.refused(422)["errors"][0]["pointer"], "/return_to", "{bad}");
    }
    // What the browser keeps of it is looked at again.
    let mut zhang = world.visitor();
    let back = as_far_as_the_code(&mut zhang, "zhang").await;
    let pending = zhang.cookies.get_mut("stepwise-sign-in").unwrap();
    let state = pending.split('.').next().unwrap().to_owned();
    *pending = format!("{state}.aHR0cHM6Ly9ldmlsLmV4YW1wbGU");
    assert_eq!(zhang.get(&back).await.headers["location"], "/");
}

#[tokio::test]
async fn signing_out_ends_the_session_and_no_other() {
    let world = company().await;
    let (mut phone, mut desk) = (world.signed_in("zhang").await, world.signed_in("zhang").await);
    let stolen = phone.clone();
    let out = phone.delete("/api/v1/session").await;
    assert_eq!(out.status, 204);
    assert!(cookie(&out, "stepwise").contains("Max-Age=0"));
    for mut gone in [phone, stolen] {
        assert_eq!(gone.get("/api/v1/me").await.refused(401)["code"], "unauthorized");
    }
    desk.get("/api/v1/me").await.ok();
    let own = items(&desk.get("/api/v1/staff/zhang/sessions").await.ok()["items"]);
    assert_eq!((own.len(), &own[0]["current"], &own[0]["means"]), (1, &json!(true), &json!("dev")));
}

#[tokio::test]
async fn an_admin_ends_the_sessions_of_others_at_once_and_it_is_noted() {
    let world = company().await;
    set_role(&world, "li", json!({"role": "admin"})).await;
    let (mut one, mut two) = (world.signed_in("zhang").await, world.signed_in("zhang").await);
    let mut li = world.signed_in("li").await;
    let listed = items(&one.get("/api/v1/staff/zhang/sessions").await.ok()["items"]);
    let of_two = listed.iter().find(|session| session["current"] == false).unwrap();
    let path = format!("/api/v1/staff/zhang/sessions/{}", text(&of_two["id"]));
    assert_eq!(li.delete(&path).await.status, 204);
    two.get("/api/v1/me").await.refused(401);
    one.get("/api/v1/me").await.ok();
    li.delete(&path).await.refused(404);

    assert_eq!(li.delete("/api/v1/staff/zhang/sessions").await.status, 204);
    one.get("/api/v1/me").await.refused(401);
    li.get("/api/v1/me").await.ok();
    let noted = li.get("/api/v1/audit?action=session&target=session/zhang").await.ok();
    let noted: Vec<_> =
        items(&noted["items"]).iter().map(|one| (text(&one["action"]), text(&one["by"]["id"]))).collect();
    let ended = noted.iter().filter(|(action, by)| action == "session.end" && by == "li").count();
    let begun = noted.iter().filter(|(action, by)| action == "session.begin" && by == "zhang").count();
    assert_eq!((ended, begun), (2, 2), "{noted:?}");
}

#[tokio::test]
async fn whoever_leaves_is_out_at_the_next_request() {
    let world = company().await;
    let mut zhang = world.signed_in("zhang").await;
    let mut waiting = world.visitor();
    let back = as_far_as_the_code(&mut waiting, "zhang").await;
    world.sim("staff/zhang/leave", json!({})).await;
    world.post("/api/v1/staff/sync", json!({})).await.ok();
    world.machine.settle().await.unwrap();
    assert_eq!(world.get("/api/v1/staff/zhang").await.ok()["status"]["is"], "left");
    zhang.get("/api/v1/me").await.refused(401);
    assert!([401, 403].contains(&waiting.get(&back).await.status), "nor do they come in again");
    assert_eq!(world.visitor().sign_in_as("zhang").await.refused(403)["code"], "not_staff");
}

#[tokio::test]
async fn a_session_ends_after_eight_hours() {
    let world = company().await;
    let mut zhang = world.signed_in("zhang").await;
    let began = world.now();
    let listed = &sessions(&world, "zhang").await[0];
    assert_eq!(listed["expires_at"], began.plus_mins(8 * 60).to_string());
    world.until(began.plus_secs(8 * 3600 - 1)).await;
    zhang.get("/api/v1/me").await.ok();
    world.until(began.plus_mins(8 * 60)).await;
    zhang.get("/api/v1/me").await.refused(401);
    assert!(sessions(&world, "zhang").await.is_empty());
}

#[tokio::test]
async fn the_twenty_first_session_ends_the_oldest_and_beginnings_are_paced() {
    let world = company().await;
    let mut all = Vec::new();
    for _ in 0..20 {
        all.push(world.signed_in("zhang").await);
        world.until(world.now().plus_secs(1)).await;
    }
    let slow_down = world.visitor().sign_in_as("zhang").await;
    let wait: i64 = slow_down.headers["retry-after"].parse().unwrap();
    assert_eq!(slow_down.refused(429)["code"], "too_many_attempts");
    assert!((1..=60).contains(&wait), "{wait}");
    world.signed_in("li").await;
    world.until(world.now().plus_secs(wait)).await;

    all.push(world.signed_in("zhang").await);
    let mut lives = Vec::new();
    for visitor in &mut all {
        lives.push(visitor.get("/api/v1/me").await.status == 200);
    }
    assert_eq!(lives, [&[false][..], &[true; 20]].concat());
    assert_eq!(sessions(&world, "zhang").await.len(), 20);
}

#[tokio::test]
async fn with_the_simulated_wecom_one_signs_in_as_anybody_who_is_known() {
    let world = company().await;
    let persons = world.visitor().get("/api/v1/session/dev").await.ok();
    let persons: Vec<String> = items(&persons["items"]).iter().map(|one| text(&one["userid"])).collect();
    assert_eq!(persons, ["li", "zhang"]);
    let mut zhang = world.visitor().with("user-agent", BROWSER);
    let first = zhang.sign_in_as("ZhAng").await.ok();
    assert_eq!(first["userid"], "zhang", "WeCom's userids know no case");
    let current = zhang.get("/api/v1/session").await.ok();
    assert_eq!(current["csrf_token"], first["csrf_token"]);
    let listed = &sessions(&world, "zhang").await[0];
    assert_eq!((&listed["agent"], &listed["ip"]), (&json!(BROWSER), &json!("127.0.0.1")));

    // Who signs in again has a new session, never the one that the browser brought along.
    let before = zhang.cookies["stepwise"].clone();
    zhang.sign_in_as("li").await.ok();
    assert_ne!(zhang.cookies["stepwise"], before);
    assert_eq!(zhang.get("/api/v1/me").await.ok()["userid"], "li");

    for (bad, status) in [(json!("nobody"), 403), (json!("a b"), 422), (json!(""), 422), (json!(7), 422)] {
        let mut somebody = world.visitor();
        somebody.post("/api/v1/session/dev", json!({"userid": bad})).await.refused(status);
        assert!(somebody.cookies.is_empty());
    }
    let evil = [("origin", "https://evil.example")];
    let body = json!({"userid": "zhang"});
    let foreign = world.visitor().send(Method::POST, "/api/v1/session/dev", &evil, Some(&body)).await;
    assert_eq!(foreign.refused(403)["code"], "csrf");
}
