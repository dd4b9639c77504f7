//! Syntax → checked: what Elasticsearch's analyser, verifier and planner refuse for one mapping,
//! every error of a query in one run.
//!
//! Only [`check`] makes a [`Checked`], and only a [`Checked`] can be lowered to a plan, so a query
//! that Elasticsearch would refuse cannot be run.

mod call;
pub mod codes;
mod expression;
mod sequence;

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::error::EqlError;
use super::syntax::{EventQuery, Expr, ExprKind, Field, Pipe, Query, QueryKind};
use crate::diagnostic::Span;
use crate::diagnostic::query::EqlType;
use crate::diagnostic::query::eql_type::TypesByIndex;
use crate::diagnostic::query::text_part::Capitals;
use crate::event::field::{Family, FieldType, KeywordSubfield};
use crate::event::schema::{Origin, ResolvedField};
use crate::event::{Resolution, Schema, paths_above};

/// The request parameters that name fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestFieldNames {
    /// `timestamp_field`.
    pub timestamp: String,
    /// `event_category_field`.
    pub category: String,
    /// `tiebreaker_field`.
    pub tiebreaker: Option<String>,
}

impl Default for RequestFieldNames {
    /// Elasticsearch's defaults.
    fn default() -> Self {
        Self {
            timestamp: "@timestamp".to_owned(),
            category: "event.category".to_owned(),
            tiebreaker: None,
        }
    }
}

/// A query that Elasticsearch would run on this schema.
#[derive(Debug, Clone)]
pub struct Checked<'q> {
    pub(super) query: &'q Query,
    pub(super) settings: RequestFieldNames,
    pub(super) fields: BTreeMap<String, Option<ResolvedField>>,
}

impl Checked<'_> {
    /// The optional fields that no mapping has, in alphabetical order: each is literally null to
    /// Elasticsearch.
    pub fn unmapped_optional(&self) -> impl Iterator<Item = &str> {
        let unmapped = self.fields.iter().filter(|(_, field)| field.is_none());
        unmapped.map(|(path, _)| path.as_str())
    }

    /// The fields whose type is only assumed (taken over from ECS), in alphabetical order.
    pub fn assumed(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().filter_map(|(path, field)| {
            let assumed = field.as_ref()?.origin == Origin::Assumed;
            assumed.then_some(path.as_str())
        })
    }
}

/// Checks `query` against `schema`; on refusal every reason, in the order of the text.
pub fn check<'q>(
    query: &'q Query,
    schema: &Schema,
    settings: &RequestFieldNames,
) -> Result<Checked<'q>, Vec<EqlError>> {
    let mut checker = Checker {
        schema,
        fields: BTreeMap::new(),
        errors: Vec::new(),
    };
    checker.query(query, settings);
    let Checker {
        fields, mut errors, ..
    } = checker;
    if errors.is_empty() {
        return Ok(Checked {
            query,
            settings: settings.clone(),
            fields,
        });
    }
    errors.sort_by_key(|error| error.span);
    errors.dedup();
    Err(errors)
}

struct Checker<'a> {
    schema: &'a Schema,
    fields: BTreeMap<String, Option<ResolvedField>>,
    errors: Vec<EqlError>,
}

/// The type of an expression; `family: None` is null or the result of an error, and fits anywhere.
#[derive(Debug, Clone, PartialEq)]
struct Typed {
    family: Option<Family>,
    name: Cow<'static, str>,
    constant: bool,
}

impl Typed {
    fn null() -> Self {
        Self {
            family: None,
            name: "null".into(),
            constant: true,
        }
    }

    fn constant(family: Family, name: &'static str) -> Self {
        Self {
            family: Some(family),
            name: name.into(),
            constant: true,
        }
    }

    fn computed(family: Family, name: impl Into<Cow<'static, str>>, constant: bool) -> Self {
        Self {
            family: Some(family),
            name: name.into(),
            constant,
        }
    }

    fn of(resolved: &ResolvedField) -> Self {
        Self {
            family: Some(resolved.family),
            name: resolved.field_type.name(),
            constant: false,
        }
    }

    fn is(&self, family: Family) -> bool {
        self.family.is_none_or(|own| own == family)
    }

