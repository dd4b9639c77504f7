//! `trapline review`: accepts or rejects pending snapshot changes, interactively or by `--list`,
//! `--show`, `--accept` and `--reject`.

mod pending;
mod walk;

use self::pending::{PendingReview, ReviewContext, changes, nothing, pending_reviews, step, store};
use self::walk::walk;
use super::super::args::ReviewArgs;
use super::super::console::Stream;
use super::super::error::{self, Problem};
use super::super::settings::Settings;
use super::super::{Console, ExitCode};
use crate::diagnostic::Diagnostic;
use crate::replay::outcome::CheckKey;
use crate::report::terminal::{groups_of_changes, write_review, write_review_list};
use crate::snapshot::{Accept, Resolution};

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
    let reviews = pending_reviews(settings)?;
    if decides {
        return decide(settings, &reviews, args, console);
    }
    let colour = console.colour(Stream::Out);
    let context = ReviewContext::of(settings, &reviews);
    if let Some(key) = &args.show {
        let shown = changes(&reviews).filter(|change| key_matches(&change.key, key));
        let shown = groups_of_changes(shown);
        if shown.is_empty() {
            return nothing(key);
        }
        for (index, group) in shown.iter().enumerate() {
            let step = step(settings, &context, group, index, shown.len());
            console.write(Stream::Out, &write_review(&step, colour));
        }
        return Ok(ExitCode::Passed);
    }
    let all = groups_of_changes(changes(&reviews));
    if all.is_empty() || args.list || settings.ci || !console.terminal() {
        let failing: Vec<&str> = context
            .failing
            .values()
            .flatten()
            .map(String::as_str)
            .collect();
        console.write(Stream::Out, &write_review_list(&all, &failing, colour));
        return Ok(ExitCode::Passed);
    }
    walk(settings, reviews, &context, console)
}

/// A KEY, or a scenario for all of its changes.
fn key_matches(key: &CheckKey, typed: &str) -> bool {
    key.matches(typed) || key.scenario == typed
}

/// `--accept` and `--reject`.
fn decide(
    settings: &Settings,
    reviews: &[PendingReview],
    args: &ReviewArgs,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    for key in args.accept.iter().chain(&args.reject) {
        if !changes(reviews).any(|change| key_matches(&change.key, key)) {
            return nothing(key);
        }
    }
    let mut decided = [0, 0];
    for reviews in reviews {
        let keys = |typed: &[String]| {
            let changes = reviews.pending.changes().iter();
            let keys = changes
                .map(|change| &change.key)
                .filter(|key| typed.iter().any(|typed| key_matches(key, typed)));
            Accept::keys(keys.map(ToString::to_string))
        };
        let (taken, put_aside) = (keys(&args.accept), keys(&args.reject));
        let count = |accept: &Accept| {
            let changes = reviews.pending.changes().iter();
            changes.filter(|change| accept.takes(change)).count()
        };
        let counts = [count(&taken), count(&put_aside)];
        if counts == [0, 0] {
            continue;
        }
        // What is taken stands in both files, so that it waits no longer.
        let waits = counts.iter().sum::<usize>() < reviews.pending.changes().len();
        let left = reviews.pending.reject(&put_aside);
        let resolution = Resolution {
            pending: left.pending.filter(|_| waits),
            ..reviews.pending.accept(&taken)
        };
        store(settings, reviews, &resolution)?;
        for (sum, count) in decided.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    let [accepted, rejected] = decided;
    let left = self::pending_reviews(settings)?;
    let left = changes(&left).count();
    let line = format!("{accepted} accepted, {rejected} rejected, {left} waiting\n");
    console.write(Stream::Out, &line);
    Ok(ExitCode::Passed)
}
