//! Reports saved files, written in place or renamed into place as editors do; the only file that
//! uses notify. Called by `trapline test --watch`.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use notify::event::{EventKind, ModifyKind};
use notify::{RecursiveMode, Watcher as _};

use super::files::Files;
use crate::event::io::Stop;

/// The interval at which Ctrl-C is checked.
const ASLEEP: Duration = Duration::from_millis(50);
/// A save is complete when no event has arrived for this long.
const QUIET: Duration = Duration::from_millis(10);
/// The number of events after which a save that never ends is taken as it is.
const MOST: usize = 10_000;

/// What is looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The files of a directory and of all below it.
    Tree(Utf8PathBuf),
    /// The files of a directory alone.
    Directory(Utf8PathBuf),
}

/// Files that are saved from now on.
pub struct FileWatcher {
    watcher: notify::RecommendedWatcher,
    events: Receiver<notify::Result<notify::Event>>,
    places: BTreeSet<Place>,
    /// Where the system says that a directory is, and the path by which it was given.
    real: Vec<(Utf8PathBuf, Utf8PathBuf)>,
}

impl FileWatcher {
    /// Looks at nothing yet; the error is the system's.
    pub fn new() -> notify::Result<Self> {
        let (sender, events) = channel();
        let watcher = notify::recommended_watcher(sender)?;
        Ok(Self {
            watcher,
            events,
            places: BTreeSet::new(),
            real: Vec::new(),
        })
    }

    /// Looks at these places and no others; those that are not there are left out. Gives how many
    /// there are.
    pub fn watch(&mut self, files: &Files, places: BTreeSet<Place>) -> notify::Result<usize> {
        for gone in self.places.difference(&places) {
            // A directory that was removed is forgotten by the system itself.
            let _ = self.watcher.unwatch(gone.path().as_std_path());
        }
        let mut now = BTreeSet::new();
        for place in places {
            if !self.places.contains(&place) {
                let Some(real) = files.real(place.path()) else {
                    continue;
                };
                let mode = match place {
                    Place::Tree(_) => RecursiveMode::Recursive,
                    Place::Directory(_) => RecursiveMode::NonRecursive,
                };
                self.watcher.watch(place.path().as_std_path(), mode)?;
                self.real.push((real, place.path().to_owned()));
            }
            now.insert(place);
        }
        self.places = now;
        Ok(self.places.len())
    }

    /// Waits for files to be saved or removed; `None` when it is asked to end.
    pub fn next(&self, stop: &Stop) -> Option<BTreeSet<Utf8PathBuf>> {
        let mut saved = BTreeSet::new();
        while saved.is_empty() {
            if stop.is_requested() {
                return None;
            }
            match self.events.recv_timeout(ASLEEP) {
                Ok(event) => self.note(event, &mut saved),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        for _ in 0..MOST {
            match self.events.recv_timeout(QUIET) {
                Ok(event) => self.note(event, &mut saved),
                Err(_) => break,
            }
        }
        Some(saved)
    }

    fn note(&self, event: notify::Result<notify::Event>, saved: &mut BTreeSet<Utf8PathBuf>) {
        // An error is of one event, and the next save comes with one of its own.
        let Ok(event) = event else { return };
        let is_save = match event.kind {
            EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) => false,
            EventKind::Create(_)
            | EventKind::Modify(_)
            | EventKind::Remove(_)
            | EventKind::Any
            | EventKind::Other => true,
        };
        if !is_save {
            return;
        }
        let paths = event.paths.into_iter();
        let paths = paths.filter_map(|path| Utf8PathBuf::from_path_buf(path).ok());
        saved.extend(paths.map(|path| self.as_given(&path)));
    }

    fn as_given(&self, path: &Utf8Path) -> Utf8PathBuf {
        let below = |(real, given): &(Utf8PathBuf, Utf8PathBuf)| {
            Some(given.join(path.strip_prefix(real).ok()?))
        };
        let found = self.real.iter().find_map(below);
        found.unwrap_or_else(|| path.to_owned())
    }
}

impl Place {
    fn path(&self) -> &Utf8Path {
        match self {
            Self::Tree(path) | Self::Directory(path) => path,
        }
    }
}
