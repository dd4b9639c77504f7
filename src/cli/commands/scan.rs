//! `trapline scan --rules PATH FILE…`: many rules over NDJSON, one alert a line.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;
use std::num::NonZero;

use serde_json::json;

use super::super::args::{ScanArgs, ScanFormat};
use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::files::Files;
use super::super::interrupt;
use super::super::progress::Bar;
use super::super::settings::Settings;
use super::super::{Console, ExitCode};
use super::scan_division::{self, Part, Scan, StageHits};
use super::scan_inputs::CliInputs;
use super::scan_rules::{NotRun, Rules};
use crate::compile::CompiledRule;
use crate::diagnostic::{Diagnostic, escape};
use crate::engine::Misfit;
use crate::event::Timestamp;
use crate::event::io::TemporaryFile;
use crate::report::noise::NoiseView;
use crate::scan::noise::{Budget, Noise, Span};
use crate::scan::{self, Alert, Inputs, Options, Stats, Watcher, Window};

/// Runs the rules of the project over the files.
pub fn run(
    settings: &Settings,
    args: &ScanArgs,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let stop = interrupt::stop();
    let inputs = CliInputs::new(settings, &args.files, stop)?;
    let part = Part::new(settings, args);
    let options = options(args);
    let mut rules = match Rules::load(settings, &args.exceptions, options.threads, console) {
        Ok(rules) => rules,
        Err(code) => return Ok(code),
    };
    if rules.run.is_empty() && rules.not_run.is_empty() {
        let nothing = Diagnostic::error(&error::NOTHING_SELECTED, "no rules were found");
        return Err(Problem::new(ExitCode::NothingSelected, nothing));
    }
    rules.keep(|rule| part.runs(rule, &args.division));
    let hits = match part {
        Part::ReadHits(_) => Some(StageHits::open(&inputs, &rules.run)?),
        Part::Alerts | Part::WriteHits(_) => None,
    };
    let names = match &hits {
        Some(hits) => hits.names.clone(),
        None => (0..inputs.count()).map(|file| inputs.name(file)).collect(),
    };
    let bar = Bar::new(inputs.size(), console.err_terminal());
    let started = now();
    let mut writer = Writer {
        console,
        rules: &rules.run,
        inputs: &inputs,
        names: &names,
        bar: &bar,
        format: args.format.unwrap_or_default(),
        noise: args.summary.then(|| Noise::new(&rules.run)),
        written: 0,
        closed: false,
        held: (scan::is_finite(&inputs) && !args.summary).then(Files::spool),
        unheld: None,
        text: String::new(),
    };
    let scan = Scan {
        rules: &rules.run,
        inputs: &inputs,
        options: &options,
        stop,
    };
    let ran = part.run(&scan, hits, &settings.files, &mut writer);
    bar.clear();
    let (stats, refused) = ran?;
    let noise = match writer.end() {
        Ok(noise) => noise,
        // A closed pipe (`| head`) is not an error.
        Err(NoOutput::NobodyReads) => return Ok(ExitCode::Passed),
        Err(NoOutput::NoSpace(error)) => {
            let message = "there is no place for temporary files";
            let diagnostic = Diagnostic::error(&error::UNWRITABLE, message);
            return Err(Problem::usage(diagnostic.help(error.to_string())));
        }
    };
    for refused in refused {
        rules.refuse(refused.rule, refused.reason);
    }
    let seconds = now() - started;
    if let Some(noise) = noise {
        write_noise(&noise, &stats, &rules, args, console);
    }
    let summary = summary(&stats, &rules, &names, seconds, args);
    console.write(Stream::Err, &summary);
    if let Some(path) = &args.stats {
        let text = format!("{}\n", figures(&stats, &rules, &names, seconds));
        let written = settings.files.write(&settings.typed(path), &text);
        written.map_err(|mistake| Problem::usage(*mistake))?;
    }
    let code = exit_code(&stats, &rules, args);
    // The program ends here: thousands of pieces need not be given back one by one.
    std::mem::forget(rules);
    Ok(code)
}

