//! Converts a run to the record that snapshots and reports keep.

use std::collections::BTreeSet;

use super::deciding::positions;
use crate::diagnostic::QueryText;
use crate::diagnostic::observation::{FieldSeen, FieldsSeen, Missed, Seen, Values};
use crate::evaluate::{Blockers, Cause, CauseKind, Match, Shortfall, reason};
use crate::event::time::format_offset;
use crate::event::{Event, EventId, Timestamp, Value};
use crate::execution::alert::{self, Alerts, ThresholdResult};
use crate::plan::{ClauseId, FieldId, Operator, Plan, StageId};
use crate::replay::blockers::near_miss;
use crate::replay::outcome::{AlertRecord, CauseRecord, EventRecord, NoneRecord};
use crate::replay::production::case_run::Run;
use crate::replay::production::suppressed_alert;
use crate::replay::reason::ReasonName;
use crate::replay::rule_types::stateful::key_fields;
use crate::replay::rule_types::{esql, indicator_match};
use crate::rule::{self, RuleKind};

/// The alerts of a run, with the fields that the expectation asks for.
pub(in crate::replay) fn alerts(
    run: &Run<'_>,
    matches: &[Match],
    with: &[(String, String)],
) -> Vec<AlertRecord> {
    matches
        .iter()
        .map(|found| recorded(run, found, with))
        .collect()
}

fn recorded(run: &Run<'_>, found: &Match, with: &[(String, String)]) -> AlertRecord {
    let first = found.stages.iter().flatten().next();
    let start = first
        .and_then(|event| run.time_of(*event))
        .unwrap_or_default();
    let events = found.stages.iter().map(|stage| {
        stage.map(|event| EventRecord {
            label: run.case_events.label(event),
            after: run.time_of(event).unwrap_or(start).millis() - start.millis(),
        })
    });
    let is_indicator_match = run.indicators.is_some();
    let names = joins(run).into_iter().map(str::to_owned);
    let values = found.join.iter().map(|value| {
        let value = value.as_ref();
        value.map_or_else(|| "null".to_owned(), ToString::to_string)
    });
    AlertRecord {
        events: events.collect(),
        join: if is_indicator_match {
            let labels = indicator_match::labels(run, found);
            vec![("indicators".to_owned(), labels.join(", "))]
        } else {
            names.zip(values).collect()
        },
        shared: shared(run, found),
        with: with
            .iter()
            .map(|(field, _)| (field.clone(), with_value(run, found, field)))
            .collect(),
    }
}

/// The values that the events of a match have in a field, without repetition.
pub(in crate::replay) fn with_value(run: &Run<'_>, found: &Match, field: &str) -> String {
    let is_enriched = run.indicators.is_some() && field.starts_with("threat.enrichments.");
    if is_enriched || field.starts_with("kibana.") {
        let made = kibana_alerts(run, found);
        let values: Vec<String> = made
            .main
            .values(field)
            .iter()
            .map(ToString::to_string)
            .collect();
        return values.join(", ");
    }
    if let Some(value) = esql::value(run, found, field) {
        return value;
    }
    let mut values: Vec<String> = Vec::new();
    for event in found.stages.iter().flatten() {
        for value in values_of(run, *event, field) {
            if !values.contains(&value) {
                values.push(value);
            }
        }
    }
    values.join(", ")
}

/// The alerts that Kibana makes of a match.
fn kibana_alerts(run: &Run<'_>, found: &Match) -> Alerts {
    let events: Vec<&Event> = events_of(run, found).collect();
    let mut made = made_alone(run, found, &events);
    suppressed_alert::add(run, found, &mut made.main);
    made
}

/// The events of a match.
fn events_of<'r>(run: &'r Run<'_>, found: &Match) -> impl Iterator<Item = &'r Event> {
    let ids = found.stages.iter().flatten();
    ids.filter_map(|id| run.case_events.events.get(id.index()))
}

