//! What comes to an ES|QL rule from outside: exceptions before the query, tables of enrich policies.

use crate::project::Project;

const COUNTING: &str = r#"[rule]
name = "Many shells"
rule_id = "r-1"
type = "esql"
language = "esql"
severity = "medium"
risk_score = 47
interval = "5m"
from = "now-6m"
query = '''
FROM logs-endpoint.events.process-*
| WHERE process.name == "cmd.exe"
| STATS Esql.count = COUNT(*) BY host.id
| WHERE Esql.count >= 2
| KEEP host.id, Esql.count
'''
"#;

const THREE: &str = r"sources: [elastic_defend]
exceptions: [../exceptions/a.toml]
attack:
  name: shells
  events:
    a: {is: process, process.executable: C:\cmd.exe, user.name: ada}
    b: {is: process, at: 1s, process.executable: C:\cmd.exe, user.name: bob}
    c: {is: process, at: 2s, process.executable: C:\cmd.exe, user.name: eve}
  expect: {alert: {Esql.count: COUNT}}
";

fn exception(field: &str, value: &str) -> String {
    format!(
        "[[exceptions]]\n[exceptions.container]\nlist_id = 'known'\n[[exceptions.items]]\n\
         name = 'known'\n[[exceptions.items.entries]]\nfield = '{field}'\ntype = 'match'\n\
         operator = 'included'\nvalue = '{value}'\n"
    )
}

fn outcome(count: &str, field: &str, value: &str) -> (i32, String) {
    let scenario = THREE.replace("COUNT", count);
    let exception = exception(field, value);
    let project = Project::of(&[
        ("rules/a.toml", COUNTING),
        ("exceptions/a.toml", &exception),
        ("scenarios/a.yaml", &scenario),
    ]);
    let (exit, out, err) = project.run_apart(&["test"]);
    (exit, format!("{out}\n{err}"))
}

#[test]
fn an_exception_takes_events_out_of_the_counts_of_an_aggregating_rule() {
    let (exit, shown) = outcome("2", "user.name", "eve");
    assert!(exit == 0 || exit == 6, "{shown}");
    let (exit, shown) = outcome("3", "user.name", "eve");
    assert_eq!(exit, 1, "{shown}");
}

#[test]
fn an_exception_on_a_computed_column_does_nothing() {
    let (exit, shown) = outcome("3", "Esql.count", "3");
    assert!(exit == 0 || exit == 6, "{shown}");
}

const ENRICHED: &str = r#"[rule]
name = "Of an important host"
rule_id = "r-2"
type = "esql"
language = "esql"
severity = "medium"
risk_score = 47
interval = "5m"
from = "now-6m"
query = '''
FROM logs-endpoint.events.process-* METADATA _id, _index, _version
| WHERE process.name == "cmd.exe"
| ENRICH hosts_policy ON host.id WITH owner
| WHERE owner == "board"
| KEEP _id, _index, _version, host.id, owner
'''
"#;

const OWNED: &str = r"sources: [elastic_defend]
tables:
  hosts_policy: {match: host.id, rows: [{host.id: h1, owner: board}, {host.id: h2, owner: lab}]}
attack:
  name: a shell
  events:
    a: {is: process, process.executable: C:\cmd.exe, host.id: h1}
  expect: {alert: {host.id: h1, owner: board}}
cases:
  - name: of another owner
    change: {a: {host.id: h2}}
    expect: none
    because: owner = lab
  - name: of no owner
    change: {a: {host.id: h3}}
    expect: none
    because: owner is missing
";

#[test]
fn an_enrich_policy_is_a_table_of_the_scenario() {
    let files = [("rules/a.toml", ENRICHED), ("scenarios/a.yaml", OWNED)];
    let project = Project::of(&files);
    let (_, first, _) = project.run_apart(&["test", "--accept"]);
    let (exit, out, err) = project.run_apart(&["test"]);
    assert_eq!(exit, 0, "{first}{out}{err}");
    let other = project.with("scenarios/a.yaml", "owner: board}, {", "owner: yard}, {");
    let (exit, out, err) = other.run_apart(&["test"]);
    assert_eq!(exit, 1, "{out}{err}");
}

