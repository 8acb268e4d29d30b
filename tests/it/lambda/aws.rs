//! As much of AWS as a function sees: the runtime API that gives it work, and services told apart by their requests.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use app::wiring::{DynamoAccess, dynamo};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use local::embedded::Embedded;
use serde_json::{Value, json};
use store::{Store, TableNames};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinSet,
};

use crate::architecture::template;

const RUNTIME: &str = "/2018-06-01/runtime/";
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Aws {
    /// The function's tables.
    pub(super) store: Store,
    services: Arc<Services>,
}

struct Services {
    database: Embedded,
    secrets: BTreeMap<String, String>,
    bus_is_broken: Mutex<bool>,
    published: Mutex<Vec<(String, Value)>>,
    invoked: Mutex<Vec<(String, Value)>>,
    objects: Mutex<BTreeMap<String, Bytes>>,
}

impl Aws {
    /// With these parameters under `/stepwise/dev`.
    pub(super) async fn with_secrets<const N: usize>(secrets: [(&str, String); N]) -> Self {
        let database = Embedded::memory().unwrap();
        let tables = TableNames { main: "main".into(), hot: "hot".into() };
        let store = Store::new(dynamo(database.clone(), &DynamoAccess::embedded()), tables);
        store.create_tables().await.unwrap();
        let secrets = secrets.map(|(name, value)| (format!("/stepwise/dev/{name}"), value)).into();
        let services = Services {
            database,
            secrets,
            bus_is_broken: Mutex::new(false),
            published: Mutex::default(),
            invoked: Mutex::default(),
            objects: Mutex::default(),
        };
        Self { store, services: Arc::new(services) }
    }

    pub(super) fn break_the_bus(&self) {
        *self.services.bus_is_broken.lock().unwrap() = true;
    }

    /// What went over the bus: kinds and details.
    pub(super) fn published(&self) -> Vec<(String, Value)> {
        self.services.published.lock().unwrap().clone()
    }

    /// What was invoked directly: paths and payloads.
    pub(super) fn invoked(&self) -> Vec<(String, Value)> {
        self.services.invoked.lock().unwrap().clone()
    }

    /// The names of what lies in the bucket.
    pub(super) fn objects(&self) -> Vec<String> {
        self.services.objects.lock().unwrap().keys().cloned().collect()
    }

    /// Starts a function's binary with the template's variables, and those that Lambda sets.
    pub(super) fn start(&self, function: &str) -> Function {
        let (events, to_do) = unbounded_channel();
        let (done, answers) = unbounded_channel();
        let runtime = Arc::new(Runtime { to_do: tokio::sync::Mutex::new(to_do), done });
        let state = (Arc::clone(&self.services), runtime);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut server = JoinSet::new();
        let router = Router::new().fallback(answer).with_state(state);
        server.spawn(
            async move { axum::serve(TcpListener::from_std(listener).unwrap(), router).await.unwrap() },
        );
        let child = Command::new(binary(function))
            .env_clear()
            .envs(template::environment(function))
            // A host and a port: what else the crate is given here it takes for an address, and panics.
            .env("AWS_LAMBDA_RUNTIME_API", &address)
            .env("AWS_ENDPOINT_URL", format!("http://{address}"))
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_ACCESS_KEY_ID", "id")
            .env("AWS_SECRET_ACCESS_KEY", "key")
            .env("AWS_SESSION_TOKEN", "session")
            .env("AWS_LAMBDA_FUNCTION_NAME", function)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Function { child, events, answers, _server: server }
    }
}

/// Where `cargo build --workspace --bins` put it: two directories above this test's own binary.
fn binary(function: &str) -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let path = here.ancestors().nth(2).unwrap().join(function);
    assert!(path.is_file(), "{} is missing: run `cargo build --workspace --bins` first", path.display());
    path
}

/// A running function.
pub(super) struct Function {
    child: Child,
    events: UnboundedSender<Value>,
    answers: UnboundedReceiver<(String, Value)>,
    _server: JoinSet<()>,
}

impl Function {
    /// The answer to one invocation.
    pub(super) async fn invoke(&mut self, event: &Value) -> Value {
        self.events.send(event.clone()).unwrap();
        let answer = tokio::time::timeout(PATIENCE, self.answers.recv()).await;
        let (path, answer) = answer.expect("an answer in time").unwrap();
        assert!(path.ends_with("/response"), "{path}: {answer}");
        answer
    }

