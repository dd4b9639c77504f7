//! The result of one thread on one chunk: the time of each event and, of events that meet some
//! stage, what later steps need. The chunk itself is released.

use super::chunk::{Chunk, MARK};
use super::excluded::Excluded;
use super::executions::Readers;
use super::neighbourhood::Neighbourhood;
use super::summary::NAMED;
use super::time_span::Days;
use crate::diagnostic::document::{BadDocument, BrokenFile};
use crate::engine::{LineHits, Matcher, Misfit, SlotId};
use crate::evaluate::FailureKind;
use crate::event::Timestamp;
use crate::plan::index_vec::part;

/// Longer values are not kept: nobody excludes them by writing them down.
const MAX_VALUE: usize = 512;

/// What was found in a chunk.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) file: u32,
    pub(super) bytes: u64,
    /// The number of the first line, from 1; known when the batch has its turn. All other lines
    /// are counted from there.
    pub(super) first_line: u64,
    /// How many lines there are.
    pub(super) lines: u64,
    pub(super) is_last: bool,
    pub(super) error: Option<BrokenFile>,
    /// The time of each event, in order.
    pub(super) times: Vec<Option<i64>>,
    /// The same by day, with lines from the batch's first one.
    pub(super) days: Days,
    /// The line of the first event without a time.
    pub(super) untimed: Option<u64>,
    /// The events that meet some stage, in order.
    pub(super) events: Vec<BatchEvent>,
    pub(super) hits: Vec<(u32, (u32, u32))>,
    pub(super) keys: Vec<u8>,
    /// `_index`, `_id`, time and values of the events, one after another.
    pub(super) text: String,
    /// The values of the events: field, and where it stands in the text.
    pub(super) values: Vec<(SlotId, (u32, u32))>,
    pub(super) bad: Vec<BadEvent>,
    pub(super) unrouted: Vec<Box<str>>,
    /// Rules that failed, with the line and the reason.
    pub(super) failures: Vec<(u32, u64, FailureKind)>,
    /// How many values do not fit their fields, and the first of them with their lines.
    pub(super) misfit_count: u64,
    pub(super) misfits: Vec<(u64, Misfit)>,
}

/// An event that meets some stage.
#[derive(Debug)]
pub(super) struct BatchEvent {
    pub(super) time: Option<Timestamp>,
    /// From the batch's first line.
    pub(super) line: u64,
    /// Its place among [`Batch::times`].
    pub(super) number: u32,
    pub(super) hits: (u32, u32),
    /// Where `_index`, `_id` and time stand in the text.
    pub(super) identity: [Option<(u32, u32)>; 3],
    /// Which of the batch's values are its own.
    pub(super) values: (u32, u32),
}

/// A line that is no event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadEvent {
    /// Its number from the batch's first line.
    pub(super) line: u64,
    /// Why.
    pub(super) reason: BadDocument,
}

/// What a batch keeps of the events that meet a stage.
#[derive(Clone, Copy)]
pub(super) struct BatchOptions<'k> {
    /// Whether the values of each field are kept; empty if none are.
    pub(super) kept: &'k [bool],
    pub(super) excluded: &'k Excluded<'k>,
    pub(super) readers: &'k Readers,
    /// Events outside of it meet nothing.
    pub(super) neighbourhood: Option<&'k Neighbourhood>,
}

impl BatchOptions<'_> {
    /// Finds the stages that a line meets; false if it lies outside of the neighbourhood.
    fn find(
        self,
        line: &str,
        matcher: &mut Matcher<'_>,
        found: &mut LineHits,
    ) -> Result<bool, BadDocument> {
        matcher.read(line, found)?;
        let Some(neighbourhood) = self.neighbourhood else {
            return matcher.find(line, found).map(|()| true);
        };
        if !neighbourhood.has(found.time) {
            return Ok(false);
        }
        matcher.find(line, found)?;
        neighbourhood.keep(found);
        Ok(true)
    }
}

/// Matches the lines of a chunk.
pub(super) fn batch(
    chunk: &Chunk,
    matcher: &mut Matcher<'_>,
    found: &mut LineHits,
    keeping: BatchOptions<'_>,
) -> Batch {
    let mut batch = Batch {
        file: chunk.file,
        bytes: chunk.bytes.len() as u64,
        is_last: chunk.is_last,
        error: chunk.error.clone(),
        ..Batch::default()
    };
    let bytes = chunk.bytes.as_slice();
    let marked = chunk.is_first && bytes.starts_with(MARK);
    let bytes = bytes
        .get(if marked { MARK.len() } else { 0 }..)
        .unwrap_or(&[]);
    let text = simdutf8::basic::from_utf8(bytes);
    let is_wide =
        chunk.is_first && (bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff"));
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]);
    for (number, end) in (0..).zip(ends) {
        batch.lines = number;
        let range = start..end;
        start = end + 1;
        match &text {
            Ok(text) => {
                let line = text.get(range).unwrap_or("");
                batch.line(number, line, matcher, found, keeping);
            }
            Err(_) => {
                let line = bytes.get(range).unwrap_or(&[]);
                match std::str::from_utf8(line) {
                    Ok(line) => batch.line(number, line, matcher, found, keeping),
                    Err(_) => batch.bad.push(BadEvent {
                        line: number,
                        reason: if is_wide && number == 0 {
                            BadDocument::Utf16
                        } else {
                            BadDocument::NoUtf8
                        },
                    }),
                }
            }
        }
    }
    batch
}

