//! Reads the settings of each kind of rule.

use super::kind::{
    Cardinality, FieldName, MappingEntry, NewTerms, RuleKind, RuleType, ThreatMatch, Threshold,
};
use super::production::filters;
use super::{Query, error, keys};
use crate::diagnostic::Span;
use crate::diagnostic::rule::{BadValue, TimeForm};
use crate::event::Timestamp;
use crate::located::{DiagnosticSink, Table};

/// The most fields of a new-terms rule.
const MOST_NEW_TERMS: usize = 3;

/// The kind of a rule, its settings checked.
pub(super) fn kind(
    table: &Table<'_>,
    rule_type: RuleType,
    look_back: i64,
    report: &mut DiagnosticSink<'_>,
) -> Option<RuleKind> {
    Some(match rule_type {
        RuleType::Eql => RuleKind::Eql,
        RuleType::Query => RuleKind::Query,
        RuleType::Esql => RuleKind::Esql,
        RuleType::SavedQuery => {
            table.require("saved_id", report);
            RuleKind::SavedQuery {
                id: table.text("saved_id", report)?,
            }
        }
        RuleType::Threshold => RuleKind::Threshold(threshold(table, report)?),
        RuleType::NewTerms => RuleKind::NewTerms(new_terms(table, look_back, report)?),
        RuleType::ThreatMatch => RuleKind::ThreatMatch(threat_match(table, report)?),
        RuleType::MachineLearning => RuleKind::MachineLearning,
    })
}

fn threshold(table: &Table<'_>, report: &mut DiagnosticSink<'_>) -> Option<Threshold> {
    table.require("threshold", report);
    let threshold = table.table("threshold", "rule.threshold", report)?;
    // Elastic's own rules keep a reference in this table.
    threshold.only(&["cardinality", "field", "reference", "value"], report);
    threshold.require("value", report);
    let group_by = field_names(threshold.text_or_texts("field", report));
    let mut cardinality = Vec::new();
    for entry in threshold.tables("cardinality", "rule.threshold.cardinality", report) {
        entry.only(&["field", "value"], report);
        entry.require("field", report);
        entry.require("value", report);
        let (field, count) = (
            field_name(&entry, "field", report),
            at_least(&entry, 0, report),
        );
        if let (Some(field), Some(count)) = (field, count) {
            cardinality.push(Cardinality {
                field,
                count,
                count_span: entry.span("value"),
            });
        }
    }
    Some(Threshold {
        group_by,
        count: at_least(&threshold, 1, report)?,
        count_span: threshold.span("value"),
        cardinality: cardinality.into_iter().next(),
    })
}

/// The number at `value`.
fn at_least(table: &Table<'_>, least: u64, report: &mut DiagnosticSink<'_>) -> Option<u64> {
    let number = table.integer("value", report)?;
    let count = u64::try_from(number).ok().filter(|count| *count >= least);
    if count.is_none() {
        let cause = BadValue::TooSmall {
            name: "value",
            found: number,
            least,
        };
        report.caused(&error::BAD_VALUE, table.span("value"), &cause);
    }
    count
}

fn new_terms(
    table: &Table<'_>,
    look_back: i64,
    report: &mut DiagnosticSink<'_>,
) -> Option<NewTerms> {
    let written = if table.has("new_terms_fields") {
        as_api(table, report)
    } else {
        as_detection_rules(table, report)
    };
    let (fields, history) = written?;
    if !(1..=MOST_NEW_TERMS).contains(&fields.len()) {
        let cause = BadValue::NewTermsFields {
            found: fields.len(),
            most: MOST_NEW_TERMS,
        };
        let span = fields
            .first()
            .map_or(table.span("new_terms_fields"), |field| field.span);
        report.caused(&error::BAD_VALUE, span, &cause);
    }
    let (history_window_start, history_span) = history?;
    let new_terms = NewTerms {
        fields,
        history_window_start,
        history_span,
    };
    history_is_before(&new_terms, look_back, report);
    Some(new_terms)
}

type Written = (Vec<FieldName>, Option<(String, Span)>);

