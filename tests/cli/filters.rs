//! A rule's own filters decide in every command that runs it over recordings, as in `test`.

use serde_json::json;

use crate::project::Project;

const FILTER: &str = "[[rule.filters]]\n[rule.filters.meta]\nnegate = true\n\
                      [rule.filters.query.match_phrase]\n\"user.name\" = 'bob'\n";

fn rule(filter: &str) -> String {
    format!(
        "[rule]\nname = 'Shell'\nrule_id = '1'\ntype = 'eql'\nlanguage = 'eql'\n\
         severity = 'low'\nrisk_score = 21\nindex = ['logs-endpoint.events.*']\n\
         query = 'process where process.name == \"cmd.exe\"'\n{filter}"
    )
}

fn event(user: &str) -> String {
    let event = json!({
        "@timestamp": "2024-01-01T00:00:00.000Z",
        "_index": "logs-endpoint.events.process-default",
        "event": {"category": "process", "type": "start"},
        "process": {"name": "cmd.exe"},
        "user": {"name": user},
    });
    format!("{event}\n")
}

/// `old` without the filter, `new` with it.
fn project() -> Project {
    let (old, new) = (rule(""), rule(FILTER));
    let (bob, anna) = (event("bob"), event("anna"));
    let both = format!("{bob}{anna}");
    Project::of(&[
        ("rules/shell.toml", &new),
        ("old/rules/shell.toml", &old),
        ("new/rules/shell.toml", &new),
        ("bob.ndjson", &bob),
        ("anna.ndjson", &anna),
        ("logs/both.ndjson", &both),
    ])
}

const RULE: &str = "rules/shell.toml";

#[test]
fn explain_names_the_filters() {
    let project = project();
    let (code, text) = project.run(&["explain", RULE, "--events", "bob.ndjson"]);
    assert!(code == 0 && text.starts_with("none"), "{text}");
    assert!(
        text.contains("1 of them left out by the rule's filters"),
        "{text}"
    );
    assert!(text.contains("event 1: filters"), "{text}");
    let (_, text) = project.run(&["explain", RULE, "--events", "anna.ndjson"]);
    assert!(text.starts_with("alert"), "{text}");
}

#[test]
fn import_writes_what_the_filters_stop_as_benign_only() {
    let project = project();
    let import = [
        "import",
        "bob.ndjson",
        "--rule",
        RULE,
        "--minimise",
        "--no-scrub",
        "-o",
        "-",
    ];
    let (code, _, said) = project.run_apart(&import);
    assert!(
        code == 1 && said.contains("these events: filters"),
        "{said}"
    );
    let (code, text) = project.run(&[&import[..], &["--as", "benign"]].concat());
    assert!(code == 0 && text.contains("because: filters"), "{text}");
    let attack = import.map(|part| {
        if part == "bob.ndjson" {
            "anna.ndjson"
        } else {
            part
        }
    });
    assert_eq!(project.run(&attack).0, 0);
}

#[test]
fn diff_finds_the_alerts_that_a_filter_takes_away() {
    let project = project();
    let diff = [
        "diff",
        "./old",
        "./new",
        "--captures",
        "logs",
        "--format",
        "json",
    ];
    let (_, report, said) = project.run_apart(&diff);
    let report: serde_json::Value =
        serde_json::from_str(&report).unwrap_or_else(|_| panic!("{said}"));
    let text = report.to_string();
    assert!(text.contains("\"lost\":1"), "{text}");
    assert!(text.contains("\"filters\""), "{text}");
}
