//! Windows event logs (EVTX) as the tree that EVTX tools print, chunk by chunk: 64 KiB are held.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::Arc;

use evtx::{EvtxChunkData, ParserSettings};
use serde_json::Value as Json;

use super::evtx_chunk::{self as chunk, RepairedHeader};
use super::unpack::{Bytes, problem_of};
use crate::diagnostic::recording::{At, Damage, LibraryError, Problem};

const FILE_HEADER: usize = 4096;
const CHUNK: usize = 64 * 1024;

/// The records of a log.
pub(super) struct Records<'a> {
    bytes: Bytes<'a>,
    settings: Arc<ParserSettings>,
    chunk: u64,
    started: bool,
    ended: bool,
    ready: VecDeque<(At, Result<Json, Problem>)>,
    earlier: u64,
}

impl<'a> Records<'a> {
    /// Reads `bytes`, which begin with the file's header.
    pub(super) fn new(bytes: Bytes<'a>) -> Self {
        Self {
            bytes,
            settings: Arc::new(ParserSettings::new()),
            chunk: 0,
            started: false,
            ended: false,
            ready: VecDeque::new(),
            earlier: 0,
        }
    }

    /// The next record and where it stands; `None` at the end.
    pub(super) fn next_record(&mut self) -> Option<(At, Result<Json, Problem>)> {
        while self.ready.is_empty() && !self.ended {
            self.read_chunk();
        }
        self.ready.pop_front()
    }

    /// How many records of an earlier use of their chunk were left out since this was asked last.
    pub(super) fn take_earlier(&mut self) -> u64 {
        std::mem::take(&mut self.earlier)
    }

    fn read_chunk(&mut self) {
        let wanted = if self.started { CHUNK } else { FILE_HEADER };
        let mut data = Vec::with_capacity(wanted);
        let read = (&mut self.bytes).take(wanted as u64).read_to_end(&mut data);
        if self.started {
            self.chunk += 1;
        }
        if let Err(error) = read {
            self.ended = true;
            self.ready.push_back((self.here(), Err(problem_of(error))));
        } else if data.len() < wanted {
            self.ended = true;
            let unwritten = self.started && is_empty(&data);
            if !data.is_empty() && !unwritten {
                self.cut_off(data);
            }
        } else if self.started && !is_empty(&data) {
            self.parse(data);
        }
        self.started = true;
    }

    fn here(&self) -> At {
        if self.chunk == 0 {
            At::Whole
        } else {
            At::Chunk(self.chunk)
        }
    }

    /// Reads what is there of a chunk that the file ends within.
    fn cut_off(&mut self, mut data: Vec<u8>) {
        let length = data.len();
        if self.started && length > 512 {
            data.resize(CHUNK, 0);
            self.parse(data);
        }
        self.ready
            .push_back((self.here(), Err(Problem::CutOff(length))));
    }

    fn parse(&mut self, mut data: Vec<u8>) {
        let (mended, earlier) = chunk::repair_header(&mut data);
        self.earlier += earlier;
        if let Some(mended) = mended {
            let damage = match mended {
                RepairedHeader::Header(records) => Damage::Header { records },
                RepairedHeader::Stale(records) => Damage::StaleHeader { records },
            };
            let damaged = Problem::DamagedChunk(damage);
            self.ready.push_back((self.here(), Err(damaged)));
        }
        let mut bare = data.clone();
        if let Err(problem) = self.parse_records(data) {
            chunk::forget_tables(&mut bare);
            // The tables may be what is damaged; with them gone the first problem still stands.
            let found = match self.parse_records(bare) {
                Ok(()) => Problem::DamagedChunk(Damage::Tables(problem)),
                Err(_) => Problem::Chunk(problem),
            };
            self.ready.push_back((self.here(), Err(found)));
        }
    }

    /// Reads the records of a chunk; why there are none, where it cannot be read at all.
    fn parse_records(&mut self, data: Vec<u8>) -> Result<(), LibraryError> {
        let mut chunk = EvtxChunkData::new(data, false).map_err(|error| chain(&error))?;
        let expected = expected_records(&chunk);
        let intact = chunk.validate_checksum();
        let mut read = 0;
        let mut broken = false;
        let mut records = chunk
            .parse(Arc::clone(&self.settings))
            .map_err(|error| chain(&error))?;
        for record in records.iter() {
            read += 1;
            let at = At::Record {
                chunk: self.chunk,
                record: read,
            };
            let value = record
                .and_then(evtx::EvtxRecord::into_json_value)
                .map(|record| record.data)
                .map_err(|error| Problem::Record(chain(&error)));
            broken |= value.is_err();
            self.ready.push_back((at, value));
        }
        if !intact && (broken || expected.is_some_and(|expected| read < expected)) {
            let lost = expected.unwrap_or(read).saturating_sub(read);
            let damaged = Problem::DamagedChunk(Damage::Checksum { lost });
            self.ready.push_back((self.here(), Err(damaged)));
        }
        Ok(())
    }
}

/// How many records the chunk's header says that there are.
fn expected_records(chunk: &EvtxChunkData) -> Option<u64> {
    let header = &chunk.header;
    let span = header
        .last_event_record_id
        .checked_sub(header.first_event_record_id)?;
    // More than the smallest records that a chunk can hold: the header itself is damaged.
    (span < CHUNK as u64 / 24).then_some(span + 1)
}

/// Logs are laid out in advance: what was not written yet is zero.
fn is_empty(data: &[u8]) -> bool {
    data.iter().all(|byte| *byte == 0)
}

/// An error with all its causes in one line.
fn chain(error: &dyn std::error::Error) -> LibraryError {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push_str(": ");
        words.push_str(&error.to_string());
        cause = error.source();
    }
    LibraryError(words)
}
