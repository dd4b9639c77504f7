//! The table of a rule → [`Rule`], or everything that is wrong with it in one run.

use super::{
    AttackEntry, FieldOverrides, Query, Rule, RuleType, Schedule, Severity, Threat, error, keys,
    production, read_kind,
};
use crate::diagnostic::rule::{BadValue, TimeForm};
use crate::diagnostic::{Diagnostic, Span, escape};
use crate::event::time::milliseconds_back;
use crate::language::esql;
use crate::located::{DiagnosticSink, Table};

/// What became of a rule file.
#[derive(Debug)]
pub struct Loaded {
    /// The rule; `None` if there is an error.
    pub rule: Option<Rule>,
    /// Errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
}

/// The keys of `[rule]` that Elastic's detection-rules repository and Kibana know.
pub(super) const RULE_KEYS: &[&str] = &[
    "actions",
    "alert_suppression",
    "anomaly_threshold",
    "author",
    "building_block_type",
    "data_view_id",
    "description",
    "enabled",
    "event_category_override",
    "exceptions_list",
    "false_positives",
    "filters",
    "from",
    "history_window_start",
    "index",
    "interval",
    "investigation_fields",
    "language",
    "license",
    "machine_learning_job_id",
    "max_signals",
    "meta",
    "name",
    "namespace",
    "new_terms",
    "new_terms_fields",
    "note",
    "outcome",
    "output_index",
    "query",
    "references",
    "related_integrations",
    "required_fields",
    "response_actions",
    "risk_score",
    "risk_score_mapping",
    "rule_id",
    "rule_name_override",
    "saved_id",
    "setup",
    "severity",
    "severity_mapping",
    "tags",
    "threat",
    "threat_filters",
    "threat_index",
    "threat_indicator_path",
    "threat_language",
    "threat_mapping",
    "threat_query",
    "threshold",
    "throttle",
    "tiebreaker_field",
    "timeline_id",
    "timeline_title",
    "timestamp_field",
    "timestamp_override",
    "timestamp_override_fallback_disabled",
    "to",
    "transform",
    "type",
    "version",
];

pub(super) const METADATA_KEYS: &[&str] = &[
    "bypass_bbr_timing",
    "creation_date",
    "deprecation_date",
    "deprecated_reason",
    "extended",
    "integration",
    "maturity",
    "min_stack_comments",
    "min_stack_version",
    "os_type_list",
    "promotion",
    "query_schema_validation",
    "transform",
    "updated_date",
];

impl Loaded {
    /// The outcome of reading a rule: there is none where something is wrong.
    pub(super) fn new(rule: Option<Rule>, report: DiagnosticSink<'_>) -> Self {
        let mut diagnostics = report.diagnostics;
        diagnostics.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        let failed = diagnostics.iter().any(Diagnostic::is_error);
        Self {
            rule: rule.filter(|_| !failed),
            diagnostics,
        }
    }
}

/// The rule that a table describes, with the keys of Kibana's API.
pub(super) fn rule(table: &Table<'_>, report: &mut DiagnosticSink<'_>) -> Option<Rule> {
    for key in ["name", "rule_id", "type", "severity", "risk_score"] {
        table.require(key, report);
    }
    let rule_type = keys::word(table, "type", &RuleType::ALL, RuleType::word, report);
    let schedule = schedule(table, report);
    let query = rule_type.and_then(|rule_type| query(table, rule_type, report));
    let kind = rule_type
        .and_then(|rule_type| read_kind::kind(table, rule_type, schedule.look_back, report));
    let severity = keys::word(table, "severity", &Severity::ALL, Severity::word, report);
    let risk_score = risk_score(table, report);
    let max_signals = max_signals(table, report);
    let threat = threats(table, report);
    let fields = fields(table, report);
    let tags = table.texts("tags", report);
    let mut index = table.texts("index", report);
    // A rule in ES|QL has no index patterns of its own: its query names them.
    if let (Some(RuleType::Esql), Some(query)) = (rule_type, &query) {
        let patterns = esql::index_patterns(query.text.text()).into_iter();
        index.extend(patterns.map(|(pattern, span)| (pattern, query.text.locate(span))));
    }
    let investigation_fields = investigation_fields(table, report);
    let production = production::production(table, rule_type, report);
    let building_block = production::building_block(table, report);
    // A name is one line, whatever a rule's author writes.
    let one_line = |text: String| escape::line(&text).into_owned();
    let (name, id) = (
        keys::some_text(table, "name", report).map(one_line),
        keys::some_text(table, "rule_id", report).map(one_line),
    );
    Some(Rule {
        name: name?,
        id: id?,
        id_span: table.span("rule_id"),
        kind: kind?,
        severity: severity?,
        risk_score: risk_score?,
        index,
        query,
        schedule,
        schedule_span: table.span(if table.has("from") {
            "from"
        } else {
            "interval"
        }),
        max_signals,
        max_signals_span: table.span("max_signals"),
        min_stack_version: None,
        tags: tags.into_iter().map(|(tag, _)| tag).collect(),
        maturity: None,
        fields,
        investigation_fields,
        threat,
        building_block,
        production,
        exceptions: Vec::new(),
    })
}

