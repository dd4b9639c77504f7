//! Input in pieces that end with a line. Called by `merge.rs`, which says which file is next.

use std::io::{self, Read};

/// A line longer than this is taken as unreadable.
const MAX_LINE: usize = 512 << 20;

/// Some whole lines of one file.
#[derive(Debug)]
pub(super) struct Chunk {
    /// The file, by its number.
    pub(super) file: u32,
    /// The number of the first line, from 1.
    pub(super) first_line: u64,
    pub(super) bytes: Vec<u8>,
    /// Nothing follows.
    pub(super) is_last: bool,
    /// Why nothing follows, if that is no good reason.
    pub(super) error: Option<String>,
}

/// One file, read line by line.
pub(super) struct Lines {
    input: Box<dyn Read + Send>,
    /// The beginning of a line whose end was not read yet.
    rest: Vec<u8>,
    line: u64,
    ended: bool,
}

impl Lines {
    pub(super) fn new(input: Box<dyn Read + Send>) -> Self {
        Self {
            input,
            rest: Vec::new(),
            line: 1,
            ended: false,
        }
    }

    /// The next lines, about `size` bytes.
    pub(super) fn next(&mut self, file: u32, size: usize) -> Chunk {
        let mut bytes = std::mem::take(&mut self.rest);
        let mut error = None;
        let mut searched = 0;
        let mut wanted = size.max(1);
        let end = loop {
            if self.ended {
                break bytes.len();
            }
            match self.fill(&mut bytes, wanted) {
                Ok(()) => {}
                Err(failure) => {
                    error = Some(failure.to_string());
                    self.ended = true;
                    break bytes.len();
                }
            }
            if self.ended {
                break bytes.len();
            }
            let unsearched = bytes.get(searched..).unwrap_or(&[]);
            if let Some(found) = memchr::memrchr(b'\n', unsearched) {
                break searched + found + 1;
            }
            if bytes.len() > MAX_LINE {
                error = Some("a line of more than 512 MiB".to_owned());
                self.ended = true;
                break 0;
            }
            searched = bytes.len();
            wanted = bytes.len() * 2;
        };
        if !self.ended {
            self.rest = Vec::with_capacity(size + size / 4);
            self.rest.extend_from_slice(bytes.get(end..).unwrap_or(&[]));
        }
        bytes.truncate(end);
        let first_line = self.line;
        self.line += memchr::memchr_iter(b'\n', &bytes).count() as u64;
        Chunk {
            file,
            first_line,
            bytes,
            is_last: self.ended,
            error,
        }
    }

    /// Reads on until there are so many bytes, or no more.
    fn fill(&mut self, bytes: &mut Vec<u8>, wanted: usize) -> io::Result<()> {
        let Some(missing) = wanted
            .checked_sub(bytes.len())
            .filter(|missing| *missing > 0)
        else {
            return Ok(());
        };
        let read = (&mut self.input).take(missing as u64).read_to_end(bytes)?;
        self.ended = read < missing;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::naive_bytecount, reason = "a few bytes")]
    fn lines_stay_whole_and_are_counted_whatever_the_size() {
        let text = "a\nbb\n\nccc\ndddd";
        for size in 1..20 {
            let mut lines = Lines::new(Box::new(text.as_bytes()));
            let mut all = Vec::new();
            let mut line = 1;
            loop {
                let chunk = lines.next(0, size);
                assert_eq!(chunk.first_line, line);
                line += chunk.bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
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
