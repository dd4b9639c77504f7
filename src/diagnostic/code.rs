//! Diagnostic codes. Each module declares its own codes; `lib.rs` lists them all once.

/// A kind of diagnostic, stable across versions.
///
/// Numbers by room: `E0` files and text, `E1` EQL, `E2` rules, `E3` scenarios, `E4` data sources
/// and types, `E5` snapshots, `E6` KQL, Lucene and Query DSL, `E7` ES|QL; warnings have a `W` instead.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// For example `E101`.
    pub number: &'static str,
    /// A few words, for the index of errors.
    pub title: &'static str,
    /// The text of its page in `docs/errors/`: what it means and how to fix it, in Markdown.
    pub page: &'static str,
}
