//! A greeting: a text of its own, or a content with everything that it shows and that is ready. Nothing is uploaded here
//! (W1): the code lives for 20 seconds.

use std::time::Duration;

use domain::{
    File, StaffId,
    content::{Body, SentContent},
    file::{OneShot, OneShotKind, TouchRef},
    signal::{CallResult, Performed},
};
use wecom::welcome::Welcome;

use super::outcome;
use crate::{
    App, Error, Lane, LinkFor,
    content::{Enclosed, MediaIds, Urgency, Woken, is_refused_media},
    sending::rendered,
    token::is_doubtful,
};

/// Tracked addresses have to be there within that time; else the greeting goes with the plain ones.
const TRACKING_LIMIT: Duration = Duration::from_secs(1);
/// So long it is looked what is ready; else nothing is.
const MEDIA_LIMIT: Duration = Duration::from_secs(1);
/// After the call, the next greetings are seen to for so long: the lease on this one lasts 5 s.
const AFTERWARDS_LIMIT: Duration = Duration::from_secs(1);
/// WeCom: the media id is no good. What a greeting comes to that has nothing to say but what is not ready.
const NO_MEDIA: i64 = 40007;
/// So long after its end no clock differs so much that a code might still greet.
const DEAD_SECONDS: i64 = 30;
/// With this a dead code is asked whether it greeted. Nobody gets it.
const ASKED: &str = "您好";

/// What a greeting says.
struct Said {
    text: String,
    /// Of a content: what it says to this customer, and what of that is ready.
    enclosed: Option<(Body, Enclosed)>,
}

/// What became of a greeting.
#[derive(Default)]
struct Greeted {
    /// So many parts lacked something.
    left_out: u32,
    /// Some of them did not go at all.
    partly: bool,
    /// Among these WeCom refused one.
    refused: Option<MediaIds>,
}

impl App {
    pub(super) async fn welcome(&self, file: &File, one_shot: &OneShot) -> Performed {
        let OneShotKind::Welcome { staff, code, until, text, content } = &one_shot.kind;
        let (id, attempt) = (one_shot.id.clone(), one_shot.attempt.number);
        let now = self.clock.now();
        // Too late to greet; but what may have been sent is asked about, because the code answers for it.
        if now >= *until && !one_shot.ambiguous {
            return Performed::Welcomed {
                id,
                attempt,
                result: CallResult::NotCalled,
                left_out: 0,
                partly: false,
            };
        }
        let said = match content {
            None => Ok(Said { text: text.clone(), enclosed: None }),
            // What the content says may never be there again, and nothing is needed of it to ask.
            Some(_) if now >= until.plus_secs(DEAD_SECONDS) => {
                Ok(Said { text: ASKED.into(), enclosed: None })
            }
            Some(sent) => Box::pin(self.greeting(file, staff, &one_shot.touch, sent)).await,
        };
        let (result, greeted) = match said {
            Ok(said) => Box::pin(self.greet(code, said, one_shot.ambiguous)).await,
            Err(error) => {
                tracing::warn!(%error, "what a greeting says could not be read");
                (outcome(&error), Greeted::default())
            }
        };
        let Greeted { left_out, partly, refused } = greeted;
        if let Some(sent) = content.as_ref().filter(|_| left_out > 0 || refused.is_some()) {
            let seen_to = Box::pin(self.see_to_the_next(sent, refused));
            if tokio::time::timeout(AFTERWARDS_LIMIT, seen_to).await.is_err() {
                tracing::warn!("what greetings show is renewed later: the store took too long");
            }
        }
        Performed::Welcomed { id, attempt, result, left_out, partly }
    }

    /// The next greetings are not to lack what this one did.
    async fn see_to_the_next(&self, sent: &SentContent, refused: Option<MediaIds>) {
        let woken = if refused.is_some() { Woken::Refused(sent) } else { Woken::LeftOut };
        if let Some(ids) = refused
            && let Err(error) = self.forget_media_ids(&ids).await
        {
            tracing::warn!(%error, "ids that WeCom refuses are still remembered");
        }
        self.ready_greetings(woken).await;
    }

