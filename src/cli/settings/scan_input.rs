//! What paths and addresses on the command line name for a scan: files, directories and objects.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::super::error::{self, Problem};
use super::super::objects::{self, Object};
use super::{Input, Settings, lake_tables};
use crate::diagnostic::Diagnostic;

/// The extensions of files with events in a directory, and of objects below a prefix.
const EXTENSIONS: &[&str] = &["ndjson", "jsonl", "json", "gz", "zst", "evtx", "parquet"];

/// A FILE with events, which may be an object of object storage.
#[derive(Debug, Clone)]
pub enum ScanInput {
    /// `-`
    Standard,
    /// Absolute.
    File(Utf8PathBuf),
    /// An object that was found.
    Object(Object),
}

impl Settings {
    /// The files and objects with events that were typed: paths as [`Settings::recordings`] takes
    /// them, and addresses. They are in the order of their names, which decides between events of the
    /// same time, so that this does not depend on how the files were typed or divided.
    pub(super) fn scan_inputs(&self, typed: &[String]) -> Result<Vec<ScanInput>, Box<Problem>> {
        let mut inputs = Vec::new();
        for typed in typed {
            if objects::is_address(typed) {
                inputs.extend(found_objects(typed)?.into_iter().map(ScanInput::Object));
            } else {
                inputs.extend(self.scan_files(typed)?);
            }
        }
        inputs.sort_by_cached_key(|input| match input {
            ScanInput::Standard => "-".to_owned(),
            ScanInput::File(path) => self.files.name(path),
            ScanInput::Object(object) => object.name().to_owned(),
        });
        Ok(inputs)
    }

    /// Refuses to write to a file that is read.
    pub(super) fn must_not_be_read<'p>(
        &self,
        outputs: impl IntoIterator<Item = &'p Utf8PathBuf>,
        inputs: &[ScanInput],
    ) -> Result<(), Box<Problem>> {
        // A file that is read is there; a device may be read and written.
        let existing = |output: &'p Utf8PathBuf| Some((output, self.files.real(output)?));
        let existing = outputs.into_iter().filter_map(existing);
        let mut existing = existing
            .filter(|(_, real)| !real.starts_with("/dev"))
            .peekable();
        if existing.peek().is_none() {
            return Ok(());
        }
        let read = inputs.iter().filter_map(|input| match input {
            ScanInput::File(path) => self.files.real(path),
            ScanInput::Standard | ScanInput::Object(_) => None,
        });
        let read: BTreeSet<Utf8PathBuf> = read.collect();
        let Some((output, _)) = existing.find(|(_, real)| read.contains(real)) else {
            return Ok(());
        };
        let name = self.files.name(output);
        let message = format!("`{name}` is read by this command and would be overwritten");
        let diagnostic = Diagnostic::error(&error::UNWRITABLE, message);
        Err(Problem::usage(
            diagnostic.help("name another file for the output"),
        ))
    }

    fn scan_files(&self, typed: &str) -> Result<Vec<ScanInput>, Box<Problem>> {
        let typed = typed.strip_prefix("file://").unwrap_or(typed);
        let inputs = self.recordings(&[typed.to_owned()], EXTENSIONS)?;
        let names = inputs.iter().filter_map(Input::path);
        lake_tables::refuse(typed, names.map(Utf8Path::as_str))?;
        let inputs = inputs.into_iter().map(|input| match input {
            Input::Standard => ScanInput::Standard,
            Input::File(path) => ScanInput::File(path),
        });
        Ok(inputs.collect())
    }
}

/// The object of an address, or those below it; at least one.
fn found_objects(address: &str) -> Result<Vec<Object>, Box<Problem>> {
    let found = objects::list(address, EXTENSIONS).map_err(|fault| {
        let message = format!("`{address}` cannot be read: {fault}");
        Problem::usage(Diagnostic::error(&error::NO_OBJECTS, message).help(fault.help()))
    })?;
    if found.is_empty() {
        let message = format!("there is no object with events below `{address}`");
        let known = EXTENSIONS.join(", ");
        let diagnostic = Diagnostic::error(&error::NO_OBJECTS, message);
        return Err(Problem::usage(diagnostic.help(format!(
            "objects are taken by the ends of their names: {known}"
        ))));
    }
    lake_tables::refuse(address, found.iter().map(Object::name))?;
    Ok(found)
}