    /// What it says as it ends by itself, which is a failure.
    pub(super) async fn end(mut self) -> String {
        let stderr = self.child.stderr.take().unwrap();
        let said = tokio::task::spawn_blocking(move || std::io::read_to_string(stderr).unwrap());
        let said = tokio::time::timeout(PATIENCE, said).await.expect("an end in time").unwrap();
        assert!(!self.child.wait().unwrap().success());
        said
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Runtime {
    to_do: tokio::sync::Mutex<UnboundedReceiver<Value>>,
    done: UnboundedSender<(String, Value)>,
}

async fn answer(
    State((services, runtime)): State<(Arc<Services>, Arc<Runtime>)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path().to_owned();
    if path.ends_with("/invocation/next") {
        let Some(event) = runtime.to_do.lock().await.recv().await else {
            return std::future::pending().await;
        };
        let about = [
            ("lambda-runtime-aws-request-id", "1"),
            ("lambda-runtime-deadline-ms", "4102444800000"),
            ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:111122223333:function:f"),
            ("lambda-runtime-trace-id", "Root=1"),
        ];
        return (about, event.to_string()).into_response();
    }
    let said: Value = serde_json::from_slice(&body).unwrap_or_default();
    if path.starts_with(RUNTIME) {
        runtime.done.send((path, said)).unwrap();
        return StatusCode::ACCEPTED.into_response();
    }
    let key = path.strip_prefix("/stepwise-dev/");
    let is_signed_by_address = uri.query().is_some_and(|query| query.contains("X-Amz-Signature="));
    if !(key.is_some() && is_signed_by_address) {
        assert!(headers["authorization"].to_str().unwrap().starts_with("AWS4-HMAC-SHA256 Credential=id/"));
    }
    if let Some(key) = key {
        return services.object(&method, key, body);
    }
    if path.ends_with("/invocations") {
        assert_eq!(headers["x-amz-invocation-type"], "Event");
        services.invoked.lock().unwrap().push((path, said));
        return StatusCode::ACCEPTED.into_response();
    }
    let target = headers["x-amz-target"].to_str().unwrap();
    let (status, answer) = match target {
        "AmazonSSM.GetParameters" => services.parameters(&said),
        "AWSEvents.PutEvents" => services.put_events(&said),
        _ => services.database.answer(target, &body),
    };
    (StatusCode::from_u16(status).unwrap(), answer).into_response()
}

impl Services {
    fn parameters(&self, asked: &Value) -> (u16, String) {
        assert_eq!(asked["WithDecryption"], true);
        let names = asked["Names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
        let (known, unknown): (Vec<&str>, Vec<&str>) =
            names.partition(|name| self.secrets.contains_key(*name));
        let show = |name: &&str| {
            let arn = format!("arn:aws:ssm:eu-central-1:111122223333:parameter{name}");
            json!({ "ARN": arn, "Name": name, "Type": "SecureString", "Value": self.secrets[*name], "Version": 1 })
        };
        let parameters: Vec<Value> = known.iter().map(show).collect();
        (200, json!({ "Parameters": parameters, "InvalidParameters": unknown }).to_string())
    }

    fn object(&self, method: &Method, key: &str, body: Bytes) -> Response {
        let mut objects = self.objects.lock().unwrap();
        match (method.as_str(), objects.get(key)) {
            ("PUT", _) => {
                objects.insert(key.to_owned(), body);
                StatusCode::OK.into_response()
            }
            ("DELETE", _) => {
                objects.remove(key);
                StatusCode::NO_CONTENT.into_response()
            }
            ("HEAD", Some(found)) => [(header::CONTENT_LENGTH, found.len().to_string())].into_response(),
            ("GET", Some(found)) => found.clone().into_response(),
            _ => (StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>").into_response(),
        }
    }

    fn put_events(&self, asked: &Value) -> (u16, String) {
        if *self.bus_is_broken.lock().unwrap() {
            return (400, json!({ "__type": "AccessDeniedException", "message": "no" }).to_string());
        }
        let entries = asked["Entries"].as_array().unwrap();
        let mut published = self.published.lock().unwrap();
        for entry in entries {
            let detail = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
            published.push((entry["DetailType"].as_str().unwrap().to_owned(), detail));
        }
        let results = vec![json!({ "EventId": "e" }); entries.len()];
        (200, json!({ "FailedEntryCount": 0, "Entries": results }).to_string())
    }
}
