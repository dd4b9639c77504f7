//! Files of stage hits: what a scan found of each event before it correlates, about a hundred bytes
//! an event. Machines that each read a part of the events write them, a file for each owner of a part
//! of the join keys or one for all; the owners read them.
//!
//! A file is a header line of JSON and then records: a sort key, a length, and the event as a scan
//! keeps it in a temporary file. Behind them is an end mark: in place of a sort key bytes that none
//! has, and in place of a length the number of records. Numbers of stages and files mean something to
//! the same version with the same rules only, which the header's `rules` tells.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::io::{self, BufRead, Read, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::batch::Batch;
use super::shards::Slice;
use super::stored::{KEY, sort_key};
use crate::compile::CompiledRule;
pub use crate::diagnostic::document::HitsError;
use crate::engine::RuleSet;
use crate::plan::index_vec::part;

/// The format of the files.
const VERSION: u32 = 3;
/// The end mark has this in place of a sort key, which begins with 0 or 1.
const END: [u8; KEY] = [0xff; KEY];
/// The longest header, in bytes: a name for each of many files.
const MAX_HEADER: u64 = 64 << 20;
/// The longest record, in bytes.
const MAX_RECORD: usize = 1 << 28;

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    /// Always `trapline-stage-hits`.
    format: String,
    version: u32,
    /// A hash of the rules and of Trapline's version.
    rules: String,
    /// The names of the files, by their numbers.
    files: Vec<String>,
    /// The machine whose hits it has; the only one if it has all.
    owner: Owner,
}

/// The format's name.
const FORMAT: &str = "trapline-stage-hits";

/// The rules whose stage hits are written: all of a scan, or those that it does not correlate.
pub(super) struct WrittenRules<'s> {
    scanned: &'s RuleSet,
    /// The rules without the others, as the machines have them that correlate; `None` if there are
    /// no others.
    own: Option<RuleSet>,
    /// A hash of them.
    hash: RulesHash,
    /// For each stage of the scan its number there.
    stages: Vec<Option<u32>>,
}

impl<'s> WrittenRules<'s> {
    /// Of the rules of a scan, those for which `is_written` says so; `scanned` is the set of all.
    pub(super) fn new(
        rules: &[CompiledRule],
        scanned: &'s RuleSet,
        is_written: impl Fn(&CompiledRule) -> bool,
    ) -> Self {
        let written: Vec<&CompiledRule> = rules.iter().filter(|rule| is_written(rule)).collect();
        let is_own = written.len() < rules.len();
        let own = is_own.then(|| {
            let plans = (0u32..).zip(written.iter().map(|rule| &rule.plan));
            RuleSet::compile(plans, "@timestamp").0
        });
        // Stages are numbered rule by rule, so that both sets have them in the same order.
        let mut numbers = 0u32..;
        let stages = stages(scanned).map(|stage| {
            let rule = rules.get(scanned.rule_of(stage) as usize);
            rule.filter(|rule| is_written(rule))
                .and_then(|_| numbers.next())
        });
        Self {
            scanned,
            stages: stages.collect(),
            own,
            hash: RulesHash::of(written),
        }
    }

    /// The rules as the machines have them that correlate.
    fn set(&self) -> &RuleSet {
        self.own.as_ref().unwrap_or(self.scanned)
    }

    /// The number that they know a stage of the scan by; `None` if its hits are not written.
    fn stage(&self, stage: u32) -> Option<u32> {
        self.stages.get(stage as usize).copied().flatten()
    }
}

/// The numbers of all stages.
fn stages(set: &RuleSet) -> impl Iterator<Item = u32> {
    (0..).take_while(|stage| set.has_stage(*stage))
}

/// Writes the hits of one scan, those of each owner to its own output.
pub(super) struct HitsWriter<'w> {
    outs: Vec<&'w mut (dyn Write + Send)>,
    /// How many records each output has.
    counts: Vec<u64>,
    rules: &'w WrittenRules<'w>,
    /// Only hits of events in this slice are written.
    slice: Option<Slice>,
}

