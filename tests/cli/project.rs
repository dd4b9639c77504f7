//! A project with the shipped rule and its scenario, to be changed by a test.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Where the rule is.
pub(crate) const RULE: &str = "rules/windows/lateral_movement_incoming_wmi.toml";
/// Where its scenario is.
pub(crate) const SCENARIO: &str = "scenarios/windows/lateral_movement_incoming_wmi.yaml";
/// Where its snapshot is.
pub(crate) const SNAPSHOT: &str =
    "scenarios/windows/__snapshots__/lateral_movement_incoming_wmi.snap";

/// An EQL rule on all indices, severity low.
pub(crate) fn eql_rule(id: &str, name: &str, query: &str) -> String {
    format!(
        "[rule]\nname = '{name}'\nrule_id = '{id}'\ntype = 'eql'\nlanguage = 'eql'\n\
         severity = 'low'\nrisk_score = 21\nquery = '''\n{query}\n'''\n"
    )
}

/// A copy of the shipped rule, scenario and snapshot.
pub(crate) struct Project {
    directory: tempfile::TempDir,
}

impl Project {
    /// As it is shipped.
    pub(crate) fn shipped() -> Self {
        Self::copied(&[RULE, SCENARIO, SNAPSHOT])
    }

    /// A copy of these files of the repository.
    pub(crate) fn copied(files: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for file in files {
            let to = directory.path().join(file);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(root.join(file), to).unwrap();
        }
        Self { directory }
    }

    /// With some files and no others.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let to = directory.path().join(file);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::write(to, text).unwrap();
        }
        Self { directory }
    }

    /// With a text in a file replaced, everywhere that it stands; it must stand there.
    pub(crate) fn with(self, file: &str, from: &str, to: &str) -> Self {
        let path = self.directory.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no `{from}`");
        fs::write(path, text.replace(from, to)).unwrap();
        self
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Where a file of it is.
    pub(crate) fn file(&self, file: &str) -> std::path::PathBuf {
        self.directory.path().join(file)
    }

    /// The program in it, not in CI, without colours.
    pub(crate) fn trapline(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trapline"));
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .env_remove("CI")
            .env_remove("CLICOLOR_FORCE")
            .env("NO_COLOR", "1")
            .env("COLUMNS", "100");
        command
    }

    /// The same, run: exit code and standard output.
    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.trapline(arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), text)
    }

    /// The same with standard error.
    pub(crate) fn run_apart(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = self.trapline(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (
            output.status.code().unwrap(),
            text(output.stdout),
            text(output.stderr),
        )
    }
}
