//! Holds back panics of the reader of Parquet: what a file says must not end the program.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Damage, Fault};

/// Runs a part of the reader of Parquet. Where it panics on what a file says, the file is damaged.
pub(super) fn guarded<T>(read: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    let read = catch_unwind(AssertUnwindSafe(read));
    read.unwrap_or_else(|_| Err(Damage::GaveUp.into()))
}
