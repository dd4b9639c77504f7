//! The settings of `test` and `test --watch`.

use super::super::args::{Format, FormatArg, Required, TestArgs};
use super::super::error::{self, Problem};
use super::Settings;
use crate::diagnostic::Diagnostic;
use crate::project::{SnapshotPolicy, Target};
use crate::replay::select::Selection;
use crate::snapshot::Accept;

/// The settings of `test`.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct TestSettings {
    /// What to run; everything when empty.
    pub targets: Vec<Target>,
    /// `-k`.
    pub selection: Option<Selection>,
    /// `--source`.
    pub sources: Vec<String>,
    /// `--list`.
    pub list: bool,
    /// `--fail-fast`.
    pub fail_fast: bool,
    /// `--changed`.
    pub changed: Option<String>,
    /// `--review`.
    pub review: bool,
    /// `--accept`, and whether snapshots may be written.
    pub snapshots: SnapshotPolicy,
    /// `--strict`.
    pub strict: bool,
    /// `--require-tested`.
    pub require_tested: Required,
    /// `--min-cases`.
    pub min_cases: Option<usize>,
    /// `--coverage`.
    pub coverage: bool,
    /// `--failures-only`.
    pub failures_only: bool,
    /// How many threads; as many as there are cores when 0.
    pub jobs: usize,
    /// The reports, at least one.
    pub reports: Vec<FormatArg>,
}

/// The settings of `test --watch`.
#[derive(Debug, Clone)]
pub struct WatchSettings {
    /// What every run is asked.
    pub test: TestSettings,
    /// What was typed, for a configuration that has changed.
    args: TestArgs,
}

impl WatchSettings {
    /// Reads the configuration again.
    pub fn reread(&self, settings: &Settings) -> Result<(Settings, Self), Box<Problem>> {
        let settings = settings.in_directory(&settings.working_directory)?;
        let watch = settings.watch(&self.args)?;
        Ok((settings, watch))
    }
}

impl Settings {
    /// What the options of `test --watch` mean.
    pub fn watch(&self, args: &TestArgs) -> Result<WatchSettings, Box<Problem>> {
        Ok(WatchSettings {
            test: self.test(args)?,
            args: args.clone(),
        })
    }

    /// What the options of `test` mean.
    pub fn test(&self, args: &TestArgs) -> Result<TestSettings, Box<Problem>> {
        let writes = [
            ("--accept", args.accept.is_some()),
            ("--review", args.review),
        ];
        if let Some((option, _)) = writes.iter().find(|(_, typed)| *typed && self.ci) {
            let message = format!("`{option}` while `CI` is set");
            return Err(Problem::usage(
                Diagnostic::error(&error::CI_ACCEPTS_NOTHING, message)
                    .help("accept at home and commit the snapshot"),
            ));
        }
        let targets = self.targets(&args.paths)?;
        let selection = args.select.as_deref().map(Selection::parse).transpose();
        let mut reports = args.format.clone();
        if reports.is_empty() {
            reports.clone_from(&self.defaults.reports);
        }
        if reports.is_empty() {
            reports.push(FormatArg {
                format: Format::Human,
                file: None,
            });
        }
        Ok(TestSettings {
            targets,
            selection: selection.map_err(|mistake| Problem::usage(*mistake))?,
            sources: args.source.clone(),
            list: args.list,
            fail_fast: args.fail_fast,
            changed: args.changed.clone(),
            review: args.review,
            snapshots: SnapshotPolicy {
                accept: accept(args.accept.as_deref())?,
                writes: !self.ci && !args.check && !args.list,
            },
            strict: args.strict.unwrap_or(self.defaults.strict),
            require_tested: args.require_tested.unwrap_or(self.defaults.require_tested),
            min_cases: args.min_cases.or(self.defaults.min_cases),
            coverage: args.coverage,
            failures_only: args.failures_only,
            jobs: args.jobs.map_or(0, usize::from),
            reports,
        })
    }
}

fn accept(lists: Option<&[String]>) -> Result<Option<Accept>, Box<Problem>> {
    let Some(lists) = lists else { return Ok(None) };
    let mut accept = Accept::default();
    for list in lists {
        accept = accept.and(if list.is_empty() {
            Accept::harmless()
        } else {
            Accept::parse(list).map_err(|mistake| Problem::usage(*mistake))?
        });
    }
    Ok(Some(accept))
}
