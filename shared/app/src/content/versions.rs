//! Versions of contents in memory: they never change, so that a process reads each once as long as it sends it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{
    ContentId,
    content::{ContentVersion, SentContent},
};

use crate::{App, Error};

/// So many are held, 10 KB each at most: what a corp sends in a day.
const MOST: usize = 64;

/// The versions that were used last.
#[derive(Default)]
pub(crate) struct Versions(Mutex<VecDeque<(ContentId, Arc<ContentVersion>)>>);

impl Versions {
    fn get(&self, sent: &SentContent) -> Option<Arc<ContentVersion>> {
        let mut held = self.held();
        let is_it = |(id, version): &(ContentId, Arc<ContentVersion>)| {
            (id, version.version) == (&sent.content, sent.version)
        };
        let found = held.iter().position(is_it).and_then(|place| held.remove(place))?;
        let version = Arc::clone(&found.1);
        held.push_front(found);
        Some(version)
    }

    fn put(&self, id: &ContentId, version: &Arc<ContentVersion>) {
        let mut held = self.held();
        held.push_front((id.clone(), Arc::clone(version)));
        held.truncate(MOST);
    }

    fn held(&self) -> std::sync::MutexGuard<'_, VecDeque<(ContentId, Arc<ContentVersion>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// What a content said in the version that is sent.
    pub(crate) async fn content_as_sent(
        &self,
        sent: &SentContent,
    ) -> Result<Option<Arc<ContentVersion>>, Error> {
        if let Some(version) = self.versions.get(sent) {
            return Ok(Some(version));
        }
        let version = self.content_version(&sent.content, sent.version).await?.map(Arc::new);
        if let Some(version) = &version {
            self.versions.put(&sent.content, version);
        }
        Ok(version)
    }
}

#[cfg(test)]
mod tests {
    use domain::{Timestamp, content::Body};

    use super::*;

    #[test]
    fn what_was_not_sent_for_longest_goes_first() {
        let versions = Versions::default();
        let id = ContentId::from("a");
        let sent = |version| SentContent { content: id.clone(), version, edition: 1 };
        for version in 1..=MOST + 1 {
            let version = ContentVersion {
                version: u32::try_from(version).unwrap(),
                edition: 1,
                body: Body { parts: Vec::new() },
                published_at: Timestamp::default(),
                by: None,
                note: String::new(),
            };
            versions.put(&id, &Arc::new(version));
            versions.get(&sent(1));
        }
        assert!(versions.get(&sent(1)).is_some() && versions.get(&sent(2)).is_none());
        assert_eq!(versions.held().len(), MOST);
    }
}
