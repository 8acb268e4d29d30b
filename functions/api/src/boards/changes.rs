//! What changed on a board since somebody last asked: the live view of a board, by asking every few seconds.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Path, State};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    BoardId, CustomerId, File, Timestamp,
    file::Side,
    playbook::{Role, Sight},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::{CardChange, Cursor, LOG_HOURS, LOG_LAG_SECONDS};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    cards::{Card, shown},
    named,
};
use crate::{
    Api,
    answer::{Answer, Outcome},
    auth::{Area, Caller, needs},
    page::{Params, bad_cursor},
    schema,
    view::At,
};

/// Whoever has missed more customers than that reads the board anew.
const MAX_CUSTOMERS: usize = 500;
/// The same for commits: one customer may have had many.
const MAX_ENTRIES: usize = 2_000;
/// So many of the entries of the last seconds are remembered in a cursor, the latest. On a board with more of them than
/// that the others come twice, which shows the same card again.
const MAX_REMEMBERED: usize = 200;
/// Two of 200 look alike once in 10¹⁰ cursors.
const HASH_BYTES: usize = 6;
/// A cursor is refused somewhat before the log forgets what it asks for.
const MARGIN_SECONDS: i64 = 60;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Since {
    /// The `cursor` of the answer before; without it nothing but a cursor is answered.
    #[param(max_length = 4096)]
    since: Option<String>,
}

/// What changed on a board.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = BoardChanges, example = json!({"cursor": "7p0yJ…", "reset": false, "changes": [
    {"customer": "wmLiLei", "entry": "wmLiLei#8", "at": "2026-03-02T01:00:00Z", "card": {
        "customer": {"id": "wmLiLei", "name": "李雷", "avatar": null}, "stage": "visit",
        "since": "2026-03-02T01:00:00Z", "rev": 8, "days_in_stage": 0, "amount": null, "owner": "zhangsan", "tags": ["购车阶段/到店"], "next": null,
        "last_contact_at": null}}]}))]
pub(crate) struct Changes {
    /// To ask with next time.
    cursor: String,
    /// At most one for each customer, in order of time.
    changes: Vec<Change>,
    /// Too much was missed, or the caller sees other customers now: read the board anew, then go on with `cursor`.
    reset: bool,
}

/// A customer whose card changed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = BoardChange)]
pub(crate) struct Change {
    #[schema(value_type = schema::CustomerId)]
    customer: String,
    /// The last journal entry that changed the card, `<customer>#<version>`: the answer to a change of one's own has
    /// the same.
    #[schema(value_type = schema::EntryId)]
    entry: String,
    at: At,
    /// As it is now, which may be later than `entry`; null: it is not on the board any more, or not for the caller.
    card: Option<Card>,
}

pub(crate) fn routes() -> OpenApiRouter<Api> {
    needs(Role::Operator, Area::Customers, OpenApiRouter::new().routes(routes!(read)))
}

/// Changes of a board since the last look
///
/// Ask once without `since`, then read the cards, then ask again and again with the `cursor` of the answer before: every
/// 4 seconds, give or take 20 % by chance, so that not everybody asks at once; more seldom while nobody looks.
/// Cards that came, moved, left, or are shown to others than before are told once, also when their commit arrives up to
/// 10 seconds late; seldom one is told twice. What a list of cards shows beyond that (tags, the next step, the last
/// contact) is up to date in each card but makes no change. `reset` is true where the cursor is a day old, where more
/// than 500 customers changed, and where the caller sees other customers than before: another role, another department.
#[utoipa::path(get, path = "/boards/{id}/changes", operation_id = "listBoardChanges", tag = "boards",
    params(("id" = schema::Slug, Path, description = "The board"), Since),
    responses((status = 200, description = "What changed", body = Changes),
              (status = 400, description = "`bad_cursor`"), (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("看板实时变化")), ("x-problems" = json!(["bad_cursor", "not_found"]))))]
