//! The action for GitHub, run as GitHub runs it: the shell of its steps in a pull request.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

use crate::diff::{commit, git, repository};
use crate::job::{Job, release, yaml};
use crate::project::{Project, RULE, SCENARIO};

/// A pull request on GitHub.
fn pull_request(project: Project, base: &str) -> Job {
    let mut job = Job::new(project);
    let base = git(&job.project, &["rev-parse", base]);
    job.set("github.event.pull_request.base.sha", base.trim());
    job.set("github.event.pull_request.number", "7");
    job.set("github.event_name", "pull_request");
    job.set("github.repository", "a/b");
    job
}

#[test]
fn a_release_is_installed_and_otherwise_the_program_is_built() {
    let base = |job: &Job| job.read("cargo.log").lines().count();
    let mut job = pull_request(dropped(), "main");
    release(&mut job, true);
    assert_eq!(job.action().0, 0);
    assert_eq!(base(&job), 0, "a release needs no build");
    let again = job.action();
    assert_eq!((again.0, base(&job)), (0, 0), "from the cache");

    let mut job = pull_request(dropped(), "main");
    release(&mut job, false);
    assert_eq!(job.action().0, 0);
    assert_eq!(base(&job), 1, "an archive with a wrong sum is not used");

    let mut job = pull_request(dropped(), "main");
    assert_eq!(job.action().0, 0);
    assert_eq!(base(&job), 1, "no release, so a build");
}

/// The pull request takes the case out that its rule breaks.
fn dropped() -> Project {
    let case = "        SCCM 32-bit launcher: C:\\Windows\\CCM\\Ccm32BitLauncher.exe\n";
    let other = "        SCCM 32-bit launcher: D:\\WINDOWS\\CCM\\CCM32BITLAUNCHER.EXE\n";
    let project = repository()
        .with(SCENARIO, case, "")
        .with(SCENARIO, other, "");
    assert_eq!(project.run(&["test", "--accept=content,removed"]).0, 0);
    commit(&project, "Without the case");
    project
}

#[test]
fn a_pull_request_that_breaks_a_rule_fails_with_comment_summary_and_sarif() {
    let mut job = pull_request(repository(), "main");
    job.set("inputs.sarif", "true");
    job.set("inputs.page", "page");
    let (code, used) = job.action();
    assert_eq!(code, 1);
    assert_eq!(job.value("steps.test.outputs.code"), "1");
    assert_eq!(job.value("steps.diff.outputs.code"), "0");
    let used: Vec<&str> = used[1..]
        .iter()
        .map(|one| one.split_once('@').unwrap().0)
        .collect();
    let both = [
        "actions/upload-artifact",
        "github/codeql-action/upload-sarif",
    ];
    assert_eq!(used, both);
    let sarif: Json = serde_json::from_str(&job.read("temp/trapline.sarif")).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert!(!sarif["runs"][0]["results"].as_array().unwrap().is_empty());
    assert!(job.read("temp/trapline.xml").contains("<testsuites"));
    assert!(job.read("temp/trapline.html").contains("</html>"));
    let comment = job.read("gh.log.body");
    assert!(
        comment.starts_with("<!-- trapline diff -->\n## Trapline: "),
        "{comment}"
    );
    assert!(comment.contains("### NEW"), "{comment}");
    let summary = job.read("summary.md");
    assert!(summary.ends_with(&comment), "{summary}");
    assert!(summary.len() > comment.len());
}

#[test]
fn one_comment_is_kept_up_to_date() {
    let mut job = pull_request(repository(), "main");
    job.action();
    let asked = job.read("gh.log");
    let first = "api --silent repos/a/b/issues/7/comments -F body=@";
    assert!(asked.lines().last().unwrap().starts_with(first), "{asked}");
    job.set("comment", "1234\n5678");
    job.action();
    let asked = job.read("gh.log");
    let again = "api --silent -X PATCH repos/a/b/issues/comments/1234 -F body=@";
    assert!(asked.lines().last().unwrap().starts_with(again), "{asked}");
}

