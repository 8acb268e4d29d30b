//! Boards to begin with, for several trades. They are data: `templates.json`.

use app::BoardPlan;
use domain::playbook::Role;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api,
    answer::{Answer, Outcome},
    auth::{Area, needs},
    page::List,
    problem::{Code, Problem},
    schema,
};

/// A board to begin with.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = BoardTemplate, example = json!({"id": "cars", "name": "汽车", "about": "从客户线索到下定",
    "plan": {"name": "汽车销售", "tag_group": "购车阶段", "stages": [{"id": "lead", "name": "客户线索"},
             {"id": "order", "name": "下定", "kind": "won"}]}}))]
#[expect(dead_code, reason = "describes what is answered, which is the file's own JSON")]
pub(crate) struct Template {
    #[schema(value_type = schema::Slug)]
    id: String,
    /// The trade.
    name: String,
    about: String,
    /// The body of `PUT /boards/{id}`.
    #[schema(value_type = schema::BoardPlan)]
    plan: BoardPlan,
}

pub(crate) fn routes() -> OpenApiRouter<Api> {
    needs(Role::Operator, Area::Playbook, OpenApiRouter::new().routes(routes!(list)))
}

/// Boards to begin with
///
/// For 母婴, 教育, 汽车, 软件 and any other trade. `plan` is what makes such a board.
#[utoipa::path(get, path = "/templates/boards", operation_id = "listBoardTemplates", tag = "boards",
    responses((status = 200, description = "All of them", body = List<Template>)),
    extensions(("x-summary-zh" = json!("看板模板"))))]
pub(crate) async fn list() -> Outcome<List<Value>> {
    let items = all().map_err(|error| Problem::new(Code::Internal, "broken templates").because(&error))?;
    Ok(Answer::new(List { items, next_cursor: None }))
}

fn all() -> Result<Vec<Value>, serde_json::Error> {
    serde_json::from_str(include_str!("templates.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_a_board_that_may_be_made() {
        let all = all().unwrap();
        let names: Vec<_> = all.iter().map(|template| template["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["母婴", "教育", "汽车", "软件/To B", "七步旅程"]);
        for template in all {
            serde_json::from_value::<Template>(template).unwrap();
        }
    }
}
