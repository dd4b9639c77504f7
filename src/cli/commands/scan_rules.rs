//! Loads the rules of a scan and the exception lists that apply to them, and names the rules that
//! are not run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::super::Console;
use super::super::error::Problem;
use super::super::files::Files;
use super::super::settings::Settings;
use super::exception_lists;
use crate::compile::{CompileError, CompiledRule, RuleCompiler, Unsupported};
use crate::diagnostic::{Details, Diagnostic};
use crate::event::{Event, Timestamp};
use crate::project::rule_files::{EXTENSIONS, named};
use crate::rule;

/// The number of rules that are not run, and of lists, that are named.
const NAMED: usize = 10;

/// The rules of a scan.
#[derive(Default)]
pub(super) struct Rules {
    /// Those that run.
    pub(super) run: Vec<CompiledRule>,
    /// The file of each.
    files: Vec<String>,
    /// Those that do not.
    pub(super) not_run: Vec<NotRun>,
    /// The exception lists that were given and that some rule refers to.
    pub(super) applied: BTreeSet<String>,
}

/// A rule that is not run.
pub(super) struct NotRun {
    /// `rule_id`; empty where the file could not be read.
    pub(super) id: String,
    /// The rule file.
    pub(super) file: String,
    /// Why.
    pub(super) reason: String,
    /// The word for it, where there is one.
    pub(super) cause: Option<String>,
    /// What it names.
    pub(super) details: Details,
    /// The rule or the file is at fault, and not only more than Trapline can do.
    pub(super) is_fault: bool,
    /// It is one of a type that is not run at all.
    is_other_type: bool,
}

impl NotRun {
    fn broken(file: String, reason: String) -> Self {
        Self {
            id: String::new(),
            file,
            reason,
            cause: None,
            details: Details::default(),
            is_fault: true,
            is_other_type: false,
        }
    }
}

impl Rules {
    /// Reads and compiles the rules of the project, on this many threads.
    pub(super) fn load(
        settings: &Settings,
        typed: &[Utf8PathBuf],
        indicators: Option<&Arc<[Event]>>,
        threads: usize,
        console: &mut Console,
    ) -> Result<Self, Box<Problem>> {
        let catalogue = settings.catalogue()?;
        let lists = exception_lists::load(settings, typed, console)?;
        let paths = rule_files(settings)?;
        let part = paths.len().div_ceil(threads).max(1);
        let files = &settings.files;
        let compiler = &|| {
            let compiler = RuleCompiler::new(&catalogue, &lists, Timestamp::default());
            compiler.with_indicators(indicators.cloned())
        };
        let loaded: Vec<(Self, Vec<Diagnostic>)> = std::thread::scope(|scope| {
            let mut parts = paths.chunks(part);
            let first = parts.next().unwrap_or(&[]);
            let others = parts.map(|paths| scope.spawn(move || several(files, paths, compiler())));
            let others: Vec<_> = others.collect();
            let first = several(files, first, compiler());
            let join = |part: std::thread::ScopedJoinHandle<'_, _>| {
                part.join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            let others = others.into_iter().map(join);
            std::iter::once(first).chain(others).collect()
        });
        let mut rules = Self::default();
        for (mut part, diagnostics) in loaded {
            console.diagnostics(&diagnostics);
            rules.run.append(&mut part.run);
            rules.files.append(&mut part.files);
            rules.not_run.append(&mut part.not_run);
        }
        rules.not_run.extend(hidden(settings));
        let referred = rules.run.iter().flat_map(CompiledRule::lists);
        rules.applied = referred
            .filter(|list| lists.has(list))
            .map(str::to_owned)
            .collect();
        Ok(rules)
    }

    /// Keeps the rules that a part of a scan runs.
    pub(super) fn keep(&mut self, runs: impl Fn(&CompiledRule) -> bool) {
        let files = std::mem::take(&mut self.files);
        let rules = std::mem::take(&mut self.run).into_iter().zip(files);
        (self.run, self.files) = rules.filter(|(rule, _)| runs(rule)).unzip();
    }

    /// Notes that a rule cannot be run after all, by its place.
    pub(super) fn refuse(&mut self, place: u32, reason: String) {
        let place = place as usize;
        if let (Some(rule), Some(file)) = (self.run.get(place), self.files.get(place)) {
            let not_run = NotRun::broken(file.clone(), reason);
            self.not_run.push(NotRun {
                id: rule.rule.id.clone(),
                ..not_run
            });
        }
    }

    /// The lists that rules refer to and that were not given, each with the number of those rules.
    pub(super) fn missing_lists(&self) -> BTreeMap<&str, usize> {
        let mut missing = BTreeMap::new();
        for list in self.run.iter().flat_map(|rule| &rule.missing_lists) {
            *missing.entry(list.as_str()).or_default() += 1;
        }
        missing
    }

