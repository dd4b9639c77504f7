//! The rules that differ from the revision with which a reviewer compares, for the reports of `test`
//! and for `review`: their old text is asked of git, file by file.

use std::collections::BTreeMap;

use camino::Utf8Path;

use super::super::files::{Files, Scratch};
use super::super::settings::Settings;
use super::super::{environment, git};
use crate::project::Project;
use crate::rule_diff::{Exceptions, RuleChange, rule_changes};

/// More files that differ are no change that anybody reviews line by line.
const MOST: usize = 500;

/// The rules that differ from the revision; without one from the base of the pull request, or else
/// from the last commit. None where git knows nothing.
pub(super) fn since(settings: &Settings, revision: Option<&str>) -> Vec<RuleChange> {
    let revision = revision.map(str::to_owned);
    let revision = revision.or_else(environment::base_revision);
    let revision = revision.unwrap_or_else(|| "HEAD".to_owned());
    let root = settings.files.root();
    let Ok(changed) = git::changed_files(root, &revision) else {
        return Vec::new();
    };
    let project = settings.project();
    let mut names = project.rule_files_among(changed.iter().map(String::as_str));
    names.truncate(MOST);
    let Ok(scratch) = Scratch::new() else {
        return Vec::new();
    };
    let before = Files::new(scratch.path().to_owned());
    let mut old_names = Vec::new();
    for name in &names {
        let Ok(text) = git::file_at(root, &revision, name) else {
            continue;
        };
        if before.write(Utf8Path::new(name), &text).is_ok() {
            old_names.push(*name);
        }
    }
    let old = Project::new(&before, &settings.layouts).load_rule_files(old_names);
    let exists = |name: &&str| settings.files.exists(Utf8Path::new(name));
    let new = project.load_rule_files(names.iter().copied().filter(exists));
    let none: Exceptions = BTreeMap::new();
    rule_changes((&old, &none), (&new, &none))
}
