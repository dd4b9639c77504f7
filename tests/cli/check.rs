//! `trapline check`: exit codes, formats, levels of lints, and what is selected.

use std::process::Command;

use insta_cmd::assert_cmd_snapshot;

/// A project with these files, not in CI, without colours.
struct Project(tempfile::TempDir);

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(directory)
    }

    fn check(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trapline"));
        command
            .arg("check")
            .args(arguments)
            .current_dir(self.0.path())
            .env_remove("CI")
            .env_remove("CLICOLOR_FORCE")
            .env("NO_COLOR", "1")
            .env("COLUMNS", "100");
        command
    }
}

fn rule(id: &str, query: &str) -> String {
    format!(
        "[rule]\nname = 'A rule'\nrule_id = '{id}'\ntype = 'eql'\nlanguage = 'eql'\nseverity = 'low'\n\
         risk_score = 21\nindex = ['logs-endpoint.events.process-*', 'winlogbeat-*']\nfrom = 'now-9m'\n\
         query = '''\n{query}\n'''\n"
    )
}

const GOOD: &str = "process where process.name : \"cmd.exe\"";
const WARNS: &str = "process where process.name : (\"cmd*\", \"cmd.exe\")";
const FAILS: &str = "process where process.nme : \"cmd.exe\"";

#[test]
fn a_rule_in_order_passes() {
    let project = Project::new(&[("rules/a.toml", &rule("1", GOOD))]);
    assert_cmd_snapshot!(project.check(&[]));
}

#[test]
fn a_warning_passes_and_an_error_does_not() {
    let project = Project::new(&[
        ("rules/a.toml", &rule("1", WARNS)),
        ("rules/b.toml", &rule("2", FAILS)),
    ]);
    assert_cmd_snapshot!(project.check(&["rules/a.toml"]));
    assert_cmd_snapshot!(project.check(&["rules"]));
}

#[test]
fn the_same_a_finding_a_line_and_as_json() {
    let project = Project::new(&[("rules/b.toml", &rule("2", FAILS))]);
    assert_cmd_snapshot!(project.check(&["--format", "concise"]));
    assert_cmd_snapshot!(project.check(&["--format", "json"]));
}

#[test]
fn a_lint_may_be_denied_or_allowed_on_the_command_line() {
    let project = Project::new(&[("rules/a.toml", &rule("1", WARNS))]);
    assert_cmd_snapshot!(project.check(&["--deny", "covered-list-item", "--format", "concise"]));
    assert_cmd_snapshot!(project.check(&["--allow", "covered-list-item"]));
    assert_cmd_snapshot!(project.check(&["--deny", "covered-list-items"]));
}

#[test]
fn a_lint_may_be_denied_or_allowed_in_the_configuration() {
    let denied = "[check]\ndeny = ['covered-list-item']\n";
    let unknown = "[check]\nallow = ['covered-item']\n";
    let a = rule("1", WARNS);
    let project = Project::new(&[("rules/a.toml", &a), ("trapline.toml", denied)]);
    assert_cmd_snapshot!(project.check(&["--format", "concise"]));
    assert_cmd_snapshot!(project.check(&["--allow", "covered-list-item"]));
    let project = Project::new(&[("rules/a.toml", &a), ("trapline.toml", unknown)]);
    assert_cmd_snapshot!(project.check(&[]));
}

#[test]
fn two_rules_of_one_id_are_an_error() {
    let project = Project::new(&[
        ("rules/a.toml", &rule("1", GOOD)),
        ("rules/b.toml", &rule("1", GOOD)),
    ]);
    assert_cmd_snapshot!(project.check(&[]));
}

#[test]
fn a_rule_that_cannot_be_loaded_is_another_exit_code() {
    let project = Project::new(&[
        ("rules/a.toml", "[rule]\nname = 3\n"),
        ("rules/b.toml", &rule("2", FAILS)),
    ]);
    assert_cmd_snapshot!(project.check(&["--format", "concise"]));
}

#[test]
fn other_types_are_counted_and_deprecated_rules_left_out() {
    let kuery = rule("1", "process.name: a")
        .replace("'eql'\nlang", "'query'\nlang")
        .replace("language = 'eql'", "language = 'kuery'");
    let learned = "[rule]\nname = 'ML'\nrule_id = 'r-4'\ntype = 'machine_learning'\nseverity = 'low'\n\
                   risk_score = 21\nanomaly_threshold = 50\nmachine_learning_job_id = 'x'\n";
    let deprecated = format!("[metadata]\nmaturity = 'deprecated'\n{}", rule("3", FAILS));
    let project = Project::new(&[
        ("rules/_deprecated/a.toml", &rule("2", FAILS)),
        ("rules/b.toml", &deprecated),
        ("rules/c.toml", &kuery),
        ("rules/d.toml", learned),
    ]);
    assert_cmd_snapshot!(project.check(&[]));
}

#[test]
fn nothing_to_check_is_an_error() {
    assert_cmd_snapshot!(Project::new(&[]).check(&[]));
}

#[test]
fn a_mistake_in_a_scenario_is_found() {
    let scenario = "attack:\n  name: a\n  events:\n    child: {is: process, process.nme: cmd.exe}\n  expect: alert\n";
    let project = Project::new(&[
        ("rules/a.toml", &rule("1", GOOD)),
        ("scenarios/a.yaml", scenario),
    ]);
    assert_cmd_snapshot!(project.check(&["--format", "concise"]));
}

