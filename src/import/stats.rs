//! Counts of a recording's contents.

use std::collections::{BTreeMap, BTreeSet};

use super::detect::EventForm;
use super::ecs::Mapped;
use crate::diagnostic::recording::Problem;

/// What was read of a recording.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportStats {
    /// Documents given.
    pub documents: u64,
    /// Documents by the form that they were read in.
    pub forms: BTreeMap<EventForm, u64>,
    /// Windows events by channel and id.
    pub events: BTreeMap<WindowsEventId, Tally>,
    /// Documents without a host; sequences `by host.id` can never match them.
    pub without_host: u64,
    /// Readable records that are not events of this recording, by reason.
    pub left_out: BTreeMap<&'static str, u64>,
    /// What was not read, by [`Problem::kind`].
    pub faults: BTreeMap<&'static str, u64>,
}

/// A kind of Windows event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WindowsEventId {
    /// The channel; captures write `Security` and `security`, which are one.
    pub channel: String,
    /// The event id; by number where it is one.
    pub id: (u64, String),
}

impl WindowsEventId {
    /// The kind with this channel and event id.
    pub fn new(channel: &str, id: &str) -> Self {
        let channel = if channel.eq_ignore_ascii_case("security") {
            "Security"
        } else {
            channel
        };
        Self {
            channel: shortened(channel),
            id: (id.parse().unwrap_or(u64::MAX), shortened(id)),
        }
    }
}

/// How many events of a kind there were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Their number.
    pub events: u64,
    /// How much of them has ECS fields.
    pub mapped: Mapped,
    /// Names of event data that the pipeline never looks at: they stay below `winlog.event_data`.
    pub unmapped: BTreeSet<String>,
}

/// Of a kind of event this many names are kept.
const NAMES: usize = 100;

/// The number of kinds that are counted separately; all further kinds count as one.
const KINDS: usize = 5000;

/// Of a name this many characters are kept.
const LONGEST: usize = 200;

fn shortened(name: &str) -> String {
    name.chars().take(LONGEST).collect()
}

impl Tally {
    fn new(mapped: Mapped) -> Self {
        Self {
            events: 0,
            mapped,
            unmapped: BTreeSet::new(),
        }
    }

    fn add(&mut self, events: u64, unmapped: impl IntoIterator<Item = String>) {
        self.events += events;
        for name in unmapped {
            if self.unmapped.len() < NAMES {
                self.unmapped.insert(shortened(&name));
            }
        }
    }
}

impl ImportStats {
    /// The kinds of events of which only the header has ECS fields.
    pub fn header_only(&self) -> impl Iterator<Item = (&WindowsEventId, u64)> {
        self.events
            .iter()
            .filter(|(_, tally)| tally.mapped == Mapped::HeaderOnly)
            .map(|(kind, tally)| (kind, tally.events))
    }

    /// How many values could not be read.
    pub fn faulty(&self) -> u64 {
        self.faults.values().sum()
    }

    /// Takes those of another recording to these.
    pub fn add(&mut self, other: &Self) {
        self.documents += other.documents;
        self.without_host += other.without_host;
        for (form, documents) in &other.forms {
            *self.forms.entry(*form).or_default() += documents;
        }
        for (kind, tally) in &other.events {
            let all = self.events.entry(kind.clone());
            all.or_insert_with(|| Tally::new(tally.mapped))
                .add(tally.events, tally.unmapped.iter().cloned());
        }
        for (what, number) in &other.left_out {
            self.leave_out(what, *number);
        }
        for (kind, faults) in &other.faults {
            *self.faults.entry(kind).or_default() += faults;
        }
    }

    pub(super) fn event(&mut self, kind: WindowsEventId, mapped: Mapped, unmapped: Vec<String>) {
        let is_one_too_many = self.events.len() >= KINDS && !self.events.contains_key(&kind);
        let kind = if is_one_too_many {
            WindowsEventId::new("other channels", "")
        } else {
            kind
        };
        let tally = self.events.entry(kind);
        tally.or_insert_with(|| Tally::new(mapped)).add(1, unmapped);
    }

    pub(super) fn leave_out(&mut self, what: &'static str, number: u64) {
        if number > 0 {
            *self.left_out.entry(what).or_default() += number;
        }
    }

    pub(super) fn document(&mut self, form: EventForm, hostless: bool) {
        self.documents += 1;
        self.without_host += u64::from(hostless);
        *self.forms.entry(form).or_default() += 1;
    }

    pub(super) fn fault(&mut self, problem: &Problem) {
        *self.faults.entry(problem.kind()).or_default() += 1;
    }
}
