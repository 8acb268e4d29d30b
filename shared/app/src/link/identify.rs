//! Who opens a link that many have: WeCom tells, if the corp lets it (`snsapi_base`: without asking anybody).

use domain::CustomerId;
use store::{Bucket, Permits};
use wecom::{
    AccessToken,
    oauth::{IN_WECOM_BASE, Identity, Scope, SignIn, State},
};

use super::PATH;
use crate::{App, Error, Lane};

/// A code that is none, is too old, or was used before.
const BAD_CODES: [i64; 3] = [40029, 42003, 42022];
/// WeCom: the API is called too often.
const TOO_OFTEN: i64 = 45009;
/// A token that ends sooner is not begun with.
const LAST_SECONDS: i64 = 10;
/// A code is taken once while a state is good: a bucket that one drop fills.
const ONCE: Bucket = Bucket { cost_ms: 600_000, depth_ms: 600_000 };
/// Whoever signs in asks the same API of WeCom, and goes before those who only open a link.
const LANE: Lane = Lane::Sop;

/// What WeCom says of a browser that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identified {
    /// A customer of the corp.
    Customer(CustomerId),
    /// A member of the corp, who looks at what others are sent.
    Member,
    /// Somebody.
    Somebody,
    /// WeCom does not know the code, by this errcode, and nobody has been here with it.
    Refused(i64),
    /// Whoever it is has been here with the same code: the page was loaded again.
    Again,
}

impl App {
    /// Where a browser inside WeChat or WeCom is sent from the link `code`, to come back to
    /// `<public address>/l/<code>/back?code=…&state=…`. `None`: openers are not to be identified.
    ///
    /// `base`: address of the sign-in pages; `None`: WeCom's own.
    pub async fn identify_at(&self, base: Option<&str>, code: &str) -> Result<Option<String>, Error> {
        let wanted = self.playbook().await?.settings.links.identify;
        let Some(public) = self.public_base().filter(|_| wanted) else { return Ok(None) };
        let state = self.link_salt().await?.state(code, self.clock.now());
        let sign_in = SignIn {
            corp_id: &self.corp.corp_id,
            agent_id: self.corp.agent_id,
            redirect_uri: &format!("{public}{PATH}{code}/back"),
            state: &State::new(state).expect("hexadecimal digits"),
        };
        Ok(Some(sign_in.in_wecom(base.unwrap_or(IN_WECOM_BASE), Scope::Base)))
    }

    /// Who came back to the link `code` with what WeCom gave them. For whoever waits for it no token is fetched, and none
    /// renewed: a renewal cut short would leave its lease behind, for which welcomes would wait. May be dropped.
    pub async fn identified(&self, code: &str, given: &str, state: &str) -> Result<Identified, Error> {
        let salt = self.link_salt().await?;
        if given.is_empty() || !salt.knows(state, code, self.clock.now()) {
            return Ok(Identified::Somebody);
        }
        let Some(token) = self.held_token().await? else { return Err(Error::Waits("an access token")) };
        // Before WeCom is asked: of two loads of one page at once only one is to count.
        let once = format!("link-code-{}", salt.name("given", &(code, given)));
        if self.store.take_permits(&once, ONCE, self.clock.now()).await? != Permits::Granted {
            return Ok(Identified::Again);
        }
        match Box::pin(self.lanes.of(LANE).get_user_info(&token, given)).await {
            Ok(Identity::Member { .. }) => Ok(Identified::Member),
            Ok(Identity::Outsider { external_userid, .. }) => {
                Ok(external_userid
                    .map_or(Identified::Somebody, |id| Identified::Customer(id.as_str().into())))
            }
            Err(error) => match error.code() {
                Some(code) if BAD_CODES.contains(&code) => Ok(Identified::Refused(code)),
                Some(TOO_OFTEN) => {
                    self.budget.blocked(error.api()).await;
                    Err(error.into())
                }
                _ => Err(error.into()),
            },
        }
    }

    /// The token that all instances have, while it is good.
    async fn held_token(&self) -> Result<Option<AccessToken>, Error> {
        let soon = self.clock.now().plus_secs(LAST_SECONDS);
        let held = self.store.token(&self.corp.agent_id.to_string()).await?;
        Ok(held.filter(|held| held.expires_at > soon).map(|held| AccessToken::new(held.token)))
    }

    /// Sees to a token while nobody waits: whoever opens the next link can be asked for.
    pub(super) async fn prepare_to_identify(&self) -> Result<(), Error> {
        if self.playbook().await?.settings.links.identify
            && let Err(error) = self.access_token().await
        {
            tracing::warn!(%error, "no access token: nobody can be asked who opens a link");
        }
        Ok(())
    }
}
