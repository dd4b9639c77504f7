//! `trapline test --watch`: what a save touches runs again, however the editor saves, until Ctrl-C.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::project::{Project, RULE, SCENARIO};

/// Far more than any save takes; a test that waits for so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A second rule and its scenario, which nothing below touches.
const OTHER: &str = "[rule]\nname = \"Other\"\nrule_id = \"0d7e1c5a-6a52-4f0c-9f0e-444444444444\"\ntype = \"eql\"\nlanguage = \"eql\"\nrisk_score = 47\nseverity = \"medium\"\nindex = [\"logs-endpoint.events.process-*\"]\nquery = 'process where process.name : \"other.exe\"'\n";
const OTHER_SCENARIO: &str = "attack:\n  name: the other\n  events:\n    other: {is: process, process.executable: C:\\other.exe}\n  expect: alert\n";

/// A watching program, and what it says.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn new(project: &Project) -> Self {
        let mut command = project.trapline(&["test", "--watch", "--format", "json=out.json"]);
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut watch = Self { child, lines };
        watch.until_it_waits();
        watch
    }

    /// What it says before it waits for the next save.
    fn until_it_waits(&mut self) -> Vec<String> {
        let mut said = Vec::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap();
            if line.starts_with("watching ") {
                return said;
            }
            said.push(line);
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The scenario files of the last run.
fn ran(project: &Project) -> Vec<String> {
    let mut text = String::new();
    fs::File::open(project.file("out.json"))
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let checks = json["checks"].as_array().unwrap();
    let mut files: Vec<String> = checks
        .iter()
        .map(|check| check["scenario"].as_str().unwrap().to_owned())
        .collect();
    files.dedup();
    files
}

fn project() -> Project {
    let project = Project::shipped();
    fs::write(project.file("rules/other.toml"), OTHER).unwrap();
    fs::write(project.file("scenarios/other.yaml"), OTHER_SCENARIO).unwrap();
    project
}

#[test]
fn what_a_save_touches_runs_again_and_nothing_else() {
    let project = project();
    let mut watch = Watch::new(&project);
    assert_eq!(ran(&project).len(), 2);

    // In place.
    let rule = fs::read_to_string(project.file(RULE)).unwrap();
    fs::write(
        project.file(RULE),
        rule.replace("powercfg.exe", "powercfh.exe"),
    )
    .unwrap();
    let said = watch.until_it_waits();
    assert!(said.contains(&format!("saved    {RULE}")), "{said:?}");
    assert_eq!(ran(&project), [SCENARIO]);

    // By a rename, as many editors save.
    fs::write(
        project.file("other.new"),
        OTHER_SCENARIO.replace("the other", "another"),
    )
    .unwrap();
    fs::rename(
        project.file("other.new"),
        project.file("scenarios/other.yaml"),
    )
    .unwrap();
    let said = watch.until_it_waits();
    assert!(
        said.contains(&"saved    scenarios/other.yaml".to_owned()),
        "{said:?}"
    );
    assert_eq!(ran(&project), ["scenarios/other.yaml"]);
}

#[test]
fn what_is_broken_is_said_and_mended_by_the_next_save() {
    let project = project();
    let mut watch = Watch::new(&project);
    fs::write(project.file("rules/other.toml"), "[rule").unwrap();
    let said = watch.until_it_waits();
    assert!(
        said.iter().any(|line| line.starts_with("error[")),
        "{said:?}"
    );
    fs::write(project.file("rules/other.toml"), OTHER).unwrap();
    let said = watch.until_it_waits();
    assert!(
        !said.iter().any(|line| line.starts_with("error[")),
        "{said:?}"
    );
}

#[test]
fn files_come_and_go() {
    let project = project();
    fs::remove_file(project.file("rules/other.toml")).unwrap();
    let mut watch = Watch::new(&project);
    fs::write(project.file("rules/other.toml"), OTHER).unwrap();
    let said = watch.until_it_waits();
    assert!(
        said.contains(&"saved    rules/other.toml".to_owned()),
        "{said:?}"
    );
    assert_eq!(ran(&project), ["scenarios/other.yaml"]);
    fs::remove_file(project.file("scenarios/other.yaml")).unwrap();
    let said = watch.until_it_waits();
    assert!(
        said.contains(&"gone     scenarios/other.yaml".to_owned()),
        "{said:?}"
    );
    fs::write(
        project.file("trapline.toml"),
        "[[project]]\nrules = [\"rules\"]\nscenarios = \"scenarios\"\n",
    )
    .unwrap();
    watch.until_it_waits();
    assert_eq!(ran(&project), [SCENARIO]);
}

#[test]
fn ctrl_c_ends_it() {
    let project = project();
    let mut watch = Watch::new(&project);
    let pid = watch.child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(sent.success());
    assert_eq!(watch.child.wait().unwrap().code(), Some(130));
}
