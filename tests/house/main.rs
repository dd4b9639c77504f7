//! The rules of the house: who may import whom, which file knows which crate, and generated files
//! that are up to date. `TRAPLINE_UPDATE=1 cargo test --test house` rewrites those.

#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "these tests read the repository itself, and panic where they fail"
)]

mod architecture;
mod circles;
mod codes;
mod conformance;
mod crates;
mod errors;
mod file_names;
mod functions;
mod layers;
mod library;
mod lints;
mod pages;
mod reference;
mod sentences;
mod shared;
mod sources;
mod type_names;
mod words;

use sources::Source;

#[test]
fn every_file_says_first_why_it_exists() {
    for source in Source::all() {
        assert!(
            source.text.starts_with("//!"),
            "{}: a file begins with `//!`: why it exists and what may call it",
            source.name
        );
    }
}

/// More lines than this are read by nobody as a whole.
const MOST_LINES: usize = 500;

#[test]
fn a_long_file_says_first_why_it_is_long() {
    let is_long = |source: &&Source| source.text.lines().count() > MOST_LINES;
    for source in Source::all().iter().filter(is_long) {
        let head = source
            .text
            .lines()
            .take_while(|line| line.starts_with("//!"));
        assert!(
            head.into_iter()
                .any(|line| line.starts_with("//! Longer than 500 lines: ")),
            "src/{}: split it by idea, or say in its head `Longer than 500 lines: REASON`",
            source.name
        );
    }
}
