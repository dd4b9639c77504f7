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
mod layers;
mod library;
mod lints;
mod pages;
mod shared;
mod sources;

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
