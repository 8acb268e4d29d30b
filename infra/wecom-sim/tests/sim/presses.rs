use serde_json::{Value, json};

use crate::bench::{AES_KEY, Bench, CORP, TOKEN};
use crate::cards::{buttons, choices, notice, send, shown, vote};
use crate::messages::card;
use crate::opened::sealed_reply;

#[tokio::test]
async fn a_press_tells_the_app_who_pressed_what() {
    let bench = Bench::new();
    bench.people().await;
    let sent = send(&bench, &buttons()).await;
    let press = json!({"msgid": sent["msgid"], "key": "mine"});
    let pressed = bench.control("staff/liming/click", press).await;
    assert_eq!(pressed["delivery"]["fate"], "delivered");
    assert_eq!(pressed["reply"], Value::Null);
    let event = &bench.callbacks()[0];
    for (name, value) in [
        ("FromUserName", "LiMing"),
        ("Event", "template_card_event"),
        ("EventKey", "mine"),
        ("TaskId", "t1"),
        ("CardType", "button_interaction"),
        ("AgentID", "1000002"),
        ("ResponseCode", pressed["response_code"].as_str().expect("a code")),
    ] {
        assert_eq!(event.field(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(event.field("ChangeType"), None);
    assert_eq!(event.field("SelectedItems"), None);

    bench.forget();
    let menu = json!({"msgid": sent["msgid"], "key": "mute"});
    let pressed = bench.control("staff/liming/click", menu).await;
    assert_eq!(pressed["event"], "template_card_menu_event");
    assert_eq!(bench.callbacks()[0].field("Event").as_deref(), Some("template_card_menu_event"));
}

#[tokio::test]
async fn answers_come_with_their_questions() {
    let bench = Bench::new();
    bench.people().await;
    let sent = send(&bench, &vote()).await;
    let press = json!({"msgid": sent["msgid"], "selected": {"day": ["mon", "wed"]}});
    bench.control("staff/LiMing/click", press).await;
    let event = &bench.callbacks()[0];
    assert_eq!(event.field("EventKey").as_deref(), Some("submit"));
    assert_eq!(
        event.field("SelectedItems").as_deref(),
        Some(
            "<SelectedItem><QuestionKey><![CDATA[day]]></QuestionKey><OptionIds>\
             <OptionId><![CDATA[mon]]></OptionId><OptionId><![CDATA[wed]]></OptionId></OptionIds></SelectedItem>"
        )
    );
}

#[tokio::test]
async fn only_what_is_on_the_card_can_be_pressed() {
    let bench = Bench::new();
    bench.people().await;
    bench.control("staff", json!({"userid": "WangFang"})).await;
    let sent = send(&bench, &choices()).await["msgid"].clone();
    let plain = send(&bench, &notice()).await["msgid"].clone();
    for (userid, body, status, field) in [
        ("LiMing", json!({"msgid": sent, "key": "other"}), 404, "key"),
        ("LiMing", json!({"msgid": sent, "selected": {"age": "a"}}), 404, "key"),
        ("LiMing", json!({"msgid": sent, "selected": {"level": "c"}}), 404, "key"),
        ("LiMing", json!({"msgid": sent, "selected": {"level": ["a", "b"]}}), 404, "key"),
        ("LiMing", json!({"msgid": sent, "selected": ["a"]}), 400, "selected"),
        ("LiMing", json!({"msgid": sent}), 400, "key"),
        ("LiMing", json!({"msgid": "ms0", "key": "submit"}), 404, "msgid"),
        ("WangFang", json!({"msgid": sent, "key": "submit"}), 404, "msgid"),
        ("LiMing", json!({"msgid": plain, "key": "submit"}), 409, "msgid"),
    ] {
        let (code, problem) = bench.try_control(&format!("staff/{userid}/click"), body.clone()).await;
        assert_eq!((code, &problem["field"]), (status, &json!(field)), "{userid} {body} {problem}");
    }
    assert!(bench.posts().is_empty());
    bench.post("message/recall", json!({"msgid": sent})).await;
    let (code, _) = bench.try_control("staff/LiMing/click", json!({"msgid": sent, "key": "submit"})).await;
    assert_eq!(code, 409);
}

fn reply(inside: &str) -> String {
    let xml = format!(
        "<xml><ToUserName><![CDATA[LiMing]]></ToUserName><FromUserName><![CDATA[{CORP}]]></FromUserName>\
         <CreateTime>1760000000</CreateTime>{inside}</xml>"
    );
    sealed_reply(&xml, TOKEN, AES_KEY, CORP)
}

const REPLACE: &str = "<MsgType><![CDATA[update_button]]></MsgType>\
     <Button><ReplaceName><![CDATA[已认领]]></ReplaceName></Button>";

#[tokio::test]
async fn a_sealed_reply_changes_the_card_of_the_one_who_pressed() {
    let bench = Bench::new();
    bench.people().await;
    bench.control("staff", json!({"userid": "WangFang"})).await;
    let mut message = card(&buttons());
    message["touser"] = json!("LiMing|WangFang");
    let sent = bench.post("message/send", message).await;
    let press = json!({"msgid": sent["msgid"], "key": "mine"});
    bench.answer_next([Ok((200, reply(REPLACE).into_bytes()))]);
    let pressed = bench.control("staff/LiMing/click", press.clone()).await;
    assert_eq!(pressed["reply"], "reply applied: update_button");
    assert_eq!(pressed["message"]["replaced"], "已认领");
    assert_eq!(shown(&bench, "LiMing").await["replaced"], "已认领");
    assert_eq!(shown(&bench, "WangFang").await.get("replaced"), None);
    let (status, problem) = bench.try_control("staff/LiMing/click", press).await;
    assert_eq!((status, &problem["field"]), (409, &json!("key")), "the buttons are gone");
}

#[tokio::test]
async fn a_sealed_reply_may_bring_another_card() {
    let bench = Bench::new();
    bench.people().await;
    let sent = send(&bench, &buttons()).await;
    let inside = "<MsgType>update_template_card</MsgType><TemplateCard><CardType>text_notice</CardType>\
         <MainTitle><Title>已由李明处理</Title></MainTitle><CardAction><Type>1</Type><Url>https://x</Url></CardAction>\
         </TemplateCard>";
    bench.answer_next([Ok((200, reply(inside).into_bytes()))]);
    let press = json!({"msgid": sent["msgid"], "key": "mine"});
    let pressed = bench.control("staff/LiMing/click", press).await;
    assert_eq!(pressed["reply"], "reply applied: update_template_card");
    assert_eq!(
        shown(&bench, "LiMing").await["card"],
        json!({
            "card_type": "text_notice",
            "main_title": {"title": "已由李明处理"},
            "card_action": {"type": 1, "url": "https://x"},
            "task_id": "t1",
        })
    );
}

#[tokio::test]
async fn a_reply_that_is_wrong_changes_nothing() {
    let bench = Bench::new();
    bench.people().await;
    let sent = send(&bench, &buttons()).await;
    let press = json!({"msgid": sent["msgid"], "key": "mine"});
    let forged = reply(REPLACE).replace("<TimeStamp>1760000000", "<TimeStamp>1760000001");
    let other = sealed_reply("<xml></xml>", TOKEN, AES_KEY, "ww1");
    let to_another =
        format!("<xml><ToUserName>WangFang</ToUserName><FromUserName>{CORP}</FromUserName>{REPLACE}</xml>");
    let to_another = sealed_reply(&to_another, TOKEN, AES_KEY, CORP);
    for (body, reason) in [
        ("hello".to_owned(), "not a sealed reply"),
        (forged, "bad signature"),
        (other, "for another corp"),
        (to_another, "ToUserName is not the member who pressed"),
        (reply("<MsgType>update_button</MsgType>"), "Button.ReplaceName missing"),
        (reply("<MsgType>update_template_card</MsgType><TemplateCard/>"), "invalid card_type"),
        (reply("<MsgType>news</MsgType>"), "replies of type \"news\" are not simulated"),
    ] {
        bench.answer_next([Ok((200, body.into_bytes()))]);
        let pressed = bench.control("staff/LiMing/click", press.clone()).await;
        assert_eq!(pressed["reply"], format!("reply ignored: {reason}"));
    }
    bench.answer_next([Ok((200, b"success".to_vec()))]);
    let pressed = bench.control("staff/LiMing/click", press.clone()).await;
    assert_eq!(pressed["reply"], Value::Null);
    bench.answer_next([Ok((500, reply(REPLACE).into_bytes()))]);
    bench.control("staff/LiMing/click", press).await;
    bench.sim.run_due().await;
    assert!(shown(&bench, "LiMing").await["replaced"] == Value::Null, "a failed delivery has no reply");
}

#[tokio::test]
async fn a_text_reply_lies_in_the_inbox() {
    let bench = Bench::new();
    bench.people().await;
    let sent = send(&bench, &buttons()).await;
    let inside = "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[收到]]></Content>";
    bench.answer_next([Ok((200, reply(inside).into_bytes()))]);
    let press = json!({"msgid": sent["msgid"], "key": "mine"});
    bench.control("staff/LiMing/click", press).await;
    assert_eq!(bench.look("staff/LiMing/inbox").await["items"][1]["text"], "收到");
}
