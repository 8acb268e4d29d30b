//! The corp's apps: with which secret they come, from where, whom they see, what they may call.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Staff, Tickets, Tokens, World};
use crate::config::Config;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// 自建应用.
    #[default]
    SelfBuilt,
    /// 通讯录同步: the directory and nothing else.
    ContactsSync,
}

/// One app with what belongs to it alone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct App {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// `None`: the configuration has it.
    pub(crate) secret: Option<String>,
    /// On 客户联系's list 可调用接口的应用.
    pub(crate) callable: bool,
    /// Made before 2022-06-20: sees gender and mobile of members.
    pub(crate) legacy: bool,
    /// Addresses that may call; `None`: any, as for an app made before the list came in.
    pub(crate) trusted_ips: Option<BTreeSet<String>>,
    /// Hosts (`host` or `host:port`) that people may be sent back to; `None`: any loopback address.
    pub(crate) trusted_domains: Option<BTreeSet<String>>,
    /// Whom it sees; `None`: everybody.
    pub(crate) range: Option<Range>,
    pub(crate) tokens: Tokens,
    pub(crate) tickets: Tickets,
}

/// A visible range (可见范围).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Range {
    /// Lower-case userids.
    pub(crate) users: BTreeSet<String>,
    /// Departments, with all below them.
    pub(crate) departments: BTreeSet<u64>,
}

impl Default for App {
    fn default() -> Self {
        Self {
            name: "Stepwise".to_owned(),
            kind: Kind::SelfBuilt,
            secret: None,
            callable: true,
            legacy: false,
            trusted_ips: None,
            trusted_domains: None,
            range: None,
            tokens: Tokens::default(),
            tickets: Tickets::default(),
        }
    }
}

/// The configured app, whose callbacks are delivered, and others.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Apps {
    configured: App,
    others: BTreeMap<u64, App>,
}

impl Apps {
    pub(crate) fn configured(&self) -> &App {
        &self.configured
    }

    pub(crate) fn get(&self, agent_id: u64, config: &Config) -> Option<&App> {
        if agent_id == config.agent_id { Some(&self.configured) } else { self.others.get(&agent_id) }
    }

    pub(crate) fn get_mut(&mut self, agent_id: u64, config: &Config) -> Option<&mut App> {
        if agent_id == config.agent_id { Some(&mut self.configured) } else { self.others.get_mut(&agent_id) }
    }

    /// Another app beside the configured one.
    pub(crate) fn add(&mut self, agent_id: u64, app: App) {
        self.others.insert(agent_id, app);
    }

    /// All apps by agent id, the configured one first.
    pub(crate) fn iter(&self, config: &Config) -> impl Iterator<Item = (u64, &App)> {
        let others = self.others.iter().map(|(id, app)| (*id, app));
        std::iter::once((config.agent_id, &self.configured)).chain(others)
    }

    /// Whose secret this is.
    pub(crate) fn by_secret(&self, secret: &str, config: &Config) -> Option<u64> {
        let of = |app: &App| app.secret.as_deref().unwrap_or(&config.secret) == secret;
        self.iter(config).find(|(_, app)| of(app)).map(|(id, _)| id)
    }

    /// Whose token this is; the code that a call with it is refused with.
    pub(crate) fn by_token(&self, token: &str, now_ms: i64, config: &Config) -> Result<u64, i64> {
        for (id, app) in self.iter(config) {
            match app.tokens.check(token, now_ms) {
                Ok(()) => return Ok(id),
                Err(40014) => {}
                Err(code) => return Err(code),
            }
        }
        Err(40014)
    }
}

impl World {
    /// Whether the member is in the app's visible range.
    pub(crate) fn sees(&self, app: &App, staff: &Staff) -> bool {
        let Some(range) = &app.range else {
            return true;
        };
        range.users.contains(&staff.userid.to_ascii_lowercase())
            || staff.departments.iter().any(|id| self.sees_department(app, *id))
    }

    /// Whether the department is in the app's visible range.
    pub(crate) fn sees_department(&self, app: &App, id: u64) -> bool {
        let Some(range) = &app.range else {
            return true;
        };
        range.departments.iter().any(|ancestor| self.departments.is_within(id, *ancestor))
    }

    /// Whether the configured app is told what happens between this member and customers: the member
    /// serves customers and is in its visible range, and the app is one that may call 客户联系.
    pub(crate) fn is_told_of(&self, userid: &str) -> bool {
        let app = self.apps.configured();
        app.callable && self.member(userid).is_some_and(|staff| staff.serves() && self.sees(app, staff))
    }
}
