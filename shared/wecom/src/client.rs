//! The client: how a call becomes a request and how its answer is read. The calls themselves stand
//! in the files of their families.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::codes::class_of;
use crate::lenient::as_integer;
use crate::{AccessToken, Error, Transport, TransportError};

/// The time-out of a call that names no other.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// The calling address is not among the app's trusted ones (企业可信IP).
const NOT_TRUSTED: i64 = 60020;

/// Calls the WeCom server API.
///
/// Every method makes one request (those that say so: one per page), never repeats it and keeps
/// nothing between calls. Cloning is cheap.
#[derive(Clone)]
pub struct Client {
    base: Arc<str>,
    transport: Arc<dyn Transport>,
}

/// One API, as its family file declares it.
pub(crate) struct Api {
    /// The path below `/cgi-bin/`; it also names the call in errors and logs.
    pub(crate) path: &'static str,
    pub(crate) effect: Effect,
    pub(crate) timeout: Duration,
}

/// What it means when no answer comes back.
#[derive(Clone, Copy)]
pub(crate) enum Effect {
    /// Nothing: the call only reads.
    Reads,
    /// Something may have changed on the platform.
    Writes,
}

/// The answer of a call that returns nothing but `errcode`.
#[derive(Deserialize)]
pub(crate) struct Nothing {}

impl Client {
    /// `base` is everything before `/cgi-bin/`: `https://qyapi.weixin.qq.com`, or the address of a
    /// simulator.
    pub fn new(base: &str, transport: Arc<dyn Transport>) -> Client {
        Client { base: base.trim_end_matches('/').into(), transport }
    }

    /// The same client with something in front of its transport.
    #[must_use]
    pub fn through(&self, around: impl FnOnce(Arc<dyn Transport>) -> Arc<dyn Transport>) -> Client {
        Client { base: Arc::clone(&self.base), transport: around(Arc::clone(&self.transport)) }
    }

    /// A GET with a token.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        api: &Api,
        token: &AccessToken,
        query: &[(&str, &str)],
    ) -> Result<T, Error> {
        let mut all = vec![("access_token", token.expose())];
        all.extend_from_slice(query);
        self.get_without_token(api, &all).await
    }

    /// A GET whose query is all there is.
    pub(crate) async fn get_without_token<T: DeserializeOwned>(
        &self,
        api: &Api,
        query: &[(&str, &str)],
    ) -> Result<T, Error> {
        self.send(api, Method::GET, query, Bytes::new()).await
    }

    /// A POST of JSON. The platform wants real UTF-8: some endpoints refuse `\u` escapes.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        api: &Api,
        token: &AccessToken,
        body: &(impl Serialize + Sync),
    ) -> Result<T, Error> {
        let body = serde_json::to_vec(body).map_err(|error| invalid(api, "body", &error.to_string()))?;
        self.send(api, Method::POST, &[("access_token", token.expose())], body.into()).await
    }

    /// A POST of something else than JSON; `query` comes after the token.
    pub(crate) async fn post_other<T: DeserializeOwned>(
        &self,
        api: &Api,
        token: &AccessToken,
        query: &[(&str, &str)],
        content_type: &str,
        body: Bytes,
    ) -> Result<T, Error> {
        let mut all = vec![("access_token", token.expose())];
        all.extend_from_slice(query);
        let request =
            Request::post(self.uri(api, &all)).header(header::CONTENT_TYPE, content_type).body(body);
        self.exchange(api, request, |response| read(api, &response)).await
    }

    /// A GET whose answer is a file, unless it is a refusal. `range` is the value of a `Range` header.
    pub(crate) async fn get_file(
        &self,
        api: &Api,
        token: &AccessToken,
        query: &[(&str, &str)],
        range: Option<&str>,
    ) -> Result<Response<Bytes>, Error> {
        let mut all = vec![("access_token", token.expose())];
        all.extend_from_slice(query);
        let mut request = Request::get(self.uri(api, &all));
        if let Some(range) = range {
            request = request.header(header::RANGE, range);
        }
        self.exchange(api, request.body(Bytes::new()), |response| read_file(api, response)).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        api: &Api,
        method: Method,
        query: &[(&str, &str)],
        body: Bytes,
    ) -> Result<T, Error> {
        let mut request = Request::builder().method(method).uri(self.uri(api, query));
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        self.exchange(api, request.body(body), |response| read(api, &response)).await
    }

    async fn exchange<T>(
        &self,
        api: &Api,
        request: http::Result<Request<Bytes>>,
        read: impl FnOnce(Response<Bytes>) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        // The only part that was not made here is the base address.
        let request = request.map_err(|_| invalid(api, "base address", "is not a URL"))?;
        let result = match self.transport.call(request, api.timeout).await {
            Ok(response) => read(response),
            Err(error) => Err(unanswered(api, error)),
        };
        match &result {
            Ok(_) => tracing::debug!(wecom.api = api.path, "wecom call done"),
            Err(error) => tracing::debug!(
                wecom.api = api.path,
                wecom.errcode = error.code(),
                wecom.hint = error.hint(),
                wecom.class = %error.class(),
                "wecom call failed"
            ),
        }
        result
    }

    fn uri(&self, api: &Api, query: &[(&str, &str)]) -> String {
        with_query(format!("{}/cgi-bin/{}", self.base, api.path), query)
    }
}