impl<'w> HitsWriter<'w> {
    /// Writes the headers.
    pub(super) fn new(
        mut outs: Vec<&'w mut (dyn Write + Send)>,
        rules: &'w WrittenRules<'w>,
        slice: Option<Slice>,
        files: Vec<String>,
    ) -> io::Result<Self> {
        let mut header = Header {
            format: FORMAT.to_owned(),
            version: VERSION,
            rules: rules.hash.0.clone(),
            files,
            owner: Owner {
                index: 0,
                count: outs.len() as u64,
            },
        };
        for (index, out) in (0..).zip(&mut outs) {
            header.owner.index = index;
            serde_json::to_writer(&mut *out, &header)?;
            out.write_all(b"\n")?;
        }
        Ok(Self {
            counts: vec![0; outs.len()],
            outs,
            rules,
            slice,
        })
    }

    /// Whether the hits of a stage are written.
    pub(super) fn writes(&self, stage: u32) -> bool {
        self.rules.stage(stage).is_some()
    }

    /// Writes the events of a batch that meet a stage, each to the owners of its hits.
    pub(super) fn take(&mut self, batch: &Batch) -> io::Result<()> {
        let (set, count) = (self.rules.set(), self.outs.len() as u64);
        for (place, event) in (0u32..).zip(&batch.events) {
            if self.slice.is_some_and(|slice| !slice.holds(event.time)) {
                continue;
            }
            let number = |stage, _: &[u8]| self.rules.stage(stage);
            let Some(single) = batch.single_with(place, number) else {
                continue;
            };
            let owners = single
                .hits
                .iter()
                .map(|(stage, key)| owner_of(set, *stage, part(&single.keys, *key), count));
            let owners: BTreeSet<u64> = owners.collect();
            let outs = self.outs.iter_mut().zip(&mut self.counts);
            for (index, (out, records)) in (0..).zip(outs) {
                if !owners.contains(&index) {
                    continue;
                }
                let owner = Owner { index, count };
                let owned = |stage, key: &[u8]| owner.owns(set, stage, key).then_some(stage);
                let own = single.single_with(0, owned);
                let record = own.as_ref().unwrap_or(&single).encode();
                out.write_all(&sort_key(batch, event))?;
                out.write_all(&(record.len() as u64).to_le_bytes())?;
                out.write_all(&record)?;
                *records += 1;
            }
        }
        Ok(())
    }

    /// Marks the ends: all hits have been written.
    pub(super) fn end(&mut self) -> io::Result<()> {
        for (out, records) in self.outs.iter_mut().zip(&self.counts) {
            out.write_all(&END)?;
            out.write_all(&records.to_le_bytes())?;
        }
        Ok(())
    }
}

/// The part of the join keys that a machine owns: `index` of `count`, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// This machine's number.
    pub index: u64,
    /// The number of machines.
    pub count: u64,
}

impl Owner {
    /// Whether the hit of a stage is this machine's.
    fn owns(self, set: &RuleSet, stage: u32, key: &[u8]) -> bool {
        owner_of(set, stage, key, self.count) == self.index
    }
}

/// The number of the machine, of `count`, that owns the hit of a stage. Equal keys have equal bytes,
/// however the documents write them; a rule that is not divided has one owner.
fn owner_of(set: &RuleSet, stage: u32, key: &[u8], count: u64) -> u64 {
    if count <= 1 {
        return 0;
    }
    let rule = set.rule_of(stage);
    let key = if set.is_divided_by_key(stage) {
        key
    } else {
        &[]
    };
    let mut hash = sha1_smol::Sha1::new();
    hash.update(&rule.to_le_bytes());
    hash.update(key);
    let digest = hash.digest().bytes();
    let first = digest.first_chunk::<8>().copied().unwrap_or_default();
    u64::from_le_bytes(first) % count
}

/// The stage hits that a machine correlates.
pub struct OwnedHits<'n> {
    /// The files, of all parts of the events.
    pub files: Vec<HitsFile>,
    /// The names of all files whose events they are, sorted. The file of an event in an alert is
    /// its place among them.
    pub names: &'n [String],
    /// The machine.
    pub owner: Owner,
}

