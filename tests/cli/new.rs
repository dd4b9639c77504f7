//! `trapline new`: a first scenario that passes, the cases that one lacks, nothing overwritten.

use std::fs;

use crate::project::{Project, RULE, SCENARIO};

const SNAPSHOT: &str = "scenarios/windows/__snapshots__/lateral_movement_incoming_wmi.snap";

/// A rule over most of what a condition can say.
const LOADER: &str = r#"[rule]
name = "Loader that Phones Home"
rule_id = "0d7e1c5a-6a52-4f0c-9f0e-222222222222"
type = "eql"
language = "eql"
risk_score = 47
severity = "medium"
index = ["logs-endpoint.events.process-*", "logs-endpoint.events.network-*"]
query = '''
sequence by host.id, process.entity_id with maxspan=30s
  [process where event.type == "start" and process.name : ("rundll32.exe", "regsvr32.exe") and
   process.args_count < 3 and process.command_line regex~ ".*\\.(dll|ocx)" and
   not startsWith~(process.parent.executable, "C:\\Program Files\\")]
  [network where not cidrMatch(destination.ip, "10.0.0.0/8", "192.168.0.0/16") and
   destination.port in (443, 8443)]
until [process where event.type == "end"]
'''
"#;

/// No event has two names.
const NEVER: &str = r#"[rule]
name = "Never"
rule_id = "0d7e1c5a-6a52-4f0c-9f0e-333333333333"
type = "eql"
language = "eql"
risk_score = 47
severity = "medium"
index = ["logs-windows.sysmon_operational-*"]
query = '''
process where event.type == "start" and user.id == "S-1-5-19"
'''
"#;

/// Groups with a threshold, a count of different values and a sum of flags.
const SPRAY: &str = r#"[rule]
name = "Password Spraying"
rule_id = "0d7e1c5a-6a52-4f0c-9f0e-444444444444"
type = "esql"
language = "esql"
risk_score = 47
severity = "medium"
from = "now-9m"
query = '''
from logs-system.security*
| where event.category == "authentication" and host.id is not null and not user.name like "*$"
| eval window = date_trunc(5 minutes, @timestamp),
       is_failed = case(event.outcome == "failure", 1, 0),
       account = to_lower(user.name)
| stats failed = sum(is_failed), users = count_distinct(account),
        good = count(*) where event.outcome == "success", seen = min(@timestamp) by host.id, window
| eval kind = case(failed >= 5 and users >= 3 and good > 0, "spray", "other")
| where kind != "other"
| keep host.id, window, failed, users, good, kind
'''
"#;

/// A text that is taken apart, and a question to a language model.
const TRIAGE: &str = r#"[rule]
name = "Triage"
rule_id = "0d7e1c5a-6a52-4f0c-9f0e-555555555555"
type = "esql"
language = "esql"
risk_score = 47
severity = "medium"
from = "now-9m"
query = '''
from logs-endpoint.events.process-* metadata _id, _index, _version
| where event.type == "start" and process.command_line rlike ".*(curl|wget) .*"
| grok process.command_line "host=%{DATA:target};"
| where target in ("evil.example", "worse.example")
| eval prompt = concat("Is this bad? ", process.command_line)
| completion answer = prompt with { "inference_id": "model" }
| dissect answer "verdict=%{verdict} confidence=%{confidence}"
| where to_upper(verdict) == "TP" and to_double(confidence) > 0.7
| keep _id, _index, _version, target, verdict
'''
"#;

