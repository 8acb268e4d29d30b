//! From a folder into a running Stepwise.

use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

use anyhow::Context as _;
use http::Method;
use serde_json::{Value, json};

use super::{Tally, client::Client, file_field};

/// What came of one content.
enum Came {
    Made,
    Changed,
    Unchanged,
    Refused(String),
}

pub(super) async fn run(client: &Client, folder: &Path, substantial: bool) -> anyhow::Result<Tally> {
    let mut import = Import { client, folder, substantial, uploaded: BTreeMap::new() };
    let mut tally = Tally::default();
    import.groups(&mut tally).await?;
    for path in files(&folder.join("contents"))? {
        let id = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        match import.content(&id, &path).await? {
            Came::Made => tally.made += 1,
            Came::Changed => tally.changed += 1,
            Came::Unchanged => tally.unchanged += 1,
            Came::Refused(why) => tally.refused.push(format!("contents/{id}.json：{why}")),
        }
    }
    Ok(tally)
}

struct Import<'a> {
    client: &'a Client,
    folder: &'a Path,
    substantial: bool,
    /// Hashes of files by name and use.
    uploaded: BTreeMap<(String, &'static str), Result<String, String>>,
}

impl Import<'_> {
    async fn groups(&self, tally: &mut Tally) -> anyhow::Result<()> {
        let path = self.folder.join("groups.json");
        if !path.is_file() {
            return Ok(());
        }
        let there = self.client.list("content-groups").await?;
        let Value::Array(wanted) = read(&path)? else { anyhow::bail!("{}: is no list", path.display()) };
        for mut group in wanted {
            let id = group["id"].as_str().unwrap_or_default().to_owned();
            let known = there.iter().find(|known| known["id"] == group["id"]);
            let differs =
                |known: &Value| ["name", "parent", "order"].iter().any(|field| known[field] != group[field]);
            if known.is_some_and(|known| !differs(known)) {
                continue;
            }
            group.as_object_mut().map(|group| group.remove("id"));
            let seen = known.map(|known| format!("\"{}\"", known["revision"]));
            let path = format!("content-groups/{}", segment(&id));
            let answer = self.client.ask(Method::PUT, &path, seen.as_deref(), Some(&group)).await?;
            if !answer.status.is_success() {
                tally.refused.push(format!("groups.json {id}：{}", answer.refusal()));
            }
        }
        Ok(())
    }

    async fn content(&mut self, id: &str, path: &Path) -> anyhow::Result<Came> {
        let mut edit = match read(path) {
            Ok(Value::Object(edit)) => edit,
            Ok(_) => return Ok(Came::Refused("不是 JSON 对象".into())),
            Err(error) => return Ok(Came::Refused(format!("{error:#}"))),
        };
        let publish = edit.remove("published").is_some_and(|published| published == true);
        let parts = match edit.remove("parts") {
            None => None,
            Some(parts) => match self.with_hashes(parts).await? {
                Ok(parts) => Some(parts),
                Err(why) => return Ok(Came::Refused(why)),
            },
        };
        let address = format!("contents/{}", segment(id));
        let known = self.client.read(&address).await?;
        let mut changed = false;
        let differs = |known: &Value| edit.iter().any(|(field, value)| known[field] != *value);
        if known.as_ref().is_none_or(|known| differs(&known.body)) {
            let seen = known.as_ref().and_then(|known| known.etag.as_deref());
            let answer = self.client.ask(Method::PUT, &address, seen, Some(&Value::Object(edit))).await?;
            if !answer.status.is_success() {
                return Ok(Came::Refused(answer.refusal()));
            }
            changed = true;
        }
        let before = known.as_ref().map_or(Value::Null, |known| known.body.clone());
        if let Some(parts) = parts {
            match self.say(&address, &before, parts, publish).await? {
                Ok(said) => changed |= said,
                Err(why) => return Ok(Came::Refused(why)),
            }
        }
        Ok(match (known, changed) {
            (None, _) => Came::Made,
            (Some(_), true) => Came::Changed,
            (Some(_), false) => Came::Unchanged,
        })
    }

    /// Saves the draft and publishes it, as far as that changes anything.
    async fn say(
        &self,
        address: &str,
        before: &Value,
        parts: Value,
        publish: bool,
    ) -> anyhow::Result<Result<bool, String>> {
        let mut changed = false;
        if before["draft"]["body"]["parts"] != parts {
            let seen = before["draft"]["revision"].as_u64().map(|revision| format!("\"{revision}\""));
            let (path, body) = (format!("{address}/draft"), json!({"parts": parts}));
            let answer = self.client.ask(Method::PUT, &path, seen.as_deref(), Some(&body)).await?;
            if !answer.status.is_success() {
                return Ok(Err(answer.refusal()));
            }
            changed = true;
        }
        if publish && before["body"]["parts"] != parts {
            let how = json!({"substantial": self.substantial, "note": "导入"});
            let path = format!("{address}/publish");
            let answer = self.client.ask(Method::POST, &path, None, Some(&how)).await?;
            if !answer.status.is_success() {
                return Ok(Err(answer.refusal()));
            }
            changed = true;
        }
        Ok(Ok(changed))
    }

    /// The parts with hashes in place of names of files, which are uploaded.
    async fn with_hashes(&mut self, mut parts: Value) -> anyhow::Result<Result<Value, String>> {
        for part in parts.as_array_mut().into_iter().flatten() {
            let Some(field) = file_field(part) else { continue };
            let name = part[field].as_str().unwrap_or_default().to_owned();
            // A hash stays: the file may be there already.
            if !name.contains('/') {
                continue;
            }
            let kind = match part["kind"].as_str() {
                Some("image") => "image",
                Some("video") => "video",
                Some("link") => "link_cover",
                Some("mini_program") => "mini_cover",
                _ => "file",
            };
            match self.uploaded(&name, kind).await? {
                Ok(hash) => part[field] = json!(hash),
                Err(why) => return Ok(Err(format!("{name}：{why}"))),
            }
        }
        Ok(Ok(parts))
    }

    async fn uploaded(&mut self, name: &str, kind: &'static str) -> anyhow::Result<Result<String, String>> {
        let key = (name.to_owned(), kind);
        if let Some(known) = self.uploaded.get(&key) {
            return Ok(known.clone());
        }
        let found = match self.inside(name) {
            None => Err("不在文件夹里".to_owned()),
            Some(path) => match std::fs::read(&path) {
                Err(error) => Err(error.to_string()),
                Ok(bytes) => self.client.upload(kind, bytes.into()).await?,
            },
        };
        self.uploaded.insert(key, found.clone());
        Ok(found)
    }

    /// A file of the folder: what a folder from somewhere else names outside of it is sent to nobody.
    fn inside(&self, name: &str) -> Option<PathBuf> {
        let plain = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        let path = self.folder.join(name).canonicalize().ok().filter(|_| plain)?;
        path.starts_with(self.folder.canonicalize().ok()?).then_some(path)
    }
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

/// An id as a part of an address: what is none is refused there by name.
fn segment(id: &str) -> String {
    id.chars().map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '!' }).collect()
}
