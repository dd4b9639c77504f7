//! The parts of an ES|QL query as the lints read them: commands with the columns made before them,
//! conditions, and their leaves.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::{QueryText, SourceText, Span};
use crate::language::esql::before_stats;
use crate::language::esql::syntax::{CommandKind, Expr, ExprKind, Field, Query};
use crate::lint::esql::result_columns::ResultColumns;
use crate::lint::finding::{Finding, Lint};
use crate::rule::Rule;

/// Fields that ECS defines as lists.
const LISTS: &[&str] = &[
    "container.image.tag",
    "dns.answers.data",
    "dns.header_flags",
    "dns.resolved_ip",
    "email.bcc.address",
    "email.cc.address",
    "email.to.address",
    "event.category",
    "event.type",
    "file.attributes",
    "host.ip",
    "host.mac",
    "observer.ip",
    "observer.mac",
    "process.args",
    "process.env_vars",
    "process.parent.args",
    "process.parent.env_vars",
    "process.thread.capabilities.effective",
    "process.thread.capabilities.permitted",
    "related.hash",
    "related.hosts",
    "related.ip",
    "related.user",
    "rule.author",
    "tags",
    "user.roles",
];

/// The inputs of the lints of an ES|QL query.
pub(in crate::lint) struct EsqlSubject<'a> {
    pub(in crate::lint) rule: &'a Rule,
    pub(in crate::lint) text: &'a QueryText,
    pub(in crate::lint) query: &'a Query,
    /// What it gives on each data source on which it can be run.
    pub(in crate::lint) results: &'a [ResultColumns],
}

impl EsqlSubject<'_> {
    /// A finding at a place of the query.
    pub(in crate::lint) fn finding(
        &self,
        lint: &'static Lint,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Finding {
        let source: &Arc<SourceText> = self.text.source();
        lint.finding(source, self.text.locate(span), message, label)
    }

    /// The names of the columns of groups; `None` of a query that does not group, or that runs
    /// nowhere. Behind STATS no source has more columns than another.
    pub(in crate::lint) fn columns_of_groups(&self) -> Option<Vec<&str>> {
        let result = self.results.first().filter(|_| self.query.is_aggregating());
        let columns = result?.columns.iter();
        Some(columns.map(|column| column.name.as_str()).collect())
    }

    /// Where a column is made last: its name in the query, or the whole of it.
    pub(in crate::lint) fn made_at(&self, column: &str) -> Span {
        let commands = self.query.commands.iter();
        let mut made = commands.filter_map(|command| made_by(&command.kind, column, command.span));
        made.next_back()
            .unwrap_or_else(|| Span::of(0..self.text.text().len()))
    }

    /// The text of a part, white space aside.
    pub(in crate::lint) fn words(&self, span: Span) -> String {
        let text = self.text.text().get(span.start as usize..span.end as usize);
        let words = text.unwrap_or_default().split_whitespace();
        words.collect::<Vec<&str>>().join(" ")
    }

    /// Calls with each expression of the commands up to the first STATS, and whether a name is of a
    /// stored field there.
    pub(in crate::lint) fn each_stored<'q>(
        &'q self,
        see: &mut impl FnMut(&'q Expr, &dyn Fn(&str) -> bool),
    ) {
        for (command, made) in before_stats(self.query) {
            let mut made = made;
            let mut every_expr = |expr: &'q Expr, made: &BTreeSet<String>| {
                every(expr, &mut |expr| {
                    see(expr, &|name: &str| !made.contains(name));
                });
            };
            if let CommandKind::Eval(fields) = &command.kind {
                for field in fields {
                    every_expr(&field.expr, &made);
                    made.extend(field.name.as_ref().map(|name| name.text.clone()));
                }
                continue;
            }
            for expr in command.kind.expressions() {
                every_expr(expr, &made);
            }
        }
    }
}