/// A rule whose alerts are critical where `field` is `value`.
fn critical(query: &str, field: &str, value: &str) -> String {
    let (head, rest) = COUNTING.split_once("query = '''").unwrap();
    let (_, end) = rest.split_once("'''\n").unwrap();
    format!(
        "{head}query = '''\n{query}\n'''\n{end}\n[[rule.severity_mapping]]\nfield = \"{field}\"\noperator = \
         \"equals\"\nvalue = \"{value}\"\nseverity = \"critical\"\n"
    )
}

/// The outcome of the three shells under a rule, with what its alert is to have.
fn alert_has(rule: &str, with: &str) {
    let (scenario, _) = THREE.split_once("  expect:").unwrap();
    let scenario = scenario.replace("exceptions: [../exceptions/a.toml]\n", "");
    let scenario = format!("{scenario}  expect: {{alert: [a], with: {{{with}}}}}\n");
    let scenario = scenario
        .replace(
            "    b:",
            "    b: {is: process, at: 1s, process.executable: C:\\other.exe}\n    unused_b:",
        )
        .replace(
            "    c:",
            "    c: {is: process, at: 2s, process.executable: C:\\other.exe}\n    unused_c:",
        );
    let lines = scenario.lines().filter(|line| !line.contains("unused_"));
    let scenario: Vec<&str> = lines.collect();
    let project = Project::of(&[
        ("rules/a.toml", rule),
        ("scenarios/a.yaml", &scenario.join("\n")),
    ]);
    let (_, first, _) = project.run_apart(&["test", "--accept"]);
    let (exit, out, err) = project.run_apart(&["test"]);
    assert_eq!(exit, 0, "{with}: {first}{out}{err}");
}

const FROM: &str = "FROM logs-endpoint.events.process-* METADATA _id, _index, _version\n\
                    | WHERE process.name == \"cmd.exe\"";

#[test]
fn the_alert_of_a_group_holds_the_columns_of_its_row_and_nothing_else() {
    let grouped = |by: &str| format!("{FROM}\n| STATS Esql.count = COUNT(*) BY {by}");
    alert_has(
        &critical(&grouped("host.id"), "user.name", "ada"),
        "kibana.alert.severity: medium, kibana.alert.depth: 1",
    );
    alert_has(
        &critical(&grouped("user.name"), "user.name", "ada"),
        "kibana.alert.severity: critical",
    );
}

#[test]
fn an_event_with_its_id_is_whole_in_the_alert_under_the_columns_of_its_row() {
    let critical_of =
        |query: &str, value: &str| critical(&format!("{FROM}\n{query}"), "user.name", value);
    // The source document is fetched by its id, whatever KEEP leaves.
    let kept = "| KEEP _id, process.name";
    alert_has(&critical_of(kept, "ada"), "kibana.alert.severity: critical");
    // A column stands in place of the event's own field.
    let column = "| EVAL user.name = \"eve\" | KEEP _id, user.name";
    alert_has(
        &critical_of(column, "eve"),
        "kibana.alert.severity: critical",
    );
    alert_has(&critical_of(column, "ada"), "kibana.alert.severity: medium");
    // Without its id nothing is fetched.
    let lost = "| KEEP process.name";
    alert_has(&critical_of(lost, "ada"), "kibana.alert.severity: medium");
}

#[test]
fn a_column_that_is_null_leaves_the_events_own_value() {
    let query = format!(
        "{FROM}\n| EVAL user.name = CASE(process.name == \"other.exe\", \"eve\") | KEEP _id, user.name"
    );
    alert_has(
        &critical(&query, "user.name", "ada"),
        "kibana.alert.severity: critical",
    );
}

#[test]
fn a_column_that_ecs_has_with_another_type_is_not_in_the_alert() {
    let query = format!(
        "{FROM}\n| EVAL event.duration = \"long\", event.reason = \"x\", event.action.kind = \"y\""
    );
    alert_has(
        &critical(&query, "event.duration", "long"),
        "kibana.alert.severity: medium, kibana.alert.original_event.reason: x",
    );
    alert_has(
        &critical(&query, "event.action.kind", "y"),
        "kibana.alert.severity: medium",
    );
    alert_has(
        &critical(&query, "event.reason", "x"),
        "kibana.alert.severity: critical",
    );
}

