//! Syntax tree → canonical text: one line, as few parentheses as the meaning allows, strings always
//! in `"…"`.
//!
//! Two queries that differ in blanks, comments, quotes and redundant parentheses print alike, so this
//! text names a clause in reports and snapshots and must not change without need. Parsing it gives
//! the same tree back, places aside.

use std::fmt::{self, Display, Formatter, Write};

use super::syntax::{
    Call, Category, EventQuery, Expr, ExprKind, Field, In, Match, Maxspan, Number, Pipe, Query,
    QueryKind, Sample, Sequence, SequenceKeyword, Term,
};
use super::token::is_bare_name;

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            QueryKind::Event(query) => query.fmt(f)?,
            QueryKind::Sequence(sequence) => sequence.fmt(f)?,
            QueryKind::Sample(sample) => sample.fmt(f)?,
        }
        for pipe in &self.pipes {
            write!(f, " {pipe}")?;
        }
        Ok(())
    }
}

impl Display for EventQuery {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} where {}", self.category, self.condition)
    }
}

impl Display for Category {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.name {
            None => f.write_str("any"),
            Some(name) if is_bare_name(name) => f.write_str(name),
            Some(name) => write_string(f, name),
        }
    }
}

impl Display for Sequence {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self.keyword {
            SequenceKeyword::Sequence => "sequence",
            SequenceKeyword::Join => "join",
        })?;
        write_keys(f, &self.keys)?;
        if let Some(maxspan) = &self.maxspan {
            write!(f, " with maxspan={maxspan}")?;
        }
        for term in &self.terms {
            write!(f, " {term}")?;
        }
        match &self.until {
            Some(until) => write!(f, " until {until}"),
            None => Ok(()),
        }
    }
}

impl Display for Sample {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("sample")?;
        write_keys(f, &self.keys)?;
        for term in &self.terms {
            write!(f, " {term}")?;
        }
        Ok(())
    }
}

impl Display for Maxspan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.amount, self.unit.symbol())
    }
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(if self.missing { "![" } else { "[" })?;
        write!(f, "{}]", self.query)?;
        write_keys(f, &self.keys)?;
        match self.runs {
            Some(runs) => write!(f, " with runs={}", runs.count),
            None => Ok(()),
        }
    }
}

impl Display for Pipe {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "| {}", self.name.text)?;
        if !self.arguments.is_empty() {
            f.write_char(' ')?;
            write_list(f, &self.arguments)?;
        }
        Ok(())
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Null => f.write_str("null"),
            ExprKind::Bool(value) => write!(f, "{value}"),
            ExprKind::Number(number) => number.fmt(f),
            ExprKind::String(value) => write_string(f, value),
            ExprKind::Field(field) => field.fmt(f),
            ExprKind::Call(call) => call.fmt(f),
            ExprKind::Negate(inner) => write_signed(f, '-', inner),
            ExprKind::Plus(inner) => write_signed(f, '+', inner),
            ExprKind::Arithmetic(op, left, right) => {
                let level = Level::of(self);
                write_operand(f, left, level)?;
                write!(f, " {} ", op.symbol())?;
                // Chains nest to the left: the right side needs parentheses on the same level too.
                write_operand(f, right, level.tighter())
            }
            ExprKind::Compare(op, left, right) => {
                write_operand(f, left, Level::Sum)?;
                write!(f, " {} ", op.symbol())?;
                write_operand(f, right, Level::Sum)
            }
            ExprKind::Match(matching) => matching.fmt(f),
            ExprKind::In(list) => list.fmt(f),
            ExprKind::Not(inner) => {
                f.write_str("not ")?;
                write_operand(f, inner, Level::Not)
            }
            ExprKind::And(operands) => write_joined(f, operands, " and ", Level::Not),
            ExprKind::Or(operands) => write_joined(f, operands, " or ", Level::And),
        }
    }
}

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => write!(f, "{value}"),
            Self::Unsigned(value) => write!(f, "{value}"),
            // The shortest text that reads back as the same double, always with a point or exponent.
            Self::Double(value) => write!(f, "{value:?}"),
        }
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.optional {
            f.write_char('?')?;
        }
        if self.path.split('.').any(str::is_empty) {
            return write_backticked(f, &self.path);
        }
        for (index, part) in self.path.split('.').enumerate() {
            if index > 0 {
                f.write_char('.')?;
            }
            if is_bare_name(part) {
                f.write_str(part)?;
            } else {
                write_backticked(f, part)?;
            }
        }
        Ok(())
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name.text)?;
        f.write_str(if self.insensitive { "~(" } else { "(" })?;
        write_list(f, &self.arguments)?;
        f.write_char(')')
    }
}

