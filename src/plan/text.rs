//! The text form of a plan, for tests and debugging. Golden files show the lowering of each
//! language (`tests/language/plans/`).
//!
//! `[n]` behind a test is the number of its clause.

use std::fmt::{self, Display, Formatter};

use super::predicate::{End, TextTest, WildcardPattern, WildcardToken};
use super::{
    Clause, ClauseId, Comparison, Condition, ConditionKind, FieldId, Fuzzy, Operator, Pipe, Plan,
    Predicate, Role, ScriptExpr, Stage,
};
use crate::event::Value;

impl Display for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.operator {
            Operator::Select => f.write_str("select")?,
            Operator::Sequence(sequence) => {
                write!(f, "sequence [{}]", sequence.order.0)?;
                if let Some(limit) = sequence.maxspan {
                    write!(f, " within {} ms [{}]", limit.millis, limit.clause.0)?;
                }
            }
            Operator::Sample { .. } => f.write_str("sample")?,
        }
        write!(f, " in order of {}", self.fields.at(self.timestamp).path)?;
        if let Some(tiebreaker) = self.tiebreaker {
            write!(f, ", {}", self.fields.at(tiebreaker).path)?;
        }
        f.write_str("\n")?;
        for join in self.joins() {
            writeln!(f, "join {} [{}]", join.name, join.clause.0)?;
        }
        for stage in &self.stages {
            self.stage(stage, f)?;
        }
        for pipe in &self.pipes {
            match pipe {
                Pipe::Head(count) => writeln!(f, "head {count}")?,
                Pipe::Tail(count) => writeln!(f, "tail {count}")?,
            }
        }
        Ok(())
    }
}

impl Plan {
    fn stage(&self, stage: &Stage, f: &mut Formatter<'_>) -> fmt::Result {
        match stage.role {
            Role::Positive => f.write_str("stage")?,
            Role::Missing { clause } => write!(f, "missing [{}]", clause.0)?,
            Role::Until { clause } => write!(f, "until [{}]", clause.0)?,
        }
        if stage.runs > 1 {
            write!(f, " {} times", stage.runs)?;
        }
        if let Some(category) = &stage.category {
            let value = category.value.as_deref().unwrap_or("any");
            let path = &self.fields.at(category.field).path;
            write!(f, ", {path} is {value} [{}]", category.clause.0)?;
        }
        for key in &stage.keys {
            let optional = if key.optional { "?" } else { "" };
            write!(f, ", by {optional}{}", self.fields.at(key.field).path)?;
        }
        f.write_str("\n")?;
        self.condition(&stage.condition, 1, f)
    }

    fn condition(&self, condition: &Condition, depth: usize, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:width$}", "", width = depth * 2)?;
        let parts = match &condition.kind {
            ConditionKind::Constant(value) => return writeln!(f, "{value}"),
            ConditionKind::Leaf(leaf) => {
                let leaf = self.leaves.at(*leaf);
                let test = InPlan(self, &leaf.predicate);
                return writeln!(f, "{test} {}", self.clause_of(leaf.clause));
            }
            ConditionKind::Not(inner) => {
                f.write_str("not\n")?;
                return self.condition(inner, depth + 1, f);
            }
            ConditionKind::All(parts) => {
                f.write_str("all\n")?;
                parts
            }
            ConditionKind::Any(parts) => {
                f.write_str("any\n")?;
                parts
            }
        };
        for part in parts {
            self.condition(part, depth + 1, f)?;
        }
        Ok(())
    }

    /// The number of a clause, and how the text says it where that is another way round.
    fn clause_of(&self, id: ClauseId) -> String {
        let Clause {
            negated, parent, ..
        } = self.clauses.at(id);
        let negated = if *negated { ", negated" } else { "" };
        match parent {
            Some(list) => format!("[{} of {}{negated}]", id.0, list.0),
            None => format!("[{}{negated}]", id.0),
        }
    }
}

/// A part of a plan with the plan, which names the fields.
struct InPlan<'p, T>(&'p Plan, &'p T);

impl<'p, T> InPlan<'p, T> {
    fn field(&self, field: FieldId) -> String {
        let field = self.0.fields.at(field);
        match field.family {
            Some(_) => field.path.clone(),
            None => format!("{} (unmapped)", field.path),
        }
    }

