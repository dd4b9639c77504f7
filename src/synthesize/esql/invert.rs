//! Proposes values of columns with which a test comes out as wanted, by inverting what stands
//! between the test and the columns. Proposals only: the search runs each of them.

use std::net::Ipv6Addr;

use super::formula::Want;
use super::levels::{Definition, Levels};
use super::wish::{Wish, cells, one_text};
use super::{numbers, texts};
use crate::evaluate::pattern::example;
use crate::event::time::DateUnit;
use crate::event::{Timestamp, Value};
use crate::language::eql::lower::cidr_block;
use crate::plan::pipeline::{Cell, ColumnId, Expr, ExprKind, Function, Operator};
use crate::plan::predicate::{WildcardPattern, WildcardToken};

/// How deep definitions are followed.
const DEPTH: usize = 64;

/// Collects proposals.
pub(super) struct Aim<'a, 'p> {
    pub(super) levels: &'a Levels<'p>,
    /// The value that an expression has now.
    pub(super) value: &'a dyn Fn(&Expr) -> Cell,
    pub(super) found: Vec<(ColumnId, Wish)>,
    depth: usize,
}

impl<'a, 'p> Aim<'a, 'p> {
    pub(super) fn new(levels: &'a Levels<'p>, value: &'a dyn Fn(&Expr) -> Cell) -> Self {
        Self {
            levels,
            value,
            found: Vec::new(),
            depth: 0,
        }
    }

