//! Reads, compares and writes the snapshot files of a run.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::Project;
use super::files::ProjectFiles;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::snapshot::BadSnapshot;
use crate::replay::outcome::{Outcome, ScenarioOutcome};
use crate::snapshot::{self, Accept, Change, Current, Resolution, Scope, Snapshot};

/// Which changes a run takes into the snapshots, and whether it may write at all.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct SnapshotPolicy {
    /// The changes that are accepted.
    pub accept: Option<Accept>,
    /// Whether snapshots and pending files may be written.
    pub writes: bool,
}

impl SnapshotPolicy {
    /// Changes are written beside the snapshots, to wait for a review.
    pub fn pending() -> Self {
        Self {
            accept: None,
            writes: true,
        }
    }

    /// These changes are written into the snapshots, others beside them.
    pub fn accepting(accept: Accept) -> Self {
        Self {
            accept: Some(accept),
            writes: true,
        }
    }
}

/// How a run compares with the snapshots.
#[derive(Debug, Default)]
pub struct SnapshotComparison {
    /// The changes that were not accepted, worst first.
    pub open: Vec<Change>,
    /// The changes that were accepted and written.
    pub accepted: Vec<Change>,
    /// Snapshots that could not be read or written.
    pub diagnostics: Vec<Diagnostic>,
}

impl Project<'_> {
    /// Compares each scenario file of the run with its snapshot, and writes what is accepted and
    /// what is pending where the policy allows it. `scope` says by a scenario's name how much of it
    /// ran.
    pub fn compare(
        &self,
        outcome: &Outcome,
        policy: &SnapshotPolicy,
        scope: impl Fn(&str) -> Scope + Sync,
    ) -> SnapshotComparison {
        let one = |(file, scenarios): (&str, Vec<&ScenarioOutcome>)| {
            let current = Current::of(file, &scenarios);
            one(&current, self.files, policy, scope(file))
        };
        let files: Vec<_> = snapshot::by_file(outcome).into_iter().collect();
        let each: Vec<_> = files.into_par_iter().map(one).collect();
        let mut compared = SnapshotComparison::default();
        for one in each {
            match one {
                Ok(resolution) => {
                    compared.accepted.extend(resolution.accepted);
                    compared.open.extend(resolution.open);
                }
                Err(diagnostic) => compared.diagnostics.push(*diagnostic),
            }
        }
        compared.open.sort_by_key(|change| change.class);
        compared
    }

    /// An error for each snapshot of the project whose scenario is not among `scenarios` (by name).
    /// Pending files are left aside: git ignores them.
    pub fn unreferenced(&self, scenarios: &[String]) -> Vec<Diagnostic> {
        let wanted: BTreeSet<String> = scenarios.iter().map(|name| snapshot::path(name)).collect();
        let directories = self.layouts.iter().map(|layout| &layout.scenarios);
        let found =
            directories.flat_map(|name| self.files.find(name, &["snap"]).unwrap_or_default());
        found
            .filter(|name| !wanted.contains(name))
            .map(|name| {
                let cause = BadSnapshot::Unreferenced { name };
                Diagnostic::of(&snapshot::error::UNREFERENCED, &cause)
            })
            .collect()
    }
}

fn one(
    current: &Current,
    files: &dyn ProjectFiles,
    policy: &SnapshotPolicy,
    scope: Scope,
) -> Result<Resolution, Box<Diagnostic>> {
    let name = snapshot::path(&current.snapshot.scenario);
    let old = old(&name, files, policy)?;
    let changes = snapshot::compare(old.as_ref(), current, scope);
    let accept = policy.accept.as_ref().filter(|_| policy.writes);
    let resolution = snapshot::resolve(old.as_ref(), current, &changes, accept);
    if policy.writes {
        if let Some(text) = &resolution.snapshot {
            files.write(&name, text)?;
        }
        let pending = format!("{name}.new");
        match &resolution.pending {
            Some(text) => files.write(&pending, text)?,
            None => files.remove(&pending)?,
        }
    }
    Ok(resolution)
}

