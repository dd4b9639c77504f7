//! Lints: each file finds one kind of mistake in a rule. `trapline check` runs them.
//!
//! `text → rule → syntax → claims (one mapping a data source) → findings`. A lint reports what it
//! can prove and nothing else; what is true of several data sources is one finding.

mod blind_phases;
mod claims;
mod condition;
mod esql;
mod exceptions;
mod finding;
mod metadata;
mod query;
mod rule_settings;
mod scenarios;
pub mod survey;

use std::sync::Arc;

pub use claims::Claim;
pub use exceptions::exception_creates_alert::created_alerts;
pub use exceptions::exception_hides_attack::hidden_attacks;
pub use exceptions::exception_never_matches::dead_exceptions;
pub use finding::{Finding, Lint};
pub use metadata::duplicate_rule_id::{Identified, duplicates};
pub use query::verification::Refusal;
pub use scenarios::history_does_not_meet_query::uncounted_history;
pub use scenarios::scenario::as_finding;
pub use scenarios::vacuous_case::vacuous_cases;

use esql::result_columns::result_columns;
use esql::walk::EsqlSubject;
use query::kql::KqlSubject;
use rule_settings::subject::SettingsSubject;

use crate::compile::{self, Syntax};
use crate::data_source::{Catalogue, IndexPatterns};
use crate::diagnostic::{Diagnostic, SourceText};
use crate::language::eql::syntax::Query;
use crate::rule::{self, Rule, RuleKind};

/// Every lint, by name.
pub const LINTS: &[&Lint] = &[
    &esql::array_compared::LINT,
    &metadata::attack_id::LINT,
    &metadata::attack_reference::LINT,
    &query::bare_term::LINT,
    &esql::case_after_lower::LINT,
    &query::case_never_written::LINT,
    &query::contradiction::LINT,
    &query::control_escape::LINT,
    &query::covered_list_item::LINT,
    &metadata::duplicate_rule_id::LINT,
    &esql::ecs_type::LINT,
    &exceptions::exception_creates_alert::LINT,
    &exceptions::exception_hides_attack::LINT,
    &exceptions::exception_never_matches::LINT,
    &esql::explicit_null::LINT,
    &query::field_never_carried::LINT,
    &query::field_pattern_without_fields::LINT,
    &exceptions::filter_backslash::LINT,
    &query::foreign_pattern::LINT,
    &scenarios::history_does_not_meet_query::LINT,
    &rule_settings::indicator_many_values::LINT,
    &rule_settings::indicator_no_age_limit::LINT,
    &rule_settings::indicator_type_mismatch::LINT,
    &rule_settings::indicator_unreachable_group::LINT,
    &esql::integer_division::LINT,
    &esql::investigation_field::LINT,
    &esql::limit_before_stats::LINT,
    &esql::limit_without_sort::LINT,
    &query::literal_question_mark::LINT,
    &query::literal_wildcard::LINT,
    &esql::lost_id::LINT,
    &query::lucene_lower_case_operator::LINT,
    &query::lucene_mixed_operators::LINT,
    &query::lucene_unescaped::LINT,
    &rule_settings::max_signals::LINT,
    &rule_settings::maxspan_schedule::LINT,
    &esql::missing_drops_row::LINT,
    &rule_settings::new_terms_exception_hides_past::LINT,
    &rule_settings::new_terms_missing_field::LINT,
    &rule_settings::new_terms_time_in_query::LINT,
    &rule_settings::new_terms_volatile_field::LINT,
    &rule_settings::new_terms_window::LINT,
    &query::newer_stack::LINT,
    &esql::null_compared::LINT,
    &esql::order_of_array::LINT,
    &query::regex_anchor::LINT,
    &esql::repeated_alerts::LINT,
    &scenarios::scenario::LINT,
    &rule_settings::schedule_gap::LINT,
    &query::split_wildcard::LINT,
    &query::stage_never_matches::LINT,
    &esql::suppression_column::LINT,
    &query::swallowed_backslash::LINT,
    &query::syntax::LINT,
    &query::text_any_word::LINT,
    &query::text_wildcard::LINT,
    &rule_settings::threshold_group_missing::LINT,
    &rule_settings::threshold_redundant::LINT,
    &rule_settings::threshold_split::LINT,
    &rule_settings::threshold_unreachable::LINT,
    &rule_settings::threshold_window::LINT,
    &query::undeciding_clause::LINT,
    &query::unknown_category::LINT,
    &query::unknown_field::LINT,
    &metadata::unknown_key::LINT,
    &query::unserved_index::LINT,
    &esql::unused_column::LINT,
    &scenarios::vacuous_case::LINT,
    &query::value_runs_on::LINT,
    &query::verification::LINT,
    &esql::wide_from::LINT,
    &rule_settings::window_beyond_look_back::LINT,
];

