//! The data sources of a project: `sources/*.toml`, and `trapline sources learn`.

use std::fs;

use serde_json::Value;

use crate::project::Project;

const SOURCE: &str = r#"title = "Acme proxy"
os = "linux"

[[index]]
name = "acme-proxy-*"
fields = ["acme_mapping.json"]
assumed = ["ecs"]
evidence = "GET acme-proxy-2024.01.01/_mapping"

[index.types]
"acme.verdict" = "keyword"

[defaults]
"event.module" = "acme"

[[pin]]
field = "acme.user"
value = "-"
evidence = "the proxy logs no user"

[[kind]]
name = "http.request"
[kind.defaults]
"event.category" = ["network"]
"event.type" = ["access"]
"#;

const MAPPING: &str = r#"{"acme-proxy-2024.01.01": {"mappings": {"properties": {"acme": {"properties": {
"user": {"type": "keyword"}, "bytes": {"type": "long"}, "path": {"type": "wildcard"}}}}}}}"#;

const RULE: &str = r#"[rule]
name = "Large upload"
rule_id = "r-acme"
type = "query"
language = "kuery"
severity = "low"
risk_score = 21
index = ["acme-proxy-*"]
query = 'event.module: acme and acme.verdict: allowed and acme.bytes > 1000'
"#;

const SCENARIO: &str = r"attack:
  name: a large upload
  events:
    upload: {is: http.request, acme.verdict: allowed, acme.bytes: 5000}
  expect: alert
cases:
  - name: a small one
    change: {upload: {acme.bytes: 10}}
    expect: none
    because: acme.bytes
";

const EVENTS: &str = r#"{"@timestamp":"2024-01-01T00:00:00Z","_index":"acme-proxy-2024.01.01","event":{"category":["network"],"type":["access"],"module":"acme","action":"get"},"host":{"os":{"type":"linux"}},"acme":{"bytes":5000,"verdict":"allowed","seen":"2024-01-01T00:00:00Z","ratio":0.5,"cached":true,"mixed":1}}
{"@timestamp":"2024-01-01T00:01:00Z","_index":"acme-proxy-2024.01.02","event":{"category":["network"],"type":["access"],"module":"acme","action":"put"},"host":{"os":{"type":"linux"}},"acme":{"bytes":10,"verdict":"allowed","seen":"2024-01-02","ratio":1,"cached":false,"mixed":"one"},"source":{"ip":"203.0.113.9"}}
"#;

fn project() -> Project {
    Project::of(&[
        ("sources/acme_proxy.toml", SOURCE),
        ("sources/acme_mapping.json", MAPPING),
        ("rules/upload.toml", RULE),
        ("scenarios/upload.yaml", SCENARIO),
        ("events.ndjson", EVENTS),
    ])
}

