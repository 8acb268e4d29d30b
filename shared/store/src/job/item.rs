//! How a job is kept: `JOB#<id>` / `JOB`, its customers beside it by the thousand (`I#0000`…), and its places in the
//! lists.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use domain::{Actor, CustomerId, StaffId, Timestamp};

use super::{Decision, Job, JobCounts, JobId, JobOrder, JobState, Listed, time};
use crate::{
    Error,
    attributes::{Item, document, get_document, get_number, get_text, item, key, number, text},
    index::work_attributes,
};

pub(super) const PK_PREFIX: &str = "JOB#";
const SK: &str = "JOB";
/// Customers of one row: at 64 bytes for an id it is a sixth of what an item may hold.
const ROW: usize = 1000;

/// Kept while it is not over; whether somebody has begun is told by `started_at`.
pub(super) const OPEN: &str = "open";
pub(super) const CANCELLING: &str = "cancelling";
const WAITING: &str = "waiting";

pub(super) fn job_pk(id: &JobId) -> String {
    format!("{PK_PREFIX}{id}")
}

pub(super) fn job_key(id: &JobId) -> Item {
    key(job_pk(id), SK)
}

pub(super) const fn state_name(state: JobState) -> &'static str {
    match state {
        JobState::Queued | JobState::Running => OPEN,
        JobState::Waiting => WAITING,
        JobState::Cancelling => CANCELLING,
        JobState::Done => "done",
        JobState::Failed => "failed",
        JobState::Cancelled => "cancelled",
    }
}

fn state_named(name: &str, begun: bool) -> Option<JobState> {
    Some(match name {
        OPEN if begun => JobState::Running,
        OPEN => JobState::Queued,
        WAITING => JobState::Waiting,
        CANCELLING => JobState::Cancelling,
        "done" => JobState::Done,
        "failed" => JobState::Failed,
        "cancelled" => JobState::Cancelled,
        _ => return None,
    })
}

/// The item of a job that nobody has begun: at once in the index of unfinished work.
pub(super) fn fresh(job: &Job) -> Result<Item, Error> {
    let pk = job_pk(&job.id);
    let [shard, retry_at] = work_attributes(&pk, job.order.created_at);
    let zero = |name| (name, number(0));
    Ok(item(
        &pk,
        SK,
        [
            ("doc", document(&job.order)?),
            ("state", text(OPEN)),
            zero("cursor"),
            zero("changed"),
            zero("unchanged"),
            zero("refused"),
            zero("failed"),
            zero("tries"),
            shard,
            retry_at,
        ],
    ))
}

pub(super) fn read(item: &Item) -> Result<Job, Error> {
    let id = get_text(item, "pk")?.strip_prefix(PK_PREFIX).map(JobId::from);
    let id = id.ok_or_else(|| Error::unreadable("a job", "not a job's key"))?;
    let order: JobOrder = get_document(item, "doc")?;
    let started_at = time(item, "started_at");
    let state = state_named(get_text(item, "state")?, started_at.is_some());
    let state = state.ok_or_else(|| Error::unreadable(id.as_str(), "an unknown state"))?;
    let trouble = item.get("trouble").map(|_| get_document(item, "trouble")).transpose()?;
    Ok(Job {
        state,
        cursor: get_number(item, "cursor")?,
        collected: item.get("collected").map(|_| get_document(item, "collected")).transpose()?,
        reading: item.get("reading").map(|_| get_document(item, "reading")).transpose()?,
        decision: item.get("decision").map(|_| get_document(item, "decision")).transpose()?,
        counts: JobCounts {
            changed: get_number(item, "changed")?,
            unchanged: get_number(item, "unchanged")?,
            refused: get_number(item, "refused")?,
            failed: get_number(item, "failed")?,
        },
        tries: get_number(item, "tries")?,
        trouble,
        started_at,
        heartbeat_at: time(item, "heartbeat_at"),
        finished_at: time(item, "finished_at"),
        holder: get_text(item, "holder").ok().map(str::to_owned),
        order,
        id,
    })
}

/// Where all jobs are listed, or those of one staff member.
pub(super) fn list_pk(of: Option<&StaffId>) -> String {
    of.map_or_else(|| "JOBS".to_owned(), |staff| format!("JOBS#{staff}"))
}

/// Its places in the lists, by time.
pub(super) fn list_rows(job: &Job) -> Vec<Item> {
    let of = match &job.order.by {
        Actor::Staff { userid } => Some(userid),
        Actor::Customer | Actor::Operator { .. } | Actor::Stepwise => None,
    };
    let place = format!("{:013}#{}", job.order.created_at.ms(), job.id);
    let pks = [Some(list_pk(None)), of.map(|of| list_pk(Some(of)))];
    pks.into_iter().flatten().map(|pk| item(pk, &place, [("job", text(job.id.as_str()))])).collect()
}

