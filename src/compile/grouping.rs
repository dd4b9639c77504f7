//! Refuses fields that Elasticsearch cannot group by: those of text.

use super::refusal::{Refused, RefusedBy};
use crate::diagnostic::query::RefusedCondition;
use crate::diagnostic::{Diagnostic, Span};
use crate::event::{FieldType, Mapping};
use crate::language::dsl::error::REFUSED;
use crate::rule::{FieldName, Rule, RuleKind};

/// Whether the fields that a rule counts, remembers or suppresses by can be grouped by with these
/// types.
pub(super) fn check(rule: &Rule, types: &Mapping) -> Result<(), Refused> {
    let named = |field: &FieldName| (field.name.clone(), Some(field.span));
    let mut fields: Vec<(String, Option<Span>)> = match &rule.kind {
        RuleKind::Threshold(threshold) => {
            let cardinality = threshold.cardinality.as_ref().map(|own| &own.field);
            threshold
                .group_by
                .iter()
                .chain(cardinality)
                .map(named)
                .collect()
        }
        RuleKind::NewTerms(new_terms) => new_terms.fields.iter().map(named).collect(),
        _ => Vec::new(),
    };
    fields.extend(rule.bucket_fields().map(|field| (field.to_owned(), None)));
    let is_text = |(field, _): &&(String, Option<Span>)| {
        let mapped = types.find(field);
        mapped.is_some_and(|mapped| matches!(mapped.field_type, FieldType::Text { .. }))
    };
    match fields.iter().find(is_text) {
        Some((field, span)) => Err(refused(rule, field, *span)),
        None => Ok(()),
    }
}

fn refused(rule: &Rule, field: &str, span: Option<Span>) -> Refused {
    let name = field.to_owned();
    let cause = RefusedCondition::GroupedText { name };
    let diagnostic = Diagnostic::of(REFUSED, &cause);
    let source = rule.query.as_ref().map(|query| query.text.source());
    Refused {
        diagnostics: vec![match source.zip(span) {
            Some((source, span)) => diagnostic.at(source, span, ""),
            None => diagnostic,
        }],
        why: RefusedBy::Query(Box::new(cause.into())),
        unsupported: false,
    }
}
