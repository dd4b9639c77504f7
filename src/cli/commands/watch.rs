//! `trapline test --watch`: runs the tests, then re-runs what each save affects, until Ctrl-C.

use std::collections::BTreeSet;
use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};

use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::file_watcher::{FileWatcher, Place};
use super::super::settings::{Settings, TestSettings, WatchSettings};
use super::super::{Console, ExitCode, interrupt};
use super::test;
use crate::diagnostic::Diagnostic;
use crate::project::rule_files::is_rule;
use crate::project::{Dependencies, Loaded, Target, config};

/// Puts an empty screen before what comes.
const CLEAR: &str = "\x1b[2J\x1b[3J\x1b[H";

/// Runs the verb.
pub fn run(
    settings: &Settings,
    asked: WatchSettings,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let stop = interrupt::stop();
    let mut watcher = watching(FileWatcher::new())?;
    let mut watched = Watched {
        settings: settings.clone(),
        asked,
        depends: Dependencies::default(),
    };
    // From before the first run, so that no save is missed.
    watched.watch(&mut watcher)?;
    watched.run_all(console);
    loop {
        let places = watched.watch(&mut watcher)?;
        let words = format!(
            "\nwatching {places} directories, {} scenario files; Ctrl-C ends\n",
            watched.depends.count()
        );
        console.write(Stream::Err, &words);
        loop {
            let Some(saved) = watcher.next(stop) else {
                return Ok(ExitCode::Interrupted);
            };
            let files = &watched.settings.files;
            let saved: BTreeSet<String> = saved.iter().map(|path| files.name(path)).collect();
            if watched.react(&saved, console) {
                break;
            }
        }
    }
}

struct Watched {
    settings: Settings,
    asked: WatchSettings,
    depends: Dependencies,
}

impl Watched {
    /// Runs what the saved files touch; whether that was anything.
    fn react(&mut self, saved: &BTreeSet<String>, console: &mut Console) -> bool {
        let of_all =
            |name: &&String| *name == config::FILE || self.settings.project().holds_source(name);
        if saved.iter().any(|name| of_all(&name)) {
            announce(saved.iter().filter(of_all), console);
            match self.reread() {
                Ok(()) => self.run_all(console),
                Err(problem) => {
                    console.problem(&problem);
                }
            }
            return true;
        }
        let is_new = |name: &String| {
            let extension = Utf8Path::new(name).extension();
            let is_scenario = matches!(extension, Some("yaml" | "yml"));
            // A report that the run itself writes as JSON is no rule.
            let mut folders = self
                .settings
                .layouts
                .iter()
                .flat_map(|layout| &layout.rules);
            let is_below = folders.any(|folder| Utf8Path::new(name).starts_with(folder));
            (is_scenario || (is_rule(name) && is_below)) && !self.depends.knows(name)
        };
        if saved.iter().any(is_new) {
            return self.run_new(saved, console);
        }
        let touched = self.depends.touched(saved);
        if touched.is_empty() {
            return false;
        }
        let known = saved.iter().filter(|name| self.depends.knows(name));
        announce(known, console);
        let mut targets = Vec::new();
        for name in touched {
            if self.settings.files.exists(&self.settings.files.path(&name)) {
                targets.extend(self.targets_in(&name));
            } else {
                self.depends.forget(&name);
                console.write(Stream::Err, &format!("gone     {name}\n"));
            }
        }
        if !targets.is_empty() {
            let loaded = self.settings.project().load(&targets);
            self.depends.extend(&loaded.depends);
            let test = TestSettings {
                targets,
                ..self.asked.test.clone()
            };
            run_loaded(loaded, &self.settings, &test, console);
        }
        true
    }

    fn watch(&self, watcher: &mut FileWatcher) -> Result<usize, Box<Problem>> {
        watching(watcher.watch(&self.settings.files, self.places()))
    }

    fn run_all(&mut self, console: &mut Console) {
        let loaded = self.settings.project().load(&self.asked.test.targets);
        self.depends.clone_from(&loaded.depends);
        run_loaded(loaded, &self.settings, &self.asked.test, console);
    }

    /// A file that no scenario depended on may be a scenario, or the rule that one waited for.
    fn run_new(&mut self, saved: &BTreeSet<String>, console: &mut Console) -> bool {
        let mut loaded = self.settings.project().load(&self.asked.test.targets);
        self.depends.clone_from(&loaded.depends);
        if !loaded.keep_touched(saved) {
            return false;
        }
        announce(
            saved.iter().filter(|name| self.depends.knows(name)),
            console,
        );
        run_loaded(loaded, &self.settings, &self.asked.test, console);
        true
    }

    /// The configuration is read again; where it is wrong what it said before holds.
    fn reread(&mut self) -> Result<(), Box<Problem>> {
        (self.settings, self.asked) = self.asked.reread(&self.settings)?;
        Ok(())
    }

    /// What was asked for of a scenario file: some KEYs, or all of it.
    fn targets_in(&self, name: &str) -> Vec<Target> {
        let of =
            |target: &&Target| matches!(target, Target::Key { scenario, .. } if scenario == name);
        let keys: Vec<Target> = self.asked.test.targets.iter().filter(of).cloned().collect();
        if keys.is_empty() {
            return vec![Target::Path(name.to_owned())];
        }
        keys
    }

    /// The configuration, rules and scenarios, and whatever else the scenarios read.
    fn places(&self) -> BTreeSet<Place> {
        let files = &self.settings.files;
        let layouts = self.settings.layouts.iter();
        let trees: BTreeSet<Utf8PathBuf> = layouts
            .flat_map(|layout| {
                let rules = layout.rules.iter().chain([&layout.scenarios]);
                rules.chain(&layout.sources)
            })
            .map(|name| files.path(name))
            .collect();
        let mut places = BTreeSet::from([Place::Directory(files.root().to_owned())]);
        for name in self.depends.names() {
            let path = files.path(name);
            let below = |tree: &Utf8PathBuf| path.starts_with(tree);
            if let Some(directory) = path.parent().filter(|_| !trees.iter().any(below)) {
                places.insert(Place::Directory(directory.to_owned()));
            }
        }
        places.extend(trees.into_iter().map(Place::Tree));
        places
    }
}

/// Runs what was loaded; why it cannot is said, and the watch goes on.
fn run_loaded(loaded: Loaded, settings: &Settings, test: &TestSettings, console: &mut Console) {
    if let Err(problem) = test::run_loaded(loaded, settings.catalogue(), settings, test, console) {
        console.problem(&problem);
    }
}

fn announce<'n>(saved: impl Iterator<Item = &'n String>, console: &mut Console) {
    if console.terminal() {
        console.write_as_is(Stream::Out, CLEAR);
    }
    for name in saved {
        console.write(Stream::Err, &format!("saved    {name}\n"));
    }
}

fn watching<T>(result: Result<T, impl fmt::Display>) -> Result<T, Box<Problem>> {
    result.map_err(|reason| {
        let message = format!("the files cannot be watched: {reason}");
        let diagnostic = Diagnostic::error(&error::NOT_WATCHED, message)
            .help("run `trapline test` after a change, or `trapline test --changed`");
        Problem::usage(diagnostic)
    })
}
