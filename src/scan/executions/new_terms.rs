//! The executions of a new-terms rule over a recording. Of the documents that have left the window
//! only the latest time of each combination is kept: a combination that is found again is known if
//! that time lies within the history.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::reading::Reading;
use super::replay::{ExecutionResult, Group, Held, MOST_ALERTED, RuleExecutor};
use crate::evaluate::new_terms::Carried;
use crate::evaluate::term::Term;
use crate::event::Timestamp;
use crate::execution::Arrival;
use crate::execution::new_terms::{Alerted, Document, execute};
use crate::execution::replayed::Execution;
use crate::execution::suppress::OpenGroups;
use crate::rule::NewTerms;
use crate::scan::{EventRecord, Search};

/// What they have seen so far.
pub(super) struct NewTermsExecutor<'r> {
    settings: &'r NewTerms,
    /// The latest time at which each combination was seen, before all windows to come.
    past: BTreeMap<Arc<[Term]>, i64>,
    /// The number of combinations that are remembered.
    max_past: usize,
    /// The past is swept when it has this many.
    sweep_at: usize,
    /// The start of the history of the last execution.
    history: i64,
    alerted: Alerted,
    open: OpenGroups<'r>,
    dropped: u64,
}

/// A document, and its values of the fields that alerts are suppressed by.
pub(super) struct Grouped {
    document: Document,
    values: Vec<Vec<Term>>,
}

impl Grouped {
    /// Its values of the field of this number, as texts.
    fn texts(&self, field: usize) -> Vec<String> {
        let values = self.values.get(field).into_iter().flatten();
        values.map(ToString::to_string).collect()
    }
}

impl<'r> NewTermsExecutor<'r> {
    pub(super) fn new(settings: &'r NewTerms, open: OpenGroups<'r>, max_past: usize) -> Self {
        Self {
            settings,
            past: BTreeMap::new(),
            max_past,
            sweep_at: max_past.min(1 << 16),
            history: i64::MIN,
            alerted: Alerted::default(),
            open,
            dropped: 0,
        }
    }

    /// Forgets what lies before the history, and if that is not enough what was seen longest ago.
    fn sweep(&mut self) {
        let history = self.history;
        self.past.retain(|_, latest| *latest >= history);
        let excess = self.past.len().saturating_sub(self.max_past);
        if excess > 0 {
            // Some more, so that the next does not need a sweep again.
            let excess = excess.max(self.max_past / 8);
            let mut times: Vec<(i64, Arc<[Term]>)> = self
                .past
                .iter()
                .map(|(terms, latest)| (*latest, Arc::clone(terms)))
                .collect();
            times.sort_unstable();
            for (_, terms) in times.iter().take(excess) {
                self.past.remove(terms);
            }
            self.dropped += excess as u64;
        }
        self.sweep_at = self.max_past.min(self.past.len() * 2).max(1);
    }
}

/// The start of the history for a range that ends at `to`.
fn history_start(settings: &NewTerms, to: i64) -> i64 {
    if let Some(length) = settings.history_length() {
        return to - length;
    }
    // A history that cannot be read was refused with the rule.
    let begins = settings.history_start(Timestamp::from_millis(to));
    begins.map_or(to, Timestamp::millis)
}

impl RuleExecutor for NewTermsExecutor<'_> {
    type Document = Grouped;

    fn document(&self, reading: Reading, _: &EventRecord) -> Grouped {
        let time = reading.arrival.time.unwrap_or_default();
        let mut terms = reading.content.terms();
        let values = terms.split_off(self.settings.fields.len().min(terms.len()));
        Grouped {
            document: Document {
                carried: Carried::new(&terms, time),
                arrival: reading.arrival,
            },
            values,
        }
    }

    fn execute(&mut self, execution: Execution, held: &VecDeque<Held<Grouped>>) -> ExecutionResult {
        let settings = self.settings;
        self.history = history_start(settings, execution.to);
        let history = |to: i64| history_start(settings, to);
        let own = held
            .iter()
            .map(|held| (held.number, &held.document.document));
        let past = past(&self.past, held);
        // What was seen before stands for itself: no alert is made of it, so it needs no number.
        let documents = past
            .iter()
            .map(|document| (usize::MAX, document))
            .chain(own);
        let place = |number: usize| held.iter().position(|held| held.number == number);
        let suppression = self.open.suppression();
        let values = |number: usize, field: &str| {
            let fields = &suppression?.group_by;
            let field = fields.iter().position(|own| own == field)?;
            let held = held.get(place(number)?)?;
            Some(held.document.texts(field))
        };
        let values = |number: usize, field: &str| values(number, field).unwrap_or_default();
        let (alerted, open) = (&mut self.alerted, &mut self.open);
        let novelty = execute(execution, documents, &history, alerted, open, &values);
        if self.alerted.count() > MOST_ALERTED {
            let oldest = held.iter().map(|held| held.number).min();
            self.alerted.forget_before(oldest.unwrap_or(usize::MAX));
        }
        let alerts = novelty.alerts.into_iter().map(|seen| Group {
            join: seen
                .terms
                .iter()
                .map(|term| Some(term.value().clone()))
                .collect(),
            places: vec![place(seen.first)],
            ..Group::default()
        });
        ExecutionResult {
            alerts: alerts.collect(),
            cut: novelty.cut.len(),
            suppressed: novelty.suppressed.len(),
            groups: combinations(held),
        }
    }

    fn searched_from(&self, search: Search) -> i64 {
        history_start(self.settings, search.to)
    }

    fn expire(&mut self, document: Grouped) {
        let carried = document.document.carried;
        let time = carried.time;
        for terms in carried.combinations {
            let latest = self.past.entry(terms).or_insert(time);
            *latest = time.max(*latest);
        }
        if self.past.len() > self.sweep_at {
            self.sweep();
        }
    }

    fn dropped(&self) -> u64 {
        self.dropped
    }
}

/// How many different combinations these documents carry.
fn combinations(held: &VecDeque<Held<Grouped>>) -> usize {
    let carried = held.iter().map(|held| &held.document.document.carried);
    let all: BTreeSet<&Arc<[Term]>> = carried.flat_map(|own| &own.combinations).collect();
    all.len()
}

/// The combinations of the documents that were seen before, each as a document of its own.
fn past(past: &BTreeMap<Arc<[Term]>, i64>, held: &VecDeque<Held<Grouped>>) -> Vec<Document> {
    let combinations = held
        .iter()
        .flat_map(|held| &held.document.document.carried.combinations);
    let known = combinations.filter_map(|terms| past.get_key_value(terms));
    let known: BTreeMap<&Arc<[Term]>, i64> = known.map(|(terms, time)| (terms, *time)).collect();
    let documents = known.into_iter().map(|(terms, time)| Document {
        carried: Carried {
            combinations: vec![Arc::clone(terms)],
            time,
        },
        arrival: Arrival {
            time: Some(time),
            arrived: time,
        },
    });
    documents.collect()
}
