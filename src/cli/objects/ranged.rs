//! An object as bytes in which one can go back and forth, for a look at its parts: the footer of a
//! Parquet file, and its first pages.

use std::io::{self, Read, Seek, SeekFrom};

use super::Bytes;
use super::store::Object;

/// How much is read at once.
const BLOCK: u64 = 256 << 10;

/// The object, the place in it, and the block that was read last with its place.
pub(super) struct Ranged {
    object: Object,
    at: u64,
    block: bytes::Bytes,
    block_at: u64,
}

impl Object {
    /// Its bytes, read where they are asked for.
    pub(in crate::cli) fn ranged(&self) -> Bytes {
        Box::new(Ranged::new(self.clone()))
    }
}

impl Ranged {
    pub(super) fn new(object: Object) -> Self {
        Self {
            object,
            at: 0,
            block: bytes::Bytes::new(),
            block_at: 0,
        }
    }

    /// The rest of the block from the present place on; `None` if the place lies outside of it.
    fn ready(&self) -> Option<&[u8]> {
        let offset = usize::try_from(self.at.checked_sub(self.block_at)?).ok()?;
        self.block.get(offset..).filter(|ready| !ready.is_empty())
    }
}

impl Read for Ranged {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ready().is_none() && self.at < self.object.size() {
            // The last block is read whole: what lies before the end is asked for next.
            let last = self.object.size().saturating_sub(BLOCK);
            self.block_at = self.at.min(last);
            self.block = self.object.piece(self.block_at, BLOCK)?;
        }
        let read = self.ready().unwrap_or(&[]).read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Ranged {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(by) => self.object.size().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::tests::object;
    use super::*;

    #[test]
    fn every_place_of_an_object_has_its_bytes() -> io::Result<()> {
        let bytes: Vec<u8> = (0..700_001_u32).map(|at| (at % 251) as u8).collect();
        let mut ranged = Ranged::new(object(&bytes));
        let end = ranged.seek(SeekFrom::End(0))?;
        assert_eq!(end, 700_001);
        for place in [699_990, 0, 262_140, 262_144, 524_290, 10, 700_001] {
            ranged.seek(SeekFrom::Start(place as u64))?;
            let mut read = Vec::new();
            (&mut ranged).take(100).read_to_end(&mut read)?;
            assert_eq!(read, bytes[place..bytes.len().min(place + 100)], "{place}");
        }
        assert!(ranged.seek(SeekFrom::Current(-800_000)).is_err());
        Ok(())
    }
}
