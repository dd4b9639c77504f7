//! A leaf as the set of values that satisfy it, and which leaf implies which.
//!
//! A leaf holds when *any* value of the field satisfies it, so two leaves on one field never
//! exclude each other; but where every value that satisfies one satisfies the other, the first
//! implies the second, on fields of many values and on missing ones alike.

use crate::event::Value;
use crate::language::eql::lower::cidr_block;
use crate::language::eql::syntax::{Call, CompareOp, Expr, ExprKind, In, Match, MatchOp, Number};
use crate::lint::condition::pattern::Texts;
use crate::plan::Function;
use crate::plan::predicate::{WildcardPattern, WildcardToken};

/// A leaf without its negation.
#[derive(Debug, Clone)]
pub(in crate::lint) struct Test {
    /// The canonical text of the leaf, without `not`.
    key: String,
    /// The field and its values, where the leaf is of a form that can be compared.
    values: Option<(String, Values)>,
}

/// What any one value must be.
#[derive(Debug, Clone)]
enum Values {
    /// Anything.
    Any,
    /// One of these texts.
    Texts(Vec<Texts>),
    /// A number between two bounds; the flags say whether a bound itself is excluded.
    Numbers(Bound, Bound),
    /// An address in one of these blocks.
    Blocks(Vec<(Value, Value)>),
}

/// A bound of numbers and whether it is excluded; `None` is no bound.
type Bound = Option<(f64, bool)>;

impl Test {
    /// The leaf as a test, and whether it is written negated (`!=`, `not in`, `== null`).
    pub(in crate::lint) fn of(leaf: &Expr) -> (Self, bool) {
        let positive = positive(leaf);
        let negated = positive.is_some();
        let leaf = positive.as_ref().unwrap_or(leaf);
        let values = values(leaf);
        let test = Self {
            key: leaf.to_string(),
            values,
        };
        (test, negated)
    }

    /// That the event is of this category.
    pub(in crate::lint) fn category(field: &str, name: &str) -> Self {
        let texts = vec![Texts::exactly(name, false)];
        Self {
            key: format!("{field} == {name:?}"),
            values: Some((field.to_owned(), Values::Texts(texts))),
        }
    }

    /// Whether this holds on no event without `other` holding on it as well.
    pub(in crate::lint) fn implies(&self, other: &Self) -> bool {
        if self.key == other.key {
            return true;
        }
        match (&self.values, &other.values) {
            (Some((a, own)), Some((b, theirs))) => a == b && theirs.cover(own),
            _ => false,
        }
    }
}

impl Values {
    fn cover(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (Self::Texts(own), Self::Texts(theirs)) => theirs
                .iter()
                .all(|narrow| own.iter().any(|wide| wide.cover(narrow))),
            (Self::Numbers(low, high), Self::Numbers(other_low, other_high)) => {
                within(*low, *other_low, false) && within(*high, *other_high, true)
            }
            (Self::Blocks(own), Self::Blocks(theirs)) => theirs
                .iter()
                .all(|narrow| own.iter().any(|wide| block_covers(wide, narrow))),
            _ => false,
        }
    }
}

/// Whether a bound leaves at least what `narrow` leaves.
fn within(wide: Bound, narrow: Bound, upper: bool) -> bool {
    match (wide, narrow) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some((a, excluded)), Some((b, other_excluded))) => {
            let further = if upper { a > b } else { a < b };
            further || (a.total_cmp(&b).is_eq() && (!excluded || other_excluded))
        }
    }
}

pub(in crate::lint) fn block_covers(wide: &(Value, Value), narrow: &(Value, Value)) -> bool {
    let low = wide.0.compare(&narrow.0);
    let high = wide.1.compare(&narrow.1);
    low.is_some_and(std::cmp::Ordering::is_le) && high.is_some_and(std::cmp::Ordering::is_ge)
}

/// The leaf without its negation; `None` when it has none. A null check is one: `f == null` is
/// the complement of existence.
fn positive(leaf: &Expr) -> Option<Expr> {
    let kind = match &leaf.kind {
        ExprKind::Compare(CompareOp::NotEqual, left, right) => {
            if matches!(right.kind, ExprKind::Null) {
                return None;
            }
            ExprKind::Compare(CompareOp::Equal, left.clone(), right.clone())
        }
        ExprKind::Compare(CompareOp::Equal, left, right)
            if matches!(right.kind, ExprKind::Null) =>
        {
            ExprKind::Compare(CompareOp::NotEqual, left.clone(), right.clone())
        }
        ExprKind::In(inner) if inner.negated => ExprKind::In(In {
            negated: false,
            ..inner.clone()
        }),
        _ => return None,
    };
    Some(Expr {
        kind,
        span: leaf.span,
    })
}

