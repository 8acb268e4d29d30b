//! When each staff member's customers were last read from WeCom.

use domain::{StaffId, Timestamp};
use serde::{Deserialize, Serialize};

use super::JobId;
use crate::{
    Error, Store,
    attributes::{document, get_document, item, key},
    error::sort,
};

/// How far the customers of a staff member are known: friendships that nobody knew of are news if they began since.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadMark {
    /// Since then; `None`: no job that has read them was ever done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Since then, if this job, which has read them, is done: what it found waits until its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<(JobId, Timestamp)>,
}

fn pk(staff: &StaffId) -> String {
    format!("READ#{staff}")
}

impl Store {
    /// When the customers of this staff member were read; `None`: never.
    pub async fn read_mark(&self, staff: &StaffId) -> Result<Option<ReadMark>, Error> {
        let request = self.client.get_item().table_name(&self.names.main).consistent_read(true);
        let found = Box::pin(request.set_key(Some(key(pk(staff), "-"))).send()).await;
        let Some(item) = found.map_err(|e| sort("GetItem", e))?.item else { return Ok(None) };
        get_document(&item, "doc").map(Some)
    }

    /// Replaces it. Of two jobs that read the same member at the same time the last one to write is kept: what the other
    /// has read is news once more, and known by then.
    pub async fn put_read_mark(&self, staff: &StaffId, mark: &ReadMark) -> Result<(), Error> {
        let row = item(pk(staff), "-", [("doc", document(mark)?)]);
        let request = self.client.put_item().table_name(&self.names.main).set_item(Some(row));
        Box::pin(request.send()).await.map(drop).map_err(|e| sort("PutItem", e))
    }
}
