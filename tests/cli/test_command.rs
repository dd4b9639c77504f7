//! `trapline test` as a person meets it, on a small project of its own.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

const RULE: &str = r#"[metadata]
maturity = "production"

[rule]
name = "Shell from an office program"
rule_id = "r-1"
type = "eql"
language = "eql"
severity = "high"
risk_score = 73
index = ["logs-endpoint.events.process-*"]
query = '''
process where event.type == "start" and process.parent.name : "winword.exe" and
  process.name : ("cmd.exe", "powershell.exe") and
  not user.id == "S-1-5-18"
'''
"#;

const SCENARIO: &str = r"attack:
  name: Word starts a shell
  events:
    shell:
      is: process
      process.parent.executable: C:\Office\WINWORD.EXE
      process.executable: C:\Windows\System32\cmd.exe
      user.id: S-1-5-21-1-2-3-1001
  expect: alert
cases:
  - name: PowerShell
    change: {shell: {process.executable: C:\Windows\powershell.exe}}
    expect: alert
  - name: as SYSTEM
    change: {shell: {user.id: S-1-5-18}}
    expect: none
    because: user.id
";

/// A project with one rule and one scenario.
fn project() -> TempDir {
    let project = tempfile::tempdir().unwrap();
    for folder in ["rules", "scenarios"] {
        fs::create_dir(project.path().join(folder)).unwrap();
    }
    fs::write(project.path().join("rules/office.toml"), RULE).unwrap();
    fs::write(project.path().join("scenarios/office.yaml"), SCENARIO).unwrap();
    project
}

/// The same with its behaviour accepted.
fn accepted() -> TempDir {
    let project = project();
    run(&project, &["test", "--accept"], false);
    project
}

/// Exit code, standard output and standard error of one run.
fn run(project: &TempDir, arguments: &[&str], ci: bool) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trapline"));
    command
        .args(arguments)
        .current_dir(project.path())
        .env("NO_COLOR", "1");
    if ci {
        command.env("CI", "true");
    } else {
        command.env_remove("CI");
    }
    let output = command.output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!(
        "exit {}\n--- stdout\n{}--- stderr\n{}",
        output.status.code().unwrap(),
        said(&output.stdout),
        said(&output.stderr)
    )
}

fn edit(project: &TempDir, file: &str, from: &str, to: &str) {
    let path = project.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} holds no `{from}`");
    fs::write(path, text.replace(from, to)).unwrap();
}

fn files(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names.extend(files(&path));
        } else {
            names.push(path.display().to_string());
        }
    }
    names.sort();
    names
}

#[test]
fn a_new_scenario_asks_for_review_and_accepting_it_passes() {
    let project = project();
    insta::assert_snapshot!("new", run(&project, &["test"], false));
    insta::assert_snapshot!("accept", run(&project, &["test", "--accept"], false));
    insta::assert_snapshot!("passed", run(&project, &["test"], false));
    let snapshot = project.path().join("scenarios/__snapshots__/office.snap");
    insta::assert_snapshot!("snapshot", fs::read_to_string(snapshot).unwrap());
}

#[test]
fn a_lost_alert_shows_the_clause_and_how_to_run_it_again() {
    let project = accepted();
    edit(&project, "rules/office.toml", "\"cmd.exe\", ", "");
    insta::assert_snapshot!(run(&project, &["test"], true));
}

#[test]
fn a_stale_pin_asks_to_be_taken_out() {
    let project = accepted();
    edit(
        &project,
        "scenarios/office.yaml",
        "expect: alert\ncases",
        "expect: {gap: known}\ncases",
    );
    insta::assert_snapshot!(run(&project, &["test"], true));
}

#[test]
fn a_case_that_changes_nothing_is_invalid_and_one_that_proves_nothing_is_vacuous() {
    let project = accepted();
    edit(
        &project,
        "scenarios/office.yaml",
        "  - name: as SYSTEM",
        "  - name: the same\n    change: {shell: {user.id: S-1-5-21-1-2-3-1001}}\n    expect: none\n  \
         - name: two reasons\n    change: {shell: {user.id: S-1-5-18, event.type: end}}\n    expect: none\n  \
         - name: as SYSTEM",
    );
    insta::assert_snapshot!(run(&project, &["test"], true));
}

#[test]
fn a_query_that_elasticsearch_would_refuse_is_unverifiable() {
    let project = accepted();
    edit(
        &project,
        "rules/office.toml",
        "not user.id ==",
        "not usr.id ==",
    );
    insta::assert_snapshot!(run(&project, &["test"], true));
}

#[test]
fn the_json_report_is_the_contract() {
    insta::assert_snapshot!(run(&accepted(), &["test", "--format", "json"], true));
}

#[test]
fn selections_and_keys_pick_checks_and_none_is_an_error() {
    let project = accepted();
    let listed = |arguments: &[&str]| run(&project, arguments, true);
    insta::assert_snapshot!("list", listed(&["test", "--list"]));
    insta::assert_snapshot!(
        "select",
        listed(&["test", "--list", "-k", "powershell or case:system"])
    );
    let key = "scenarios/office.yaml::PowerShell[elastic_defend]";
    insta::assert_snapshot!("key", listed(&["test", key]));
    insta::assert_snapshot!("nothing", listed(&["test", "-k", "nothing"]));
    insta::assert_snapshot!("source", listed(&["test", "--source", "sysmn"]));
}

