//! Customers whose staff have left or lost their licence (O4): who that is, who takes over what they had to do, and whose
//! customers were handed over without a word.

use std::collections::BTreeSet;

use domain::{CustomerId, File, Happening, Playbook, StaffId, Timestamp};
use futures::{StreamExt as _, stream};
use store::{Job, MOST_UNSERVED, Reading, Unserved, UnservedPlace, UnservedStaff};

use super::reconcile::FILES;
use crate::{App, Error};

/// Staff members looked at in one piece.
const STAFF: usize = 10;
/// A piece takes nobody else on after so long.
const PIECE_SECONDS: i64 = 20;
/// Index rows read of each.
const ROWS: i32 = 1000;
/// So many customers are dealt with at a time.
const AT_ONCE: usize = 4;
/// So many customers of those who left are fetched in one night,
const MOST_ASKED: u32 = 200;
/// and of each of them so many: others another night.
const ASKED_OF_EACH: usize = 16;

/// WeCom's `add_way` of a friend whom somebody was given.
const ASSIGNED: u16 = 202;

/// How far somebody's customers have been looked at.
enum Looked {
    AtAll(UnservedStaff),
    AtSome(UnservedPlace),
}

impl App {
    /// Looks at some of those who cannot serve: whom they have, and what they had to do. What another friend of the
    /// customer can do moves to them.
    pub(super) async fn look_at_unserved(&self, job: &Job, reading: &mut Reading) -> Result<(), Error> {
        let (book, end) = (self.playbook().await?, self.clock.now().plus_secs(PIECE_SECONDS));
        let Some(unserved) = &mut reading.unserved else { return Ok(()) };
        let is_next = |staff: &&StaffId| {
            unserved.after.as_ref().is_none_or(|after| *staff > after) && !book.can_serve(staff)
        };
        let some: Vec<StaffId> = book.staff.keys().filter(is_next).take(STAFF).cloned().collect();
        let is_end = some.len() < STAFF;
        for staff in some {
            let begun = unserved.at.take().filter(|at| at.found.staff == staff);
            if begun.is_none() && book.staff.get(&staff).is_some_and(|staff| !staff.is_with_us()) {
                self.end_of_left(&staff, &book, job, unserved).await?;
            }
            match self.unserved(&staff, begun, end, &book).await? {
                Looked::AtSome(place) => {
                    unserved.at = Some(place);
                    return Ok(());
                }
                Looked::AtAll(found) if found.customers > 0 || found.held > 0 => {
                    unserved.staff += 1;
                    if unserved.named.len() < MOST_UNSERVED {
                        unserved.named.push(found);
                    }
                }
                Looked::AtAll(_) => {}
            }
            unserved.after = Some(staff);
            if self.clock.now() >= end {
                return Ok(());
            }
        }
        unserved.complete = is_end;
        Ok(())
    }

    async fn unserved(
        &self,
        staff: &StaffId,
        begun: Option<UnservedPlace>,
        end: Timestamp,
        book: &Playbook,
    ) -> Result<Looked, Error> {
        let open = self.customers_of_index(staff).await?.len();
        let after = begun.as_ref().map(|begun| begun.after.clone());
        let (moved, held) = begun.map_or((0, 0), |begun| (begun.found.moved, begun.found.held));
        let customers = u32::try_from(open).unwrap_or(u32::MAX);
        let mut found = UnservedStaff { staff: staff.clone(), customers, moved, held };
        let tasks = self.store.rows(&format!("TASK#{staff}"), ROWS, None).await?.items;
        // Due, customer, touch.
        let customer = |sk: &str| sk.split('#').nth(1).map(CustomerId::from);
        let customers: BTreeSet<CustomerId> = tasks.iter().filter_map(|row| customer(&row.sk)).collect();
        let left = customers.into_iter().filter(|one| after.as_ref().is_none_or(|after| one > after));
        let customers: Vec<CustomerId> = left.collect();
        for some in customers.chunks(FILES) {
            let files = self.store.load_many(some).await?.files;
            let files: Vec<File> = files.into_values().filter_map(Result::ok).collect();
            let can_move = |file: &File| file.open_relations().any(|(friend, _)| book.can_serve(friend));
            let (movable, stuck): (Vec<File>, Vec<File>) = files.into_iter().partition(can_move);
            found.held += stuck.iter().map(|file| open_touches(file, staff)).sum::<u32>();
            let moving = |file: File| async move {
                let before = open_touches(&file, staff);
                let handled = Box::pin(self.handle(&file.id, self.own_signal(Happening::Woken))).await;
                let left = match handled {
                    Ok(handled) => open_touches(&handled.file, staff),
                    Err(error) => {
                        tracing::error!(%error, customer = %file.id, "what somebody had to do could not be moved");
                        before
                    }
                };
                (before.saturating_sub(left), left)
            };
            let mut moved = stream::iter(movable).map(moving).buffered(AT_ONCE);
            while let Some((moved, left)) = moved.next().await {
                found.moved += moved;
                found.held += left;
            }
            if let Some(last) = some.last().filter(|_| self.clock.now() >= end) {
                return Ok(Looked::AtSome(UnservedPlace { found, after: last.clone() }));
            }
        }
        Ok(Looked::AtAll(found))
    }

