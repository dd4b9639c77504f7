//! Why an ES|QL rule gives no alert: the clauses each of which, were its outcome another, would
//! make a row, with the values that they saw.

use super::look_back::look_back;
use crate::diagnostic::observation::{self, CellSeen, ColumnSeen, ColumnsSeen, Missed, WhyEmpty};
use crate::evaluate::Override;
use crate::evaluate::pipeline::{DroppedRow, ForcedOutcome, Outcome};
use crate::event::{EventId, Value};
use crate::plan::pipeline::{
    Cell, ClauseRole, ExprKind, LocationId, NullReason, Operator, Pipeline, PipelineClause,
};
use crate::replay::outcome::{CauseRecord, NoneRecord};
use crate::replay::production::case_run::Run;
use crate::replay::reason::{ReasonName, ReasonWord};
use crate::replay::rule_types::alert_stopped::AlertStopped;
use crate::replay::rule_types::esql::{WholeRun, pipeline};

/// With more events than this a clause is tried on all of them together, and on none alone.
const MOST_TRIED: usize = 256;

/// A clause that alone stops every row.
pub(in crate::replay) struct StoppingClause<'p> {
    pub(in crate::replay) clause: PipelineClause<'p>,
    /// The only event on which it need be otherwise; `None` where it is a matter of a group, or of
    /// several events.
    pub(in crate::replay) event: Option<EventId>,
}

/// Why no execution gives a row.
pub(in crate::replay) fn no_alert_reason(
    run: &Run<'_>,
    overrides: &[Override],
) -> Option<AlertStopped> {
    let whole = WholeRun::of(run, overrides)?;
    let traced = whole.outcome(None, true)?;
    if let Some(row) = traced.rows.first() {
        return Some(look_back(run, &whole.originals(&row.events)));
    }
    // In a case, the row nearest to an alert is the first with the fewest conditions that do not
    // hold.
    stopped(&whole, &traced, &|step| {
        let dropped = traced.dropped.iter().filter(|row| row.step == step);
        dropped.min_by_key(|row| row.conditions.len())
    })
}

/// Why these events give no row; `nearest` is the row nearest to passing the step that stops the
/// last rows. `None` where they give rows.
pub(in crate::replay) fn stopped<'t>(
    whole: &WholeRun<'_, '_>,
    traced: &'t Outcome,
    nearest: &dyn Fn(usize) -> Option<&'t DroppedRow>,
) -> Option<AlertStopped> {
    if !traced.rows.is_empty() {
        return None;
    }
    let run = whole.run;
    let pipeline = pipeline(run)?;
    let causes = causes(whole, pipeline, Some(traced));
    if causes.is_empty() {
        let step = stop(traced)?;
        let Some(row) = nearest(step) else {
            return Some(of_step(pipeline, step));
        };
        return Some(together(pipeline, whole, row));
    }
    let seen: Vec<ClauseValue> = causes
        .iter()
        .map(|cause| ClauseValue::of(pipeline, traced, cause))
        .collect();
    let words = |cause: &StoppingClause<'_>| clause_words(pipeline, cause.clause.expr.location);
    let label = |cause: &StoppingClause<'_>| cause.event.map(|event| whole.label(event));
    let records = causes.iter().map(|cause| CauseRecord {
        stage: None,
        event: label(cause),
        clause: words(cause),
        line: line_of(run, pipeline, cause.clause.expr.location),
    });
    let first = causes.first().and_then(label);
    let is_same = causes.iter().all(|cause| label(cause) == first);
    let mut values: Vec<ColumnSeen> = seen.iter().flat_map(|seen| seen.values.clone()).collect();
    values.dedup();
    let miss = seen.iter().find_map(|seen| seen.miss.clone());
    let mut also: Vec<String> = values.iter().map(ToString::to_string).collect();
    let misses = seen.iter().filter_map(|seen| seen.miss.as_ref());
    also.extend(misses.map(ToString::to_string));
    also.extend(common_condition(pipeline, &causes));
    let mut blocker: Vec<String> = Vec::new();
    for cause in &causes {
        let words = words(cause);
        if !blocker.contains(&words) {
            blocker.push(words);
        }
    }
    Some(AlertStopped {
        reasons: blocker.iter().cloned().map(ReasonName::Text).collect(),
        also,
        record: NoneRecord {
            event: first.filter(|_| is_same),
            blocker,
            causes: records.collect(),
            value: columns(values),
            miss,
            ..NoneRecord::default()
        },
    })
}

