//! Lists: `{"items": […], "next_cursor": "…" | null}`, with `?limit=` 1 to 200 (50) and `?cursor=`.
//!
//! A cursor is opaque: a position in one list, sealed, so that it opens that list again and no other, and shows nobody
//! what it holds. A position names customers, among them such as its holder may not see.

use aes_gcm_siv::{
    Aes256GcmSiv, KeyInit as _, Nonce,
    aead::{Aead as _, Payload},
};
use app::config::Secret;
use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};
use store::Cursor;
use utoipa::{IntoParams, ToSchema};

use crate::problem::{Code, FieldError, Problem};

const DEFAULT_LIMIT: i32 = 50;
const MAX_LIMIT: i32 = 200;
const MAX_CURSOR_BYTES: usize = 4096;

/// A query string, read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(read)| Self(read))
            .map_err(|refused| unreadable(&refused.body_text()))
    }
}

/// From axum's words: `Failed to deserialize query string: <name>: <what is wrong with it>`.
fn unreadable(said: &str) -> Problem {
    let said = said.strip_prefix("Failed to deserialize query string: ").unwrap_or(said);
    let Some((name, what)) = said.split_once(": ") else {
        return Problem::new(Code::BadRequest, said.to_lowercase());
    };
    // Between backticks serde puts names: first the one at fault, then those it knows.
    let known: Vec<String> = what.split('`').skip(3).step_by(2).map(str::to_owned).collect();
    let code = if known.is_empty() { "bad_value" } else { "unknown_value" };
    Problem::invalid(vec![FieldError::new(format!("/{name}"), code, what).among(known)])
}

/// The query of a list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// How many at most.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 200, default = 50)]
    limit: Option<String>,
    /// Where to go on: the `next_cursor` of the page before, with the same other parameters.
    #[param(max_length = 4096)]
    cursor: Option<String>,
}

/// Part of a list, as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) limit: i32,
    pub(crate) from: Option<Cursor>,
}

/// Part of a list, as answered.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// May be fewer than `limit` though more follow.
    pub(crate) items: Vec<T>,
    /// Where the next page begins; null: this was the last.
    #[schema(example = json!(null))]
    pub(crate) next_cursor: Option<String>,
}

/// Makes and opens cursors.
///
/// AES-256-GCM-SIV (RFC 8452), which takes the same nonce every time: all that a repetition shows is that two cursors
/// are the same.
#[derive(Clone)]
pub(crate) struct Seal {
    key: [u8; 32],
}

