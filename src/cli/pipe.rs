//! Streams that cannot be read from their end, as a Parquet file must be: pipes and standard input.

use std::io::{self, Cursor, Read};

use crate::import::parquet_file::{HEAD, is_parquet};

/// A stream that is refused if it is a Parquet file.
pub(super) struct Pipe<R> {
    input: R,
    /// The first bytes; `None` before they were read.
    head: Option<Cursor<Vec<u8>>>,
}

impl<R: Read> Pipe<R> {
    /// Reads nothing yet: a pipe may wait for its writer.
    pub(super) fn new(input: R) -> Self {
        Self { input, head: None }
    }
}

impl<R: Read> Pipe<R> {
    /// Reads the first bytes, no more of them than tell that this is no Parquet file.
    fn begin(&mut self) -> io::Result<Vec<u8>> {
        let mut first = Vec::new();
        let mut piece = [0; HEAD];
        while b"PAR1".starts_with(&first) && first.len() < HEAD {
            let wanted = piece.get_mut(first.len()..).unwrap_or_default();
            match self.input.read(wanted) {
                Ok(0) => break,
                Ok(read) => first.extend(wanted.iter().take(read)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if is_parquet(&first) {
            let words = "a Parquet file is read by its name, not from a pipe";
            return Err(io::Error::new(io::ErrorKind::Unsupported, words));
        }
        Ok(first)
    }
}

impl<R: Read> Read for Pipe<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.head.is_none() {
            self.head = Some(Cursor::new(self.begin()?));
        }
        if let Some(head) = &mut self.head {
            let read = head.read(buffer)?;
            if read > 0 {
                return Ok(read);
            }
        }
        self.input.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a byte at a time.
    struct Bytes(&'static [u8]);

    impl Read for Bytes {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let one = buffer.len().min(1);
            self.0.read(buffer.get_mut(..one).unwrap_or_default())
        }
    }

    #[test]
    fn anything_but_parquet_passes_through() {
        for text in ["", "P", "PAR", "{\"a\":1}\n", "PARTY\n"] {
            let read = io::read_to_string(Pipe::new(Bytes(text.as_bytes())));
            assert_eq!(read.unwrap(), text);
        }
        assert!(io::read_to_string(Pipe::new(Bytes(b"PAR1\x15"))).is_err());
    }
}
