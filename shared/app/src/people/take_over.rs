//! Writing what WeCom says of members into their records, each with its audit entry.

use domain::playbook::Staff;

use super::{
    ask::{Found, Sighting},
    count, difference, next, record,
    state::Run,
};
use crate::{App, Error, catalog};

impl App {
    /// Takes over what differs, and counts it. Who is merely not found, and who has no licence any more, waits until
    /// everybody has been looked at, unless the run believes it.
    pub(super) async fn take_over_staff(&self, seen: &[Sighting], run: &mut Run) -> Result<(), Error> {
        run.found.checked += count(seen.len());
        run.found.unreadable += count(seen.iter().filter(|one| one.found == Found::Hidden).count());
        let believes = run.believes;
        let (missing, mut plain): (Vec<_>, Vec<_>) =
            seen.iter().cloned().partition(|one| !believes && one.is_missing());
        let book = self.playbook().await?;
        let is_known = |one: &&Sighting| book.staff.get(&one.userid).is_some_and(Staff::is_with_us);
        for one in missing.iter().filter(is_known) {
            run.miss(&one.userid);
        }
        let is_licensed = |one: &Sighting| {
            let known = book.staff.get(&one.userid);
            known.is_some_and(|staff| staff.licensed && staff.is_with_us())
        };
        let without =
            |one: &&mut Sighting| one.licensed == Some(false) && !one.has_left() && is_licensed(one);
        for one in plain.iter_mut().filter(|_| !believes).filter(without) {
            run.note_unlicensed(&one.userid);
            one.licensed = None;
        }
        self.write_staff(&plain, run).await
    }

    /// Writes what differs, and counts it. Who changes a record at the same time keeps their change.
    pub(super) async fn write_staff(&self, seen: &[Sighting], run: &mut Run) -> Result<(), Error> {
        for _ in 0..super::TRIES {
            let book = self.playbook().await?;
            let now = self.clock.now();
            let mut counted = run.found;
            let (mut changes, mut audit) = (Vec::new(), Vec::new());
            for sighting in seen {
                let known = book.staff.get(&sighting.userid);
                let Some(staff) = difference::after(known, sighting, now) else { continue };
                counted.add(known, &staff);
                let change = record(&next(staff), known)?;
                let before = known.map(catalog::to_json).transpose()?;
                audit.push(self.audit_of_finding(&change, before.as_deref(), &run.request)?);
                changes.push(change);
            }
            if changes.is_empty() {
                return Ok(());
            }
            match self.store.change_playbook(&changes, None, &audit, &self.attempt_token()).await {
                Ok(()) => {
                    run.found = counted;
                    return Ok(());
                }
                Err(store::Error::LostRace(_) | store::Error::Exists(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Crowded { tries: super::TRIES })
    }
}
