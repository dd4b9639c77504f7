//! Combines options and the configuration file into the settings that all commands share, and those
//! of `test`, `query` and `check`.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::args::{Args, BadFormat, Format, FormatArg, Global, Required, TestArgs, operator};
use super::error::{self, Problem};
use super::files::Files;
use super::lint_levels::{Level, Levels, lint};
use super::{ExitCode, environment};
use crate::data_source::Catalogue;
use crate::diagnostic::{Diagnostic, SourceText, Span};
use crate::mutation::Operator;
use crate::project::config::Config;
use crate::project::error::BAD_CONFIG;
use crate::project::{Layout, Project, SnapshotPolicy, Target, config};
use crate::replay::select::Selection;
use crate::snapshot::Accept;

/// What holds for every verb.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The files of the project.
    pub files: Files,
    /// The directory that paths on the command line are relative to.
    pub working_directory: Utf8PathBuf,
    /// Where rules and scenarios are; at least one.
    pub layouts: Vec<Layout>,
    /// Whether a CI system runs us: then nothing is written.
    pub ci: bool,
    /// What the configuration says about lints.
    pub(super) lints: Levels,
    /// What the configuration says about the verbs; the command line overrides it.
    defaults: Defaults,
}

/// What the configuration says about the verbs, read.
#[derive(Debug, Clone, Default)]
struct Defaults {
    reports: Vec<FormatArg>,
    strict: bool,
    require_tested: Required,
    min_cases: Option<usize>,
    least_coverage: Option<f64>,
    least_caught: Option<f64>,
    operators: Vec<Operator>,
}

impl Defaults {
    /// Reads the words of the configuration; a word that is none is an error at its place.
    fn new(config: &Config, source: &Arc<SourceText>) -> Result<Self, Box<Problem>> {
        let at = |span: Span, message: String| {
            let diagnostic = Diagnostic::error(&BAD_CONFIG, "the configuration cannot be read");
            Problem::usage(diagnostic.at(source, span, message))
        };
        let reports = config.test.format.iter();
        let reports = reports.map(|(word, span)| {
            word.parse()
                .map_err(|why: BadFormat| at(*span, why.to_string()))
        });
        let operators = config.mutate.operators.iter();
        let operators =
            operators.map(|(word, span)| operator(word).map_err(|why| at(*span, why.to_string())));
        let require_tested = match &config.gates.require_tested {
            None => Required::None,
            Some((word, span)) => Required::by_word(word)
                .ok_or_else(|| at(*span, "expected `all`, `changed` or `none`".to_owned()))?,
        };
        Ok(Self {
            reports: reports.collect::<Result<_, _>>()?,
            strict: config.test.strict,
            require_tested,
            min_cases: config.gates.min_cases,
            least_coverage: config.least_coverage,
            least_caught: config.mutate.min,
            operators: operators.collect::<Result<_, _>>()?,
        })
    }
}

/// What `test` was asked.
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
    /// `-j`.
    pub jobs: Option<u16>,
    /// The reports, at least one.
    pub reports: Vec<FormatArg>,
}

impl Settings {
    /// Finds the project and reads its configuration.
    pub fn new(args: &Args) -> Result<Self, Box<Problem>> {
        let working_directory = environment::working_directory().ok_or_else(|| {
            let message = "the working directory is gone, or its name is not UTF-8";
            Problem::usage(Diagnostic::error(&error::MISSING, message))
        })?;
        Self::at(&working_directory, &args.global, environment::ci())
    }

