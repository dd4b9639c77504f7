//! The changes of an ES|QL query: of the conditions of WHERE, aggregates and CASE, and of what
//! STATS counts and by what.
//!
//! A change replaces the text of a part of the tree; the result is parsed as the rule's own text
//! is, so that a mutant is always a query that could have been written.

use super::leaf::variants;
use super::{Changed, Mutant, Operator as Change};
use crate::compile::Syntax;
use crate::diagnostic::Span;
use crate::language::esql::syntax::{
    AggregateField, CommandKind, Expr, ExprKind, Field, Query, Stats, Text,
};
use crate::plan::pipeline::Operator;
use crate::rule::Language;

/// Every mutant of a query, in the order of the text.
pub(super) fn mutants(text: &str, query: &Query) -> Vec<Mutant> {
    let mut walk = Walk {
        text,
        edits: Vec::new(),
    };
    for command in &query.commands {
        match &command.kind {
            CommandKind::Where(condition) => walk.whole(condition, true, "the attack"),
            CommandKind::Eval(fields) => walk.fields(fields),
            CommandKind::Stats(stats) | CommandKind::InlineStats(stats) => walk.stats(stats),
            _ => {}
        }
    }
    walk.edits.sort_by_key(|edit| edit.span);
    let mut made: Vec<Mutant> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for edit in walk.edits {
        let Some(changed) = replaced(text, edit.span, &edit.replacement) else {
            continue;
        };
        if !seen.insert(changed.clone()) {
            continue;
        }
        // What does not parse is no mutant: `3 - 1` of an edge that text cannot have.
        let Ok(query) = Syntax::parse(Language::Esql, &changed) else {
            continue;
        };
        made.push(Mutant {
            operator: edit.operator,
            span: edit.place,
            before: edit.before,
            after: edit.after,
            case: edit.case,
            changed: Changed::Query(query),
        });
    }
    made
}

/// A change.
struct Edit {
    operator: Change,
    /// The bytes that are replaced.
    span: Span,
    replacement: String,
    /// The place that is shown.
    place: Span,
    before: String,
    after: String,
    case: String,
}

fn replaced(text: &str, span: Span, with: &str) -> Option<String> {
    let before = text.get(..span.start as usize)?;
    let after = text.get(span.end as usize..)?;
    Some(format!("{before}{with}{after}"))
}

struct Walk<'q> {
    text: &'q str,
    edits: Vec<Edit>,
}

impl<'q> Walk<'q> {
    /// The text of a part, white space aside.
    fn words(&self, span: Span) -> String {
        let text = self.slice(span).split_whitespace();
        text.collect::<Vec<&str>>().join(" ")
    }

