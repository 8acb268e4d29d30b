//! Guessing: slow, futile, and without a trace but for a bucket of its kind.

#![expect(clippy::print_stdout, reason = "a test of limits says how close it came")]

use futures::StreamExt as _;
use http::Method;
use serde_json::json;
use tests::{Answer, World};

use super::super::access::corp;

const GUESSES: usize = 10_000;
/// Guesses under way at a time.
const AT_ONCE: usize = 16;
/// What is forgiven of each kind before it gets slow.
const FORGIVEN: usize = 30;

/// Memory of this process that is in use, the product and the test.
pub(crate) fn resident_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// The n-th guess: tokens of every shape, and userids.
async fn guess(world: &World, known: &str, n: usize) -> Answer {
    let unknown = format!("{n:012x}");
    let token = match n % 4 {
        0 => format!("sw_{known}_{n:064x}"),
        1 => format!("sw_{unknown}_{n:064x}"),
        2 => format!("password{n}"),
        _ => return world.visitor().sign_in_as(&format!("guess{n}")).await,
    };
    let bearer = format!("Bearer {token}");
    world.visitor().send(Method::GET, "/api/v1/boards", &[("authorization", &bearer)], None).await
}

#[tokio::test]
async fn ten_thousand_guesses_get_slow_and_leave_two_buckets() {
    let world = corp().await;
    let ends = world.now().plus_days(1).to_string();
    let wanted = json!({"name": "脚本", "scopes": ["playbook:read"], "expires_at": ends});
    let made = world.post("/api/v1/tokens", wanted).await.ok();
    let (id, token) = (tests::text(&made["id"]), tests::text(&made["token"]));
    let mut script = world.visitor().with("authorization", &format!("Bearer {token}"));
    let mut zhang = world.signed_in("zhang").await;
    script.get("/api/v1/boards").await.ok();
    let before = world.kept().await;

    let first = guess(&world, &id, 0).await;
    assert_eq!(first.refused(401)["code"], "unauthorized");
    let all = futures::stream::iter(1..GUESSES).map(|n| guess(&world, &id, n)).buffer_unordered(AT_ONCE);
    let mut all = Box::pin(all);
    let (mut counts, mut resident) = ([0, 0, 0], 0);
    while let Some(answer) = all.next().await {
        let sum: usize = counts.iter().sum();
        if sum == GUESSES / 10 {
            resident = resident_kib();
        }
        if sum.is_multiple_of(1000) {
            // Whoever has the right one is not held up.
            script.get("/api/v1/boards").await.ok();
            zhang.get("/api/v1/boards").await.ok();
        }
        let (place, code) = match answer.status {
            401 => (0, "unauthorized"),
            403 => (1, "not_staff"),
            _ => (2, "too_many_attempts"),
        };
        counts[place] += 1;
        if answer.status == 429 {
            let wait: u32 = answer.headers["retry-after"].parse().unwrap();
            assert!((1..=11).contains(&wait), "{wait}");
        }
        assert_eq!(answer.body["code"], code, "{:#}", answer.body);
        assert!(answer.cookies.is_empty());
    }
    let grown = resident_kib().saturating_sub(resident);
    let [unknown, no_staff, slowed] = counts;
    println!(
        "{GUESSES} guesses: {} answered, {slowed} slowed down; {grown} KiB more of memory over the last 90 %",
        1 + unknown + no_staff
    );
    assert_eq!((1 + unknown, no_staff), (FORGIVEN, FORGIVEN), "tokens and sign-ins");
    assert_eq!(1 + unknown + no_staff + slowed, GUESSES);
    assert!(grown < 32 * 1024, "{grown} KiB");

    let kept = world.kept().await;
    let more: Vec<_> = kept.iter().filter(|item| !before.contains(item)).collect();
    let of = |kind: &str| more.iter().filter(|item| item.contains(kind)).count();
    assert_eq!((more.len(), of("sign-in-from-"), of("sign-in-token-")), (2, 1, 1), "{more:#?}");
    assert!(before.iter().all(|item| kept.contains(item)), "and nothing else changed");

    // From this address nobody signs in for a while; whoever is in stays in.
    world.visitor().sign_in_as("li").await.refused(429);
    zhang.get("/api/v1/me").await.ok();
    world.until(world.now().plus_secs(11)).await;
    assert_eq!(guess(&world, &id, 0).await.status, 401);
    world.until(world.now().plus_mins(6)).await;
    world.visitor().sign_in_as("li").await.ok();
}

#[tokio::test]
async fn wrong_tokens_keep_nobody_from_signing_in() {
    let world = corp().await;
    for n in 0..60 {
        let bearer = format!("Bearer wrong{n}");
        let headers = [("authorization", bearer.as_str())];
        let answer = world.visitor().send(Method::GET, "/api/v1/boards", &headers, None).await;
        assert_eq!(answer.status, if n < FORGIVEN { 401 } else { 429 });
    }
    for _ in 0..60 {
        let path = "/api/v1/session/callback?code=x&state=y";
        assert_eq!(world.visitor().send(Method::GET, path, &[], None).await.status, 401, "guesses nothing");
    }
    world.visitor().sign_in_as("li").await.ok();
}
