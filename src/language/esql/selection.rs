//! A condition in KQL that holds of every document from which some row of a query comes: what the
//! query's first filters ask of single fields. Where a query can say more than KQL, or where a
//! column is no field any more, nothing is asked, so that it only ever selects too much.

use std::fmt::Write as _;

use super::names::before_stats;
use super::syntax::{CommandKind, Expr, ExprKind, Query};
use crate::plan::pipeline::Operator;

/// The condition; empty where all documents may count. `is_exact` says which fields are searched
/// by their whole values, as they are compared here.
pub fn selection(query: &Query, is_exact: impl Fn(&str) -> bool) -> String {
    let mut conditions = Vec::new();
    for (command, made) in before_stats(query) {
        let fields = Fields {
            is_exact: &|name| is_exact(name) && !made.contains(name),
        };
        match &command.kind {
            CommandKind::Where(condition) => conditions.extend(fields.condition(condition)),
            CommandKind::Eval(_) | CommandKind::Keep(_) | CommandKind::Drop(_) => {}
            _ => break,
        }
    }
    conditions.join(" and ")
}

struct Fields<'f> {
    is_exact: &'f dyn Fn(&str) -> bool,
}

impl Fields<'_> {
    /// What must hold where the expression is true.
    fn condition(&self, expr: &Expr) -> Option<String> {
        match &expr.kind {
            ExprKind::And(parts) => {
                let parts: Vec<String> = parts
                    .iter()
                    .filter_map(|part| self.condition(part))
                    .collect();
                (!parts.is_empty()).then(|| parts.join(" and "))
            }
            ExprKind::Or(parts) => {
                let parts = parts.iter().map(|part| self.condition(part));
                let parts: Vec<String> = parts.collect::<Option<_>>()?;
                Some(format!("(({}))", parts.join(") or (")))
            }
            ExprKind::Binary(Operator::Equal, left, right) => {
                let field = self.field(left);
                let (field, value) = match field {
                    Some(field) => (field, right),
                    None => (self.field(right)?, left),
                };
                Some(format!("{field} : {}", constant(value)?))
            }
            ExprKind::In {
                value,
                items,
                negated: false,
            } => {
                let items = items.iter().map(constant);
                let items: Vec<String> = items.collect::<Option<_>>()?;
                Some(format!("{} : ({})", self.field(value)?, items.join(" or ")))
            }
            ExprKind::Like {
                value,
                patterns,
                is_regex: false,
                negated: false,
                ..
            } => {
                let patterns = patterns.iter().map(|pattern| like(&pattern.value));
                let patterns: Vec<String> = patterns.collect::<Option<_>>()?;
                let field = self.field(value)?;
                Some(format!("{field} : ({})", patterns.join(" or ")))
            }
            ExprKind::IsNull {
                value,
                negated: true,
            } => Some(format!("{} : *", self.field(value)?)),
            _ => None,
        }
    }

    /// The field that the expression is, if KQL can name it as it stands.
    fn field<'e>(&self, expr: &'e Expr) -> Option<&'e str> {
        let ExprKind::Column(name) = &expr.kind else {
            return None;
        };
        let name = name.text.as_str();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._@-".contains(c);
        let is_word = ["and", "or", "not"].contains(&name);
        let is_named = !name.is_empty() && name.chars().all(is_plain) && !is_word;
        (is_named && (self.is_exact)(name)).then_some(name)
    }
}

/// A constant text as KQL writes it.
fn constant(expr: &Expr) -> Option<String> {
    let ExprKind::Text(text) = &expr.kind else {
        return None;
    };
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\t' => quoted.push_str("\\t"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    Some(quoted)
}

/// A pattern as KQL writes it, where any one character is any run of them; `None` for one with white
/// space, which KQL reads otherwise.
fn like(pattern: &str) -> Option<String> {
    let mut text = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let c = match c {
            '*' | '?' => {
                text.push('*');
                continue;
            }
            '\\' => chars.next()?,
            c => c,
        };
        if c.is_ascii_alphanumeric() {
            text.push(c);
        } else if c.is_whitespace() || c.is_control() {
            return None;
        } else {
            // Any other character may be escaped by its number.
            let _ = write!(text, "\\u{:04x}", u32::from(c));
            if u32::from(c) > 0xffff {
                return None;
            }
        }
    }
    let is_word = ["and", "or", "not"].contains(&text.to_ascii_lowercase().as_str());
    (!text.is_empty() && !is_word).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::esql::parse;

    fn of(query: &str) -> String {
        let query = parse(query).into_result().unwrap();
        selection(&query, |name| name != "message")
    }

    #[test]
    fn what_filters_ask_of_fields_is_asked_and_nothing_else() {
        let asked = of(
            r#"FROM a | WHERE x == "1" AND y IN ("2", "3") AND NOT z == "4" AND n > 5
            | EVAL y = "k" | WHERE (y == "6" OR w LIKE "a?b*") AND v IS NOT NULL
            | STATS c = COUNT(*) BY x | WHERE x == "7""#,
        );
        assert_eq!(asked, r#"x : "1" and y : ("2" or "3") and v : *"#);
        let either = of(r#"FROM a | WHERE x == "1" OR w LIKE "a?b*""#);
        assert_eq!(either, r#"((x : "1") or (w : (a*b*)))"#);
        assert_eq!(of(r#"FROM a | WHERE x == "1" OR n > 5"#), "");
        assert_eq!(of(r#"FROM a | WHERE message == "1" | LIMIT 5"#), "");
        assert_eq!(of(r#"FROM a | LIMIT 5 | WHERE x == "1""#), "");
    }
}
