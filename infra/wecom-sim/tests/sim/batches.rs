use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::callers::code;

const BATCH: &str = "externalcontact/batch/get_by_user";

/// `staff` members with `each` customers of their own, and one whom they all share.
async fn shop(staff: usize, each: usize) -> (Bench, Vec<String>) {
    let bench = Bench::new();
    let members = stock(&bench, staff, each).await;
    (bench, members)
}

async fn stock(bench: &Bench, staff: usize, each: usize) -> Vec<String> {
    bench.control("customers", json!({"external_userid": "wmShared"})).await;
    let mut members = Vec::new();
    for s in 0..staff {
        let userid = format!("Seller{s}");
        bench.control("staff", json!({"userid": userid})).await;
        bench.control("customers/wmShared/add", json!({"userid": userid})).await;
        for c in 0..each {
            let id = format!("wm{s}x{c}");
            bench.control("customers", json!({"external_userid": id})).await;
            bench.control(&format!("customers/{id}/add"), json!({"userid": userid})).await;
        }
        members.push(userid);
    }
    members
}

/// All rows as (member, customer), and how many rows each page had.
async fn read(bench: &Bench, members: &[String], limit: Value) -> (Vec<(String, String)>, Vec<usize>) {
    let (mut rows, mut pages, mut cursor) = (Vec::new(), Vec::new(), String::new());
    loop {
        let ask = json!({"userid_list": members, "cursor": cursor, "limit": limit});
        let page = bench.post(BATCH, ask).await;
        assert_eq!(code(&page), 0, "{page}");
        let list = page["external_contact_list"].as_array().expect("a list");
        pages.push(list.len());
        rows.extend(list.iter().map(|row| {
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            (text(&row["follow_info"]["userid"]), text(&row["external_contact"]["external_userid"]))
        }));
        cursor = page["next_cursor"].as_str().expect("a cursor").to_owned();
        if cursor.is_empty() {
            return (rows, pages);
        }
    }
}

#[tokio::test]
async fn every_pair_of_member_and_customer_comes_once_however_short_the_pages() {
    let (bench, members) = shop(4, 20).await;
    let (rows, pages) = read(&bench, &members, json!(7)).await;
    assert_eq!(rows.len(), 4 * 21);
    assert_eq!(rows.iter().collect::<BTreeSet<_>>().len(), 4 * 21);
    assert!(pages.iter().all(|rows| *rows <= 7), "{pages:?}");
    assert!(pages[..pages.len() - 1].iter().any(|rows| *rows < 7), "the seed makes some short: {pages:?}");
    assert!(rows.iter().all(|(userid, _)| userid.starts_with("seller")), "in lower case");
}

#[tokio::test]
async fn fifty_rows_unless_said_and_never_more_than_a_hundred() {
    let (bench, members) = shop(2, 120).await;
    for (limit, most) in [(json!(null), 50), (json!(100), 100), (json!(5000), 100), (json!(0), 50)] {
        let (rows, pages) = read(&bench, &members, limit.clone()).await;
        assert_eq!(rows.len(), 242);
        assert_eq!(pages.iter().max(), Some(&most), "{limit}: {pages:?}");
    }
}

#[tokio::test]
async fn the_seed_decides_which_pages_are_short() {
    let mut seen = BTreeSet::new();
    for seed in [1, 2, 3, 1] {
        let bench = Bench::seeded(seed);
        let members = stock(&bench, 2, 30).await;
        seen.insert(read(&bench, &members, json!(5)).await.1);
    }
    assert_eq!(seen.len(), 3, "the same seed, the same pages: {seen:?}");
}

