//! From a line to the stages that it meets. Each thread has a matcher of its own; what it finds
//! goes to the one `correlate.rs` in the order of events.

use rustc_hash::FxHashMap;

use super::clock::Clock;
use super::column::{Column, Sight};
use super::compile::{KeySet, RuleSet};
use super::extract::{BadLine, Extractor};
use super::keys;
use super::program::{Ask, Node, TestRef, Truth};
use super::row::{Kind, RawCell, Row};
use super::slots::SlotId;
use super::value_table::ValueTable;
use crate::event::{FieldType, Timestamp, Value};
use crate::plan::FieldId;

/// Kinds of event are remembered up to so many.
const MAX_BUCKETS: usize = 4_096;
/// The most key tuples of one event at one stage.
const MAX_TUPLES: usize = 65_536;

/// Which rules see the events of which index.
pub trait Routing: Sync {
    /// Whether the rule of this number sees events of this index, named as the events have it.
    fn sees(&self, rule: u32, index: &str) -> bool;
}

/// Every rule sees every event.
#[derive(Debug, Clone, Copy)]
pub struct Everywhere;

impl Routing for Everywhere {
    fn sees(&self, _: u32, _: &str) -> bool {
        true
    }
}

/// Finds the stages that lines meet.
pub struct Matcher<'s> {
    set: &'s RuleSet,
    routing: &'s dyn Routing,
    extractor: Extractor<'s>,
    row: Row,
    columns: Vec<ColumnState>,
    /// The number of the event that is being matched.
    event: u64,
    buckets: Vec<Bucket>,
    bucket_numbers: FxHashMap<Box<[u8]>, u32>,
    bucket_key: Vec<u8>,
    /// For each stage the event for which it was last looked at.
    looked_at: Vec<u64>,
    candidates: Vec<u32>,
    key_sets: Vec<KeyState>,
    clock: Clock,
    failures: Vec<(u32, String)>,
}

/// What one column knows.
#[derive(Debug)]
struct ColumnState {
    table: ValueTable,
    /// The event whose values the entries are.
    event: u64,
    entries: Vec<u32>,
    sights: Vec<Sight>,
}

/// A kind of event: what its dispatch columns say.
#[derive(Debug)]
struct Bucket {
    bits: Box<[u64]>,
    /// The stages that are not ruled out.
    alive: Box<[u64]>,
    /// Those of them that no witness finds.
    always: Vec<u32>,
    /// The columns on which a witness may be found, each with its slot.
    columns: Vec<(u32, SlotId)>,
    /// The index, when no rule sees it.
    unrouted: Option<Box<str>>,
}

/// The key tuples of the event.
#[derive(Debug, Default)]
struct KeyState {
    event: u64,
    /// Where the tuples stand among the bytes of [`Found`].
    tuples: Vec<(u32, u32)>,
}

/// What was found on one line; reused from line to line.
#[derive(Debug, Default)]
pub struct Found {
    /// When the event happened.
    pub time: Option<Timestamp>,
    /// The stages that it meets, ascending, with the place of the key among the bytes.
    hits: Vec<(u32, (u32, u32))>,
    bytes: Vec<u8>,
    /// The event's index, when no rule sees it.
    pub unrouted: Option<Box<str>>,
}

impl Found {
    /// The stages that the event meets, ascending, with the key.
    pub fn hits(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.hits.iter().map(|(stage, (start, end))| {
            let key = self.bytes.get(*start as usize..*end as usize);
            (*stage, key.unwrap_or(&[]))
        })
    }

    /// Whether the event meets no stage.
    pub fn is_empty(&self) -> bool {
        self.hits.is_empty()
    }
}

