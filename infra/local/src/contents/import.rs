//! From a folder into a running Stepwise.

mod file;
mod groups;
mod media;
mod plan;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use domain::content::BlobId;
use http::Method;
use serde_json::{Map, Value, json};

use self::{file::File, media::Media, plan::Plan};
use super::{
    Manner, Tally,
    client::{Answer, Client},
};

/// What is said of a content besides what it says: written as a whole, so what a file lacks is taken from what is there.
const HEADER: [&str; 6] = ["title", "group", "order", "tags", "visibility", "repeatable"];

/// What came of one content: did anything change, or why was it refused?
type Came = Result<bool, String>;

pub(super) async fn run(
    client: &Client,
    folder: &Path,
    manner: Manner,
    tally: &mut Tally,
) -> anyhow::Result<()> {
    groups::import(client, folder, tally).await?;
    let mut import = Import { client, manner, media: Media::new(client, folder) };
    for path in files(&folder.join("contents"))? {
        let id = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        let known = client.read(&address(&id)).await?;
        let is_known = known.is_some();
        match import.content(&id, &path, known).await? {
            Ok(_) if !is_known => tally.made += 1,
            Ok(true) => tally.changed += 1,
            Ok(false) => tally.unchanged += 1,
            Err(why) => tally.refused.push(format!("contents/{id}.json：{why}")),
        }
    }
    Ok(())
}

struct Import<'a> {
    client: &'a Client,
    manner: Manner,
    media: Media<'a>,
}

