//! `/sim/cgi-bin/*`: WeCom's server API. Each endpoint is a function over the world; what all have in
//! common (injected trouble, verb, token, the log, the shape of answers) is here.

mod attachment;
mod contact;
mod cursor;
mod directory;
mod file;
mod gate;
mod identity;
mod mark;
mod mass;
mod media;
mod member;
mod message;
mod multipart;
mod platform;
mod refusal;
mod related;
mod statistics;
mod tag;
mod ticket;
mod token;
mod way;
mod welcome;

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::config::Config;
use crate::fault::Trouble;
use crate::sim::Sim;
use crate::state::{App, CallRecord, Scene, World};
use crate::time::seconds;
use file::File;
use refusal::Refusal;

/// Status that stands for a time-out: see the crate's documentation.
const TIMEOUT_STATUS: u16 = 599;
const TIMEOUT_HEADER: &str = "x-sim-timeout";
/// More than any upload may have, so that it is an endpoint that refuses the surplus.
const LARGEST_BODY: usize = 64 << 20;
/// Bodies that are no JSON are in the log up to so many bytes.
const LOGGED_BYTES: usize = 2000;
/// JSON bodies up to this size are kept whole: 5,000 calls are kept, and anybody may call.
const LOGGED_JSON_BYTES: usize = 16_384;

type RunJson = fn(&mut World, &Call<'_>) -> Result<Value, Refusal>;
type RunFile = fn(&mut World, &Call<'_>) -> Result<File, Refusal>;

/// One endpoint. A new family is a file with such a table and a line in `FAMILIES`.
struct Endpoint {
    /// Path after `/cgi-bin/`.
    path: &'static str,
    method: Method,
    access: Access,
    run: Run,
}

#[derive(Clone, Copy)]
enum Run {
    Json(RunJson),
    /// Answers bytes; a refusal is JSON all the same.
    File(RunFile),
}

/// What an endpoint answers when it does not refuse.
enum Reply {
    Json(Value),
    File(File),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Token,
    /// `gettoken` itself.
    Open,
}

const FAMILIES: &[&[Endpoint]] = &[
    token::ENDPOINTS,
    ticket::ENDPOINTS,
    platform::ENDPOINTS,
    contact::ENDPOINTS,
    contact::batch::ENDPOINTS,
    contact::remark::ENDPOINTS,
    way::ENDPOINTS,
    statistics::ENDPOINTS,
    tag::ENDPOINTS,
    mark::ENDPOINTS,
    welcome::ENDPOINTS,
    message::ENDPOINTS,
    mass::ENDPOINTS,
    media::ENDPOINTS,
    member::ENDPOINTS,
    directory::ENDPOINTS,
    identity::ENDPOINTS,
];

impl Endpoint {
    const fn get(path: &'static str, run: RunJson) -> Self {
        Self { path, method: Method::GET, access: Access::Token, run: Run::Json(run) }
    }

    const fn post(path: &'static str, run: RunJson) -> Self {
        Self { path, method: Method::POST, access: Access::Token, run: Run::Json(run) }
    }

    const fn download(path: &'static str, run: RunFile) -> Self {
        Self { path, method: Method::GET, access: Access::Token, run: Run::File(run) }
    }
}

/// One request, as an endpoint sees it.
struct Call<'a> {
    now_ms: i64,
    config: &'a Config,
    /// Whose token it is; the configured app where there is none.
    agent_id: u64,
    /// The caller's address.
    from_ip: String,
    /// More calls are under way than may be.
    is_crowded: bool,
    query: BTreeMap<String, String>,
    headers: HeaderMap,
    body: Bytes,
}

impl Call<'_> {
    /// The app that calls.
    fn app<'w>(&self, world: &'w World) -> &'w App {
        world.apps.get(self.agent_id, self.config).unwrap_or_else(|| world.apps.configured())
    }

    /// A query parameter; an empty one counts as missing.
    fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A header that is plain text.
    fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The JSON body. WeCom takes no body for an empty object.
    fn body<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        let text: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        serde_json::from_slice(text)
            .map_err(|error| Refusal::new(40058, format!("invalid Request Parameter: {error}")))
    }
}

pub(crate) fn routes() -> Router<Sim> {
    Router::new().route("/sim/cgi-bin/{*api}", any(serve)).layer(DefaultBodyLimit::max(LARGEST_BODY))
}

async fn serve(
    State(sim): State<Sim>,
    Path(api): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let query: BTreeMap<String, String> =
        Query::try_from_uri(&uri).map(|Query(pairs)| pairs).unwrap_or_default();
    let flight = sim.begin_call();
    let is_crowded = flight.is_one_too_many();
    if !is_crowded {
        flight.linger().await;
    }
    let answer = sim.act(|world, scene| {
        let (now_ms, config) = (scene.now_ms, scene.config);
        let agent_id = gate::agent_id(world, query.get("access_token"), now_ms, config);
        let from_ip = gate::from_ip(&headers);
        let call = Call { now_ms, config, agent_id, from_ip, is_crowded, query, headers, body };
        receive(world, scene, &api, &method, &call)
    });
    answer.into_response()
}

