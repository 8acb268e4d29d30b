//! The playbook's records: one small item each in one partition, read whole by one query, and a stamp that rises with
//! every change so that a cached copy is re-validated by one read.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};

use crate::{
    AuditEntry, Cursor, Error, Page, Store,
    attributes::{Item, get_number, get_text, item, key, number, text},
    commit::{Condition, delete, put},
    error::{cancellations, sort},
};

pub(crate) const PARTITION: &str = "PLAYBOOK";
pub(crate) const STAMP: &str = "STAMP";
/// Thousands of records are small. A page ends at 1 MB, however many it may have.
const RECORDS_A_PAGE: i32 = 2_000;

/// The kinds of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordKind {
    /// The corp's settings; one, with an empty id.
    Settings,
    /// A tag group with its tags.
    TagGroup,
    /// A board.
    Board,
    /// A rule.
    Rule,
    /// An SOP's changing part.
    Sop,
    /// An immutable SOP version: `<sop>#<number>`.
    SopVersion,
    /// A staff member.
    Staff,
    /// A department, by its number.
    Department,
    /// A content, less what it says.
    Content,
    /// A group of contents.
    ContentGroup,
    /// An SOP's draft; not part of the playbook.
    Draft,
    /// What somebody works on in a content; not part of the playbook, as all that follows.
    ContentDraft,
    /// An immutable version of a content: `<content>#<number>`.
    ContentVersion,
    /// What is known of an uploaded file, by the hash of its bytes.
    Media,
}

impl RecordKind {
    const ALL: [Self; 14] = [
        Self::Settings,
        Self::TagGroup,
        Self::Board,
        Self::Rule,
        Self::Sop,
        Self::SopVersion,
        Self::Staff,
        Self::Department,
        Self::Content,
        Self::ContentGroup,
        Self::Draft,
        Self::ContentDraft,
        Self::ContentVersion,
        Self::Media,
    ];

    const fn prefix(self) -> &'static str {
        match self {
            Self::Settings => "SETTINGS",
            Self::TagGroup => "TAGS",
            Self::Board => "BOARD",
            Self::Rule => "RULE",
            Self::Sop => "SOP",
            Self::SopVersion => "SOPVERSION",
            Self::Staff => "STAFF",
            Self::Department => "DEPARTMENT",
            Self::Content => "CONTENT",
            Self::ContentGroup => "CONTENTGROUP",
            Self::Draft => "DRAFT",
            Self::ContentDraft => "CONTENTDRAFT",
            Self::ContentVersion => "CONTENTVERSION",
            Self::Media => "MEDIA",
        }
    }

    /// Drafts are nobody's business but their author's, and what contents say would make the playbook large.
    const fn partition(self) -> &'static str {
        match self {
            Self::Draft => "DRAFTS",
            Self::ContentDraft | Self::ContentVersion => "CONTENTS",
            Self::Media => "MEDIA",
            _ => PARTITION,
        }
    }

    /// Is it read by those who decide?
    fn is_of_the_playbook(self) -> bool {
        self.partition() == PARTITION
    }
}

/// A record as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// What it is.
    pub kind: RecordKind,
    /// Its id within the kind.
    pub id: String,
    /// JSON.
    pub doc: String,
    /// Rises with every change.
    pub revision: u64,
}

/// What the store must hold for a change to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing.
    Absent,
    /// This revision.
    Revision(u64),
    /// Whatever.
    Any,
}

/// One change of a record.
#[derive(Clone, Debug)]
pub struct Change {
    /// What it is.
    pub kind: RecordKind,
    /// Its id.
    pub id: String,
    /// The new JSON; `None` deletes.
    pub doc: Option<String>,
    /// Revision after the change.
    pub revision: u64,
    /// The condition.
    pub expected: Expected,
}

fn sk(kind: RecordKind, id: &str) -> String {
    format!("{}#{id}", kind.prefix())
}

/// A record of this kind as an item of a query.
fn stored(kind: RecordKind, item: &Item) -> Result<StoredRecord, Error> {
    let sk = get_text(item, "sk")?;
    let id = sk.split_once('#').map_or(sk, |(_, id)| id).to_owned();
    let doc = get_text(item, "doc")?.to_owned();
    Ok(StoredRecord { kind, id, doc, revision: get_number(item, "revision")? })
}

impl Store {
    /// All records of the playbook, with the stamp that was current before they were read: a change in between makes
    /// the copy look stale, never fresh.
    pub async fn playbook(&self) -> Result<(u64, Vec<StoredRecord>), Error> {
        let stamp = self.stamp().await?;
        let mut records = Vec::new();
        let mut from = None;
        loop {
            let page = self.prefix(PARTITION, "", RECORDS_A_PAGE, from.as_ref(), true).await?;
            for item in page.items {
                let (prefix, id) = match get_text(&item, "sk")? {
                    STAMP => continue,
                    sk => sk.split_once('#').unwrap_or((sk, "")),
                };
                let Some(kind) = RecordKind::ALL.into_iter().find(|kind| kind.prefix() == prefix) else {
                    continue;
                };
                records.push(StoredRecord {
                    kind,
                    id: id.to_owned(),
                    doc: get_text(&item, "doc")?.to_owned(),
                    revision: get_number(&item, "revision")?,
                });
            }
            from = page.next;
            if from.is_none() {
                return Ok((stamp, records));
            }
        }
    }

