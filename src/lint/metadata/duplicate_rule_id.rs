//! `duplicate-rule-id`: two rules with one id. The only lint that looks at several files.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Code, Severity, SourceText, Span};
use crate::lint::finding::{Finding, Lint};
use crate::rule::Rule;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "duplicate-rule-id",
        title: "two rules have one id",
        page: "`rule_id` is a rule's identity: Kibana installs one of two rules with the same id and \
               drops or overwrites the other. A copied rule needs an id of its own, for example from \
               `uuidgen`.",
    },
    severity: Severity::Error,
};

/// A rule's id and where it stands.
#[derive(Debug, Clone)]
pub struct Identified {
    id: String,
    source: Arc<SourceText>,
    span: Span,
}

impl Identified {
    /// The identity of a rule that was loaded from `source`.
    pub fn new(rule: &Rule, source: &Arc<SourceText>) -> Self {
        Self {
            id: rule.id.clone(),
            source: Arc::clone(source),
            span: rule.id_span,
        }
    }
}

/// The rules, in order of their files, whose id an earlier one has.
pub fn duplicates(rules: &[Identified]) -> Vec<Finding> {
    let mut first: BTreeMap<&str, &Identified> = BTreeMap::new();
    let mut findings = Vec::new();
    for rule in rules {
        match first.get(rule.id.as_str()) {
            Some(other) => findings.push(
                LINT.finding(
                    &rule.source,
                    rule.span,
                    format!(
                        "rule_id {} is that of {}, too",
                        rule.id,
                        other.source.name()
                    ),
                    "",
                )
                .also(&other.source, other.span, "the first rule with this id")
                .help("give one of the two rules an id of its own"),
            ),
            None => {
                first.insert(&rule.id, rule);
            }
        }
    }
    findings
}
