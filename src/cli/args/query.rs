//! Options of `query`.

use camino::Utf8PathBuf;
use clap::{Args as Group, ValueEnum};

use super::scan::ParquetArgs;

/// Options of `query`.
#[derive(Debug, Clone, Group)]
pub struct QueryArgs {
    /// The query
    pub query: String,
    /// NDJSON, one document a line, with an optional _index and _id, or Parquet; `-` is standard
    /// input, .gz and .zst are unpacked. An ES|QL query that begins with ROW needs none
    #[arg(value_name = "FILE", required_unless_present = "language")]
    pub files: Vec<String>,
    /// How Parquet files are read.
    #[command(flatten)]
    pub parquet: ParquetArgs,
    /// The language of the query
    #[arg(long, value_name = "LANGUAGE", default_value = "eql")]
    pub language: QueryLanguage,
    /// An Elasticsearch mapping, such as the answer of GET INDEX/_mapping (repeatable); without
    /// one, ECS types apply and the others come from the values
    #[arg(long, value_name = "FILE")]
    pub mapping: Vec<Utf8PathBuf>,
    /// The field that orders events
    #[arg(long, value_name = "FIELD", default_value = "@timestamp")]
    pub timestamp_field: String,
    /// The field that holds the category before `where`
    #[arg(long, value_name = "FIELD", default_value = "event.category")]
    pub event_category_field: String,
    /// The field that orders events of the same time
    #[arg(long, value_name = "FIELD")]
    pub tiebreaker_field: Option<String>,
    /// Maximum number of events, sequences or samples returned
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub size: usize,
    /// Page size, at least 2; does not change the answer
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(2..))]
    pub fetch_size: u32,
    /// Which end to return if there are more results than --size
    #[arg(long, value_name = "END", default_value = "tail")]
    pub result_position: End,
    /// Maximum number of samples per key, at least 1
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_samples_per_key: u32,
    /// How to treat an optional field (?field) that no mapping has: as missing in every event, or
    /// as a null that Elasticsearch folds away before it runs the query
    #[arg(long, value_name = "HOW", default_value = "missing")]
    pub optional: Optional,
    /// The time of `now` in date math, instead of the clock's
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
    /// Output as a table or as the response body [default: a table on a terminal, else json]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<QueryFormat>,
}

/// An end of the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum End {
    /// The earliest.
    Head,
    /// The most recent.
    Tail,
}

/// What an unmapped optional field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Optional {
    /// Missing in every event.
    Missing,
    /// Null, folded away.
    Folded,
}

/// A query language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum QueryLanguage {
    /// EQL, answered as `_eql/search` answers it.
    Eql,
    /// ES|QL, answered as `_query` answers it.
    Esql,
    /// KQL; prints the response of `_search` to Kibana's translation of the query.
    Kuery,
    /// A Lucene query string, answered as `_search` answers it.
    Lucene,
}

/// How `query` answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum QueryFormat {
    /// For people.
    Table,
    /// For programs.
    Json,
}