    /// Says which rules are not run, and which exception lists apply.
    pub(super) fn describe(&self, text: &mut String) {
        // Writing to memory does not fail.
        if !self.not_run.is_empty() {
            let count = counted(self.not_run.len(), "rule was", "rules were");
            let _ = writeln!(text, "{count} not run");
        }
        let mut types: BTreeMap<&str, usize> = BTreeMap::new();
        for rule in self.not_run.iter().filter(|rule| rule.is_other_type) {
            *types.entry(&rule.reason).or_default() += 1;
        }
        for (reason, count) in types {
            let _ = writeln!(text, "    {reason} ({count})");
        }
        let by_itself = self.not_run.iter().filter(|rule| !rule.is_other_type);
        let more = by_itself.clone().count().saturating_sub(NAMED);
        for rule in by_itself.take(NAMED) {
            let _ = writeln!(text, "    {}: {}", rule.file, rule.reason);
        }
        if more > 0 {
            let _ = writeln!(text, "    and {more} more");
        }
        if !self.applied.is_empty() {
            let lists: Vec<&str> = self.applied.iter().map(String::as_str).collect();
            let _ = writeln!(text, "exception lists applied: {}", lists.join(", "));
        }
        let missing = self.missing_lists();
        if !missing.is_empty() {
            let referring = self.run.iter();
            let referring = referring.filter(|rule| !rule.missing_lists.is_empty());
            let count = counted(referring.count(), "rule refers", "rules refer");
            let named: Vec<&str> = missing.keys().copied().take(NAMED).collect();
            let more = match missing.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let _ = writeln!(
                text,
                "{count} to exception lists that were not applied: {}{more} (--exceptions PATH)",
                named.join(", ")
            );
        }
    }
}

fn counted(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

/// The rule files of the project, without those that are deprecated by their place.
pub(super) fn rule_files(settings: &Settings) -> Result<Vec<Utf8PathBuf>, Box<Problem>> {
    let mut paths = Vec::new();
    for directory in settings.layouts.iter().flat_map(|layout| &layout.rules) {
        let directory = Utf8Path::new(directory);
        if settings.files.exists(directory) {
            let found = settings.files.find(directory, EXTENSIONS);
            paths.extend(found.map_err(|mistake| Problem::usage(*mistake))?);
        }
    }
    paths.retain(|path| path.components().all(|part| part.as_str() != "_deprecated"));
    Ok(paths)
}

/// The rules that ignore files hide.
pub(super) fn hidden(settings: &Settings) -> impl Iterator<Item = NotRun> + '_ {
    let directories = settings.layouts.iter().flat_map(|layout| &layout.rules);
    let files = directories.flat_map(|directory| {
        let directory = Utf8Path::new(directory);
        settings.files.find_ignored(directory, &["toml"])
    });
    files.map(|path| NotRun {
        id: String::new(),
        file: settings.files.name(&path),
        reason: "an ignore file hides it".to_owned(),
        cause: None,
        details: Details::default(),
        is_fault: false,
        is_other_type: false,
    })
}

fn several(
    files: &Files,
    paths: &[Utf8PathBuf],
    mut compiler: RuleCompiler<'_>,
) -> (Rules, Vec<Diagnostic>) {
    let (mut rules, mut diagnostics) = (Rules::default(), Vec::new());
    for path in paths {
        one(files, path, &mut compiler, &mut rules, &mut diagnostics);
    }
    (rules, diagnostics)
}

fn one(
    files: &Files,
    path: &Utf8Path,
    compiler: &mut RuleCompiler<'_>,
    rules: &mut Rules,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let name = files.name(path);
    let source = match files.read(path) {
        Ok(source) => source,
        Err(mistake) => {
            rules
                .not_run
                .push(NotRun::broken(name, mistake.message.clone()));
            diagnostics.push(*mistake);
            return;
        }
    };
    for (name, loaded) in named(&name, rule::load_file(&source)) {
        compile(name, loaded, compiler, rules, diagnostics);
    }
}

fn compile(
    name: String,
    loaded: rule::Loaded,
    compiler: &mut RuleCompiler<'_>,
    rules: &mut Rules,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(rule) = loaded.rule else {
        let first = loaded.diagnostics.first();
        let reason = first.map_or_else(String::new, |first| first.message.clone());
        rules.not_run.push(NotRun::broken(name, reason));
        diagnostics.extend(loaded.diagnostics);
        return;
    };
    if rule.maturity.as_deref() == Some("deprecated") {
        return;
    }
    let id = rule.id.clone();
    match compiler.compile(Arc::new(rule)) {
        Ok(rule) => {
            rules.run.push(rule);
            rules.files.push(name);
        }
        Err(why) => {
            rules.not_run.push(NotRun {
                id,
                file: name,
                reason: why.to_string(),
                cause: Some(why.cause()),
                details: why.details(),
                is_fault: matches!(&why, CompileError::Refused(refused) if !refused.unsupported),
                is_other_type: matches!(
                    why,
                    CompileError::Unsupported(Unsupported::RuleType { .. } | Unsupported::NoQuery)
                ),
            });
            if let CompileError::Refused(refused) = why {
                diagnostics.extend(refused.diagnostics);
            }
        }
    }
}
