//! Tracked links: one row for each code (`LINK#<code>`, in `main`, for good: a link is opened whenever somebody scrolls
//! back to it), and the salt that codes are made with.

use domain::{CustomerId, content::SentContent, signal::LinkSource};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Store,
    attributes::{Item, document, get_document, get_text, item, key, text},
    error::{condition_failed, sort},
};

const PREFIX: &str = "LINK#";
/// No code has this form.
const SALT: &str = "LINK-SALT";

/// What a code stands for. Never changed: the same link again is the same row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Where it leads: the address that the version registered.
    pub target: String,
    /// What brought it.
    pub via: LinkSource,
    /// Whoever opens it is taken for them; `None`: several have the same link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// The version that holds it.
    #[serde(flatten)]
    pub sent: SentContent,
    /// Which of its parts.
    pub part: u32,
}

fn pk(code: &str) -> String {
    format!("{PREFIX}{code}")
}

/// Whoever reads in a log that a link cannot be read does not read its code: with it they could open it.
fn read(item: &Item) -> Result<Link, Error> {
    get_document(item, "doc").map_err(|error| match error {
        Error::Unreadable { reason, .. } => Error::unreadable("a link", reason),
        other => other,
    })
}

impl Store {
    /// What a code stands for.
    pub async fn link(&self, code: &str) -> Result<Option<Link>, Error> {
        let request = self.client.get_item().table_name(&self.names.main).consistent_read(true);
        let found = Box::pin(request.set_key(Some(key(pk(code), "-"))).send()).await;
        found.map_err(|e| sort("GetItem", e))?.item.map(|item| read(&item)).transpose()
    }

    /// What several codes stand for, at most 100; those that do not exist are left out.
    pub async fn links(&self, codes: &[String]) -> Result<Vec<(String, Link)>, Error> {
        let keys = codes.iter().map(|code| key(pk(code), "-")).collect();
        let named = |item: Item| {
            let pk = get_text(&item, "pk")?;
            let code = pk.strip_prefix(PREFIX).unwrap_or(pk).to_owned();
            Ok((code, read(&item)?))
        };
        self.get_many(keys).await?.into_iter().map(named).collect()
    }

    /// Keeps a link. One that is kept already stays as it is.
    pub async fn put_link(&self, code: &str, link: &Link) -> Result<(), Error> {
        self.put_new(item(pk(code), "-", [("doc", document(link)?)])).await.map(drop)
    }

    /// The salt of all codes: `fresh` if there is none yet.
    pub async fn link_salt(&self, fresh: &str) -> Result<String, Error> {
        let request = self.client.get_item().table_name(&self.names.main).consistent_read(true);
        let request = request.set_key(Some(key(SALT, "-")));
        for _ in 0..2 {
            let found = Box::pin(request.clone().send()).await.map_err(|e| sort("GetItem", e))?;
            if let Some(item) = found.item {
                return Ok(get_text(&item, "salt")?.to_owned());
            }
            if self.put_new(item(SALT, "-", [("salt", text(fresh))])).await? {
                return Ok(fresh.to_owned());
            }
        }
        Err(Error::LostRace("the salt of links"))
    }

    /// `false`: it was there.
    async fn put_new(&self, item: Item) -> Result<bool, Error> {
        let put = self.client.put_item().table_name(&self.names.main).set_item(Some(item));
        match Box::pin(put.condition_expression("attribute_not_exists(pk)").send()).await {
            Ok(_) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(sort("PutItem", error)),
        }
    }
}
