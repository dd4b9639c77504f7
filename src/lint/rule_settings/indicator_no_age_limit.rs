//! `indicator-no-age-limit`: an indicator query without a limit of age.

use crate::compile::Syntax;
use crate::diagnostic::{Code, Severity, Span};
use crate::language::dsl::query::{FieldTest, Query};
use crate::language::lucene::syntax::Value;
use crate::lint::finding::{Finding, Lint};
use crate::lint::query::kql::KqlSubject;
use crate::rule::{Rule, RuleKind};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "indicator-no-age-limit",
        title: "indicators of any age",
        page: "No time range applies to indicators but what `threat_query` says. Without one every \
               indicator that was ever stored is compared: addresses that were given back years ago \
               alert, and each execution reads them all. Write `@timestamp >= \"now-30d/d\"` into \
               `threat_query`.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(rule: &Rule, findings: &mut Vec<Finding>) {
    let RuleKind::ThreatMatch(settings) = &rule.kind else {
        return;
    };
    let query = &settings.query;
    let is_limited = match Syntax::parse(query.language, query.text.text()) {
        Ok(Syntax::Kuery(parsed)) => {
            let subject = KqlSubject {
                text: &query.text,
                query: &parsed,
                claims: &[],
            };
            let leaves = subject.leaves();
            leaves.iter().any(|leaf| leaf.operator.is_some())
        }
        Ok(Syntax::Lucene(group)) => {
            let mut is_limited = false;
            group.leaves(&mut |leaf| is_limited |= matches!(leaf.value, Value::Range { .. }));
            is_limited
        }
        // Another lint says what is wrong with it.
        _ => true,
    };
    if is_limited || !settings.filters.is_empty() && filters_limit(&settings.filters) {
        return;
    }
    let whole = Span::of(0..query.text.text().len());
    let message = "indicators of any age are compared";
    findings.push(
        LINT.finding(query.text.source(), query.text.locate(whole), message, "")
            .help("write `@timestamp >= \"now-30d/d\"` into `threat_query`"),
    );
}

/// Whether a filter is a range.
fn filters_limit(filters: &[(Query, Span)]) -> bool {
    let is_range = |(filter, _): &(Query, Span)| {
        matches!(
            filter,
            Query::Field {
                test: FieldTest::Range(_),
                ..
            }
        )
    };
    filters.iter().any(is_range)
}
