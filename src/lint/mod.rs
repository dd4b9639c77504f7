//! Lints: each file finds one kind of mistake in a rule. `trapline check` runs them.
//!
//! `text → rule → syntax → claims (one mapping a data source) → findings`. A lint reports what it
//! can prove and nothing else; what is true of several data sources is one finding.

mod array_compared;
mod attack_id;
mod attack_reference;
mod bare_term;
mod case_after_lower;
mod case_never_written;
mod claims;
mod contradiction;
mod control_escape;
mod covered_list_item;
mod duplicate_rule_id;
mod esql_walk;
mod facts;
mod field_never_carried;
mod field_pattern_without_fields;
mod filter_backslash;
mod finding;
mod foreign_pattern;
mod indicator_many_values;
mod indicator_no_age_limit;
mod indicator_type_mismatch;
mod indicator_unreachable_group;
mod integer_division;
mod kql;
mod limit_without_sort;
mod literal_question_mark;
mod literal_wildcard;
mod logic;
mod lost_id;
mod lucene_lower_case_operator;
mod lucene_mixed_operators;
mod lucene_unescaped;
mod max_signals;
mod maxspan_schedule;
mod missing_drops_row;
mod new_terms_exception_hides_past;
mod new_terms_missing_field;
mod new_terms_time_in_query;
mod new_terms_volatile_field;
mod new_terms_window;
mod newer_stack;
mod order_of_array;
mod pattern;
mod piece_index;
mod repeated_alerts;
mod settings;
mod split_wildcard;
mod suppression_column;
mod text_any_word;
mod text_wildcard;
mod threshold_group_missing;
mod threshold_redundant;
mod threshold_split;
mod threshold_unreachable;
mod threshold_window;
mod unknown_field;
mod unused_column;
mod value_runs_on;
mod wide_from;
mod window_beyond_look_back;

mod blind_phases;
mod exception_creates_alert;
mod exception_hides_attack;
mod exception_never_matches;
mod history_does_not_meet_query;
mod regex_anchor;
mod scenario;
mod schedule_gap;
mod stage_never_matches;
pub mod survey;
mod swallowed_backslash;
mod syntax;
mod test;
mod undeciding_clause;
mod unknown_category;
mod unknown_key;
mod unserved_index;
mod vacuous_case;
mod verification;
mod walk;

use std::sync::Arc;

pub use claims::Claim;
pub use duplicate_rule_id::{Identified, duplicates};
pub use exception_creates_alert::created_alerts;
pub use exception_hides_attack::hidden_attacks;
pub use exception_never_matches::dead_exceptions;
pub use finding::{Finding, Lint};
pub use history_does_not_meet_query::uncounted_history;
pub use scenario::as_finding;
pub use vacuous_case::vacuous_cases;
pub use verification::Refusal;

use esql_walk::EsqlSubject;
use kql::KqlSubject;
use settings::SettingsSubject;

use crate::compile::{self, Syntax};
use crate::data_source::{Catalogue, IndexPatterns};
use crate::diagnostic::{Diagnostic, SourceText};
use crate::language::eql::syntax::Query;
use crate::rule::{self, Rule, RuleKind};

