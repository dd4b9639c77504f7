//! The walk of `review` on a terminal: one change after another, each decided by a key.

use camino::Utf8PathBuf;

use super::pending::{
    PendingReview, ReviewContext, changes, nothing, pending_reviews, step, store,
};
use crate::cli::commands::explain;
use crate::cli::console::Stream;
use crate::cli::error::Problem;
use crate::cli::settings::{ExplainCase, ExplainFormat, ExplainSettings, Settings};
use crate::cli::{Console, ExitCode, keypress};
use crate::project::Target;
use crate::replay::outcome::CheckKey;
use crate::report::terminal::{REVIEW_HELP, groups_of_changes, write_review, write_review_keys};
use crate::snapshot::review::Pending;
use crate::snapshot::{self, Accept, Change, Class, Resolution};

/// A snapshot and the one that waits beside it as they were, for undo.
struct Before {
    snapshot: Utf8PathBuf,
    texts: [Option<String>; 2],
}

impl Before {
    fn of(settings: &Settings, reviews: &PendingReview) -> Self {
        let paths = both(&reviews.snapshot);
        let read = |path: &Utf8PathBuf| {
            let read = settings.files.read(path).ok();
            read.map(|source| source.text().to_owned())
        };
        Self {
            snapshot: reviews.snapshot.clone(),
            texts: paths.each_ref().map(read),
        }
    }

    fn restore(&self, settings: &Settings) -> Result<(), Box<Problem>> {
        for (path, text) in both(&self.snapshot).iter().zip(&self.texts) {
            let restored = match text {
                Some(text) => settings.files.write(path, text),
                None => settings.files.remove(path),
            };
            restored.map_err(|mistake| Problem::usage(*mistake))?;
        }
        Ok(())
    }
}

fn both(snapshot: &Utf8PathBuf) -> [Utf8PathBuf; 2] {
    [
        snapshot.clone(),
        Utf8PathBuf::from(format!("{snapshot}.new")),
    ]
}

/// What a person did at one key, and how it is undone.
#[derive(Default)]
struct UndoStep {
    /// The files as they were, in the order in which they were written.
    files: Vec<Before>,
    skipped: Vec<CheckKey>,
    accepted: usize,
    rejected: usize,
    /// How many steps it was.
    steps: usize,
}

/// The walk so far.
struct Walk<'a> {
    settings: &'a Settings,
    context: &'a ReviewContext,
    reviews: Vec<PendingReview>,
    done: Vec<UndoStep>,
}

/// One change after another, until all are decided or the person leaves.
pub(super) fn walk(
    settings: &Settings,
    reviews: Vec<PendingReview>,
    context: &ReviewContext,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let colour = console.colour(Stream::Out);
    let total = groups_of_changes(changes(&reviews)).len();
    let mut walk = Walk {
        settings,
        context,
        reviews,
        done: Vec::new(),
    };
    let mut is_shown = false;
    while let Some(group) = walk.next() {
        let shown: Vec<&Change> = group.iter().collect();
        let steps = walk.done.iter().map(|done| done.steps).sum();
        let step = step(settings, walk.context, &shown, steps, total);
        let text = if is_shown {
            write_review_keys(&step, colour)
        } else {
            write_review(&step, colour)
        };
        console.write(Stream::Out, &text);
        let Some(key) = keypress::typed() else { break };
        if key.eq_ignore_ascii_case(&'q') {
            break;
        }
        let said = walk.decide(key, &group, console)?;
        is_shown = said.keeps;
        if !said.words.is_empty() {
            console.write(Stream::Out, &format!("{}\n\n", said.words));
        }
        walk.reviews = pending_reviews(settings)?;
    }
    console.write(Stream::Out, &walk.end());
    Ok(ExitCode::Passed)
}

/// The answer to a key.
struct KeyResponse {
    words: &'static str,
    /// The change stands above still, and need not be shown again.
    keeps: bool,
}

impl KeyResponse {
    const fn next(words: &'static str) -> Self {
        Self {
            words,
            keeps: false,
        }
    }

    const fn stays(words: &'static str) -> Self {
        Self { words, keeps: true }
    }
}

