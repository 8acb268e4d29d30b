//! One access token per secret for all instances: cached here, kept in the store, fetched by whoever holds the lease.

use std::{
    future::Future,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::Timestamp;
use store::StoredToken;
use wecom::AccessToken;

use crate::{App, Error, budget::Lane};

/// A token is renewed so long before it ends.
const EARLY_SECONDS: i64 = 300;
const LEASE_SECONDS: i64 = 20;
const LEASE: &str = "wecom-token";
/// WeCom: the API is called too often.
const TOO_OFTEN: i64 = 45009;
/// After a renewal that failed, the old token is used for so long before the next try, and given up so long before it
/// ends.
const RENEW_AGAIN_SECONDS: i64 = 30;
const LAST_SECONDS: i64 = 10;
/// Transient refusals are tried so often within one invocation.
const TRIES: u32 = 3;
/// A call takes no longer: its time-out is 10 s.
const CALL_SECONDS: i64 = 12;

/// How a call went that may have been tried several times.
pub(crate) struct Called<T> {
    /// The last answer.
    pub(crate) answer: Result<T, Error>,
    /// A try may have had its effect, though the answer was none or "busy".
    pub(crate) doubtful: bool,
}

#[derive(Default)]
pub(crate) struct TokenCache {
    current: Mutex<Option<StoredToken>>,
}

impl TokenCache {
    fn get(&self) -> Option<StoredToken> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, token: Option<StoredToken>) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }
}

impl App {
    /// Makes a call in a lane with the current token: a stale token is renewed once, a busy platform is asked again.
    pub(crate) async fn call<T, F, R>(&self, lane: Lane, call: F) -> Result<T, Error>
    where
        F: Fn(wecom::Client, AccessToken) -> R,
        R: Future<Output = Result<T, wecom::Error>>,
    {
        self.call_up_to(TRIES, None, lane, call).await.answer
    }

    /// The same under a lease that ends at `until`: no call is begun that might outlive it.
    pub(crate) async fn call_within<T, F, R>(&self, until: Timestamp, lane: Lane, call: F) -> Called<T>
    where
        F: Fn(wecom::Client, AccessToken) -> R,
        R: Future<Output = Result<T, wecom::Error>>,
    {
        self.call_up_to(TRIES, Some(until), lane, call).await
    }

    /// The same for a call that must not be repeated unnoticed: "busy" may hide an effect.
    pub(crate) async fn call_once<T, F, R>(&self, lane: Lane, call: F) -> Result<T, Error>
    where
        F: Fn(wecom::Client, AccessToken) -> R,
        R: Future<Output = Result<T, wecom::Error>>,
    {
        self.call_up_to(1, None, lane, call).await.answer
    }

    async fn call_up_to<T, F, R>(&self, most: u32, until: Option<Timestamp>, lane: Lane, call: F) -> Called<T>
    where
        F: Fn(wecom::Client, AccessToken) -> R,
        R: Future<Output = Result<T, wecom::Error>>,
    {
        let mut doubtful = false;
        let mut renewed = false;
        let mut tries = 0;
        let answer = loop {
            let token = match Box::pin(self.access_token()).await {
                Ok(token) => token,
                Err(error) => break Err(error),
            };
            // Looked at with the token in hand: getting it may have taken a while.
            if until.is_some_and(|until| self.clock.now().plus_secs(CALL_SECONDS) > until) {
                break Err(Error::LeaseOver);
            }
            let client = self.lanes.of(lane).clone();
            let answered = Box::pin(call(client, AccessToken::new(token.clone()))).await;
            if let Err(error) = &answered {
                tracing::info!(%error, api = error.api(), code = error.code(), hint = error.hint(), class = %error.class(), "WeCom did not do it");
            }
            match answered {
                Ok(answer) => break Ok(answer),
                Err(error) if matches!(error.code(), Some(40014 | 42001)) && !renewed => {
                    renewed = true;
                    if let Err(error) = self.forget_token(&token).await {
                        break Err(error);
                    }
                }
                Err(error) => {
                    self.limited(&error).await;
                    let busy = error.class() == wecom::Class::Transient;
                    doubtful |= is_doubtful(&error);
                    if error.is_ambiguous() || !busy || tries + 1 >= most {
                        break Err(error.into());
                    }
                    tries += 1;
                    self.clock.pause(Duration::from_millis(u64::from(tries) * 150)).await;
                }
            }
        };
        Called { answer, doubtful }
    }

    /// When WeCom says that an API is called too often, everybody is told.
    async fn limited(&self, error: &wecom::Error) {
        if error.code() == Some(TOO_OFTEN) {
            self.budget.blocked(error.api()).await;
        }
    }

