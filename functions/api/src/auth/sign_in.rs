//! Signing in: to WeCom and back, or with the simulated WeCom as whomever one likes.

mod page;

use app::{Class, Error, Place};
use axum::{
    extract::{FromRequest as _, Query, Request, State},
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Actor, StaffId, playbook::Staff};
use serde::{Deserialize, Serialize};
use store::{Session, Target};
use subtle::ConstantTimeEq as _;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    attempts::Attempt,
    caller::Credential,
    cookie::Jar,
    csrf, gate,
    session::{Current, SessionSecret},
};
use crate::{
    Api, address,
    answer::{Answer, Outcome},
    body::Body,
    page::Params,
    problem::{Code, Problem, ProblemDocument},
};

/// So long somebody is signed in.
const SESSION_SECONDS: i64 = 8 * 3600;
/// So long somebody may take to sign in.
const SIGN_IN_SECONDS: i64 = 600;
const MAX_RETURN_CHARS: usize = 1024;
const MAX_AGENT_CHARS: usize = 120;
/// A code that is wrong, too old, or was used before.
const BAD_CODES: [i64; 3] = [40029, 42003, 42022];
/// WeCom's own browser calls itself so.
const WECOM_BROWSER: &str = "wxwork";

/// Where to, and how.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Start {
    /// Where the browser goes afterwards: a path of this site. Default `/`.
    #[param(max_length = 1024, example = "/board/cars")]
    return_to: Option<String>,
    /// `wecom` inside WeCom, `browser` elsewhere; by default told by the browser's name.
    #[param(inline)]
    at: Option<At>,
}

/// Where the browser is.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum At {
    Wecom,
    Browser,
}

/// What WeCom sends the browser back with.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct Return {
    /// Good once, for 5 minutes.
    #[param(max_length = 512)]
    code: Option<String>,
    /// As this browser was sent away with it.
    #[param(max_length = 128)]
    state: Option<String>,
}

/// `{"userid": "zhangsan"}`
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"userid": "zhangsan"}))]
pub(crate) struct DevSignIn {
    /// Whoever it is to be.
    #[schema(max_length = 64)]
    userid: String,
}

/// Who may be signed in as.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Persons {
    items: Vec<Person>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Person {
    userid: String,
    name: String,
    /// `operator`, `manager` or `admin`.
    role: &'static str,
}

/// The routes that take no session, since they make one.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(start))
        .routes(routes!(back))
        .routes(routes!(dev_persons, dev_sign_in))
}

/// Sign in through WeCom
///
/// Sends a browser to WeCom's sign-in page: inside WeCom nothing is asked, elsewhere a QR code is scanned. It comes
/// back to `/api/v1/session/callback`.
#[utoipa::path(get, path = "/session/start", operation_id = "startSignIn", tag = "session",
    extensions(("x-summary-zh" = json!("企业微信登录"))), params(Start),
    security(()),
    responses(
        (status = 303, description = "To WeCom's sign-in page", headers(("Location" = String))),
        (status = 400, description = "`bad_request`: the query could not be read", body = ProblemDocument),
        (status = 422, description = "`invalid`: `return_to` is no path of this site", body = ProblemDocument),
    ))]
async fn start(
    State(api): State<Api>,
    headers: HeaderMap,
    Params(query): Params<Start>,
) -> Result<Response, Problem> {
    let return_to = query.return_to.as_deref().unwrap_or("/");
    if !is_own_path(return_to) {
        let message = "a path of this site, beginning with one slash";
        return Err(Problem::field("/return_to", "bad_value", message));
    }
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let place = match query.at {
        Some(At::Wecom) => Place::InWeCom,
        Some(At::Browser) => Place::Browser,
        None if agent.to_ascii_lowercase().contains(WECOM_BROWSER) => Place::InWeCom,
        None => Place::Browser,
    };
    let nonce = api.app.entropy.bytes16();
    let back = format!("{}/api/v1/session/callback", api.app.corp.public_url.trim_end_matches('/'));
    let to = api.app.sign_in_address(api.sign_in.base.as_deref(), place, &back, nonce);
    let mut response = Redirect::to(&to).into_response();
    let kept = format!("{}.{}", hex::encode(nonce), URL_SAFE_NO_PAD.encode(return_to));
    append_cookie(&mut response, api.cookies.set(Jar::SignIn, &kept, SIGN_IN_SECONDS));
    Ok(response)
}