impl<'s> Matcher<'s> {
    /// A matcher that has seen nothing. With `unwrap_source` a line may be a hit of a search
    /// response.
    pub fn new(set: &'s RuleSet, routing: &'s dyn Routing, unwrap_source: bool) -> Self {
        let clock = set.columns.get(set.clock as usize);
        let clock = clock.map_or(FieldType::named("date"), |column| column.reader.clone());
        let columns = set.columns.iter().map(|column| ColumnState {
            table: ValueTable::new(column.tests.len()),
            event: 0,
            entries: Vec::new(),
            sights: Vec::new(),
        });
        Self {
            set,
            routing,
            extractor: Extractor::new(&set.slots, unwrap_source),
            row: Row::new(set.slots.len()),
            columns: columns.collect(),
            event: 0,
            buckets: Vec::new(),
            bucket_numbers: FxHashMap::default(),
            bucket_key: Vec::new(),
            looked_at: vec![0; set.stages.len()],
            candidates: Vec::new(),
            key_sets: set.key_sets.iter().map(|_| KeyState::default()).collect(),
            clock: Clock::new(clock),
            failures: Vec::new(),
        }
    }

    /// Matches one line.
    pub fn line(&mut self, line: &str, found: &mut Found) -> Result<(), BadLine> {
        found.time = None;
        found.hits.clear();
        found.bytes.clear();
        found.unrouted = None;
        self.extractor.read_text(line, &mut self.row)?;
        self.event += 1;
        let set = self.set;
        if let Some(clock) = set.columns.get(set.clock as usize) {
            found.time = self.clock.read(self.row.values(line, clock.slot));
        }
        let Some(number) = self.bucket(line) else {
            return Ok(());
        };
        self.find_candidates(line, number);
        self.decide_candidates(line, number, found);
        if let Some(bucket) = self.buckets.get(number as usize) {
            found.unrouted.clone_from(&bucket.unrouted);
        }
        Ok(())
    }

