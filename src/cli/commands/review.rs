//! `trapline review`: accepts or rejects pending snapshot changes, interactively or by `--list`,
//! `--show`, `--accept` and `--reject`.

use camino::{Utf8Path, Utf8PathBuf};

use super::super::args::{ExplainArgs, ReviewArgs};
use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::keypress;
use super::super::settings::Settings;
use super::super::{Console, ExitCode};
use crate::diagnostic::{Diagnostic, SourceText};
use crate::replay::outcome::CheckKey;
use crate::report::terminal::{ReviewStep, write_review, write_review_keys, write_review_list};
use crate::snapshot::review::Pending;
use crate::snapshot::{self, Accept, Change, Resolution};

/// Runs the verb.
pub fn run(
    settings: &Settings,
    args: &ReviewArgs,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let decides = !args.accept.is_empty() || !args.reject.is_empty();
    if settings.ci && decides {
        let message = "`review` decides nothing while `CI` is set";
        let diagnostic = Diagnostic::error(&error::CI_ACCEPTS_NOTHING, message);
        return Err(Problem::usage(
            diagnostic.help("review at home and commit the snapshot"),
        ));
    }
    let waiting = waiting(settings)?;
    if decides {
        return decide(settings, &waiting, args, console);
    }
    let colour = console.colour(Stream::Out);
    if let Some(key) = &args.show {
        let shown: Vec<&Change> = changes(&waiting)
            .filter(|change| named(&change.key, key))
            .collect();
        if shown.is_empty() {
            return nothing(key);
        }
        for (index, change) in shown.iter().enumerate() {
            let step = step(settings, change, index, shown.len());
            console.write(Stream::Out, &write_review(&step, colour));
        }
        return Ok(ExitCode::Passed);
    }
    let all: Vec<&Change> = changes(&waiting).collect();
    if all.is_empty() || args.list || settings.ci || !console.terminal() {
        console.write(Stream::Out, &write_review_list(&all, colour));
        return Ok(ExitCode::Passed);
    }
    walk(settings, waiting, console)
}

/// A scenario file's snapshot and what waits beside it.
struct Waiting {
    snapshot: Utf8PathBuf,
    pending: Pending,
}

/// Everything that waits, in the order of the file names.
fn waiting(settings: &Settings) -> Result<Vec<Waiting>, Box<Problem>> {
    let files = &settings.files;
    let mut waiting = Vec::new();
    for layout in &settings.layouts {
        let scenarios = Utf8Path::new(&layout.scenarios);
        if !files.is_directory(scenarios) {
            continue;
        }
        let found = files.find(scenarios, &["yaml", "yml"]);
        for scenario in found.map_err(|mistake| Problem::usage(*mistake))? {
            let snapshot = Utf8PathBuf::from(snapshot::path(&files.name(&scenario)));
            let path = Utf8PathBuf::from(format!("{snapshot}.new"));
            if !files.exists(&path) {
                continue;
            }
            let read = |path: &Utf8PathBuf| {
                let read = files.read(path).and_then(|text| snapshot::read(&text));
                read.map_err(|mistake| Problem::new(ExitCode::NotLoaded, *mistake))
            };
            let old = files
                .exists(&snapshot)
                .then(|| read(&snapshot))
                .transpose()?;
            waiting.push(Waiting {
                pending: Pending::new(old, read(&path)?),
                snapshot,
            });
        }
    }
    Ok(waiting)
}

/// The changes of all files, worst first.
fn changes(waiting: &[Waiting]) -> impl Iterator<Item = &Change> {
    let mut all: Vec<&Change> = waiting
        .iter()
        .flat_map(|waiting| waiting.pending.changes())
        .collect();
    all.sort_by_key(|change| change.class);
    all.into_iter()
}

/// A KEY, or a scenario for all of its changes.
fn named(key: &CheckKey, typed: &str) -> bool {
    key.matches(typed) || key.scenario == typed
}