/// The fields that the rule reads instead of the usual ones.
fn fields(table: &Table<'_>, report: &mut DiagnosticSink<'_>) -> FieldOverrides {
    FieldOverrides {
        timestamp: table.text("timestamp_field", report),
        timestamp_override: table.text("timestamp_override", report),
        category: table.text("event_category_override", report),
        tiebreaker: table.text("tiebreaker_field", report),
    }
}

/// The fields that the page of an alert shows first. Old exports have a list without a table, which
/// Kibana ignores.
fn investigation_fields(table: &Table<'_>, report: &mut DiagnosticSink<'_>) -> Vec<(String, Span)> {
    let value = table.value("investigation_fields");
    let inner = value.and_then(|value| Table::of(value, "rule.investigation_fields"));
    inner.map_or_else(Vec::new, |inner| inner.texts("field_names", report))
}

/// The query of a rule of this type, if the type has one.
fn query(table: &Table<'_>, rule_type: RuleType, report: &mut DiagnosticSink<'_>) -> Option<Query> {
    let languages = rule_type.languages();
    if languages.is_empty() {
        return None;
    }
    // A saved query stands in Kibana; the file may repeat it.
    let is_saved =
        table.has("saved_id") && matches!(rule_type, RuleType::Query | RuleType::SavedQuery);
    if !is_saved {
        table.require("query", report);
        table.require("language", report);
    }
    let language = keys::language(table, "language", languages, report);
    let text = keys::query_text_of(table, "query", report);
    Some(Query {
        text: text?,
        language: language?,
    })
}

fn schedule(table: &Table<'_>, report: &mut DiagnosticSink<'_>) -> Schedule {
    let mut schedule = Schedule::default();
    if let Some(text) = table.text("interval", report) {
        match keys::duration(&text) {
            Some(millis) if millis > 0 => schedule.interval = millis,
            _ => bad_time(table, "interval", text, TimeForm::Interval, report),
        }
    }
    if let Some(text) = table.text("from", report) {
        match milliseconds_back(&text) {
            Some(millis) if millis > 0 => schedule.look_back = millis,
            _ => bad_time(table, "from", text, TimeForm::From, report),
        }
    }
    if let Some(text) = table.text("to", report) {
        match milliseconds_back(&text) {
            Some(millis) if millis < schedule.look_back => schedule.until = millis,
            Some(_) => bad_time(table, "to", text, TimeForm::AfterFrom, report),
            None => bad_time(table, "to", text, TimeForm::To, report),
        }
    }
    schedule
}

fn bad_time(
    table: &Table<'_>,
    name: &'static str,
    found: String,
    expected: TimeForm,
    report: &mut DiagnosticSink<'_>,
) {
    let cause = BadValue::BadTime {
        name,
        found,
        expected,
    };
    report.caused(&error::BAD_VALUE, table.span(name), &cause);
}

fn risk_score(table: &Table<'_>, report: &mut DiagnosticSink<'_>) -> Option<u8> {
    let score = table.integer("risk_score", report)?;
    match u8::try_from(score) {
        Ok(score) if score <= 100 => Some(score),
        _ => {
            let cause = BadValue::RiskScore { found: score };
            report.caused(&error::BAD_VALUE, table.span("risk_score"), &cause);
            None
        }
    }
}

fn max_signals(table: &Table<'_>, report: &mut DiagnosticSink<'_>) -> u32 {
    let Some(number) = table.integer("max_signals", report) else {
        return 100;
    };
    match u32::try_from(number) {
        Ok(number) if number > 0 => number,
        _ => {
            let cause = BadValue::TooSmall {
                name: "max_signals",
                found: number,
                least: 1,
            };
            report.caused(&error::BAD_VALUE, table.span("max_signals"), &cause);
            100
        }
    }
}

