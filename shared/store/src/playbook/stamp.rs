//! The playbook's stamp: one item that every change raises, and that names what the last of them changed, so that whoever
//! holds an earlier playbook reads no more than that.
//!
//! A transaction adds its line behind the others (`list_append`) and one to the stamp, whatever they were: writers need
//! not read it first, and none overwrites another's line. A list that is full refuses more until somebody has cut off its
//! older half, which is right whoever does it and whatever comes behind. Each line has a mark that the records of its
//! change have, too. See `docs/decisions/0013`.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update, builders::UpdateBuilder};

use super::{Change, PARTITION, RecordKind, sk};
use crate::{
    Error, Store,
    attributes::{Item, get_number, get_text, item, key, number},
    commit::{Condition, put},
    error::{condition_failed, sort},
};

pub(crate) const STAMP: &str = "STAMP";
/// The list is full with so many lines: it is within 4 KB, one unit of reading.
pub(super) const FULL: usize = 48;
/// So many are cut off a full list.
const CUT: usize = 12;
/// A line is no longer than this. More names than fit are in an item of their own.
const LINE_BYTES: usize = 72;
/// In place of the names.
const APART: &str = "@";
/// The partition of what lines name that have no room for it, by their marks.
const APART_PARTITION: &str = "CHANGES";
/// As long as a mark is.
const MARK_CHARS: usize = 12;

/// Which playbook somebody holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Rises by one with every change.
    pub number: u64,
    /// The mark of the last line that was in the list then.
    mark: Option<String>,
}

/// The item.
#[derive(Debug, Default)]
pub(super) struct StampItem {
    pub(super) number: u64,
    pub(super) lines: Vec<Line>,
}

/// What one change did.
#[derive(Debug)]
pub(super) struct Line {
    mark: String,
    names: Names,
}

/// Sort keys, each with whether the record is there now.
type Named = Vec<(String, bool)>;

/// What lines name that have no room for it, by their marks.
pub(super) type Apart = BTreeMap<String, Named>;

#[derive(Debug)]
enum Names {
    Here(Named),
    /// In an item of their own.
    Apart,
    /// Written by another release.
    Unknown,
}

/// How a record has to be found: with this mark, or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noted<'a> {
    Marked(&'a str),
    Gone,
}

impl StampItem {
    fn read(item: &Item) -> Result<Self, Error> {
        let lines = item.get("changes").and_then(|lines| lines.as_l().ok()).map_or(&[][..], Vec::as_slice);
        let lines = lines.iter().filter_map(|line| line.as_s().ok()).map(|line| Line::read(line)).collect();
        Ok(Self { number: get_number(item, "stamp")?, lines })
    }

    pub(super) fn stamp(&self) -> Stamp {
        Stamp { number: self.number, mark: self.lines.last().map(|line| line.mark.clone()) }
    }

    /// The lines of the changes since `held`, if the list still has them all. A change that left no line (by a release
    /// that wrote none) is noticed: the line before would have to be that of `held`.
    pub(super) fn since(&self, held: &Stamp) -> Option<&[Line]> {
        let count = usize::try_from(self.number.checked_sub(held.number)?).ok()?;
        let from = self.lines.len().checked_sub(count)?;
        let before = from.checked_sub(1).and_then(|place| self.lines.get(place)).map(|line| &line.mark);
        (before == held.mark.as_ref()).then(|| &self.lines[from..])
    }

    pub(super) fn is_full(&self) -> bool {
        self.lines.len() >= FULL
    }

    /// Was nothing changed since `seen` that these changes of contents and groups go by?
    pub(super) fn is_of_no_concern(&self, seen: u64, changes: &[Change]) -> bool {
        let of_playbook = || changes.iter().filter(|change| change.kind.is_of_the_playbook());
        // Whether it may be deleted depends on what lies in it.
        let deletes_group = |change: &Change| change.kind == RecordKind::ContentGroup && change.doc.is_none();
        if of_playbook().any(|change| !change.kind.is_of_contents() || deletes_group(change)) {
            return false;
        }
        let count = self.number.checked_sub(seen).and_then(|count| usize::try_from(count).ok());
        let since =
            count.and_then(|count| self.lines.len().checked_sub(count)).map(|from| &self.lines[from..]);
        let Some(changed) = since.and_then(noted) else { return false };
        let own: Vec<String> = of_playbook().map(|change| sk(change.kind, &change.id)).collect();
        let is_another = |changed: &&str| {
            changed.starts_with(&sk(RecordKind::Content, "")) && own.iter().all(|own| own != changed)
        };
        !changed.is_empty() && changed.keys().all(is_another)
    }

