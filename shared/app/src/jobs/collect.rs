//! Finding a job's customers: the rows of its indexes, merged in order of the customers' ids, or the results of another
//! job. A piece looks at some, and what it found is written down together with how far it came.

use std::collections::BTreeSet;

use domain::{BoardId, CustomerId, Playbook, StageId, playbook::Sight};
use futures::{StreamExt as _, stream};
use store::{Collected, Cursor, Gathering, ItemOutcome, Job, JobId, Listed, Source};

use super::LEASE_SECONDS;
use crate::{App, Error};

/// At most so many are found in one piece: as many as a row holds.
const MOST: usize = 1000;
/// Index rows in memory at a time, of all indexes together.
const ROWS: usize = 8000;
/// Pieces of another job read at a time.
const PIECES: i32 = 10;
/// So many reads are under way at a time.
const AT_ONCE: usize = 8;
/// Files read at once.
const LOAD: usize = 50;

/// Rows of one index: whom it has, and up to whom it has told of all; `None`: to its end.
type Told = (Vec<CustomerId>, Option<CustomerId>);

impl App {
    /// Finds some more of the job's customers, and writes them down. `false`: somebody else has the job.
    pub(super) async fn collect(&self, job: &Job, source: &Source, holder: &str) -> Result<bool, Error> {
        let so_far = job.collected.clone().unwrap_or_default();
        let (more, collected) = match source {
            Source::Changed(other) => self.changed_by(other, so_far).await?,
            _ => self.next_of_indexes(job, source, so_far).await?,
        };
        let more = self.seen_by_creator(job, more).await?;
        let found = collected.found + u32::try_from(more.len()).unwrap_or(u32::MAX);
        let collected = Collected { found, ..collected };
        let (now, token) = (self.clock.now(), self.attempt_token());
        let until = now.plus_secs(LEASE_SECONDS);
        let gathering = Gathering { holder, more, collected: &collected, now, until, token: &token };
        let mut tries = 0;
        loop {
            match self.store.book_gathering(job, &gathering).await {
                Err(error) if error.is_transient() && tries < 3 => {
                    tries += 1;
                    self.jitter(tries).await;
                }
                answer => return Ok(answer?),
            }
        }
    }

    /// Whom another job changed, as the next of its results tell.
    async fn changed_by(&self, other: &JobId, so_far: Collected) -> Result<(Vec<Listed>, Collected), Error> {
        let read = self.store.job_results(other, so_far.pieces, PIECES).await?;
        let pieces = read.last().map_or(so_far.pieces, |(piece, _)| piece + 1);
        let complete = read.is_empty();
        let results = read.into_iter().flat_map(|(_, results)| results);
        let changed = results.filter(|result| result.outcome == ItemOutcome::Changed);
        let more = changed
            .filter_map(|result| Some(Listed { entry: Some(result.entry?), customer: result.customer }));
        Ok((more.collect(), Collected { pieces, complete, ..so_far }))
    }

    /// The next of whom the indexes tell, in order of their ids.
    async fn next_of_indexes(
        &self,
        job: &Job,
        source: &Source,
        so_far: Collected,
    ) -> Result<(Vec<Listed>, Collected), Error> {
        let indexes = indexes(source, &*self.playbook().await?);
        tracing::debug!(job = %job.id, indexes = indexes.len(), after = ?so_far.after, "looking for customers");
        let limit = i32::try_from((ROWS / indexes.len().max(1)).clamp(50, MOST)).unwrap_or(i32::MAX);
        // Whoever goes from one index to another between two reads may be in neither; read once more, they are found.
        let rounds = if indexes.len() > 1 { 2 } else { 1 };
        let mut told = Vec::new();
        for _ in 0..rounds {
            let reads = indexes.iter().map(|index| self.read_index(index, limit, so_far.after.as_ref()));
            let reads: Vec<_> = reads.map(Box::pin).collect();
            for read in stream::iter(reads).buffered(AT_ONCE).collect::<Vec<_>>().await {
                told.push(read?);
            }
        }
        let (more, up_to) = merge(told, MOST);
        let after = up_to.clone().or(so_far.after);
        let listed = more.into_iter().map(Listed::from).collect();
        Ok((listed, Collected { after, complete: up_to.is_none(), ..so_far }))
    }

    async fn read_index(&self, index: &str, limit: i32, after: Option<&CustomerId>) -> Result<Told, Error> {
        let from = after.map(|after| Cursor::behind_row(index, after.as_str()));
        let page = self.store.rows(index, limit, from.as_ref()).await?;
        let customers: Vec<_> = page.items.iter().map(|row| CustomerId::from(row.sk.as_str())).collect();
        // A page may be short, but where it is empty and not the last there is nothing to go by but where we were.
        let up_to = page.next.and_then(|_| customers.last().or(after).cloned());
        Ok((customers, up_to))
    }

