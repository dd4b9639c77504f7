//! Mutations of a whole query: its correlation, and the condition of each stage
//! ([`super::condition`]).

use std::collections::BTreeSet;
use std::fmt::Display;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::condition;
use super::edit::Change;
use super::{Changed, Mutant, Operator};
use crate::compile::Syntax;
use crate::diagnostic::Span;
use crate::language::eql::syntax::{
    EventQuery, Expr, Maxspan, Query, QueryKind, Runs, Sequence, Term, TimeUnit,
};

/// Every mutant of a query, in the order of the text.
pub(super) fn mutants(query: &Query) -> Vec<Mutant> {
    let mut mutants = match &query.kind {
        QueryKind::Event(event) => of_condition(Place::Event, &event.condition, true),
        QueryKind::Sequence(sequence) => of_sequence(query, sequence),
        QueryKind::Sample(sample) => {
            let mut mutants = keys(query, &sample.keys, &sample.terms);
            for (index, term) in sample.terms.iter().enumerate() {
                mutants.extend(of_term(query, Place::Term(index), term));
            }
            mutants
        }
    };
    mutants.sort_by_key(|mutant| mutant.span);
    let mut seen = BTreeSet::new();
    seen.insert(fingerprint(query));
    mutants.retain(|mutant| match &mutant.changed {
        Changed::Query(query) => seen.insert(fingerprint(query)),
        // No two changes of items give the same list, and no other change gives a list.
        Changed::Condition(_, _, Change::Item(..)) => true,
        Changed::Condition(place, path, change) => {
            let changed = with_condition(query, *place, path, change);
            seen.insert(fingerprint(&changed))
        }
        Changed::Kuery(_)
        | Changed::Kind(_)
        | Changed::WithoutFilter(..)
        | Changed::IndicatorQuery(_) => true,
    });
    mutants
}

/// Tells the texts of queries apart without keeping them: a long list has as many mutants as items.
fn fingerprint(query: &impl Display) -> [u64; 2] {
    let text = query.to_string();
    [0_u8, 1].map(|salt| {
        let mut hasher = DefaultHasher::new();
        (salt, &text).hash(&mut hasher);
        hasher.finish()
    })
}

/// Where a condition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// It is the query's own.
    Event,
    /// In this term of a sequence or sample.
    Term(usize),
    /// In `until`.
    Until,
}

/// The query with one change in one of its conditions.
pub(super) fn with_condition(
    query: &Query,
    place: Place,
    path: &[usize],
    change: &Change,
) -> Query {
    let mut mutated = query.clone();
    if let Some(event) = event_mut(&mut mutated, place) {
        event.condition = condition::applied(&event.condition, path, change);
    }
    mutated
}

/// All conditions of a query.
pub(super) fn places(query: &Query) -> Vec<Place> {
    match &query.kind {
        QueryKind::Event(_) => vec![Place::Event],
        QueryKind::Sequence(sequence) => {
            let terms = (0..sequence.terms.len()).map(Place::Term);
            terms
                .chain(sequence.until.as_ref().map(|_| Place::Until))
                .collect()
        }
        QueryKind::Sample(sample) => (0..sample.terms.len()).map(Place::Term).collect(),
    }
}

/// The event query that a condition belongs to.
pub(super) fn event_mut(query: &mut Query, place: Place) -> Option<&mut EventQuery> {
    if place != Place::Event {
        return term_mut(query, place).map(|term| &mut term.query);
    }
    match &mut query.kind {
        QueryKind::Event(event) => Some(event),
        QueryKind::Sequence(_) | QueryKind::Sample(_) => None,
    }
}

fn of_condition(place: Place, condition: &Expr, want: bool) -> Vec<Mutant> {
    let edits = condition::edits(condition, want);
    let made = edits.into_iter().map(|edit| Mutant {
        operator: edit.operator,
        span: edit.span,
        before: edit.before,
        after: edit.after,
        case: edit.case,
        changed: Changed::Condition(place, edit.path, edit.change),
    });
    made.collect()
}

fn of_term(query: &Query, place: Place, term: &Term) -> Vec<Mutant> {
    let positive = !term.missing && matches!(place, Place::Term(_));
    let mut mutants = of_condition(place, &term.query.condition, positive);
    if let Some(runs) = term.runs {
        mutants.extend(of_runs(query, place, runs));
    }
    mutants
}

fn of_runs(query: &Query, place: Place, runs: Runs) -> Vec<Mutant> {
    let counts = [runs.count.checked_sub(1), runs.count.checked_add(1)];
    let counts = counts.into_iter().flatten();
    let counts = counts.filter(|count| (1..=100).contains(count));
    let made = counts.map(|count| {
        let mut mutated = query.clone();
        if let Some(term) = term_mut(&mut mutated, place) {
            term.runs = Some(Runs { count, ..runs });
        }
        Mutant {
            operator: Operator::Boundary,
            span: runs.span,
            before: format!("with runs={}", runs.count),
            after: format!("with runs={count}"),
            case: format!("a case with {} such events in a row", count.min(runs.count)),
            changed: Changed::Query(Syntax::Eql(mutated)),
        }
    });
    made.collect()
}

fn term_mut(query: &mut Query, place: Place) -> Option<&mut Term> {
    match (&mut query.kind, place) {
        (QueryKind::Sequence(sequence), Place::Term(index)) => sequence.terms.get_mut(index),
        (QueryKind::Sequence(sequence), Place::Until) => sequence.until.as_deref_mut(),
        (QueryKind::Sample(sample), Place::Term(index)) => sample.terms.get_mut(index),
        _ => None,
    }
}

