//! Trapline.
pub mod diagnostic;
pub mod event;
pub mod plan;
pub mod eql;
pub mod evaluate;
pub mod data_source;
pub mod replay;
pub mod snapshot;
pub mod report;
pub mod cli;

/// Every kind of diagnostic, each once; `docs/errors/` is made from this list.
pub fn codes() -> impl Iterator<Item = &'static diagnostic::Code> {
    [replay::select::CODES, snapshot::error::CODES, cli::error::CODES]
        .into_iter()
        .flatten()
        .copied()
}
