//! The import graph is the design's, and stays it.

pub(crate) mod template;

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

/// Whom each of our crates may use.
const ALLOWED: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("telemetry", &[]),
    ("wecom", &[]),
    ("cloud", &[]),
    ("wecom-sim", &[]),
    ("store", &["domain"]),
    ("app", &["domain", "wecom", "store", "cloud", "telemetry"]),
    ("callback", &["app", "domain", "wecom", "cloud", "telemetry"]),
    ("engine", &["app", "domain", "wecom", "cloud", "telemetry"]),
    ("sender", &["app", "domain", "cloud", "telemetry"]),
    ("api", &["app", "domain", "store", "cloud", "telemetry"]),
    ("janitor", &["app", "domain", "telemetry"]),
    (
        "local",
        &[
            "app",
            "domain",
            "store",
            "cloud",
            "wecom",
            "telemetry",
            "callback",
            "engine",
            "sender",
            "api",
            "janitor",
            "wecom-sim",
        ],
    ),
];

/// Libraries that only these crates may use.
const RESERVED: &[(&str, &[&str])] = &[
    ("aws-sdk-dynamodb", &["store", "app", "tests"]),
    ("aws-sdk-scheduler", &["cloud", "app"]),
    ("aws-sdk-eventbridge", &["cloud", "app"]),
    ("aws-sigv4", &["cloud"]),
    ("reqwest", &["app"]),
    ("lambda_http", &["callback", "api"]),
    ("lambda_runtime", &["engine", "sender", "janitor"]),
    ("axum", &["callback", "api", "local", "wecom-sim", "tests"]),
    ("dynoxide-rs", &["local"]),
    ("tokio", &["app", "callback", "engine", "sender", "api", "janitor", "local", "wecom-sim", "tests"]),
];

/// Normal dependencies of every member, as `cargo metadata` tells them.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let told = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline", "--manifest-path", manifest])
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    let normal = |package: &Value| {
        let used = tests::items(&package["dependencies"]).into_iter().filter(|used| used["kind"].is_null());
        used.map(|used| tests::text(&used["name"])).collect()
    };
    tests::items(&told["packages"])
        .iter()
        .map(|package| (tests::text(&package["name"]), normal(package)))
        .collect()
}

#[test]
fn every_crate_uses_only_whom_the_design_allows() {
    let all = dependencies();
    let ours: BTreeSet<&String> = all.keys().collect();
    for (name, used) in &all {
        if name == "tests" {
            continue;
        }
        let allowed = ALLOWED.iter().find(|(of, _)| of == name).map(|(_, allowed)| *allowed);
        let allowed = allowed.unwrap_or_else(|| panic!("{name} is not in the design's graph"));
        for one in used.iter().filter(|one| ours.contains(one)) {
            assert!(allowed.contains(&one.as_str()), "{name} must not use {one}");
        }
    }
}

#[test]
fn libraries_of_the_outside_world_stay_where_they_belong() {
    for (library, allowed) in RESERVED {
        for (name, used) in dependencies() {
            assert!(
                !used.contains(*library) || allowed.contains(&name.as_str()),
                "{name} must not use {library}"
            );
        }
    }
}

#[test]
fn the_pure_core_has_no_way_to_the_outside() {
    let used = &dependencies()["domain"];
    for one in used {
        let pure =
            ["chrono", "chrono-tz", "hex", "serde", "serde_json", "serde_path_to_error", "sha2", "thiserror"];
        assert!(pure.contains(&one.as_str()), "domain must stay pure: {one}");
    }
}
