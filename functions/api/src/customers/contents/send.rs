//! Contents that staff send by themselves, from the library or the sidebar: warned where the customer has had them, never
//! kept from it (P11).

use app::{LinkFor, TaskId};
use axum::extract::{Path, State};
use domain::{
    File, Happening, Playbook, StaffId, Timestamp, What,
    content::{Content, SentContent},
    fact::IgnoreReason,
    file::{Outcome as Ending, SkipReason, TouchRef},
    sop::{HadWithin, USUAL_DAYS},
};
use serde::{Deserialize, Serialize};
use store::HadContent;
use utoipa::ToSchema;

use crate::{
    Api,
    act::{self, Deed, IdempotencyKey},
    address,
    answer::{Answer, Outcome},
    auth::Caller,
    body::Body,
    parts::{PartView, SentView},
    problem::{Code, Problem},
    schema,
    tasks::Proof,
    view::{At, Named},
    words::Words,
};

/// What a customer gets if it is sent to them now.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContentToSend, example = json!({
    "content": {"content": "price-list", "version": 3, "edition": 2, "title": "新品报价单"},
    "parts": [{"kind": "text", "text": "陈洁，这是报价单"}],
    "had": {"edition": 2, "at": "2026-03-05T01:30:00Z", "route": {"id": "task", "name": "SOP 待办"}},
    "warning": {"code": "already_had", "text": "客户3月5日 09:30已收到过这份内容（SOP 待办）"}}))]
pub(crate) struct ToSend {
    content: SentView,
    /// Part by part, as this customer gets it from this staff member.
    parts: Vec<PartView>,
    /// When they last had it; null: never.
    had: Option<Had>,
    /// What speaks against it; it may be sent all the same.
    warning: Option<Warning>,
}

/// When a customer last had a content.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LastHad)]
struct Had {
    edition: u32,
    at: At,
    /// On which way; null while the row that tells it is still being written.
    route: Option<Named>,
}

/// What speaks against sending.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContentWarning)]
struct Warning {
    code: WarningCode,
    /// For people.
    text: String,
}

/// What speaks against sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum WarningCode {
    /// They have had this edition, or a later one, within 90 days.
    AlreadyHad,
    /// They have had an edition before this one.
    OlderEditionHad,
}

/// That a content was sent.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContentSent, example = json!({"evidence": "sdk_callback", "version": 3}))]
pub(crate) struct Sent {
    /// Without: `staff_marked`.
    #[serde(default)]
    evidence: Proof,
    /// The version that was sent: `content.version` of what was read before. Another may be published by now.
    #[schema(minimum = 1)]
    version: u32,
}

/// What was noted.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContentSentResult, example = json!({
    "content": {"content": "price-list", "version": 3, "edition": 2, "title": "新品报价单"}, "again": false,
    "dropped": ["wmDemoChenJie0001~price~1~offer"]}))]
pub(crate) struct Noted {
    content: SentView,
    /// The customer had had it before.
    again: bool,
    /// Open tasks that would have sent the same again: they are skipped.
    #[schema(value_type = Vec<schema::TaskId>)]
    dropped: Vec<String>,
}

/// What a customer would get
///
/// From whoever is signed in, or with a token from the staff member that `userid` names: texts with their names, links that
/// tell Stepwise that somebody to whom this staff member sent the content opened them, addresses of pictures and files. For
/// friends of the customer only.
#[utoipa::path(get, path = "/customers/{id}/contents/{content}", operation_id = "readContentToSend", tag = "customers",
    params(("id" = schema::CustomerId, Path, description = "The customer"),
           ("content" = schema::Slug, Path, description = "The content")),
    responses((status = 200, description = "What to send", body = ToSend),
              (status = 403, description = "`not_a_friend`"), (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("客户将收到的内容"))))]
pub(crate) async fn read(
    State(api): State<Api>,
    caller: Caller,
    Path((id, content)): Path<(String, String)>,
) -> Outcome<ToSend> {
    let customer = address::customer(&id)?;
    let file = api.file(&caller, &customer).await?;
    let book = api.app.playbook().await?;
    let content = api.sendable(&content, &book, &caller)?;
    let staff = sender(&caller)?;
    check_friend(&file, staff)?;
    let sent = content.sent_as(None).ok_or_else(|| missing(content))?;
    let to = LinkFor::Staff(staff.clone());
    let parts = api.app.ready_content(&file, staff, &sent, &to).await?.ok_or_else(|| missing(content))?;
    let rows = api.app.store.had_contents(&customer).await?;
    let words = Words::new(&book);
    let had = last_had(content, &rows, &file, &words);
    Ok(Answer::new(ToSend {
        warning: had.as_ref().and_then(|had| warning(content, &sent, had, api.app.clock.now(), &words)),
        content: SentView::new(&sent, &words),
        parts: parts.into_iter().map(PartView::from).collect(),
        had,
    }))
}

/// It was sent
///
/// By whoever is signed in, or with a token by the staff member that `userid` names, of their own choice. Noted even if the
/// customer has had it before, and if the content has been archived meanwhile; SOPs will not send the same edition again, and
/// open tasks that would are skipped.
#[utoipa::path(post, path = "/customers/{id}/contents/{content}/sent", operation_id = "sentContent", tag = "customers",
    params(("id" = schema::CustomerId, Path, description = "The customer"),
           ("content" = schema::Slug, Path, description = "The content"), IdempotencyKey),
    request_body = Sent,
    responses((status = 200, description = "It was noted", body = act::Changed<Noted>),
              (status = 403, description = "`not_a_friend`"), (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("标记内容已发送"))))]
