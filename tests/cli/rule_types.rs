//! Rules of types beyond EQL, run by the shipped examples and by small projects.

use crate::project::Project;

const RULE: &str = "rules/logins.toml";
const SCENARIO: &str = "scenarios/logins.yaml";

/// A threshold rule over failed logins, three of one user within ten minutes, and its scenario.
fn threshold(scenario: &str) -> Project {
    let rule = r#"
[metadata]
creation_date = "2026/11/29"
updated_date = "2026/11/29"
maturity = "production"

[rule]
name = "Failed Logins"
description = "Failed logins of one user."
rule_id = "1d8c3a52-7f0e-5a0b-9a4e-5b1f60a1c7d3"
risk_score = 47
severity = "medium"
type = "threshold"
language = "kuery"
index = ["logs-aws.cloudtrail-*"]
from = "now-10m"
interval = "5m"
query = 'event.action: ConsoleLogin and event.outcome: failure'

[rule.threshold]
field = ["user.name"]
value = 3
"#;
    Project::of(&[(RULE, rule), (SCENARIO, scenario)])
}

const ATTACK: &str = "
attack:
  name: three failures
  events:
    login: {is: api.failure, event.action: ConsoleLogin, user.name: x, repeat: {times: 3, every: 1m}}
  expect: {alert: {user.name: x, count: 3}, with: {kibana.alert.threshold_result.count: 3}}
cases:
";

#[test]
fn what_an_alert_counted_is_not_counted_by_the_next_execution() {
    // Executions at 10 and 15 minutes after the start, each over ten minutes.
    let cases = "
  - name: two more before the next execution
    schedule: {phase: 5m}
    change: {login: {at: 6m}}
    add: {more: {is: api.failure, at: 12m, event.action: ConsoleLogin, user.name: x, repeat: {times: 2, every: 1m}}}
    expect: {alerts: 1}
  - name: three more before the next execution
    schedule: {phase: 5m}
    change: {login: {at: 6m}}
    add: {more: {is: api.failure, at: 12m, event.action: ConsoleLogin, user.name: x, repeat: {times: 3, every: 1m}}}
    expect: {alerts: 2}
  - name: a window apart
    schedule: {phase: 5m}
    change: {login: {at: 2m, repeat: {times: 2, every: 1m}}}
    add: {more: {is: api.failure, at: 13m, event.action: ConsoleLogin, user.name: x}}
    expect: none
    because: window
";
    let project = threshold(&format!("{ATTACK}{cases}"));
    let (code, text) = project.run(&["test", "--accept"]);
    assert_eq!(code, 0, "{text}");
}

#[test]
fn a_count_that_is_not_reached_says_by_how_much() {
    let cases = "
  - {name: two, change: {login: {repeat: {times: 2, every: 1m}}}, expect: none, because: count}
";
    let project = threshold(&format!("{ATTACK}{cases}"));
    let (code, text) = project.run(&["test", "--accept"]);
    assert_eq!(code, 0, "{text}");
    let snapshot = std::fs::read_to_string(project.file("scenarios/__snapshots__/logins.snap"));
    let snapshot = snapshot.unwrap();
    assert!(
        snapshot.contains("2 of 3 in group user.name = x"),
        "{snapshot}"
    );
    let wrong = project.with(SCENARIO, "because: count", "because: cardinality");
    let (code, text) = wrong.run(&["test"]);
    assert_eq!(code, 1);
    assert!(
        text.contains("expected cardinality to stop it, but count did"),
        "{text}"
    );
    let wrong = wrong.with(SCENARIO, "because: cardinality", "because: count");
    let wrong = wrong.with(SCENARIO, "count: 3}, with", "count: 4}, with");
    let (code, text) = wrong.run(&["test"]);
    assert_eq!(code, 1);
    assert!(
        text.contains("expected an alert of user.name = x, 4 events"),
        "{text}"
    );
}

/// A stream has no indicators beside it: a rule that compares is named, not run as though nothing
/// matched.
#[test]
fn scan_says_that_it_does_not_run_a_rule_that_compares_indicators() {
    let mapping = "type = \"threat_match\"\nthreat_index = [\"logs-ti_*\"]\nthreat_query = '*'\n\
                   threat_mapping = [{entries = [{field = 'source.ip', type = 'mapping', \
                   value = 'threat.indicator.ip'}]}]";
    let project = threshold(ATTACK)
        .with(RULE, "type = \"threshold\"", mapping)
        .with(
            RULE,
            "[rule.threshold]\nfield = [\"user.name\"]\nvalue = 3\n",
            "",
        );
    std::fs::write(
        project.file("events.ndjson"),
        "{\"@timestamp\":\"2024-01-01T00:00:00Z\",\"event\":{\"action\":\"ConsoleLogin\",\"outcome\":\"failure\"},\"user\":{\"name\":\"x\"}}\n",
    )
    .unwrap();
    let (code, out, err) = project.run_apart(&["scan", "--rules", "rules", "events.ndjson"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    let (code, _, err) =
        project.run_apart(&["scan", "--strict", "--rules", "rules", "events.ndjson"]);
    assert_eq!(code, 3, "{err}");
}

#[test]
fn counted_events_are_a_reason_of_alerts_that_are_counted() {
    let again = |times: u32, because: &str| {
        threshold(&format!(
            "{ATTACK}  - name: more before the next execution\n    schedule: {{phase: 5m}}\n    change: \
             {{login: {{at: 6m}}}}\n    add: {{more: {{is: api.failure, at: 12m, event.action: \
             ConsoleLogin, user.name: x, repeat: {{times: {times}, every: 1m}}}}}}\n    expect: \
             {{alerts: 1}}\n    because: {because}\n"
        ))
    };
    let (code, text) = again(2, "counted").run(&["test", "--accept"]);
    assert_eq!(code, 0, "{text}");
    let (code, text) = again(2, "suppressed").run(&["test"]);
    assert_eq!(code, 1, "{text}");
    // Nothing is counted before where no two executions see one event.
    let apart = again(2, "counted").with(
        SCENARIO,
        "schedule: {phase: 5m}",
        "schedule: {interval: 10m, phase: 9m}",
    );
    let (code, text) = apart.run(&["test"]);
    assert_eq!(code, 1, "{text}");
}

/// Silent since nothing meets the query, and silent since too little would meet it.
#[test]
fn a_case_that_would_not_reach_the_count_proves_nothing_about_the_query() {
    let case = |times: u32| {
        threshold(&format!(
            "{ATTACK}  - name: they succeed\n    change: {{login: {{is: api.success, repeat: {{times: \
             {times}, every: 1m}}}}}}\n    expect: none\n"
        ))
    };
    let (code, text) = case(3).run(&["test", "--accept", "--strict"]);
    assert_eq!(code, 0, "{text}");
    let (code, text) = case(2).run(&["test", "--strict"]);
    assert_ne!(code, 0, "{text}");
    assert!(text.contains("vacuous"), "{text}");
    let words = "no event meets the query, and if they did there would be no alert either: 2 of 3 in \
                 group user.name = x";
    let flat: Vec<&str> = text.split_whitespace().collect();
    assert!(flat.join(" ").contains(words), "{text}");
}
