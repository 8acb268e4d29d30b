//! What became of mass messages.

use http::Method;
use serde_json::{Value, json};
use wecom::mass::{
    ChatType, Delivery, MAX_WINDOW_S, MassOrigin, MassResult, MassTask, OriginFilter, RecordQuery, TaskState,
};
use wecom::{Class, Error};

use crate::double::{Double, token, url};

const MONTH: RecordQuery = RecordQuery {
    chat_type: ChatType::Single,
    start_time: 1_605_171_726,
    end_time: 1_605_171_726 + MAX_WINDOW_S,
    creator: None,
    origin: OriginFilter::Corp,
    cursor: None,
    limit: None,
};

#[tokio::test]
async fn records_are_read_with_their_oddities() {
    let answer = json!({
        "errcode": 0, "errmsg": "ok", "next_cursor": "CURSOR",
        "group_msg_list": [
            {
                "msgid": "msgGCAAAXtWyujaWJHDDGi0mAAAA", "creator": "xxxx", "create_time": "1605171726", "create_type": 1,
                "text": {"content": "文本消息内容"},
                "attachments": [
                    {"msgtype": "image", "image": {"media_id": "MEDIA_ID", "pic_url": "http://p.qpic.cn/pic_wework/3474110808"}},
                    {"msgtype": "link", "link": {"title": "消息标题", "picurl": "https://e/pic", "desc": "消息描述", "url": "https://e"}},
                    {"msgtype": "miniprogram", "miniprogram": {"title": "标题", "appid": "wx8bd80126147df384", "page": "/path/index"}},
                    {"msgtype": "video", "video": {"media_id": "VIDEO"}},
                    {"msgtype": "new_kind", "new_kind": {"title": {"odd": 1}}},
                    {},
                ],
            },
            {"msgid": "msg2", "create_time": 1605171727, "create_type": 0},
            {"msgid": "msg3", "create_type": 7, "text": {"content": ""}, "attachments": null},
            {"msgid": "msg4", "text": null},
        ],
    });
    let (client, _) = Double::with(&answer.to_string());
    let page = client.list_mass_messages(&token(), &MONTH).await.expect("listed");
    assert_eq!(page.next_cursor.as_deref(), Some("CURSOR"));
    let [first, by_api, odd, bare] = page.records.as_slice() else { panic!("four records") };
    assert_eq!((first.creator.as_deref(), first.create_time), (Some("xxxx"), Some(1_605_171_726)));
    assert_eq!((first.origin, first.text.as_deref()), (MassOrigin::Personal, Some("文本消息内容")));
    let kinds: Vec<_> = first.attachments.iter().map(|attachment| attachment.msgtype.as_str()).collect();
    assert_eq!(kinds, ["image", "link", "miniprogram", "video", "new_kind", ""]);
    assert_eq!(first.attachments[0].media_id.as_deref(), Some("MEDIA_ID"));
    assert_eq!(first.attachments[1].url.as_deref(), Some("https://e"));
    assert_eq!(first.attachments[2].page.as_deref(), Some("/path/index"));
    assert_eq!(first.attachments[3].media_id.as_deref(), Some("VIDEO"));
    assert_eq!((by_api.creator.as_deref(), by_api.origin), (None, MassOrigin::Corp));
    assert_eq!(by_api.create_time, Some(1_605_171_727));
    assert_eq!((odd.origin, odd.text.as_deref()), (MassOrigin::Other(7), None));
    assert_eq!((bare.origin, bare.create_time), (MassOrigin::Unknown, None));
    let shown = format!("{first:?}");
    assert!(!shown.contains("文本") && shown.contains("RecordedAttachment(link)"), "{shown}");
}

#[tokio::test]
async fn records_are_asked_for_by_window_origin_and_creator() {
    let (client, double) = Double::with("{}");
    let page = client.list_mass_messages(&token(), &MONTH).await.expect("listed");
    assert_eq!((page.records.len(), page.next_cursor), (0, None));
    let asked = double.asked_once();
    assert_eq!((&asked.method, &asked.url), (&Method::POST, &url("externalcontact/get_groupmsg_list_v2")));
    let bare =
        json!({"chat_type": "single", "start_time": 1605171726, "end_time": 1607763726, "filter_type": 0});
    assert_eq!(asked.json(), bare);

    let (client, double) = Double::with("{}");
    let query = RecordQuery {
        chat_type: ChatType::Group,
        creator: Some("zhangsan".to_owned()),
        origin: OriginFilter::All,
        cursor: Some("C".to_owned()),
        limit: Some(100),
        ..MONTH
    };
    client.list_mass_messages(&token(), &query).await.expect("listed");
    let full = json!({
        "chat_type": "group", "start_time": 1605171726, "end_time": 1607763726, "creator": "zhangsan", "filter_type": 2,
        "limit": 100, "cursor": "C",
    });
    assert_eq!(double.asked_once().json(), full);
}

