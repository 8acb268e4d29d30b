//! Members and departments.

use http::Method;
use serde_json::json;
use wecom::directory::{InDepartment, Status, UserId};
use wecom::{Class, Error};

use crate::double::{Double, token, url};

const USER: &str = r#"{"errcode":0,"errmsg":"ok","userid":"zhangsan","name":"张三","department":[1,"2"],"order":["1",2],"position":"后台工程师",
 "mobile":"13800000000","gender":"1","email":"zhangsan@gzdev.com","biz_mail":"z@q.wecom.work","is_leader_in_dept":[1,0],
 "direct_leader":["lisi"],"avatar":"http://wx.qlogo.cn/0","thumb_avatar":"http://wx.qlogo.cn/100","telephone":"020-123456","alias":"jackzhang",
 "address":"广州市","open_userid":"x","main_department":"1","extattr":{"attrs":[{"type":0,"name":"文本名称","text":{"value":"文本"}}]},
 "status":"1","qr_code":"https://open.work.weixin.qq.com/q","external_position":"产品经理",
 "external_profile":{"external_corp_name":"企业简称","external_attr":[]}}"#;

#[tokio::test]
async fn a_member_is_read_with_departments_and_status() {
    let (client, double) = Double::with(USER);
    let user = client.get_user(&token(), "zhang.san@x").await.expect("found");
    assert_eq!((user.userid.as_str(), user.name.as_str(), user.status), ("zhangsan", "张三", Status::Active));
    assert_eq!(
        user.departments,
        [
            InDepartment { id: 1, order: 1, is_leader: true },
            InDepartment { id: 2, order: 2, is_leader: false }
        ]
    );
    assert_eq!(
        (user.main_department, user.direct_leaders.as_slice()),
        (Some(1), ["lisi".to_owned()].as_slice())
    );
    assert_eq!(
        (user.position.as_deref(), user.external_position.as_deref()),
        (Some("后台工程师"), Some("产品经理"))
    );
    assert_eq!((user.alias.as_deref(), user.telephone.as_deref()), (Some("jackzhang"), Some("020-123456")));
    let asked = double.asked_once();
    assert_eq!((asked.method, asked.url), (Method::GET, url("user/get") + "&userid=zhang.san%40x"));
    for personal in ["张三", "工程师", "020-", "jack"] {
        assert!(!format!("{user:?}").contains(personal), "{user:?}");
    }
}

