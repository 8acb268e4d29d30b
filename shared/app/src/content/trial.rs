//! A content sent to a staff member by the app, so that they see on their phone what customers will get. Messages to members
//! have other kinds than those to customers: cards are shown as articles, without their covers.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use domain::{
    ContentId, File, Playbook, StaffId, Timestamp,
    content::{Body, Part},
};
use futures::{StreamExt as _, stream};
use serde_json::json;
use store::{AuditEntry, Audited, Bucket, MediaFile, MediaId, Permits, Target};
use wecom::message::{Article, ArticleTarget, Body as Said, Message, Video};

use super::{
    attachments::file_of,
    media_ids::{AT_ONCE, FRESH_SECONDS, MediaIds},
};
use crate::{App, Author, Error, Lane, sending::rendered};

/// WeCom cuts off what is longer, in bytes.
const MAX_TEXT_BYTES: usize = 2048;
/// For one person 20 messages at once and 5 in each further minute: WeCom drops what is beyond 30 in a minute and 1,000 in an
/// hour without a word, reminders too.
const AT_A_TIME: Bucket = Bucket { cost_ms: 12_000, depth_ms: 240_000 };
/// And 100 at once and in a day: 200 a day for each account of the corp is all that WeCom delivers.
const IN_A_DAY: Bucket = Bucket { cost_ms: 864_000, depth_ms: 86_400_000 };
/// Whoever waits for it hears what became of it within that time: the gateway gives up after 30 s.
const LIMIT: Duration = Duration::from_secs(20);
/// Of that, files may be on their way for so long.
const UPLOADS_SECONDS: i64 = 13;
/// And with what is written before and after them, for so long.
const UPLOADS_LIMIT: Duration = Duration::from_secs(14);
/// Asked for again by somebody who heard nothing, what arrived is not sent twice.
const DUPLICATE_CHECK_SECONDS: u32 = 60;

/// What became of a content that somebody sends to themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trial {
    /// Of each part, in order.
    Done(Vec<TrialPart>),
    /// Nothing was sent: they have sent themselves a lot, and may go on then.
    Wait(Timestamp),
}

/// What became of one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialPart {
    /// Why it did not arrive; `None`: it did.
    pub refused: Option<Refused>,
}

/// Why a part did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// WeCom refused, with this code, if it gave one.
    Code(Option<i64>),
    /// They are outside the app's visible range, or have no licence.
    Unreachable,
    /// WeCom, or what keeps our files, did not answer.
    Busy,
    /// It was sent, and whether it arrived is not known.
    Unclear,
    /// There was no time left for it.
    Late,
    /// Its file is gone.
    Gone,
}

type Uploads = BTreeMap<MediaFile, Result<MediaId, Error>>;

impl App {
    /// Sends a body to a staff member, part by part, with names of nobody in particular and plain addresses. The audit tells
    /// of it before the first call, files are uploaded before the first message, and what goes wrong with one part is that
    /// part's answer alone. `version`: of the content; `None` is the draft.
    ///
    /// # Errors
    /// The store's: nothing was sent.
    pub async fn try_content(
        &self,
        (id, version): (&ContentId, Option<u32>),
        body: &Body,
        to: &StaffId,
        author: &Author,
    ) -> Result<Trial, Error> {
        let book = self.playbook().await?;
        if let Some(until) = self.too_many_trials(to, messages(body, to, &book)).await? {
            return Ok(Trial::Wait(until));
        }
        if let Some(entry) = self.audit_of_trial(id, version, to, author) {
            self.store.change_playbook(&[], None, &[entry], &self.attempt_token()).await?;
        }
        let (mut answers, mut is_sending) = (Vec::new(), false);
        let all = async {
            let uploads = Box::pin(self.uploads(body)).await;
            for part in &body.parts {
                let answer = match missing(part, &uploads) {
                    Some(refused) => Some(refused),
                    None => {
                        is_sending = true;
                        refusal(Box::pin(self.say(part, to, &book)).await)
                    }
                };
                is_sending = false;
                answers.push(answer);
            }
        };
        let is_late = tokio::time::timeout(LIMIT, Box::pin(all)).await.is_err();
        if is_late && is_sending {
            answers.push(Some(Refused::Unclear));
        }
        answers.resize(body.parts.len(), Some(Refused::Late));
        Ok(Trial::Done(answers.into_iter().map(|refused| TrialPart { refused }).collect()))
    }

