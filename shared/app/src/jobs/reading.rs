//! Reading what WeCom holds, staff member by staff member, a page at a time.

use std::collections::{BTreeMap, BTreeSet};

use domain::{CustomerId, File, StaffId, TagId, Timestamp, file::Profile, signal::SnapshotRelation};
use store::{Place, Reading};
use wecom::contact::{BatchQuery, Contact, MAX_PAGE};

use crate::{
    App, Error, Lane,
    perform::{profile, relation_with},
};

/// The member has no customers, or none whom the app may see.
const NO_CUSTOMERS: i64 = 84061;
/// The cursor is not good any more: WeCom's list has to be read from its beginning.
const CURSOR_EXPIRED: i64 = 50100;
/// So often the list of one staff member is begun anew.
const MOST_RESTARTS: u32 = 3;
/// Refusals that concern this one staff member: unknown, out of the app's sight, not activated, without a licence.
const OF_THIS_MEMBER: [i64; 9] = [41054, 60011, 60030, 60111, 40003, 40031, 46004, 50002, 701_008];
/// WeCom's limit; the store's keys have one, too.
const MAX_ID_BYTES: usize = 64;
/// Clocks of two processes differ by less.
const CLOCKS_DIFFER_SECONDS: i64 = 2;

/// A page of the customers of one staff member.
pub(super) struct Page {
    pub(super) staff: StaffId,
    pub(super) contacts: BTreeMap<CustomerId, Held>,
    /// Contacts that cannot be kept.
    pub(super) unreadable: u32,
    /// When it was asked for.
    began_at: Timestamp,
    next: Option<String>,
}

/// A contact as WeCom holds it: one relation, and nothing about others.
pub(super) struct Held {
    pub(super) profile: Profile,
    pub(super) relation: SnapshotRelation,
}

/// Tags of which the playbook has not heard, and will not: those of rule groups. They are asked about once.
pub(super) type Unheard = BTreeSet<TagId>;

impl Page {
    /// The file's version when the page was asked for; 0 where that cannot be told, because the file was committed to
    /// about then: of a relation whose tags were written before, the page then says nothing (T4).
    pub(super) fn began(&self, file: Option<&File>) -> u64 {
        let is_older = |file: &&File| file.committed_at.plus_secs(CLOCKS_DIFFER_SECONDS) <= self.began_at;
        file.filter(is_older).map_or(0, |file| file.version)
    }

    /// The page has been dealt with. `true`: it was the last of this staff member.
    pub(super) fn take_further(self, reading: &mut Reading) -> bool {
        match (self.next, &mut reading.at) {
            (Some(next), Some(at)) => at.page = Some(next),
            _ => return true,
        }
        false
    }

    /// Of somebody who has no customers.
    const fn empty(staff: StaffId, began_at: Timestamp) -> Self {
        Self { staff, contacts: BTreeMap::new(), unreadable: 0, began_at, next: None }
    }
}

