//! Who may do what, route by route. A new route needs a row.

use std::collections::BTreeSet;

use http::Method;

/// Who asks, and for whose thing: a customer, a task, a job, a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Column {
    /// Without credentials, for an operator's.
    Nobody,
    /// An operator, for their own.
    Own,
    /// An operator, for a colleague's of the same department.
    Other,
    /// A manager, for that of an operator of their department.
    Led,
    /// A manager, for that of another department's operator.
    Beyond,
    /// An admin in a browser, for an operator's.
    Admin,
    /// A script with the scope and no other.
    Scoped,
    /// A script with every scope but this one; where it writes, also with the one for reading.
    Unscoped,
}

impl Column {
    pub(crate) const ALL: [Self; 8] = [
        Self::Nobody,
        Self::Own,
        Self::Other,
        Self::Led,
        Self::Beyond,
        Self::Admin,
        Self::Scoped,
        Self::Unscoped,
    ];

    /// The operator whose thing is asked for.
    pub(crate) const fn owner(self) -> &'static str {
        match self {
            Self::Other | Self::Led => "li",
            Self::Beyond | Self::Admin => "zhao",
            Self::Nobody | Self::Own | Self::Scoped | Self::Unscoped => "zhang",
        }
    }
}

/// `·`: the thing is nobody's, so that the column before says it.
const TABLE: &str = "
                                              scope             nobody own other led beyond admin scoped unscoped
