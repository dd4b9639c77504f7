//! `trapline review`: accepts or rejects pending snapshot changes, interactively or by `--list`,
//! `--show`, `--accept` and `--reject`.

mod pending;
mod walk;

use self::pending::{PendingReview, ReviewContext, changes, nothing, pending_reviews, step, store};
use self::walk::walk;
use super::super::console::Stream;
use super::super::error::Problem;
use super::super::settings::{ReviewSettings, Settings};
use super::super::{Console, ExitCode};
use crate::replay::outcome::CheckKey;
use crate::report::terminal::{groups_of_changes, write_review, write_review_list};
use crate::snapshot::{Accept, Resolution};

/// Runs the verb.
pub fn run(
    settings: &Settings,
    asked: &ReviewSettings,
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    let reviews = pending_reviews(settings)?;
    if let ReviewSettings::Decide { accept, reject } = asked {
        return decide(settings, &reviews, accept, reject, console);
    }
    let colour = console.colour(Stream::Out);
    let context = ReviewContext::of(settings, &reviews);
    if let ReviewSettings::Show(key) = asked {
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
    if all.is_empty() || *asked == ReviewSettings::List || !console.terminal() {
        let failing = context.failing.values().flatten();
        let failing: Vec<&str> = failing.map(String::as_str).collect();
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
    accept: &[String],
    reject: &[String],
    console: &mut Console,
) -> Result<ExitCode, Box<Problem>> {
    for key in accept.iter().chain(reject) {
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
        let (taken, put_aside) = (keys(accept), keys(reject));
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
