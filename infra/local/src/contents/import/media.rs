//! Files of the folder: looked at here, so that none travels in vain, and uploaded.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Component, Path, PathBuf},
};

use bytes::Bytes;
use domain::content::{
    BlobId,
    media::{Inspected, MediaKind, MediaProblem, inspect},
};
use serde_json::{Value, json};

use crate::contents::{client::Client, file_field};

pub(super) struct Media<'a> {
    client: &'a Client,
    folder: &'a Path,
    /// Hashes by name and use, or why there is none.
    found: BTreeMap<(String, MediaKind), Result<BlobId, String>>,
    inspected: BTreeMap<BlobId, Inspected>,
}

impl<'a> Media<'a> {
    pub(super) fn new(client: &'a Client, folder: &'a Path) -> Self {
        Self { client, folder, found: BTreeMap::new(), inspected: BTreeMap::new() }
    }

    /// What is known of the files that were looked at.
    pub(super) fn inspected(&self) -> &BTreeMap<BlobId, Inspected> {
        &self.inspected
    }

    /// The parts with hashes in place of names of files, which are uploaded unless they are among those `kept`.
    pub(super) async fn with_hashes(
        &mut self,
        mut parts: Value,
        kept: &BTreeSet<BlobId>,
    ) -> anyhow::Result<Result<Value, String>> {
        for part in parts.as_array_mut().into_iter().flatten() {
            let Some(field) = file_field(part) else { continue };
            let name = part[field].as_str().unwrap_or_default().to_owned();
            // A hash stays: the file may be there already.
            if !name.contains('/') {
                continue;
            }
            let kind = match part["kind"].as_str() {
                Some("image") => MediaKind::Image,
                Some("video") => MediaKind::Video,
                Some("link") => MediaKind::LinkCover,
                Some("mini_program") => MediaKind::MiniCover,
                _ => MediaKind::File,
            };
            match self.hash(&name, kind, kept).await? {
                Ok(blob) => part[field] = json!(blob),
                Err(why) => return Ok(Err(format!("{name}：{why}"))),
            }
        }
        Ok(Ok(parts))
    }

    async fn hash(
        &mut self,
        name: &str,
        kind: MediaKind,
        kept: &BTreeSet<BlobId>,
    ) -> anyhow::Result<Result<BlobId, String>> {
        let key = (name.to_owned(), kind);
        if let Some(known) = self.found.get(&key) {
            return Ok(known.clone());
        }
        let found = match self.look(name, kind) {
            Err(why) => Err(why),
            Ok((blob, _)) if kept.contains(&blob) => Ok(blob),
            Ok((_, bytes)) => self.client.upload(kind, bytes).await?,
        };
        self.found.insert(key, found.clone());
        Ok(found)
    }

    fn look(&mut self, name: &str, kind: MediaKind) -> Result<(BlobId, Bytes), String> {
        let path = self.inside(name)?;
        let broken = |error: std::io::Error| error.to_string();
        // Whatever lies there, no more than what may be sent comes into memory.
        let bytes = usize::try_from(std::fs::metadata(&path).map_err(broken)?.len()).unwrap_or(usize::MAX);
        if bytes > kind.most() {
            return Err(MediaProblem::TooLarge { kind, bytes }.zh());
        }
        let bytes = Bytes::from(std::fs::read(&path).map_err(broken)?);
        let inspected = inspect(&bytes, kind).map_err(|problem| problem.zh())?;
        let blob = BlobId::of(&bytes);
        self.inspected.insert(blob.clone(), inspected);
        Ok((blob, bytes))
    }

    /// A file of the folder: what a folder from somewhere else names outside of it is sent to nobody.
    fn inside(&self, name: &str) -> Result<PathBuf, String> {
        if !Path::new(name).components().all(|part| matches!(part, Component::Normal(_))) {
            return Err("不在文件夹里".into());
        }
        let real = |path: &Path| path.canonicalize().map_err(|error| format!("无法读取（{error}）"));
        let (path, folder) = (real(&self.folder.join(name))?, real(self.folder)?);
        if path.starts_with(folder) { Ok(path) } else { Err("不在文件夹里".into()) }
    }
}