    pub(crate) async fn access_token(&self) -> Result<String, Error> {
        for _ in 0..20 {
            let now = self.clock.now();
            let fresh = |held: &StoredToken| held.renew_at > now;
            if let Some(held) = self.tokens.get().filter(fresh) {
                return Ok(held.token);
            }
            let app = self.corp.agent_id.to_string();
            let stored = self.store.token(&app).await?;
            if let Some(held) = stored.clone().filter(fresh) {
                self.tokens.set(Some(held.clone()));
                return Ok(held.token);
            }
            let still_good = stored.filter(|held| held.expires_at > now.plus_secs(LAST_SECONDS));
            let holder = self.attempt_token();
            if self.store.lease(LEASE, &holder, now, now.plus_secs(LEASE_SECONDS)).await? {
                let fetched = self.fetch_token(&app).await;
                self.store.release(LEASE, &holder).await?;
                return fetched.or_else(|error| still_good.map(|held| self.hold_on(held, now)).ok_or(error));
            }
            // Somebody else renews it; the old one is still good for a while.
            if let Some(held) = still_good {
                return Ok(held.token);
            }
            self.clock.pause(Duration::from_millis(200)).await;
        }
        Err(Error::Crowded { tries: 20 })
    }

    /// A renewal that fails takes nothing from the token that is still good, and not every call tries the next.
    fn hold_on(&self, held: StoredToken, now: Timestamp) -> String {
        let last = Timestamp::from_ms(held.expires_at.ms() - LAST_SECONDS * 1000);
        let renew_at = now.plus_secs(RENEW_AGAIN_SECONDS).min(last);
        self.tokens.set(Some(StoredToken { renew_at, ..held.clone() }));
        held.token
    }

    async fn fetch_token(&self, app: &str) -> Result<String, Error> {
        let now = self.clock.now();
        let credentials = self.corp.fingerprint();
        if let Some(code) = self.store.token_refused(app, &credentials, now).await? {
            return Err(refused_before(code).into());
        }
        let client = self.lanes.of(Lane::Welcome);
        let granted = match client.get_token(&self.corp.corp_id, self.corp.secret.expose()).await {
            Ok(granted) => granted,
            Err(error) => {
                self.limited(&error).await;
                // Somebody has to mend the settings; until then asking would only get the address blocked.
                if let (Some(code), wecom::Class::Never) = (error.code(), error.class()) {
                    tracing::error!(code, hint = error.hint(), "WeCom refuses an access token");
                    self.store.note_token_refused(app, &credentials, code, now).await?;
                } else {
                    tracing::warn!(%error, "no access token was got");
                }
                return Err(error.into());
            }
        };
        self.keep_token(app, &granted).await
    }

    /// Keeps a fresh token, here and for all instances.
    pub(crate) async fn keep_token(
        &self,
        app: &str,
        granted: &wecom::token::GrantedToken,
    ) -> Result<String, Error> {
        let token = granted.access_token.expose().to_owned();
        let seconds = i64::try_from(granted.expires_in.as_secs()).unwrap_or(7200);
        let now = self.clock.now();
        // One whose life is nearly spent is used for what is left of it, not fetched again with every call.
        let renew_at = now.plus_secs(seconds - EARLY_SECONDS.min(seconds / 10));
        let fresh = StoredToken { token: token.clone(), renew_at, expires_at: now.plus_secs(seconds) };
        self.store.put_token(app, &fresh).await?;
        self.tokens.set(Some(fresh));
        Ok(token)
    }

    /// Drops a token that WeCom refused, unless it has been replaced meanwhile.
    async fn forget_token(&self, failed: &str) -> Result<(), Error> {
        self.tokens.set(None);
        self.store.forget_token(&self.corp.agent_id.to_string(), failed).await?;
        Ok(())
    }
}

/// May the call have had its effect? Also "busy" may hide one; what was never sent has none, nor what lacked a token.
pub(crate) fn is_doubtful(error: &wecom::Error) -> bool {
    let busy = error.class() == wecom::Class::Transient && error.code().is_some();
    error.api() != "gettoken" && (error.is_ambiguous() || busy)
}

/// What WeCom would answer again.
fn refused_before(code: i64) -> wecom::Error {
    wecom::Error::Refused { api: "gettoken", code, class: wecom::Class::Never, hint: None, from_ip: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_may_hide_an_effect_but_not_of_a_call_that_lacked_its_token() {
        let busy = |api| {
            let class = wecom::Class::Transient;
            is_doubtful(&wecom::Error::Refused { api, code: -1, class, hint: None, from_ip: None })
        };
        assert!(busy("message/send"));
        assert!(!busy("gettoken"));
        assert!(!is_doubtful(&wecom::Error::NotSent { api: "message/send", reason: "refused".into() }));
        assert!(is_doubtful(&wecom::Error::Ambiguous { api: "message/send", reason: "timed out".into() }));
    }
}
