//! Finding the cards of a stage that somebody sees and wants, in the order that they want.
//!
//! In the order of customers: whom one staff member has are gone through and looked up in the other indexes; other filters
//! are read side by side. An order of another kind is an index of its own: where few are left by the filters these are read
//! whole and sorted, where many are they are a sieve for it, and where there are more than that whoever stands in it is
//! looked up.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    CustomerId, File,
    playbook::Sight,
    rows::{Row, index_rows},
};
use store::Cursor;

use super::{Order, Sort, Wanted};
use crate::{Api, auth::Caller, problem::Problem};

/// So many candidates are looked at together, however few cards are asked for, where most of them may not fit.
const LEAST_AT_ONCE: usize = 50;
/// A page for which more files would have to be read, because the caller does not see most of them, ends early.
const MOST_READ: usize = 1000;
/// The same for readings of indexes, of which a caller's own friends may take many.
const MOST_READINGS: usize = 40;
/// So many are read whole for one page and sorted,
const FEW: usize = 200;
/// and so many are a sieve for an order.
const MOST_IN_SIEVE: usize = 2000;
/// So many rows of an order are sieved at once.
const SIEVED_AT_ONCE: usize = 1000;
/// So many are looked up in other indexes at once.
const LOOKED_UP_AT_ONCE: usize = 100;

/// A search, and how far it is.
pub(super) struct Search {
    wanted: Wanted,
    way: Way,
    from: Option<Cursor>,
    is_over: bool,
    read: usize,
    readings: usize,
}

/// Where those stand who are looked for.
enum Way {
    /// In several indexes, by customer.
    Joined(Vec<String>),
    /// In one, and in all of the others. If some are named only these. As long as everybody fits whose file is read, no more
    /// are read than are shown.
    Along { index: String, others: Vec<String>, among: Option<BTreeSet<CustomerId>>, all_fit: bool },
    /// So few that all have been read, by their key in this index.
    Few { index: String, files: BTreeMap<String, File> },
}

/// Whom a sort key names: it is a customer's id, or something and the id.
fn customer_of(key: &str) -> CustomerId {
    key.rsplit_once('#').map_or(key, |(_, customer)| customer).into()
}

impl Search {
    /// Is there no more to be found, or has so much been read that the page ends here?
    pub(super) const fn is_over(&self) -> bool {
        self.is_over || self.read >= MOST_READ || self.readings >= MOST_READINGS
    }

    /// Where to go on another time; `None`: that was all.
    pub(super) const fn place(&self) -> Option<&Cursor> {
        if self.is_over { None } else { self.from.as_ref() }
    }

    fn go_on_at(&mut self, next: Option<Cursor>) {
        self.is_over = next.is_none();
        self.from = next;
    }

    /// Behind the customer whose key this is.
    fn behind(&self, key: &str) -> Cursor {
        match &self.way {
            Way::Joined(_) => Cursor::behind_key(key),
            Way::Along { index, .. } | Way::Few { index, .. } => Cursor::behind_row(index, key),
        }
    }

    /// The next of the few.
    fn next_of_few(&mut self, limit: usize) -> Vec<File> {
        let Way::Few { files, .. } = &mut self.way else { return Vec::new() };
        let after = self.from.as_ref().and_then(Cursor::row);
        let ahead = |key: &&String| match (&after, self.wanted.order) {
            (None, _) => true,
            (Some(after), Order::Asc) => *key > after,
            (Some(after), Order::Desc) => *key < after,
        };
        let mut keys: Vec<String> = files.keys().filter(ahead).cloned().collect();
        if self.wanted.order == Order::Desc {
            keys.reverse();
        }
        let more = keys.len() > limit;
        keys.truncate(limit);
        let found = keys.iter().filter_map(|key| files.remove(key)).collect();
        let next = keys.last().filter(|_| more).map(|last| self.behind(last));
        self.go_on_at(next);
        found
    }
}

impl Wanted {
    fn board_index(&self) -> String {
        format!("BOARD#{}#{}", self.board, self.stage)
    }

