//! Text → syntax tree, by the rules of Kibana's grammar in their order of choice. The first
//! alternative that fits is taken; there is no second thought.

use super::error::{self, KqlError};
use super::literal::Reader;
use super::syntax::{ListKind, ListNode, Node, NodeKind, Query, RangeOperator};
use crate::diagnostic::Span;

/// How deep parentheses and nested groups may go. Neither this parser nor any later walk over the
/// tree can run out of stack below it.
pub const MAX_DEPTH: u32 = 100;

/// Parses a query; a blank one is met by every document.
pub fn parse(text: &str) -> Result<Query, KqlError> {
    let mut parser = Parser {
        reader: Reader::new(text),
        depth: 0,
        too_deep: None,
    };
    let reader = &mut parser.reader;
    reader.spaces();
    let start = reader.at;
    let condition = parser.or();
    let reader = &mut parser.reader;
    if condition.is_none() {
        reader.at = start;
    }
    reader.spaces();
    if let Some(at) = parser.too_deep {
        return Err(error::too_deep(at));
    }
    if !parser.reader.rest().is_empty() {
        let at = parser.reader.at;
        parser.reader.failures.expect(at, "end of input");
        return Err(error::syntax(text, &parser.reader.failures));
    }
    Ok(Query {
        span: Span::of(0..text.len()),
        condition,
    })
}

struct Parser<'t> {
    reader: Reader<'t>,
    depth: u32,
    too_deep: Option<Span>,
}

