//! Customers whose staff have left or lost their licence (O4): who that is, and who takes over what they had to do.

use std::collections::BTreeSet;

use domain::{CustomerId, File, Happening, Playbook, StaffId};
use futures::{StreamExt as _, stream};
use store::{MOST_UNSERVED, Reading, UnservedStaff};

use super::reconcile::FILES;
use crate::{App, Error};

/// Staff members looked at in one piece.
const STAFF: usize = 10;
/// Index rows read of each.
const ROWS: i32 = 1000;
/// So many customers are dealt with at a time.
const AT_ONCE: usize = 4;

impl App {
    /// Looks at some of those who cannot serve: whom they have, and what they had to do. What another friend of the
    /// customer can do moves to them.
    pub(super) async fn look_at_unserved(&self, reading: &mut Reading) -> Result<(), Error> {
        let book = self.playbook().await?;
        let Some(unserved) = &mut reading.unserved else { return Ok(()) };
        let is_next = |staff: &&StaffId| {
            unserved.after.as_ref().is_none_or(|after| *staff > after) && !book.can_serve(staff)
        };
        let some: Vec<StaffId> = book.staff.keys().filter(is_next).take(STAFF).cloned().collect();
        let is_end = some.len() < STAFF;
        for staff in some {
            let found = self.unserved(&staff, &book).await?;
            if found.customers > 0 || found.held > 0 {
                unserved.staff += 1;
                if unserved.named.len() < MOST_UNSERVED {
                    unserved.named.push(found);
                }
            }
            unserved.after = Some(staff);
        }
        unserved.complete = is_end;
        Ok(())
    }

    async fn unserved(&self, staff: &StaffId, book: &Playbook) -> Result<UnservedStaff, Error> {
        let rows = self.store.rows(&format!("STAFF#{staff}"), ROWS, None).await?;
        let open = rows.items.iter().filter(|row| row.value.as_deref() == Some("open")).count();
        let mut found = UnservedStaff {
            staff: staff.clone(),
            customers: u32::try_from(open).unwrap_or(u32::MAX),
            moved: 0,
            held: 0,
        };
        let tasks = self.store.rows(&format!("TASK#{staff}"), ROWS, None).await?.items;
        // Due, customer, touch.
        let customer = |sk: &str| sk.split('#').nth(1).map(CustomerId::from);
        let customers: BTreeSet<CustomerId> = tasks.iter().filter_map(|row| customer(&row.sk)).collect();
        let customers: Vec<CustomerId> = customers.into_iter().collect();
        for some in customers.chunks(FILES) {
            let files = self.store.load_many(some).await?.files;
            let files: Vec<File> = files.into_values().filter_map(Result::ok).collect();
            let can_move = |file: &File| file.open_relations().any(|(friend, _)| book.can_serve(friend));
            let (movable, held): (Vec<File>, Vec<File>) = files.into_iter().partition(can_move);
            found.held += held.iter().map(|file| open_touches(file, staff)).sum::<u32>();
            let moving = |file: File| async move {
                let before = open_touches(&file, staff);
                let handled = Box::pin(self.handle(&file.id, self.own_signal(Happening::Woken))).await?;
                let left = open_touches(&handled.file, staff);
                Ok::<_, Error>((before.saturating_sub(left), left))
            };
            let mut moved = stream::iter(movable).map(moving).buffered(AT_ONCE);
            while let Some((moved, left)) = moved.next().await.transpose()? {
                found.moved += moved;
                found.held += left;
            }
        }
        Ok(found)
    }
}

/// What the staff member has to do for this customer.
fn open_touches(file: &File, staff: &StaffId) -> u32 {
    let open = file.enrollments.iter().filter_map(|live| live.open.as_ref());
    u32::try_from(open.filter(|open| open.staff == *staff).count()).unwrap_or(u32::MAX)
}