    /// When they may go on, if they have sent themselves too much.
    async fn too_many_trials(&self, to: &StaffId, messages: usize) -> Result<Option<Timestamp>, Error> {
        let messages = i64::try_from(messages).unwrap_or(i64::MAX);
        for (name, bucket) in [("trial", AT_A_TIME), ("trial-day", IN_A_DAY)] {
            let bucket = Bucket { cost_ms: bucket.cost_ms.saturating_mul(messages), ..bucket };
            let taken = self.store.take_permits(&format!("{name}-{to}"), bucket, self.clock.now()).await?;
            if let Permits::Wait(until) = taken {
                return Ok(Some(until));
            }
        }
        Ok(None)
    }

    fn audit_of_trial(
        &self,
        id: &ContentId,
        version: Option<u32>,
        to: &StaffId,
        author: &Author,
    ) -> Option<AuditEntry> {
        let origin = author.origin.as_ref()?;
        let target = Target { kind: "content".into(), id: id.to_string() };
        let version = version.map_or_else(|| json!("draft"), |version| json!(version));
        let after = Some(Audited::Document(json!({"version": version, "to": to})));
        Some(AuditEntry { after, ..self.audit_entry(&author.actor, origin, "test", target) })
    }

    /// What became of the uploads that the messages need; of one that took too long nothing is told.
    async fn uploads(&self, body: &Body) -> Uploads {
        let files: BTreeSet<MediaFile> = body.parts.iter().filter_map(shown).collect();
        let until = self.clock.now().plus_secs(UPLOADS_SECONDS);
        let upload = |file: MediaFile| async move {
            let left = u64::try_from(until.ms() - self.clock.now().ms()).unwrap_or(0);
            let limit = Duration::from_millis(left);
            let media = Box::pin(self.media_id(&file, Lane::Interactive, FRESH_SECONDS, limit)).await;
            (file, media)
        };
        let mut uploads = stream::iter(files).map(upload).buffer_unordered(AT_ONCE);
        let mut done = Uploads::new();
        let all = async {
            while let Some((file, media)) = uploads.next().await {
                done.insert(file, media);
            }
        };
        if tokio::time::timeout(UPLOADS_LIMIT, all).await.is_err() {
            tracing::warn!("files for a test were not uploaded in time");
        }
        done
    }

    /// Sends a part; an id that WeCom refuses is uploaded anew, and the message is sent once.
    async fn say(&self, part: &Part, to: &StaffId, book: &Playbook) -> Result<Option<Refused>, Error> {
        let files: BTreeSet<MediaFile> = shown(part).into_iter().collect();
        let send = |ids: MediaIds| Box::pin(self.send_trial(to, said(part, &ids, to, book)));
        Box::pin(self.with_media_ids(&files, Lane::Interactive, send)).await
    }

    async fn send_trial(&self, to: &StaffId, said: Vec<Said>) -> Result<Option<Refused>, Error> {
        for body in said {
            let message = &Message {
                touser: vec![to.to_string()],
                agentid: self.corp.agent_id,
                body,
                duplicate_check_s: Some(DUPLICATE_CHECK_SECONDS),
            };
            let sent =
                self.call(Lane::Interactive, |wecom, token| async move {
                    wecom.send_message(&token, message).await
                })
                .await?;
            if !(sent.invalid_users.is_empty() && sent.unlicensed_users.is_empty()) {
                return Ok(Some(Refused::Unreachable));
            }
        }
        Ok(None)
    }
}