/// The same of these events, without what suppression adds.
fn made_alone(run: &Run<'_>, found: &Match, events: &[&Event]) -> Alerts {
    let rule = run.schedule.rule();
    let text = |value: &Option<Value>| value.as_ref().map_or_else(String::new, ToString::to_string);
    let terms: Vec<String> = found.join.iter().map(text).collect();
    match (&rule.kind, events) {
        (RuleKind::Threshold(settings), _) => {
            let result = threshold_result(run, found, settings, &terms);
            alert::threshold_alert(rule, &result)
        }
        (RuleKind::Esql, _) => alert::alerts(rule, &[&esql::document(run, found)], false),
        (RuleKind::NewTerms(_), [event]) => alert::new_terms_alert(rule, event, &terms),
        (RuleKind::ThreatMatch(_), [event]) => {
            let enrichments = indicator_match::enrichments(run, found, event);
            alert::indicator_alert(rule, event, &enrichments)
        }
        _ => {
            let sequence = !matches!(run.plan().operator, Operator::Select);
            alert::alerts(rule, events, sequence)
        }
    }
}

/// What a threshold rule counted of a match.
fn threshold_result(
    run: &Run<'_>,
    found: &Match,
    settings: &rule::Threshold,
    terms: &[String],
) -> ThresholdResult {
    let ids: Vec<EventId> = found.stages.iter().flatten().copied().collect();
    let times: Vec<Timestamp> = ids.iter().filter_map(|event| run.time_of(*event)).collect();
    let first = times.iter().min().copied().unwrap_or_default();
    let last = times.iter().max().copied().unwrap_or_default();
    let fields = settings.group_by.iter().map(|field| field.name.clone());
    let cardinality = settings.cardinality.as_ref().map(|own| {
        let field = &own.field.name;
        let values = ids.iter().flat_map(|event| values_of(run, *event, field));
        (field.clone(), values.collect::<BTreeSet<_>>().len())
    });
    ThresholdResult {
        terms: fields.zip(terms.iter().cloned()).collect(),
        count: ids.len(),
        cardinality,
        span: (first, last),
    }
}

/// What the alerts are, in a line each: those that are alike once.
pub(in crate::replay) fn kibana(run: &Run<'_>, matches: &[Match]) -> Vec<String> {
    let mut lines: Vec<(String, usize)> = Vec::new();
    let paths = alert::fields_in_heading(run.schedule.rule());
    for found in matches {
        // The line says little of an alert, and depends on few fields of its events.
        let events: Vec<Event> = events_of(run, found).map(|one| one.only(&paths)).collect();
        let events: Vec<&Event> = events.iter().collect();
        let line = in_words(run, &made_alone(run, found, &events));
        match lines.iter_mut().find(|(own, _)| *own == line) {
            Some((_, count)) => *count += 1,
            None => lines.push((line, 1)),
        }
    }
    let line = |(line, count): (String, usize)| match count {
        1 => line,
        count => format!("{count} times {line}"),
    };
    lines.into_iter().map(line).collect()
}

/// `shell over 2 building blocks, medium 47`; the name where an override gives one.
fn in_words(run: &Run<'_>, made: &Alerts) -> String {
    let said = |field: &str| made.main.values(field).first().map(ToString::to_string);
    let part = |field: &str| said(field).unwrap_or_default();
    let what = match made.blocks.len() {
        0 => "alert".to_owned(),
        blocks => format!("shell over {blocks} building blocks"),
    };
    let severity = part("kibana.alert.severity");
    let score = part("kibana.alert.risk_score");
    let mut words = format!("{what}, {severity} {score}");
    let name = part("kibana.alert.rule.name");
    if name != run.schedule.rule.name {
        words.push_str(", named ");
        words.push_str(&name);
    }
    if said("kibana.alert.building_block_type").is_some() {
        words.push_str(", hidden as a building block");
    }
    words
}