/// The recorded snapshot. With `--accept=all` a file that cannot be read counts as none.
fn old(
    name: &str,
    files: &dyn ProjectFiles,
    policy: &SnapshotPolicy,
) -> Result<Option<Snapshot>, Box<Diagnostic>> {
    if !files.exists(name) {
        return Ok(None);
    }
    let rebuilds = policy.accept.as_ref().is_some_and(Accept::rebuilds);
    match files.read(name).and_then(|source| snapshot::read(&source)) {
        Ok(snapshot) => Ok(Some(snapshot)),
        Err(_) if rebuilds && policy.writes => Ok(None),
        Err(diagnostic) => Err(diagnostic),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Layout;
    use crate::project::memory::MemoryFiles;
    use crate::replay::outcome::Verdict;
    use crate::replay::test_fixtures::{self, ATTACK, SCENARIO, alert, check, stopped};
    use crate::snapshot::Class;

    use crate::replay::reason::Reason;

    struct Fixture {
        files: MemoryFiles,
        layouts: [Layout; 1],
        writes: bool,
    }

    impl Fixture {
        fn new(writes: bool) -> Self {
            Self {
                files: MemoryFiles::default(),
                layouts: [Layout::default()],
                writes,
            }
        }

        fn project(&self) -> Project<'_> {
            Project::new(&self.files, &self.layouts)
        }

        fn run(&self, outcome: &Outcome, accept: &[&str]) -> (Vec<Class>, usize, Vec<&str>) {
            let parse = |word: &&str| match *word {
                "" => Accept::harmless(),
                word => Accept::parse(word).unwrap(),
            };
            let policy = SnapshotPolicy {
                accept: accept.iter().map(parse).reduce(Accept::and),
                writes: self.writes,
            };
            let compared = self.project().compare(outcome, &policy, |_| Scope::All);
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
            [path.clone(), format!("{path}.new")].map(|path| self.files.exists(&path))
        }
    }

    #[test]
    fn new_entries_wait_beside_the_snapshot_until_they_are_accepted() {
        let project = Fixture::new(true);
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
    fn nothing_is_written_where_the_policy_forbids_it() {
        let project = Fixture::new(false);
        let outcome = test_fixtures::outcome(vec![check(ATTACK, "sysmon", alert())]);
        assert_eq!(project.run(&outcome, &[]), (vec![Class::Added], 0, vec![]));
        assert_eq!(project.there(), [false, false]);
    }

    #[test]
    fn nothing_is_pending_for_a_check_that_fails() {
        let project = Fixture::new(true);
        let failed =
            check(ATTACK, "sysmon", alert()).verdict(Verdict::Failed, Some(Reason::NoAlert));
        let outcome = test_fixtures::outcome(vec![failed]);
        assert_eq!(project.run(&outcome, &["all"]), (vec![], 0, vec![]));
        assert_eq!(project.there(), [false, false]);
    }

    #[test]
    fn a_merge_conflict_is_not_overwritten_unless_all_is_accepted() {
        let project = Fixture::new(true);
        let path = snapshot::path(SCENARIO);
        project
            .files
            .write(&path, "---\n---\n<<<<<<< HEAD\n")
            .unwrap();
        let outcome = test_fixtures::outcome(vec![check(ATTACK, "sysmon", alert())]);
        assert_eq!(project.run(&outcome, &[""]), (vec![], 0, vec!["E501"]));
        assert_eq!(project.run(&outcome, &["all"]), (vec![], 1, vec![]));
        assert_eq!(project.run(&outcome, &[]), (vec![], 0, vec![]));
    }

    #[test]
    fn a_snapshot_without_a_scenario_is_named() {
        let project = Fixture::new(false);
        for name in ["scenarios/a.yaml", "scenarios/b.yaml"] {
            project.files.write(&snapshot::path(name), "").unwrap();
        }
        let scenarios = ["scenarios/a.yaml".to_owned()];
        let found = project.project().unreferenced(&scenarios);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("scenarios/__snapshots__/b.snap"));
    }
}