impl Import<'_> {
    async fn content(&mut self, id: &str, path: &Path, known: Option<Answer>) -> anyhow::Result<Came> {
        let mut file = match read(path).map_err(|error| format!("{error:#}")).and_then(File::of) {
            Ok(file) => file,
            Err(why) => return Ok(Err(why)),
        };
        let address = address(id);
        let there = known.as_ref().map_or(Value::Null, |known| known.body.clone());
        let kept = blobs(&there);
        for parts in [&mut file.parts, &mut file.draft].into_iter().flatten() {
            match self.media.with_hashes(parts.clone(), &kept).await? {
                Ok(hashed) => *parts = plan::plain(hashed),
                Err(why) => return Ok(Err(why)),
            }
        }
        let plan = match Plan::of(&file, &there, self.manner.over_drafts, self.media.inspected()) {
            Ok(plan) => plan,
            Err(why) => return Ok(Err(why)),
        };
        let mut changed = match self.header(&address, known, file.header).await? {
            Ok(changed) => changed,
            Err(why) => return Ok(Err(why)),
        };
        match self.say(&address, &there, plan, file.archived).await? {
            Ok(said) => changed |= said,
            Err(why) => return Ok(Err(why)),
        }
        Ok(Ok(changed))
    }

    /// Writes what differs of the header. Both sides are asked for what they make of it: what is written in another way
    /// is no change.
    async fn header(
        &self,
        address: &str,
        known: Option<Answer>,
        given: Map<String, Value>,
    ) -> anyhow::Result<Came> {
        let mut edit = match &known {
            Some(known) => header_of(&known.body),
            None => Map::new(),
        };
        let before = edit.clone();
        edit.extend(given);
        if known.is_some() && edit == before {
            return Ok(Ok(false));
        }
        let seen = known.as_ref().and_then(|known| known.etag.as_deref());
        let answer = self.client.ask(Method::PUT, address, seen, Some(&Value::Object(edit))).await?;
        if !answer.status.is_success() {
            return Ok(Err(answer.refusal()));
        }
        Ok(Ok(known.is_none() || header_of(&answer.body) != before))
    }

    /// Takes the content out of the archive, publishes, drafts, puts it away: as far as that changes anything.
    async fn say(
        &self,
        address: &str,
        there: &Value,
        plan: Plan,
        archived: Option<bool>,
    ) -> anyhow::Result<Came> {
        let was_archived = there["archived"] == true;
        let mut changed = false;
        if was_archived && archived == Some(false) {
            if let Err(why) = self.done(&format!("{address}/restore"), "*", None).await? {
                return Ok(Err(why));
            }
            changed = true;
        }
        // Whatever was saved since it was looked at is nothing to write over, and not what is to be published.
        let mut seen = there["draft"]["revision"].as_u64().map(|revision| format!("\"{revision}\""));
        if let Some(parts) = plan.publish {
            let drafted = match seen {
                Some(seen) if there["draft"]["body"]["parts"] == parts => Ok(seen),
                seen => self.draft_to_publish(address, there, seen.as_deref(), &parts).await?,
            };
            let drafted = match drafted {
                Ok(drafted) => drafted,
                Err(why) => return Ok(Err(why)),
            };
            let how = json!({"substantial": self.manner.substantial, "note": "导入"});
            if let Err(why) = self.done(&format!("{address}/publish"), &drafted, Some(&how)).await? {
                return Ok(Err(why));
            }
            seen = Some(drafted);
            changed = true;
        }
        if let Some(parts) = plan.draft {
            if let Err(why) = self.draft(address, seen.as_deref(), &parts).await? {
                return Ok(Err(why));
            }
            changed = true;
        }
        if !was_archived && archived == Some(true) {
            if let Err(why) = self.done(&format!("{address}/archive"), "*", None).await? {
                return Ok(Err(why));
            }
            changed = true;
        }
        Ok(Ok(changed))
    }

    /// Saves a draft that is to be published; its ETag. If something is wrong with it after all, what was there comes back:
    /// the mended file is to find nothing in its way.
    async fn draft_to_publish(
        &self,
        address: &str,
        there: &Value,
        seen: Option<&str>,
        parts: &Value,
    ) -> anyhow::Result<Result<String, String>> {
        let saved = match self.draft(address, seen, parts).await? {
            Ok(saved) => saved,
            Err(why) => return Ok(Err(why)),
        };
        let etag = saved.etag.clone().with_context(|| format!("{address}/draft: no ETag"))?;
        let Some(why) = saved.faults("problems") else { return Ok(Ok(etag)) };
        let before = [&there["draft"]["body"]["parts"], &there["body"]["parts"]];
        let before = before.into_iter().find(|parts| parts.is_array()).cloned().unwrap_or_else(|| json!([]));
        // Refused, if somebody has saved another one by now: theirs stays.
        let _ = self.draft(address, Some(&etag), &before).await?;
        Ok(Err(why))
    }

    /// Saves a draft over the one that was `seen`.
    async fn draft(
        &self,
        address: &str,
        seen: Option<&str>,
        parts: &Value,
    ) -> anyhow::Result<Result<Answer, String>> {
        let (path, body) = (format!("{address}/draft"), json!({"parts": parts}));
        let answer = self.client.ask(Method::PUT, &path, seen, Some(&body)).await?;
        Ok(if answer.status.is_success() { Ok(answer) } else { Err(answer.refusal()) })
    }

    async fn done(&self, path: &str, seen: &str, body: Option<&Value>) -> anyhow::Result<Result<(), String>> {
        let answer = self.client.ask(Method::POST, path, Some(seen), body).await?;
        Ok(if answer.status.is_success() { Ok(()) } else { Err(answer.refusal()) })
    }
}

fn header_of(content: &Value) -> Map<String, Value> {
    HEADER.iter().map(|field| ((*field).to_owned(), content[*field].clone())).collect()
}

/// The files that a content shows already, published or in its draft.
fn blobs(there: &Value) -> BTreeSet<BlobId> {
    let parts = [&there["body"]["parts"], &there["draft"]["body"]["parts"]];
    let parts = parts.into_iter().filter_map(Value::as_array).flatten();
    parts.filter_map(|part| BlobId::parse(part[super::file_field(part)?].as_str()?)).collect()
}

/// JSON files of a folder, in order of their names.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> anyhow::Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

fn address(id: &str) -> String {
    format!("contents/{}", segment(id))
}

/// An id as a part of an address: what is none is refused there by name.
fn segment(id: &str) -> String {
    id.chars().map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '!' }).collect()
}
