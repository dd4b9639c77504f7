//! The rows of a Parquet file as a stream of lines.

use std::io::{self, Read};

use parquet::arrow::arrow_reader::ParquetRecordBatchReader;

use super::guard::guarded;
use super::layout::Layout;
use super::row::Rows;
use super::{Damage, Fault};

/// About how many bytes are written at a time.
const BLOCK: usize = 1 << 17;

/// The rows, one a line.
pub struct ParquetLines {
    batches: Batches,
    layout: Layout,
    /// The rows of the batch, how many there are, and which is the next.
    rows: Option<Rows>,
    count: usize,
    next: usize,
    read: u64,
    /// How many rows there must be.
    stated: u64,
    /// Lines for the caller, and how much of them was taken.
    out: Vec<u8>,
    taken: usize,
}

/// The batches of a file.
enum Batches {
    /// More may follow.
    Open(Box<ParquetRecordBatchReader>),
    /// All were read, or reading failed.
    Ended,
}

impl ParquetLines {
    pub(super) fn new(batches: ParquetRecordBatchReader, layout: Layout, stated: u64) -> Self {
        Self {
            batches: Batches::Open(Box::new(batches)),
            layout,
            rows: None,
            count: 0,
            next: 0,
            read: 0,
            stated,
            out: Vec::new(),
            taken: 0,
        }
    }

    /// Writes lines until there is a block of them or no row is left.
    fn fill(&mut self) -> Result<(), Fault> {
        self.out.clear();
        self.taken = 0;
        while self.out.len() < BLOCK {
            match &self.rows {
                Some(rows) if self.next < self.count => {
                    rows.write(self.next, &mut self.out)?;
                    self.next += 1;
                }
                _ => {
                    if !self.next_batch()? {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// Goes on to the next batch; false at the end.
    fn next_batch(&mut self) -> Result<bool, Fault> {
        self.rows = None;
        let Batches::Open(batches) = &mut self.batches else {
            return Ok(false);
        };
        let Some(batch) = batches.next() else {
            self.batches = Batches::Ended;
            if self.read < self.stated {
                let (found, expected) = (self.read, self.stated);
                return Err(Fault::Short { found, expected });
            }
            return Ok(false);
        };
        let batch = batch.map_err(|error| Damage::Library(error.to_string()))?;
        self.rows = Some(Rows::new(&batch, &self.layout)?);
        self.count = batch.num_rows();
        self.next = 0;
        self.read += self.count as u64;
        Ok(true)
    }
}

impl Read for ParquetLines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.out.len() {
            // The rows before a failure come before it.
            if let Err(fault) = guarded(|| self.fill()) {
                self.batches = Batches::Ended;
                self.rows = None;
                return Err(io::Error::other(fault));
            }
        }
        let mut ready = self.out.get(self.taken..).unwrap_or(&[]);
        let read = ready.read(buffer)?;
        self.taken += read;
        Ok(read)
    }
}
