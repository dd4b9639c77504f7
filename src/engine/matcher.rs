//! Matches a line against the stages of all rules. Each thread has its own matcher; the hits go to
//! the one correlator in the order of events.

use rustc_hash::FxHashMap;

use super::compile::RuleSet;
use super::constants::IndexConstants;
use super::event_class::EventClass;
use super::event_context::{ColumnState, EventContext, decide_failed};
use super::extract::Extractor;
use super::misfits::{self, Misfit};
use super::numbers::{ClassId, ColumnId, ConditionId, KeySetId, StageNumber};
use super::program::Truth;
use super::routing::{Constants, Routing};
use super::row::{CellKind, RawCell, Row};
use super::slots::SlotId;
use super::timestamp_cache::TimestampCache;
use super::value_table::ValueTable;
use crate::diagnostic::document::BadDocument;
use crate::evaluate::failure::QueryFailure;
use crate::event::{Raw, Scalar, Timestamp};
use crate::plan::IndexVec;
use crate::plan::index_vec::{part, present};

/// The number of event classes that are remembered.
const MAX_CLASSES: usize = 4_096;

/// Finds the stages that lines meet.
pub struct Matcher<'s> {
    set: &'s RuleSet,
    routing: &'s dyn Routing,
    extractor: Extractor<'s>,
    row: Row,
    columns: IndexVec<ColumnId, ColumnState>,
    /// The number of the event that is being matched.
    event: u64,
    event_classes: IndexVec<ClassId, EventClass>,
    class_ids: FxHashMap<Box<[u8]>, ClassId>,
    class_key: Vec<u8>,
    /// For each condition the event for which it was last looked at.
    looked_at: IndexVec<ConditionId, u64>,
    candidates: Vec<ConditionId>,
    key_sets: IndexVec<KeySetId, EventKeys>,
    timestamps: TimestampCache,
    constants: IndexConstants,
    failures: Vec<(u32, QueryFailure)>,
    /// The values that did not fit their fields.
    misfits: Vec<Misfit>,
}

/// The key tuples of the event.
#[derive(Debug, Default)]
struct EventKeys {
    event: u64,
    /// Where the tuples stand among the bytes of [`LineHits`].
    tuples: Vec<(u32, u32)>,
}

/// The hits of one line; reused from line to line.
#[derive(Debug, Default)]
pub struct LineHits {
    /// When the event happened.
    pub time: Option<Timestamp>,
    /// The stages that it meets, ascending, with the place of the key among the bytes.
    hits: Vec<(u32, (u32, u32))>,
    bytes: Vec<u8>,
    /// The event's index, when no rule sees it.
    pub unrouted: Option<Box<str>>,
}

impl LineHits {
    /// The stages that the event meets, ascending, with the key.
    pub fn hits(&self) -> impl Iterator<Item = (u32, &[u8])> {
        let hits = self.hits.iter();
        hits.map(|(stage, place)| (*stage, part(&self.bytes, *place)))
    }

    /// Keeps the stages for which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(u32) -> bool) {
        self.hits.retain(|(stage, _)| keep(*stage));
    }

    /// Whether the event meets no stage.
    pub fn is_empty(&self) -> bool {
        self.hits.is_empty()
    }
}

impl<'s> Matcher<'s> {
    /// Creates a matcher with empty caches. With `unwrap_source` a line may be a hit of a search
    /// response.
    pub fn new(set: &'s RuleSet, routing: &'s dyn Routing, unwrap_source: bool) -> Self {
        let time_column = set.columns.at(set.time_column).reader.clone();
        let columns = set.columns.iter().map(|column| ColumnState {
            table: ValueTable::new(column.tests.len()),
            event: 0,
            entries: Vec::new(),
            decoded_values: Vec::new(),
        });
        Self {
            set,
            routing,
            extractor: Extractor::new(&set.slots, unwrap_source),
            row: Row::new(set.slots.count()),
            columns: columns.collect(),
            event: 0,
            event_classes: IndexVec::new(),
            class_ids: FxHashMap::default(),
            class_key: Vec::new(),
            looked_at: set.conditions.iter().map(|_| 0).collect(),
            candidates: Vec::new(),
            key_sets: set.key_sets.iter().map(|_| EventKeys::default()).collect(),
            timestamps: TimestampCache::new(time_column),
            constants: IndexConstants::default(),
            failures: Vec::new(),
            misfits: Vec::new(),
        }
    }