#[test]
fn what_cannot_be_loaded_is_said_in_one_run_and_nothing_is_written() {
    let project = accepted();
    let before = files(project.path());
    let rule = "rules/office.toml";
    edit(&project, rule, "severity = \"high\"", "severity = \"hgh\"");
    edit(
        &project,
        rule,
        "risk_score = 73",
        "risk_score = 173\nrisk_scor = 1",
    );
    insta::assert_snapshot!("rule", run(&project, &["test"], false));
    fs::write(project.path().join(rule), RULE).unwrap();
    edit(
        &project,
        rule,
        "event.type == \"start\"",
        "event.type = \"start\"",
    );
    edit(
        &project,
        rule,
        "(\"cmd.exe\", \"powershell.exe\")",
        "(\"cmd.exe\", )",
    );
    insta::assert_snapshot!("query", run(&project, &["test"], false));
    fs::write(project.path().join(rule), RULE).unwrap();
    let scenario = "scenarios/office.yaml";
    edit(&project, scenario, "user.id: S-1-5-18", "usr.id: S-1-5-18");
    edit(
        &project,
        scenario,
        "name: PowerShell\n",
        "name: PowerShell\n    onyl: [sysmon]\n",
    );
    insta::assert_snapshot!("scenario", run(&project, &["test"], false));
    assert_eq!(files(project.path()), before);
}

#[test]
fn nothing_is_written_in_ci_or_with_check() {
    let project = project();
    let before = files(project.path());
    run(&project, &["test"], true);
    run(&project, &["test", "--check"], false);
    assert_eq!(files(project.path()), before);
    insta::assert_snapshot!(run(&project, &["test", "--accept"], true));
}

#[test]
fn a_snapshot_without_a_scenario_fails_in_ci() {
    let project = accepted();
    fs::remove_file(project.path().join("scenarios/office.yaml")).unwrap();
    fs::write(
        project.path().join("scenarios/other.yaml"),
        SCENARIO.replace("attack:", "rule: ../rules/office.toml\nattack:"),
    )
    .unwrap();
    insta::assert_snapshot!(run(&project, &["test"], true));
}

#[test]
fn the_same_input_gives_the_same_bytes_on_any_number_of_threads() {
    let project = project();
    for number in 0..12 {
        let name = |folder: &str, suffix: &str| format!("{folder}/r{number}.{suffix}");
        fs::write(project.path().join(name("rules", "toml")), RULE).unwrap();
        fs::write(project.path().join(name("scenarios", "yaml")), SCENARIO).unwrap();
    }
    let one = run(&project, &["test", "-j", "1", "--format", "json"], true);
    let four = run(&project, &["test", "-j", "4", "--format", "json"], true);
    assert_eq!(one, four);
}

#[test]
fn bad_input_is_an_error_with_a_place_and_no_panic() {
    let project = accepted();
    let scenario = project.path().join("scenarios/office.yaml");
    let deep = format!("attack: {}{}", "[".repeat(10_000), "]".repeat(10_000));
    let bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n\
                c: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c]\n\
                e: &e [*d, *d, *d, *d, *d, *d, *d, *d]\nf: &f [*e, *e, *e, *e, *e, *e, *e, *e]\n"
        .to_owned();
    let large = format!("# {}\n", "x".repeat(17 * 1024 * 1024));
    let mut said = Vec::new();
    for (name, bytes) in [
        ("empty", Vec::new()),
        ("not UTF-8", vec![0xff, 0xfe, 0x00]),
        ("10,000 deep", deep.into_bytes()),
        ("alias bomb", bomb.into_bytes()),
        ("above 16 MiB", large.into_bytes()),
        ("tabs", b"attack:\n\tname: x\n".to_vec()),
    ] {
        fs::write(&scenario, bytes).unwrap();
        let output = run(&project, &["test"], true);
        assert!(output.starts_with("exit 3\n"), "{name}: {output}");
        let first = output.lines().find(|line| line.starts_with("error"));
        said.push(format!("{name}: {}", first.unwrap_or("no error line")));
    }
    fs::remove_file(&scenario).unwrap();
    fs::create_dir(&scenario).unwrap();
    for (name, arguments) in [
        ("a directory without scenarios", ["test", "scenarios"]),
        ("a missing path", ["test", "scenarios/none.yaml"]),
        ("an unknown option", ["test", "--none"]),
    ] {
        let output = run(&project, &arguments, true);
        said.push(format!("{name}: {}", output.lines().next().unwrap()));
    }
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn fail_fast_stops_at_the_first_failure() {
    let project = accepted();
    edit(&project, "rules/office.toml", "winword.exe", "excel.exe");
    let all = run(&project, &["test", "--format", "json"], true);
    let first = run(&project, &["test", "--fail-fast", "--format", "json"], true);
    assert!(all.contains("\"checks\": 3"), "{all}");
    assert!(
        first.starts_with("exit 1\n") && first.contains("\"checks\": 1"),
        "{first}"
    );
}
