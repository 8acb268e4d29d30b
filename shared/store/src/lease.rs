//! Leases, and the access token that is fetched under one.

use domain::Timestamp;

use crate::{
    Error, Store,
    attributes::{get_number, get_text, item, key, number, text},
    error::{condition_failed, sort},
};

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

    /// The stored access token of an app: (token, when it expires).
    pub async fn token(&self, app: &str) -> Result<Option<(String, Timestamp)>, Error> {
        let request = self.client.get_item().table_name(&self.names.hot).consistent_read(true);
        let request = request.set_key(Some(key(format!("TOKEN#{app}"), "-")));
        let found = Box::pin(request.send()).await;
        let Some(item) = found.map_err(|e| sort("GetItem", e))?.item else { return Ok(None) };
        let expires_at = Timestamp::from_ms(get_number(&item, "expires_at")?);
        Ok(Some((get_text(&item, "token")?.to_owned(), expires_at)))
    }

    /// Stores a fresh token, unless a later one is there.
    pub async fn put_token(&self, app: &str, token: &str, expires_at: Timestamp) -> Result<(), Error> {
        let fresh = item(
            format!("TOKEN#{app}"),
            "-",
            [
                ("token", text(token)),
                ("expires_at", number(expires_at.ms())),
                ("ttl", number(expires_at.secs())),
            ],
        );
        let request = self
            .client
            .put_item()
            .table_name(&self.names.hot)
            .set_item(Some(fresh))
            .condition_expression("attribute_not_exists(pk) OR expires_at <= :at")
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
