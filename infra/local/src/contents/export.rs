//! From a running Stepwise into a folder.

use std::path::Path;

use anyhow::Context as _;
use domain::content::media::Format;
use serde_json::{Map, Value, json};

use super::{Tally, client::Client, file_field};

/// What a content's file has of its header.
const KEPT: [&str; 5] = ["title", "group", "tags", "visibility", "repeatable"];

pub(super) async fn run(client: &Client, folder: &Path) -> anyhow::Result<Tally> {
    for inner in ["contents", "media"] {
        let inner = folder.join(inner);
        std::fs::create_dir_all(&inner).with_context(|| inner.display().to_string())?;
    }
    let groups = client.list("content-groups").await?;
    let groups: Vec<Value> =
        groups.iter().map(|group| only(group, &["id", "name", "parent", "order"])).collect();
    write(&folder.join("groups.json"), &json!(groups))?;
    let mut tally = Tally::default();
    for content in client.list("contents").await? {
        let id = content["id"].as_str().context("a content without an id")?;
        // Somebody may have removed it from sight meanwhile.
        let Some(detail) = client.read(&format!("contents/{id}")).await? else { continue };
        let mut kept = only(&detail.body, &KEPT);
        let is_published = detail.body["published"].is_u64();
        let parts = if is_published { &detail.body["body"] } else { &detail.body["draft"]["body"] };
        kept["published"] = json!(is_published);
        let source = if is_published { "" } else { "?version=draft" };
        let mut parts = parts["parts"].as_array().cloned().unwrap_or_default();
        for (n, part) in parts.iter_mut().enumerate() {
            if let Some(field) = file_field(part) {
                let bytes = client.fetch(&format!("contents/{id}/parts/{n}/media{source}")).await?;
                let name = format!("media/{}", file_name(part, field, &bytes));
                std::fs::write(folder.join(&name), bytes).with_context(|| name.clone())?;
                part[field] = json!(name);
            }
        }
        if !parts.is_empty() {
            kept["parts"] = json!(parts);
        }
        write(&folder.join(format!("contents/{id}.json")), &kept)?;
        tally.made += 1;
    }
    Ok(tally)
}

/// The hash, with an ending for whoever looks into the folder.
fn file_name(part: &Value, field: &str, bytes: &[u8]) -> String {
    let given = part["name"].as_str().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
    let ending = match Format::of(bytes) {
        Format::Jpeg => "jpg",
        Format::Png => "png",
        Format::Mp4 => "mp4",
        _ => given.filter(|ending| ending.bytes().all(|byte| byte.is_ascii_alphanumeric())).unwrap_or("bin"),
    };
    format!("{}.{ending}", part[field].as_str().unwrap_or_default())
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
