//! The caller of a request, and what they see.

use app::Origin;
use axum::{extract::FromRequestParts, http::request::Parts};
use domain::{
    Actor, File, StaffId,
    playbook::{Role, Sight},
};

use super::need::{Area, Scopes};
use crate::{
    Api,
    problem::{Code, Problem},
};

/// What the journal calls the admin token's holder.
pub(super) const ADMIN: &str = "admin";

/// Who asks. Only [`super::require`] makes one.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// What they may do.
    pub(crate) role: Role,
    /// The staff member who is signed in, or in whose name a token acts or a manager reads (`?userid=`).
    pub(crate) staff: Option<StaffId>,
    /// How they are let in.
    pub(crate) credential: Credential,
    pub(super) scopes: Scopes,
    sight: Sight,
    origin: Origin,
}

/// What somebody is let in by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// `STEPWISE_ADMIN_TOKEN`.
    AdminToken,
    /// An API token.
    Token {
        /// Its id.
        id: String,
        /// Its name.
        name: String,
    },
    /// A session.
    Session {
        /// Whose.
        userid: StaffId,
        /// Its id: the hash of the secret.
        id: String,
        /// What a changing request has to bring along.
        csrf: String,
    },
}

impl Caller {
    pub(super) fn new(
        role: Role,
        staff: Option<StaffId>,
        credential: Credential,
        scopes: Scopes,
        sight: Sight,
        origin: Origin,
    ) -> Self {
        Self { role, staff, credential, scopes, sight, origin }
    }

    /// As the journal names them.
    pub(crate) fn actor(&self) -> Actor {
        match (&self.staff, &self.credential) {
            (Some(userid), _) => Actor::Staff { userid: userid.clone() },
            (None, Credential::Token { name, .. }) => Actor::Operator { name: name.clone() },
            (None, _) => Actor::Operator { name: ADMIN.to_owned() },
        }
    }

    /// Where the request comes from, for the audit.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// May they read this customer?
    pub(crate) fn sees(&self, file: &File) -> bool {
        self.sight.reaches(file)
    }

    /// Does their credential reach this, whatever their role?
    pub(crate) fn may_write(&self, area: Area) -> bool {
        self.scopes.allow(area, true)
    }

    /// Whose customers they see.
    pub(crate) fn sight(&self) -> &Sight {
        &self.sight
    }

    /// May they read what this colleague says and does?
    pub(crate) fn sees_staff(&self, userid: &StaffId) -> bool {
        self.sight.reaches_staff(userid)
    }

    /// May they read what this colleague has to do? Who acts in somebody's name is as that person.
    pub(crate) fn reads_tasks_of(&self, owner: &StaffId) -> bool {
        match (&self.staff, &self.credential) {
            (None, _) => true,
            (Some(staff), Credential::Session { .. }) => staff == owner || self.sees_staff(owner),
            (Some(staff), _) => staff == owner,
        }
    }

    /// May they say that it was sent? Only who sends it, or a script that names nobody.
    pub(crate) fn sends_for(&self, owner: &StaffId) -> bool {
        self.staff.as_ref().is_none_or(|staff| staff == owner)
    }

    /// May they drop it? Who has it, and who leads them.
    pub(crate) fn drops_for(&self, owner: &StaffId) -> bool {
        self.sends_for(owner) || (self.role >= Role::Manager && self.reads_tasks_of(owner))
    }

    /// Tells senders of requests apart.
    pub(crate) fn identity(&self) -> String {
        let by = match &self.credential {
            Credential::AdminToken => "admin".to_owned(),
            Credential::Token { id, .. } => format!("token {id}"),
            Credential::Session { userid, .. } => format!("staff {userid}"),
        };
        match (&self.staff, &self.credential) {
            (Some(staff), Credential::AdminToken | Credential::Token { .. }) => format!("{by} as {staff}"),
            _ => by,
        }
    }
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        // A route outside the gate asks for a caller: refuse rather than guess.
        let found = parts.extensions.get::<Self>().cloned();
        found.ok_or_else(|| Problem::new(Code::Unauthorized, "sign in, or send a token"))
    }
}
