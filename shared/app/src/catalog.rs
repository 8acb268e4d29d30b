//! Changing the playbook: settings, rules. Whatever is written has been resolved and checked first.

use chrono_tz::Tz;
use domain::{
    RuleId,
    playbook::{Problem, Rule, Settings},
};
use serde::{Serialize, de::DeserializeOwned};
use store::{Change, Expected, RecordKind};

use crate::{App, Author, Error};

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
    serde_json::from_str(doc)
        .map_err(|error| Error::Playbook { record: what.into(), reason: error.to_string() })
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
        let book = self.playbook().await?;
        let read_as = rule.revision;
        let mut rule = book.resolve_rule(rule).map_err(Error::Invalid)?;
        rule.revision = read_as + 1;
        let change = Change {
            kind: RecordKind::Rule,
            id: rule.id.to_string(),
            doc: Some(to_json(&rule)?),
            revision: rule.revision,
            expected: expected(read_as),
        };
        self.change(&[change], "put", author).await?;
        Ok(rule)
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

    /// Writes changes of the playbook; a collision on the stamp alone is tried again. For the audit the author did
    /// `verb` to the last of them.
    pub(crate) async fn change(&self, changes: &[Change], verb: &str, author: &Author) -> Result<(), Error> {
        for attempt in 1..=5 {
            let audit = self.audit_of_changes(changes, verb, author).await?;
            match self.store.change_playbook(changes, None, audit.as_slice(), &self.attempt_token()).await {
                Err(store::Error::LostRace("the playbook")) if attempt < 5 => {
                    self.clock.pause(std::time::Duration::from_millis(20 * attempt)).await;
                }
                Err(store::Error::LostRace(_)) => {
                    return Err(Error::Conflict("it was changed meanwhile; read it again".into()));
                }
                Err(store::Error::Exists(id)) => return Err(Error::Conflict(format!("{id} exists already"))),
                answer => return Ok(answer?),
            }
        }
        Ok(())
    }
}