    /// Those whom the job's creator sees: whoever may not see a customer does not learn that there is one.
    async fn seen_by_creator(&self, job: &Job, found: Vec<Listed>) -> Result<Vec<Listed>, Error> {
        let Some(creator) = &job.order.sight else { return Ok(found) };
        let sight = Sight::of(creator, &*self.playbook().await?);
        if sight == Sight::Corp {
            return Ok(found);
        }
        let mut seen = Vec::new();
        for some in found.chunks(LOAD) {
            let ids: Vec<CustomerId> = some.iter().map(|listed| listed.customer.clone()).collect();
            let files = self.store.load_many(&ids).await?.files;
            let is_seen = |listed: &&Listed| match files.get(&listed.customer) {
                Some(Ok(file)) => sight.reaches(file),
                Some(Err(error)) => {
                    tracing::error!(%error, job = %job.id, "whether a customer is in sight cannot be told");
                    false
                }
                None => false,
            };
            seen.extend(some.iter().filter(is_seen).cloned());
        }
        Ok(seen)
    }
}

/// Everybody up to the first place behind which an index has not told of all, at most `most`; and that place, if there
/// is one.
fn merge(told: Vec<Told>, most: usize) -> (BTreeSet<CustomerId>, Option<CustomerId>) {
    let mut up_to = told.iter().filter_map(|(_, up_to)| up_to.clone()).min();
    let mut all: BTreeSet<CustomerId> = told.into_iter().flat_map(|(customers, _)| customers).collect();
    if let Some(up_to) = &up_to {
        all.retain(|customer| customer <= up_to);
    }
    if let Some(first_left) = all.iter().nth(most).cloned() {
        _ = all.split_off(&first_left);
        up_to = all.last().cloned();
    }
    (all, up_to)
}

/// The indexes that tell of these customers; the sort key of each is the customer's id.
fn indexes(source: &Source, book: &Playbook) -> Vec<String> {
    let stage = |board: &BoardId, stage: &StageId| {
        let shown = format!("BOARD#{board}#{stage}");
        let hidden = format!("{shown}#hidden");
        [shown, hidden]
    };
    match source {
        Source::Tag(tag) => vec![format!("TAG#{tag}")],
        Source::Stage { board, stage: at } => stage(board, at).to_vec(),
        Source::Board(id) => {
            let Some(board) = book.boards.get(id) else { return Vec::new() };
            let stages = board.stages.iter().map(|stage| &stage.id);
            // A stage that was deleted and made anew is in both.
            let stages: BTreeSet<_> = stages.chain(board.former.iter().map(|former| &former.id)).collect();
            let tags = board.stages.iter().filter_map(|stage| stage.tag.as_ref());
            let tags = tags.map(|tag| format!("TAG#{tag}"));
            stages.into_iter().flat_map(|at| stage(id, at)).chain(tags).collect()
        }
        Source::Group(group) => {
            let live = book.tags.group(group).into_iter().flat_map(domain::playbook::TagGroup::live);
            live.map(|tag| format!("TAG#{}", tag.id)).collect()
        }
        Source::Changed(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ids(ids: &[&str]) -> Vec<CustomerId> {
        ids.iter().map(|id| CustomerId::from(*id)).collect()
    }

    fn merged(told: &[(&[&str], Option<&str>)], most: usize) -> (Vec<String>, Option<String>) {
        let told = told.iter().map(|(some, up_to)| (ids(some), up_to.map(CustomerId::from))).collect();
        let (found, up_to) = merge(told, most);
        (found.iter().map(ToString::to_string).collect(), up_to.map(|up_to| up_to.to_string()))
    }

    #[test]
    fn who_is_in_several_indexes_is_found_once_and_nobody_behind_what_was_read() {
        let (found, up_to) = merged(&[(&["a", "c", "e"], Some("e")), (&["b", "c", "z"], None)], 9);
        assert_eq!((found.concat(), up_to.as_deref()), ("abce".into(), Some("e")));
        let (found, up_to) = merged(&[(&["f"], None), (&["z"], None), (&[], None)], 9);
        assert_eq!((found.concat(), up_to), ("fz".into(), None));
        let (found, up_to) = merged(&[(&["a", "b", "c"], None)], 2);
        assert_eq!((found.concat(), up_to.as_deref()), ("ab".into(), Some("b")));
        let (found, up_to) = merged(&[(&["a", "b"], None)], 2);
        assert_eq!((found.concat(), up_to), ("ab".into(), None));
    }

    #[test]
    fn a_board_has_those_at_its_stages_and_former_ones_and_those_with_their_tags() {
        let stage = |id: &str, tag: Option<&str>| json!({"id": id, "name": id, "tag": tag});
        let board = json!({"id": "b", "name": "b", "tag_group": "g", "former": [{"id": "x", "name": "x"}],
            "stages": [stage("s", Some("et1")), stage("t", None)]});
        let mut book = Playbook::default();
        book.boards.insert("b".into(), serde_json::from_value(board).unwrap());
        let found = indexes(&Source::Board("b".into()), &book);
        let all = ["BOARD#b#s", "BOARD#b#s#hidden", "BOARD#b#t", "BOARD#b#t#hidden", "BOARD#b#x"];
        assert_eq!(found, [&all[..], &["BOARD#b#x#hidden", "TAG#et1"]].concat());
        assert!(indexes(&Source::Board("gone".into()), &book).is_empty());
    }
}