    fn is_integer(&self) -> bool {
        let integers = ["byte", "short", "integer", "long", "unsigned_long"];
        self.family.is_none() || integers.contains(&&*self.name)
    }
}

impl Checker<'_> {
    fn query(&mut self, query: &Query, settings: &RequestFieldNames) {
        self.request_fields(query, settings);
        match &query.kind {
            QueryKind::Event(event) => self.event_query(event, settings),
            QueryKind::Sequence(sequence) => self.sequence(sequence, query.span, settings),
            QueryKind::Sample(sample) => self.sample(sample, query, settings),
        }
        for pipe in &query.pipes {
            self.pipe(pipe);
        }
    }

    /// The timestamp and tiebreaker fields must be there; a sample needs neither.
    fn request_fields(&mut self, query: &Query, settings: &RequestFieldNames) {
        if matches!(query.kind, QueryKind::Sample(_)) {
            return;
        }
        for path in std::iter::once(&settings.timestamp).chain(settings.tiebreaker.as_ref()) {
            self.path(path, false, Span::new(query.span.start, query.span.start));
        }
    }

    fn event_query(&mut self, event: &EventQuery, settings: &RequestFieldNames) {
        if event.category.name.is_some() {
            self.path(&settings.category, false, event.category.span);
        }
        let typed = self.expression(&event.condition);
        if !typed.is(Family::Boolean) {
            let cause = EqlType::ConditionNotBoolean {
                found: Capitals(typed.name.into_owned()),
                expected: "boolean",
            };
            self.error(EqlError::new(
                &codes::NOT_BOOLEAN,
                event.condition.span,
                cause,
            ));
        }
    }

    fn error(&mut self, error: EqlError) {
        self.errors.push(error);
    }

    /// Resolves a field as it is written in the query.
    fn field(&mut self, field: &Field, span: Span) -> Typed {
        self.path(&field.path, field.optional, span)
    }

    fn path(&mut self, path: &str, optional: bool, span: Span) -> Typed {
        // Resolved before, without an error.
        if let Some(Some(resolved)) = self.fields.get(path) {
            return Typed::of(resolved);
        }
        let resolution = self.schema.resolve(path);
        let resolved = match resolution {
            Resolution::Mapped(resolved) => resolved,
            Resolution::Unmapped { suggestion } => {
                if optional {
                    self.fields.insert(path.to_owned(), None);
                } else {
                    self.error(unknown_column(path, span, suggestion));
                }
                return Typed::null();
            }
            Resolution::Conflict(types) => {
                let cause = EqlType::AmbiguousField {
                    name: path.to_owned(),
                    types: TypesByIndex(types),
                };
                self.error(EqlError::new(&codes::AMBIGUOUS, span, cause));
                return Typed::null();
            }
            Resolution::Unusable(field_type) => {
                let parent = self.nested_parent(path);
                self.error(unusable(path, span, &field_type, parent));
                return Typed::null();
            }
        };
        if let Some(error) = inexact(path, span, &resolved) {
            self.error(error);
            return Typed::null();
        }
        let typed = Typed::of(&resolved);
        self.fields.insert(path.to_owned(), Some(resolved));
        typed
    }

    /// The type of an operand that is only asked whether it has a value: that is no search on it.
    fn unsearched(&mut self, expr: &Expr) -> Typed {
        match &expr.kind {
            ExprKind::Field(field) => self.field(field, expr.span),
            _ => self.expression(expr),
        }
    }

    /// A search needs an index or doc values of the field; without both Elasticsearch fails when it
    /// runs the query.
    fn require_indexed(&mut self, field: &Field, span: Span) {
        let Some(Some(resolved)) = self.fields.get(&field.path) else {
            return;
        };
        let mut readers = resolved.readers.iter().flatten();
        if readers.any(|reader| reader.field_type.is_unindexed()) {
            let name = field.path.clone();
            let cause = EqlType::NotIndexed { name };
            self.error(EqlError::new(&codes::UNUSABLE, span, cause));
        }
    }

    /// The nearest field of type `nested` above a path.
    fn nested_parent<'p>(&self, path: &'p str) -> Option<&'p str> {
        paths_above(path).find(|parent| self.schema.is_nested(parent))
    }

    fn pipe(&mut self, pipe: &Pipe) {
        let name = pipe.name.text.as_str();
        if !matches!(name, "head" | "tail") {
            let known = ["count", "filter", "sort", "unique", "unique_count"];
            let is_known = known.contains(&name);
            let near = crate::diagnostic::suggest::nearest(name, ["head", "tail"]);
            let suggestion = near.map(str::to_owned);
            let name = name.to_owned();
            let cause = if is_known {
                EqlType::RefusedPipe { name }
            } else {
                EqlType::UnknownPipe { name, suggestion }
            };
            self.error(EqlError::new(&codes::UNSUPPORTED, pipe.name.span, cause));
            return;
        }
        let [argument] = pipe.arguments.as_slice() else {
            let cause = EqlType::PipeArguments {
                name: name.to_owned(),
                found: pipe.arguments.len(),
                expected: 1,
            };
            self.error(EqlError::new(&codes::BAD_PIPE, pipe.span, cause));
            return;
        };
        if super::lower::constant_count(argument).is_none() {
            let cause = EqlType::PipeCount {
                name: name.to_owned(),
                found: argument.to_string(),
                expected: "positive integer",
            };
            self.error(EqlError::new(&codes::BAD_PIPE, argument.span, cause));
        }
    }
}