    /// Appends `_index`, `_id` and the time of the line matched last, as the document has them,
    /// and says where they stand.
    pub fn identity(&self, line: &str, text: &mut String) -> [Option<(u32, u32)>; 3] {
        let clock = self.set.columns.get(self.set.clock as usize);
        let time = clock.and_then(|clock| self.row.values(line, clock.slot).next());
        [self.row.index(line), self.row.id(line), time].map(|cell| {
            let cell = cell?;
            let start = u32::try_from(text.len()).ok()?;
            if cell.kind == Kind::Escaped {
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

    /// The rules that failed on an event, with the reason; each rule once.
    pub fn take_failures(&mut self) -> Vec<(u32, String)> {
        std::mem::take(&mut self.failures)
    }

    /// The bucket of the event.
    fn bucket(&mut self, line: &str) -> Option<u32> {
        let set = self.set;
        self.bucket_key.clear();
        let index = self.row.index(line);
        let named = index.is_some();
        push_values(&mut self.bucket_key, index.into_iter());
        for slot in set.data_stream.iter().filter(|_| !named) {
            push_values(&mut self.bucket_key, self.row.values(line, *slot));
        }
        for column in &set.dispatch {
            if let Some(column) = set.columns.get(*column as usize) {
                push_values(&mut self.bucket_key, self.row.values(line, column.slot));
            }
        }
        if let Some(number) = self.bucket_numbers.get(self.bucket_key.as_slice()) {
            return Some(*number);
        }
        if self.buckets.len() >= MAX_BUCKETS {
            self.buckets.clear();
            self.bucket_numbers.clear();
        }
        let number = u32::try_from(self.buckets.len()).ok()?;
        let bucket = self.new_bucket(line);
        self.buckets.push(bucket);
        self.bucket_numbers
            .insert(self.bucket_key.as_slice().into(), number);
        Some(number)
    }

    fn new_bucket(&mut self, line: &str) -> Bucket {
        let set = self.set;
        let index = self.index_name(line);
        let mut scene = self.scene(line, &[]);
        let mut bits = vec![0_u64; set.given.len().div_ceil(64)];
        for (number, test) in set.given.iter().enumerate() {
            if scene.test(*test)
                && let Some(word) = bits.get_mut(number / 64)
            {
                *word |= 1 << (number % 64);
            }
        }
        let sees: Vec<bool> = set
            .rules
            .iter()
            .map(|rule| {
                let sees = |index: &String| self.routing.sees(rule.number, index);
                index.as_ref().is_none_or(sees)
            })
            .collect();
        let mut alive = vec![0_u64; set.stages.len().div_ceil(64)];
        for (number, stage) in set.stages.iter().enumerate() {
            let routed = sees.get(stage.rule as usize).copied().unwrap_or(false);
            if routed
                && stage.node.given(&|bit| is_set(&bits, bit)) != Some(false)
                && let Some(word) = alive.get_mut(number / 64)
            {
                *word |= 1 << (number % 64);
            }
        }
        let is_alive = |stage: &u32| is_set(&alive, *stage);
        let always = set.unwitnessed.iter().copied().filter(is_alive).collect();
        let columns = (0u32..).zip(&set.columns).zip(&set.witnesses);
        let columns = columns
            .filter(|(_, witnesses)| witnesses.stages().any(|stage| is_alive(&stage)))
            .map(|((number, column), _)| (number, column.slot))
            .collect();
        let unrouted = !set.rules.is_empty() && !sees.contains(&true);
        Bucket {
            always,
            columns,
            bits: bits.into(),
            alive: alive.into(),
            unrouted: index.filter(|_| unrouted).map(String::into_boxed_str),
        }
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

    fn scene<'m>(&'m mut self, line: &'m str, bits: &'m [u64]) -> Scene<'m> {
        Scene {
            set: self.set,
            row: &self.row,
            line,
            columns: &mut self.columns,
            event: self.event,
            bits,
        }
    }

    /// The stages worth a look.
    fn find_candidates(&mut self, line: &str, number: u32) {
        self.candidates.clear();
        let Some(bucket) = self.buckets.get(number as usize) else {
            return;
        };
        let mut scene = Scene {
            set: self.set,
            row: &self.row,
            line,
            columns: &mut self.columns,
            event: self.event,
            bits: &bucket.bits,
        };
        for stage in &bucket.always {
            self.candidates.push(*stage);
        }
        for (column, slot) in &bucket.columns {
            if !self.row.has(*slot) {
                continue;
            }
            let Some(state) = scene.resolve(*column) else {
                continue;
            };
            for place in 0..state.entries.len() {
                let Some(state) = scene.columns.get(*column as usize) else {
                    continue;
                };
                let Some(entry) = state.entries.get(place).copied() else {
                    continue;
                };
                if state.table.candidates(entry).is_none() {
                    scene.witness(*column, place, entry);
                }
                let Some(state) = scene.columns.get(*column as usize) else {
                    continue;
                };
                for stage in state.table.candidates(entry).unwrap_or(&[]) {
                    if is_set(&bucket.alive, *stage)
                        && let Some(looked_at) = self.looked_at.get_mut(*stage as usize)
                        && *looked_at != self.event
                    {
                        *looked_at = self.event;
                        self.candidates.push(*stage);
                    }
                }
            }
        }
    }

    fn decide_candidates(&mut self, line: &str, number: u32, found: &mut Found) {
        let set = self.set;
        let candidates = std::mem::take(&mut self.candidates);
        let Some(bucket) = self.buckets.get(number as usize) else {
            return;
        };
        let mut scene = Scene {
            set,
            row: &self.row,
            line,
            columns: &mut self.columns,
            event: self.event,
            bits: &bucket.bits,
        };
        for number in &candidates {
            let Some(stage) = set.stages.get(*number as usize) else {
                continue;
            };
            let holds = match stage.node.decide(&mut scene) {
                Truth::True => true,
                Truth::False => false,
                Truth::Failed => {
                    let (holds, failure) = decide_failed(&stage.node, &mut scene);
                    if let Some(failure) = failure
                        && let Some(rule) = set.rules.get(stage.rule as usize)
                        && self.failures.iter().all(|(known, _)| *known != rule.number)
                    {
                        self.failures.push((rule.number, failure));
                    }
                    holds
                }
            };
            if !holds {
                continue;
            }
            match stage.keys {
                None => found.hits.push((*number, (0, 0))),
                Some(keys) => {
                    let (Some(key_set), Some(state)) = (
                        set.key_sets.get(keys as usize),
                        self.key_sets.get_mut(keys as usize),
                    ) else {
                        continue;
                    };
                    if state.event != self.event {
                        state.event = self.event;
                        scene.tuples(key_set, &mut state.tuples, &mut found.bytes);
                    }
                    let tuples = state.tuples.iter();
                    found.hits.extend(tuples.map(|place| (*number, *place)));
                }
            }
        }
        if found.hits.len() > 1 {
            found.hits.sort_by_key(|(stage, _)| *stage);
        }
        self.candidates = candidates;
    }
}

/// A condition that hangs on scripts that failed: what it is with those false, and the failure on
/// which it hangs alone.
fn decide_failed(node: &Node, scene: &mut Scene<'_>) -> (bool, Option<String>) {
    let mut scripts = Vec::new();
    node.scripts(&mut |script| scripts.push(script));
    let mut failures = Vec::new();
    for script in scripts {
        if let Err(message) = scene.run(script) {
            failures.push((script, message));
        }
    }
    let mut decide = |truths: &[(u32, bool)]| {
        let mut assumed = Assumed {
            scene: &mut *scene,
            truths,
        };
        node.decide(&mut assumed) == Truth::True
    };
    let mut truths: Vec<(u32, bool)> = failures
        .iter()
        .map(|(script, _)| (*script, false))
        .collect();
    let holds = decide(&truths);
    for (place, (_, message)) in failures.iter().enumerate() {
        if let Some(truth) = truths.get_mut(place) {
            truth.1 = true;
        }
        let other = decide(&truths);
        if let Some(truth) = truths.get_mut(place) {
            truth.1 = false;
        }
        if other != holds {
            return (holds, Some(message.clone()));
        }
    }
    (holds, None)
}

/// A scene in which some scripts have an outcome that is given.
struct Assumed<'a, 'm> {
    scene: &'a mut Scene<'m>,
    truths: &'a [(u32, bool)],
}

impl Ask for Assumed<'_, '_> {
    fn test(&mut self, test: TestRef) -> bool {
        self.scene.test(test)
    }

    fn given(&mut self, bit: u32) -> bool {
        self.scene.given(bit)
    }

    fn script(&mut self, script: u32) -> Truth {
        let known = self.truths.iter().find(|(known, _)| *known == script);
        match known {
            Some((_, truth)) => Truth::from(*truth),
            None => self.scene.script(script),
        }
    }
}

fn is_set(bits: &[u64], number: u32) -> bool {
    bits.get(number as usize / 64)
        .is_some_and(|word| word >> (number % 64) & 1 == 1)
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

/// One event, and what is known of its values.
struct Scene<'m> {
    set: &'m RuleSet,
    row: &'m Row,
    line: &'m str,
    columns: &'m mut [ColumnState],
    event: u64,
    bits: &'m [u64],
}

impl Scene<'_> {
    /// The state of a column for this event, its values numbered.
    fn resolve(&mut self, number: u32) -> Option<&mut ColumnState> {
        let state = self.columns.get_mut(number as usize)?;
        if state.event != self.event {
            state.event = self.event;
            state.entries.clear();
            let column = self.set.columns.get(number as usize)?;
            let mut values = self.row.values(self.line, column.slot).peekable();
            if values.peek().is_some() {
                state.table.next_event();
            }
            for (place, raw) in values.enumerate() {
                state.entries.push(state.table.number(raw));
                match state.sights.get_mut(place) {
                    Some(sight) => sight.forget(),
                    None => state.sights.push(Sight::default()),
                }
            }
        }
        Some(state)
    }

    /// Finds out which stages a value makes candidates.
    fn witness(&mut self, number: u32, place: usize, entry: u32) {
        let set = self.set;
        let (Some(column), Some(witnesses), Some(state)) = (
            set.columns.get(number as usize),
            set.witnesses.get(number as usize),
            self.columns.get_mut(number as usize),
        ) else {
            return;
        };
        let raw = self.row.values(self.line, column.slot).nth(place);
        let (Some(raw), Some(sight)) = (raw, state.sights.get_mut(place)) else {
            return;
        };
        sight.look(column, raw);
        let mut stages: Vec<u32> = Vec::new();
        let table = &mut state.table;
        witnesses.find(column, sight, |test, of_test| {
            table.set(entry, test, true);
            stages.extend_from_slice(of_test);
        });
        stages.sort_unstable();
        stages.dedup();
        table.set_candidates(entry, &stages);
    }

    fn run(&mut self, number: u32) -> Result<bool, String> {
        let set = self.set;
        let Some(script) = set.scripts.get(number as usize) else {
            return Ok(false);
        };
        let values = |field: FieldId| -> Vec<Option<Value>> {
            let column = script.columns.get(&field.0).copied();
            column.map_or_else(Vec::new, |column| {
                self.values(column).into_iter().map(Some).collect()
            })
        };
        let outcome = script.script.holds_on(values);
        outcome.map_err(|failure| failure.message)
    }

    /// The values of a column, typed.
    fn values(&self, number: u32) -> Vec<Value> {
        let Some(column) = self.set.columns.get(number as usize) else {
            return Vec::new();
        };
        let mut sight = Sight::default();
        let values = self.row.values(self.line, column.slot);
        values
            .filter_map(|raw| {
                sight.forget();
                sight.look(column, raw);
                sight.value()
            })
            .collect()
    }

    /// The key tuples of the event: one for each combination of values; none if a key that must
    /// be there is missing.
    fn tuples(&self, set: &KeySet, tuples: &mut Vec<(u32, u32)>, bytes: &mut Vec<u8>) {
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

    /// Appends the value of a key column if it is the only one; how many there are.
    fn key_value(&self, number: u32, bytes: &mut Vec<u8>) -> usize {
        let Some(column) = self.set.columns.get(number as usize) else {
            return 0;
        };
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

    /// All tuples that begin with what stands from `start` on and go on with one value of each of
    /// the keys.
    fn combinations(
        &self,
        start: usize,
        rest: &[(Option<u32>, bool)],
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
    fn key_values(&self, number: u32) -> Vec<Vec<u8>> {
        let Some(column) = self.set.columns.get(number as usize) else {
            return Vec::new();
        };
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

/// Appends a value as a key; nothing if the type makes nothing of it.
fn write_key(column: &Column, raw: RawCell<'_>, bytes: &mut Vec<u8>) {
    if column.is_text && raw.kind == Kind::Text {
        // Nothing to decode.
        if let Some(text) = column.reader.read_text(crate::event::Raw::Text(raw.text)) {
            keys::write_text(text, bytes);
        }
        return;
    }
    let mut sight = Sight::default();
    sight.look(column, raw);
    if let Some(value) = sight.value() {
        keys::write(&value, bytes);
    }
}

fn place(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl Ask for Scene<'_> {
    fn test(&mut self, test: TestRef) -> bool {
        let (set, row, line) = (self.set, self.row, self.line);
        let Some(state) = self.resolve(test.column) else {
            return false;
        };
        for (place, entry) in state.entries.iter().enumerate() {
            let outcome = match state.table.get(*entry, test.test) {
                Some(outcome) => outcome,
                None => {
                    let Some(column) = set.columns.get(test.column as usize) else {
                        return false;
                    };
                    let raw = row.values(line, column.slot).nth(place);
                    let (Some(raw), Some(sight)) = (raw, state.sights.get_mut(place)) else {
                        return false;
                    };
                    let outcome = column.holds(test.test, raw, sight);
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