    /// Puts the names into those of the last so many lines that have no room for them. `false`: those of some are not
    /// there.
    pub(super) fn complete(&mut self, count: usize, names: &Apart) -> bool {
        let from = self.lines.len().saturating_sub(count);
        for line in self.lines[from..].iter_mut().filter(|line| matches!(line.names, Names::Apart)) {
            let Some(named) = names.get(&line.mark) else { return false };
            line.names = Names::Here(named.clone());
        }
        true
    }

    /// Is there no line of another kind than this release writes?
    pub(super) fn is_understood(&self) -> bool {
        self.lines.iter().all(|line| !matches!(line.names, Names::Unknown))
    }

    /// How records have to be found by what the list still says of them.
    pub(super) fn noted(&self) -> BTreeMap<&str, Noted<'_>> {
        let unnamed = self.lines.iter().rposition(|line| !matches!(line.names, Names::Here(_)));
        noted(&self.lines[unnamed.map_or(0, |place| place + 1)..]).unwrap_or_default()
    }
}

/// How records have to be found after these changes. `None`: not all of them are named.
pub(super) fn noted(lines: &[Line]) -> Option<BTreeMap<&str, Noted<'_>>> {
    let mut noted = BTreeMap::new();
    for line in lines {
        let Names::Here(named) = &line.names else { return None };
        for (sk, is_there) in named {
            noted.insert(sk.as_str(), if *is_there { Noted::Marked(&line.mark) } else { Noted::Gone });
        }
    }
    Some(noted)
}

/// A name as it is written: whether the record is there now, and its sort key.
fn name(name: &str) -> Option<(String, bool)> {
    match name.split_at_checked(1)? {
        ("+", sk) => Some((sk.to_owned(), true)),
        ("-", sk) => Some((sk.to_owned(), false)),
        _ => None,
    }
}

impl Line {
    fn read(text: &str) -> Self {
        let (mark, names) = text.split_once('\n').unwrap_or((text, ""));
        let names = match names {
            APART => Names::Apart,
            // What is not understood is read whole.
            names => names.split('\n').map(name).collect::<Option<_>>().map_or(Names::Unknown, Names::Here),
        };
        Self { mark: mark.to_owned(), names }
    }

    /// The key of the item that has its names.
    pub(super) fn key_apart(&self) -> Option<Item> {
        matches!(self.names, Names::Apart).then(|| key(APART_PARTITION, &self.mark))
    }
}

/// The mark of a change and what it names, of an item of its own.
pub(super) fn read_apart(item: &Item) -> Result<(String, Named), Error> {
    let mark = get_text(item, "sk")?;
    let names = item.get("names").and_then(|names| names.as_l().ok()).map_or(&[][..], Vec::as_slice);
    let named = names.iter().map(|text| text.as_s().ok().and_then(|text| name(text)));
    let named = named.collect::<Option<_>>();
    let named = named.ok_or_else(|| Error::unreadable(format!("the change {mark}"), "a name is none"))?;
    Ok((mark.to_owned(), named))
}

/// What a transaction changes in the playbook.
fn names(changes: &[Change]) -> Vec<String> {
    let of_playbook = changes.iter().filter(|change| change.kind.is_of_the_playbook());
    let named = of_playbook.map(|change| {
        let sign = if change.doc.is_some() { '+' } else { '-' };
        format!("{sign}{}", sk(change.kind, &change.id))
    });
    named.collect()
}

/// The line of a transaction.
fn line(mark: &str, names: &[String]) -> String {
    let line = format!("{mark}\n{}", names.join("\n"));
    let fits = line.len() <= LINE_BYTES && names.iter().all(|name| !name.contains('\n'));
    if fits { line } else { format!("{mark}\n{APART}") }
}

/// What tells a change apart from those of the same time: the beginning of its token.
pub(super) fn mark_of(token: &str) -> &str {
    token.get(..MARK_CHARS).unwrap_or(token)
}