impl Seal {
    /// The key is derived: who learns it learns nothing of the secret.
    pub(crate) fn new(secret: &Secret) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"stepwise sealed cursors\0");
        hash.update(secret.expose().as_bytes());
        Self { key: hash.finalize().into() }
    }

    /// The window that a query asks for in `list`.
    pub(crate) fn window(&self, list: &str, query: &ListQuery) -> Result<Window, Problem> {
        let limit = match query.limit.as_deref() {
            None => DEFAULT_LIMIT,
            Some(text) => {
                let limit = text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
                limit.ok_or_else(|| {
                    Problem::field("/limit", "out_of_range", format!("limit is 1 to {MAX_LIMIT}"))
                })?
            }
        };
        let from = query.cursor.as_deref().map(|text| self.open(list, text).ok_or_else(bad_cursor));
        Ok(Window { limit, from: from.transpose()? })
    }

    /// The page of `list` that holds `items` and ends at `next`.
    pub(crate) fn page<T>(&self, list: &str, items: Vec<T>, next: Option<&Cursor>) -> List<T> {
        List { items, next_cursor: next.map(|next| self.close(list, next)) }
    }

    /// A window of what is in memory whole, where `key` tells entries apart.
    pub(crate) fn slice<T>(
        &self,
        list: &str,
        query: &ListQuery,
        all: Vec<T>,
        key: impl Fn(&T) -> String,
    ) -> Result<List<T>, Problem> {
        let window = self.window(list, query)?;
        let begin = match &window.from {
            // The entry that ended the page before is gone: nobody can say where to go on.
            Some(after) => 1 + all.iter().position(|entry| key(entry) == after.0).ok_or_else(bad_cursor)?,
            None => 0,
        };
        let limit = usize::try_from(window.limit).unwrap_or_default();
        let more = all.len() > begin + limit;
        let items: Vec<T> = all.into_iter().skip(begin).take(limit).collect();
        let next = items.last().filter(|_| more).map(|last| Cursor(key(last)));
        Ok(self.page(list, items, next.as_ref()))
    }

    /// A window of what is in memory whole and in order of `key`. It goes on behind the place where the page before ended,
    /// whatever became of the entry that was there.
    pub(crate) fn ordered<T, K: Ord + Serialize + DeserializeOwned>(
        &self,
        list: &str,
        query: &ListQuery,
        all: Vec<T>,
        key: impl Fn(&T) -> K,
    ) -> Result<List<T>, Problem> {
        let window = self.window(list, query)?;
        let begin = match &window.from {
            Some(after) => {
                let after: K = serde_json::from_str(&after.0).map_err(|_| bad_cursor())?;
                all.partition_point(|entry| key(entry) <= after)
            }
            None => 0,
        };
        let limit = usize::try_from(window.limit).unwrap_or_default();
        let more = all.len() > begin + limit;
        let items: Vec<T> = all.into_iter().skip(begin).take(limit).collect();
        let position = |last: &T| serde_json::to_string(&key(last)).map(Cursor).ok();
        let next = items.last().filter(|_| more).and_then(position);
        Ok(self.page(list, items, next.as_ref()))
    }

    /// Seals a position in `list`.
    pub(crate) fn close(&self, list: &str, cursor: &Cursor) -> String {
        let position = Payload { msg: cursor.0.as_bytes(), aad: list.as_bytes() };
        let sealed = self.cipher().encrypt(&Nonce::default(), position);
        URL_SAFE_NO_PAD.encode(sealed.expect("a position is far from the 64 GiB that one seal holds"))
    }

    /// Opens what [`Self::close`] sealed for the same list.
    pub(crate) fn open(&self, list: &str, text: &str) -> Option<Cursor> {
        if text.len() > MAX_CURSOR_BYTES {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        let sealed = Payload { msg: &sealed, aad: list.as_bytes() };
        let position = self.cipher().decrypt(&Nonce::default(), sealed).ok()?;
        String::from_utf8(position).ok().map(Cursor)
    }

    fn cipher(&self) -> Aes256GcmSiv {
        Aes256GcmSiv::new(&self.key.into())
    }
}

