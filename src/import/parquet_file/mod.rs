//! Reads Parquet files as lines of NDJSON: one raw JSON column, or columns that are fields, nested or
//! dotted. Called by `cli`, which opens the files.
//!
//! A batch of rows is held at a time, whatever the size of the file. Without the feature `parquet`
//! every file is refused with the way to build with it.

#[cfg(not(feature = "parquet"))]
mod absent;
#[cfg(feature = "parquet")]
mod guard;
#[cfg(feature = "parquet")]
mod layout;
#[cfg(feature = "parquet")]
mod lines;
#[cfg(feature = "parquet")]
mod reader;
#[cfg(feature = "parquet")]
mod row;
#[cfg(feature = "parquet")]
mod schema_depth;
#[cfg(feature = "parquet")]
mod source;
#[cfg(feature = "parquet")]
mod statistics;
#[cfg(feature = "parquet")]
mod value;

#[cfg(feature = "parquet")]
use crate::diagnostic::parquet::Damage;
pub use crate::diagnostic::parquet::Fault;
#[cfg(not(feature = "parquet"))]
pub use absent::NoParquet as ParquetFile;
#[cfg(feature = "parquet")]
pub use reader::ParquetFile;

/// The number of first bytes that tell a Parquet file.
pub const HEAD: usize = 4;

/// Whether a file that begins with these bytes is a Parquet file, encrypted or not.
pub fn is_parquet(head: &[u8]) -> bool {
    head.starts_with(b"PAR1") || head.starts_with(b"PARE")
}

/// What the statistics of a file say about the times of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowTimes {
    /// The number of rows.
    pub rows: u64,
    /// The number of rows without a time.
    pub untimed: u64,
    /// The earliest and the latest `@timestamp`, in milliseconds; `None` if no row has one.
    pub span: Option<(i64, i64)>,
}