/// The first events that the step of a clause dropped for its condition alone.
fn lacking_one(pipeline: &Pipeline, traced: &Outcome, clause: &PipelineClause<'_>) -> Vec<EventId> {
    let span_of = |location: LocationId| pipeline.location(location).map(|own| own.span);
    let own = span_of(clause.expr.location);
    let lacking = traced.dropped.iter().filter_map(|row| {
        let ([event], [condition]) = (row.events.as_slice(), row.conditions.as_slice()) else {
            return None;
        };
        let holds = span_of(condition.location).zip(own);
        let is_own =
            row.step == clause.step && holds.is_some_and(|(outer, own)| outer.contains(own));
        is_own.then_some(*event)
    });
    lacking.take(MOST_TRIED).collect()
}

/// Every clause that alone makes a row, in the order of the text. With `traced`, the event of a
/// clause is looked for among many, too.
pub(in crate::replay) fn causes<'p>(
    whole: &WholeRun<'_, '_>,
    pipeline: &'p Pipeline,
    traced: Option<&Outcome>,
) -> Vec<StoppingClause<'p>> {
    let makes_rows = |clause: &PipelineClause<'_>, event: Option<EventId>| {
        let forced = ForcedOutcome {
            location: clause.expr.location,
            outcome: clause.wanted,
            event,
        };
        let outcome = whole.outcome(Some(forced), false);
        outcome.is_some_and(|outcome| !outcome.rows.is_empty())
    };
    let mut causes = Vec::new();
    for clause in pipeline.clauses() {
        if !makes_rows(&clause, None) {
            continue;
        }
        let tried = match traced {
            _ if !pipeline.is_by_document(clause.step) => Vec::new(),
            _ if whole.events.len() <= MOST_TRIED => whole.places().collect(),
            Some(traced) => lacking_one(pipeline, traced, &clause),
            None => Vec::new(),
        };
        let mut tried = tried.into_iter();
        let event = tried.find(|event| makes_rows(&clause, Some(*event)));
        causes.push(StoppingClause { clause, event });
    }
    causes
}

/// The step that stops the last rows.
pub(in crate::replay) fn stop(traced: &Outcome) -> Option<usize> {
    let mut steps = traced.steps.iter();
    steps.position(|step| step.rows_in > 0 && step.rows_out == 0)
}

/// The conditions that would have to hold together: those of the row that came nearest.
fn together(pipeline: &Pipeline, whole: &WholeRun<'_, '_>, row: &DroppedRow) -> AlertStopped {
    let words: Vec<String> = row
        .conditions
        .iter()
        .map(|condition| clause_words(pipeline, condition.location))
        .collect();
    let event = match row.events.as_slice() {
        [one] => Some(whole.label(*one)),
        _ => None,
    };
    let inputs = row
        .conditions
        .iter()
        .flat_map(|condition| &condition.inputs);
    let inputs = inputs.map(|(name, cell)| column_seen(name, cell));
    let mut values: Vec<ColumnSeen> = inputs.collect();
    values.dedup();
    let causes = row.conditions.iter().zip(&words);
    let causes = causes.map(|(condition, clause)| CauseRecord {
        stage: None,
        event: event.clone(),
        clause: clause.clone(),
        line: line_of(whole.run, pipeline, condition.location),
    });
    let also = values.iter().map(ToString::to_string).collect();
    AlertStopped {
        record: NoneRecord {
            event: event.clone(),
            blocker: words.clone(),
            causes: causes.collect(),
            value: columns(values),
            overdetermined: true,
            ..NoneRecord::default()
        },
        also,
        reasons: words.into_iter().map(ReasonName::Text).collect(),
    }
}

/// A step that gives no row whatever its conditions say, `LIMIT 0` for one.
fn of_step(pipeline: &Pipeline, step: usize) -> AlertStopped {
    let location = pipeline.steps.get(step).map(|step| step.location);
    let word = location.map_or_else(String::new, |location| clause_words(pipeline, location));
    AlertStopped {
        reasons: vec![ReasonName::Text(word.clone())],
        also: Vec::new(),
        record: NoneRecord {
            blocker: vec![word.clone()],
            causes: vec![CauseRecord {
                stage: None,
                event: None,
                clause: word,
                line: None,
            }],
            ..NoneRecord::default()
        },
    }
}

