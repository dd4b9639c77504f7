//! Reads the indicators of a scan: documents as the events are, all in memory.

use std::fmt::Write as _;
use std::sync::Arc;

use super::super::ExitCode;
use super::super::error::{self, Problem};
use super::super::settings::{ScanSettings, Settings};
use super::scan_inputs::CliInputs;
use crate::data_source::constants::Constants;
use crate::diagnostic::{Diagnostic, escape};
use crate::event::Event;
use crate::event::io::Stop;
use crate::scan::{Inputs, reread};

/// The number of lines without indicator that are named.
const NAMED: usize = 10;

/// The indicators that were read.
pub(super) struct Indicators {
    pub(super) documents: Arc<[Event]>,
    /// The places of lines that are no documents.
    bad: Vec<String>,
    /// How many were left out for `--max-documents`.
    left_out: usize,
}

/// Reads the files that were named; `None` where there are none.
pub(super) fn load(
    settings: &Settings,
    asked: &ScanSettings,
    stop: &'static Stop,
) -> Result<Option<Indicators>, Box<Problem>> {
    if asked.indicators.is_empty() {
        return Ok(None);
    }
    let inputs = CliInputs::new(&settings.files, &asked.indicators, stop);
    let constants = Constants::new(&settings.catalogue()?);
    let mut documents: Vec<Event> = Vec::new();
    let (mut bad, mut left_out) = (Vec::new(), 0);
    for file in 0..inputs.count() {
        let name = inputs.name(file);
        let read = reread::lines(&inputs, file, &mut |number, line| {
            if line.trim().is_empty() {
                return true;
            }
            let place = || format!("{name}:{number}");
            match reread::event(line) {
                None => bad.push(place()),
                Some(_) if documents.len() >= asked.options.max_documents => left_out += 1,
                Some(mut indicator) => {
                    indicator.id.get_or_insert_with(place);
                    constants.fill(&mut indicator);
                    documents.push(indicator);
                }
            }
            !stop.is_requested()
        });
        read.map_err(|reason| {
            let message = format!("`{name}` cannot be read to its end: {reason}");
            let diagnostic = Diagnostic::error(&error::UNREADABLE, message);
            Problem::new(ExitCode::NotLoaded, diagnostic)
        })?;
    }
    Ok(Some(Indicators {
        documents: documents.into(),
        bad,
        left_out,
    }))
}

impl Indicators {
    /// Whether some were not read or left out.
    pub(super) fn is_incomplete(&self) -> bool {
        !self.bad.is_empty() || self.left_out > 0
    }

    /// Says how many there are, and what is none.
    pub(super) fn describe(&self, text: &mut String) {
        // Writing to memory does not fail.
        let _ = writeln!(text, "{} indicators", self.documents.len());
        if !self.bad.is_empty() {
            let _ = writeln!(text, "{} lines are no indicators:", self.bad.len());
            for place in self.bad.iter().take(NAMED) {
                let _ = writeln!(text, "    {}", escape::line(place));
            }
        }
        if self.left_out > 0 {
            let _ = writeln!(
                text,
                "{} indicators were left out: --max-documents",
                self.left_out
            );
        }
    }

    /// What `--stats` writes.
    pub(super) fn figures(&self) -> serde_json::Value {
        serde_json::json!({
            "read": self.documents.len(), "bad_lines": self.bad.len(), "left_out": self.left_out,
        })
    }
}