pub(crate) fn bad_cursor() -> Problem {
    Problem::new(Code::BadCursor, "the cursor is not one of this list; begin again without it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal() -> Seal {
        Seal::new(&Secret::new("hush"))
    }

    fn query(limit: Option<&str>, cursor: Option<&str>) -> ListQuery {
        ListQuery { limit: limit.map(str::to_owned), cursor: cursor.map(str::to_owned) }
    }

    #[test]
    fn a_parameter_that_cannot_be_read_is_named() {
        #[derive(Debug, Deserialize)]
        struct Asked {
            #[serde(rename = "kind")]
            _kind: Option<domain::playbook::StageKind>,
            #[serde(rename = "n")]
            _n: Option<u32>,
        }
        let refused = |query: &str| {
            let uri = format!("/x?{query}").parse().unwrap();
            let refused = Query::<Asked>::try_from_uri(&uri).unwrap_err();
            let shown = unreadable(&refused.body_text()).document("r");
            serde_json::from_slice::<serde_json::Value>(&shown).unwrap()["errors"][0].clone()
        };
        let kind = refused("kind=closed");
        assert_eq!((&kind["pointer"], &kind["code"]), (&"/kind".into(), &"unknown_value".into()));
        assert_eq!(kind["candidates"], serde_json::json!(["open", "won", "lost"]));
        assert_eq!(refused("n=x")["pointer"], "/n");
        assert_eq!(refused("n=-1")["code"], "bad_value");
    }

    #[test]
    fn a_cursor_opens_its_own_list_only() {
        let position = Cursor(r#"{"pk":"SBOARD#cars#price","sk":"Swm1"}"#.into());
        let sealed = seal().close("cards/cars/price", &position);
        let open = |list: &str, text: &str| seal().window(list, &query(None, Some(text)));
        assert_eq!(open("cards/cars/price", &sealed).unwrap().from, Some(position.clone()));
        assert_eq!(open("cards/cars/order", &sealed).unwrap_err().code(), Code::BadCursor);
        let bare = URL_SAFE_NO_PAD.encode(&position.0);
        let tampered = format!("{}A", &sealed[..sealed.len() - 1]);
        for bad in ["", "x", "!!!", &bare, &tampered, &sealed[2..]] {
            assert_eq!(open("cards/cars/price", bad).unwrap_err().code(), Code::BadCursor, "{bad}");
        }
        let other = Seal::new(&Secret::new("another"));
        assert!(other.open("cards/cars/price", &sealed).is_none());
    }

    #[test]
    fn a_cursor_shows_nobody_what_it_holds() {
        let position = Cursor(r#"{"pk":"SSOP#price","sk":"SwmZhang#1"}"#.into());
        let sealed = URL_SAFE_NO_PAD.decode(seal().close("sop/price", &position)).unwrap();
        let window = |bytes: usize| position.0.as_bytes().windows(bytes).collect::<Vec<_>>();
        assert!(sealed.windows(4).all(|some| !window(4).contains(&some)), "four bytes of it in a row");
        assert_ne!(seal().close("sop/price", &position), seal().close("sop/other", &position));
    }

    #[test]
    fn a_limit_is_one_to_two_hundred() {
        assert_eq!(seal().window("l", &query(None, None)).unwrap().limit, 50);
        assert_eq!(seal().window("l", &query(Some("200"), None)).unwrap().limit, 200);
        for bad in ["0", "201", "-1", "x", ""] {
            assert_eq!(
                seal().window("l", &query(Some(bad), None)).unwrap_err().code(),
                Code::Invalid,
                "{bad}"
            );
        }
    }

    #[test]
    fn what_is_in_memory_is_paged_whole_and_once() {
        let all: Vec<u32> = (0..5).collect();
        let page = |cursor: Option<&str>| {
            seal().slice("l", &query(Some("2"), cursor), all.clone(), ToString::to_string).unwrap()
        };
        let (first, mut seen) = (page(None), Vec::new());
        let mut next = first.next_cursor.clone();
        seen.extend(first.items);
        while let Some(cursor) = next {
            let list = page(Some(&cursor));
            seen.extend(list.items);
            next = list.next_cursor;
        }
        assert_eq!(seen, all);
        let gone = seal().close("l", &Cursor("9".into()));
        assert!(seal().slice("l", &query(None, Some(&gone)), all, ToString::to_string).is_err());
    }

    #[test]
    fn a_page_goes_on_where_an_entry_was_that_is_gone() {
        let page = |all: &[u32], cursor: Option<&str>| {
            seal().ordered("l", &query(Some("2"), cursor), all.to_vec(), |n| *n).unwrap()
        };
        let first = page(&[1, 2, 3, 4, 5], None);
        assert_eq!(first.items, [1, 2]);
        let cursor = first.next_cursor.as_deref();
        assert_eq!(page(&[1, 3, 4, 5], cursor).items, [3, 4], "2 is gone");
        let last = page(&[0, 1, 2, 9], cursor);
        assert_eq!((last.items, last.next_cursor), (vec![9], None));
        let of_old = seal().close("l", &Cursor("c1".into()));
        let refused = seal().ordered("l", &query(None, Some(&of_old)), vec![1_u32], |n| *n);
        assert_eq!(refused.unwrap_err().code(), Code::BadCursor);
    }
}
