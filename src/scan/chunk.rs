//! Input in pieces that end with a line. Called by `merge.rs`, which says which file is next.

use std::io::{self, Read};

use crate::event::documents::Documents;

/// A line longer than this is taken as unreadable.
const MAX_LINE: usize = 512 << 20;

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
    /// Why nothing follows, if that is no good reason.
    pub(super) error: Option<String>,
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

    /// The next lines, about `size` bytes. `bytes` is any buffer, to be used again.
    pub(super) fn next(&mut self, file: u32, size: usize, mut bytes: Vec<u8>) -> Chunk {
        bytes.clear();
        bytes.append(&mut self.rest);
        let mut error = None;
        let mut searched = 0;
        let mut wanted = size.max(1);
        let end = loop {
            if let Err(failure) = self.fill(&mut bytes, wanted) {
                error = Some(failure.to_string());
                self.ended = true;
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
            self.rest.extend_from_slice(bytes.get(end..).unwrap_or(&[]));
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

    /// Reads on until there are so many bytes, or no more.
    fn fill(&mut self, bytes: &mut Vec<u8>, wanted: usize) -> io::Result<()> {
        let Some(missing) = wanted
            .checked_sub(bytes.len())
            .filter(|missing| *missing > 0)
        else {
            return Ok(());
        };
        let read = self.input.append(bytes, missing)?;
        self.ended = read < missing;
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
