//! The department tree, kept as WeCom has it.

use domain::playbook::DepartmentId;
use store::{Change, Expected, RecordKind};

use super::{
    ask::refusal,
    difference,
    state::{Part, Run},
};
use crate::{App, Error, Lane, catalog};

/// With an audit entry each, and the stamp, they fit in one transaction.
const MOST_CHANGES: usize = 40;
/// A corp with thousands of departments takes several transactions.
const TRIES: u32 = 200;

impl App {
    /// Reads the departments and takes over what changed; notes what WeCom does not tell.
    pub(super) async fn take_over_departments(&self, run: &mut Run) -> Result<(), Error> {
        let Some(found) = self.ask_for_departments(run).await? else { return Ok(()) };
        for _ in 0..TRIES {
            let book = self.playbook().await?;
            let changes: Vec<Change> = difference::departments(&book.departments, &found)
                .into_iter()
                .take(MOST_CHANGES)
                .map(|(id, department)| {
                    Ok(Change {
                        kind: RecordKind::Department,
                        id: id.to_string(),
                        doc: department.as_ref().map(catalog::to_json).transpose()?,
                        revision: 0,
                        // Departments mirror WeCom, which is the only judge of them: whoever read last writes last.
                        expected: Expected::Any,
                    })
                })
                .collect::<Result<_, Error>>()?;
            if changes.is_empty() {
                return Ok(());
            }
            // Where a department hangs decides whom its managers see.
            let audit = changes
                .iter()
                .map(|change| {
                    let known = change.id.parse().ok().and_then(|id: DepartmentId| book.departments.get(&id));
                    let before = known.map(catalog::to_json).transpose()?;
                    self.audit_of_finding(change, before.as_deref(), &run.request)
                })
                .collect::<Result<Vec<_>, Error>>()?;
            match self.store.change_playbook(&changes, Some(book.stamp), &audit, &self.attempt_token()).await
            {
                Ok(()) | Err(store::Error::LostRace(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Crowded { tries: TRIES })
    }

    /// All departments in sight, without names where the app may not read those.
    async fn ask_for_departments(
        &self,
        run: &mut Run,
    ) -> Result<Option<Vec<wecom::directory::Department>>, Error> {
        let named = self
            .call(Lane::Bulk, |wecom, token| async move { wecom.list_departments(&token, None).await })
            .await;
        let found = match named {
            Ok(found) => {
                if !found.is_empty() && found.iter().all(|department| department.name.is_none()) {
                    run.note(Part::DepartmentNames, None);
                }
                Ok(found)
            }
            Err(error) => {
                run.note(Part::DepartmentNames, refusal(error)?);
                self.call(
                    Lane::Bulk,
                    |wecom, token| async move { wecom.list_department_ids(&token, None).await },
                )
                .await
            }
        };
        match found {
            // Every corp has one: this is no answer to believe.
            Ok(found) if found.is_empty() => {
                run.note(Part::Departments, None);
                Ok(None)
            }
            Ok(found) => Ok(Some(found)),
            Err(error) => {
                run.note(Part::Departments, refusal(error)?);
                Ok(None)
            }
        }
    }
}
