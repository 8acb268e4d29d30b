//! Many relations at once: `externalcontact/batch/get_by_user`, with which a corp's customers are
//! read as a whole.
//!
//! Source: 客户联系 / 客户管理 / 批量获取客户详情,
//! <https://developer.work.weixin.qq.com/document/path/92994>.

use serde::{Deserialize, Serialize};

use super::wire::WireContact;
use super::{Contact, Follow, TagId};
use crate::client::{Api, Client, DEFAULT_TIMEOUT, Effect, unclear};
use crate::limits::Check;
use crate::{AccessToken, Error, lenient};

const BATCH: Api =
    Api { path: "externalcontact/batch/get_by_user", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };

/// The most members of one query.
pub const MAX_BATCH_USERS: usize = 100;
/// The most rows of one page.
pub const MAX_PAGE: u32 = 100;

/// Whose customers to read, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BatchQuery {
    /// Ids of 1 to 100 members. They stay the same from page to page: the cursor belongs to them.
    pub userid_list: Vec<String>,
    /// From the page before, unchanged; `None` for the first page. It may expire (50100).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Rows of a page, 1 to 100; `None` leaves it to the platform, which takes 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchPage {
    /// One entry for each pair of member and customer, with that one relation in it: a customer of
    /// two members comes twice, perhaps on different pages. Of tags there are only ids.
    pub contacts: Vec<Contact<TagId>>,
    /// Where the next page begins; `None` at the end. Only this tells the end: a page may be short
    /// or empty before it.
    pub next_cursor: Option<String>,
    /// Members of the query who were left out for lack of a licence.
    pub unlicensed_users: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    #[serde(deserialize_with = "lenient::list")]
    external_contact_list: Vec<Row>,
    #[serde(deserialize_with = "lenient::optional_text")]
    next_cursor: Option<String>,
    fail_info: Option<FailInfo>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Row {
    external_contact: WireContact,
    follow_info: Follow<TagId>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FailInfo {
    #[serde(deserialize_with = "lenient::texts")]
    unlicensed_userid_list: Vec<String>,
}

impl Client {
    /// `POST externalcontact/batch/get_by_user`: customers of up to 100 members, a page at a time,
    /// one request each.
    ///
    /// Refusals: 50100 the cursor is not good any more (begin again), 40031 and 40032 the list of
    /// members, 60111 an unknown member, 60011 and 60030 a member outside the visible range, 701008
    /// none of the members has a licence, 48002 the app is not admitted to customer contact.
    pub async fn batch_get_contacts(
        &self,
        token: &AccessToken,
        query: &BatchQuery,
    ) -> Result<BatchPage, Error> {
        let check = Check { api: BATCH.path };
        check.ids(format_args!("userid_list"), &query.userid_list, 1..=MAX_BATCH_USERS)?;
        check.page(query.cursor.as_deref(), query.limit, MAX_PAGE)?;
        let answer: Answer = self.post(&BATCH, token, query).await?;
        let contacts: Option<Vec<_>> = answer.external_contact_list.into_iter().map(contact).collect();
        let contacts =
            contacts.ok_or_else(|| unclear(&BATCH, "answer has a row without customer or member"))?;
        Ok(BatchPage {
            contacts,
            next_cursor: answer.next_cursor,
            unlicensed_users: answer.fail_info.unwrap_or_default().unlicensed_userid_list,
        })
    }
}

/// `None` for a row that does not say whom it is about.
fn contact(row: Row) -> Option<Contact<TagId>> {
    if row.external_contact.external_userid.is_empty() || row.follow_info.userid.is_empty() {
        return None;
    }
    Some(Contact { relations: vec![row.follow_info], ..Contact::from(row.external_contact) })
}