/// The messages to a member that are most like this part. Its file has an id.
fn said(part: &Part, ids: &MediaIds, to: &StaffId, book: &Playbook) -> Vec<Said> {
    let media_id = shown(part).and_then(|file| ids.get(&file)).map(|media| media.id.clone());
    let media_id = media_id.unwrap_or_default();
    match part {
        Part::Text { text } => {
            texts(text, to, book).into_iter().map(|content| Said::Text { content }).collect()
        }
        Part::Image { .. } => vec![Said::Image { media_id }],
        Part::Video { .. } => vec![Said::Video(Video { media_id, title: None, description: None })],
        Part::File { .. } => vec![Said::File { media_id }],
        Part::Link { title, desc, url, cover: _ } => {
            vec![article(title, desc.as_deref(), ArticleTarget::Url(url.clone()))]
        }
        Part::MiniProgram { title, appid, page, cover: _ } => {
            let target = ArticleTarget::MiniProgram { appid: appid.clone(), pagepath: page.clone() };
            vec![article(title, None, target)]
        }
    }
}

/// A text for nobody in particular, in messages.
fn texts(text: &str, to: &StaffId, book: &Playbook) -> Vec<String> {
    let nobody = File::new("".into());
    pieces(&rendered(text, &nobody, to, book), MAX_TEXT_BYTES)
}

fn messages(body: &Body, to: &StaffId, book: &Playbook) -> usize {
    let of = |part: &Part| match part {
        Part::Text { text } => texts(text, to, book).len(),
        _ => 1,
    };
    body.parts.iter().map(of).sum()
}

/// The file that a message to a member shows: cards come without their covers.
fn shown(part: &Part) -> Option<MediaFile> {
    match part {
        Part::Image { .. } | Part::Video { .. } | Part::File { .. } => file_of(part),
        Part::Text { .. } | Part::Link { .. } | Part::MiniProgram { .. } => None,
    }
}

/// Why a part cannot be sent for want of its file.
fn missing(part: &Part, uploads: &Uploads) -> Option<Refused> {
    match uploads.get(&shown(part)?) {
        Some(Ok(_)) => None,
        Some(Err(error)) => Some(why(error)),
        None => Some(Refused::Late),
    }
}

fn refusal(answer: Result<Option<Refused>, Error>) -> Option<Refused> {
    answer.unwrap_or_else(|error| Some(why(&error)))
}

fn why(error: &Error) -> Refused {
    match error {
        Error::NotFound(_) => Refused::Gone,
        Error::WeCom(error) if error.is_ambiguous() => Refused::Unclear,
        Error::WeCom(error) if is_refusal(error) => Refused::Code(error.code()),
        error => {
            tracing::warn!(%error, "a part of a test was not sent");
            Refused::Busy
        }
    }
}

fn article(title: &str, desc: Option<&str>, target: ArticleTarget) -> Said {
    let description = desc.map(str::to_owned);
    Said::News { articles: vec![Article { title: title.to_owned(), description, picurl: None, target }] }
}

/// Repeating it would not help.
fn is_refusal(error: &wecom::Error) -> bool {
    matches!(error.class(), wecom::Class::State | wecom::Class::Never)
        && !matches!(error, wecom::Error::TurnedAway { .. })
}

/// A text in pieces of at most `most` bytes, none of which ends inside a character.
fn pieces(text: &str, most: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for c in text.chars() {
        if pieces.last().is_some_and(|piece| piece.len() + c.len_utf8() > most) {
            pieces.push(String::new());
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_sent_in_whole_characters() {
        let text = "价格😀a".repeat(400);
        let found = pieces(&text, 2048);
        assert_eq!(found.concat(), text);
        assert!(found.len() == 3 && found.iter().all(|piece| piece.len() <= 2048), "{}", found.len());
        assert_eq!(pieces("短", 3), ["短"]);
    }
}
