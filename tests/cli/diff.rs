//! `trapline diff`: a repository with a main branch, and a pull request that breaks an exclusion.

use std::fs;
use std::process::Command;

use insta_cmd::assert_cmd_snapshot;
use serde_json::Value;

use crate::production;
use crate::project::{Project, RULE, SCENARIO};

/// What git says to arguments, as a person without configuration.
pub(crate) fn git(project: &Project, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
        .args([
            "-c",
            "init.defaultBranch=main",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments)
        .current_dir(project.path())
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "git {arguments:?}: {text}");
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn commit(project: &Project, message: &str) {
    git(project, &["add", "--all"]);
    git(project, &["commit", "--quiet", "--message", message]);
}

/// The shipped rule on `main`; on `pull` its exclusion of an agent has lost two characters, and the
/// rule is louder.
pub(crate) fn repository() -> Project {
    let project = Project::shipped();
    git(&project, &["init", "--quiet"]);
    commit(&project, "The rule");
    git(&project, &["checkout", "--quiet", "-b", "pull"]);
    let project = project
        .with(RULE, "Ccm32BitLauncher.exe", "Ccm32BitLaunch.exe")
        .with(RULE, "severity = \"medium\"", "severity = \"high\"");
    commit(&project, "Shorter");
    project
}

#[test]
fn a_broken_exclusion_is_a_new_alert_with_the_clause_that_stopped_it() {
    assert_cmd_snapshot!(repository().trapline(&["diff", "main", "pull"]));
}

#[test]
fn the_comment_of_a_pull_request_says_the_worst_first() {
    assert_cmd_snapshot!(repository().trapline(&["diff", "main", "pull", "--format", "markdown"]));
}

/// What CI says of the same branch: at the lines, as test results, to code scanning, as a page.
#[test]
fn the_reports_of_a_pull_request_read_well() {
    let project = repository();
    let formats = ["github", "sarif", "junit", "html"];
    let files = formats.map(|format| format!("{format}={format}.out"));
    let mut arguments = vec!["test", "--check", "-k", "SCCM"];
    for file in &files {
        arguments.extend(["--format", file.as_str()]);
    }
    assert_eq!(project.run(&arguments).0, 1);
    for format in formats {
        let report = fs::read_to_string(project.file(&format!("{format}.out"))).unwrap();
        let report = match report.split_once("<header>") {
            // The style and the script are those of every page.
            Some((_, body)) => body.split_once("<script>").unwrap().0,
            None => report.as_str(),
        };
        insta::assert_snapshot!(format!("pull_request_{format}"), report);
    }
}

#[test]
fn for_programs_every_difference_has_its_clause_and_line() {
    let (code, text) = repository().run(&["diff", "main", "pull", "--format", "json"]);
    assert_eq!(code, 0);
    let report: Value = serde_json::from_str(&text).unwrap();
    let found = report["differences"].as_array().unwrap();
    assert!(!found.is_empty(), "{text}");
    for one in found {
        assert_eq!(one["class"], "new");
        assert_eq!(one["decided"][0]["file"], RULE);
        assert_eq!(one["decided"][0]["side"], "old");
        assert!(one["decided"][0]["line"].as_u64().is_some(), "{one}");
    }
    assert_eq!(report["summary"]["new"], found.len());
    assert_eq!(report["rules"][0]["metadata"][0]["key"], "severity");
}

#[test]
fn the_gate_is_the_class_that_is_named() {
    let project = repository();
    let code = |arguments: &[&str]| project.run(arguments).0;
    assert_eq!(code(&["diff", "main", "pull"]), 0);
    assert_eq!(code(&["diff", "main", "pull", "--fail-on", "lost"]), 0);
    assert_eq!(code(&["diff", "main", "pull", "--fail-on", "lost,new"]), 1);
    assert_eq!(code(&["diff", "pull", "main", "--fail-on", "lost"]), 1);
    assert_eq!(code(&["diff", "main", "main", "--fail-on", "lost,new"]), 0);
    assert_eq!(code(&["diff", "main", "--fail-on", "louder"]), 2);
    assert_eq!(code(&["diff", "no-such-revision"]), 2);
}

#[test]
fn neither_the_work_tree_nor_the_index_is_touched() {
    let project = repository().with(SCENARIO, "older direction value", "older value");
    let state = |project: &Project| {
        let index = fs::read(project.file(".git/index")).unwrap();
        (
            git(project, &["--no-optional-locks", "status", "--porcelain"]),
            index,
        )
    };
    let before = state(&project);
    assert!(before.0.contains(SCENARIO));
    let (code, text) = project.run(&["diff", "main"]);
    assert_eq!(code, 0, "{text}");
    assert_eq!(state(&project), before);
}

#[test]
fn a_case_that_the_newer_side_dropped_is_still_run() {
    let project = repository().with(
        SCENARIO,
        "        SCCM 32-bit launcher: C:\\Windows\\CCM\\Ccm32BitLauncher.exe\n",
        "",
    );
    let (code, text) = project.run(&["diff", "main", "--fail-on", "new"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("SCCM 32-bit launcher"), "{text}");
}

#[test]
fn two_directories_are_compared_without_git() {
    let (old, new) = (
        Project::shipped(),
        Project::shipped().with(RULE, "maxspan = 2s", "maxspan=1ms"),
    );
    let (old, new) = (old.path().to_str().unwrap(), new.path().to_str().unwrap());
    let (code, text) = Project::of(&[]).run(&["diff", old, new, "--fail-on", "lost"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("LOST"), "{text}");
}

#[test]
fn only_what_changed_is_run() {
    let other = "scenarios/other.yaml";
    let project = Project::shipped();
    let text = fs::read_to_string(project.file(SCENARIO)).unwrap();
    let rule = format!("rule: ../{RULE}\n{text}");
    fs::write(project.file(other), rule).unwrap();
    git(&project, &["init", "--quiet"]);
    commit(&project, "Both");
    let keys = |option: &str| project.run(&["test", "--list", option]);
    assert_eq!(keys("--changed"), (0, String::new()));
    fs::write(
        project.file(other),
        fs::read_to_string(project.file(other)).unwrap() + "\n",
    )
    .unwrap();
    let (code, text) = keys("--changed=main");
    assert_eq!(code, 0);
    assert!(
        !text.is_empty() && text.lines().all(|key| key.starts_with(other)),
        "{text}"
    );
    let project = project.with(RULE, "interval = \"5m\"", "interval = \"6m\"");
    let (_, text) = project.run(&["test", "--list", "--changed"]);
    assert!(text.contains(SCENARIO) && text.contains(other), "{text}");
    assert_eq!(
        project
            .run(&["test", "--list", "--changed=no-such-revision"])
            .0,
        2
    );
}

/// Two projects in one directory: the same rule and scenario, and what a test does to the rule and
/// the exceptions of each side.
fn sides(change: impl Fn(&str, &str, String) -> String) -> Project {
    let item = production::EXCEPTIONS
        .replace("FIELD", "user.name")
        .replace("TYPE", "match");
    let scenario = production::SCENARIO.replace(
        "sources: [elastic_defend]\n",
        "sources: [elastic_defend]\nexceptions: [../exceptions/a.toml]\n",
    );
    let mut files = Vec::new();
    for side in ["old", "new"] {
        for (file, text) in [
            ("rules/shell.toml", production::RULE),
            ("scenarios/shell.yaml", &scenario),
            ("exceptions/a.toml", &item),
        ] {
            files.push((
                format!("{side}/{file}"),
                change(side, file, text.to_owned()),
            ));
        }
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(file, text)| (file.as_str(), text.as_str()))
        .collect();
    Project::of(&files)
}

/// Neither rule nor scenario differs: the exception alone loses the alert.
#[test]
fn an_exception_that_hides_more_loses_an_alert() {
    let project =
        sides(|side, _, text| text.replace("VALUE", if side == "old" { "bob" } else { "ada" }));
    assert_cmd_snapshot!(project.trapline(&["diff", "./old", "./new"]));
    let (code, text) = project.run(&["diff", "./new", "./old", "--fail-on", "new"]);
    assert_eq!(code, 1, "{text}");
    assert_eq!(
        project
            .run(&["diff", "./new", "./new", "--fail-on", "new"])
            .0,
        0
    );
}

/// An item that came, in a file that was not there.
#[test]
fn an_exception_that_came_is_named_with_what_it_hides() {
    let project = sides(|_, _, text| text.replace("VALUE", "ada"));
    fs::remove_file(project.file("old/exceptions/a.toml")).unwrap();
    let (code, text) = project.run(&["diff", "./old", "./new", "--format", "json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(code, 0);
    assert_eq!(report["summary"]["lost"], 1, "{text}");
    let changed = &report["rules"][0]["metadata"];
    let expected = serde_json::json!([
        {"key": "exception an item", "before": "", "after": "user.name: \"ada\""}
    ]);
    assert_eq!(*changed, expected);
}

#[test]
fn filters_lists_and_suppression_are_metadata_that_matter() {
    let keys = "risk_score = 47
rule_name_override = 'process.name'
filters = [{meta = {negate = true}, query = {match_phrase = {'user.name' = 'ada'}}}]
exceptions_list = [{id = 'i', list_id = 'l', namespace_type = 'single', type = 'detection'}]
[rule.alert_suppression]
group_by = ['host.id']
missing_fields_strategy = 'doNotSuppress'
duration = {value = 5, unit = 'h'}
[[rule.severity_mapping]]
field = 'user.name'
operator = 'equals'
severity = 'critical'
value = 'root'
";
    let project = sides(|side, file, text| {
        let text = text.replace("VALUE", "bob");
        if (side, file) != ("new", "rules/shell.toml") {
            return text;
        }
        // Tables stand behind the other keys.
        let (keys, tables) = keys.split_at(keys.find("[rule.").unwrap());
        text.replace("risk_score = 47\n", keys) + tables
    });
    let (code, text) = project.run(&["diff", "./old", "./new"]);
    assert_eq!(code, 0, "{text}");
    let rule = text.split_once("changed  Shell that stays").unwrap().1;
    let lines: Vec<&str> = rule.lines().skip(1).map(str::trim).collect();
    let expected = [
        "exceptions_list: none → l",
        "filters: none → not user.name: \"ada\"",
        "alert_suppression: none → by host.id for 5h, without the field one by one",
        "severity_mapping: none → user.name = root is critical",
        "rule_name_override: none → process.name",
    ];
    assert_eq!(
        lines.get(..expected.len()),
        Some(expected.as_slice()),
        "{text}"
    );
}
