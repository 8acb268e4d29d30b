//! One access token per secret for all instances: cached here, kept in the store, fetched by whoever holds the lease.

use std::{
    future::Future,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::Timestamp;
use wecom::AccessToken;

use crate::{App, Error};

/// A token is renewed so long before it ends.
const EARLY_SECONDS: i64 = 300;
const LEASE_SECONDS: i64 = 20;
const LEASE: &str = "wecom-token";
/// Transient refusals are tried so often within one invocation.
const TRIES: u32 = 3;

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
    /// Makes a call with the current token: a stale token is renewed once, a busy platform is asked again.
    pub(crate) async fn call<T, F, R>(&self, call: F) -> Result<T, Error>
    where
        F: Fn(AccessToken) -> R,
        R: Future<Output = Result<T, wecom::Error>>,
    {
        self.call_up_to(TRIES, call).await
    }

    /// The same for a call that must not be repeated unnoticed: "busy" may hide an effect.
    pub(crate) async fn call_once<T, F, R>(&self, call: F) -> Result<T, Error>
    where
        F: Fn(AccessToken) -> R,
        R: Future<Output = Result<T, wecom::Error>>,
    {
        self.call_up_to(1, call).await
    }

    async fn call_up_to<T, F, R>(&self, most: u32, call: F) -> Result<T, Error>
    where
        F: Fn(AccessToken) -> R,
        R: Future<Output = Result<T, wecom::Error>>,
    {
        let mut renewed = false;
        let mut tries = 0;
        loop {
            let token = Box::pin(self.access_token()).await?;
            match Box::pin(call(AccessToken::new(token.clone()))).await {
                Ok(answer) => return Ok(answer),
                Err(error) if error.is_ambiguous() => return Err(error.into()),
                Err(error) if error.class() == wecom::Class::Token && !renewed => {
                    renewed = true;
                    self.forget_token(&token).await?;
                }
                Err(error) if error.class() == wecom::Class::Transient && tries + 1 < most => {
                    tries += 1;
                    self.clock.pause(Duration::from_millis(u64::from(tries) * 150)).await;
                }
                Err(error) => return Err(error.into()),
            }
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
        let granted = self.wecom.get_token(&self.corp.corp_id, self.corp.secret.expose()).await?;
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
