//! Sessions: who I am, who is signed in where, and the end of it.

use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    Playbook, StaffId,
    playbook::{Role, StaffStatus},
};
use serde::Serialize;
use store::{Session, Target};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Area, Caller, caller::Credential, cookie::Jar, need::Scopes, needs};
use crate::{
    Api, address,
    answer::{Answer, Outcome},
    problem::{Code, Problem},
    view::At,
};

/// What is in the cookie: whose session, and its secret.
pub(super) struct SessionSecret {
    pub(super) userid: StaffId,
    pub(super) secret: String,
}

const SECRET_CHARS: usize = 64;

impl SessionSecret {
    /// Reads what [`SessionSecret::cookie`] wrote.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (secret, userid) = text.split_once('.')?;
        let hexadecimal = secret.len() == SECRET_CHARS && secret.bytes().all(|b| b.is_ascii_hexdigit());
        let sound = hexadecimal && address::is_userid(userid);
        sound.then(|| Self { userid: userid.into(), secret: secret.to_owned() })
    }

    pub(super) fn cookie(&self) -> String {
        format!("{}.{}", self.secret, self.userid)
    }
}

/// Who asks, and what they may.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"kind": "session", "userid": "zhangsan", "name": "张三", "role": "manager",
    "departments": [2], "manages": [2], "status": "active", "scopes": null, "timezone": "Asia/Shanghai"}))]
pub(crate) struct Me {
    /// `session`, `token` or `admin_token`.
    kind: &'static str,
    /// The staff member; null for a token that names none.
    userid: Option<String>,
    /// Their name, or the token's.
    name: String,
    /// `operator`, `manager` or `admin`.
    role: &'static str,
    /// WeCom's ids of the departments that they belong to.
    departments: Vec<u64>,
    /// Departments whose staff and customers they see.
    manages: Vec<u64>,
    /// `active` or `away`; null for a token.
    status: Option<&'static str>,
    /// What a token is limited to; null: all that the role allows.
    scopes: Option<Vec<String>>,
    /// The corp's zone, in which all hours are meant.
    timezone: String,
}

/// The session in use.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"userid": "zhangsan", "csrf_token": "9f86d081884c7d659a2feaa0c55ad015"}))]
pub(crate) struct Current {
    userid: String,
    /// For the header `X-CSRF-Token` of every request that changes something.
    csrf_token: String,
}

/// Somebody's session.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Session, example = json!({"id": "2c26b46b68ffc68f", "means": "wecom", "created_at": "2026-03-02T01:00:00Z",
    "expires_at": "2026-03-02T09:00:00Z", "ip": "203.0.113.7", "agent": "Mozilla/5.0 …", "current": true}))]
pub(crate) struct SessionView {
    id: String,
    /// How they signed in: `wecom`, or `dev` with the simulated WeCom.
    means: String,
    created_at: At,
    expires_at: At,
    ip: String,
    agent: String,
    /// The one that asks.
    current: bool,
}

/// Sessions, the newest first; nobody has more than 20.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Sessions {
    items: Vec<SessionView>,
}

pub(crate) fn routes() -> OpenApiRouter<Api> {
    let own = OpenApiRouter::new().routes(routes!(me)).routes(routes!(current, sign_out));
    let of_staff = OpenApiRouter::new().routes(routes!(of_staff, end_all)).routes(routes!(end_one));
    needs(Role::Operator, Area::Staff, own).merge(needs(Role::Operator, Area::Security, of_staff))
}

/// Who am I
///
/// The signed-in staff member, or the token. What a console shows and hides goes by `role`.
#[utoipa::path(get, path = "/me", operation_id = "getMe", tag = "session",
    extensions(("x-summary-zh" = json!("当前登录身份"))),
    responses(
        (status = 200, description = "Who asks", body = Me),
        (status = 403, description = "`forbidden`: the token lacks the scope"),
    ))]
async fn me(State(api): State<Api>, caller: Caller) -> Outcome<Me> {
    let book = api.app.playbook().await?;
    Ok(Answer::new(Me::new(&caller, &book)))
}