fn exit_code(stats: &Stats, rules: &Rules, args: &ScanArgs) -> ExitCode {
    if stats.interrupted {
        return ExitCode::Interrupted;
    }
    let failed = rules
        .not_run
        .iter()
        .any(|not_run| not_run.is_fault || args.strict);
    let unread = !stats.broken.is_empty() || stats.unsorted.is_some();
    let lost = stats.bad_lines > 0
        || stats.late > 0
        || stats.evicted_count() > 0
        || stats.dropped_count() > 0;
    let is_incomplete = lost || stats.untimed > 0 || !rules.not_run.is_empty();
    let fails = (args.strict && lost) || (args.division.complete && is_incomplete);
    if failed || unread || fails {
        return ExitCode::NotLoaded;
    }
    match args.budget {
        Some(budget) if over(stats, budget).next().is_some() => ExitCode::GateMissed,
        _ => ExitCode::Passed,
    }
}

/// The rules that spend more than the budget, and their alerts.
fn over(stats: &Stats, budget: Budget) -> impl Iterator<Item = (u32, u64)> {
    let span = Span::new(stats.span);
    let alerts = stats.alerts.iter().map(|(rule, alerts)| (*rule, *alerts));
    alerts.filter(move |(_, alerts)| budget.is_exceeded(*alerts, span))
}

fn write_noise(
    noise: &Noise,
    stats: &Stats,
    rules: &Rules,
    args: &ScanArgs,
    console: &mut Console,
) {
    let view = NoiseView {
        rules: &rules.run,
        noise: &noise.rules(),
        events: stats.events,
        span: Span::new(stats.span),
        budget: args.budget,
    };
    match args.format {
        None | Some(ScanFormat::Table) => console.write(Stream::Out, &view.table()),
        Some(ScanFormat::Json) => console.write_json(&format!("{}\n", view.json())),
        Some(ScanFormat::Ndjson) => {
            let lines = view.entries().map(|entry| entry.to_string() + "\n");
            console.write_json(&lines.collect::<String>());
        }
    }
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
        max_documents: args.max_documents,
        strict: args.strict,
        keep_values: args.summary,
        slice: scan_division::slice(&args.division),
        ..Options::default()
    }
}

/// Writes alerts as they come; those of files that may yet turn out to be out of order at the end.
struct Writer<'w> {
    console: &'w mut Console,
    rules: &'w [CompiledRule],
    inputs: &'w CliInputs<'w>,
    /// The names of the files that alerts name.
    names: &'w [String],
    bar: &'w Bar,
    format: ScanFormat,
    /// Counts the alerts instead of writing them.
    noise: Option<Noise>,
    written: u64,
    /// Whoever read has gone away.
    closed: bool,
    /// What is written at the end.
    held: Option<Box<dyn TemporaryFile>>,
    /// Why it could not be held.
    unheld: Option<io::Error>,
    text: String,
}

impl Watcher for Writer<'_> {
    fn alert(&mut self, alert: Alert) -> bool {
        if let Some(noise) = &mut self.noise {
            noise.take(&alert);
            return true;
        }
        let Some(rule) = self.rules.get(alert.rule as usize) else {
            return true;
        };
        let name = |file: u32| self.names.get(file as usize).cloned().unwrap_or_default();
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
                    rule.rule.severity.word(),
                    rule.rule.name,
                    places.join(" ")
                )
            }
        };
        self.written += 1;
        self.write()
    }

    fn restart(&mut self) {
        self.written = 0;
        self.held = self.held.is_some().then(Files::spool);
        self.noise = self.noise.is_some().then(|| Noise::new(self.rules));
    }

    fn progress(&mut self, stats: &Stats) {
        self.bar.set(self.inputs.read(), |elapsed| {
            let seconds = elapsed.as_secs_f64().max(0.001);
            format!("{}  {} alerts", rate(stats, seconds), stats.alert_count())
        });
    }
}

