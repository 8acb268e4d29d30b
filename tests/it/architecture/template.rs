//! The AWS template gives each function what the code reads and may do, and nothing else.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use app::config::{Api, Callback, Janitor, Settings, Worker};

const TEMPLATE: &str = include_str!("../../../infra/aws/template.yaml");
const TELEMETRY: &str = include_str!("../../../shared/telemetry/src/host.rs");
const FUNCTIONS: [&str; 5] = ["callback", "engine", "sender", "api", "janitor"];
/// Good for every secret of the settings.
pub(crate) const SECRET: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

/// What stands under the first line `head` of the template, indented more than it.
fn under(text: &str, head: &str) -> String {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let mut lines = text.lines().skip_while(|line| line.trim_end() != head);
    let outer = depth(lines.next().unwrap_or_else(|| panic!("the template has no {head:?}")));
    let inside = |line: &&str| line.trim().is_empty() || depth(line) > outer;
    lines.take_while(inside).map(|line| format!("{line}\n")).collect()
}

/// The variables of one `Variables:` block, as written.
fn block(text: &str, head: &str) -> BTreeMap<String, String> {
    let text = under(text, head);
    let depth =
        text.lines().find(|line| !line.trim().is_empty()).map_or(0, |l| l.len() - l.trim_start().len());
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.trim().starts_with('#')) {
        match line[depth..].split_once(": ").filter(|(name, _)| !name.starts_with(' ')) {
            Some((name, value)) => found.push((name.into(), value.into())),
            None => found.last_mut().unwrap().1.push_str(line.trim()),
        }
    }
    found.into_iter().collect()
}

fn of_all() -> BTreeMap<String, String> {
    block(&under(TEMPLATE, "Globals:"), "      Variables:")
}

fn of_one(function: &str) -> BTreeMap<String, String> {
    let name = format!("  {}{}Function:", function[..1].to_uppercase(), &function[1..]);
    block(&under(TEMPLATE, &name), "        Variables:")
}

/// What stands where CloudFormation's own values will stand.
fn deployed(name: &str, written: &str) -> String {
    let simple = match name {
        "STEPWISE_PUBLIC_URL" => "https://crm.example.com",
        "STEPWISE_TIMEZONE" => "Asia/Urumqi",
        "STEPWISE_TABLE_MAIN" => "main",
        "STEPWISE_TABLE_HOT" => "hot",
        "WECOM_CORP_ID" => "ww5823bf96d3bd56c7",
        "WECOM_AGENT_ID" => "1000002",
        "WECOM_API_BASE" => "http://127.0.0.1:1",
        _ => match written.split('"').nth(1) {
            Some(arn) if arn.starts_with("arn:") => {
                let arn = arn.replace("${AWS::Partition}", "aws").replace("${AWS::Region}", "eu-central-1");
                let arn = arn.replace("${AWS::AccountId}", "111122223333");
                return arn
                    .replace("${AWS::StackName}", "stepwise-dev")
                    .replace("${SecretsPath}", "/stepwise/dev");
            }
            _ => "stepwise-dev",
        },
    };
    simple.to_owned()
}

/// The environment that the template gives to a function.
pub(crate) fn environment(function: &str) -> BTreeMap<String, String> {
    let all = of_all().into_iter().chain(of_one(function));
    all.map(|(name, written)| (name.clone(), deployed(&name, &written))).collect()
}

/// The variables that a function's settings are read from, when it starts with the template's.
fn read_by<S: Settings>(function: &str) -> BTreeSet<String> {
    let given = environment(function);
    let read = RefCell::new(BTreeSet::new());
    let source = |name: &str| {
        let secret = S::SECRETS.iter().find(|secret| secret.direct == name);
        let variable = secret.map_or(name, |secret| secret.reference);
        let value = given.get(variable)?.clone();
        read.borrow_mut().insert(variable.to_owned());
        match secret.map(|secret| secret.direct) {
            None => Some(value),
            Some("WECOM_CALLBACK_AES_KEY") => Some(SECRET.to_owned()),
            Some(_) => Some(SECRET[..32].to_owned()),
        }
    };
    if let Err(error) = S::read(&source) {
        panic!("{function} would not start with the template's variables: {error}");
    }
    read.into_inner()
}

fn read_in(function: &str) -> BTreeSet<String> {
    let mut read = match function {
        "callback" => read_by::<Callback>(function),
        "api" => read_by::<Api>(function),
        "janitor" => read_by::<Janitor>(function),
        _ => read_by::<Worker>(function),
    };
    read.extend(TELEMETRY.split('"').filter(|text| text.starts_with("STEPWISE_")).map(str::to_owned));
    read
}

