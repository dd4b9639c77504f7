//! Reads, compares and writes the snapshots of a run; `test` uses it.

use camino::Utf8Path;

use super::super::files::Files;
use super::super::settings::TestSettings;
use crate::diagnostic::Diagnostic;
use crate::replay::outcome::Outcome;
use crate::snapshot::{self, Change, Current, Scope, Snapshot};

/// What the snapshots say to a run.
#[derive(Debug, Default)]
pub struct Compared {
    /// The changes that were not accepted, worst first.
    pub open: Vec<Change>,
    /// The changes that were accepted and written.
    pub accepted: Vec<Change>,
    /// Snapshots that could not be read or written.
    pub diagnostics: Vec<Diagnostic>,
}

/// Compares each scenario file of the run with its snapshot, and writes what is accepted and what
/// is pending where that is allowed. `scope` says by a scenario's name how much of it ran.
pub fn compare(
    outcome: &Outcome,
    files: &Files,
    settings: &TestSettings,
    scope: impl Fn(&str) -> Scope,
) -> Compared {
    let mut compared = Compared::default();
    for current in snapshot::current(outcome) {
        let scope = scope(&current.snapshot.scenario);
        if let Err(diagnostic) = one(&current, files, settings, scope, &mut compared) {
            compared.diagnostics.push(*diagnostic);
        }
    }
    compared.open.sort_by_key(|change| change.class);
    compared
}

/// Snapshots below a directory whose scenario is not among `scenarios` (names relative to the
/// root). Pending files are no concern: git ignores them.
pub fn unreferenced(files: &Files, directory: &Utf8Path, scenarios: &[String]) -> Vec<Diagnostic> {
    let wanted: Vec<String> = scenarios.iter().map(|name| snapshot::path(name)).collect();
    let found = files.find(directory, &["snap"]).unwrap_or_default();
    found
        .iter()
        .map(|path| files.name(path))
        .filter(|name| !wanted.contains(name))
        .map(|name| {
            let message = format!("no scenario belongs to `{name}`");
            Diagnostic::error(&snapshot::error::UNREFERENCED, message)
                .help("remove it, or rename it with its scenario")
        })
        .collect()
}

fn one(
    current: &Current,
    files: &Files,
    settings: &TestSettings,
    scope: Scope,
    compared: &mut Compared,
) -> Result<(), Box<Diagnostic>> {
    let path = snapshot::path(&current.snapshot.scenario);
    let old = old(Utf8Path::new(&path), files, settings)?;
    let changes = snapshot::compare(old.as_ref(), current, scope);
    let accept = settings.accept.as_ref().filter(|_| settings.writes);
    let resolution = snapshot::resolve(old.as_ref(), current, &changes, accept);
    if settings.writes {
        if let Some(text) = &resolution.snapshot {
            files.write(Utf8Path::new(&path), text)?;
        }
        let pending = format!("{path}.new");
        match &resolution.pending {
            Some(text) => files.write(Utf8Path::new(&pending), text)?,
            None => files.remove(Utf8Path::new(&pending))?,
        }
    }
    compared.accepted.extend(resolution.accepted);
    compared.open.extend(resolution.open);
    Ok(())
}