#[tokio::test]
async fn a_member_of_whom_little_is_told_is_a_member_and_one_without_id_is_none() {
    let (client, _) = Double::with(r#"{"userid":"a","department":[7],"order":null}"#);
    let user = client.get_user(&token(), "a").await.expect("found");
    assert_eq!(user.departments, [InDepartment { id: 7, order: 0, is_leader: false }]);
    assert_eq!((user.name.as_str(), user.status, user.main_department), ("", Status::Other(0), None));
    let (client, _) = Double::with(r#"{"errcode":0,"name":"张三"}"#);
    assert!(matches!(client.get_user(&token(), "a").await, Err(Error::NoAnswer { .. })));
}

#[tokio::test]
async fn every_status_has_its_name() {
    for (number, status) in [
        (1, Status::Active),
        (2, Status::Disabled),
        (4, Status::Inactive),
        (5, Status::Left),
        (3, Status::Other(3)),
    ] {
        let (client, _) = Double::with(&format!(r#"{{"userid":"a","status":{number}}}"#));
        assert_eq!(client.get_user(&token(), "a").await.expect("found").status, status);
    }
}

#[tokio::test]
async fn members_of_a_department_are_listed_with_and_without_details() {
    let (client, double) = Double::with(&format!(r#"{{"errcode":0,"userlist":[{USER}]}}"#));
    let users = client.list_users(&token(), 1).await.expect("listed");
    assert_eq!((users.len(), users[0].status), (1, Status::Active));
    let asked = double.asked_once();
    assert_eq!((asked.method, asked.url), (Method::GET, url("user/list") + "&department_id=1"));

    let (client, double) = Double::with(
        r#"{"errcode":0,"userlist":[{"userid":"zhangsan","name":"张三","department":[1,2],"open_userid":"x"},{"userid":"lisi"}]}"#,
    );
    let users = client.list_user_names(&token(), 4_294_967_295).await.expect("listed");
    assert_eq!((users[0].name.as_str(), users[0].departments.as_slice()), ("张三", [1, 2].as_slice()));
    assert_eq!((users[1].userid.as_str(), users[1].departments.len()), ("lisi", 0));
    assert!(!format!("{users:?}").contains("张三"));
    let asked = double.asked_once();
    assert_eq!(
        (asked.method, asked.url),
        (Method::GET, url("user/simplelist") + "&department_id=4294967295")
    );

    let (client, _) = Double::with("{}");
    assert!(client.list_users(&token(), 1).await.expect("listed").is_empty());
    let (client, _) = Double::with(r#"{"userlist":null}"#);
    assert!(client.list_user_names(&token(), 1).await.expect("listed").is_empty());
}

#[tokio::test]
async fn ids_of_all_members_come_by_page() {
    let (client, double) = Double::with(
        r#"{"errcode":0,"errmsg":"ok","next_cursor":"aaaaaa","dept_user":[{"userid":"zhangsan","department":1},{"userid":"zhangsan","department":"2"}]}"#,
    );
    let page = client.list_user_ids(&token(), Some("c"), Some(10_000)).await.expect("listed");
    assert_eq!(page.users[1], UserId { userid: "zhangsan".to_owned(), department: 2 });
    assert_eq!(page.next_cursor.as_deref(), Some("aaaaaa"));
    let asked = double.asked_once();
    assert_eq!((&asked.method, &asked.url), (&Method::POST, &url("user/list_id")));
    assert_eq!(asked.json(), json!({"cursor": "c", "limit": 10_000}));

    let (client, double) = Double::with(r#"{"next_cursor":""}"#);
    let page = client.list_user_ids(&token(), None, None).await.expect("listed");
    assert_eq!((page.users.len(), page.next_cursor), (0, None));
    assert_eq!(double.asked_once().json(), json!({}));
}

#[tokio::test]
async fn departments_are_listed_in_full_and_by_id() {
    let (client, double) = Double::with(
        r#"{"errcode":0,"department":[{"id":2,"name":"广州研发中心","name_en":"RDGZ","department_leader":["zhangsan"],"parentid":1,"order":"10"},
            {"id":"3","parentid":2}]}"#,
    );
    let departments = client.list_departments(&token(), Some(2)).await.expect("listed");
    let [first, second] = departments.as_slice() else { panic!("two departments") };
    assert_eq!((first.id, first.parentid, first.order), (2, 1, 10));
    assert_eq!((first.name.as_deref(), first.name_en.as_deref()), (Some("广州研发中心"), Some("RDGZ")));
    assert_eq!(
        (first.leaders.as_slice(), second.id, &second.name),
        (["zhangsan".to_owned()].as_slice(), 3, &None)
    );
    let asked = double.asked_once();
    assert_eq!((asked.method, asked.url), (Method::GET, url("department/list") + "&id=2"));

    let (client, double) = Double::with(r#"{"department_id":[{"id":2,"parentid":1,"order":10}]}"#);
    let departments = client.list_department_ids(&token(), None).await.expect("listed");
    assert_eq!((departments[0].id, departments[0].parentid), (2, 1));
    assert_eq!(double.asked_once().url, url("department/simplelist"));

    let (client, _) = Double::with("{}");
    assert!(client.list_departments(&token(), None).await.expect("listed").is_empty());
}

#[tokio::test]
async fn what_cannot_be_is_not_asked_for() {
    let (client, double) = Double::answering([]);
    let department = "is 0, not within 1 to 4294967295";
    for (error, expected) in [
        (client.get_user(&token(), "").await.map(drop), "user/get: userid: is required".to_owned()),
        (
            client.get_user(&token(), &"u".repeat(65)).await.map(drop),
            "user/get: userid: 65 bytes, at most 64".to_owned(),
        ),
        (client.list_users(&token(), 0).await.map(drop), format!("user/list: department_id: {department}")),
        (
            client.list_user_names(&token(), 0).await.map(drop),
            format!("user/simplelist: department_id: {department}"),
        ),
        (
            client.list_user_ids(&token(), None, Some(10_001)).await.map(drop),
            "user/list_id: limit: is 10001, not within 1 to 10000".to_owned(),
        ),
        (
            client.list_user_ids(&token(), Some(""), None).await.map(drop),
            "user/list_id: cursor: is required".to_owned(),
        ),
        (
            client.list_departments(&token(), Some(0)).await.map(drop),
            format!("department/list: id: {department}"),
        ),
    ] {
        assert_eq!(error.expect_err("invalid").to_string(), expected);
    }
    assert!(double.asked().is_empty());
}

#[tokio::test]
async fn refusals_of_the_directory_have_their_classes() {
    for (code, class) in
        [(60111, Class::State), (46004, Class::State), (48009, Class::Never), (60123, Class::Never)]
    {
        let refused = [
            Double::refusing(code).get_user(&token(), "a").await.map(drop),
            Double::refusing(code).list_users(&token(), 1).await.map(drop),
            Double::refusing(code).list_user_names(&token(), 1).await.map(drop),
            Double::refusing(code).list_user_ids(&token(), None, None).await.map(drop),
            Double::refusing(code).list_departments(&token(), None).await.map(drop),
            Double::refusing(code).list_department_ids(&token(), None).await.map(drop),
        ];
        for error in refused {
            let error = error.expect_err("refused");
            assert_eq!((error.code(), error.class(), error.is_ambiguous()), (Some(code), class, false));
        }
    }
}
