//! Script expressions: functions over the values of fields, with Elasticsearch's three-valued
//! logic inside and "null is false" at the leaf's edge. `test.rs` runs them on events, languages
//! fold constant expressions with [`fold`].
//!
//! Each occurrence of a field is a loop of its own over the field's values
//! (`InternalEqlScriptUtils.multiValueDocValues`), so the leaf holds if any combination does.

mod arithmetic;
mod text;

use super::pattern::Pattern;
use super::slots::Slots;
use super::test::compare;
use super::{FailureKind, QueryFailure};
use crate::event::Value;
use crate::plan::predicate::WildcardPattern;
use crate::plan::{Comparison, FieldId, Function, ScriptExpr};

/// The most combinations of values that one script tries on one event.
const MAX_COMBINATIONS: usize = 10_000_000;

/// The value of an expression without fields; `None` is null.
pub fn fold(expr: &ScriptExpr) -> Result<Option<Value>, QueryFailure> {
    let script = Script::new(expr)?;
    if script.fields.is_empty() {
        script.root.value(&[])
    } else {
        Err(FailureKind::NotConstant.into())
    }
}

/// An expression, compiled. The engine asks it as well.
#[derive(Debug)]
pub struct Script {
    root: Node,
    /// The field of each occurrence.
    fields: Vec<FieldId>,
}

#[derive(Debug)]
enum Node {
    Constant(Option<Value>),
    /// The value at this occurrence.
    Occurrence(usize),
    Call(Function, bool, Vec<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    Pattern(Box<Node>, Pattern),
    IsNull(Box<Node>),
    Not(Box<Node>),
    All(Vec<Node>),
    Any(Vec<Node>),
}

impl Script {
    /// Compiles an expression.
    pub fn new(expr: &ScriptExpr) -> Result<Self, QueryFailure> {
        let mut fields = Vec::new();
        let root = Node::new(expr, &mut fields)?;
        Ok(Self { root, fields })
    }

    /// The fields that it reads.
    pub fn fields(&self) -> impl Iterator<Item = FieldId> + '_ {
        self.fields.iter().copied()
    }

    /// Whether any combination of values makes it true.
    pub(super) fn holds(&self, slots: &Slots<'_>) -> Result<bool, QueryFailure> {
        self.holds_on(|field| {
            let slot = slots.get(field);
            (0..slot.len()).map(|index| slot.value(index)).collect()
        })
    }

    /// The same where `values` gives the values of a field; a field without any is null.
    pub fn holds_on(
        &self,
        mut values: impl FnMut(FieldId) -> Vec<Option<Value>>,
    ) -> Result<bool, QueryFailure> {
        let mut choices: Vec<Vec<Option<Value>>> = Vec::with_capacity(self.fields.len());
        for field in &self.fields {
            let values = values(*field);
            choices.push(if values.is_empty() {
                vec![None]
            } else {
                values
            });
        }
        let mut turn = vec![0_usize; choices.len()];
        for _ in 0..MAX_COMBINATIONS {
            let values: Vec<Option<Value>> = choices
                .iter()
                .zip(&turn)
                .map(|(values, index)| values.get(*index).cloned().flatten())
                .collect();
            if self.root.value(&values)? == Some(Value::Bool(true)) {
                return Ok(true);
            }
            if !advance(&mut turn, &choices) {
                return Ok(false);
            }
        }
        Err(FailureKind::TooManyValues.into())
    }
}

/// The next combination; false after the last.
fn advance(turn: &mut [usize], choices: &[Vec<Option<Value>>]) -> bool {
    for (index, values) in turn.iter_mut().zip(choices).rev() {
        *index += 1;
        if *index < values.len() {
            return true;
        }
        *index = 0;
    }
    false
}

impl Node {
    fn new(expr: &ScriptExpr, fields: &mut Vec<FieldId>) -> Result<Self, QueryFailure> {
        let mut boxed = |expr: &ScriptExpr| Self::new(expr, fields).map(Box::new);
        Ok(match expr {
            ScriptExpr::Constant(value) => Self::Constant(value.clone()),
            ScriptExpr::Field(field) => {
                fields.push(*field);
                Self::Occurrence(fields.len() - 1)
            }
            ScriptExpr::Call {
                function: Function::Wildcard,
                insensitive,
                arguments,
            } => return Self::wildcard(*insensitive, arguments, fields),
            ScriptExpr::Call {
                function,
                insensitive,
                arguments,
            } => Self::Call(*function, *insensitive, Self::each(arguments, fields)?),
            ScriptExpr::Compare(comparison, a, b) => {
                let (a, b) = (boxed(a)?, boxed(b)?);
                match (
                    *comparison == Comparison::Equal,
                    a.constant()?,
                    b.constant()?,
                ) {
                    // `x == null` is a null check, also where null is what a constant call gives
                    // (`ReplaceNullChecks` after `ConstantFolding`).
                    (true, _, Some(None)) => Self::IsNull(a),
                    (true, Some(None), _) => Self::IsNull(b),
                    _ => Self::Compare(*comparison, a, b),
                }
            }
            ScriptExpr::EqualIgnoringCase(value, text) => {
                Self::Pattern(boxed(value)?, Pattern::equal_ignoring_case(text))
            }
            ScriptExpr::Wildcard {
                value,
                pattern,
                insensitive,
            } => Self::Pattern(boxed(value)?, Pattern::wildcard(pattern, *insensitive)),
            ScriptExpr::Regex {
                value,
                pattern,
                insensitive,
            } => Self::Pattern(boxed(value)?, Pattern::java(pattern, *insensitive)?),
            ScriptExpr::IsNull(value) => Self::IsNull(boxed(value)?),
            ScriptExpr::Not(value) => Self::Not(boxed(value)?),
            ScriptExpr::All(parts) => Self::All(Self::each(parts, fields)?),
            ScriptExpr::Any(parts) => Self::Any(Self::each(parts, fields)?),
        })
    }