/// The snapshot of three shells, each an alert, or several.
fn snapshot_of(query: &str, head: &str) -> String {
    let (_, rest) = COUNTING.split_once("query = '''").unwrap();
    let (_, end) = rest.split_once("'''\n").unwrap();
    let (start, _) = COUNTING.split_once("query = '''").unwrap();
    let start = start.replace("from = \"now-6m\"", "from = \"now-16m\"");
    let rule = format!("{start}query = '''\n{query}\n'''\n{end}{head}");
    let (scenario, _) = THREE.split_once("  expect:").unwrap();
    let scenario = scenario.replace("exceptions: [../exceptions/a.toml]\n", "");
    let scenario = format!("{scenario}  expect: alert\n");
    let project = Project::of(&[("rules/a.toml", &rule), ("scenarios/a.yaml", &scenario)]);
    let (_, out, err) = project.run_apart(&["test", "--accept"]);
    let snapshot = std::fs::read_to_string(project.file("scenarios/__snapshots__/a.snap"));
    snapshot.unwrap_or_else(|_| format!("{out}{err}"))
}

#[test]
fn an_event_alerts_once_whatever_its_other_columns_say_in_a_later_execution() {
    // An execution that sees fewer of the events counts fewer.
    let counted =
        format!("{FROM}\n| INLINE STATS Esql.all = COUNT(*) BY host.id | KEEP _id, Esql.all");
    let snapshot = snapshot_of(&counted, "");
    assert!(!snapshot.contains("phases"), "{snapshot}");
}

#[test]
fn inline_stats_makes_no_aggregating_rule() {
    let counted = "FROM logs-endpoint.events.process-*\n| WHERE process.name == \"cmd.exe\"\n\
                   | INLINE STATS Esql.all = COUNT(*) BY host.id | KEEP process.name, Esql.all";
    let snapshot = snapshot_of(counted, "");
    assert!(snapshot.contains("phases"), "{snapshot}");
}

#[test]
fn metadata_id_is_added_where_the_query_has_it_not() {
    let without = "FROM logs-endpoint.events.process-*\n| WHERE process.name == \"cmd.exe\"";
    let snapshot = snapshot_of(without, "");
    assert!(!snapshot.contains("phases"), "{snapshot}");
}

#[test]
fn each_value_that_mv_expand_takes_apart_is_an_alert_of_its_own() {
    let outcome = |keep: &str, alerts: usize| {
        let query = format!(
            "{FROM}\n| EVAL Esql.of = SPLIT(\"x;y\", \";\") | MV_EXPAND Esql.of | KEEP {keep}"
        );
        let rule = critical(&query, "user.name", "ada");
        let (head, _) = THREE.split_once("    b:").unwrap();
        let head = head.replace("exceptions: [../exceptions/a.toml]\n", "");
        let scenario = format!("{head}  expect: {{alerts: {alerts}}}\n");
        let project = Project::of(&[("rules/a.toml", &rule), ("scenarios/a.yaml", &scenario)]);
        project.run_apart(&["test", "--accept"])
    };
    for (keep, alerts) in [("_id, Esql.of", 2), ("_id", 1)] {
        let (exit, out, err) = outcome(keep, alerts);
        assert_eq!(exit, 0, "{keep}: {out}{err}");
    }
    assert_eq!(outcome("_id, Esql.of", 1).0, 1);
}

#[test]
fn now_is_the_time_of_the_execution() {
    let guarded = |guard: &str| {
        let query = format!(
            "{FROM} AND user.name == \"ada\"\n| STATS Esql.first = MIN(@timestamp) BY host.id{guard}"
        );
        snapshot_of(&query, "")
    };
    let always = guarded("");
    assert!(always.contains("3 to 4 alerts"), "{always}");
    let once = guarded(" | WHERE Esql.first > NOW() - 5 minutes");
    assert!(!once.contains("phases"), "{once}");
}
