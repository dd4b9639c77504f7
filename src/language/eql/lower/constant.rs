//! Constants: what Elasticsearch's index makes of a constant for a field of some type
//! (`docs/language/eql/constants.md`). The only file of the language that knows ipnet.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::diagnostic::query::eql_type::UnfitConstant;
use crate::event::field::{Family, FieldType};
use crate::event::schema::ResolvedField;
use crate::event::time::DateFormat;
use crate::event::value::Version;
use crate::event::{Timestamp, Value};
use crate::language::eql::syntax::{ArithmeticOp, CompareOp, Expr, ExprKind, Number};
use crate::plan::{Comparison, FieldId, Predicate};

/// A constant of the query, signs and integer arithmetic folded.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
}

impl Literal {
    /// The literal that `expr` is, or folds to; `None` for a field or a function call.
    pub(super) fn of(expr: &Expr) -> Option<Self> {
        Some(match &expr.kind {
            ExprKind::Null => Self::Null,
            ExprKind::Bool(value) => Self::Bool(*value),
            ExprKind::Number(number) => Self::Number(*number),
            ExprKind::String(text) => Self::Text(text.clone()),
            ExprKind::Plus(inner) => match Self::of(inner)? {
                Self::Number(number) => Self::Number(number),
                _ => return None,
            },
            ExprKind::Negate(inner) => match Self::of(inner)? {
                Self::Number(number) => Self::Number(negate(number)?),
                _ => return None,
            },
            ExprKind::Arithmetic(op, left, right) => match (Self::of(left)?, Self::of(right)?) {
                (Self::Number(Number::Integer(a)), Self::Number(Number::Integer(b))) => {
                    Self::Number(Number::Integer(calculate(*op, a, b)?))
                }
                _ => return None,
            },
            _ => return None,
        })
    }

    /// As a value of its own type; `None` is null.
    pub(super) fn value(&self) -> Option<Value> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => number_value(*number),
            Self::Text(text) => Value::text(text),
        })
    }
}

fn negate(number: Number) -> Option<Number> {
    Some(match number {
        Number::Integer(value) => Number::Integer(value.checked_neg()?),
        Number::Unsigned(value) if value == i64::MIN.unsigned_abs() => Number::Integer(i64::MIN),
        Number::Unsigned(_) => return None,
        Number::Double(value) => Number::Double(-value),
    })
}

fn calculate(op: ArithmeticOp, a: i64, b: i64) -> Option<i64> {
    match op {
        ArithmeticOp::Add => a.checked_add(b),
        ArithmeticOp::Subtract => a.checked_sub(b),
        ArithmeticOp::Multiply => a.checked_mul(b),
        ArithmeticOp::Divide => a.checked_div(b),
        ArithmeticOp::Modulo => a.checked_rem(b),
    }
}

pub(super) fn number_value(number: Number) -> Value {
    match number {
        Number::Integer(value) => Value::Integer(value),
        Number::Unsigned(value) => Value::Unsigned(value),
        Number::Double(value) => Value::Double(value),
    }
}

/// The argument of `head` and `tail`: a constant integer that is not negative.
pub(crate) fn constant_count(expr: &Expr) -> Option<u64> {
    match Literal::of(expr)? {
        Literal::Number(Number::Integer(count)) => u64::try_from(count).ok(),
        Literal::Number(Number::Unsigned(count)) => Some(count),
        _ => None,
    }
}

/// Whether the index would take this constant for the field; if not, why.
pub(crate) fn constant_fits(
    resolved: &ResolvedField,
    constant: &Expr,
    op: CompareOp,
) -> Result<(), UnfitConstant> {
    let Some(literal) = Literal::of(constant) else {
        return Ok(());
    };
    if literal == Literal::Null {
        return Ok(());
    }
    let comparison = comparison(op);
    test(
        FieldId(0),
        resolved,
        comparison,
        &literal,
        Timestamp::default(),
    )
    .map(|_| ())
}

/// The comparison of an operator; `!=` is the complement of `==`.
pub(super) fn comparison(op: CompareOp) -> Comparison {
    match op {
        CompareOp::Equal | CompareOp::NotEqual => Comparison::Equal,
        CompareOp::Less => Comparison::Less,
        CompareOp::LessOrEqual => Comparison::LessOrEqual,
        CompareOp::Greater => Comparison::Greater,
        CompareOp::GreaterOrEqual => Comparison::GreaterOrEqual,
    }
}

