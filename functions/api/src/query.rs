//! Query parameters that an operation does not know are refused: a misspelt filter would else answer everything. What it
//! knows is what its description says.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    extract::{MatchedPath, Query, Request, State},
    http::Method,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use utoipa::openapi::{
    OpenApi, RefOr,
    path::{Operation, ParameterIn},
};

use crate::problem::{Code, FieldError, Problem};

/// Every caller may send it ([`crate::auth`]).
const IN_THE_NAME_OF: &str = "userid";

/// The parameters that operations take, by `METHOD path`.
#[derive(Clone, Debug)]
pub(crate) struct Known(Arc<BTreeMap<String, BTreeSet<String>>>);

impl Known {
    /// Of what is described, and served under `prefix`.
    pub(crate) fn of(described: &OpenApi, prefix: &str) -> Self {
        let mut known = BTreeMap::new();
        for (path, item) in &described.paths.paths {
            for (method, operation) in [
                (Method::GET, &item.get),
                (Method::POST, &item.post),
                (Method::PUT, &item.put),
                (Method::PATCH, &item.patch),
                (Method::DELETE, &item.delete),
            ] {
                if let Some(operation) = operation {
                    known.insert(key(&method, &format!("{prefix}{path}")), names(operation));
                }
            }
        }
        Self(Arc::new(known))
    }

    fn check(&self, request: &Request) -> Result<(), Problem> {
        let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let Some(known) = self.0.get(&key(request.method(), path)) else { return Ok(()) };
        let Query(given) = Query::<Vec<(String, String)>>::try_from_uri(request.uri())
            .map_err(|_| Problem::new(Code::BadRequest, "the query string could not be read"))?;
        let unknown = given.iter().map(|(name, _)| name).filter(|name| !known.contains(*name));
        let errors: Vec<FieldError> = unknown.map(|name| unknown_parameter(name, known)).collect();
        if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
    }
}

/// `HEAD` is answered as `GET` is.
fn key(method: &Method, path: &str) -> String {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    format!("{method} {path}")
}

fn names(operation: &Operation) -> BTreeSet<String> {
    let described = operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
        RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query => Some(parameter.name.clone()),
        _ => None,
    });
    described.chain([IN_THE_NAME_OF.to_owned()]).collect()
}

fn unknown_parameter(name: &str, known: &BTreeSet<String>) -> FieldError {
    let name: String = name.chars().take(80).collect();
    let message = format!("there is no query parameter {name:?} here");
    let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
    FieldError::new(pointer, "unknown_field", message).among(known.iter().cloned().collect())
}

/// Lets pass what knows its parameters.
pub(crate) async fn check(State(known): State<Known>, request: Request, next: Next) -> Response {
    match known.check(&request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}
