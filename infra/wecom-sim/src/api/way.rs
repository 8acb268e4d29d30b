//! Contact ways (「联系我」). What is scanned is in `control`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Endpoint, Refusal, cursor, related};
use crate::state::{MOST_MEMBERS, MOST_WAYS, Status, Way, WayKind, WayScene, World};
use crate::time::DAY_MS;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::post("externalcontact/add_contact_way", add),
    Endpoint::post("externalcontact/get_contact_way", get),
    Endpoint::post("externalcontact/list_contact_way", list),
    Endpoint::post("externalcontact/update_contact_way", update),
    Endpoint::post("externalcontact/del_contact_way", delete),
];

/// In characters.
const LONGEST_REMARK: usize = 30;
const LONGEST_STATE: usize = 30;
const DEFAULT_LIMIT: usize = 100;
const MOST_LISTED: usize = 1000;
/// How far back a list goes that names no beginning.
const DEFAULT_DAYS: i64 = 90;

/// What `add` and `update` take alike.
#[derive(Default, Deserialize)]
struct Wanted {
    config_id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<u8>,
    scene: Option<u8>,
    style: Option<u8>,
    remark: Option<String>,
    skip_verify: Option<bool>,
    state: Option<String>,
    user: Option<Vec<String>>,
    party: Option<Vec<u64>>,
    is_temp: Option<bool>,
    is_exclusive: Option<bool>,
}

fn add(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let wanted: Wanted = call.body()?;
    let kind = match wanted.kind {
        None => return Err(Refusal::new(41037, "contact way type missing")),
        Some(1) => WayKind::Single,
        Some(2) => WayKind::Multi,
        Some(_) => return Err(Refusal::new(41039, "invalid contact way type")),
    };
    let scene = match wanted.scene {
        None => return Err(Refusal::new(41038, "contact way scene missing")),
        Some(1) => WayScene::MiniProgram,
        Some(2) => WayScene::QrCode,
        Some(_) => return Err(Refusal::new(41040, "invalid contact way scene")),
    };
    let mut way = Way {
        config_id: String::new(),
        agent_id: call.agent_id,
        created_at_ms: call.now_ms,
        kind,
        scene,
        style: None,
        remark: String::new(),
        skip_verify: true,
        state: String::new(),
        users: Vec::new(),
        parties: Vec::new(),
        is_exclusive: false,
    };
    apply(&mut way, wanted)?;
    check(world, call, &way)?;
    if world.ways.count() >= MOST_WAYS {
        return Err(Refusal::new(41045, "contact way count exceeds the limit"));
    }
    way.config_id = hex::encode(world.draws.draw("config_id").bytes16());
    let mut answer = json!({"config_id": way.config_id});
    if way.scene == WayScene::QrCode {
        answer["qr_code"] = json!(qr_code(&way));
    }
    world.ways.put(way);
    Ok(answer)
}

#[derive(Deserialize)]
struct Named {
    config_id: Option<String>,
}

fn get(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let asked: Named = call.body()?;
    let way = find(world, call, asked.config_id.as_deref())?;
    let mut view = json!({
        "config_id": way.config_id,
        "type": match way.kind { WayKind::Single => 1, WayKind::Multi => 2 },
        "scene": match way.scene { WayScene::MiniProgram => 1, WayScene::QrCode => 2 },
        "is_temp": false,
        "remark": way.remark,
        "skip_verify": way.skip_verify,
        "state": way.state,
        "user": way.users,
        "party": way.parties,
        "is_exclusive": way.is_exclusive,
    });
    if let Some(style) = way.style {
        view["style"] = json!(style);
    }
    if way.scene == WayScene::QrCode {
        view["qr_code"] = json!(qr_code(way));
    }
    Ok(json!({"contact_way": view}))
}

#[derive(Deserialize)]
struct List {
    start_time: Option<i64>,
    end_time: Option<i64>,
    cursor: Option<String>,
    limit: Option<usize>,
}

/// Ids alone, oldest first, of what this app made.
fn list(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let asked: List = call.body()?;
    let limit = asked.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MOST_LISTED).contains(&limit) {
        return Err(Refusal::parameter("limit"));
    }
    let in_ms = |at: i64| at.saturating_mul(1000);
    let from = asked.start_time.map_or(call.now_ms - DEFAULT_DAYS * DAY_MS, in_ms);
    let until = asked.end_time.map_or(call.now_ms, |end| in_ms(end.saturating_add(1)).saturating_sub(1));
    let query = format!("list_contact_way {} {:?} {:?}", call.agent_id, asked.start_time, asked.end_time);
    let place = cursor::read(&query, asked.cursor.as_deref())?.unwrap_or_default();
    let place_of = |way: &Way| format!("{:020} {}", way.created_at_ms, way.config_id);
    let mut ways = world
        .ways
        .in_order()
        .into_iter()
        .filter(|way| way.agent_id == call.agent_id && (from..=until).contains(&way.created_at_ms))
        .filter(|way| place_of(way) > place);
    let page: Vec<&Way> = ways.by_ref().take(limit).collect();
    let next_cursor = match (page.last(), ways.next()) {
        (Some(last), Some(_)) => cursor::write(&query, &place_of(last)),
        _ => String::new(),
    };
    let ids: Vec<Value> = page.iter().map(|way| json!({"config_id": way.config_id})).collect();
    Ok(json!({"contact_way": ids, "next_cursor": next_cursor}))
}

