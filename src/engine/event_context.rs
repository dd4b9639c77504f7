//! Evaluates the columns on one event: its values, and the results of tests, scripts and join keys.
//! `matcher.rs` creates one for each event.

use super::column::{Column, DecodedValue};
use super::compile::{KeySet, RuleSet, ScriptTest};
use super::keys;
use super::numbers::{ColumnId, ConditionId, ScriptId};
use super::program::{LeafEvaluator, Node, TestRef, Truth};
use super::row::{CellKind, RawCell, Row};
use super::value_table::ValueTable;
use crate::diagnostic::document::BadDocument;
use crate::evaluate::failure::QueryFailure;
use crate::event::{Event, Value};
use crate::plan::index_vec::present;
use crate::plan::{FieldId, IndexVec};

/// The most key tuples of one event at one stage.
const MAX_TUPLES: usize = 65_536;

/// The state of one column.
#[derive(Debug)]
pub(super) struct ColumnState {
    pub(super) table: ValueTable,
    /// The event whose values the entries are.
    pub(super) event: u64,
    pub(super) entries: Vec<u32>,
    pub(super) decoded_values: Vec<DecodedValue>,
}

/// One event while it is matched, with the cached results of its columns.
pub(super) struct EventContext<'m> {
    pub(super) set: &'m RuleSet,
    pub(super) row: &'m Row,
    pub(super) line: &'m str,
    pub(super) columns: &'m mut IndexVec<ColumnId, ColumnState>,
    pub(super) event: u64,
    pub(super) bits: &'m [u64],
    /// Why the whole document cannot be read, once a test needed it: the line is no event.
    pub(super) bad_line: Option<BadDocument>,
}

