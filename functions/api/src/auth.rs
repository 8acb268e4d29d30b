//! Who asks. Everything that decides about it is here: today one bearer token with role admin; sessions and roles
//! will come through the same [`Caller`].

use app::config::Secret;
use axum::{
    extract::{FromRequestParts, Query, Request, State},
    http::{HeaderMap, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use domain::{Actor, StaffId};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::{
    Api, address,
    problem::{Code, Problem},
};

/// What the admin token's holder is called.
const ADMIN: &str = "admin";

/// Knows the valid tokens, as hashes.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    admin: Option<[u8; 32]>,
}

impl Gate {
    pub(crate) fn new(admin: Option<&Secret>) -> Self {
        let usable = admin.filter(|token| !token.expose().is_empty());
        Self { admin: usable.map(|token| Sha256::digest(token.expose().as_bytes()).into()) }
    }

    /// Compares hashes, so that the time taken says nothing about the token.
    fn lets_in(&self, headers: &HeaderMap) -> bool {
        let Some(admin) = &self.admin else { return false };
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some((scheme, token)) = given.and_then(|value| value.split_once(' ')) else { return false };
        let hash: [u8; 32] = Sha256::digest(token.trim().as_bytes()).into();
        scheme.eq_ignore_ascii_case("bearer") && bool::from(hash.ct_eq(admin))
    }
}

/// Marks a request as let in; only [`require`] makes one.
#[derive(Clone, Copy, Debug)]
struct LetIn;

/// Lets nobody in without a valid token.
pub(crate) async fn require(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    if !api.gate.lets_in(request.headers()) {
        let detail = "send Authorization: Bearer with a valid token";
        return Problem::new(Code::Unauthorized, detail).into_response();
    }
    request.extensions_mut().insert(LetIn);
    next.run(request).await
}

/// Who asks, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The staff member in whose name the admin token acts (`?userid=`).
    pub(crate) staff: Option<StaffId>,
}

impl Caller {
    /// As the journal names them.
    pub(crate) fn actor(&self) -> Actor {
        match &self.staff {
            Some(userid) => Actor::Staff { userid: userid.clone() },
            None => Actor::Operator { name: ADMIN.to_owned() },
        }
    }
}

#[derive(Deserialize)]
struct ActingAs {
    userid: Option<String>,
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        if parts.extensions.get::<LetIn>().is_none() {
            // A route outside the gate asks for a caller: refuse rather than guess.
            return Err(Problem::new(Code::Unauthorized, "a token is needed"));
        }
        let Query(ActingAs { userid }) = Query::try_from_uri(&parts.uri)
            .map_err(|_| Problem::new(Code::BadRequest, "the query string could not be read"))?;
        let staff = userid.map(|userid| address::staff(&userid, "/userid")).transpose()?;
        Ok(Self { staff })
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
        assert!(gate.lets_in(&headers("Bearer s3cret-token")));
        assert!(gate.lets_in(&headers("bearer s3cret-token")));
        for wrong in
            ["Bearer s3cret", "Bearer s3cret-token2", "Basic s3cret-token", "s3cret-token", "Bearer "]
        {
            assert!(!gate.lets_in(&headers(wrong)), "{wrong}");
        }
        assert!(!gate.lets_in(&HeaderMap::new()));
    }

    #[test]
    fn without_a_configured_token_none_is_valid() {
        for gate in [Gate::new(None), Gate::new(Some(&Secret::new("")))] {
            assert!(!gate.lets_in(&headers("Bearer ")));
            assert!(!gate.lets_in(&headers("Bearer x")));
        }
    }
}
