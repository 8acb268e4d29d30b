//! WeCom's door: verifies, decrypts, claims the event in the inbox, hands its id to the bus, answers.
//!
//! It does nothing else, so that WeCom's five seconds are never in danger. What is not claimed is not acknowledged.

use std::sync::Arc;

use app::Intake;
use axum::{
    Router,
    body::Body,
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use cloud::bus::{Message, MessageKind};
use http_body_util::BodyExt as _;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use wecom::crypto::{CallbackKeys, MAX_BODY_BYTES, Refused};

/// The path that is entered in the app's 接收消息 page.
pub const PATH: &str = "/wecom/callback";

/// Of a body that is too large so much is read and thrown away: a sender that is still writing would else see a broken
/// connection in place of the one uniform answer.
const MAX_DISCARDED_BYTES: usize = 32 * 1024 * 1024;

struct Door {
    intake: Intake,
    keys: CallbackKeys,
}

/// What WeCom puts into the address.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Signed {
    msg_signature: String,
    timestamp: String,
    nonce: String,
    echostr: String,
}

/// The door, at [`PATH`].
pub fn router(intake: impl Into<Intake>, keys: CallbackKeys) -> Router {
    let door = Arc::new(Door { intake: intake.into(), keys });
    Router::new().route(PATH, get(verify).post(accept)).with_state(door)
}

/// URL verification: the decrypted echo, nothing around it.
async fn verify(State(door): State<Arc<Door>>, signed: Result<Query<Signed>, QueryRejection>) -> Response {
    let signed = signed.map(|Query(signed)| signed).unwrap_or_default();
    // Frameworks on the way may have read a literal plus as a space.
    let echo = signed.echostr.replace(' ', "+");
    match door.keys.verify_url(&signed.msg_signature, &signed.timestamp, &signed.nonce, &echo) {
        Ok(echo) => echo.into_response(),
        Err(refused) => refuse(&refused),
    }
}

async fn accept(
    State(door): State<Arc<Door>>,
    signed: Result<Query<Signed>, QueryRejection>,
    body: Body,
) -> Response {
    let signed = signed.map(|Query(signed)| signed).unwrap_or_default();
    let body = read(body).await;
    let plain = match door.keys.open(&signed.msg_signature, &signed.timestamp, &signed.nonce, &body) {
        Ok(plain) => plain,
        Err(refused) => return refuse(&refused),
    };
    let id = hex::encode(Sha256::digest(plain.as_str().as_bytes()));
    match door.intake.accept(&id, plain.as_str()).await {
        Ok(true) => {
            hand_over(&door.intake, id).await;
            StatusCode::OK.into_response()
        }
        Ok(false) => {
            telemetry::metric!(callbacks_duplicate = 1);
            StatusCode::OK.into_response()
        }
        Err(error) => {
            // Not durable, so not acknowledged: WeCom sends it again.
            tracing::error!(%error, "an event could not be claimed");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// The body as far as it came: one byte more than is allowed, at most, so that "too large" is said where everything
/// else is; and what was cut off is no envelope.
async fn read(mut body: Body) -> Vec<u8> {
    let mut kept: Vec<u8> = Vec::new();
    let mut seen: usize = 0;
    while let Some(Ok(frame)) = body.frame().await {
        let Ok(data) = frame.into_data() else { continue };
        let room = MAX_BODY_BYTES + 1 - kept.len();
        kept.extend_from_slice(&data[..room.min(data.len())]);
        seen = seen.saturating_add(data.len());
        if seen > MAX_DISCARDED_BYTES {
            break;
        }
    }
    kept
}

/// Best effort: an entry that nobody hears of is found by the janitor.
async fn hand_over(intake: &Intake, id: String) {
    telemetry::metric!(callbacks_received = 1);
    let message = Message { kind: MessageKind::Inbox, id };
    if let Err(error) = intake.bus.publish(&[message]).await {
        tracing::error!(%error, "an accepted event was not handed over; the janitor will find it");
    }
}

/// One answer for whatever was wrong: no oracle for whoever tries keys.
fn refuse(refused: &Refused) -> Response {
    tracing::warn!(layer = refused.layer(), "a callback was refused");
    telemetry::metric!(callbacks_refused = 1);
    (StatusCode::FORBIDDEN, Body::from("refused")).into_response()
}