impl Walk<'_> {
    /// The first changes that are alike and that nobody has decided.
    fn next(&self) -> Option<Vec<Change>> {
        self.left().into_iter().next()
    }

    fn left(&self) -> Vec<Vec<Change>> {
        let skipped = |change: &&Change| {
            let mut skipped = self.done.iter().flat_map(|done| &done.skipped);
            !skipped.any(|key| *key == change.key)
        };
        let groups = groups_of_changes(changes(&self.reviews).filter(skipped)).into_iter();
        let owned = groups.map(|group| group.into_iter().cloned().collect());
        owned.collect()
    }

    /// What is left of a class, the shown changes first.
    fn rest_of(&self, class: Class) -> Vec<Vec<Change>> {
        let of_class =
            |group: &Vec<Change>| group.first().is_some_and(|first| first.class == class);
        self.left().into_iter().filter(of_class).collect()
    }

    fn decide(
        &mut self,
        key: char,
        group: &[Change],
        console: &mut Console,
    ) -> Result<KeyResponse, Box<Problem>> {
        let class = group.first().map_or(Class::Content, |first| first.class);
        let one = || vec![group.to_vec()];
        Ok(match key {
            'a' => {
                self.accept(&one())?;
                KeyResponse::next("accepted")
            }
            'A' => {
                self.accept(&self.rest_of(class))?;
                KeyResponse::next("accepted, with all that is left of the class")
            }
            's' => {
                self.skip(&one());
                KeyResponse::next("skipped: it stays pending")
            }
            'S' => {
                self.skip(&self.rest_of(class));
                KeyResponse::next("skipped, with all that is left of the class: they wait on")
            }
            'r' | 'R' => {
                let files = self.write(group, Pending::reject)?;
                self.done.push(UndoStep {
                    files: vec![files],
                    rejected: group.len(),
                    steps: 1,
                    ..UndoStep::default()
                });
                KeyResponse::next("rejected: the snapshot stays")
            }
            'u' | 'U' => self.undo()?,
            'e' | 'E' => {
                if let Some(first) = group.first() {
                    explained(self.settings, &first.key, console);
                }
                KeyResponse::stays("")
            }
            'd' | 'D' => KeyResponse::next(""),
            _ => KeyResponse::stays(REVIEW_HELP),
        })
    }

    fn accept(&mut self, groups: &[Vec<Change>]) -> Result<(), Box<Problem>> {
        let mut done = UndoStep {
            accepted: groups.iter().map(Vec::len).sum(),
            steps: groups.len(),
            ..UndoStep::default()
        };
        for group in groups {
            done.files.push(self.write(group, Pending::accept)?);
            // The next group may be of the same file.
            self.reviews = pending_reviews(self.settings)?;
        }
        self.done.push(done);
        Ok(())
    }

    fn skip(&mut self, groups: &[Vec<Change>]) {
        let keys = groups.iter().flatten().map(|change| change.key.clone());
        self.done.push(UndoStep {
            skipped: keys.collect(),
            steps: groups.len(),
            ..UndoStep::default()
        });
    }

    fn undo(&mut self) -> Result<KeyResponse, Box<Problem>> {
        let Some(done) = self.done.pop() else {
            return Ok(KeyResponse::stays("there is nothing to undo"));
        };
        for file in done.files.iter().rev() {
            file.restore(self.settings)?;
        }
        Ok(KeyResponse::next("undone"))
    }

    /// Decides changes of one file; what was before comes back.
    fn write(
        &self,
        group: &[Change],
        decide: fn(&Pending, &Accept) -> Resolution,
    ) -> Result<Before, Box<Problem>> {
        let scenario = group
            .first()
            .map_or("", |first| first.key.scenario.as_str());
        let path = snapshot::path(scenario);
        let name = |reviews: &&PendingReview| self.settings.files.name(&reviews.snapshot) == path;
        let Some(file) = self.reviews.iter().find(name) else {
            return nothing(scenario);
        };
        let before = Before::of(self.settings, file);
        let accept = Accept::keys(group.iter().map(|change| change.key.to_string()));
        store(self.settings, file, &decide(&file.pending, &accept))?;
        Ok(before)
    }

    /// How many were decided, and how many wait.
    fn end(&self) -> String {
        let left = changes(&self.reviews).count();
        let sum = |count: fn(&UndoStep) -> usize| self.done.iter().map(count).sum::<usize>();
        let mut line = format!(
            "{} accepted, {} rejected, {left} waiting\n",
            sum(|done| done.accepted),
            sum(|done| done.rejected),
        );
        if left > 0 {
            line.push_str("list     trapline review --list\n");
        }
        line
    }
}

/// What `trapline explain` says of the check.
fn explained(settings: &Settings, key: &CheckKey, console: &mut Console) {
    let asked = ExplainSettings::Case(ExplainCase {
        targets: vec![Target::Path(key.scenario.clone())],
        typed: key.scenario.clone(),
        case: Some(key.case.clone()),
        source: Some(key.source.clone()),
        schedule: false,
        all_clauses: false,
        format: ExplainFormat::Human,
    });
    if let Err(problem) = explain::run(settings, &asked, console) {
        console.problem(&problem);
    }
}
