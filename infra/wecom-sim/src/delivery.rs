//! Delivering: one at a time, in order, three attempts. What people have planned to do is done on the way.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::control;
use crate::ingest;
use crate::sim::Sim;
use crate::state::{Attempt, Clicked, Parcel, Scene, Verdict, World};
use crate::time::seconds;

/// How much of an unwelcome answer is kept for the record.
const DETAIL_CHARS: usize = 300;

/// A request ready to leave.
struct Shipment {
    number: u64,
    url: String,
    headers: Vec<(String, String)>,
    body: String,
    is_callback: bool,
    /// The card that the answer may change.
    card: Option<Clicked>,
}

impl Sim {
    /// Delivers everything that is due now, in order, and schedules what has to be tried again. In between
    /// people do, one after the other, what they were going to do by now.
    pub async fn run_due(&self) {
        let _turn = self.inner.turn.lock().await;
        loop {
            let Some(shipment) = self.next_shipment() else {
                // the news of one deed is out before the next is done
                if self.is_somebodys_turn() {
                    self.act(control::play_next);
                    continue;
                }
                return;
            };
            let _in_flight = InFlight::begin(&self.inner.in_flight);
            let answer =
                self.inner.outbound.post(&shipment.url, &shipment.headers, shipment.body.into_bytes()).await;
            let verdict = judge(shipment.is_callback, &answer);
            let status = answer.as_ref().ok().map(|(status, _)| *status);
            if verdict != Verdict::Delivered {
                tracing::warn!(delivery = shipment.number, status, "delivery failed");
            }
            self.act(|world, scene| {
                let detail = match answer {
                    Ok((_, body)) if verdict == Verdict::Delivered && shipment.is_callback => {
                        shipment.card.and_then(|card| world.take_reply(scene, &card, &body))
                    }
                    Ok((_, body)) => Some(beginning(&body)),
                    Err(reason) => Some(reason),
                };
                let attempt = Attempt { at_ms: scene.now_ms, status, detail };
                world.queue.finish(shipment.number, attempt, verdict);
            });
        }
    }

    fn is_somebodys_turn(&self) -> bool {
        self.look(|world, scene| world.schedule.next_due_ms().is_some_and(|due_ms| due_ms <= scene.now_ms))
    }

    fn next_shipment(&self) -> Option<Shipment> {
        // nothing due changes nothing, so that asking does not raise the revision
        self.look(|world, scene| world.queue.due(scene.now_ms).map(|_| ()))?;
        self.act(ship)
    }
}

fn ship(world: &mut World, scene: &Scene<'_>) -> Option<Shipment> {
    let pending = world.queue.due(scene.now_ms)?;
    let timestamp = seconds(scene.now_ms).to_string();
    let config = scene.config;
    Some(match &pending.parcel {
        Parcel::Callback { body, encrypted, card } => {
            let nonce = world.draws.draw("nonce").digits(10);
            let signature = scene.sealer.sign(&timestamp, &nonce, encrypted);
            let separator = if config.callback_url.contains('?') { '&' } else { '?' };
            Shipment {
                number: pending.number,
                url: format!(
                    "{}{separator}msg_signature={signature}&timestamp={timestamp}&nonce={nonce}",
                    config.callback_url
                ),
                headers: vec![("Content-Type".to_owned(), "text/xml".to_owned())],
                body: body.clone(),
                is_callback: true,
                card: card.clone(),
            }
        }
        Parcel::Ingest { body } => Shipment {
            number: pending.number,
            url: config.ingest_url.clone(),
            headers: vec![
                ("Content-Type".to_owned(), "application/json".to_owned()),
                (
                    "X-Stepwise-Signature".to_owned(),
                    ingest::signature(&config.ingest_secret, &timestamp, body),
                ),
                ("X-Stepwise-Timestamp".to_owned(), timestamp),
            ],
            body: body.clone(),
            is_callback: false,
            card: None,
        },
    })
}

fn judge(is_callback: bool, answer: &Result<(u16, Vec<u8>), String>) -> Verdict {
    match answer {
        Ok((200, _)) => Verdict::Delivered,
        Ok((201..=299, _)) if !is_callback => Verdict::Delivered,
        // a gateway repeats what may pass, not what was found wrong
        Ok((400..=499, _)) if !is_callback => Verdict::Refused,
        Ok(_) | Err(_) => Verdict::Failed,
    }
}

fn beginning(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(DETAIL_CHARS).collect()
}

/// Counts a delivery as in flight for as long as it lives, also when its future is dropped.
struct InFlight<'a>(&'a AtomicUsize);

impl<'a> InFlight<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
