//! Search requests of rules for an Elasticsearch cluster, as Kibana sends them, and the cluster's
//! answers held against what Trapline finds over the documents that were indexed.
//!
//! `rule -> Request -> (the cluster) -> Response -> Comparing -> Comparison`. A request is made of a
//! rule alone: a query that Trapline cannot run is asked of a cluster all the same. Nothing here
//! sends anything.

mod aggregation;
mod answer;
mod comparison;
mod filter;
mod index_path;
mod item;
mod offline;
mod other_choice;
mod pages;
mod request;
mod response;
mod span;
mod time_range;
mod verdict;

pub use comparison::{Comparing, Compilers};
pub use item::Item;
pub use request::{RequestOptions, request};
pub use response::Response;
pub use span::span;
pub use time_range::TimeRange;
pub use verdict::{Compared, Comparison, Difference, Verdict};