/// `--accept` and `--reject`.
fn decide(
    settings: &Settings,
    waiting: &[Waiting],
    args: &ReviewArgs,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    for key in args.accept.iter().chain(&args.reject) {
        if !changes(waiting).any(|change| named(&change.key, key)) {
            return nothing(key);
        }
    }
    let mut decided = [0, 0];
    for waiting in waiting {
        let keys = |typed: &[String]| {
            let changes = waiting.pending.changes().iter();
            let keys = changes
                .map(|change| &change.key)
                .filter(|key| typed.iter().any(|typed| named(key, typed)));
            Accept::keys(keys.map(ToString::to_string))
        };
        let (taken, put_aside) = (keys(&args.accept), keys(&args.reject));
        let count = |accept: &Accept| {
            let changes = waiting.pending.changes().iter();
            changes.filter(|change| accept.takes(change)).count()
        };
        let counts = [count(&taken), count(&put_aside)];
        if counts == [0, 0] {
            continue;
        }
        // What is taken stands in both files, so that it waits no longer.
        let waits = counts.iter().sum::<usize>() < waiting.pending.changes().len();
        let left = waiting.pending.reject(&put_aside);
        let resolution = Resolution {
            pending: left.pending.filter(|_| waits),
            ..waiting.pending.accept(&taken)
        };
        store(settings, waiting, &resolution)?;
        for (sum, count) in decided.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    let [accepted, rejected] = decided;
    let left = self::waiting(settings)?;
    let left = changes(&left).count();
    let line = format!("{accepted} accepted, {rejected} rejected, {left} waiting\n");
    console.write(Stream::Out, &line);
    Ok(ExitCode::Passed)
}

/// Writes a snapshot, then what waits beside it: interrupted between the two, the change is taken
/// and still waits, and taking it again changes nothing.
fn store(
    settings: &Settings,
    waiting: &Waiting,
    resolution: &Resolution,
) -> Result<(), Box<Problem>> {
    let files = &settings.files;
    let pending = Utf8PathBuf::from(format!("{}.new", waiting.snapshot));
    let mut stored = Ok(());
    if let Some(text) = &resolution.snapshot {
        stored = files.write(&waiting.snapshot, text);
    }
    let stored = stored.and_then(|()| match &resolution.pending {
        Some(text) => files.write(&pending, text),
        None => files.remove(&pending),
    });
    stored.map_err(|mistake| Problem::usage(*mistake))
}

/// The two files as they were, for undo.
struct Before {
    snapshot: Utf8PathBuf,
    texts: [Option<String>; 2],
}

impl Before {
    fn of(settings: &Settings, waiting: &Waiting) -> Self {
        let paths = both(&waiting.snapshot);
        let read = |path: &Utf8PathBuf| {
            let read = settings.files.read(path).ok();
            read.map(|source| source.text().to_owned())
        };
        Self {
            snapshot: waiting.snapshot.clone(),
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

/// What a person did with a change, and how it is undone.
enum Done {
    Accepted(Before),
    Rejected(Before),
    Skipped,
}

/// One change after another, until all are decided or the person leaves.
fn walk(
    settings: &Settings,
    mut waiting: Vec<Waiting>,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let colour = console.colour(Stream::Out);
    let total = changes(&waiting).count();
    let mut skipped: Vec<CheckKey> = Vec::new();
    let mut done: Vec<Done> = Vec::new();
    let mut is_shown = false;
    loop {
        let next = changes(&waiting).find(|change| !skipped.contains(&change.key));
        let Some(change) = next.cloned() else { break };
        let step = step(settings, &change, done.len(), total);
        let text = if is_shown {
            write_review_keys(&step, colour)
        } else {
            write_review(&step, colour)
        };
        console.write(Stream::Out, &text);
        is_shown = false;
        let said = match keypress::typed() {
            Some('a') => {
                let before = one(settings, &waiting, &change, Pending::accept)?;
                done.push(Done::Accepted(before));
                "accepted"
            }
            Some('r') => {
                let before = one(settings, &waiting, &change, Pending::reject)?;
                done.push(Done::Rejected(before));
                "rejected: the snapshot stays"
            }
            Some('s') => {
                skipped.push(change.key.clone());
                done.push(Done::Skipped);
                "skipped: it waits on"
            }
            Some('u') => match done.pop() {
                Some(Done::Accepted(before) | Done::Rejected(before)) => {
                    before.restore(settings)?;
                    "undone"
                }
                Some(Done::Skipped) => {
                    skipped.pop();
                    "undone"
                }
                None => {
                    is_shown = true;
                    "there is nothing to undo"
                }
            },
            Some('e') => {
                explain(settings, &change.key, console);
                is_shown = true;
                ""
            }
            Some('d') => "",
            Some('q') | None => break,
            Some(_) => {
                is_shown = true;
                "the keys are a, r, s, e, d, u and q"
            }
        };
        if !said.is_empty() {
            console.write(Stream::Out, &format!("{said}\n\n"));
        }
        waiting = self::waiting(settings)?;
    }
    let left = changes(&waiting).count();
    let count = |wanted: fn(&Done) -> bool| done.iter().filter(|one| wanted(one)).count();
    let mut line = format!(
        "{} accepted, {} rejected, {left} waiting\n",
        count(|one| matches!(one, Done::Accepted(_))),
        count(|one| matches!(one, Done::Rejected(_))),
    );
    if left > 0 {
        line.push_str("list     trapline review --list\n");
    }
    console.write(Stream::Out, &line);
    Ok(ExitCode::Passed)
}

/// Decides one change; what was before comes back.
fn one(
    settings: &Settings,
    waiting: &[Waiting],
    change: &Change,
    decide: fn(&Pending, &Accept) -> Resolution,
) -> Result<Before, Box<Problem>> {
    let path = snapshot::path(&change.key.scenario);
    let file = waiting
        .iter()
        .find(|waiting| settings.files.name(&waiting.snapshot) == path);
    let Some(file) = file else {
        return nothing(&change.key.to_string());
    };
    let before = Before::of(settings, file);
    let accept = Accept::keys([change.key.to_string()]);
    store(settings, file, &decide(&file.pending, &accept))?;
    Ok(before)
}

/// What `trapline explain` says of the check.
fn explain(settings: &Settings, key: &CheckKey, console: &mut Console) {
    let args = ExplainArgs {
        rule: settings.files.path(&key.scenario).into_string(),
        case: Some(key.case.clone()),
        source: Some(key.source.clone()),
        ..ExplainArgs::default()
    };
    if let Err(problem) = super::explain::run(settings, &args, console) {
        console.problem(&problem);
    }
}

/// A change with the lines of the scenario that make its case.
fn step<'a>(settings: &Settings, change: &'a Change, index: usize, total: usize) -> ReviewStep<'a> {
    let source = settings
        .files
        .read(camino::Utf8Path::new(&change.key.scenario));
    ReviewStep {
        change,
        context: source.map_or_else(|_| Vec::new(), |source| context(&source, &change.key.case)),
        number: index + 1,
        total,
    }
}

/// The lines of the case, with their numbers; its name may stand in an `each`.
fn context(source: &SourceText, case: &str) -> Vec<(usize, String)> {
    const SHOWN: usize = 8;
    let name = case.split(" / ").next().unwrap_or(case);
    let lines: Vec<&str> = source.text().lines().collect();
    let start = lines.iter().position(|line| {
        let line = line.trim_start().trim_start_matches("- ");
        let line = line.trim_start_matches('{');
        line.strip_prefix("name:")
            .is_some_and(|rest| rest.trim().trim_matches(['"', '\'']).starts_with(name))
    });
    let Some(start) = start else {
        return Vec::new();
    };
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = lines.get(start).map_or(0, |line| indent(line));
    let rest = lines.iter().enumerate().skip(start);
    rest.take_while(|(number, line)| {
        *number == start || (indent(line) > own && !line.trim().is_empty())
    })
    .take(SHOWN)
    .map(|(number, line)| (number + 1, (*line).to_owned()))
    .collect()
}

fn nothing<T>(key: &str) -> Result<T, Box<Problem>> {
    let message = format!("no change waits for `{key}`");
    let diagnostic = Diagnostic::error(&error::NOTHING_SELECTED, message);
    let diagnostic = diagnostic.help("`trapline review --list` shows what waits");
    Err(Problem::new(ExitCode::NothingSelected, diagnostic))
}