    fn slice(&self, span: Span) -> &'q str {
        let range = span.start as usize..span.end as usize;
        self.text.get(range).unwrap_or("")
    }

    /// Replaces an expression.
    fn edit(&mut self, operator: Change, span: Span, replacement: String, case: String) {
        self.edits.push(Edit {
            operator,
            before: self.words(span),
            after: replacement.split_whitespace().collect::<Vec<_>>().join(" "),
            replacement,
            span,
            place: span,
            case,
        });
    }

    /// A whole condition: that of a WHERE or of an aggregate.
    fn whole(&mut self, condition: &Expr, want: bool, of: &str) {
        if !matches!(condition.kind, ExprKind::And(_) | ExprKind::Or(_)) {
            self.dropped(condition, condition.span, "true".to_owned(), want, of);
        }
        self.condition(condition, want);
    }

    fn dropped(&mut self, item: &Expr, span: Span, rest: String, want: bool, of: &str) {
        let words = self.words(item.span);
        self.edits.push(Edit {
            operator: Change::Drop,
            span,
            replacement: rest,
            place: item.span,
            case: format!(
                "{of}, changed only so that `{words}` is {}, which must not alert",
                !want
            ),
            before: words,
            after: String::new(),
        });
    }

    fn condition(&mut self, expr: &Expr, want: bool) {
        match &expr.kind {
            ExprKind::And(items) => self.junction(expr, items, want, ["AND", "OR"]),
            ExprKind::Or(items) => self.junction(expr, items, want, ["OR", "AND"]),
            ExprKind::Not(inner) => {
                let positive = format!("({})", self.slice(inner.span));
                self.negated(expr, positive);
                self.leaf(inner, !want);
            }
            _ => {
                let negative = format!("NOT ({})", self.slice(expr.span));
                self.negated(expr, negative);
                self.leaf(expr, want);
            }
        }
    }

    fn negated(&mut self, expr: &Expr, opposite: String) {
        let case = format!("a case that `{}` decides", self.words(expr.span));
        self.edit(Change::Negate, expr.span, opposite, case);
    }

    fn junction(&mut self, expr: &Expr, items: &[Expr], want: bool, words: [&str; 2]) {
        let [own, other] = words;
        let parts: Vec<String> = items
            .iter()
            .map(|item| format!("({})", self.slice(item.span)))
            .collect();
        let joined =
            |parts: &[String], word: &str| format!("({})", parts.join(&format!(" {word} ")));
        let case = "a case in which only some of these clauses hold".to_owned();
        self.edit(Change::SwapAndOr, expr.span, joined(&parts, other), case);
        for (index, item) in items.iter().enumerate() {
            let mut rest = parts.clone();
            rest.remove(index);
            let rest = joined(&rest, own);
            if (own == "AND") == want {
                self.dropped(item, expr.span, rest, want, "the attack");
            } else {
                let words = self.words(item.span);
                self.edits.push(Edit {
                    operator: Change::Drop,
                    span: expr.span,
                    replacement: rest,
                    place: item.span,
                    case: format!("a case that alerts only because `{words}` is {want}"),
                    before: words,
                    after: String::new(),
                });
            }
            self.condition(item, want);
        }
    }

    /// The changes of a single clause.
    fn leaf(&mut self, expr: &Expr, want: bool) {
        match &expr.kind {
            // `not (a and b)`.
            ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_) => self.condition(expr, want),
            ExprKind::Binary(operator, left, right) => {
                self.boundary(expr, *operator, left, right);
                self.value(left);
                self.value(right);
            }
            ExprKind::In { items, .. } => self.items(expr, items, 0, want),
            ExprKind::Like {
                patterns,
                is_list,
                is_regex,
                ..
            } => {
                if *is_list {
                    self.listed(patterns, want);
                }
                if !*is_regex {
                    for pattern in patterns {
                        self.pattern(pattern);
                    }
                }
            }
            ExprKind::Call {
                name, arguments, ..
            } if name.value.eq_ignore_ascii_case("cidr_match") => {
                self.items(expr, arguments, 1, want);
            }
            _ => self.value(expr),
        }
    }

    /// The conditions of CASE and the spans of DATE_TRUNC in an expression.
    fn value(&mut self, expr: &Expr) {
        let ExprKind::Call {
            name, arguments, ..
        } = &expr.kind
        else {
            for child in expr.children() {
                self.value(child);
            }
            return;
        };
        if name.value.eq_ignore_ascii_case("case") {
            let mut pairs = arguments.chunks_exact(2);
            for pair in &mut pairs {
                if let [condition, value] = pair {
                    self.condition(condition, true);
                    self.value(value);
                }
            }
            for default in pairs.remainder() {
                self.value(default);
            }
            return;
        }
        if let (true, Some(span)) = (
            name.value.eq_ignore_ascii_case("date_trunc"),
            arguments.first(),
        ) {
            self.window(span);
        }
        for argument in arguments {
            self.value(argument);
        }
    }

    /// The span of a window doubled.
    fn window(&mut self, span: &Expr) {
        let words = self.words(span.span);
        let digits = words.chars().take_while(char::is_ascii_digit).count();
        let (Some(amount), Some(unit)) = (words.get(..digits), words.get(digits..)) else {
            return;
        };
        let Some(twice) = amount
            .parse::<i64>()
            .ok()
            .and_then(|amount| amount.checked_mul(2))
        else {
            return;
        };
        let case = "a case whose events lie in two windows".to_owned();
        self.edit(Change::Boundary, span.span, format!("{twice}{unit}"), case);
    }

    fn boundary(&mut self, expr: &Expr, operator: Operator, left: &Expr, right: &Expr) {
        let ExprKind::Integer(limit) = &right.kind else {
            return;
        };
        let is_order = matches!(
            operator,
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual
        );
        let (true, Ok(limit)) = (is_order, limit.parse::<i64>()) else {
            return;
        };
        let left = self.slice(left.span).to_owned();
        let moved = [limit.checked_sub(1), limit.checked_add(1)];
        for moved in moved.into_iter().flatten().filter(|moved| *moved >= 0) {
            let telling = match operator {
                Operator::GreaterOrEqual | Operator::Less => limit.min(moved),
                _ => limit.max(moved),
            };
            let changed = format!("{left} {} {moved}", operator.symbol());
            let case = format!("a case with `{left}` = {telling}");
            self.edit(Change::Boundary, expr.span, changed, case);
        }
    }

    /// Each item but the first `fixed` ones left out, where another stays.
    fn items(&mut self, expr: &Expr, items: &[Expr], fixed: usize, want: bool) {
        let spans: Vec<Span> = items.iter().skip(fixed).map(|item| item.span).collect();
        self.list(&spans, want);
        if let Some(first) = expr.children().first() {
            self.value(first);
        }
    }

    fn listed(&mut self, patterns: &[Text], want: bool) {
        let spans: Vec<Span> = patterns.iter().map(|pattern| pattern.span).collect();
        self.list(&spans, want);
    }

    fn list(&mut self, spans: &[Span], want: bool) {
        let (Some(first), Some(last), true) = (spans.first(), spans.last(), spans.len() > 1) else {
            return;
        };
        let whole = Span::of(first.start as usize..last.end as usize);
        for (index, span) in spans.iter().enumerate() {
            let others = spans
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != index);
            let rest: Vec<&str> = others.map(|(_, span)| self.slice(*span)).collect();
            let before = self.words(*span);
            self.edits.push(Edit {
                operator: Change::DropItem,
                span: whole,
                replacement: rest.join(", "),
                place: *span,
                case: if want {
                    format!("a case that alerts only because of {before}")
                } else {
                    format!("a case that only {before} stops")
                },
                before,
                after: String::new(),
            });
        }
    }

    fn pattern(&mut self, pattern: &Text) {
        for (operator, changed) in variants(&pattern.value) {
            let quoted = format!("\"{}\"", changed.replace('\\', "\\\\").replace('"', "\\\""));
            let case = "a case with a value that only the wider pattern matches".to_owned();
            self.edit(operator, pattern.span, quoted, case);
        }
    }

    fn fields(&mut self, fields: &[Field]) {
        for field in fields {
            self.value(&field.expr);
        }
    }

    fn stats(&mut self, stats: &Stats) {
        for aggregate in &stats.aggregates {
            self.aggregate(aggregate);
        }
        for (index, key) in stats.by.iter().enumerate() {
            self.value(&key.expr);
            self.key(stats, index, key);
        }
    }

    fn aggregate(&mut self, aggregate: &AggregateField) {
        let expr = &aggregate.field.expr;
        self.function(expr);
        self.value(expr);
        let Some(filter) = &aggregate.filter else {
            return;
        };
        // From the end of the aggregate, so that the word WHERE goes as well.
        let span = Span::of(expr.span.end as usize..filter.span.end as usize);
        self.dropped(filter, span, String::new(), true, "the attack");
        self.condition(filter, true);
    }

    /// Another function of the same values.
    fn function(&mut self, expr: &Expr) {
        let ExprKind::Call {
            name, arguments, ..
        } = &expr.kind
        else {
            for child in expr.children() {
                self.function(child);
            }
            return;
        };
        let other = match name.value.to_ascii_lowercase().as_str() {
            "count" if !arguments.is_empty() => "COUNT_DISTINCT",
            "count_distinct" => "COUNT",
            "min" => "MAX",
            "max" => "MIN",
            _ => {
                for child in expr.children() {
                    self.function(child);
                }
                return;
            }
        };
        let words = self.words(expr.span);
        let case = format!("a case for which `{words}` and {other} of the same differ");
        self.edit(Change::Aggregate, name.span, other.to_owned(), case);
    }

    /// A key that no longer keeps groups apart; its column is there still, with all its values.
    fn key(&mut self, stats: &Stats, index: usize, key: &Field) {
        let (Some(first), Some(last)) = (stats.by.first(), stats.by.last()) else {
            return;
        };
        let start = |field: &Field| match &field.name {
            Some(name) => name.span.start,
            None => field.expr.span.start,
        };
        let value = self.slice(key.expr.span);
        let name = match &key.name {
            Some(name) => self.slice(name.span),
            None => value,
        };
        let before = stats.aggregates.first().map(|one| start(&one.field));
        let Some(from) = before else { return };
        let ends = stats.aggregates.last().map(|one| match &one.filter {
            Some(filter) => filter.span.end,
            None => one.field.expr.span.end,
        });
        let aggregates = self.slice(Span::of(from as usize..ends.unwrap_or(from) as usize));
        let others = stats
            .by
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != index);
        let others: Vec<&str> = others
            .map(|(_, field)| {
                self.slice(Span::of(
                    start(field) as usize..field.expr.span.end as usize,
                ))
            })
            .collect();
        let by = match others.as_slice() {
            [] => String::new(),
            others => format!(" BY {}", others.join(", ")),
        };
        let words = self.words(key.expr.span);
        self.edits.push(Edit {
            operator: Change::DropKey,
            span: Span::of(from as usize..last.expr.span.end as usize),
            replacement: format!("{name} = VALUES({value}), {aggregates}{by}"),
            place: Span::of(start(first).max(start(key)) as usize..key.expr.span.end as usize),
            case: format!("the attack with another `{words}` on one of its events"),
            before: format!("BY {words}"),
            after: String::new(),
        });
    }
}