/// The rows that hold its customers.
pub(super) fn customer_rows(id: &JobId, customers: &[CustomerId]) -> Result<Vec<Item>, Error> {
    let listed: Vec<Listed> = customers.iter().cloned().map(Listed::from).collect();
    rows_from(id, 0, &listed)
}

/// The rows that hold these, the first of whom is the `first` customer of the job, and of a row.
pub(super) fn rows_from(id: &JobId, first: usize, customers: &[Listed]) -> Result<Vec<Item>, Error> {
    let rows = customers.chunks(ROW).enumerate();
    rows.map(|(n, some)| Ok(item(job_pk(id), row_sk(first / ROW + n), [("doc", document(&some)?)]))).collect()
}

pub(super) fn read_customers(row: &Item) -> Result<Vec<Listed>, Error> {
    get_document(row, "doc")
}

fn row_sk(place: usize) -> String {
    format!("I#{place:04}")
}

/// The row that holds a job's customer with this number, and where in it.
pub(super) fn place_of(customer: usize) -> (String, usize) {
    (row_sk(customer / ROW), customer % ROW)
}

/// The write that asks a job to end.
pub(super) fn cancel(table: &str, id: &JobId) -> Result<TransactWriteItem, Error> {
    let values = BTreeMap::from([(":open", OPEN), (":cancelling", CANCELLING)]);
    let update = values.into_iter().fold(Update::builder(), |update, (name, value)| {
        update.expression_attribute_values(name, AttributeValue::S(value.to_owned()))
    });
    let update = update
        .table_name(table)
        .set_key(Some(job_key(id)))
        .update_expression("SET #state = :cancelling")
        .condition_expression("#state = :open")
        .expression_attribute_names("#state", "state")
        .build()
        .map_err(|e| Error::unreadable("an update", e))?;
    Ok(TransactWriteItem::builder().update(update).build())
}

/// The write that brings a job that waits for a decision back into the index of unfinished work.
pub(super) fn wake(
    table: &str,
    id: &JobId,
    state: &str,
    decision: Option<Decision>,
) -> Result<TransactWriteItem, Error> {
    let [(_, shard), (_, retry_at)] = work_attributes(&job_pk(id), Timestamp::from_ms(0));
    let mut update = Update::builder()
        .expression_attribute_values(":state", text(state))
        .expression_attribute_values(":waiting", text(WAITING))
        .expression_attribute_values(":shard", shard)
        .expression_attribute_values(":at", retry_at);
    let mut decided = "";
    if let Some(decision) = decision {
        update = update.expression_attribute_values(":decision", document(&decision)?);
        decided = ", decision = :decision";
    }
    let update = update
        .table_name(table)
        .set_key(Some(job_key(id)))
        .update_expression(format!("SET #state = :state, work_shard = :shard, retry_at = :at{decided}"))
        .condition_expression("#state = :waiting")
        .expression_attribute_names("#state", "state")
        .build()
        .map_err(|e| Error::unreadable("an update", e))?;
    Ok(TransactWriteItem::builder().update(update).build())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::PACK;

    #[test]
    fn every_pack_is_found_in_its_row() {
        let customers: Vec<CustomerId> = (0..2_350).map(|n| format!("wm{n}").into()).collect();
        let rows = customer_rows(&"j1".into(), &customers).unwrap();
        assert_eq!(rows.len(), 3);
        let mut seen: Vec<CustomerId> = Vec::new();
        for pack in 0..24 {
            let (sk, begin) = place_of(pack * PACK);
            let row = rows.iter().find(|row| get_text(row, "sk").unwrap() == sk).unwrap();
            let some = read_customers(row).unwrap().into_iter().skip(begin).take(PACK);
            seen.extend(some.map(|listed| listed.customer));
        }
        assert_eq!(seen, customers);
    }

    #[test]
    fn a_customer_is_listed_with_the_entry_that_is_meant_or_alone() {
        let listed =
            [Listed::from(CustomerId::from("wm1")), Listed { customer: "wm2".into(), entry: Some(7) }];
        let kept = serde_json::to_string(&listed).unwrap();
        assert_eq!(kept, r#"["wm1",["wm2",7]]"#);
        assert_eq!(serde_json::from_str::<Vec<Listed>>(&kept).unwrap(), listed);
    }
}