/// `new_terms_fields` and `history_window_start`, as Kibana's API has them.
fn as_api(table: &Table<'_>, report: &mut DiagnosticSink<'_>) -> Option<Written> {
    table.require("history_window_start", report);
    let fields = field_names(table.texts("new_terms_fields", report));
    let history = table.text("history_window_start", report);
    let history = history.map(|text| (text, table.span("history_window_start")));
    Some((fields, history))
}

/// `[rule.new_terms]` as detection-rules has it: each key in a table of `field` and `value`.
fn as_detection_rules(table: &Table<'_>, report: &mut DiagnosticSink<'_>) -> Option<Written> {
    table.require("new_terms", report);
    let new_terms = table.table("new_terms", "rule.new_terms", report)?;
    new_terms.only(&["field", "history_window_start", "value"], report);
    new_terms.require("value", report);
    new_terms.require("history_window_start", report);
    let fields = field_names(new_terms.text_or_texts("value", report));
    let name = "rule.new_terms.history_window_start";
    let mut history = None;
    for entry in new_terms.tables("history_window_start", name, report) {
        entry.only(&["field", "value"], report);
        entry.require("value", report);
        let text = entry.text("value", report);
        history = history.or(text.map(|text| (text, entry.span("value"))));
    }
    Some((fields, history))
}

/// Reports a history that is no date math, or that begins after the rule's window does.
fn history_is_before(new_terms: &NewTerms, look_back: i64, report: &mut DiagnosticSink<'_>) {
    let found = new_terms.history_window_start.clone();
    let to = Timestamp::default();
    let cause = match new_terms.history_start(to) {
        None => BadValue::BadTime {
            name: "history_window_start",
            found,
            expected: TimeForm::History,
        },
        Some(start) if start.millis() >= to.millis() - look_back => {
            BadValue::EmptyHistory { found }
        }
        Some(_) => return,
    };
    report.caused(&error::BAD_VALUE, new_terms.history_span, &cause);
}

fn threat_match(table: &Table<'_>, report: &mut DiagnosticSink<'_>) -> Option<ThreatMatch> {
    for key in ["threat_index", "threat_mapping", "threat_query"] {
        table.require(key, report);
    }
    let index = table.texts("threat_index", report);
    let (filters, unsupported) = filters(table, "threat_filters", report);
    let groups = mapping_groups(table, report);
    let languages = RuleType::ThreatMatch.languages();
    let language = keys::language(table, "threat_language", languages, report);
    let text = keys::query_text_of(table, "threat_query", report);
    let indicator_path = table.text("threat_indicator_path", report);
    Some(ThreatMatch {
        index,
        query: Query {
            language: language?,
            text: text?,
        },
        filters,
        unsupported,
        groups,
        indicator_path: indicator_path
            .filter(|path| !path.is_empty())
            .unwrap_or_else(|| "threat.indicator".to_owned()),
    })
}

fn mapping_groups(table: &Table<'_>, report: &mut DiagnosticSink<'_>) -> Vec<Vec<MappingEntry>> {
    let mut groups = Vec::new();
    for group in table.tables("threat_mapping", "rule.threat_mapping", report) {
        group.only(&["entries"], report);
        group.require("entries", report);
        let entries = group.tables("entries", "rule.threat_mapping.entries", report);
        let written = entries.len();
        let entries: Vec<MappingEntry> = entries
            .iter()
            .filter_map(|entry| mapping_entry(entry, report))
            .collect();
        // Kibana refuses a group without an entry that must hold.
        if entries.len() == written && entries.iter().all(|entry| entry.is_negated) {
            let span = group.span("entries");
            report.caused(&error::BAD_VALUE, span, &BadValue::NegatedGroup);
        }
        groups.push(entries);
    }
    if groups.is_empty() && table.has("threat_mapping") {
        let span = table.span("threat_mapping");
        report.caused(&error::BAD_VALUE, span, &BadValue::NoGroup);
    }
    groups
}

fn mapping_entry(entry: &Table<'_>, report: &mut DiagnosticSink<'_>) -> Option<MappingEntry> {
    entry.only(&["field", "negate", "type", "value"], report);
    for key in ["field", "type", "value"] {
        entry.require(key, report);
    }
    keys::word(entry, "type", &["mapping"], |word| word, report);
    let is_negated = entry.boolean("negate", report).unwrap_or(false);
    let event_field = field_name(entry, "field", report);
    let indicator_field = field_name(entry, "value", report);
    Some(MappingEntry {
        event_field: event_field?,
        indicator_field: indicator_field?,
        is_negated,
    })
}

