//! W1, as far as pictures go: greetings show them or say that they do not, and they are kept ready.

use domain::{Playbook, What};
use serde_json::Value;

use super::{
    super::{Simulation, pictures, script},
    Contents, Findings,
};

pub(super) async fn check(world: &Simulation, contents: &Contents, book: &Playbook, findings: &mut Findings) {
    if book.greeting_contents().is_empty() {
        return;
    }
    let known = world.app().store.media_id(&pictures::file()).await.ok().flatten();
    let is_ready = known.is_some_and(|media| world.now() < media.uploaded_at.plus_secs(60 * 3600));
    findings.must(is_ready, || "W1 the picture of greetings is not ready".to_owned());
    let (mut greeted, mut bare) = (0, 0);
    for file in &contents.files {
        let inbox = script::look(world, &format!("customers/{}/inbox", file.id)).await;
        let messages = inbox["items"].as_array().cloned().unwrap_or_default();
        let greetings: Vec<&Value> = messages.iter().filter(|message| message["via"] == "welcome").collect();
        greeted += greetings.len();
        bare += greetings.iter().filter(|message| message["attachments"].is_null()).count();
    }
    let facts = contents.journal.iter().flat_map(|(_, entry)| &entry.facts);
    let told = facts.filter(|fact| matches!(fact.what, What::PartsLeftOut { .. })).count();
    // Of a greeting of which nobody heard whether it arrived nobody knows what it lacked.
    let is_sure = world.faults.wecom == 0 && world.deaths == 0;
    findings.must(!is_sure || bare == told, || {
        format!("W1 {bare} greetings without their picture, {told} on record")
    });
    findings.must(bare * 4 <= greeted, || format!("W1 {bare} of {greeted} greetings without their picture"));
}
