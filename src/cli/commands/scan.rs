//! `trapline scan --rules PATH FILE…`: many rules over NDJSON, one alert a line.

use std::fmt::Write as _;
use std::io::{self, Read};
use std::num::NonZero;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;

use super::super::args::{ScanArgs, ScanFormat};
use super::super::console::Stream;
use super::super::error;
use super::super::error::Problem;
use super::super::files::Files;
use super::super::settings::Settings;
use super::super::{Console, ExitCode};
use crate::data_source::Catalogue;
use crate::diagnostic::Diagnostic;
use crate::event::Timestamp;
use crate::event::io::Stop;
use crate::rule;
use crate::scan::{
    self, Alert, Inputs, NotRun, Options, RuleCompiler, ScanRule, Stats, Watcher, Window,
};

/// What is read from a directory.
const EXTENSIONS: &[&str] = &["ndjson", "jsonl", "json", "gz", "zst"];

/// Runs the rules of the project over the files.
pub fn run(settings: &Settings, args: &ScanArgs, console: &mut Console) -> ExitCode {
    let inputs = match CliInputs::new(settings, &args.files) {
        Ok(inputs) => inputs,
        Err(problem) => return console.problem(&problem),
    };
    let mut rules = match load(settings, console) {
        Ok(rules) => rules,
        Err(code) => return code,
    };
    if rules.run.is_empty() && rules.not_run.is_empty() {
        let nothing = Diagnostic::error(&error::NOTHING_SELECTED, "no rules were found");
        console.diagnostics([&nothing]);
        return ExitCode::NothingSelected;
    }
    let options = options(args);
    let stop = Stop::new();
    let started = now();
    let mut writer = Writer {
        console,
        rules: &rules.run,
        inputs: &inputs,
        format: args.format,
        written: 0,
        text: String::new(),
    };
    let (stats, refused) = scan::run(&rules.run, &inputs, &options, &mut writer, &stop);
    writer.end();
    for refused in refused {
        if let Some((rule, file)) = rules.at(refused.rule) {
            rules.not_run.push((rule, file, refused.reason, true));
        }
    }
    let seconds = now() - started;
    console.write(Stream::Err, &summary(&stats, &rules, &inputs, seconds));
    if let Some(path) = &args.stats {
        let text = format!("{}\n", figures(&stats, &rules, seconds));
        if let Err(mistake) = settings
            .files
            .write(&settings.working_directory.join(path), &text)
        {
            console.diagnostics([&*mistake]);
            return ExitCode::Usage;
        }
    }
    exit_code(&stats, &rules, args.strict)
}

fn exit_code(stats: &Stats, rules: &Rules, strict: bool) -> ExitCode {
    if stats.interrupted {
        return ExitCode::Interrupted;
    }
    let failed = rules.not_run.iter().any(|(.., failed)| *failed || strict);
    if failed || !stats.broken.is_empty() || (strict && stats.bad_lines > 0) {
        return ExitCode::NotLoaded;
    }
    ExitCode::Passed
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long the run took is no result of it"
)]
fn now() -> f64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0.0, |now| now.as_secs_f64())
}

fn options(args: &ScanArgs) -> Options {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    Options {
        threads: args.jobs.map_or(threads, usize::from),
        window: Window {
            millis: i64::from(args.reorder) * 60_000,
            ..Window::default()
        },
        max_partials: args.max_partials,
        strict: args.strict,
        ..Options::default()
    }
}

/// The rules of a scan.
#[derive(Default)]
struct Rules {
    run: Vec<ScanRule>,
    /// The file of each.
    files: Vec<String>,
    /// `(rule_id, file, reason, whether that is a fault)`
    not_run: Vec<(String, String, String, bool)>,
}

impl Rules {
    fn at(&self, place: u32) -> Option<(String, String)> {
        let rule = self.run.get(place as usize)?;
        let file = self.files.get(place as usize)?;
        Some((rule.id.clone(), file.clone()))
    }
}