fn of_sequence(query: &Query, sequence: &Sequence) -> Vec<Mutant> {
    let mut mutants = keys(query, &sequence.keys, &sequence.terms);
    if let Some(maxspan) = sequence.maxspan {
        mutants.extend(of_maxspan(query, maxspan));
    }
    for (index, term) in sequence.terms.iter().enumerate() {
        mutants.extend(of_term(query, Place::Term(index), term));
        if term.missing {
            mutants.push(changed(
                query,
                (Operator::Drop, term.span, term.to_string(), String::new()),
                "the attack with the event that must be missing".to_owned(),
                |sequence| {
                    sequence.terms.remove(index);
                },
            ));
        }
    }
    mutants.extend(swapped_stages(query, sequence));
    if let Some(until) = &sequence.until {
        mutants.extend(of_term(query, Place::Until, until));
        mutants.push(changed(
            query,
            (
                Operator::DropUntil,
                until.span,
                format!("until {until}"),
                String::new(),
            ),
            "the attack with the `until` event before its last one".to_owned(),
            |sequence| sequence.until = None,
        ));
    }
    mutants
}

fn changed(
    query: &Query,
    (operator, span, before, after): (Operator, Span, String, String),
    case: String,
    change: impl FnOnce(&mut Sequence),
) -> Mutant {
    let mut mutated = query.clone();
    if let QueryKind::Sequence(sequence) = &mut mutated.kind {
        change(sequence);
    }
    Mutant {
        operator,
        span,
        before,
        after,
        case,
        changed: Changed::Query(Syntax::Eql(mutated)),
    }
}

fn of_maxspan(query: &Query, maxspan: Maxspan) -> Vec<Mutant> {
    let mut mutants = vec![changed(
        query,
        (
            Operator::Drop,
            maxspan.span,
            format!("maxspan={maxspan}"),
            String::new(),
        ),
        "the attack with its last event after `maxspan`".to_owned(),
        |sequence| sequence.maxspan = None,
    )];
    let millis = u64::try_from(maxspan.millis()).unwrap_or(u64::MAX);
    for scaled in [millis / 2, millis.saturating_mul(2)] {
        let scaled = with_millis(maxspan, scaled);
        if scaled.amount == 0 || scaled == maxspan {
            continue;
        }
        let between = if scaled.millis() < maxspan.millis() {
            format!("a case that alerts and takes between {scaled} and {maxspan}")
        } else {
            format!("a case that takes between {maxspan} and {scaled} and must not alert")
        };
        let change = (
            Operator::Maxspan,
            maxspan.span,
            format!("maxspan={maxspan}"),
            format!("maxspan={scaled}"),
        );
        mutants.push(changed(query, change, between, |sequence| {
            sequence.maxspan = Some(scaled);
        }));
    }
    mutants
}

/// The span in the largest unit of the original or milliseconds that says it.
fn with_millis(maxspan: Maxspan, millis: u64) -> Maxspan {
    let unit = u64::try_from(maxspan.unit.millis()).unwrap_or(1);
    if millis.is_multiple_of(unit) {
        return Maxspan {
            amount: millis / unit,
            ..maxspan
        };
    }
    let second = millis.is_multiple_of(1000);
    let (amount, unit) = if second {
        (millis / 1000, TimeUnit::Second)
    } else {
        (millis, TimeUnit::Millisecond)
    };
    Maxspan {
        amount,
        unit,
        ..maxspan
    }
}

fn swapped_stages(query: &Query, sequence: &Sequence) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for (index, pair) in sequence.terms.windows(2).enumerate() {
        let [first, second] = pair else { continue };
        if first.missing || second.missing {
            continue;
        }
        let change = (
            Operator::SwapStages,
            second.span,
            format!("stage {} before stage {}", index + 1, index + 2),
            format!("stage {} before stage {}", index + 2, index + 1),
        );
        let case = "the attack with these two events the other way round".to_owned();
        mutants.push(changed(query, change, case, |sequence| {
            sequence.terms.swap(index, index + 1);
        }));
    }
    mutants
}

/// Each key left out: one for all stages, or one position of the stages' own keys.
fn keys(query: &Query, global: &[Expr], terms: &[Term]) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for (index, key) in global.iter().enumerate() {
        let mut mutated = query.clone();
        match &mut mutated.kind {
            QueryKind::Sequence(sequence) => drop(sequence.keys.remove(index)),
            QueryKind::Sample(sample) => drop(sample.keys.remove(index)),
            QueryKind::Event(_) => continue,
        }
        mutants.push(without_key(key.span, &key.to_string(), mutated));
    }
    let own = terms.first().map_or(0, |term| term.keys.len());
    for position in 0..own {
        let mut mutated = query.clone();
        let (terms_of_mutant, until) = match &mut mutated.kind {
            QueryKind::Sequence(sequence) => (&mut sequence.terms, sequence.until.as_deref_mut()),
            QueryKind::Sample(sample) => (&mut sample.terms, None),
            QueryKind::Event(_) => continue,
        };
        for term in terms_of_mutant.iter_mut().chain(until) {
            if position < term.keys.len() {
                term.keys.remove(position);
            }
        }
        let key = terms.first().and_then(|term| term.keys.get(position));
        if let Some(key) = key {
            mutants.push(without_key(key.span, &key.to_string(), mutated));
        }
    }
    mutants
}

fn without_key(span: Span, key: &str, query: Query) -> Mutant {
    Mutant {
        operator: Operator::DropKey,
        span,
        before: format!("by {key}"),
        after: String::new(),
        case: format!("the attack with another `{key}` on one of its events"),
        changed: Changed::Query(Syntax::Eql(query)),
    }
}
