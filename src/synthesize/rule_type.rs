//! Completes an attack by what the rule's type asks beside its query: fields that group events or
//! whose terms are new, as many events as a threshold counts, indicators that an event matches.

use super::attack::{AttackEvent, RuleOnSource};
use super::rule_on_source::on_indicators;
use super::sample_values::SampleField;
use super::unsolved::UnsolvedReason;
use super::value;
use super::{Request, attack};
use crate::data_source::DataSource;
use crate::event::field::Family;
use crate::event::schema::MappedField;
use crate::event::{Event, FieldType, Scalar};
use crate::rule::{MappingEntry, RuleKind, Threshold};
use crate::scenario::write::{SketchCopies, SketchEvent};

/// The number of values of a field that are made distinct by a number.
const BASES: usize = 4;

/// When the indicators were stored, in milliseconds from the start of the case.
const BEFORE: i64 = -3_600_000;

/// What an attack has beside its events.
#[derive(Debug, Default)]
pub(super) struct Extras {
    /// Each event happens so often.
    pub(super) copies: Option<SketchCopies>,
    /// The indicators that it matches.
    pub(super) indicators: Vec<SketchEvent>,
}

/// Adds what the rule's type requires to the attack's events; the error names the field for which
/// no value was found.
pub(super) fn complete(
    request: &Request<'_>,
    on_source: &RuleOnSource<'_>,
    parts: &mut [AttackEvent<'_>],
) -> Result<Extras, UnsolvedReason> {
    let rule = &request.subject.rule;
    let Some(part) = parts.first_mut() else {
        return Ok(Extras::default());
    };
    match &rule.kind {
        RuleKind::Threshold(threshold) => {
            for field in &threshold.group_by {
                ensure_value(on_source, part, &field.name)?;
            }
            let copies = copies(on_source, part, threshold, rule.schedule.look_back)?;
            Ok(Extras {
                copies,
                ..Extras::default()
            })
        }
        RuleKind::NewTerms(new_terms) => {
            for field in &new_terms.fields {
                ensure_value(on_source, part, &field.name)?;
            }
            Ok(Extras::default())
        }
        RuleKind::ThreatMatch(_) => Ok(Extras {
            indicators: vec![indicator(request, on_source, part)?],
            ..Extras::default()
        }),
        RuleKind::Eql
        | RuleKind::Query
        | RuleKind::SavedQuery { .. }
        | RuleKind::Esql
        | RuleKind::MachineLearning => Ok(Extras::default()),
    }
}

/// The field as the source has it.
pub(super) fn mapped(on_source: &RuleOnSource<'_>, path: &str) -> Option<MappedField> {
    on_source.source.field(on_source.patterns, path)
}

/// Gives the event a value of the field, if it has none; the field's values.
pub(super) fn ensure_value(
    on_source: &RuleOnSource<'_>,
    part: &mut AttackEvent<'_>,
    path: &str,
) -> Result<Vec<Scalar>, UnsolvedReason> {
    let field = mapped(on_source, path);
    let read_from = field.as_ref().map_or(path, |field| &field.read_from);
    let has = part.partial.event().values(read_from).to_vec();
    if !has.is_empty() {
        return Ok(has);
    }
    let value = values(on_source, part, path, field.as_ref(), 1)
        .into_iter()
        .next();
    let Some(value) = value else {
        return Err(UnsolvedReason::NoValue(path.to_owned()));
    };
    part.partial.change(|fields| {
        fields.insert(read_from.to_owned(), vec![value.clone()]);
    });
    Ok(vec![value])
}

/// Up to this many different values of a field with which the event meets the query.
pub(super) fn values(
    on_source: &RuleOnSource<'_>,
    part: &AttackEvent<'_>,
    path: &str,
    field: Option<&MappedField>,
    count: usize,
) -> Vec<Scalar> {
    let read_from = field.map_or(path, |field| &field.read_from);
    if !part.partial.builder().can_set(read_from) || field.is_some_and(is_object) {
        return Vec::new();
    }
    let sample = SampleField::new(path, part.partial.builder().system());
    let family = field.and_then(|field| field.field_type.family());
    let own = part.partial.event().values(read_from).first().cloned();
    let plan = on_source.prepared.plan();
    let mut pool: Vec<Scalar> = own.iter().cloned().collect();
    for leaf in &plan.leaves {
        let read = leaf.predicate.fields().into_iter();
        for id in read.filter(|id| plan.fields.at(*id).path == path) {
            pool.extend(value::proposals(id, &[(&leaf.predicate, true)], &sample));
        }
    }
    pool.extend(sample.values(family));
    let base: Vec<Scalar> = pool.iter().take(BASES).cloned().collect();
    for number in 1..=count {
        pool.extend(numbered(number, family, &base));
    }
    let mut found: Vec<Scalar> = Vec::new();
    for value in pool {
        if found.len() >= count {
            break;
        }
        let mut state = part.partial.clone();
        state.change(|fields| {
            fields.insert(read_from.to_owned(), vec![value.clone()]);
        });
        let is_read = state.event().values(read_from) == std::slice::from_ref(&value);
        if is_read && !found.contains(&value) && selects(on_source, state.event()) {
            found.push(value);
        }
    }
    found
}

fn is_object(field: &MappedField) -> bool {
    matches!(
        field.field_type,
        FieldType::Object | FieldType::Nested | FieldType::Flattened
    )
}

fn selects(on_source: &RuleOnSource<'_>, event: &Event) -> bool {
    on_source.prepared.selects(event).unwrap_or(false)
}

/// Values that differ for each number: those of the pool with the number in them, at the end and
/// after each part of a path.
pub(super) fn numbered(number: usize, family: Option<Family>, pool: &[Scalar]) -> Vec<Scalar> {
    let text = match family {
        Some(Family::Ip) => format!("198.51.{}.{}", 100 + number / 250, number % 250 + 1),
        Some(Family::Number) => return vec![Scalar::Number(number.to_string().into())],
        Some(Family::Version) => format!("1.0.{number}"),
        _ => {
            let texts = pool.iter().map(ToString::to_string);
            return texts.flat_map(|base| with_number(&base, number)).collect();
        }
    };
    vec![Scalar::text(text)]
}

fn with_number(base: &str, number: usize) -> Vec<Scalar> {
    let parts = base.match_indices(['/', '\\']);
    let after = parts.map(|(place, _)| place + 1);
    let cut = |place: usize| {
        let (before, after) = (base.get(..place)?, base.get(place..)?);
        Some(Scalar::text(format!("{before}{number}{after}")))
    };
    let end = Scalar::text(format!("{base}-{number}"));
    std::iter::once(end).chain(after.filter_map(cut)).collect()
}

/// How often the event of a threshold rule happens, with the values that its cardinality counts.
pub(super) fn copies(
    on_source: &RuleOnSource<'_>,
    part: &AttackEvent<'_>,
    threshold: &Threshold,
    look_back: i64,
) -> Result<Option<SketchCopies>, UnsolvedReason> {
    let distinct = threshold.cardinality.as_ref().map_or(0, |own| own.count);
    let times = usize::try_from(threshold.count.max(distinct)).unwrap_or(usize::MAX);
    if times < 2 {
        return Ok(None);
    }
    let mut varied = Vec::new();
    if let Some(cardinality) = &threshold.cardinality {
        let path = &cardinality.field.name;
        let field = mapped(on_source, path);
        let wanted = usize::try_from(distinct).unwrap_or(usize::MAX);
        let values = values(on_source, part, path, field.as_ref(), wanted);
        if values.len() < wanted {
            return Err(UnsolvedReason::TooFewValues {
                found: values.len(),
                wanted,
                field: path.clone(),
            });
        }
        let read_from = field.map_or_else(|| path.clone(), |field| field.read_from.to_string());
        if wanted > 0 {
            varied.push((read_from, values));
        }
    }
    // All of them in one execution of most phases.
    let gaps = i64::try_from(times).unwrap_or(i64::MAX);
    let every = (look_back / 4 / gaps).clamp(1, 1_000);
    Ok(Some(SketchCopies {
        times,
        every,
        varied,
    }))
}

/// An indicator that the event matches by the first group of entries that both can have.
fn indicator(
    request: &Request<'_>,
    on_source: &RuleOnSource<'_>,
    part: &mut AttackEvent<'_>,
) -> Result<SketchEvent, UnsolvedReason> {
    let RuleKind::ThreatMatch(settings) = &request.subject.rule.kind else {
        return Err(UnsolvedReason::NoIndicatorRule);
    };
    let mut reason = UnsolvedReason::NoEntries;
    for group in &settings.groups {
        let before = part.partial.clone();
        let matched = shared(on_source, part, group).and_then(|shared| {
            on_indicators(request, settings, |source, other| {
                matching(source, other, &shared)
            })
        });
        match matched {
            Ok(indicator) => return Ok(indicator),
            Err(why) => {
                part.partial = before;
                reason = why;
            }
        }
    }
    Err(reason)
}

/// For each entry of a group the indicator's field and the value that it has: the event's, or
/// another one where the entry is negated.
pub(super) fn shared(
    on_source: &RuleOnSource<'_>,
    part: &mut AttackEvent<'_>,
    group: &[MappingEntry],
) -> Result<Vec<(String, Scalar)>, UnsolvedReason> {
    let mut shared = Vec::new();
    for entry in group {
        let path = &entry.event_field.name;
        let values = ensure_value(on_source, part, path)?;
        let Some(first) = values.first() else {
            continue;
        };
        let value = if entry.is_negated {
            Scalar::text(format!("{first}-other"))
        } else {
            first.clone()
        };
        shared.push((entry.indicator_field.name.clone(), value));
    }
    Ok(shared)
}

/// An indicator of the source that meets the indicator query and has these values.
pub(super) fn matching(
    source: &DataSource,
    on_source: &RuleOnSource<'_>,
    shared: &[(String, Scalar)],
) -> Result<SketchEvent, UnsolvedReason> {
    let mut parts = attack::attack(on_source)?;
    let part = parts.first_mut().ok_or(UnsolvedReason::NoIndicator)?;
    for (path, value) in shared {
        let field = source.field(on_source.patterns, path);
        let read_from = field.map_or_else(|| path.clone(), |field| field.read_from.to_string());
        part.partial.change(|fields| {
            fields.insert(read_from, vec![value.clone()]);
        });
    }
    let mut fields = part.partial.builder().fields.clone();
    fields.remove("@timestamp");
    Ok(SketchEvent {
        label: "indicator".to_owned(),
        kind: part.partial.builder().kind_name(),
        at: BEFORE,
        fields: fields.into_iter().collect(),
        copies: None,
    })
}