    fn each(exprs: &[ScriptExpr], fields: &mut Vec<FieldId>) -> Result<Vec<Self>, QueryFailure> {
        exprs.iter().map(|expr| Self::new(expr, fields)).collect()
    }

    /// `wildcard(f, p1, p2)` is `f like p1 or f like p2`, `f` being one occurrence.
    fn wildcard(
        insensitive: bool,
        arguments: &[ScriptExpr],
        fields: &mut Vec<FieldId>,
    ) -> Result<Self, QueryFailure> {
        let Some((value, patterns)) = arguments.split_first() else {
            return Ok(Self::Constant(None));
        };
        let occurrences = fields.len();
        let mut parts = Vec::new();
        for pattern in patterns {
            fields.truncate(occurrences);
            let value = Box::new(Self::new(value, fields)?);
            parts.push(match fold(pattern)? {
                Some(Value::Text(text)) => {
                    let pattern = WildcardPattern::eql(&text);
                    Self::Pattern(value, Pattern::wildcard(&pattern, insensitive))
                }
                _ => Self::Constant(None),
            });
        }
        Ok(Self::Any(parts))
    }

    /// The value of a node without fields: outer `None` where it has fields.
    #[expect(
        clippy::option_option,
        reason = "the inner option is null, a value; the outer says whether there is one"
    )]
    fn constant(&self) -> Result<Option<Option<Value>>, QueryFailure> {
        if self.has_fields() {
            Ok(None)
        } else {
            self.value(&[]).map(Some)
        }
    }

    fn has_fields(&self) -> bool {
        match self {
            Self::Constant(_) => false,
            Self::Occurrence(_) => true,
            Self::Call(_, _, parts) | Self::All(parts) | Self::Any(parts) => {
                parts.iter().any(Self::has_fields)
            }
            Self::Compare(_, a, b) => a.has_fields() || b.has_fields(),
            Self::Pattern(inner, _) | Self::IsNull(inner) | Self::Not(inner) => inner.has_fields(),
        }
    }

    fn value(&self, fields: &[Option<Value>]) -> Result<Option<Value>, QueryFailure> {
        Ok(match self {
            Self::Constant(value) => value.clone(),
            Self::Occurrence(index) => fields.get(*index).cloned().flatten(),
            Self::Call(function, insensitive, arguments) => {
                let arguments = arguments
                    .iter()
                    .map(|argument| argument.value(fields))
                    .collect::<Result<Vec<_>, _>>()?;
                call(*function, *insensitive, &arguments)?
            }
            Self::Compare(comparison, a, b) => match (a.value(fields)?, b.value(fields)?) {
                (Some(a), Some(b)) => compare_in_script(*comparison, &a, &b).map(Value::Bool),
                _ => None,
            },
            Self::Pattern(value, pattern) => {
                let value = value.value(fields)?;
                let text = value.as_ref().and_then(text::text_of);
                text.map(|text| Value::Bool(pattern.matches(&text)))
            }
            Self::IsNull(value) => Some(Value::Bool(value.value(fields)?.is_none())),
            Self::Not(value) => {
                truth(value.value(fields)?.as_ref()).map(|value| Value::Bool(!value))
            }
            Self::All(parts) => Self::combine(parts, fields, false)?,
            Self::Any(parts) => Self::combine(parts, fields, true)?,
        })
    }

    /// `and` (decided by false) or `or` (decided by true); every part is evaluated, as the
    /// arguments of a Java method are.
    fn combine(
        parts: &[Self],
        fields: &[Option<Value>],
        decisive: bool,
    ) -> Result<Option<Value>, QueryFailure> {
        let mut has_null = false;
        let mut decided = false;
        for part in parts {
            match truth(part.value(fields)?.as_ref()) {
                None => has_null = true,
                Some(value) => decided |= value == decisive,
            }
        }
        Ok(if decided {
            Some(Value::Bool(decisive))
        } else if has_null {
            None
        } else {
            Some(Value::Bool(!decisive))
        })
    }
}

fn truth(value: Option<&Value>) -> Option<bool> {
    match value {
        Some(Value::Bool(value)) => Some(*value),
        _ => None,
    }
}

/// As `Comparisons` in Java: texts by UTF-16 units, null where the types do not go together.
fn compare_in_script(comparison: Comparison, a: &Value, b: &Value) -> Option<bool> {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => {
            Some(comparison.fits(a.encode_utf16().cmp(b.encode_utf16())))
        }
        _ => compare(comparison, a, b),
    }
}

fn call(
    function: Function,
    insensitive: bool,
    arguments: &[Option<Value>],
) -> Result<Option<Value>, QueryFailure> {
    match function {
        Function::Add
        | Function::Subtract
        | Function::Multiply
        | Function::Divide
        | Function::Modulo => match arguments {
            [Some(a), Some(b)] => arithmetic::binary(function, a, b),
            _ => Ok(None),
        },
        Function::Negate => match arguments {
            [Some(value)] => arithmetic::negate(value),
            _ => Ok(None),
        },
        Function::Number => arithmetic::number(arguments),
        Function::CidrMatch => text::cidr_match(arguments),
        Function::Between => text::between(arguments, insensitive),
        Function::Concat
        | Function::EndsWith
        | Function::IndexOf
        | Function::Length
        | Function::StartsWith
        | Function::String
        | Function::StringContains
        | Function::Substring => Ok(text::call(function, insensitive, arguments)),
        // Compiled away: `Node::wildcard`.
        Function::Wildcard => Ok(None),
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
