//! Events as WeCom sends them: a flat XML document, sealed, in an XML envelope, in an order of elements
//! that nobody may rely on.

use crate::fault::Mischief;
use crate::state::{Clicked, Fate, Parcel, Scene, World};
use crate::time::seconds;
use crate::xml::{Element, document};

/// Something that happened among people and that WeCom tells the app. What the app itself did through
/// the API is never told, so nothing under `api` makes one of these.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    event: &'static str,
    change: Option<&'static str>,
    /// `sys`, or the member who did it.
    from: String,
    fields: Vec<Element>,
    /// The card that a reply to this event may change.
    card: Option<Clicked>,
}

impl Event {
    /// `change_external_contact`: between one member and one customer.
    pub(crate) fn contact(change: &'static str, userid: &str, external_userid: &str) -> Self {
        let fields = vec![
            Element::Text("UserID", userid.to_owned()),
            Element::Text("ExternalUserID", external_userid.to_owned()),
        ];
        Self::change("change_external_contact", change, fields)
    }

    /// `change_external_tag`: a corp tag or a group of them; `kind` is `tag` or `tag_group`.
    pub(crate) fn tag(change: &'static str, kind: &str, id: &str) -> Self {
        let fields = vec![Element::Text("Id", id.to_owned()), Element::Text("TagType", kind.to_owned())];
        Self::change("change_external_tag", change, fields)
    }

    /// `change_external_tag`, the order of a group's tags; an empty id: of all groups.
    pub(crate) fn shuffled_tags(group_id: &str) -> Self {
        Self::change("change_external_tag", "shuffle", vec![Element::Text("Id", group_id.to_owned())])
    }

    /// Something a member did in the app: `enter_agent`, `template_card_event`…
    pub(crate) fn of_member(
        event: &'static str,
        userid: &str,
        fields: Vec<Element>,
        card: Option<Clicked>,
    ) -> Self {
        Self { event, change: None, from: userid.to_owned(), fields, card }
    }

    fn change(event: &'static str, change: &'static str, fields: Vec<Element>) -> Self {
        Self { event, change: Some(change), from: "sys".to_owned(), fields, card: None }
    }

    /// Adds a field that WeCom leaves out when it has nothing to say.
    pub(crate) fn with(mut self, name: &'static str, value: Option<String>) -> Self {
        self.fields.extend(value.map(|value| Element::Text(name, value)));
        self
    }
}

impl World {
    /// Puts the event on its way, unless injected trouble says otherwise; answers the delivery's number.
    /// An app without a callback address is told nothing.
    pub(crate) fn announce(&mut self, scene: &Scene<'_>, event: Event) -> Option<u64> {
        if scene.config.callback_url.is_empty() {
            return None;
        }
        let label = event.change.unwrap_or(event.event);
        let mut elements = vec![
            Element::Text("ToUserName", scene.config.corp_id.clone()),
            Element::Text("FromUserName", event.from),
            Element::Integer("CreateTime", seconds(scene.now_ms)),
            Element::Text("MsgType", "event".to_owned()),
            Element::Text("Event", event.event.to_owned()),
        ];
        match event.change {
            Some(change) => elements.push(Element::Text("ChangeType", change.to_owned())),
            None => elements.push(agent(scene)),
        }
        elements.extend(event.fields);
        let mut stream = self.draws.draw("callback");
        stream.shuffle(&mut elements);
        let encrypted = scene.sealer.seal(stream.bytes16(), document(&elements).as_bytes());

        let mut envelope = [
            Element::Text("ToUserName", scene.config.corp_id.clone()),
            Element::Text("AgentID", scene.config.agent_id.to_string()),
            Element::Text("Encrypt", encrypted.clone()),
        ];
        stream.shuffle(&mut envelope);
        let parcel = Parcel::Callback { body: document(&envelope), encrypted, card: event.card };

        let now = scene.now_ms;
        Some(match self.faults.strike_callback(label, &mut self.draws) {
            None => {
                let number = self.queue.post(label, parcel, now, now);
                self.queue.release_held(now);
                number
            }
            Some(Mischief::Drop) => self.queue.note(label, &parcel, now, Fate::Dropped),
            Some(Mischief::Duplicate) => {
                let number = self.queue.post(label, parcel.clone(), now, now);
                self.queue.post(label, parcel, now, now);
                self.queue.release_held(now);
                number
            }
            Some(Mischief::Delay { seconds }) => self.queue.post(label, parcel, now, now + seconds * 1000),
            Some(Mischief::Reorder { seconds }) => self.queue.hold(label, parcel, now, now + seconds * 1000),
        })
    }
}

fn agent(scene: &Scene<'_>) -> Element {
    Element::Integer("AgentID", i64::try_from(scene.config.agent_id).unwrap_or(i64::MAX))
}
