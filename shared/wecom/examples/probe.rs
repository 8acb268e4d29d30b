//! One real call by hand: does the platform let this machine in?
//!
//! ```text
//! WECOM_CORP_ID=ww… WECOM_SECRET=… cargo run -p wecom --example probe
//! ```
//!
//! `WECOM_API_BASE` points it elsewhere, for example at a simulator. It gets a token, asks where
//! callbacks come from (which shows whether this machine's address is trusted) and who serves
//! customers (which shows whether the app is admitted to customer contact), and prints what
//! happened. It changes nothing on the platform and never shows secret or token.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use wecom::{Client, Error, Transport, TransportError};

const OFFICIAL: &str = "https://qyapi.weixin.qq.com";

/// Sends requests as the product does: one attempt, no redirects, the roots that it is built with.
struct Http(reqwest::Client);

impl Http {
    fn new(proxy: Option<String>) -> Http {
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let tls =
            rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("ring supports the default TLS versions")
                .with_root_certificates(roots)
                .with_no_client_auth();
        let client = match proxy {
            Some(proxy) => reqwest::Client::builder()
                .proxy(reqwest::Proxy::all(proxy).expect("WECOM_PROXY is http://user:password@host:port")),
            None => reqwest::Client::builder().no_proxy(),
        };
        let client = client
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("the client's settings are constant");
        Http(client)
    }
}

#[async_trait]
impl Transport for Http {
    async fn call(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> Result<Response<Bytes>, TransportError> {
        // The address carries secret and token: no error may quote it.
        let failed = |error: reqwest::Error| {
            let not_sent = error.is_connect() || error.is_builder();
            let text = error.without_url().to_string();
            if not_sent { TransportError::NotSent(text) } else { TransportError::Ambiguous(text) }
        };
        let mut request = reqwest::Request::try_from(request).map_err(failed)?;
        *request.timeout_mut() = Some(timeout);
        let answer = self.0.execute(request).await.map_err(failed)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut response = Response::new(answer.bytes().await.map_err(failed)?);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let (Some(corp_id), Some(secret)) = (setting("WECOM_CORP_ID"), setting("WECOM_SECRET")) else {
        say("set WECOM_CORP_ID and WECOM_SECRET (WECOM_API_BASE for another host, WECOM_PROXY)");
        return ExitCode::FAILURE;
    };
    let base = setting("WECOM_API_BASE").unwrap_or_else(|| OFFICIAL.to_owned());
    say(&format!("asking {base}"));
    match probe(&Client::new(&base, Arc::new(Http::new(setting("WECOM_PROXY")))), &corp_id, &secret).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("failed: {error}"));
            if let Some(from) = error.from_ip() {
                say(&format!("WeCom saw the address {from}"));
            }
            say(mend(&error));
            ExitCode::FAILURE
        }
    }
}

async fn probe(client: &Client, corp_id: &str, secret: &str) -> Result<(), Error> {
    let granted = client.get_token(corp_id, secret).await?;
    say(&format!("gettoken: a token for {} s", granted.expires_in.as_secs()));
    let addresses = client.list_callback_addresses(&granted.access_token).await?;
    say(&format!("getcallbackip: {} addresses, so this machine's own is trusted", addresses.len()));
    let members = client.list_follow_users(&granted.access_token).await?;
    say(&format!("get_follow_user_list: {} members may serve customers", members.len()));
    Ok(())
}

/// What usually helps.
fn mend(error: &Error) -> &'static str {
    match (error, error.code()) {
        (Error::NotSent { .. }, _) => "no connection: look at the network, a proxy, the host's name",
        (_, Some(40001 | 40013 | 40091)) => {
            "corp id or secret is wrong; do not try often: it gets the address blocked for an hour"
        }
        (_, Some(60020)) => {
            "add this machine's address to the app's 企业可信IP; it counts after about a minute"
        }
        (_, Some(48002)) => "add the app in the admin console: 客户联系, 可调用接口的应用",
        (_, Some(45009)) => "a frequency limit: wait for its window to end",
        (_, Some(_)) => "the code is explained at https://open.work.weixin.qq.com/devtool/query",
        (_, None) => "that was no answer of the platform: look at the address and at what is in between",
    }
}

#[expect(clippy::disallowed_methods, reason = "an example is started by hand and has no settings but these")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[expect(clippy::print_stdout, reason = "it is there to be read")]
fn say(line: &str) {
    println!("{line}");
}
