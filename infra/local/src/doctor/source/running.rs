//! Boards and staff from the REST API of the process that runs on this machine.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context as _, bail};
use app::{
    config::Secret,
    doctor::{BoundBoard, BoundStage, Plan},
    net::Net,
};
use bytes::Bytes;
use serde::{Deserialize, de::DeserializeOwned};
use wecom::Transport as _;

const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Board {
    name: String,
    tag_group: Named,
    stages: Vec<Stage>,
}

#[derive(Deserialize)]
struct Stage {
    name: String,
    tag: Option<Named>,
}

#[derive(Deserialize)]
struct Group {
    id: String,
    ours: bool,
}

#[derive(Deserialize)]
struct Staff {
    userid: String,
    status: Status,
}

#[derive(Deserialize)]
struct Status {
    is: String,
}

/// Asks the process that listens at `listen`: on this machine, so that the token does not leave it.
pub(super) async fn ask(net: &Net, listen: SocketAddr, token: &Secret) -> anyhow::Result<Plan> {
    let address = address(listen);
    let boards: Vec<Board> = list(net, &address, "boards", token).await?;
    let groups: Vec<Group> = list(net, &address, "tags", token).await?;
    let staff: Vec<Staff> = list(net, &address, "staff", token).await?;
    let ours: BTreeSet<String> =
        groups.into_iter().filter(|group| group.ours).map(|group| group.id).collect();
    let bound = |board: Board| BoundBoard {
        ours: ours.contains(&board.tag_group.id),
        name: board.name,
        group: board.tag_group.id.as_str().into(),
        group_name: board.tag_group.name,
        stages: board.stages.into_iter().map(bound_stage).collect(),
    };
    Ok(Plan {
        boards: boards.into_iter().map(bound).collect(),
        // Of who has left nobody expects a licence.
        staff: staff
            .iter()
            .filter(|staff| staff.status.is != "left")
            .map(|staff| staff.userid.as_str().into())
            .collect(),
    })
}

fn bound_stage(stage: Stage) -> BoundStage {
    BoundStage { name: stage.name, tag: stage.tag.map(|tag| tag.id.as_str().into()) }
}

/// Whoever listens everywhere also listens on the loopback.
fn address(listen: SocketAddr) -> String {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    };
    format!("http://{}", SocketAddr::new(ip, listen.port()))
}

async fn list<T: DeserializeOwned>(
    net: &Net,
    address: &str,
    what: &str,
    token: &Secret,
) -> anyhow::Result<Vec<T>> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let request = http::Request::get(format!("{address}/api/v1/{what}?limit=200{cursor}"))
            .header("authorization", format!("Bearer {}", token.expose()))
            .body(Bytes::new())
            .context("STEPWISE_ADMIN_TOKEN cannot stand in a header")?;
        let answer = net.call(request, PATIENCE).await.with_context(|| address.to_owned())?;
        if !answer.status().is_success() {
            bail!("{address}/api/v1/{what}: HTTP {}", answer.status().as_u16());
        }
        let page: Page<T> = serde_json::from_slice(answer.body())
            .with_context(|| format!("{address}/api/v1/{what} is not what Stepwise answers"))?;
        all.extend(page.items);
        let Some(next) = page.next_cursor else { return Ok(all) };
        cursor = format!("&cursor={next}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_everywhere_is_asked_on_the_loopback() {
        let of = |listen: &str| address(listen.parse().unwrap());
        assert_eq!(of("0.0.0.0:8787"), "http://127.0.0.1:8787");
        assert_eq!(of("[::]:80"), "http://[::1]:80");
        assert_eq!(of("192.168.1.2:8787"), "http://192.168.1.2:8787");
    }
}
