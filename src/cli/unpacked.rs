//! Limits the size of unpacked data relative to the packed file, with the limits of `import`.
//! Called by `files.rs`.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::event::io::Limits;

/// What may come out whatever the ratio, as of a file that `import` reads.
const HONEST: u64 = 64 << 20;

/// Stops a decoder that gives too much for what it took.
pub(super) struct Unpacked<R> {
    decoder: R,
    /// How many packed bytes were read.
    taken: Arc<AtomicU64>,
    given: u64,
    limits: Limits,
}

impl<R: Read> Unpacked<R> {
    /// `taken` counts the packed bytes while they are read.
    pub(super) fn new(decoder: R, taken: &Arc<AtomicU64>, limits: Limits) -> Self {
        Self {
            decoder,
            taken: Arc::clone(taken),
            given: 0,
            limits,
        }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(buffer)?;
        self.given += read as u64;
        let taken = self.taken.load(Ordering::Relaxed).max(1);
        let Limits {
            unpacked, ratio, ..
        } = self.limits;
        if self.given > unpacked {
            let message = format!("it unpacks to more than {} MiB", unpacked >> 20);
            return Err(io::Error::other(message));
        }
        if self.given > HONEST && self.given / taken > ratio {
            let message = format!("it unpacks to more than {ratio} times its size");
            return Err(io::Error::other(message));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_unpacks_to_too_much_is_not_read_on() {
        let taken = Arc::new(AtomicU64::new(1_000_000));
        let mut honest = Unpacked::new(io::repeat(b'a').take(100 << 20), &taken, Limits::default());
        assert_eq!(io::copy(&mut honest, &mut io::sink()).unwrap(), 100 << 20);
        let taken = Arc::new(AtomicU64::new(1_000));
        let mut bomb = Unpacked::new(io::repeat(b'a'), &taken, Limits::default());
        let error = io::copy(&mut bomb, &mut io::sink()).unwrap_err();
        assert!(error.to_string().contains("300 times"), "{error}");
    }
}
