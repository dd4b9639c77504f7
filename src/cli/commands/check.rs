//! `trapline check`: loads rules and scenarios, runs every lint, and reports the findings.
//! Scenarios are replayed only to find vacuous cases; `trapline test` judges their expectations.

use std::collections::BTreeSet;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::lint_levels::Level;
use super::super::settings::{CheckFormat, CheckSettings, Settings};
use super::super::{Console, ExitCode};
use crate::compile::is_supported;
use crate::data_source::Catalogue;
use crate::diagnostic::{Diagnostic, Severity, SourceText};
use crate::lint::survey::Survey;
use crate::lint::{self, Finding, Identified, Linted};
use crate::project::rule_files::is_rule;
use crate::project::{Target, config};
use crate::replay;
use crate::report::check::Checked;

/// The extensions of rules and scenarios.
const TO_CHECK: [&str; 5] = ["toml", "ndjson", "json", "yaml", "yml"];

/// Runs the verb.
pub fn run(
    settings: &Settings,
    check: &CheckSettings,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let mut run = Run {
        settings,
        catalogue: settings.catalogue()?,
        checked: Checked::default(),
        survey: Survey::default(),
        identified: Vec::new(),
    };
    let files = run.files(&check.names);
    for (path, named) in &files.rules {
        run.rule(path, *named);
    }
    run.checked
        .findings
        .extend(lint::duplicates(&run.identified));
    run.scenarios(&files.scenarios);
    run.apply(check);
    let selected = run.checked.rules + run.checked.unsupported.values().sum::<usize>();
    if selected + run.checked.scenarios + run.checked.broken.len() == 0 {
        let nothing = Diagnostic::error(&error::NOTHING_SELECTED, "no rule was selected")
            .help("name a rule or a directory with rules, or set `rules` in trapline.toml");
        return Err(Problem::new(ExitCode::NothingSelected, nothing));
    }
    run.report(check.format, check.verbose, console);
    Ok(run.exit())
}

/// The files of a run, each once.
#[derive(Default)]
struct FilesToCheck {
    /// With whether the file itself was named.
    rules: Vec<(Utf8PathBuf, bool)>,
    scenarios: Vec<Utf8PathBuf>,
}

struct Run<'s> {
    settings: &'s Settings,
    catalogue: Catalogue,
    checked: Checked,
    survey: Survey,
    identified: Vec<Identified>,
}