/// The share of clauses that cases decide.
fn coverage(project: &Project) -> (u64, u64) {
    let (_, out, _) = project.run_apart(&["coverage", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let count = |key: &str| json["summary"][key].as_u64().unwrap();
    (count("covered"), count("clauses"))
}

#[test]
fn a_first_scenario_decides_every_clause_and_passes() {
    let project = Project::of(&[("rules/loader.toml", LOADER)]);
    let (code, out, err) = project.run_apart(&["new", "rules/loader.toml"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    insta::assert_snapshot!("new_says_what_it_wrote", err);
    let text = fs::read_to_string(project.file("scenarios/loader.yaml")).unwrap();
    insta::assert_snapshot!("a_first_scenario", text);
    let (code, out, err) = project.run_apart(&["test", "--check"]);
    assert_eq!(code, 0, "{out}{err}");
    let (covered, testable) = coverage(&project);
    assert_eq!(covered, testable);
}

#[test]
fn standard_output_gets_the_same_text_each_time_and_nothing_is_written() {
    let project = Project::of(&[("rules/loader.toml", LOADER)]);
    let (code, out, err) = project.run_apart(&["new", "rules/loader.toml", "-o", "-"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("attack:") && !project.file("scenarios").exists());
    let (_, again, _) = project.run_apart(&["new", "rules/loader.toml", "-o", "-"]);
    assert_eq!(out, again);
}

#[test]
fn a_source_on_which_the_sensor_stops_the_attack_is_a_gap_with_its_reason() {
    let project = Project::shipped();
    fs::remove_file(project.file(SCENARIO)).unwrap();
    fs::remove_file(project.file(SNAPSHOT)).unwrap();
    let (code, _, err) = project.run_apart(&["new", RULE]);
    assert_eq!(code, 0, "{err}");
    assert!(
        err.contains("gap      sysmon: `user.id` is always S-1-5-18"),
        "{err}"
    );
    let (code, out, err) = project.run_apart(&["test", "--check"]);
    assert_eq!(code, 0, "{out}{err}");
}

#[test]
fn what_is_there_is_not_overwritten() {
    let project = Project::shipped();
    let before = fs::read(project.file(SCENARIO)).unwrap();
    let (code, _, err) = project.run_apart(&["new", RULE]);
    assert_eq!(code, 2);
    assert!(
        err.contains("E044") && err.contains("--fill-coverage"),
        "{err}"
    );
    assert_eq!(fs::read(project.file(SCENARIO)).unwrap(), before);
}

#[test]
fn a_rule_that_no_event_of_its_source_meets_is_said_with_the_condition() {
    let project = Project::of(&[("rules/never.toml", NEVER)]);
    let (code, _, err) = project.run_apart(&["new", "rules/never.toml"]);
    assert_eq!(code, 1);
    insta::assert_snapshot!("no_attack_was_found", err);
    assert!(!project.file("scenarios").exists());
}

#[test]
fn a_source_that_the_rule_does_not_claim_is_a_usage_error() {
    let project = Project::of(&[("rules/loader.toml", LOADER)]);
    let (code, _, err) = project.run_apart(&["new", "rules/loader.toml", "--source", "sysmon"]);
    assert_eq!(code, 2);
    assert!(err.contains("`sysmon`"), "{err}");
}

#[test]
fn missing_cases_are_added_behind_and_nothing_else_changes() {
    let project = Project::shipped();
    let whole = fs::read_to_string(project.file(SCENARIO)).unwrap();
    let full = coverage(&project);
    let cases = whole.find("\ncases:\n").unwrap() + 1;
    let attack_only = &whole[..cases];
    fs::write(project.file(SCENARIO), attack_only).unwrap();
    fs::remove_file(project.file(SNAPSHOT)).unwrap();
    let (code, _, err) = project.run_apart(&["test", "--accept"]);
    assert_eq!(code, 0, "{err}");
    assert!(coverage(&project).0 < full.0);
    let (code, _, err) = project.run_apart(&["new", RULE, "--fill-coverage"]);
    assert_eq!(code, 0, "{err}");
    let filled = fs::read_to_string(project.file(SCENARIO)).unwrap();
    assert!(filled.starts_with(attack_only) && filled.len() > attack_only.len());
    let (code, out, err) = project.run_apart(&["test", "--check"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(coverage(&project), full);
    // Filled is filled.
    let (code, _, err) = project.run_apart(&["new", RULE, "--fill-coverage"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(fs::read_to_string(project.file(SCENARIO)).unwrap(), filled);
}

#[test]
fn a_scenario_that_cases_cannot_be_put_behind_is_left_alone() {
    let project = Project::shipped().with(SCENARIO, "\ncases:\n", "\ncases: []\nignored:\n");
    let before = fs::read(project.file(SCENARIO)).unwrap();
    let (code, _, err) = project.run_apart(&["new", RULE, "--fill-coverage"]);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("E045"), "{err}");
    assert_eq!(fs::read(project.file(SCENARIO)).unwrap(), before);
}

#[test]
fn in_ci_the_snapshot_is_not_written() {
    let project = Project::of(&[("rules/loader.toml", LOADER)]);
    let mut command = project.trapline(&["new", "rules/loader.toml"]);
    let output = command.env("CI", "true").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(project.file("scenarios/loader.yaml").exists());
    assert!(!project.file("scenarios/__snapshots__").exists());
}

#[test]
fn an_esql_rule_gets_an_attack_that_makes_its_groups_and_benign_cases() {
    let project = Project::of(&[("rules/spray.toml", SPRAY)]);
    let (code, out, err) = project.run_apart(&["new", "rules/spray.toml"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    let text = fs::read_to_string(project.file("scenarios/spray.yaml")).unwrap();
    assert!(
        text.contains("repeat:") && text.contains("expect: none"),
        "{text}"
    );
    insta::assert_snapshot!("an_attack_on_groups", text);
    let (code, out, err) = project.run_apart(&["test", "--check"]);
    assert_eq!(code, 0, "{out}{err}");
}

#[test]
fn cases_that_a_scenario_of_an_esql_rule_lacks_are_added() {
    let project = Project::of(&[("rules/spray.toml", SPRAY)]);
    let (code, _, err) = project.run_apart(&["new", "rules/spray.toml"]);
    assert_eq!(code, 0, "{err}");
    let (_, full, err) = project.run_apart(&["coverage", "--format=json"]);
    let scenario = project.file("scenarios/spray.yaml");
    let whole = fs::read_to_string(&scenario).unwrap();
    let attack = whole.split("cases:").next().unwrap().to_owned();
    fs::write(&scenario, &attack).unwrap();
    let (_, less, _) = project.run_apart(&["coverage", "--format=json"]);
    assert_ne!(full, less, "{err}");
    let (code, _, err) = project.run_apart(&["new", "rules/spray.toml", "--fill-coverage"]);
    assert_eq!(code, 0, "{err}");
    let filled = fs::read_to_string(&scenario).unwrap();
    assert!(filled.starts_with(&attack), "{filled}");
    assert_eq!(
        filled.matches("- name:").count(),
        whole.matches("- name:").count()
    );
    let (code, out, err) = project.run_apart(&["test", "--check"]);
    assert_eq!(code, 0, "{out}{err}");
    // Filled is filled.
    let (code, _, err) = project.run_apart(&["new", "rules/spray.toml", "--fill-coverage"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(fs::read_to_string(&scenario).unwrap(), filled);
}

#[test]
fn an_esql_rule_that_takes_texts_apart_gets_the_texts_and_the_answer() {
    let project = Project::of(&[("rules/triage.toml", TRIAGE)]);
    let (code, out, err) = project.run_apart(&["new", "rules/triage.toml"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    let text = fs::read_to_string(project.file("scenarios/triage.yaml")).unwrap();
    assert!(text.contains("completions:"), "{text}");
    insta::assert_snapshot!("an_attack_of_texts", text);
    let (code, out, err) = project.run_apart(&["test", "--check"]);
    assert_eq!(code, 0, "{out}{err}");
}

#[test]
fn an_esql_rule_that_nothing_meets_is_said_with_its_condition() {
    let never = SPRAY.replace("users >= 3", "users >= 3 and users < 2");
    let project = Project::of(&[("rules/spray.toml", &never)]);
    let (code, _, err) = project.run_apart(&["new", "rules/spray.toml"]);
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("no values of the groups were found"), "{err}");
    assert!(!project.file("scenarios/spray.yaml").exists());
}
