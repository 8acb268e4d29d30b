//! The pages where browsers sign in: OAuth inside WeCom and WeChat, and the login page outside. One picks
//! who one is and goes back with a code. Back means an address that the app has registered, never another.

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;

use crate::sim::Sim;
use crate::state::{Grant, Person, Scene, World};
use crate::url::{escape, is_trusted, return_to};

const OAUTH: &str = "/sim/connect/oauth2/authorize";
const LOGIN: &str = "/sim/wwlogin/sso/login";
const LONGEST_STATE: usize = 128;
/// Customers offered to pick from.
const SHOWN_CUSTOMERS: usize = 100;

pub(crate) fn routes() -> Router<Sim> {
    Router::new().route(OAUTH, get(oauth)).route(LOGIN, get(login))
}

/// What stands in the address; `userid` or `external_userid` is what the page's own links add.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    appid: String,
    agentid: String,
    redirect_uri: String,
    response_type: String,
    scope: String,
    state: String,
    login_type: String,
    userid: String,
    external_userid: String,
}

/// Why nobody is let in: WeCom's code and what to do about it, for the eye.
struct Refused(i64, &'static str);

/// What becomes of a visitor.
enum Step {
    /// They have not said yet who they are.
    Ask(Response),
    GoBack(Grant),
}

async fn oauth(State(sim): State<Sim>, uri: Uri) -> Response {
    authorize(&sim, &read(&uri))
}

/// Where the browser of this customer is sent from the OAuth page, which asks nothing of whom it knows; or the page
/// that says what is wrong.
pub(crate) fn send_back(sim: &Sim, uri: &Uri, external_userid: &str) -> Response {
    let external_userid = external_userid.to_owned();
    authorize(sim, &Asked { userid: String::new(), external_userid, ..read(uri) })
}

/// Is this the address of the OAuth page, here or where WeCom has it?
pub(crate) fn is_oauth(uri: &Uri) -> bool {
    OAUTH.strip_prefix("/sim") == Some(uri.path().strip_prefix("/sim").unwrap_or(uri.path()))
}

fn authorize(sim: &Sim, asked: &Asked) -> Response {
    let step = sim.look(|world, scene| {
        if asked.response_type != "code" || !["snsapi_base", "snsapi_privateinfo"].contains(&&*asked.scope) {
            return Err(Refused(
                40035,
                "response_type 须为 code，scope 须为 snsapi_base 或 snsapi_privateinfo",
            ));
        }
        if !asked.state.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Refused(40035, "state 只能含字母和数字"));
        }
        let agent_id = check(world, scene, asked)?;
        // without an agentid nobody consents to more than their name
        let private = asked.scope == "snsapi_privateinfo" && !asked.agentid.is_empty();
        Ok(match picked(world, asked)? {
            Some(person) => Step::GoBack(Grant { person, agent_id, private }),
            None => Step::Ask(page("企业微信授权", OAUTH, asked, &everybody(world))),
        })
    });
    take(sim, asked, step)
}

async fn login(State(sim): State<Sim>, uri: Uri) -> Response {
    let asked = read(&uri);
    let step = sim.look(|world, scene| {
        if asked.login_type != "CorpApp" {
            return Err(Refused(40035, "login_type 须为 CorpApp"));
        }
        if asked.agentid.is_empty() {
            return Err(Refused(41011, "缺少 agentid"));
        }
        let agent_id = check(world, scene, &asked)?;
        let in_sight = in_sight(world, scene, agent_id);
        Ok(match picked(world, &asked)? {
            Some(person) if in_sight.iter().any(|(known, _)| *known == person) => {
                Step::GoBack(Grant { person, agent_id, private: false })
            }
            Some(Person::Member(_)) => return Err(Refused(50002, "该成员不在应用的可见范围内")),
            Some(Person::Customer(_)) => return Err(Refused(50002, "只有成员可以登录")),
            None => Step::Ask(page("企业微信扫码登录", LOGIN, &asked, &in_sight)),
        })
    });
    take(&sim, &asked, step)
}

fn take(sim: &Sim, asked: &Asked, step: Result<Step, Refused>) -> Response {
    match step {
        Ok(Step::Ask(page)) => page,
        Ok(Step::GoBack(grant)) => {
            let code = sim.act(|world, scene| world.identities.issue(grant, scene.now_ms, &mut world.draws));
            let location = return_to(&asked.redirect_uri, &code, &asked.state);
            match HeaderValue::from_str(&location) {
                Ok(location) => (StatusCode::FOUND, [(header::LOCATION, location)]).into_response(),
                Err(_) => refuse(&Refused(50001, "redirect_uri 无效")),
            }
        }
        Err(refused) => refuse(&refused),
    }
}

