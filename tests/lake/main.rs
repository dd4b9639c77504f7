//! Events of a data lake: Parquet files and object storage, in builds with the features that read
//! them. The fixtures are written by the tests.
//!
//! `cargo test --features parquet,object-store --test lake` runs them; an ordinary `cargo test` leaves
//! them out.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "these tests write their own input, and panic where they fail"
)]

mod catalogue;
mod columns;
mod damaged;
mod files;
mod layouts;
#[cfg(feature = "object-store")]
mod objects;
#[path = "../cli/project.rs"]
#[expect(dead_code, reason = "the tests of the command line use more of it")]
mod project;
#[cfg(feature = "object-store")]
mod s3;
mod types;
