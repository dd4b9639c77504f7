//! Takes the place of the reader in a build without the feature `parquet`.

use std::io::{self, Read};

use super::{Fault, RowTimes};
use crate::event::FieldSelection;
use crate::event::io::ReadSeek;

/// A Parquet file; this build opens none.
#[derive(Debug)]
pub enum NoParquet {}

/// The rows of a Parquet file; this build has none.
#[derive(Debug)]
pub enum NoLines {}

impl NoParquet {
    /// Says how to build with Parquet.
    pub fn open(_: Box<dyn ReadSeek + Send>, _: Option<&str>) -> Result<Self, Fault> {
        Err(Fault::NotBuilt)
    }

    /// The size of the columns.
    pub fn unpacked_size(&self) -> u64 {
        match *self {}
    }

    /// The times of the rows.
    pub fn times(&self) -> Option<RowTimes> {
        match *self {}
    }

    /// The rows.
    pub fn lines(self, _: &FieldSelection) -> Result<NoLines, Fault> {
        match self {}
    }

    /// The size of the columns that are left out.
    pub fn left_out(&self, _: &FieldSelection) -> u64 {
        match *self {}
    }

    /// Lines that tell when the rows begin.
    pub fn first_times(self) -> Result<Box<dyn Read + Send>, Fault> {
        match self {}
    }
}

impl Read for NoLines {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        match *self {}
    }
}
