//! The canonical text of expressions: keywords in upper case, one space around operators, brackets
//! only where they are needed. Two conditions that differ in white space alone have one text.

use std::fmt::Write as _;

use super::syntax::{Expr, ExprKind, Name, Text};
use crate::plan::pipeline::{Operator, Timespan};

/// The canonical text of an expression.
pub fn expression(expr: &Expr) -> String {
    let mut out = String::new();
    write(&mut out, expr, 0);
    out
}

/// How tightly an expression binds; brackets stand around one that binds less than its place asks.
fn strength(kind: &ExprKind) -> u8 {
    match kind {
        ExprKind::Or(_) => 1,
        ExprKind::And(_) => 2,
        ExprKind::Not(_) => 3,
        ExprKind::IsNull { .. }
        | ExprKind::In { .. }
        | ExprKind::Like { .. }
        | ExprKind::Match { .. } => 4,
        ExprKind::Binary(operator, ..) => match operator {
            Operator::Add | Operator::Subtract => 5,
            Operator::Multiply | Operator::Divide | Operator::Remainder => 6,
            _ => 4,
        },
        ExprKind::Negate(_) => 7,
        _ => 8,
    }
}

fn write(out: &mut String, expr: &Expr, least: u8) {
    let own = strength(&expr.kind);
    if own < least {
        out.push('(');
        write_kind(out, &expr.kind, own);
        out.push(')');
    } else {
        write_kind(out, &expr.kind, own);
    }
}

fn write_kind(out: &mut String, kind: &ExprKind, own: u8) {
    match kind {
        ExprKind::Null => out.push_str("null"),
        ExprKind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        ExprKind::Integer(digits) => out.push_str(digits),
        ExprKind::Decimal(number) => {
            let _ = write!(out, "{number:?}");
        }
        ExprKind::Text(text) => quote(out, text),
        ExprKind::Timespan(timespan) => out.push_str(&span(*timespan)),
        ExprKind::List(items) => {
            out.push('[');
            list(out, items, 5);
            out.push(']');
        }
        ExprKind::Parameter(parameter) => {
            out.push('?');
            out.push_str(parameter);
        }
        ExprKind::Column(column) => name(out, column),
        ExprKind::Call {
            name,
            arguments,
            star,
            options,
        } => {
            out.push_str(&name.value.to_uppercase());
            out.push('(');
            if *star {
                out.push('*');
            }
            list(out, arguments, 0);
            if !options.is_empty() {
                out.push_str(", ");
                write_options(out, options);
            }
            out.push(')');
        }
        ExprKind::Cast(inner, type_name) => {
            write(out, inner, 8);
            out.push_str("::");
            out.push_str(&type_name.value.to_lowercase());
        }
        ExprKind::Negate(inner) => {
            out.push('-');
            write(out, inner, 8);
        }
        ExprKind::Not(inner) => {
            out.push_str("NOT ");
            write(out, inner, 3);
        }
        ExprKind::And(parts) => joined(out, parts, " AND ", 3),
        ExprKind::Or(parts) => joined(out, parts, " OR ", 2),
        ExprKind::Binary(operator, left, right) => {
            let left_least = if operator.is_comparison() {
                own + 1
            } else {
                own
            };
            write(out, left, left_least);
            let _ = write!(out, " {} ", operator.symbol());
            write(out, right, own + 1);
        }
        ExprKind::IsNull { value, negated } => {
            write(out, value, 5);
            out.push_str(if *negated { " IS NOT NULL" } else { " IS NULL" });
        }
        ExprKind::In {
            value,
            items,
            negated,
        } => {
            write(out, value, 5);
            out.push_str(if *negated { " NOT IN (" } else { " IN (" });
            list(out, items, 5);
            out.push(')');
        }
        ExprKind::Like {
            value,
            patterns,
            is_list,
            is_regex,
            negated,
        } => {
            write(out, value, 5);
            out.push_str(if *negated { " NOT " } else { " " });
            out.push_str(if *is_regex { "RLIKE " } else { "LIKE " });
            write_patterns(out, patterns, *is_list);
        }
        ExprKind::Match { field, query } => {
            name(out, field);
            out.push_str(" : ");
            write(out, query, 8);
        }
        ExprKind::Broken => out.push('…'),
    }
}

fn write_patterns(out: &mut String, patterns: &[Text], is_list: bool) {
    if is_list {
        out.push('(');
    }
    for (index, pattern) in patterns.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        quote(out, &pattern.value);
    }
    if is_list {
        out.push(')');
    }
}

fn write_options(out: &mut String, options: &[(Text, Expr)]) {
    out.push('{');
    for (index, (key, value)) in options.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        quote(out, &key.value);
        out.push_str(": ");
        write(out, value, 5);
    }
    out.push('}');
}

fn joined(out: &mut String, parts: &[Expr], separator: &str, least: u8) {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.push_str(separator);
        }
        write(out, part, least);
    }
}

fn list(out: &mut String, items: &[Expr], least: u8) {
    joined(out, items, ", ", least);
}

fn name(out: &mut String, name: &Name) {
    let parts = name.text.split('.');
    let is_plain = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '@'))
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '@'))
    };
    let is_plain_name = parts.clone().all(is_plain);
    if is_plain_name {
        out.push_str(&name.text);
    } else {
        out.push('`');
        out.push_str(&name.text.replace('`', "``"));
        out.push('`');
    }
}

fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn span(timespan: Timespan) -> String {
    let (amount, unit) = match timespan {
        Timespan::Period { months, days: 0 } if months != 0 => (months, "months"),
        Timespan::Period { days, .. } => (days, "days"),
        Timespan::Duration(millis) if millis != 0 && millis % 3_600_000 == 0 => {
            (millis / 3_600_000, "hours")
        }
        Timespan::Duration(millis) if millis != 0 && millis % 60_000 == 0 => {
            (millis / 60_000, "minutes")
        }
        Timespan::Duration(millis) if millis != 0 && millis % 1_000 == 0 => {
            (millis / 1_000, "seconds")
        }
        Timespan::Duration(millis) => (millis, "milliseconds"),
    };
    format!("{amount} {unit}")
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use crate::language::esql::syntax::CommandKind;

    fn canonical(condition: &str) -> String {
        let query = parse(&format!("FROM a | WHERE {condition}"))
            .into_result()
            .unwrap();
        let CommandKind::Where(expr) = &query.commands[0].kind else {
            panic!("a WHERE")
        };
        expression(expr)
    }

    #[test]
    fn white_space_case_and_needless_brackets_go() {
        for (written, text) in [
            ("a==1 and(b or c)", "a == 1 AND (b OR c)"),
            ("((a)) > (1+2)*3", "a > (1 + 2) * 3"),
            ("a - (b - c) > 0", "a - (b - c) > 0"),
            ("not (a in(1,2))", "NOT a IN (1, 2)"),
            ("a not like (\"x\",\"y\")", "a NOT LIKE (\"x\", \"y\")"),
            ("not (a or b)", "NOT (a OR b)"),
            (
                "to_lower(a)::STRING rlike \"\"\"\\d\"\"\"",
                "TO_LOWER(a)::string RLIKE \"\\\\d\"",
            ),
            ("a > now() - 90 s", "a > NOW() - 90 seconds"),
            ("`a-b`.c is not  null", "`a-b.c` IS NOT NULL"),
        ] {
            assert_eq!(canonical(written), text);
            let again = canonical(text);
            assert!(again == text || text.contains('`'), "{again}");
        }
    }
}