/// An address with its query, the values percent-encoded.
pub(crate) fn with_query(mut address: String, query: &[(&str, &str)]) -> String {
    for (i, (name, value)) in query.iter().enumerate() {
        address.push(if i == 0 { '?' } else { '&' });
        address.push_str(name);
        address.push('=');
        percent_encode(value, &mut address);
    }
    address
}

/// What a response says: failure is an `errcode` that is there and not 0.
fn read<T: DeserializeOwned>(api: &Api, response: &Response<Bytes>) -> Result<T, Error> {
    check_status(api, response.status())?;
    // Texts of the JSON reader may quote the answer, so only the position is kept.
    let answer: Value = serde_json::from_slice(response.body())
        .map_err(|error| unclear(api, format!("answer is not JSON at column {}", error.column())))?;
    let Value::Object(fields) = &answer else {
        return Err(unclear(api, "answer is not a JSON object"));
    };
    let code = fields.get("errcode").map_or(Ok(None), as_integer);
    match code {
        Err(_) => Err(unclear(api, "errcode is not a number")),
        Ok(Some(code)) if code != 0 => {
            let errmsg = fields.get("errmsg").and_then(Value::as_str);
            let hint = errmsg.and_then(hint_of);
            let from_ip = errmsg.filter(|_| code == NOT_TRUSTED).and_then(from_ip_of);
            Err(Error::Refused { api: api.path, code, class: class_of(code), hint, from_ip })
        }
        Ok(_) => {
            serde_json::from_value(answer).map_err(|_| unclear(api, "answer has fields of unexpected types"))
        }
    }
}

/// A refusal comes as JSON where the file should be. A file is announced with a name of its own; what
/// is not, and reads as an answer with an `errcode`, is one.
fn read_file(api: &Api, response: Response<Bytes>) -> Result<Response<Bytes>, Error> {
    check_status(api, response.status())?;
    let is_answer = !response.headers().contains_key(header::CONTENT_DISPOSITION)
        && serde_json::from_slice::<Value>(response.body())
            .is_ok_and(|answer| answer.get("errcode").is_some());
    if is_answer {
        let Nothing {} = read(api, &response)?;
        return Err(unclear(api, "answer has no file"));
    }
    Ok(response)
}

fn check_status(api: &Api, status: StatusCode) -> Result<(), Error> {
    if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
        return Err(unclear(api, format!("HTTP status {}", status.as_u16())));
    }
    if !status.is_success() {
        return Err(Error::TurnedAway { api: api.path, status: status.as_u16() });
    }
    Ok(())
}

