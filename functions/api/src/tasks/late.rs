//! What was sent by a task that had its outcome before anybody said so: the window closed, the stage moved or somebody
//! skipped it while the staff member was sending.

use app::TaskId;
use domain::{Happening, react::TouchRecord, signal::LateSending};

use crate::{Api, act::RequestKey, auth::Caller, problem::Problem};

impl Api {
    /// Notes what the customer has by a task that is not open any more. The outcome stays as it is. Once for each task,
    /// whoever says it and with whatever `Idempotency-Key`: it is a receipt of its own, kept as long as others.
    pub(super) async fn note_late(
        &self,
        id: &TaskId,
        caller: &Caller,
        what: &Happening,
    ) -> Result<(), Problem> {
        let Happening::TaskDone { touch, evidence, .. } = what else { return Ok(()) };
        let Some(late) = self.ended_touch(id).await?.and_then(late_sending) else { return Ok(()) };
        let what = Happening::TaskDone { touch: touch.clone(), evidence: *evidence, late: Some(late) };
        self.act(&id.customer, caller, &RequestKey::once(&format!("late\n{id}")), what).await?;
        Ok(())
    }
}

/// `None`: nothing of the library was to be sent, or it has been noted with the outcome.
fn late_sending(ended: TouchRecord) -> Option<LateSending> {
    if ended.outcome.state() == "sent" {
        return None;
    }
    Some(LateSending { staff: ended.staff?, content: ended.content? })
}