/// The session in use
///
/// Its CSRF token goes into the header `X-CSRF-Token` of every POST, PUT, PATCH and DELETE under this session.
#[utoipa::path(get, path = "/session", operation_id = "getSession", tag = "session",
    extensions(("x-summary-zh" = json!("当前会话"))),
    responses(
        (status = 200, description = "The session", body = Current),
        (status = 403, description = "`forbidden`: the token lacks the scope"),
        (status = 404, description = "`not_found`: a token was sent, which has no session"),
    ))]
async fn current(caller: Caller) -> Outcome<Current> {
    let Credential::Session { userid, csrf, .. } = &caller.credential else {
        return Err(Problem::not_found("session of a token"));
    };
    Ok(Answer::new(Current::new(userid, csrf.clone())))
}

/// Sign out
///
/// Ends the session in use and takes its cookie away.
#[utoipa::path(delete, path = "/session", operation_id = "signOut", tag = "session",
    extensions(("x-summary-zh" = json!("退出登录"))),
    responses(
        (status = 204, description = "Signed out"),
        (status = 403, description = "`csrf`; `forbidden`: the token lacks the scope"),
        (status = 404, description = "`not_found`: a token was sent, which has no session"),
    ))]
async fn sign_out(State(api): State<Api>, caller: Caller) -> Result<Response, Problem> {
    let Credential::Session { userid, id, .. } = &caller.credential else {
        return Err(Problem::not_found("session of a token"));
    };
    api.end_session(&caller, userid, id).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(gone) = api.cookies.set(Jar::Session, "", 0) {
        response.headers_mut().append(header::SET_COOKIE, gone);
    }
    Ok(response)
}

/// Where somebody is signed in
///
/// One's own sessions; of others for admins.
#[utoipa::path(get, path = "/staff/{userid}/sessions", operation_id = "listSessions", tag = "session",
    extensions(("x-summary-zh" = json!("成员的登录会话"))),
    params(("userid" = String, Path, description = "WeCom's userid", max_length = 64)),
    responses(
        (status = 200, description = "The sessions", body = Sessions),
        (status = 403, description = "`forbidden`: they are somebody else's"),
        (status = 422, description = "`invalid`: no userid"),
    ))]
async fn of_staff(State(api): State<Api>, caller: Caller, Path(userid): Path<String>) -> Outcome<Sessions> {
    let userid = whose(&caller, &userid)?;
    let mut sessions = api.app.store.sessions(&userid, api.app.clock.now()).await?;
    sessions.sort_by_key(|session| std::cmp::Reverse(session.created_at));
    let items = sessions.into_iter().map(|session| SessionView::new(session, &caller)).collect();
    Ok(Answer::new(Sessions { items }))
}

/// Sign somebody out everywhere
///
/// Oneself; others for admins. It takes effect with their next request.
#[utoipa::path(delete, path = "/staff/{userid}/sessions", operation_id = "endSessions", tag = "session",
    extensions(("x-summary-zh" = json!("结束成员的全部会话"))),
    params(("userid" = String, Path, description = "WeCom's userid", max_length = 64)),
    responses(
        (status = 204, description = "No session is left"),
        (status = 403, description = "`csrf`; `forbidden`: they are somebody else's"),
        (status = 422, description = "`invalid`: no userid"),
    ))]
async fn end_all(
    State(api): State<Api>,
    caller: Caller,
    Path(userid): Path<String>,
) -> Result<StatusCode, Problem> {
    let userid = whose(&caller, &userid)?;
    for session in api.app.store.sessions(&userid, api.app.clock.now()).await? {
        api.end_session(&caller, &userid, &session.id).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// End one session
#[utoipa::path(delete, path = "/staff/{userid}/sessions/{id}", operation_id = "endSession", tag = "session",
    extensions(("x-summary-zh" = json!("结束一个会话"))),
    params(
        ("userid" = String, Path, description = "WeCom's userid", max_length = 64),
        ("id" = String, Path, description = "As the list gives it", max_length = 64),
    ),
    responses(
        (status = 204, description = "It is over"),
        (status = 403, description = "`csrf`; `forbidden`: it is somebody else's"),
        (status = 404, description = "`not_found`: there is none of this id"),
        (status = 422, description = "`invalid`: no userid"),
    ))]
