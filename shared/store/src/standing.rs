//! Standing work: what is never finished, only put off to its next time. One item each in the `work` index.

use domain::Timestamp;

use crate::{
    AuditEntry, Error, Store,
    attributes::{get_number, get_text, item, key, number, text},
    commit::{Condition, put},
    error::sort,
    index::work_attributes,
};

/// Standing work, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How far it has come and what it found; JSON.
    pub doc: String,
    /// When somebody is to go on with it.
    pub at: Timestamp,
    /// Rises with every write.
    pub version: u64,
}

fn pk(name: &str) -> String {
    format!("STANDING#{name}")
}

impl Store {
    /// The standing work `name`, if it has been set up.
    pub async fn standing(&self, name: &str) -> Result<Option<Standing>, Error> {
        let request = self.client.get_item().table_name(&self.names.hot).consistent_read(true);
        let found = Box::pin(request.set_key(Some(key(pk(name), "-"))).send()).await;
        let Some(item) = found.map_err(|e| sort("GetItem", e))?.item else { return Ok(None) };
        Ok(Some(Standing {
            doc: get_text(&item, "doc")?.to_owned(),
            at: Timestamp::from_ms(get_number(&item, "retry_at")?),
            version: get_number(&item, "version")?,
        }))
    }

    /// Replaces the standing work that was read as `fresh.version - 1`, 0 for none. `false`: somebody was faster.
    /// `audit` tells who asked for that.
    pub async fn put_standing(
        &self,
        name: &str,
        fresh: &Standing,
        audit: Option<&AuditEntry>,
    ) -> Result<bool, Error> {
        let pk = pk(name);
        let [shard, retry_at] = work_attributes(&pk, fresh.at);
        let written =
            item(&pk, "-", [("doc", text(&fresh.doc)), ("version", number(fresh.version)), shard, retry_at]);
        let condition = match fresh.version.saturating_sub(1) {
            0 => Condition::Absent,
            read_as => Condition::Version(read_as),
        };
        match self.write_audited(put(&self.names.hot, written, condition)?, audit).await {
            Err(Error::LostRace(_)) => Ok(false),
            answer => answer,
        }
    }

    /// The standing work that an item of the `work` index is, if it is one.
    #[must_use]
    pub fn standing_of(pk: &str) -> Option<&str> {
        pk.strip_prefix("STANDING#")
    }
}
