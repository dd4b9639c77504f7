//! KQL → Query DSL for a data view, as Kibana translates it.

use super::data_view::{DataView, FieldKind, ViewField};
use super::error::{KqlError, NESTED};
use super::syntax::{
    FieldName, ListKind, ListNode, Literal, LiteralKind, Node, NodeKind, Piece, RangeOperator,
};
use crate::diagnostic::Span;
use crate::diagnostic::query::KqlCause;
use crate::language::dsl::query::{
    Bool, Bound, FieldTest, Fields, Minimum, Preparation, Query, QueryString, Range,
};

/// What a request says beside the query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The time zone of dates that have none.
    pub time_zone: Option<String>,
    /// A nested path that is not mapped matches nothing instead of being an error.
    pub nested_ignore_unmapped: bool,
    /// A field of a nested object is looked for in each of its objects, braces or not, as
    /// Elasticsearch's own parser of KQL does; Kibana's refuses it.
    pub nested_without_braces: bool,
}

impl Options {
    /// What the detection engine says.
    pub fn of_rules() -> Self {
        Self {
            time_zone: Some("Zulu".to_owned()),
            ..Self::default()
        }
    }

    /// Those of the function `KQL` of ES|QL.
    pub fn of_function() -> Self {
        Self {
            nested_without_braces: true,
            ..Self::of_rules()
        }
    }
}

/// Translates a query; all errors, in the order of the text.
pub fn translate(
    text: &super::syntax::Query,
    view: &(impl DataView + ?Sized),
    options: &Options,
) -> Result<Query, Vec<KqlError>> {
    let mut translator = Translator::new(view, options);
    let query = match &text.condition {
        Some(node) => translator.node(node, None),
        None => Query::MatchAll,
    };
    if translator.errors.is_empty() {
        Ok(query)
    } else {
        Err(translator.errors)
    }
}

/// Translates nodes one by one.
pub(super) struct Translator<'v, V: ?Sized> {
    view: &'v V,
    options: &'v Options,
    /// What Kibana refuses.
    pub(super) errors: Vec<KqlError>,
}

impl<'v, V: DataView + ?Sized> Translator<'v, V> {
    pub(super) fn new(view: &'v V, options: &'v Options) -> Self {
        Self {
            view,
            options,
            errors: Vec::new(),
        }
    }

    /// A node inside the nested group of this path.
    pub(super) fn node(&mut self, node: &Node, path: Option<&str>) -> Query {
        match &node.kind {
            NodeKind::Or(nodes) => Query::any(self.all(nodes, path)),
            NodeKind::And(nodes) => Query::all(self.all(nodes, path)),
            NodeKind::Not(inner) => self.node(inner, path).negated(),
            NodeKind::Nested { path: own, inner } => self.nested(own, inner, path),
            NodeKind::Is { field, value } => self.is(field.as_ref(), value, path, node.span),
            NodeKind::List { field, values } => self.list(field, values, path),
            NodeKind::Range {
                field,
                operator,
                value,
            } => self.range(field, *operator, value, path, node.span),
        }
    }

    fn all(&mut self, nodes: &[Node], path: Option<&str>) -> Vec<Query> {
        nodes.iter().map(|node| self.node(node, path)).collect()
    }

    fn list(&mut self, field: &Literal, node: &ListNode, path: Option<&str>) -> Query {
        let mut all = |nodes: &[ListNode]| -> Vec<Query> {
            nodes
                .iter()
                .map(|node| self.list(field, node, path))
                .collect()
        };
        match &node.kind {
            ListKind::Or(nodes) => Query::any(all(nodes)),
            ListKind::And(nodes) => Query::all(all(nodes)),
            ListKind::Not(inner) => self.list(field, inner, path).negated(),
            ListKind::Value(value) => self.is(Some(field), value, path, node.span),
        }
    }

    /// `path: { … }`
    pub(super) fn nested(&mut self, own: &Literal, inner: &Node, path: Option<&str>) -> Query {
        let own = FieldName::of(own, path.unwrap_or(""));
        let own = own.map_or_else(|| "null".to_owned(), |name| name.text());
        Query::Nested {
            query: Box::new(self.node(inner, Some(&own))),
            path: own,
            ignore_unmapped: self.options.nested_ignore_unmapped,
        }
    }

