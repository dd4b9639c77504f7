//! `trapline review` without a terminal, and what `init`, `schema`, `completions` and `man` write.

use std::fs;

use crate::project::{Project, RULE, SCENARIO};

const SNAPSHOT: &str = "scenarios/windows/__snapshots__/lateral_movement_incoming_wmi.snap";
/// Its outcome hangs on the exclusion below.
const CASE: &str = "well-known accounts / LOCAL SERVICE";

/// The shipped rule with the blocker of one case widened: the reason of its entries changes.
fn changed() -> Project {
    let project = Project::shipped().with(RULE, "\"S-1-5-19\"", "\"S-1-5-19*\"");
    let output = project.trapline(&["test"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    project
}

fn review(project: &Project, arguments: &[&str]) -> (Option<i32>, String) {
    let arguments = [&["review"], arguments].concat();
    let output = project.trapline(&arguments).output().unwrap();
    let text =
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code(), text)
}

fn read(project: &Project, name: &str) -> Option<String> {
    fs::read_to_string(project.path().join(name)).ok()
}

#[test]
fn what_waits_is_listed_shown_accepted_and_rejected() {
    let project = changed();
    let (code, list) = review(&project, &["--list"]);
    assert_eq!(code, Some(0));
    insta::assert_snapshot!("review_list", list);
    let key = format!("{SCENARIO}::{CASE}[elastic_defend]");
    let (code, shown) = review(&project, &["--show", &key]);
    assert_eq!(code, Some(0));
    insta::assert_snapshot!("review_show", shown);

    let before = read(&project, SNAPSHOT).unwrap();
    assert_eq!(review(&project, &["--accept", &key]).0, Some(0));
    let accepted = read(&project, SNAPSHOT).unwrap();
    assert_ne!(accepted, before);
    assert!(!review(&project, &["--list"]).1.contains(&key));

    let (code, text) = review(&project, &["--reject", SCENARIO]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(
        read(&project, SNAPSHOT).unwrap(),
        accepted,
        "a rejection leaves the snapshot"
    );
    assert_eq!(read(&project, &format!("{SNAPSHOT}.new")), None);
    assert!(
        review(&project, &["--list"])
            .1
            .contains("no changes to review")
    );
}

#[test]
fn a_key_that_waits_for_nothing_is_an_error() {
    let project = changed();
    for option in ["--show", "--accept", "--reject"] {
        let (code, text) = review(&project, &[option, "scenarios/a.yaml::b[c]"]);
        assert_eq!(code, Some(4), "{text}");
    }
    let mut command = project.trapline(&["review", "--accept", SCENARIO]);
    assert_eq!(
        command.env("CI", "1").output().unwrap().status.code(),
        Some(2)
    );
}

/// What the program says on a terminal while these keys are typed, and how it ends; `None` where
/// there is no `script` to make a terminal.
#[cfg(target_os = "linux")]
fn on_a_terminal(project: &Project, arguments: &str, keys: &str) -> Option<(i32, String)> {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let program = format!("{} {arguments}", env!("CARGO_BIN_EXE_trapline"));
    let child = Command::new("script")
        .args(["--quiet", "--return", "--command", &program, "/dev/null"])
        .current_dir(project.path())
        .env_remove("CI")
        .env("NO_COLOR", "1")
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("skipped: there is no `script`, which makes a terminal");
        return None;
    };
    child
        .stdin
        .take()
        .unwrap()
        .write_all(keys.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout)
        .unwrap()
        .replace("\r\n", "\n");
    Some((output.status.code().unwrap(), text))
}

/// Three changes, two of them alike: accepted and undone, a key that is none, skipped and undone,
/// accepted, explained, and left.
#[test]
#[cfg(target_os = "linux")]
fn the_keys_of_a_terminal_decide_and_undo() {
    let project = Project::shipped().with(RULE, "\"S-1-5-19\"", "\"S-1-5-19*\"");
    let before = read(&project, SNAPSHOT).unwrap();
    let Some((code, text)) = on_a_terminal(&project, "test --review", "auxusuaeq") else {
        return;
    };
    assert_eq!(code, 1, "{text}");
    let said = [
        "accepted",
        "undone",
        "q  quit; what is not decided waits on",
        "there is nothing to undo",
        "skipped: it stays pending",
        "undone",
        "accepted",
        "1 accepted, 0 rejected, 2 waiting",
    ];
    let known: Vec<&str> = text.lines().filter(|line| said.contains(line)).collect();
    assert_eq!(known, said, "{text}");
    assert!(text.contains("would alert if user.id : \"S-1-5-19*\" were false on child"));
    let accepted = read(&project, SNAPSHOT).unwrap();
    let changed = before.lines().zip(accepted.lines());
    assert_eq!(changed.filter(|(old, new)| old != new).count(), 1);
    assert!(
        text.ends_with("list     trapline review --list\n"),
        "{text}"
    );
    assert_eq!(review(&project, &["--list"]).1.matches("REASON").count(), 1);

    // All that waits is taken: the run passes.
    let (code, text) = on_a_terminal(&project, "test --review", "a").unwrap();
    assert_eq!(code, 0, "{text}");
    assert!(
        text.ends_with("2 accepted, 0 rejected, 0 waiting\n"),
        "{text}"
    );
    assert_eq!(project.run(&["test"]).0, 0);
    let (_, text) = on_a_terminal(&project, "review", "").unwrap();
    assert_eq!(text, "no changes to review\n");
}

#[test]
fn test_review_without_a_terminal_lists_what_waits() {
    let project = Project::shipped().with(RULE, "\"S-1-5-19\"", "\"S-1-5-19*\"");
    let (code, text) = project.run(&["test", "--review", "--failures-only"]);
    assert_eq!(code, 1);
    let (_, listed) = review(&project, &["--list"]);
    assert!(text.ends_with(&listed), "{text}");
    let mut command = project.trapline(&["test", "--review"]);
    let output = command.env("CI", "1").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("`--review` while `CI` is set"));
    assert_eq!(project.run(&["test", "--review", "--accept"]).0, 2);
}

