//! `/sim/cgi-bin/*`: WeCom's server API. Each endpoint is a function over the world; what all have in
//! common (injected trouble, verb, token, the log, the shape of answers) is here.

mod contact;
mod mark;
mod member;
mod message;
mod refusal;
mod tag;
mod template_card;
mod token;
mod welcome;

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::config::Config;
use crate::fault::Trouble;
use crate::sim::Sim;
use crate::state::{CallRecord, Scene, World};
use crate::time::seconds;
use refusal::Refusal;

/// Status that stands for a time-out: see the crate's documentation.
const TIMEOUT_STATUS: u16 = 599;
const TIMEOUT_HEADER: &str = "x-sim-timeout";

/// One endpoint. A new family is a file with such a table and a line in `FAMILIES`.
struct Endpoint {
    /// Path after `/cgi-bin/`.
    path: &'static str,
    method: Method,
    access: Access,
    run: fn(&mut World, &Call<'_>) -> Result<Value, Refusal>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Token,
    /// `gettoken` itself.
    Open,
}

const FAMILIES: &[&[Endpoint]] = &[
    token::ENDPOINTS,
    contact::ENDPOINTS,
    tag::ENDPOINTS,
    mark::ENDPOINTS,
    welcome::ENDPOINTS,
    message::ENDPOINTS,
    member::ENDPOINTS,
];

impl Endpoint {
    const fn get(path: &'static str, run: fn(&mut World, &Call<'_>) -> Result<Value, Refusal>) -> Self {
        Self { path, method: Method::GET, access: Access::Token, run }
    }

    const fn post(path: &'static str, run: fn(&mut World, &Call<'_>) -> Result<Value, Refusal>) -> Self {
        Self { path, method: Method::POST, access: Access::Token, run }
    }
}

/// One request, as an endpoint sees it.
struct Call<'a> {
    now_ms: i64,
    config: &'a Config,
    query: BTreeMap<String, String>,
    body: Bytes,
}

impl Call<'_> {
    /// A query parameter; an empty one counts as missing.
    fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The JSON body. WeCom takes no body for an empty object.
    fn body<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        let text: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        serde_json::from_slice(text)
            .map_err(|error| Refusal::new(40058, format!("invalid Request Parameter: {error}")))
    }
}

pub(crate) fn routes() -> Router<Sim> {
    Router::new().route("/sim/cgi-bin/{*api}", any(serve))
}

async fn serve(
    State(sim): State<Sim>,
    Path(api): Path<String>,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> Response {
    let query = Query::try_from_uri(&uri).map(|Query(pairs)| pairs).unwrap_or_default();
    let answer = sim.act(|world, scene| {
        let call = Call { now_ms: scene.now_ms, config: scene.config, query, body };
        receive(world, scene, &api, &method, &call)
    });
    answer.into_response()
}

/// What goes back over the wire.
enum Answer {
    Json(StatusCode, Value),
    TimedOut(&'static str),
    Status(StatusCode),
    Garbage,
}

/// Takes a call: trouble first, then the endpoint, and a line in the log in every case.
fn receive(world: &mut World, scene: &Scene<'_>, api: &str, method: &Method, call: &Call<'_>) -> Answer {
    let trouble = world.faults.strike_api(api, &mut world.draws);
    let result = match trouble {
        None | Some(Trouble::TimeoutAfter) => Some(dispatch(world, api, method, call)),
        Some(Trouble::Errcode(code)) => {
            Some((StatusCode::OK, Err(Refusal::new(code, "injected by the simulator"))))
        }
        Some(Trouble::TimeoutBefore | Trouble::HttpStatus(_) | Trouble::Garbage) => None,
    };
    let (status, errcode, json) = match result {
        None => (StatusCode::OK, None, Value::Null),
        Some((status, Ok(mut value))) => {
            value["errcode"] = json!(0);
            value["errmsg"] = json!("ok");
            (status, Some(0), value)
        }
        Some((status, Err(refusal))) => {
            let code = refusal.code;
            let hint = world.draws.draw("hint").number();
            (status, Some(code), refusal.json(seconds(call.now_ms), hint))
        }
    };
    let answer = match trouble {
        None | Some(Trouble::Errcode(_)) => Answer::Json(status, json),
        Some(Trouble::TimeoutBefore) => Answer::TimedOut("before"),
        Some(Trouble::TimeoutAfter) => Answer::TimedOut("after"),
        Some(Trouble::HttpStatus(code)) => {
            Answer::Status(StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_GATEWAY))
        }
        Some(Trouble::Garbage) => Answer::Garbage,
    };
    world.limits.apis.entry(api.to_owned()).or_default().add(scene.now_ms);
    world.calls.push(CallRecord {
        n: 0,
        at_ms: scene.now_ms,
        method: method.to_string(),
        api: api.to_owned(),
        query: call
            .query
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "access_token" | "corpsecret"))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        body: logged(&call.body),
        status: answer.status().as_u16(),
        errcode,
        fault: trouble.map(Trouble::name),
    });
    answer
}

fn dispatch(
    world: &mut World,
    api: &str,
    method: &Method,
    call: &Call<'_>,
) -> (StatusCode, Result<Value, Refusal>) {
    let found = FAMILIES.iter().flat_map(|family| family.iter()).find(|endpoint| endpoint.path == api);
    let Some(endpoint) = found else {
        let refusal = Refusal::new(40066, format!("invalid url, no such api: {api}"));
        return (StatusCode::NOT_FOUND, Err(refusal));
    };
    (StatusCode::OK, run(world, endpoint, method, call))
}

fn run(world: &mut World, endpoint: &Endpoint, method: &Method, call: &Call<'_>) -> Result<Value, Refusal> {
    if endpoint.access == Access::Token {
        let token = call.query("access_token").ok_or_else(|| Refusal::new(41001, "access_token missing"))?;
        world.tokens.check(token, call.now_ms).map_err(|code| match code {
            42001 => Refusal::new(code, "access_token expired"),
            _ => Refusal::new(code, "invalid access_token"),
        })?;
    }
    if endpoint.method != method {
        return Err(Refusal::new(40058, format!("invalid Request Parameter, {} required", endpoint.method)));
    }
    (endpoint.run)(world, call)
}

/// The body for the log: JSON where it is JSON, else text.
fn logged(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}

impl Answer {
    fn status(&self) -> StatusCode {
        match self {
            Answer::Json(status, _) | Answer::Status(status) => *status,
            Answer::TimedOut(_) => timeout_status(),
            Answer::Garbage => StatusCode::OK,
        }
    }

    fn into_response(self) -> Response {
        match self {
            Answer::Json(status, value) => (status, axum::Json(value)).into_response(),
            Answer::TimedOut(when) => {
                (timeout_status(), [(TIMEOUT_HEADER, HeaderValue::from_static(when))]).into_response()
            }
            Answer::Status(status) => (status, "<html>injected by the simulator</html>").into_response(),
            Answer::Garbage => {
                ([(header::CONTENT_TYPE, "application/json; charset=UTF-8")], "{\"errcode\":0,\"errm")
                    .into_response()
            }
        }
    }
}

fn timeout_status() -> StatusCode {
    StatusCode::from_u16(TIMEOUT_STATUS).unwrap_or(StatusCode::GATEWAY_TIMEOUT)
}
