//! The rule as production runs it: schedule, exceptions, filters, suppression, alerts.

use crate::project::Project;

pub(crate) const RULE: &str = r#"[rule]
name = "Shell that stays"
rule_id = "r-1"
type = "eql"
language = "eql"
severity = "medium"
risk_score = 47
index = ["logs-endpoint.events.process-*"]
interval = "5m"
from = "now-6m"
query = '''
sequence by host.id with maxspan=2m
  [process where event.type == "start" and process.parent.name : "winword.exe"]
  [process where event.type == "start" and process.name : "cmd.exe"]
until [process where event.type == "end" and process.name : "winword.exe"]
'''
"#;

pub(crate) const SCENARIO: &str = r"sources: [elastic_defend]
attack:
  name: Word starts a shell
  events:
    macro:
      is: process
      process.parent.executable: C:\Office\WINWORD.EXE
      process.executable: C:\Windows\wscript.exe
      user.name: ada
    shell:
      is: process
      at: 2m
      process.parent.executable: C:\Windows\wscript.exe
      process.executable: C:\Windows\System32\cmd.exe
      user.name: ada
  expect: alert
cases:
  - name: Word ends
    add:
      end: {is: process.end, at: 1m, process.executable: C:\Office\WINWORD.EXE, user.name: ada}
    expect: none
    because: until
";

pub(crate) const EXCEPTIONS: &str = r#"[[exceptions]]
[exceptions.container]
list_id = "l"
name = "a list"
type = "detection"
[[exceptions.items]]
name = "an item"
[[exceptions.items.entries]]
field = "FIELD"
operator = "included"
type = "TYPE"
value = 'VALUE'
"#;

fn project() -> Project {
    Project::of(&[
        ("rules/shell.toml", RULE),
        ("scenarios/shell.yaml", SCENARIO),
    ])
}

fn excepted(field: &str, kind: &str, value: &str) -> Project {
    let item = EXCEPTIONS.replace("FIELD", field).replace("TYPE", kind);
    let item = item.replace("VALUE", value);
    Project::of(&[
        ("rules/shell.toml", RULE),
        ("scenarios/shell.yaml", SCENARIO),
        ("exceptions/a.toml", &item),
    ])
    .with(
        "scenarios/shell.yaml",
        "sources: [elastic_defend]\n",
        "sources: [elastic_defend]\nexceptions: [../exceptions/a.toml]\n",
    )
}

fn accepted(project: &Project) -> (i32, String) {
    project.run(&["test", "--accept"]);
    project.run(&["test"])
}

#[test]
fn a_sequence_of_two_minutes_is_missed_in_a_fifth_of_the_phases() {
    let project = project();
    let (code, text) = accepted(&project);
    assert_eq!(code, 0, "{text}");
    let wanted = "schedule: found in 80%; missed where executions start 1m0.001s to 2m after";
    assert!(text.contains(wanted), "{text}");
}

#[test]
fn found_in_every_phase_is_an_expectation() {
    let schedule = "sources: [elastic_defend]\nschedule: {found: every phase}\n";
    let project = project().with(
        "scenarios/shell.yaml",
        "sources: [elastic_defend]\n",
        schedule,
    );
    let (code, text) = accepted(&project);
    assert_eq!(code, 1, "{text}");
    let wanted = "expected an alert in every phase, found in 80%";
    assert!(text.contains(wanted), "{text}");
    let longer = schedule.replace("found", "from: now-9m, found");
    let project = self::project().with(
        "scenarios/shell.yaml",
        "sources: [elastic_defend]\n",
        &longer,
    );
    assert_eq!(accepted(&project).0, 0);
}

#[test]
fn an_exception_that_hides_the_attack_is_named() {
    let project = excepted("user.name", "match", "ada");
    let (code, text) = project.run(&["check", "--format", "concise"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("exception-hides-attack"), "{text}");
    assert!(text.contains("exception an item hides it"), "{text}");
    let (code, text) = accepted(&project);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("blocker  exception an item"), "{text}");
}

#[test]
fn an_exception_that_hides_the_end_creates_an_alert() {
    let project = excepted("process.executable", "wildcard", r"*\\WINWORD.EXE");
    let (code, text) = project.run(&["check", "--format", "concise"]);
    assert_eq!(code, 0, "{text}");
    let wanted = "`Word ends` alerts only because of exception an item";
    assert!(text.contains(wanted), "{text}");
    assert_eq!(accepted(&project).0, 1);
}

#[test]
fn an_exception_with_single_backslashes_can_match_nothing() {
    let project = excepted("process.executable", "wildcard", r"C:\Office\*");
    let (_, text) = project.run(&["check"]);
    assert!(text.contains("exception-never-matches"), "{text}");
    assert!(text.contains(r"write `C:\\Office\\*`"), "{text}");
    let project = excepted("proces.name", "match", "x");
    let (_, text) = project.run(&["check"]);
    let wanted = "no data source of the rule has the field `proces.name`";
    assert!(text.contains(wanted), "{text}");
}

#[test]
fn exceptions_that_cannot_be_read_exit_with_3() {
    let item = "sources: [elastic_defend]\nexceptions: [../exceptions/b.toml]\n";
    let project = project().with("scenarios/shell.yaml", "sources: [elastic_defend]\n", item);
    let output = project.trapline(&["test"]).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("E392"), "{text}");
    let output = excepted("user.name", "matches", "ada")
        .trapline(&["test"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("exceptions/a.toml:6"), "{text}");
}

#[test]
fn a_filter_of_the_rule_hides_events() {
    let filter = "risk_score = 47\nfilters = [{meta = {negate = true}, query = {match_phrase = {\"user.name\" = \"ada\"}}}]\n";
    let project = project().with("rules/shell.toml", "risk_score = 47\n", filter);
    let (code, text) = accepted(&project);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("blocker  filters"), "{text}");
}

#[test]
fn suppression_leaves_one_alert_for_a_group() {
    let suppressed = "risk_score = 47\nalert_suppression = {group_by = [\"host.id\"]}\n";
    let counted = "  - name: thrice\n    repeat: {times: 3, every: 121s}\n    schedule: {from: now-20m, phase: 1m10s}\n    expect: {alerts: 1}\n    because: suppressed\n";
    let project = project()
        .with("rules/shell.toml", "risk_score = 47\n", suppressed)
        .with(
            "scenarios/shell.yaml",
            "cases:\n",
            &format!("cases:\n{counted}"),
        );
    let (code, text) = accepted(&project);
    assert_eq!(code, 0, "{text}");
}

#[test]
fn the_executions_are_drawn() {
    let arguments = [
        "explain",
        "rules/shell.toml",
        "--schedule",
        "--case",
        "Word starts a shell",
    ];
    insta_cmd::assert_cmd_snapshot!(project().trapline(&arguments));
}