#[test]
fn a_case_that_proves_nothing_is_a_warning() {
    let query = "process where process.name : \"cmd.exe\" and process.args : \"/c\"";
    let scenario = "attack:\n  name: a shell\n  events:\n    shell:\n      is: process\n      \
         process.executable: C:\\Windows\\cmd.exe\n      process.args: [cmd.exe, /c]\n  expect: alert\n\
         cases:\n  - name: another program that does another thing\n    change:\n      \
         shell: {process.executable: C:\\Windows\\net.exe, process.args: [net.exe, use]}\n    \
         expect: none\n  - name: no argument\n    change: {shell: {process.args: [cmd.exe]}}\n    \
         expect: none\n";
    let project = Project::new(&[
        ("rules/a.toml", &rule("1", query)),
        ("scenarios/a.yaml", scenario),
    ]);
    assert_cmd_snapshot!(project.check(&[]));
    assert_cmd_snapshot!(project.check(&["--deny", "vacuous-case", "--format", "concise"]));
    assert_cmd_snapshot!(project.check(&["--allow", "vacuous-case"]));
}

#[test]
fn figures_say_nothing_of_the_rules() {
    let project = Project::new(&[
        ("rules/a.toml", &rule("1", WARNS)),
        ("rules/b.toml", &rule("2", FAILS)),
    ]);
    assert_cmd_snapshot!(project.check(&["--format", "markdown"]));
}

#[test]
fn an_exception_on_a_new_term_is_told_to_hide_its_past() {
    let rule = r#"{"rule_id":"5f5d5c5e-0000-4000-8000-000000000001","name":"n","type":"new_terms","language":"kuery","severity":"low","risk_score":21,"query":"event.category: process","index":["logs-endpoint.events.process-*"],"from":"now-9m","new_terms_fields":["user.name"],"history_window_start":"now-7d","exceptions_list":[{"id":"x","list_id":"own","type":"detection","namespace_type":"single"}]}"#;
    let item = |field: &str| {
        format!(
            r#"{{"list_id":"own","item_id":"i","type":"simple","name":"an item","entries":[{{"field":"{field}","operator":"included","type":"match","value":"alice"}}]}}"#
        )
    };
    for (field, hides) in [("user.name", true), ("process.name", false)] {
        let project = Project::new(&[("rules/a.ndjson", &format!("{rule}\n{}\n", item(field)))]);
        let output = project.check(&[]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let lint = "new-terms-exception-hides-past";
        assert_eq!(text.contains(lint), hides, "{text}");
    }
}

/// The findings as JSON, which must fit the schema of `trapline schema check`.
fn findings(project: &Project, arguments: &[&str]) -> Vec<serde_json::Value> {
    let output = project.check(arguments).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema = Command::new(env!("CARGO_BIN_EXE_trapline"))
        .args(["schema", "check"])
        .output()
        .unwrap();
    let schema = serde_json::from_slice(&schema.stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let misfits: Vec<String> = validator
        .iter_errors(&report)
        .map(|misfit| misfit.to_string())
        .collect();
    assert!(misfits.is_empty(), "{misfits:?}");
    report["findings"].as_array().unwrap().clone()
}

#[test]
fn a_finding_says_what_is_wrong_to_programs() {
    for (language, query, cause, details) in [
        (
            "eql",
            FAILS,
            "unknown-column",
            serde_json::json!({"name": "process.nme", "suggestion": "process.name"}),
        ),
        (
            "eql",
            "process where process.name : \"a\" && true",
            "foreign-operator",
            serde_json::json!({"found": "&&", "expected": "and"}),
        ),
        (
            "eql",
            "process where process.pid == \"a\"",
            "unfit-constant",
            serde_json::json!({"name": "process.pid", "found": "\"a\"", "expected": "long", "why": "not-a-number"}),
        ),
        (
            "kuery",
            "process.name:",
            "unexpected",
            serde_json::json!({"expected": "\"(\", \"{\", value, whitespace"}),
        ),
        (
            "lucene",
            "process.name:(",
            "ends-early",
            serde_json::Value::Null,
        ),
        (
            "esql",
            "FROM logs-endpoint.events.process-* | WERE process.pid > 4",
            "unknown-command",
            serde_json::json!({"name": "were", "suggestion": "WHERE"}),
        ),
    ] {
        let kind = match language {
            "kuery" | "lucene" => "query",
            other => other,
        };
        let text = rule("1", query)
            .replace("type = 'eql'", &format!("type = '{kind}'"))
            .replace("language = 'eql'", &format!("language = '{language}'"));
        let text = if language == "esql" {
            text.replace(
                "index = ['logs-endpoint.events.process-*', 'winlogbeat-*']\n",
                "",
            )
        } else {
            text
        };
        let project = Project::new(&[("rules/a.toml", &text)]);
        let found = findings(&project, &["--format", "json"]);
        let causes: Vec<_> = found.iter().map(|one| &one["cause"]).collect();
        let own = found.iter().find(|one| one["cause"] == cause);
        let own = own.unwrap_or_else(|| panic!("{query}: {causes:?}"));
        assert_eq!(own["details"], details, "{query}");
    }
}

/// A lint has no narrower word than its name.
#[test]
fn a_finding_of_a_lint_has_no_cause() {
    let project = Project::new(&[("rules/a.toml", &rule("1", WARNS))]);
    let found = findings(&project, &["--format", "json"]);
    assert!(!found.is_empty());
    assert!(found.iter().all(|one| one["cause"].is_null()), "{found:?}");
}