    /// Indexes of customers, all of which have everybody who fits.
    fn filters(&self) -> Vec<String> {
        [self.board_index()].into_iter().chain(self.tag.as_ref().map(|tag| format!("TAG#{tag}"))).collect()
    }

    /// Does the value of a customer's row in an index of customers speak against them?
    fn fits_row(&self, index: &str, value: Option<&str>) -> bool {
        if index.starts_with("STAFF#") {
            return value != Some("closed");
        }
        let owner = self.owner.as_ref().filter(|_| index == self.board_index());
        owner.is_none_or(|owner| value == Some(owner.as_str()))
    }

    /// The index that has the cards in the order asked for; `None`: they are in the order of customers.
    fn order_index(&self) -> Option<String> {
        let order = match self.sort {
            Sort::Customer => return None,
            Sort::Entered => "entered",
            Sort::Contact => "contact",
            Sort::Amount => "amount",
        };
        Some(format!("BOARD#{}#{}#{order}", self.board, self.stage))
    }
}

impl Api {
    /// Begins a search, or goes on with it where another page ended.
    pub(super) async fn search(
        &self,
        caller: &Caller,
        wanted: Wanted,
        from: Option<Cursor>,
    ) -> Result<Search, Problem> {
        let own = match caller.sight() {
            Sight::Own(staff) => Some(staff),
            Sight::Corp | Sight::Led(_) => None,
        };
        // Whom somebody serves are friends of theirs.
        let friends = own.or(wanted.owner.as_ref()).map(|staff| format!("STAFF#{staff}"));
        let filters = wanted.filters();
        let all_fit = filters.len() == 1 && *caller.sight() == Sight::Corp;
        let way = match (wanted.order_index(), friends) {
            (None, Some(index)) => Way::Along { index, others: filters, among: None, all_fit: true },
            (None, None) if filters.len() > 1 => Way::Joined(filters),
            (None, None) => {
                Way::Along { index: wanted.board_index(), others: Vec::new(), among: None, all_fit }
            }
            (Some(index), None) if filters.len() == 1 => {
                Way::Along { index, others: Vec::new(), among: None, all_fit }
            }
            (Some(index), friends) => self.sorted(caller, &wanted, index, filters, friends).await?,
        };
        Ok(Search { wanted, way, from, is_over: false, read: 0, readings: 0 })
    }

    /// The way along an order where filters or friendship leave some.
    async fn sorted(
        &self,
        caller: &Caller,
        wanted: &Wanted,
        index: String,
        filters: Vec<String>,
        friends: Option<String>,
    ) -> Result<Way, Problem> {
        let left = match self.left_by(wanted, filters.clone(), friends.clone()).await? {
            Some(left) if left.len() <= FEW => left,
            Some(left) => {
                return Ok(Way::Along { index, others: Vec::new(), among: Some(left), all_fit: true });
            }
            None => {
                let others = filters.into_iter().chain(friends).collect();
                return Ok(Way::Along { index, others, among: None, all_fit: true });
            }
        };
        let left: Vec<CustomerId> = left.into_iter().collect();
        let mut files = BTreeMap::new();
        for file in self.files(caller, &left).await?.into_iter().filter(|file| wanted.fits(file)) {
            // The key that the index has for it.
            let key = index_rows(&file).into_keys().find(|(pk, _)| *pk == index);
            files.extend(key.map(|(_, key)| (key, file)));
        }
        Ok(Way::Few { index, files })
    }

    /// Whom filters and friendship leave; `None`: more stand in the narrowest index than are gone through.
    async fn left_by(
        &self,
        wanted: &Wanted,
        mut filters: Vec<String>,
        friends: Option<String>,
    ) -> Result<Option<BTreeSet<CustomerId>>, Problem> {
        // A tag is seldom on so many as stand at a stage.
        let Some(narrowest) = friends.or_else(|| filters.pop()) else { return Ok(None) };
        let most = i32::try_from(MOST_IN_SIEVE).unwrap_or(i32::MAX);
        let rows = self.app.store.rows(&narrowest, most, None).await?;
        if rows.next.is_some() {
            return Ok(None);
        }
        let keys = self.looked_up(wanted, &filters, rows.items).await?;
        Ok(Some(keys.iter().map(|key| customer_of(key)).collect()))
    }