impl Writer<'_> {
    /// Writes the text; false if nobody reads on.
    fn write(&mut self) -> bool {
        if let Some(held) = &mut self.held {
            let written = held.write_all(escaped(self.format, &self.text).as_bytes());
            self.unheld = written.err();
            return self.unheld.is_none();
        }
        let is_beside = self.console.terminal();
        let text = escaped(self.format, &self.text);
        let (stream, text) = (self.console.stream(Stream::Out), text.as_bytes());
        let written = if is_beside {
            self.bar.aside(|| stream.write_all(text))
        } else {
            stream.write_all(text)
        };
        self.note(&written);
        written.is_ok()
    }

    fn note(&mut self, written: &io::Result<()>) {
        let failure = written.as_ref().err().map(io::Error::kind);
        self.closed |= failure == Some(io::ErrorKind::BrokenPipe);
    }

    /// Ends the alerts; what was counted, or why there is no output.
    fn end(mut self) -> Result<Option<Noise>, NoOutput> {
        if self.format == ScanFormat::Json && self.noise.is_none() && !self.closed {
            let end = if self.written == 0 { "[]\n" } else { "\n]\n" };
            end.clone_into(&mut self.text);
            self.write();
        }
        if let Some(mut held) = self.held.take() {
            let stream = self.console.stream(Stream::Out);
            let written = match (self.unheld.take(), held.rewind()) {
                (Some(error), _) | (None, Err(error)) => return Err(NoOutput::NoSpace(error)),
                (None, Ok(())) => io::copy(&mut held, stream).map(drop),
            };
            self.note(&written);
        }
        let flushed = self.console.stream(Stream::Out).flush();
        self.note(&flushed);
        if self.closed {
            return Err(NoOutput::NobodyReads);
        }
        Ok(self.noise)
    }
}

/// Alerts as standard output takes them.
fn escaped(format: ScanFormat, text: &str) -> Cow<'_, str> {
    match format {
        ScanFormat::Table => escape::terminal(text, false),
        ScanFormat::Ndjson | ScanFormat::Json => escape::json(text),
    }
}

/// Why nothing was written.
enum NoOutput {
    /// Standard output is closed.
    NobodyReads,
    /// What was to be written at the end could not be held.
    NoSpace(io::Error),
}

/// So many events, and how fast they come.
#[expect(
    clippy::cast_precision_loss,
    reason = "a rate for people has three digits"
)]
fn rate(stats: &Stats, seconds: f64) -> String {
    format!(
        "{} events, {:.1} MB in {seconds:.1} s ({:.0} events/s, {:.0} MB/s)",
        stats.events,
        stats.bytes as f64 / 1e6,
        stats.events as f64 / seconds,
        stats.bytes as f64 / 1e6 / seconds,
    )
}

/// What `--stats` writes.
fn figures(stats: &Stats, rules: &Rules, names: &[String], seconds: f64) -> serde_json::Value {
    let misfit = |((place, _), misfit): (&((u32, u64), usize), &Misfit)| {
        json!({
            "file": names.get(place.0 as usize), "line": place.1, "field": misfit.field,
            "type": misfit.field_type, "value": misfit.value,
        })
    };
    let misfits = stats.first_misfits.iter().map(misfit);
    let not_run =
        |rule: &NotRun| json!({"rule_id": rule.id, "file": rule.file, "reason": rule.reason});
    let unsupported = rules.not_run.iter().map(not_run);
    json!({
        "events": stats.events,
        "bytes": stats.bytes,
        "bad_lines": stats.bad_lines,
        "misfits": {"count": stats.misfits, "first": misfits.collect::<serde_json::Value>()},
        "late": stats.late,
        "untimed": stats.untimed,
        "outliers": stats.outliers,
        "unrouted": stats.unrouted_count(),
        "evicted": stats.evicted_count(),
        "dropped": stats.dropped_count(),
        "beyond_max_signals": stats.cut.values().sum::<u64>(),
        "alerts": stats.alert_count(),
        "rules": rules.run.len(),
        "unsupported": unsupported.collect::<serde_json::Value>(),
        "exception_lists": {"applied": rules.applied, "missing": rules.missing_lists()},
        "seconds": seconds,
    })
}

