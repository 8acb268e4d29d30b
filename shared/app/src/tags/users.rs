//! Who would miss a tag or a stage, beyond what the playbook tells: people inside older versions of SOPs, and drafts.

use std::collections::{BTreeMap, BTreeSet};

use domain::{CustomerId, SopId, playbook::Named};
use serde_json::Value;

use super::rows::Keys;
use crate::{App, Error, catalog};

const DRAFTS: i32 = 100;
/// So many people inside an SOP are looked at; where more are, somebody may be inside an older version.
const MOST_INSIDE: usize = 300;
const FILES: usize = 100;

impl App {
    /// SOPs of which somebody is inside a version, older than the published one, that names some of it.
    pub async fn lived_in_with(&self, gone: &Named) -> Result<BTreeSet<SopId>, Error> {
        let book = self.playbook().await?;
        let mut versions: BTreeMap<SopId, BTreeSet<u32>> = BTreeMap::new();
        for (sop, version) in book.older_versions_with(gone) {
            versions.entry(sop).or_default().insert(version);
        }
        let mut found = BTreeSet::new();
        for (sop, versions) in versions {
            if self.is_somebody_inside(&sop, &versions).await? {
                found.insert(sop);
            }
        }
        Ok(found)
    }

    async fn is_somebody_inside(&self, sop: &SopId, versions: &BTreeSet<u32>) -> Result<bool, Error> {
        let mut keys = Keys::of(format!("SOP#{sop}"));
        let mut customers = BTreeSet::new();
        while let Some(key) = keys.next(self).await? {
            if customers.len() == MOST_INSIDE {
                return Ok(true);
            }
            // `<customer>#<occurrence>`
            customers.extend(key.rsplit_once('#').map(|(customer, _)| CustomerId::from(customer)));
        }
        let customers: Vec<CustomerId> = customers.into_iter().collect();
        for some in customers.chunks(FILES) {
            let files = self.store.load_files(some).await?;
            let mut live = files.iter().flat_map(|file| &file.enrollments);
            if live.any(|live| live.sop == *sop && versions.contains(&live.version)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Drafts that name some of it.
    pub async fn drafts_with(&self, gone: &Named) -> Result<BTreeSet<SopId>, Error> {
        let book = self.playbook().await?;
        let (mut found, mut from) = (BTreeSet::new(), None);
        loop {
            let page = self.store.drafts(DRAFTS, from.as_ref()).await?;
            for draft in page.items {
                let source: Value = catalog::from_json(&draft.id, &draft.doc)?;
                if book.draft_names(&source, gone) {
                    found.insert(SopId::from(draft.id.as_str()));
                }
            }
            from = page.next;
            if from.is_none() {
                return Ok(found);
            }
        }
    }
}
