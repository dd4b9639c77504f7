//! Resolves what was typed and the configuration file into settings: those of the project here,
//! those of each command in a file of its name. Settings hold only valid states: options that
//! exclude each other are refused, paths are found, and defaults are filled in. Commands see
//! settings and never arguments.

mod check;
mod configuration;
mod coverage;
mod diff;
mod explain;
mod import;
mod lake_tables;
mod mutate;
mod new;
mod plan_shards;
mod query;
mod requests;
mod review;
mod scan;
mod scan_input;
mod sources;
mod test;
mod typed_paths;

use camino::{Utf8Path, Utf8PathBuf};

pub use self::check::CheckSettings;
use self::configuration::{Configuration, Defaults};
pub use self::coverage::CoverageSettings;
pub use self::diff::DiffSettings;
pub use self::explain::{ExplainCase, ExplainRecording, ExplainSettings};
pub use self::import::{ImportSettings, ImportTarget, MinimiseSettings, RecordingSettings};
pub use self::mutate::MutateSettings;
pub use self::new::{NewRules, NewSettings, ScenarioOutput};
pub use self::plan_shards::PlanShardsSettings;
pub use self::query::QuerySettings;
pub use self::requests::{CompareSettings, RequestSettings};
pub use self::review::ReviewSettings;
pub use self::scan::{ScanOutput, ScanPart, ScanSettings};
pub use self::scan_input::ScanInput;
pub use self::sources::{LearnSettings, SourcesSettings};
pub use self::test::{TestSettings, WatchSettings};
pub use self::typed_paths::Input;
use super::args::{Args, Global};
pub use super::args::{
    CheckFormat, CompareFormat, ExplainFormat, Format, FormatArg, QueryFormat, QueryLanguage,
    Required, ScanFormat, SchemaOf, TableFormat,
};
use super::error::{self, Problem};
use super::files::Files;
use super::lint_levels::Levels;
use super::{ExitCode, environment};
use crate::data_source::Catalogue;
use crate::diagnostic::Diagnostic;
use crate::project::{Layout, LoadedCatalogue, Project, config};

/// The settings of every command.
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
    /// The options of every command, for another project or a configuration that has changed.
    global: Global,
    /// What the configuration says about lints.
    lints: Levels,
    /// What the configuration says about the commands; the command line overrides it.
    defaults: Defaults,
}

impl Settings {
    /// Finds the project and reads its configuration.
    pub fn new(args: &Args) -> Result<Self, Box<Problem>> {
        let working_directory = environment::working_directory().ok_or_else(|| {
            let message = "the working directory is gone, or its name is not UTF-8";
            Problem::usage(Diagnostic::error(&error::MISSING, message))
        })?;
        let mut settings = Self::at(&working_directory, &args.global, environment::ci())?;
        settings.files.raw_column = args.verb.raw_column().map(str::to_owned);
        Ok(settings)
    }

    /// The same for a given working directory.
    pub fn at(
        working_directory: &Utf8Path,
        global: &Global,
        ci: bool,
    ) -> Result<Self, Box<Problem>> {
        let mut files = Files::new(root(working_directory, global)?);
        for directory in &global.allow_dir {
            files.allow(&working_directory.join(directory));
        }
        let configuration = Configuration::read(&mut files)?;
        let settings = Self {
            layouts: layouts(configuration.layouts, &files, working_directory, global),
            files,
            working_directory: working_directory.to_owned(),
            ci,
            global: global.clone(),
            lints: configuration.lints,
            defaults: configuration.defaults,
        };
        for path in global.rules.iter().chain(&global.scenarios) {
            settings.must_exist(&working_directory.join(path))?;
        }
        Ok(settings)
    }

    /// The same options for another working directory, or for a configuration that has changed.
    pub fn in_directory(&self, working_directory: &Utf8Path) -> Result<Self, Box<Problem>> {
        Self::at(working_directory, &self.global, self.ci)
    }

    /// The same options for the project at another root.
    pub fn at_root(
        &self,
        root: Utf8PathBuf,
        working_directory: &Utf8Path,
    ) -> Result<Self, Box<Problem>> {
        let global = Global {
            root: Some(root),
            ..self.global.clone()
        };
        Self::at(working_directory, &global, self.ci)
    }

    /// Whether directories with rules were typed.
    pub fn has_typed_rules(&self) -> bool {
        !self.global.rules.is_empty()
    }

    /// What the configuration says about lints.
    pub fn configured_lints(&self) -> &Levels {
        &self.lints
    }

    /// The project.
    pub fn project(&self) -> Project<'_> {
        Project::new(&self.files, &self.layouts)
    }

    /// The data sources: those that ship with Trapline, and those of the project. A command does
    /// not run without one that cannot be read: its rules would be seen by fewer sources.
    pub fn catalogue(&self) -> Result<Catalogue, Box<Problem>> {
        without_mistakes(self.project().catalogue())
    }
}

/// The data sources, unless something is wrong with files of the project.
pub fn without_mistakes(loaded: LoadedCatalogue) -> Result<Catalogue, Box<Problem>> {
    let (catalogue, diagnostics) = loaded.map_err(|mistake| {
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

/// The configured layouts with their directories by name; typed directories replace all of them.
fn layouts(
    configured: Vec<Layout>,
    files: &Files,
    working_directory: &Utf8Path,
    global: &Global,
) -> Vec<Layout> {
    let stated = |name: &String| files.name(&files.path(name));
    let typed = |path: &Utf8PathBuf| files.name(&working_directory.join(path));
    let mut layouts: Vec<Layout> = configured
        .into_iter()
        .map(|layout| Layout {
            rules: layout.rules.iter().map(stated).collect(),
            scenarios: stated(&layout.scenarios),
            exceptions: layout.exceptions.iter().map(stated).collect(),
            sources: layout.sources.iter().map(stated).collect(),
        })
        .collect();
    if !global.rules.is_empty() || global.scenarios.is_some() {
        layouts.truncate(1);
    }
    for layout in &mut layouts {
        if !global.rules.is_empty() {
            layout.rules = global.rules.iter().map(typed).collect();
        }
        if let Some(scenarios) = &global.scenarios {
            layout.scenarios = typed(scenarios);
        }
    }
    layouts
}

#[cfg(test)]
mod tests {
    use super::super::args::TestArgs;
    use super::*;
    use crate::project::Target;

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