/// The names of the key of a match: the join keys of a sequence, or the fields by which the rule
/// groups.
fn joins<'r>(run: &'r Run<'_>) -> Vec<&'r str> {
    let joins = run.plan().joins().iter();
    let joins = joins.map(|join| join.name.as_str());
    let keys = key_fields(&run.schedule.rule().kind);
    joins.chain(keys).chain(esql::columns(run)).collect()
}

/// Fields with equal values in all events, among the fields that the scenario sets or the stages
/// read; join keys are left out because they are listed separately.
fn shared(run: &Run<'_>, found: &Match) -> Vec<(String, String)> {
    let events: Vec<(EventId, StageId)> = found
        .stages
        .iter()
        .zip(positions(run.plan()))
        .filter_map(|(event, stage)| Some(((*event)?, stage)))
        .collect();
    let [(first, stage), rest @ ..] = events.as_slice() else {
        return Vec::new();
    };
    if rest.is_empty() {
        return Vec::new();
    }
    let keys: BTreeSet<&str> = joins(run).into_iter().collect();
    let mut fields = telling(run, *first, *stage);
    for (event, stage) in rest {
        let others = telling(run, *event, *stage);
        fields.retain(|field| others.contains(field));
    }
    let mut shared = Vec::new();
    for field in fields.into_iter().filter(|field| !keys.contains(field)) {
        let values = values_of(run, *first, field);
        let same = |(event, _): &(EventId, StageId)| values_of(run, *event, field) == values;
        if !values.is_empty() && rest.iter().all(same) {
            shared.push((field.to_owned(), values.join(", ")));
        }
    }
    shared
}

/// The fields that the scenario sets on an event, and those that a stage reads.
fn telling<'r>(run: &'r Run<'_>, event: EventId, stage: StageId) -> BTreeSet<&'r str> {
    let plan = run.plan();
    let facts = run.case_events.facts(event);
    let set = facts.into_iter().flat_map(|facts| &facts.set_fields);
    let mut fields: BTreeSet<&str> = set.map(String::as_str).collect();
    let clauses = plan.clauses.numbered();
    for (id, _) in clauses.filter(|(_, clause)| clause.stage == Some(stage)) {
        let read = fields_of(plan, id).into_iter();
        fields.extend(read.map(|field| plan.fields.at(field).path.as_str()));
    }
    fields
}

fn values_of(run: &Run<'_>, event: EventId, field: &str) -> Vec<String> {
    let event = run.case_events.events.get(event.index());
    let values = event.map_or(&[][..], |event| event.values(field));
    values.iter().map(ToString::to_string).collect()
}

/// Why a run gave no alert.
pub(in crate::replay) fn none(run: &Run<'_>, query: &QueryText, blockers: &Blockers) -> NoneRecord {
    let overdetermined = blockers.causes.is_empty();
    let causes = if overdetermined {
        &blockers.together
    } else {
        &blockers.causes
    };
    let same = |of: &dyn Fn(&Cause) -> Option<String>| {
        let mut all = causes.iter().map(of);
        let first = all.next()??;
        all.all(|other| other.as_ref() == Some(&first))
            .then_some(first)
    };
    let stage = same(&|cause| cause.stage.map(|stage| (stage.0 + 1).to_string()));
    NoneRecord {
        stage: stage.and_then(|stage| stage.parse().ok()),
        event: same(&|cause| cause.event.map(|event| run.case_events.label(event))),
        blocker: blocker(run, blockers, causes),
        causes: causes
            .iter()
            .map(|cause| cause_record(run, query, cause))
            .collect(),
        value: value(run, causes),
        miss: causes.iter().find_map(|cause| match &cause.shortfall {
            Some(by) => miss(by),
            None => near_miss::missed(run, cause),
        }),
        overdetermined,
        vacuous: false,
        approximate: blockers.approximate,
    }
}