fn summary(
    stats: &Stats,
    rules: &Rules,
    names: &[String],
    seconds: f64,
    args: &ScanArgs,
) -> String {
    let mut text = String::new();
    if stats.interrupted {
        let _ = writeln!(text, "interrupted: this is what was found so far");
    }
    let _ = writeln!(
        text,
        "{}; {} rules run; {} alerts",
        rate(stats, seconds.max(0.001)),
        rules.run.len(),
        stats.alert_count(),
    );
    if !args.summary {
        by_rule(stats, rules, &mut text);
    }
    rules.describe(&mut text);
    if let Some(budget) = args.budget {
        for (rule, alerts) in over(stats, budget) {
            let name = rules
                .run
                .get(rule as usize)
                .map_or("", |rule| &rule.rule.name);
            let a_day = Span::new(stats.span).a_day(alerts);
            let _ = writeln!(
                text,
                "over --budget {budget}: {name}, {a_day:.1} alerts a day"
            );
        }
    }
    trouble(stats, rules, names, &mut text);
    text
}

fn by_rule(stats: &Stats, rules: &Rules, text: &mut String) {
    let mut by_count: Vec<(u64, &str)> = stats
        .alerts
        .iter()
        .filter_map(|(rule, count)| {
            Some((*count, rules.run.get(*rule as usize)?.rule.name.as_str()))
        })
        .collect();
    by_count.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    for (count, name) in by_count {
        let _ = writeln!(text, "{count:>8}  {name}");
    }
}

fn misfit_words(misfit: &Misfit) -> String {
    let Misfit {
        field,
        field_type,
        value,
    } = misfit;
    escape::line(&format!("`{value}` in `{field}` is not a {field_type}")).into_owned()
}

fn trouble(stats: &Stats, rules: &Rules, names: &[String], text: &mut String) {
    let name = |file: usize| escape::line(names.get(file).map_or("", String::as_str)).into_owned();
    let at = |(file, line): (u32, u64)| format!("{}:{line}", name(file as usize));
    for (rule, (place, reason)) in &stats.failed {
        let name = rules
            .run
            .get(*rule as usize)
            .map_or("", |rule| &rule.rule.name);
        let _ = writeln!(
            text,
            "`{name}` failed on an event, {}: {reason}",
            at(*place)
        );
    }
    if stats.misfits > 0 {
        let _ = writeln!(
            text,
            "{} values do not fit their fields and count as missing:",
            stats.misfits
        );
        for ((place, _), misfit) in &stats.first_misfits {
            let _ = writeln!(text, "    {}: {}", at(*place), misfit_words(misfit));
        }
    }
    if stats.bad_lines > 0 {
        let _ = writeln!(text, "{} lines are no events:", stats.bad_lines);
        for (place, reason) in &stats.bad {
            let _ = writeln!(text, "    {}: {}", at(*place), escape::line(reason));
        }
    }
    for (file, reason) in &stats.broken {
        let (name, reason) = (name(*file as usize), escape::line(reason));
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
        let first = stats
            .first_untimed
            .map(|place| format!(" (the first: {})", at(place)));
        let _ = writeln!(
            text,
            "{} events have no time that can be read: no rule sees them{}",
            stats.untimed,
            first.unwrap_or_default()
        );
    }
    if let Some((place, time)) = stats.first_outlier {
        let (first, time) = (at(place), Timestamp::from_millis(time));
        let _ = writeln!(
            text,
            "{} dated far from all others (the first: {first}, {time})",
            match stats.outliers {
                1 => "1 event is".to_owned(),
                many => format!("{many} events are"),
            }
        );
    }
    if let Some(reason) = &stats.unsorted {
        let _ = writeln!(text, "the events could not be put in order: {reason}");
    }
    for (rule, count) in &stats.evicted {
        let name = rules
            .run
            .get(*rule as usize)
            .map_or("", |rule| &rule.rule.name);
        let _ = writeln!(
            text,
            "{count} partial sequences of `{name}` were dropped: --max-partials"
        );
    }
    let name_of = |rule: &u32| {
        let rule = rules.run.get(*rule as usize);
        rule.map_or("", |rule| &rule.rule.name)
    };
    for (rule, count) in &stats.dropped {
        let _ = writeln!(
            text,
            "{count} events were dropped from the windows or the history of `{}`: --max-documents",
            name_of(rule)
        );
    }
    for (rule, count) in &stats.cut {
        let _ = writeln!(
            text,
            "{count} alerts of `{}` were beyond max_signals in their executions",
            name_of(rule)
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
            escape::line(&names.join(", "))
        );
    }
}
