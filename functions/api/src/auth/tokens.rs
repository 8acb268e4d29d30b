//! API tokens (访问令牌): made by admins, for scripts; shown once, kept as a hash.

use std::collections::BTreeSet;

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use domain::{Timestamp, playbook::Role};
use serde::{Deserialize, Serialize};
use store::{ApiToken, AuditEntry, Audited, Target};
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Area, Caller,
    caller::ADMIN,
    gate::{TOKEN_PREFIX, hexadecimal_hash},
    need::Scopes,
    needs,
};
use crate::{
    Api,
    answer::{Answer, Outcome},
    body::Body,
    page::{List, ListQuery, Params},
    problem::{FieldError, Problem},
    view::At,
};

const MAX_NAME_CHARS: usize = 60;
const MAX_DAYS: i64 = 366;
const ID_CHARS: usize = 12;
const SECRET_CHARS: usize = 64;

/// A token, as far as it may be shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Token, example = json!({"id": "4f2a90c17be3", "name": "CRM 同步", "scopes": ["customers:read", "customers:write"],
    "created_by": "zhangsan", "created_at": "2026-03-02T01:00:00Z", "expires_at": "2026-06-01T00:00:00Z",
    "expired": false, "used_at": null}))]
pub(crate) struct TokenView {
    id: String,
    name: String,
    scopes: BTreeSet<String>,
    created_by: String,
    created_at: At,
    expires_at: At,
    expired: bool,
    /// To the hour.
    used_at: Option<At>,
}

/// A new token with its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct NewToken {
    #[serde(flatten)]
    view: TokenView,
    /// To be sent as `Authorization: Bearer …`. It is shown this once.
    token: String,
}

/// What a token is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "CRM 同步", "scopes": ["customers:write", "tasks:read"],
    "expires_at": "2026-06-01T00:00:00Z"}))]
pub(crate) struct WantedToken {
    /// What it is for.
    #[schema(min_length = 1, max_length = 60)]
    name: String,
    /// `<area>:read` or `<area>:write`; writing includes reading. Areas: customers, tasks, playbook, staff, jobs,
    /// security.
    #[schema(min_items = 1, max_items = 12)]
    scopes: BTreeSet<String>,
    /// Within a year from now.
    #[schema(format = DateTime)]
    expires_at: String,
}

pub(crate) fn routes() -> OpenApiRouter<Api> {
    let all = OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(revoke));
    needs(Role::Admin, Area::Security, all)
}

/// API tokens
#[utoipa::path(get, path = "/tokens", operation_id = "listTokens", tag = "tokens",
    extensions(("x-summary-zh" = json!("API 令牌列表"))), params(ListQuery),
    responses(
        (status = 200, description = "The tokens, in order of id", body = List<TokenView>),
        (status = 403, description = "`forbidden`: for admins"),
        (status = 422, description = "`invalid`"),
    ))]
async fn list(State(api): State<Api>, Params(query): Params<ListQuery>) -> Outcome<List<TokenView>> {
    let now = api.app.clock.now();
    let all = api.app.store.api_tokens().await?;
    let all = all.into_iter().map(|token| TokenView::new(token, now)).collect();
    Ok(Answer::new(api.seal.slice("tokens", &query, all, |token| token.id.clone())?))
}

/// Make an API token
///
/// It acts with the role admin, limited to its scopes. The answer shows the token this once; what is kept is a hash.
/// A token cannot make one that reaches further than itself.
#[utoipa::path(post, path = "/tokens", operation_id = "createToken", tag = "tokens",
    extensions(("x-summary-zh" = json!("新建 API 令牌"))), request_body = WantedToken,
    responses(
        (status = 201, description = "The token", body = NewToken),
        (status = 403, description = "`csrf`, `forbidden`: for admins"),
        (status = 422, description = "`invalid`"),
    ))]
async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(wanted): Body<WantedToken>,
) -> Outcome<NewToken> {
    let now = api.app.clock.now();
    let (name, expires_at) = wanted.check(&caller, now)?;
    let id = hex::encode(&api.app.entropy.bytes16()[..ID_CHARS / 2]);
    let secret =
        format!("{}{}", hex::encode(api.app.entropy.bytes16()), hex::encode(api.app.entropy.bytes16()));
    let token = ApiToken {
        id: id.clone(),
        name,
        hash: hexadecimal_hash(&secret),
        scopes: wanted.scopes,
        created_by: caller.actor().label(),
        created_at: now,
        expires_at,
        used_at: None,
    };
    let mut audit = api.audit_of_token(&caller, "create", &id);
    let view = TokenView::new(token.clone(), now);
    audit.after = Some(Audited::of(&serde_json::to_string(&view).unwrap_or_default())?);
    api.app.store.put_api_token(&token, &audit).await?;
    let shown = NewToken { view, token: format!("{TOKEN_PREFIX}{id}_{secret}") };
    Ok(Answer::new(shown).created(true))
}