    /// `field: value`; the place is that of the value in a list.
    pub(super) fn is(
        &mut self,
        field: Option<&Literal>,
        value: &Literal,
        path: Option<&str>,
        span: Span,
    ) -> Query {
        // Kibana writes the missing field of a value in a nested group as the word `null`.
        let name = match (field, path) {
            (Some(field), path) => FieldName::of(field, path.unwrap_or("")),
            (None, Some(path)) => Some(FieldName::Name(format!("{path}.null"))),
            (None, None) => None,
        };
        let Some(name) = name else {
            return anywhere(value);
        };
        let is_any_field = field.is_some_and(Literal::is_lone_star) && path.is_none();
        if value.is_lone_star() && is_any_field {
            return Query::MatchAll;
        }
        let fields = self.fields(&name, path, span);
        // A value of another type than the field's is an error only where the field is named.
        let lenient = matches!(name, FieldName::Pattern(_));
        if fields.is_empty() {
            let test = self.test(value, None, &name.text());
            return any_of(vec![located(&name, test, lenient)]);
        }
        let queries = fields.iter().map(|field| {
            let test = self.test(value, Some(field.kind), &field.name);
            self.wrapped(located_in(field, test, lenient), field, path)
        });
        any_of(queries.collect())
    }

    /// `field >= value`
    pub(super) fn range(
        &mut self,
        field: &Literal,
        operator: RangeOperator,
        value: &Literal,
        path: Option<&str>,
        span: Span,
    ) -> Query {
        let Some(name) = FieldName::of(field, path.unwrap_or("")) else {
            return Query::MatchNone;
        };
        let bound = match operator {
            RangeOperator::AtMost => Bound::To,
            RangeOperator::AtLeast => Bound::From,
            RangeOperator::Below => Bound::Below,
            RangeOperator::Above => Bound::Above,
        };
        let test = |is_date: bool, options: &Options| {
            let Some(text) = value.text() else {
                return Tested::Field(FieldTest::Null);
            };
            let time_zone = options.time_zone.clone();
            Tested::Field(FieldTest::Range(Range {
                time_zone: time_zone.filter(|_| is_date && !is_digits(&text)),
                bounds: vec![(bound, text)],
                ..Range::default()
            }))
        };
        let lenient = matches!(name, FieldName::Pattern(_));
        let fields = self.fields(&name, path, span);
        if fields.is_empty() {
            return any_of(vec![located(&name, test(false, self.options), lenient)]);
        }
        let queries = fields.iter().map(|field| {
            let test = test(field.kind == FieldKind::Date, self.options);
            self.wrapped(located_in(field, test, lenient), field, path)
        });
        any_of(queries.collect())
    }

    /// The fields of a name, which must be nested as the query says they are.
    fn fields(&mut self, name: &FieldName, path: Option<&str>, span: Span) -> Vec<ViewField> {
        let fields = self.view.find(name);
        if matches!(name, FieldName::Pattern(_)) {
            return fields;
        }
        for field in &fields {
            let name = field.name.clone();
            let cause = match (field.nested.as_deref(), path) {
                (Some(_), None) if self.options.nested_without_braces => continue,
                (Some(own), None) => {
                    let rest = name.strip_prefix(own).unwrap_or(&name);
                    KqlCause::OutsideNestedGroup {
                        path: own.to_owned(),
                        rest: rest.trim_start_matches('.').to_owned(),
                        name,
                    }
                }
                (None, Some(path)) => KqlCause::NotNested {
                    name,
                    path: path.to_owned(),
                },
                (Some(own), Some(path)) if own != path => KqlCause::WrongNestedPath {
                    name,
                    expected: own.to_owned(),
                },
                _ => continue,
            };
            self.errors.push(KqlError::new(NESTED, span, cause));
        }
        fields
    }

    /// A nested field that a pattern found is looked for in its objects by itself.
    fn wrapped(&self, query: Query, field: &ViewField, path: Option<&str>) -> Query {
        match &field.nested {
            Some(own) if path.is_none() => Query::Nested {
                path: own.clone(),
                query: Box::new(query),
                ignore_unmapped: self.options.nested_ignore_unmapped,
            },
            _ => query,
        }
    }