/// insta's own reader and its editor plug-ins read our snapshots.
#[test]
fn insta_reads_every_snapshot_of_the_repository() {
    let mut count = 0;
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    for folder in fs::read_dir(root).unwrap() {
        let snapshots = folder.unwrap().path().join("__snapshots__");
        for file in fs::read_dir(snapshots).into_iter().flatten() {
            let path = file.unwrap().path();
            let snapshot = insta::Snapshot::from_file(&path).unwrap();
            let text = fs::read_to_string(&path).unwrap();
            let body = text.splitn(3, "---\n").nth(2).unwrap();
            assert_eq!(
                snapshot.as_text().unwrap().to_string().trim(),
                body.trim(),
                "{}",
                path.display()
            );
            let metadata = snapshot.metadata();
            assert!(
                metadata
                    .expression()
                    .is_some_and(|line| line.starts_with("trapline test "))
            );
            count += 1;
        }
    }
    assert!(count > 0);
}

#[test]
fn init_sets_up_a_project_whose_tests_pass_and_overwrites_nothing() {
    let project = Project::of(&[("trapline.toml", "# mine\n")]);
    let init = || project.trapline(&["init"]).output().unwrap();
    assert_eq!(init().status.code(), Some(0));
    assert_eq!(read(&project, "trapline.toml").unwrap(), "# mine\n");
    for arguments in [&["test", "--accept"][..], &["check"], &["test"]] {
        let output = project.trapline(arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {text}");
    }
    let coverage = project
        .trapline(&["coverage", "--format", "json"])
        .output()
        .unwrap();
    assert_eq!(coverage.status.code(), Some(0));
    fs::write(project.path().join("scenarios/example.yaml"), "mine").unwrap();
    assert_eq!(init().status.code(), Some(0));
    assert_eq!(read(&project, "scenarios/example.yaml").unwrap(), "mine");
}

fn schema(of: &str) -> jsonschema::Validator {
    let project = Project::of(&[]);
    let output = project.trapline(&["schema", of]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    jsonschema::validator_for(&serde_json::from_slice(&output.stdout).unwrap()).unwrap()
}

/// All files of a folder and those below it with this extension.
fn files(folder: &std::path::Path, extension: &str, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|own| own == extension) {
            found.push(path);
        }
    }
}

