//! The projects in `examples/`: each passes as it stands.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

fn run(project: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_trapline"))
        .args(arguments)
        .current_dir(project)
        .env("CI", "true")
        .env_remove("GITHUB_ACTIONS")
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

#[test]
fn every_example_passes_as_it_stands() {
    let mut names = Vec::new();
    for entry in fs::read_dir(root()).unwrap() {
        let project = entry.unwrap().path();
        if !project.is_dir() {
            continue;
        }
        for arguments in [["test"], ["check"]] {
            let (code, text) = run(&project, &arguments);
            assert_eq!(code, Some(0), "{}: {text}", project.display());
            assert!(!text.contains("0 rules"), "{text}");
        }
        names.push(project.file_name().unwrap().to_str().unwrap().to_owned());
    }
    names.sort();
    assert_eq!(
        names,
        ["cloud-audit", "detection-rules-fork", "elastic-defend"]
    );
    let page = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(
        names.iter().all(|name| page.contains(name.as_str())),
        "{page}"
    );
}

/// Of the same rule `init` and the example say the same, so that the tutorial tells of both.
#[test]
fn the_first_example_is_what_init_writes() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(folder.path(), &["init"]).0, Some(0));
    for (written, example) in [
        ("rules/example.toml", "rules/office_shell.toml"),
        ("scenarios/example.yaml", "scenarios/office_shell.yaml"),
    ] {
        let written = fs::read_to_string(folder.path().join(written)).unwrap();
        let example = fs::read_to_string(root().join("elastic-defend").join(example)).unwrap();
        assert_eq!(written, example);
    }
}

/// The layout of detection-rules is found without configuration.
#[test]
fn init_reads_the_directories_of_a_fork() {
    let folder = tempfile::tempdir().unwrap();
    let fork = root().join("detection-rules-fork");
    let copied = Command::new("cp")
        .arg("-R")
        .arg(fork.join("."))
        .arg(folder.path())
        .status();
    assert!(copied.unwrap().success());
    let kept = fs::read_to_string(folder.path().join("trapline.toml")).unwrap();
    fs::remove_file(folder.path().join("trapline.toml")).unwrap();
    assert_eq!(run(folder.path(), &["init"]).0, Some(0));
    let written = fs::read_to_string(folder.path().join("trapline.toml")).unwrap();
    let rules = |text: &str| {
        text.lines()
            .find(|line| line.starts_with("rules"))
            .unwrap()
            .to_owned()
    };
    assert_eq!(rules(&written), rules(&kept));
}