/// A file of stage hits, its header read.
pub struct HitsFile {
    reader: Box<dyn Read + Send>,
    files: Vec<String>,
    /// How many records were read.
    records: u64,
}

impl HitsFile {
    /// Reads the header.
    ///
    /// # Errors
    /// When the file is something else, was written with other rules, or is another machine's.
    pub fn open(
        reader: Box<dyn Read + Send>,
        rules: &RulesHash,
        owner: Owner,
    ) -> Result<Self, HitsError> {
        let mut reader = io::BufReader::with_capacity(1 << 16, reader);
        let mut line = Vec::new();
        (&mut reader)
            .take(MAX_HEADER)
            .read_until(b'\n', &mut line)?;
        let header: Header = serde_json::from_slice(&line).map_err(|_| HitsError::Foreign)?;
        if header.format != FORMAT || header.version != VERSION {
            return Err(HitsError::Foreign);
        }
        if header.rules != rules.0 {
            return Err(HitsError::OtherRules);
        }
        if header.owner.count != 1 && header.owner != owner {
            return Err(HitsError::OtherOwner {
                index: header.owner.index,
                count: header.owner.count,
            });
        }
        Ok(Self {
            reader: Box::new(reader),
            files: header.files,
            records: 0,
        })
    }

    /// The names of the files whose events it has.
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// The next event with the hits that the machine owns; events without one are passed over.
    /// `numbers` gives each file its number among all.
    pub(super) fn next(
        &mut self,
        set: &RuleSet,
        owner: Owner,
        numbers: &[u32],
    ) -> Result<Option<Arc<Batch>>, HitsError> {
        loop {
            let mut head = [0; KEY + 8];
            // A file without an end mark is cut off.
            if read_whole(&mut self.reader, &mut head)? < head.len() {
                return Err(HitsError::Damaged);
            }
            let length = head
                .last_chunk::<8>()
                .map(|bytes| u64::from_le_bytes(*bytes));
            if head.starts_with(&END) {
                let is_whole = length == Some(self.records);
                let is_end = is_whole && read_whole(&mut self.reader, &mut [0])? == 0;
                return is_end.then_some(None).ok_or(HitsError::Damaged);
            }
            self.records += 1;
            let length = length.and_then(|length| usize::try_from(length).ok());
            let length = length.filter(|length| *length <= MAX_RECORD);
            let mut record = vec![0; length.ok_or(HitsError::Damaged)?];
            if read_whole(&mut self.reader, &mut record)? < record.len() {
                return Err(HitsError::Damaged);
            }
            let mut batch = Batch::decode(&record).ok_or(HitsError::Damaged)?;
            if !batch.hits.iter().all(|(stage, _)| set.has_stage(*stage)) {
                return Err(HitsError::Damaged);
            }
            let number = numbers.get(batch.file as usize);
            batch.file = *number.ok_or(HitsError::Damaged)?;
            let owned = |stage, key: &[u8]| owner.owns(set, stage, key).then_some(stage);
            if let Some(own) = batch.single_with(0, owned) {
                return Ok(Some(Arc::new(own)));
            }
        }
    }
}

fn read_whole(reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// A hash of all that decides stage hits and what they mean: Trapline's version, and of each rule its
/// settings, plan and exceptions with the types of the fields that they read.
pub struct RulesHash(String);

impl RulesHash {
    /// The hash of these rules.
    pub fn of<'r>(rules: impl IntoIterator<Item = &'r CompiledRule>) -> Self {
        let mut hash = HashedText(sha1_smol::Sha1::new());
        hash.0.update(env!("CARGO_PKG_VERSION").as_bytes());
        for rule in rules {
            // Hashing never fails.
            let _ = rule.write_fingerprint(&mut hash);
            let _ = hash.write_str("\n");
        }
        Self(hash.0.digest().to_string())
    }
}

struct HashedText(sha1_smol::Sha1);

impl fmt::Write for HashedText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}
