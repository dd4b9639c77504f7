//! Sorts any number of records in bounded memory; what does not fit goes to a temporary file of the
//! caller. Used where the events of a finite file must be ordered by time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, SeekFrom};

use super::io::TemporaryFile;

/// About how many bytes of records are sorted in memory.
const IN_MEMORY: usize = 48 << 20;
/// All sorted runs together are read through buffers of this size, each through at least 4 KiB.
const READ_BUFFERS: usize = 16 << 20;

/// Opens a temporary file that is gone once it is closed.
pub type OpenTemporary<'t> = dyn Fn() -> io::Result<Box<dyn TemporaryFile>> + Sync + 't;

/// The error where a record of a temporary file is not what was written.
pub fn changed() -> io::Error {
    io::Error::other("a temporary file was changed")
}

/// Collects records, each with a key of `N` bytes that is compared byte by byte. Records of equal
/// keys stay in the order in which they came.
pub struct Sorter<'t, const N: usize> {
    open: &'t OpenTemporary<'t>,
    limit: usize,
    records: Vec<u8>,
    /// Key, and where the record stands in `records`.
    index: Vec<([u8; N], usize, usize)>,
    file: Option<Box<dyn TemporaryFile>>,
    runs: Vec<(u64, u64)>,
}

impl<'t, const N: usize> Sorter<'t, N> {
    /// No record yet; `open` is called when memory does not suffice.
    pub fn new(open: &'t OpenTemporary<'t>) -> Self {
        Self::with_limit(open, IN_MEMORY)
    }

    fn with_limit(open: &'t OpenTemporary<'t>, limit: usize) -> Self {
        Self {
            open,
            limit,
            records: Vec::new(),
            index: Vec::new(),
            file: None,
            runs: Vec::new(),
        }
    }

    /// Adds a record.
    pub fn push(&mut self, key: [u8; N], record: &[u8]) -> io::Result<()> {
        let start = self.records.len();
        self.records.extend_from_slice(record);
        self.index.push((key, start, self.records.len()));
        let held = self.records.len() + self.index.len() * size_of::<([u8; N], usize, usize)>();
        if held >= self.limit {
            self.write_run()?;
        }
        Ok(())
    }

    /// Writes what is in memory, sorted, behind the runs of the temporary file.
    fn write_run(&mut self) -> io::Result<()> {
        // The sort is stable: equal keys keep their order.
        self.index.sort_by_key(|(key, ..)| *key);
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert((self.open)()?),
        };
        let from = file.seek(SeekFrom::End(0))?;
        let mut block = Vec::with_capacity(1 << 17);
        for (key, start, end) in self.index.drain(..) {
            let record = self.records.get(start..end).unwrap_or(&[]);
            block.extend_from_slice(&key);
            block.extend_from_slice(&(record.len() as u64).to_le_bytes());
            block.extend_from_slice(record);
            if block.len() >= 1 << 16 {
                file.write_all(&block)?;
                block.clear();
            }
        }
        file.write_all(&block)?;
        let to = file.stream_position()?;
        self.runs.push((from, to));
        self.records.clear();
        Ok(())
    }

    /// All records are there: gives them in the order of their keys.
    pub fn sort(mut self) -> io::Result<Sorted<N>> {
        if self.file.is_some() && !self.index.is_empty() {
            self.write_run()?;
            self.records = Vec::new();
        }
        self.index.sort_by_key(|(key, ..)| *key);
        let buffer = (READ_BUFFERS / self.runs.len().max(1)).max(1 << 12);
        let mut sorted = Sorted {
            records: self.records,
            index: self.index.into_iter(),
            file: self.file,
            runs: Vec::new(),
            heads: BinaryHeap::new(),
        };
        for (number, (at, end)) in self.runs.into_iter().enumerate() {
            sorted.runs.push(Run {
                at,
                end,
                size: buffer,
                buffer: Vec::new(),
                read: 0,
            });
            sorted.advance(number)?;
        }
        Ok(sorted)
    }
}

/// The key of a record, and where it stands among those in memory.
type Placed<const N: usize> = ([u8; N], usize, usize);

/// The next record of a run: its key, the number of the run, the record.
type Head<const N: usize> = ([u8; N], usize, Vec<u8>);

/// The records in order.
pub struct Sorted<const N: usize> {
    records: Vec<u8>,
    index: std::vec::IntoIter<Placed<N>>,
    file: Option<Box<dyn TemporaryFile>>,
    runs: Vec<Run>,
    /// The next record of each run: key, number of the run, record.
    heads: BinaryHeap<Reverse<Head<N>>>,
}