fn unanswered(api: &Api, error: TransportError) -> Error {
    match error {
        TransportError::Held { until_ms } => Error::Held { api: api.path, until_ms },
        TransportError::NotSent(reason) => Error::NotSent { api: api.path, reason: without_address(reason) },
        TransportError::Ambiguous(reason) => unclear(api, without_address(reason)),
    }
}

/// The call went out and nothing usable came back.
pub(crate) fn unclear(api: &Api, reason: impl Into<String>) -> Error {
    let reason = reason.into();
    match api.effect {
        Effect::Reads => Error::NoAnswer { api: api.path, reason },
        Effect::Writes => Error::Ambiguous { api: api.path, reason },
    }
}

fn invalid(api: &Api, field: &str, problem: &str) -> Error {
    Error::Invalid { api: api.path, field: field.to_owned(), problem: problem.to_owned() }
}

/// HTTP libraries like to quote the address in their errors, and the address carries credentials.
fn without_address(reason: String) -> String {
    let quotes_address = ["access_token", "corpsecret", "cgi-bin"].iter().any(|part| reason.contains(part));
    if quotes_address { "reason withheld because it quotes the address".to_owned() } else { reason }
}

/// The support hint in an `errmsg` like `…, hint: [1700000000_12_0123abcd], from ip: …`. The rest
/// of that text may change at any time and may name people, so it is not kept.
fn hint_of(errmsg: &str) -> Option<String> {
    let (_, after) = errmsg.split_once("hint: [")?;
    let (hint, _) = after.split_once(']')?;
    let is_hint =
        (1..=128).contains(&hint.len()) && hint.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_hint.then(|| hint.to_owned())
}

/// The caller's address in an `errmsg` like `…, from ip: 1.2.3.4, more info at …`: what is no address is not kept.
fn from_ip_of(errmsg: &str) -> Option<IpAddr> {
    let (_, after) = errmsg.split_once("from ip: ")?;
    after.split([',', ' ']).next()?.parse().ok()
}

/// Everything but the unreserved characters of RFC 3986 as `%XX`.
fn percent_encode(value: &str, into: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.push(char::from(HEX[usize::from(byte >> 4)]));
            into.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_well_formed_hint_is_kept() {
        let errmsg =
            "invalid access_token, hint: [1700000000_12_0123abcd], from ip: 1.2.3.4, more info at https://…";
        assert_eq!(hint_of(errmsg).as_deref(), Some("1700000000_12_0123abcd"));
        for other in ["ok", "hint: []", "hint: [张三 said]", "hint: [1_2_3", "", "hint: [a b]"] {
            assert_eq!(hint_of(other), None, "{other}");
        }
    }

    #[test]
    fn only_an_address_is_taken_for_the_callers() {
        let of = |from: &str| {
            from_ip_of(&format!("not allow to access from your ip, hint: [1_2_3], from ip: {from}"))
        };
        assert_eq!(of("1.2.3.4, more info at https://…"), Some(IpAddr::from([1, 2, 3, 4])));
        assert_eq!(of("2001:db8::7"), "2001:db8::7".parse().ok());
        for other in ["", "张三", "1.2.3", "1.2.3.4张三, x", "unknown"] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn query_values_are_percent_encoded() {
        let mut encoded = String::new();
        percent_encode("aZ9-._~ +/=&%中", &mut encoded);
        assert_eq!(encoded, "aZ9-._~%20%2B%2F%3D%26%25%E4%B8%AD");
    }

    #[test]
    fn a_reason_that_quotes_the_address_is_withheld() {
        let kept = without_address("connection refused".to_owned());
        let withheld =
            without_address("error for url (http://h/cgi-bin/gettoken?corpsecret=s3cret)".to_owned());
        assert_eq!(kept, "connection refused");
        assert!(!withheld.contains("s3cret"));
    }
}
