//! What WeCom says of members.

use std::collections::BTreeSet;

use domain::{StaffId, playbook::DepartmentId};
use futures::{StreamExt as _, stream};
use wecom::directory::Status;

use super::state::{Part, Run};
use crate::{App, Class, Error, Lane};

/// So many members are asked for at a time.
const AT_ONCE: usize = 8;
/// There is nobody of this id, or not any more.
const NOBODY: [i64; 3] = [60111, 46004, 40003];

/// What WeCom says of one userid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A member.
    Member {
        /// Empty where the app may not read it.
        name: String,
        departments: BTreeSet<DepartmentId>,
        /// Has left the corp.
        left: bool,
    },
    /// There is nobody of this id in the app's sight.
    Nobody,
    /// WeCom does not tell this app.
    Hidden,
}

/// One userid, as WeCom has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sighting {
    pub(super) userid: StaffId,
    /// `None`: who is licensed is not known.
    pub(super) licensed: Option<bool>,
    pub(super) found: Found,
}

impl Sighting {
    /// There is nobody of this id in the app's sight, and no licence either.
    pub(super) fn is_missing(&self) -> bool {
        self.found == Found::Nobody && self.licensed == Some(false)
    }

    /// WeCom says so.
    pub(super) const fn has_left(&self) -> bool {
        matches!(self.found, Found::Member { left: true, .. })
    }
}

impl App {
    /// Who is licensed for customer contact; `None`, and noted, where WeCom does not tell.
    pub(super) async fn licences(&self, run: &mut Run) -> Result<Option<BTreeSet<StaffId>>, Error> {
        let list =
            self.call(Lane::Bulk, |wecom, token| async move { wecom.list_follow_users(&token).await }).await;
        match list {
            Ok(list) if list.is_empty() && self.is_anybody_licensed().await? => {
                // More likely a range or a list of apps that somebody emptied than a corp that serves nobody any more.
                tracing::warn!("WeCom lists nobody as licensed; the known licences are kept");
                run.note(Part::Licences, None);
                Ok(None)
            }
            Ok(list) => Ok(Some(list.iter().map(|userid| StaffId::from(userid.as_str())).collect())),
            Err(error) => {
                run.note(Part::Licences, refusal(error)?);
                Ok(None)
            }
        }
    }

    async fn is_anybody_licensed(&self) -> Result<bool, Error> {
        Ok(self.playbook().await?.staff.values().any(|staff| staff.licensed && staff.is_with_us()))
    }

    /// Asks for these members, in their order, until one cannot be asked for now; that failure comes back beside those
    /// before it.
    pub(super) async fn look_at(
        &self,
        userids: &[StaffId],
        licences: Option<&BTreeSet<StaffId>>,
        run: &mut Run,
    ) -> (Vec<Sighting>, Option<Error>) {
        let mut seen = Vec::with_capacity(userids.len());
        let ask = |userid: StaffId| async move { Box::pin(self.member(&userid)).await };
        let mut answers = stream::iter(userids.to_vec()).map(ask).buffered(AT_ONCE);
        for userid in userids {
            let found = if is_refused(run) {
                Found::Hidden
            } else {
                let Some(answer) = answers.next().await else { break };
                match answer.or_else(|error| refused_member(error, run)) {
                    Ok(found) => found,
                    Err(error) => return (seen, Some(error)),
                }
            };
            let licensed = licences.map(|licences| licences.contains(userid));
            seen.push(Sighting { userid: userid.clone(), licensed, found });
        }
        (seen, None)
    }

    async fn member(&self, userid: &StaffId) -> Result<Found, Error> {
        let userid = userid.as_str();
        let user =
            self.call(Lane::Bulk, |wecom, token| async move { wecom.get_user(&token, userid).await }).await?;
        let departments = user.departments.iter().filter_map(|department| u64::try_from(department.id).ok());
        Ok(Found::Member {
            name: user.name,
            departments: departments.filter(|id| *id > 0).collect(),
            left: user.status == Status::Left,
        })
    }
}

/// WeCom has refused the call as such: nobody else is asked for in this run.
fn is_refused(run: &Run) -> bool {
    run.unread.iter().any(|unread| unread.part == Part::Members && unread.code.is_some_and(is_final))
}

/// Will it refuse the same call for everybody else, too?
fn is_final(code: i64) -> bool {
    // Outside of the visible range is this one member; all other refusals that are left are of the app.
    !matches!(code, 60011 | 60030 | 50002)
}

fn refused_member(error: Error, run: &mut Run) -> Result<Found, Error> {
    let code = refusal(error)?;
    if code.is_some_and(|code| NOBODY.contains(&code)) {
        return Ok(Found::Nobody);
    }
    run.note(Part::Members, code);
    Ok(Found::Hidden)
}

/// The code with which WeCom refuses for good; any other failure passes, and comes back.
pub(super) fn refusal(error: Error) -> Result<Option<i64>, Error> {
    match &error {
        Error::WeCom(refused) if error.class() == Class::Client => Ok(refused.code()),
        _ => Err(error),
    }
}
