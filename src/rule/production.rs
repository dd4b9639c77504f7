//! The keys of `[rule]` that say what Kibana does with matches.

use super::{RuleType, Severity};
use super::{error, keys};
use crate::diagnostic::Span;
use crate::diagnostic::query::dsl::{BadFilters, BadQuery, UnsupportedQuery};
use crate::diagnostic::rule::{BadValue, OneOf};
use crate::language::dsl;
use crate::located::{DiagnosticSink, Table};

/// How Kibana filters the rule's events and makes alerts of its matches.
#[derive(Debug, Clone, Default)]
pub struct Production {
    /// `timestamp_override_fallback_disabled`: an event without the override is not found.
    pub fallback_disabled: bool,
    /// The exception lists that the rule is linked to.
    pub exception_lists: Vec<ListReference>,
    /// `filters` that are enabled, each with its place.
    pub filters: Vec<(dsl::Query, Span)>,
    /// What of `filters` cannot be run.
    pub unsupported: Option<UnsupportedQuery>,
    /// `alert_suppression`
    pub suppression: Option<Suppression>,
    /// `severity_mapping`
    pub severity_mapping: Vec<SeverityMapping>,
    /// The field of the first `risk_score_mapping`.
    pub risk_score_field: Option<String>,
    /// `rule_name_override`
    pub name_field: Option<String>,
}

/// An entry of `exceptions_list`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListReference {
    /// `list_id`
    pub list_id: String,
    /// Where it stands.
    pub span: Span,
}

/// `alert_suppression`: one alert for a group of alike ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// One to three fields; none in a threshold rule, which has its own.
    pub group_by: Vec<String>,
    /// For this many milliseconds; for one execution without.
    pub duration: Option<i64>,
    /// What lacks a field is grouped too (`suppress`), rather than alerted one by one.
    pub group_missing: bool,
}

/// An entry of `severity_mapping`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeverityMapping {
    /// The field.
    pub field: String,
    /// Its value.
    pub value: String,
    /// The severity of an alert with that value.
    pub severity: Severity,
}

pub(super) fn production(
    table: &Table<'_>,
    rule_type: Option<RuleType>,
    report: &mut DiagnosticSink<'_>,
) -> Production {
    let (filters, unsupported) = filters(table, "filters", report);
    Production {
        fallback_disabled: table
            .boolean("timestamp_override_fallback_disabled", report)
            .unwrap_or(false),
        exception_lists: exception_lists(table, report),
        filters,
        unsupported,
        suppression: suppression(table, rule_type, report),
        severity_mapping: severity_mapping(table, report),
        risk_score_field: risk_score_field(table, report),
        name_field: table
            .text("rule_name_override", report)
            .filter(|field| !field.is_empty()),
    }
}

/// Whether every alert of the rule is a building block.
pub(super) fn building_block(table: &Table<'_>, report: &mut DiagnosticSink<'_>) -> bool {
    let kind = table.text("building_block_type", report);
    if let Some(kind) = kind.as_ref().filter(|kind| *kind != "default") {
        let name = "building_block_type";
        let cause = BadValue::UnknownWord {
            name: name.to_owned(),
            found: kind.clone(),
            expected: OneOf(vec!["default"]),
        };
        report.caused(&error::BAD_VALUE, table.span(name), &cause);
    }
    kind.is_some()
}

fn exception_lists(table: &Table<'_>, report: &mut DiagnosticSink<'_>) -> Vec<ListReference> {
    let mut lists = Vec::new();
    for list in table.tables("exceptions_list", "rule.exceptions_list", report) {
        list.only(&["id", "list_id", "namespace_type", "type"], report);
        list.require("list_id", report);
        if let Some(list_id) = list.text("list_id", report) {
            lists.push(ListReference {
                list_id,
                span: list.span("list_id"),
            });
        }
    }
    lists
}

