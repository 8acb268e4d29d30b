//! What `change_contact` tells. It says little and only that something may differ: whatever it names is asked for.

use std::collections::BTreeSet;

use domain::{
    Playbook, StaffId,
    playbook::{Role, Staff, StaffStatus},
};
use wecom::event::DirectoryEvent;

use super::{
    ask::{Found, Sighting},
    next, record,
    state::Run,
};
use crate::{App, Error};

impl App {
    /// Deals with a change of the directory.
    pub(crate) async fn heard_of_directory(&self, event: &DirectoryEvent) -> Result<(), Error> {
        match event {
            DirectoryEvent::UserCreated { userid, .. } | DirectoryEvent::UserDeleted { userid } => {
                self.refresh_staff(&[userid]).await
            }
            DirectoryEvent::UserUpdated { userid, new_userid: None, .. } => {
                self.refresh_staff(&[userid]).await
            }
            DirectoryEvent::UserUpdated { userid, new_userid: Some(new_userid), .. } => {
                self.refresh_staff(&[userid, new_userid]).await
            }
            DirectoryEvent::PartyCreated(_)
            | DirectoryEvent::PartyUpdated(_)
            | DirectoryEvent::PartyDeleted { .. } => self.take_over_departments(&mut Run::default()).await,
            DirectoryEvent::TagUpdated { .. } => Ok(()),
        }
    }

    /// Asks for one member, or for the one whose userid changed from the first to the second.
    async fn refresh_staff(&self, userids: &[&String]) -> Result<(), Error> {
        let userids: Vec<StaffId> = userids.iter().map(|userid| StaffId::from(userid.as_str())).collect();
        let mut run = Run::default();
        let licences = self.licences(&mut run).await?;
        let (sightings, failure) = self.look_at(&userids, licences.as_ref(), &mut run).await;
        if let Some(error) = failure {
            return Err(error);
        }
        if let [old, new] = sightings.as_slice() {
            self.move_to_new_id(old, new).await?;
        }
        self.take_over_staff(&sightings, &mut run.found).await
    }

    /// Somebody whose userid changed keeps role, departments and absence under the new one. The old one keeps no rights:
    /// it is free, and WeCom may give it to somebody else.
    async fn move_to_new_id(&self, old: &Sighting, new: &Sighting) -> Result<(), Error> {
        let is_move = old.found == Found::Nobody && matches!(new.found, Found::Member { left: false, .. });
        if !is_move || old.userid == new.userid {
            return Ok(());
        }
        for _ in 0..super::TRIES {
            let book = self.playbook().await?;
            let Some(changes) = moved(&book, &old.userid, &new.userid, self.clock.now()) else {
                return Ok(());
            };
            let changes = changes
                .iter()
                .map(|staff| record(staff, book.staff.get(&staff.userid)))
                .collect::<Result<Vec<_>, _>>()?;
            match self.store.change_playbook(&changes, Some(book.stamp), None, &self.attempt_token()).await {
                Ok(()) => return Ok(()),
                Err(store::Error::LostRace(_) | store::Error::Exists(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Crowded { tries: super::TRIES })
    }
}

/// Both records after the move; `None`: there is nothing to move, or it has been moved.
fn moved(book: &Playbook, old: &StaffId, new: &StaffId, now: domain::Timestamp) -> Option<[Staff; 2]> {
    let from = book.staff.get(old).filter(|staff| staff.is_with_us())?;
    let revision = book.staff.get(new).map_or(0, |staff| staff.revision);
    let to = next(Staff { userid: new.clone(), revision, ..from.clone() });
    let left = next(Staff {
        role: Role::Operator,
        manages: BTreeSet::new(),
        status: StaffStatus::Left { since: now },
        licensed: false,
        ..from.clone()
    });
    Some([to, left])
}
