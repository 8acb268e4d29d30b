//! A corp of some size, read as an import reads it.

#![expect(clippy::print_stdout, reason = "a test of limits says what it counted")]

use std::collections::BTreeSet;

use app::Lane;
use serde_json::json;
use tests::World;
use wecom::contact::BatchQuery;

const STAFF: usize = 100;
const CUSTOMERS: usize = 10_000;

#[tokio::test]
async fn ten_thousand_customers_of_a_hundred_staff_are_read_within_the_limits() {
    let world = World::new().await;
    world
        .sim("population", json!({"staff": STAFF, "customers": CUSTOMERS, "days": 365, "silent": true}))
        .await;
    let app = &world.machine.app;
    let wecom = app.wecom(Lane::Bulk);
    let granted = wecom.get_token(&app.corp.corp_id, app.corp.secret.expose()).await.expect("a token");
    let token = granted.access_token;
    let userid_list = wecom.list_follow_users(&token).await.expect("licensed members");
    assert_eq!(userid_list.len(), STAFF);
    let (mut customers, mut relations, mut calls, mut cursor) = (BTreeSet::new(), 0, 0, None);
    loop {
        let query = BatchQuery { userid_list: userid_list.clone(), cursor, limit: Some(100) };
        let page = wecom.batch_get_contacts(&token, &query).await.expect("within the limits");
        calls += 1;
        relations += page.contacts.len();
        customers.extend(page.contacts.into_iter().map(|contact| contact.external_userid));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    println!("{} customers, {relations} relations, {calls} calls of batch/get_by_user", customers.len());
    assert_eq!(customers.len(), CUSTOMERS);
    let limits = world.get("/sim/control/limits").await.ok();
    let counted = &limits["apis"]["externalcontact/batch/get_by_user"]["minute"];
    assert_eq!(counted, calls, "{limits:#}");
}