fn values(leaf: &Expr) -> Option<(String, Values)> {
    match &leaf.kind {
        ExprKind::Compare(op, left, right) => compare(*op, left, right),
        ExprKind::Match(inner) => matches(inner),
        ExprKind::In(inner) => membership(inner),
        ExprKind::Call(call) => self::call(call),
        _ => None,
    }
}

fn field(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Field(field) => Some(field.path.clone()),
        _ => None,
    }
}

fn compare(op: CompareOp, left: &Expr, right: &Expr) -> Option<(String, Values)> {
    let path = field(left)?;
    let values = match (&right.kind, op) {
        (ExprKind::Null, CompareOp::NotEqual) => Values::Any,
        (ExprKind::String(text), CompareOp::Equal) => {
            Values::Texts(vec![Texts::exactly(text, false)])
        }
        _ => {
            let number = number(right)?;
            match op {
                CompareOp::Equal => Values::Numbers(Some((number, false)), Some((number, false))),
                CompareOp::Less => Values::Numbers(None, Some((number, true))),
                CompareOp::LessOrEqual => Values::Numbers(None, Some((number, false))),
                CompareOp::Greater => Values::Numbers(Some((number, true)), None),
                CompareOp::GreaterOrEqual => Values::Numbers(Some((number, false)), None),
                CompareOp::NotEqual => return None,
            }
        }
    };
    Some((path, values))
}

/// A number that a double holds exactly.
fn number(expr: &Expr) -> Option<f64> {
    match &expr.kind {
        ExprKind::Number(Number::Integer(value)) => Some(f64::from(i32::try_from(*value).ok()?)),
        ExprKind::Number(Number::Double(value)) => Some(*value),
        ExprKind::Negate(inner) => number(inner).map(|value| -value),
        ExprKind::Plus(inner) => number(inner),
        _ => None,
    }
}

fn text(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::String(text) => Some(text),
        _ => None,
    }
}

fn matches(inner: &Match) -> Option<(String, Values)> {
    let path = field(&inner.value)?;
    let insensitive = match inner.op {
        MatchOp::Colon | MatchOp::LikeInsensitive => true,
        MatchOp::Like => false,
        MatchOp::Regex | MatchOp::RegexInsensitive => return None,
    };
    let patterns = inner
        .patterns
        .iter()
        .map(text)
        .collect::<Option<Vec<_>>>()?;
    Some((path, wildcards(&patterns, insensitive)))
}

fn wildcards(patterns: &[&str], insensitive: bool) -> Values {
    let texts = patterns
        .iter()
        .map(|pattern| Texts::new(WildcardPattern::eql(pattern), insensitive));
    let texts: Vec<Texts> = texts.collect();
    if texts.iter().any(Texts::is_everything) {
        Values::Any
    } else {
        Values::Texts(texts)
    }
}

fn membership(inner: &In) -> Option<(String, Values)> {
    let path = field(&inner.value)?;
    let items = inner.items.iter().map(text).collect::<Option<Vec<_>>>()?;
    let texts = items
        .iter()
        .map(|item| Texts::exactly(item, inner.insensitive));
    Some((path, Values::Texts(texts.collect())))
}

fn call(call: &Call) -> Option<(String, Values)> {
    let function = Function::named(&call.name.text)?;
    let (first, rest) = call.arguments.split_first()?;
    let path = field(first)?;
    let constants = rest.iter().map(text).collect::<Option<Vec<_>>>()?;
    let one = |pattern: WildcardPattern| Values::Texts(vec![Texts::new(pattern, call.insensitive)]);
    let values = match (function, constants.as_slice()) {
        (Function::CidrMatch, blocks) => {
            let blocks = blocks.iter().map(|block| cidr_block(block));
            Values::Blocks(blocks.collect::<Option<_>>()?)
        }
        (Function::Wildcard, patterns) => wildcards(patterns, call.insensitive),
        (Function::StartsWith, [prefix]) => {
            let literal = prefix.chars().map(WildcardToken::Char);
            let many = std::iter::once(WildcardToken::Many);
            one(WildcardPattern(literal.chain(many).collect()))
        }
        (Function::EndsWith, [suffix]) => one(WildcardPattern::lucene(&format!("*{suffix}"))),
        (Function::StringContains, [part]) => {
            let mut pattern = WildcardPattern::lucene(&format!("*{part}"));
            pattern.0.push(WildcardToken::Many);
            one(pattern)
        }
        _ => return None,
    };
    Some((path, values))
}
