//! A content sent to a staff member by the app, so that they see on their phone what customers will get. Messages to members
//! have other kinds than those to customers: cards are shown as articles, without their covers.

use domain::{
    ContentId, File, Playbook, StaffId,
    content::{BlobId, Body, Part, media::Format},
    sop::Text,
};
use store::Target;
use wecom::{
    media::{MediaKind, Upload},
    message::{Article, ArticleTarget, Body as Said, Message, Video},
};

use crate::{App, Author, Error, Lane};

/// WeCom cuts off what is longer, in bytes.
const MAX_TEXT_BYTES: usize = 2048;

/// What became of one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialPart {
    /// Why it did not arrive; `None`: it did.
    pub refused: Option<Refused>,
}

/// Why WeCom did not deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It refused, with this code, if it gave one.
    Code(Option<i64>),
    /// They are outside the app's visible range, or have no licence.
    Unreachable,
}

impl App {
    /// Sends a body to a staff member, part by part, with names of nobody in particular.
    ///
    /// # Errors
    /// WeCom was busy, or a file is gone; what was sent before that was sent.
    pub async fn try_content(
        &self,
        id: &ContentId,
        body: &Body,
        to: &StaffId,
        author: &Author,
    ) -> Result<Vec<TrialPart>, Error> {
        let book = self.playbook().await?;
        let mut parts = Vec::new();
        for part in &body.parts {
            let refused = match Box::pin(self.said(part, to, &book)).await {
                Ok(said) => Box::pin(self.say(to, said)).await?,
                Err(Error::WeCom(error)) if is_refusal(&error) => Some(Refused::Code(error.code())),
                Err(error) => return Err(error),
            };
            parts.push(TrialPart { refused });
        }
        if let Some(origin) = &author.origin {
            let target = Target { kind: "content".into(), id: id.to_string() };
            let entry = self.audit_entry(&author.actor, origin, "test", target);
            self.store.change_playbook(&[], None, &[entry], &self.attempt_token()).await?;
        }
        Ok(parts)
    }

    async fn say(&self, to: &StaffId, said: Vec<Said>) -> Result<Option<Refused>, Error> {
        for body in said {
            let message = &Message {
                touser: vec![to.to_string()],
                agentid: self.corp.agent_id,
                body,
                duplicate_check_s: None,
            };
            let sent = self
                .call_once(Lane::Interactive, |wecom, token| async move {
                    wecom.send_message(&token, message).await
                })
                .await;
            match sent {
                Ok(sent) if sent.invalid_users.is_empty() && sent.unlicensed_users.is_empty() => {}
                Ok(_) => return Ok(Some(Refused::Unreachable)),
                Err(Error::WeCom(error)) if is_refusal(&error) => {
                    return Ok(Some(Refused::Code(error.code())));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// The messages to a member that are most like this part.
    async fn said(&self, part: &Part, to: &StaffId, book: &Playbook) -> Result<Vec<Said>, Error> {
        Ok(match part {
            Part::Text { text } => {
                let nobody = File::new("".into());
                let text = Text::parse(text).map_or_else(|_| text.clone(), |t| t.render(&nobody, to, book));
                pieces(&text, MAX_TEXT_BYTES).into_iter().map(|content| Said::Text { content }).collect()
            }
            Part::Image { blob } => {
                let media_id = self.uploaded(MediaKind::Image, blob, None).await?;
                vec![Said::Image { media_id }]
            }
            Part::Video { blob } => {
                let media_id = self.uploaded(MediaKind::Video, blob, None).await?;
                vec![Said::Video(Video { media_id, title: None, description: None })]
            }
            Part::File { blob, name } => {
                let media_id = self.uploaded(MediaKind::File, blob, Some(name)).await?;
                vec![Said::File { media_id }]
            }
            Part::Link { title, desc, url, cover: _ } => {
                vec![article(title, desc.as_deref(), ArticleTarget::Url(url.clone()))]
            }
            Part::MiniProgram { title, appid, page, cover: _ } => {
                let target = ArticleTarget::MiniProgram { appid: appid.clone(), pagepath: page.clone() };
                vec![article(title, None, target)]
            }
        })
    }

    async fn uploaded(&self, kind: MediaKind, blob: &BlobId, name: Option<&str>) -> Result<String, Error> {
        let content = self.media_bytes(blob).await?;
        let ending = match Format::of(&content) {
            Format::Png => "png",
            Format::Mp4 => "mp4",
            _ => "jpg",
        };
        let file_name = name.map_or_else(|| format!("file.{ending}"), str::to_owned);
        let file = &Upload { file_name, content };
        let uploaded =
            self.call(Lane::Interactive, |wecom, token| async move {
                wecom.upload_media(&token, kind, file).await
            })
            .await?;
        Ok(uploaded.media_id)
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
