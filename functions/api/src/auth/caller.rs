//! The caller of a request, and what they see.

use std::collections::BTreeSet;

use app::Origin;
use axum::{extract::FromRequestParts, http::request::Parts};
use domain::{Actor, File, Playbook, StaffId, playbook::Role};

use super::need::Scopes;
use crate::{
    Api,
    problem::{Code, Problem},
};

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

/// Whose customers somebody sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Everybody's.
    Corp,
    /// Those who are friends with one of these, or were.
    Led(BTreeSet<StaffId>),
    /// Those who are friends with this staff member now.
    Own(StaffId),
}

impl Sight {
    /// What a staff member sees.
    pub(crate) fn of(userid: &StaffId, book: &Playbook) -> Self {
        match book.staff.get(userid) {
            Some(staff) if staff.role == Role::Admin => Self::Corp,
            Some(staff) if staff.role == Role::Manager => {
                let mut led = book.staff_led_by(staff);
                led.insert(userid.clone());
                Self::Led(led)
            }
            _ => Self::Own(userid.clone()),
        }
    }

    /// Tells lists apart that are read in different ways.
    pub(crate) fn kind(&self) -> String {
        match self {
            Self::Corp => "corp".to_owned(),
            Self::Led(_) => "led".to_owned(),
            Self::Own(own) => format!("own/{own}"),
        }
    }

    /// Does it reach this customer?
    pub(crate) fn reaches(&self, file: &File) -> bool {
        match self {
            Self::Corp => true,
            Self::Led(led) => file.relations.keys().any(|staff| led.contains(staff)),
            Self::Own(own) => file.relations.get(own).is_some_and(domain::Relation::is_open),
        }
    }

    /// Does it reach what this colleague does?
    pub(crate) fn reaches_staff(&self, userid: &StaffId) -> bool {
        match self {
            Self::Corp => true,
            Self::Led(led) => led.contains(userid),
            Self::Own(own) => own == userid,
        }
    }
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
            (None, _) => Actor::Operator { name: "admin".to_owned() },
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

#[cfg(test)]
mod tests {
    use domain::{Relation, Timestamp, file::Side, playbook::Staff};

    use super::*;

    fn file(open: bool) -> File {
        let at = Timestamp::from_secs(1_700_000_000);
        let mut file = File::new("wm1".into());
        let mut relation = Relation::opened(at);
        if !open {
            relation.customer_side = Side::closed(at);
        }
        file.relations.insert("zhang".into(), relation);
        file
    }

    fn book() -> Playbook {
        let mut book = Playbook::default();
        let mut put = |userid: &str, role, departments: &[u64], manages: &[u64]| {
            let staff = Staff {
                role,
                departments: departments.iter().copied().collect(),
                manages: manages.iter().copied().collect(),
                ..Staff::named(userid.into(), userid)
            };
            book.staff.insert(userid.into(), staff);
        };
        put("boss", Role::Admin, &[1], &[]);
        put("lead", Role::Manager, &[2], &[2]);
        put("other", Role::Manager, &[3], &[3]);
        put("zhang", Role::Operator, &[2], &[]);
        put("li", Role::Operator, &[2], &[]);
        book
    }

    #[test]
    fn friends_see_their_customer_managers_their_departments_and_admins_all() {
        let book = book();
        let sees = |userid: &str, open| Sight::of(&userid.into(), &book).reaches(&file(open));
        for (userid, open, lost) in [
            ("boss", true, true),
            ("lead", true, true),
            ("other", false, false),
            ("zhang", true, false),
            ("li", false, false),
            ("stranger", false, false),
        ] {
            assert_eq!((sees(userid, true), sees(userid, false)), (open, lost), "{userid}");
        }
    }
}