/// Every lint, by name.
pub const LINTS: &[&Lint] = &[
    &array_compared::LINT,
    &attack_id::LINT,
    &attack_reference::LINT,
    &bare_term::LINT,
    &case_after_lower::LINT,
    &case_never_written::LINT,
    &contradiction::LINT,
    &control_escape::LINT,
    &covered_list_item::LINT,
    &duplicate_rule_id::LINT,
    &exception_creates_alert::LINT,
    &exception_hides_attack::LINT,
    &exception_never_matches::LINT,
    &field_never_carried::LINT,
    &field_pattern_without_fields::LINT,
    &filter_backslash::LINT,
    &foreign_pattern::LINT,
    &history_does_not_meet_query::LINT,
    &indicator_many_values::LINT,
    &indicator_no_age_limit::LINT,
    &indicator_type_mismatch::LINT,
    &indicator_unreachable_group::LINT,
    &integer_division::LINT,
    &limit_without_sort::LINT,
    &literal_question_mark::LINT,
    &literal_wildcard::LINT,
    &lost_id::LINT,
    &lucene_lower_case_operator::LINT,
    &lucene_mixed_operators::LINT,
    &lucene_unescaped::LINT,
    &max_signals::LINT,
    &maxspan_schedule::LINT,
    &missing_drops_row::LINT,
    &new_terms_exception_hides_past::LINT,
    &new_terms_missing_field::LINT,
    &new_terms_time_in_query::LINT,
    &new_terms_volatile_field::LINT,
    &new_terms_window::LINT,
    &newer_stack::LINT,
    &order_of_array::LINT,
    &regex_anchor::LINT,
    &repeated_alerts::LINT,
    &scenario::LINT,
    &schedule_gap::LINT,
    &split_wildcard::LINT,
    &stage_never_matches::LINT,
    &suppression_column::LINT,
    &swallowed_backslash::LINT,
    &syntax::LINT,
    &text_any_word::LINT,
    &text_wildcard::LINT,
    &threshold_group_missing::LINT,
    &threshold_redundant::LINT,
    &threshold_split::LINT,
    &threshold_unreachable::LINT,
    &threshold_window::LINT,
    &undeciding_clause::LINT,
    &unknown_category::LINT,
    &unknown_field::LINT,
    &unknown_key::LINT,
    &unserved_index::LINT,
    &unused_column::LINT,
    &vacuous_case::LINT,
    &value_runs_on::LINT,
    &verification::LINT,
    &wide_from::LINT,
    &window_beyond_look_back::LINT,
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
        match unknown_key::take(diagnostic) {
            Ok(finding) => linted.findings.push(finding),
            Err(diagnostic) => linted.broken.push(diagnostic),
        }
    }
    if let Some(rule) = &loaded.rule {
        attack_id::run(rule, source, &mut linted.findings);
        attack_reference::run(rule, source, &mut linted.findings);
        schedule_gap::run(rule, source, &mut linted.findings);
        max_signals::run(rule, source, &mut linted.findings);
        filter_backslash::run(rule, source, &mut linted.findings);
        unserved_index::run(rule, source, catalogue, &mut linted.findings);
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
            syntax::run(&errors, &query.text, &mut linted.findings);
            return;
        }
    };
    if let RuleKind::ThreatMatch(settings) = &rule.kind {
        let query = &settings.query;
        match Syntax::parse(query.language, query.text.text()) {
            Ok(syntax) => documents(rule, (&syntax, &query.text), &[], &mut linted.findings),
            Err(errors) => syntax::run(&errors, &query.text, &mut linted.findings),
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
    linted.searched = verification::run(&search, &mut linted.findings);
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
            lucene_lower_case_operator::run(text, group, findings);
            lucene_mixed_operators::run(text, findings);
            lucene_unescaped::run(text, group, findings);
        }
        Syntax::Eql(_) | Syntax::Esql(_) => {}
    }
}

/// The lints that read the syntax tree of KQL.
fn kuery(rule: &Rule, subject: &KqlSubject<'_>, findings: &mut Vec<Finding>) {
    bare_term::run(subject, findings);
    case_never_written::of_kql(subject, findings);
    control_escape::run(subject, findings);
    covered_list_item::of_kql(subject, findings);
    field_pattern_without_fields::run(subject, findings);
    literal_question_mark::run(subject, findings);
    literal_wildcard::of_kql(subject, findings);
    new_terms_time_in_query::run(rule, subject, findings);
    split_wildcard::run(subject, findings);
    text_any_word::run(subject, findings);
    text_wildcard::run(subject, findings);
    unknown_field::run(subject, findings);
    value_runs_on::run(subject, findings);
}

/// The lints of what a rule counts, remembers and compares beside its query.
fn beside_query(subject: &SettingsSubject<'_>, findings: &mut Vec<Finding>) {
    indicator_many_values::run(subject, findings);
    indicator_no_age_limit::run(subject.rule, findings);
    indicator_type_mismatch::run(subject, findings);
    indicator_unreachable_group::run(subject.rule, findings);
    new_terms_exception_hides_past::run(subject, findings);
    new_terms_missing_field::run(subject, findings);
    new_terms_volatile_field::run(subject, findings);
    new_terms_window::run(subject, findings);
    threshold_group_missing::run(subject, findings);
    threshold_redundant::run(subject, findings);
    threshold_split::run(subject, findings);
    threshold_unreachable::run(subject, findings);
    threshold_window::run(subject, findings);
}

/// The lints that read the syntax tree of EQL.
fn eql(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    maxspan_schedule::run(subject, findings);
    newer_stack::run(subject, findings);
    unknown_category::run(subject, findings);
    let logic = logic::run(subject);
    contradiction::run(subject, &logic, findings);
    undeciding_clause::run(subject, &logic, findings);
    covered_list_item::run(subject, findings);
    literal_wildcard::run(subject, findings);
    swallowed_backslash::run(subject, findings);
    regex_anchor::run(subject, findings);
    case_never_written::run(subject, findings);
    let facts = facts::facts(subject);
    field_never_carried::run(subject, &facts, findings);
    stage_never_matches::run(subject, &facts, findings);
}

/// The lints that read the syntax tree of ES|QL.
fn esql(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    array_compared::run(subject, findings);
    missing_drops_row::run(subject, findings);
    repeated_alerts::run(subject, findings);
    foreign_pattern::run(subject, findings);
    case_after_lower::run(subject, findings);
    suppression_column::run(subject, findings);
    lost_id::run(subject, findings);
    integer_division::run(subject, findings);
    order_of_array::run(subject, findings);
    window_beyond_look_back::run(subject, findings);
    wide_from::run(subject, findings);
    unused_column::run(subject, findings);
    limit_without_sort::run(subject, findings);
}