async fn end_one(
    State(api): State<Api>,
    caller: Caller,
    Path((userid, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let userid = whose(&caller, &userid)?;
    let known = id.len() == SECRET_CHARS && id.bytes().all(|b| b.is_ascii_hexdigit());
    if known && api.end_session(&caller, &userid, &id).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::not_found("such session"))
}

impl Api {
    async fn end_session(&self, caller: &Caller, userid: &StaffId, id: &str) -> Result<bool, Problem> {
        let target = Target { kind: "session".into(), id: userid.to_string() };
        let audit = self.app.audit_entry(&caller.actor(), caller.origin(), "end", target);
        Ok(self.app.store.end_session(userid, id, Some(&audit)).await?)
    }
}

/// One's own, or anybody's for an admin.
fn whose(caller: &Caller, userid: &str) -> Result<StaffId, Problem> {
    let userid = address::staff(userid, "/userid")?;
    let own = matches!(&caller.credential, Credential::Session { userid: own, .. } if *own == userid);
    if own || caller.role == Role::Admin {
        return Ok(userid);
    }
    Err(Problem::new(Code::Forbidden, "these are the sessions of somebody else"))
}

impl Current {
    pub(super) fn new(userid: &StaffId, csrf_token: String) -> Self {
        Self { userid: userid.to_string(), csrf_token }
    }
}

impl SessionView {
    fn new(session: Session, caller: &Caller) -> Self {
        let current = matches!(&caller.credential, Credential::Session { id, .. } if *id == session.id);
        Self {
            id: session.id,
            means: session.means,
            created_at: At(session.created_at),
            expires_at: At(session.expires_at),
            ip: session.ip,
            agent: session.agent,
            current,
        }
    }
}

impl Me {
    fn new(caller: &Caller, book: &Playbook) -> Self {
        let own = match &caller.credential {
            Credential::Session { userid, .. } => Some(userid),
            _ => caller.staff.as_ref(),
        };
        let staff = own.and_then(|userid| book.staff.get(userid));
        let (kind, name) = match &caller.credential {
            Credential::AdminToken => ("admin_token", "admin".to_owned()),
            Credential::Token { name, .. } => ("token", name.clone()),
            Credential::Session { userid, .. } => {
                ("session", staff.map_or_else(|| userid.to_string(), |staff| staff.name.clone()))
            }
        };
        let scopes = match &caller.scopes {
            Scopes::All => None,
            Scopes::Only(only) => Some(only.iter().cloned().collect()),
        };
        Self {
            kind,
            userid: own.map(ToString::to_string),
            name,
            role: super::need::role_name(caller.role),
            departments: staff.map(|staff| staff.departments.iter().copied().collect()).unwrap_or_default(),
            manages: staff.map(|staff| staff.manages.iter().copied().collect()).unwrap_or_default(),
            status: staff.map(|staff| match staff.status {
                StaffStatus::Active => "active",
                StaffStatus::Away { .. } => "away",
                StaffStatus::Left { .. } => "left",
            }),
            scopes,
            timezone: book.settings.timezone.name().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_cookie_is_read_as_it_was_written() {
        let secret = SessionSecret { userid: "zhang.san@x".into(), secret: "ab".repeat(32) };
        let read = SessionSecret::parse(&secret.cookie()).unwrap();
        assert_eq!((read.userid, read.secret), (secret.userid, secret.secret));
        for bad in
            ["", ".", "abc.zhang", &format!("{}.", "ab".repeat(32)), &format!("{}.a#b", "ab".repeat(32))]
        {
            assert!(SessionSecret::parse(bad).is_none(), "{bad}");
        }
    }
}
