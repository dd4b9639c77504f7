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