/// Where a command makes a column, if it does; the command itself where the name stands in a pattern.
fn made_by(kind: &CommandKind, column: &str, command: Span) -> Option<Span> {
    let of_fields = |fields: &[&Field]| {
        let mut fields = fields.iter().rev();
        fields.find_map(|field| match &field.name {
            Some(name) => (name.text == column).then_some(name.span),
            None => (self::column(&field.expr) == Some(column)).then_some(field.expr.span),
        })
    };
    match kind {
        CommandKind::Eval(_) => of_fields(&kind.computed()),
        CommandKind::Stats(stats) | CommandKind::InlineStats(stats) => {
            let mut fields = kind.computed();
            fields.extend(&stats.by);
            of_fields(&fields)
        }
        CommandKind::Rename(renamings) => {
            let mut renamings = renamings.iter().map(|renaming| &renaming.to);
            let name = renamings.find(|to| to.text == column);
            name.map(|name| name.span)
        }
        CommandKind::Grok { .. } | CommandKind::Dissect { .. } | CommandKind::Enrich { .. } => {
            Some(command)
        }
        CommandKind::Completion {
            target: Some(target),
            ..
        } => (target.text == column).then_some(target.span),
        _ => None,
    }
}

/// Whether a field is a list by its definition.
pub(in crate::lint) fn is_list(field: &str) -> bool {
    LISTS.contains(&field)
        || (field.starts_with("threat.") && !field.starts_with("threat.indicator"))
}

/// Calls with an expression and everything below it.
pub(in crate::lint) fn every<'q>(expr: &'q Expr, see: &mut impl FnMut(&'q Expr)) {
    see(expr);
    for child in expr.children() {
        every(child, see);
    }
}

/// The leaves of a condition, each with whether it stands below an odd number of NOTs.
pub(in crate::lint) fn leaves<'q>(
    expr: &'q Expr,
    negated: bool,
    found: &mut Vec<(&'q Expr, bool)>,
) {
    match &expr.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => {
            for part in parts {
                leaves(part, negated, found);
            }
        }
        ExprKind::Not(inner) => leaves(inner, !negated, found),
        _ => found.push((expr, negated)),
    }
}

/// The column that a leaf is about: its left side, a change of case aside.
pub(in crate::lint) fn subject_of(leaf: &Expr) -> Option<&str> {
    let value = match &leaf.kind {
        ExprKind::Binary(_, left, _) => left,
        ExprKind::In { value, .. }
        | ExprKind::Like { value, .. }
        | ExprKind::IsNull { value, .. } => value,
        _ => return None,
    };
    column(value)
}

/// The column that an expression is, a change of case aside.
pub(in crate::lint) fn column(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Column(name) => Some(&name.text),
        ExprKind::Call { arguments, .. }
            if is_call(expr, "to_lower") || is_call(expr, "to_upper") =>
        {
            column(arguments.first()?)
        }
        _ => None,
    }
}

/// Whether an expression calls the function of this name.
pub(in crate::lint) fn is_call(expr: &Expr, function: &str) -> bool {
    let ExprKind::Call { name, .. } = &expr.kind else {
        return false;
    };
    name.value.eq_ignore_ascii_case(function)
}

/// The values of the texts that a leaf compares with, each with its place.
pub(in crate::lint) fn texts(leaf: &Expr) -> Vec<(&str, Span)> {
    match &leaf.kind {
        ExprKind::Binary(_, _, right) => constant(right).into_iter().collect(),
        ExprKind::In { items, .. } => items.iter().filter_map(constant).collect(),
        ExprKind::Like { patterns, .. } => patterns
            .iter()
            .map(|pattern| (pattern.value.as_str(), pattern.span))
            .collect(),
        _ => Vec::new(),
    }
}

fn constant(expr: &Expr) -> Option<(&str, Span)> {
    match &expr.kind {
        ExprKind::Text(text) => Some((text, expr.span)),
        _ => None,
    }
}

/// Whether a name of KEEP, which may have stars, selects a column.
pub(in crate::lint) fn selects(pattern: &str, column: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| column.strip_prefix(first)) else {
        return false;
    };
    if !pattern.contains('*') {
        return rest.is_empty();
    }
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return true;
    };
    for part in middle {
        match rest.find(part) {
            Some(place) => rest = rest.get(place + part.len()..).unwrap_or(""),
            None => return false,
        }
    }
    rest.ends_with(last)
}
