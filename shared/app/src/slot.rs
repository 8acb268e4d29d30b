//! Reminders: at a slot the staff member gets one card about everything that is open (D4), and reads the list behind
//! it.

mod digest;
mod flush;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use domain::{
    CustomerId, File, Playbook, StaffId,
    content::{ContentVersion, Part, PartKind, SentContent},
    file::{OpenTouch, TouchRef},
    sop::{Step, StepContent},
};
use store::{Cursor, Page};

use crate::{
    App, Error, LinkFor,
    sending::{ReadyPart, rendered},
};

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
    /// The text as this customer gets it: the step's, or that of its content; empty if this has none.
    pub text: String,
    /// What kinds of parts there are to send, in order.
    pub kinds: Vec<PartKind>,
    /// Times and method, and which content is to be sent.
    pub open: OpenTouch,
}

type Versions = BTreeMap<SentContent, Arc<ContentVersion>>;

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
        let files: BTreeMap<&CustomerId, &File> = files.iter().map(|file| (&file.id, file)).collect();
        let open = ids.iter().filter_map(|id| open_touch(files.get(&id.customer)?, id));
        let versions = self.contents_as_sent(open.filter_map(|open| open.content.clone()).collect()).await?;
        let task = |id: TaskId| open_task(files.get(&id.customer)?, id, &book, &versions);
        Ok(Page { items: ids.into_iter().filter_map(task).collect(), next: rows.next })
    }

    /// One open task, if it still is.
    pub async fn task(&self, id: &TaskId) -> Result<Option<OpenTask>, Error> {
        let Some(file) = self.store.load(&id.customer).await?.file else { return Ok(None) };
        let book = self.playbook().await?;
        let content = open_touch(&file, id).and_then(|open| open.content.clone());
        let versions = self.contents_as_sent(BTreeSet::from_iter(content)).await?;
        Ok(open_task(&file, id.clone(), &book, &versions))
    }

    /// Everything that is to be sent with an open task, as the customer gets it.
    pub async fn task_parts(&self, task: &OpenTask) -> Result<Vec<ReadyPart>, Error> {
        let Some(content) = &task.open.content else {
            return Ok(vec![ReadyPart::Text { text: task.text.clone() }]);
        };
        let TaskId { customer, touch } = task.id.clone();
        let Some(file) = self.store.load(&customer).await?.file else { return Ok(Vec::new()) };
        let to = LinkFor::Touch { customer, touch };
        Ok(self.ready_content(&file, &task.open.staff, content, &to).await?.unwrap_or_default())
    }
}

fn open_touch<'f>(file: &'f File, id: &TaskId) -> Option<&'f OpenTouch> {
    let live = file.enrollment(&id.touch.sop, id.touch.n)?;
    live.open.as_ref().filter(|open| open.step == id.touch.step)
}

fn open_task(file: &File, id: TaskId, book: &Playbook, versions: &Versions) -> Option<OpenTask> {
    let open = open_touch(file, &id)?;
    let live = file.enrollment(&id.touch.sop, id.touch.n)?;
    let version = book.version(&live.sop, live.version)?;
    let (_, step) = version.step(&open.step)?;
    let (text, kinds) = said(step, open, file, book, versions);
    Some(OpenTask {
        customer_name: file.profile.name.clone(),
        sop_name: version.document.name.clone(),
        title: book.step_title(step),
        text,
        kinds,
        open: open.clone(),
        id,
    })
}

/// Text and kinds of parts.
fn said(
    step: &Step,
    open: &OpenTouch,
    file: &File,
    book: &Playbook,
    versions: &Versions,
) -> (String, Vec<PartKind>) {
    if let StepContent::Text(text) = &step.content {
        return (rendered(text, file, &open.staff, book), vec![PartKind::Text]);
    }
    let version = open.content.as_ref().and_then(|content| versions.get(content));
    let Some(version) = version else { return (String::new(), Vec::new()) };
    let text = version.body.text().map(|text| rendered(text, file, &open.staff, book));
    (text.unwrap_or_default(), version.body.parts.iter().map(Part::kind).collect())
}

/// `due#customer#touch`.
fn task_of_row(sk: &str) -> Option<TaskId> {
    let (_, rest) = sk.split_once('#')?;
    let (customer, touch) = rest.split_once('#')?;
    Some(TaskId { customer: customer.into(), touch: TouchRef::parse(touch)? })
}
