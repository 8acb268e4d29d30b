//! Customers: the whole view, and the two changes that people make to it.

pub(crate) mod stage;
pub(crate) mod tags;
mod view;

use axum::extract::{Path, State};

pub(crate) use view::CustomerView;

use crate::{
    Api, address,
    answer::{Answer, Outcome},
};

/// `GET customers/{id}`; the ETag is `version`.
pub(crate) async fn read(State(api): State<Api>, Path(id): Path<String>) -> Outcome<CustomerView> {
    let file = api.file(&address::customer(&id)?).await?;
    let book = api.app.playbook().await?;
    Ok(Answer::new(CustomerView::new(&file, &book)).revision(file.version))
}