/// The smallest part of the query that holds all causes; without causes, each that would have to
/// change.
fn blocker(run: &Run<'_>, blockers: &Blockers, causes: &[Cause]) -> Vec<String> {
    let part = blockers.part.map(|part| run.plan().parts.at(part));
    match part {
        Some(part) if !blockers.causes.is_empty() => vec![part.text.clone()],
        _ => {
            let mut texts: Vec<String> = Vec::new();
            for text in words(run, causes) {
                if !texts.contains(&text) {
                    texts.push(text);
                }
            }
            texts
        }
    }
}

/// The name of each cause.
pub(in crate::replay) fn names(run: &Run<'_>, causes: &[Cause]) -> Vec<ReasonName> {
    let words = words(run, causes);
    words.iter().map(|words| ReasonName::parse(words)).collect()
}

/// The words of each cause.
pub(in crate::replay) fn words(run: &Run<'_>, causes: &[Cause]) -> Vec<String> {
    causes.iter().map(|cause| cause_words(run, cause)).collect()
}

/// Names a cause; an event hidden by an exclusion is named by the exclusion.
fn cause_words(run: &Run<'_>, cause: &Cause) -> String {
    let hidden = cause.event.and_then(|event| run.case_events.facts(event));
    match (cause.kind, hidden.and_then(|facts| facts.hidden_by.first())) {
        (CauseKind::NotRouted, Some((name, _))) => name.clone(),
        _ => reason::words(run.plan(), cause, |event| run.case_events.label(event)),
    }
}

fn cause_record(run: &Run<'_>, query: &QueryText, cause: &Cause) -> CauseRecord {
    let clause = match cause.kind {
        CauseKind::Clause(id) => run.plan().clause(id),
        CauseKind::NotRouted | CauseKind::ConsumedBy(_) => None,
    };
    let line = clause.map(|clause| {
        let place = query.locate(clause.span);
        query.source().line_column(place.start).0
    });
    CauseRecord {
        stage: cause.stage.map(|stage| stage.0 + 1),
        event: cause.event.map(|event| run.case_events.label(event)),
        clause: cause_words(run, cause),
        line,
    }
}

/// The values that the causes saw.
fn value(run: &Run<'_>, causes: &[Cause]) -> Option<Seen> {
    let mut fields: Vec<FieldSeen> = Vec::new();
    for cause in causes {
        if let Some(Shortfall::Join { have, want }) = &cause.shortfall {
            return Some(Seen::Keys {
                found: values(have),
                expected: values(want),
            });
        }
        let (CauseKind::Clause(id), Some(event)) = (cause.kind, cause.event) else {
            continue;
        };
        for field in fields_of(run.plan(), id) {
            let path = &run.plan().fields.at(field).path;
            if !fields.iter().any(|known| known.name == *path) {
                fields.push(FieldSeen {
                    name: path.clone(),
                    values: Values(values_of(run, event, path)),
                    is_pinned: run.case_events.pins(event, path),
                });
            }
        }
    }
    let fields = FieldsSeen(fields);
    (!fields.0.is_empty()).then_some(Seen::Fields { fields })
}

fn values(values: &[Value]) -> Values {
    Values(values.iter().map(ToString::to_string).collect())
}

/// The fields that a clause's test reads.
pub(in crate::replay) fn fields_of(plan: &Plan, clause: ClauseId) -> Vec<FieldId> {
    let leaf = plan.clause(clause).and_then(|clause| clause.leaf);
    leaf.map_or_else(Vec::new, |leaf| plan.leaves.at(leaf).predicate.fields())
}

fn miss(miss: &Shortfall) -> Option<Missed> {
    let plain = |millis: i64| format_offset(millis).trim_start_matches('+').to_owned();
    match miss {
        Shortfall::Order { early } => Some(Missed::TooEarly { by: plain(*early) }),
        Shortfall::Maxspan { late } => Some(Missed::TooLate { by: plain(*late) }),
        Shortfall::Join { .. } => None,
    }
}
