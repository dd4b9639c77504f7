//! Converts an event log (EVTX) to NDJSON for a scan, which reads only NDJSON. A thread reads the
//! log one block ahead.

use std::io::{self, Cursor, Read, Seek};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::import::{Import, Options};

/// Blocks that wait to be read.
const AHEAD: usize = 4;
/// About how many bytes a block has.
const BLOCK: usize = 1 << 18;

/// The documents of a log, one a line. What of it cannot be read is said at its end.
pub(super) fn as_lines(
    name: &str,
    bytes: impl Read + Seek + Send + 'static,
) -> Box<dyn Read + Send> {
    let (sender, blocks) = sync_channel(AHEAD);
    let name = name.to_owned();
    std::thread::spawn(move || send(&name, bytes, &sender));
    Box::new(Lines {
        blocks,
        block: Cursor::new(Vec::new()),
    })
}

/// Sends until the end of the log or until nobody reads on.
fn send(
    name: &str,
    bytes: impl Read + Seek + Send + 'static,
    blocks: &SyncSender<io::Result<Vec<u8>>>,
) {
    let (mut block, mut faults, mut first) = (Vec::with_capacity(BLOCK), 0_u64, None);
    for document in Import::open(name, bytes, Options::default()) {
        match document {
            Ok(document) => {
                // Writing to memory does not fail, and a document is no map with other keys.
                if serde_json::to_writer(&mut block, &document.source).is_ok() {
                    block.push(b'\n');
                }
                if block.len() >= BLOCK && blocks.send(Ok(std::mem::take(&mut block))).is_err() {
                    return;
                }
            }
            Err(fault) => {
                faults += 1;
                first.get_or_insert_with(|| fault.to_string());
            }
        }
    }
    let sent = blocks.send(Ok(block));
    if let (Ok(()), Some(first)) = (sent, first) {
        let message = match faults {
            1 => first,
            many => format!("{many} places cannot be read, the first: {first}"),
        };
        let _ = blocks.send(Err(io::Error::other(message)));
    }
}

struct Lines {
    blocks: Receiver<io::Result<Vec<u8>>>,
    block: Cursor<Vec<u8>>,
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.block.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.blocks.recv() {
                Ok(block) => self.block = Cursor::new(block?),
                // Whoever sent is gone: all is read.
                Err(_) => return Ok(0),
            }
        }
    }
}
