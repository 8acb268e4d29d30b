//! `change_external_contact`: a member and a customer became contacts, stopped being so, or
//! something about it changed.

use super::ParseError;
use super::fields::Fields;

pub(super) const EVENT: &str = "change_external_contact";

/// A change of one relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactEvent {
    /// The member; for a failed transfer, the one who was to take over.
    pub userid: String,
    /// The customer.
    pub external_userid: String,
    /// What changed.
    pub change: ContactChange,
}

/// What changed between a member and a customer.
///
/// A `welcome_code` lets [`welcome`](crate::welcome) send one message, once, within 20 seconds of
/// the event. `state` is the channel given to the contact way or acquisition link that the customer
/// came through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactChange {
    /// `add_external_contact`: they became contacts.
    Added {
        /// The channel, if the customer came through one.
        state: Option<String>,
        /// Absent when they are already chatting, when the code of [`HalfAdded`](Self::HalfAdded)
        /// was used, when the contact belongs to another corp, or when the admin console has a
        /// welcome of its own for the member.
        welcome_code: Option<String>,
    },
    /// `add_half_external_contact`: the customer added a member who asks for no verification; the
    /// member has not added back and calls about this relation are still refused with 84061.
    /// [`Added`](Self::Added) usually follows.
    HalfAdded {
        /// The channel, if the customer came through one.
        state: Option<String>,
        /// As in [`Added`](Self::Added).
        welcome_code: Option<String>,
    },
    /// `edit_external_contact`: the member changed remark, phone numbers or tags in a client or in
    /// the console. Changes made through the API do not cause it.
    Edited,
    /// `del_external_contact`: the member deleted the customer.
    DeletedByMember {
        /// `DELETE_BY_TRANSFER` when the platform did it because the customer was transferred.
        source: Option<String>,
    },
    /// `del_follow_user`: the customer deleted or blocked the member.
    DeletedByCustomer,
    /// `transfer_fail`: the customer could not be transferred.
    TransferFailed {
        /// Why.
        reason: TransferFailure,
    },
    /// `msg_audit_approved`: the customer consented to conversation archiving.
    ArchiveApproved {
        /// If there, a new window of 20 seconds begins.
        welcome_code: Option<String>,
    },
}

/// Why a transfer failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransferFailure {
    /// `customer_refused`
    CustomerRefused,
    /// `customer_limit_exceed`: the member who was to take over has no room for more customers.
    CustomerLimitExceeded,
    /// A reason that was not known when this was written.
    Other(String),
}

/// `None` for a change type that is not known.
pub(super) fn parse(fields: &Fields<'_>, change: &str) -> Result<Option<ContactEvent>, ParseError> {
    let change = match change {
        "add_external_contact" => ContactChange::Added {
            state: fields.optional("State")?,
            welcome_code: fields.optional("WelcomeCode")?,
        },
        "add_half_external_contact" => ContactChange::HalfAdded {
            state: fields.optional("State")?,
            welcome_code: fields.optional("WelcomeCode")?,
        },
        "edit_external_contact" => ContactChange::Edited,
        "del_external_contact" => ContactChange::DeletedByMember { source: fields.optional("Source")? },
        "del_follow_user" => ContactChange::DeletedByCustomer,
        "transfer_fail" => {
            ContactChange::TransferFailed { reason: transfer_failure(fields.required("FailReason")?) }
        }
        "msg_audit_approved" => {
            ContactChange::ArchiveApproved { welcome_code: fields.optional("WelcomeCode")? }
        }
        _ => return Ok(None),
    };
    Ok(Some(ContactEvent {
        userid: fields.required("UserID")?,
        external_userid: fields.required("ExternalUserID")?,
        change,
    }))
}

fn transfer_failure(reason: String) -> TransferFailure {
    match reason.as_str() {
        "customer_refused" => TransferFailure::CustomerRefused,
        "customer_limit_exceed" => TransferFailure::CustomerLimitExceeded,
        _ => TransferFailure::Other(reason),
    }
}
