//! The playbook's records: one small item each in one partition, and a stamp that rises with every change and tells what
//! the last of them changed, so that a cached copy is re-validated by one read and brought up to date by another.

mod reading;
mod stamp;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::TransactWriteItem;

use crate::{
    AuditEntry, Cursor, Error, Page, Store,
    attributes::{Item, get_number, get_text, item, key, number, text},
    commit::{Condition, delete, put},
    error::{cancellations, sort},
};

pub use reading::PlaybookRecords;
pub(crate) use stamp::STAMP;
pub use stamp::Stamp;

pub(crate) const PARTITION: &str = "PLAYBOOK";
/// Made once more when a list of changes was full, or what was changed meanwhile is of no concern.
const TRIES: u32 = 8;

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

    /// Is it of the library of contents?
    #[must_use]
    pub const fn is_of_contents(self) -> bool {
        matches!(self, Self::Content | Self::ContentGroup)
    }

    /// Is it decided on by what the library has? An SOP's steps name contents.
    const fn goes_by_contents(self) -> bool {
        self.is_of_contents() || matches!(self, Self::Sop | Self::SopVersion)
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

/// How trying to make changes ended.
enum Tried {
    Done,
    /// By the stamp: others were faster, or the list of changes is full.
    Refused,
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

    /// Makes all changes or none, and raises the stamp once. `audit` tells who did it. One transaction holds 100 items, of
    /// which the stamp takes two.
    ///
    /// `stamp`: only if the playbook still is as it was read then, as far as these changes go by it. Whatever is changed
    /// goes by everything, but only SOPs, and the deletion of a group, go by contents: an import of these would let nobody
    /// else in. A content goes by its own header, and by none of the others.
    ///
    /// # Errors
    /// [`Error::Exists`]; [`Error::LostRace`]: of `"the record"`, which is not as expected, or of `"the playbook"`.
    pub async fn change_playbook(
        &self,
        changes: &[Change],
        stamp: Option<u64>,
        audit: &[AuditEntry],
        token: &str,
    ) -> Result<(), Error> {
        let mut seen = stamp;
        for attempt in 0..TRIES {
            // Another attempt is another request; all of them make the same mark.
            let token = if attempt == 0 { token.to_owned() } else { format!("{token}{attempt}") };
            if let Tried::Done = self.try_to_change(changes, seen, audit, &token).await? {
                return Ok(());
            }
            let now = self.stamp_item().await?;
            if now.is_full() {
                self.cut_list_of_changes(&now).await?;
            } else if let Some(then) = seen {
                if !now.is_of_no_concern(then, changes) {
                    break;
                }
                seen = Some(now.number);
            }
        }
        Err(Error::LostRace("the playbook"))
    }

    async fn try_to_change(
        &self,
        changes: &[Change],
        stamp: Option<u64>,
        audit: &[AuditEntry],
        token: &str,
    ) -> Result<Tried, Error> {
        let affects_playbook = changes.iter().any(|change| change.kind.is_of_the_playbook());
        let mut items = Vec::with_capacity(changes.len() + 1 + audit.len());
        for change in changes {
            items.push(self.change(change, stamp::mark_of(token))?);
        }
        if affects_playbook {
            items.extend(stamp::raise(&self.names.main, changes, stamp, token)?);
        }
        for entry in audit {
            items.push(self.put_audit(entry)?);
        }
        let request =
            self.client.transact_write_items().set_transact_items(Some(items)).client_request_token(token);
        let Err(error) = Box::pin(request.send()).await else { return Ok(Tried::Done) };
        let reasons = error.as_service_error().map(cancellations).unwrap_or_default();
        let failed = reasons.iter().position(|code| *code == "ConditionalCheckFailed");
        match failed.map(|place| changes.get(place)) {
            Some(Some(change)) if change.expected == Expected::Absent => {
                Err(Error::Exists(change.id.clone()))
            }
            Some(Some(_)) => Err(Error::LostRace("the record")),
            Some(None) => Ok(Tried::Refused),
            None if reasons.contains(&"TransactionConflict") => Err(Error::LostRace("the playbook")),
            None => Err(sort("TransactWriteItems", error)),
        }
    }

    fn change(&self, change: &Change, mark: &str) -> Result<TransactWriteItem, Error> {
        let (pk, sk) = (change.kind.partition(), sk(change.kind, &change.id));
        let main = &self.names.main;
        let mut built = match &change.doc {
            Some(doc) => {
                let attributes =
                    [("doc", text(doc)), ("revision", number(change.revision)), ("change", text(mark))];
                let record = item(pk, sk, attributes);
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
