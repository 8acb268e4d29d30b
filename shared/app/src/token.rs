//! One access token per secret for all instances: cached here, kept in the store, fetched by whoever holds the lease.

use std::{
    future::Future,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::Timestamp;
use wecom::AccessToken;

use crate::{App, Error, budget::Lane};

/// A token is renewed so long before it ends.
const EARLY_SECONDS: i64 = 300;
const LEASE_SECONDS: i64 = 20;
const LEASE: &str = "wecom-token";
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
    current: Mutex<Option<(String, Timestamp)>>,
}

impl TokenCache {
    fn get(&self) -> Option<(String, Timestamp)> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, token: Option<(String, Timestamp)>) {
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
            match Box::pin(call(client, AccessToken::new(token.clone()))).await {
                Ok(answer) => break Ok(answer),
                Err(error) if error.class() == wecom::Class::Token && !renewed => {
                    renewed = true;
                    if let Err(error) = self.forget_token(&token).await {
                        break Err(error);
                    }
                }
                Err(error) if error.class() == wecom::Class::RateLimit => {
                    self.limited(&error).await;
                    break Err(error.into());
                }
                Err(error) => {
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
        if error.class() == wecom::Class::RateLimit && error.code().is_some() {
            self.budget.blocked(error.api()).await;
        }
    }

    pub(crate) async fn access_token(&self) -> Result<String, Error> {
        for _ in 0..20 {
            let now = self.clock.now();
            let fresh = |(_, expires_at): &(String, Timestamp)| *expires_at > now.plus_secs(EARLY_SECONDS);
            if let Some((token, _)) = self.tokens.get().filter(fresh) {
                return Ok(token);
            }
            let app = self.corp.agent_id.to_string();
            let stored = self.store.token(&app).await?;
            if let Some((token, expires_at)) = stored.clone().filter(fresh) {
                self.tokens.set(Some((token.clone(), expires_at)));
                return Ok(token);
            }
            let holder = self.attempt_token();
            if self.store.lease(LEASE, &holder, now, now.plus_secs(LEASE_SECONDS)).await? {
                let fetched = self.fetch_token(&app).await;
                self.store.release(LEASE, &holder).await?;
                return fetched;
            }
            // Somebody else renews it; the old one is still good for a while.
            if let Some((token, _)) = stored.filter(|(_, expires_at)| *expires_at > now.plus_secs(10)) {
                return Ok(token);
            }
            self.clock.pause(Duration::from_millis(200)).await;
        }
        Err(Error::Crowded { tries: 20 })
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
        let expires_at = self.clock.now().plus_secs(seconds);
        self.store.put_token(app, &token, expires_at).await?;
        self.tokens.set(Some((token.clone(), expires_at)));
        Ok(token)
    }

    /// Drops a token that WeCom refused, unless it has been replaced meanwhile.
    async fn forget_token(&self, failed: &str) -> Result<(), Error> {
        self.tokens.set(None);
        self.store.forget_token(&self.corp.agent_id.to_string(), failed).await?;
        Ok(())
    }
}

/// May the call have had its effect? Also "busy" may hide one; what was never sent has none.
pub(crate) fn is_doubtful(error: &wecom::Error) -> bool {
    error.is_ambiguous() || (error.class() == wecom::Class::Transient && error.code().is_some())
}

/// What WeCom would answer again.
fn refused_before(code: i64) -> wecom::Error {
    wecom::Error::Refused { api: "gettoken", code, class: wecom::Class::Never, hint: None, from_ip: None }
}
