//! Proposes values of a field for which an expression over functions gives the wanted result, by
//! inverting the functions.

use super::sample_values::SampleField;
use super::wildcards;
use crate::evaluate::pattern::example;
use crate::event::{Scalar, Value};
use crate::plan::predicate::{WildcardPattern, WildcardToken};
use crate::plan::{FieldId, Function, ScriptExpr};

/// More characters than these are not asked of a text.
const LONGEST: usize = 20_000;

/// The value given to two fields that must be equal.
const SAME: &str = "sample";

/// The wanted result of an expression.
#[derive(Clone)]
enum WantedResult {
    /// Any result: the condition around the expression can go either way.
    Any,
    /// One of these texts.
    Texts(Vec<String>),
    /// One of these numbers.
    Numbers(Vec<i64>),
}

/// Proposals for the field.
pub(super) fn values(expr: &ScriptExpr, field: FieldId, sample: &SampleField<'_>) -> Vec<Scalar> {
    let mut seeker = ExpressionInverter {
        field,
        sample,
        found: Vec::new(),
    };
    seeker.invert(expr, &WantedResult::Any);
    seeker.found
}

/// The wildcard pattern that is equivalent to a text test with this outcome, if there is one.
pub(super) fn pattern(expr: &ScriptExpr, want: bool) -> Option<WildcardPattern> {
    match expr {
        ScriptExpr::Not(inner) => pattern(inner, !want),
        ScriptExpr::IsNull(found) if !want => match &**found {
            ScriptExpr::Call {
                function: Function::IndexOf,
                arguments,
                ..
            } => Some(around(true, &text(arguments.get(1)?)?, true)),
            _ => None,
        },
        _ if !want => None,
        ScriptExpr::Wildcard { pattern, .. } => Some(pattern.clone()),
        ScriptExpr::EqualIgnoringCase(_, text) => Some(wildcards::exact(text)),
        ScriptExpr::Call {
            function,
            arguments,
            ..
        } => {
            let text = text(arguments.get(1)?)?;
            match function {
                Function::StringContains => Some(around(true, &text, true)),
                Function::StartsWith => Some(around(false, &text, true)),
                Function::EndsWith => Some(around(true, &text, false)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The text with anything before it and behind it.
fn around(before: bool, text: &str, behind: bool) -> WildcardPattern {
    let many = |is: bool| is.then_some(WildcardToken::Many);
    let inner = text.chars().map(WildcardToken::Char);
    WildcardPattern(
        many(before)
            .into_iter()
            .chain(inner)
            .chain(many(behind))
            .collect(),
    )
}

struct ExpressionInverter<'a> {
    field: FieldId,
    sample: &'a SampleField<'a>,
    found: Vec<Scalar>,
}

impl ExpressionInverter<'_> {
    fn invert(&mut self, expr: &ScriptExpr, wanted: &WantedResult) {
        match expr {
            ScriptExpr::Field(field) if *field == self.field => self.propose(wanted),
            ScriptExpr::Constant(_) | ScriptExpr::Field(_) => {}
            ScriptExpr::Call {
                function,
                arguments,
                ..
            } => self.call(*function, arguments, wanted),
            ScriptExpr::Compare(_, left, right) if open(left) && open(right) => {
                self.both(left, right);
            }
            ScriptExpr::Compare(_, left, right) => {
                self.invert(left, &near(right));
                self.invert(right, &near(left));
            }
            ScriptExpr::EqualIgnoringCase(value, text) => {
                self.invert(value, &WantedResult::Texts(vec![text.clone()]));
            }
            ScriptExpr::Wildcard { value, pattern, .. } => {
                self.invert(
                    value,
                    &WantedResult::Texts(wildcards::texts(pattern, self.sample)),
                );
            }
            ScriptExpr::Regex { value, pattern, .. } => {
                self.invert(value, &WantedResult::Texts(example::java(pattern)));
            }
            ScriptExpr::IsNull(inner) | ScriptExpr::Not(inner) => {
                self.invert(inner, &WantedResult::Any);
            }
            ScriptExpr::All(parts) | ScriptExpr::Any(parts) => {
                for part in parts {
                    self.invert(part, &WantedResult::Any);
                }
            }
        }
    }

    fn propose(&mut self, wanted: &WantedResult) {
        match wanted {
            WantedResult::Any => {}
            WantedResult::Texts(texts) => {
                self.found
                    .extend(texts.iter().map(|text| Scalar::text(text.as_str())));
            }
            WantedResult::Numbers(numbers) => {
                let number = |number: &i64| Scalar::Number(number.to_string().into());
                self.found.extend(numbers.iter().map(number));
            }
        }
    }

    fn call(&mut self, function: Function, arguments: &[ScriptExpr], wanted: &WantedResult) {
        let Some((source, rest)) = arguments.split_first() else {
            return;
        };
        let texts = |texts: Vec<String>| WantedResult::Texts(texts);
        let operand = rest.first();
        let constant = operand.and_then(text);
        match function {
            Function::StartsWith | Function::EndsWith | Function::StringContains
                if operand.is_some_and(open) =>
            {
                if let Some(operand) = operand {
                    self.both(source, operand);
                }
            }
            Function::StartsWith => {
                let of = |start: &String| vec![format!("{start}sample"), start.clone()];
                self.invert(source, &texts(constant.iter().flat_map(of).collect()));
            }
            Function::EndsWith => {
                let of = |end: &String| vec![format!("sample{end}"), end.clone()];
                self.invert(source, &texts(constant.iter().flat_map(of).collect()));
            }
            Function::StringContains => {
                let of = |part: &String| vec![format!("a {part} b"), part.clone()];
                self.invert(source, &texts(constant.iter().flat_map(of).collect()));
            }
            Function::Wildcard => {
                let patterns = rest.iter().filter_map(text);
                let patterns = patterns.map(|text| WildcardPattern::eql(&text));
                let found = patterns.flat_map(|pattern| wildcards::texts(&pattern, self.sample));
                self.invert(source, &texts(found.collect()));
            }
            Function::CidrMatch => {
                let blocks = rest.iter().filter_map(text);
                let first = blocks.filter_map(|block| Some(block.split('/').next()?.to_owned()));
                self.invert(source, &texts(first.collect()));
            }
            Function::Length => self.invert(source, &texts(of_length(wanted))),
            Function::IndexOf => {
                let part = constant.unwrap_or_default();
                let at = |place: &i64| Some(format!("{}{part}", pad(*place)?));
                let found = match wanted {
                    WantedResult::Numbers(places) => places.iter().filter_map(at).collect(),
                    _ => vec![format!("a {part} b")],
                };
                self.invert(source, &texts(found));
            }
            Function::Substring => self.substring(source, rest, wanted),
            Function::Between => {
                let right = rest.get(1).and_then(text).unwrap_or_default();
                let left = constant.unwrap_or_default();
                let WantedResult::Texts(inner) = wanted else {
                    return;
                };
                let of = |inner: &String| format!("a{left}{inner}{right}b");
                self.invert(source, &texts(inner.iter().map(of).collect()));
            }
            Function::Concat => self.concat(arguments, wanted),
            Function::String => {
                self.invert(source, wanted);
                if let WantedResult::Texts(inner) = wanted {
                    let numbers = inner.iter().filter_map(|text| text.parse().ok());
                    self.invert(source, &WantedResult::Numbers(numbers.collect()));
                }
            }
            Function::Number => {
                if let WantedResult::Numbers(numbers) = wanted {
                    self.invert(source, &texts(numbers.iter().map(i64::to_string).collect()));
                }
            }
            Function::Add
            | Function::Subtract
            | Function::Multiply
            | Function::Divide
            | Function::Modulo
            | Function::Negate => self.arithmetic(function, source, operand, wanted),
        }
    }

    /// Makes two operands that both depend on the event equal.
    fn both(&mut self, left: &ScriptExpr, right: &ScriptExpr) {
        for same in [
            WantedResult::Texts(vec![SAME.to_owned()]),
            WantedResult::Numbers(vec![1]),
        ] {
            self.invert(left, &same);
            self.invert(right, &same);
        }
    }

    fn substring(&mut self, source: &ScriptExpr, rest: &[ScriptExpr], wanted: &WantedResult) {
        let WantedResult::Texts(inner) = wanted else {
            return;
        };
        let start = rest.first().and_then(number).unwrap_or(0);
        let of = |inner: &String| {
            let front = pad(start.max(0))?;
            Some([
                format!("{front}{inner}"),
                format!("{front}{inner}x"),
                format!("xx{inner}"),
            ])
        };
        let found = inner.iter().filter_map(of).flatten().collect();
        self.invert(source, &WantedResult::Texts(found));
    }

    /// The wanted text without what the constants beside the field give.
    fn concat(&mut self, arguments: &[ScriptExpr], wanted: &WantedResult) {
        let WantedResult::Texts(whole) = wanted else {
            return;
        };
        for (at, argument) in arguments.iter().enumerate() {
            let fixed = |parts: &[ScriptExpr]| parts.iter().filter_map(text).collect::<String>();
            let before = fixed(arguments.get(..at).unwrap_or(&[]));
            let after = fixed(arguments.get(at + 1..).unwrap_or(&[]));
            let inner = |whole: &String| {
                let whole = whole.strip_prefix(before.as_str()).unwrap_or(whole);
                whole
                    .strip_suffix(after.as_str())
                    .unwrap_or(whole)
                    .to_owned()
            };
            self.invert(
                argument,
                &WantedResult::Texts(whole.iter().map(inner).collect()),
            );
        }
    }

    fn arithmetic(
        &mut self,
        function: Function,
        source: &ScriptExpr,
        operand: Option<&ScriptExpr>,
        wanted: &WantedResult,
    ) {
        let WantedResult::Numbers(results) = wanted else {
            return;
        };
        let by = |by: Option<i64>, swapped: bool| {
            let back = |result: &i64| {
                let result = *result;
                match (function, by, swapped) {
                    (Function::Negate, ..) => result.checked_neg(),
                    (Function::Add, Some(by), _) => result.checked_sub(by),
                    (Function::Subtract, Some(by), false) => result.checked_add(by),
                    (Function::Subtract, Some(by), true) => by.checked_sub(result),
                    (Function::Multiply, Some(by), _) => result.checked_div(by),
                    (Function::Divide, Some(by), false) => result.checked_mul(by),
                    (Function::Divide, Some(by), true) => by.checked_div(result),
                    _ => Some(result),
                }
            };
            WantedResult::Numbers(results.iter().filter_map(back).collect())
        };
        self.invert(source, &by(operand.and_then(number), false));
        if let Some(operand) = operand {
            self.invert(operand, &by(number(source), true));
        }
    }
}

/// The constant on the other side and its neighbours.
fn near(other: &ScriptExpr) -> WantedResult {
    if let Some(at) = number(other) {
        return WantedResult::Numbers(vec![at, at.saturating_add(1), at.saturating_sub(1)]);
    }
    text(other).map_or(WantedResult::Any, |text| WantedResult::Texts(vec![text]))
}

fn open(expr: &ScriptExpr) -> bool {
    !matches!(expr, ScriptExpr::Constant(_))
}

fn of_length(wanted: &WantedResult) -> Vec<String> {
    let WantedResult::Numbers(lengths) = wanted else {
        return Vec::new();
    };
    lengths.iter().filter_map(|length| pad(*length)).collect()
}

/// A text of this many characters.
fn pad(length: i64) -> Option<String> {
    let length = usize::try_from(length).ok()?;
    (length <= LONGEST).then(|| "x".repeat(length))
}

fn number(expr: &ScriptExpr) -> Option<i64> {
    match expr {
        ScriptExpr::Constant(Some(Value::Integer(number))) => Some(*number),
        _ => None,
    }
}

fn text(expr: &ScriptExpr) -> Option<String> {
    match expr {
        ScriptExpr::Constant(Some(Value::Text(text))) => Some(text.to_string()),
        _ => None,
    }
}
