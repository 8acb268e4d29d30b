//! Roles, and who is away.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use domain::{
    StaffId, Timestamp,
    playbook::{Absence, DepartmentId, Role, StaffChange},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    find, shown,
    view::{RoleName, StaffView},
};
use crate::{
    Api, address,
    answer::{Answer, Outcome},
    auth::{Area, Caller, Credential},
    body::{Body, given},
    precondition::{IfMatch, stale},
    problem::{Code, Problem},
    schema,
};

const MAX_DEPARTMENTS: usize = 200;

/// What is absent stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"away": {"delegate": "lina", "until": "2026-03-09T09:00:00+08:00"}}))]
pub(crate) struct StaffEdit {
    /// For admins to say. Whoever ceases to be a manager manages no department.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    role: Option<RoleName>,
    /// Departments that they see as manager, with all below. For admins to say; only managers have any.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<BTreeSet<u64>>, max_items = 200, nullable = false)]
    manages: Option<BTreeSet<DepartmentId>>,
    /// Projects that they are on, by name, each of at most 60 characters: they find contents that are for these projects. For
    /// their managers and admins to say.
    #[serde(default, deserialize_with = "given")]
    #[schema(max_items = 50, nullable = false)]
    projects: Option<Vec<String>>,
    /// Null: they are back. For themselves, their managers and admins to say.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<AbsenceEdit>)]
    away: Option<Option<AbsenceEdit>>,
}

/// For how long somebody is away, and who stands in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AbsenceEdit {
    /// Userid of somebody else, who is there. They stand in with customers who are friends of theirs too.
    #[serde(default)]
    #[schema(value_type = Option<schema::UserId>)]
    delegate: Option<String>,
    /// Back at this time, RFC 3339; null: when they say so.
    #[serde(default)]
    #[schema(format = DateTime)]
    until: Option<String>,
}

/// Change a staff member's role, projects or absence
///
/// Roles and managed departments are for admins, projects for one's managers and admins. An absence is for oneself, for one's managers and for admins. The last
/// admin stays one, unless the configured admin token asks otherwise.
#[utoipa::path(patch, path = "/staff/{userid}", operation_id = "changeStaff", tag = "staff", request_body = StaffEdit,
    params(("userid" = schema::UserId, Path, description = "The staff member"),
        IfMatch),
    responses(
        (status = 200, description = "As it is now", body = StaffView, headers(("ETag" = String))),
        (status = 404, description = "`not_found`"),
        (status = 428, description = "`precondition_required`"),
    ),
    extensions(("x-summary-zh" = json!("修改员工角色、项目或休假"))))]
pub(crate) async fn change(
    State(api): State<Api>,
    Path(userid): Path<String>,
    caller: Caller,
    seen: IfMatch,
    Body(edit): Body<StaffEdit>,
) -> Outcome<StaffView> {
    let id = StaffId::from(userid.as_str());
    check_right(&caller, &id, &edit)?;
    let change = edit.read()?;
    let read_as = {
        let book = api.app.playbook().await?;
        let staff = find(&book, &userid)?;
        seen.demand(Some(staff.revision), || current(StaffView::whole(staff, api.app.clock.now())))?
    };
    // With that token roles can be repaired whoever is an admin.
    let spares_last_admin = caller.credential != Credential::AdminToken;
    match api.app.change_staff(&id, read_as, &change, spares_last_admin, &caller.author()).await {
        Ok(staff) => Ok(Answer::new(shown(&staff, &caller, api.app.clock.now())).revision(staff.revision)),
        Err(app::Error::Conflict(_)) => {
            let book = api.app.playbook().await?;
            Err(stale(current(StaffView::whole(find(&book, &userid)?, api.app.clock.now()))))
        }
        Err(error) => Err(error.into()),
    }
}

