//! Automation rules (自动化规则). Their JSON is the playbook's own, less the revision, which is the ETag.

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use domain::{
    Playbook, Predicate, RuleId,
    playbook::{Action, Moves, Rule, Trigger},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Api, address,
    answer::{Answer, Outcome},
    auth::Caller,
    body::Body,
    page::{List, ListQuery, Params},
    precondition::{IfMatch, stale},
    problem::Problem,
    schema,
};

/// The playbook is read whole by every function: no record of it is large.
const MAX_BYTES: usize = 64 * 1024;

/// A rule. Written with names or ids; kept and answered with ids.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Rule, example = json!({"id": "asks-price", "name": "问价格", "enabled": true, "priority": 0,
    "when": {"message_contains": {"any": ["多少钱", "价格"]}}, "if": {"stage": "cars/lead"},
    "then": [{"add_tag": "购车阶段/在线初步沟通"}], "moves": "forward", "cooldown_hours": 0}))]
pub(crate) struct RuleBody {
    /// As in the address; may be left out.
    #[serde(default)]
    #[schema(value_type = Option<schema::Slug>)]
    id: Option<RuleId>,
    #[schema(min_length = 1, max_length = 60, pattern = "\\S")]
    name: String,
    /// Does it fire?
    #[serde(default = "yes")]
    #[schema(default = true)]
    enabled: bool,
    /// Higher is asked first, equal ones by id.
    #[serde(default)]
    priority: i32,
    #[schema(value_type = schema::Trigger)]
    when: Trigger,
    /// Who it is for; absent: everybody.
    #[serde(default, rename = "if", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Predicate>)]
    condition: Option<Predicate>,
    #[schema(value_type = Vec<schema::Action>, min_items = 1)]
    then: Vec<Action>,
    #[serde(default)]
    #[schema(value_type = schema::Moves)]
    moves: Moves,
    /// Not again for the same customer within so many hours; 0: every time.
    #[serde(default)]
    #[schema(value_type = i64, minimum = 0, maximum = 4_294_967_295_i64, default = 0)]
    cooldown_hours: u32,
}

const fn yes() -> bool {
    true
}

/// A rule in the list, with the revision that `If-Match` would name.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ListedRule)]
pub(crate) struct Listed {
    #[serde(flatten)]
    rule: RuleBody,
    revision: u64,
}

/// The rules
///
/// In the order in which they are asked.
#[utoipa::path(get, path = "/rules", operation_id = "listRules", tag = "rules", params(ListQuery),
    responses((status = 200, description = "A page of rules", body = List<Listed>)),
    extensions(("x-summary-zh" = json!("规则列表"))))]
pub(crate) async fn list(State(api): State<Api>, Params(query): Params<ListQuery>) -> Outcome<List<Listed>> {
    let book = api.app.playbook().await?;
    let all = book.rules.iter().map(|rule| Listed { rule: rule.into(), revision: rule.revision }).collect();
    let key = |listed: &Listed| listed.rule.id.as_ref().map(ToString::to_string).unwrap_or_default();
    Ok(Answer::new(api.seal.slice("rules", &query, all, key)?))
}

/// One rule
#[utoipa::path(get, path = "/rules/{id}", operation_id = "readRule", tag = "rules",
    params(("id" = schema::Slug, Path, description = "The rule")),
    responses((status = 200, description = "The rule", body = RuleBody, headers(("ETag" = String))),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("规则详情"))))]
pub(crate) async fn read(State(api): State<Api>, Path(id): Path<String>) -> Outcome<RuleBody> {
    let id: RuleId = address::slug(&id, "rule")?;
    let book = api.app.playbook().await?;
    let rule = find(&book, &id).ok_or_else(|| missing(&id))?;
    Ok(Answer::new(rule.into()).revision(rule.revision))
}

/// Make or replace a rule
///
/// A new one needs no precondition, one that is there `If-Match`. At most 64 KiB. Everything that is wrong with it is
/// said at once.
#[utoipa::path(put, path = "/rules/{id}", operation_id = "writeRule", tag = "rules",
    params(("id" = schema::Slug, Path, description = "The rule"), IfMatch), request_body = RuleBody,
    responses((status = 200, description = "It was replaced", body = RuleBody, headers(("ETag" = String))),
              (status = 201, description = "It was made", body = RuleBody, headers(("ETag" = String))),
              (status = 428, description = "`precondition_required`")),
    extensions(("x-summary-zh" = json!("保存规则"))))]