    /// The same for a given working directory.
    pub fn at(
        working_directory: &Utf8Path,
        global: &Global,
        ci: bool,
    ) -> Result<Self, Box<Problem>> {
        let root = root(working_directory, global)?;
        let mut files = Files::new(root);
        for directory in &global.allow_dir {
            files.allow(&working_directory.join(directory));
        }
        let file = Utf8Path::new(config::FILE);
        let mut lints = Levels::new();
        let mut defaults = Defaults::default();
        let layouts = if files.exists(file) {
            let source = files
                .read(file)
                .map_err(|mistake| Problem::usage(*mistake))?;
            let config = config::read(&source).map_err(|diagnostics| {
                Box::new(Problem {
                    exit: ExitCode::Usage,
                    diagnostics,
                })
            })?;
            files.limits = config.limits;
            for directory in &config.files.allow {
                files.allow(Utf8Path::new(directory));
            }
            defaults = Defaults::new(&config, &source)?;
            let names = [
                (config.check.allow, Level::Allow),
                (config.check.deny, Level::Deny),
            ];
            for (names, level) in names {
                for (name, span) in names {
                    let place = |diagnostic: Diagnostic| diagnostic.at(&source, span, "");
                    lints.insert(lint(&name, place)?, level);
                }
            }
            config.projects
        } else {
            vec![Layout::default()]
        };
        let typed = |path: &Utf8PathBuf| working_directory.join(path);
        let stated = |name: &String| files.name(&files.path(name));
        let mut layouts: Vec<Layout> = layouts
            .into_iter()
            .map(|layout| Layout {
                rules: layout.rules.iter().map(stated).collect(),
                scenarios: stated(&layout.scenarios),
                exceptions: layout.exceptions.iter().map(stated).collect(),
                sources: layout.sources.iter().map(stated).collect(),
            })
            .collect();
        if !global.rules.is_empty() || global.scenarios.is_some() {
            // What is typed replaces what is configured, all layouts of it.
            layouts.truncate(1);
        }
        for layout in &mut layouts {
            if !global.rules.is_empty() {
                let rules = global.rules.iter().map(typed);
                layout.rules = rules.map(|path| files.name(&path)).collect();
            }
            if let Some(scenarios) = &global.scenarios {
                layout.scenarios = files.name(&typed(scenarios));
            }
        }
        let settings = Self {
            files,
            working_directory: working_directory.to_owned(),
            layouts,
            ci,
            lints,
            defaults,
        };
        for path in global.rules.iter().chain(&global.scenarios) {
            settings.must_exist(&typed(path))?;
        }
        Ok(settings)
    }

    /// The project.
    pub fn project(&self) -> Project<'_> {
        Project::new(&self.files, &self.layouts)
    }

    /// The data sources: those that ship with Trapline, and those of the project. A command does
    /// not run without one that cannot be read: its rules would be seen by fewer sources.
    pub fn catalogue(&self) -> Result<Catalogue, Box<Problem>> {
        let (catalogue, diagnostics) = self.project().catalogue().map_err(|mistake| {
            let diagnostic = Diagnostic::error(&error::INTERNAL, mistake.to_string());
            Problem::new(ExitCode::Internal, diagnostic)
        })?;
        if diagnostics.is_empty() {
            return Ok(catalogue);
        }
        Err(Box::new(Problem {
            exit: ExitCode::NotLoaded,
            diagnostics,
        }))
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
            jobs: args.jobs,
            reports,
        })
    }

    /// The least share of covered clauses: what was typed, else what is configured.
    pub fn least_coverage(&self, typed: Option<f64>) -> Option<f64> {
        typed.or(self.defaults.least_coverage)
    }

    /// The least share of mutants that are caught: what was typed, else what is configured.
    pub fn least_caught(&self, typed: Option<f64>) -> Option<f64> {
        typed.or(self.defaults.least_caught)
    }

    /// Whether the configuration demands that changed rules are tested.
    pub fn requires_tested(&self) -> bool {
        self.defaults.require_tested != Required::None
    }

    /// The kinds of change that `mutate` tries; all when empty.
    pub fn operators<'a>(&'a self, typed: &'a [Operator]) -> &'a [Operator] {
        match typed {
            [] => &self.defaults.operators,
            typed => typed,
        }
    }

    /// The file that was typed, or those that a pattern names which the shell left alone.
    pub(super) fn paths(&self, typed: &str) -> Result<Vec<Utf8PathBuf>, Box<Problem>> {
        let path = self.working_directory.join(typed);
        if !self.files.exists(&path) && typed.contains(['*', '?']) {
            let found = self.files.glob(&self.files.name(&path));
            if !found.is_empty() {
                return Ok(found);
            }
        }
        self.must_exist(&path)?;
        Ok(vec![path])
    }

    /// What the paths on the command line name.
    pub fn targets(&self, paths: &[String]) -> Result<Vec<Target>, Box<Problem>> {
        let mut targets = Vec::new();
        for path in paths {
            self.target(path, &mut targets)?;
        }
        Ok(targets)
    }

    /// A scenario, a rule, a directory, a KEY, or a pattern that the shell left alone.
    pub(super) fn target(
        &self,
        typed: &str,
        targets: &mut Vec<Target>,
    ) -> Result<(), Box<Problem>> {
        if let Some((scenario, rest)) = typed.split_once("::") {
            // A KEY is relative to the root, as reports print it; a person may type it from
            // where they are.
            let here = self.working_directory.join(scenario);
            let only_here = self.files.exists(&here) && !self.files.exists(scenario.into());
            let scenario = self.files.name(if only_here {
                &here
            } else {
                Utf8Path::new(scenario)
            });
            self.must_exist(&self.files.path(&scenario))?;
            let key = format!("{scenario}::{rest}");
            targets.push(Target::Key { scenario, key });
            return Ok(());
        }
        let paths = self.paths(typed)?.into_iter();
        targets.extend(paths.map(|path| Target::Path(self.files.name(&path))));
        Ok(())
    }

    /// A path that was typed, which may lead anywhere.
    pub fn typed(&self, path: impl AsRef<Utf8Path>) -> Utf8PathBuf {
        let path = self.working_directory.join(path);
        self.files.allow_typed(&path);
        path
    }

    /// A path that was typed and must be there.
    pub(super) fn must_exist(&self, path: &Utf8Path) -> Result<(), Box<Problem>> {
        self.files.allow_typed(path);
        if self.files.exists(path) {
            return Ok(());
        }
        let message = format!("`{}` does not exist", self.files.name(path));
        Err(Problem::usage(Diagnostic::error(&error::MISSING, message)))
    }
}