#[tokio::test]
async fn a_row_carries_tag_ids_and_no_personal_tags() {
    let (bench, _) = Bench::befriended().await;
    let tag = bench.app_tag("状态", "新").await;
    bench.mark(&tag).await;
    let edit = json!({"external_userid": "wmAnna", "add_personal": ["爱喝茶"], "remark": "安娜"});
    bench.control("staff/LiMing/tag", edit).await;
    let page = bench.post(BATCH, json!({"userid_list": ["LIMING", "liming"]})).await;
    let list = page["external_contact_list"].as_array().expect("a list");
    assert_eq!(list.len(), 1, "a member named twice is one");
    let follow = &list[0]["follow_info"];
    assert_eq!(follow["tag_id"], json!([tag]));
    assert_eq!(follow["remark"], "安娜");
    assert_eq!(follow["oper_userid"], "wmAnna");
    assert!(follow.get("tags").is_none());
    assert!(!page.to_string().contains("爱喝茶"));
    assert_eq!(list[0]["external_contact"]["name"], "安娜");
    assert_eq!(page["next_cursor"], "");
    assert!(page.get("fail_info").is_none(), "nobody to complain of");
}

#[tokio::test]
async fn blocked_members_stay_in_and_half_added_or_deleted_ones_stay_out() {
    let (bench, members) = shop(1, 3).await;
    bench.control("customers/wm0x0/block", json!({"userid": "Seller0"})).await;
    bench.control("staff/Seller0/delete", json!({"external_userid": "wm0x1"})).await;
    bench.control("customers", json!({"external_userid": "wmHalf"})).await;
    bench.control("customers/wmHalf/add", json!({"userid": "Seller0", "half": true})).await;
    let (rows, _) = read(&bench, &members, json!(100)).await;
    let customers: Vec<&str> = rows.iter().map(|(_, customer)| customer.as_str()).collect();
    assert_eq!(customers, ["wm0x0", "wm0x2", "wmShared"]);
}

#[tokio::test]
async fn members_without_a_licence_are_named_and_the_others_answered() {
    let (bench, members) = shop(3, 1).await;
    bench.control("staff/Seller1/licence", json!({"on": false})).await;
    bench.control("staff/Seller2/leave", json!({})).await;
    let page = bench.post(BATCH, json!({"userid_list": members})).await;
    assert_eq!(page["fail_info"], json!({"unlicensed_userid_list": ["seller1", "seller2"]}));
    assert_eq!(page["external_contact_list"].as_array().map(Vec::len), Some(2));
    let none = bench.post(BATCH, json!({"userid_list": ["Seller1"]})).await;
    assert_eq!((code(&none), &none["external_contact_list"]), (0, &json!([])));
}

#[tokio::test]
async fn lists_and_cursors_are_looked_at() {
    let (bench, members) = shop(2, 3).await;
    let many: Vec<String> = (0..101).map(|n| format!("m{n}")).collect();
    let first = bench.post(BATCH, json!({"userid_list": members, "limit": 1})).await;
    let cursor = first["next_cursor"].as_str().expect("a cursor");
    assert!(!cursor.is_empty() && !cursor.contains("seller"), "opaque");
    for (body, errcode) in [
        (json!({}), 40063),
        (json!({"userid_list": []}), 40063),
        (json!({"userid_list": many}), 40032),
        (json!({"userid_list": ["nobody"]}), 40031),
        (json!({"userid_list": members, "cursor": "garbage"}), 50100),
        (json!({"userid_list": members, "cursor": "!!"}), 50100),
        (json!({"userid_list": ["Seller0"], "cursor": cursor}), 50100),
        (json!({"userid_list": members, "cursor": cursor}), 0),
    ] {
        assert_eq!(code(&bench.post(BATCH, body.clone()).await), errcode, "{body}");
    }
}

#[tokio::test]
async fn a_page_goes_on_where_it_stopped_though_people_come_and_go() {
    let (bench, members) = shop(1, 4).await;
    let ask = |cursor: &Value| json!({"userid_list": members, "limit": 1, "cursor": cursor});
    let first = bench.post(BATCH, ask(&json!(""))).await;
    assert_eq!(first["external_contact_list"][0]["external_contact"]["external_userid"], "wm0x0");
    bench.control("staff/Seller0/delete", json!({"external_userid": "wm0x0"})).await;
    let second = bench.post(BATCH, ask(&first["next_cursor"])).await;
    assert_eq!(second["external_contact_list"][0]["external_contact"]["external_userid"], "wm0x1");
}