    /// The rules whose stages it finds.
    pub fn rules(&self) -> &'s RuleSet {
        self.set
    }

    /// Matches one line.
    ///
    /// # Errors
    /// As [`Self::read`] and [`Self::find`].
    pub fn line(&mut self, line: &str, found: &mut LineHits) -> Result<(), BadDocument> {
        self.read(line, found)?;
        self.find(line, found)
    }

    /// Reads one line: `found` has its time, and no hits until [`Self::find`] finds them.
    ///
    /// # Errors
    /// When the line is no event.
    pub fn read(&mut self, line: &str, found: &mut LineHits) -> Result<(), BadDocument> {
        found.time = None;
        found.hits.clear();
        found.bytes.clear();
        found.unrouted = None;
        self.extractor.read(line, &mut self.row)?;
        self.event += 1;
        let time_column = self.set.columns.at(self.set.time_column);
        let times = self.row.values(line, time_column.slot);
        found.time = self.timestamps.read(times);
        Ok(())
    }

    /// Finds the stages that the line meets that was read last.
    ///
    /// # Errors
    /// When a condition on whole documents cannot read the line.
    pub fn find(&mut self, line: &str, found: &mut LineHits) -> Result<(), BadDocument> {
        let set = self.set;
        let known = (self.misfits.len(), self.failures.len());
        self.fill_constants(line);
        let number = self.class_of_event(line);
        misfits::find(set, &self.row, line, &mut self.misfits);
        self.find_candidates(line, number);
        if let Err(bad) = self.decide_candidates(line, number, found) {
            self.misfits.truncate(known.0);
            self.failures.truncate(known.1);
            return Err(bad);
        }
        found
            .unrouted
            .clone_from(&self.event_classes.at(number).unrouted);
        Ok(())
    }

    /// Appends `_index`, `_id` and the time of the line matched last, as the document has them,
    /// and says where they stand.
    pub fn identity(&self, line: &str, text: &mut String) -> [Option<(u32, u32)>; 3] {
        let time_column = self.set.columns.at(self.set.time_column);
        let time = self.row.values(line, time_column.slot).next();
        [self.row.index(line), self.row.id(line), time].map(|cell| {
            let cell = cell?;
            let start = u32::try_from(text.len()).ok()?;
            if cell.kind == CellKind::Escaped {
                let mut buffer = String::new();
                text.push_str(cell.decode(&mut buffer).as_text());
            } else {
                text.push_str(cell.text);
            }
            Some((start, u32::try_from(text.len()).ok()?))
        })
    }

    /// Gives the values of the line matched last to `sink`, field by field as the document has
    /// them.
    pub fn values(&self, line: &str, mut sink: impl FnMut(SlotId, &str)) {
        let mut buffer = String::new();
        for slot in self.row.slots() {
            for cell in self.row.values(line, slot) {
                sink(slot, cell.decode(&mut buffer).as_text());
            }
        }
    }

    /// The values that the line matched last has in one field.
    pub fn values_of(&self, line: &str, slot: SlotId) -> Vec<Scalar> {
        let mut buffer = String::new();
        let values = self.row.values(line, slot);
        values
            .map(|cell| match cell.decode(&mut buffer) {
                Raw::Text(text) => Scalar::text(text),
                Raw::Number(text) => Scalar::Number(text.into()),
                Raw::Bool(value) => Scalar::Bool(value),
            })
            .collect()
    }

    /// The rules that failed on an event, with the reason; each rule once.
    pub fn take_failures(&mut self) -> Vec<(u32, QueryFailure)> {
        std::mem::take(&mut self.failures)
    }

    /// The values of the lines since the last call that do not fit their fields.
    pub fn take_misfits(&mut self) -> Vec<Misfit> {
        std::mem::take(&mut self.misfits)
    }

    /// Adds the constants of the event's index that the document lacks.
    fn fill_constants(&mut self, line: &str) {
        self.class_key.clear();
        push_index(&mut self.class_key, self.set, &self.row, line);
        if !self.constants.are_of(&self.class_key) {
            let index = self.index_name(line);
            let constants =
                index.map_or_else(Constants::default, |index| self.routing.constants(&index));
            self.constants
                .learn(&self.class_key, &self.set.slots, &constants);
        }
        let slots = &self.set.slots;
        self.constants
            .fill(&mut self.row, line, slots, &mut self.misfits);
    }

    /// The class of the event, whose index is in the key already.
    fn class_of_event(&mut self, line: &str) -> ClassId {
        let set = self.set;
        for column in &set.dispatch {
            let column = set.columns.at(*column);
            push_values(&mut self.class_key, self.row.values(line, column.slot));
        }
        if let Some(number) = self.class_ids.get(self.class_key.as_slice()) {
            return *number;
        }
        if self.event_classes.len() >= MAX_CLASSES {
            self.event_classes = IndexVec::new();
            self.class_ids.clear();
        }
        let index = self.index_name(line);
        let mut context = EventContext {
            set,
            row: &self.row,
            line,
            columns: &mut self.columns,
            event: self.event,
            bits: &[],
            bad_line: None,
        };
        let class = EventClass::new(&mut context, self.routing, index);
        let number = self.event_classes.push(class);
        self.class_ids
            .insert(self.class_key.as_slice().into(), number);
        number
    }

    /// `_index`, or the name of the event's data stream.
    fn index_name(&self, line: &str) -> Option<String> {
        let mut buffer = String::new();
        if let Some(index) = self.row.index(line) {
            return Some(index.decode(&mut buffer).as_text().to_owned());
        }
        let mut name = String::new();
        for slot in self.set.data_stream {
            let part = self.row.values(line, slot).next()?;
            if !name.is_empty() {
                name.push('-');
            }
            name.push_str(part.decode(&mut buffer).as_text());
        }
        Some(name)
    }

    /// Finds the conditions worth a look.
    fn find_candidates(&mut self, line: &str, number: ClassId) {
        self.candidates.clear();
        let class = self.event_classes.at(number);
        let mut context = EventContext {
            set: self.set,
            row: &self.row,
            line,
            columns: &mut self.columns,
            event: self.event,
            bits: &class.bits,
            bad_line: None,
        };
        self.candidates.extend_from_slice(&class.always);
        for (column, slot) in &class.columns {
            if !self.row.has(*slot) {
                continue;
            }
            let count = context.resolve(*column).entries.len();
            for place in 0..count {
                let state = context.columns.at(*column);
                let entry = state.entries.get(place).copied();
                let entry = present(entry, place, count);
                if state.table.candidates(entry).is_none() {
                    context.prefilter(*column, place, entry);
                }
                let state = context.columns.at(*column);
                for condition in present(state.table.candidates(entry), place, count) {
                    let looked_at = self.looked_at.at_mut(*condition);
                    if class.may_hold(*condition) && *looked_at != self.event {
                        *looked_at = self.event;
                        self.candidates.push(*condition);
                    }
                }
            }
        }
    }

    fn decide_candidates(
        &mut self,
        line: &str,
        number: ClassId,
        found: &mut LineHits,
    ) -> Result<(), BadDocument> {
        let set = self.set;
        let candidates = std::mem::take(&mut self.candidates);
        let class = self.event_classes.at(number);
        let mut context = EventContext {
            set,
            row: &self.row,
            line,
            columns: &mut self.columns,
            event: self.event,
            bits: &class.bits,
            bad_line: None,
        };
        for number in &candidates {
            let condition = set.conditions.at(*number);
            let holds = match condition.node.decide(&mut context) {
                Truth::True => true,
                Truth::False => false,
                Truth::Failed => {
                    let (holds, failure) = decide_failed(&condition.node, &mut context);
                    for stage in class.routed(&condition.stages) {
                        note_failure(&mut self.failures, set.rule_of(stage), failure.as_ref());
                    }
                    holds
                }
            };
            if !holds {
                continue;
            }
            for stage in class.routed(&condition.stages) {
                let Some(keys) = set.stages.at(StageNumber(stage)).keys else {
                    found.hits.push((stage, (0, 0)));
                    continue;
                };
                let state = self.key_sets.at_mut(keys);
                if state.event != self.event {
                    state.event = self.event;
                    let key_set = set.key_sets.at(keys);
                    context.tuples(key_set, &mut state.tuples, &mut found.bytes);
                }
                let tuples = state.tuples.iter();
                found.hits.extend(tuples.map(|place| (stage, *place)));
            }
        }
        if found.hits.len() > 1 {
            found.hits.sort_by_key(|(stage, _)| *stage);
        }
        let bad_line = context.bad_line;
        self.candidates = candidates;
        bad_line.map_or(Ok(()), Err)
    }
}

/// Notes why a rule failed, unless it failed already.
fn note_failure(
    failures: &mut Vec<(u32, QueryFailure)>,
    rule: u32,
    failure: Option<&QueryFailure>,
) {
    if let Some(failure) = failure
        && failures.iter().all(|(known, _)| *known != rule)
    {
        failures.push((rule, failure.clone()));
    }
}

/// Appends the name of the event's index: `_index`, or the parts of its data stream.
fn push_index(bytes: &mut Vec<u8>, set: &RuleSet, row: &Row, line: &str) {
    let index = row.index(line);
    let is_named = index.is_some();
    push_values(bytes, index.into_iter());
    for slot in set.data_stream.iter().filter(|_| !is_named) {
        push_values(bytes, row.values(line, *slot));
    }
}

/// Appends values so that no two lists of them give the same bytes.
fn push_values<'r>(bytes: &mut Vec<u8>, values: impl Iterator<Item = RawCell<'r>>) {
    for value in values {
        bytes.push(value.kind as u8);
        bytes.extend_from_slice(value.text.as_bytes());
        bytes.push(0xff);
    }
    bytes.push(0xfe);
}
