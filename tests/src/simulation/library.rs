//! Contents that SOPs send in a simulated world, that staff send by themselves, and that customers open.

use app::Author;
use domain::{
    Actor, ContentId, File, Happening, Playbook, StaffId, Timestamp,
    content::{ContentEdit, Publishing},
    file::Evidence,
    signal::LinkSource,
};
use serde_json::{Value, json};

use super::{
    Simulation,
    deeds::Deed,
    script::{self, STAFF},
};

pub(super) const CONTENTS: [&str; 2] = ["case", "film"];

/// Publishes the contents.
pub(super) async fn publish(world: &Simulation) {
    let (app, author) = (world.app(), Author::stepwise());
    for name in CONTENTS {
        let id = ContentId::from(name);
        let edit = ContentEdit { title: name.into(), ..ContentEdit::default() };
        app.put_content(&id, 0, &edit, &author).await.expect("a content");
        let parts = json!({"parts": [{"kind": "text", "text": "{{customer.name|您}}，请看"},
                                     {"kind": "link", "title": name, "url": "https://example.com/"}]});
        let body = serde_json::from_value(parts).expect("a body");
        app.put_content_draft(&id, 0, body, &author).await.expect("a draft");
        let how = Publishing { substantial: false, note: String::new() };
        app.publish_content(&id, None, how, &author).await.expect("a version");
    }
}

/// The SOPs of all worlds, but that they send contents, some of them more than once.
pub(super) fn sops() -> [Value; 2] {
    let (mut friends, mut price) = (script::friends(), script::price());
    friends["steps"][0]["content"] = json!({"ref": "film"});
    friends["steps"][1]["content"] = json!({"ref": "case"});
    friends["steps"][3]["content"] = json!({"ref": "case", "unless_had_within": 0});
    friends["steps"][4]["content"] = json!({"ref": "film", "unless_had_within": 3});
    price["steps"][0]["content"] = json!({"ref": "case", "unless_had_within": 2});
    price["steps"][2]["content"] = json!({"ref": "film", "unless_had_within": "ever"});
    [friends, price]
}

/// What staff and customers do with contents, besides everything else.
pub(super) fn plan(world: &Simulation, customers: u64, end: Timestamp) -> Vec<(Timestamp, Deed)> {
    let (chance, begin) = (&world.chance, world.now());
    let span = u64::try_from(end.ms() - begin.ms()).unwrap_or(1);
    let mut deeds = Vec::new();
    for customer in 0..customers {
        for _ in 0..chance.below(6) {
            let at = Timestamp::from_ms(begin.ms() + i64::try_from(chance.below(span)).unwrap_or(0));
            let content = chance.pick(&CONTENTS);
            let deed = match chance.hits(600) {
                true => Deed::Send { customer, staff: chance.pick(&STAFF), content },
                false => Deed::Open { customer, content },
            };
            deeds.push((at, deed));
        }
    }
    deeds
}

/// A friend sends what is published; a customer opens what they got last.
pub(super) fn asked(deed: &Deed, file: &File, book: &Playbook) -> Option<(Happening, Actor)> {
    match deed {
        Deed::Send { staff, content, .. } => {
            let (staff, content) = (StaffId::from(*staff), ContentId::from(*content));
            let content = book.contents.get(&content)?.sent_as(None)?;
            let by = Actor::Staff { userid: staff.clone() };
            Some((Happening::ContentSent { staff, content, evidence: Evidence::SdkCallback }, by))
        }
        Deed::Open { content, .. } => {
            let id = ContentId::from(*content);
            file.exposures.get(&id)?;
            let content = book.contents.get(&id)?.sent_as(None)?;
            let via = LinkSource::Staff(StaffId::from(STAFF[0]));
            Some((Happening::LinkOpened { content, part: 1, via }, Actor::Customer))
        }
        _ => None,
    }
}
