//! What is read of an event for a rule that alerts by its executions: when it happened and arrived,
//! and the terms of the rule's fields, or the whole event for a query in ES|QL. Worked out by the
//! threads that match, as bytes, because all of these events may have to go through a temporary
//! file.

use std::io;

use crate::compile::CompiledRule;
use crate::data_source::constants::Constants;
use crate::engine::{Matcher, RuleSet, SlotId, keys};
use crate::evaluate::term::Term;
use crate::event::external_sort::changed;
use crate::event::schema::MappedField;
use crate::event::{Event, Value};
use crate::execution::Arrival;
use crate::execution::time_range::RangeField;
use crate::rule::RuleKind;
use crate::scan::Options;

/// The readers of the rules, by their places; `None` for rules that alert on events by themselves.
pub(in crate::scan) struct Readers(Vec<Option<Reader>>);

/// Reads events for one rule.
struct Reader {
    range: RangeField,
    /// Each field of the range that some slot has.
    times: Vec<(String, SlotId)>,
    /// The fields that the rule names beside its query; `None` for one that has no terms.
    fields: Vec<Option<(MappedField, SlotId)>>,
    /// The fields that its alerts are suppressed by.
    groups: Vec<Option<SlotId>>,
    /// The whole event is read instead.
    is_whole: bool,
    /// A search finds every document, whenever it arrived.
    is_searched: bool,
}

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reading {
    pub(super) arrival: Arrival,
    pub(super) content: Content,
}

/// What was read beside the times.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    /// The terms of each field that the rule names beside its query, then the texts of each field that its alerts are
    /// suppressed by.
    Terms(Vec<Vec<Term>>),
    /// The event.
    Event(Box<Event>),
}

impl Content {
    /// The terms.
    pub(super) fn terms(self) -> Vec<Vec<Term>> {
        match self {
            Self::Terms(terms) => terms,
            Self::Event(_) => Vec::new(),
        }
    }

    /// The event.
    pub(super) fn event(self) -> Event {
        match self {
            Self::Terms(_) => Event::default(),
            Self::Event(event) => *event,
        }
    }
}

/// The bytes of times are followed by one of these.
const TERMS: u8 = 0;
const EVENT: u8 = 1;

/// The paths of documents that are read for rules that alert by their executions.
pub(in crate::scan) fn fields(rules: &[CompiledRule], options: &Options) -> Vec<String> {
    let mut paths = Vec::new();
    for rule in rules.iter().filter(|rule| is_executed(rule, options)) {
        paths.extend(RangeField::of(&rule.rule).fields().map(str::to_owned));
        let mapped = rule.named_fields().filter_map(|path| rule.field(path));
        paths.extend(mapped.map(|field| field.read_from.into_string()));
        paths.extend(group_by(rule).iter().cloned());
    }
    paths.sort();
    paths.dedup();
    paths
}

/// Whether the alerts of a rule come of executions.
fn is_executed(rule: &CompiledRule, options: &Options) -> bool {
    options.executions || !options.searches.is_empty() || rule.is_executed()
}

/// The fields by whose texts the alerts of a rule are suppressed, where not the whole event is read.
fn group_by(rule: &CompiledRule) -> &[String] {
    let suppression = rule.rule.production.suppression.as_ref();
    let is_typed = rule.rule.bucket_fields().next().is_some();
    match suppression.filter(|_| !is_typed && !is_whole(rule)) {
        Some(suppression) => &suppression.group_by,
        None => &[],
    }
}

/// Whether the executions of a rule look at whole events.
fn is_whole(rule: &CompiledRule) -> bool {
    let is_matched = matches!(rule.rule.kind, RuleKind::Eql);
    is_matched || rule.pipeline.is_some() || rule.indicators.is_some()
}

impl Readers {
    pub(in crate::scan) fn new(rules: &[CompiledRule], set: &RuleSet, options: &Options) -> Self {
        let slot = |path: &str| set.slots().slot(path);
        let reader = |rule: &CompiledRule| {
            let range = RangeField::of(&rule.rule);
            let times = range
                .fields()
                .map(|path| Some((path.to_owned(), slot(path)?)));
            let fields = rule.named_fields().map(|path| {
                let field = rule.field(path)?;
                let slot = slot(&field.read_from)?;
                Some((field, slot))
            });
            Reader {
                times: times.into_iter().flatten().collect(),
                fields: fields.collect(),
                groups: group_by(rule).iter().map(|path| slot(path)).collect(),
                is_whole: is_whole(rule),
                is_searched: !options.searches.is_empty(),
                range,
            }
        };
        let readers = rules
            .iter()
            .map(|rule| is_executed(rule, options).then(|| reader(rule)));
        Self(readers.collect())
    }