    fn list<U>(&self, items: &'p [U], between: &str) -> String
    where
        InPlan<'p, U>: Display,
    {
        let items = items.iter().map(|item| InPlan(self.0, item).to_string());
        items.collect::<Vec<_>>().join(between)
    }
}

impl Display for InPlan<'_, Predicate> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.1 {
            Predicate::Exists(field) => write!(f, "{} exists", self.field(*field)),
            Predicate::Compare {
                field,
                comparison,
                value,
            } => write!(
                f,
                "{} {} {}",
                self.field(*field),
                sign(*comparison),
                constant(value)
            ),
            Predicate::Between { field, low, high } => {
                let (low, high) = (constant(low), constant(high));
                write!(f, "{} from {low} to {high}", self.field(*field))
            }
            Predicate::EqualIgnoringCase { field, text } => {
                write!(f, "{} ==~ {text:?}", self.field(*field))
            }
            Predicate::Wildcard {
                field,
                pattern,
                insensitive,
            } => write!(f, "{} {}", self.field(*field), like(pattern, *insensitive)),
            Predicate::Regex {
                field,
                pattern,
                insensitive,
            } => write!(f, "{} {}", self.field(*field), regex(pattern, *insensitive)),
            Predicate::Script(script) => write!(f, "script {}", InPlan(self.0, script)),
            Predicate::Range { field, low, high } => {
                write!(f, "{} in ", self.field(*field))?;
                range(low.as_ref(), high.as_ref(), f)
            }
            Predicate::Fuzzy { field, fuzzy } => {
                write!(f, "{} {}", self.field(*field), near(fuzzy))
            }
            Predicate::Text { field, test } => {
                write!(f, "words of {} {}", self.field(*field), words(test))
            }
            Predicate::Constant(value) => write!(f, "{value}"),
            Predicate::Not(inner) => write!(f, "not ({})", InPlan(self.0, &**inner)),
            Predicate::All(parts) => write!(f, "({})", self.list(parts, " and ")),
            Predicate::Any(parts) => write!(f, "({})", self.list(parts, " or ")),
            Predicate::Nested { path, inner } => {
                write!(f, "an object of {path} has {}", InPlan(self.0, &**inner))
            }
        }
    }
}

impl Display for InPlan<'_, ScriptExpr> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.1 {
            ScriptExpr::Constant(None) => f.write_str("null"),
            ScriptExpr::Constant(Some(value)) => f.write_str(&constant(value)),
            ScriptExpr::Field(field) => f.write_str(&self.field(*field)),
            ScriptExpr::Call {
                function,
                insensitive,
                arguments,
            } => {
                let tilde = if *insensitive { "~" } else { "" };
                let arguments = self.list(arguments, ", ");
                write!(f, "{}{tilde}({arguments})", function.name())
            }
            ScriptExpr::Compare(comparison, left, right) => {
                let (left, right) = (InPlan(self.0, &**left), InPlan(self.0, &**right));
                write!(f, "({left} {} {right})", sign(*comparison))
            }
            ScriptExpr::EqualIgnoringCase(inner, text) => {
                write!(f, "({} ==~ {text:?})", InPlan(self.0, &**inner))
            }
            ScriptExpr::Wildcard {
                value,
                pattern,
                insensitive,
            } => {
                let pattern = like(pattern, *insensitive);
                write!(f, "({} {pattern})", InPlan(self.0, &**value))
            }
            ScriptExpr::Regex {
                value,
                pattern,
                insensitive,
            } => {
                let pattern = regex(pattern, *insensitive);
                write!(f, "({} {pattern})", InPlan(self.0, &**value))
            }
            ScriptExpr::IsNull(inner) => write!(f, "({} is null)", InPlan(self.0, &**inner)),
            ScriptExpr::Not(inner) => write!(f, "not {}", InPlan(self.0, &**inner)),
            ScriptExpr::All(parts) => write!(f, "({})", self.list(parts, " and ")),
            ScriptExpr::Any(parts) => write!(f, "({})", self.list(parts, " or ")),
        }
    }
}

fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "==",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

fn constant(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

fn like(pattern: &WildcardPattern, insensitive: bool) -> String {
    let mut text = String::new();
    for token in &pattern.0 {
        match token {
            WildcardToken::Char(c) if matches!(c, '*' | '?' | '\\') => text.extend(['\\', *c]),
            WildcardToken::Char(c) => text.push(*c),
            WildcardToken::One => text.push('?'),
            WildcardToken::Many => text.push('*'),
        }
    }
    let tilde = if insensitive { "~" } else { "" };
    format!("like{tilde} {text:?}")
}

fn regex(pattern: &str, insensitive: bool) -> String {
    let tilde = if insensitive { "~" } else { "" };
    format!("regex{tilde} {pattern:?}")
}

fn near(fuzzy: &Fuzzy) -> String {
    let Fuzzy { text, edits, .. } = fuzzy;
    format!("within {edits} edits of {text:?}")
}

fn range(low: Option<&End>, high: Option<&End>, f: &mut Formatter<'_>) -> fmt::Result {
    let open = |end: Option<&End>| end.is_some_and(|end| !end.inclusive);
    let value = |end: Option<&End>| end.map_or_else(String::new, |end| constant(&end.value));
    let (before, after) = (
        if open(low) { "(" } else { "[" },
        if open(high) { ")" } else { "]" },
    );
    write!(f, "{before}{}, {}{after}", value(low), value(high))
}

fn words(test: &TextTest) -> String {
    match test {
        TextTest::Phrase {
            words,
            slop,
            is_prefix,
        } => {
            let more = if *is_prefix { "*" } else { "" };
            let slop = match slop {
                0 => String::new(),
                slop => format!(" with slop {slop}"),
            };
            format!("are {:?}{more}{slop}", words.join(" "))
        }
        TextTest::Wildcard {
            pattern,
            insensitive,
        } => like(pattern, *insensitive),
        TextTest::Regex {
            pattern,
            insensitive,
        } => regex(pattern, *insensitive),
        TextTest::Fuzzy(fuzzy) => near(fuzzy),
        TextTest::Range { low, high } => {
            let end = |end: &Option<(String, bool)>| {
                end.as_ref().map_or_else(String::new, |(text, inclusive)| {
                    format!("{text:?}{}", if *inclusive { "" } else { " (not itself)" })
                })
            };
            format!("in {} to {}", end(low), end(high))
        }
    }
}
