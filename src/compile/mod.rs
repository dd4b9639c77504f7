//! Compiles a rule or a query text, with the types of the fields that it searches, into something
//! that runs. No other module parses, checks or lowers a query.
//!
//! `text -> parse -> syntax -> check, lower (on a schema) -> CompiledQuery`. [`SourceCompiler`] compiles
//! a rule's query for one data source, as `test` does; [`RuleCompiler`] for all sources that the
//! rule claims together, as `scan` does. Both take the types of fields from [`FieldTypes`]. What a
//! rule never sees, by its own filters or by an exception list, is its [`Exclusions`].

mod comparison;
mod exception_lists;
mod exclusions;
mod field_types;
mod fields_read;
mod fingerprint;
mod grouping;
mod indicator_side;
mod indicators;
mod layout;
mod on_source;
mod pipeline;
mod query;
mod refusal;
mod rule;
mod syntax;

pub use comparison::{Comparison, Entries, is_exact};
pub use exception_lists::{ExceptionLists, LinkedLists};
pub use exclusions::{CompiledExclusions, Exclusion, Exclusions};
pub use field_types::{FieldTypes, add_dynamic};
pub use fields_read::FieldsRead;
pub use indicator_side::{FoundIndicators, IndicatorSide};
pub use indicators::indicator_query;
pub use layout::layout;
pub use on_source::SourceCompiler;
pub use pipeline::{PipelineQuery, groups_rows, parse_pipeline};
pub use query::{CompiledQuery, Query, fields_of, parse, request_fields};
pub use refusal::{
    CompileError, Refused, RefusedBy, Unsupported, is_supported, supported, too_long,
    unsupported_on_recordings, unsupported_on_streams,
};
pub use rule::{CompiledRule, RuleCompiler};
pub use syntax::Syntax;