fn columns(columns: Vec<ColumnSeen>) -> Option<observation::Seen> {
    let columns = ColumnsSeen(columns);
    (!columns.0.is_empty()).then_some(observation::Seen::Columns { columns })
}

/// What a clause saw on a row that it dropped.
#[derive(Default)]
struct ClauseValue {
    values: Vec<ColumnSeen>,
    /// `4 of 5`
    miss: Option<Missed>,
}

impl ClauseValue {
    fn of(pipeline: &Pipeline, traced: &Outcome, cause: &StoppingClause<'_>) -> Self {
        let is_of = |row: &&DroppedRow| {
            let of_event = cause.event.is_none_or(|event| row.events == [event]);
            row.step == cause.clause.step && of_event
        };
        let rows = traced.dropped.iter().filter(is_of);
        let names: Vec<&str> = cause
            .clause
            .columns()
            .into_iter()
            .filter_map(|id| Some(pipeline.column(id)?.name.as_str()))
            .collect();
        // Of several rows the one that misses a threshold by the least.
        let mut nearest: Option<(f64, Self)> = None;
        for row in rows {
            let mut inputs: Vec<&(String, Cell)> = Vec::new();
            for input in row
                .conditions
                .iter()
                .flat_map(|condition| &condition.inputs)
            {
                if names.contains(&input.0.as_str()) && !inputs.contains(&input) {
                    inputs.push(input);
                }
            }
            let shortfall = inputs
                .first()
                .and_then(|(_, cell)| shortfall(&cause.clause, cell));
            let distance = shortfall.as_ref().map_or(f64::MAX, |own| own.distance);
            if nearest.as_ref().is_none_or(|(least, _)| distance < *least) {
                let seen = Self {
                    values: inputs
                        .iter()
                        .map(|(name, cell)| column_seen(name, cell))
                        .collect(),
                    miss: shortfall.map(|own| own.miss),
                };
                nearest = Some((distance, seen));
            }
        }
        nearest.map(|(_, seen)| seen).unwrap_or_default()
    }
}

/// By how much a number misses its threshold.
pub(in crate::replay) struct ThresholdMiss {
    distance: f64,
    wanted: f64,
    /// `4 of 5`
    miss: Missed,
}

impl ThresholdMiss {
    /// The share of the threshold that is missing, below 1.
    pub(in crate::replay) fn share(&self) -> f64 {
        self.distance / (self.distance + self.wanted.abs())
    }
}

/// By how much the number in a cell misses the threshold of a clause.
pub(in crate::replay) fn shortfall(
    clause: &PipelineClause<'_>,
    cell: &Cell,
) -> Option<ThresholdMiss> {
    let ExprKind::Binary(operator, left, right) = &clause.expr.kind else {
        return None;
    };
    let (ExprKind::Column(_), ExprKind::Constant(Cell::One(least))) = (&left.kind, &right.kind)
    else {
        return None;
    };
    if clause.role != ClauseRole::Filter || !clause.wanted {
        return None;
    }
    let Cell::One(have) = cell else { return None };
    let wanted = match (operator, least) {
        (Operator::GreaterOrEqual | Operator::Equal, least) => least.clone(),
        (Operator::Greater, Value::Integer(least)) => Value::Integer(least.checked_add(1)?),
        _ => return None,
    };
    let number_wanted = number(&wanted)?;
    let distance = number_wanted - number(have)?;
    (distance > 0.0).then(|| ThresholdMiss {
        distance,
        wanted: number_wanted,
        miss: Missed::Below {
            found: have.to_string(),
            expected: wanted.to_string(),
        },
    })
}

fn number(value: &Value) -> Option<f64> {
    value.to_string().parse().ok()
}