    /// Proposals for a test.
    pub(super) fn test(&mut self, expr: &Expr, want: Want) {
        let positive = want == Want::True;
        match &expr.kind {
            ExprKind::Not(inner) => {
                self.test(inner, if positive { Want::False } else { Want::True });
            }
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                for part in parts {
                    self.test(part, want);
                }
            }
            ExprKind::IsNull(value) if positive => self.aim(value, Wish::Null),
            ExprKind::IsNull(value) => self.aim(value, Wish::Any),
            ExprKind::Column(_) => {
                let cell = Cell::One(Value::Bool(positive));
                self.aim(expr, Wish::Cells(vec![cell]));
            }
            ExprKind::Binary(operator, left, right) => {
                let operator = if positive {
                    *operator
                } else {
                    negated(*operator)
                };
                self.compare(operator, left, right);
            }
            ExprKind::In(value, items) if positive => {
                let cells = items.iter().map(|item| (self.value)(item)).collect();
                self.aim(value, Wish::Cells(cells));
            }
            ExprKind::Like(value, patterns) if positive => {
                for pattern in patterns {
                    self.aim(value, Wish::Pattern(pattern.clone()));
                }
            }
            ExprKind::Regex {
                value,
                patterns,
                insensitive,
            } if positive => {
                let found = patterns
                    .iter()
                    .flat_map(|pattern| example::lucene(pattern, *insensitive));
                let found: Vec<String> = found.collect();
                self.aim(value, Wish::texts(&found));
            }
            ExprKind::In(value, _) | ExprKind::Like(value, _) | ExprKind::Regex { value, .. } => {
                self.aim(value, Wish::Any);
            }
            ExprKind::Call(function, arguments) => self.boolean(*function, arguments, positive),
            _ => {}
        }
    }

    /// Proposals for the conditions of every CASE in an expression.
    pub(super) fn conditions(&mut self, expr: &Expr) {
        if let ExprKind::Call(Function::Case, arguments) = &expr.kind {
            for pair in arguments.chunks_exact(2) {
                if let Some(condition) = pair.first() {
                    self.test(condition, Want::True);
                }
            }
        }
        for child in expr.children() {
            self.conditions(child);
        }
    }

    fn boolean(&mut self, function: Function, arguments: &[Expr], positive: bool) {
        let Some((value, rest)) = arguments.split_first() else {
            return;
        };
        let other = rest.first().map(|other| (self.value)(other));
        let text = other.as_ref().and_then(one_text);
        match (function, positive) {
            (Function::StartsWith | Function::EndsWith | Function::Contains, true) => {
                if let Some(text) = text {
                    let before = function != Function::StartsWith;
                    let behind = function != Function::EndsWith;
                    self.aim(value, Wish::Pattern(around(before, &text, behind)));
                }
                if let Some(other) = rest.first() {
                    self.aim(other, Wish::Cells(vec![(self.value)(value)]));
                }
            }
            (Function::MvContains | Function::MvIntersects, true) => {
                self.aim(value, Wish::Cells(other.into_iter().collect()));
                if let Some(other) = rest.first() {
                    self.aim(other, Wish::Cells(vec![(self.value)(value)]));
                }
            }
            (Function::CidrMatch, true) => {
                let blocks = rest
                    .iter()
                    .filter_map(|block| one_text(&(self.value)(block)));
                let cells: Vec<Cell> = blocks.filter_map(|block| of_block(&block)).collect();
                self.aim(value, Wish::Cells(cells));
            }
            _ => {
                for argument in arguments {
                    self.aim(argument, Wish::Any);
                }
            }
        }
    }

    fn compare(&mut self, operator: Operator, left: &Expr, right: &Expr) {
        let (now_left, now_right) = ((self.value)(left), (self.value)(right));
        for (side, operator, other) in [
            (left, operator, &now_right),
            (right, mirrored(operator), &now_left),
        ] {
            let cells = numbers::for_comparison(operator, other);
            let pattern = one_text(other).filter(|_| operator == Operator::Equal);
            match pattern {
                Some(text) => {
                    let exact = text.chars().map(WildcardToken::Char).collect();
                    self.aim(side, Wish::Pattern(WildcardPattern(exact)));
                }
                None if cells.is_empty() => self.aim(side, Wish::Any),
                None => {
                    // What the field usually holds reads better than a text with a letter otherwise.
                    if one_text(other).is_some() {
                        self.aim(side, Wish::Any);
                    }
                    self.aim(side, Wish::Cells(cells));
                }
            }
        }
        if now_left.is_null() && now_right.is_null() && operator == Operator::Equal {
            self.aim(left, Wish::texts(&["sample".to_owned()]));
            self.aim(right, Wish::texts(&["sample".to_owned()]));
        }
    }

    /// Proposals with which an expression has a value.
    pub(super) fn aim(&mut self, expr: &Expr, wish: Wish) {
        if self.depth >= DEPTH {
            return;
        }
        self.depth += 1;
        match &expr.kind {
            ExprKind::Column(column) => self.column(*column, wish),
            ExprKind::Call(function, arguments) => self.call(*function, arguments, wish),
            ExprKind::Binary(operator, left, right) if !operator.is_comparison() => {
                self.arithmetic(*operator, left, right, &wish);
            }
            ExprKind::Negate(inner) => {
                let cells = cells(&wish).iter().filter_map(numbers::negated).collect();
                self.aim(inner, Wish::Cells(cells));
            }
            ExprKind::Constant(_) | ExprKind::Timespan(_) => {}
            _ => {
                let want = match cells(&wish).first() {
                    Some(Cell::One(Value::Bool(false))) => Want::False,
                    _ => Want::True,
                };
                self.test(expr, want);
            }
        }
        self.depth -= 1;
    }

    fn column(&mut self, column: ColumnId, wish: Wish) {
        match self.levels.definition(column) {
            Definition::Computed(expr) => self.aim(expr, wish),
            Definition::Expanded(from) => self.column(from, wish),
            Definition::Dissected(input, pattern, place) => {
                let whole = texts::dissected(pattern, place, &wish, &|key| self.part(column, key));
                self.aim(input, Wish::texts(&whole));
            }
            Definition::Grokked(input, patterns, name) => {
                let whole = texts::grokked(patterns, name, &wish);
                self.aim(input, Wish::texts(&whole));
            }
            Definition::Field
            | Definition::Key(_)
            | Definition::Aggregate(_)
            | Definition::Completed => self.found.push((column, wish)),
        }
    }

    /// What another part of a text that DISSECT cuts is now.
    fn part(&self, column: ColumnId, key: usize) -> Option<String> {
        let Definition::Dissected(_, own, _) = self.levels.definition(column) else {
            return None;
        };
        let other = self.levels.dissected(own, key)?;
        one_text(&(self.value)(&other))
    }

    fn call(&mut self, function: Function, arguments: &[Expr], wish: Wish) {
        use Function as F;
        let Some((value, rest)) = arguments.split_first() else {
            return;
        };
        let text_of = |at: usize| rest.get(at).and_then(|own| one_text(&(self.value)(own)));
        match function {
            F::Concat => self.concat(arguments, &wish),
            F::Length => {
                let lengths = cells(&wish).iter().filter_map(numbers::whole).collect();
                self.aim(value, Wish::Length(lengths, 'x'));
            }
            F::MvCount => {
                for count in cells(&wish).iter().filter_map(numbers::whole) {
                    self.aim(value, Wish::Count(count));
                }
            }
            F::Replace => self.replaced(value, [text_of(0), text_of(1)], &wish),
            F::Split | F::MvConcat => {
                let separator = text_of(0).unwrap_or_default();
                let wish = if function == F::Split {
                    texts::joined(&wish, &separator)
                } else {
                    wish
                };
                self.aim(value, wish);
            }
            F::Locate => {
                let part = text_of(0).unwrap_or_default();
                let at = cells(&wish).iter().filter_map(numbers::whole).collect();
                self.aim(value, Wish::texts(&texts::located(&part, at)));
            }
            F::Substring => self.aim(
                value,
                texts::shifted(&wish, text_of_number(rest, self.value)),
            ),
            F::UrlDecode | F::FromBase64 | F::ToBase64 | F::JsonExtract => {
                let path = text_of(0);
                self.aim(value, texts::encoded(function, &wish, path.as_deref()));
            }
            F::DateTruncate => {
                if let Some(date) = rest.first() {
                    self.aim(date, wish);
                }
            }
            F::DateDifference => self.date_difference(value, rest, &wish),
            F::Case => {
                let mut pairs = arguments.chunks_exact(2);
                let values: Vec<&Expr> = (&mut pairs).filter_map(|pair| pair.get(1)).collect();
                for branch in values.into_iter().chain(pairs.remainder()) {
                    self.aim(branch, wish.clone());
                }
            }
            F::Coalesce | F::Greatest | F::Least | F::MvAppend | F::MvUnion | F::MvIntersection => {
                for argument in arguments {
                    self.aim(argument, wish.clone());
                }
            }
            // What stays as it is, or can be what is asked for already.
            _ => {
                self.aim(value, wish);
                for argument in rest {
                    self.aim(argument, Wish::Any);
                }
            }
        }
    }

    /// `REPLACE` of a value, with the pattern and what is put in, as far as they are constants.
    fn replaced(&mut self, value: &Expr, arguments: [Option<String>; 2], wish: &Wish) {
        let [pattern, by] = arguments;
        let now = one_text(&(self.value)(value)).unwrap_or_default();
        let replace = texts::Replace {
            pattern: pattern.as_deref(),
            by: by.as_deref(),
            now: &now,
        };
        for wish in texts::before_replace(wish, &replace) {
            self.aim(value, wish);
        }
    }

    fn date_difference(&mut self, unit: &Expr, dates: &[Expr], wish: &Wish) {
        let unit = one_text(&(self.value)(unit)).and_then(|unit| DateUnit::named(&unit));
        let ([from, to], Some(unit)) = (dates, unit) else {
            return;
        };
        let date = |cell: Cell| match cell {
            Cell::One(Value::Date(date)) => Some(date),
            _ => None,
        };
        let (start, end) = (date((self.value)(from)), date((self.value)(to)));
        let at = |date: Option<Timestamp>| {
            let date = date.map(|date| Cell::One(Value::Date(date)));
            Wish::Cells(date.into_iter().collect())
        };
        for count in cells(wish).iter().filter_map(numbers::whole) {
            if let Some(start) = start {
                self.aim(to, at(numbers::later(start, count, unit)));
            }
            if let Some(end) = end {
                self.aim(from, at(numbers::later(end, count.saturating_neg(), unit)));
            }
        }
    }

    fn concat(&mut self, arguments: &[Expr], wish: &Wish) {
        let now: Vec<String> = arguments
            .iter()
            .map(|argument| one_text(&(self.value)(argument)).unwrap_or_default())
            .collect();
        for (place, argument) in arguments.iter().enumerate() {
            if argument.is_constant() {
                continue;
            }
            let before: String = now.iter().take(place).map(String::as_str).collect();
            let behind: String = now.iter().skip(place + 1).map(String::as_str).collect();
            let inner = cells(wish).iter().filter_map(one_text).filter_map(|text| {
                let text = text.strip_prefix(&before)?.strip_suffix(&behind)?;
                Some(text.to_owned())
            });
            let inner: Vec<String> = inner.collect();
            match wish {
                Wish::Cells(_) if !inner.is_empty() => self.aim(argument, Wish::texts(&inner)),
                other => self.aim(argument, other.clone()),
            }
        }
        // Where all parts are missing yet none can be found alone.
        for argument in arguments.iter().filter(|own| (self.value)(own).is_null()) {
            self.aim(argument, Wish::Any);
        }
    }

    fn arithmetic(&mut self, operator: Operator, left: &Expr, right: &Expr, wish: &Wish) {
        let (now_left, now_right) = ((self.value)(left), (self.value)(right));
        let (mut lefts, mut rights) = (Vec::new(), Vec::new());
        for wanted in cells(wish) {
            lefts.extend(numbers::left_of(operator, wanted, &now_right));
            rights.extend(numbers::right_of(operator, wanted, &now_left));
        }
        let any = |cells: Vec<Cell>| match cells.as_slice() {
            [] => Wish::Any,
            _ => Wish::Cells(cells),
        };
        self.aim(left, any(lefts));
        self.aim(right, any(rights));
    }
}

