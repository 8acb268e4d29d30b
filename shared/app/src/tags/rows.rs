//! Index rows walked in order of customers, a piece at a time.

use std::{cmp::Ordering, collections::VecDeque};

use store::Cursor;

use crate::{App, Error};

/// Of one read.
pub(super) const ROWS: i32 = 500;

/// The customers of an index, in order of their ids, or from the last to the first.
pub(crate) struct Keys {
    index: String,
    forward: bool,
    ahead: VecDeque<String>,
    from: Option<Cursor>,
    ended: bool,
}

/// Whether an index has what no other has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Apart {
    /// It has.
    Yes,
    /// It has not.
    No,
    /// As far as was looked, it has not.
    NotFound,
}

impl Keys {
    pub(crate) const fn of(index: String) -> Self {
        Self { index, forward: true, ahead: VecDeque::new(), from: None, ended: false }
    }

    pub(crate) const fn backwards(index: String) -> Self {
        Self { index, forward: false, ahead: VecDeque::new(), from: None, ended: false }
    }

    /// The next one, which stays.
    pub(crate) async fn peek(&mut self, app: &App) -> Result<Option<&str>, Error> {
        while self.ahead.is_empty() && !self.ended {
            let page = app.store.rows_in_order(&self.index, ROWS, self.from.as_ref(), self.forward).await?;
            self.ahead.extend(page.items.into_iter().map(|row| row.sk));
            self.ended = page.next.is_none();
            self.from = page.next;
        }
        Ok(self.ahead.front().map(String::as_str))
    }

    /// Is this customer in the index? Only those behind the ones who were asked for before are looked at, and whole pages
    /// between are not read.
    async fn has(&mut self, app: &App, key: &str) -> Result<bool, Error> {
        let forward = self.forward;
        let order = |ahead: &str| if forward { ahead.cmp(key) } else { key.cmp(ahead) };
        let passed = self.ahead.iter().take_while(|ahead| order(ahead) == Ordering::Less).count();
        self.ahead.drain(..passed);
        if self.ahead.is_empty() && !self.ended {
            let edge = if forward { just_before(key) } else { just_behind(key) };
            self.from = Some(Cursor::behind_row(&self.index, &edge));
        }
        while let Some(ahead) = self.peek(app).await? {
            match order(ahead) {
                Ordering::Less => _ = self.next(app).await?,
                Ordering::Equal => return Ok(true),
                Ordering::Greater => break,
            }
        }
        Ok(false)
    }

    pub(crate) async fn next(&mut self, app: &App) -> Result<Option<String>, Error> {
        self.peek(app).await?;
        Ok(self.ahead.pop_front())
    }
}

impl App {
    /// Does the index have a customer whom none of the others, which go the same way, has? Looked for among its first
    /// `most`.
    pub(crate) async fn has_apart(
        &self,
        mut keys: Keys,
        mut others: Vec<Keys>,
        most: usize,
    ) -> Result<Apart, Error> {
        for _ in 0..most {
            let Some(key) = keys.next(self).await? else { return Ok(Apart::No) };
            let mut found = false;
            for other in &mut others {
                found = found || other.has(self, &key).await?;
            }
            if !found {
                return Ok(Apart::Yes);
            }
        }
        Ok(if keys.peek(self).await?.is_none() { Apart::No } else { Apart::NotFound })
    }
}

/// A text that sorts before another, and behind nearly all that do.
fn just_before(key: &str) -> String {
    let mut chars = key.chars();
    let before = chars.next_back().and_then(|last| ('\0'..last).next_back());
    chars.as_str().chars().chain(before).chain(before.map(|_| char::MAX)).collect()
}

/// The text that sorts right behind another.
fn just_behind(key: &str) -> String {
    format!("{key}\0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_neighbours() {
        for key in ["wmA", "w", "王", "wm\0"] {
            let (before, behind) = (just_before(key), just_behind(key));
            assert!(before.as_str() < key && key < behind.as_str(), "{before:?} {key:?} {behind:?}");
        }
        assert!(just_before("wmB").as_str() > "wmAzzz");
    }
}
