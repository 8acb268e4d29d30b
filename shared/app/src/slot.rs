//! Reminders: at a slot the staff member gets one card about everything that is open (D4), and reads the list behind
//! it.

mod digest;
mod flush;

use std::fmt;

use domain::{
    CustomerId, File, Playbook, StaffId,
    file::{OpenTouch, TouchRef},
    sop::{Step, Text},
};
use store::{Cursor, Page};

use crate::{App, Error};

/// Names an open touch of a customer: `customer~sop~n~step`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskId {
    /// Whose.
    pub customer: CustomerId,
    /// Which touch.
    pub touch: TouchRef,
}

impl TaskId {
    /// Reads what [`fmt::Display`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (customer, touch) = text.split_once('~')?;
        Some(Self { customer: customer.into(), touch: TouchRef::parse(touch)? })
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}", self.customer, self.touch)
    }
}

/// What a staff member has to do.
#[derive(Clone, Debug)]
pub struct OpenTask {
    /// Its name.
    pub id: TaskId,
    /// The customer's name.
    pub customer_name: String,
    /// The SOP's name.
    pub sop_name: String,
    /// The step's title.
    pub title: String,
    /// The text as this customer gets it.
    pub text: String,
    /// Times and method.
    pub open: OpenTouch,
}

impl App {
    /// Open tasks of a staff member, in order of due time.
    pub async fn tasks(
        &self,
        staff: &StaffId,
        limit: i32,
        from: Option<&Cursor>,
    ) -> Result<Page<OpenTask>, Error> {
        let rows = self.store.rows(&format!("TASK#{staff}"), limit, from).await?;
        let ids: Vec<TaskId> = rows.items.iter().filter_map(|row| task_of_row(&row.sk)).collect();
        let mut customers: Vec<CustomerId> = ids.iter().map(|id| id.customer.clone()).collect();
        customers.sort();
        customers.dedup();
        let mut files = Vec::new();
        for chunk in customers.chunks(100) {
            files.extend(self.store.load_files(chunk).await?);
        }
        let book = self.playbook().await?;
        let task = |id: TaskId| {
            let file = files.iter().find(|file| file.id == id.customer)?;
            self.open_task(file, id, &book)
        };
        Ok(Page { items: ids.into_iter().filter_map(task).collect(), next: rows.next })
    }

    /// One open task, if it still is.
    pub async fn task(&self, id: &TaskId) -> Result<Option<OpenTask>, Error> {
        let Some(file) = self.store.load(&id.customer).await?.file else { return Ok(None) };
        let book = self.playbook().await?;
        Ok(self.open_task(&file, id.clone(), &book))
    }

    #[expect(clippy::unused_self, reason = "reads as one of the task calls")]
    fn open_task(&self, file: &File, id: TaskId, book: &Playbook) -> Option<OpenTask> {
        let live = file.enrollment(&id.touch.sop, id.touch.n)?;
        let open = live.open.as_ref().filter(|open| open.step == id.touch.step)?;
        let version = book.version(&live.sop, live.version)?;
        let (_, step) = version.step(&open.step)?;
        Some(OpenTask {
            customer_name: file.profile.name.clone(),
            sop_name: version.document.name.clone(),
            title: step.title(),
            text: rendered(step, file, &open.staff, book),
            open: open.clone(),
            id,
        })
    }
}

fn rendered(step: &Step, file: &File, staff: &StaffId, book: &Playbook) -> String {
    let text = &step.content.text;
    Text::parse(text).map_or_else(|_| text.clone(), |text| text.render(file, staff, book))
}

/// `due#customer#touch`.
fn task_of_row(sk: &str) -> Option<TaskId> {
    let (_, rest) = sk.split_once('#')?;
    let (customer, touch) = rest.split_once('#')?;
    Some(TaskId { customer: customer.into(), touch: TouchRef::parse(touch)? })
}