impl Batch {
    fn line(
        &mut self,
        number: u64,
        line: &str,
        matcher: &mut Matcher<'_>,
        found: &mut LineHits,
        keeping: BatchOptions<'_>,
    ) {
        if line
            .bytes()
            .all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
        {
            return;
        }
        match keeping.find(line, matcher, found) {
            Ok(true) => {}
            Ok(false) => {
                self.note_time(number, found.time);
                return;
            }
            Err(bad) => {
                self.note_bad(number, bad);
                return;
            }
        }
        let misfits = matcher.take_misfits();
        let failures = matcher.take_failures().into_iter();
        let mut failures: Vec<(u32, FailureKind)> = failures
            .map(|(rule, failure)| (rule, failure.kind))
            .collect();
        let rules = matcher.rules();
        let hidden = keeping.excluded.apply(line, rules, found, &mut failures);
        if let Err(bad) = hidden {
            self.note_bad(number, bad);
            return;
        }
        let place = self.note_time(number, found.time);
        self.unrouted.extend(found.unrouted.take());
        self.note_misfits(number, misfits);
        for (rule, reason) in failures {
            self.failures.push((rule, number, reason));
        }
        if !found.is_empty() {
            self.keep_event((number, place), line, matcher, found, keeping);
        }
    }

    /// Keeps an event that meets a stage, by its line and its place among the times.
    fn keep_event(
        &mut self,
        (number, place): (u64, u32),
        line: &str,
        matcher: &Matcher<'_>,
        found: &LineHits,
        keeping: BatchOptions<'_>,
    ) {
        let rules = matcher.rules();
        let first = self.hits.len();
        for (stage, key) in found.hits() {
            let start = self.keys.len();
            let rule = rules.rule_of(stage);
            if keeping.readers.has(rule) {
                // Of events without a time there is nothing to read.
                keeping.readers.read(rule, line, matcher, &mut self.keys);
            } else {
                self.keys.extend_from_slice(key);
            }
            self.hits
                .push((stage, (short(start), short(self.keys.len()))));
        }
        let identity = matcher.identity(line, &mut self.text);
        let first_value = self.values.len();
        if !keeping.kept.is_empty() {
            self.keep_values(line, matcher, keeping.kept);
        }
        self.events.push(BatchEvent {
            time: found.time,
            line: number,
            number: place,
            hits: (short(first), short(self.hits.len())),
            identity,
            values: (short(first_value), short(self.values.len())),
        });
    }

    /// Notes when an event happened; gives its number in the batch.
    fn note_time(&mut self, line: u64, time: Option<Timestamp>) -> u32 {
        let place = u32::try_from(self.times.len()).unwrap_or(u32::MAX);
        self.times.push(time.map(Timestamp::millis));
        match time {
            Some(time) => self.days.note(time.millis(), (self.file, line)),
            None => {
                self.untimed.get_or_insert(line);
            }
        }
        place
    }

    fn note_bad(&mut self, line: u64, reason: BadDocument) {
        self.bad.push(BadEvent { line, reason });
    }

    fn note_misfits(&mut self, line: u64, misfits: Vec<Misfit>) {
        for misfit in misfits {
            self.misfit_count += 1;
            if self.misfits.len() < NAMED {
                self.misfits.push((line, misfit));
            }
        }
    }

    fn keep_values(&mut self, line: &str, matcher: &Matcher<'_>, kept: &[bool]) {
        matcher.values(line, |slot, value| {
            let is_kept = kept.get(slot.index()).copied().unwrap_or(false);
            if is_kept && value.len() <= MAX_VALUE {
                let start = self.text.len();
                self.text.push_str(value);
                self.values
                    .push((slot, (short(start), short(self.text.len()))));
            }
        });
    }

    /// The values of an event.
    pub(super) fn values_of(&self, event: &BatchEvent) -> impl Iterator<Item = (SlotId, &str)> {
        let own = part(&self.values, event.values).iter();
        own.filter_map(|(slot, place)| Some((*slot, self.piece(Some(*place))?)))
    }

    /// A piece of the text.
    pub(super) fn piece(&self, place: Option<(u32, u32)>) -> Option<&str> {
        let (start, end) = place?;
        self.text.get(start as usize..end as usize)
    }
}

fn short(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