    /// What a content says to this customer now.
    async fn greeting(
        &self,
        file: &File,
        staff: &StaffId,
        touch: &TouchRef,
        sent: &SentContent,
    ) -> Result<Said, Error> {
        let version = self.content_as_sent(sent).await?;
        let version = version.ok_or_else(|| Error::NotFound(format!("content {}", sent.content)))?;
        let text = match version.body.text() {
            None => String::new(),
            Some(text) => {
                let book = self.playbook().await?;
                rendered(text, file, staff, &book)
            }
        };
        let to = LinkFor::Touch { customer: file.id.clone(), touch: touch.clone() };
        let tracked = tokio::time::timeout(TRACKING_LIMIT, Box::pin(self.track(sent, &version.body, &to)));
        let body = match tracked.await {
            Ok(Ok(body)) => body,
            Ok(Err(error)) => {
                tracing::warn!(%error, "a greeting goes with plain addresses");
                version.body.clone()
            }
            Err(_) => {
                tracing::warn!("a greeting goes with plain addresses: tracked ones took too long");
                version.body.clone()
            }
        };
        let enclosed = self.enclosed(&body).await;
        Ok(Said { text, enclosed: Some((body, enclosed)) })
    }

    /// What of a body is ready. If nobody knows, nothing is: the text is not to wait for it.
    async fn enclosed(&self, body: &Body) -> Enclosed {
        let ready = Box::pin(self.attachments(body, Urgency::Welcome));
        match tokio::time::timeout(MEDIA_LIMIT, ready).await {
            Ok(Ok(enclosed)) => return enclosed,
            Ok(Err(error)) => tracing::warn!(%error, "a greeting goes without its files"),
            Err(_) => tracing::warn!("a greeting goes without its files: to look for them took too long"),
        }
        Enclosed::of(body, MediaIds::new())
    }

    /// Greets, and says what was left out.
    async fn greet(&self, code: &str, said: Said, is_asking: bool) -> (CallResult, Greeted) {
        let Said { text, enclosed } = said;
        let (body, mut enclosed) = enclosed.unzip();
        let mut greeted = Greeted::default();
        let answer = loop {
            let attachments = enclosed.as_ref().map_or_else(Vec::new, |e| e.attachments.clone());
            greeted.left_out = enclosed.as_ref().map_or(0, |e| e.left_out);
            greeted.partly = enclosed.as_ref().is_some_and(|e| e.partly);
            if greeted.left_out > 0 && text.is_empty() && attachments.is_empty() {
                // Whether an earlier call had its effect is not known yet: it is asked about when there is something
                // to ask with.
                let nothing =
                    if is_asking { CallResult::Failed } else { CallResult::Refused { code: NO_MEDIA } };
                return (nothing, greeted);
            }
            let welcome = &Welcome { welcome_code: code.to_owned(), text: Some(text.clone()), attachments };
            let answer =
                self.call_once(Lane::Welcome, |wecom, token| async move {
                    wecom.send_welcome(&token, welcome).await
                })
                .await;
            let has_ids = enclosed.as_ref().is_some_and(Enclosed::has_ids);
            match (answer, &body, &enclosed) {
                // The refused call had no effect: it greets with the rest, at once.
                (Err(error), Some(body), Some(refused)) if has_ids && is_refused_media(&error) => {
                    greeted.refused = Some(refused.ids.clone());
                    enclosed = Some(refused.without_ids(body));
                }
                (answer, ..) => break answer,
            }
        };
        let result = match answer {
            Ok(()) => CallResult::Done,
            // The code, asked again, tells.
            Err(Error::WeCom(error)) if is_doubtful(&error) => CallResult::Ambiguous,
            Err(error) => outcome(&error),
        };
        (result, greeted)
    }
}
