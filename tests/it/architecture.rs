//! The import graph is the design's, and stays it.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::MetadataCommand;

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
    ("reqwest", &["app"]),
    ("lambda_http", &["callback", "api"]),
    ("lambda_runtime", &["engine", "sender", "janitor"]),
    ("axum", &["callback", "api", "local", "wecom-sim", "tests"]),
    ("dynoxide-rs", &["local"]),
    ("tokio", &["app", "callback", "engine", "sender", "api", "janitor", "local", "wecom-sim", "tests"]),
];

fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    let normal = |package: &cargo_metadata::Package| {
        let used = package.dependencies.iter().filter(|d| d.kind == cargo_metadata::DependencyKind::Normal);
        used.map(|d| d.name.clone()).collect()
    };
    metadata.packages.iter().map(|package| (package.name.to_string(), normal(package))).collect()
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