#[test]
fn every_function_starts_with_its_variables_and_reads_each_of_them() {
    let mut anybody = BTreeSet::new();
    for function in FUNCTIONS {
        let read = read_in(function);
        for name in of_one(function).keys() {
            assert!(read.contains(name), "{function} does not read {name}");
        }
        let given = environment(function);
        for name in &read {
            assert!(given.contains_key(name), "the template does not give {name} to {function}");
        }
        anybody.extend(read);
    }
    for name in of_all().keys() {
        assert!(anybody.contains(name), "nobody reads {name}");
    }
}

/// The template asks for no other corp id than the settings: one that deploys starts.
#[test]
fn the_corp_id_has_one_rule() {
    let parameter = under(TEMPLATE, "  WeComCorpId:");
    let pattern = parameter.lines().find_map(|line| line.trim().strip_prefix("AllowedPattern: "));
    assert_eq!(pattern, Some(r#""^w[wx][0-9a-f]{16}$""#), "change shared/app/src/config/read.rs with it");
    let read = |corp: &str| {
        let given = environment("callback");
        Callback::read(&|name: &str| match name {
            "WECOM_CORP_ID" => Some(corp.to_owned()),
            "WECOM_CALLBACK_AES_KEY" => Some(SECRET.to_owned()),
            "WECOM_CALLBACK_TOKEN" => Some(SECRET[..32].to_owned()),
            _ => given.get(name).cloned(),
        })
    };
    for fits in ["ww0123456789abcdef", "wxfedcba9876543210"] {
        assert!(read(fits).is_ok(), "{fits}");
    }
    for does_not in ["ww0123456789abcdeg", "not-a-corp", "ww0123456789abcdefa", "w0123456789abcdef"] {
        assert_eq!(read(does_not).unwrap_err().name, "WECOM_CORP_ID");
    }
}

/// What callers of the store may do is what the store does.
#[test]
fn the_tables_rights_are_the_store_s_operations() {
    let store = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/store/src");
    let sources: String = std::fs::read_dir(store)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let rights = under(TEMPLATE, "  TablesPolicy:");
    for (call, action) in [
        (".batch_get_item()", "BatchGetItem"),
        (".batch_write_item()", "BatchWriteItem"),
        ("ConditionCheck::builder", "ConditionCheckItem"),
        (".delete_item()", "DeleteItem"),
        (".get_item()", "GetItem"),
        (".put_item()", "PutItem"),
        (".query()", "Query"),
        (".scan()", "Scan"),
        (".update_item()", "UpdateItem"),
    ] {
        let granted = rights.contains(&format!("- dynamodb:{action}\n"));
        assert_eq!(granted, sources.contains(call), "{action}");
    }
}

#[test]
fn the_indexes_are_the_embedded_engine_s() {
    for table in ["  MainTable:", "  HotTable:"] {
        let table = under(TEMPLATE, table);
        let keys_only = table.matches("ProjectionType: KEYS_ONLY").count();
        assert!(keys_only > 0 && keys_only == table.matches("IndexName:").count());
    }
    let tables = include_str!("../../../shared/store/src/tables.rs");
    assert!(tables.contains("ProjectionType::KeysOnly"));
}

/// Every address of the API function has a route of the gateway that leads to it: what the document names, and the
/// reference page.
#[test]
fn every_address_of_the_api_has_a_route() {
    let document: serde_json::Value = serde_json::from_str(&api::openapi()).unwrap();
    let described = document["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
        item.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), path.clone()))
    });
    let pages = ["/api/docs", "/api/docs/page.css"].map(|path| ("GET".to_owned(), path.to_owned()));
    let routes: Vec<(&str, &str)> = TEMPLATE
        .lines()
        .filter(|line| line.contains("RouteKey: ") && line.contains("ApiIntegration"))
        .filter_map(|line| line.split("RouteKey: ").nth(1)?.split([',', '"']).find(|key| key.contains(' ')))
        .filter_map(|key| key.trim().split_once(' '))
        .collect();
    for (method, path) in described.chain(pages) {
        let leads = |(verb, route): &(&str, &str)| {
            let through = route.strip_suffix("{proxy+}").is_some_and(|prefix| path.starts_with(prefix));
            (*verb == "ANY" || *verb == method) && (through || *route == path)
        };
        assert!(routes.iter().any(leads), "no route leads to {method} {path}: {routes:?}");
    }
}

/// Whoever uploads to WeCom reads the originals; nobody removes them, and who greets has no use for them.
#[test]
fn originals_are_read_by_who_uploads_them_and_removed_by_nobody() {
    for (role, reads) in
        [("Callback", false), ("Engine", false), ("Sender", false), ("Api", true), ("Janitor", true)]
    {
        let rights = under(TEMPLATE, &format!("  {role}Role:"));
        let kept = rights.find("${Originals.Arn}/content/*").map(|end| &rights[..end]);
        let allowed = kept.and_then(|before| before.rsplit("Action: ").next()).unwrap_or_default();
        assert_eq!(allowed.contains("s3:GetObject"), reads, "{role}");
        assert!(!allowed.contains("Delete"), "{role}");
    }
}
