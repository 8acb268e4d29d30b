//! Events as WeCom sends them: a flat XML document, sealed, in an XML envelope, in an order of elements
//! that nobody may rely on.

use crate::fault::Mischief;
use crate::state::{Fate, Parcel, Scene, World};
use crate::time::seconds;
use crate::xml::{Element, document};

/// Something that happened among people and that WeCom tells the app. What the app itself did through
/// the API is never told, so nothing under `api` makes one of these.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    event: &'static str,
    change: &'static str,
    fields: Vec<Element>,
}

impl Event {
    /// `change_external_contact`: between one member and one customer.
    pub(crate) fn contact(change: &'static str, userid: &str, external_userid: &str) -> Self {
        Self {
            event: "change_external_contact",
            change,
            fields: vec![
                Element::Text("UserID", userid.to_owned()),
                Element::Text("ExternalUserID", external_userid.to_owned()),
            ],
        }
    }

    /// `change_external_tag`: a corp tag or a group of them; `kind` is `tag` or `tag_group`.
    pub(crate) fn tag(change: &'static str, kind: &str, id: &str) -> Self {
        Self {
            event: "change_external_tag",
            change,
            fields: vec![Element::Text("Id", id.to_owned()), Element::Text("TagType", kind.to_owned())],
        }
    }

    /// Adds a field that WeCom leaves out when it has nothing to say.
    pub(crate) fn with(mut self, name: &'static str, value: Option<String>) -> Self {
        self.fields.extend(value.map(|value| Element::Text(name, value)));
        self
    }
}

impl World {
    /// Puts the event on its way, unless injected trouble says otherwise.
    pub(crate) fn announce(&mut self, scene: &Scene<'_>, event: Event) {
        let label = event.change;
        let mut elements = vec![
            Element::Text("ToUserName", scene.config.corp_id.clone()),
            Element::Text("FromUserName", "sys".to_owned()),
            Element::Integer("CreateTime", seconds(scene.now_ms)),
            Element::Text("MsgType", "event".to_owned()),
            Element::Text("Event", event.event.to_owned()),
            Element::Text("ChangeType", event.change.to_owned()),
        ];
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
        let parcel = Parcel::Callback { body: document(&envelope), encrypted };

        let now = scene.now_ms;
        match self.faults.strike_callback(label, &mut self.draws) {
            None => {
                self.queue.post(label, parcel, now, now);
                self.queue.release_held(now);
            }
            Some(Mischief::Drop) => self.queue.note(label, now, Fate::Dropped),
            Some(Mischief::Duplicate) => {
                self.queue.post(label, parcel.clone(), now, now);
                self.queue.post(label, parcel, now, now);
                self.queue.release_held(now);
            }
            Some(Mischief::Delay { seconds }) => {
                self.queue.post(label, parcel, now, now + seconds * 1000);
            }
            Some(Mischief::Reorder { seconds }) => {
                self.queue.hold(label, parcel, now, now + seconds * 1000);
            }
        }
    }
}
