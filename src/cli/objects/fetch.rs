//! Reads an object from its beginning to its end, on a thread of its own: as a stream, a piece ahead
//! of its reader, or into a temporary file, for a Parquet file, which is read from its end.

use std::io::{self, Read, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use bytes::{Buf as _, Bytes};

use super::super::files::Files;
use super::OpenObject;
use super::store::{FIRST_PIECE, Object};
use crate::event::io::{Stop, TemporaryFile};

/// The largest piece. Pieces begin small, so that a short look at an object costs little.
const LARGEST_PIECE: u64 = 8 << 20;

/// An object that is being read.
pub(in crate::cli) enum Fetch {
    /// Pieces come as they are read.
    Stream(Stream),
    /// The copy comes when it is whole.
    Copy(Receiver<io::Result<Box<dyn TemporaryFile>>>, &'static Stop),
}

impl Fetch {
    /// Begins to read an object. `read` counts the bytes.
    pub(in crate::cli) fn new(
        object: &Object,
        whole: bool,
        read: &Arc<AtomicU64>,
        stop: &'static Stop,
    ) -> Self {
        read.store(0, Ordering::Relaxed);
        let (object, read) = (object.clone(), Arc::clone(read));
        if whole {
            let (sender, receiver) = sync_channel(1);
            std::thread::spawn(move || sender.send(copy(&object, &read, stop)));
            return Self::Copy(receiver, stop);
        }
        // The next piece is read while one is waiting.
        let (sender, pieces) = sync_channel(0);
        std::thread::spawn(move || send(&object, &read, &sender));
        Self::Stream(Stream {
            pieces,
            piece: Bytes::new(),
            stop,
        })
    }

    /// The object, open; waits for a copy.
    pub(in crate::cli) fn open(self) -> io::Result<OpenObject> {
        match self {
            Self::Stream(stream) => Ok(OpenObject::Stream(Box::new(stream))),
            Self::Copy(copy, stop) => match wait(&copy, stop)? {
                Some(copy) => Ok(OpenObject::Copy(copy?)),
                None => Err(io::Error::other("the copy was given up")),
            },
        }
    }
}

/// Sends the pieces until the end of the object or until nobody reads on.
fn send(object: &Object, read: &AtomicU64, pieces: &SyncSender<io::Result<Bytes>>) {
    let (mut at, mut length) = (0, FIRST_PIECE);
    while at < object.size() {
        let piece = object.piece(at, length);
        let is_over = piece.is_err();
        let got = piece.as_ref().map_or(0, |piece| piece.len() as u64);
        read.fetch_add(got, Ordering::Relaxed);
        if pieces.send(piece).is_err() || is_over {
            return;
        }
        at += got;
        length = (length * 4).min(LARGEST_PIECE);
    }
}

fn copy(object: &Object, read: &AtomicU64, stop: &Stop) -> io::Result<Box<dyn TemporaryFile>> {
    let mut file = Files::temporary()?;
    let mut at = 0;
    while at < object.size() {
        if stop.is_requested() {
            return Err(io::Error::other("interrupted"));
        }
        let piece = object.piece(at, LARGEST_PIECE)?;
        file.write_all(&piece)?;
        at += piece.len() as u64;
        read.fetch_add(piece.len() as u64, Ordering::Relaxed);
    }
    Ok(file)
}

/// What comes next; `None` if nothing does.
fn wait<T>(receiver: &Receiver<T>, stop: &Stop) -> io::Result<Option<T>> {
    loop {
        match receiver.recv_timeout(Duration::from_millis(100)) {
            Ok(received) => return Ok(Some(received)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) if stop.is_requested() => {
                return Err(io::Error::other("interrupted"));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// The bytes of an object, as its pieces come.
pub(in crate::cli) struct Stream {
    pieces: Receiver<io::Result<Bytes>>,
    piece: Bytes,
    stop: &'static Stop,
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() && !buffer.is_empty() {
            match wait(&self.pieces, self.stop)? {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let read = self.piece.as_ref().read(buffer)?;
        self.piece.advance(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::tests::object;
    use super::*;

    static NEVER: Stop = Stop::new();

    fn fetched(bytes: &[u8], whole: bool) -> io::Result<(Vec<u8>, u64)> {
        let read = Arc::default();
        let mut all = Vec::new();
        match Fetch::new(&object(bytes), whole, &read, &NEVER).open()? {
            OpenObject::Stream(mut stream) => stream.read_to_end(&mut all)?,
            OpenObject::Copy(mut copy) => {
                copy.rewind()?;
                copy.read_to_end(&mut all)?
            }
        };
        Ok((all, read.load(Ordering::Relaxed)))
    }

    #[test]
    fn all_bytes_come_in_order_as_a_stream_and_as_a_copy() -> io::Result<()> {
        for size in [0, 1, 262_144, 262_145, 20_000_000] {
            let bytes: Vec<u8> = (0..size).map(|at: u32| (at % 253) as u8).collect();
            for whole in [false, true] {
                let (all, read) = fetched(&bytes, whole)?;
                assert!(all == bytes, "{size} {whole}");
                assert_eq!(read, u64::from(size));
            }
        }
        Ok(())
    }

    #[test]
    fn a_reader_that_goes_away_ends_the_reading() {
        static READ: std::sync::LazyLock<Arc<AtomicU64>> = std::sync::LazyLock::new(Arc::default);
        let bytes = vec![7; 40_000_000];
        let Ok(OpenObject::Stream(mut stream)) =
            Fetch::new(&object(&bytes), false, &READ, &NEVER).open()
        else {
            panic!("no stream");
        };
        let mut first = [0; 10];
        stream.read_exact(&mut first).unwrap();
        assert!(READ.load(Ordering::Relaxed) < 10_000_000);
    }
}
