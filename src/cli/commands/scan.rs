//! `trapline scan --rules PATH FILE…`: many rules over NDJSON, one alert a line.

use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::interrupt;
use super::super::progress::Bar;
use super::super::settings::{ScanFormat, ScanOutput, ScanPart, ScanSettings, Settings};
use super::super::{Console, ExitCode};
use super::scan_alerts::{AlertWriter, NoOutput};
use super::scan_division::{Scan, StageHits};
use super::scan_indicators::{self, Indicators};
use super::scan_inputs::CliInputs;
use super::scan_rules::Rules;
use super::scan_summary::{figures, over, summary};
use crate::diagnostic::Diagnostic;
use crate::engine::RefusedRule;
use crate::report::noise::NoiseView;
use crate::scan::noise::{Noise, Span};
use crate::scan::{Inputs, Stats};

/// Runs the rules of the project over the files.
pub fn run(
    settings: &Settings,
    asked: &ScanSettings,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let inputs = CliInputs::new(&settings.files, &asked.inputs, interrupt::stop());
    let indicators = scan_indicators::load(settings, asked, interrupt::stop())?;
    let mut rules = rules(settings, asked, indicators.as_ref(), console)?;
    let hits = match asked.part {
        ScanPart::ReadHits(owner) => Some(StageHits::open(&inputs, &rules.run, owner)?),
        ScanPart::Alerts | ScanPart::WriteHits { .. } => None,
    };
    let names = match &hits {
        Some(hits) => hits.names.clone(),
        None => (0..inputs.count()).map(|file| inputs.name(file)).collect(),
    };
    let started = now();
    let scanned = scan(settings, asked, &rules, (&inputs, &names), hits, console)?;
    let Some(scanned) = scanned else {
        return Ok(ExitCode::Passed);
    };
    for refused in scanned.refused {
        rules.refuse(refused.rule, refused.reason.to_string());
    }
    let finished = Finished {
        stats: scanned.stats,
        rules,
        indicators,
        names,
        seconds: now() - started,
    };
    if let Some(noise) = scanned.noise {
        finished.write_noise(&noise, asked, console);
    }
    finished.write_summary(asked, console);
    finished.write_stats(settings, asked)?;
    let code = finished.exit_code(asked);
    // The program ends here: thousands of pieces need not be given back one by one.
    std::mem::forget(finished);
    Ok(code)
}

/// The rules that the part of the scan runs.
fn rules(
    settings: &Settings,
    asked: &ScanSettings,
    indicators: Option<&Indicators>,
    console: &mut Console,
) -> Result<Rules, Box<Problem>> {
    let documents = indicators.map(|own| &own.documents);
    let threads = asked.options.threads;
    let mut rules = Rules::load(settings, &asked.exceptions, documents, threads, console)?;
    if rules.run.is_empty() && rules.not_run.is_empty() {
        let nothing = Diagnostic::error(&error::NOTHING_SELECTED, "no rules were found");
        return Err(Problem::new(ExitCode::NothingSelected, nothing));
    }
    rules.keep(|rule| asked.part.runs(rule, asked.window));
    Ok(rules)
}

/// What a scan gave beside the alerts that it wrote.
struct Scanned {
    stats: Stats,
    refused: Vec<RefusedRule>,
    noise: Option<Noise>,
}

/// Runs the part of the scan and writes its alerts; `None` where nobody reads them any more.
fn scan(
    settings: &Settings,
    asked: &ScanSettings,
    rules: &Rules,
    (inputs, names): (&CliInputs<'_>, &[String]),
    hits: Option<StageHits>,
    console: &mut Console,
) -> Result<Option<Scanned>, Box<Problem>> {
    let bar = Bar::new(inputs.size(), console.err_terminal());
    let mut writer = AlertWriter::new(asked.output, &rules.run, (inputs, names), &bar, console);
    let scan = Scan {
        rules: &rules.run,
        inputs,
        options: &asked.options,
        stop: interrupt::stop(),
    };
    let ran = asked.part.run(&scan, hits, &settings.files, &mut writer);
    bar.clear();
    let (stats, refused) = ran?;
    match writer.end() {
        Ok(noise) => Ok(Some(Scanned {
            stats,
            refused,
            noise,
        })),
        // A closed pipe (`| head`) is not an error.
        Err(NoOutput::NobodyReads) => Ok(None),
        Err(NoOutput::NoSpace(error)) => {
            let message = "there is no place for temporary files";
            let diagnostic = Diagnostic::error(&error::UNWRITABLE, message);
            Err(Problem::usage(diagnostic.help(error.to_string())))
        }
    }
}

/// A scan that has written its alerts.
struct Finished {
    stats: Stats,
    rules: Rules,
    indicators: Option<Indicators>,
    /// The names of the files.
    names: Vec<String>,
    seconds: f64,
}

impl Finished {
    fn write_noise(&self, noise: &Noise, asked: &ScanSettings, console: &mut Console) {
        let view = NoiseView {
            rules: &self.rules.run,
            noise: &noise.rules(),
            events: self.stats.events,
            span: Span::new(self.stats.span),
            budget: asked.budget,
        };
        let (ScanOutput::Alerts(format) | ScanOutput::Noise(format)) = asked.output;
        match format {
            ScanFormat::Table => console.write(Stream::Out, &view.table()),
            ScanFormat::Json => console.write_json(&format!("{}\n", view.json())),
            ScanFormat::Ndjson => {
                let lines = view.entries().map(|entry| entry.to_string() + "\n");
                console.write_json(&lines.collect::<String>());
            }
        }
    }

    fn write_summary(&self, asked: &ScanSettings, console: &mut Console) {
        let mut summary = summary(&self.stats, &self.rules, &self.names, self.seconds, asked);
        if let Some(indicators) = &self.indicators {
            indicators.describe(&mut summary);
        }
        console.write(Stream::Err, &summary);
    }

    /// Writes the file of `--stats`, if one was asked for.
    fn write_stats(&self, settings: &Settings, asked: &ScanSettings) -> Result<(), Box<Problem>> {
        let Some(path) = &asked.stats else {
            return Ok(());
        };
        let mut figures = figures(&self.stats, &self.rules, &self.names, self.seconds);
        if let Some(indicators) = &self.indicators
            && let Some(figures) = figures.as_object_mut()
        {
            figures.insert("indicators".to_owned(), indicators.figures());
        }
        let written = settings.files.write(path, &format!("{figures}\n"));
        written.map_err(|mistake| Problem::usage(*mistake))
    }

    fn exit_code(&self, asked: &ScanSettings) -> ExitCode {
        let (stats, not_run) = (&self.stats, &self.rules.not_run);
        if stats.interrupted {
            return ExitCode::Interrupted;
        }
        let is_strict = asked.options.strict;
        let failed = not_run.iter().any(|rule| rule.is_fault || is_strict);
        let unread = !stats.broken.is_empty() || stats.unsorted.is_some();
        let indicators = self.indicators.as_ref();
        let lost = stats.bad_lines > 0
            || stats.late > 0
            || stats.evicted_count() > 0
            || stats.dropped_count() > 0
            || !stats.failed.is_empty()
            || indicators.is_some_and(Indicators::is_incomplete);
        let is_incomplete = lost || stats.untimed > 0 || !not_run.is_empty();
        let fails = (is_strict && lost) || (asked.complete && is_incomplete);
        if failed || unread || fails {
            return ExitCode::NotLoaded;
        }
        match asked.budget {
            Some(budget) if over(stats, budget).next().is_some() => ExitCode::GateMissed,
            _ => ExitCode::Passed,
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
