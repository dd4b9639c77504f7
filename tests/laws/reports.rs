//! Small failing inputs made from public bug reports, in `../shared/cases/reports`: each has a
//! `run.sh` that the built program must answer with exit code 0.

use std::path::PathBuf;
use std::process::Command;

use crate::shared::shared;

/// A case whose script cannot end with 0, whatever the program says: a line of Python in it loses its
/// quotes. [`a_filter_that_cannot_be_read_makes_its_rule_unsupported`] holds what it states.
const BROKEN_SCRIPT: &str = "04-scan-ignores-filters";

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn every_report_is_answered_as_elasticsearch_or_kibana_would() {
    let Some(folder) = shared("cases/reports") else {
        return;
    };
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("run.sh").is_file())
        .collect();
    cases.sort();
    assert!(!cases.is_empty());
    let mut wrong = Vec::new();
    for case in cases {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let output = Command::new("bash")
            .arg("run.sh")
            .current_dir(&case)
            .env("TRAPLINE", env!("CARGO_BIN_EXE_trapline"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let is_right = if name == BROKEN_SCRIPT {
            let wrong = said.lines().filter(|line| line.starts_with("WRONG"));
            let wrong: Vec<&str> = wrong.collect();
            matches!(wrong.as_slice(), [only] if only.ends_with("got <>"))
        } else {
            output.status.success()
        };
        if !is_right {
            wrong.push(format!("{name}:\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the script of [`BROKEN_SCRIPT`] asks in its broken line: a rule with a filter that cannot be
/// run is unsupported, and there is no alert. Its own filter, a query string, can be run by now: then
/// only the event that it leaves raises an alert.
#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn a_filter_that_cannot_be_read_makes_its_rule_unsupported() {
    let Some(case) = shared("cases/reports").map(|folder| folder.join(BROKEN_SCRIPT)) else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let rules = directory.path().join("rules");
    std::fs::create_dir(&rules).unwrap();
    let scan = |text: &str| {
        std::fs::write(rules.join("a.toml"), text).unwrap();
        let stats = directory.path().join("stats.json");
        let output = Command::new(env!("CARGO_BIN_EXE_trapline"))
            .args(["scan", "--rules"])
            .arg(&rules)
            .arg(case.join("events.ndjson"))
            .arg("--stats")
            .arg(&stats)
            .current_dir(directory.path())
            .output()
            .unwrap();
        let stats = std::fs::read_to_string(stats).unwrap();
        let stats: serde_json::Value = serde_json::from_str(&stats).unwrap();
        let alerts = String::from_utf8(output.stdout).unwrap();
        (stats["unsupported"].as_array().unwrap().len(), alerts)
    };
    let rule = std::fs::read_dir(case.join("unsupported")).unwrap().next();
    let rule = std::fs::read_to_string(rule.unwrap().unwrap().path()).unwrap();
    let (unsupported, alerts) = scan(&rule);
    assert_eq!((unsupported, alerts.lines().count()), (0, 1), "{alerts}");
    assert!(alerts.contains("\"_id\":\"al\""), "{alerts}");
    let query = "[rule.filters.query.query_string]\nquery = \"user.name:bob\"";
    assert!(rule.contains(query));
    let script = "[rule.filters.query.script]\nscript = \"doc.containsKey('user.name')\"";
    let (unsupported, alerts) = scan(&rule.replace(query, script));
    assert_eq!((unsupported, alerts.as_str()), (1, ""));
}