impl Display for Match {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_operand(f, &self.value, Level::Primary)?;
        write!(f, " {} ", self.op.symbol())?;
        if self.list {
            f.write_char('(')?;
        }
        write_list(f, &self.patterns)?;
        if self.list {
            f.write_char(')')?;
        }
        Ok(())
    }
}

impl Display for In {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_operand(f, &self.value, Level::Primary)?;
        f.write_str(if self.negated { " not in" } else { " in" })?;
        f.write_str(if self.insensitive { "~ (" } else { " (" })?;
        write_list(f, &self.items)?;
        f.write_char(')')
    }
}

/// How tight an expression holds together, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Compare,
    Predicate,
    Sum,
    Product,
    Sign,
    Primary,
}

impl Level {
    fn of(expr: &Expr) -> Self {
        use super::syntax::ArithmeticOp::{Add, Divide, Modulo, Multiply, Subtract};
        match &expr.kind {
            ExprKind::Or(_) => Self::Or,
            ExprKind::And(_) => Self::And,
            ExprKind::Not(_) => Self::Not,
            ExprKind::Compare(..) => Self::Compare,
            ExprKind::Match(_) | ExprKind::In(_) => Self::Predicate,
            ExprKind::Arithmetic(Add | Subtract, ..) => Self::Sum,
            ExprKind::Arithmetic(Multiply | Divide | Modulo, ..) => Self::Product,
            ExprKind::Negate(_) | ExprKind::Plus(_) => Self::Sign,
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::Field(_)
            | ExprKind::Call(_) => Self::Primary,
        }
    }

    /// The level that the right side of an arithmetic operator of this level needs.
    fn tighter(self) -> Self {
        match self {
            Self::Sum => Self::Product,
            _ => Self::Sign,
        }
    }
}

/// An operand, in parentheses if it does not hold together as tight as its place demands.
fn write_operand(f: &mut Formatter<'_>, expr: &Expr, needed: Level) -> fmt::Result {
    if Level::of(expr) >= needed {
        return expr.fmt(f);
    }
    write!(f, "({expr})")
}

fn write_signed(f: &mut Formatter<'_>, sign: char, inner: &Expr) -> fmt::Result {
    f.write_char(sign)?;
    write_operand(f, inner, Level::Sign)
}

fn write_joined(f: &mut Formatter<'_>, operands: &[Expr], by: &str, needed: Level) -> fmt::Result {
    for (index, operand) in operands.iter().enumerate() {
        if index > 0 {
            f.write_str(by)?;
        }
        write_operand(f, operand, needed)?;
    }
    Ok(())
}

fn write_list(f: &mut Formatter<'_>, items: &[Expr]) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        item.fmt(f)?;
    }
    Ok(())
}

fn write_keys(f: &mut Formatter<'_>, keys: &[Expr]) -> fmt::Result {
    if keys.is_empty() {
        return Ok(());
    }
    f.write_str(" by ")?;
    write_list(f, keys)
}

fn write_backticked(f: &mut Formatter<'_>, name: &str) -> fmt::Result {
    f.write_char('`')?;
    for character in name.chars() {
        if character == '`' {
            f.write_char('`')?;
        }
        f.write_char(character)?;
    }
    f.write_char('`')
}

/// A string literal whose value is `value`.
pub fn write_string(f: &mut impl Write, value: &str) -> fmt::Result {
    f.write_char('"')?;
    let mut rest = value;
    // What needs no escape is written in one piece.
    while let Some((at, character)) = rest.char_indices().find(|(_, c)| needs_escape(*c)) {
        f.write_str(rest.get(..at).unwrap_or(""))?;
        rest = rest.get(at + character.len_utf8()..).unwrap_or("");
        match character {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\t' => f.write_str("\\t")?,
            '\r' => f.write_str("\\r")?,
            '\u{8}' => f.write_str("\\b")?,
            '\u{c}' => f.write_str("\\f")?,
            _ => write!(f, "\\u{{{:02x}}}", u32::from(character))?,
        }
    }
    f.write_str(rest)?;
    f.write_char('"')
}

/// Whether a string literal has the character as an escape.
fn needs_escape(character: char) -> bool {
    match character {
        '"' | '\\' => true,
        ' '..='~' => false,
        _ => unseen(character),
    }
}

/// Whether a reader cannot see the character or takes it for another: controls, blanks other than
/// the space, zero-width and direction marks, tags. The ranges are written out, not asked of the
/// standard library, so that the canonical text stays the same when Unicode grows.
fn unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{a0}'
                | '\u{ad}'
                | '\u{61c}'
                | '\u{1680}'
                | '\u{180e}'
                | '\u{2000}'..='\u{200f}'
                | '\u{2028}'..='\u{202f}'
                | '\u{205f}'..='\u{206f}'
                | '\u{3000}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}
