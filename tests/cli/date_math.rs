//! Date math in the query of a rule and in its indicator query: `now` is when an execution starts.

use std::fs;

use crate::cloudtrail_rule::{LOGIN, project, rule};

/// The executions start up to ten minutes after the event: an age of two minutes is over in some.
#[test]
fn an_age_that_ends_between_executions_is_uncertain() {
    let attack = "
attack:
  name: a login
  events:
    e: {is: api, event.action: ConsoleLogin}
";
    let young = rule(
        "type = \"query\"\n",
        "event.action: ConsoleLogin and @timestamp >= now-2m",
    );
    let (code, text) = project(&young, attack).run(&["test", "--accept"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("1 uncertain"), "{text}");
    assert!(text.contains("the query counts from `now`"), "{text}");
    let old = rule(
        "type = \"query\"\n",
        "event.action: ConsoleLogin and @timestamp >= now-1d",
    );
    let (code, text) = project(&old, attack).run(&["test", "--accept"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("all passed"), "{text}");
}

#[test]
fn scan_names_a_rule_whose_query_counts_from_now() {
    let young = rule(
        "type = \"query\"\n",
        "event.action: ConsoleLogin and @timestamp >= now-1d",
    );
    let project = project(&young, "");
    let event = r#"{"@timestamp":"2024-01-01T00:00:00Z","event":{"action":"ConsoleLogin"}}"#;
    fs::write(project.file("events.ndjson"), format!("{event}\n")).unwrap();
    let (code, out, err) =
        project.run_apart(&["scan", "--strict", "--rules", "rules", "events.ndjson"]);
    assert_eq!((code, out.as_str()), (3, ""), "{err}");
    assert!(err.contains("counts from `now`"), "{err}");
}

const THREAT: &str = r#"type = "threat_match"
threat_index = ["logs-ti_*"]
threat_query = '@timestamp >= "now-5d"'
threat_mapping = [{entries = [{field = "source.ip", type = "mapping", value = "threat.indicator.ip"}]}]
"#;

/// An indicator that is five days old a minute after the event is found by the executions of that
/// minute only.
#[test]
fn an_indicator_is_found_as_long_as_it_is_young() {
    let scenario = "
attack:
  name: an address that a feed names
  events:
    e: {is: api, event.action: ConsoleLogin, source.ip: 203.0.113.1}
  indicators:
    i: {at: -1d, threat.indicator.ip: 203.0.113.1}
cases:
  - name: five days old before any execution
    change: {i: {at: -5d}}
    schedule: {phase: 1s}
    expect: none
    because: indicator query
  - name: five days old between two executions
    change: {i: {at: -431940s}}
    schedule: {phase: 30s}
    expect: alert
  - name: five days old when the first execution starts
    change: {i: {at: -431940s}}
    schedule: {phase: 2m}
    expect: none
    because: indicator query
  - name: young for a fifth of the phases
    change: {i: {at: -431940s}}
    expect: alert
";
    let rule = rule(THREAT, LOGIN);
    let project = project(&rule, scenario);
    let (code, text) = project.run(&["test", "--accept"]);
    assert_eq!(code, 0, "{text}");
    let snapshot = fs::read_to_string(project.file("scenarios/__snapshots__/r.snap")).unwrap();
    assert!(snapshot.contains("found in 20%"), "{snapshot}");
    assert!(
        snapshot.contains("the indicator i does not meet @timestamp >= "),
        "{snapshot}"
    );
}
