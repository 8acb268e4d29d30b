//! SOPs: drafts that may be wrong, and versions that never change.

use domain::{
    Playbook, SopId,
    playbook::{Problem, SopHeader},
    sop::{self, SopVersion},
};
use serde_json::Value;
use store::{Change, Expected, RecordKind};

use crate::{App, Author, Draft, Error, catalog, content::Woken};

impl App {
    /// Saves a draft that was read as `revision` (0: new) and says what is wrong with it so far. A draft may be wrong;
    /// only its id has to fit.
    pub async fn put_draft(
        &self,
        id: &SopId,
        source: Value,
        revision: u64,
        author: &Author,
    ) -> Result<(Draft, Vec<Problem>), Error> {
        if let Err(bad) = domain::id::check_slug(id.as_str()) {
            return Err(Error::Invalid(vec![Problem::new("/id", "bad_id", bad.to_string())]));
        }
        if source.get("id").and_then(Value::as_str) != Some(id.as_str()) {
            let text = format!("the document's id has to be {:?}, as in the address", id.as_str());
            return Err(Error::Invalid(vec![Problem::new("/id", "id_mismatch", text)]));
        }
        let book = self.playbook().await?;
        let problems = sop::compile(&source, &book).err().unwrap_or_default();
        let change = Change {
            kind: RecordKind::Draft,
            id: id.to_string(),
            doc: Some(catalog::to_json(&source)?),
            revision: revision + 1,
            expected: catalog::expected(revision),
        };
        self.change(&[change], "put", author).await?;
        Ok((Draft { source, revision: revision + 1 }, problems))
    }

    /// The draft of an SOP.
    pub async fn draft(&self, id: &SopId) -> Result<Option<Draft>, Error> {
        let Some(record) = self.store.record(RecordKind::Draft, id.as_str()).await? else { return Ok(None) };
        Ok(Some(Draft { source: catalog::from_json(id.as_str(), &record.doc)?, revision: record.revision }))
    }

    /// Publishes the draft as the next version. Those inside finish on the version they entered.
    pub async fn publish_sop(&self, id: &SopId, author: &Author) -> Result<SopVersion, Error> {
        let draft = self.draft(id).await?.ok_or_else(|| Error::NotFound(format!("draft of SOP {id}")))?;
        let published = self.decide("publish", author, |book| self.next_version(id, &draft, book)).await?;
        self.ready_greetings(Woken::Published).await;
        Ok(published)
    }

    fn next_version(
        &self,
        id: &SopId,
        draft: &Draft,
        book: &Playbook,
    ) -> Result<(Vec<Change>, SopVersion), Error> {
        let document = sop::compile(&draft.source, book).map_err(Error::Invalid)?;
        let header = book.sops.get(id).map(|sop| &sop.header);
        let now = self.clock.now();
        let version = header.and_then(|header| header.published).unwrap_or(0) + 1;
        let first = header.and_then(|header| header.first_published_at).unwrap_or(now);
        let enabled = header.is_none_or(|header| header.enabled);
        let header =
            SopHeader { id: id.clone(), published: Some(version), first_published_at: Some(first), enabled };
        let published = SopVersion { version, published_at: now, document };
        let changes = vec![
            Change {
                kind: RecordKind::SopVersion,
                id: format!("{id}#{version:06}"),
                doc: Some(catalog::to_json(&published)?),
                revision: 1,
                expected: Expected::Absent,
            },
            Change {
                kind: RecordKind::Sop,
                id: id.to_string(),
                doc: Some(catalog::to_json(&header)?),
                // Each publishing is one revision. It goes by the stamp, which any other change of it has raised.
                revision: u64::from(version),
                expected: Expected::Any,
            },
        ];
        Ok((changes, published))
    }
}
