//! A customer taps on a link.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{Uri, header};
use axum::response::Response;
use serde_json::{Value, json};

use super::input::Input;
use super::people::known_customer;
use super::{Outcome, Problem};
use crate::ports::Browsed;
use crate::signin;
use crate::sim::Sim;
use crate::url::is_trusted;

/// Browsers give up after about so many redirects.
const MOST_HOPS: usize = 20;

/// What WeChat's webview on an Android phone sends with the page that somebody opens.
const HEADERS: [(&str, &str); 6] = [
    (
        "User-Agent",
        "Mozilla/5.0 (Linux; Android 13; 2211133C Build/TKQ1.220905.001; wv) AppleWebKit/537.36 (KHTML, like Gecko) \
         Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 XWEB/1160117 MMWEBSDK/20240301 MMWEBID/1984 \
         MicroMessenger/8.0.48.2580(0x28003036) WeChat/arm64 Weixin NetType/5G Language/zh_CN ABI/arm64",
    ),
    (
        "Accept",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/wxpic,image/webp,image/apng,*/*;q=0.8",
    ),
    ("Accept-Language", "zh-CN,zh;q=0.9,en-US;q=0.8,en;q=0.7"),
    ("X-Requested-With", "com.tencent.mm"),
    ("Upgrade-Insecure-Requests", "1"),
    ("Sec-Fetch-Mode", "navigate"),
];

/// `POST customers/{id}/open`
pub(super) async fn open(State(sim): State<Sim>, Path(id): Path<String>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    sim.look(|world, _| known_customer(world, &id))?;
    let wrong = || Problem::invalid("url", "url is an address with http:// or https://");
    let mut uri: Uri = without_fragment(input.text("url")?).parse().map_err(|_| wrong())?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(wrong());
    }
    let mut hops: Vec<Value> = Vec::new();
    let status = loop {
        let Some(answer) = visit(&sim, &id, &uri).await? else { break None };
        hops.push(json!({"url": uri.to_string(), "status": answer.status}));
        let next = answer.location.filter(|_| (300..400).contains(&answer.status));
        let Some(next) = next.and_then(|next| resolve(&uri, &next)) else { break Some(answer.status) };
        if hops.len() == MOST_HOPS {
            return Err(Problem::conflict("url", "it is redirected again and again"));
        }
        uri = next;
    };
    sim.settle().await?;
    Ok(Json(json!({"url": uri.to_string(), "status": status, "hops": hops})))
}

/// What is there; `None`: another's page, which does not concern us.
async fn visit(sim: &Sim, id: &str, uri: &Uri) -> Result<Option<Browsed>, Problem> {
    if signin::is_oauth(uri) {
        return Ok(Some(browsed(&signin::send_back(sim, uri, id))));
    }
    let Some(address) = within_reach(sim, uri) else { return Ok(None) };
    let answer = sim.inner.outbound.browse(&address, &HEADERS).await;
    answer.map(Some).map_err(|reason| Problem::new(502, "address unreachable", reason))
}

fn browsed(response: &Response) -> Browsed {
    let location = response.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
    Browsed { status: response.status().as_u16(), location: location.map(str::to_owned) }
}

/// Where the product answers for this address: itself, or, where the app has registered the address's host, what that
/// host would lead to.
fn within_reach(sim: &Sim, uri: &Uri) -> Option<String> {
    let product: Uri = sim.inner.config.callback_url.parse().ok()?;
    if uri.authority() == product.authority() {
        return Some(uri.to_string());
    }
    let is_registered = sim.look(|world, _| {
        let app = world.apps.configured();
        app.trusted_domains.is_some() && is_trusted(app, &uri.to_string())
    });
    if !is_registered {
        return None;
    }
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    Some(format!("{}://{}{path}", product.scheme_str()?, product.authority()?))
}

fn resolve(from: &Uri, location: &str) -> Option<Uri> {
    let location = without_fragment(location);
    if location.starts_with('/') && !location.starts_with("//") {
        return format!("{}://{}{location}", from.scheme_str()?, from.authority()?).parse().ok();
    }
    location.parse().ok().filter(|uri: &Uri| uri.authority().is_some())
}

/// Browsers keep it to themselves.
fn without_fragment(address: &str) -> &str {
    address.split('#').next().unwrap_or_default()
}
