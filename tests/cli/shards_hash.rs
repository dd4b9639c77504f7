//! Stage hits belong to the rules, exceptions and types of fields that they were found with.

use crate::project::Project;

const THRESHOLD: &str = r#"[rule]
name = "threshold"
rule_id = "threshold"
type = "threshold"
language = "kuery"
severity = "low"
risk_score = 21
interval = "5m"
from = "now-6m"
index = ["logs-*"]
max_signals = 100
filters = [{query = {match_phrase = {"process.name" = "a"}}, meta = {negate = false}}]
query = "process.name: a"
[[rule.exceptions_list]]
id = "e1"
list_id = "own"
type = "detection"
namespace_type = "single"
[rule.threshold]
field = ["host.id"]
value = 3
"#;

const NEW_TERMS: &str = r#"[rule]
name = "new"
rule_id = "new"
type = "new_terms"
language = "kuery"
severity = "low"
risk_score = 21
interval = "5m"
from = "now-6m"
query = "process.name: a"
[rule.new_terms]
field = "new_terms_fields"
value = ["host.id"]
[[rule.new_terms.history_window_start]]
field = "history_window_start"
value = "now-7d"
[rule.alert_suppression]
group_by = ["user.id"]
"#;

const SEQUENCE: &str = r#"[rule]
name = "sequence"
rule_id = "sequence"
type = "eql"
language = "eql"
severity = "low"
risk_score = 21
index = ["acme-*"]
query = 'sequence by acme.k [any where process.name == "a"] [any where process.name == "b"]'
"#;

const LIST: &str = concat!(
    r#"{"list_id":"own","id":"e1","name":"n","description":"d","type":"detection","namespace_type":"single"}"#,
    "\n",
    r#"{"list_id":"own","item_id":"i1","name":"n","description":"d","type":"simple","namespace_type":"single","entries":[{"field":"process.name","operator":"included","type":"match","value":"b"}]}"#,
    "\n",
);

const SOURCE: &str = r#"title = "A"
os = "linux"
[[index]]
name = "acme-*"
evidence = "x"
[index.types]
"acme.k" = "double"
"process.name" = "keyword"
"event.category" = "keyword"
[[kind]]
name = "http.request"
[kind.defaults]
"event.category" = ["network"]
"#;

const EVENT: &str = "{\"@timestamp\":\"2026-01-31T00:00:01Z\",\"process\":{\"name\":\"a\"},\
    \"host\":{\"id\":\"h\"},\"user\":{\"id\":\"u\"},\"acme\":{\"k\":1}}\n";

/// What each file of the project holds.
const FILES: [(&str, &str); 7] = [
    ("trapline.toml", ""),
    ("rules/threshold.toml", THRESHOLD),
    ("rules/new.toml", NEW_TERMS),
    ("rules/sequence.toml", SEQUENCE),
    ("lists/own.ndjson", LIST),
    ("sources/acme.toml", SOURCE),
    ("e.ndjson", EVENT),
];

fn read(project: &Project) -> (i32, String) {
    let arguments = [
        "scan",
        "--exceptions",
        "lists",
        "--from-stage-hits",
        "a.hits",
    ];
    let (code, _, err) = project.run_apart(&arguments);
    (code, err)
}

#[test]
fn stage_hits_of_other_settings_exceptions_or_types_are_refused() {
    let project = Project::of(&FILES);
    let arguments = [
        "scan",
        "--exceptions",
        "lists",
        "--stage-hits",
        "a.hits",
        "e.ndjson",
    ];
    let (code, _, err) = project.run_apart(&arguments);
    assert_eq!(code, 0, "{err}");
    let (code, err) = read(&project);
    assert_eq!(code, 0, "{err}");
    // Each file, what it has, and what another has instead.
    let changes = [
        ("rules/threshold.toml", "value = 3", "value = 5"),
        ("rules/threshold.toml", "[\"host.id\"]", "[\"user.id\"]"),
        ("rules/threshold.toml", "logs-*", "other-*"),
        ("rules/threshold.toml", "now-6m", "now-60m"),
        ("rules/threshold.toml", "= 100", "= 10"),
        ("rules/threshold.toml", "= \"a\"}", "= \"b\"}"),
        (
            "rules/threshold.toml",
            "interval",
            "timestamp_override = \"event.ingested\"\ninterval",
        ),
        ("rules/new.toml", "[\"host.id\"]", "[\"user.id\"]"),
        ("rules/new.toml", "now-7d", "now-9d"),
        ("rules/new.toml", "[\"user.id\"]", "[\"host.name\"]"),
        ("lists/own.ndjson", "\"value\":\"b\"", "\"value\":\"zzz\""),
        ("sources/acme.toml", "double", "keyword"),
    ];
    for (file, own, other) in changes {
        let (_, text) = FILES.iter().find(|(name, _)| *name == file).unwrap();
        assert!(text.contains(own), "{file}: {own}");
        std::fs::write(project.path().join(file), text.replace(own, other)).unwrap();
        let (code, err) = read(&project);
        assert_eq!(code, 3, "{file}: {own}: {err}");
        assert!(err.contains("other rules"), "{file}: {own}: {err}");
        std::fs::write(project.path().join(file), text).unwrap();
    }
    // Places in files and their names mean nothing.
    std::fs::remove_file(project.path().join("rules/new.toml")).unwrap();
    let moved = format!("# The rule.\n{NEW_TERMS}");
    std::fs::write(project.path().join("rules/newer.toml"), moved).unwrap();
    let (code, err) = read(&project);
    assert_eq!(code, 0, "{err}");
}
