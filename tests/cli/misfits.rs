//! What the program says where a value does not fit its field, or where what a query finds is open.

use crate::project::Project;

const RULE: &str = r#"[rule]
name = "High ports"
rule_id = "r-1"
type = "eql"
language = "eql"
severity = "low"
risk_score = 21
index = ["logs-endpoint.events.network-*"]
query = '''
network where destination.port > 1024 and process.name == "a.exe"
'''
"#;

const EVENTS: &str = r#"{"_id":"1","@timestamp":"2024-01-01T00:00:00Z","_index":"logs-endpoint.events.network-default","event":{"category":"network"},"process":{"name":"a.exe"},"destination":{"port":"many"}}
{"_id":"2","@timestamp":"2024-01-01T00:00:01Z","_index":"logs-endpoint.events.network-default","event":{"category":"network"},"process":{"name":"a.exe"},"destination":{"port":8080}}
{"_id":"3","@timestamp":"2024-01-01T00:00:02Z","_index":"logs-endpoint.events.network-default","event":{"category":"network"},"process":{"name":"b.exe"},"destination":{"port":[80,true]}}
"#;

fn project() -> Project {
    Project::of(&[("rules/ports.toml", RULE), ("events.ndjson", EVENTS)])
}

#[test]
fn a_scan_counts_and_names_values_that_do_not_fit() {
    let project = project();
    let scan = [
        "scan",
        "--rules",
        "rules",
        "--stats",
        "stats.json",
        "events.ndjson",
    ];
    let (code, alerts, said) = project.run_apart(&scan);
    assert_eq!((code, alerts.lines().count()), (0, 1), "{said}");
    assert!(said.contains("2 values do not fit their fields"), "{said}");
    let first = "events.ndjson:1: `many` in `destination.port` is not a long";
    assert!(said.contains(first), "{said}");
    let stats = std::fs::read_to_string(project.file("stats.json")).unwrap();
    let stats: serde_json::Value = serde_json::from_str(&stats).unwrap();
    assert_eq!(stats["misfits"]["count"], 2);
    assert_eq!(stats["misfits"]["first"][1]["line"], 3);
    assert_eq!(stats["misfits"]["first"][1]["value"], "true");
}

#[test]
fn explain_says_of_a_value_that_it_does_not_fit() {
    let project = project();
    let explain = ["explain", "rules/ports.toml", "--events", "events.ndjson"];
    let project = project.with("events.ndjson", "8080", "\"8080x\"");
    let (_, text, said) = project.run_apart(&explain);
    assert!(text.contains("is not a long"), "{text}{said}");
}

#[test]
fn a_query_whose_outcome_is_open_says_so() {
    let project = project();
    let query = |text: &str| project.run_apart(&["query", text, "events.ndjson"]);
    let (code, _, said) =
        query("network where process.name == \"a.exe\" and not ?nope.field : \"x\"");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("W007"), "{said}");
    assert!(said.contains("?nope.field"), "{said}");
    let (code, _, said) =
        query("network where process.name == \"a.exe\" and not ?nope.field == \"x\"");
    assert!(code == 0 && !said.contains("W007"), "{said}");
}

#[test]
fn two_unmapped_optional_fields_are_equal_in_every_verb() {
    let project = project().with(
        "rules/ports.toml",
        "destination.port > 1024 and process.name",
        "?nope.a == ?nope.b and process.name",
    );
    let (code, alerts, said) = project.run_apart(&["scan", "--rules", "rules", "events.ndjson"]);
    assert_eq!((code, alerts.lines().count()), (0, 2), "{said}");
    let query = "network where ?nope.a == ?nope.b and process.name == \"a.exe\"";
    let (_, found, said) = project.run_apart(&["query", query, "events.ndjson"]);
    assert!(found.contains("\"value\":2"), "{found}{said}");
}

#[test]
fn a_test_counts_and_names_values_of_a_recording_that_do_not_fit() {
    let scenario = "rule: ../rules/ports.toml\nattack:\n  name: recorded\n  events_from: {file: \
                    ../events.ndjson}\n  expect: alert\n";
    let project = Project::of(&[
        ("rules/ports.toml", RULE),
        ("events.ndjson", EVENTS),
        ("scenarios/ports.yaml", scenario),
        ("trapline.toml", ""),
    ]);
    let (code, out, said) = project.run_apart(&["test", "--accept"]);
    assert_eq!(code, 0, "{out}{said}");
    let shown = format!("{out}{said}");
    let counted = "2 values of the recording do not fit their fields and count as missing";
    assert!(shown.contains(counted), "{shown}");
    let first = "`many` in `destination.port` of event 1 is not a long";
    assert!(shown.contains(first), "{shown}");
    let (_, json, said) = project.run_apart(&["test", "--format", "json"]);
    assert!(
        json.contains("`true` in `destination.port` of event 3"),
        "{json}{said}"
    );
    let project =
        project
            .with("events.ndjson", "\"many\"", "80")
            .with("events.ndjson", ",true", "");
    let (_, out, said) = project.run_apart(&["test"]);
    assert!(!format!("{out}{said}").contains("misfits"), "{out}{said}");
}