    fn test(&self, value: &Literal, kind: Option<FieldKind>, name: &str) -> Tested {
        if value.is_lone_star() {
            return Tested::Field(FieldTest::Exists);
        }
        let text = match &value.kind {
            LiteralKind::Null => return Tested::Field(FieldTest::Null),
            LiteralKind::Wildcard(pieces) if kind == Some(FieldKind::Keyword) => {
                return Tested::Field(FieldTest::Wildcard {
                    pattern: escaped(pieces),
                    ignore_case: false,
                    preparation: Preparation::None,
                });
            }
            LiteralKind::Wildcard(pieces) => {
                return Tested::String(QueryString {
                    text: escaped(pieces),
                    fields: vec![name.to_owned()],
                    ..QueryString::default()
                });
            }
            LiteralKind::Bool(value) => value.to_string(),
            LiteralKind::Text(text) | LiteralKind::Quoted(text) => text.clone(),
        };
        let is_quoted = matches!(value.kind, LiteralKind::Quoted(_));
        Tested::Field(match kind {
            Some(FieldKind::Date) => {
                let time_zone = self.options.time_zone.clone();
                FieldTest::Range(Range {
                    time_zone: time_zone.filter(|_| !is_digits(&text)),
                    bounds: vec![(Bound::From, text.clone()), (Bound::To, text)],
                    ..Range::default()
                })
            }
            Some(FieldKind::Keyword) => FieldTest::Term {
                value: text,
                ignore_case: false,
            },
            _ if is_quoted => FieldTest::Phrase {
                text,
                slop: 0,
                is_prefix: false,
            },
            _ => FieldTest::Match { text, all: false },
        })
    }
}

/// What a value becomes for one field.
enum Tested {
    Field(FieldTest),
    String(QueryString),
}

fn located(name: &FieldName, test: Tested, lenient: bool) -> Query {
    match test {
        Tested::String(string) => Query::QueryString(string),
        // Of the queries on one field only `exists` expands a pattern that no field fits, and the
        // lowering does.
        Tested::Field(test) => Query::Field {
            fields: Fields::Name(name.text()),
            test,
            lenient,
        },
    }
}

fn located_in(field: &ViewField, test: Tested, lenient: bool) -> Query {
    match test {
        Tested::String(string) => Query::QueryString(QueryString { lenient, ..string }),
        Tested::Field(test) => Query::Field {
            fields: Fields::Name(field.name.clone()),
            test,
            lenient,
        },
    }
}

/// One of them holds, as Kibana writes a leaf.
fn any_of(queries: Vec<Query>) -> Query {
    Query::Bool(Bool {
        should: queries,
        minimum: Some(Minimum::Count(1)),
        ..Bool::default()
    })
}

/// A value without a field.
fn anywhere(value: &Literal) -> Query {
    let test = match &value.kind {
        LiteralKind::Wildcard(pieces) => {
            return Query::QueryString(QueryString {
                text: escaped(pieces),
                ..QueryString::default()
            });
        }
        LiteralKind::Quoted(text) => FieldTest::Phrase {
            text: text.clone(),
            slop: 0,
            is_prefix: false,
        },
        LiteralKind::Null => FieldTest::Null,
        LiteralKind::Bool(value) => FieldTest::Match {
            text: value.to_string(),
            all: false,
        },
        LiteralKind::Text(text) => FieldTest::Match {
            text: text.clone(),
            all: false,
        },
    };
    Query::Field {
        fields: Fields::All,
        test,
        lenient: true,
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The text with all characters escaped that a query string takes for its own. White space is not
/// escaped: that is why a pattern with a space is two patterns on most types of field.
fn escaped(pieces: &[Piece]) -> String {
    let mut text = String::with_capacity(pieces.len());
    for piece in pieces {
        match piece {
            Piece::Star => text.push('*'),
            Piece::Char(c) => {
                if "+-=&|><!(){}[]^\"~*?:\\/".contains(*c) {
                    text.push('\\');
                }
                text.push(*c);
            }
        }
    }
    text
}
