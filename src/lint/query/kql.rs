//! The parts of a KQL query as lints read them: each value with its field.

use std::sync::Arc;

use crate::diagnostic::{QueryText, SourceText, Span};
use crate::event::FieldType;
use crate::language::kql::syntax::{
    FieldName, ListKind, ListNode, Literal, LiteralKind, Node, NodeKind, Query, RangeOperator,
};
use crate::lint::Claim;
use crate::lint::claims::Basis;

/// The inputs of the lints of a KQL query.
pub(in crate::lint) struct KqlSubject<'a> {
    pub(in crate::lint) text: &'a QueryText,
    pub(in crate::lint) query: &'a Query,
    /// What the query searches; nothing where that is not known.
    pub(in crate::lint) claims: &'a [Claim<'a>],
}

/// A value with its field.
pub(in crate::lint) struct KqlLeaf<'q> {
    /// `None` of a value alone.
    pub(in crate::lint) field: Option<FieldName>,
    /// Where the field stands.
    pub(in crate::lint) field_span: Span,
    pub(in crate::lint) value: &'q Literal,
    /// Of a range.
    pub(in crate::lint) operator: Option<RangeOperator>,
}

/// The values of a list, of which one is enough.
pub(in crate::lint) struct Alternatives<'q> {
    pub(in crate::lint) field: Option<FieldName>,
    pub(in crate::lint) values: Vec<&'q Literal>,
}

impl KqlSubject<'_> {
    pub(in crate::lint) fn source(&self) -> &Arc<SourceText> {
        self.text.source()
    }

    /// A place of the query as a place of the file.
    pub(in crate::lint) fn locate(&self, span: Span) -> Span {
        self.text.locate(span)
    }

    /// A literal as it is written.
    pub(in crate::lint) fn written(&self, literal: &Literal) -> &str {
        let range = literal.span.start as usize..literal.span.end as usize;
        self.text.text().get(range).unwrap_or_default()
    }

    /// The values of the query, in the order of the text.
    pub(in crate::lint) fn leaves(&self) -> Vec<KqlLeaf<'_>> {
        let mut leaves = Vec::new();
        if let Some(condition) = &self.query.condition {
            add_leaves(condition, "", &mut leaves);
        }
        leaves
    }

    /// The value lists of which one value is enough, in the order of the text.
    pub(in crate::lint) fn alternatives(&self) -> Vec<Alternatives<'_>> {
        let mut found = Vec::new();
        if let Some(condition) = &self.query.condition {
            add_alternatives(condition, "", &mut found);
        }
        found
    }

    /// The type of a field on each claim, with the names of the claim.
    pub(in crate::lint) fn types(&self, field: &str) -> Vec<(&[String], Option<FieldType>)> {
        let claims = self.claims.iter();
        let of_claim = |claim: &'_ Claim<'_>| claim.mapping.find(field).map(|own| own.field_type);
        claims
            .map(|claim| (claim.names.as_slice(), of_claim(claim)))
            .collect()
    }

    /// Whether the field is a text wherever it is known.
    pub(in crate::lint) fn is_text(&self, field: Option<&FieldName>) -> bool {
        let Some(FieldName::Name(field)) = field else {
            return false;
        };
        let types = self.types(field);
        let mut known = types.iter().filter_map(|(_, own)| own.as_ref()).peekable();
        known.peek().is_some() && known.all(|own| matches!(own, FieldType::Text { .. }))
    }

    /// Whether all that the query searches is known.
    pub(in crate::lint) fn knows_all_fields(&self) -> bool {
        let is_known = |claim: &Claim<'_>| !matches!(claim.basis, Basis::Inferred);
        !self.claims.is_empty() && self.claims.iter().all(is_known)
    }
}