pub(crate) async fn write(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    seen: IfMatch,
    Body(body): Body<RuleBody, MAX_BYTES>,
) -> Outcome<RuleBody> {
    // A name that cannot be an id is refused with the rule's other faults.
    let id = RuleId::from(id.as_str());
    if body.id.as_ref().is_some_and(|given| given != &id) {
        let message = format!("the rule's id has to be {:?}, as in the address", id.as_str());
        return Err(Problem::field("/id", "id_mismatch", message));
    }
    let read_as = {
        let book = api.app.playbook().await?;
        let known = find(&book, &id);
        seen.demand(known.map(|rule| rule.revision), || current(known))?
    };
    match api.app.put_rule(body.into_rule(id.clone(), read_as), &caller.author()).await {
        Ok(rule) => Ok(Answer::new((&rule).into()).created(read_as == 0).revision(rule.revision)),
        Err(app::Error::Conflict(_)) => Err(api.raced(&id).await?),
        Err(error) => Err(error.into()),
    }
}

/// Delete a rule
///
/// What the rule did stays.
#[utoipa::path(delete, path = "/rules/{id}", operation_id = "deleteRule", tag = "rules",
    params(("id" = schema::Slug, Path, description = "The rule"), IfMatch),
    responses((status = 204, description = "It is gone"), (status = 404, description = "`not_found`"),
              (status = 428, description = "`precondition_required`")),
    extensions(("x-summary-zh" = json!("删除规则"))))]
pub(crate) async fn delete(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    let id: RuleId = address::slug(&id, "rule")?;
    let book = api.app.playbook().await?;
    let known = find(&book, &id).ok_or_else(|| missing(&id))?;
    let read_as = seen.demand(Some(known.revision), || current(Some(known)))?;
    match api.app.delete_rule(&id, read_as, &caller.author()).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(app::Error::Conflict(_)) => Err(api.raced(&id).await?),
        Err(error) => Err(error.into()),
    }
}

impl Api {
    /// Somebody was faster between our look and our write.
    async fn raced(&self, id: &RuleId) -> Result<Problem, Problem> {
        let book = self.app.playbook().await?;
        Ok(stale(current(find(&book, id))))
    }
}

impl RuleBody {
    fn into_rule(self, id: RuleId, revision: u64) -> Rule {
        Rule {
            id,
            name: self.name,
            enabled: self.enabled,
            priority: self.priority,
            when: self.when,
            condition: self.condition,
            then: self.then,
            moves: self.moves,
            cooldown_hours: self.cooldown_hours,
            revision,
        }
    }
}

impl From<&Rule> for RuleBody {
    fn from(rule: &Rule) -> Self {
        Self {
            id: Some(rule.id.clone()),
            name: rule.name.clone(),
            enabled: rule.enabled,
            priority: rule.priority,
            when: rule.when.clone(),
            condition: rule.condition.clone(),
            then: rule.then.clone(),
            moves: rule.moves,
            cooldown_hours: rule.cooldown_hours,
        }
    }
}

fn find<'a>(book: &'a Playbook, id: &RuleId) -> Option<&'a Rule> {
    book.rules.iter().find(|rule| &rule.id == id)
}

/// The rule as it is now, with its revision; null if there is none.
fn current(rule: Option<&Rule>) -> serde_json::Value {
    let listed = rule.map(|rule| Listed { rule: rule.into(), revision: rule.revision });
    serde_json::to_value(listed).unwrap_or_default()
}

fn missing(id: &RuleId) -> Problem {
    Problem::not_found(format!("rule {:?}", id.as_str()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::body::parse;

    #[test]
    fn what_is_read_may_be_written_back() {
        let body = json!({"id": "asks-price", "name": "问价格", "enabled": false, "priority": 3,
            "when": {"message_contains": {"any": ["多少钱"]}}, "if": {"not": {"tag": "et2"}},
            "then": [{"add_tag": "et1"}], "moves": "any", "cooldown_hours": 24});
        let read: RuleBody = parse(body.to_string().as_bytes()).unwrap();
        let rule = read.into_rule("asks-price".into(), 4);
        assert_eq!((rule.revision, rule.enabled, rule.cooldown_hours), (4, false, 24));
        assert_eq!(serde_json::to_value(RuleBody::from(&rule)).unwrap(), body);
        assert_eq!(current(Some(&rule))["revision"], 4);
    }

    #[test]
    fn a_wrong_rule_is_refused_by_its_field() {
        let refused = |body: Value| {
            let problem = parse::<RuleBody>(body.to_string().as_bytes()).unwrap_err();
            let shown: Value = serde_json::from_slice(&problem.document("r")).unwrap();
            shown["errors"][0]["pointer"].as_str().unwrap().to_owned()
        };
        let then = json!([{"add_tag": "a"}]);
        let when = json!({"tag_added": "a"});
        assert_eq!(refused(json!({"name": "x", "when": when, "then": then, "revision": 1})), "/revision");
        assert_eq!(refused(json!({"name": "x", "when": {"said": "a"}, "then": then})), "/when");
        assert_eq!(refused(json!({"name": "x", "when": when, "then": [{"add_tag": 1}]})), "/then/0/add_tag");
        assert_eq!(refused(json!({"when": when, "then": then})), "/name");
    }
}
