//! What Kibana does around a rule's query: time ranges, value lists, limits, suppression.

use crate::project::Project;

const RULE: &str = r#"[rule]
name = "Shell"
rule_id = "r-1"
type = "eql"
language = "eql"
severity = "medium"
risk_score = 47
index = ["logs-endpoint.events.process-*"]
interval = "5m"
from = "now-9m"
query = '''
process where process.name == "cmd.exe"
'''
"#;

const SCENARIO: &str = r"sources: [elastic_defend]
attack:
  name: a shell
  events:
    shell: {is: process, process.executable: C:\cmd.exe, host.ip: [10.0.0.1, 10.0.0.2]}
  expect: alert
";

fn project() -> Project {
    Project::of(&[
        ("rules/shell.toml", RULE),
        ("scenarios/shell.yaml", SCENARIO),
    ])
}

fn ruled(setting: &str) -> Project {
    let with = format!("from = \"now-9m\"\n{setting}\n");
    project().with("rules/shell.toml", "from = \"now-9m\"\n", &with)
}

fn listed(kind: &str, values: &str) -> Project {
    let exceptions = format!(
        "[[exceptions]]\n[exceptions.container]\nlist_id = 'l'\n[[exceptions.items]]\nname = 'an item'\n\
         [[exceptions.items.entries]]\nfield = 'host.ip'\noperator = 'included'\ntype = 'list'\n\
         list = {{id = 'values', type = '{kind}'}}\n"
    );
    Project::of(&[
        ("rules/shell.toml", RULE),
        ("scenarios/shell.yaml", SCENARIO),
        ("exceptions/a.toml", &exceptions),
        ("exceptions/values", values),
    ])
    .with(
        "scenarios/shell.yaml",
        "sources: [elastic_defend]\n",
        "sources: [elastic_defend]\nexceptions: [../exceptions/a.toml]\n",
    )
}

fn run(project: &Project) -> (i32, String) {
    project.run(&["test", "--accept"]);
    let (code, text, errors) = project.run_apart(&["test"]);
    (code, text + &errors)
}

#[test]
fn the_range_is_over_the_override_and_falls_back_unless_that_is_disabled() {
    let code = |setting: &str| run(&ruled(setting)).0;
    assert_eq!(code("timestamp_override = \"event.ingested\""), 0);
    assert_eq!(code("timestamp_override = \"event.created\""), 0);
    let disabled = "timestamp_override = \"event.ingested\"\n\
                    timestamp_override_fallback_disabled = true";
    let (code, text) = run(&ruled(disabled));
    assert_eq!(code, 1, "{text}");
    let why = "shell has no event.ingested, and the rule falls back on no other time";
    assert!(text.contains(why), "{text}");
    let ingested = ruled(disabled).with(
        "scenarios/shell.yaml",
        "is: process,",
        "is: process, ingested: 1s,",
    );
    let (code, text) = run(&ingested);
    assert_eq!(code, 0, "{text}");
}

#[test]
fn the_field_that_orders_events_is_not_the_one_of_the_range() {
    let (code, text) = run(&ruled("timestamp_field = \"event.created\""));
    assert!(!text.contains("look-back"), "{text}");
    assert_ne!(code, 70, "{text}");
}

#[test]
fn a_look_back_of_a_month_is_read() {
    let project = project().with("rules/shell.toml", "now-9m", "now-1M");
    let (code, text) = run(&project);
    assert_eq!(code, 0, "{text}");
    let late = project.with(
        "scenarios/shell.yaml",
        "is: process,",
        "is: process, ingested: 648h,",
    );
    let (code, text) = run(&late);
    assert_eq!(code, 0, "{text}");
    let later = late.with("scenarios/shell.yaml", "ingested: 648h", "ingested: 696h");
    assert_eq!(run(&later).0, 1);
}

#[test]
fn a_value_list_of_another_type_is_not_applied_and_named() {
    for kind in ["text", "date", "long"] {
        let (code, text) = run(&listed(kind, "10.0.0.1\n"));
        assert_eq!(code, 0, "{kind}: {text}");
        let warning = format!("the list `values` is of type `{kind}`");
        assert!(text.contains(&warning), "{kind}: {text}");
    }
    for kind in ["keyword", "ip", "ip_range"] {
        let (code, text) = run(&listed(kind, "10.0.0.1\n"));
        assert_eq!(code, 1, "{kind}: {text}");
        assert!(text.contains("exception an item"), "{kind}: {text}");
    }
}

#[test]
fn a_value_list_is_read_whole_or_refused_and_its_bad_values_are_named() {
    let (code, text) = run(&listed("ip", "10.0.0.9\nhost\n"));
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("`host` on line 2 is no address"), "{text}");
    let long = "9".repeat(17 << 20) + "\n10.0.0.1\n";
    let (code, text) = run(&listed("keyword", &long));
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("larger than 16 MiB"), "{text}");
}

#[test]
fn the_attack_has_a_schedule_of_its_own() {
    let project = project().with(
        "scenarios/shell.yaml",
        "  expect: alert\n",
        "  expect: alert\n  schedule: {phase: 1m, from: now-30s}\n",
    );
    let (code, text) = run(&project);
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("look-back") || text.contains("phase"),
        "{text}"
    );
}

#[test]
fn an_event_is_grouped_by_its_values_in_any_order() {
    let suppression = "[rule.alert_suppression]\ngroup_by = [\"host.ip\"]\n";
    let project = Project::of(&[
        ("rules/shell.toml", &format!("{RULE}{suppression}")),
        ("scenarios/shell.yaml", SCENARIO),
    ])
    .with(
        "scenarios/shell.yaml",
        "  expect: alert\n",
        "    again: {is: process, at: 1s, process.executable: C:\\cmd.exe, host.ip: [10.0.0.2, 10.0.0.1]}\n  \
         expect: {alerts: 1}\n  schedule: {phase: 1m}\n",
    );
    let (code, text) = run(&project);
    assert_eq!(code, 0, "{text}");
}
