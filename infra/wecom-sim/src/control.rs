//! `/sim/control/*`: what people do, for tests and scripts. A call that changes something answers when
//! what it started has settled; the README beside this crate lists the bodies.

mod apps;
mod chat;
mod click;
mod clock;
mod consent;
mod directory;
mod faults;
mod friends;
mod input;
mod jssdk;
mod limits;
mod log;
mod marking;
mod mass;
mod oauth;
mod open;
mod people;
mod population;
mod problem;
mod scan;
mod sidebar;
mod tags;
mod tokens;
mod transfer;
mod verify;
pub(crate) mod views;

use axum::Json;
use axum::Router;
use axum::http::Uri;
use axum::routing::{delete, get, post};
use serde_json::Value;

use crate::sim::Sim;
use crate::state::{Scene, World};
pub(crate) use population::play_next;
pub(crate) use problem::Problem;

type Outcome = Result<Json<Value>, Problem>;

pub(crate) fn routes() -> Router<Sim> {
    let calls = Router::new()
        .route("/staff", post(people::staff))
        .route("/staff/{userid}/licence", post(people::licence))
        .route("/staff/{userid}/leave", post(people::leave))
        .route("/staff/{userid}/say", post(chat::staff_says))
        .route("/staff/{userid}/delete", post(friends::delete))
        .route("/staff/{userid}/tag", post(marking::tag))
        .route("/staff/{userid}/send", post(sidebar::send))
        .route("/staff/{userid}/confirm", post(mass::confirm))
        .route("/staff/{userid}/mass_send", post(mass::send_own))
        .route("/staff/{userid}/click", post(click::click))
        .route("/staff/{userid}/inbox", get(views::staff_inbox))
        .route("/customers", post(people::customer))
        .route("/customers/{id}/add", post(friends::add))
        .route("/customers/{id}/scan", post(scan::scan))
        .route("/customers/{id}/say", post(chat::customer_says))
        .route("/customers/{id}/block", post(friends::block))
        .route("/customers/{id}/buy", post(chat::buy))
        .route("/customers/{id}/consent", post(consent::consent))
        .route("/customers/{id}/open", post(open::open))
        .route("/customers/{id}/inbox", get(views::customer_inbox))
        .route("/contacts/{id}", get(views::contact))
        .route("/population", get(population::read).post(population::put).delete(population::disperse))
        .route("/mass/rule", post(mass::rule))
        .route("/groups", get(mass::groups).post(mass::group))
        .route("/tags", get(views::tags).post(tags::edit))
        .route("/transfer", post(transfer::transfer))
        .route("/departments", get(directory::list).post(directory::put))
        .route("/apps", get(apps::list).post(apps::put))
        .route("/callback/verify", post(verify::verify))
        .route("/tokens/expire", post(tokens::expire))
        .route("/oauth/code", post(oauth::code))
        .route("/jssdk/verify", post(jssdk::verify))
        .route("/clock", get(clock::read))
        .route("/clock/advance", post(clock::advance))
        .route("/faults", get(faults::list).post(faults::put).delete(faults::clear))
        .route("/faults/{id}", delete(faults::remove))
        .route("/calls", get(log::calls))
        .route("/calls/{n}", get(log::call))
        .route("/deliveries", get(log::deliveries))
        .route("/deliveries/{n}", get(log::delivery))
        .route("/limits", get(limits::read).post(limits::set))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_verb);
    Router::new().nest("/sim/control", calls)
}

async fn unknown(uri: Uri) -> Problem {
    Problem::missing("path", format!("no such control call: {}", uri.path()))
}

async fn wrong_verb() -> Problem {
    Problem::new(405, "wrong verb", "this control call has another HTTP method")
}

impl Sim {
    /// Does what a person does, sends the news out, and waits until the product has dealt with it.
    async fn carry_out(
        &self,
        deed: impl FnOnce(&mut World, &Scene<'_>) -> Result<Value, Problem>,
    ) -> Outcome {
        let answer = self.act(deed)?;
        self.settle().await?;
        Ok(Json(answer))
    }

    async fn settle(&self) -> Result<(), Problem> {
        self.run_due().await;
        match self.hooks() {
            Some(hooks) => hooks
                .settle()
                .await
                .map_err(|open| Problem::new(504, "not settled", format!("still open: {open}"))),
            None => Ok(()),
        }
    }
}