fn load(settings: &Settings, console: &mut Console) -> Result<Rules, ExitCode> {
    let catalogue = match Catalogue::builtin() {
        Ok(catalogue) => catalogue,
        Err(mistake) => return Err(console.internal(&mistake.to_string())),
    };
    let mut compiler = RuleCompiler::new(&catalogue, Timestamp::default());
    let mut rules = Rules::default();
    let mut diagnostics = Vec::new();
    for directory in settings.projects.iter().flat_map(|project| &project.rules) {
        if !settings.files.exists(directory) {
            continue;
        }
        let paths = settings.files.find(directory, &["toml"]);
        for path in paths.map_err(|mistake| console.problem(&Problem::usage(*mistake)))? {
            if path.components().all(|part| part.as_str() != "_deprecated") {
                one(
                    &settings.files,
                    &path,
                    &mut compiler,
                    &mut rules,
                    &mut diagnostics,
                );
            }
        }
    }
    console.diagnostics(&diagnostics);
    Ok(rules)
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
            let reason = mistake.message.clone();
            rules.not_run.push((String::new(), name, reason, true));
            diagnostics.push(*mistake);
            return;
        }
    };
    let loaded = rule::load(&source);
    let Some(rule) = loaded.rule else {
        let first = loaded.diagnostics.first();
        let reason = first.map_or_else(String::new, |first| first.message.clone());
        rules.not_run.push((String::new(), name, reason, true));
        diagnostics.extend(loaded.diagnostics);
        return;
    };
    if rule.maturity.as_deref() == Some("deprecated") {
        return;
    }
    match compiler.compile(&rule) {
        Ok(rule) => {
            rules.run.push(rule);
            rules.files.push(name);
        }
        Err(NotRun::Unsupported(reason)) => rules.not_run.push((rule.id, name, reason, false)),
        Err(NotRun::Refused(mistakes)) => {
            let first = mistakes.first();
            let reason = first.map_or_else(String::new, |first| first.message.clone());
            rules.not_run.push((rule.id, name, reason, true));
            diagnostics.extend(mistakes);
        }
    }
}

/// The files that were typed.
struct CliInputs<'s> {
    files: &'s Files,
    /// `None` is standard input.
    paths: Vec<Option<Utf8PathBuf>>,
}

impl<'s> CliInputs<'s> {
    fn new(settings: &'s Settings, typed: &[String]) -> Result<Self, Box<Problem>> {
        let mut paths = Vec::new();
        for typed in typed {
            if typed == "-" {
                paths.push(None);
                continue;
            }
            let path = settings.working_directory.join(typed);
            if settings.files.is_directory(&path) {
                let found = settings.files.find(&path, EXTENSIONS);
                let found = found.map_err(|mistake| Problem::usage(*mistake))?;
                paths.extend(found.into_iter().map(Some));
            } else if settings.files.exists(&path) {
                paths.push(Some(path));
            } else {
                let found = settings.files.glob(&settings.files.name(&path));
                if found.is_empty() {
                    let message = format!("`{typed}` does not exist");
                    return Err(Problem::usage(Diagnostic::error(&error::MISSING, message)));
                }
                paths.extend(found.into_iter().map(Some));
            }
        }
        Ok(Self {
            files: &settings.files,
            paths,
        })
    }

    fn path(&self, file: usize) -> Option<&Utf8PathBuf> {
        self.paths.get(file).and_then(Option::as_ref)
    }
}

impl Inputs for CliInputs<'_> {
    fn count(&self) -> usize {
        self.paths.len()
    }

    fn name(&self, file: usize) -> String {
        let name = self.path(file).map(|path| self.files.name(path));
        name.unwrap_or_else(|| "-".to_owned())
    }

    fn open(&self, file: usize) -> io::Result<Box<dyn Read + Send>> {
        match self.path(file) {
            Some(path) => self
                .files
                .open(path)
                .map_err(|mistake| io::Error::other(mistake.message.clone())),
            None => Ok(Box::new(io::stdin())),
        }
    }

    fn is_reopened(&self, file: usize) -> bool {
        self.path(file).is_some()
    }
}

/// Writes alerts as they come.
struct Writer<'w> {
    console: &'w mut Console,
    rules: &'w [ScanRule],
    inputs: &'w CliInputs<'w>,
    format: ScanFormat,
    written: u64,
    text: String,
}

impl Watcher for Writer<'_> {
    fn alert(&mut self, alert: Alert) -> bool {
        let Some(rule) = self.rules.get(alert.rule as usize) else {
            return true;
        };
        let name = |file: u32| self.inputs.name(file as usize);
        self.text.clear();
        let _ = match self.format {
            ScanFormat::Ndjson => writeln!(self.text, "{}", alert.to_json(rule, name)),
            ScanFormat::Json => {
                let before = if self.written == 0 { "[\n" } else { ",\n" };
                write!(self.text, "{before}{}", alert.to_json(rule, name))
            }
            ScanFormat::Table => {
                let places = alert.events.iter().flatten();
                let places: Vec<String> = places
                    .map(|event| format!("{}:{}", name(event.file), event.line))
                    .collect();
                let last = alert.events.iter().flatten().last();
                let time = last.and_then(|event| event.timestamp.as_deref());
                writeln!(
                    self.text,
                    "{:<24}  {:<8}  {}  {}",
                    time.unwrap_or("-"),
                    rule.severity,
                    rule.name,
                    places.join(" ")
                )
            }
        };
        self.written += 1;
        let stream = self.console.stream(Stream::Out);
        stream.write_all(self.text.as_bytes()).is_ok()
    }

    fn progress(&mut self, _: &Stats) {}
}