/// The condition of a WHERE that holds all of these clauses.
fn common_condition(pipeline: &Pipeline, causes: &[StoppingClause<'_>]) -> Option<String> {
    let span_of = |location: LocationId| pipeline.location(location).map(|own| own.span);
    let step = causes.first()?.clause.step;
    let crate::plan::pipeline::Operation::Filter(conditions) = &pipeline.steps.get(step)?.operation
    else {
        return None;
    };
    let around = conditions.iter().find(|condition| {
        causes.iter().all(|cause| {
            let spans = span_of(condition.location).zip(span_of(cause.clause.expr.location));
            cause.clause.step == step && spans.is_some_and(|(outer, own)| outer.contains(own))
        })
    })?;
    Some(clause_words(pipeline, around.location))
}

/// Whether the attack gets past some cause: what stops the attack as well proves nothing.
pub(in crate::replay) fn is_proven(attack: &Run<'_>, causes: &[CauseRecord]) -> bool {
    let Some(traced) = WholeRun::of(attack, &[]).and_then(|whole| {
        let outcome = whole.outcome(None, true)?;
        Some((whole, outcome))
    }) else {
        return true;
    };
    let (whole, outcome) = traced;
    causes.iter().any(|cause| {
        let Some(label) = &cause.event else {
            return true;
        };
        let mut dropped = outcome.dropped.iter();
        !dropped.any(|row| {
            let is_same = matches!(row.events.as_slice(), [one] if whole.label(*one) == *label);
            let mut conditions = row.conditions.iter();
            is_same
                && pipeline(attack).is_some_and(|pipeline| {
                    conditions.any(|condition| {
                        clause_words(pipeline, condition.location).contains(&cause.clause)
                    })
                })
        })
    })
}

/// A clause as the query writes it, white space aside.
pub(in crate::replay) fn clause_words(pipeline: &Pipeline, location: LocationId) -> String {
    let location = pipeline.location(location);
    location.map_or_else(String::new, |location| one_line(location.text()))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<&str>>().join(" ")
}

/// The line of a place in the rule file.
pub(in crate::replay) fn line_of(
    run: &Run<'_>,
    pipeline: &Pipeline,
    location: LocationId,
) -> Option<usize> {
    let query = run.schedule.rule().query.as_ref()?;
    let place = query.text.locate(pipeline.location(location)?.span);
    Some(query.text.source().line_column(place.start).0)
}

/// Whether `because` is what stopped an ES|QL query: a part of a clause, what it saw (`a has 2
/// values`), a threshold (`4 of 5`), or the index of an event that `FROM` does not read.
pub(in crate::replay) fn names(
    run: &Run<'_>,
    because: &ReasonName,
    found: &[ReasonName],
    also: &[String],
) -> bool {
    if run.program.is_none() {
        return false;
    }
    let because = because.to_string();
    let is_unrouted = found.iter().any(|found| found.is(ReasonWord::NotRouted));
    let mut words = found
        .iter()
        .map(ToString::to_string)
        .chain(also.iter().cloned());
    words.any(|words| words.contains(&because)) || (is_unrouted && is_index(run, &because))
}

/// Whether `because` is a pattern of `FROM`, or the index of an event that none selects.
fn is_index(run: &Run<'_>, because: &str) -> bool {
    let mut patterns = run.schedule.rule().index.iter();
    let mut unrouted = run.case_events.events.iter().filter(|event| event.unrouted);
    patterns.any(|(pattern, _)| pattern == because)
        || unrouted.any(|event| event.index.as_deref() == Some(because))
}

/// Whether `because` can be the reason of anything in this rule: it stands in the query, or says
/// what a value is.
pub(in crate::replay) fn has(run: &Run<'_>, because: &ReasonName) -> bool {
    let because = because.to_string();
    let query = run.schedule.rule().query.as_ref();
    let text = query.filter(|_| run.program.is_some());
    let is_value = [" is missing", " values", " is null"]
        .iter()
        .any(|end| because.ends_with(end));
    let is_threshold = because
        .split_once(" of ")
        .is_some_and(|(have, wanted)| have.parse::<f64>().is_ok() && wanted.parse::<f64>().is_ok());
    text.is_some_and(|query| {
        is_value || is_threshold || one_line(query.text.text()).contains(&because)
    })
}

/// A column and what is in it: `a = 4`, `a has 2 values: x, y`, `a is missing`.
pub(in crate::replay) fn column_seen(name: &str, cell: &Cell) -> ColumnSeen {
    let cell = match cell {
        Cell::Null(NullReason::Missing) => CellSeen::Empty(WhyEmpty::Missing),
        Cell::Null(NullReason::SeveralValues) => CellSeen::Empty(WhyEmpty::SeveralValues),
        Cell::Null(NullReason::Failed) => CellSeen::Empty(WhyEmpty::Failed),
        Cell::One(value) => CellSeen::One(value.to_string()),
        Cell::Many(values) => CellSeen::Many(values.len(), cell.text()),
    };
    let name = name.to_owned();
    ColumnSeen { name, cell }
}