/// What is recorded. With `--accept=all` a file that cannot be read counts as none.
fn old(
    path: &Utf8Path,
    files: &Files,
    settings: &TestSettings,
) -> Result<Option<Snapshot>, Box<Diagnostic>> {
    if !files.exists(path) {
        return Ok(None);
    }
    let rebuilds = settings
        .accept
        .as_ref()
        .is_some_and(snapshot::Accept::rebuilds);
    match files.read(path).and_then(|source| snapshot::read(&source)) {
        Ok(snapshot) => Ok(Some(snapshot)),
        Err(_) if rebuilds && settings.writes => Ok(None),
        Err(diagnostic) => Err(diagnostic),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Global, TestArgs};
    use crate::cli::settings::Settings;
    use crate::replay::outcome::Verdict;
    use crate::replay::test_fixtures::{self, ATTACK, SCENARIO, alert, check, stopped};
    use crate::snapshot::Class;

    struct Project {
        _directory: tempfile::TempDir,
        settings: Settings,
    }

    impl Project {
        fn new(ci: bool) -> Self {
            let directory = tempfile::tempdir().unwrap();
            let root = camino::Utf8PathBuf::from_path_buf(directory.path().to_owned()).unwrap();
            Self {
                settings: Settings::at(&root, &Global::default(), ci).unwrap(),
                _directory: directory,
            }
        }

        fn run(&self, outcome: &Outcome, accept: &[&str]) -> (Vec<Class>, usize, Vec<&str>) {
            let accept: Vec<String> = accept.iter().map(ToString::to_string).collect();
            let args = TestArgs {
                accept: (!accept.is_empty()).then_some(accept),
                ..TestArgs::default()
            };
            let settings = self.settings.test(&args).unwrap();
            let files = &self.settings.files;
            let compared = compare(outcome, files, &settings, |_| Scope::All);
            let open = compared.open.iter().map(|change| change.class).collect();
            let codes = compared
                .diagnostics
                .iter()
                .map(|it| it.code.number)
                .collect();
            (open, compared.accepted.len(), codes)
        }

        fn there(&self) -> [bool; 2] {
            let path = snapshot::path(SCENARIO);
            let files = &self.settings.files;
            [path.clone(), format!("{path}.new")].map(|path| files.exists(path.as_str().into()))
        }
    }

    #[test]
    fn new_entries_wait_beside_the_snapshot_until_they_are_accepted() {
        let project = Project::new(false);
        let outcome = test_fixtures::outcome(vec![check(ATTACK, "sysmon", alert())]);
        assert_eq!(project.run(&outcome, &[]), (vec![Class::Added], 0, vec![]));
        assert_eq!(project.there(), [false, true]);
        assert_eq!(project.run(&outcome, &[""]), (vec![], 1, vec![]));
        assert_eq!(project.there(), [true, false]);
        assert_eq!(project.run(&outcome, &[]), (vec![], 0, vec![]));

        let lost = test_fixtures::outcome(vec![check(ATTACK, "sysmon", stopped("maxspan", "3s"))]);
        assert_eq!(project.run(&lost, &[""]), (vec![Class::Lost], 0, vec![]));
        assert_eq!(project.run(&lost, &["lost"]), (vec![], 1, vec![]));
    }

    #[test]
    fn in_ci_nothing_is_written() {
        let project = Project::new(true);
        let outcome = test_fixtures::outcome(vec![check(ATTACK, "sysmon", alert())]);
        assert_eq!(project.run(&outcome, &[]), (vec![Class::Added], 0, vec![]));
        assert_eq!(project.there(), [false, false]);
    }

    #[test]
    fn nothing_is_pending_for_a_check_that_fails() {
        let project = Project::new(false);
        let failed = check(ATTACK, "sysmon", alert()).verdict(Verdict::Failed, "no");
        let outcome = test_fixtures::outcome(vec![failed]);
        assert_eq!(project.run(&outcome, &["all"]), (vec![], 0, vec![]));
        assert_eq!(project.there(), [false, false]);
    }

    #[test]
    fn a_merge_conflict_is_not_overwritten_unless_all_is_accepted() {
        let project = Project::new(false);
        let path = snapshot::path(SCENARIO);
        let files = &project.settings.files;
        files
            .write(path.as_str().into(), "---\n---\n<<<<<<< HEAD\n")
            .unwrap();
        let outcome = test_fixtures::outcome(vec![check(ATTACK, "sysmon", alert())]);
        assert_eq!(project.run(&outcome, &[""]), (vec![], 0, vec!["E501"]));
        assert_eq!(project.run(&outcome, &["all"]), (vec![], 1, vec![]));
        assert_eq!(project.run(&outcome, &[]), (vec![], 0, vec![]));
    }

    #[test]
    fn a_snapshot_without_a_scenario_is_named() {
        let project = Project::new(true);
        let files = &project.settings.files;
        for name in ["scenarios/a.yaml", "scenarios/b.yaml"] {
            files
                .write(snapshot::path(name).as_str().into(), "")
                .unwrap();
        }
        let found = unreferenced(files, "scenarios".into(), &["scenarios/a.yaml".to_owned()]);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("scenarios/__snapshots__/b.snap"));
    }
}
