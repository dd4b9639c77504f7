//! The settings of `scan --emit-requests` and of `compare`.

use std::num::NonZero;

use camino::Utf8PathBuf;

use super::super::args::{CompareArgs, CompareFormat, ScanArgs};
use super::super::error::Problem;
use super::{ScanInput, Settings};
use crate::event::Timestamp;
use crate::scan::Options;

/// The settings of `scan --emit-requests`.
#[derive(Debug, Clone)]
pub struct RequestSettings {
    /// Where the requests go; absolute. `None` is standard output.
    pub output: Option<Utf8PathBuf>,
    /// The start of the time range; that of the recordings without.
    pub from: Option<Timestamp>,
    /// The end of the time range; that of the recordings without.
    pub to: Option<Timestamp>,
    /// The recordings.
    pub inputs: Vec<ScanInput>,
    /// How many results each request asks for; the rule's `max_signals` without.
    pub size: Option<u32>,
    /// Exception lists beside those of the project; absolute.
    pub exceptions: Vec<Utf8PathBuf>,
    /// Fail if a rule has no request.
    pub strict: bool,
}

/// The settings of `compare`.
#[derive(Debug, Clone)]
pub struct CompareSettings {
    /// The answers; absolute.
    pub responses: Utf8PathBuf,
    /// The documents that were indexed.
    pub inputs: Vec<ScanInput>,
    /// Exception lists beside those of the project; absolute.
    pub exceptions: Vec<Utf8PathBuf>,
    /// The mappings of the indices that were searched; absolute.
    pub mappings: Vec<Utf8PathBuf>,
    /// How the searches are run.
    pub options: Options,
    /// How the comparison is written.
    pub format: CompareFormat,
    /// Fail if something is not compared.
    pub strict: bool,
}

impl Settings {
    /// What the options of `scan --emit-requests` mean.
    pub fn requests(&self, args: &ScanArgs) -> Result<RequestSettings, Box<Problem>> {
        let inputs = self.scan_inputs(&args.files)?;
        let output = self.output(args.requests.emit_requests.as_ref());
        self.must_not_be_read(&output, &inputs)?;
        Ok(RequestSettings {
            output,
            from: args.division.from,
            to: args.division.to,
            inputs,
            size: args.requests.size,
            exceptions: self.all_typed(&args.exceptions),
            strict: args.strict,
        })
    }

    /// What the options of `compare` mean.
    pub fn compare(&self, args: &CompareArgs) -> Result<CompareSettings, Box<Problem>> {
        let responses = self.typed(&args.responses);
        self.must_exist(&responses)?;
        let mappings = self.all_typed(&args.mapping);
        for mapping in &mappings {
            self.must_exist(mapping)?;
        }
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        Ok(CompareSettings {
            responses,
            inputs: self.scan_inputs(&args.files)?,
            exceptions: self.all_typed(&args.exceptions),
            mappings,
            options: Options {
                threads: args.jobs.map_or(threads, usize::from),
                max_documents: args.max_documents,
                ..Options::default()
            },
            format: args.format,
            strict: args.strict,
        })
    }
}
