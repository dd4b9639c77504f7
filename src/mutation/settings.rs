//! The changes of what a rule counts, remembers and compares beside its query: thresholds, new
//! terms, and the mapping of indicators.

use super::{Changed, Mutant, Operator, kql, lucene};
use crate::compile::{Syntax, indicator_query};
use crate::diagnostic::Span;
use crate::rule::kind::Cardinality;
use crate::rule::{FieldName, MappingEntry, NewTerms, RuleKind, ThreatMatch, Threshold, other_end};

/// Every mutant of the settings of a rule, in the order of the file.
pub(super) fn mutants(kind: &RuleKind) -> Vec<Mutant> {
    let mut mutants = match kind {
        RuleKind::Threshold(settings) => of_threshold(settings),
        RuleKind::NewTerms(settings) => of_new_terms(settings),
        RuleKind::ThreatMatch(settings) => of_threat_match(settings),
        RuleKind::Eql
        | RuleKind::Query
        | RuleKind::SavedQuery { .. }
        | RuleKind::Esql
        | RuleKind::MachineLearning => Vec::new(),
    };
    mutants.sort_by_key(|mutant| mutant.span);
    if let RuleKind::ThreatMatch(settings) = kind {
        mutants.extend(of_indicator_query(settings));
    }
    mutants
}

/// A change of the settings.
fn mutant(
    operator: Operator,
    span: Span,
    (before, after): (String, String),
    case: String,
    kind: RuleKind,
) -> Mutant {
    Mutant {
        operator,
        span,
        before,
        after,
        case,
        changed: Changed::Kind(Box::new(kind)),
    }
}

fn of_threshold(settings: &Threshold) -> Vec<Mutant> {
    let with = |change: &dyn Fn(&mut Threshold)| {
        let mut changed = settings.clone();
        change(&mut changed);
        RuleKind::Threshold(changed)
    };
    let mut mutants = Vec::new();
    let count = settings.count;
    for moved in [count.checked_sub(1), count.checked_add(1)]
        .into_iter()
        .flatten()
        .filter(|moved| *moved > 0)
    {
        let case = if moved < count {
            format!("a case whose largest group has {moved}, which must not alert")
        } else {
            format!("a case whose largest group has exactly {count}, which must alert")
        };
        mutants.push(mutant(
            Operator::Boundary,
            settings.count_span,
            (format!("value = {count}"), format!("value = {moved}")),
            case,
            with(&|changed| changed.count = moved),
        ));
    }
    for (number, field) in settings.group_by.iter().enumerate() {
        let name = &field.name;
        let case = format!(
            "a case that reaches the threshold only over several values of `{name}`, which must \
             not alert"
        );
        mutants.push(mutant(
            Operator::DropKey,
            field.span,
            (format!("group by {name}"), String::new()),
            case,
            with(&|changed| drop(changed.group_by.remove(number))),
        ));
    }
    if let Some(cardinality) = &settings.cardinality {
        mutants.extend(of_cardinality(settings, cardinality, &with));
    }
    mutants
}

/// Makes the kind of rule with a change of its threshold.
type With<'w> = &'w dyn Fn(&dyn Fn(&mut Threshold)) -> RuleKind;

fn of_cardinality(settings: &Threshold, cardinality: &Cardinality, with: With<'_>) -> Vec<Mutant> {
    let (field, count) = (&cardinality.field, cardinality.count);
    let words = |name: &str, count: u64| format!("{count} values of {name}");
    let before = words(&field.name, count);
    let fewer = |count: u64| {
        format!(
            "a case that reaches the threshold with {} only, which must not alert",
            words(&field.name, count)
        )
    };
    let mut mutants = vec![mutant(
        Operator::Drop,
        cardinality.count_span,
        (before.clone(), String::new()),
        fewer(count.saturating_sub(1)),
        with(&|changed| changed.cardinality = None),
    )];
    for moved in [count.checked_sub(1), count.checked_add(1)]
        .into_iter()
        .flatten()
        .filter(|moved| *moved > 0)
    {
        let case = if moved < count {
            fewer(moved)
        } else {
            format!("a case with exactly {before}, which must alert")
        };
        let set = |changed: &mut Threshold| {
            if let Some(own) = &mut changed.cardinality {
                own.count = moved;
            }
        };
        mutants.push(mutant(
            Operator::Boundary,
            cardinality.count_span,
            (before.clone(), words(&field.name, moved)),
            case,
            with(&set),
        ));
    }
    if let Some(group) = settings.group_by.last() {
        let swap = |changed: &mut Threshold| {
            if let (Some(last), Some(own)) = (changed.group_by.last_mut(), &mut changed.cardinality)
            {
                std::mem::swap(&mut last.name, &mut own.field.name);
            }
        };
        let after = format!("{} for each {}", words(&group.name, count), field.name);
        mutants.push(mutant(
            Operator::SwapFields,
            field.span,
            (format!("{before} for each {}", group.name), after),
            format!(
                "a case with {} for one `{}`, which must not alert",
                words(&group.name, count),
                field.name
            ),
            with(&swap),
        ));
    }
    mutants
}