GET    /audit                                 security:read        401 403     · 403      ·   200    200      403
GET    /boards                                playbook:read        401 200     · 200      ·   200    200      403
GET    /boards/{id}                           playbook:read        401 200     · 200      ·   200    200      403
PATCH  /boards/{id}                           playbook:write       401 403     · 403      ·   200    200      403
PUT    /boards/{id}                           playbook:write       401 403     · 403      ·   201    201      403
GET    /boards/{id}/cards                     customers:read       401 200     · 200      ·   200    200      403
GET    /boards/{id}/owners                    playbook:read        401 403     · 200      ·   200    200      403
GET    /boards/{id}/changes                   customers:read       401 200     · 200      ·   200    200      403
DELETE /boards/{id}/stages/{stage}            playbook:write       401 403     · 403      ·   200    200      403
POST   /boards/{id}/stages/{stage}/rebuild-tag playbook:write      401 403     · 403      ·   200    200      403
GET    /content-groups                        playbook:read        401 200     · 200      ·   200    200      403
DELETE /content-groups/{id}                   playbook:write       401 403     · 204      ·   204    204      403
PUT    /content-groups/{id}                   playbook:write       401 403     · 201      ·   201    201      403
POST   /content-groups/{id}/move              playbook:write       401 403     · 200      ·   200    200      403
GET    /content-stats                         playbook:read        401 403     · 200      ·   200    200      403
GET    /contents                              playbook:read        401 200     · 200      ·   200    200      403
DELETE /contents/{id}                         playbook:write       401 403     · 204      ·   204    204      403
GET    /contents/{id}                         playbook:read        401 200     · 200      ·   200    200      403
PUT    /contents/{id}                         playbook:write       401 403     · 201      ·   201    201      403
POST   /contents/{id}/archive                 playbook:write       401 403     · 200      ·   200    200      403
POST   /contents/{id}/copy                    playbook:write       401 403     · 201      ·   201    201      403
GET    /contents/{id}/diff                    playbook:read        401 403     · 200      ·   200    200      403
GET    /contents/{id}/draft                   playbook:read        401 403     · 200      ·   200    200      403
PUT    /contents/{id}/draft                   playbook:write       401 403     · 201      ·   201    201      403
GET    /contents/{id}/parts/{n}/media         playbook:read        401 303     · 303      ·   303    303      403
POST   /contents/{id}/publish                 playbook:write       401 403     · 200      ·   200    200      403
POST   /contents/{id}/restore                 playbook:write       401 403     · 200      ·   200    200      403
GET    /contents/{id}/stats                   playbook:read        401 200     · 200      ·   200    200      403
POST   /contents/{id}/test                    playbook:write       401 200     · 200      ·   200    200      403
GET    /contents/{id}/versions                playbook:read        401 403     · 200      ·   200    200      403
GET    /contents/{id}/versions/{version}      playbook:read        401 403     · 200      ·   200    200      403
POST   /contents/{id}/versions/{version}/restore playbook:write    401 403     · 200      ·   200    200      403
GET    /contents/tags                         playbook:read        401 200     · 200      ·   200    200      403
POST   /customers/batch/stage                 customers:write      401 202   202 202    202   202    202      403
POST   /customers/batch/tags                  customers:write      401 202   202 202    202   202    202      403
POST   /customers/import                      customers:write      401 403     · 403      ·   202    202      403
POST   /customers/reconcile                   customers:write      401 403     · 403      ·   202    202      403
GET    /customers/{id}                        customers:read       401 200   404 200    404   200    200      403
PATCH  /customers/{id}/attributes             customers:write      401 200   404 200    404   200    200      403
GET    /customers/{id}/contents               customers:read       401 200   404 200    404   200    200      403
GET    /customers/{id}/contents/{content}     customers:read       401 200   404 403    404   403    200      403
POST   /customers/{id}/contents/{content}/sent customers:write     401 200   404 403    404   403    200      403
GET    /customers/{id}/enrollments            customers:read       401 200   404 200    404   200    200      403
PUT    /customers/{id}/owner                  customers:write      401 403   403 200    404   200    200      403
PUT    /customers/{id}/stage                  customers:write      401 200   404 200    404   200    200      403
POST   /customers/{id}/tags                   customers:write      401 200   404 200    404   200    200      403
GET    /customers/{id}/timeline               customers:read       401 200   404 200    404   200    200      403
GET    /departments                           staff:read           401 403     · 200      ·   200    200      403
GET    /jobs                                  jobs:read            401 200     · 200      ·   200    200      403
GET    /jobs/{id}                             jobs:read            401 200   404 404    404   200    200      403
POST   /jobs/{id}/cancel                      jobs:write           401 200   404 404    404   200    200      403
POST   /jobs/{id}/decide                      jobs:write           401 403     · 403      ·   200    200      403
GET    /jobs/{id}/results                     jobs:read            401 200   404 404    404   200    200      403
POST   /jobs/{id}/undo                        customers:write      401 202   404 404    404   202    202      403
GET    /me                                    staff:read           401 200     · 200      ·   200    200      403
GET    /openapi.json                          -                    200 200     · 200      ·   200    200      200
GET    /rules                                 playbook:read        401 200     · 200      ·   200    200      403
DELETE /rules/{id}                            playbook:write       401 403     · 204      ·   204    204      403
GET    /rules/{id}                            playbook:read        401 200     · 200      ·   200    200      403
GET    /schema/sop.json                       -                    200 200     · 200      ·   200    200      200
PUT    /rules/{id}                            playbook:write       401 403     · 201      ·   201    201      403
DELETE /session                               staff:write          401 204     · 204      ·   204    404      403
GET    /session                               staff:read           401 200     · 200      ·   200    404      403
GET    /session/callback                      -                    401 401     · 401      ·   401    401      401
GET    /session/dev                           -                    200 200     · 200      ·   200    200      200
POST   /session/dev                           -                    200 200     · 200      ·   200    200      200
GET    /session/start                         -                    303 303     · 303      ·   303    303      303
GET    /settings                              playbook:read        401 200     · 200      ·   200    200      403
PUT    /settings                              playbook:write       401 403     · 403      ·   200    200      403
GET    /sops                                  playbook:read        401 200     · 200      ·   200    200      403
GET    /sops/{id}                             playbook:read        401 200     · 200      ·   200    200      403
PUT    /sops/{id}                             playbook:write       401 403     · 201      ·   201    201      403
GET    /sops/{id}/enrollments                 playbook:read        401 403     · 200      ·   200    200      403
POST   /sops/{id}/publish                     playbook:write       401 403     · 200      ·   200    200      403
GET    /staff                                 staff:read           401 200     · 200      ·   200    200      403
GET    /staff/sync                            staff:read           401 403     · 403      ·   200    200      403
POST   /staff/sync                            staff:write          401 403     · 403      ·   202    202      403
GET    /staff/{userid}                        staff:read           401 200   200 200    200   200    200      403
PATCH  /staff/{userid}                        staff:write          401 200   403 200    403   200    200      403
PUT    /staff/{userid}                        staff:write          401 403   403 403    403   200    200      403
DELETE /staff/{userid}/sessions               security:write       401 204   403 403    403   204    204      403
GET    /staff/{userid}/sessions               security:read        401 200   403 403    403   200    200      403
DELETE /staff/{userid}/sessions/{id}          security:write       401 204   403 403    403   204    204      403
POST   /tag-groups                            playbook:write       401 403     · 201      ·   201    201      403
DELETE /tag-groups/{id}                       playbook:write       401 403     · 204      ·   204    204      403
PATCH  /tag-groups/{id}                       playbook:write       401 403     · 200      ·   200    200      403
GET    /tag-groups/{id}/mirror                playbook:read        401 403     · 200      ·   200    200      403
POST   /tag-groups/{id}/mirror                playbook:write       401 403     · 403      ·   202    403      403
POST   /tag-groups/{id}/tags                  playbook:write       401 403     · 201      ·   201    201      403
GET    /tags                                  playbook:read        401 200     · 200      ·   200    200      403
GET    /tags/overlaps                         playbook:read        401 403     · 200      ·   200    200      403
GET    /tags/usage                            playbook:read        401 403     · 200      ·   200    200      403
DELETE /tags/{id}                             playbook:write       401 403     · 204      ·   204    204      403
PATCH  /tags/{id}                             playbook:write       401 403     · 200      ·   200    200      403
GET    /tasks                                 tasks:read           401 200   403 200    403   200    200      403
GET    /tasks/{id}                            tasks:read           401 200   404 200    404   200    200      403
POST   /tasks/{id}/sent                       tasks:write          401 200   404 403    404   403    200      403
POST   /tasks/{id}/skip                       tasks:write          401 200   404 200    404   200    200      403
GET    /templates/boards                      playbook:read        401 200     · 200      ·   200    200      403
GET    /tokens                                security:read        401 403     · 403      ·   200    200      403
POST   /tokens                                security:write       401 403     · 403      ·   201    201      403
DELETE /tokens/{id}                           security:write       401 403     · 403      ·   204    204      403
POST   /undo                                  customers:write      401 200   404 200    404   200    200      403
POST   /uploads                               playbook:write       401 403     · 201      ·   201    201      403
POST   /uploads/{id}/finish                   playbook:write       401 403     · 200      ·   200    200      403
POST   /ingest/v1/events                      -                    401 401     · 401      ·   401    401      401
";