#[test]
fn every_command_knows_a_source_of_the_project() {
    let project = project();
    let (code, text, said) = project.run_apart(&["test", "--format", "json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(code, 6, "{said}");
    let checks = report["checks"].as_array().unwrap();
    let of_check = |check: &Value| (check["source"].clone(), check["verdict"].clone());
    let found: Vec<_> = checks.iter().map(of_check).collect();
    assert_eq!(
        found,
        [
            ("acme_proxy".into(), "passed".into()),
            ("acme_proxy".into(), "passed".into())
        ]
    );

    let (code, alerts, said) = project.run_apart(&["scan", "--rules", "rules", "events.ndjson"]);
    assert_eq!((code, alerts.lines().count()), (0, 1), "{said}");

    let (code, text, said) = project.run_apart(&["check"]);
    assert_eq!(code, 0, "{text}{said}");
    assert!(!text.contains("unserved-index"), "{text}");

    let explain = [
        "explain",
        "rules/upload.toml",
        "--events",
        "events.ndjson",
        "--source",
        "acme_proxy",
    ];
    let (code, text, said) = project.run_apart(&explain);
    assert_eq!(code, 0, "{text}{said}");

    let new = ["new", "rules/upload.toml", "-o", "-"];
    let (code, text, said) = project.run_apart(&new);
    assert_eq!(code, 0, "{said}");
    assert!(text.contains("is: http"), "{text}");

    // A wildcard takes a pattern, which a field that nobody maps takes as well; a long does not.
    let query = [
        "query",
        "--language",
        "kuery",
        "acme.bytes: 50*",
        "events.ndjson",
    ];
    let (code, _, said) = project.run_apart(&query);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("of type [long]"), "{said}");
}

#[test]
fn sources_shows_a_source_of_the_project_with_its_file() {
    let project = project();
    let (code, list, _) = project.run_apart(&["sources"]);
    assert_eq!(code, 0);
    let line = list
        .lines()
        .find(|line| line.starts_with("acme_proxy"))
        .unwrap();
    assert!(
        line.contains("acme-proxy-*  (sources/acme_proxy.toml)"),
        "{line}"
    );
    let (code, text, _) = project.run_apart(&["sources", "acme_proxy"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!("one_source_of_the_project", text);
}

#[test]
fn a_file_extends_or_replaces_a_source_that_ships() {
    let extends = r#"extends = "sysmon"

[[index]]
name = "logs-windows.sysmon_operational-default"
[index.types]
"acme.tag" = "keyword"

[[kind]]
name = "clipboard.change"
[kind.defaults]
"event.code" = "24"
"#;
    let replaces = r#"replaces = "okta"
kinds_from = "okta"

[[index]]
name = "acme-okta-default"
assumed = ["ecs", "okta.system"]
"#;
    let project = Project::of(&[
        ("sources/sysmon.toml", extends),
        ("sources/okta.toml", replaces),
    ]);
    let (code, text, said) = project.run_apart(&["sources", "sysmon"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        text.contains("clipboard.change") && text.contains("process.start"),
        "{text}"
    );
    assert!(
        text.contains("defined or extended in sources/sysmon.toml"),
        "{text}"
    );
    let (_, text, _) = project.run_apart(&["sources", "okta"]);
    assert!(text.contains("acme-okta-default"), "{text}");
    assert!(!text.contains("logs-okta.system-default"), "{text}");
}

#[test]
fn the_fields_of_an_integration_are_read_from_its_file() {
    let yml = "- name: acme\n  type: group\n  fields:\n    - name: bytes\n      type: long\n    \
               - name: labels\n      type: object\n      object_type: keyword\n    - name: note\n      \
               type: keyword\n      multi_fields:\n        - name: text\n          \
               type: match_only_text\n- name: source.ip\n  external: ecs\n";
    let source = "[[index]]\nname = \"acme-default\"\nfields = \"fields.yml\"\n\n[[kind]]\nname = \"event\"\n\
                  [kind.defaults]\n\"acme.labels.site\" = \"north\"\n\"acme.bytes\" = 1\n\"source.ip\" = \"203.0.113.1\"\n";
    let project = Project::of(&[("sources/acme.toml", source), ("sources/fields.yml", yml)]);
    let (code, text, said) = project.run_apart(&["sources", "acme"]);
    assert_eq!(code, 0, "{said}");
    assert!(text.contains("4 fields, declared"), "{text}");
    let project = project.with(
        "sources/acme.toml",
        "\"acme.bytes\" = 1",
        "\"acme.bytes\" = \"x\"",
    );
    let (code, _, said) = project.run_apart(&["sources", "acme"]);
    assert_eq!(code, 3);
    assert!(said.contains("`x` is not a long"), "{said}");
    let project = project.with("sources/fields.yml", "type: long", "type: lng");
    let (code, _, said) = project.run_apart(&["sources", "acme"]);
    assert_eq!(code, 3);
    assert!(
        said.contains("sources/fields.yml:5") && said.contains("did you mean `long`?"),
        "{said}"
    );
}

#[test]
fn every_mistake_of_a_source_has_its_place_and_its_mend() {
    let source = r#"titel = "Acme"
os = "windos"

[[index]]
name = "Acme Index"

[[index]]
name = "acme-default"
fields = ["esc", "missing.json", "bad.json"]

[index.types]
"acme.user" = "keywrd"

[[pin]]
field = "acme.user"
value = "x"

[[kind]]
name = "Process Start"
index = "acme-defalt"
"#;
    let project = Project::of(&[
        ("sources/acme.toml", source),
        ("sources/bad.json", "{\"mappings\": {\n  oops\n}}"),
        ("rules/upload.toml", RULE),
    ]);
    let (code, _, said) = project.run_apart(&["check"]);
    assert_eq!(code, 3);
    insta::assert_snapshot!("mistakes_of_a_source", said);
}

#[test]
fn a_name_that_is_taken_needs_a_relation() {
    let source = "[[index]]\nname = \"x-default\"\n[[kind]]\nname = \"event\"\n";
    let project = Project::of(&[("sources/sysmon.toml", source)]);
    let (code, _, said) = project.run_apart(&["sources"]);
    assert_eq!(code, 3);
    assert!(
        said.contains("E406") && said.contains("`extends = \"sysmon\"` adds to it"),
        "{said}"
    );
}

#[test]
fn field_types_outside_the_root_are_refused() {
    let source = "[[index]]\nname = \"x-default\"\nfields = \"../../types.json\"\n[[kind]]\nname = \"event\"\n";
    let project = Project::of(&[("sources/x.toml", source)]);
    let (code, _, said) = project.run_apart(&["sources"]);
    assert_eq!(code, 3);
    assert!(
        said.contains("E407") && said.contains("--allow-dir"),
        "{said}"
    );
}

#[test]
fn the_directory_can_be_configured() {
    let config = "[[project]]\nsources = \"sensors\"\n";
    let source = "[[index]]\nname = \"x-default\"\n[[kind]]\nname = \"event\"\n";
    let project = Project::of(&[("trapline.toml", config), ("sensors/x.toml", source)]);
    let (code, text, said) = project.run_apart(&["sources"]);
    assert_eq!(code, 0, "{said}");
    assert!(text.contains("x-default  (sensors/x.toml)"), "{text}");
}

#[test]
fn a_recording_teaches_a_source_that_serves_its_rules() {
    let project = Project::of(&[("rules/upload.toml", RULE), ("events.ndjson", EVENTS)]);
    let learn = ["sources", "learn", "events.ndjson", "--name", "acme"];
    let (code, text, said) = project.run_apart(&learn);
    assert_eq!(code, 0, "{said}");
    insta::assert_snapshot!("a_learnt_source", text);
    let write = [
        "sources",
        "learn",
        "events.ndjson",
        "--name",
        "acme",
        "-o",
        "sources/acme.toml",
    ];
    assert_eq!(project.run_apart(&write).0, 0);
    assert_eq!(
        fs::read_to_string(project.file("sources/acme.toml")).unwrap(),
        text
    );
    let (code, text, said) = project.run_apart(&["new", "rules/upload.toml", "-o", "-"]);
    assert_eq!(code, 0, "{said}");
    assert!(text.contains("is: network"), "{text}");
}

#[test]
fn learning_overwrites_nothing_unless_it_is_asked_to_and_stays_in_the_root() {
    let project = Project::of(&[("sources/acme.toml", "# mine\n"), ("events.ndjson", EVENTS)]);
    let write = [
        "sources",
        "learn",
        "events.ndjson",
        "-o",
        "sources/acme.toml",
    ];
    let (code, _, said) = project.run_apart(&write);
    assert_eq!(code, 2);
    assert!(
        said.contains("E034") && said.contains("--overwrite"),
        "{said}"
    );
    assert_eq!(
        fs::read_to_string(project.file("sources/acme.toml")).unwrap(),
        "# mine\n"
    );
    let write = [
        "sources",
        "learn",
        "events.ndjson",
        "-o",
        "sources/acme.toml",
        "--overwrite",
    ];
    assert_eq!(project.run_apart(&write).0, 0);
    let outside = ["sources", "learn", "events.ndjson", "-o", "../acme.toml"];
    let (code, _, said) = project.run_apart(&outside);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("E008"), "{said}");
}

#[test]
fn the_schema_of_a_source_takes_what_the_reader_takes() {
    let project = project();
    let (code, text, _) = project.run_apart(&["schema", "source"]);
    assert_eq!(code, 0);
    let schema: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let good: toml::Table = SOURCE.parse().unwrap();
    let json = |table: &toml::Table| serde_json::to_value(table).unwrap();
    assert!(validator.is_valid(&json(&good)));
    for (right, wrong) in [
        ("title", "titel"),
        ("\"keyword\"", "\"keywrd\""),
        ("evidence = \"the", "why = \"the"),
    ] {
        let bad: toml::Table = SOURCE.replace(right, wrong).parse().unwrap();
        assert!(!validator.is_valid(&json(&bad)), "{wrong}");
    }
}

/// A field that is pinned on one side only decides there: each side has its own sources.
#[test]
fn diff_reads_the_sources_of_each_side() {
    let pinned = SOURCE.replace(
        "[[kind]]",
        "[[pin]]\nfield = \"acme.verdict\"\nvalue = \"denied\"\nevidence = \"e\"\n\n[[kind]]",
    );
    let project = project();
    let older = [
        ("old/sources/acme_proxy.toml", pinned.as_str()),
        ("old/sources/acme_mapping.json", MAPPING),
        ("old/rules/upload.toml", RULE),
        ("old/scenarios/upload.yaml", SCENARIO),
    ];
    for (name, text) in older {
        let path = project.file(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let (code, text, said) = project.run_apart(&["diff", "./old"]);
    assert_eq!(code, 0, "{text}{said}");
    assert!(text.contains("a large upload"), "{text}{said}");
    let (code, text, said) = project.run_apart(&["diff", "."]);
    assert_eq!(code, 0, "{text}{said}");
    assert!(!text.contains("a large upload"), "{text}{said}");
}