/// The names that are not empty: an empty name stands for none, as in Kibana.
fn field_names(names: Vec<(String, Span)>) -> Vec<FieldName> {
    let names = names.into_iter().filter(|(name, _)| !name.is_empty());
    names.map(|(name, span)| FieldName { name, span }).collect()
}

fn field_name(table: &Table<'_>, key: &str, report: &mut DiagnosticSink<'_>) -> Option<FieldName> {
    let name = keys::some_text(table, key, report)?;
    Some(FieldName {
        name,
        span: table.span(key),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceText;
    use crate::rule::{Language, load};

    fn kind_of(rule_type: &str, rest: &str) -> RuleKind {
        let text = format!(
            "[rule]\nname = 'n'\nrule_id = 'i'\ntype = '{rule_type}'\nlanguage = 'kuery'\n\
             severity = 'low'\nrisk_score = 21\nquery = '*'\n{rest}"
        );
        load(&SourceText::new("a.toml", text)).rule.unwrap().kind
    }

    fn names(fields: &[FieldName]) -> Vec<&str> {
        fields.iter().map(|field| field.name.as_str()).collect()
    }

    #[test]
    fn an_empty_field_of_a_threshold_counts_all_events_together() {
        for field in ["''", "[]", "['']"] {
            let kind = kind_of(
                "threshold",
                &format!("threshold = {{field = {field}, value = 3}}"),
            );
            let RuleKind::Threshold(threshold) = kind else {
                panic!("a threshold");
            };
            assert_eq!((threshold.group_by.len(), threshold.count), (0, 3));
        }
    }

    #[test]
    fn the_first_cardinality_counts() {
        let kind = kind_of(
            "threshold",
            "threshold = {field = 'a', value = 1, cardinality = \
             [{field = 'b', value = 2}, {field = 'c', value = 9}]}",
        );
        let RuleKind::Threshold(threshold) = kind else {
            panic!("a threshold");
        };
        assert_eq!(names(&threshold.group_by), ["a"]);
        let cardinality = threshold.cardinality.unwrap();
        assert_eq!(
            (cardinality.field.name.as_str(), cardinality.count),
            ("b", 2)
        );
    }

    #[test]
    fn both_ways_of_writing_new_terms_mean_the_same() {
        let written = [
            "new_terms_fields = ['a', 'b']\nhistory_window_start = 'now-7d'",
            "[rule.new_terms]\nvalue = ['a', 'b']\n[[rule.new_terms.history_window_start]]\n\
             value = 'now-7d'",
        ];
        for rest in written {
            let RuleKind::NewTerms(new_terms) = kind_of("new_terms", rest) else {
                panic!("new terms");
            };
            assert_eq!(names(&new_terms.fields), ["a", "b"]);
            let week = Timestamp::from_millis(7 * 86_400_000);
            assert_eq!(new_terms.history_start(week), Some(Timestamp::default()));
        }
    }

    #[test]
    fn groups_of_indicator_fields_keep_their_entries_and_the_defaults_are_kibanas() {
        let kind = kind_of(
            "threat_match",
            "threat_index = ['ti-*']\nthreat_query = '*'\nthreat_mapping = [\n\
             {entries = [{field = 'a', type = 'mapping', value = 'b'}]},\n\
             {entries = [{field = 'c', type = 'mapping', value = 'd'}, \
             {field = 'e', type = 'mapping', value = 'f', negate = true}]}]",
        );
        let RuleKind::ThreatMatch(threat) = kind else {
            panic!("an indicator match");
        };
        assert_eq!(threat.query.language, Language::Kuery);
        assert_eq!(threat.indicator_path, "threat.indicator");
        let negated: Vec<Vec<bool>> = threat
            .groups
            .iter()
            .map(|group| group.iter().map(|entry| entry.is_negated).collect())
            .collect();
        assert_eq!(negated, [vec![false], vec![false, true]]);
    }
}
