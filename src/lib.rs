//! Trapline, a test harness for detection rules: it replays attack and benign scenarios through an
//! evaluator of Elastic's EQL, in the shape of every data source that a rule claims, and shows
//! every change of behaviour.
//!
//! The modules stand in the order of the layers; each imports only from those above it. The way of
//! the data, and of one event through it, is told in `ARCHITECTURE.md`.

pub mod diagnostic;
pub mod event;
pub mod plan;
pub mod language;
pub mod evaluate;
pub mod engine;
pub mod rule;
pub mod data_source;
pub mod import;
pub mod redact;
pub mod execution;
pub mod compile;
pub mod scenario;
pub mod search;
pub mod scan;
pub mod replay;
pub mod lint;
pub mod explain;
pub mod coverage;
pub mod mutation;
pub mod snapshot;
pub mod rule_diff;
pub mod reduce;
pub mod synthesize;
pub mod project;
pub mod report;
pub mod cli;

/// Every kind of diagnostic, each once; `docs/errors/` is made from this list.
pub fn codes() -> impl Iterator<Item = &'static diagnostic::Code> {
    [
        language::eql::error::CODES,
        language::eql::check::codes::CODES,
        language::kql::error::CODES,
        language::lucene::error::CODES,
        language::dsl::error::CODES,
        language::esql::error::CODES,
        rule::error::CODES,
        data_source::error::CODES,
        scenario::error::CODES,
        replay::select::CODES,
        replay::error::CODES,
        snapshot::error::CODES,
        project::error::CODES,
        cli::error::CODES,
    ]
    .into_iter()
    .flatten()
    .copied()
}