impl Run<'_> {
    /// The rules and scenarios below the paths, or all of the projects.
    fn files(&mut self, names: &[String]) -> FilesToCheck {
        let mut found = FilesToCheck::default();
        let mut seen = BTreeSet::new();
        let files = &self.settings.files;
        let everything: Vec<Utf8PathBuf> = match names {
            [] => {
                let layouts = self.settings.layouts.iter();
                let all = layouts.flat_map(|it| it.rules.iter().chain([&it.scenarios]));
                let all = all.map(|name| files.path(name));
                all.filter(|path| files.exists(path)).collect()
            }
            names => names.iter().map(|name| files.path(name)).collect(),
        };
        if names.is_empty() {
            self.checked
                .broken
                .extend(self.settings.project().ignored());
        }
        for path in &everything {
            let below = self.settings.files.find(path, &TO_CHECK);
            match below {
                Ok(files) => {
                    for file in files {
                        if seen.insert(file.clone()) {
                            found.add(file, path);
                        }
                    }
                }
                Err(diagnostic) => self.checked.broken.push(*diagnostic),
            }
        }
        found
    }

    fn rule(&mut self, path: &Utf8Path, named: bool) {
        let source = match self.settings.files.read(path) {
            Ok(source) => source,
            Err(diagnostic) => return self.checked.broken.push(*diagnostic),
        };
        for linted in lint::lint_file(&source, &self.catalogue) {
            self.linted(linted, &source, named);
        }
    }

    fn linted(&mut self, linted: Linted, source: &Arc<SourceText>, named: bool) {
        let deprecated = |maturity: &str| maturity == "deprecated";
        let maturity = linted
            .rule
            .as_ref()
            .and_then(|rule| rule.maturity.as_deref());
        if !named && maturity.is_some_and(deprecated) {
            return;
        }
        self.survey.add(&linted);
        self.checked.findings.extend(linted.findings);
        self.checked.broken.extend(linted.broken);
        let Some(rule) = linted.rule else { return };
        self.identified.push(Identified::new(&rule, source));
        if is_supported(rule.kind.rule_type()) {
            self.checked.rules += 1;
        } else {
            let word = rule.kind.rule_type().word();
            *self.checked.unsupported.entry(word).or_default() += 1;
        }
    }

    fn scenarios(&mut self, paths: &[Utf8PathBuf]) {
        if paths.is_empty() {
            return;
        }
        let targets = paths
            .iter()
            .map(|path| Target::Path(self.settings.files.name(path)));
        let targets: Vec<Target> = targets.collect();
        let loaded = self.settings.project().load(&targets);
        self.checked.scenarios = loaded.names.len();
        for diagnostic in loaded.diagnostics.iter().cloned() {
            // What is wrong with a rule is said where the rule is checked.
            let file = diagnostic.labels.first().map(|label| label.source.name());
            if file.is_some_and(is_rule) {
                continue;
            }
            if diagnostic.is_error() {
                self.checked.broken.push(diagnostic);
            } else {
                self.checked.findings.push(lint::as_finding(diagnostic));
            }
        }
        let files = &self.settings.files;
        let options = replay::Options::default();
        let replayed = replay::run(&loaded.tests(), &self.catalogue, files, &options);
        let found = replayed.diagnostics.into_iter().map(lint::as_finding);
        self.checked.findings.extend(found);
        let vacuous = lint::vacuous_cases(&replayed.scenarios);
        self.checked.findings.extend(vacuous);
        let past = lint::uncounted_history(&replayed.scenarios);
        self.checked.findings.extend(past);
        let hidden = lint::hidden_attacks(&replayed.scenarios);
        self.checked.findings.extend(hidden);
        let created = lint::created_alerts(&replayed.scenarios);
        self.checked.findings.extend(created);
        let dead = lint::dead_exceptions(&replayed.exceptions);
        self.checked.findings.extend(dead);
    }

    /// `--deny` and `--allow`.
    fn apply(&mut self, check: &CheckSettings) {
        let level = |finding: &Finding| check.levels.get(finding.lint.name()).copied();
        let findings = &mut self.checked.findings;
        findings.retain(|finding| level(finding) != Some(Level::Allow));
        for finding in findings.iter_mut() {
            if level(finding) == Some(Level::Deny) {
                finding.diagnostic.severity = Severity::Error;
            }
        }
        findings.sort_by(|a, b| a.diagnostic.sort_key().cmp(&b.diagnostic.sort_key()));
    }

    fn report(&self, format: CheckFormat, verbose: bool, console: &mut Console) {
        let text = match format {
            CheckFormat::Human => {
                let (colour, width) = (console.colour(Stream::Out), console.width(Stream::Out));
                self.checked.human(colour, width, verbose)
            }
            CheckFormat::Concise => self.checked.concise(),
            CheckFormat::Json => self.checked.json(),
            CheckFormat::Markdown => self.survey.markdown(),
        };
        if format == CheckFormat::Json {
            console.write_json(&text);
        } else {
            console.write(Stream::Out, &text);
        }
        if matches!(format, CheckFormat::Json | CheckFormat::Markdown) {
            console.write(Stream::Err, &self.checked.summary());
        }
    }

    fn exit(&self) -> ExitCode {
        let broken = self.checked.broken.iter().any(Diagnostic::is_error);
        let mut findings = self.checked.findings.iter();
        let failed = findings.any(|finding| finding.diagnostic.is_error());
        let code = if broken {
            ExitCode::NotLoaded
        } else {
            ExitCode::Passed
        };
        code.and(if failed {
            ExitCode::Failed
        } else {
            ExitCode::Passed
        })
    }
}

impl FilesToCheck {
    /// Takes a file that was found below `path`, or is it.
    fn add(&mut self, file: Utf8PathBuf, path: &Utf8Path) {
        let named = file == path;
        if !is_rule(file.as_str()) {
            self.scenarios.push(file);
            return;
        }
        let deprecated = file.components().any(|part| part.as_str() == "_deprecated");
        let configuration = file.file_name() == Some(config::FILE);
        if named || !(deprecated || configuration) {
            self.rules.push((file, named));
        }
    }
}