/// Back from WeCom
///
/// Where WeCom sends the browser: the code is exchanged for who it is, a session begins. For people, not for programs:
/// a refusal is a page, unless JSON was asked for.
#[utoipa::path(get, path = "/session/callback", operation_id = "finishSignIn", tag = "session",
    extensions(("x-summary-zh" = json!("登录回调"))), params(Return),
    security(()),
    responses(
        (status = 303, description = "Signed in, to where one wanted to go", headers(("Location" = String))),
        (status = 400, description = "`bad_request`: the query could not be read", body = ProblemDocument),
        (status = 401, description = "`sign_in_failed`: begin again", body = ProblemDocument),
        (status = 403, description = "`not_staff`: WeCom knows them, Stepwise does not", body = ProblemDocument),
        (status = 429, description = "`too_many_attempts`", body = ProblemDocument),
        (status = 503, description = "`unavailable`: WeCom cannot be asked just now", body = ProblemDocument),
    ))]
async fn back(State(api): State<Api>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match came_back(&api, &parts).await {
        Ok(response) => response,
        Err(problem) => page::refusal(problem, &parts.headers),
    }
}

async fn came_back(api: &Api, parts: &Parts) -> Result<Response, Problem> {
    api.check_attempts(parts).await?;
    let Query(query) = Query::<Return>::try_from_uri(&parts.uri)
        .map_err(|_| Problem::new(Code::BadRequest, "the query string could not be read"))?;
    let (Some(code), Some(state)) = (query.code, query.state) else {
        return Err(failed("code and state are missing: sign-in begins at /api/v1/session/start"));
    };
    let kept = api.cookies.read(&parts.headers, Jar::SignIn);
    let kept = kept.as_deref().and_then(|kept| kept.split_once('.'));
    // Somebody else's code must not sign this browser in.
    let Some((_, return_to)) = kept.filter(|(kept, _)| bool::from(kept.as_bytes().ct_eq(state.as_bytes())))
    else {
        return Err(failed("this browser did not begin this sign-in, or took too long"));
    };
    let return_to = URL_SAFE_NO_PAD.decode(return_to).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let return_to = return_to.filter(|path| is_own_path(path)).unwrap_or_else(|| "/".to_owned());
    let userid = match api.app.signed_in(&code).await {
        Ok(userid) => userid,
        // Nobody but WeCom knows a code: what it refuses, whatever it says, is no sign-in. Only a code that is none has
        // been guessed.
        Err(error) if error.class() == Class::Client => {
            let is_guess = matches!(&error, Error::WeCom(refused)
                if refused.code().is_some_and(|code| BAD_CODES.contains(&code)));
            let refusal = failed("WeCom does not know this code, or not any more").because(&error);
            return Err(match is_guess {
                true => api.failed_attempt(Attempt::SignIn, parts, refusal).await,
                false => refusal,
            });
        }
        Err(error) => return Err(error.into()),
    };
    let staff = match userid {
        Some(userid) => known(api, &userid).await?,
        None => return Err(Problem::new(Code::NotStaff, "only members of the corp sign in")),
    };
    let mut response = Redirect::to(&return_to).into_response();
    append_cookie(&mut response, api.cookies.set(Jar::SignIn, "", 0));
    let (_, cookie) = api.begin_session(&staff.userid, "wecom", parts).await?;
    append_cookie(&mut response, cookie);
    Ok(response)
}

fn failed(why: &str) -> Problem {
    Problem::new(Code::SignInFailed, why)
}

/// Whom one may be
///
/// Only with the simulated WeCom: the staff as whom [`POST`](#operation/devSignIn) signs in.
#[utoipa::path(get, path = "/session/dev", operation_id = "listDevPersons", tag = "session",
    extensions(("x-summary-zh" = json!("可用于开发登录的成员"))), security(()),
    responses(
        (status = 200, description = "Staff", body = Persons),
        (status = 404, description = "`not_found`: not with the real WeCom", body = ProblemDocument),
    ))]
async fn dev_persons(State(api): State<Api>) -> Outcome<Persons> {
    check_dev(&api)?;
    let book = api.app.playbook().await?;
    let staff = book.staff.values().filter(|staff| staff.is_with_us());
    let person = |staff: &Staff| Person {
        userid: staff.userid.to_string(),
        name: staff.name.clone(),
        role: super::need::role_name(staff.role),
    };
    Ok(Answer::new(Persons { items: staff.map(person).collect() }))
}