fn text_of_number(rest: &[Expr], value: &dyn Fn(&Expr) -> Cell) -> i64 {
    let start = rest.first().map(value);
    start.as_ref().and_then(numbers::whole).unwrap_or(1)
}

/// The text with anything before it and behind it.
fn around(before: bool, text: &str, behind: bool) -> WildcardPattern {
    let many = |is: bool| is.then_some(WildcardToken::Many);
    let inner = text.chars().map(WildcardToken::Char);
    let tokens = many(before).into_iter().chain(inner).chain(many(behind));
    WildcardPattern(tokens.collect())
}

/// An address in the block, the twenty-first after its first where it has so many.
fn of_block(block: &str) -> Option<Cell> {
    let (Value::Ip(first), Value::Ip(last)) = cidr_block(block)? else {
        return None;
    };
    let host = u128::from(first).saturating_add(21).min(u128::from(last));
    Some(Cell::One(Value::Ip(Ipv6Addr::from(host))))
}

fn negated(operator: Operator) -> Operator {
    match operator {
        Operator::Equal => Operator::NotEqual,
        Operator::NotEqual => Operator::Equal,
        Operator::Less => Operator::GreaterOrEqual,
        Operator::LessOrEqual => Operator::Greater,
        Operator::Greater => Operator::LessOrEqual,
        Operator::GreaterOrEqual => Operator::Less,
        other => other,
    }
}

fn mirrored(operator: Operator) -> Operator {
    match operator {
        Operator::Less => Operator::Greater,
        Operator::LessOrEqual => Operator::GreaterOrEqual,
        Operator::Greater => Operator::Less,
        Operator::GreaterOrEqual => Operator::LessOrEqual,
        other => other,
    }
}