    /// Customers whom the index has as this member's friends, in order of their ids.
    async fn customers_of_index(&self, staff: &StaffId) -> Result<Vec<CustomerId>, Error> {
        let rows = self.store.rows(&format!("STAFF#{staff}"), ROWS, None).await?.items;
        let open = rows.iter().filter(|row| row.value.as_deref() == Some("open"));
        Ok(open.map(|row| CustomerId::from(row.sk.as_str())).collect())
    }

    /// Somebody left, and nobody reads their customers any more. Whom a colleague was given since is theirs no more, and
    /// WeCom need not have said so: if the contact does not show who left, that is over (T6).
    async fn end_of_left(
        &self,
        staff: &StaffId,
        book: &Playbook,
        job: &Job,
        unserved: &mut Unserved,
    ) -> Result<(), Error> {
        let budget = usize::try_from(MOST_ASKED.saturating_sub(unserved.asked)).unwrap_or(0);
        if budget == 0 {
            return Ok(());
        }
        let mut customers = self.customers_of_index(staff).await?;
        // Whom WeCom still shows as theirs is asked about again; the others have their turn, too.
        let days = usize::try_from(job.order.created_at.secs() / 86_400).unwrap_or(0);
        let first = (days * ASKED_OF_EACH).checked_rem(customers.len()).unwrap_or(0);
        customers.rotate_left(first);
        let mut asked: Vec<CustomerId> = Vec::new();
        for some in customers.chunks(FILES) {
            let files = self.store.load_many(some).await?.files;
            let files = files.into_values().filter_map(Result::ok);
            asked.extend(files.filter(|file| is_handed_over(file, staff, book)).map(|file| file.id));
            if asked.len() >= ASKED_OF_EACH {
                break;
            }
        }
        asked.truncate(ASKED_OF_EACH.min(budget));
        unserved.asked += u32::try_from(asked.len()).unwrap_or(u32::MAX);
        let asking = |customer: CustomerId| async move {
            let what = Happening::Compared { missing: Some(staff.clone()), news_since: None };
            if let Err(error) = Box::pin(self.handle_in_bulk(&customer, self.own_signal(what))).await {
                tracing::error!(%error, %customer, "whether somebody was handed over could not be asked");
            }
        };
        stream::iter(asked).map(asking).buffered(AT_ONCE).collect::<Vec<()>>().await;
        Ok(())
    }
}

/// Has a colleague been given the customer since the two became friends? Of a colleague who was their friend before, WeCom
/// does not tell that.
fn is_handed_over(file: &File, from: &StaffId, book: &Playbook) -> bool {
    let Some(theirs) = file.relations.get(from).filter(|relation| relation.is_open()) else { return false };
    file.open_relations().any(|(friend, relation)| {
        relation.add_way == Some(ASSIGNED) && relation.added_at > theirs.added_at && book.can_serve(friend)
    })
}

/// What the staff member has to do for this customer.
fn open_touches(file: &File, staff: &StaffId) -> u32 {
    let open = file.enrollments.iter().filter_map(|live| live.open.as_ref());
    u32::try_from(open.filter(|open| open.staff == *staff).count()).unwrap_or(u32::MAX)
}
