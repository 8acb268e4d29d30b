//! The playbook in memory: compiled from its records, valid as long as its stamp is.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{
    File, Playbook,
    content::{Content, ContentGroup, GroupTree},
    playbook::{Board, Department, Rule, Settings, Sop, SopHeader, Staff, TagGroup, TagTree},
    sop::SopVersion,
};
use serde::de::DeserializeOwned;
use store::{RecordKind, Store, StoredRecord};

use crate::Error;

/// The cached playbook.
#[derive(Default)]
pub(crate) struct Shelf {
    book: Mutex<Option<Arc<Playbook>>>,
}

impl Shelf {
    /// The playbook of `stamp`, or of a later one.
    pub(crate) async fn at(&self, store: &Store, stamp: u64) -> Result<Arc<Playbook>, Error> {
        if let Some(book) = self.cached().filter(|book| book.stamp >= stamp) {
            return Ok(book);
        }
        let (stamp, records) = store.playbook().await?;
        let book = Arc::new(compile(stamp, &records)?);
        *self.book.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&book));
        Ok(book)
    }

    fn cached(&self) -> Option<Arc<Playbook>> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Does the playbook hold every version that somebody in this file is inside?
pub(crate) fn knows(book: &Playbook, file: &File) -> bool {
    file.enrollments.iter().all(|live| book.version(&live.sop, live.version).is_some())
}

fn compile(stamp: u64, records: &[StoredRecord]) -> Result<Playbook, Error> {
    let mut book = Playbook { stamp, ..Playbook::default() };
    let mut groups: Vec<TagGroup> = Vec::new();
    let mut content_groups: Vec<ContentGroup> = Vec::new();
    let mut versions: BTreeMap<domain::SopId, BTreeMap<u32, Arc<SopVersion>>> = BTreeMap::new();
    for record in records {
        match record.kind {
            RecordKind::Settings => book.settings = Settings { revision: record.revision, ..read(record)? },
            RecordKind::TagGroup => groups.push(read(record)?),
            RecordKind::Board => {
                let board: Board = read(record)?;
                book.boards.insert(board.id.clone(), Board { revision: record.revision, ..board });
            }
            RecordKind::Rule => book.rules.push(Rule { revision: record.revision, ..read(record)? }),
            RecordKind::Sop => {
                let header: SopHeader = read(record)?;
                book.sops.insert(header.id.clone(), Sop { header, versions: BTreeMap::new() });
            }
            RecordKind::SopVersion => {
                let version: SopVersion = read(record)?;
                let of = versions.entry(version.document.id.clone()).or_default();
                of.insert(version.version, Arc::new(version));
            }
            RecordKind::Staff => {
                let staff: Staff = read(record)?;
                let staff = Staff { revision: record.revision, ..staff };
                book.staff.insert(staff.userid.clone(), staff);
            }
            RecordKind::Department => {
                let department: Department = read(record)?;
                book.departments.insert(department.id, department);
            }
            RecordKind::Content => {
                let content: Content = read(record)?;
                book.contents.insert(content.id.clone(), Content { revision: record.revision, ..content });
            }
            RecordKind::ContentGroup => {
                content_groups.push(ContentGroup { revision: record.revision, ..read(record)? });
            }
            RecordKind::Draft | RecordKind::ContentDraft | RecordKind::ContentVersion | RecordKind::Media => {
            }
        }
    }
    for (sop, versions) in versions {
        if let Some(sop) = book.sops.get_mut(&sop) {
            sop.versions = versions;
        }
    }
    book.tags = TagTree::new(groups);
    book.content_groups = GroupTree::new(content_groups);
    book.rules.sort_by(|a, b| b.priority.cmp(&a.priority).then_with(|| a.id.cmp(&b.id)));
    Ok(book)
}

fn read<T: DeserializeOwned>(record: &StoredRecord) -> Result<T, Error> {
    serde_json::from_str(&record.doc).map_err(|error| Error::Playbook {
        record: format!("{:?} {}", record.kind, record.id),
        reason: error.to_string(),
    })
}
