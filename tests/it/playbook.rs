//! Several processes on one store, each with a playbook in memory: what one changes, the others hear of, and nobody
//! decides by a playbook that never was.

mod changes;
mod damage;
mod races;

use std::sync::Arc;

use app::{
    App, Error, Parts,
    config::{Secret, WeCom},
    wiring::{DynamoAccess, dynamo},
};
use domain::Playbook;
use local::{
    ManualClock,
    embedded::{Embedded, Tally},
};
use serde_json::{Value, json};
use store::{Change, Expected, RecordKind, Store, TableNames};
use tests::{Chance, Meter, Nobody, Rates, Rude, Trace, Trouble, at};

/// A store, and as many processes as one likes.
struct Corp {
    engine: Embedded,
    chance: Arc<Chance>,
    trouble: Arc<Trouble>,
    clock: Arc<ManualClock>,
}

impl Corp {
    /// Nothing goes wrong yet.
    async fn new(seed: u64, rates: Rates) -> Self {
        let chance = Arc::new(Chance::from_seed(seed));
        let clock = Arc::new(ManualClock::at(at("2026-03-02 09:00")));
        let trouble = Trouble::new(rates, Arc::clone(&chance), Arc::clone(&clock));
        trouble.pause(true);
        let corp = Self { engine: Embedded::memory().unwrap().inline(), chance, trouble, clock };
        corp.process().store.create_tables().await.unwrap();
        corp
    }

    /// A process with a memory of its own.
    fn process(&self) -> App {
        let rude = Rude {
            engine: self.engine.clone(),
            trouble: Arc::clone(&self.trouble),
            trace: Arc::new(Trace::default()),
            meter: Arc::new(Meter::default()),
        };
        App::new(Parts {
            store: Store::new(dynamo(rude, &DynamoAccess::embedded()), TableNames::default()),
            wecom: wecom::Client::new("http://wecom.invalid", Arc::new(Nobody)),
            corp: WeCom {
                corp_id: "ww1".into(),
                agent_id: 1,
                secret: Secret::new("s"),
                public_url: "http://stepwise.invalid".into(),
            },
            clock: Arc::clone(&self.clock) as _,
            entropy: Arc::clone(&self.chance) as _,
            alarm: Arc::new(Nobody),
            bus: Arc::new(Nobody),
            blob: Arc::new(cloud::blob::local::Local::memory([0; 32])),
        })
    }

    /// What a process that has just started sees.
    async fn afresh(&self) -> String {
        shown(&self.process().playbook().await.unwrap())
    }

    /// What it took to do something.
    async fn cost<T>(&self, work: impl Future<Output = T>) -> (T, Tally) {
        let before = self.engine.tally();
        let done = work.await;
        (done, self.engine.tally() - before)
    }

    /// A token as the product makes them.
    fn token(&self) -> String {
        use app::Entropy as _;
        hex::encode(self.chance.bytes16())
    }

    /// Puts or deletes records in one transaction, whatever was there.
    async fn change(&self, changes: &[Change]) {
        self.process().store.change_playbook(changes, None, &[], &self.token()).await.unwrap();
    }

    /// An item as it lies in the store, by another hand than the product's.
    fn put_item(&self, item: &Value) {
        let ask = json!({"TableName": "stepwise-main", "Item": item});
        let (status, answer) = self.engine.answer("DynamoDB_20120810.PutItem", ask.to_string().as_bytes());
        assert_eq!(status, 200, "{answer}");
    }
}

/// Everything in it, without its stamp.
fn shown(book: &Playbook) -> String {
    format!("{:#?}", Playbook { stamp: 0, ..book.clone() })
}

fn change(kind: RecordKind, id: &str, doc: Option<Value>) -> Change {
    let doc = doc.map(|doc| doc.to_string());
    Change { kind, id: id.into(), doc, revision: 1, expected: Expected::Any }
}

fn content(id: &str, title: &str) -> Change {
    change(RecordKind::Content, id, Some(json!({"id": id, "title": title})))
}

fn board(id: &str, name: &str) -> Change {
    let doc = json!({"id": id, "name": name, "tag_group": "g", "stages": []});
    change(RecordKind::Board, id, Some(doc))
}

/// The title of a content, as this process knows it.
async fn title(process: &App, id: &str) -> Result<Option<String>, Error> {
    Ok(process.playbook().await?.contents.get(&id.into()).map(|content| content.title.clone()))
}
