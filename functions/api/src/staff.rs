//! Staff: who they are called. Roles and status come with sign-in.

use axum::extract::{Path, State};
use domain::{Playbook, StaffId, playbook::Staff};
use serde::{Deserialize, Serialize};

use crate::{
    Api, address,
    answer::{Answer, Outcome},
    body::Body,
    page::{List, ListQuery, Params},
    problem::Problem,
};

const MAX_NAME_CHARS: usize = 64;

/// `{"userid": "zhangsan", "name": "张三"}`
#[derive(Clone, Debug, Serialize)]
pub(crate) struct StaffView {
    userid: String,
    name: String,
}

/// `{"name": "张三"}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedStaff {
    name: String,
}

/// `GET staff`
pub(crate) async fn list(
    State(api): State<Api>,
    Params(query): Params<ListQuery>,
) -> Outcome<List<StaffView>> {
    let book = api.app.playbook().await?;
    let all = book.staff.values().map(StaffView::from).collect();
    Ok(Answer::new(api.seal.slice("staff", &query, all, |staff| staff.userid.clone())?))
}

/// `GET staff/{userid}`
pub(crate) async fn read(State(api): State<Api>, Path(userid): Path<String>) -> Outcome<StaffView> {
    let book = api.app.playbook().await?;
    let found = find(&book, &userid);
    found.map(Answer::new).ok_or_else(|| Problem::not_found("staff member of this userid"))
}

/// `PUT staff/{userid}` adds or renames. Last writer wins: there is but the name.
pub(crate) async fn write(
    State(api): State<Api>,
    Path(userid): Path<String>,
    Body(body): Body<NamedStaff>,
) -> Outcome<StaffView> {
    let id = address::staff(&userid, "/userid")?;
    let name = body.name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
        let message = format!("a name has 1 to {MAX_NAME_CHARS} characters");
        return Err(Problem::field("/name", "bad_length", message));
    }
    let known = find(&*api.app.playbook().await?, &userid).is_some();
    api.app.put_staff(id.as_str(), name).await?;
    let view = StaffView { userid: id.to_string(), name: name.to_owned() };
    Ok(Answer::new(view).created(!known))
}

fn find(book: &Playbook, userid: &str) -> Option<StaffView> {
    book.staff.get(&StaffId::from(userid)).map(StaffView::from)
}

impl From<&Staff> for StaffView {
    fn from(staff: &Staff) -> Self {
        Self { userid: staff.userid.to_string(), name: staff.name.clone() }
    }
}
