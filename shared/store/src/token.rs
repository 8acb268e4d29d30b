//! API tokens (访问令牌) for scripts and other programs. What is kept of one lets nobody in: a hash of its secret.

use std::collections::BTreeSet;

use domain::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AuditEntry, Error, Store,
    attributes::{document, get_document, get_number, item, key, number},
    audit::delete_present,
    commit::{Condition, put},
    error::{condition_failed, sort},
};

const PARTITION: &str = "TOKENS";

/// An API token as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// Names it, in the token itself too.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// SHA-256 of the secret, hexadecimal.
    pub hash: String,
    /// What it may do: `<area>:read`, `<area>:write`.
    pub scopes: BTreeSet<String>,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// It is no good from then on.
    pub expires_at: Timestamp,
    /// When it was last used, to the hour.
    #[serde(skip)]
    pub used_at: Option<Timestamp>,
}

fn read(item: &crate::attributes::Item) -> Result<ApiToken, Error> {
    let token: ApiToken = get_document(item, "doc")?;
    let used_at = get_number(item, "used_at").ok().map(Timestamp::from_ms);
    Ok(ApiToken { used_at, ..token })
}

impl Store {
    /// Keeps a new token, and tells the audit.
    pub async fn put_api_token(&self, token: &ApiToken, audit: &AuditEntry) -> Result<(), Error> {
        let kept = item(PARTITION, &token.id, [("doc", document(token)?)]);
        match self.write_audited(put(&self.names.main, kept, Condition::Absent)?, Some(audit)).await? {
            true => Ok(()),
            false => Err(Error::Exists(token.id.clone())),
        }
    }

    /// A token by its id, expired or not.
    pub async fn api_token(&self, id: &str) -> Result<Option<ApiToken>, Error> {
        let request = self.client.get_item().table_name(&self.names.main).consistent_read(true);
        let found = Box::pin(request.set_key(Some(key(PARTITION, id))).send()).await;
        found.map_err(|e| sort("GetItem", e))?.item.as_ref().map(read).transpose()
    }

    /// All tokens, in order of id.
    pub async fn api_tokens(&self) -> Result<Vec<ApiToken>, Error> {
        let (mut tokens, mut from) = (Vec::new(), None);
        loop {
            let page = self.prefix(PARTITION, "", 200, from.as_ref(), true).await?;
            tokens.extend(page.items.iter().map(read).collect::<Result<Vec<_>, _>>()?);
            from = page.next;
            if from.is_none() {
                return Ok(tokens);
            }
        }
    }

    /// Notes that the token was used, once in an hour.
    pub async fn note_use(&self, token: &ApiToken, now: Timestamp) -> Result<(), Error> {
        if token.used_at.is_some_and(|used_at| now < used_at.plus_mins(60)) {
            return Ok(());
        }
        let request = self
            .client
            .update_item()
            .table_name(&self.names.main)
            .set_key(Some(key(PARTITION, &token.id)))
            .update_expression("SET used_at = :now")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":now", number(now.ms()));
        match Box::pin(request.send()).await {
            Ok(_) => Ok(()),
            Err(error) if condition_failed(&error) => Ok(()),
            Err(error) => Err(sort("UpdateItem", error)),
        }
    }

    /// Ends a token for good, and tells the audit. `false`: there was none.
    pub async fn delete_api_token(&self, id: &str, audit: &AuditEntry) -> Result<bool, Error> {
        self.write_audited(delete_present(&self.names.main, key(PARTITION, id))?, Some(audit)).await
    }
}
