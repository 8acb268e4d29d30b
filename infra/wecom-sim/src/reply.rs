//! What the product answers to an event: nothing, or a sealed reply that changes the member's card or
//! says something to them.

use serde_json::{Map, Value, json};

use crate::card::{self, Occasion};
use crate::state::{AppMessage, CardChange, Clicked, Scene, World};
use crate::xml::{Node, read};

/// Elements that are numbers, and those that are true or false; all others are texts.
const NUMBERS: [&str; 6] = ["Type", "DescColor", "Style", "Mode", "AspectRatio", "Disable"];
const FLAGS: [&str; 1] = ["IsChecked"];
const LONGEST_TEXT_BYTES: usize = 2048;

impl World {
    /// Takes an answer to the event of a press on a card. Says what became of it; `None`: there was no
    /// reply in it. As with WeCom, the product does not hear whether its reply was of any use.
    pub(crate) fn take_reply(&mut self, scene: &Scene<'_>, card: &Clicked, body: &[u8]) -> Option<String> {
        let text = String::from_utf8_lossy(body);
        let text = text.trim();
        if text.is_empty() || text == "success" {
            return None;
        }
        Some(match self.apply(scene, card, text) {
            Ok(kind) => format!("reply applied: {kind}"),
            Err(reason) => format!("reply ignored: {reason}"),
        })
    }

    fn apply(&mut self, scene: &Scene<'_>, card: &Clicked, text: &str) -> Result<String, String> {
        let reply = open(scene, text)?;
        if !reply.text_of("ToUserName").eq_ignore_ascii_case(&card.userid) {
            return Err("ToUserName is not the member who pressed".to_owned());
        }
        if reply.text_of("FromUserName") != scene.config.corp_id {
            return Err("FromUserName is not the corp id".to_owned());
        }
        let kind = reply.text_of("MsgType");
        match kind {
            "update_button" => {
                let name = reply.child("Button").map_or("", |button| button.text_of("ReplaceName"));
                if name.is_empty() {
                    return Err("Button.ReplaceName missing".to_owned());
                }
                self.replace(scene, card, CardChange::Replace(name.to_owned()))?;
            }
            "update_template_card" => {
                let node = reply.child("TemplateCard").ok_or("TemplateCard missing")?;
                let mut content = object(node);
                let replaced =
                    content.remove("replace_text").and_then(|text| Some(text.as_str()?.to_owned()));
                let content = Value::Object(content);
                card::check(&content, Occasion::Update).map_err(|flaw| flaw.text)?;
                self.replace(scene, card, CardChange::Card(content, replaced))?;
            }
            "text" => self.say(scene, card, reply.text_of("Content"))?,
            _ => return Err(format!("replies of type {kind:?} are not simulated")),
        }
        Ok(kind.to_owned())
    }

    fn replace(&mut self, scene: &Scene<'_>, card: &Clicked, change: CardChange) -> Result<(), String> {
        if self.change_card(card, change, scene.now_ms) { Ok(()) } else { Err("the card is gone".to_owned()) }
    }

    fn say(&mut self, scene: &Scene<'_>, card: &Clicked, content: &str) -> Result<(), String> {
        if content.is_empty() {
            return Err("Content missing".to_owned());
        }
        let content = &content[..content.floor_char_boundary(LONGEST_TEXT_BYTES)];
        let msgid = format!("ms{}", self.draws.draw("msgid").alphanumeric(60));
        let message = AppMessage::new(&msgid, scene.now_ms, "text", json!({"content": content}));
        self.app_messages.entry(card.userid.to_ascii_lowercase()).or_default().push(message);
        Ok(())
    }
}

/// The document in the envelope, once its signature is good.
fn open(scene: &Scene<'_>, text: &str) -> Result<Node, String> {
    let envelope = read(text).ok_or("not a sealed reply")?;
    let encrypted = envelope.text_of("Encrypt").trim();
    let signature =
        scene.sealer.sign(envelope.text_of("TimeStamp").trim(), envelope.text_of("Nonce"), encrypted);
    if signature != envelope.text_of("MsgSignature") {
        return Err("bad signature".to_owned());
    }
    let message = scene.sealer.open(encrypted)?;
    let message = String::from_utf8(message).map_err(|_| "not UTF-8")?;
    Ok(read(&message).ok_or("no XML inside")?)
}

/// The element as the JSON of the same card: `MainTitle` is `main_title`, what ends in `List` is a list
/// of which each element is one entry.
fn object(node: &Node) -> Map<String, Value> {
    let mut object = Map::new();
    for child in &node.children {
        let value = value(child);
        if child.name.ends_with("List") {
            let list = object.entry(snake_case(&child.name)).or_insert_with(|| json!([]));
            if let Value::Array(entries) = list {
                entries.push(value);
            }
        } else {
            object.insert(snake_case(&child.name), value);
        }
    }
    object
}

fn value(node: &Node) -> Value {
    if !node.children.is_empty() {
        return Value::Object(object(node));
    }
    let text = node.text.as_str();
    let name = node.name.as_str();
    if NUMBERS.contains(&name)
        && let Ok(number) = serde_json::from_str::<serde_json::Number>(text.trim())
    {
        return json!(number);
    }
    if FLAGS.contains(&name) {
        return json!(matches!(text.trim(), "true" | "1"));
    }
    json!(text)
}

fn snake_case(name: &str) -> String {
    // the one name that is a single word in JSON
    if name == "KeyName" {
        return "keyname".to_owned();
    }
    let mut snake = String::new();
    for (at, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_in_elements_is_the_card_in_json() {
        let node = read(
            "<TemplateCard><CardType>button_interaction</CardType><MainTitle><Title>处理</Title></MainTitle>\
             <HorizontalContentList><KeyName>客户</KeyName><Value>安娜</Value></HorizontalContentList>\
             <HorizontalContentList><KeyName>阶段</KeyName><Type>1</Type><Url>https://x</Url>\
             </HorizontalContentList><ButtonList><Text>好</Text><Style>1</Style><Key>1</Key></ButtonList>\
             </TemplateCard>",
        );
        let card = object(&node.expect("a document"));
        assert_eq!(
            Value::Object(card),
            json!({
                "card_type": "button_interaction",
                "main_title": {"title": "处理"},
                "horizontal_content_list": [
                    {"keyname": "客户", "value": "安娜"},
                    {"keyname": "阶段", "type": 1, "url": "https://x"},
                ],
                "button_list": [{"text": "好", "style": 1, "key": "1"}],
            })
        );
    }
}