/// What goes back over the wire.
enum Answer {
    Json(StatusCode, Value),
    File(File),
    TimedOut(&'static str),
    Status(StatusCode),
    Garbage,
}

/// Takes a call: trouble first, then the endpoint, and a line in the log in every case.
fn receive(world: &mut World, scene: &Scene<'_>, api: &str, method: &Method, call: &Call<'_>) -> Answer {
    let trouble = world.faults.strike_api(api, &mut world.draws);
    let result = match trouble {
        None | Some(Trouble::TimeoutAfter) => Some(dispatch(world, api, method, call)),
        Some(Trouble::Errcode(code)) => Some((StatusCode::OK, Err(Refusal::injected(code)))),
        Some(Trouble::ErrcodeAfter(code)) => {
            let (status, done) = dispatch(world, api, method, call);
            Some((status, done.and(Err(Refusal::injected(code)))))
        }
        Some(Trouble::TimeoutBefore | Trouble::HttpStatus(_) | Trouble::Garbage) => None,
    };
    let (errcode, untroubled) = match result {
        None => (None, Answer::Json(StatusCode::OK, Value::Null)),
        Some((status, Ok(Reply::Json(mut value)))) => {
            value["errcode"] = json!(0);
            value["errmsg"] = json!("ok");
            (Some(0), Answer::Json(status, value))
        }
        Some((_, Ok(Reply::File(file)))) => (Some(0), Answer::File(file)),
        Some((status, Err(refusal))) => {
            let code = refusal.code;
            let hint = world.draws.draw("hint").number();
            (Some(code), Answer::Json(status, refusal.json(seconds(call.now_ms), hint, &call.from_ip)))
        }
    };
    let answer = match trouble {
        None | Some(Trouble::Errcode(_) | Trouble::ErrcodeAfter(_)) => untroubled,
        Some(Trouble::TimeoutBefore) => Answer::TimedOut("before"),
        Some(Trouble::TimeoutAfter) => Answer::TimedOut("after"),
        Some(Trouble::HttpStatus(code)) => {
            Answer::Status(StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_GATEWAY))
        }
        Some(Trouble::Garbage) => Answer::Garbage,
    };
    // What is no API is counted together: anybody can make up names.
    let counted = if is_known(api) { api } else { "unknown" };
    world.limits.apis.entry(counted.to_owned()).or_default().add(scene.now_ms);
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
) -> (StatusCode, Result<Reply, Refusal>) {
    let found = FAMILIES.iter().flat_map(|family| family.iter()).find(|endpoint| endpoint.path == api);
    let Some(endpoint) = found else {
        let refusal = Refusal::new(40066, format!("invalid url, no such api: {api}"));
        return (StatusCode::NOT_FOUND, Err(refusal));
    };
    (StatusCode::OK, run(world, endpoint, method, call))
}

fn run(world: &mut World, endpoint: &Endpoint, method: &Method, call: &Call<'_>) -> Result<Reply, Refusal> {
    gate::check(world, endpoint, method, call)?;
    match endpoint.run {
        Run::Json(run) => run(world, call).map(Reply::Json),
        Run::File(run) => run(world, call).map(Reply::File),
    }
}

/// The body for the log: JSON where it is JSON and of common size, else the beginning of its text.
fn logged(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    let whole = (body.len() <= LOGGED_JSON_BYTES).then(|| serde_json::from_slice(body).ok()).flatten();
    whole.unwrap_or_else(|| {
        let beginning = &body[..body.len().min(LOGGED_BYTES)];
        let mut text = String::from_utf8_lossy(beginning).into_owned();
        if beginning.len() < body.len() {
            text.push_str(&format!("… ({} bytes)", body.len()));
        }
        Value::String(text)
    })
}

impl Answer {
    fn status(&self) -> StatusCode {
        match self {
            Answer::Json(status, _) | Answer::Status(status) => *status,
            Answer::File(file) => file.status(),
            Answer::TimedOut(_) => timeout_status(),
            Answer::Garbage => StatusCode::OK,
        }
    }

    fn into_response(self) -> Response {
        match self {
            Answer::Json(status, value) => (status, axum::Json(value)).into_response(),
            Answer::File(file) => file.into_response(),
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

/// Paths of all APIs.
pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().flat_map(|family| family.iter()).map(|endpoint| endpoint.path)
}

/// Whether there is an API of this path.
pub(crate) fn is_known(path: &str) -> bool {
    paths().any(|known| known == path)
}

fn timeout_status() -> StatusCode {
    StatusCode::from_u16(TIMEOUT_STATUS).unwrap_or(StatusCode::GATEWAY_TIMEOUT)
}
