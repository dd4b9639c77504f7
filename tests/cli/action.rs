//! What CI is given, run as CI runs it: the shell of the action's steps, of the hooks and of the
//! template for GitLab, in a repository with a pull request. Of what others provide (`cargo`, `gh`)
//! stand-ins are on the PATH.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value as Json;

use crate::diff::{commit, git, repository};
use crate::project::{Project, RULE, SCENARIO};

/// Installs the program that is tested.
const CARGO: &str = r#"#!/bin/sh
echo "$*" >> "$CARGO_LOG"
for word; do last="$word"; done
mkdir -p "$last/bin" && cp "$BUILT" "$last/bin/trapline"
"#;

/// Serves a release from the folder `RELEASE`; without one, nothing can be downloaded.
const CURL: &str = r#"#!/bin/sh
while [ $# -gt 1 ]; do
  case $1 in --output) out=$2; shift;; esac
  shift
done
[ -n "$RELEASE" ] && cp "$RELEASE/${1##*/}" "$out"
"#;

/// Notes what it is asked, and what comment it is given; there is one already if `COMMENT_ID` is set.
const GH: &str = r#"#!/bin/sh
echo "$*" >> "$GH_LOG"
for word; do case "$word" in body=@*) cp "${word#body=@}" "$GH_LOG.body";; esac; done
case "$*" in *--jq*) printf '%s' "$COMMENT_ID";; esac
"#;

