//! From a running Stepwise into a folder.

use std::{collections::BTreeMap, path::Path};

use anyhow::Context as _;
use bytes::Bytes;
use domain::{
    content::{BlobId, media::Format},
    id::check_slug,
};
use serde_json::{Map, Value, json};

use super::{Tally, client::Client, file_field};

/// What a content's file has of its header.
const KEPT: [&str; 7] = ["title", "group", "order", "tags", "visibility", "repeatable", "archived"];

pub(super) async fn run(client: &Client, folder: &Path, tally: &mut Tally) -> anyhow::Result<()> {
    for inner in ["contents", "media"] {
        let inner = folder.join(inner);
        std::fs::create_dir_all(&inner).with_context(|| inner.display().to_string())?;
    }
    let groups = client.list("content-groups").await?;
    let groups: Vec<Value> =
        groups.iter().map(|group| only(group, &["id", "name", "parent", "order"])).collect();
    write(&folder.join("groups.json"), &json!(groups))?;
    let mut export = Export { client, folder, tally, written: BTreeMap::new() };
    for list in ["contents", "contents?archived=true"] {
        for content in client.list(list).await? {
            export.content(content["id"].as_str().unwrap_or_default()).await?;
        }
    }
    Ok(())
}

struct Export<'a> {
    client: &'a Client,
    folder: &'a Path,
    tally: &'a mut Tally,
    /// Names of the files that are in the folder.
    written: BTreeMap<BlobId, String>,
}

impl Export<'_> {
    async fn content(&mut self, id: &str) -> anyhow::Result<()> {
        // It becomes the name of a file: what the server answers is not to lead out of the folder.
        if check_slug(id).is_err() {
            self.tally.refused.push(format!("标识 {id:?} 不正确，没有导出"));
            return Ok(());
        }
        // Somebody may have removed it from sight meanwhile.
        let Some(detail) = self.client.read(&format!("contents/{id}")).await? else { return Ok(()) };
        let said = |body: &Value| body["parts"].as_array().cloned();
        let (published, draft) = (said(&detail.body["body"]), said(&detail.body["draft"]["body"]));
        let mut kept = only(&detail.body, &KEPT);
        kept["published"] = json!(published.is_some());
        let draft = draft.filter(|draft| published.as_ref() != Some(draft));
        if let Some(parts) = published {
            // By number: what is published meanwhile is another one.
            let version = detail.body["published"].to_string();
            kept["parts"] = self.parts(id, parts, &version).await?;
            if let Some(parts) = draft {
                kept["draft"] = self.parts(id, parts, "draft").await?;
            }
        } else if let Some(parts) = draft {
            kept["parts"] = self.parts(id, parts, "draft").await?;
        }
        write(&self.folder.join(format!("contents/{id}.json")), &kept)?;
        self.tally.made += 1;
        Ok(())
    }

    /// The parts with names of files in place of hashes. A hash stays where its file cannot be had.
    async fn parts(&mut self, id: &str, mut parts: Vec<Value>, version: &str) -> anyhow::Result<Value> {
        for (n, part) in parts.iter_mut().enumerate() {
            let Some(field) = file_field(part) else { continue };
            let path = format!("contents/{id}/parts/{n}/media?version={version}");
            match self.file(part, field, &path).await? {
                Ok(name) => part[field] = json!(name),
                Err(why) => {
                    let why = format!("contents/{id}.json：第 {} 条的文件{why}，只写了它的标识", n + 1);
                    self.tally.refused.push(why);
                }
            }
        }
        Ok(json!(parts))
    }

    async fn file(
        &mut self,
        part: &Value,
        field: &str,
        path: &str,
    ) -> anyhow::Result<Result<String, &'static str>> {
        let Some(blob) = part[field].as_str().and_then(BlobId::parse) else {
            return Ok(Err("标识不正确"));
        };
        if let Some(name) = self.written.get(&blob) {
            return Ok(Ok(name.clone()));
        }
        let Some(bytes) = self.client.fetch(path).await? else { return Ok(Err("不存在")) };
        if BlobId::of(&bytes) != blob {
            return Ok(Err("在导出时被改动，请再导出一次"));
        }
        let name = format!("media/{}.{}", blob.as_str(), ending(part, &bytes));
        std::fs::write(self.folder.join(&name), bytes).with_context(|| name.clone())?;
        self.written.insert(blob, name.clone());
        Ok(Ok(name))
    }
}

/// An ending, for whoever looks into the folder.
fn ending(part: &Value, bytes: &Bytes) -> String {
    let known = match Format::of(bytes) {
        Format::Jpeg => Some("jpg"),
        Format::Png => Some("png"),
        Format::Mp4 => Some("mp4"),
        _ => part["name"].as_str().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending),
    };
    let plain = |ending: &&str| {
        (1..=10).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    known.filter(plain).unwrap_or("bin").to_ascii_lowercase()
}

fn only(whole: &Value, names: &[&str]) -> Value {
    let kept = names.iter().map(|name| ((*name).to_owned(), whole[name].clone()));
    Value::Object(kept.collect::<Map<_, _>>())
}

fn write(path: &Path, value: &Value) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    std::fs::write(path, text).with_context(|| path.display().to_string())
}
