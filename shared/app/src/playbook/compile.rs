//! Records become the playbook. What did not change is neither parsed nor built again.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    Playbook, SopId,
    content::{Content, ContentGroup, GroupTree},
    playbook::{Board, Department, DepartmentId, Rule, Settings, Sop, SopHeader, Staff, TagGroup, TagTree},
    sop::SopVersion,
};
use store::{PlaybookRecords, RecordKind, Stamp, StoredRecord};

use super::read::{left_out, read};
use crate::Error;

/// What a process holds.
#[derive(Clone, Default)]
pub(super) struct Kept {
    /// Which playbook it is.
    pub(super) stamp: Stamp,
    pub(super) book: Arc<Playbook>,
    /// All versions, those of an SOP that has no header, too.
    versions: BTreeMap<SopId, BTreeMap<u32, Arc<SopVersion>>>,
}

/// What was read, parsed. Whatever cannot be read is known before anything is changed.
pub(super) struct Parsed {
    stamp: Stamp,
    whole: bool,
    parts: Vec<Part>,
    gone: Vec<(RecordKind, String)>,
    /// Contents and groups that are there and cannot be read.
    damaged: Vec<(RecordKind, String)>,
}

enum Part {
    Settings(Settings),
    TagGroup(TagGroup),
    Board(Board),
    Rule(Rule),
    Sop(SopHeader),
    SopVersion(SopVersion),
    Staff(Staff),
    Department(Department),
    Content(Content),
    ContentGroup(ContentGroup),
}

