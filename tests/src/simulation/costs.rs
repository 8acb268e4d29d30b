//! What things cost in write units, measured on a world without faults.

use domain::{Actor, CustomerId, Happening, StaffId, file::Evidence};
use serde_json::json;

use super::{Simulation, script};
use crate::{Units, at};

const MANY: u32 = 40;

/// Write units of what happens most.
#[derive(Clone, Debug)]
pub struct Costs {
    /// One contact added: callback, reaction, welcome, its result, counters.
    pub contact_added: Units,
    /// One step of one customer: due, offered, reminded, sent, counters.
    pub step: Units,
    /// The same for each of many customers whose step is due in the same slot.
    pub step_of_many: Units,
    /// How many.
    pub many: u32,
    /// Size of the file while the step was measured, in bytes of its document.
    pub file_bytes: usize,
}

impl Simulation {
    /// Measures, with a customer who has a past.
    pub async fn costs(&mut self) -> Costs {
        self.live_until(at("2026-03-02 09:01")).await;
        self.meter.take();
        script::control(self, "customers", json!({"external_userid": "wmCost", "name": "李女士"})).await;
        script::control(self, "customers/wmCost/add", json!({"userid": "zhang", "state": "showroom"})).await;
        self.live_until(at("2026-03-02 09:02")).await;
        let contact_added = self.meter.take();

        // A past: tags, a stage, a second SOP, messages.
        let id = CustomerId::from("wmCost");
        script::control(
            self,
            "staff/zhang/tag",
            json!({"external_userid": "wmCost", "add": ["兴趣/老客户"]}),
        )
        .await;
        let ask = Happening::MessageReceived { staff: "zhang".into(), text: "多少钱".into() };
        self.insist(&id, ask, Actor::Customer).await;
        script::control(self, "customers/wmCost/add", json!({"userid": "li"})).await;
        // The step of day 4 of the first SOP stands alone.
        self.live_until(at("2026-03-06 09:29")).await;
        self.meter.take();
        self.live_until(at("2026-03-06 09:45")).await;
        let staff = StaffId::from("zhang");
        let tasks = self.app().tasks(&staff, 10, None).await.expect("tasks").items;
        let task =
            tasks.iter().find(|task| task.id.touch.step.as_str() == "day-4").expect("the step is open");
        let done =
            Happening::TaskDone { touch: task.id.touch.clone(), evidence: Evidence::StaffMarked, late: None };
        let signal = domain::Signal {
            id: "sent-by-hand".into(),
            at: self.now(),
            by: Actor::Staff { userid: staff },
            what: done,
        };
        self.signal(&id, signal);
        self.drain().await;
        self.live_until(at("2026-03-06 09:50")).await;
        let step = self.meter.take();
        // Newcomers, all due tomorrow morning.
        for n in 0..MANY {
            let id = format!("wmMany{n:03}");
            script::control(self, "customers", json!({"external_userid": id, "name": format!("客户{n}")}))
                .await;
            script::control(self, &format!("customers/{id}/add"), json!({"userid": "wang"})).await;
        }
        let mut step_of_many = Units::default();
        self.live_until(at("2026-03-07 09:29")).await;
        self.meter.take();
        self.live_until(at("2026-03-07 09:45")).await;
        let tasks = self.app().tasks(&StaffId::from("wang"), 200, None).await.expect("tasks").items;
        let many = u32::try_from(tasks.len()).unwrap_or(0);
        for task in tasks {
            let done = Happening::TaskDone {
                touch: task.id.touch.clone(),
                evidence: Evidence::StaffMarked,
                late: None,
            };
            self.insist(&task.id.customer, done, Actor::Staff { userid: "wang".into() }).await;
        }
        self.live_until(at("2026-03-07 09:50")).await;
        let all = self.meter.take();
        step_of_many.total = all.total / f64::from(many.max(1));
        step_of_many.by_kind =
            all.by_kind.into_iter().map(|(kind, cost)| (kind, cost / f64::from(many.max(1)))).collect();
        let file = self.app().store.load(&id).await.expect("a load").file.expect("a file");
        let file_bytes = serde_json::to_string(&file).map_or(0, |text| text.len());
        Costs { contact_added, step, step_of_many, many, file_bytes }
    }
}