/// `--root`, or the nearest directory upwards that holds a configuration, or where we are.
fn root(working_directory: &Utf8Path, global: &Global) -> Result<Utf8PathBuf, Box<Problem>> {
    if let Some(root) = &global.root {
        let root = working_directory.join(root);
        if Files::new(root.clone()).is_directory(Utf8Path::new("")) {
            return Ok(root);
        }
        let message = format!("`{root}` is not a directory");
        return Err(Problem::usage(Diagnostic::error(&error::MISSING, message)));
    }
    let holds_config = |directory: &&Utf8Path| {
        Files::new(directory.to_path_buf()).exists(Utf8Path::new(config::FILE))
    };
    let found = working_directory.ancestors().find(holds_config);
    Ok(found.unwrap_or(working_directory).to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn project(config: Option<&str>) -> (tempfile::TempDir, Utf8PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(directory.path().to_owned()).unwrap();
        let files = Files::new(root.clone());
        if let Some(config) = config {
            files.write(config::FILE.into(), config).unwrap();
        }
        files.write("scenarios/windows/a.yaml".into(), "").unwrap();
        (directory, root)
    }

    #[test]
    fn the_configuration_is_sought_upwards_and_typed_directories_replace_it() {
        let config = "[[project]]\nrules = ['r']\n[[project]]\nrules = ['q']\n";
        let (_directory, root) = project(Some(config));
        let here = root.join("scenarios/windows");
        let settings = Settings::at(&here, &Global::default(), false).unwrap();
        assert_eq!(settings.files.root(), root);
        assert_eq!(settings.layouts.len(), 2);
        assert_eq!(settings.layouts[0].rules, ["r"]);
        let global = Global {
            scenarios: Some(".".into()),
            ..Global::default()
        };
        let settings = Settings::at(&here, &global, false).unwrap();
        assert_eq!(settings.layouts.len(), 1);
        assert_eq!(settings.layouts[0].scenarios, "scenarios/windows");
    }

    #[test]
    fn a_key_may_be_typed_from_the_root_or_from_here() {
        let (_directory, root) = project(Some(""));
        let here = root.join("scenarios/windows");
        let settings = Settings::at(&here, &Global::default(), false).unwrap();
        for typed in [
            "a.yaml::case[sysmon]",
            "scenarios/windows/a.yaml::case[sysmon]",
        ] {
            let args = TestArgs {
                paths: vec![typed.to_owned()],
                ..TestArgs::default()
            };
            let expected = Target::Key {
                scenario: "scenarios/windows/a.yaml".into(),
                key: "scenarios/windows/a.yaml::case[sysmon]".into(),
            };
            assert_eq!(settings.test(&args).unwrap().targets, [expected]);
        }
    }

    #[test]
    fn a_shell_that_leaves_patterns_alone_is_helped() {
        let (_directory, root) = project(Some(""));
        let settings = Settings::at(&root, &Global::default(), false).unwrap();
        let args = TestArgs {
            paths: vec!["scenarios/*/*.yaml".to_owned()],
            ..TestArgs::default()
        };
        let expected = Target::Path("scenarios/windows/a.yaml".to_owned());
        assert_eq!(settings.test(&args).unwrap().targets, [expected]);
    }

    #[test]
    fn in_ci_nothing_is_written_and_accept_is_a_usage_error() {
        let (_directory, root) = project(None);
        let settings = Settings::at(&root, &Global::default(), true).unwrap();
        assert!(
            !settings
                .test(&TestArgs::default())
                .unwrap()
                .snapshots
                .writes
        );
        let args = TestArgs {
            accept: Some(vec![String::new()]),
            ..TestArgs::default()
        };
        assert_eq!(settings.test(&args).unwrap_err().exit, ExitCode::Usage);
    }
}
