//! The tree of a query in a form that a reviewer reads at a glance: one line a condition, every node
//! in parentheses with its kind first, so that precedence is plain to see.

use trapline::language::eql::syntax::{EventQuery, Expr, ExprKind, Query, QueryKind, Term};

/// The whole query, one line a part.
pub(crate) fn tree(query: &Query) -> String {
    let mut lines = Vec::new();
    match &query.kind {
        QueryKind::Event(event) => lines.push(event_query(event)),
        QueryKind::Sequence(sequence) => {
            lines.push(format!(
                "{:?} by {}",
                sequence.keyword,
                list(&sequence.keys)
            ));
            if let Some(maxspan) = &sequence.maxspan {
                lines.push(format!("maxspan {} ms", maxspan.millis()));
            }
            lines.extend(sequence.terms.iter().map(term));
            lines.extend(
                sequence
                    .until
                    .iter()
                    .map(|until| format!("until {}", term(until))),
            );
        }
        QueryKind::Sample(sample) => {
            lines.push(format!("Sample by {}", list(&sample.keys)));
            lines.extend(sample.terms.iter().map(term));
        }
    }
    for pipe in &query.pipes {
        lines.push(format!("pipe {} {}", pipe.name.text, list(&pipe.arguments)));
    }
    lines.join("\n")
}

fn term(term: &Term) -> String {
    let missing = if term.missing { "missing " } else { "" };
    let runs = term.runs.map_or(1, |runs| runs.count);
    let query = event_query(&term.query);
    format!("{missing}{query} by {} runs {runs}", list(&term.keys))
}

fn event_query(query: &EventQuery) -> String {
    format!("{:?} where {}", query.category.name, expr(&query.condition))
}

fn list(items: &[Expr]) -> String {
    let items: Vec<String> = items.iter().map(expr).collect();
    format!("[{}]", items.join(", "))
}

fn node<'a>(head: &str, operands: impl IntoIterator<Item = &'a Expr>) -> String {
    let operands: Vec<String> = operands.into_iter().map(expr).collect();
    format!("({head} {})", operands.join(" "))
}

fn expr(node_: &Expr) -> String {
    match &node_.kind {
        ExprKind::Null => "null".to_owned(),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Number(number) => format!("{number:?}"),
        ExprKind::String(value) => format!("{value:?}"),
        ExprKind::Field(field) if field.optional => format!("<{}>?", field.path),
        ExprKind::Field(field) => format!("<{}>", field.path),
        ExprKind::Call(call) => {
            let tilde = if call.insensitive { "~" } else { "" };
            format!("({}{tilde} {})", call.name.text, list(&call.arguments))
        }
        ExprKind::Negate(inner) => node("-", [&**inner]),
        ExprKind::Plus(inner) => node("+", [&**inner]),
        ExprKind::Not(inner) => node("not", [&**inner]),
        ExprKind::Arithmetic(op, left, right) => node(op.symbol(), [&**left, right]),
        ExprKind::Compare(op, left, right) => node(op.symbol(), [&**left, right]),
        ExprKind::Match(matching) if matching.list => {
            let (op, value) = (matching.op.symbol(), expr(&matching.value));
            format!("({op} {value} {})", list(&matching.patterns))
        }
        ExprKind::Match(matching) => node(
            matching.op.symbol(),
            std::iter::once(&*matching.value).chain(&matching.patterns),
        ),
        ExprKind::In(list_) => {
            let not = if list_.negated { "not-" } else { "" };
            let tilde = if list_.insensitive { "~" } else { "" };
            format!(
                "({not}in{tilde} {} {})",
                expr(&list_.value),
                list(&list_.items)
            )
        }
        ExprKind::And(operands) => node("and", operands),
        ExprKind::Or(operands) => node("or", operands),
    }
}