    /// Keys of those rows whose customers the other indexes have too.
    async fn looked_up(
        &self,
        wanted: &Wanted,
        others: &[String],
        rows: Vec<Row>,
    ) -> Result<Vec<String>, Problem> {
        let mut keys: Vec<String> = rows
            .into_iter()
            .filter(|row| wanted.fits_row(&row.pk, row.value.as_deref()))
            .map(|row| row.sk)
            .collect();
        for index in others {
            let customers: Vec<String> = keys.iter().map(|key| customer_of(key).to_string()).collect();
            let found = self.app.store.values_of(index, &customers).await?;
            let has = |key: &String| {
                let value = found.get(customer_of(key).as_str());
                value.is_some_and(|value| wanted.fits_row(index, value.as_deref()))
            };
            keys.retain(has);
        }
        Ok(keys)
    }

    /// The next files of those who are looked for, at most `limit`; perhaps none although there are more.
    pub(super) async fn next_of(
        &self,
        search: &mut Search,
        caller: &Caller,
        limit: usize,
    ) -> Result<Vec<File>, Problem> {
        let store = &self.app.store;
        let forward = search.wanted.order == Order::Asc;
        let from = search.from.clone();
        let (keys, next) = match &search.way {
            Way::Few { .. } => return Ok(search.next_of_few(limit)),
            Way::Joined(indexes) => {
                let indexes: Vec<&str> = indexes.iter().map(String::as_str).collect();
                let common = store.common_keys(&indexes, limit.max(LEAST_AT_ONCE), from.as_ref()).await?;
                search.readings += common.readings;
                (common.keys, common.next)
            }
            Way::Along { index, others, among, all_fit } => {
                let at_once = match among {
                    Some(_) => SIEVED_AT_ONCE,
                    None if !others.is_empty() => LOOKED_UP_AT_ONCE,
                    None if *all_fit => limit,
                    None => limit.max(LEAST_AT_ONCE),
                };
                let at_once = i32::try_from(at_once).unwrap_or(i32::MAX);
                let mut rows = store.rows_in_order(index, at_once, from.as_ref(), forward).await?;
                search.readings += 1;
                if let Some(among) = among {
                    rows.items.retain(|row| among.contains(&customer_of(&row.sk)));
                }
                (self.looked_up(&search.wanted, others, rows.items).await?, rows.next)
            }
        };
        self.read_found(search, caller, limit, keys, next).await
    }

    /// The files of these, until there are enough.
    async fn read_found(
        &self,
        search: &mut Search,
        caller: &Caller,
        limit: usize,
        mut keys: Vec<String>,
        mut next: Option<Cursor>,
    ) -> Result<Vec<File>, Problem> {
        let as_shown = matches!(search.way, Way::Along { all_fit: true, .. });
        let most = if as_shown { limit } else { limit.max(LEAST_AT_ONCE) };
        if keys.len() > most {
            keys.truncate(most);
            next = keys.last().map(|last| search.behind(last));
        }
        let customers: Vec<CustomerId> = keys.iter().map(|key| customer_of(key)).collect();
        search.read += customers.len();
        let mut files = self.files(caller, &customers).await?;
        files.retain(|file| search.wanted.fits(file) && file.has_open_relation());
        if let Way::Along { all_fit, .. } = &mut search.way {
            *all_fit &= files.len() == customers.len();
        }
        if files.len() > limit {
            // All that are cut off are of this reading, and so is the last that stays.
            files.truncate(limit);
            let last = files.last().map(|file| &file.id);
            let key = keys.iter().find(|key| Some(&customer_of(key)) == last);
            next = key.map(|key| search.behind(key));
        }
        search.go_on_at(next);
        Ok(files)
    }
}
