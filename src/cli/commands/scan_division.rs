//! A scan as one part of a scan on several machines: which rules it runs, which alerts it reports,
//! and whether it writes or reads stage hits.

use std::io::{self, Write as _};

use camino::Utf8PathBuf;

use super::super::ExitCode;
use super::super::error::{self, Problem};
use super::super::files::{Files, Unfinished};
use super::super::settings::ScanPart;
use crate::compile::CompiledRule;
use crate::diagnostic::Diagnostic;
use crate::engine::RefusedRule;
use crate::event::io::Stop;
use crate::scan::shards::Division;
use crate::scan::stage_hits::{HitsError, HitsFile, OwnedHits, Owner, RulesHash};
use crate::scan::{self, Inputs, Options, Stats, Watcher};

impl ScanPart {
    /// Runs it. `hits` are the files of [`Self::ReadHits`].
    pub(super) fn run(
        &self,
        scan: &Scan<'_>,
        hits: Option<StageHits>,
        files: &Files,
        watcher: &mut dyn Watcher,
    ) -> Result<(Stats, Vec<RefusedRule>), Box<Problem>> {
        match (self, hits) {
            (
                Self::WriteHits {
                    files: paths,
                    alerts_within,
                },
                _,
            ) => write_to(files, paths, |outs| {
                let is_written = |rule: &CompiledRule| {
                    !alerts_within.is_some_and(|window| is_of_slice(rule, window))
                };
                let (rules, options, to) = (scan.rules, scan.options, (scan.inputs, outs));
                scan::write_hits(rules, is_written, to, options, watcher, scan.stop)
            }),
            (Self::ReadHits(owner), Some(hits)) => hits.correlate(scan, *owner, watcher),
            (Self::ReadHits(_) | Self::Alerts, _) => Ok(scan::run(
                scan.rules,
                scan.inputs,
                scan.options,
                watcher,
                scan.stop,
            )),
        }
    }

    /// Whether it runs a rule, where the span of a rule's matches decides: in milliseconds.
    pub(super) fn runs(&self, rule: &CompiledRule, window: Option<i64>) -> bool {
        let is_of_slice = |window| is_of_slice(rule, window);
        match self {
            Self::Alerts => window.is_none_or(is_of_slice),
            Self::WriteHits {
                alerts_within: Some(_),
                ..
            } => true,
            Self::WriteHits { .. } | Self::ReadHits(_) => !window.is_some_and(is_of_slice),
        }
    }
}

/// Whether the rule's matches span at most this many milliseconds.
fn is_of_slice(rule: &CompiledRule, window: i64) -> bool {
    matches!(Division::of(rule, window), Division::Slice(_))
}

/// Files of stage hits, and the names of all files whose events they are.
pub(super) struct StageHits {
    files: Vec<HitsFile>,
    pub(super) names: Vec<String>,
}

impl StageHits {
    /// Opens the files that were typed, which are those of `inputs`, as the machine `owner`.
    pub(super) fn open(
        inputs: &dyn Inputs,
        rules: &[CompiledRule],
        owner: Owner,
    ) -> Result<Self, Box<Problem>> {
        let rules = RulesHash::of(rules);
        let mut files = Vec::new();
        let mut names = Vec::new();
        for number in 0..inputs.count() {
            let opened = inputs.open(number).map_err(HitsError::from);
            let file = opened.and_then(|bytes| HitsFile::open(bytes, &rules, owner));
            let file = file.map_err(|error| {
                Problem::new(
                    ExitCode::NotLoaded,
                    unreadable(&inputs.name(number), &error),
                )
            })?;
            names.extend_from_slice(file.files());
            files.push(file);
        }
        names.sort_unstable();
        names.dedup();
        Ok(Self { files, names })
    }

    /// Gives the alerts of the keys that the machine owns.
    pub(super) fn correlate(
        self,
        scan: &Scan<'_>,
        owner: Owner,
        watcher: &mut dyn Watcher,
    ) -> Result<(Stats, Vec<RefusedRule>), Box<Problem>> {
        let hits = OwnedHits {
            files: self.files,
            names: &self.names,
            owner,
        };
        let (rules, options) = (scan.rules, scan.options);
        let found = scan::correlate_hits(rules, hits, scan.inputs, options, watcher, scan.stop);
        found.map_err(|error| {
            Problem::new(ExitCode::NotLoaded, unreadable("the stage hits", &error))
        })
    }
}

fn unreadable(name: &str, error: &HitsError) -> Diagnostic {
    let help = match error {
        HitsError::OtherOwner { index, count } => {
            format!("read it, with that of each part of the events, by `--owner {index}/{count}`")
        }
        _ => "write it again with `trapline scan --stage-hits` and the same rules".to_owned(),
    };
    Diagnostic::error(&error::BAD_STAGE_HITS, format!("{name}: {error}")).help(help)
}

/// What a scan is run with.
pub(super) struct Scan<'s> {
    pub(super) rules: &'s [CompiledRule],
    pub(super) inputs: &'s dyn Inputs,
    pub(super) options: &'s Options,
    pub(super) stop: &'s Stop,
}

/// Writes stage hits to a file for each owner, which are there when all are.
fn write_to(
    files: &Files,
    paths: &[Utf8PathBuf],
    write: impl FnOnce(&mut [Unfinished]) -> io::Result<(Stats, Vec<RefusedRule>)>,
) -> Result<(Stats, Vec<RefusedRule>), Box<Problem>> {
    let unfinished = paths.iter().map(|path| files.create(path));
    let unfinished: Result<Vec<Unfinished>, _> = unfinished.collect();
    let mut unfinished = unfinished.map_err(|mistake| Problem::usage(*mistake))?;
    let flushed = write(&mut unfinished).and_then(|found| {
        unfinished.iter_mut().try_for_each(Unfinished::flush)?;
        Ok(found)
    });
    let found = flushed.map_err(|error| {
        let first = paths.first().map(|path| files.name(path));
        let message = format!("`{}` cannot be written", first.unwrap_or_default());
        Problem::usage(Diagnostic::error(&error::UNWRITABLE, message).help(error.to_string()))
    })?;
    for own in unfinished {
        files
            .finish(own)
            .map_err(|mistake| Problem::usage(*mistake))?;
    }
    Ok(found)
}