    /// The playbook's stamp; 0 before its first change.
    pub async fn stamp(&self) -> Result<u64, Error> {
        let request = self.client.get_item().table_name(&self.names.main).consistent_read(true);
        let found = Box::pin(request.set_key(Some(key(PARTITION, STAMP))).send())
            .await
            .map_err(|e| sort("GetItem", e))?;
        found.item.map_or(Ok(0), |item| get_number(&item, "stamp"))
    }

    /// One record.
    pub async fn record(&self, kind: RecordKind, id: &str) -> Result<Option<StoredRecord>, Error> {
        let request = self.client.get_item().table_name(&self.names.main).consistent_read(true);
        let found = Box::pin(request.set_key(Some(key(kind.partition(), sk(kind, id)))).send()).await;
        let Some(item) = found.map_err(|e| sort("GetItem", e))?.item else { return Ok(None) };
        let doc = get_text(&item, "doc")?.to_owned();
        Ok(Some(StoredRecord { kind, id: id.to_owned(), doc, revision: get_number(&item, "revision")? }))
    }

    /// Drafts, in order of id.
    pub async fn drafts(&self, limit: i32, from: Option<&Cursor>) -> Result<Page<StoredRecord>, Error> {
        let kind = RecordKind::Draft;
        let page = self.prefix(kind.partition(), "", limit, from, true).await?;
        page.try_map(|item| stored(kind, &item))
    }

    /// Versions of a content, the last first; their ids are `<content>#<number>`.
    pub async fn content_versions(
        &self,
        content: &str,
        limit: i32,
        from: Option<&Cursor>,
    ) -> Result<Page<StoredRecord>, Error> {
        let kind = RecordKind::ContentVersion;
        let page =
            self.prefix(kind.partition(), &sk(kind, &format!("{content}#")), limit, from, false).await?;
        page.try_map(|item| stored(kind, &item))
    }

    /// Makes all changes or none, and raises the stamp once. `stamp`: only if the playbook still is as it was read.
    /// `audit` tells who did it. One transaction holds 100 items, of which the stamp is one.
    pub async fn change_playbook(
        &self,
        changes: &[Change],
        stamp: Option<u64>,
        audit: &[AuditEntry],
        token: &str,
    ) -> Result<(), Error> {
        let mut items = Vec::with_capacity(changes.len() + 1 + audit.len());
        let mut affects_playbook = false;
        for change in changes {
            affects_playbook |= change.kind.is_of_the_playbook();
            items.push(self.change(change)?);
        }
        if affects_playbook {
            let raise = Update::builder()
                .table_name(&self.names.main)
                .set_key(Some(key(PARTITION, STAMP)))
                .update_expression("ADD stamp :one")
                .expression_attribute_values(":one", number(1));
            let raise = match stamp {
                None => raise,
                Some(0) => raise.condition_expression("attribute_not_exists(stamp)"),
                Some(stamp) => raise
                    .condition_expression("stamp = :stamp")
                    .expression_attribute_values(":stamp", number(stamp)),
            };
            let raise = raise.build().map_err(|e| Error::unreadable("an update", e))?;
            items.push(TransactWriteItem::builder().update(raise).build());
        }
        for entry in audit {
            items.push(self.put_audit(entry)?);
        }
        let request =
            self.client.transact_write_items().set_transact_items(Some(items)).client_request_token(token);
        let Err(error) = Box::pin(request.send()).await else { return Ok(()) };
        let reasons = error.as_service_error().map(cancellations).unwrap_or_default();
        let failed = reasons.iter().position(|code| *code == "ConditionalCheckFailed");
        match failed.and_then(|place| changes.get(place)) {
            Some(change) if change.expected == Expected::Absent => Err(Error::Exists(change.id.clone())),
            Some(_) => Err(Error::LostRace("the record")),
            None if failed.is_some() || reasons.contains(&"TransactionConflict") => {
                Err(Error::LostRace("the playbook"))
            }
            None => Err(sort("TransactWriteItems", error)),
        }
    }

    fn change(&self, change: &Change) -> Result<TransactWriteItem, Error> {
        let (pk, sk) = (change.kind.partition(), sk(change.kind, &change.id));
        let main = &self.names.main;
        let mut built = match &change.doc {
            Some(doc) => {
                let record = item(pk, sk, [("doc", text(doc)), ("revision", number(change.revision))]);
                put(
                    main,
                    record,
                    if change.expected == Expected::Absent { Condition::Absent } else { Condition::None },
                )?
            }
            None => delete(main, key(pk, sk))?,
        };
        if let Expected::Revision(revision) = change.expected {
            let value = BTreeMap::from([(":revision".to_owned(), number(revision))]);
            if let Some(put) = built.put.as_mut() {
                put.condition_expression = Some("revision = :revision".into());
                put.expression_attribute_values = Some(value.into_iter().collect());
            } else if let Some(delete) = built.delete.as_mut() {
                delete.condition_expression = Some("revision = :revision".into());
                delete.expression_attribute_values = Some(value.into_iter().collect());
            }
        }
        Ok(built)
    }
}