impl Writer<'_> {
    fn end(&mut self) {
        if self.format == ScanFormat::Json {
            let end = if self.written == 0 { "[]\n" } else { "\n]\n" };
            self.console.write(Stream::Out, end);
        }
        let _ = self.console.stream(Stream::Out).flush();
    }
}

/// What `--stats` writes.
fn figures(stats: &Stats, rules: &Rules, seconds: f64) -> serde_json::Value {
    let unsupported = rules.not_run.iter();
    let unsupported = unsupported.map(
        |(rule_id, file, reason, _)| json!({"rule_id": rule_id, "file": file, "reason": reason}),
    );
    json!({
        "events": stats.events,
        "bytes": stats.bytes,
        "bad_lines": stats.bad_lines,
        "late": stats.late,
        "untimed": stats.untimed,
        "unrouted": stats.unrouted_count(),
        "evicted": stats.evicted_count(),
        "alerts": stats.alert_count(),
        "rules": rules.run.len(),
        "unsupported": unsupported.collect::<serde_json::Value>(),
        "seconds": seconds,
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a rate for people has three digits"
)]
fn summary(stats: &Stats, rules: &Rules, inputs: &CliInputs<'_>, seconds: f64) -> String {
    let mut text = String::new();
    let seconds = seconds.max(0.001);
    let _ = writeln!(
        text,
        "{} events, {:.1} MB in {seconds:.1} s ({:.0} events/s); {} rules run; {} alerts",
        stats.events,
        stats.bytes as f64 / 1e6,
        stats.events as f64 / seconds,
        rules.run.len(),
        stats.alert_count(),
    );
    let mut by_count: Vec<(u64, &str)> = stats
        .alerts
        .iter()
        .filter_map(|(rule, count)| Some((*count, rules.run.get(*rule as usize)?.name.as_str())))
        .collect();
    by_count.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    for (count, name) in by_count {
        let _ = writeln!(text, "{count:>8}  {name}");
    }
    let unsupported = rules.not_run.len();
    if unsupported > 0 {
        let _ = writeln!(text, "{unsupported} rules were not run");
    }
    trouble(stats, rules, inputs, &mut text);
    text
}

fn trouble(stats: &Stats, rules: &Rules, inputs: &CliInputs<'_>, text: &mut String) {
    let at = |(file, line): (u32, u64)| format!("{}:{line}", inputs.name(file as usize));
    for (rule, (place, reason)) in &stats.failed {
        let name = rules.run.get(*rule as usize).map_or("", |rule| &rule.name);
        let _ = writeln!(
            text,
            "`{name}` failed on an event, {}: {reason}",
            at(*place)
        );
    }
    if stats.bad_lines > 0 {
        let _ = writeln!(text, "{} lines are no events:", stats.bad_lines);
        for (place, reason) in &stats.bad {
            let _ = writeln!(text, "    {}: {reason}", at(*place));
        }
    }
    for (file, reason) in &stats.broken {
        let name = inputs.name(*file as usize);
        let _ = writeln!(text, "not read to its end: {name}: {reason}");
    }
    if stats.late > 0 {
        let first = stats
            .first_late
            .map(|place| format!(" (the first of use: {})", at(place)));
        let _ = writeln!(
            text,
            "{} events came too late to be put in order; sequences did not see them{}",
            stats.late,
            first.unwrap_or_default()
        );
    }
    if stats.untimed > 0 {
        let _ = writeln!(
            text,
            "{} events have no time: no rule sees them",
            stats.untimed
        );
    }
    for (rule, count) in &stats.evicted {
        let name = rules.run.get(*rule as usize).map_or("", |rule| &rule.name);
        let _ = writeln!(
            text,
            "{count} partial sequences of `{name}` were dropped: --max-partials"
        );
    }
    let unrouted = stats.unrouted_count();
    if unrouted > 0 {
        let mut indices: Vec<(u64, &str)> = stats
            .unrouted
            .iter()
            .map(|(index, count)| (*count, index.as_str()))
            .collect();
        indices.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let names: Vec<&str> = indices.iter().take(3).map(|(_, name)| *name).collect();
        let most = if unrouted * 2 > stats.events {
            "more than half of the events, "
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "{most}{unrouted} events are of an index that no rule searches ({})",
            names.join(", ")
        );
    }
}