/// Raises the stamp, and names apart what its line has no room for. `seen`: only if nothing that the changes go by was
/// changed since then.
pub(super) fn raise(
    table: &str,
    changes: &[Change],
    seen: Option<u64>,
    token: &str,
) -> Result<Vec<TransactWriteItem>, Error> {
    let mark = mark_of(token);
    let names = names(changes);
    let line = line(mark, &names);
    let is_apart = matches!(Line::read(&line).names, Names::Apart);
    let kinds = changes.iter().map(|change| change.kind).filter(|kind| kind.is_of_the_playbook());
    let only_contents = kinds.clone().all(RecordKind::is_of_contents);
    let goes_by_contents = kinds.clone().any(RecordKind::goes_by_contents);
    let update = Update::builder()
        .table_name(table)
        .set_key(Some(key(PARTITION, STAMP)))
        .expression_attribute_names("#changes", "changes")
        .expression_attribute_values(":one", number(1))
        .expression_attribute_values(":full", number(FULL))
        .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
        .expression_attribute_values(":line", AttributeValue::L(vec![AttributeValue::S(line)]));
    let append = "SET #changes = list_append(if_not_exists(#changes, :none), :line)";
    let update = if only_contents {
        update.update_expression(format!("{append} ADD stamp :one"))
    } else {
        // `rest` is the stamp of the last change of anything else.
        let update = update.expression_attribute_values(":nought", number(0));
        update.expression_attribute_names("#rest", "rest").update_expression(format!(
            "{append}, #rest = if_not_exists(stamp, :nought) + :one ADD stamp :one"
        ))
    };
    let update = conditioned(update, seen, goes_by_contents).build();
    let update = update.map_err(|e| Error::unreadable("an update", e))?;
    let mut items = vec![TransactWriteItem::builder().update(update).build()];
    if is_apart {
        let names = AttributeValue::L(names.into_iter().map(AttributeValue::S).collect());
        items.push(put(table, item(APART_PARTITION, mark, [("names", names)]), Condition::None)?);
    }
    Ok(items)
}

fn conditioned(update: UpdateBuilder, seen: Option<u64>, goes_by_contents: bool) -> UpdateBuilder {
    const ROOM: &str = "(attribute_not_exists(#changes) OR size(#changes) < :full)";
    match seen {
        None => update.condition_expression(ROOM),
        Some(0) => update.condition_expression(format!("{ROOM} AND attribute_not_exists(stamp)")),
        Some(seen) => {
            let as_seen =
                if goes_by_contents { "stamp = :seen" } else { "(stamp = :seen OR #rest <= :seen)" };
            update
                .condition_expression(format!("{ROOM} AND {as_seen}"))
                .expression_attribute_values(":seen", number(seen))
        }
    }
}

impl Store {
    /// The playbook's stamp; 0 before its first change.
    pub async fn stamp(&self) -> Result<u64, Error> {
        Ok(self.stamp_item().await?.number)
    }

    pub(super) async fn stamp_item(&self) -> Result<StampItem, Error> {
        let request = self.client.get_item().table_name(&self.names.main).consistent_read(true);
        let found = Box::pin(request.set_key(Some(key(PARTITION, STAMP))).send()).await;
        let found = found.map_err(|e| sort("GetItem", e))?.item;
        found.map_or(Ok(StampItem::default()), |item| StampItem::read(&item))
    }

    /// Cuts the oldest lines off a list that was seen full, and then deletes what they name apart: nobody reads it without
    /// the line.
    pub(super) async fn cut_list_of_changes(&self, seen: &StampItem) -> Result<(), Error> {
        let oldest: Vec<String> = (0..CUT).map(|place| format!("#changes[{place}]")).collect();
        let update = self
            .client
            .update_item()
            .table_name(&self.names.main)
            .set_key(Some(key(PARTITION, STAMP)))
            .update_expression(format!("REMOVE {}", oldest.join(", ")))
            .condition_expression("size(#changes) >= :full")
            .expression_attribute_names("#changes", "changes")
            .expression_attribute_values(":full", number(FULL));
        match Box::pin(update.send()).await {
            Ok(_) => {}
            // Somebody else has just done it, and these lines are gone as well.
            Err(error) if condition_failed(&error) => {}
            Err(error) => match sort("UpdateItem", error) {
                // It met a transaction: whoever wanted to write looks again.
                Error::LostRace(_) => return Ok(()),
                error => return Err(error),
            },
        }
        for key in seen.lines.iter().take(CUT).filter_map(Line::key_apart) {
            let delete = self.client.delete_item().table_name(&self.names.main).set_key(Some(key));
            // What stays lies there unread.
            Box::pin(delete.send()).await.ok();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