/// Whoever writes our marker into a comment does not get ours, and is not overwritten.
#[test]
fn the_comment_is_found_by_its_author_and_marker() {
    let mut job = pull_request(repository(), "main");
    job.action();
    let asked = job.read("gh.log");
    let (_, filter) = asked.split_once(" --jq ").unwrap();
    let filter = filter.lines().next().unwrap();
    let comments = serde_json::json!([
        {"id": 1, "user": {"login": "mallory"}, "body": "<!-- trapline diff -->\n## fine"},
        {"id": 2, "user": {"login": "github-actions[bot]"}, "body": "other"},
        {"id": 3, "user": {"login": "github-actions[bot]"}, "body": "<!-- trapline diff -->\n## x"},
    ]);
    let Ok(mut jq) = Command::new("jq")
        .arg(filter)
        .env("AUTHOR", "github-actions[bot]")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
    else {
        assert!(filter.contains(".user.login == env.AUTHOR"), "{filter}");
        return;
    };
    serde_json::to_writer(jq.stdin.take().unwrap(), &comments).unwrap();
    let output = jq.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "3\n");
}

/// An input is neither an option nor a piece of shell.
#[test]
fn an_input_is_only_ever_a_value() {
    for base in [
        "--output=pwned",
        "$(touch pwned)",
        "'; touch pwned; '",
        "main\ntouch pwned",
    ] {
        let mut job = pull_request(repository(), "main");
        job.set("inputs.base", base);
        job.set("inputs.fail-on", "$(touch pwned)");
        let (code, _) = job.action();
        assert_ne!(code, 0, "{base}");
        assert!(!job.project.file("pwned").exists(), "{base}");
    }
}

#[test]
fn a_pull_request_that_changes_nothing_passes() {
    let project = repository();
    git(&project, &["checkout", "--quiet", "main"]);
    let mut job = pull_request(project, "main");
    assert_eq!(job.action().0, 0);
    assert!(job.read("gh.log.body").contains("no rule differs"));
}

/// A push has no base: nothing is compared, nobody is told.
#[test]
fn a_push_is_tested_and_checked() {
    let mut job = Job::new(repository());
    job.set("github.event_name", "push");
    assert_eq!(job.action().0, 1);
    assert_eq!(job.read("gh.log"), "");
    assert_eq!(job.value("steps.diff.outputs.code"), "");
}

#[test]
fn the_exit_code_is_that_of_the_first_that_failed() {
    let broken = repository().with(RULE, "sequence by", "sequence bye");
    commit(&broken, "Broken");
    let mut job = pull_request(broken, "main");
    assert_eq!(job.action().0, 3);
    // The tests pass, for the case is gone; what `diff` is told to fail on fails.
    let mut job = pull_request(dropped(), "main");
    job.set("inputs.fail-on", "lost,new");
    assert_eq!(job.action().0, 1);
    assert_eq!(job.value("steps.test.outputs.code"), "0");
    assert_eq!(job.value("steps.diff.outputs.code"), "1");
}

/// What `init` writes uses the action from where the workflow puts it.
#[test]
fn the_workflow_of_init_uses_the_action() {
    let project = Project::of(&[]);
    let (code, text) = project.run(&["init"]);
    assert_eq!(code, 0);
    assert!(!text.contains("variable"), "{text}");
    let workflow = fs::read_to_string(project.file(".github/workflows/trapline.yml")).unwrap();
    let workflow: Json = serde_yaml::from_str(&workflow).unwrap();
    let steps = workflow["jobs"]["trapline"]["steps"].as_array().unwrap();
    let action = steps.last().unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let named = format!("trapline-dev/trapline@v{version}");
    assert_eq!(action["uses"], named);
    let known = yaml("action.yml");
    for input in action["with"].as_object().unwrap().keys() {
        assert!(known["inputs"].get(input).is_some(), "{input}");
    }
    // Its page names every input but the token, which nobody has to give.
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli/init.md");
    let page = fs::read_to_string(page).unwrap();
    for input in known["inputs"].as_object().unwrap().keys() {
        assert!(
            input == "token" || page.contains(&format!("| `{input}: ")),
            "{input}"
        );
    }
    assert_eq!(steps[0]["with"]["fetch-depth"], 0);
    assert_eq!(workflow["permissions"]["pull-requests"], "write");
}
