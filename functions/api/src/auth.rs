//! Who asks, and what they may: deny by default.
//!
//! [`require`] lets nobody in without good credentials ([`gate`]) and puts a [`Caller`] into the request; [`needs`]
//! turns away whose role or token's scope does not reach; what a caller sees of the customers is asked of
//! [`Caller::sees`] where data is read. Signing in ([`sign_in`]) begins a session; a session is a random secret in a
//! cookie, of which the store has a hash.

mod attempts;
mod caller;
mod cookie;
mod csrf;
mod gate;
mod need;
pub(crate) mod session;
pub(crate) mod sign_in;
pub(crate) mod tokens;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

pub(crate) use attempts::Addresses;
pub(crate) use caller::{Caller, Credential};
pub(crate) use cookie::Cookies;
pub(crate) use gate::Gate;
pub(crate) use need::{Area, needs};

use crate::Api;

/// How staff sign in.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// Address of the sign-in pages; `None`: WeCom's own.
    pub base: Option<String>,
    /// May anybody sign in as anybody? Only with the simulated WeCom.
    pub dev: bool,
}

/// Lets nobody in without valid credentials.
pub(crate) async fn require(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match gate::caller(&api, &mut parts).await {
        Ok(caller) => {
            parts.extensions.insert(caller);
            request = Request::from_parts(parts, body);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}
