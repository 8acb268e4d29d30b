//! A population: members, customers, and what the customers are going to do. Everything follows from the
//! seed and the scenario.

mod place;
mod plan;
mod scenario;

use crate::random::{Draws, Stream};
use crate::state::{Customer, Staff, World};
pub(crate) use place::place;
pub(crate) use plan::plan;
pub(crate) use scenario::Scenario;

/// How many there are to be, and how long it takes them to come (or took them).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) staff: usize,
    pub(crate) customers: usize,
    pub(crate) days: i64,
}

const SURNAMES: [&str; 20] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林", "何",
    "郭", "马", "罗",
];
const GIVEN: [&str; 20] = [
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "洋", "艳", "勇", "杰", "娟", "涛", "明", "超", "霞",
    "平", "雨桐", "子涵",
];

/// Everybody of one population is drawn from this.
pub(crate) fn stream(seed: u64) -> Stream {
    Draws::new(seed).draw("population")
}

/// The members: so many new ones (`staff001`…; who is there already is taken as they are), or with none
/// wanted all who serve customers.
pub(crate) fn members(world: &mut World, count: usize, stream: &mut Stream) -> Vec<String> {
    if count == 0 {
        return world
            .staff
            .values()
            .filter(|staff| staff.serves())
            .map(|staff| staff.userid.clone())
            .collect();
    }
    let mut members = Vec::new();
    for n in 1..=count {
        let userid = format!("staff{n:03}");
        let name = name(stream);
        let staff =
            world.staff.entry(userid).or_insert_with_key(|userid| Staff { name, ..Staff::new(userid) });
        members.push(staff.userid.clone());
    }
    members
}

/// A WeChat user whom nobody knows yet.
fn customer(stream: &mut Stream) -> Customer {
    let id = format!("wm{}", stream.alphanumeric(30));
    Customer { name: name(stream), gender: 1 + u8::from(stream.chance(0.5)), ..Customer::new(&id) }
}

fn name(stream: &mut Stream) -> String {
    format!("{}{}", SURNAMES[stream.below(SURNAMES.len())], GIVEN[stream.below(GIVEN.len())])
}
