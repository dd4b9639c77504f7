//! Derives what a data source's kinds of event always say about a stage: fields that a kind never
//! carries, values that the sensor pins.
//!
//! A leaf all of whose fields are known in this way is run by the evaluator itself, on an event
//! that has just these values; every other leaf is open.

use std::collections::{BTreeMap, BTreeSet};

use crate::compile::{self, Syntax};
use crate::data_source::{DataSource, EventKind};
use crate::evaluate::{Context, Prepared, Request};
use crate::event::{Event, Mapping, Scalar, Schema, Timestamp};
use crate::language::eql::syntax::{Category, EventQuery, Expr, ExprKind, Query, QueryKind};
use crate::language::eql::{OptionalFields, RequestFieldNames, is_constant};
use crate::lint::Subject;
use crate::lint::claims::Basis;
use crate::lint::condition::walk::{Stage, leaves, stages};

/// The facts about one stage on one source.
pub(in crate::lint) struct StageFacts<'a> {
    pub(in crate::lint) source: &'a DataSource,
    /// The kinds of event of the source that the stage may ask for, each with what it makes of
    /// the stage.
    pub(in crate::lint) kinds: Vec<KindFacts<'a>>,
}

/// The facts of one kind of event about a stage.
pub(in crate::lint) struct KindFacts<'a> {
    pub(in crate::lint) kind: &'a EventKind,
    /// The leaves that are decided, by their place.
    pub(in crate::lint) decided: BTreeMap<crate::diagnostic::Span, bool>,
    /// What the whole condition is, if that is decided.
    pub(in crate::lint) whole: Option<bool>,
}

/// A stage and what is known about it on each shaped source.
pub(in crate::lint) struct Facts<'a> {
    pub(in crate::lint) stage: Stage<'a>,
    pub(in crate::lint) sources: Vec<StageFacts<'a>>,
}

/// The facts of every stage.
pub(in crate::lint) fn facts<'a>(subject: &'a Subject<'a>) -> Vec<Facts<'a>> {
    stages(subject.syntax)
        .into_iter()
        .map(|stage| {
            let sources = subject.claims.iter().filter_map(|claim| {
                let Basis::Shaped(source) = claim.basis else {
                    return None;
                };
                Some(on_source(subject, &stage, source, &claim.mapping))
            });
            let sources = sources.collect();
            Facts { stage, sources }
        })
        .collect()
}

fn on_source<'a>(
    subject: &Subject<'_>,
    stage: &Stage<'_>,
    source: &'a DataSource,
    mapping: &Mapping,
) -> StageFacts<'a> {
    let selected = |kind: &&EventKind| {
        let index = source.indices.get(kind.index);
        index.is_some_and(|index| subject.patterns.selects(&index.name))
    };
    let mut all = Vec::new();
    leaves(&stage.query.condition, &mut all);
    let kinds = source.kinds.iter().filter(selected).filter(|kind| {
        // What makes the kind: an event of it has these values unless a scenario says otherwise.
        let made = |field: &str| default_values(source, kind, field);
        let category = &stage.query.category.name;
        let fits = category.as_ref().is_none_or(|name| {
            let values = made("event.category").unwrap_or_default();
            values.iter().any(|value| value.raw().as_text() == name)
        });
        let decided = decide(&all, mapping, &made);
        fits && condition(&stage.query.condition, &decided) != Some(false)
    });
    let kinds = kinds
        .map(|kind| {
            let decided = decide(&all, mapping, &|field| sensed(source, kind, field));
            let whole = condition(&stage.query.condition, &decided);
            KindFacts {
                kind,
                decided,
                whole,
            }
        })
        .collect();
    StageFacts { source, kinds }
}

/// The fields that tell kinds of event apart.
const MAKING: &[&str] = &[
    "event.category",
    "event.type",
    "event.code",
    "event.action",
    "event.dataset",
    "data_stream.dataset",
    "host.os.type",
    "host.os.family",
];

fn default_values(source: &DataSource, kind: &EventKind, field: &str) -> Option<Vec<Scalar>> {
    if !MAKING.contains(&field) {
        return None;
    }
    let mut defaults = kind.defaults.iter().chain(&source.defaults);
    defaults
        .find(|(name, _)| name == field)
        .map(|(_, values)| values.clone())
}

/// The values of a field that the sensor decides: none for one that the kind never carries.
fn sensed(source: &DataSource, kind: &EventKind, field: &str) -> Option<Vec<Scalar>> {
    let mut pins = kind.pins.iter().chain(&source.pins);
    if let Some(pin) = pins.find(|pin| pin.field == field) {
        return Some(pin.value.clone());
    }
    (!kind.carries(field)).then(Vec::new)
}

/// The leaves whose fields are all known, run on an event with those values.
fn decide(
    leaves: &[&Expr],
    mapping: &Mapping,
    known: &impl Fn(&str) -> Option<Vec<Scalar>>,
) -> BTreeMap<crate::diagnostic::Span, bool> {
    let mut decided = BTreeMap::new();
    for leaf in leaves.iter().filter(|leaf| !is_constant(leaf)) {
        if let Some(value) = run(leaf, mapping, known) {
            decided.insert(leaf.span, value);
        }
    }
    decided
}

fn run(
    leaf: &Expr,
    mapping: &Mapping,
    known: &impl Fn(&str) -> Option<Vec<Scalar>>,
) -> Option<bool> {
    let mut paths = BTreeSet::new();
    crate::language::eql::every(leaf, &mut |expr| {
        if let ExprKind::Field(field) = &expr.kind {
            paths.insert(field.path.as_str());
        }
    });
    let mut event = Event::default();
    for path in paths {
        event.set(path, known(path)?);
    }
    event.set("@timestamp", vec![Scalar::Number("0".into())]);
    let span = leaf.span;
    let query = Syntax::Eql(Query {
        kind: QueryKind::Event(EventQuery {
            category: Category { name: None, span },
            condition: leaf.clone(),
            span,
        }),
        pipes: Vec::new(),
        span,
    });
    let schema = Schema::new(vec![mapping.clone()]);
    let now = Timestamp::default();
    let query = compile::Query {
        syntax: &query,
        schema: &schema,
        settings: &RequestFieldNames::default(),
        now,
    };
    let plan = query.plan(OptionalFields::Missing).ok()?;
    let context = Context {
        now,
        request: Request::default(),
    };
    let prepared = Prepared::new(&plan).ok()?;
    let evaluation = prepared.evaluate(&[event], &context).ok()?;
    Some(!evaluation.matches().is_empty())
}

/// What a condition is, given some of its leaves: decided only if the open ones do not matter.
pub(in crate::lint) fn condition(
    expr: &Expr,
    decided: &BTreeMap<crate::diagnostic::Span, bool>,
) -> Option<bool> {
    let junction = |items: &[Expr], absorbing: bool| {
        let values: Vec<Option<bool>> = items.iter().map(|item| condition(item, decided)).collect();
        if values.contains(&Some(absorbing)) {
            return Some(absorbing);
        }
        values
            .iter()
            .all(|value| *value == Some(!absorbing))
            .then_some(!absorbing)
    };
    match &expr.kind {
        ExprKind::And(items) => junction(items, false),
        ExprKind::Or(items) => junction(items, true),
        ExprKind::Not(inner) => condition(inner, decided).map(|value| !value),
        ExprKind::Bool(value) => Some(*value),
        _ => decided.get(&expr.span).copied(),
    }
}
