//! Writes the alerts of a scan, or counts them for `--summary`.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

use super::super::Console;
use super::super::console::Stream;
use super::super::files::Files;
use super::super::progress::Bar;
use super::super::settings::{ScanFormat, ScanOutput};
use super::scan_inputs::CliInputs;
use super::scan_summary::rate;
use crate::compile::CompiledRule;
use crate::diagnostic::escape;
use crate::event::io::TemporaryFile;
use crate::scan::noise::Noise;
use crate::scan::{self, Alert, Stats, Watcher};

/// Writes alerts as they come; those of files that may yet turn out to be out of order at the end.
pub(super) struct AlertWriter<'w> {
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

impl Watcher for AlertWriter<'_> {
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
                    .map(|event| format!("{}:{}", escape::line(&name(event.file)), event.line))
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

impl<'w> AlertWriter<'w> {
    /// `names` are the files that alerts name.
    pub(super) fn new(
        output: ScanOutput,
        rules: &'w [CompiledRule],
        (inputs, names): (&'w CliInputs<'w>, &'w [String]),
        bar: &'w Bar,
        console: &'w mut Console,
    ) -> Self {
        let (format, is_summary) = match output {
            ScanOutput::Alerts(format) => (format, false),
            ScanOutput::Noise(format) => (format, true),
        };
        Self {
            console,
            rules,
            inputs,
            names,
            bar,
            format,
            noise: is_summary.then(|| Noise::new(rules)),
            written: 0,
            closed: false,
            held: (scan::is_finite(inputs) && !is_summary).then(Files::spool),
            unheld: None,
            text: String::new(),
        }
    }

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
    pub(super) fn end(mut self) -> Result<Option<Noise>, NoOutput> {
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
pub(super) enum NoOutput {
    /// Standard output is closed.
    NobodyReads,
    /// What was to be written at the end could not be held.
    NoSpace(io::Error),
}
