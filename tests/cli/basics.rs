//! Help, mistakes on the command line, and a project with nothing in it.

use std::process::Command;

use insta_cmd::assert_cmd_snapshot;

/// The program in an empty directory, not in CI, without colours.
struct Empty {
    directory: tempfile::TempDir,
}

impl Empty {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    fn trapline(&self, arguments: &[&str]) -> Command {
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
}

#[test]
fn help_names_the_verbs() {
    assert_cmd_snapshot!(Empty::new().trapline(&["--help"]));
}

#[test]
fn help_of_test_names_the_options() {
    assert_cmd_snapshot!(Empty::new().trapline(&["test", "--help"]));
}

#[test]
fn an_unknown_option_is_named_with_the_nearest() {
    assert_cmd_snapshot!(Empty::new().trapline(&["test", "--failure-only"]));
}

#[test]
fn a_missing_path_is_a_usage_error() {
    assert_cmd_snapshot!(Empty::new().trapline(&["test", "scenarios/none.yaml"]));
}

#[test]
fn a_bad_selection_has_a_caret() {
    assert_cmd_snapshot!(Empty::new().trapline(&["test", "-k", "a and (b or"]));
}

#[test]
fn nothing_to_test_is_an_error() {
    assert_cmd_snapshot!(Empty::new().trapline(&["test"]));
}

#[test]
fn accept_in_ci_is_a_usage_error() {
    assert_cmd_snapshot!(
        Empty::new()
            .trapline(&["test", "--accept"])
            .env("CI", "true")
    );
}

#[test]
fn a_bad_configuration_is_shown_at_its_place() {
    let project = Empty::new();
    std::fs::write(
        project.directory.path().join("trapline.toml"),
        "[[projct]]\nrules = 1\n",
    )
    .unwrap();
    assert_cmd_snapshot!(project.trapline(&["test"]));
}

#[test]
fn sources_are_listed() {
    assert_cmd_snapshot!(Empty::new().trapline(&["sources"]));
}

#[test]
fn one_source_is_shown_with_its_pins() {
    assert_cmd_snapshot!(Empty::new().trapline(&["sources", "sysmon"]));
}

#[test]
fn an_unknown_source_is_named_with_the_nearest() {
    assert_cmd_snapshot!(Empty::new().trapline(&["sources", "sysmn"]));
}
