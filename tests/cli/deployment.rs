//! A rule over several data sources that behaves differently where they are deployed together.

use serde_json::Value;

use crate::project::Project;

const RULE: &str = r#"[rule]
name = "S3 Browser"
rule_id = "r-s3"
type = "query"
language = "kuery"
severity = "low"
risk_score = 21
index = ["acme-a-*", "acme-b-*"]
query = 'event.category: network and acme.agent: *S3 Browser*'
"#;

const SCENARIO: &str = r#"attack:
  name: a client of buckets
  events:
    request: {is: network, acme.agent: an S3 Browser here}
  expect:
    acme_a: {alert: [request]}
    acme_b: {gap: "a wildcard field reads the pattern in pieces"}
cases:
  - name: another client
    only: [acme_a]
    change: {request: {acme.agent: curl}}
    expect: none
    because: acme.agent
"#;

fn source(letter: &str, field_type: &str) -> String {
    format!(
        "[[index]]\nname = \"acme-{letter}-*\"\nassumed = \"ecs\"\n[index.types]\n\
         \"acme.agent\" = \"{field_type}\"\n[[kind]]\nname = \"network\"\n[kind.defaults]\n\
         \"event.category\" = \"network\"\n"
    )
}

fn project(of_b: &str) -> Project {
    Project::of(&[
        ("sources/acme_a.toml", &source("a", "keyword")),
        ("sources/acme_b.toml", &source("b", of_b)),
        ("rules/s3.toml", RULE),
        ("scenarios/s3.yaml", SCENARIO),
    ])
}

const SPLIT: &str = "split by deployment: the rule alerts where acme_a is searched alone; where acme_b is \
                     searched as well, the rule does not alert";

#[test]
fn a_mixed_data_view_that_changes_the_outcome_is_a_finding_of_every_format() {
    let project = project("wildcard");
    let (_, text, said) = project.run_apart(&["test", "--format", "json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let warns = |check: &&Value| {
        check["warnings"]
            .to_string()
            .contains("split by deployment")
    };
    let split: Vec<&Value> = checks.iter().filter(warns).collect();
    assert_eq!(split.len(), 1, "{text}{said}");
    assert_eq!(split[0]["verdict"], "passed");
    assert_eq!(split[0]["source"], "acme_a");
    assert!(
        split[0]["warnings"]
            .as_array()
            .unwrap()
            .contains(&SPLIT.into()),
        "{text}"
    );
    for format in ["human", "sarif", "github", "markdown", "html"] {
        let (_, text, said) = project.run_apart(&["test", "--format", format]);
        assert!(
            format!("{text}{said}").contains("split by deployment"),
            "{format}: {text}{said}"
        );
    }
    let (_, text, _) = project.run_apart(&["test", "--format", "sarif"]);
    assert!(text.contains("\"split-by-deployment\""), "{text}");
}

#[test]
fn one_type_everywhere_is_no_split() {
    let project = project("keyword").with(
        "scenarios/s3.yaml",
        "{gap: \"a wildcard field reads the pattern in pieces\"}",
        "{alert: [request]}",
    );
    let (_, text, said) = project.run_apart(&["test", "--format", "json"]);
    assert!(!text.contains("split by deployment"), "{text}{said}");
    let project = project.with("rules/s3.toml", "*S3 Browser*", "*S3*Browser*");
    let (_, text, said) = project.run_apart(&["test", "--format", "json"]);
    assert!(!text.contains("split by deployment"), "{text}{said}");
}

#[test]
fn a_pattern_that_means_the_same_for_both_types_is_no_split() {
    let project = project("wildcard")
        .with("rules/s3.toml", "*S3 Browser*", "*S3*Browser*")
        .with(
            "scenarios/s3.yaml",
            "{gap: \"a wildcard field reads the pattern in pieces\"}",
            "{alert: [request]}",
        );
    let (_, text, said) = project.run_apart(&["test", "--format", "json"]);
    assert!(!text.contains("split by deployment"), "{text}{said}");
}