fn of_new_terms(settings: &NewTerms) -> Vec<Mutant> {
    let with = |change: &dyn Fn(&mut NewTerms)| {
        let mut changed = settings.clone();
        change(&mut changed);
        RuleKind::NewTerms(changed)
    };
    let mut mutants = Vec::new();
    for (number, field) in settings.fields.iter().enumerate() {
        if settings.fields.len() < 2 {
            break;
        }
        let name = &field.name;
        mutants.push(mutant(
            Operator::DropKey,
            field.span,
            (format!("new term {name}"), String::new()),
            format!("a case in which only `{name}` is new, which must alert"),
            with(&|changed| drop(changed.fields.remove(number))),
        ));
    }
    let start = &settings.history_window_start;
    let others = [
        (settings.with_half_history(), true),
        (settings.with_double_history(), false),
    ];
    for (changed, is_shorter) in others {
        let Some(changed) = changed else { continue };
        let after = changed.history_window_start.clone();
        let case = if is_shorter {
            format!(
                "a case whose terms were seen between `{start}` and `{after}`, and not later, \
                     which must not alert"
            )
        } else {
            format!(
                "a case whose terms were seen between `{after}` and `{start}`, and not later, \
                     which must alert"
            )
        };
        mutants.push(mutant(
            Operator::History,
            settings.history_span,
            (start.clone(), after.clone()),
            case,
            RuleKind::NewTerms(changed),
        ));
    }
    mutants
}

fn of_threat_match(settings: &ThreatMatch) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for (number, group) in settings.groups.iter().enumerate() {
        if settings.groups.len() > 1
            && let Some(span) = whole(group)
        {
            let mut changed = settings.clone();
            changed.groups.remove(number);
            let words: Vec<String> = group.iter().map(entry_words).collect();
            let before = words.join(" and ");
            mutants.push(mutant(
                Operator::Drop,
                span,
                (before.clone(), String::new()),
                format!("a case that alerts by `{before}` alone"),
                RuleKind::ThreatMatch(changed),
            ));
        }
        for (place, entry) in group.iter().enumerate() {
            let with = |change: &dyn Fn(&mut Vec<MappingEntry>)| {
                let mut changed = settings.clone();
                if let Some(group) = changed.groups.get_mut(number) {
                    change(group);
                    // Kibana refuses a group without an entry that must hold.
                    if group.iter().all(|entry| entry.is_negated) {
                        return None;
                    }
                }
                Some(RuleKind::ThreatMatch(changed))
            };
            mutants.extend(of_entry(entry, place, &with));
        }
    }
    for (number, (filter, span)) in settings.filters.iter().enumerate() {
        let mut changed = settings.clone();
        changed.filters.remove(number);
        let before = filter.to_string();
        let mut made = mutant(
            Operator::Drop,
            *span,
            (before.clone(), String::new()),
            format!("a case whose indicator does not meet `{before}`, which must not alert"),
            RuleKind::ThreatMatch(changed),
        );
        made.changed = match made.changed {
            Changed::Kind(kind) => Changed::WithoutFilter(kind, number),
            other => other,
        };
        mutants.push(made);
    }
    mutants
}

/// Makes the kind of rule with a change of a group of entries; `None` of one that Kibana refuses.
type WithGroup<'w> = &'w dyn Fn(&dyn Fn(&mut Vec<MappingEntry>)) -> Option<RuleKind>;

fn of_entry(entry: &MappingEntry, place: usize, with: WithGroup<'_>) -> Vec<Mutant> {
    let span = entry.event_field.span;
    let before = entry_words(entry);
    let mut mutants = Vec::new();
    let mut add = |operator, after: Option<&MappingEntry>, case: String| {
        let change = |group: &mut Vec<MappingEntry>| match after {
            Some(after) => {
                if let Some(own) = group.get_mut(place) {
                    own.clone_from(after);
                }
            }
            None => drop(group.remove(place)),
        };
        let words = after.map_or_else(String::new, entry_words);
        let made =
            with(&change).map(|kind| mutant(operator, span, (before.clone(), words), case, kind));
        mutants.extend(made);
    };
    add(
        Operator::DropItem,
        None,
        format!("a case in which only `{before}` does not hold, which must not alert"),
    );
    let negated = MappingEntry {
        is_negated: !entry.is_negated,
        ..entry.clone()
    };
    add(
        Operator::Negate,
        Some(&negated),
        format!("a case that `{before}` decides"),
    );
    if let Some(other) = other_end(&entry.event_field.name) {
        let swapped = MappingEntry {
            event_field: FieldName { name: other, span },
            ..entry.clone()
        };
        add(
            Operator::SwapFields,
            Some(&swapped),
            format!("a case that alerts by `{before}` alone"),
        );
    }
    mutants
}

fn entry_words(entry: &MappingEntry) -> String {
    let sign = if entry.is_negated { "!=" } else { "=" };
    format!(
        "{} {sign} {}",
        entry.event_field.name, entry.indicator_field.name
    )
}

/// The place of a group of entries.
fn whole(group: &[MappingEntry]) -> Option<Span> {
    let spans = group
        .iter()
        .flat_map(|entry| [entry.event_field.span, entry.indicator_field.span]);
    let (mut first, mut last): (Option<u32>, Option<u32>) = (None, None);
    for span in spans {
        first = Some(first.map_or(span.start, |first| first.min(span.start)));
        last = Some(last.map_or(span.end, |last| last.max(span.end)));
    }
    Some(Span {
        start: first?,
        end: last?,
    })
}

/// The changes of the indicator query.
fn of_indicator_query(settings: &ThreatMatch) -> Vec<Mutant> {
    let query = indicator_query(settings);
    let mutants = match &query {
        Ok(Syntax::Kuery(query)) => kql::mutants(query),
        Ok(Syntax::Lucene(group)) => lucene::mutants(group),
        _ => Vec::new(),
    };
    let of_indicators = |mutant: Mutant| Mutant {
        case: format!("of the indicator: {}", mutant.case),
        changed: match mutant.changed {
            Changed::Query(query) => Changed::IndicatorQuery(query),
            Changed::Kuery(change) => match &query {
                Ok(Syntax::Kuery(query)) => {
                    Changed::IndicatorQuery(Syntax::Kuery(change.applied(query)))
                }
                _ => Changed::Kuery(change),
            },
            other => other,
        },
        ..mutant
    };
    mutants.into_iter().map(of_indicators).collect()
}
