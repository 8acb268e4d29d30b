//! One thing that somebody does: on a phone, in the console, in a chat.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::PoisonError,
};

use app::{NewJob, Whom};
use domain::{
    Actor, CustomerId, File, Happening, Playbook, Signal, StaffId, TagId,
    file::{AttributeValue, Evidence},
};
use serde_json::{Value, json};
use store::{JobId, JobKind};

use super::{
    Simulation,
    instances::Invocation,
    library,
    script::{NAMES, STAFF, STAGES, id_of},
};

/// The attribute that says what a deal is worth.
pub(super) const WORTH: &str = "预算";
pub(super) const LABEL: &str = "兴趣/老客户";

/// One thing that somebody does. Stages are places on the board.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    /// The customer adds the staff member.
    Add { customer: u64, staff: &'static str, half: bool },
    /// The customer says something.
    Say { customer: u64, staff: &'static str, text: &'static str },
    /// A stage's tag is put on by phone, and another perhaps taken off.
    Phone { customer: u64, staff: &'static str, add: Option<usize>, remove: Option<usize> },
    /// A tag that is no stage is put on by phone, or taken off.
    Label { customer: u64, staff: &'static str, on: bool },
    /// The card is dragged, or off the board; by who has seen where it stands, or by who does not care.
    Drag { customer: u64, stage: Option<usize>, seen: bool },
    /// A tag that is no stage is put on in the console, for so many minutes perhaps, or taken off.
    Edit { customer: u64, on: bool, minutes: Option<i64> },
    /// The stages' or the other tag of several customers, by a job.
    Batch { customers: Vec<u64>, stage: Option<usize>, on: bool },
    /// The cards of several customers are moved by a job; only those, perhaps, that stand somewhere.
    MoveMany { customers: Vec<u64>, stage: Option<usize>, only_from: Option<usize> },
    /// One of the last jobs is taken back.
    TakeBackJob,
    /// What is in WeCom is compared, or taken over silently.
    Look { silently: bool },
    /// Somebody says who serves the customer.
    Assign { customer: u64, staff: Option<&'static str> },
    /// Another system tells what the deal is worth, or that it is no deal any more.
    Deal { customer: u64, worth: Option<i32> },
    /// A stage's tag gets another name in WeCom's console.
    Rename { stage: usize, number: u64 },
    /// The last thing that changed the customer is taken back.
    TakeBack { customer: u64 },
    /// The customer ends the friendship.
    Block { customer: u64, staff: &'static str },
    /// The staff member ends it.
    Delete { customer: u64, staff: &'static str },
    /// The staff member sends the customer a content of their own choice.
    Send { customer: u64, staff: &'static str, content: &'static str },
    /// The customer opens a link of a content that they had.
    Open { customer: u64, content: &'static str },
    /// The staff member works on one of their open tasks.
    Work { staff: &'static str, done: bool },
}

impl Simulation {
    /// What the deed asks of WeCom or of Stepwise; nothing, where there is nothing to do it to. Buttons are pressed so
    /// often.
    pub(super) async fn ready(&self, deed: &Deed, presses: u64) -> Vec<Invocation> {
        let trouble = self.trouble.clone();
        let ready = trouble.pause_for(self.ready_in_peace(deed)).await;
        let Some(ready) = ready else { return Vec::new() };
        match ready {
            Invocation::Signal(customer, signal) => {
                (0..presses).map(|_| Invocation::Signal(customer.clone(), signal.clone())).collect()
            }
            other => vec![other],
        }
    }

    async fn ready_in_peace(&self, deed: &Deed) -> Option<Invocation> {
        match deed {
            Deed::Add { .. }
            | Deed::Phone { .. }
            | Deed::Label { .. }
            | Deed::Rename { .. }
            | Deed::Block { .. }
            | Deed::Delete { .. } => {
                let book = self.app().playbook().await.ok()?;
                Some(Invocation::InWecom(in_wecom(deed, &book)?))
            }
            Deed::Batch { .. } | Deed::MoveMany { .. } | Deed::TakeBackJob | Deed::Look { .. } => {
                let book = self.app().playbook().await.ok()?;
                self.job(deed, &book).map(|job| Invocation::Job(Box::new(job)))
            }
            Deed::Work { staff, done } => self.work(staff, *done).await,
            Deed::Say { customer, .. }
            | Deed::Drag { customer, .. }
            | Deed::Edit { customer, .. }
            | Deed::Assign { customer, .. }
            | Deed::Deal { customer, .. }
            | Deed::Send { customer, .. }
            | Deed::Open { customer, .. }
            | Deed::TakeBack { customer } => {
                // Chat and board know only customers whom Stepwise knows.
                let id = CustomerId::from(id_of(*customer));
                let file = self.app().store.load(&id).await.ok()?.file?;
                let (what, by) = self.asked(deed, &file).await?;
                Some(self.signed(id, what, by))
            }
        }
    }

    /// The long work that is asked for.
    fn job(&self, deed: &Deed, book: &Playbook) -> Option<NewJob> {
        let named = |customers: &[u64]| {
            Whom::Named(customers.iter().map(|customer| id_of(*customer).into()).collect())
        };
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let (what, customers) = match deed {
            Deed::Batch { customers, stage, on } => {
                let tag = stage.map_or_else(|| label(book), |stage| tag_of_stage(book, stage))?;
                let (add, remove) = sides(tag, *on);
                (JobKind::EditTags { add, remove, expires_at: None }, named(customers))
            }
            Deed::MoveMany { customers, stage, only_from } => {
                let id = |stage: &Option<usize>| stage.map(|stage| STAGES[stage].into());
                let (stage, only_from) = (id(stage), id(only_from));
                (JobKind::MoveStage { board: "sales".into(), stage, only_from }, named(customers))
            }
            Deed::TakeBackJob => {
                let job = jobs.pop()?;
                (JobKind::Undo { job: job.clone() }, Whom::Changed(job))
            }
            Deed::Look { silently } => {
                let staff = Some(STAFF.into_iter().map(StaffId::from).collect());
                let what = if *silently { JobKind::Import { staff } } else { JobKind::Reconcile { staff } };
                (what, Whom::Nobody)
            }
            _ => return None,
        };
        let id = JobId::from(&*format!("job{:016x}", self.chance.next()));
        if !what.is_reading() {
            jobs.push(id.clone());
        }
        Some(NewJob { what, customers, reason: None, sight: None, request: Some((id, String::new())) })
    }

    /// What is asked of Stepwise.
    async fn asked(&self, deed: &Deed, file: &File) -> Option<(Happening, Actor)> {
        let operator = || Actor::Operator { name: "ops".into() };
        Some(match deed {
            Deed::Say { staff, text, .. } => {
                let what = Happening::MessageReceived { staff: StaffId::from(*staff), text: (*text).into() };
                (what, Actor::Customer)
            }
            Deed::Drag { stage, seen, .. } => {
                let card = file.cards.get(&"sales".into());
                let what = Happening::StageMoved {
                    board: "sales".into(),
                    stage: stage.map(|stage| STAGES[stage].into()),
                    expected_rev: seen.then(|| card.map_or(0, |card| card.rev)),
                    only_from: None,
                    reason: None,
                };
                (what, operator())
            }
            Deed::Edit { on, minutes, .. } => {
                let book = self.app().playbook().await.ok()?;
                let (add, remove) = sides(label(&book)?, *on);
                let expires_at = minutes.map(|minutes| self.now().plus_mins(minutes));
                (Happening::TagsEdited { add, remove, expires_at }, operator())
            }
            Deed::Assign { staff, .. } => {
                (Happening::OwnerAssigned { staff: staff.map(StaffId::from) }, operator())
            }
            Deed::Deal { worth, .. } => {
                let value = worth.map(|worth| AttributeValue::Number(worth.into()));
                let values = BTreeMap::from([(WORTH.to_owned(), value)]);
                (Happening::AttributesSet { values }, Actor::Operator { name: "crm".into() })
            }
            Deed::Send { .. } | Deed::Open { .. } => {
                let book = self.app().playbook().await.ok()?;
                return library::asked(deed, file, &book);
            }
            Deed::TakeBack { .. } => {
                // What staff see in the timeline: the last entry that changed something.
                for version in (1..=file.version).rev().take(4) {
                    let entry = self.app().store.journal_entry(&file.id, version).await.ok()??;
                    if entry.facts.iter().any(|fact| serde_json::to_string(fact).is_ok_and(is_a_change)) {
                        let what =
                            Happening::Undo { version, decided_at: entry.at, facts: entry.facts.clone() };
                        return Some((what, operator()));
                    }
                }
                return None;
            }
            _ => return None,
        })
    }

    /// Staff work on one of their open tasks.
    async fn work(&self, staff: &'static str, done: bool) -> Option<Invocation> {
        let staff = StaffId::from(staff);
        let tasks = self.app().tasks(&staff, 50, None).await.ok()?.items;
        if tasks.is_empty() {
            return None;
        }
        let task = self.chance.pick(&tasks).id.clone();
        let what = if done {
            Happening::TaskDone { touch: task.touch, evidence: Evidence::StaffMarked, late: None }
        } else {
            Happening::TaskSkipped { touch: task.touch, note: None }
        };
        Some(self.signed(task.customer, what, Actor::Staff { userid: staff }))
    }

    fn signed(&self, customer: CustomerId, what: Happening, by: Actor) -> Invocation {
        let id = format!("act-{:016x}", self.chance.next());
        Invocation::Signal(customer, Box::new(Signal { id: id.as_str().into(), at: self.now(), by, what }))
    }
}

fn is_a_change(fact: String) -> bool {
    ["moved", "tagged", "untagged"].iter().any(|kind| fact.contains(&format!(r#""kind":"{kind}""#)))
}

/// Tags are named by their ids: their names change.
fn in_wecom(deed: &Deed, book: &Playbook) -> Option<Vec<(String, Value)>> {
    let tag = |place: &usize| tag_of_stage(book, *place).map(|tag| tag.to_string());
    Some(match deed {
        Deed::Add { customer, staff, half } => {
            let id = id_of(*customer);
            let person = json!({"external_userid": id, "name": format!("客户{customer}")});
            let add = json!({"userid": staff, "half": half});
            vec![("customers".into(), person), (format!("customers/{id}/add"), add)]
        }
        Deed::Phone { customer, staff, add, remove } => {
            let add: Vec<String> = add.iter().filter_map(tag).collect();
            let remove: Vec<String> =
                remove.iter().filter_map(tag).filter(|tag| !add.contains(tag)).collect();
            let edit = json!({"external_userid": id_of(*customer), "add": add, "remove": remove});
            vec![(format!("staff/{staff}/tag"), edit)]
        }
        Deed::Label { customer, staff, on } => {
            let change = if *on { "add" } else { "remove" };
            let edit = json!({"external_userid": id_of(*customer), change: [label(book)?]});
            vec![(format!("staff/{staff}/tag"), edit)]
        }
        Deed::Rename { stage, number } => {
            let group = book.boards.get(&"sales".into())?.tag_group.to_string();
            let to = format!("{}{number}", NAMES[*stage]);
            vec![("tags".into(), json!({"action": "rename", "group": group, "name": tag(stage)?, "to": to}))]
        }
        Deed::Block { customer, staff } => {
            vec![(format!("customers/{}/block", id_of(*customer)), json!({"userid": staff}))]
        }
        Deed::Delete { customer, staff } => {
            vec![(format!("staff/{staff}/delete"), json!({"external_userid": id_of(*customer)}))]
        }
        _ => return None,
    })
}

fn sides(tag: TagId, on: bool) -> (BTreeSet<TagId>, BTreeSet<TagId>) {
    let tags = BTreeSet::from([tag]);
    if on { (tags, BTreeSet::new()) } else { (BTreeSet::new(), tags) }
}

fn tag_of_stage(book: &Playbook, place: usize) -> Option<TagId> {
    let board = book.boards.get(&"sales".into())?;
    board.stages.get(place).and_then(|stage| stage.tag.clone())
}

fn label(book: &Playbook) -> Option<TagId> {
    let (group, name) = LABEL.split_once('/')?;
    let group = book.tags.groups().find(|known| known.name == group)?;
    group.live().find(|tag| tag.name == name).map(|tag| tag.id.clone())
}
