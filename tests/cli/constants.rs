//! Fields of the type `constant_keyword`: every document of the index has the mapping's value, in every verb.

use crate::project::Project;

const RULE: &str = r#"[rule]
name = "A key is made"
rule_id = "r-1"
type = "query"
language = "kuery"
severity = "low"
risk_score = 21
index = ["logs-gcp.audit-*", "filebeat-*"]
query = '''
event.dataset:"gcp.audit" and event.module:gcp and data_stream.namespace:prod and event.action:"made"
'''
"#;

/// A document in the index, one without a field of its data stream and one of another index.
const EVENTS: &str = r#"{"_id":"1","@timestamp":"2024-01-01T00:00:00Z","_index":".ds-logs-gcp.audit-prod-2024.01.01-000001","event":{"action":"made"}}
{"_id":"2","@timestamp":"2024-01-01T00:00:01Z","data_stream":{"type":"logs","dataset":"gcp.audit","namespace":"prod"},"event":{"action":"made"}}
{"_id":"3","@timestamp":"2024-01-01T00:00:02Z","_index":"filebeat-9.5.0","event":{"action":"made"}}
{"_id":"4","@timestamp":"2024-01-01T00:00:03Z","_index":"logs-gcp.audit-prod","event":{"action":"made","module":"aws"}}
"#;

fn project() -> Project {
    Project::of(&[
        ("trapline.toml", ""),
        ("rules/made.toml", RULE),
        ("events.ndjson", EVENTS),
    ])
}

#[test]
fn a_scan_finds_documents_by_the_constants_of_their_index() {
    let project = project();
    let scan = ["scan", "--rules", "rules", "events.ndjson"];
    let (code, alerts, said) = project.run_apart(&scan);
    assert_eq!((code, alerts.lines().count()), (0, 2), "{alerts}{said}");
    let refused = "events.ndjson:4: `aws` in `event.module` is not a constant_keyword";
    assert!(said.contains(refused), "{said}");
    // A hit of a search response, a filter and an exception see the same.
    let filter = r#"filters = [{meta = {negate = true}, query = {match_phrase = {"event.module" = "gcp"}}}]
query"#;
    let project = project.with("rules/made.toml", "query = '''", &format!("{filter} = '''"));
    let (code, alerts, said) = project.run_apart(&scan);
    assert_eq!((code, alerts.lines().count()), (0, 0), "{alerts}{said}");
}

#[test]
fn an_esql_rule_reads_the_constants_of_an_index() {
    let esql = RULE
        .replace("type = \"query\"", "type = \"esql\"")
        .replace("kuery", "esql");
    let start = esql.find("event.dataset:").unwrap();
    let query = "from logs-gcp.audit-* metadata _id, _index, _version | where event.dataset == \"gcp.audit\" and \
                 event.module == \"gcp\" and event.action == \"made\" | keep _id\n'''\n";
    let esql = format!("{}{query}", &esql[..start]);
    let index = "index = [\"logs-gcp.audit-*\", \"filebeat-*\"]\n";
    let project = project();
    std::fs::write(project.file("rules/made.toml"), esql.replace(index, "")).unwrap();
    let scan = ["scan", "--rules", "rules", "events.ndjson"];
    let (code, alerts, said) = project.run_apart(&scan);
    assert_eq!((code, alerts.lines().count()), (0, 2), "{alerts}{said}");
}

#[test]
fn a_recording_is_explained_and_tested_with_the_constants_of_its_index() {
    let project = project();
    let explain = ["explain", "rules/made.toml", "--events", "events.ndjson"];
    let (_, text, said) = project.run_apart(&explain);
    assert!(
        text.contains("found    2 matches") && text.contains("[gcp_audit]"),
        "{text}{said}"
    );
    let scenario = "rule: ../rules/made.toml\nattack:\n  name: recorded\n  events_from: {file: \
                    ../events.ndjson}\n  expect: alert\n";
    std::fs::create_dir_all(project.file("scenarios")).unwrap();
    std::fs::write(project.file("scenarios/made.yaml"), scenario).unwrap();
    let (code, out, said) = project.run_apart(&["test", "--accept"]);
    assert_eq!(code, 0, "{out}{said}");
    let shown = format!("{out}{said}");
    let refused = "`aws` in `event.module` of event 4 is not a constant_keyword";
    assert!(shown.contains(refused), "{shown}");
}

#[test]
fn an_event_of_a_scenario_has_the_constants_of_its_index() {
    let scenario = "rule: ../rules/made.toml\nsources: [gcp_audit]\nattack:\n  name: made\n  events: {e: {is: gcp.activity, \
                    event.action: made}}\n  expect: alert\ncases:\n  - name: without\n    change: {e: \
                    {event.dataset: null, data_stream.namespace: null}}\n    expect: alert\n  - name: other\n    \
                    change: {e: {event.module: aws}}\n    expect: none\n    because: event.module\n";
    let project = Project::of(&[
        ("trapline.toml", ""),
        ("rules/made.toml", &RULE.replace(":prod", ":default")),
        ("scenarios/made.yaml", scenario),
    ]);
    let (_, json, _) = project.run_apart(&["test", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    let verdicts: Vec<String> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| {
            format!(
                "{}: {} {}",
                check["case"], check["verdict"], check["reason"]
            )
        })
        .collect();
    let wanted = [
        r#""made": "passed" null"#,
        r#""without": "invalid" "pinned-by-sensor""#,
        r#""other": "passed" null"#,
    ];
    assert_eq!(verdicts, wanted);
}

#[test]
fn versions_of_a_rule_are_compared_with_the_constants_of_an_index() {
    let other = RULE.replace("event.module:gcp", "event.module:aws");
    let project = Project::of(&[
        ("old/rules/made.toml", RULE),
        ("new/rules/made.toml", &other),
        ("events.ndjson", EVENTS),
    ]);
    let diff = ["diff", "./old", "./new", "--captures", "events.ndjson"];
    let (_, text, said) = project.run_apart(&diff);
    assert!(text.contains("2 alerts before, 1 now"), "{text}{said}");
    assert!(text.contains("now      event.module: aws"), "{text}{said}");
}
