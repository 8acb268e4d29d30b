//! Tracked links: addresses of ours that lead to the pages of a content and tell who opened them, from what.
//!
//! A code is made out of what it stands for and a salt that only the store knows: the same link again has the same
//! code, and nobody guesses one. What it leads to is what the published version registered, never what a request says.
//! Openings go into the inbox ([`opening`]); who opens the link of a batch, WeCom may tell ([`identify`]).

mod code;
mod identify;
mod opening;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use domain::{
    CustomerId, StaffId,
    content::{Body, ContentVersion, Part, SentContent},
    file::TouchRef,
    signal::LinkSource,
};
use http::Uri;
use store::Link;
use tokio::sync::OnceCell;

use crate::{App, Error};

pub use identify::Identified;
pub use opening::Opener;

use code::Salt;

/// Where tracked links are, below the public address.
const PATH: &str = "/l/";

/// The salt of this deployment, once it was read.
pub(crate) type SaltCell = OnceCell<Salt>;

/// For whom the addresses of a body are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkFor {
    /// A touch of one customer: whoever opens it is taken for them.
    Touch {
        /// Who gets it.
        customer: CustomerId,
        /// With which touch.
        touch: TouchRef,
    },
    /// All who are in a batch, by its key.
    Batch(String),
    /// All to whom a staff member sends the content by themselves.
    Staff(StaffId),
}

impl LinkFor {
    /// As the store keeps it.
    fn parts(&self) -> (Option<&CustomerId>, LinkSource) {
        match self {
            Self::Touch { customer, touch } => (Some(customer), LinkSource::Touch(touch.clone())),
            Self::Batch(batch) => (None, LinkSource::Batch(batch.clone())),
            Self::Staff(staff) => (None, LinkSource::Staff(staff.clone())),
        }
    }
}

impl App {
    /// The body with the addresses of its links replaced by tracked ones. The same again gives the same addresses.
    ///
    /// `body`: of the version `sent`, its parts in their places; texts may be filled in. A link that is not what the
    /// version says stays as it is, and so do all without a public address that customers can reach.
    ///
    /// # Errors
    /// The store's: without its row an address would lead nowhere.
    pub async fn track(&self, sent: &SentContent, body: &Body, to: &LinkFor) -> Result<Body, Error> {
        let mut tracked = body.clone();
        let links = tracked.parts.iter_mut().enumerate().filter_map(|(place, part)| match part {
            Part::Link { url, .. } => Some((u32::try_from(place).ok()?, url)),
            _ => None,
        });
        let links: Vec<(u32, &mut String)> = links.collect();
        let Some(base) = self.public_base().filter(|_| !links.is_empty()) else { return Ok(tracked) };
        let salt = self.link_salt().await?;
        let codes: Vec<String> = links.iter().map(|(place, _)| salt.code(to, sent, *place)).collect();
        let known: BTreeMap<String, Link> = self.store.links(&codes).await?.into_iter().collect();
        let mut version = None;
        for ((place, url), code) in links.into_iter().zip(&codes) {
            let target = match known.get(code) {
                Some(link) => Some(link.target.clone()),
                None => {
                    if version.is_none() {
                        version = self.content_version(&sent.content, sent.version).await?;
                    }
                    version.as_ref().and_then(|version| registered(version, place))
                }
            };
            let Some(target) = target.filter(|target| target == url && is_web_address(target)) else {
                tracing::error!(content = %sent.content, sent.version, place, "a link is not the version's: untracked");
                continue;
            };
            if !known.contains_key(code) {
                let (customer, via) = to.parts();
                let link = Link { target, via, customer: customer.cloned(), sent: sent.clone(), part: place };
                self.store.put_link(code, &link).await?;
            }
            *url = format!("{base}{PATH}{code}");
        }
        Ok(tracked)
    }

    /// What a code stands for. `None`: it is none, or leads nowhere that a browser may be sent.
    pub async fn link(&self, code: &str) -> Result<Option<Link>, Error> {
        if !code::is_code(code) {
            return Ok(None);
        }
        Ok(self.store.link(code).await?.filter(|link| is_web_address(&link.target)))
    }

    pub(crate) async fn link_salt(&self) -> Result<&Salt, Error> {
        let read = async {
            let [a, b] = [self.entropy.bytes16(), self.entropy.bytes16()];
            let fresh = hex::encode([a, b].concat());
            Ok(Salt::new(self.store.link_salt(&fresh).await?))
        };
        self.salt.get_or_try_init(|| read).await
    }

    /// The address of this deployment, if a browser can go there.
    fn public_base(&self) -> Option<&str> {
        Some(self.corp.public_url.trim_end_matches('/')).filter(|url| is_web_address(url))
    }
}

/// Where the version's link at this place leads.
fn registered(version: &ContentVersion, place: u32) -> Option<String> {
    match version.body.parts.get(usize::try_from(place).ok()?)? {
        Part::Link { url, .. } => Some(url.clone()),
        _ => None,
    }
}

/// May a browser be sent there? What stands in a header is ASCII and has no blanks; a name before the host would
/// pretend to be one.
fn is_web_address(url: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_graphic() && !br#"\"<>`"#.contains(&byte);
    // Behind the # is nothing of the request's, and `Uri` would drop it.
    let Some(uri) = url.split('#').next().and_then(|url| url.parse::<Uri>().ok()) else { return false };
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'));
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    url.bytes().all(legal) && is_web && authority.is_some_and(|authority| !authority.host().is_empty())
}
