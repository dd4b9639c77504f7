//! Work that takes longer than an answer may: the lints of a rule, the run of a scenario. A job owns
//! the texts that it reads, so that any thread can run it without the server.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::documents::Texts;
use super::notice::{self, Notice};
use super::setup::Setup;
use crate::coverage::{Coverage, coverage};
use crate::diagnostic::Diagnostic;
use crate::lint;
use crate::project::config::FILE as CONFIGURATION;
use crate::project::rule_files::is_rule;
use crate::project::{Project, RunRequest, SnapshotPolicy, Target, TestRun, config};
use crate::scenario;
use crate::snapshot::Accept;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Find what is wrong with a file.
    Check,
    /// Run a scenario file.
    Run,
    /// Run it and take these checks into the snapshot.
    Accept(Vec<String>),
}

/// Work on one file.
pub struct Job {
    pub(super) setup: Arc<Setup>,
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) texts: Texts,
}

/// Work that is done.
pub struct Done {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// What the work read of the editor.
    pub(super) texts: Texts,
    pub(super) found: JobResult,
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.kind, self.name)
    }
}

impl fmt::Debug for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.kind, self.name)
    }
}

/// The result of a job.
pub(super) enum JobResult {
    /// What is wrong with the file.
    Checked(Vec<Notice>),
    /// The run of a scenario file.
    Ran(Box<Run>),
    /// The work panicked; the message has been written by the panic.
    Failed,
}

/// A finished run of one scenario file.
pub(super) struct Run {
    pub(super) test: TestRun,
    pub(super) coverage: Coverage,
    /// The files that it depends on.
    pub(super) depends: BTreeSet<String>,
    pub(super) notices: Vec<Notice>,
}

impl Job {
    /// Does the work.
    pub fn execute(self) -> Done {
        let found = match &self.kind {
            Kind::Check => JobResult::Checked(self.check()),
            Kind::Run => JobResult::Ran(Box::new(self.run(SnapshotPolicy::default()))),
            Kind::Accept(keys) => {
                let policy = SnapshotPolicy::accepting(Accept::keys(keys.iter().cloned()));
                JobResult::Ran(Box::new(self.run(policy)))
            }
        };
        self.done(found)
    }

    /// What to hand back if the work panics.
    pub fn failed(&self) -> Done {
        Done {
            name: self.name.clone(),
            kind: self.kind.clone(),
            texts: self.texts.clone(),
            found: JobResult::Failed,
        }
    }

    fn done(self, found: JobResult) -> Done {
        Done {
            name: self.name,
            kind: self.kind,
            texts: self.texts,
            found,
        }
    }

    fn check(&self) -> Vec<Notice> {
        let overlay = self.setup.overlay(&self.texts);
        let project = Project::new(&overlay, &self.setup.layouts);
        let Some(text) = self.texts.get(&self.name) else {
            return Vec::new();
        };
        let name = &self.name;
        let own = |diagnostics: Vec<Diagnostic>| {
            let is_own = |one: &&Diagnostic| {
                let mut labels = one.labels.iter();
                one.labels.is_empty() || labels.any(|label| label.source.name() == name)
            };
            let own = diagnostics.iter().filter(is_own);
            own.map(|one| notice::of_diagnostic(one, name)).collect()
        };
        if name.rsplit('/').next() == Some(CONFIGURATION) {
            return own(config::read(text).err().unwrap_or_default());
        }
        if is_rule(name) {
            return own(self.lints(text));
        }
        let loaded = project.load(&[Target::Path(name.clone())]);
        let mut found = loaded.diagnostics.clone();
        let catalogue = &self.setup.catalogue;
        for test in loaded.tests() {
            let claimed = catalogue.claimed(&test.subject.patterns());
            let indicators = test.subject.indicator_source(catalogue);
            found.extend(
                scenario::check(test.scenario, catalogue, &claimed, indicators).diagnostics,
            );
        }
        own(found)
    }

    fn lints(&self, text: &Arc<crate::diagnostic::SourceText>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for linted in lint::lint_file(text, &self.setup.catalogue) {
            found.extend(linted.broken);
            for finding in linted.findings {
                let name = finding.lint.name();
                if self.setup.denied.contains(name) {
                    found.push(finding.diagnostic.into_error());
                } else if !self.setup.allowed.contains(name) {
                    found.push(finding.diagnostic);
                }
            }
        }
        found
    }

    fn run(&self, snapshots: SnapshotPolicy) -> Run {
        let overlay = self.setup.overlay(&self.texts);
        let project = Project::new(&overlay, &self.setup.layouts);
        let loaded = project.load(&[Target::Path(self.name.clone())]);
        let depends = loaded.depends.names().map(str::to_owned).collect();
        let request = RunRequest {
            observe: true,
            snapshots,
            ..RunRequest::default()
        };
        let test = project.run(loaded, &self.setup.catalogue, &request);
        let mut run = Run {
            coverage: coverage(&test.outcome.scenarios, &test.observed),
            depends,
            notices: Vec::new(),
            test,
        };
        run.notices = run.notices(&self.name);
        run
    }
}

impl Run {
    /// What to mark in the scenario file.
    fn notices(&self, file: &str) -> Vec<Notice> {
        let diagnostics = self.test.diagnostics.iter();
        let own = diagnostics.filter(|one| {
            let mut labels = one.labels.iter();
            labels.any(|label| label.source.name() == file)
        });
        let mut notices: Vec<Notice> = own.map(|one| notice::of_diagnostic(one, file)).collect();
        let checks = || self.test.outcome.checks();
        let of_checks = checks().filter_map(|check| notice::of_check(check, file));
        notices.extend(notice::merged(of_checks.collect()));
        let open = self
            .test
            .compared
            .open
            .iter()
            .filter(|change| !change.contradicts);
        let changes = open.map(|change| {
            let check = checks().find(|check| check.key == change.key);
            notice::of_change(change, check, file)
        });
        notices.extend(notice::merged(changes.collect()));
        notices
    }
}
