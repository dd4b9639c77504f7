//! A field that has neither an index nor doc values: every verb says the same of a query on it.

use crate::project::Project;

const RULE: &str = r#"[rule]
name = "A"
rule_id = "r-1"
type = "eql"
language = "eql"
severity = "low"
risk_score = 21
index = ["INDEX"]
query = '''
QUERY
'''
"#;

const SCENARIO: &str = "rule: ../rules/a.toml\nattack:\n  name: b\n  force: [event.original]\n  events: {e: {is: \
                        KIND, host.name: a, event.original: xyz}}\n  expect: alert\n";

fn project(rule: &str, index: &str, kind: &str) -> Project {
    let document = format!(
        "{{\"_id\":\"1\",\"@timestamp\":\"2024-01-01T00:00:00Z\",\"_index\":\"{index}\",\"event\":{{\"category\":\"process\",\
         \"original\":\"xyz\"}},\"host\":{{\"name\":\"a\"}}}}\n"
    );
    Project::of(&[
        ("trapline.toml", ""),
        ("rules/a.toml", rule),
        ("scenarios/a.yaml", &SCENARIO.replace("KIND", kind)),
        ("events.ndjson", &document),
    ])
}

/// The rule of a type and language with this query.
fn rule(kind: &str, language: &str, index: &str, query: &str) -> String {
    RULE.replace("type = \"eql\"", &format!("type = \"{kind}\""))
        .replace("language = \"eql\"", &format!("language = \"{language}\""))
        .replace("INDEX", index)
        .replace("QUERY", query)
}

const QUERIES: [(&str, &str, &str); 3] = [
    (
        "eql",
        "eql",
        "process where event.original : \"x*\" and host.name == \"a\"",
    ),
    ("query", "kuery", "event.original: x* and host.name: a"),
    ("query", "lucene", "event.original:x* AND host.name:a"),
];

#[test]
fn a_search_on_a_field_that_is_not_indexed_fails_in_every_verb() {
    for (index, kind) in [
        ("logs-endpoint.events.process-default", "process.start"),
        ("logs-windows.sysmon_operational-default", "process.start"),
        ("winlogbeat-9.5.0", "process.start"),
    ] {
        for (of, language, query) in QUERIES {
            let project = project(&rule(of, language, index, query), index, kind);
            for verb in [
                &["test"][..],
                &["scan", "--rules", "rules", "events.ndjson"],
                &["explain", "rules/a.toml", "--events", "events.ndjson"],
                &["query", "--language", language, query, "events.ndjson"],
            ] {
                let (code, out, said) = project.run_apart(verb);
                let shown = format!("{out}{said}");
                assert!(
                    shown.contains("since it is not indexed"),
                    "{index} {verb:?} {query}: {code} {shown}"
                );
                assert!(
                    !shown.contains("all passed"),
                    "{index} {verb:?} {query}: {shown}"
                );
            }
        }
    }
}

#[test]
fn esql_reads_what_is_not_indexed_from_the_document() {
    let index = "logs-endpoint.events.process-default";
    let query = format!("from {index} metadata _id | where event.original like \"x*\" | keep _id");
    let esql = rule("esql", "esql", index, &query).replace(&format!("index = [\"{index}\"]\n"), "");
    let project = project(&esql, index, "process.start");
    let (_, alerts, said) = project.run_apart(&["scan", "--rules", "rules", "events.ndjson"]);
    assert_eq!(alerts.lines().count(), 1, "{alerts}{said}");
    let (code, out, said) = project.run_apart(&["test", "--accept"]);
    assert_eq!(code, 0, "{out}{said}");
}