/// Type and scene stay; lists that are given replace the old ones.
fn update(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let wanted: Wanted = call.body()?;
    let mut way = find(world, call, wanted.config_id.as_deref())?.clone();
    apply(&mut way, wanted)?;
    check(world, call, &way)?;
    world.ways.put(way);
    Ok(json!({}))
}

fn delete(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let asked: Named = call.body()?;
    let config_id = find(world, call, asked.config_id.as_deref())?.config_id.clone();
    world.ways.remove(&config_id);
    Ok(json!({}))
}

fn find<'w>(world: &'w World, call: &Call<'_>, config_id: Option<&str>) -> Result<&'w Way, Refusal> {
    let config_id = config_id
        .filter(|id| !id.is_empty())
        .ok_or_else(|| Refusal::new(41043, "contact way config_id missing"))?;
    let own = world.ways.get(config_id).filter(|way| way.agent_id == call.agent_id);
    own.ok_or_else(|| Refusal::new(41044, "invalid contact way config_id"))
}

fn apply(way: &mut Way, wanted: Wanted) -> Result<(), Refusal> {
    if wanted.is_temp == Some(true) {
        // temporary chats are for the medical trade
        return Err(Refusal::new(48002, "api forbidden: is_temp"));
    }
    way.style = wanted.style.or(way.style);
    way.remark = wanted.remark.unwrap_or_else(|| std::mem::take(&mut way.remark));
    way.skip_verify = wanted.skip_verify.unwrap_or(way.skip_verify);
    way.state = wanted.state.unwrap_or_else(|| std::mem::take(&mut way.state));
    way.users = wanted.user.unwrap_or_else(|| std::mem::take(&mut way.users));
    way.parties = wanted.party.unwrap_or_else(|| std::mem::take(&mut way.parties));
    way.is_exclusive = wanted.is_exclusive.unwrap_or(way.is_exclusive);
    Ok(())
}

fn check(world: &World, call: &Call<'_>, way: &Way) -> Result<(), Refusal> {
    let styles = match (way.scene, way.kind) {
        (WayScene::QrCode, _) => u8::MAX,
        (WayScene::MiniProgram, WayKind::Single) => 3,
        (WayScene::MiniProgram, WayKind::Multi) => 2,
    };
    if way.style.is_some_and(|style| !(1..=styles).contains(&style)) {
        return Err(Refusal::new(41042, "invalid contact way style"));
    }
    for (name, text, most) in [("remark", &way.remark, LONGEST_REMARK), ("state", &way.state, LONGEST_STATE)]
    {
        if text.chars().count() > most {
            return Err(Refusal::parameter(format!("{name} too long")));
        }
    }
    check_members(world, call, way)
}

fn check_members(world: &World, call: &Call<'_>, way: &Way) -> Result<(), Refusal> {
    let is_single = way.kind == WayKind::Single;
    if is_single && (way.users.len() != 1 || !way.parties.is_empty()) {
        return Err(Refusal::new(40035, "a single contact way has exactly one user"));
    }
    if way.users.is_empty() && way.parties.is_empty() {
        return Err(Refusal::new(40035, "user and party both empty"));
    }
    let unknown = |id: &&u64| world.departments.get(**id).is_none();
    if way.parties.iter().find(unknown).is_some() {
        return Err(Refusal::new(40066, "invalid party list"));
    }
    let app = call.app(world);
    if !way.parties.iter().all(|id| world.sees_department(app, *id)) {
        return Err(Refusal::no_privilege());
    }
    let members = world.members_of(&way.users, &way.parties);
    if members.len() > MOST_MEMBERS {
        return Err(Refusal::new(41041, "contact way user count exceeds the limit"));
    }
    for key in related::listed(world, call, &way.users, MOST_MEMBERS)? {
        if world.member(&key).is_some_and(|staff| staff.status == Status::Inactive) {
            return Err(Refusal::new(41054, format!("user not activated: {key}")));
        }
        if !world.is_licensed(&key) {
            return Err(Refusal::no_privilege());
        }
    }
    Ok(())
}

/// Where the picture of the code is.
fn qr_code(way: &Way) -> String {
    format!("https://wework.qpic.cn/wwpic/{}/0", way.config_id)
}