/// The result of the lints on one rule file.
#[derive(Debug, Default)]
pub struct Linted {
    /// The rule, if the file could be loaded.
    pub rule: Option<Rule>,
    /// Why it could not be loaded.
    pub broken: Vec<Diagnostic>,
    /// Its query, if it is in a language that Trapline runs and parses.
    pub syntax: Option<Syntax>,
    /// What the lints found, by place.
    pub findings: Vec<Finding>,
    /// What the rule would search, each with the reason why Elasticsearch would refuse it there.
    pub searched: Vec<Searched>,
}

/// One data source (or group of index patterns) that a rule searches.
#[derive(Debug)]
pub struct Searched {
    /// The source, or the patterns that no known source serves.
    pub names: Vec<String>,
    /// Where its field types come from.
    pub basis: &'static str,
    /// Why the query cannot run there; empty if it can.
    pub refusals: Vec<Refusal>,
}

/// What a rule searches, in whatever language.
struct Search<'a> {
    text: &'a crate::diagnostic::QueryText,
    syntax: &'a Syntax,
    patterns: &'a IndexPatterns,
    settings: &'a crate::language::eql::RequestFieldNames,
    claims: &'a [Claim<'a>],
}

/// The inputs of the lints of an EQL query.
struct Subject<'a> {
    rule: &'a Rule,
    text: &'a crate::diagnostic::QueryText,
    syntax: &'a Query,
    patterns: IndexPatterns,
    settings: crate::language::eql::RequestFieldNames,
    claims: Vec<Claim<'a>>,
}

impl Subject<'_> {
    /// A place of the query as a place of the file.
    fn locate(&self, span: crate::diagnostic::Span) -> crate::diagnostic::Span {
        self.text.locate(span)
    }

    fn source(&self) -> &Arc<SourceText> {
        self.text.source()
    }
}

/// Loads a rule file that holds one rule and runs every lint on it.
#[cfg(feature = "internals")]
pub fn lint(source: &Arc<SourceText>, catalogue: &Catalogue) -> Linted {
    one(rule::load(source), source, catalogue)
}

/// Loads all rules of a file and runs every lint on each.
pub fn lint_file(source: &Arc<SourceText>, catalogue: &Catalogue) -> Vec<Linted> {
    let rules = rule::load_file(source).into_iter();
    rules.map(|loaded| one(loaded, source, catalogue)).collect()
}

fn one(loaded: rule::Loaded, source: &Arc<SourceText>, catalogue: &Catalogue) -> Linted {
    let mut linted = Linted::default();
    for diagnostic in loaded.diagnostics {
        match metadata::unknown_key::take(diagnostic) {
            Ok(finding) => linted.findings.push(finding),
            Err(diagnostic) => linted.broken.push(diagnostic),
        }
    }
    if let Some(rule) = &loaded.rule {
        metadata::attack_id::run(rule, source, &mut linted.findings);
        metadata::attack_reference::run(rule, source, &mut linted.findings);
        rule_settings::schedule_gap::run(rule, source, &mut linted.findings);
        rule_settings::max_signals::run(rule, source, &mut linted.findings);
        exceptions::filter_backslash::run(rule, source, &mut linted.findings);
        query::unserved_index::run(rule, source, catalogue, &mut linted.findings);
        query(rule, catalogue, &mut linted);
    }
    linted.rule = loaded.rule;
    linted
        .findings
        .sort_by(|a, b| a.diagnostic.sort_key().cmp(&b.diagnostic.sort_key()));
    linted
}

/// The lints that read the query.
fn query(rule: &Rule, catalogue: &Catalogue, linted: &mut Linted) {
    let (true, Some(query)) = (compile::is_supported(rule.kind.rule_type()), &rule.query) else {
        return;
    };
    let syntax = match Syntax::parse(query.language, query.text.text()) {
        Ok(syntax) => syntax,
        Err(errors) => {
            query::syntax::run(&errors, &query.text, &mut linted.findings);
            return;
        }
    };
    if let RuleKind::ThreatMatch(settings) = &rule.kind {
        let query = &settings.query;
        match Syntax::parse(query.language, query.text.text()) {
            Ok(syntax) => documents(rule, (&syntax, &query.text), &[], &mut linted.findings),
            Err(errors) => query::syntax::run(&errors, &query.text, &mut linted.findings),
        }
    }
    let patterns = IndexPatterns::new(rule.index.iter().map(|(pattern, _)| pattern.as_str()));
    let settings = compile::request_fields(&rule.fields);
    let claims = claims::claims(&syntax, &settings, catalogue, &patterns);
    let search = Search {
        text: &query.text,
        syntax: &syntax,
        patterns: &patterns,
        settings: &settings,
        claims: &claims,
    };
    linted.searched = query::verification::run(&search, &mut linted.findings);
    documents(rule, (&syntax, &query.text), &claims, &mut linted.findings);
    let subject = SettingsSubject {
        rule,
        source: query.text.source(),
        catalogue,
        patterns: &patterns,
        claims: &claims,
    };
    beside_query(&subject, &mut linted.findings);
    if let Syntax::Esql(parsed) = &syntax {
        let subject = EsqlSubject {
            rule,
            text: &query.text,
            query: &parsed.tree,
            results: &result_columns(&search),
        };
        esql(&subject, &mut linted.findings);
    }
    if let Syntax::Eql(syntax) = &syntax {
        let subject = Subject {
            rule,
            text: &query.text,
            claims,
            syntax,
            patterns,
            settings,
        };
        eql(&subject, &mut linted.findings);
    }
    linted.syntax = Some(syntax);
}

