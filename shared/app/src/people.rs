//! Staff: what people decide about them, and what WeCom says of them.
//!
//! WeCom is the judge of who there is, what they are called, where they belong and whether they have a licence
//! ([`sync`]); people decide on roles and absences. Neither overwrites the other: a record is written on the condition
//! of its revision, and each changes its own fields alone. No record is ever removed.

mod ask;
mod departments;
mod difference;
mod heard;
mod missing;
mod state;
mod sync;
mod take_over;

#[cfg(test)]
mod tests;

use domain::{
    StaffId,
    playbook::{Problem, Staff, StaffChange},
};
use store::{Change, Expected, RecordKind};

use crate::{App, Author, Error, catalog};

pub use state::{Cause, Counts, Part, Run, StaffSync, SyncReport, Unread};
pub(crate) use sync::SYNC;

/// Others may change the playbook at the same time, again and again.
const TRIES: u32 = 8;

impl App {
    /// Adds or renames a staff member; all else that is known of them stays.
    pub async fn put_staff(&self, userid: &str, name: &str, author: &Author) -> Result<Staff, Error> {
        let userid = StaffId::from(userid);
        for _ in 0..TRIES {
            let book = self.playbook().await?;
            let known = book.staff.get(&userid);
            if let Some(staff) = known.filter(|staff| staff.name == name) {
                return Ok(staff.clone());
            }
            let named = match known {
                Some(staff) => Staff { name: name.to_owned(), ..staff.clone() },
                None => Staff::named(userid.clone(), name),
            };
            let named = next(named);
            match self.change(&[record(&named, known)?], "put", author).await {
                Ok(()) => return Ok(named),
                // Somebody changed the record meanwhile: their change stays, too.
                Err(Error::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Crowded { tries: TRIES })
    }

    /// Changes the record that was read as `read_as`. With `spares_last_admin` somebody stays who may repair roles:
    /// only who holds the configured admin token can do without.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] if it is not what was read any more; [`Error::Invalid`] with everything
    /// that is wrong with the change.
    pub async fn change_staff(
        &self,
        userid: &StaffId,
        read_as: u64,
        change: &StaffChange,
        spares_last_admin: bool,
        author: &Author,
    ) -> Result<Staff, Error> {
        for attempt in 1..=TRIES {
            let book = self.playbook().await?;
            let staff =
                book.staff.get(userid).ok_or_else(|| Error::NotFound(format!("staff member {userid}")))?;
            if staff.revision != read_as {
                return Err(Error::Conflict("it was changed meanwhile; read it again".into()));
            }
            let changed = book.change_staff(staff, change, self.clock.now()).map_err(Error::Invalid)?;
            if spares_last_admin && changed.role != staff.role && book.is_last_admin(staff) {
                let text = "nobody else could give roles; make somebody else an admin first";
                return Err(Error::Invalid(vec![Problem::new("/role", "last_admin", text)]));
            }
            if changed == *staff {
                return Ok(changed);
            }
            let changed = next(changed);
            let records = [record(&changed, Some(staff))?];
            let audit = self.audit_of_changes(&records, "put", author).await?;
            // On the stamp too: that there is another admin, and that the delegate is there, has to be so still.
            let token = self.attempt_token();
            match self.store.change_playbook(&records, Some(book.stamp), audit.as_slice(), &token).await {
                Ok(()) => return Ok(changed),
                Err(store::Error::LostRace("the playbook")) => {
                    self.clock.pause(std::time::Duration::from_millis(20 * u64::from(attempt))).await;
                }
                Err(store::Error::LostRace(_)) => {
                    return Err(Error::Conflict("it was changed meanwhile; read it again".into()));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Crowded { tries: TRIES })
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// With the revision that it has once it is written.
fn next(staff: Staff) -> Staff {
    Staff { revision: staff.revision + 1, ..staff }
}

/// The change that puts `staff` in the place of `known`.
fn record(staff: &Staff, known: Option<&Staff>) -> Result<Change, Error> {
    Ok(Change {
        kind: RecordKind::Staff,
        id: staff.userid.to_string(),
        doc: Some(catalog::to_json(staff)?),
        revision: staff.revision,
        // Records of before there were revisions have 0.
        expected: known.map_or(Expected::Absent, |known| Expected::Revision(known.revision)),
    })
}
