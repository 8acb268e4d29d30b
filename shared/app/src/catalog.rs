//! Changing the playbook: settings, rules. Whatever is written has been resolved and checked first.

use chrono_tz::Tz;
use domain::{
    Playbook, RuleId,
    playbook::{Problem, Rule, Settings},
};
use serde::{Serialize, de::DeserializeOwned};
use store::{Change, Expected, RecordKind};

use crate::{App, Author, Barred, Error, playbook};

/// Others change the playbook all the time while an import runs; whoever changes something else has to get in between.
const TRIES: u32 = 16;

/// What is wrong with a document.
pub type Invalid = Vec<Problem>;

/// A document that somebody works on.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// As written.
    pub source: serde_json::Value,
    /// Rises with every change.
    pub revision: u64,
}

pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value)
        .map_err(|error| Error::Playbook { record: "to write".into(), reason: error.to_string() })
}

pub(crate) fn from_json<T: DeserializeOwned>(what: &str, doc: &str) -> Result<T, Error> {
    playbook::read(|| what.into(), doc)
}

/// The condition under which a record of `revision` may be replaced: 0 = it must not exist.
pub(crate) const fn expected(revision: u64) -> Expected {
    if revision == 0 { Expected::Absent } else { Expected::Revision(revision) }
}

impl App {
    /// Changes the settings that were read as `settings.revision`.
    pub async fn put_settings(&self, settings: &Settings, author: &Author) -> Result<(), Error> {
        let change = Change {
            kind: RecordKind::Settings,
            id: String::new(),
            doc: Some(to_json(settings)?),
            revision: settings.revision + 1,
            expected: expected(settings.revision),
        };
        self.change(&[change], "put", author).await
    }

    /// A new store takes its zone from the environment; afterwards the settings hold it.
    pub async fn first_settings(&self, timezone: Tz) -> Result<(), Error> {
        if self.store.record(RecordKind::Settings, "").await?.is_some() {
            return Ok(());
        }
        let first = Settings { timezone, ..Settings::default() };
        match self.put_settings(&first, &Author::stepwise()).await {
            // Somebody was faster, and knows better.
            Err(Error::Conflict(_)) => Ok(()),
            answer => answer,
        }
    }

    /// Checks and saves a rule; `rule.revision` is what it was read as, 0 for a new one. Returns it with its names
    /// resolved and its new revision.
    pub async fn put_rule(&self, rule: Rule, author: &Author) -> Result<Rule, Error> {
        let read_as = rule.revision;
        self.decide("put", author, |book| {
            let mut rule = book.resolve_rule(rule.clone()).map_err(Error::Invalid)?;
            let known = book.rules.iter().find(|known| known.id == rule.id);
            match known.map_or(0, |known| known.revision) {
                now if now == read_as => {}
                _ if read_as == 0 => return Err(Error::Conflict(format!("{} exists already", rule.id))),
                _ => return Err(Error::Conflict("it was changed meanwhile; read it again".into())),
            }
            rule.revision = read_as + 1;
            let change = Change {
                kind: RecordKind::Rule,
                id: rule.id.to_string(),
                doc: Some(to_json(&rule)?),
                revision: rule.revision,
                expected: expected(read_as),
            };
            Ok((vec![change], rule))
        })
        .await
    }

    /// Removes a rule that was read as `revision`. What it did stays.
    pub async fn delete_rule(&self, id: &RuleId, revision: u64, author: &Author) -> Result<(), Error> {
        let change = Change {
            kind: RecordKind::Rule,
            id: id.to_string(),
            doc: None,
            revision,
            expected: Expected::Revision(revision),
        };
        self.change(&[change], "delete", author).await
    }

    /// Writes changes of the playbook, whatever else in it was changed meanwhile: their own conditions have to hold. For
    /// the audit the author did `verb` to the last of them.
    pub(crate) async fn change(&self, changes: &[Change], verb: &str, author: &Author) -> Result<(), Error> {
        for attempt in 1..=TRIES {
            let audit = self.audit_of_changes(changes, verb, author).await?;
            match self.store.change_playbook(changes, None, audit.as_slice(), &self.attempt_token()).await {
                Err(store::Error::LostRace("the playbook")) => self.let_others(attempt).await,
                Err(store::Error::LostRace(_)) => {
                    return Err(Error::Conflict("it was changed meanwhile; read it again".into()));
                }
                Err(store::Error::Exists(id)) => return Err(Error::Conflict(format!("{id} exists already"))),
                answer => return Ok(answer?),
            }
        }
        Err(Error::Crowded { tries: TRIES })
    }

    /// Changes the playbook as it is at that moment: `plan` is asked again for as long as others change it in between,
    /// though not for their changes of contents unless it changes some itself ([`store::Store::change_playbook`]).
    /// It says what to write, the record that was asked for last, and what to answer; nothing to write is no change.
    pub(crate) async fn decide<T>(
        &self,
        verb: &str,
        author: &Author,
        plan: impl Fn(&Playbook) -> Result<(Vec<Change>, T), Error>,
    ) -> Result<T, Error> {
        for attempt in 1..=TRIES {
            let book = self.playbook().await?;
            let (mut changes, answer) = plan(&book)?;
            for change in &mut changes {
                mind_what_is_damaged(&book, change)?;
            }
            let Some((_, beside)) = changes.split_last() else { return Ok(answer) };
            let mut audit = Vec::new();
            // What somebody wrote is not rewritten off the record.
            for rule in beside.iter().filter(|change| change.kind == RecordKind::Rule) {
                audit.extend(self.audit_of_changes(std::slice::from_ref(rule), "put", author).await?);
            }
            audit.extend(self.audit_of_changes(&changes, verb, author).await?);
            let token = self.attempt_token();
            match self.store.change_playbook(&changes, Some(book.stamp), &audit, &token).await {
                Ok(()) => return Ok(answer),
                Err(store::Error::LostRace(_) | store::Error::Exists(_)) => self.let_others(attempt).await,
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Crowded { tries: TRIES })
    }

    /// Out of step with whoever writes in turn with us: not always longer, or they would get in every time.
    async fn let_others(&self, attempt: u32) {
        if attempt < TRIES {
            self.jitter(attempt.min(4)).await;
        }
    }
}

/// What cannot be read is not in the playbook, and yet in the store: it is replaced as if it were not there, and a group
/// that it may lie in stays.
fn mind_what_is_damaged(book: &Playbook, change: &mut Change) -> Result<(), Error> {
    let is_damaged = match change.kind {
        RecordKind::Content => book.damaged_contents.contains(&change.id.as_str().into()),
        RecordKind::ContentGroup if change.doc.is_none() => {
            let is_whole = book.damaged_contents.is_empty() && book.damaged_groups.is_empty();
            return if is_whole { Ok(()) } else { Err(Barred::InUse.into()) };
        }
        RecordKind::ContentGroup => book.damaged_groups.contains(&change.id.as_str().into()),
        _ => false,
    };
    if is_damaged && change.expected == Expected::Absent {
        change.expected = Expected::Any;
    }
    Ok(())
}