impl Parser<'_> {
    fn or(&mut self) -> Option<Node> {
        self.chain("or", "OR", NodeKind::Or, Self::and)
    }

    fn and(&mut self) -> Option<Node> {
        self.chain("and", "AND", NodeKind::And, Self::not)
    }

    /// One or more of the tighter rule with a conjunction between them.
    fn chain(
        &mut self,
        word: &str,
        name: &'static str,
        join: impl Fn(Vec<Node>) -> NodeKind,
        tighter: impl Fn(&mut Self) -> Option<Node>,
    ) -> Option<Node> {
        let mut nodes = vec![tighter(self)?];
        loop {
            let end = self.reader.at;
            if !self.reader.conjunction(word, name) {
                break;
            }
            match tighter(self) {
                Some(node) => nodes.push(node),
                None => {
                    self.reader.at = end;
                    break;
                }
            }
        }
        let span = nodes.first()?.span.to(nodes.last()?.span);
        if nodes.len() == 1 {
            return nodes.pop();
        }
        Some(Node {
            span,
            kind: join(nodes),
        })
    }

    fn not(&mut self) -> Option<Node> {
        let start = self.reader.at;
        if self.reader.negation() {
            if let Some(inner) = self.sub_query() {
                return Some(Node {
                    span: Span::of(start..start).to(inner.span),
                    kind: NodeKind::Not(Box::new(inner)),
                });
            }
            self.reader.at = start;
        }
        self.sub_query()
    }

    fn sub_query(&mut self) -> Option<Node> {
        let start = self.reader.at;
        if self.reader.take("(", "\"(\"") {
            let inner = self.deeper(|parser| {
                parser.reader.spaces();
                let mut inner = parser.or()?;
                parser.reader.spaces();
                if !parser.reader.take(")", "\")\"") {
                    return None;
                }
                inner.span = Span::of(start..parser.reader.at);
                Some(inner)
            });
            if inner.is_some() {
                return inner;
            }
            self.reader.at = start;
        }
        self.nested()
    }

    fn nested(&mut self) -> Option<Node> {
        let start = self.reader.at;
        if let Some(path) = self.reader.field() {
            self.reader.spaces();
            if self.reader.take(":", "\":\"") {
                self.reader.spaces();
                if self.reader.take("{", "\"{\"") {
                    let inner = self.deeper(|parser| {
                        parser.reader.spaces();
                        let inner = parser.or()?;
                        parser.reader.spaces();
                        parser.reader.take("}", "\"}\"").then_some(inner)
                    });
                    if let Some(inner) = inner {
                        return Some(Node {
                            span: Span::of(start..self.reader.at),
                            kind: NodeKind::Nested {
                                path,
                                inner: Box::new(inner),
                            },
                        });
                    }
                }
            }
        }
        self.reader.at = start;
        self.expression()
    }

    fn expression(&mut self) -> Option<Node> {
        let start = self.reader.at;
        let ways = [Self::range, Self::field_value, Self::bare_value];
        for way in ways {
            self.reader.at = start;
            if let Some(node) = way(self) {
                return Some(node);
            }
        }
        self.reader.at = start;
        None
    }

    fn range(&mut self) -> Option<Node> {
        let field = self.reader.field()?;
        self.reader.spaces();
        let operator = RangeOperator::ALL.into_iter().find(|operator| {
            let name = match operator {
                RangeOperator::AtMost => "\"<=\"",
                RangeOperator::AtLeast => "\">=\"",
                RangeOperator::Below => "\"<\"",
                RangeOperator::Above => "\">\"",
            };
            self.reader.take(operator.sign(), name)
        })?;
        self.reader.spaces();
        let value = self.reader.literal()?;
        Some(Node {
            span: field.span.to(value.span),
            kind: NodeKind::Range {
                field,
                operator,
                value,
            },
        })
    }

    fn field_value(&mut self) -> Option<Node> {
        let field = self.reader.field()?;
        self.reader.spaces();
        if !self.reader.take(":", "\":\"") {
            return None;
        }
        self.reader.spaces();
        let values = self.list()?;
        let end = self.reader.at;
        Some(match values.kind {
            ListKind::Value(value) => {
                let span = field.span.to(value.span);
                let field = Some(field);
                Node {
                    span,
                    kind: NodeKind::Is { field, value },
                }
            }
            _ => Node {
                span: field.span.to(Span::of(end..end)),
                kind: NodeKind::List { field, values },
            },
        })
    }

    fn bare_value(&mut self) -> Option<Node> {
        let value = self.reader.value()?;
        Some(Node {
            span: value.span,
            kind: NodeKind::Is { field: None, value },
        })
    }

    fn list(&mut self) -> Option<ListNode> {
        let start = self.reader.at;
        if self.reader.take("(", "\"(\"") {
            let inner = self.deeper(|parser| {
                parser.reader.spaces();
                let inner = parser.or_list()?;
                parser.reader.spaces();
                parser.reader.take(")", "\")\"").then_some(inner)
            });
            if inner.is_some() {
                return inner;
            }
            self.reader.at = start;
        }
        let value = self.reader.value()?;
        Some(ListNode {
            span: value.span,
            kind: ListKind::Value(value),
        })
    }

    fn or_list(&mut self) -> Option<ListNode> {
        self.list_chain("or", "OR", ListKind::Or, Self::and_list)
    }

    fn and_list(&mut self) -> Option<ListNode> {
        self.list_chain("and", "AND", ListKind::And, Self::not_list)
    }

    fn list_chain(
        &mut self,
        word: &str,
        name: &'static str,
        join: impl Fn(Vec<ListNode>) -> ListKind,
        tighter: impl Fn(&mut Self) -> Option<ListNode>,
    ) -> Option<ListNode> {
        let mut nodes = vec![tighter(self)?];
        loop {
            let end = self.reader.at;
            if !self.reader.conjunction(word, name) {
                break;
            }
            match tighter(self) {
                Some(node) => nodes.push(node),
                None => {
                    self.reader.at = end;
                    break;
                }
            }
        }
        let span = nodes.first()?.span.to(nodes.last()?.span);
        if nodes.len() == 1 {
            return nodes.pop();
        }
        Some(ListNode {
            span,
            kind: join(nodes),
        })
    }

    fn not_list(&mut self) -> Option<ListNode> {
        let start = self.reader.at;
        if self.reader.negation() {
            if let Some(inner) = self.list() {
                return Some(ListNode {
                    span: Span::of(start..start).to(inner.span),
                    kind: ListKind::Not(Box::new(inner)),
                });
            }
            self.reader.at = start;
        }
        self.list()
    }

    /// One level deeper; beyond [`MAX_DEPTH`] nothing is parsed any more.
    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= MAX_DEPTH || self.too_deep.is_some() {
            let at = self.reader.at;
            self.too_deep
                .get_or_insert(Span::of(at.saturating_sub(1)..at));
            return None;
        }
        self.depth += 1;
        let found = inner(self);
        self.depth -= 1;
        found
    }
}
