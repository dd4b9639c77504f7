//! Query DSL: the queries that Kibana sends to Elasticsearch. A rule's filters and exceptions are
//! written in it, and KQL and Lucene query strings become it; [`lower`] turns it into tests of
//! events by the types of fields, in one place for all of them.

pub mod error;
mod fields;
pub mod lower;
mod phrases;
pub mod query;
pub mod read;
mod write;

pub use query::Query;
pub use read::pill;
