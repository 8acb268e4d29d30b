//! Leases, and the access token that is fetched under one.

use domain::Timestamp;

use crate::{
    Error, Store,
    attributes::{get_number, get_text, item, key, number, text},
    error::{condition_failed, sort},
};

/// An access token as all instances share it.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredToken {
    /// The token. Never shown: this has no `Debug`.
    pub token: String,
    /// A new one is fetched from then on, while this is still good.
    pub renew_at: Timestamp,
    /// It is no good from then on.
    pub expires_at: Timestamp,
}

struct Refusal {
    credentials: String,
    code: i64,
    /// How often in a row.
    times: u32,
    until: Timestamp,
}

impl Store {
    /// Takes or renews the lease `name` until `until`. `false`: somebody else holds it.
    pub async fn lease(
        &self,
        name: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, Error> {
        let lease = item(
            format!("LEASE#{name}"),
            "-",
            [
                ("holder", text(holder)),
                ("until", number(until.ms())),
                ("ttl", number(until.plus_days(1).secs())),
            ],
        );
        let request = self
            .client
            .put_item()
            .table_name(&self.names.hot)
            .set_item(Some(lease))
            .condition_expression("attribute_not_exists(pk) OR #until < :now OR holder = :holder")
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":now", number(now.ms()))
            .expression_attribute_values(":holder", text(holder));
        match Box::pin(request.send()).await {
            Ok(_) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(sort("PutItem", error)),
        }
    }

    /// Gives the lease back, if it is still ours.
    pub async fn release(&self, name: &str, holder: &str) -> Result<(), Error> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.names.hot)
            .set_key(Some(key(format!("LEASE#{name}"), "-")))
            .condition_expression("holder = :holder")
            .expression_attribute_values(":holder", text(holder));
        match Box::pin(request.send()).await {
            Ok(_) => Ok(()),
            Err(error) if condition_failed(&error) => Ok(()),
            Err(error) => Err(sort("DeleteItem", error)),
        }
    }

    /// The stored access token of an app.
    pub async fn token(&self, app: &str) -> Result<Option<StoredToken>, Error> {
        let request = self.client.get_item().table_name(&self.names.hot).consistent_read(true);
        let request = request.set_key(Some(key(format!("TOKEN#{app}"), "-")));
        let found = Box::pin(request.send()).await;
        let Some(item) = found.map_err(|e| sort("GetItem", e))?.item else { return Ok(None) };
        Ok(Some(StoredToken {
            token: get_text(&item, "token")?.to_owned(),
            renew_at: Timestamp::from_ms(get_number(&item, "renew_at").unwrap_or(0)),
            expires_at: Timestamp::from_ms(get_number(&item, "expires_at")?),
        }))
    }

    /// Is the app being refused a token for now? WeCom's code. `credentials` stands for corp and secret: other ones are
    /// tried at once.
    pub async fn token_refused(
        &self,
        app: &str,
        credentials: &str,
        now: Timestamp,
    ) -> Result<Option<i64>, Error> {
        let refused = self.refusal(app).await?.filter(|refused| refused.credentials == credentials);
        Ok(refused.filter(|refused| refused.until > now).map(|refused| refused.code))
    }

    /// Notes that the app was refused a token: nobody asks again for a minute, twice as long after each further
    /// refusal, at most ten minutes. Who keeps asking with a wrong secret gets the whole address blocked.
    pub async fn note_token_refused(
        &self,
        app: &str,
        credentials: &str,
        code: i64,
        now: Timestamp,
    ) -> Result<(), Error> {
        let before = self.refusal(app).await?.filter(|refused| refused.credentials == credentials);
        let times = before.map_or(0, |refused| refused.times);
        let until = now.plus_secs(600.min(60_i64.saturating_mul(2_i64.saturating_pow(times))));
        let refused = item(
            format!("TOKEN#{app}"),
            "refused",
            [
                ("credentials", text(credentials)),
                ("code", number(code)),
                ("times", number(times.saturating_add(1).min(10))),
                ("until", number(until.ms())),
                ("ttl", number(until.plus_secs(3600).secs())),
            ],
        );
        // Only the holder of the token's lease gets here, so the later word counts.
        let put = self.client.put_item().table_name(&self.names.hot).set_item(Some(refused));
        let put = put
            .condition_expression(
                "attribute_not_exists(pk) OR #until <= :until OR credentials <> :credentials",
            )
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":credentials", text(credentials))
            .expression_attribute_values(":until", number(until.ms()));
        match Box::pin(put.send()).await {
            Ok(_) => Ok(()),
            Err(error) if condition_failed(&error) => Ok(()),
            Err(error) => Err(sort("PutItem", error)),
        }
    }

    async fn refusal(&self, app: &str) -> Result<Option<Refusal>, Error> {
        let request = self.client.get_item().table_name(&self.names.hot).consistent_read(true);
        let request = request.set_key(Some(key(format!("TOKEN#{app}"), "refused")));
        let found = Box::pin(request.send()).await;
        let Some(item) = found.map_err(|e| sort("GetItem", e))?.item else { return Ok(None) };
        Ok(Some(Refusal {
            credentials: get_text(&item, "credentials")?.to_owned(),
            code: get_number(&item, "code")?,
            times: get_number(&item, "times")?,
            until: Timestamp::from_ms(get_number(&item, "until")?),
        }))
    }

    /// Stores a fresh token, unless a later one is there. WeCom may grant the same one again: then its new times count.
    pub async fn put_token(&self, app: &str, fresh: &StoredToken) -> Result<(), Error> {
        let StoredToken { token, renew_at, expires_at } = fresh;
        let fresh = item(
            format!("TOKEN#{app}"),
            "-",
            [
                ("token", text(token)),
                ("renew_at", number(renew_at.ms())),
                ("expires_at", number(expires_at.ms())),
                ("ttl", number(expires_at.secs())),
            ],
        );
        let request = self
            .client
            .put_item()
            .table_name(&self.names.hot)
            .set_item(Some(fresh))
            .condition_expression("attribute_not_exists(pk) OR expires_at <= :at OR #token = :token")
            .expression_attribute_names("#token", "token")
            .expression_attribute_values(":token", text(token))
            .expression_attribute_values(":at", number(expires_at.ms()));
        match Box::pin(request.send()).await {
            Ok(_) => Ok(()),
            Err(error) if condition_failed(&error) => Ok(()),
            Err(error) => Err(sort("PutItem", error)),
        }
    }

    /// Removes the stored token if it is still `failed`.
    pub async fn forget_token(&self, app: &str, failed: &str) -> Result<(), Error> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.names.hot)
            .set_key(Some(key(format!("TOKEN#{app}"), "-")))
            .condition_expression("#token = :failed")
            .expression_attribute_names("#token", "token")
            .expression_attribute_values(":failed", text(failed));
        match Box::pin(request.send()).await {
            Ok(_) => Ok(()),
            Err(error) if condition_failed(&error) => Ok(()),
            Err(error) => Err(sort("DeleteItem", error)),
        }
    }
}
