//! Customers whose staff have left or have no licence, as a comparison with WeCom tells of them.

use serde::Serialize;
use store::{Unserved, UnservedStaff};
use utoipa::ToSchema;

use crate::{
    view::{At, Named},
    words::Words,
};

/// Staff who have left or have no licence and still have customers.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Unserved)]
pub(super) struct UnservedView {
    /// How many they are, as far as has been looked.
    staff: u32,
    /// Who they are, the first hundred.
    items: Vec<UnservedStaffView>,
}

/// Somebody who has left or has no licence.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = UnservedStaff)]
struct UnservedStaffView {
    staff: Named,
    /// Since when; null: it is not known.
    since: Option<At>,
    /// Their customers, counted up to 1,000.
    customers: u32,
    /// Tasks of theirs that another friend of the customer has now.
    moved: u32,
    /// Tasks of theirs that nobody else can do.
    held: u32,
}

impl UnservedView {
    pub(super) fn new(unserved: &Unserved, words: &Words<'_>) -> Self {
        let view = |one: &UnservedStaff| UnservedStaffView {
            staff: Named { id: one.staff.to_string(), name: words.staff(&one.staff) },
            since: words.unserved_since(&one.staff).map(At),
            customers: one.customers,
            moved: one.moved,
            held: one.held,
        };
        Self { staff: unserved.staff, items: unserved.named.iter().map(view).collect() }
    }
}
