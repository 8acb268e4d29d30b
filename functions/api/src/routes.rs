//! All routes, by who may call them. Each describes itself ([`crate::openapi`]).

use domain::playbook::Role;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, audit,
    auth::{Area, needs, session, sign_in, tokens},
    boards, contents, customers, enrollments, ingest, jobs, openapi, rules, settings, sops, staff, tags,
    tasks, timeline, undo, uploads,
};

/// Where REST is.
pub(crate) const REST: &str = "/api/v1";

/// The whole interface, with the addresses that the world sees.
pub(crate) fn all() -> OpenApiRouter<Api> {
    let rest = guarded().merge(open());
    OpenApiRouter::new().nest(REST, rest).nest("/ingest/v1", ingestion())
}

/// Behind sign-in, under [`REST`].
pub(crate) fn guarded() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .merge(customers())
        .merge(playbook())
        .merge(todos())
        .merge(boards::changes::routes())
        .merge(boards::counts::routes())
        .merge(boards::edit::routes())
        .merge(boards::templates::routes())
        .merge(tags::routes())
        .merge(contents::routes())
        .merge(uploads::routes())
        .merge(jobs::routes())
        .merge(staff::routes())
        .merge(session::routes())
        .merge(tokens::routes())
        .merge(audit::routes())
}

/// For everybody, under [`REST`].
pub(crate) fn open() -> OpenApiRouter<Api> {
    sign_in::routes().merge(openapi::routes())
}

/// For who knows the secret; signed instead of signed in.
pub(crate) fn ingestion() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(ingest::events))
}

fn customers() -> OpenApiRouter<Api> {
    let serve = OpenApiRouter::new()
        .routes(routes!(customers::read))
        .routes(routes!(timeline::read))
        .routes(routes!(enrollments::of_customer))
        .merge(customers::contents::routes())
        .routes(routes!(customers::stage::put))
        .routes(routes!(customers::tags::edit))
        .routes(routes!(customers::attributes::set))
        .routes(routes!(customers::batch::tags))
        .routes(routes!(customers::batch::stage::put))
        .routes(routes!(boards::cards::list))
        .routes(routes!(undo::undo));
    let take_over = OpenApiRouter::new()
        .routes(routes!(customers::import::begin))
        .routes(routes!(customers::import::reconcile));
    let lead = OpenApiRouter::new().routes(routes!(customers::owner::assign));
    needs(Role::Operator, Area::Customers, serve)
        .merge(needs(Role::Manager, Area::Customers, lead))
        .merge(needs(Role::Admin, Area::Customers, take_over))
}

fn playbook() -> OpenApiRouter<Api> {
    let read = OpenApiRouter::new()
        .routes(routes!(boards::list))
        .routes(routes!(boards::read))
        .routes(routes!(rules::list))
        .routes(routes!(rules::read))
        .routes(routes!(sops::list))
        .routes(routes!(sops::read))
        .routes(routes!(settings::read));
    let decide = OpenApiRouter::new()
        .routes(routes!(rules::write, rules::delete))
        .routes(routes!(sops::write))
        .routes(routes!(sops::publish))
        .routes(routes!(enrollments::of_sop));
    let found = OpenApiRouter::new().routes(routes!(boards::create)).routes(routes!(settings::write));
    needs(Role::Operator, Area::Playbook, read)
        .merge(needs(Role::Manager, Area::Playbook, decide))
        .merge(needs(Role::Admin, Area::Playbook, found))
}

fn todos() -> OpenApiRouter<Api> {
    let own = OpenApiRouter::new()
        .routes(routes!(tasks::list))
        .routes(routes!(tasks::read))
        .routes(routes!(tasks::sent))
        .routes(routes!(tasks::skip));
    needs(Role::Operator, Area::Tasks, own)
}