/// Parses records. A content or group that cannot be read is left out, and complained of: people see that it is missing,
/// what sends it waits, and all else goes on. Whatever else decides about customers has to be readable.
pub(super) fn parse(read: PlaybookRecords) -> Result<Parsed, Error> {
    let PlaybookRecords { stamp, whole, records, gone } = read;
    let mut parts = Vec::with_capacity(records.len());
    let mut damaged = Vec::new();
    for record in records {
        match part(&record) {
            Ok(part) => parts.extend(part),
            Err(error) if record.kind.is_of_contents() => {
                left_out(&error);
                damaged.push((record.kind, record.id));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Parsed { stamp, whole, parts, gone, damaged })
}

fn part(record: &StoredRecord) -> Result<Option<Part>, Error> {
    let revision = record.revision;
    let what = || format!("{:?} {}", record.kind, record.id);
    let doc = &record.doc;
    Ok(Some(match record.kind {
        RecordKind::Settings => Part::Settings(Settings { revision, ..read(what, doc)? }),
        RecordKind::TagGroup => Part::TagGroup(read(what, doc)?),
        RecordKind::Board => Part::Board(Board { revision, ..read(what, doc)? }),
        RecordKind::Rule => Part::Rule(Rule { revision, ..read(what, doc)? }),
        RecordKind::Sop => Part::Sop(read(what, doc)?),
        RecordKind::SopVersion => Part::SopVersion(read(what, doc)?),
        RecordKind::Staff => Part::Staff(Staff { revision, ..read(what, doc)? }),
        RecordKind::Department => Part::Department(read(what, doc)?),
        RecordKind::Content => Part::Content(Content { revision, ..read(what, doc)? }),
        RecordKind::ContentGroup => Part::ContentGroup(ContentGroup { revision, ..read(what, doc)? }),
        RecordKind::Draft | RecordKind::ContentDraft | RecordKind::ContentVersion | RecordKind::Media => {
            return Ok(None);
        }
    }))
}

impl Kept {
    /// Becomes what was read. Nobody else may hold the book: then it is changed where it lies, else copied first.
    pub(super) fn take(&mut self, read: Parsed) {
        if read.whole {
            *self = Self::default();
        }
        let book = Arc::make_mut(&mut self.book);
        book.stamp = read.stamp.number;
        self.stamp = read.stamp;
        let mut trees = Trees::default();
        for (kind, id) in read.gone.iter().chain(&read.damaged) {
            remove(book, &mut self.versions, &mut trees, *kind, id);
        }
        for (kind, id) in read.damaged {
            match kind {
                RecordKind::Content => _ = book.damaged_contents.insert(id.into()),
                RecordKind::ContentGroup => _ = book.damaged_groups.insert(id.into()),
                _ => {}
            }
        }
        let mut ranked = false;
        for part in read.parts {
            match part {
                Part::Settings(settings) => book.settings = settings,
                Part::TagGroup(group) => trees.tags(book).push(group),
                Part::Board(board) => _ = book.boards.insert(board.id.clone(), board),
                Part::Rule(rule) => {
                    // Into its place in the end, however many there are.
                    book.rules.retain(|other| other.id != rule.id);
                    book.rules.push(rule);
                    ranked = true;
                }
                Part::Sop(header) => {
                    let versions = self.versions.get(&header.id).cloned().unwrap_or_default();
                    book.sops.insert(header.id.clone(), Sop { header, versions });
                }
                Part::SopVersion(version) => {
                    let (sop, version) = (version.document.id.clone(), Arc::new(version));
                    if let Some(sop) = book.sops.get_mut(&sop) {
                        sop.versions.insert(version.version, Arc::clone(&version));
                    }
                    self.versions.entry(sop).or_default().insert(version.version, version);
                }
                Part::Staff(staff) => _ = book.staff.insert(staff.userid.clone(), staff),
                Part::Department(department) => _ = book.departments.insert(department.id, department),
                Part::Content(content) => {
                    book.damaged_contents.remove(&content.id);
                    book.contents.insert(content.id.clone(), content);
                }
                Part::ContentGroup(group) => {
                    book.damaged_groups.remove(&group.id);
                    trees.groups(book).push(group);
                }
            }
        }
        if ranked {
            book.rules.sort_by(|a, b| b.priority.cmp(&a.priority).then_with(|| a.id.cmp(&b.id)));
        }
        trees.plant(book);
    }
}

/// Trees that are built anew, once for all changes of what is in them: the later of two of the same id counts.
#[derive(Default)]
struct Trees {
    tags: Option<Vec<TagGroup>>,
    groups: Option<Vec<ContentGroup>>,
}

impl Trees {
    fn tags(&mut self, book: &Playbook) -> &mut Vec<TagGroup> {
        self.tags.get_or_insert_with(|| book.tags.groups().cloned().collect())
    }

    fn groups(&mut self, book: &Playbook) -> &mut Vec<ContentGroup> {
        self.groups.get_or_insert_with(|| book.content_groups.all().cloned().collect())
    }

    fn plant(self, book: &mut Playbook) {
        if let Some(groups) = self.tags {
            book.tags = TagTree::new(groups);
        }
        if let Some(groups) = self.groups {
            book.content_groups = GroupTree::new(groups);
        }
    }
}

fn remove(
    book: &mut Playbook,
    versions: &mut BTreeMap<SopId, BTreeMap<u32, Arc<SopVersion>>>,
    trees: &mut Trees,
    kind: RecordKind,
    id: &str,
) {
    match kind {
        RecordKind::Settings => book.settings = Settings::default(),
        RecordKind::TagGroup => trees.tags(book).retain(|group| group.id.as_str() != id),
        RecordKind::Board => _ = book.boards.remove(&id.into()),
        RecordKind::Rule => book.rules.retain(|rule| rule.id.as_str() != id),
        RecordKind::Sop => _ = book.sops.remove(&id.into()),
        RecordKind::SopVersion => {
            let Some((sop, Ok(number))) = id.split_once('#').map(|(sop, number)| (sop, number.parse()))
            else {
                return;
            };
            let sop = SopId::from(sop);
            if let Some(sop) = book.sops.get_mut(&sop) {
                sop.versions.remove(&number);
            }
            if let Some(of) = versions.get_mut(&sop) {
                of.remove(&number);
            }
        }
        RecordKind::Staff => _ = book.staff.remove(&id.into()),
        RecordKind::Department => {
            if let Ok(id) = id.parse::<DepartmentId>() {
                book.departments.remove(&id);
            }
        }
        RecordKind::Content => {
            let id = id.into();
            book.damaged_contents.remove(&id);
            book.contents.remove(&id);
        }
        RecordKind::ContentGroup => {
            book.damaged_groups.remove(&id.into());
            trees.groups(book).retain(|group| group.id.as_str() != id);
        }
        RecordKind::Draft | RecordKind::ContentDraft | RecordKind::ContentVersion | RecordKind::Media => {}
    }
}
