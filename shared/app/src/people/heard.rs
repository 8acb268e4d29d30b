//! What `change_contact` tells. It says little and only that something may differ: whatever it names is asked for.

use std::collections::BTreeSet;

use domain::{
    Playbook, StaffId, Timestamp,
    playbook::{Role, Staff, StaffStatus},
};
use wecom::event::DirectoryEvent;

use super::{
    ask::{Found, Sighting},
    difference::keeps_role,
    next, record,
    state::Run,
};
use crate::{App, Error, catalog};

impl App {
    /// Deals with a change of the directory.
    pub(crate) async fn heard_of_directory(&self, event: &DirectoryEvent) -> Result<(), Error> {
        // What is found now has one id in the audit.
        let mut run = Run { request: self.attempt_token(), ..Run::default() };
        match event {
            DirectoryEvent::UserDeleted { userid } => {
                self.refresh_staff(&[userid], &mut run).await?;
                // WeCom says so and does not find them; with others it waits for the night, which sees how many they are.
                self.take_leave_of_missing(&mut run).await
            }
            DirectoryEvent::UserCreated { userid, .. }
            | DirectoryEvent::UserUpdated { userid, new_userid: None, .. } => {
                self.refresh_staff(&[userid], &mut run).await
            }
            DirectoryEvent::UserUpdated { userid, new_userid: Some(new_userid), .. } => {
                self.refresh_staff(&[userid, new_userid], &mut run).await
            }
            DirectoryEvent::PartyCreated(_)
            | DirectoryEvent::PartyUpdated(_)
            | DirectoryEvent::PartyDeleted { .. } => self.take_over_departments(&mut run).await,
            DirectoryEvent::TagUpdated { .. } => Ok(()),
        }
    }

    /// Asks for one member, or for the one whose userid changed from the first to the second.
    async fn refresh_staff(&self, userids: &[&String], run: &mut Run) -> Result<(), Error> {
        let userids: Vec<StaffId> = userids.iter().map(|userid| StaffId::from(userid.as_str())).collect();
        let licences = self.licences(run).await?;
        let (sightings, failure) = self.look_at(&userids, licences.as_ref(), run).await;
        if let Some(error) = failure {
            return Err(error);
        }
        if let [old, new] = sightings.as_slice() {
            self.move_to_new_id(old, new, run).await?;
        }
        self.take_over_staff(&sightings, run).await
    }

    /// Somebody whose userid changed keeps role, departments, projects and absence under the new one. The old one keeps no rights:
    /// it is free, and WeCom may give it to somebody else.
    async fn move_to_new_id(&self, old: &Sighting, new: &Sighting, run: &Run) -> Result<(), Error> {
        let is_move = old.found == Found::Nobody && matches!(new.found, Found::Member { left: false, .. });
        if !is_move || old.userid == new.userid {
            return Ok(());
        }
        for _ in 0..super::TRIES {
            let book = self.playbook().await?;
            let Some(records) = moved(&book, &old.userid, &new.userid, self.clock.now()) else {
                return Ok(());
            };
            let (mut changes, mut audit) = (Vec::new(), Vec::new());
            for staff in &records {
                let known = book.staff.get(&staff.userid);
                let change = record(staff, known)?;
                let before = known.map(catalog::to_json).transpose()?;
                audit.push(self.audit_of_finding(&change, before.as_deref(), &run.request)?);
                changes.push(change);
            }
            match self.store.change_playbook(&changes, Some(book.stamp), &audit, &self.attempt_token()).await
            {
                Ok(()) => return Ok(()),
                Err(store::Error::LostRace(_) | store::Error::Exists(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Crowded { tries: super::TRIES })
    }
}

/// Both records after the move; `None`: there is nothing to move, or it has been moved.
fn moved(book: &Playbook, old: &StaffId, new: &StaffId, now: Timestamp) -> Option<[Staff; 2]> {
    let from = book.staff.get(old)?;
    let known = book.staff.get(new);
    let to = match from.status {
        // A night passed before the event came: the old one was not found, and the new one is an operator.
        StaffStatus::Left { since } => {
            let is_free = known.is_none_or(|staff| staff.role == Role::Operator);
            let has_something = from.role > Role::Operator || !from.projects.is_empty();
            if !has_something || !is_free || !keeps_role(since, now) {
                return None;
            }
            let other = Staff { status: StaffStatus::Active, ..from.clone() };
            let base = known.filter(|staff| staff.is_with_us()).unwrap_or(&other);
            Staff {
                role: from.role,
                manages: from.manages.clone(),
                projects: from.projects.union(&base.projects).cloned().collect(),
                ..base.clone()
            }
        }
        StaffStatus::Active | StaffStatus::Away { .. } => from.clone(),
    };
    let revision = known.map_or(0, |staff| staff.revision);
    let to = next(Staff { userid: new.clone(), revision, ..to });
    let since = if let StaffStatus::Left { since } = from.status { since } else { now };
    let left = next(Staff {
        role: Role::Operator,
        manages: BTreeSet::new(),
        projects: BTreeSet::new(),
        status: StaffStatus::Left { since },
        licensed: false,
        ..from.clone()
    });
    Some([to, left])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_takes_their_projects_along_though_the_night_came_first() {
        let mut book = Playbook::default();
        let since = Timestamp::default();
        let staff = |userid: &str, projects: &[&str], status| Staff {
            projects: projects.iter().map(|&project| project.to_owned()).collect(),
            status,
            ..Staff::named(userid.into(), userid)
        };
        for staff in [
            staff("old", &["春季"], StaffStatus::Left { since }),
            staff("new", &["秋季"], StaffStatus::Active),
        ] {
            book.staff.insert(staff.userid.clone(), staff);
        }
        let (old, new) = ("old".into(), "new".into());
        let [to, left] = moved(&book, &old, &new, since).unwrap();
        assert_eq!(to.projects, ["春季".to_owned(), "秋季".to_owned()].into());
        assert_eq!((to.role, left.projects.len()), (Role::Operator, 0));
        // Told again there is nothing left to take along.
        book.staff.insert(old.clone(), left);
        assert!(moved(&book, &old, &new, since).is_none());
    }
}
