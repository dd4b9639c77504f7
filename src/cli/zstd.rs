//! Reads a `.zst` file to its end. A file may hold several frames in a row, as a log does that was
//! appended to; each frame may carry a checksum. Called by `files.rs`.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// Unpacks all frames of a stream.
pub(super) struct ZstdReader<R> {
    input: R,
    decoder: FrameDecoder,
    ended: bool,
}

impl<R: BufRead> ZstdReader<R> {
    /// Reads the head of the first frame.
    pub(super) fn new(input: R) -> io::Result<Self> {
        let mut frames = Self {
            input,
            decoder: FrameDecoder::new(),
            ended: false,
        };
        frames.begin()?;
        Ok(frames)
    }

    /// Begins the next frame that holds data.
    fn begin(&mut self) -> io::Result<()> {
        loop {
            match self.decoder.init(&mut self.input) {
                Ok(()) => return Ok(()),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let mut skipped = self.input.by_ref().take(u64::from(length));
                    if io::copy(&mut skipped, &mut io::sink())? < u64::from(length) {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    if self.input.fill_buf()?.is_empty() {
                        self.ended = true;
                        return Ok(());
                    }
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
    }

    fn check(&self) -> io::Result<()> {
        let stated = self.decoder.get_checksum_from_data();
        if stated.is_some() && stated != self.decoder.get_calculated_checksum() {
            return Err(io::Error::other("the checksum of the data is wrong"));
        }
        Ok(())
    }
}

impl<R: BufRead> Read for ZstdReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.ended && !buffer.is_empty() {
            while self.decoder.can_collect() < buffer.len() && !self.decoder.is_finished() {
                let wanted = buffer.len() - self.decoder.can_collect();
                self.decoder
                    .decode_blocks(&mut self.input, BlockDecodingStrategy::UptoBytes(wanted))
                    .map_err(io::Error::other)?;
            }
            let read = self.decoder.read(buffer)?;
            if read > 0 {
                return Ok(read);
            }
            self.check()?;
            if self.input.fill_buf()?.is_empty() {
                self.ended = true;
            } else {
                self.begin()?;
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame without compression, with its checksum where there is one.
    fn frame(text: &str, checksum: Option<[u8; 4]>) -> Vec<u8> {
        let size = u8::try_from(text.len()).unwrap();
        let flags = 0x20 | if checksum.is_some() { 4 } else { 0 };
        let mut bytes = vec![0x28, 0xb5, 0x2f, 0xfd, flags, size];
        let header = (u32::from(size) << 3) | 1;
        bytes.extend_from_slice(&header.to_le_bytes()[..3]);
        bytes.extend_from_slice(text.as_bytes());
        bytes.extend(checksum.into_iter().flatten());
        bytes
    }

    fn unpack(bytes: &[u8]) -> io::Result<String> {
        let mut text = String::new();
        ZstdReader::new(bytes)?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn all_frames_are_read_and_those_to_be_skipped_are_skipped() {
        let skipped = [&0x184d_2a50_u32.to_le_bytes()[..], &[2, 0, 0, 0], b"xx"].concat();
        let packed = [
            &skipped[..],
            &frame("one\n", None),
            &skipped,
            &frame("", None),
            &frame("two\n", None),
            &skipped,
        ]
        .concat();
        assert_eq!(unpack(&packed).unwrap(), "one\ntwo\n");
        assert_eq!(unpack(&skipped).unwrap(), "");
    }

    #[test]
    fn a_stream_that_breaks_off_or_was_changed_is_an_error() {
        let whole = [frame("one\n", None), frame("two\n", None)].concat();
        let first = frame("one\n", None).len();
        for end in (1..whole.len()).filter(|end| *end != first) {
            assert!(unpack(&whole[..end]).is_err(), "{end}");
        }
        assert!(unpack(&[&whole[..], b"nonsense"].concat()).is_err());
        // XXH64 of nothing ends with these bytes.
        let right = [0x99, 0xe9, 0xd8, 0x51];
        assert_eq!(unpack(&frame("", Some(right))).unwrap(), "");
        assert!(unpack(&frame("", Some([0; 4]))).is_err());
    }
}