impl EventContext<'_> {
    /// The state of a column for this event, its values numbered.
    #[inline]
    pub(super) fn resolve(&mut self, number: ColumnId) -> &mut ColumnState {
        if self.columns.at(number).event != self.event {
            self.number_values(number);
        }
        self.columns.at_mut(number)
    }

    /// Looks up the values of a column for this event.
    #[inline(never)]
    fn number_values(&mut self, number: ColumnId) {
        let state = self.columns.at_mut(number);
        state.event = self.event;
        state.entries.clear();
        let slot = self.set.columns.at(number).slot;
        for (place, raw) in self.row.values(self.line, slot).enumerate() {
            if place == 0 {
                state.table.next_event();
            }
            state.entries.push(state.table.number(raw));
            match state.decoded_values.get_mut(place) {
                Some(decoded) => decoded.clear(),
                None => state.decoded_values.push(DecodedValue::default()),
            }
        }
    }

    /// Finds and caches the conditions for which a value passes the prefilter.
    pub(super) fn prefilter(&mut self, number: ColumnId, place: usize, entry: u32) {
        let set = self.set;
        let (column, prefilters) = (set.columns.at(number), set.prefilters.at(number));
        let state = self.columns.at_mut(number);
        let raw = self.row.values(self.line, column.slot).nth(place);
        let count = state.entries.len();
        let raw = present(raw, place, count);
        let decoded = present(state.decoded_values.get_mut(place), place, count);
        decoded.decode(column, raw);
        let mut conditions: Vec<ConditionId> = Vec::new();
        let table = &mut state.table;
        prefilters.find(column, decoded, |test, of_test| {
            table.set(entry, test, true);
            conditions.extend_from_slice(of_test);
        });
        conditions.sort_unstable();
        conditions.dedup();
        table.set_candidates(entry, &conditions);
    }

    fn run(&mut self, number: u32) -> Result<bool, QueryFailure> {
        let set = self.set;
        match set.scripts.at(ScriptId(number)) {
            ScriptTest::Script { script, columns } => {
                script.holds_on(|field: FieldId| -> Vec<Option<Value>> {
                    let column = columns.get(&field.0).copied();
                    column.map_or_else(Vec::new, |column| {
                        self.values(column).into_iter().map(Some).collect()
                    })
                })
            }
            ScriptTest::Document(test) => match Event::from_hit_line(self.line) {
                Ok(event) => test.holds(&event),
                Err(bad) => {
                    self.bad_line = Some(bad);
                    Ok(false)
                }
            },
        }
    }

    /// The values of a column, typed.
    fn values(&self, number: ColumnId) -> Vec<Value> {
        let column = self.set.columns.at(number);
        let mut decoded = DecodedValue::default();
        let values = self.row.values(self.line, column.slot);
        values
            .filter_map(|raw| {
                decoded.clear();
                decoded.decode(column, raw);
                decoded.value()
            })
            .collect()
    }

    /// The key tuples of the event: one for each combination of values; none if a key that must
    /// be there is missing.
    pub(super) fn tuples(&self, set: &KeySet, tuples: &mut Vec<(u32, u32)>, bytes: &mut Vec<u8>) {
        tuples.clear();
        let start = bytes.len();
        self.order(set, bytes);
        for (number, (column, optional)) in set.keys.iter().enumerate() {
            let values = match column {
                Some(column) => self.key_value(*column, bytes),
                None => 0,
            };
            match values {
                1 => {}
                0 if *optional => bytes.push(keys::NULL),
                0 => {
                    bytes.truncate(start);
                    return;
                }
                _ => {
                    // Several values are rare: all combinations, made one by one.
                    let rest = set.keys.get(number..).unwrap_or(&[]);
                    self.combinations(start, rest, tuples, bytes);
                    return;
                }
            }
        }
        tuples.push((place(start), place(bytes.len())));
    }

    /// Appends the value of a key column if it has exactly one. Returns the number of values; 2
    /// stands for several.
    fn key_value(&self, number: ColumnId, bytes: &mut Vec<u8>) -> usize {
        let column = self.set.columns.at(number);
        let start = bytes.len();
        let mut count = 0;
        for raw in self.row.values(self.line, column.slot) {
            if count > 0 {
                bytes.truncate(start);
                return 2;
            }
            write_key(column, raw, bytes);
            count += usize::from(bytes.len() > start);
        }
        count
    }

    /// Adds each tuple that starts with the bytes from `start` on and continues with one value of
    /// each remaining key.
    fn combinations(
        &self,
        start: usize,
        rest: &[(Option<ColumnId>, bool)],
        tuples: &mut Vec<(u32, u32)>,
        bytes: &mut Vec<u8>,
    ) {
        let mut made: Vec<Vec<u8>> = vec![bytes.split_off(start)];
        for (column, optional) in rest {
            let mut values = column.map_or_else(Vec::new, |column| self.key_values(column));
            values.sort_unstable();
            values.dedup();
            if values.is_empty() {
                if !optional {
                    return;
                }
                values.push(vec![keys::NULL]);
            }
            if made.len().saturating_mul(values.len()) <= MAX_TUPLES {
                let longer = made
                    .iter()
                    .flat_map(|tuple| values.iter().map(|value| [&**tuple, &**value].concat()));
                made = longer.collect();
            }
        }
        for tuple in made {
            let start = bytes.len();
            bytes.extend_from_slice(&tuple);
            tuples.push((place(start), place(bytes.len())));
        }
    }

    /// The values of a key column, as bytes.
    fn key_values(&self, number: ColumnId) -> Vec<Vec<u8>> {
        let column = self.set.columns.at(number);
        let values = self.row.values(self.line, column.slot).map(|raw| {
            let mut bytes = Vec::new();
            write_key(column, raw, &mut bytes);
            bytes
        });
        values.filter(|bytes| !bytes.is_empty()).collect()
    }

    /// Appends time and tiebreaker of a rule that has an order of its own.
    fn order(&self, set: &KeySet, bytes: &mut Vec<u8>) {
        let Some((time, tiebreaker)) = set.order else {
            return;
        };
        let mut order = Vec::new();
        for column in [time, tiebreaker] {
            let values = column.map_or_else(Vec::new, |column| self.values(column));
            let least = values
                .into_iter()
                .min_by(|a, b| a.compare(b).unwrap_or(std::cmp::Ordering::Equal));
            match least {
                Some(value) => keys::write(&value, &mut order),
                None => order.push(keys::NULL),
            }
        }
        bytes.extend_from_slice(&place(order.len()).to_le_bytes());
        bytes.extend_from_slice(&order);
    }
}

