//! Interleavings: one customer or two, two staff members, and everybody at it at once. Each lasts some minutes, and what
//! people do begins while phones are being written and read, jobs run, and callbacks come twice, late or not at all.
//! When they are all over, one comparison with WeCom heals what was lost, and the invariants of the design hold.

use app::{Author, NewJob, Whom};
use domain::StaffId;
use store::{JobKind, JobState};

use super::{
    Simulation, Summary, check,
    deeds::Deed,
    script::{self, STAFF, TEXTS},
};
use crate::Chance;

/// Two take part in all.
const PEOPLE: [&str; 2] = [STAFF[0], STAFF[1]];
/// What begins and ends friendships is so far apart: WeCom tells times in seconds, and its clock is not ours.
const APART_SECONDS: i64 = 5;
/// At most so many customers in one.
const MOST: u64 = 2;

impl Simulation {
    /// Lives through so many interleavings one after the other, heals, and checks the invariants. What does not hold is
    /// told with what was done to the customer.
    pub async fn interleave(&mut self, count: u64) -> Result<Summary, String> {
        let mut told = Vec::new();
        self.trouble.pause(false);
        for place in 0..count {
            for (seconds, deeds) in plan(&self.chance, place * MOST) {
                let at = self.now().plus_secs(seconds);
                self.live_until(at).await;
                script::faults(self).await;
                let mut ready = Vec::new();
                for deed in deeds {
                    let presses = 1 + u64::from(self.chance.hits(200));
                    ready.extend(self.ready(&deed, presses).await);
                    told.push((place, self.now(), deed));
                }
                self.all_at_once(ready).await;
            }
        }
        self.trouble.pause(true);
        self.alarms.calm();
        self.compare().await;
        check::all(self, count * MOST).await.map_err(|broken| {
            let of = |place: &u64| {
                (place * MOST..(place + 1) * MOST).any(|customer| broken.contains(&script::id_of(customer)))
            };
            let told = told.iter().filter(|(place, ..)| of(place));
            let told: Vec<String> = told.map(|(_, at, deed)| format!("{:?} {deed:?}", at.utc())).collect();
            format!("{}\n{broken}", told.join("\n"))
        })
    }

    /// Every staff member's customers are compared with what WeCom holds, and everything comes to rest.
    async fn compare(&mut self) {
        script::calm_callbacks(self).await;
        let soon = self.now().plus_mins(12);
        self.live_until(soon).await;
        let staff = STAFF.into_iter().map(StaffId::from).collect();
        let what = JobKind::Reconcile { staff: Some(staff) };
        let job = NewJob { what, customers: Whom::Nobody, reason: None, sight: None, request: None };
        let (job, _) = self.app().start_job(job, &Author::stepwise()).await.expect("a comparison begins");
        let soon = self.now().plus_mins(12);
        self.live_until(soon).await;
        let job = self.app().store.job(&job.id).await.expect("an answer").expect("the comparison");
        assert!(job.state == JobState::Done, "{job:#?}");
    }
}

/// What happens in one: what is done at once, so many seconds after what was done before.
fn plan(chance: &Chance, first: u64) -> Vec<(i64, Vec<Deed>)> {
    let customers: Vec<u64> = (first..first + 1 + chance.below(MOST)).collect();
    let mut opening: Vec<Deed> = customers
        .iter()
        .map(|customer| Deed::Add { customer: *customer, staff: PEOPLE[0], half: false })
        .collect();
    opening.extend(customers.iter().filter(|_| chance.hits(600)).map(|customer| Deed::Add {
        customer: *customer,
        staff: PEOPLE[1],
        half: false,
    }));
    let mut bursts = vec![(APART_SECONDS, opening)];
    for _ in 0..1 + chance.below(2) {
        // At once, or while leases, pauses and clocks run.
        let seconds = if chance.hits(500) { 0 } else { i64::try_from(chance.below(90)).unwrap_or(0) };
        let deeds: Vec<Deed> = (0..2 + chance.below(3)).map(|_| deed(chance, &customers)).collect();
        bursts.push((1 + seconds, deeds));
        if chance.hits(250) {
            bursts.push((APART_SECONDS, vec![friendship(chance, &customers), deed(chance, &customers)]));
            bursts.push((APART_SECONDS, Vec::new()));
        }
    }
    bursts
}

fn deed(chance: &Chance, customers: &[u64]) -> Deed {
    let (customer, staff) = (chance.pick(customers), chance.pick(&PEOPLE));
    let stage = || script::stage(chance);
    match chance.below(100) {
        0..24 => {
            let remove = chance.hits(500).then(stage);
            Deed::Phone { customer, staff, add: chance.hits(850).then(stage), remove }
        }
        24..34 => Deed::Label { customer, staff, on: chance.hits(600) },
        34..54 => Deed::Drag { customer, stage: chance.hits(900).then(stage), seen: chance.hits(300) },
        54..62 => {
            let minutes = chance.hits(300).then(|| 1 + i64::try_from(chance.below(4)).unwrap_or(0));
            Deed::Edit { customer, on: chance.hits(700), minutes }
        }
        62..72 => Deed::Say { customer, staff, text: chance.pick(&TEXTS) },
        72..80 => Deed::TakeBack { customer },
        80..84 => {
            let only_from = chance.hits(300).then(stage);
            Deed::MoveMany { customers: customers.to_vec(), stage: chance.hits(900).then(stage), only_from }
        }
        84..86 => Deed::TakeBackJob,
        86..88 => Deed::Assign { customer, staff: chance.hits(700).then_some(staff) },
        88..93 => Deed::Batch {
            customers: customers.to_vec(),
            stage: chance.hits(700).then(stage),
            on: chance.hits(800),
        },
        _ => Deed::Phone { customer, staff, add: Some(stage()), remove: None },
    }
}

/// Friendships end and begin.
fn friendship(chance: &Chance, customers: &[u64]) -> Deed {
    let (customer, staff) = (chance.pick(customers), chance.pick(&PEOPLE));
    match chance.below(10) {
        0..3 => Deed::Block { customer, staff },
        3..6 => Deed::Delete { customer, staff },
        _ => Deed::Add { customer, staff, half: chance.hits(100) },
    }
}