/// The enabled filters at `key`, and what of them cannot be run.
pub(super) fn filters(
    table: &Table<'_>,
    key: &str,
    report: &mut DiagnosticSink<'_>,
) -> (Vec<(dsl::Query, Span)>, Option<UnsupportedQuery>) {
    let (mut filters, mut unsupported) = (Vec::new(), None);
    for (pill, span) in table.json_items(key, report) {
        match dsl::pill(&pill) {
            Ok(filter) => filters.extend(filter.map(|filter| (filter, span))),
            Err(BadQuery::Unsupported(what)) => {
                unsupported.get_or_insert(what);
            }
            Err(BadQuery::Malformed(why)) => {
                let name = key.to_owned();
                let cause = BadFilters::Unreadable { name, why };
                report.caused(&error::BAD_FILTER, span, &cause);
            }
        }
    }
    (filters, unsupported)
}

fn suppression(
    table: &Table<'_>,
    rule_type: Option<RuleType>,
    report: &mut DiagnosticSink<'_>,
) -> Option<Suppression> {
    let inner = table.table("alert_suppression", "rule.alert_suppression", report)?;
    // A threshold rule suppresses by the fields that it counts by.
    if rule_type == Some(RuleType::Threshold) {
        inner.only(&["duration"], report);
        inner.require("duration", report);
    } else {
        inner.only(&["group_by", "duration", "missing_fields_strategy"], report);
    }
    let group_by = inner.texts("group_by", report);
    if inner.has("group_by") && !(1..=3).contains(&group_by.len()) {
        let found = group_by.len();
        let cause = BadValue::GroupBy { found };
        report.caused(&error::BAD_VALUE, inner.span("group_by"), &cause);
    }
    let missing = inner.text("missing_fields_strategy", report);
    let group_missing = match missing.as_deref() {
        None | Some("suppress") => true,
        Some("doNotSuppress") => false,
        Some(other) => {
            let found = other.to_owned();
            let span = inner.span("missing_fields_strategy");
            report.caused(&error::BAD_VALUE, span, &BadValue::MissingFields { found });
            true
        }
    };
    let name = "rule.alert_suppression.duration";
    let duration = inner.table("duration", name, report);
    Some(Suppression {
        group_by: group_by.into_iter().map(|(field, _)| field).collect(),
        duration: duration.and_then(|duration| duration_of(&duration, report)),
        group_missing,
    })
}

fn duration_of(table: &Table<'_>, report: &mut DiagnosticSink<'_>) -> Option<i64> {
    table.only(&["unit", "value"], report);
    table.require("unit", report);
    table.require("value", report);
    let value = table.integer("value", report)?;
    let unit = table.text("unit", report)?;
    let millis = match unit.as_str() {
        "s" | "m" | "h" if value > 0 => keys::duration(&format!("{value}{unit}")),
        _ => None,
    };
    if millis.is_none() {
        let found = format!("{value}{unit}");
        let cause = BadValue::NoDuration { found };
        report.caused(&error::BAD_VALUE, table.span("unit"), &cause);
    }
    millis
}

fn severity_mapping(table: &Table<'_>, report: &mut DiagnosticSink<'_>) -> Vec<SeverityMapping> {
    let mut mappings = Vec::new();
    for entry in table.tables("severity_mapping", "rule.severity_mapping", report) {
        entry.only(&["field", "operator", "severity", "value"], report);
        entry.require("field", report);
        entry.require("severity", report);
        let severity = keys::word(&entry, "severity", &Severity::ALL, Severity::word, report);
        let (field, value) = (entry.text("field", report), entry.text("value", report));
        if let (Some(field), Some(severity)) = (field, severity) {
            mappings.push(SeverityMapping {
                field,
                value: value.unwrap_or_default(),
                severity,
            });
        }
    }
    mappings
}

fn risk_score_field(table: &Table<'_>, report: &mut DiagnosticSink<'_>) -> Option<String> {
    let entries = table.tables("risk_score_mapping", "rule.risk_score_mapping", report);
    let mut first = None;
    for entry in entries {
        entry.only(&["field", "operator", "risk_score", "value"], report);
        entry.require("field", report);
        let field = entry
            .text("field", report)
            .filter(|field| !field.is_empty());
        first = first.or(field);
    }
    first
}
