//! Index rows walked in order of customers, a piece at a time.

use std::{cmp::Ordering, collections::VecDeque};

use store::Cursor;

use crate::{App, Error};

const ROWS: i32 = 500;

/// The customers of an index, in order of their ids.
pub(crate) struct Keys {
    index: String,
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
        Self { index, ahead: VecDeque::new(), from: None, ended: false }
    }

    /// The next one, which stays.
    pub(crate) async fn peek(&mut self, app: &App) -> Result<Option<&str>, Error> {
        while self.ahead.is_empty() && !self.ended {
            let page = app.store.rows(&self.index, ROWS, self.from.as_ref()).await?;
            self.ahead.extend(page.items.into_iter().map(|row| row.sk));
            self.ended = page.next.is_none();
            self.from = page.next;
        }
        Ok(self.ahead.front().map(String::as_str))
    }

    pub(crate) async fn next(&mut self, app: &App) -> Result<Option<String>, Error> {
        self.peek(app).await?;
        Ok(self.ahead.pop_front())
    }
}

impl App {
    /// Does the index have a customer whom none of the others has? Looked for among its first `most`.
    pub(crate) async fn has_apart(
        &self,
        index: String,
        others: Vec<String>,
        most: usize,
    ) -> Result<Apart, Error> {
        let mut keys = Keys::of(index);
        let mut others: Vec<Keys> = others.into_iter().map(Keys::of).collect();
        for _ in 0..most {
            let Some(key) = keys.next(self).await? else { return Ok(Apart::No) };
            let mut found = false;
            for other in &mut others {
                while let Some(ahead) = other.peek(self).await? {
                    match ahead.cmp(key.as_str()) {
                        Ordering::Less => _ = other.next(self).await?,
                        Ordering::Equal => {
                            found = true;
                            break;
                        }
                        Ordering::Greater => break,
                    }
                }
            }
            if !found {
                return Ok(Apart::Yes);
            }
        }
        Ok(if keys.peek(self).await?.is_none() { Apart::No } else { Apart::NotFound })
    }
}
