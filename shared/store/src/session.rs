//! Sessions: who is signed in. Kept by the hash of their secret, so that whoever reads the table cannot sign in.

use domain::{StaffId, Timestamp};

use crate::{
    AuditEntry, Error, Store,
    attributes::{Item, get_number, get_text, item, key, number, text},
    audit::delete_present,
    commit::{Condition, put},
    error::sort,
};

/// Nobody has more at a time; the oldest gives way.
const MAX_OF_ONE: usize = 20;

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub userid: StaffId,
    /// Hash of the secret, and the name by which the session can be ended: it lets nobody in.
    pub id: String,
    /// How they signed in: `wecom` or `dev`.
    pub means: String,
    /// When.
    pub created_at: Timestamp,
    /// It ends then.
    pub expires_at: Timestamp,
    /// The address they came from.
    pub ip: String,
    /// What browser they used, shortened.
    pub agent: String,
}

fn partition(userid: &StaffId) -> String {
    format!("SESSION#{userid}")
}

fn read(item: &Item) -> Result<Session, Error> {
    let userid = get_text(item, "pk")?.strip_prefix("SESSION#").map(StaffId::from);
    Ok(Session {
        userid: userid.ok_or_else(|| Error::unreadable("a session", "not a session's key"))?,
        id: get_text(item, "sk")?.to_owned(),
        means: get_text(item, "means")?.to_owned(),
        created_at: Timestamp::from_ms(get_number(item, "created_at")?),
        expires_at: Timestamp::from_ms(get_number(item, "expires_at")?),
        ip: get_text(item, "ip")?.to_owned(),
        agent: get_text(item, "agent")?.to_owned(),
    })
}

impl Store {
    /// Begins a session, and tells the audit.
    pub async fn put_session(&self, session: &Session, audit: &AuditEntry) -> Result<(), Error> {
        let mut others = self.sessions(&session.userid, session.created_at).await?;
        others.sort_by_key(|other| std::cmp::Reverse(other.created_at));
        for oldest in others.into_iter().skip(MAX_OF_ONE - 1) {
            self.end_session(&oldest.userid, &oldest.id, None).await?;
        }
        let kept = item(
            partition(&session.userid),
            &session.id,
            [
                ("means", text(&session.means)),
                ("created_at", number(session.created_at.ms())),
                ("expires_at", number(session.expires_at.ms())),
                ("ip", text(&session.ip)),
                ("agent", text(&session.agent)),
                ("ttl", number(session.expires_at.plus_days(1).secs())),
            ],
        );
        let begun = put(&self.names.hot, kept, Condition::Absent)?;
        match self.write_audited(begun, Some(audit)).await? {
            true => Ok(()),
            false => Err(Error::LostRace("a session")),
        }
    }

    /// The session, unless it has ended.
    pub async fn session(
        &self,
        userid: &StaffId,
        id: &str,
        now: Timestamp,
    ) -> Result<Option<Session>, Error> {
        let request = self.client.get_item().table_name(&self.names.hot).consistent_read(true);
        let found = Box::pin(request.set_key(Some(key(partition(userid), id))).send()).await;
        let found = found.map_err(|e| sort("GetItem", e))?.item.as_ref().map(read).transpose()?;
        Ok(found.filter(|session| session.expires_at > now))
    }

    /// All live sessions of one staff member, at most a few.
    pub async fn sessions(&self, userid: &StaffId, now: Timestamp) -> Result<Vec<Session>, Error> {
        let query = self
            .client
            .query()
            .table_name(&self.names.hot)
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(partition(userid)));
        let mut pages = query.into_paginator().items().send();
        let mut live = Vec::new();
        while let Some(item) = pages.next().await {
            let session = read(&item.map_err(|e| sort("Query", e))?)?;
            if session.expires_at > now {
                live.push(session);
            }
        }
        Ok(live)
    }

    /// Ends a session; the audit is told if somebody did it. `false`: there was none.
    pub async fn end_session(
        &self,
        userid: &StaffId,
        id: &str,
        audit: Option<&AuditEntry>,
    ) -> Result<bool, Error> {
        let gone = delete_present(&self.names.hot, key(partition(userid), id))?;
        self.write_audited(gone, audit).await
    }
}
