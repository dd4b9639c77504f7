//! A job of a code host: scripts run as it runs them, in a repository with a pull request. Of what
//! others provide (`cargo`, `curl`, `gh`) stand-ins are on the PATH.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value as Json;

use crate::project::Project;

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

pub(crate) fn yaml(file: &str) -> Json {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// A job of a code host: its folders beside the repository.
pub(crate) struct Job {
    pub(crate) project: Project,
    beside: tempfile::TempDir,
    /// What expressions mean, such as `inputs.strict`.
    context: BTreeMap<String, String>,
}

impl Job {
    pub(crate) fn new(project: Project) -> Self {
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

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.context.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.beside.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap_or_default()
    }

    /// A script as `shell: bash` runs it.
    pub(crate) fn bash(&self, script: &str, env: &BTreeMap<String, String>) -> Output {
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
    pub(crate) fn expanded(&self, text: &str) -> String {
        let mut parts = text.split("${{");
        let mut done = parts.next().unwrap().to_owned();
        for part in parts {
            let (expression, rest) = part.split_once("}}").unwrap();
            done.push_str(&self.value(expression));
            done.push_str(rest);
        }
        done
    }

    pub(crate) fn value(&self, expression: &str) -> String {
        let expression = expression.trim();
        match expression.strip_prefix('\'') {
            Some(text) => text.trim_end_matches('\'').to_owned(),
            None => self.context.get(expression).cloned().unwrap_or_default(),
        }
    }

    pub(crate) fn holds(&self, condition: &str) -> bool {
        condition.split("&&").all(|part| {
            if let Some((left, right)) = part.split_once("==") {
                return self.value(left) == self.value(right);
            }
            let (left, right) = part.split_once("!=").unwrap();
            self.value(left) != self.value(right)
        })
    }

    /// Runs the action to its end; the exit code of its last step, and what other actions it used.
    pub(crate) fn action(&mut self) -> (i32, Vec<String>) {
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
    pub(crate) fn step(&mut self, step: &Json) -> i32 {
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

/// The archive of a release with the tested program in it, and its sum.
pub(crate) fn release(job: &mut Job, sum_is_right: bool) {
    let folder = job.file("release");
    fs::create_dir_all(&folder).unwrap();
    // A short stand-in: packing the tested program itself takes half a minute.
    let program = "#!/bin/sh\nexec \"$BUILT\" \"$@\"\n";
    fs::write(folder.join("trapline"), program).unwrap();
    let script = format!(
        "cd '{}'\nfor target in x86_64-unknown-linux-musl aarch64-unknown-linux-musl \
         x86_64-apple-darwin aarch64-apple-darwin x86_64-pc-windows-msvc; do\n\
         case $target in *windows*) end=zip;; *) end=tar.gz;; esac\n\
         archive=trapline-$target.$end\ntar -czf $archive trapline\n\
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
    let installer = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/install.sh");
    fs::copy(installer, folder.join("install.sh")).unwrap();
    job.set("release", folder.to_str().unwrap());
}
