//! Whom WeCom does not list as a staff member's friend any more: the word of their parting was lost.

use std::collections::BTreeSet;

use domain::{CustomerId, StaffId, Timestamp};
use store::{Cursor, DifferenceKind, Reading, Waiting};

use super::{
    reading::is_of_this_member,
    reconcile::{FILES, MOST_UNASKED},
};
use crate::{App, Error, Lane};

/// Index rows read at once.
const ROWS: i32 = 1000;
/// WeCom's times are whole seconds, and clocks differ: who was added so shortly before says nothing yet.
const MARGIN_SECONDS: i64 = 60;

impl App {
    /// Looks through the customers of whoever has been read, in the order of the index, for those whom WeCom's list of
    /// this very moment does not have; and goes on with the next staff member, unless there are too many.
    ///
    /// The list holds ids only and comes whole: of 50,000 customers it is some megabytes. WeCom's pages come in an order
    /// that is nowhere promised, so they cannot be compared as they come.
    pub(super) async fn look_for_lost(&self, reading: &mut Reading) -> Result<(), Error> {
        let Some(at) = reading.at.clone() else { return Ok(()) };
        let began_at = self.clock.now();
        let Some(listed) = self.listed(&at.staff).await? else {
            reading.end_of_staff();
            return Ok(());
        };
        let pk = format!("STAFF#{}", at.staff);
        let mut from = at.looked_for.as_ref().map(|customer| Cursor::behind_row(&pk, customer.as_str()));
        let mut missing: Vec<CustomerId> = Vec::new();
        let mut last = None;
        loop {
            let page = self.store.rows(&pk, ROWS, from.as_ref()).await?;
            last = page.items.last().map(|row| CustomerId::from(row.sk.as_str())).or(last);
            let open = page.items.iter().filter(|row| row.value.as_deref() == Some("open"));
            missing
                .extend(open.map(|row| CustomerId::from(row.sk.as_str())).filter(|id| !listed.contains(id)));
            from = page.next;
            if from.is_none() || missing.len() > MOST_UNASKED {
                break;
            }
        }
        // Of somebody without a licence, or out of the app's sight, nothing is believed.
        if !missing.is_empty() && self.serves(&at.staff).await? {
            for some in missing.chunks(FILES) {
                self.note_lost(some, &at.staff, began_at, reading).await?;
            }
        }
        match (from, last, &mut reading.at) {
            (Some(_), Some(last), Some(at)) => at.looked_for = Some(last),
            _ => reading.end_of_staff(),
        }
        Ok(())
    }

    /// Ids of the member's customers; `None`: WeCom does not tell.
    async fn listed(&self, staff: &StaffId) -> Result<Option<BTreeSet<CustomerId>>, Error> {
        let userid = staff.as_str();
        let list = self
            .call(Lane::Bulk, |wecom, token| async move { wecom.list_contacts(&token, userid).await })
            .await;
        match list {
            Ok(list) => Ok(Some(list.iter().map(|id| CustomerId::from(id.as_str())).collect())),
            Err(Error::WeCom(error)) if is_of_this_member(&error) => {
                tracing::info!(%staff, %error, "nobody is missed who cannot be listed");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Of these, those who are friends here are to be fetched.
    async fn note_lost(
        &self,
        some: &[CustomerId],
        staff: &StaffId,
        began_at: Timestamp,
        reading: &mut Reading,
    ) -> Result<(), Error> {
        let files = self.store.load_many(some).await?.files;
        for (customer, file) in files {
            // Another piece tells of a file that cannot be read.
            let Ok(file) = file else { continue };
            let Some(known) = file.relations.get(staff) else { continue };
            if !known.is_open() || known.staff_side.at.plus_secs(MARGIN_SECONDS) > began_at {
                continue;
            }
            let waiting = reading.compared.waiting.entry(customer).or_default();
            waiting.kinds.insert(DifferenceKind::Lost);
            waiting.missing.insert(staff.clone());
            if let Some(at) = &mut reading.at {
                at.differences.lost += 1;
            }
        }
        Ok(())
    }

    /// May the app see this staff member's customers now?
    async fn serves(&self, staff: &StaffId) -> Result<bool, Error> {
        Ok(self.follow_users().await?.contains(staff))
    }

    /// Of those whose lists did not show these customers, whoever may be believed still: a licence may have ended, or the
    /// app's visible range been narrowed, since.
    pub(super) async fn serving(
        &self,
        waiting: impl Iterator<Item = &Waiting>,
    ) -> Result<BTreeSet<StaffId>, Error> {
        let missing: BTreeSet<StaffId> = waiting.flat_map(|one| one.missing.iter().cloned()).collect();
        if missing.is_empty() {
            return Ok(missing);
        }
        Ok(self.follow_users().await?.intersection(&missing).cloned().collect())
    }

    /// Who may have customers and is in the app's sight.
    async fn follow_users(&self) -> Result<BTreeSet<StaffId>, Error> {
        let list = self
            .call(Lane::Bulk, |wecom, token| async move { wecom.list_follow_users(&token).await })
            .await?;
        Ok(list.iter().map(|userid| StaffId::from(userid.as_str())).collect())
    }
}
