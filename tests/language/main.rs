//! The language, one file a case: add an `.eql` file to a directory, run, look at the golden beside
//! it (`INSTA_UPDATE=always cargo test --test language` writes it).
//!
//! `parse/` holds queries that parse, the golden is the canonical text and the tree; `parse_errors/`
//! holds queries that do not, the golden is what their author sees. `semantics/` is prose: see there.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails should panic where it fails, and one that is skipped should say so"
)]

use std::path::Path;

use trapline::diagnostic::{QueryText, SourceText, render::render};
use trapline::language::eql;

use tree::tree;

mod condition_pages;
mod esql_pages;
mod lints;
mod pages;
mod plans;
mod rule;
mod scenario;
mod semantics;
mod statement_pages;
mod tree;

#[test]
fn every_good_query_has_its_canonical_text_and_tree() {
    insta::glob!("parse/*.eql", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let parsed = eql::parse(&text);
        assert!(
            parsed.errors.is_empty(),
            "{}",
            rendered(path, &text, &parsed.errors)
        );
        let query = parsed.query.unwrap();
        let canonical = query.to_string();
        let again = eql::parse(&canonical);
        assert_eq!(tree(&again.query.unwrap()), tree(&query), "{canonical}");
        golden(path, &format!("{canonical}\n\n{}", tree(&query)));
    });
}

#[test]
fn every_bad_query_is_explained() {
    insta::glob!("parse_errors/*.eql", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let parsed = eql::parse(&text);
        assert!(parsed.query.is_none(), "{} parses", path.display());
        golden(path, &rendered(path, &text, &parsed.errors));
    });
}

/// Compares with the golden that stands next to the input.
pub(crate) fn golden(path: &Path, content: &str) {
    let name = path.file_stem().unwrap().to_str().unwrap();
    insta::with_settings!({
        snapshot_path => path.parent().unwrap(),
        prepend_module_to_snapshot => false,
        snapshot_suffix => "",
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name, content);
    });
}

/// All errors as their author sees them.
fn rendered(path: &Path, text: &str, errors: &[eql::error::EqlError]) -> String {
    let name = path.file_name().unwrap().to_str().unwrap();
    let query = QueryText::whole(&SourceText::new(name, text));
    errors
        .iter()
        .map(|error| render(&error.diagnostic(&query), false))
        .collect::<Vec<_>>()
        .join("\n")
}
