//! Who may have customers, and whom the app sees.

mod wording;

use std::collections::{BTreeMap, BTreeSet};

use domain::StaffId;
use wecom::directory::Status;

use super::trouble::Trouble;
use crate::{App, Error, Lane};

pub(super) use wording::{customer_contact, staff_licences, visible_range};

/// Members asked for one by one.
const MOST_MEMBERS: usize = 50;
/// Departments read.
const MOST_DEPARTMENTS: usize = 100;
/// The member is unknown, gone or out of sight.
const OUT_OF_SIGHT: [i64; 4] = [60111, 60011, 40003, 46004];

/// Why a member of the staff cannot have customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// Seen and active: only the licence is missing.
    NoLicence,
    /// Unknown to WeCom, or outside the app's visible range.
    OutOfSight,
    /// Invited, and not activated.
    Inactive,
    /// Switched off by an admin.
    Disabled,
    /// Has left the corp.
    Left,
    /// Not asked, or no usable answer.
    Unclear,
}

/// The members that the app sees, as far as departments list them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Directory {
    pub(super) members: BTreeSet<StaffId>,
    pub(super) departments: usize,
    /// Departments whose members were not read.
    pub(super) unread: usize,
}

impl App {
    /// The members licensed for customer contact, of those in sight.
    pub(super) async fn licensed(&self) -> Result<BTreeSet<StaffId>, Trouble> {
        let list = self
            .call(Lane::Interactive, |wecom, token| async move { wecom.list_follow_users(&token).await })
            .await?;
        Ok(list.iter().map(|userid| StaffId::from(userid.as_str())).collect())
    }

    /// Why each of these members is not licensed.
    pub(super) async fn standings(&self, members: &[&StaffId]) -> BTreeMap<StaffId, Standing> {
        let mut standings = BTreeMap::new();
        for (place, member) in members.iter().enumerate() {
            let standing = if place < MOST_MEMBERS { self.standing(member).await } else { Standing::Unclear };
            standings.insert((*member).clone(), standing);
        }
        standings
    }

    async fn standing(&self, member: &StaffId) -> Standing {
        let userid = member.as_str();
        let user = self
            .call(Lane::Interactive, |wecom, token| async move { wecom.get_user(&token, userid).await })
            .await;
        match user {
            Ok(user) => match user.status {
                Status::Active => Standing::NoLicence,
                Status::Inactive => Standing::Inactive,
                Status::Disabled => Standing::Disabled,
                Status::Left => Standing::Left,
                Status::Other(_) => Standing::Unclear,
            },
            Err(Error::WeCom(error)) if error.code().is_some_and(|code| OUT_OF_SIGHT.contains(&code)) => {
                Standing::OutOfSight
            }
            Err(_) => Standing::Unclear,
        }
    }

    /// The members of every department in sight.
    pub(super) async fn directory(&self) -> Result<Directory, Trouble> {
        let departments =
            self.call(Lane::Interactive, |wecom, token| async move {
                wecom.list_department_ids(&token, None).await
            })
            .await?;
        let mut directory = Directory { departments: departments.len(), ..Directory::default() };
        let mut trouble = None;
        directory.unread = departments.len().saturating_sub(MOST_DEPARTMENTS);
        for department in departments.iter().take(MOST_DEPARTMENTS) {
            let members = self.call(Lane::Interactive, |wecom, token| async move {
                wecom.list_user_names(&token, department.id).await
            });
            match members.await {
                Ok(members) => directory
                    .members
                    .extend(members.iter().map(|member| StaffId::from(member.userid.as_str()))),
                Err(error) => {
                    directory.unread += 1;
                    trouble.get_or_insert(Trouble::from(error));
                }
            }
        }
        // Nobody was seen because nobody could be read.
        if directory.members.is_empty()
            && let Some(trouble) = trouble
        {
            return Err(trouble);
        }
        Ok(directory)
    }
}
