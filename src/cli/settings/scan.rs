//! The settings of `scan`.

use std::num::NonZero;

use camino::{Utf8Path, Utf8PathBuf};

use super::super::args::{ScanArgs, ScanFormat};
use super::super::error::Problem;
use super::{ScanInput, Settings};
use crate::event::io::RowMemory;
use crate::scan::noise::Budget;
use crate::scan::shards::Slice;
use crate::scan::stage_hits::Owner;
use crate::scan::{Options, Window};

/// The settings of `scan`.
#[derive(Debug, Clone)]
pub struct ScanSettings {
    /// The events, or the stage hits of [`ScanPart::ReadHits`].
    pub inputs: Vec<ScanInput>,
    /// The part of a scan on several machines.
    pub part: ScanPart,
    /// The span that tells the rules of a slice from the others, in milliseconds.
    pub window: Option<i64>,
    /// What is written to standard output.
    pub output: ScanOutput,
    /// How often a rule may alert.
    pub budget: Option<Budget>,
    /// Where statistics go; absolute.
    pub stats: Option<Utf8PathBuf>,
    /// The indicators that events are compared with.
    pub indicators: Vec<ScanInput>,
    /// Exception lists beside those of the project; absolute.
    pub exceptions: Vec<Utf8PathBuf>,
    /// How the engine runs.
    pub options: Options,
    /// Fail if events could not be read, sorted or kept.
    pub complete: bool,
}

/// The part of a scan on several machines that a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScanPart {
    /// Alerts of the events.
    Alerts,
    /// The stage hits of the events.
    WriteHits {
        /// To these files: one for each machine that correlates them.
        files: Vec<Utf8PathBuf>,
        /// The alerts of the rules whose matches span at most this, in milliseconds, beside the
        /// stage hits of the others.
        alerts_within: Option<i64>,
    },
    /// Alerts of stage hits, of the keys that this machine owns.
    ReadHits(Owner),
}

impl ScanPart {
    /// The files of stage hits that it writes.
    fn written(&self) -> &[Utf8PathBuf] {
        match self {
            Self::WriteHits { files, .. } => files,
            Self::Alerts | Self::ReadHits(_) => &[],
        }
    }
}

/// What a scan writes to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanOutput {
    /// Each alert.
    Alerts(ScanFormat),
    /// How noisy each rule is.
    Noise(ScanFormat),
}

impl Settings {
    /// What the options of `scan` mean.
    pub fn scan(&self, args: &ScanArgs) -> Result<ScanSettings, Box<Problem>> {
        let division = &args.division;
        let window = division.window.map(|window| window.0);
        let part = match (&division.stage_hits, division.from_stage_hits) {
            (Some(path), _) => ScanPart::WriteHits {
                files: self.hits_files(path, division.owners),
                alerts_within: window.filter(|_| division.with_alerts),
            },
            (None, true) => {
                ScanPart::ReadHits(division.owner.unwrap_or(Owner { index: 0, count: 1 }))
            }
            (None, false) => ScanPart::Alerts,
        };
        let output = if args.summary {
            ScanOutput::Noise(args.format.unwrap_or(ScanFormat::Table))
        } else {
            ScanOutput::Alerts(args.format.unwrap_or_default())
        };
        let inputs = self.scan_inputs(&args.files)?;
        let stats = args.stats.as_ref().map(|path| self.typed(path));
        self.must_not_be_read(part.written().iter().chain(&stats), &inputs)?;
        Ok(ScanSettings {
            inputs,
            part,
            window,
            output,
            budget: args.budget,
            stats,
            indicators: self.scan_inputs(&args.indicators)?,
            exceptions: self.all_typed(&args.exceptions),
            options: options(args, self.files.limits.rows),
            complete: division.complete,
        })
    }

    /// The files of stage hits, absolute: one for all machines, or one for each.
    fn hits_files(&self, path: &Utf8Path, owners: Option<u16>) -> Vec<Utf8PathBuf> {
        match owners {
            None => vec![self.typed(path)],
            Some(count) => {
                let own = |owner| self.typed(Utf8Path::new(&format!("{path}.{owner}")));
                (0..count).map(own).collect()
            }
        }
    }
}

fn options(args: &ScanArgs, rows: RowMemory) -> Options {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let (from, to) = (args.division.from, args.division.to);
    Options {
        threads: args.jobs.map_or(threads, usize::from),
        window: Window {
            millis: i64::from(args.reorder) * 60_000,
            ..Window::default()
        },
        max_partials: args.max_partials,
        max_documents: args.max_documents,
        rows,
        strict: args.strict,
        keep_values: args.summary,
        executions: args.executions,
        slice: (from.is_some() || to.is_some()).then_some(Slice { from, to }),
        ..Options::default()
    }
}
