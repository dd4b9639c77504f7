//! Reads, compares and writes the snapshots of a run; `test` uses it.

use camino::Utf8Path;

use super::super::files::Files;
use super::super::settings::TestSettings;
use crate::diagnostic::Diagnostic;
use crate::replay::outcome::Outcome;
use crate::snapshot::{self, Change, Current, Scope, Snapshot};

/// What the snapshots say to a run.
#[derive(Debug, Default)]
pub struct Compared {
    /// The changes that were not accepted, worst first.
    pub open: Vec<Change>,
    /// The changes that were accepted and written.
    pub accepted: Vec<Change>,
    /// Snapshots that could not be read or written.
    pub diagnostics: Vec<Diagnostic>,
}

/// Compares each scenario file of the run with its snapshot, and writes what is accepted and what
/// is pending where that is allowed. `scope` says by a scenario's name how much of it ran.
pub fn compare(
    outcome: &Outcome,
    files: &Files,
    settings: &TestSettings,
    scope: impl Fn(&str) -> Scope,
) -> Compared {
    let mut compared = Compared::default();
    for current in snapshot::current(outcome) {
        let scope = scope(&current.snapshot.scenario);
        if let Err(diagnostic) = one(&current, files, settings, scope, &mut compared) {
            compared.diagnostics.push(*diagnostic);
        }
    }
    compared.open.sort_by_key(|change| change.class);
    compared
}

/// Snapshots below a directory whose scenario is not among `scenarios` (names relative to the
/// root). Pending files are no concern: git ignores them.
pub fn unreferenced(files: &Files, directory: &Utf8Path, scenarios: &[String]) -> Vec<Diagnostic> {
    let wanted: Vec<String> = scenarios.iter().map(|name| snapshot::path(name)).collect();
    let found = files.find(directory, &["snap"]).unwrap_or_default();
    found
        .iter()
        .map(|path| files.name(path))
        .filter(|name| !wanted.contains(name))
        .map(|name| {
            let message = format!("no scenario belongs to `{name}`");
            Diagnostic::error(&snapshot::error::UNREFERENCED, message)
                .help("remove it, or rename it with its scenario")
        })
        .collect()
}

fn one(
    current: &Current,
    files: &Files,
    settings: &TestSettings,
    scope: Scope,
    compared: &mut Compared,
) -> Result<(), Box<Diagnostic>> {
    let path = snapshot::path(&current.snapshot.scenario);
    let old = old(Utf8Path::new(&path), files, settings)?;
    let changes = snapshot::compare(old.as_ref(), current, scope);
    let accept = settings.accept.as_ref().filter(|_| settings.writes);
    let resolution = snapshot::resolve(old.as_ref(), current, &changes, accept);
    if settings.writes {
        if let Some(text) = &resolution.snapshot {
            files.write(Utf8Path::new(&path), text)?;
        }
        let pending = format!("{path}.new");
        match &resolution.pending {
            Some(text) => files.write(Utf8Path::new(&pending), text)?,
            None => files.remove(Utf8Path::new(&pending))?,
        }
    }
    compared.accepted.extend(resolution.accepted);
    compared.open.extend(resolution.open);
    Ok(())
}

/// What is recorded. With `--accept=all` a file that cannot be read counts as none.
fn old(
    path: &Utf8Path,
    files: &Files,
    settings: &TestSettings,
) -> Result<Option<Snapshot>, Box<Diagnostic>> {
    if !files.exists(path) {
        return Ok(None);
    }
    let rebuilds = settings
        .accept
        .as_ref()
        .is_some_and(snapshot::Accept::rebuilds);
    match files.read(path).and_then(|source| snapshot::read(&source)) {
        Ok(snapshot) => Ok(Some(snapshot)),
        Err(_) if rebuilds && settings.writes => Ok(None),
        Err(diagnostic) => Err(diagnostic),
    }
}