fn read(uri: &Uri) -> Asked {
    Query::try_from_uri(uri).map(|Query(asked)| asked).unwrap_or_default()
}

/// What both pages look at before they show anything: corp, app, the way back. Answers the app.
fn check(world: &World, scene: &Scene<'_>, asked: &Asked) -> Result<u64, Refused> {
    if asked.appid != scene.config.corp_id {
        return Err(Refused(40013, "appid 不是本企业的 corpid"));
    }
    let agent_id = match asked.agentid.as_str() {
        "" => scene.config.agent_id,
        text => text.parse().map_err(|_| Refused(40056, "agentid 无效"))?,
    };
    let app = world.apps.get(agent_id, scene.config).ok_or(Refused(40056, "agentid 无效"))?;
    if asked.state.len() > LONGEST_STATE {
        return Err(Refused(40035, "state 超过 128 字节"));
    }
    if !is_trusted(app, &asked.redirect_uri) {
        return Err(Refused(50001, "redirect_uri 的域名（含端口）不是该应用的可信域名"));
    }
    Ok(agent_id)
}

fn picked(world: &World, asked: &Asked) -> Result<Option<Person>, Refused> {
    if !asked.userid.is_empty() {
        let staff = world.member(&asked.userid).filter(|staff| !staff.has_left());
        let staff = staff.ok_or(Refused(60111, "没有这位成员"))?;
        return Ok(Some(Person::Member(staff.userid.clone())));
    }
    if !asked.external_userid.is_empty() {
        let customer = world.customers.get(&asked.external_userid);
        let customer = customer.ok_or(Refused(40096, "没有这位客户"))?;
        return Ok(Some(Person::Customer(customer.external_userid.clone())));
    }
    Ok(None)
}

/// A person and what to call them.
type Named<'w> = (Person, &'w str);

fn everybody(world: &World) -> Vec<Named<'_>> {
    let members = world
        .staff
        .values()
        .filter(|staff| !staff.has_left())
        .map(|staff| (Person::Member(staff.userid.clone()), staff.name.as_str()));
    let customers = world
        .customers
        .values()
        .take(SHOWN_CUSTOMERS)
        .map(|customer| (Person::Customer(customer.external_userid.clone()), customer.name.as_str()));
    members.chain(customers).collect()
}

/// Members in the app's visible range.
fn in_sight<'w>(world: &'w World, scene: &Scene<'_>, agent_id: u64) -> Vec<Named<'w>> {
    let app = world.apps.get(agent_id, scene.config);
    let sees =
        |userid: &str| app.zip(world.member(userid)).is_some_and(|(app, staff)| world.sees(app, staff));
    let is_seen = |(person, _): &Named<'_>| match person {
        Person::Member(userid) => sees(userid),
        Person::Customer(_) => false,
    };
    everybody(world).into_iter().filter(is_seen).collect()
}

/// One link for each: the same address, with who they are.
fn page(title: &str, path: &str, asked: &Asked, people: &[Named<'_>]) -> Response {
    let base = format!(
        "{path}?appid={}&agentid={}&redirect_uri={}&response_type={}&scope={}&login_type={}&state={}",
        escape(&asked.appid),
        escape(&asked.agentid),
        escape(&asked.redirect_uri),
        escape(&asked.response_type),
        escape(&asked.scope),
        escape(&asked.login_type),
        escape(&asked.state),
    );
    let links: String = people
        .iter()
        .map(|(person, name)| {
            let (role, field, id) = match person {
                Person::Member(id) => ("成员", "userid", id),
                Person::Customer(id) => ("客户", "external_userid", id),
            };
            let address = html(&format!("{base}&{field}={}", escape(id)));
            format!("<li><a href=\"{address}\">{} <small>{role} {}</small></a></li>", html(name), html(id))
        })
        .collect();
    document(StatusCode::OK, title, &format!("<p>模拟的登录：选择你是谁。</p><ul>{links}</ul>"))
}

fn refuse(Refused(code, reason): &Refused) -> Response {
    document(StatusCode::BAD_REQUEST, "无法登录", &format!("<p>错误码 {code}：{}</p>", html(reason)))
}

fn document(status: StatusCode, title: &str, body: &str) -> Response {
    let text = format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>body{{font:16px/1.6 sans-serif;\
         max-width:26em;margin:2em auto;padding:0 1em;color:#222}}li{{list-style:none}}ul{{padding:0}}\
         a{{display:block;padding:.6em;border-bottom:1px solid #eee;color:#2266bb;text-decoration:none}}\
         small{{color:#888}}</style></head><body><h1>{title}</h1>{body}</body></html>"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, text).into_response()
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