pub(crate) async fn read(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    Params(query): Params<Since>,
) -> Outcome<Changes> {
    let book = api.app.playbook().await?;
    let board = named(&book, &id)?;
    let now = api.app.clock.now();
    let Some(text) = &query.since else {
        return api.begin_changes(&board.id, &caller, now, false).await;
    };
    let place = api.seal.open(&list(&board.id), text).ok_or_else(bad_cursor)?;
    let place = Place::parse(&place).ok_or_else(bad_cursor)?;
    let is_old = now > place.at.plus_secs(LOG_HOURS * 3600 - LOG_LAG_SECONDS - MARGIN_SECONDS);
    if is_old || place.sight != hash_of_sight(caller.sight()) {
        return api.begin_changes(&board.id, &caller, now, true).await;
    }
    let since = place.at.plus_secs(-LOG_LAG_SECONDS);
    let found = api.app.store.changes(&board.id, since, now, MAX_ENTRIES).await?;
    let latest = place.news(&found.changes);
    if found.cut || latest.len() > MAX_CUSTOMERS {
        return api.begin_changes(&board.id, &caller, now, true).await;
    }
    let customers: Vec<CustomerId> = latest.keys().map(|customer| (*customer).clone()).collect();
    let files = api.files_of_all(&customers).await?;
    let files = files.iter().filter(|file| caller.sees(file) || saw_lately(&caller, file, now));
    let mut changes: Vec<Change> = files
        .filter_map(|file| {
            let card = if caller.sees(file) { shown(file, board, &book, now) } else { None };
            latest.get(&file.id).map(|entry| Change::new(entry, card))
        })
        .collect();
    changes.sort_by_key(|change| change.at.0);
    // Instances' clocks differ a little; a cursor never goes back.
    let cursor = Place::behind(&found.changes, now.max(place.at), place.sight);
    let cursor = api.seal.close(&list(&board.id), &Cursor(cursor.to_string()));
    Ok(Answer::new(Changes { cursor, changes, reset: false }))
}

/// Was the customer theirs to see before friendships ended, within what the log remembers? Then their board may still
/// show the card. Of others they hear nothing, nor of these for longer.
fn saw_lately(caller: &Caller, file: &File, now: Timestamp) -> bool {
    let mut before = file.clone();
    let reopen = |side: &mut Side| side.open |= now <= side.at.plus_secs(LOG_HOURS * 3600);
    for relation in before.relations.values_mut() {
        reopen(&mut relation.staff_side);
        reopen(&mut relation.customer_side);
    }
    caller.sees(&before)
}

fn list(board: &BoardId) -> String {
    format!("changes/{board}")
}

impl Api {
    /// A cursor that tells of what comes, and of nothing that is there already.
    async fn begin_changes(
        &self,
        board: &BoardId,
        caller: &Caller,
        now: Timestamp,
        reset: bool,
    ) -> Outcome<Changes> {
        let since = now.plus_secs(-LOG_LAG_SECONDS);
        let found = self.app.store.changes(board, since, now, MAX_ENTRIES).await?;
        let cursor = Place::behind(&found.changes, now, hash_of_sight(caller.sight())).to_string();
        let cursor = self.seal.close(&list(board), &Cursor(cursor));
        Ok(Answer::new(Changes { cursor, changes: Vec::new(), reset }))
    }
}

impl Change {
    fn new(entry: &CardChange, card: Option<Card>) -> Self {
        let CardChange { at, customer, version } = entry;
        Self { customer: customer.to_string(), entry: format!("{customer}#{version}"), at: At(*at), card }
    }
}

/// How far somebody has read a board's change log.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    at: Timestamp,
    /// Whose customers they saw. A change of that is no change of a card: nobody writes it into the log.
    sight: Hash,
    /// Entries read already among those that the next reading finds again, by a short hash.
    seen: BTreeSet<Hash>,
}

type Hash = [u8; HASH_BYTES];

fn hash(text: &str) -> Hash {
    let digest = Sha256::digest(text);
    std::array::from_fn(|place| digest[place])
}

/// With its time: one that is told late, once more, may be of a commit that never came about, and must not stand for
/// the one that came in its place.
fn hash_of_change(change: &CardChange) -> Hash {
    hash(&format!("{}#{}#{}", change.at.ms(), change.customer, change.version))
}