/// The lints that read the syntax tree of KQL or Lucene.
fn documents(
    rule: &Rule,
    (syntax, text): (&Syntax, &crate::diagnostic::QueryText),
    claims: &[Claim<'_>],
    findings: &mut Vec<Finding>,
) {
    match syntax {
        Syntax::Kuery(query) => kuery(
            rule,
            &KqlSubject {
                text,
                query,
                claims,
            },
            findings,
        ),
        Syntax::Lucene(group) => {
            query::lucene_lower_case_operator::run(text, group, findings);
            query::lucene_mixed_operators::run(text, findings);
            query::lucene_unescaped::run(text, group, findings);
        }
        Syntax::Eql(_) | Syntax::Esql(_) => {}
    }
}

/// The lints that read the syntax tree of KQL.
fn kuery(rule: &Rule, subject: &KqlSubject<'_>, findings: &mut Vec<Finding>) {
    query::bare_term::run(subject, findings);
    query::case_never_written::of_kql(subject, findings);
    query::control_escape::run(subject, findings);
    query::covered_list_item::of_kql(subject, findings);
    query::field_pattern_without_fields::run(subject, findings);
    query::literal_question_mark::run(subject, findings);
    query::literal_wildcard::of_kql(subject, findings);
    rule_settings::new_terms_time_in_query::run(rule, subject, findings);
    query::split_wildcard::run(subject, findings);
    query::text_any_word::run(subject, findings);
    query::text_wildcard::run(subject, findings);
    query::unknown_field::run(subject, findings);
    query::value_runs_on::run(subject, findings);
}

/// The lints of what a rule counts, remembers and compares beside its query.
fn beside_query(subject: &SettingsSubject<'_>, findings: &mut Vec<Finding>) {
    rule_settings::indicator_many_values::run(subject, findings);
    rule_settings::indicator_no_age_limit::run(subject.rule, findings);
    rule_settings::indicator_type_mismatch::run(subject, findings);
    rule_settings::indicator_unreachable_group::run(subject.rule, findings);
    rule_settings::new_terms_exception_hides_past::run(subject, findings);
    rule_settings::new_terms_missing_field::run(subject, findings);
    rule_settings::new_terms_volatile_field::run(subject, findings);
    rule_settings::new_terms_window::run(subject, findings);
    rule_settings::threshold_group_missing::run(subject, findings);
    rule_settings::threshold_redundant::run(subject, findings);
    rule_settings::threshold_split::run(subject, findings);
    rule_settings::threshold_unreachable::run(subject, findings);
    rule_settings::threshold_window::run(subject, findings);
}

/// The lints that read the syntax tree of EQL.
fn eql(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    rule_settings::maxspan_schedule::run(subject, findings);
    query::newer_stack::run(subject, findings);
    query::unknown_category::run(subject, findings);
    let logic = condition::logic::run(subject);
    query::contradiction::run(subject, &logic, findings);
    query::undeciding_clause::run(subject, &logic, findings);
    query::covered_list_item::run(subject, findings);
    query::literal_wildcard::run(subject, findings);
    query::swallowed_backslash::run(subject, findings);
    query::regex_anchor::run(subject, findings);
    query::case_never_written::run(subject, findings);
    let facts = condition::facts::facts(subject);
    query::field_never_carried::run(subject, &facts, findings);
    query::stage_never_matches::run(subject, &facts, findings);
}

/// The lints that read the syntax tree of ES|QL.
fn esql(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    esql::array_compared::run(subject, findings);
    esql::missing_drops_row::run(subject, findings);
    esql::repeated_alerts::run(subject, findings);
    query::foreign_pattern::run(subject, findings);
    esql::case_after_lower::run(subject, findings);
    esql::suppression_column::run(subject, findings);
    esql::lost_id::run(subject, findings);
    esql::integer_division::run(subject, findings);
    esql::order_of_array::run(subject, findings);
    rule_settings::window_beyond_look_back::run(subject, findings);
    esql::wide_from::run(subject, findings);
    esql::unused_column::run(subject, findings);
    esql::limit_before_stats::run(subject, findings);
    esql::limit_without_sort::run(subject, findings);
    esql::ecs_type::run(subject, findings);
    esql::explicit_null::run(subject, findings);
    esql::null_compared::run(subject, findings);
    esql::investigation_field::run(subject, findings);
    esql::newer_features::run(subject, findings);
}