/// Sign in as anybody
///
/// Only with the simulated WeCom, for trying the product out. Answers the session and sets its cookie.
#[utoipa::path(post, path = "/session/dev", operation_id = "devSignIn", tag = "session",
    extensions(("x-summary-zh" = json!("开发登录"))), request_body = DevSignIn,
    security(()),
    responses(
        (status = 200, description = "Signed in", body = Current),
        (status = 400, description = "`malformed_json`, `json_too_deep`", body = ProblemDocument),
        (status = 403, description = "`csrf`: from another site's page; `not_staff`: nobody of this userid", body = ProblemDocument),
        (status = 404, description = "`not_found`: not with the real WeCom", body = ProblemDocument),
        (status = 413, description = "`body_too_large`", body = ProblemDocument),
        (status = 415, description = "`unsupported_media_type`", body = ProblemDocument),
        (status = 422, description = "`invalid`", body = ProblemDocument),
        (status = 429, description = "`too_many_attempts`", body = ProblemDocument),
    ))]
async fn dev_sign_in(State(api): State<Api>, request: Request) -> Result<Response, Problem> {
    check_dev(&api)?;
    let (parts, body) = request.into_parts();
    if csrf::is_foreign(&parts.headers, &api.app.corp.public_url) {
        return Err(Problem::new(Code::Csrf, "the request comes from a page of another site"));
    }
    let Body(wanted) =
        Body::<DevSignIn>::from_request(Request::from_parts(parts.clone(), body), &api).await?;
    let userid = address::staff(&wanted.userid, "/userid")?;
    api.check_attempts(&parts).await?;
    let staff = match known(&api, &userid).await {
        Ok(staff) => staff,
        Err(refusal) => return Err(api.failed_attempt(Attempt::SignIn, &parts, refusal).await),
    };
    let (current, cookie) = api.begin_session(&staff.userid, "dev", &parts).await?;
    let mut response = Answer::new(current).into_response();
    append_cookie(&mut response, cookie);
    Ok(response)
}

fn check_dev(api: &Api) -> Result<(), Problem> {
    if api.sign_in.dev { Ok(()) } else { Err(Problem::not_found("such address")) }
}

/// The staff member, if Stepwise knows them and they are with the corp.
async fn known(api: &Api, userid: &StaffId) -> Result<Staff, Problem> {
    let book = api.app.playbook().await?;
    let staff = book.staff.get(userid).filter(|staff| staff.is_with_us()).cloned();
    staff.ok_or_else(|| Problem::new(Code::NotStaff, "Stepwise does not know this member, or they have left"))
}

/// A path of this site: what a browser would take for another host is none.
fn is_own_path(path: &str) -> bool {
    let mut bytes = path.bytes();
    let visible = path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let one_slash = bytes.next() == Some(b'/') && bytes.next() != Some(b'/');
    visible && one_slash && path.len() <= MAX_RETURN_CHARS
}

fn append_cookie(response: &mut Response, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

impl Api {
    /// A new session, never one that the browser brought along.
    async fn begin_session(
        &self,
        userid: &StaffId,
        means: &str,
        parts: &Parts,
    ) -> Result<(Current, Option<HeaderValue>), Problem> {
        self.check_beginnings(userid).await?;
        let secret = [self.app.entropy.bytes16(), self.app.entropy.bytes16()].map(hex::encode).concat();
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let now = self.app.clock.now();
        let session = Session {
            userid: userid.clone(),
            id: gate::hexadecimal_hash(&secret),
            means: means.to_owned(),
            created_at: now,
            expires_at: now.plus_secs(SESSION_SECONDS),
            ip: self.addresses.of(parts).map(|ip| ip.to_string()).unwrap_or_default(),
            agent: agent.unwrap_or_default().chars().take(MAX_AGENT_CHARS).collect(),
        };
        let credential = Credential::Session {
            userid: userid.clone(),
            id: session.id.clone(),
            csrf: csrf::token(&secret),
        };
        let by = Actor::Staff { userid: userid.clone() };
        let target = Target { kind: "session".into(), id: userid.to_string() };
        let audit = self.app.audit_entry(&by, &self.origin(parts, &credential), "begin", target);
        self.app.store.put_session(&session, &audit).await?;
        let current = Current::new(userid, csrf::token(&secret));
        let cookie = SessionSecret { userid: userid.clone(), secret }.cookie();
        Ok((current, self.cookies.set(Jar::Session, &cookie, SESSION_SECONDS)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        for good in ["/", "/board/cars?x=1", "/sidebar/tasks"] {
            assert!(is_own_path(good), "{good}");
        }
        for bad in
            ["", "x", "//evil.example", "/\\evil.example", "https://evil.example", "/a b", "/a\r\nX: y"]
        {
            assert!(!is_own_path(bad), "{bad}");
        }
        assert!(!is_own_path(&format!("/{}", "a".repeat(MAX_RETURN_CHARS))));
    }
}
