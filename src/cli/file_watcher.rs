//! Reports saved files, written in place or renamed into place as editors do; the only file that
//! uses notify. Called by `trapline test --watch`.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind, RenameMode};
use notify::{RecursiveMode, Watcher as _};

use super::files::Files;
use crate::event::io::Stop;

/// The interval at which Ctrl-C is checked.
const ASLEEP: Duration = Duration::from_millis(50);
/// A save is complete when no event has arrived for this long,
const QUIET: Duration = Duration::from_millis(10);
/// or for this long where the system has said of every file that it is complete.
const QUIET_COMPLETE: Duration = Duration::from_millis(1);
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
        let mut save = Save::default();
        while save.files.is_empty() {
            if stop.is_requested() {
                return None;
            }
            match self.events.recv_timeout(ASLEEP) {
                Ok(event) => self.note(event, &mut save),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        for _ in 0..MOST {
            match self.events.recv_timeout(save.quiet()) {
                Ok(event) => self.note(event, &mut save),
                Err(_) => break,
            }
        }
        Some(save.files)
    }

    fn note(&self, event: notify::Result<notify::Event>, save: &mut Save) {
        // An error is of one event, and the next save comes with one of its own.
        let Ok(event) = event else { return };
        let paths = event.paths.into_iter();
        let paths = paths.filter_map(|path| Utf8PathBuf::from_path_buf(path).ok());
        for path in paths {
            save.note(event.kind, self.as_given(&path));
        }
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

/// The files of a save, as far as events tell.
#[derive(Debug, Default)]
struct Save {
    files: BTreeSet<Utf8PathBuf>,
    /// Those that a program may still write. An editor that has moved the old file away writes the
    /// new one next.
    incomplete: BTreeSet<Utf8PathBuf>,
    /// Those that were not there before: what becomes of them is no loss.
    created: BTreeSet<Utf8PathBuf>,
}

impl Save {
    /// Notes what happened to a file. Only Linux tells when a program has closed a file.
    fn note(&mut self, kind: EventKind, path: Utf8PathBuf) {
        match kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => {
                self.incomplete.remove(&path);
                return;
            }
            EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) => return,
            // The events of its two paths came before it.
            EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => {}
            EventKind::Modify(ModifyKind::Name(RenameMode::To)) => {
                self.incomplete.remove(&path);
            }
            EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(RenameMode::From))
                if self.created.contains(&path) =>
            {
                self.incomplete.remove(&path);
            }
            EventKind::Create(_) => {
                if self.incomplete.insert(path.clone()) {
                    self.created.insert(path.clone());
                }
            }
            EventKind::Modify(_) | EventKind::Remove(_) | EventKind::Any | EventKind::Other => {
                self.incomplete.insert(path.clone());
            }
        }
        self.files.insert(path);
    }

    /// How long to wait for another event.
    fn quiet(&self) -> Duration {
        if self.incomplete.is_empty() {
            QUIET_COMPLETE
        } else {
            QUIET
        }
    }
}

#[cfg(test)]
mod tests {
    use notify::event::{CreateKind, DataChange, RemoveKind};

    use super::*;

    const CREATED: EventKind = EventKind::Create(CreateKind::File);
    const WRITTEN: EventKind = EventKind::Modify(ModifyKind::Data(DataChange::Any));
    const CLOSED: EventKind = EventKind::Access(AccessKind::Close(AccessMode::Write));
    const REMOVED: EventKind = EventKind::Remove(RemoveKind::File);
    const FROM: EventKind = EventKind::Modify(ModifyKind::Name(RenameMode::From));
    const TO: EventKind = EventKind::Modify(ModifyKind::Name(RenameMode::To));

    /// What happens to a file of this name.
    type FileEvent = (EventKind, &'static str);

    /// The files after these events, and whether the save is known to be complete.
    fn after(events: &[FileEvent]) -> (Vec<String>, bool) {
        let mut save = Save::default();
        for (kind, path) in events {
            save.note(*kind, Utf8PathBuf::from(*path));
        }
        let files = save.files.iter().map(ToString::to_string);
        (files.collect(), save.quiet() == QUIET_COMPLETE)
    }

    #[test]
    fn a_save_is_complete_when_every_file_is_closed_or_renamed_into_place() {
        let cases: &[(&[FileEvent], &[&str], bool)] = &[
            // In place.
            (&[(WRITTEN, "a")], &["a"], false),
            (
                &[(WRITTEN, "a"), (WRITTEN, "a"), (CLOSED, "a")],
                &["a"],
                true,
            ),
            (
                &[(WRITTEN, "a"), (CLOSED, "a"), (WRITTEN, "b")],
                &["a", "b"],
                false,
            ),
            (
                &[(WRITTEN, "a"), (CLOSED, "a"), (WRITTEN, "a")],
                &["a"],
                false,
            ),
            // Closed without a change.
            (&[(CLOSED, "a")], &[], true),
            // A temporary file renamed into place.
            (
                &[
                    (CREATED, "t"),
                    (WRITTEN, "t"),
                    (CLOSED, "t"),
                    (FROM, "t"),
                    (TO, "a"),
                ],
                &["a", "t"],
                true,
            ),
            // The old file moved away, and the new one not yet written.
            (&[(FROM, "a"), (TO, "a~")], &["a", "a~"], false),
            (
                &[
                    (FROM, "a"),
                    (TO, "a~"),
                    (CREATED, "a"),
                    (WRITTEN, "a"),
                    (CLOSED, "a"),
                ],
                &["a", "a~"],
                true,
            ),
            // Removed, which may be the first half of a save.
            (&[(REMOVED, "a")], &["a"], false),
            (
                &[(REMOVED, "a"), (CREATED, "a"), (CLOSED, "a")],
                &["a"],
                true,
            ),
            (
                &[(CREATED, "t"), (CLOSED, "t"), (REMOVED, "t")],
                &["t"],
                true,
            ),
        ];
        for (events, files, is_complete) in cases {
            let files = files.iter().map(ToString::to_string).collect();
            assert_eq!(after(events), (files, *is_complete), "{events:?}");
        }
    }
}