fn add_leaves<'q>(node: &'q Node, path: &str, leaves: &mut Vec<KqlLeaf<'q>>) {
    match &node.kind {
        NodeKind::Or(items) | NodeKind::And(items) => {
            for item in items {
                add_leaves(item, path, leaves);
            }
        }
        NodeKind::Not(inner) => add_leaves(inner, path, leaves),
        NodeKind::Nested { path: own, inner } => {
            let own = FieldName::of(own, path).map(|name| name.text());
            add_leaves(inner, own.as_deref().unwrap_or(path), leaves);
        }
        NodeKind::Is { field, value } => leaves.push(KqlLeaf {
            field: field.as_ref().and_then(|field| FieldName::of(field, path)),
            field_span: field.as_ref().map_or(value.span, |field| field.span),
            value,
            operator: None,
        }),
        NodeKind::List { field, values } => {
            let mut found = Vec::new();
            list_values(values, &mut found);
            leaves.extend(found.into_iter().map(|value| KqlLeaf {
                field: FieldName::of(field, path),
                field_span: field.span,
                value,
                operator: None,
            }));
        }
        NodeKind::Range {
            field,
            operator,
            value,
        } => leaves.push(KqlLeaf {
            field: FieldName::of(field, path),
            field_span: field.span,
            value,
            operator: Some(*operator),
        }),
    }
}

fn add_alternatives<'q>(node: &'q Node, path: &str, found: &mut Vec<Alternatives<'q>>) {
    match &node.kind {
        NodeKind::Or(items) | NodeKind::And(items) => {
            for item in items {
                add_alternatives(item, path, found);
            }
        }
        NodeKind::Not(inner) => add_alternatives(inner, path, found),
        NodeKind::Nested { path: own, inner } => {
            let own = FieldName::of(own, path).map(|name| name.text());
            add_alternatives(inner, own.as_deref().unwrap_or(path), found);
        }
        NodeKind::List { field, values } => add_lists(values, &mut |values| {
            found.push(Alternatives {
                field: FieldName::of(field, path),
                values,
            });
        }),
        NodeKind::Is { .. } | NodeKind::Range { .. } => {}
    }
}

/// The values of each `or` in a list that are values alone.
fn add_lists<'q>(list: &'q ListNode, found: &mut dyn FnMut(Vec<&'q Literal>)) {
    match &list.kind {
        ListKind::Value(_) => {}
        ListKind::Not(inner) => add_lists(inner, found),
        ListKind::And(items) => {
            for item in items {
                add_lists(item, found);
            }
        }
        ListKind::Or(items) => {
            let value = |item: &'q ListNode| match &item.kind {
                ListKind::Value(value) => Some(value),
                _ => None,
            };
            found(items.iter().filter_map(value).collect());
            for item in items {
                add_lists(item, found);
            }
        }
    }
}

/// The values of a list, in the order of the text.
fn list_values<'q>(list: &'q ListNode, found: &mut Vec<&'q Literal>) {
    match &list.kind {
        ListKind::Value(value) => found.push(value),
        ListKind::Or(items) | ListKind::And(items) => {
            for item in items {
                list_values(item, found);
            }
        }
        ListKind::Not(inner) => list_values(inner, found),
    }
}

impl KqlLeaf<'_> {
    /// The field where it is one; none of a pattern.
    pub(in crate::lint) fn name(&self) -> Option<&str> {
        match &self.field {
            Some(FieldName::Name(name)) => Some(name),
            _ => None,
        }
    }

    /// The value where it is a text without quotes, with or without wildcards.
    pub(in crate::lint) fn unquoted(&self) -> Option<String> {
        match &self.value.kind {
            LiteralKind::Text(_) | LiteralKind::Wildcard(_) => self.value.text(),
            LiteralKind::Null | LiteralKind::Bool(_) | LiteralKind::Quoted(_) => None,
        }
    }

    /// The pattern where the value has wildcards and is not a star alone.
    pub(in crate::lint) fn pattern(&self) -> Option<String> {
        match &self.value.kind {
            LiteralKind::Wildcard(_) if !self.value.is_lone_star() => self.value.text(),
            _ => None,
        }
    }
}
