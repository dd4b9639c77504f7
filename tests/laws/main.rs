//! What holds for every query: laws over generated input, and over real rules where they are at hand.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that fails should panic where it fails, and one that is skipped should say so"
)]

mod compare;
mod conformance;
mod data_sources;
mod engine;
mod engine_corpus;
mod engine_kql;
mod eql_corpus;
mod eql_roundtrip;
mod eql_soup;
mod esql;
mod esql_pipelines;
mod esql_rules;
mod esql_tables;
mod exclusions;
mod executions;
mod field_lists;
mod folding;
mod fuzz_corpus;
mod indicator_executions;
mod kql;
mod library;
mod lucene;
mod nulls;
mod public_faults;
mod public_rules;
mod reports;
mod rule_type_models;
mod scan;
mod sequence_oracle;
mod sequence_streams;
mod sequences;
mod shared;
mod solve;
mod spanless;
mod stage_hits;
