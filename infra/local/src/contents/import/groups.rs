//! Groups of the folder.

use std::path::Path;

use serde_json::Value;

use super::{read, segment};
use crate::contents::{Tally, client::Client};

/// Makes and changes groups as the folder has them. One may need another that comes behind it, or the name of one that gets
/// another: as long as some are taken, those that were refused are tried again.
pub(super) async fn import(client: &Client, folder: &Path, tally: &mut Tally) -> anyhow::Result<()> {
    let path = folder.join("groups.json");
    if !path.is_file() {
        return Ok(());
    }
    let there = client.list("content-groups").await?;
    let Value::Array(mut open) = read(&path)? else { anyhow::bail!("{}: is no list", path.display()) };
    loop {
        let (tried, mut again, mut refused) = (open.len(), Vec::new(), Vec::new());
        for group in open {
            if let Err(why) = put(client, &there, &group).await? {
                refused.push(format!("groups.json {}：{why}", group["id"].as_str().unwrap_or_default()));
                again.push(group);
            }
        }
        if again.len() == tried {
            tally.refused.append(&mut refused);
            return Ok(());
        }
        open = again;
    }
}

/// Writes what differs; why that is refused. What the folder does not say of a group stays.
async fn put(client: &Client, there: &[Value], group: &Value) -> anyhow::Result<Result<(), String>> {
    let Value::Object(mut edit) = group.clone() else { return Ok(Err("不是 JSON 对象".into())) };
    edit.remove("id");
    // Without one it keeps its place, unless it is moved.
    if edit.get("order").is_some_and(Value::is_null) {
        edit.remove("order");
    }
    let known = there.iter().find(|known| known["id"] == group["id"]);
    if let Some(known) = known {
        if edit.iter().all(|(field, wanted)| known.get(field) == Some(wanted)) {
            return Ok(Ok(()));
        }
        for field in ["name", "parent"] {
            edit.entry(field).or_insert_with(|| known[field].clone());
        }
    }
    let seen = known.map(|known| format!("\"{}\"", known["revision"]));
    let path = format!("content-groups/{}", segment(group["id"].as_str().unwrap_or_default()));
    let answer = client.ask(http::Method::PUT, &path, seen.as_deref(), Some(&Value::Object(edit))).await?;
    Ok(if answer.status.is_success() { Ok(()) } else { Err(answer.refusal()) })
}