fn yaml(file: &str) -> Json {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// A job of a code host: its folders beside the repository.
struct Job {
    project: Project,
    beside: tempfile::TempDir,
    /// What expressions mean, such as `inputs.strict`.
    context: BTreeMap<String, String>,
}

impl Job {
    fn new(project: Project) -> Self {
        let beside = tempfile::tempdir().unwrap();
        for (name, text) in [("cargo", CARGO), ("curl", CURL), ("gh", GH)] {
            let path = beside.path().join("bin").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self {
            project,
            beside,
            context: BTreeMap::new(),
        }
    }

    fn set(&mut self, name: &str, value: &str) {
        self.context.insert(name.to_owned(), value.to_owned());
    }

    fn file(&self, name: &str) -> PathBuf {
        self.beside.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap_or_default()
    }

    /// A script as `shell: bash` runs it.
    fn bash(&self, script: &str, env: &BTreeMap<String, String>) -> Output {
        let path = self.file("script.sh");
        fs::write(&path, script).unwrap();
        let installed = self.read("github_path").replace('\n', ":");
        let own = self.file("bin");
        let rest = std::env::var("PATH").unwrap();
        Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail"])
            .arg(path)
            .current_dir(self.project.path())
            .envs(env)
            .env("PATH", format!("{installed}{}:{rest}", own.display()))
            .env("CI", "true")
            .env("NO_COLOR", "1")
            .env("BUILT", env!("CARGO_BIN_EXE_trapline"))
            .env("GH_LOG", self.file("gh.log"))
            .env("CARGO_LOG", self.file("cargo.log"))
            .env("RELEASE", self.value("release"))
            .env("GITHUB_PATH", self.file("github_path"))
            .env("GITHUB_OUTPUT", self.file("github_output"))
            .env("GITHUB_STEP_SUMMARY", self.file("summary.md"))
            .env_remove("GIT_DIR")
            .env_remove("GIT_INDEX_FILE")
            .output()
            .unwrap()
    }

    /// The text with its `${{ }}` replaced.
    fn expanded(&self, text: &str) -> String {
        let mut parts = text.split("${{");
        let mut done = parts.next().unwrap().to_owned();
        for part in parts {
            let (expression, rest) = part.split_once("}}").unwrap();
            done.push_str(&self.value(expression));
            done.push_str(rest);
        }
        done
    }

    fn value(&self, expression: &str) -> String {
        let expression = expression.trim();
        match expression.strip_prefix('\'') {
            Some(text) => text.trim_end_matches('\'').to_owned(),
            None => self.context.get(expression).cloned().unwrap_or_default(),
        }
    }

    fn holds(&self, condition: &str) -> bool {
        condition.split("&&").all(|part| {
            if let Some((left, right)) = part.split_once("==") {
                return self.value(left) == self.value(right);
            }
            let (left, right) = part.split_once("!=").unwrap();
            self.value(left) != self.value(right)
        })
    }

    /// Runs the action to its end; the exit code of its last step, and what other actions it used.
    fn action(&mut self) -> (i32, Vec<String>) {
        let action = yaml("action.yml");
        for (name, input) in action["inputs"].as_object().unwrap() {
            let name = format!("inputs.{name}");
            if !self.context.contains_key(&name) {
                let default = self.expanded(input["default"].as_str().unwrap());
                self.set(&name, &default);
            }
        }
        let (temporary, source) = (self.file("temp"), env!("CARGO_MANIFEST_DIR"));
        fs::create_dir_all(&temporary).unwrap();
        self.set("runner.temp", temporary.to_str().unwrap());
        self.set("github.action_path", source);
        let (mut code, mut used) = (0, Vec::new());
        for step in action["runs"]["steps"].as_array().unwrap() {
            let condition = step["if"].as_str();
            if condition.is_some_and(|condition| !self.holds(condition)) {
                continue;
            }
            if let Some(uses) = step["uses"].as_str() {
                used.push(uses.to_owned());
                continue;
            }
            code = self.step(step);
        }
        (code, used)
    }

    /// Runs a step of the action and takes its outputs.
    fn step(&mut self, step: &Json) -> i32 {
        assert_eq!(step["shell"], "bash", "{step}");
        assert!(
            !step["run"].as_str().unwrap().contains("${{"),
            "an expression in a script could bring in shell: {step}"
        );
        let empty = serde_json::Map::new();
        let env = step["env"].as_object().unwrap_or(&empty);
        let env = env.iter();
        let env = env
            .map(|(name, value)| (name.clone(), self.expanded(value.as_str().unwrap())))
            .chain([("COMMENT_ID".to_owned(), self.value("comment"))]);
        fs::write(self.file("github_output"), "").unwrap();
        let output = self.bash(step["run"].as_str().unwrap(), &env.collect());
        let code = output.status.code().unwrap();
        let name = step["name"].as_str().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(code == 0 || name == "Result", "{name}: {code}: {said}");
        if let Some(id) = step["id"].as_str() {
            for line in self.read("github_output").lines() {
                let (key, value) = line.split_once('=').unwrap();
                self.set(&format!("steps.{id}.outputs.{key}"), value);
            }
        }
        code
    }
}

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

/// The archive of a release with the tested program in it, and its sum.
fn release(job: &mut Job, sum_is_right: bool) {
    let folder = job.file("release");
    fs::create_dir_all(&folder).unwrap();
    // A short stand-in: packing the tested program itself takes half a minute.
    let program = "#!/bin/sh\nexec \"$BUILT\" \"$@\"\n";
    fs::write(folder.join("trapline"), program).unwrap();
    let script = format!(
        "cd '{}'\nfor target in x86_64-unknown-linux-musl aarch64-unknown-linux-musl \
         x86_64-apple-darwin aarch64-apple-darwin; do\n\
         archive=trapline-$target.tar.gz\ntar -czf $archive trapline\n\
         if command -v sha256sum >/dev/null; then sum=sha256sum; else sum='shasum -a 256'; fi\n\
         $sum $archive > $archive.sha256\n{}\ndone\n",
        folder.display(),
        if sum_is_right {
            ""
        } else {
            "echo more >> $archive"
        },
    );
    assert!(job.bash(&script, &BTreeMap::new()).status.success());
    job.set("release", folder.to_str().unwrap());
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

/// The program is on the PATH of whoever commits.
fn hook(project: Project, entry: &str) -> i32 {
    let job = Job::new(project);
    fs::copy(env!("CARGO_BIN_EXE_trapline"), job.file("bin/trapline")).unwrap();
    job.bash(entry, &BTreeMap::new()).status.code().unwrap()
}

/// Of a file with hooks: the name and the command of each.
fn hooks(list: &Json) -> Vec<(&str, &str)> {
    let hooks = list.as_array().unwrap().iter();
    hooks
        .map(|hook| {
            (
                hook["id"].as_str().unwrap(),
                hook["entry"].as_str().unwrap(),
            )
        })
        .collect()
}

#[test]
fn the_hooks_pass_what_is_right_and_stop_what_is_broken() {
    let own = yaml(".pre-commit-hooks.yaml");
    let written = yaml("src/cli/commands/init/pre-commit.yaml");
    let found = [hooks(&own), hooks(&written["repos"][0]["hooks"])].concat();
    let names: Vec<&str> = found.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["trapline-test", "trapline-check", "trapline"]);
    for (name, entry) in found {
        assert_eq!(hook(Project::shipped(), entry), 0, "{name}");
        let is_check = name == "trapline-check";
        let broken = Project::shipped().with(RULE, "sequence by", "sequence bye");
        assert_eq!(hook(broken, entry), if is_check { 1 } else { 3 }, "{name}");
        let shorter = Project::shipped().with(RULE, "Ccm32BitLauncher.exe", "Ccm32BitLaunch.exe");
        assert_eq!(hook(shorter, entry), i32::from(!is_check), "{name}");
    }
}

/// The script of the template for GitLab, on a merge request or not.
fn gitlab(project: Project, base: Option<&str>) -> (i32, Job) {
    let template = yaml("docs/gitlab-ci.yml");
    let job = Job::new(project);
    fs::copy(env!("CARGO_BIN_EXE_trapline"), job.file("bin/trapline")).unwrap();
    let mut env = BTreeMap::new();
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
    (code, job)
}

#[test]
fn the_template_for_gitlab_keeps_the_exit_code_and_writes_the_comment() {
    let (code, job) = gitlab(repository(), Some("main"));
    assert_eq!(code, 1);
    let comment = fs::read_to_string(job.project.file("trapline.md")).unwrap();
    assert!(comment.contains("### NEW"), "{comment}");
    assert_eq!(gitlab(Project::shipped(), None).0, 0);
    let broken = repository().with(RULE, "sequence by", "sequence bye");
    assert_eq!(gitlab(broken, Some("main")).0, 3);
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
