//! The hooks for pre-commit and the template for GitLab, run as those run them.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value as Json;

use crate::diff::{git, repository};
use crate::job::{Job, release, yaml};
use crate::project::{Project, RULE};

/// A hook as pre-commit runs it: what is a `script` from the copy of this repository, with a release
/// to install; what is of the `system` from the PATH of the person who commits.
fn hook(project: Project, hook: &Json) -> (i32, Job) {
    let mut job = Job::new(project);
    release(&mut job, true);
    let entry = hook["entry"].as_str().unwrap();
    let command = match hook["language"].as_str().unwrap() {
        "script" => format!("{}/{entry}", env!("CARGO_MANIFEST_DIR")),
        _ => {
            fs::copy(env!("CARGO_BIN_EXE_trapline"), job.file("bin/trapline")).unwrap();
            entry.to_owned()
        }
    };
    let cache = job.file("cache").display().to_string();
    let env = BTreeMap::from([("XDG_CACHE_HOME".to_owned(), cache)]);
    let code = job.bash(&command, &env).status.code().unwrap();
    (code, job)
}

#[test]
fn the_hooks_pass_what_is_right_and_stop_what_is_broken() {
    let own = yaml(".pre-commit-hooks.yaml");
    let written = yaml("src/cli/commands/init/pre-commit.yaml");
    let lists = [&own, &written["repos"][0]["hooks"]];
    let found = lists.iter().flat_map(|list| list.as_array().unwrap());
    let found: Vec<(&str, &Json)> = found.map(|it| (it["id"].as_str().unwrap(), it)).collect();
    let names: Vec<&str> = found.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["trapline-test", "trapline-check", "trapline"]);
    for (name, entry) in found {
        let code = |project| hook(project, entry).0;
        assert_eq!(code(Project::shipped()), 0, "{name}");
        let is_check = name == "trapline-check";
        let broken = Project::shipped().with(RULE, "sequence by", "sequence bye");
        assert_eq!(code(broken), if is_check { 1 } else { 3 }, "{name}");
        let shorter = Project::shipped().with(RULE, "Ccm32BitLauncher.exe", "Ccm32BitLaunch.exe");
        assert_eq!(code(shorter), i32::from(!is_check), "{name}");
    }
}

/// What the hooks and the action share: a release is kept, and what has none is built.
#[test]
fn a_hook_installs_the_release_once_or_builds_it() {
    let own = yaml(".pre-commit-hooks.yaml");
    let (code, job) = hook(Project::shipped(), &own[0]);
    assert_eq!((code, job.read("cargo.log").as_str()), (0, ""));
    let kept = format!("cache/trapline/{}/bin/trapline", env!("CARGO_PKG_VERSION"));
    assert!(job.file(&kept).exists());
    let program = format!("{}/packaging/install_this", env!("CARGO_MANIFEST_DIR"));
    let mut job = Job::new(Project::shipped());
    for _ in 0..2 {
        let output = job.bash(&format!("{program} kept"), &BTreeMap::new());
        assert!(output.status.success(), "{output:?}");
        assert_eq!(job.read("cargo.log").lines().count(), 1);
    }
    // The shell of Git for Windows takes the zip.
    release(&mut job, true);
    let uname = "#!/bin/sh\ncase $1 in -s) echo MINGW64_NT-10.0;; *) echo x86_64;; esac\n";
    fs::write(job.file("bin/uname"), uname).unwrap();
    fs::set_permissions(job.file("bin/uname"), fs::Permissions::from_mode(0o755)).unwrap();
    let unzip = "#!/bin/sh\ncp \"$(dirname \"$RELEASE/x\")/trapline\" \"$5/$3\"\n";
    fs::write(job.file("bin/unzip"), unzip).unwrap();
    fs::set_permissions(job.file("bin/unzip"), fs::Permissions::from_mode(0o755)).unwrap();
    let output = job.bash(&format!("{program} windows"), &BTreeMap::new());
    assert!(output.status.success(), "{output:?}");
    assert!(job.project.file("windows/bin/trapline.exe").exists());
    assert_eq!(job.read("cargo.log").lines().count(), 1);
}

/// The script of the template for GitLab, on a merge request or not.
fn gitlab(project: Project, base: Option<&str>, is_released: bool) -> (i32, Job) {
    let template = yaml("docs/gitlab-ci.yml");
    let mut job = Job::new(project);
    if is_released {
        release(&mut job, true);
    }
    let variables = template["trapline"]["variables"].as_object().unwrap();
    let variables = variables.iter();
    let mut env: BTreeMap<String, String> = variables
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect();
    assert_eq!(env["TRAPLINE_VERSION"], env!("CARGO_PKG_VERSION"));
    if let Some(base) = base {
        let base = git(&job.project, &["rev-parse", base]);
        let name = "CI_MERGE_REQUEST_DIFF_BASE_SHA".to_owned();
        env.insert(name, base.trim().to_owned());
    }
    let lines = template["trapline"]["script"].as_array().unwrap().iter();
    let lines: Vec<&str> = lines.map(|line| line.as_str().unwrap()).collect();
    let code = job.bash(&lines.join("\n"), &env).status.code().unwrap();
    let artifacts = &template["trapline"]["artifacts"];
    let report = artifacts["reports"]["junit"].as_str().unwrap();
    if code != 3 {
        let junit = fs::read_to_string(job.project.file(report)).unwrap();
        assert!(junit.contains("<testsuites"), "{junit}");
    }
    let comment = job.project.file(artifacts["paths"][0].as_str().unwrap());
    assert_eq!(comment.exists(), base.is_some());
    let cached = template["trapline"]["cache"]["paths"][0].as_str().unwrap();
    assert!(job.project.file(&format!("{cached}/trapline")).exists());
    let built = job.read("cargo.log").lines().count();
    assert_eq!(built, usize::from(!is_released));
    (code, job)
}

#[test]
fn the_template_for_gitlab_keeps_the_exit_code_and_writes_the_comment() {
    let (code, job) = gitlab(repository(), Some("main"), true);
    assert_eq!(code, 1);
    let comment = fs::read_to_string(job.project.file("trapline.md")).unwrap();
    assert!(comment.contains("### NEW"), "{comment}");
    assert_eq!(gitlab(Project::shipped(), None, false).0, 0);
    let broken = repository().with(RULE, "sequence by", "sequence bye");
    assert_eq!(gitlab(broken, Some("main"), true).0, 3);
}