/// Revoke an API token
#[utoipa::path(delete, path = "/tokens/{id}", operation_id = "revokeToken", tag = "tokens",
    extensions(("x-summary-zh" = json!("作废 API 令牌"))),
    params(("id" = String, Path, description = "As the list gives it", max_length = 12)),
    responses(
        (status = 204, description = "It is good no more"),
        (status = 403, description = "`csrf`, `forbidden`: for admins"),
        (status = 404, description = "`not_found`"),
    ))]
async fn revoke(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let audit = api.audit_of_token(&caller, "revoke", &id);
    match is_id(&id) && api.app.store.delete_api_token(&id, &audit).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("such token")),
    }
}

fn is_id(text: &str) -> bool {
    text.len() == ID_CHARS && text.bytes().all(|b| b.is_ascii_hexdigit())
}

impl Api {
    fn audit_of_token(&self, caller: &Caller, verb: &str, id: &str) -> AuditEntry {
        let target = Target { kind: "token".into(), id: id.to_owned() };
        self.app.audit_entry(&caller.actor(), caller.origin(), verb, target)
    }

    /// The token that was sent, if it is one of ours and good.
    pub(super) async fn known_token(&self, given: &str) -> Result<Option<ApiToken>, Problem> {
        let parts = given.strip_prefix(TOKEN_PREFIX).and_then(|rest| rest.split_once('_'));
        let Some((id, secret)) = parts.filter(|(id, secret)| is_id(id) && secret.len() == SECRET_CHARS)
        else {
            return Ok(None);
        };
        let now = self.app.clock.now();
        let Some(token) = self.app.store.api_token(id).await? else { return Ok(None) };
        let matches = bool::from(token.hash.as_bytes().ct_eq(hexadecimal_hash(secret).as_bytes()));
        if !matches || token.expires_at <= now {
            return Ok(None);
        }
        if let Err(error) = self.app.store.note_use(&token, now).await {
            tracing::warn!(%error, "the use of a token was not noted");
        }
        Ok(Some(token))
    }
}

impl WantedToken {
    fn check(&self, caller: &Caller, now: Timestamp) -> Result<(String, Timestamp), Problem> {
        let mut errors = Vec::new();
        let name = self.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
            let message = format!("a name has 1 to {MAX_NAME_CHARS} characters");
            errors.push(FieldError::new("/name", "bad_length", message));
        } else if name.eq_ignore_ascii_case(ADMIN) {
            let message = "the journal calls the configured admin token so; take another name";
            errors.push(FieldError::new("/name", "taken", message));
        }
        let expires_at = Timestamp::parse_rfc3339(&self.expires_at);
        let in_time = |at: &Timestamp| *at > now && *at <= now.plus_days(MAX_DAYS);
        if expires_at.as_ref().is_none_or(|at| !in_time(at)) {
            let message = format!("an RFC 3339 time within {MAX_DAYS} days from now");
            errors.push(FieldError::new("/expires_at", "out_of_range", message));
        }
        let known: BTreeSet<String> = Scopes::known().collect();
        if self.scopes.is_empty() {
            errors.push(
                FieldError::new("/scopes", "missing_field", "name at least one")
                    .among(known.iter().cloned().collect()),
            );
        }
        for (place, scope) in self.scopes.iter().enumerate() {
            let at = format!("/scopes/{place}");
            if !known.contains(scope) {
                let error = FieldError::new(at, "unknown_scope", format!("there is no scope {scope:?}"));
                errors.push(error.among(known.iter().cloned().collect()));
            } else if !caller.scopes.include(scope) {
                errors.push(FieldError::new(
                    at,
                    "beyond_own_scope",
                    format!("this token has no {scope} itself"),
                ));
            }
        }
        match expires_at {
            Some(at) if errors.is_empty() => Ok((name, at)),
            _ => Err(Problem::invalid(errors)),
        }
    }
}

impl TokenView {
    fn new(token: ApiToken, now: Timestamp) -> Self {
        Self {
            expired: token.expires_at <= now,
            id: token.id,
            name: token.name,
            scopes: token.scopes,
            created_by: token.created_by,
            created_at: At(token.created_at),
            expires_at: At(token.expires_at),
            used_at: token.used_at.map(At),
        }
    }
}