fn threats(table: &Table<'_>, report: &mut DiagnosticSink<'_>) -> Vec<Threat> {
    let mut threats = Vec::new();
    for threat in table.tables("threat", "rule.threat", report) {
        threat.only(&["framework", "tactic", "technique"], report);
        threat.require("tactic", report);
        let tactic = threat.table("tactic", "rule.threat.tactic", report);
        let tactic = tactic.and_then(|tactic| attack(&tactic, &[], report));
        let mut techniques = Vec::new();
        for technique in threat.tables("technique", "rule.threat.technique", report) {
            techniques.extend(attack(&technique, &["subtechnique"], report));
            let name = "rule.threat.technique.subtechnique";
            for sub in technique.tables("subtechnique", name, report) {
                techniques.extend(attack(&sub, &[], report));
            }
        }
        let framework = threat.text("framework", report);
        if let Some(tactic) = tactic {
            threats.push(Threat {
                framework: framework.unwrap_or_else(|| "MITRE ATT&CK".to_owned()),
                tactic,
                techniques,
            });
        }
    }
    threats
}

fn attack(
    table: &Table<'_>,
    also: &[&str],
    report: &mut DiagnosticSink<'_>,
) -> Option<AttackEntry> {
    let mut known = vec!["id", "name", "reference"];
    known.extend(also);
    table.only(&known, report);
    for key in ["id", "name", "reference"] {
        table.require(key, report);
    }
    Some(AttackEntry {
        span: table.span("id"),
        reference_span: table.span("reference"),
        id: table.text("id", report)?,
        name: table.text("name", report)?,
        reference: table.text("reference", report)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceText;
    use crate::rule::load;

    fn loaded(text: &str) -> Loaded {
        load(&SourceText::new("rules/a.toml", text))
    }

    const RULE: &str = "[rule]\nname = 'n'\nrule_id = 'i'\ntype = 'eql'\nlanguage = 'eql'\n\
                        severity = 'low'\nrisk_score = 21\nquery = 'any where true'\n";

    #[test]
    fn absent_keys_have_kibanas_defaults() {
        let rule = loaded(RULE).rule.unwrap();
        assert_eq!(rule.schedule, Schedule::default());
        assert_eq!(rule.max_signals, 100);
        assert_eq!(rule.query.unwrap().text.text(), "any where true");
    }

    #[test]
    fn every_error_of_a_file_is_reported_in_one_run() {
        let text = RULE
            .replace("21", "101")
            .replace("'low'", "'lo'")
            .replace("name = 'n'\n", "")
            .replace("'eql'\nl", "'eqel'\nl");
        let loaded = loaded(&text);
        assert!(loaded.rule.is_none());
        let messages: Vec<&str> = loaded
            .diagnostics
            .iter()
            .map(|diagnostic| diagnostic.message.as_str())
            .collect();
        assert_eq!(messages.len(), 4, "{messages:?}");
    }

    #[test]
    fn programs_read_which_value_is_wrong_and_what_it_must_be() {
        let text = RULE.replace("'low'", "'lo'");
        let loaded = loaded(&format!("{text}from = 'now'\nmax_signals = 0\n"));
        let causes = loaded.diagnostics.iter().map(|one| {
            let details = &one.details;
            (
                one.cause.as_deref().unwrap(),
                details.name.as_deref().unwrap(),
                details.found.as_deref().unwrap(),
                details.expected.as_deref().unwrap_or_default(),
            )
        });
        let mut causes: Vec<_> = causes.collect();
        causes.sort_unstable();
        assert_eq!(
            causes,
            [
                ("bad-time", "from", "now", "date math, such as `now-9m`"),
                ("too-small", "max_signals", "0", ""),
                (
                    "unknown-word",
                    "severity",
                    "lo",
                    "low, medium, high, critical"
                ),
            ]
        );
    }

    #[test]
    fn an_unknown_key_is_a_warning_with_the_nearest_known_one() {
        let loaded = loaded(&format!("{RULE}serverity = 'low'\n"));
        assert!(loaded.rule.is_some());
        let [warning] = loaded.diagnostics.as_slice() else {
            panic!("one warning");
        };
        assert_eq!(warning.help, ["did you mean `severity`?"]);
    }
}
