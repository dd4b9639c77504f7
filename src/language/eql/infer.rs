//! Infers the types that a query's fields must have for it to run, for sources without a field
//! list. Inferred types are marked, and never prove an error about a field's name. Called by the
//! lints.

use std::collections::BTreeMap;

use super::check::is_constant;
use super::syntax::{CompareOp, Expr, ExprKind, Number, Query, QueryKind, Term};
use crate::event::FieldType;
use crate::plan::Function;

/// What the uses of a field say about it, the most telling last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    Unknown,
    Integer,
    Double,
    Boolean,
    Text,
    Date,
    Ip,
}

/// The type of every field that the query names. `known` gives the types that are certain: a
/// join key takes the type of the keys that it is joined with.
pub fn infer(
    query: &Query,
    known: impl Fn(&str) -> Option<FieldType>,
) -> BTreeMap<String, FieldType> {
    let mut uses = FieldUses::default();
    let (global, terms): (&[Expr], Vec<&Term>) = match &query.kind {
        QueryKind::Event(event) => {
            uses.condition(&event.condition);
            (&[], Vec::new())
        }
        QueryKind::Sequence(sequence) => {
            let terms = sequence.terms.iter().chain(sequence.until.as_deref());
            (&sequence.keys, terms.collect())
        }
        QueryKind::Sample(sample) => (&sample.keys, sample.terms.iter().collect()),
    };
    for key in global {
        uses.note(key, Use::Unknown);
    }
    for term in &terms {
        uses.condition(&term.query.condition);
        term.keys
            .iter()
            .for_each(|key| uses.note(key, Use::Unknown));
    }
    let mut types: BTreeMap<String, FieldType> = uses
        .0
        .iter()
        .map(|(path, found)| {
            let certain = known(path);
            (path.clone(), certain.unwrap_or_else(|| found.field_type()))
        })
        .collect();
    for (path, field_type) in joined(&terms, &uses, &known) {
        types.insert(path, field_type);
    }
    types
}

/// Keys of which nothing is known, with the type of a key at the same position.
fn joined(
    terms: &[&Term],
    uses: &FieldUses,
    known: &impl Fn(&str) -> Option<FieldType>,
) -> Vec<(String, FieldType)> {
    let mut types = Vec::new();
    let width = terms.iter().map(|term| term.keys.len()).max().unwrap_or(0);
    for position in 0..width {
        let keys = terms
            .iter()
            .filter_map(|term| path(term.keys.get(position)?));
        let keys: Vec<&str> = keys.collect();
        let certain = keys.iter().find_map(|key| known(key));
        let Some(field_type) = certain.or_else(|| {
            let found = keys.iter().filter_map(|key| uses.0.get(*key)).max()?;
            Some(found.field_type())
        }) else {
            continue;
        };
        for key in keys {
            if known(key).is_none() && uses.0.get(key) == Some(&Use::Unknown) {
                types.push((key.to_owned(), field_type.clone()));
            }
        }
    }
    types
}

impl Use {
    fn field_type(self) -> FieldType {
        match self {
            Self::Unknown | Self::Text => FieldType::ecs_keyword(),
            Self::Integer => FieldType::named("long"),
            Self::Double => FieldType::named("double"),
            Self::Boolean => FieldType::Boolean,
            Self::Date => FieldType::named("date"),
            Self::Ip => FieldType::Ip,
        }
    }
}

fn path(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Field(field) => Some(&field.path),
        _ => None,
    }
}

#[derive(Default)]
struct FieldUses(BTreeMap<String, Use>);

impl FieldUses {
    fn note(&mut self, expr: &Expr, found: Use) {
        if let Some(path) = path(expr) {
            let known = self.0.entry(path.to_owned()).or_insert(found);
            *known = (*known).max(found);
        } else {
            self.condition(expr);
        }
    }

    /// An expression where a boolean is wanted; below functions and comparisons other things are.
    fn condition(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) => {}
            ExprKind::Field(_) => self.note(expr, Use::Boolean),
            ExprKind::Call(call) => self.call(&call.name.text, &call.arguments),
            ExprKind::Negate(inner) | ExprKind::Plus(inner) => self.note(inner, Use::Integer),
            ExprKind::Not(inner) => self.condition(inner),
            ExprKind::Arithmetic(_, left, right) => {
                self.note(left, Use::Integer);
                self.note(right, Use::Integer);
            }
            ExprKind::Compare(op, left, right) => self.compare(*op, left, right),
            ExprKind::Match(inner) => self.note(&inner.value, Use::Text),
            ExprKind::In(inner) => {
                for item in &inner.items {
                    self.note(&inner.value, constant(item, inner.insensitive));
                }
            }
            ExprKind::And(items) | ExprKind::Or(items) => {
                for item in items {
                    self.condition(item);
                }
            }
        }
    }

    fn compare(&mut self, op: CompareOp, left: &Expr, right: &Expr) {
        let (value, other) = if is_constant(left) {
            (right, left)
        } else {
            (left, right)
        };
        let found = constant(other, false);
        let ordered = !matches!(op, CompareOp::Equal | CompareOp::NotEqual);
        let looks_like_date = |text: &str| text.starts_with("now") || text.contains("||");
        match &other.kind {
            ExprKind::String(text) if ordered && looks_like_date(text) => {
                self.note(value, Use::Date);
            }
            _ => self.note(value, found),
        }
        self.note(other, Use::Unknown);
    }

    fn call(&mut self, name: &str, arguments: &[Expr]) {
        let function = Function::named(name);
        for (index, argument) in arguments.iter().enumerate() {
            let found = match (function, index) {
                (Some(Function::CidrMatch), 0) => Use::Ip,
                (Some(Function::Substring), 1 | 2)
                | (Some(Function::IndexOf), 2)
                | (
                    Some(
                        Function::Add
                        | Function::Subtract
                        | Function::Multiply
                        | Function::Divide
                        | Function::Modulo,
                    ),
                    _,
                ) => Use::Integer,
                (Some(Function::Concat | Function::String) | None, _) => Use::Unknown,
                _ => Use::Text,
            };
            self.note(argument, found);
        }
    }
}

/// What a field is that is compared with this constant.
fn constant(expr: &Expr, text_only: bool) -> Use {
    match &expr.kind {
        _ if text_only => Use::Text,
        ExprKind::String(_) => Use::Text,
        ExprKind::Bool(_) => Use::Boolean,
        ExprKind::Number(Number::Double(_)) => Use::Double,
        ExprKind::Number(_) => Use::Integer,
        ExprKind::Negate(inner) | ExprKind::Plus(inner) => constant(inner, false),
        _ => Use::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_follow_from_use_and_keys_from_their_partners() {
        let text = "sequence [a where cidrMatch(x.ip, \"10.0.0.0/8\") and n > 4 and flag and \
                    f == 1.5 and s : \"a*\"] by process.pid [b where startsWith(t, \"a\") and \
                    u in (1, 2) and length(string(w)) > 3] by other.pid";
        let query = crate::language::eql::parse(text).query.unwrap();
        let long = |path: &str| (path == "process.pid").then(|| FieldType::named("long"));
        let types: Vec<String> = infer(&query, long)
            .iter()
            .map(|(path, field_type)| format!("{path} {field_type}"))
            .collect();
        assert_eq!(
            types,
            [
                "f double",
                "flag boolean",
                "n long",
                "other.pid long",
                "process.pid long",
                "s keyword",
                "t keyword",
                "u long",
                "w keyword",
                "x.ip ip"
            ]
        );
    }
}
