//! Signing in through WeCom: where a browser is sent, and who came back.

use domain::StaffId;
use wecom::oauth::{BROWSER_BASE, IN_WECOM_BASE, Identity, Scope, SignIn, State};

use crate::{App, Error, Lane};

/// Where a browser is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Inside WeCom, which knows who it is.
    InWeCom,
    /// Elsewhere: a code is scanned with the phone.
    Browser,
}

impl App {
    /// The address to which a browser is sent; it comes back to `return_uri?code=…&state=…`.
    ///
    /// `base`: address of the sign-in pages; `None`: WeCom's own. `nonce` comes back in
    /// hexadecimal, as `state`.
    #[must_use]
    pub fn sign_in_address(
        &self,
        base: Option<&str>,
        place: Place,
        return_uri: &str,
        nonce: [u8; 16],
    ) -> String {
        let state = &State::new(hex::encode(nonce)).expect("hexadecimal digits");
        let sign_in = SignIn {
            corp_id: &self.corp.corp_id,
            agent_id: self.corp.agent_id,
            redirect_uri: return_uri,
            state,
        };
        match place {
            Place::InWeCom => sign_in.in_wecom(base.unwrap_or(IN_WECOM_BASE), Scope::Base),
            Place::Browser => sign_in.in_browser(base.unwrap_or(BROWSER_BASE)),
        }
    }

    /// The member of the corp who came back with this code; `None`: somebody else. Whether they may do anything here is
    /// for the playbook to say.
    pub async fn signed_in(&self, code: &str) -> Result<Option<StaffId>, Error> {
        let identity = self
            .call(Lane::Interactive, |wecom, token| async move { wecom.get_user_info(&token, code).await })
            .await?;
        Ok(match identity {
            Identity::Member { userid, .. } => Some(StaffId::from(userid.as_str())),
            Identity::Outsider { .. } => None,
        })
    }
}
