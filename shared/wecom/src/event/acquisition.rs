//! `customer_acquisition`: what happens around acquisition links (获客助手).

use super::ParseError;
use super::fields::Fields;

pub(super) const EVENT: &str = "customer_acquisition";

/// Something about acquisition links. `state` is the channel that was added to the link's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AcquisitionEvent {
    /// `balance_low`: fewer than 20 uses are left.
    BalanceLow,
    /// `balance_exhausted`: none is left.
    BalanceExhausted,
    /// `balance_increased`: there are some again.
    BalanceIncreased,
    /// `quota_expire_soon`: 14, 7, 3, 2 and 1 days before bought uses expire.
    QuotaExpiring {
        /// When, Unix seconds.
        expire_time: Option<i64>,
        /// How many uses.
        count: Option<i64>,
    },
    /// `link_unavailable`: none of the link's members can take customers.
    LinkUnavailable {
        /// The link.
        link_id: String,
    },
    /// `delete_link`: somebody deleted the link in a client or the console.
    LinkDeleted {
        /// The link.
        link_id: String,
    },
    /// `open_profile`: a customer opened the page behind the link; of some lines of business only.
    ProfileOpened {
        /// The link.
        link_id: String,
        /// The channel.
        state: Option<String>,
    },
    /// `friend_request`: a customer asked to be added.
    FriendRequested {
        /// The link.
        link_id: String,
        /// The channel.
        state: Option<String>,
    },
    /// `customer_start_chat`: a customer who came through a link wrote for the first time.
    ChatStarted {
        /// The member who got it.
        userid: String,
        /// The customer.
        external_userid: String,
        /// The link.
        link_id: Option<String>,
    },
    /// `message_from_customer`: a customer who came through a link has written for the third, fifth or
    /// tenth time.
    MessageReceived {
        /// The link.
        link_id: Option<String>,
        /// Names the chat for 30 minutes, to be resolved by
        /// `customer_acquisition/get_chat_info`.
        chat_key: String,
    },
}

/// `None` for a change type that is not known.
pub(super) fn parse(fields: &Fields<'_>, change: &str) -> Result<Option<AcquisitionEvent>, ParseError> {
    let link_id = || fields.required("LinkId");
    let state = || fields.optional("State");
    Ok(Some(match change {
        "balance_low" => AcquisitionEvent::BalanceLow,
        "balance_exhausted" => AcquisitionEvent::BalanceExhausted,
        "balance_increased" => AcquisitionEvent::BalanceIncreased,
        "quota_expire_soon" => AcquisitionEvent::QuotaExpiring {
            expire_time: fields.optional_integer("ExpireTime")?,
            count: fields.optional_integer("ExpireQuotaNum")?,
        },
        "link_unavailable" => AcquisitionEvent::LinkUnavailable { link_id: link_id()? },
        "delete_link" => AcquisitionEvent::LinkDeleted { link_id: link_id()? },
        "open_profile" => AcquisitionEvent::ProfileOpened { link_id: link_id()?, state: state()? },
        "friend_request" => AcquisitionEvent::FriendRequested { link_id: link_id()?, state: state()? },
        "customer_start_chat" => AcquisitionEvent::ChatStarted {
            userid: fields.required("UserID")?,
            external_userid: fields.required("ExternalUserID")?,
            link_id: fields.optional("LinkId")?,
        },
        "message_from_customer" => AcquisitionEvent::MessageReceived {
            link_id: fields.optional("LinkId")?,
            chat_key: fields.required("ChatKey")?,
        },
        _ => return Ok(None),
    }))
}
