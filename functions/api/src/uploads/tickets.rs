//! Where tickets of [`Local`] are taken, on one machine. On AWS uploads and downloads go to the bucket, and nothing is
//! here. Who has a ticket may do what it says: these routes ask for nothing else.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, put},
};
use cloud::blob::{
    MAX_BLOB_BYTES, TicketProblem,
    local::{Handed, Local, TicketError},
};

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
    let content_type = text(request.headers(), header::CONTENT_TYPE);
    let most = usize::try_from(MAX_BLOB_BYTES).unwrap_or(usize::MAX);
    let bytes = body::read(request.into_body(), most).await?;
    blobs.receive(&ticket, &content_type, bytes, api.app.clock.now().ms()).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn hand_out(State(api): State<Api>, Path(ticket): Path<String>) -> Result<Response, Problem> {
    let blobs = local(&api)?;
    let handed = blobs.hand_out(&ticket, api.app.clock.now().ms()).await.map_err(refused)?;
    let Handed { content_type, disposition, bytes } =
        handed.ok_or_else(|| Problem::not_found("such file"))?;
    let mut response = Body::from(bytes).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, content_type.as_str()),
        (header::CONTENT_DISPOSITION, disposition.as_str()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Whatever it is: it runs nothing, and belongs to no page of ours.
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
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
