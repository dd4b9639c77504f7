//! `trapline scan --rules PATH FILE…`: many rules over NDJSON, one alert a line.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;
use std::num::NonZero;
use std::sync::Arc;

use super::super::args::{ScanArgs, ScanFormat};
use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::files::Files;
use super::super::interrupt;
use super::super::progress::Bar;
use super::super::settings::Settings;
use super::super::{Console, ExitCode};
use super::scan_division::{self, Part, Scan, StageHits};
use super::scan_indicators::{self, Indicators};
use super::scan_inputs::CliInputs;
use super::scan_rules::Rules;
use super::scan_summary::{figures, over, rate, summary};
use crate::compile::CompiledRule;
use crate::diagnostic::{Diagnostic, escape};
use crate::event::io::TemporaryFile;
use crate::report::noise::NoiseView;
use crate::scan::noise::{Noise, Span};
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
    let indicators = scan_indicators::load(settings, args, stop)?;
    let documents = indicators.as_ref().map(|own| Arc::clone(&own.documents));
    let loaded = Rules::load(
        settings,
        &args.exceptions,
        documents.as_ref(),
        options.threads,
        console,
    );
    let mut rules = match loaded {
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
        rules.refuse(refused.rule, refused.reason.to_string());
    }
    let seconds = now() - started;
    if let Some(noise) = noise {
        write_noise(&noise, &stats, &rules, args, console);
    }
    let mut summary = summary(&stats, &rules, &names, seconds, args);
    if let Some(indicators) = &indicators {
        indicators.describe(&mut summary);
    }
    console.write(Stream::Err, &summary);
    if let Some(path) = &args.stats {
        let mut figures = figures(&stats, &rules, &names, seconds);
        if let Some(indicators) = &indicators {
            let of_indicators = indicators.figures();
            if let Some(figures) = figures.as_object_mut() {
                figures.insert("indicators".to_owned(), of_indicators);
            }
        }
        let text = format!("{figures}\n");
        let written = settings.files.write(&settings.typed(path), &text);
        written.map_err(|mistake| Problem::usage(*mistake))?;
    }
    let code = exit_code(&stats, &rules, indicators.as_ref(), args);
    // The program ends here: thousands of pieces need not be given back one by one.
    std::mem::forget(rules);
    Ok(code)
}

fn exit_code(
    stats: &Stats,
    rules: &Rules,
    indicators: Option<&Indicators>,
    args: &ScanArgs,
) -> ExitCode {
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
        || stats.dropped_count() > 0
        || indicators.is_some_and(Indicators::is_incomplete);
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
        executions: args.executions,
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
    /// The reader of standard output has closed it.
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