impl App {
    /// The next page. `None`: there is nothing to be dealt with; the reading has gone further all the same, and tells
    /// when it is complete.
    pub(super) async fn read_on(
        &self,
        reading: &mut Reading,
        named: Option<&BTreeSet<StaffId>>,
        insist: bool,
        unheard: &mut Unheard,
    ) -> Result<Option<Page>, Error> {
        if !self.is_at_somebody(reading, named).await? {
            return Ok(None);
        }
        let Some(at) = &mut reading.at else { return Ok(None) };
        if at.page.is_none() && at.expected.is_none() {
            at.expected = self.customers_of(&at.staff).await;
        }
        let (staff, began_at) = (at.staff.clone(), self.clock.now());
        let query = BatchQuery {
            userid_list: vec![staff.to_string()],
            cursor: at.page.clone(),
            limit: Some(MAX_PAGE),
        };
        let query = &query;
        let answer = self
            .call(Lane::Bulk, |wecom, token| async move { wecom.batch_get_contacts(&token, query).await });
        let page = match answer.await {
            Ok(page) => page,
            Err(Error::WeCom(error)) if error.code() == Some(CURSOR_EXPIRED) => {
                tracing::info!(%staff, restarts = at.restarts, "WeCom's list of customers is begun anew");
                let anew = at.anew();
                if anew.restarts > MOST_RESTARTS {
                    reading.pass_over(Some(CURSOR_EXPIRED));
                } else {
                    *at = anew;
                }
                return Ok(None);
            }
            Err(Error::WeCom(error)) if error.code() == Some(NO_CUSTOMERS) => {
                reading.note_refusal(error.code());
                return Ok(Some(Page::empty(staff, began_at)));
            }
            Err(Error::WeCom(error)) if insist && is_refusal(&error) || is_of_this_member(&error) => {
                tracing::info!(%staff, %error, "WeCom does not tell of the customers of a staff member");
                reading.pass_over(error.code());
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if page.contacts.is_empty()
            && page.unlicensed_users.iter().any(|userid| staff == userid.as_str().into())
        {
            reading.pass_over(None);
            return Ok(None);
        }
        let rows = page.contacts.len();
        let contacts: BTreeMap<CustomerId, Held> =
            page.contacts.into_iter().filter_map(|contact| held_by(&staff, contact)).collect();
        self.hear_of_tags(&contacts, unheard).await?;
        let unreadable = u32::try_from(rows - contacts.len()).unwrap_or(0);
        Ok(Some(Page { staff, contacts, unreadable, began_at, next: page.next_cursor }))
    }

    /// How many customers somebody has; `None`: WeCom does not tell, and it is only for the forecast.
    async fn customers_of(&self, staff: &StaffId) -> Option<u32> {
        let userid = staff.as_str();
        let list = self
            .call(Lane::Bulk, |wecom, token| async move { wecom.list_contacts(&token, userid).await })
            .await;
        let told = list.inspect_err(|error| tracing::debug!(%error, %staff, "no forecast"));
        told.ok().and_then(|list| u32::try_from(list.len()).ok())
    }

    /// Makes sure that somebody is being read. `false`: everybody has been.
    async fn is_at_somebody(
        &self,
        reading: &mut Reading,
        named: Option<&BTreeSet<StaffId>>,
    ) -> Result<bool, Error> {
        if reading.at.is_some() {
            return Ok(true);
        }
        if named.is_none() && reading.after.is_none() && self.staff_sync().await?.last.is_none() {
            return Err(Error::Waits("WeCom to be asked who there is"));
        }
        let book = self.playbook().await?;
        let licensed = || book.staff.values().filter(|staff| staff.licensed && staff.is_with_us());
        let everybody: BTreeSet<&StaffId> = named
            .map_or_else(|| licensed().map(|staff| &staff.userid).collect(), |named| named.iter().collect());
        let next = everybody.iter().find(|staff| reading.after.as_ref().is_none_or(|after| **staff > after));
        reading.staff = u32::try_from(everybody.len()).unwrap_or(u32::MAX).max(reading.staff_done);
        reading.at = next.map(|staff| Place::first_of((*staff).clone()));
        reading.complete = reading.at.is_none();
        Ok(!reading.complete)
    }

    /// A tag that the playbook has not heard of brings the tag tree up to date.
    async fn hear_of_tags(
        &self,
        contacts: &BTreeMap<CustomerId, Held>,
        unheard: &mut Unheard,
    ) -> Result<(), Error> {
        let book = self.playbook().await?;
        let tags = contacts.values().flat_map(|held| &held.relation.tags);
        let fresh: Unheard =
            tags.filter(|tag| book.tags.tag(tag).is_none() && !unheard.contains(*tag)).cloned().collect();
        if !fresh.is_empty() {
            self.refresh_tags().await?;
            unheard.extend(fresh);
        }
        Ok(())
    }
}

/// Will WeCom say the same again?
fn is_refusal(error: &wecom::Error) -> bool {
    matches!(error.class(), wecom::Class::State | wecom::Class::Never) && error.code().is_some()
}

/// Does the refusal concern this member and nobody else?
pub(super) fn is_of_this_member(error: &wecom::Error) -> bool {
    error.code().is_some_and(|code| OF_THIS_MEMBER.contains(&code))
}

/// `None`: it is not this staff member's, or has no id that can be kept.
fn held_by(staff: &StaffId, contact: Contact<wecom::contact::TagId>) -> Option<(CustomerId, Held)> {
    let follow = contact.relations.first().filter(|follow| *staff == follow.userid.as_str().into())?;
    if contact.external_userid.len() > MAX_ID_BYTES {
        tracing::error!("WeCom tells of a customer by an id of more than 64 bytes");
        return None;
    }
    let tags = follow.tags.iter().map(|tag| TagId::from(tag.0.as_str())).collect();
    let relation = relation_with(follow, tags, None);
    Some((contact.external_userid.as_str().into(), Held { profile: profile(&contact), relation }))
}