#[tokio::test]
async fn windows_and_pages_have_limits() {
    for (query, expected) in [
        (
            RecordQuery { end_time: MONTH.end_time + 1, ..MONTH },
            "end_time: is 2592001 seconds after start_time, not within 0 to 2592000",
        ),
        (
            RecordQuery { end_time: MONTH.start_time - 1, ..MONTH },
            "end_time: is -1 seconds after start_time, not within 0 to 2592000",
        ),
        (RecordQuery { start_time: -1, end_time: 0, ..MONTH }, "start_time: is -1, at least 0"),
        (RecordQuery { creator: Some(String::new()), ..MONTH }, "creator: is required"),
        (RecordQuery { cursor: Some(String::new()), ..MONTH }, "cursor: is required"),
        (RecordQuery { limit: Some(0), ..MONTH }, "limit: is 0, not within 1 to 100"),
        (RecordQuery { limit: Some(101), ..MONTH }, "limit: is 101, not within 1 to 100"),
    ] {
        let (client, double) = Double::answering([]);
        let error = client.list_mass_messages(&token(), &query).await.expect_err("invalid");
        assert_eq!(error.to_string(), format!("externalcontact/get_groupmsg_list_v2: {expected}"));
        assert!(double.asked().is_empty());
    }
    let (client, _) = Double::answering([]);
    let error = client.list_mass_results(&token(), "msg1", "u", None, Some(1001)).await.expect_err("invalid");
    assert_eq!(
        error.to_string(),
        "externalcontact/get_groupmsg_send_result: limit: is 1001, not within 1 to 1000"
    );
    for (msgid, userid) in [("", "u"), ("msg1", "")] {
        let error = client.list_mass_results(&token(), msgid, userid, None, None).await.expect_err("invalid");
        assert!(matches!(error, Error::Invalid { .. }));
    }
}

#[tokio::test]
async fn tasks_say_who_has_confirmed() {
    let answer = r#"{"errcode":0,"errmsg":"ok","next_cursor":"CURSOR","task_list":[
        {"userid":"zhangsan","status":2,"send_time":1552536375},{"userid":"lisi","status":"0"},{"userid":"wang","status":9}]}"#;
    let (client, double) = Double::with(answer);
    let page = client.list_mass_tasks(&token(), "msg1", Some("C"), Some(1000)).await.expect("listed");
    let task = |userid: &str, state, send_time| MassTask { userid: userid.to_owned(), state, send_time };
    assert_eq!(
        page.tasks,
        [
            task("zhangsan", TaskState::Sent, Some(1_552_536_375)),
            task("lisi", TaskState::Open, None),
            task("wang", TaskState::Other(9), None),
        ]
    );
    assert_eq!(page.next_cursor.as_deref(), Some("CURSOR"));
    let asked = double.asked_once();
    assert_eq!(asked.url, url("externalcontact/get_groupmsg_task"));
    assert_eq!(asked.json(), json!({"msgid": "msg1", "limit": 1000, "cursor": "C"}));
}

#[tokio::test]
async fn results_say_what_became_of_each_customer_or_group() {
    let answer = r#"{"errcode":0,"errmsg":"ok","next_cursor":"","send_list":[
        {"external_userid":"wm1","userid":"zhangsan","status":1,"send_time":1552536375},
        {"external_userid":"wm2","userid":"zhangsan","status":0},
        {"external_userid":"wm3","userid":"zhangsan","status":2},
        {"external_userid":"wm4","userid":"zhangsan","status":3},
        {"external_userid":"wm5","status":4},
        {"chat_id":"wr1","userid":"zhangsan","status":1}]}"#;
    let (client, double) = Double::with(answer);
    let page = client.list_mass_results(&token(), "msg1", "zhangsan", None, None).await.expect("listed");
    let deliveries: Vec<_> = page.results.iter().map(|result| result.delivery).collect();
    assert_eq!(
        deliveries,
        [
            Delivery::Sent,
            Delivery::Waiting,
            Delivery::NotAFriend,
            Delivery::OverTheCap,
            Delivery::Other(4),
            Delivery::Sent,
        ]
    );
    let group = MassResult {
        external_userid: None,
        chat_id: Some("wr1".to_owned()),
        userid: "zhangsan".to_owned(),
        delivery: Delivery::Sent,
        send_time: None,
    };
    assert_eq!((&page.results[5], page.next_cursor), (&group, None));
    let asked = double.asked_once();
    assert_eq!(asked.url, url("externalcontact/get_groupmsg_send_result"));
    assert_eq!(asked.json(), json!({"msgid": "msg1", "userid": "zhangsan"}));
}

#[tokio::test]
async fn a_row_that_does_not_say_how_it_stands_is_no_answer() {
    for row in [json!({"userid": "u"}), json!({"status": 0}), json!({"userid": "u", "status": ""})] {
        let answer: Value = json!({"errcode": 0, "task_list": [row], "send_list": [row]});
        let (client, _) = Double::with(&answer.to_string());
        let error = client.list_mass_tasks(&token(), "msg1", None, None).await.expect_err("says nothing");
        assert!(matches!(error, Error::NoAnswer { .. }), "{error}");
        let (client, _) = Double::with(&answer.to_string());
        let error = client.list_mass_results(&token(), "msg1", "u", None, None).await.expect_err("same");
        assert!(matches!(error, Error::NoAnswer { .. }), "{error}");
    }
}

#[tokio::test]
async fn right_after_creation_results_are_not_there_yet() {
    for (code, class) in [(41063, Class::Transient), (50100, Class::State), (41047, Class::Never)] {
        let (client, _) = Double::with(&format!(r#"{{"errcode":{code}}}"#));
        let error = client.list_mass_tasks(&token(), "msg1", None, None).await.expect_err("refused");
        assert_eq!((error.code(), error.class()), (Some(code), class));
    }
}
