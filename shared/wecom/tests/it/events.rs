//! Decrypted XML to events.

use wecom::XmlFault;
use wecom::event::{
    Callback, CardClick, ContactChange, ContactEvent, Event, ParseError, Selected, TagChange, TagEvent,
    TagSubject, TransferFailure,
};

fn xml(rest: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[ww1]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName>\
         <CreateTime>1403610513</CreateTime><MsgType><![CDATA[event]]></MsgType>{rest}</xml>"
    )
}

fn event(rest: &str) -> Event {
    Callback::parse(&xml(rest)).unwrap_or_else(|error| panic!("{rest}: {error}")).event
}

fn contact(rest: &str) -> ContactChange {
    let ids = "<UserID><![CDATA[ZhangSan]]></UserID><ExternalUserID><![CDATA[wmAbC]]></ExternalUserID>";
    match event(&format!("<Event><![CDATA[change_external_contact]]></Event>{ids}{rest}")) {
        Event::Contact(ContactEvent { userid, external_userid, change }) => {
            assert_eq!((userid.as_str(), external_userid.as_str()), ("ZhangSan", "wmAbC"));
            change
        }
        other => panic!("{other:?}"),
    }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn every_change_of_a_contact_is_read() {
    for (change_type, rest, expected) in [
        (
            "add_external_contact",
            "<State><![CDATA[s1]]></State><WelcomeCode><![CDATA[CODE]]></WelcomeCode>",
            ContactChange::Added { state: some("s1"), welcome_code: some("CODE") },
        ),
        ("add_external_contact", "", ContactChange::Added { state: None, welcome_code: None }),
        (
            "add_half_external_contact",
            "<State/><WelcomeCode><![CDATA[]]></WelcomeCode>",
            ContactChange::HalfAdded { state: None, welcome_code: None },
        ),
        ("edit_external_contact", "", ContactChange::Edited),
        ("del_external_contact", "", ContactChange::DeletedByMember { source: None }),
        (
            "del_external_contact",
            "<Source><![CDATA[DELETE_BY_TRANSFER]]></Source>",
            ContactChange::DeletedByMember { source: some("DELETE_BY_TRANSFER") },
        ),
        ("del_follow_user", "", ContactChange::DeletedByCustomer),
        (
            "transfer_fail",
            "<FailReason><![CDATA[customer_refused]]></FailReason>",
            ContactChange::TransferFailed { reason: TransferFailure::CustomerRefused },
        ),
        (
            "transfer_fail",
            "<FailReason>customer_limit_exceed</FailReason>",
            ContactChange::TransferFailed { reason: TransferFailure::CustomerLimitExceeded },
        ),
        (
            "transfer_fail",
            "<FailReason>moon_phase</FailReason>",
            ContactChange::TransferFailed { reason: TransferFailure::Other("moon_phase".to_owned()) },
        ),
        (
            "msg_audit_approved",
            "<WelcomeCode>W</WelcomeCode>",
            ContactChange::ArchiveApproved { welcome_code: some("W") },
        ),
    ] {
        let change = contact(&format!("<ChangeType><![CDATA[{change_type}]]></ChangeType>{rest}"));
        assert_eq!(change, expected, "{change_type}");
    }
}

#[test]
fn every_change_of_a_tag_is_read() {
    let tag = |rest: &str| event(&format!("<Event>change_external_tag</Event>{rest}"));
    for (name, change) in
        [("create", TagChange::Created), ("update", TagChange::Updated), ("delete", TagChange::Deleted)]
    {
        let expected = TagEvent::Changed {
            change,
            subject: TagSubject::Tag,
            id: "et1".to_owned(),
            strategy_id: Some(7),
        };
        let rest = format!(
            "<Id>et1</Id><TagType>tag</TagType><ChangeType>{name}</ChangeType><StrategyId> 7 </StrategyId>"
        );
        assert_eq!(tag(&rest), Event::Tag(expected));
    }
    let group = TagEvent::Changed {
        change: TagChange::Deleted,
        subject: TagSubject::Group,
        id: "et2".to_owned(),
        strategy_id: None,
    };
    assert_eq!(
        tag("<Id>et2</Id><TagType>tag_group</TagType><ChangeType>delete</ChangeType>"),
        Event::Tag(group)
    );
    let shuffled = |group_id| Event::Tag(TagEvent::Shuffled { group_id, strategy_id: None });
    assert_eq!(tag("<ChangeType>shuffle</ChangeType><Id>et2</Id>"), shuffled(some("et2")));
    assert_eq!(tag("<ChangeType>shuffle</ChangeType><Id/>"), shuffled(None));
}

#[test]
fn a_press_on_a_card_is_read_with_all_choices() {
    let plain = "<xml><ToUserName>ww1</ToUserName><FromUserName>zhangsan</FromUserName><CreateTime>1</CreateTime>\
        <MsgType>event</MsgType><Event>template_card_event</Event><EventKey>done</EventKey><TaskId>t1</TaskId>\
        <CardType>button_interaction</CardType><ResponseCode>rc</ResponseCode><AgentID>1000002</AgentID>\
        <SelectedItems><SelectedItem><QuestionKey>q1</QuestionKey><OptionIds><OptionId>a</OptionId><OptionId>b</OptionId></OptionIds>\
        </SelectedItem><SelectedItem><QuestionKey>q2</QuestionKey><OptionIds></OptionIds></SelectedItem></SelectedItems></xml>";
    let expected = CardClick {
        userid: "zhangsan".to_owned(),
        event_key: "done".to_owned(),
        task_id: "t1".to_owned(),
        card_type: some("button_interaction"),
        response_code: some("rc"),
        agent_id: Some(1_000_002),
        selected: vec![
            Selected { question_key: "q1".to_owned(), option_ids: vec!["a".to_owned(), "b".to_owned()] },
            Selected { question_key: "q2".to_owned(), option_ids: Vec::new() },
        ],
    };
    assert_eq!(Callback::parse(plain).expect("well-formed").event, Event::CardClick(expected));
}

#[test]
fn what_has_no_type_is_kept_by_name() {
    let unknown = |event: &str, change_type| Event::Unknown { event: event.to_owned(), change_type };
    assert_eq!(event("<Event>new_event</Event><EventKey/>"), unknown("new_event", None));
    for family in ["change_external_chat", "customer_acquisition", "change_contact", "security"] {
        let new = event(&format!("<Event>{family}</Event><ChangeType>new_kind</ChangeType>"));
        assert_eq!(new, unknown(family, some("new_kind")));
    }
    let contact = event("<Event>change_external_contact</Event><ChangeType>new_kind</ChangeType>");
    assert_eq!(contact, unknown("change_external_contact", some("new_kind")));
    let tag =
        event("<Event>change_external_tag</Event><ChangeType>create</ChangeType><TagType>colour</TagType>");
    assert_eq!(tag, unknown("change_external_tag", some("create")));
    // A message of a member to the app, and an event that has no sender.
    let sketch = "<xml><ToUserName>ww1</ToUserName><FromUserName>li</FromUserName><CreateTime>1</CreateTime><MsgType>sketch</MsgType></xml>";
    assert_eq!(Callback::parse(sketch).expect("well-formed").event, unknown("sketch", None));
    let kf = "<xml><ToUserName>ww1</ToUserName><CreateTime>1</CreateTime><MsgType>event</MsgType><Event>kf_msg_or_event</Event><OpenKfId>wk1</OpenKfId></xml>";
    assert_eq!(Callback::parse(kf).expect("well-formed").from_user, None);
}

#[test]
fn edits_tags_groups_and_the_directory_are_hints_and_the_rest_are_happenings() {
    let contact = |change| {
        let ids = "<UserID>u</UserID><ExternalUserID>e</ExternalUserID><FailReason>f</FailReason>";
        event(&format!("<Event>change_external_contact</Event><ChangeType>{change}</ChangeType>{ids}"))
    };
    assert!(contact("edit_external_contact").is_hint());
    assert!(event("<Event>change_external_tag</Event><ChangeType>shuffle</ChangeType>").is_hint());
    assert!(event("<Event>change_external_tag</Event><ChangeType>new_kind</ChangeType>").is_hint());
    assert!(event("<Event>change_external_chat</Event><ChangeType>new_kind</ChangeType>").is_hint());
    let chat =
        event("<Event>change_external_chat</Event><ChangeType>update</ChangeType><ChatId>wr1</ChatId>");
    assert!(chat.is_hint());
    let user = "<Event>change_contact</Event><ChangeType>update_user</ChangeType><UserID>u</UserID>";
    assert!(event(user).is_hint());
    assert!(event("<Event>change_contact</Event><ChangeType>new_kind</ChangeType>").is_hint());
    for change in [
        "add_external_contact",
        "add_half_external_contact",
        "del_external_contact",
        "del_follow_user",
        "transfer_fail",
        "msg_audit_approved",
        "new_kind",
    ] {
        assert!(!contact(change).is_hint(), "{change}");
    }
    assert!(!event("<Event>customer_acquisition</Event>").is_hint());
    assert!(!event("<Event>msgaudit_notify</Event>").is_hint());
}

#[test]
fn order_comments_instructions_references_and_unknown_elements_do_not_matter() {
    let plain = "<?xml version=\"1.0\"?><!-- c --><xml>\n <New><UserID>no</UserID></New>\
        <ExternalUserID>wm1</ExternalUserID><State>a&amp;b<![CDATA[<c>]]>&#x4e2d;<!-- d --><?e f?>g</State><UserID>u</UserID>\
        <ChangeType>add_external_contact</ChangeType><Event>change_external_contact</Event><MsgType>event</MsgType>\
        <CreateTime> 5 </CreateTime><ToUserName>ww1</ToUserName>\n</xml>";
    let callback = Callback::parse(plain).expect("well-formed");
    let change = ContactChange::Added { state: some("a&b<c>中g"), welcome_code: None };
    let event = ContactEvent { userid: "u".to_owned(), external_userid: "wm1".to_owned(), change };
    assert_eq!((callback.create_time, callback.event), (5, Event::Contact(event)));
}

#[test]
fn what_is_missing_doubled_or_no_number_is_named() {
    let error = |plain: &str| Callback::parse(plain).expect_err("incomplete");
    let contact = |rest: &str| {
        error(&xml(&format!(
            "<Event>change_external_contact</Event><ChangeType>del_follow_user</ChangeType>{rest}"
        )))
    };
    assert_eq!(contact("<ExternalUserID>e</ExternalUserID>"), ParseError::Missing { element: "UserID" });
    assert_eq!(contact("<UserID>u</UserID>"), ParseError::Missing { element: "ExternalUserID" });
    assert_eq!(contact("<UserID>u</UserID><UserID>v</UserID>"), ParseError::Repeated { element: "UserID" });
    assert_eq!(error("<xml/>"), ParseError::Missing { element: "ToUserName" });
    assert_eq!(error(&xml("")), ParseError::Missing { element: "Event" });
    let bad_time = xml("<Event>x</Event>").replace("1403610513", "soon");
    assert_eq!(error(&bad_time), ParseError::NotANumber { element: "CreateTime" });
    assert_eq!(error("<xml>"), ParseError::Xml(XmlFault::NotWellFormed));
    assert_eq!(error("<!DOCTYPE xml><xml/>"), ParseError::Xml(XmlFault::Dtd));
}