fn hash_of_sight(sight: &Sight) -> Hash {
    match sight {
        Sight::Corp | Sight::Own(_) => hash(&sight.kind()),
        Sight::Led(led) => {
            let led: String = led.iter().map(|staff| format!("/{staff}")).collect();
            hash(&format!("{}{led}", sight.kind()))
        }
    }
}

impl Place {
    /// Behind everything in `read`, at `at`.
    fn behind(read: &[CardChange], at: Timestamp, sight: Hash) -> Self {
        let again = at.plus_secs(-LOG_LAG_SECONDS);
        let latest = read.iter().rev().filter(|change| change.at >= again).take(MAX_REMEMBERED);
        Self { at, sight, seen: latest.map(hash_of_change).collect() }
    }

    /// The last unread entry of each customer.
    fn news<'a>(&self, found: &'a [CardChange]) -> BTreeMap<&'a CustomerId, &'a CardChange> {
        let mut latest: BTreeMap<&CustomerId, &CardChange> = BTreeMap::new();
        for change in found.iter().filter(|change| !self.seen.contains(&hash_of_change(change))) {
            let last = latest.entry(&change.customer).or_insert(change);
            // One that is told late, once more, is no later for that.
            if change.version > last.version {
                *last = change;
            }
        }
        latest
    }

    fn parse(cursor: &Cursor) -> Option<Self> {
        let (at, hashes) = cursor.0.split_once('.')?;
        let hashes = URL_SAFE_NO_PAD.decode(hashes).ok()?;
        let (sight, seen) = hashes.split_first_chunk::<HASH_BYTES>()?;
        let seen = seen.chunks(HASH_BYTES).map(|hash| hash.try_into().ok()).collect::<Option<_>>()?;
        Some(Self { at: Timestamp::from_ms(at.parse().ok()?), sight: *sight, seen })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hashes: Vec<u8> = self.sight.iter().chain(self.seen.iter().flatten()).copied().collect();
        write!(f, "{}.{}", self.at.ms(), URL_SAFE_NO_PAD.encode(hashes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(second: i64, customer: &str, version: u64) -> CardChange {
        CardChange { at: Timestamp::from_secs(second), customer: customer.into(), version }
    }

    #[test]
    fn what_was_read_is_not_told_again_and_what_lands_late_is() {
        let first = [change(100, "a", 1), change(101, "b", 1)];
        let place = Place::behind(&first, Timestamp::from_secs(102), hash("corp"));
        let place = Place::parse(&Cursor(place.to_string())).unwrap();
        let then = [change(99, "c", 5), change(100, "a", 1), change(101, "b", 1), change(103, "b", 2)];
        let news: Vec<_> = place.news(&then).into_values().cloned().collect();
        assert_eq!(news, [change(103, "b", 2), change(99, "c", 5)]);
        assert!(
            Place::behind(&then, Timestamp::from_secs(114), hash("corp")).seen.is_empty(),
            "none of them is read again"
        );
    }

    #[test]
    fn one_that_was_told_late_and_never_came_about_hides_none_that_did() {
        let place = Place::behind(&[change(106, "a", 2)], Timestamp::from_secs(107), hash("corp"));
        let found = [change(106, "a", 2), change(107, "a", 2)];
        assert_eq!(place.news(&found).into_values().cloned().collect::<Vec<_>>(), [change(107, "a", 2)]);
    }

    #[test]
    fn a_customer_is_told_of_once_with_the_last_entry() {
        let place = Place { at: Timestamp::from_secs(0), sight: hash("corp"), seen: BTreeSet::new() };
        let found = [change(1, "a", 1), change(2, "a", 3), change(9, "a", 2)];
        assert_eq!(place.news(&found).into_values().cloned().collect::<Vec<_>>(), [change(2, "a", 3)]);
    }

    #[test]
    fn a_cursor_stays_short_however_much_happens() {
        let many: Vec<_> = (0..5_000).map(|n| change(100, &format!("wm{n}"), 1)).collect();
        let place = Place::behind(&many, Timestamp::from_secs(100), hash("corp"));
        assert_eq!(place.seen.len(), MAX_REMEMBERED);
        assert!(place.to_string().len() < 2_000);
    }
}