fn unknown_column(path: &str, span: Span, suggestion: Option<String>) -> EqlError {
    let name = path.to_owned();
    let cause = EqlType::UnknownColumn { name, suggestion };
    EqlError::new(&codes::UNKNOWN_COLUMN, span, cause)
}

fn unusable(
    path: &str,
    span: Span,
    field_type: &FieldType,
    nested_parent: Option<&str>,
) -> EqlError {
    let name = path.to_owned();
    let cause = match (field_type, nested_parent) {
        (FieldType::Nested, Some(parent)) => EqlType::BelowNested {
            name,
            parent: parent.to_owned(),
        },
        (FieldType::Nested, None) => EqlType::NestedField { name },
        (FieldType::Object, _) => EqlType::ObjectField { name },
        (other, _) => EqlType::UnusableField {
            name,
            found: other.to_string(),
        },
    };
    EqlError::new(&codes::UNUSABLE, span, cause)
}

/// Text without an exact sub-field cannot be compared.
fn inexact(path: &str, span: Span, resolved: &ResolvedField) -> Option<EqlError> {
    let mut types = resolved.readers.iter().flatten();
    let name = || path.to_owned();
    let cause = types.find_map(|field| match &field.field_type {
        FieldType::Text {
            exact: KeywordSubfield::Several,
        } => Some(EqlType::SeveralExactFields { name: name() }),
        FieldType::Text {
            exact: KeywordSubfield::Missing,
        } => Some(EqlType::NoExactField { name: name() }),
        _ => None,
    })?;
    Some(EqlError::new(&codes::UNUSABLE, span, cause))
}

/// Whether an expression reads no field.
pub fn is_constant(expr: &Expr) -> bool {
    is_constant_where(expr, &|_| false)
}

/// Whether an expression reads no field but those that are constants themselves.
pub(super) fn is_constant_where(expr: &Expr, field_is: &dyn Fn(&Field) -> bool) -> bool {
    use super::syntax::ExprKind as K;
    let one = |expr: &Expr| is_constant_where(expr, field_is);
    let all = |exprs: &[Expr]| exprs.iter().all(one);
    match &expr.kind {
        K::Null | K::Bool(_) | K::Number(_) | K::String(_) => true,
        K::Field(field) => field_is(field),
        K::Call(call) => all(&call.arguments),
        K::Negate(inner) | K::Plus(inner) | K::Not(inner) => one(inner),
        K::Arithmetic(_, left, right) | K::Compare(_, left, right) => one(left) && one(right),
        K::Match(inner) => one(&inner.value) && all(&inner.patterns),
        K::In(inner) => one(&inner.value) && all(&inner.items),
        K::And(items) | K::Or(items) => all(items),
    }
}
