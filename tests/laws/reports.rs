//! Small failing inputs made from public bug reports, in `../shared/cases/reports`: each has a
//! `run.sh` that the built program must answer with exit code 0.

use std::path::PathBuf;
use std::process::Command;

use crate::shared::shared;

/// The cases that other parts of the program have to meet first.
const AWAITED: &[&str] = &[
    "04-scan-ignores-filters",
    "11-sysmon-hashes-of-deleted-files",
    "22-import-of-sequence-alerts",
    "24-group-events-without-group",
];

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
        if !output.status.success() && !AWAITED.contains(&name.as_str()) {
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            wrong.push(format!("{name}:\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