fn check_right(caller: &Caller, id: &StaffId, edit: &StaffEdit) -> Result<(), Problem> {
    // Who decides on roles can give themselves every right.
    if (edit.role.is_some() || edit.manages.is_some()) && !caller.may_write(Area::Security) {
        return Err(Problem::new(Code::Forbidden, "roles take a token with the scope security:write"));
    }
    if caller.role == Role::Admin {
        return Ok(());
    }
    if edit.role.is_some() || edit.manages.is_some() {
        return Err(Problem::new(Code::Forbidden, "roles and managed departments are for admins to change"));
    }
    if edit.projects.is_some() && (caller.role < Role::Manager || !caller.sees_staff(id)) {
        return Err(Problem::new(Code::Forbidden, "projects are for one's managers and admins to change"));
    }
    if caller.sees_staff(id) {
        return Ok(());
    }
    Err(Problem::new(Code::Forbidden, "an absence is for oneself, one's managers and admins to change"))
}

fn current(view: StaffView) -> serde_json::Value {
    serde_json::to_value(view).unwrap_or_default()
}

impl StaffEdit {
    fn read(self) -> Result<StaffChange, Problem> {
        if self.manages.as_ref().is_some_and(|manages| manages.len() > MAX_DEPARTMENTS) {
            let message = format!("at most {MAX_DEPARTMENTS} departments");
            return Err(Problem::field("/manages", "too_many", message));
        }
        let away = self.away.map(|away| away.map(AbsenceEdit::read).transpose()).transpose()?;
        let (role, manages, projects) = (self.role.map(Role::from), self.manages, self.projects);
        Ok(StaffChange { role, manages, projects, away })
    }
}

impl AbsenceEdit {
    fn read(self) -> Result<Absence, Problem> {
        let delegate =
            self.delegate.map(|delegate| address::staff(&delegate, "/away/delegate")).transpose()?;
        let until =
            self.until.map(|text| Timestamp::parse_rfc3339(&text).ok_or_else(bad_time)).transpose()?;
        Ok(Absence { delegate, until })
    }
}

fn bad_time() -> Problem {
    let message = "a time is written 2026-03-02T09:00:00+08:00";
    Problem::field("/away/until", "bad_value", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::parse;

    fn read(body: &str) -> StaffChange {
        parse::<StaffEdit>(body.as_bytes()).unwrap().read().unwrap()
    }

    #[test]
    fn what_is_absent_stays_and_null_means_back() {
        assert_eq!(read("{}"), StaffChange::default());
        assert_eq!(read(r#"{"away": null}"#).away, Some(None));
        assert_eq!(read(r#"{"away": {}}"#).away, Some(Some(Absence::default())));
        let away = read(r#"{"away": {"delegate": "LiNa", "until": "2026-03-09T09:00:00+08:00"}}"#).away;
        let until = Timestamp::parse_rfc3339("2026-03-09T01:00:00Z");
        assert_eq!(away, Some(Some(Absence { delegate: Some("lina".into()), until })));
        let role = read(r#"{"role": "manager", "manages": [3, 2, 3]}"#);
        assert_eq!((role.role, role.manages), (Some(Role::Manager), Some([2, 3].into())));
    }

    #[test]
    fn nonsense_is_refused_where_it_stands() {
        for (body, pointer) in [
            (r#"{"role": null}"#, "/role"),
            (r#"{"role": "boss"}"#, "/role"),
            (r#"{"manages": [-1]}"#, "/manages/0"),
            (r#"{"away": {"delegate": "li na"}}"#, "/away/delegate"),
            (r#"{"away": {"until": "tomorrow"}}"#, "/away/until"),
            (r#"{"away": {"from": null}}"#, "/away/from"),
            (r#"{"status": "left"}"#, "/status"),
        ] {
            let refused = parse::<StaffEdit>(body.as_bytes()).and_then(StaffEdit::read).unwrap_err();
            let shown: serde_json::Value = serde_json::from_slice(&refused.document("r")).unwrap();
            assert_eq!(shown["errors"][0]["pointer"], pointer, "{body}: {shown}");
        }
    }
}
