//! Handles Ctrl-C; the only file that uses ctrlc. The first Ctrl-C asks long work to stop and
//! report its partial result; the second ends the program.

use std::io::{self, Cursor, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use super::ExitCode;
use crate::event::io::Stop;

static STOP: Stop = Stop::new();

/// What Ctrl-C asks to end, from now on.
pub fn stop() -> &'static Stop {
    // Where no handler can be set Ctrl-C ends the program, as it would have.
    let _ = ctrlc::set_handler(|| {
        if STOP.is_requested() {
            std::process::exit(i32::from(ExitCode::Interrupted.number()));
        }
        STOP.request();
    });
    &STOP
}

/// A reader that ends when it is asked to, even while nothing comes: standard input may wait for
/// ever.
pub struct Interruptible {
    blocks: Receiver<io::Result<Vec<u8>>>,
    block: Cursor<Vec<u8>>,
    stop: &'static Stop,
}

/// Blocks that wait to be read.
const AHEAD: usize = 4;

impl Interruptible {
    /// Reads from `input`, on a thread of its own.
    pub fn new(mut input: impl Read + Send + 'static, stop: &'static Stop) -> Self {
        let (sender, blocks) = sync_channel(AHEAD);
        std::thread::spawn(move || {
            loop {
                let mut block = vec![0; 1 << 16];
                let read = input.read(&mut block);
                if matches!(&read, Err(error) if error.kind() == io::ErrorKind::Interrupted) {
                    continue;
                }
                let is_over = !matches!(read, Ok(1..));
                let sent = sender.send(read.map(|length| {
                    block.truncate(length);
                    block
                }));
                if is_over || sent.is_err() {
                    return;
                }
            }
        });
        Self {
            blocks,
            block: Cursor::new(Vec::new()),
            stop,
        }
    }
}

impl Read for Interruptible {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.block.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.blocks.recv_timeout(Duration::from_millis(100)) {
                Ok(block) => self.block = Cursor::new(block?),
                Err(RecvTimeoutError::Timeout) if !self.stop.is_requested() => {}
                Err(_) => return Ok(0),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a line, then nothing for ever.
    struct Hangs(bool);

    impl Read for Hangs {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if std::mem::replace(&mut self.0, true) {
                loop {
                    std::thread::park();
                }
            }
            (&b"{}\n"[..]).read(buffer)
        }
    }

    #[test]
    fn a_reader_that_hangs_ends_when_it_is_asked_to() -> io::Result<()> {
        static ASKED: Stop = Stop::new();
        let mut reader = Interruptible::new(Hangs(false), &ASKED);
        let mut first = [0; 3];
        reader.read_exact(&mut first)?;
        assert_eq!(&first, b"{}\n");
        ASKED.request();
        assert_eq!(reader.read(&mut first)?, 0);
        Ok(())
    }

    #[test]
    fn nothing_is_lost_on_the_way() -> io::Result<()> {
        static NEVER: Stop = Stop::new();
        let text = "abcdefg\n".repeat(40_000);
        let input = Cursor::new(text.clone().into_bytes());
        let mut read = String::new();
        Interruptible::new(input, &NEVER).read_to_string(&mut read)?;
        assert!(read == text);
        Ok(())
    }
}
