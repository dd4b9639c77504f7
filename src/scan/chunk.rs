//! Reads input in chunks that end with a line break.

use std::io::{self, Read};

use crate::diagnostic::document::BrokenFile;
use crate::event::documents::Documents;

/// What may stand before the first line of a UTF-8 file.
pub(super) const MARK: &[u8] = "\u{feff}".as_bytes();

/// A line longer than this is taken as unreadable.
const MAX_LINE: usize = 64 << 20;

/// Some whole lines of one file.
#[derive(Debug)]
pub(super) struct Chunk {
    /// The file, by its number.
    pub(super) file: u32,
    /// Nothing stands before.
    pub(super) is_first: bool,
    pub(super) bytes: Vec<u8>,
    /// Nothing follows.
    pub(super) is_last: bool,
    /// The read error, if that is why nothing follows.
    pub(super) error: Option<BrokenFile>,
}

/// One file, read line by line.
pub(super) struct Lines {
    input: Documents,
    /// The beginning of a line whose end was not read yet.
    rest: Vec<u8>,
    started: bool,
    ended: bool,
}

impl Lines {
    pub(super) fn new(input: Box<dyn Read + Send>) -> Self {
        Self {
            input: Documents::new(input),
            rest: Vec::new(),
            started: false,
            ended: false,
        }
    }

    /// The next lines, about `size` bytes. `bytes` is any buffer, to be used again: what it holds is
    /// written over, so that nothing has to be cleared first.
    pub(super) fn next(&mut self, file: u32, size: usize, mut bytes: Vec<u8>) -> Chunk {
        let mut filled = self.rest.len();
        bytes.resize(size.max(filled).max(1), 0);
        if let Some(front) = bytes.get_mut(..filled) {
            front.copy_from_slice(&self.rest);
        }
        self.rest.clear();
        let mut error = None;
        let mut searched = 0;
        let end = loop {
            if let Err(failure) = self.fill(&mut bytes, &mut filled) {
                error = Some(BrokenFile::Unreadable(failure.to_string()));
                self.ended = true;
            }
            if self.ended {
                break filled;
            }
            let unsearched = bytes.get(searched..filled).unwrap_or(&[]);
            if let Some(found) = memchr::memrchr(b'\n', unsearched) {
                break searched + found + 1;
            }
            if filled > MAX_LINE {
                error = Some(BrokenFile::LineTooLong {
                    megabytes: MAX_LINE >> 20,
                });
                self.ended = true;
                break 0;
            }
            searched = filled;
            bytes.resize(filled * 2, 0);
        };
        if !self.ended {
            let rest = bytes.get(end..filled).unwrap_or(&[]);
            self.rest.extend_from_slice(rest);
        }
        bytes.truncate(end);
        Chunk {
            file,
            is_first: !std::mem::replace(&mut self.started, true),
            bytes,
            is_last: self.ended,
            error,
        }
    }

    /// Reads until the buffer is full or nothing follows; `filled` says how far it is.
    fn fill(&mut self, bytes: &mut [u8], filled: &mut usize) -> io::Result<()> {
        while let Some(free) = bytes.get_mut(*filled..).filter(|free| !free.is_empty()) {
            match self.input.read(free) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(read) => *filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_whole_whatever_the_size() {
        let text = "a\nbb\n\nccc\ndddd";
        for size in 1..20 {
            let mut lines = Lines::new(Box::new(text.as_bytes()));
            let mut all = Vec::new();
            loop {
                let chunk = lines.next(0, size, Vec::new());
                assert_eq!(chunk.is_first, all.is_empty());
                assert!(chunk.is_last || chunk.bytes.ends_with(b"\n"), "{size}");
                all.extend(chunk.bytes);
                if chunk.is_last {
                    break;
                }
            }
            assert_eq!(all, text.as_bytes(), "{size}");
        }
    }
}