/// A part of the temporary file in which records are sorted.
struct Run {
    /// What of the run was not read into the buffer yet.
    at: u64,
    end: u64,
    size: usize,
    buffer: Vec<u8>,
    /// How far the buffer was used.
    read: usize,
}

impl<const N: usize> Sorted<N> {
    /// The next record, if there is one.
    #[allow(
        clippy::should_implement_trait,
        reason = "an iterator of results would hide that reading fails once and for all"
    )]
    pub fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        if let Some(Reverse((_, number, record))) = self.heads.pop() {
            self.advance(number)?;
            return Ok(Some(record));
        }
        let next = self.index.next();
        Ok(next.map(|(_, start, end)| self.records.get(start..end).unwrap_or(&[]).to_vec()))
    }

    /// Reads the next record of a run.
    fn advance(&mut self, number: usize) -> io::Result<()> {
        let (Some(run), Some(file)) = (self.runs.get_mut(number), &mut self.file) else {
            return Ok(());
        };
        if run.is_at_end() {
            return Ok(());
        }
        let key: [u8; N] = run
            .take(file.as_mut(), N)?
            .try_into()
            .map_err(|bytes: Vec<u8>| broken(&bytes))?;
        let length = run
            .take(file.as_mut(), 8)?
            .try_into()
            .map_err(|bytes: Vec<u8>| broken(&bytes))?;
        let length = usize::try_from(u64::from_le_bytes(length)).map_err(io::Error::other)?;
        let record = run.take(file.as_mut(), length)?;
        self.heads.push(Reverse((key, number, record)));
        Ok(())
    }
}

impl Run {
    fn is_at_end(&self) -> bool {
        self.at == self.end && self.read == self.buffer.len()
    }

    /// The next `length` bytes.
    fn take(&mut self, file: &mut dyn TemporaryFile, length: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() - self.read < length {
            self.buffer.drain(..self.read);
            self.read = 0;
            let missing = length.saturating_sub(self.buffer.len());
            let wanted = missing.max(self.size) as u64;
            let wanted =
                usize::try_from(wanted.min(self.end - self.at)).map_err(io::Error::other)?;
            if wanted == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let before = self.buffer.len();
            self.buffer.resize(before + wanted, 0);
            file.seek(SeekFrom::Start(self.at))?;
            file.read_exact(self.buffer.get_mut(before..).unwrap_or(&mut []))?;
            self.at += wanted as u64;
        }
        let taken = self.buffer.get(self.read..self.read + length);
        let taken = taken.unwrap_or(&[]).to_vec();
        self.read += length;
        Ok(taken)
    }
}

fn broken(bytes: &[u8]) -> io::Error {
    io::Error::other(format!(
        "{} bytes of a temporary file are lost",
        bytes.len()
    ))
}

/// A time as bytes that compare as the times do.
pub fn time_key(time: super::Timestamp) -> [u8; 16] {
    // With the sign bit turned over, negative numbers come first.
    (time.nanoseconds() ^ i128::MIN).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn memory() -> io::Result<Box<dyn TemporaryFile>> {
        Ok(Box::new(Cursor::new(Vec::new())))
    }

    fn sorted(records: &[(u8, String)], limit: usize) -> Vec<String> {
        let mut sorter = Sorter::with_limit(&memory, limit);
        for (key, record) in records {
            sorter.push([*key], record.as_bytes()).unwrap();
        }
        let mut sorted = sorter.sort().unwrap();
        let mut all = Vec::new();
        while let Some(record) = sorted.next().unwrap() {
            all.push(String::from_utf8(record).unwrap());
        }
        all
    }

    #[test]
    fn records_come_in_order_whatever_fits_into_memory() {
        let mut state = 7_u32;
        let mut records = Vec::new();
        for number in 0..3_000 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let key = u8::try_from(state >> 28).unwrap();
            let long = usize::try_from((state >> 8) % 40).unwrap();
            records.push((key, format!("{number}{}", "x".repeat(long * long))));
        }
        let mut expected = records.clone();
        expected.sort_by_key(|(key, _)| *key);
        let expected: Vec<String> = expected.into_iter().map(|(_, record)| record).collect();
        for limit in [1, 500, 10_000, 1 << 30] {
            assert_eq!(sorted(&records, limit), expected, "{limit}");
        }
        assert!(sorted(&[], 1).is_empty());
    }

    #[test]
    fn the_key_of_a_time_orders_as_the_time() {
        use crate::event::Timestamp;
        let times = [i64::MIN, -5, -1, 0, 1, 1_700_000_000_000, i64::MAX];
        let mut keys: Vec<_> = times
            .iter()
            .map(|time| time_key(Timestamp::from_millis(*time)))
            .collect();
        keys.dedup();
        assert_eq!(keys.len(), times.len());
        assert!(keys.is_sorted());
    }
}
