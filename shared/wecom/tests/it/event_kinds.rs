//! One sample of each event and message that the platform documents, with invented ids.

use wecom::event::{
    AcquisitionEvent, AppAct, AppEvent, Callback, CardMenu, ChatChange, ChatEvent, DirectoryEvent, Event,
    JoinScene, KfEvent, MemberChange, MemberContent, MemberMessage, Notice, ParseError, Party, QuitScene,
    UsageEvent, UsageState,
};

use crate::messages::some;

/// One document on each line.
pub(crate) fn samples() -> impl Iterator<Item = &'static str> {
    include_str!("../samples/events.txt").lines()
}

/// The events of the samples that have all of `marks` in them, in their order.
fn read(marks: &[&str]) -> Vec<Event> {
    let marked = samples().filter(|sample| marks.iter().all(|mark| sample.contains(mark)));
    let events: Vec<_> = marked
        .map(|sample| Callback::parse(sample).unwrap_or_else(|error| panic!("{sample}: {error}")).event)
        .collect();
    assert!(!events.is_empty(), "{marks:?}");
    events
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn every_documented_event_has_a_type() {
    for sample in samples() {
        let callback = Callback::parse(sample).unwrap_or_else(|error| panic!("{sample}: {error}"));
        assert_eq!(callback.to_user, "ww0123456789abcdef");
        assert_eq!(callback.create_time, 1_403_610_513);
        assert!(!matches!(callback.event, Event::Unknown { .. }), "{sample}");
    }
    assert_eq!(samples().count(), 70);
}

#[test]
fn changes_of_customer_groups_are_read() {
    let chat = |change| Event::Chat(ChatEvent { chat_id: "wrEj8vCQAAexample".to_owned(), change });
    let (one, other) = ("9c3f97c2ada667dfb5f6d03308d963e1", "71217227bbd112ecfe3a49c482195cb4");
    let members = |ids: &[&str], last, current| MemberChange {
        count: Some(i64::try_from(ids.len()).expect("few")),
        ids: texts(ids),
        last_version: some(last),
        current_version: some(current),
    };
    let joined = ChatChange::Joined {
        scene: Some(JoinScene::Scanned),
        members: members(&["wmEj8vCQAAexample", "lisi"], one, other),
    };
    let left = ChatChange::Left {
        scene: Some(QuitScene::Removed),
        members: members(&["wmEj8vCQAAexample"], other, one),
    };
    let expected = [
        chat(ChatChange::Created),
        chat(ChatChange::Dismissed),
        chat(joined),
        chat(left),
        chat(ChatChange::OwnerChanged),
        chat(ChatChange::Renamed),
        chat(ChatChange::NoticeChanged),
    ];
    assert_eq!(read(&["[change_external_chat]"]), expected);
}

#[test]
fn a_change_of_a_group_may_tell_less_or_something_new() {
    let update = |rest: &str| {
        let plain = format!(
            "<xml><ToUserName>ww1</ToUserName><FromUserName>sys</FromUserName><CreateTime>1</CreateTime><MsgType>event</MsgType>\
             <Event>change_external_chat</Event><ChangeType>update</ChangeType><ChatId>wr1</ChatId>{rest}</xml>"
        );
        match Callback::parse(&plain).expect("well-formed").event {
            Event::Chat(ChatEvent { change, .. }) => change,
            other => panic!("{other:?}"),
        }
    };
    let nobody = || MemberChange { count: None, ids: Vec::new(), last_version: None, current_version: None };
    assert_eq!(
        update(
            "<UpdateDetail>add_member</UpdateDetail><JoinScene>0</JoinScene><MemChangeList><Item/></MemChangeList>"
        ),
        ChatChange::Joined { scene: Some(JoinScene::Invited), members: nobody() }
    );
    assert_eq!(
        update("<UpdateDetail>add_member</UpdateDetail><JoinScene>9</JoinScene>"),
        ChatChange::Joined { scene: Some(JoinScene::Other(9)), members: nobody() }
    );
    assert_eq!(
        update("<UpdateDetail>del_member</UpdateDetail><QuitScene>0</QuitScene>"),
        ChatChange::Left { scene: Some(QuitScene::Left), members: nobody() }
    );
    assert_eq!(
        update("<UpdateDetail>del_member</UpdateDetail>"),
        ChatChange::Left { scene: None, members: nobody() }
    );
    assert_eq!(
        update("<UpdateDetail>new_detail</UpdateDetail>"),
        ChatChange::Other { detail: some("new_detail") }
    );
    assert_eq!(update(""), ChatChange::Other { detail: None });
}

#[test]
fn what_happens_around_acquisition_links_is_read() {
    let link_id = || "cawcdeEj8vCQAA".to_owned();
    let state = || some("s1");
    let expected = [
        AcquisitionEvent::BalanceLow,
        AcquisitionEvent::BalanceExhausted,
        AcquisitionEvent::BalanceIncreased,
        AcquisitionEvent::QuotaExpiring { expire_time: Some(1_403_697_600), count: Some(200) },
        AcquisitionEvent::LinkUnavailable { link_id: link_id() },
        AcquisitionEvent::LinkDeleted { link_id: link_id() },
        AcquisitionEvent::ProfileOpened { link_id: link_id(), state: state() },
        AcquisitionEvent::FriendRequested { link_id: link_id(), state: state() },
        AcquisitionEvent::ChatStarted {
            userid: "zhangsan".to_owned(),
            external_userid: "wmEj8vCQAAexample".to_owned(),
            link_id: Some(link_id()),
        },
        AcquisitionEvent::MessageReceived { link_id: Some(link_id()), chat_key: "KEY".to_owned() },
    ];
    assert_eq!(read(&["[customer_acquisition]"]), expected.map(Event::Acquisition));
}

#[test]
fn a_choice_from_a_card_s_menu_is_read() {
    let menu = CardMenu {
        userid: "zhangsan".to_owned(),
        event_key: "done".to_owned(),
        task_id: "t1".to_owned(),
        card_type: some("text_notice"),
        response_code: some("RC"),
        agent_id: Some(1_000_002),
    };
    assert_eq!(read(&["[template_card_menu_event]"]), [Event::CardMenu(menu)]);
    let [Event::CardClick(click)] = &read(&["[template_card_event]"])[..] else { panic!("one press") };
    assert_eq!(click.selected.len(), 2);
    assert_eq!(click.selected[0].option_ids, ["a", "b"]);
}

#[test]
fn what_members_do_with_the_app_is_read() {
    let acts: Vec<AppAct> = samples()
        .filter_map(|sample| match Callback::parse(sample).expect("well-formed").event {
            Event::App(AppEvent { userid, agent_id, act }) => {
                assert_eq!((userid.as_str(), agent_id), ("zhangsan", Some(1_000_002)));
                Some(act)
            }
            _ => None,
        })
        .collect();
    let key = |n: u8| format!("menu{n}");
    assert_eq!(acts.len(), 13);
    assert_eq!(acts[0], AppAct::Clicked { key: key(1) });
    assert_eq!(acts[1], AppAct::OpenedPage { url: "https://example.com/a?b=c".to_owned() });
    assert_eq!(acts[2], AppAct::OpenedMiniProgram { pagepath: some("pages/index") });
    for (act, shown) in [(&acts[3], false), (&acts[4], true)] {
        let AppAct::Scanned { key: found, waits, scan } = act else { panic!("{act:?}") };
        assert_eq!((found, *waits), (&key(2), shown));
        assert_eq!((scan.scan_type.as_deref(), scan.result.as_deref()), (Some("qrcode"), Some("1")));
    }
    let md5 = texts(&["1b5f7c23b5bf75682a53e7b6d163e185"]);
    let pictures = AppAct::SendsPictures { key: key(3), count: Some(1), md5 };
    assert_eq!(acts[5..8], [pictures.clone(), pictures.clone(), pictures]);
    let AppAct::ChosePlace { key: found, place } = &acts[8] else { panic!("{:?}", acts[8]) };
    assert_eq!(
        (found, place.latitude.as_deref(), place.longitude.as_deref()),
        (&key(4), Some("23"), Some("113"))
    );
    assert_eq!((place.label.as_deref(), place.poi_name.as_deref()), (Some("广州市海珠区"), Some("广场")));
    assert_eq!(acts[9..12], [AppAct::Entered, AppAct::Subscribed, AppAct::Unsubscribed]);
    let AppAct::Located(place) = &acts[12] else { panic!("{:?}", acts[12]) };
    assert_eq!((place.latitude.as_deref(), place.precision.as_deref()), (Some("23.104"), Some("65.000")));
    assert_eq!(format!("{:?}", acts[12]), "Located(Place(***))");
    assert!(!format!("{:?}", acts[3]).contains("qrcode"));
}

#[test]
fn changes_of_the_directory_are_read() {
    let userid = || "zhangsan".to_owned();
    let departments = vec![1, 2, 3];
    let party = |order| Party { id: 2, name: some("张三"), parent_id: Some(1), order };
    let expected = [
        DirectoryEvent::UserCreated { userid: userid(), departments: departments.clone() },
        DirectoryEvent::UserUpdated { userid: userid(), new_userid: some("zhangsan001"), departments },
        DirectoryEvent::UserDeleted { userid: userid() },
        DirectoryEvent::PartyCreated(party(Some(1))),
        DirectoryEvent::PartyUpdated(party(None)),
        DirectoryEvent::PartyDeleted { id: 2 },
        DirectoryEvent::TagUpdated {
            tag_id: 1,
            added_users: texts(&["zhangsan", "lisi"]),
            removed_users: texts(&["zhangsan1", "lisi1"]),
            added_parties: vec![1, 2],
            removed_parties: vec![3, 4],
        },
    ];
    assert_eq!(read(&["[change_contact]"]), expected.map(Event::Directory));
    let odd = samples()
        .find(|sample| sample.contains("[create_user]"))
        .expect("there is one")
        .replace("1,2,3", "1,two");
    assert_eq!(Callback::parse(&odd), Err(ParseError::NotANumber { element: "Department" }));
}

#[test]
fn customer_service_and_notices_of_the_platform_are_read() {
    let waiting = KfEvent::Waiting { open_kfid: "wkEj8vCQAAexample".to_owned(), token: some("ENCToken") };
    let accounts = KfEvent::AccountsChanged {
        added: texts(&["wkEj8vCQAAone", "wkEj8vCQAAtwo"]),
        removed: texts(&["wkEj8vCQAAthree"]),
    };
    assert_eq!(read(&["[kf_"]), [waiting, accounts].map(Event::Kf));
    let job = Notice::BatchJobDone {
        job_id: "S0MrnndvRG5fadSlLwiBqiDDbM143UqTmKP3152FZk4".to_owned(),
        job_type: some("sync_user"),
        code: Some(0),
    };
    let upload =
        Notice::UploadDone { job_id: "jobid_S0MrnndvRG5fadSlLwiBqiDDbM143UqTmKP3152FZk4".to_owned() };
    let program = Notice::ProgramCalls { notify_id: "NOTIFY".to_owned(), notify_scene: Some(7) };
    for (mark, notice) in [
        ("[batch_job_result]", job),
        ("[upload_media_job_finish]", upload),
        ("[program_notify]", program),
        ("[msgaudit_notify]", Notice::ArchiveWaiting),
        ("[security]", Notice::AddressesChange),
    ] {
        assert_eq!(read(&[mark]), [Event::Notice(notice)]);
    }
    let usage = |state| {
        Event::Usage(UsageEvent { agent_id: Some(1_000_002), state, effect_time: Some(1_403_697_600) })
    };
    let states = [
        UsageState::InactiveAlert,
        UsageState::Closed,
        UsageState::Reopened,
        UsageState::LowActivityAlert,
        UsageState::LowActivity,
        UsageState::Restored,
    ];
    assert_eq!(read(&["<EffectTime>"]), states.map(usage));
}

#[test]
fn messages_of_members_are_read_and_not_shown() {
    let messages = read(&["<MsgId>"]);
    assert_eq!(messages.len(), 6);
    let mut contents = Vec::new();
    for event in messages {
        assert!(!format!("{event:?}").contains("MEDIA") && !format!("{event:?}").contains('你'));
        let Event::Message(MemberMessage { userid, msg_id, agent_id, content }) = event else {
            panic!("{event:?}")
        };
        assert_eq!((userid.as_str(), msg_id), ("zhangsan", Some(1_234_567_890_123_456)));
        assert_eq!(agent_id, Some(1_000_002));
        contents.push(content);
    }
    let media_id = || "MEDIA".to_owned();
    assert_eq!(contents[0], MemberContent::Text("你好".to_owned()));
    assert_eq!(
        contents[1],
        MemberContent::Image { pic_url: some("https://example.com/p"), media_id: media_id() }
    );
    assert_eq!(contents[2], MemberContent::Voice { media_id: media_id(), format: some("amr") });
    assert_eq!(contents[3], MemberContent::Video { media_id: media_id(), thumb_media_id: some("THUMB") });
    let MemberContent::Location(place) = &contents[4] else { panic!("a place") };
    assert_eq!((place.latitude.as_deref(), place.scale.as_deref()), (Some("23.134521"), Some("20")));
    assert_eq!(
        contents[5],
        MemberContent::Link {
            title: some("标题"),
            description: some("描述"),
            url: some("https://example.com/a"),
            pic_url: some("https://example.com/p"),
        }
    );
}

#[test]
fn what_an_event_cannot_do_without_is_named() {
    for (mark, element) in [
        ("[create]]></ChangeType><ChatId>", "ChatId"),
        ("[link_unavailable]", "LinkId"),
        ("[message_from_customer]", "ChatKey"),
        ("[kf_msg_or_event]", "OpenKfId"),
        ("[template_card_menu_event]", "TaskId"),
        ("[click]", "EventKey"),
        ("[enter_agent]", "FromUserName"),
        ("[batch_job_result]", "BatchJob"),
        ("[program_notify]", "NotifyId"),
        ("[delete_user]", "UserID"),
        ("[delete_party]", "Id"),
        ("[text]", "Content"),
        ("[voice]", "MediaId"),
    ] {
        let sample = samples().find(|sample| sample.contains(mark)).expect(mark);
        // Renamed, the element is there no longer.
        let without =
            sample.replace(&format!("<{element}>"), "<Other>").replace(&format!("</{element}>"), "</Other>");
        assert_eq!(Callback::parse(&without), Err(ParseError::Missing { element }), "{mark}");
    }
}