/// The test of a field against a constant as the index runs it.
pub(super) fn test(
    field: FieldId,
    resolved: &ResolvedField,
    comparison: Comparison,
    literal: &Literal,
    now: Timestamp,
) -> Result<Predicate, UnfitConstant> {
    let compare = |value: Value| Predicate::Compare {
        field,
        comparison,
        value,
    };
    match resolved.family {
        Family::Text => Ok(compare(Value::text(&text_of(literal)))),
        Family::Number => {
            let value = match literal {
                Literal::Number(number) => Some(number_value(*number)),
                Literal::Text(text) => numeric(text),
                _ => None,
            };
            let Some(value) = value else {
                return Err(UnfitConstant::NotANumber {
                    found: text_of(literal),
                });
            };
            let mut types = resolved.readers.iter().flatten().map(|one| &one.field_type);
            if let Some(kind) = types.find(|kind| kind.reduce(&value).is_none()) {
                return Err(UnfitConstant::NotFinite {
                    field_type: kind.to_string(),
                    found: value.to_string(),
                });
            }
            Ok(compare(value))
        }
        Family::Boolean => match text_of(literal).as_str() {
            "true" => Ok(compare(Value::Bool(true))),
            "false" => Ok(compare(Value::Bool(false))),
            other => Err(UnfitConstant::NotABoolean {
                found: other.to_owned(),
            }),
        },
        Family::Version => Ok(compare(Value::Version(Version::new(&text_of(literal))))),
        Family::Ip => match literal {
            Literal::Text(text) => address_test(field, comparison, text),
            _ => Err(UnfitConstant::NoText {
                found: text_of(literal),
            }),
        },
        Family::Date => date_test(field, resolved, comparison, &text_of(literal), now),
    }
}

fn text_of(literal: &Literal) -> String {
    match literal {
        Literal::Text(text) => text.clone(),
        literal => literal
            .value()
            .map_or_else(String::new, |value| value.to_string()),
    }
}

fn numeric(text: &str) -> Option<Value> {
    let text = text.trim();
    if let Ok(value) = text.parse() {
        return Some(Value::Integer(value));
    }
    if let Ok(value) = text.parse() {
        return Some(Value::Unsigned(value));
    }
    let value: f64 = text.parse().ok()?;
    value.is_finite().then_some(Value::Double(value))
}

/// `==` with a block is a match of the block, as `ip` fields have it.
fn address_test(
    field: FieldId,
    comparison: Comparison,
    text: &str,
) -> Result<Predicate, UnfitConstant> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(Predicate::Compare {
            field,
            comparison,
            value: Value::ip(address),
        });
    }
    match cidr_block(text) {
        Some((low, high)) if comparison == Comparison::Equal => {
            Ok(Predicate::Between { field, low, high })
        }
        _ => Err(UnfitConstant::NotAnAddress {
            found: text.to_owned(),
        }),
    }
}

/// The first and the last address of a CIDR block, host bits allowed; a single address is a block
/// of one.
pub fn cidr_block(text: &str) -> Option<(Value, Value)> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some((Value::ip(address), Value::ip(address)));
    }
    let block: IpNet = text.parse().ok()?;
    Some((Value::ip(block.network()), Value::ip(block.broadcast())))
}

/// A date string stands for the whole of its finest unit (`docs/language/eql/dates.md`).
fn date_test(
    field: FieldId,
    resolved: &ResolvedField,
    comparison: Comparison,
    text: &str,
    now: Timestamp,
) -> Result<Predicate, UnfitConstant> {
    let formats = resolved.readers.iter().flatten();
    let formats = formats.filter_map(|field| match &field.field_type {
        FieldType::Date(format) | FieldType::DateNanos(format) => Some(format),
        _ => None,
    });
    // Every index parses the constant by its own format, and one that cannot fails the query.
    let mut range = None;
    for format in formats {
        let Some(own) = format.parse_range(text, now) else {
            // The plan is refused as one that Trapline cannot run.
            if format.is_unread() {
                continue;
            }
            return Err(UnfitConstant::NotInFormat {
                found: text.to_owned(),
                format: format.as_str().to_owned(),
            });
        };
        range.get_or_insert(own);
    }
    let Some((low, high)) = range.or_else(|| DateFormat::usual().parse_range(text, now)) else {
        return Err(UnfitConstant::NotADate {
            found: text.to_owned(),
        });
    };
    let compare = |value: Timestamp| Predicate::Compare {
        field,
        comparison,
        value: Value::Date(value),
    };
    Ok(match comparison {
        Comparison::Equal => Predicate::Between {
            field,
            low: Value::Date(low),
            high: Value::Date(high),
        },
        Comparison::Less | Comparison::GreaterOrEqual => compare(low),
        Comparison::LessOrEqual | Comparison::Greater => compare(high),
    })
}
