//! `trapline coverage`: which clauses the cases decide.

use insta_cmd::assert_cmd_snapshot;

use crate::project::{Project, RULE, SCENARIO};

const OLDER: &str = "  - name: older direction value\n    only: [elastic_defend]\n    \
                     change: {rpc: {network.direction: incoming}}\n    expect: alert\n";

/// The shipped scenario without the cases that decide some clauses.
fn with_holes() -> Project {
    Project::shipped()
        .with(SCENARIO, "        LOCAL SERVICE: S-1-5-19\n", "")
        .with(SCENARIO, OLDER, "")
}

#[test]
fn the_shipped_rule_is_covered() {
    assert_cmd_snapshot!(Project::shipped().trapline(&["coverage", "--min", "100"]));
}

#[test]
fn what_is_not_covered_is_shown_at_its_place_and_misses_the_gate() {
    assert_cmd_snapshot!(with_holes().trapline(&["coverage", "--min", "100"]));
}

#[test]
fn markdown_has_a_line_for_each_missing_case() {
    assert_cmd_snapshot!(with_holes().trapline(&["coverage", "--format", "markdown"]));
}

#[test]
fn json_has_every_clause() {
    let (code, text) = Project::shipped().run(&["coverage", RULE, "--format", "json"]);
    assert_eq!(code, 0);
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["summary"]["clauses"], 27);
    let clauses = report["rules"][0]["clauses"].as_array().unwrap();
    assert_eq!(clauses.len(), 27);
    assert!(clauses.iter().all(|clause| clause["covered"] == true));
    assert_eq!(clauses[0]["clause"], "join host.id");
}

#[test]
fn an_optional_field_that_no_tested_source_maps_is_not_testable() {
    let project = Project::of(&[
        (
            "rules/a.toml",
            "[rule]\nname = \"A\"\nrule_id = \"5f5d5c5e-0000-4000-8000-000000000001\"\ntype = \"eql\"\n\
             severity = \"low\"\nrisk_score = 1\ndescription = \"d\"\nlanguage = \"eql\"\n\
             index = [\"logs-endpoint.events.process-*\"]\n\
             query = '''process where process.name == \"a.exe\" and not ?winlog.none == \"b\"'''\n",
        ),
        (
            "scenarios/a.yaml",
            "attack:\n  name: a\n  events: {p: {is: process, process.executable: 'C:\\a.exe'}}\n  \
             expect: alert\ncases:\n  - {name: b, change: {p: {process.executable: 'C:\\b.exe'}}, \
             expect: none}\n",
        ),
    ]);
    let (code, text) = project.run(&["coverage"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("1 of 1"), "{text}");
    assert!(
        text.contains("not testable: no tested source maps ?winlog.none"),
        "{text}"
    );
}

#[test]
fn test_prints_the_figure_when_it_is_asked_to() {
    let (code, text) = Project::shipped().run(&["test", "--coverage"]);
    assert_eq!(code, 0);
    assert!(
        text.ends_with("coverage 27 of 27 clauses in 1 rule: 100.0 %\n"),
        "{text}"
    );
}
