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

/// Checks run, on both sources, and none is split.
fn is_no_split(project: &Project) {
    let (_, text, said) = project.run_apart(&["test", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let passed = checks.iter().filter(|check| check["verdict"] == "passed");
    assert!(passed.count() >= 2, "{text}{said}");
    assert!(!text.contains("split by deployment"), "{text}{said}");
}

#[test]
fn one_type_everywhere_is_no_split() {
    let project = project("keyword").with(
        "scenarios/s3.yaml",
        "{gap: \"a wildcard field reads the pattern in pieces\"}",
        "{alert: [request]}",
    );
    is_no_split(&project);
    let project = project.with("rules/s3.toml", "*S3 Browser*", "*S3*Browser*");
    is_no_split(&project);
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
    is_no_split(&project);
}

/// A project of a rule over both sources, with a field of these types.
fn of_types(rule: &str, [a, b]: [&str; 2], scenario: &str) -> Project {
    Project::of(&[
        ("sources/acme_a.toml", &source("a", a)),
        ("sources/acme_b.toml", &source("b", b)),
        ("rules/r.toml", rule),
        ("scenarios/r.yaml", scenario),
    ])
}

/// Kibana takes the first value of a field that is a keyword in all indices, and skips an event with
/// several values where it is not.
#[test]
fn a_field_that_is_compared_with_indicators_is_split_by_its_types() {
    let rule = r#"[rule]
name = "R"
rule_id = "r"
type = "threat_match"
language = "kuery"
severity = "low"
risk_score = 21
index = ["acme-a-*", "acme-b-*"]
query = 'event.category: network'
threat_index = ["logs-ti_*"]
threat_query = '*:*'
threat_mapping = [{entries = [{field = "acme.agent", type = "mapping", value = "threat.indicator.name"}]}]
"#;
    let scenario = "attack:
  name: a named agent
  events:
    request: {is: network, acme.agent: [evil, good]}
  indicators:
    one: {at: -1d, threat.indicator.name: evil}
    two: {at: -1d, threat.indicator.name: other}
  expect:
    acme_a: {alert: [request]}
    acme_b: {gap: a text is compared with one value only}
";
    let (_, text, said) = of_types(rule, ["keyword", "text"], scenario).run_apart(&["test"]);
    let all = format!("{text}{said}");
    assert!(
        all.contains("the rule alerts where acme_a is searched alone"),
        "{all}"
    );
    let both = scenario.replace(
        "{gap: a text is compared with one value only}",
        "{alert: [request]}",
    );
    let (_, text, said) = of_types(rule, ["keyword", "keyword"], &both).run_apart(&["test"]);
    assert!(
        !format!("{text}{said}").contains("split by"),
        "{text}{said}"
    );
}

#[test]
fn an_eql_field_whose_types_do_not_go_together_is_split() {
    let rule = r#"[rule]
name = "R"
rule_id = "r"
type = "eql"
language = "eql"
severity = "low"
risk_score = 21
index = ["acme-a-*", "acme-b-*"]
query = 'network where acme.agent == "9000"'
"#;
    let scenario = "attack:
  name: an agent
  events:
    request: {is: network, acme.agent: '9000'}
  expect:
    acme_a: {alert: [request]}
    acme_b: {gap: a number is no text}
";
    let (_, text, said) = of_types(rule, ["keyword", "long"], scenario).run_apart(&["test"]);
    let all = format!("{text}{said}");
    assert!(
        all.contains("the rule alerts where acme_a is searched alone; where acme_b is searched as well, the search fails"),
        "{all}"
    );
    let both = scenario.replace("{gap: a number is no text}", "{alert: [request]}");
    let (_, text, said) = of_types(rule, ["keyword", "wildcard"], &both).run_apart(&["test"]);
    assert!(
        !format!("{text}{said}").contains("split by"),
        "{text}{said}"
    );
}
