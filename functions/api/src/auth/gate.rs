//! Credentials: the admin token, API tokens, sessions.

use app::{Origin, Via, config::Secret};
use axum::{
    extract::Query,
    http::{HeaderMap, header, request::Parts},
};
use domain::{
    StaffId,
    playbook::{Role, Sight},
};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{
    attempts::Attempt,
    caller::{Caller, Credential},
    cookie::Jar,
    csrf,
    need::Scopes,
    session::SessionSecret,
};
use crate::{
    Api, address,
    frame::RequestId,
    problem::{Code, Problem},
};

/// API tokens begin so: `sw_<id>_<secret>`. Scanners that look for leaked secrets know them by it.
pub(super) const TOKEN_PREFIX: &str = "sw_";

/// The audit tells sessions apart by so much of their ids.
const SHOWN_OF_SESSION: usize = 12;

/// Whose tasks a manager may read as they read them: `?userid=`.
const TASKS: &str = "/tasks";
/// A shorter admin token can be guessed.
const SOUND_TOKEN_CHARS: usize = 20;

/// Knows the admin token, as a hash.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    admin: Option<[u8; 32]>,
}

impl Gate {
    pub(crate) fn new(admin: Option<&Secret>) -> Self {
        let usable = admin.filter(|token| !token.expose().is_empty());
        if usable.is_some_and(|token| token.expose().len() < SOUND_TOKEN_CHARS) {
            tracing::warn!("STEPWISE_ADMIN_TOKEN is short enough to be guessed: take 32 random characters");
        }
        Self { admin: usable.map(|token| hash(token.expose())) }
    }

    /// Compares hashes, so that the time taken says nothing about the token.
    fn is_admin(&self, token: &str) -> bool {
        self.admin.is_some_and(|admin| bool::from(hash(token).ct_eq(&admin)))
    }
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// As it is kept of an API token's or a session's secret.
pub(super) fn hexadecimal_hash(secret: &str) -> String {
    hex::encode(hash(secret))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Who asks.
pub(super) async fn caller(api: &Api, parts: &mut Parts) -> Result<Caller, Problem> {
    if parts.headers.contains_key(header::AUTHORIZATION) {
        return match by_token(api, parts).await? {
            Some(caller) => Ok(caller),
            None => Err(api.failed_attempt(Attempt::Token, parts, unknown("the token is not valid")).await),
        };
    }
    match by_session(api, parts).await? {
        Some(caller) => Ok(caller),
        None => Err(unknown("sign in, or send Authorization: Bearer with a valid token")),
    }
}

fn unknown(detail: &str) -> Problem {
    Problem::new(Code::Unauthorized, detail)
}

async fn by_token(api: &Api, parts: &Parts) -> Result<Option<Caller>, Problem> {
    let Some(given) = bearer(&parts.headers) else { return Ok(None) };
    let (credential, scopes) = if api.gate.is_admin(given) {
        (Credential::AdminToken, Scopes::All)
    } else {
        let Some(token) = api.known_token(given).await? else { return Ok(None) };
        (Credential::Token { id: token.id, name: token.name }, Scopes::Only(token.scopes))
    };
    let (staff, origin) = (named(parts)?, api.origin(parts, &credential));
    // Whoever acts in somebody's name sees what they see.
    let sight = match &staff {
        Some(staff) => Sight::of(staff, &*api.app.playbook().await?),
        None => Sight::Corp,
    };
    Ok(Some(Caller::new(Role::Admin, staff, credential, scopes, sight, origin)))
}

async fn by_session(api: &Api, parts: &Parts) -> Result<Option<Caller>, Problem> {
    let Some(given) = api.cookies.read(&parts.headers, Jar::Session) else { return Ok(None) };
    let Some(SessionSecret { userid, secret }) = SessionSecret::parse(&given) else { return Ok(None) };
    let now = api.app.clock.now();
    let Some(session) = api.app.store.session(&userid, &hexadecimal_hash(&secret), now).await? else {
        return Ok(None);
    };
    let book = api.app.playbook().await?;
    // Whoever left the corp is out at once.
    let Some(staff) = book.staff.get(&userid).filter(|staff| staff.is_with_us()) else { return Ok(None) };
    let csrf = csrf::token(&secret);
    csrf::check(parts, &csrf, &api.app.corp.public_url)?;
    let sight = Sight::of(&userid, &book);
    let reads_as = named(parts)?.filter(|named| *named != userid);
    let reads_tasks = parts.method.is_safe() && parts.uri.path().starts_with(TASKS);
    if reads_as.as_ref().is_some_and(|other| !reads_tasks || !sight.reaches_staff(other)) {
        return Err(Problem::new(Code::Forbidden, "nobody acts in the name of a colleague"));
    }
    let credential = Credential::Session { userid: userid.clone(), id: session.id, csrf };
    let staff_id = reads_as.unwrap_or(userid);
    let origin = api.origin(parts, &credential);
    Ok(Some(Caller::new(staff.role, Some(staff_id), credential, Scopes::All, sight, origin)))
}

#[derive(Deserialize)]
struct InTheNameOf {
    userid: Option<String>,
}

/// `?userid=`
fn named(parts: &Parts) -> Result<Option<StaffId>, Problem> {
    let Query(InTheNameOf { userid }) = Query::try_from_uri(&parts.uri)
        .map_err(|_| Problem::new(Code::BadRequest, "the query string could not be read"))?;
    userid.map(|userid| address::staff(&userid, "/userid")).transpose()
}

impl Api {
    /// Where a request with this credential comes from.
    pub(super) fn origin(&self, parts: &Parts, credential: &Credential) -> Origin {
        let (via, credential) = match credential {
            Credential::AdminToken => (Via::AdminToken, None),
            Credential::Token { id, .. } => (Via::Token, Some(id.clone())),
            Credential::Session { id, .. } => {
                (Via::Session, Some(id.chars().take(SHOWN_OF_SESSION).collect()))
            }
        };
        Origin {
            via,
            credential,
            ip: self.addresses.of(parts).map(|ip| ip.to_string()),
            request_id: parts.extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())])
    }

    #[test]
    fn only_the_whole_token_opens() {
        let gate = Gate::new(Some(&Secret::new("s3cret-token")));
        let lets_in = |value: &str| bearer(&headers(value)).is_some_and(|token| gate.is_admin(token));
        assert!(lets_in("Bearer s3cret-token"));
        assert!(lets_in("bearer s3cret-token"));
        for wrong in
            ["Bearer s3cret", "Bearer s3cret-token2", "Basic s3cret-token", "s3cret-token", "Bearer "]
        {
            assert!(!lets_in(wrong), "{wrong}");
        }
    }

    #[test]
    fn without_a_configured_token_none_is_valid() {
        for gate in [Gate::new(None), Gate::new(Some(&Secret::new("")))] {
            assert!(!gate.is_admin(""));
            assert!(!gate.is_admin("x"));
        }
    }
}