/// Appends a value in the encoding of keys; appends nothing if the type ignores or refuses the
/// value.
fn write_key(column: &Column, raw: RawCell<'_>, bytes: &mut Vec<u8>) {
    if column.is_text && raw.kind == CellKind::Text {
        // Nothing to decode.
        if let Some(text) = column.reader.read_text(crate::event::Raw::Text(raw.text)) {
            keys::write_text(&text, bytes);
        }
        return;
    }
    let mut decoded = DecodedValue::default();
    decoded.decode(column, raw);
    if let Some(value) = decoded.value() {
        keys::write(&value, bytes);
    }
}

fn place(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl LeafEvaluator for EventContext<'_> {
    fn test(&mut self, test: TestRef) -> bool {
        let (set, row, line) = (self.set, self.row, self.line);
        let state = self.resolve(test.column);
        let count = state.entries.len();
        for (place, entry) in state.entries.iter().enumerate() {
            let outcome = match state.table.get(*entry, test.test) {
                Some(outcome) => outcome,
                None => {
                    let column = set.columns.at(test.column);
                    let raw = row.values(line, column.slot).nth(place);
                    let raw = present(raw, place, count);
                    let decoded = present(state.decoded_values.get_mut(place), place, count);
                    let outcome = column.holds(test.test, raw, decoded);
                    state.table.set(*entry, test.test, outcome);
                    outcome
                }
            };
            if outcome {
                return true;
            }
        }
        false
    }

    fn given(&mut self, bit: u32) -> bool {
        is_set(self.bits, bit)
    }

    fn script(&mut self, script: u32) -> Truth {
        match self.run(script) {
            Ok(truth) => Truth::from(truth),
            Err(_) => Truth::Failed,
        }
    }
}

/// Decides a condition in which scripts failed. Returns the outcome with those scripts false, and
/// the first failure that alone would change it.
pub(super) fn decide_failed(
    node: &Node,
    context: &mut EventContext<'_>,
) -> (bool, Option<QueryFailure>) {
    let mut scripts = Vec::new();
    node.scripts(&mut |script| scripts.push(script));
    let mut failures = Vec::new();
    for script in scripts {
        if let Err(failure) = context.run(script) {
            failures.push((script, failure));
        }
    }
    let mut decide = |truths: &[(u32, bool)]| {
        let mut assumed = AssumedOutcomes {
            context: &mut *context,
            truths,
        };
        node.decide(&mut assumed) == Truth::True
    };
    let mut truths: Vec<(u32, bool)> = failures
        .iter()
        .map(|(script, _)| (*script, false))
        .collect();
    let holds = decide(&truths);
    for (place, (_, failure)) in failures.iter().enumerate() {
        if let Some(truth) = truths.get_mut(place) {
            truth.1 = true;
        }
        let other = decide(&truths);
        if let Some(truth) = truths.get_mut(place) {
            truth.1 = false;
        }
        if other != holds {
            return (holds, Some(failure.clone()));
        }
    }
    (holds, None)
}

/// An [`EventContext`] in which the outcomes of some scripts are given.
struct AssumedOutcomes<'a, 'm> {
    context: &'a mut EventContext<'m>,
    truths: &'a [(u32, bool)],
}

impl LeafEvaluator for AssumedOutcomes<'_, '_> {
    fn test(&mut self, test: TestRef) -> bool {
        self.context.test(test)
    }

    fn given(&mut self, bit: u32) -> bool {
        self.context.given(bit)
    }

    fn script(&mut self, script: u32) -> Truth {
        let known = self.truths.iter().find(|(known, _)| *known == script);
        match known {
            Some((_, truth)) => Truth::from(*truth),
            None => self.context.script(script),
        }
    }
}

pub(super) fn is_set(bits: &[u64], number: u32) -> bool {
    bits.get(number as usize / 64)
        .is_some_and(|word| word >> (number % 64) & 1 == 1)
}
