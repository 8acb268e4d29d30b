//! Customers: the whole view, and the changes that people make to it.

pub(crate) mod attributes;
pub(crate) mod batch;
pub(crate) mod contents;
pub(crate) mod import;
pub(crate) mod owner;
pub(crate) mod stage;
pub(crate) mod tags;
mod view;

use axum::extract::{Path, State};

pub(crate) use view::CustomerView;

use crate::{
    Api, address,
    answer::{Answer, Outcome},
    auth::Caller,
    schema,
};

/// One customer
///
/// The ETag is `version`, which rises with everything that happens to the customer; a card has its own, `rev`.
#[utoipa::path(get, path = "/customers/{id}", operation_id = "readCustomer", tag = "customers",
    params(("id" = schema::CustomerId, Path, description = "The customer")),
    responses((status = 200, description = "The customer", body = CustomerView, headers(("ETag" = String))),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("客户详情"))))]
pub(crate) async fn read(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Outcome<CustomerView> {
    let file = api.file(&caller, &address::customer(&id)?).await?;
    let book = api.app.playbook().await?;
    Ok(Answer::new(CustomerView::new(&file, &book, caller.sight())).revision(file.version))
}
