//! The bus in process: a queue of ids, and what is under way.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use cloud::{
    alarm::{Alarm, Armed, Wake},
    bus::{Bus, Message, MessageKind},
};
use tokio::sync::{Notify, watch};

/// What the process has in hand: it is settled when all of it is empty.
pub(crate) struct Traffic {
    queue: Mutex<VecDeque<Message>>,
    running: AtomicUsize,
    progress: watch::Sender<u64>,
    /// Something was queued.
    pub(crate) queued: Notify,
    /// A timer was set.
    pub(crate) armed: Notify,
}

impl Traffic {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            queue: Mutex::default(),
            running: AtomicUsize::new(0),
            progress: watch::Sender::new(0),
            queued: Notify::new(),
            armed: Notify::new(),
        })
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, VecDeque<Message>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next message; it counts as running until the guard is dropped.
    pub(crate) fn next(self: &Arc<Self>) -> Option<(Message, Running)> {
        let mut queue = self.queue();
        let message = queue.pop_front()?;
        Some((message, self.begin()))
    }

    /// Something begins.
    pub(crate) fn begin(self: &Arc<Self>) -> Running {
        self.running.fetch_add(1, Ordering::SeqCst);
        self.progress.send_modify(|n| *n += 1);
        Running(Arc::clone(self))
    }

    /// Changes with everything that begins or ends.
    pub(crate) fn progress(&self) -> watch::Receiver<u64> {
        self.progress.subscribe()
    }

    /// Nothing queued, nothing running?
    pub(crate) fn is_still(&self) -> bool {
        self.queue().is_empty() && self.running.load(Ordering::SeqCst) == 0
    }

    /// What is in hand, for people.
    pub(crate) fn describe(&self) -> String {
        let running = self.running.load(Ordering::SeqCst);
        format!("{} messages queued, {running} things under way", self.queue().len())
    }
}

/// Something under way.
pub(crate) struct Running(Arc<Traffic>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        self.0.progress.send_modify(|n| *n += 1);
    }
}

/// The bus and the alarms of one process.
pub(crate) struct InProcess(pub(crate) Arc<Traffic>);

#[async_trait]
impl Bus for InProcess {
    async fn publish(&self, messages: &[Message]) -> Result<(), cloud::Error> {
        let mut queue = self.0.queue();
        for message in messages {
            // Folding takes every open entry: one request for it is enough.
            let is_fold = message.kind == MessageKind::Journal;
            if !(is_fold && queue.iter().any(|queued| queued.kind == MessageKind::Journal)) {
                queue.push_back(message.clone());
            }
        }
        drop(queue);
        self.0.queued.notify_one();
        Ok(())
    }
}

/// An alarm is only a nudge to look at the wake index again: that is the truth.
#[async_trait]
impl Alarm for InProcess {
    async fn arm(&self, _: &Wake, _: i64) -> Result<Armed, cloud::Error> {
        self.0.armed.notify_one();
        Ok(Armed::Set)
    }

    async fn disarm(&self, _: &str, _: u64) -> Result<(), cloud::Error> {
        Ok(())
    }
}