    /// Whether the rule's alerts come of executions.
    pub(in crate::scan) fn has(&self, rule: u32) -> bool {
        matches!(self.0.get(rule as usize), Some(Some(_)))
    }

    /// Whether some rule reads whole events.
    pub(in crate::scan) fn ask_documents(&self) -> bool {
        self.0.iter().flatten().any(|reader| reader.is_whole)
    }

    /// Appends what a rule reads of the line matched last. Nothing where no execution can find it.
    pub(in crate::scan) fn read(
        &self,
        rule: u32,
        line: &str,
        matcher: &Matcher<'_>,
        bytes: &mut Vec<u8>,
    ) {
        let Some(Some(reader)) = self.0.get(rule as usize) else {
            return;
        };
        let arrival = reader.range.arrival(|path| {
            let (_, slot) = reader.times.iter().find(|(own, _)| own == path)?;
            let values = matcher.values_of(line, *slot);
            values.first().map(ToString::to_string)
        });
        let Some(time) = arrival.time else { return };
        bytes.extend_from_slice(&time.to_le_bytes());
        let arrived = if reader.is_searched {
            i64::MIN
        } else {
            arrival.arrived
        };
        bytes.extend_from_slice(&arrived.to_le_bytes());
        if reader.is_whole {
            bytes.push(EVENT);
            bytes.extend_from_slice(line.as_bytes());
            return;
        }
        bytes.push(TERMS);
        for field in &reader.fields {
            let terms = field.as_ref().map_or_else(Vec::new, |(field, slot)| {
                Term::of_field(field, &matcher.values_of(line, *slot))
            });
            write(&terms, bytes);
        }
        for slot in &reader.groups {
            let values = slot.map_or_else(Vec::new, |slot| matcher.values_of(line, slot));
            let texts = values.iter().map(|value| Value::text(&value.to_string()));
            let mut texts: Vec<Term> = texts.map(Term::new).collect();
            texts.sort();
            write(&texts, bytes);
        }
    }
}

/// Appends the terms of one field behind their length in bytes.
fn write(terms: &[Term], bytes: &mut Vec<u8>) {
    let start = bytes.len();
    bytes.extend_from_slice(&[0; 4]);
    for term in terms {
        keys::write(term.value(), bytes);
    }
    let length = u32::try_from(bytes.len() - start - 4).unwrap_or(0);
    if let Some(place) = bytes.get_mut(start..start + 4) {
        place.copy_from_slice(&length.to_le_bytes());
    }
}

/// The times that [`Readers::read`] wrote, and the rest of the file.
pub(super) fn arrival(bytes: &[u8]) -> Option<(Arrival, &[u8])> {
    let (time, rest) = bytes.split_first_chunk::<8>()?;
    let (arrived, rest) = rest.split_first_chunk::<8>()?;
    let arrival = Arrival {
        time: Some(i64::from_le_bytes(*time)),
        arrived: i64::from_le_bytes(*arrived),
    };
    Some((arrival, rest))
}

impl Reading {
    /// What was written by [`Readers::read`].
    pub(super) fn decode(bytes: &[u8]) -> io::Result<Self> {
        let (arrival, rest) = arrival(bytes).ok_or_else(changed)?;
        let (tag, rest) = rest.split_first().ok_or_else(changed)?;
        let content = if *tag == EVENT {
            let line = std::str::from_utf8(rest).map_err(|_| changed())?;
            // The matcher took the line, so that this cannot fail; if it did, the file is not to blame.
            let event = Event::from_hit_line(line)
                .map_err(|bad| io::Error::other(format!("an event cannot be read again: {bad}")))?;
            Content::Event(Box::new(event))
        } else {
            Content::Terms(terms(rest).ok_or_else(changed)?)
        };
        Ok(Self { arrival, content })
    }

    /// Gives a whole event the constants of its index.
    pub(super) fn fill(&mut self, constants: &Constants) {
        if let Content::Event(event) = &mut self.content {
            constants.fill(event);
        }
    }
}

fn terms(mut rest: &[u8]) -> Option<Vec<Vec<Term>>> {
    let mut terms = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        let (own, after) = after.split_at_checked(length)?;
        let values = keys::read(own).into_iter().flatten();
        terms.push(values.map(Term::new).collect());
        rest = after;
    }
    Some(terms)
}