/// One line.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) method: Method,
    /// As the table has it.
    pub(crate) path: &'static str,
    /// What a token needs; `None`: the route asks nobody who they are.
    pub(crate) scope: Option<&'static str>,
    /// The statuses that are expected.
    pub(crate) cells: Vec<(Column, u16)>,
}

impl Row {
    /// Under its whole address.
    pub(crate) fn address(&self) -> String {
        address(self.path)
    }

    /// Does it change anything?
    pub(crate) fn writes(&self) -> bool {
        self.method != Method::GET
    }

    /// `GET /api/v1/boards`
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.address())
    }
}

pub(crate) fn address(path: &str) -> String {
    if path.starts_with("/ingest") { path.to_owned() } else { format!("/api/v1{path}") }
}

pub(crate) fn rows() -> Vec<Row> {
    TABLE.trim().lines().skip(1).map(row).collect()
}

fn row(line: &'static str) -> Row {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [method, path, scope, cells @ ..] = words.as_slice() else { panic!("{line}") };
    assert_eq!(cells.len(), Column::ALL.len(), "{line}");
    let cells = Column::ALL.into_iter().zip(cells).filter(|(_, cell)| **cell != "·");
    Row {
        method: method.parse().unwrap(),
        path,
        scope: (*scope != "-").then_some(scope),
        cells: cells.map(|(column, cell)| (column, cell.parse().expect(line))).collect(),
    }
}

/// All scopes that are needed for anything.
pub(crate) fn scopes() -> BTreeSet<&'static str> {
    rows().iter().filter_map(|row| row.scope).collect()
}
