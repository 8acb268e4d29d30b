//! What a route asks of its caller: a role, and of an API token a scope.

use std::collections::BTreeSet;

use axum::{
    extract::Request,
    http::Method,
    middleware::{Next, from_fn},
    response::IntoResponse as _,
};
use domain::playbook::Role;
use serde_json::json;
use utoipa::openapi::{extensions::Extensions, path::Operation, security::SecurityRequirement};
use utoipa_axum::router::OpenApiRouter;

use super::Caller;
use crate::{
    Api,
    problem::{Code, Problem},
};

/// Parts of the API, as tokens' scopes name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Area {
    /// Customers, their cards, timelines and enrollments.
    Customers,
    /// What staff have to do.
    Tasks,
    /// Boards, tags, rules, SOPs, contents, settings.
    Playbook,
    /// Staff and departments.
    Staff,
    /// Long work.
    Jobs,
    /// Audit, tokens, other people's sessions.
    Security,
}

impl Area {
    pub(crate) const ALL: [Self; 6] =
        [Self::Customers, Self::Tasks, Self::Playbook, Self::Staff, Self::Jobs, Self::Security];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Tasks => "tasks",
            Self::Playbook => "playbook",
            Self::Staff => "staff",
            Self::Jobs => "jobs",
            Self::Security => "security",
        }
    }
}

/// What a caller may use.
#[derive(Clone, Debug)]
pub(crate) enum Scopes {
    /// Everything that the role allows.
    All,
    /// Of the API, only these; writing includes reading.
    Only(BTreeSet<String>),
}

impl Scopes {
    /// Every scope that a token may have.
    pub(crate) fn known() -> impl Iterator<Item = String> {
        Area::ALL.into_iter().flat_map(|area| ["read", "write"].map(|access| scope(area, access)))
    }

    /// Do they reach this scope whole?
    pub(crate) fn include(&self, scope: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(only) => {
                let writing = scope.replace(":read", ":write");
                only.contains(scope) || only.contains(&writing)
            }
        }
    }

    pub(super) fn allow(&self, area: Area, writes: bool) -> bool {
        match self {
            Self::All => true,
            Self::Only(only) => {
                only.contains(&scope(area, "write")) || (!writes && only.contains(&scope(area, "read")))
            }
        }
    }
}

fn scope(area: Area, access: &str) -> String {
    format!("{}:{access}", area.name())
}

/// Searches are posted, and change nothing.
const SEARCHES: &str = "/search";

fn writes(method: &Method, path: &str) -> bool {
    !(method.is_safe() || (method == Method::POST && path.ends_with(SEARCHES)))
}

/// Every route of `router` asks for this role, and of a token for `<area>:read` or `<area>:write`. The document says so
/// too.
pub(crate) fn needs(role: Role, area: Area, mut router: OpenApiRouter<Api>) -> OpenApiRouter<Api> {
    for (path, item) in &mut router.get_openapi_mut().paths.paths {
        for (method, operation) in [
            (Method::GET, &mut item.get),
            (Method::POST, &mut item.post),
            (Method::PUT, &mut item.put),
            (Method::PATCH, &mut item.patch),
            (Method::DELETE, &mut item.delete),
        ] {
            if let Some(operation) = operation {
                document(operation, role, &scope(area, if writes(&method, path) { "write" } else { "read" }));
            }
        }
    }
    router.layer(from_fn(move |caller: axum::Extension<Caller>, request: Request, next: Next| async move {
        match check(&caller, role, area, &request) {
            Ok(()) => next.run(request).await,
            Err(problem) => problem.into_response(),
        }
    }))
}

fn check(caller: &Caller, role: Role, area: Area, request: &Request) -> Result<(), Problem> {
    if caller.role < role {
        let detail = format!("this takes the role {}", role_name(role));
        return Err(Problem::new(Code::Forbidden, detail));
    }
    let writes = writes(request.method(), request.uri().path());
    if caller.scopes.allow(area, writes) {
        return Ok(());
    }
    let needed = scope(area, if writes { "write" } else { "read" });
    Err(Problem::new(Code::Forbidden, format!("this takes a token with the scope {needed}")))
}

/// As it is written in JSON.
pub(crate) const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Operator => "operator",
        Role::Manager => "manager",
        Role::Admin => "admin",
    }
}

fn document(operation: &mut Operation, role: Role, scope: &str) {
    let none: [&str; 0] = [];
    let security = vec![SecurityRequirement::new("session", none), SecurityRequirement::new("token", none)];
    operation.security = Some(security);
    let said =
        Extensions::builder().add("x-role", json!(role_name(role))).add("x-scope", json!(scope)).build();
    match &mut operation.extensions {
        Some(extensions) => extensions.merge(said),
        none => *none = Some(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_includes_reading_and_nothing_else() {
        let only = |scope: &str| Scopes::Only(BTreeSet::from([scope.to_owned()]));
        assert!(only("customers:write").allow(Area::Customers, true));
        assert!(only("customers:write").allow(Area::Customers, false));
        assert!(!only("customers:read").allow(Area::Customers, true));
        assert!(only("customers:read").allow(Area::Customers, false));
        assert!(!only("customers:write").allow(Area::Tasks, false));
        assert!(!Scopes::Only(BTreeSet::new()).allow(Area::Customers, false));
    }

    #[test]
    fn a_search_is_posted_and_reads() {
        assert!(!writes(&Method::POST, "/customers/search"));
        assert!(writes(&Method::POST, "/customers/wm1/tags"));
        assert!(!writes(&Method::GET, "/customers/wm1"));
        assert!(writes(&Method::DELETE, "/rules/x"));
    }
}