pub(crate) async fn sent(
    State(api): State<Api>,
    caller: Caller,
    key: IdempotencyKey,
    Path((id, named)): Path<(String, String)>,
    Body(body): Body<Sent>,
) -> Outcome<act::Changed<Noted>> {
    let customer = address::customer(&id)?;
    let file = api.file(&caller, &customer).await?;
    let book = api.app.playbook().await?;
    let staff = sender(&caller)?;
    let key = key.with(&body);
    let recalled = api.recall(&customer, &key).await?;
    // What has been noted is told whatever became of the content; whoever did not see it notes nothing.
    let content = match &recalled {
        Some(_) => book.contents.get(&named.as_str().into()),
        None => Some(api.content_once_seen(&named, &book, &caller)?),
    };
    let content = content.filter(|content| content.published.is_some());
    let content = content.ok_or_else(|| Problem::not_found(format!("content {named:?}")))?;
    let sent = content.sent_as(Some(body.version)).ok_or_else(|| {
        let last = content.published.unwrap_or_default();
        Problem::field("/version", "unknown_version", format!("there are versions 1 to {last}"))
    })?;
    let deed = match recalled {
        Some(deed) => deed,
        None => {
            check_friend(&file, staff)?;
            let evidence = body.evidence.into();
            let what = Happening::ContentSent { staff: staff.clone(), content: sent.clone(), evidence };
            api.act(&customer, &caller, &key, what).await?
        }
    };
    // The friendship may have ended in between.
    let refused = |what: &What| matches!(what, What::Ignored { reason: IgnoreReason::NotAFriend });
    if deed.facts.iter().any(|fact| refused(&fact.what)) {
        return Err(not_a_friend(staff));
    }
    let words = Words::new(&book);
    let noted = Noted::new(&deed, sent, &words);
    Ok(Answer::new(deed.answer(noted, &words)))
}

impl Noted {
    fn new(deed: &Deed, sent: SentContent, words: &Words<'_>) -> Self {
        // A repetition is answered with what was sent the first time, whatever is published by now.
        let exposed = deed.facts.iter().find_map(|fact| match &fact.what {
            What::Exposed { content, again, .. } => Some((content.clone(), *again)),
            _ => None,
        });
        let (sent, again) = exposed.unwrap_or((sent, false));
        let dropped = deed.facts.iter().filter_map(|fact| match &fact.what {
            What::Ended { sop, n, step, outcome: Ending::Skipped { reason: SkipReason::AlreadyHad, .. } } => {
                let touch = TouchRef { sop: sop.clone(), n: *n, step: step.clone() };
                Some(TaskId { customer: deed.file.id.clone(), touch }.to_string())
            }
            _ => None,
        });
        Self { content: SentView::new(&sent, words), again, dropped: dropped.collect() }
    }
}

/// The last time, in the latest edition. The file knows of late sendings, the rows of all of them.
fn last_had(content: &Content, rows: &[HadContent], file: &File, words: &Words<'_>) -> Option<Had> {
    let sendings = rows.iter().filter(|row| row.content == content.id);
    let sendings = sendings.filter_map(|row| Some((row.edition, row.last.as_ref()?)));
    let told = sendings.max_by_key(|(edition, last)| (*edition, last.at));
    let told = told.map(|(edition, last)| Had {
        edition,
        at: At(last.at),
        route: Some(Named { id: last.route.name().to_owned(), name: words.route(last.route).to_owned() }),
    });
    let known = file.exposures.get(&content.id);
    let untold = known.filter(|known| told.as_ref().is_none_or(|told| told.edition < known.edition));
    untold.map(|known| Had { edition: known.edition, at: At(known.at), route: None }).or(told)
}

fn warning(
    content: &Content,
    sent: &SentContent,
    had: &Had,
    now: Timestamp,
    words: &Words<'_>,
) -> Option<Warning> {
    if content.repeatable {
        return None;
    }
    let when = words.time(had.at.0);
    if had.edition < sent.edition {
        let text = format!("客户{when}收到过旧版，内容此后已有实质更新");
        return Some(Warning { code: WarningCode::OlderEditionHad, text });
    }
    let route = had.route.as_ref().map(|route| format!("（{}）", route.name)).unwrap_or_default();
    let late = HadWithin::Days(USUAL_DAYS).reaches(had.at.0, now);
    late.then(|| Warning {
        code: WarningCode::AlreadyHad,
        text: format!("客户{when}已收到过这份内容{route}"),
    })
}

/// In whose name it is sent.
fn sender(caller: &Caller) -> Result<&StaffId, Problem> {
    caller.staff.as_ref().ok_or_else(|| {
        Problem::field(
            "/userid",
            "missing_field",
            "say who sends it: ?userid=; a token has no customers of its own",
        )
    })
}

fn check_friend(file: &File, staff: &StaffId) -> Result<(), Problem> {
    let is_friend = file.relations.get(staff).is_some_and(domain::Relation::is_open);
    if is_friend { Ok(()) } else { Err(not_a_friend(staff)) }
}

fn not_a_friend(staff: &StaffId) -> Problem {
    Problem::new(Code::NotAFriend, format!("{staff} is no friend of this customer's"))
}

fn missing(content: &Content) -> Problem {
    Problem::not_found(format!("content {:?}", content.id.as_str()))
}

impl Api {
    /// A content that the caller may send: they see it, it is published, and it has not been put away.
    fn sendable<'a>(&self, id: &str, book: &'a Playbook, caller: &Caller) -> Result<&'a Content, Problem> {
        let content = self.content(id, book, caller)?;
        let is_there = content.published.is_some() && !content.archived;
        if is_there { Ok(content) } else { Err(missing(content)) }
    }
}
