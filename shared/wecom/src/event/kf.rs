//! `kf_msg_or_event` and `kf_account_auth_change`: 微信客服.

use super::ParseError;
use super::fields::Fields;

pub(super) const MESSAGES: &str = "kf_msg_or_event";
pub(super) const ACCOUNTS: &str = "kf_account_auth_change";

/// Something about 微信客服.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KfEvent {
    /// `kf_msg_or_event`: an account has messages or events, to be pulled with `kf/sync_msg`.
    Waiting {
        /// The account.
        open_kfid: String,
        /// Lifts the limit on pulling, for 10 minutes.
        token: Option<String>,
    },
    /// `kf_account_auth_change`: the app may look after other accounts than before.
    AccountsChanged {
        /// Accounts that it may look after now.
        added: Vec<String>,
        /// Accounts that it may no longer look after.
        removed: Vec<String>,
    },
}

pub(super) fn waiting(fields: &Fields<'_>) -> Result<KfEvent, ParseError> {
    Ok(KfEvent::Waiting { open_kfid: fields.required("OpenKfId")?, token: fields.optional("Token")? })
}

pub(super) fn accounts(fields: &Fields<'_>) -> KfEvent {
    let ids = |element| fields.values(element).filter(|id: &String| !id.is_empty()).collect();
    KfEvent::AccountsChanged { added: ids("AuthAddOpenKfId"), removed: ids("AuthDelOpenKfId") }
}
