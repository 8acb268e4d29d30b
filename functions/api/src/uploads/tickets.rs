//! Where tickets of [`Local`] are taken, on one machine. On AWS uploads and downloads go to the bucket, and nothing is
//! here. Who has a ticket may do what it says: these routes ask for nothing else.

use std::{ops::Range, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, put},
};
use cloud::blob::{
    TicketProblem,
    local::{Handed, Local, TicketError},
};

use super::range;
use crate::{
    Api, body,
    problem::{Code, Problem},
};

/// The routes, beneath the address of the API.
pub(crate) fn routes() -> Router<Api> {
    Router::new().route("/uploads/{ticket}", put(receive)).route("/blobs/{ticket}", get(hand_out))
}

async fn receive(
    State(api): State<Api>,
    Path(ticket): Path<String>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let blobs = local(&api)?;
    let now_ms = api.app.clock.now().ms();
    // Before anything of it is kept in memory: anybody may send here.
    let announced = match expected(blobs, &ticket, request.headers(), now_ms) {
        Ok(announced) => announced,
        Err(problem) => {
            body::discard(request.into_body()).await;
            return Err(refused(problem.into()));
        }
    };
    let content_type = text(request.headers(), header::CONTENT_TYPE);
    let bytes = body::read(request.into_body(), announced).await?;
    blobs.receive(&ticket, &content_type, bytes, now_ms).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// How many bytes are to come.
fn expected(blobs: &Local, ticket: &str, headers: &HeaderMap, now_ms: i64) -> Result<usize, TicketProblem> {
    let announced = blobs.announced(ticket, now_ms)?;
    match text(headers, header::CONTENT_LENGTH).parse::<u64>() {
        Ok(found) if found != announced => Err(TicketProblem::Length { found, announced }),
        // A length that is not told is counted.
        _ => Ok(usize::try_from(announced).unwrap_or(usize::MAX)),
    }
}

async fn hand_out(
    State(api): State<Api>,
    Path(ticket): Path<String>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let blobs = local(&api)?;
    let handed = blobs.hand_out(&ticket, api.app.clock.now().ms()).await.map_err(refused)?;
    let Handed { content_type, disposition, bytes } =
        handed.ok_or_else(|| Problem::not_found("such file"))?;
    let whole = bytes.len();
    // It is given no validator, so a condition on one (`If-Range`) is never met.
    let range = match asked.contains_key(header::IF_RANGE) {
        true => None,
        false => range::asked_for(&text(&asked, header::RANGE), whole),
    };
    let mut response = match &range {
        Some(range) => (StatusCode::PARTIAL_CONTENT, Body::from(bytes.slice(range.clone()))).into_response(),
        None => Body::from(bytes).into_response(),
    };
    let place = range.map(|Range { start, end }| format!("bytes {start}-{}/{whole}", end - 1));
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, Some(content_type.as_str())),
        (header::CONTENT_DISPOSITION, Some(&disposition)),
        (header::CONTENT_RANGE, place.as_deref()),
        (header::ACCEPT_RANGES, Some("bytes")),
        (header::X_CONTENT_TYPE_OPTIONS, Some("nosniff")),
        // Whatever it is: it runs nothing, and belongs to no page of ours.
        (header::CONTENT_SECURITY_POLICY, Some("sandbox; default-src 'none'")),
    ] {
        if let Some(Ok(value)) = value.map(HeaderValue::from_str) {
            headers.insert(name, value);
        }
    }
    Ok(response)
}

fn local(api: &Api) -> Result<&Arc<Local>, Problem> {
    api.blobs.as_ref().ok_or_else(|| Problem::not_found("such address"))
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn refused(error: TicketError) -> Problem {
    match error {
        TicketError::Ticket(problem @ (TicketProblem::Unknown | TicketProblem::Expired)) => {
            Problem::new(Code::NotFound, problem.to_string())
        }
        TicketError::Ticket(problem) => Problem::new(Code::BadRequest, problem.to_string()),
        TicketError::Blob(error) => app::Error::from(error).into(),
    }
}