#[test]
fn the_schema_takes_every_scenario_and_refuses_a_misspelt_key() {
    use serde::Deserialize as _;
    let validator = schema("scenario");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    files(&root.join("scenarios"), "yaml", &mut found);
    files(&root.join("tests/language/scenario"), "yaml", &mut found);
    files(&root.join("src/cli/commands/init"), "yaml", &mut found);
    found.retain(|path| !path.ends_with("pre-commit.yaml"));
    assert!(found.len() > 10);
    for path in found {
        let text = fs::read_to_string(&path).unwrap();
        for document in serde_yaml::Deserializer::from_str(&text) {
            let value = serde_yaml::Value::deserialize(document).unwrap();
            let mut value = value;
            value.apply_merge().unwrap();
            let value = serde_json::to_value(value).unwrap();
            let errors: Vec<String> = validator
                .iter_errors(&value)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert_eq!(errors, Vec::<String>::new(), "{}", path.display());
        }
    }
    let wrong = serde_json::json!({"attack": {"name": "a", "events": {}, "expct": "alert"}});
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn the_schema_takes_every_rule() {
    let validator = schema("rule");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    files(&root.join("rules"), "toml", &mut found);
    assert!(!found.is_empty());
    for path in found {
        let rule: toml::Table = fs::read_to_string(&path).unwrap().parse().unwrap();
        let rule = serde_json::to_value(rule).unwrap();
        assert!(validator.is_valid(&rule), "{}", path.display());
    }
    assert!(!validator.is_valid(&serde_json::json!({"rule": {"name": 1}})));
}

#[test]
fn completions_and_manual_pages_know_the_verbs() {
    let project = Project::of(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = project.trapline(&["completions", shell]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            text.contains("explain") && text.contains("in-diff"),
            "{shell}"
        );
    }
    let output = project.trapline(&["man", "man"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let page = read(&project, "man/trapline-test.1").unwrap();
    assert!(page.contains("fail\\-fast"), "{page}");
}

/// What a reviewer sees beside a change: the rule's diff against git, and the checks that fail.
#[test]
fn a_change_is_shown_with_the_rule_and_the_checks_that_fail() {
    let project = Project::shipped();
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@b"]);
        let status = command.args(arguments).current_dir(project.path()).output();
        assert!(status.unwrap().status.success());
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "a"]);
    let project = project
        .with(RULE, "\"S-1-5-19\"", "\"S-1-5-19*\"")
        .with(RULE, "interval = \"5m\"", "interval = \"7m\"")
        .with(RULE, "Ccm32BitLauncher.exe", "Ccm32BitLaunch.exe");
    assert_eq!(project.run(&["test"]).0, 1);
    let (_, list) = review(&project, &["--list"]);
    assert!(list.contains("[sysmon, winlogbeat]"), "grouped: {list}");
    assert!(
        list.contains("FAILS    ") && list.contains("accepting does not fix failing checks"),
        "{list}"
    );
    let key = format!("{SCENARIO}::{CASE}[elastic_defend]");
    let (_, shown) = review(&project, &["--show", &key]);
    for part in [
        "rule     rules/windows/lateral_movement_incoming_wmi.toml: WMI Incoming Lateral Movement",
        "  interval: 5m → 7m",
        "Ccm32BitLaunch.exe",
        "FAILS    scenarios/windows/lateral_movement_incoming_wmi.yaml::management agents",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn checks_that_fail_share_a_line_with_their_sources_and_follow_their_attack() {
    let project = Project::shipped().with(RULE, "\"WmiPrvSE.exe\"", "\"WmiPrvSX.exe\"");
    assert_eq!(project.run(&["test"]).0, 1);
    let (_, list) = review(&project, &["--list"]);
    let fails: Vec<&str> = list
        .lines()
        .filter(|line| line.starts_with("FAILS"))
        .collect();
    assert!(
        fails
            .iter()
            .any(|line| line.contains("[sysmon, winlogbeat]: failed")),
        "{list}"
    );
    assert!(
        fails
            .iter()
            .any(|line| line.ends_with("nothing until the attack alerts")),
        "{list}"
    );
    // The cases that fail with their attack are many more.
    assert!(fails.len() <= 6, "{list}");
    let keys = |text: &str| {
        text.lines()
            .find(|line| line.starts_with("[a]ccept"))
            .map(str::len)
    };
    let (_, shown) = review(&project, &["--show", SCENARIO]);
    assert!(keys(&shown).is_some_and(|length| length < 80), "{shown}");
}

/// `?` explains the keys; what is left of a class is accepted or skipped at once, and undone at once.
#[test]
#[cfg(target_os = "linux")]
fn all_of_a_class_is_decided_by_one_key() {
    // Changes of two classes.
    let project = Project::shipped()
        .with(RULE, "\"S-1-5-19\"", "\"S-1-5-19*\"")
        .with(RULE, "\"WMI Incoming Lateral Movement\"", "\"WMI\"");
    let Some((_, text)) = on_a_terminal(&project, "test --review", "?SuAuruq") else {
        return;
    };
    assert!(
        text.contains("A  accept all that is left of this class"),
        "{text}"
    );
    let said = [
        "skipped, with all that is left of the class: they wait on",
        "undone",
        "accepted, with all that is left of the class",
        "undone",
        "rejected: the snapshot stays",
        "undone",
        "0 accepted, 0 rejected, 4 waiting",
    ];
    let known: Vec<&str> = text.lines().filter(|line| said.contains(line)).collect();
    assert_eq!(known, said, "{text}");
    assert!(text.contains(&format!("CONTENT  {SCENARIO}")), "{text}");
    let (code, text) = on_a_terminal(&project, "test --review", "Aa").unwrap();
    assert_eq!(code, 0, "{text}");
    assert!(
        text.ends_with("4 accepted, 0 rejected, 0 waiting\n"),
        "{text}"
    );
}
