//! Computes expressions on one row.

use std::borrow::Cow;
use std::cell::RefCell;

use super::ForcedOutcome;
use super::functions;
use super::functions::number;
use super::held::Held;
use super::node::{Compare, Node, NodeKind, Search};
use super::row::Row;
use super::warning::{Failure, ReadAs, Warnings};
use crate::evaluate::{FailureKind, QueryFailure};
use crate::event::{Event, Timestamp, Value};
use crate::plan::pipeline::cell::order;
use crate::plan::pipeline::signature::Values;
use crate::plan::pipeline::{Cell, DataType, Function, LocationId, NullReason, Operator};

/// The inputs of expressions besides the row.
pub(super) struct Environment<'a> {
    pub(super) now: Timestamp,
    pub(super) warnings: &'a RefCell<Warnings>,
    /// The documents, for searches.
    pub(super) events: &'a [Event],
    /// An error that fails the whole query.
    pub(super) failure: &'a RefCell<Option<QueryFailure>>,
    /// A clause whose outcome is given.
    pub(super) forced: Option<ForcedOutcome>,
    /// What the steps hold.
    pub(super) held: &'a Held,
}

impl Environment<'_> {
    /// Takes memory for what a step holds; more than there may be fails the query.
    pub(super) fn hold(&self, bytes: usize) {
        if let Err(limit) = self.held.take(bytes) {
            let failure = FailureKind::TooMuchMemory { limit };
            self.failure.borrow_mut().get_or_insert(failure.into());
        }
    }

    /// Whether the query has failed.
    pub(super) fn is_failed(&self) -> bool {
        self.failure.borrow().is_some()
    }

    /// Records a failure.
    pub(super) fn warn(&self, location: LocationId, read_as: ReadAs, failure: &Failure) {
        self.warnings.borrow_mut().add(location, read_as, failure);
    }

    /// The one value of a cell, or why there is none.
    fn one<'c>(&self, cell: &'c Cell, location: LocationId) -> Result<&'c Value, NullReason> {
        match cell {
            Cell::One(value) => Ok(value),
            Cell::Null(reason) => Err(*reason),
            Cell::Many(_) => {
                self.warn(location, ReadAs::Null, &Failure::SEVERAL);
                Err(NullReason::SeveralValues)
            }
        }
    }

    /// Whether the document of a row meets a search condition.
    fn finds(&self, search: &Search, row: &Row) -> bool {
        let event = row.events.document();
        let Some(event) = event.and_then(|event| self.events.get(event.index())) else {
            return false;
        };
        let found = search.patterns.with(&search.plan).selects(event);
        found.unwrap_or_else(|failure| {
            self.failure.borrow_mut().get_or_insert(failure);
            false
        })
    }

    /// A result, or a null and a warning.
    pub(super) fn cell(
        &self,
        result: Result<Option<Value>, Failure>,
        location: LocationId,
    ) -> Cell {
        match result {
            Ok(value) => Cell::from(value),
            Err(failure) => {
                self.warn(location, ReadAs::Null, &failure);
                Cell::Null(NullReason::Failed)
            }
        }
    }
}

/// Whether a cell is the one value true.
pub(super) fn is_true(cell: &Cell) -> bool {
    matches!(cell, Cell::One(Value::Bool(true)))
}

fn bool_cell(value: bool) -> Cell {
    Cell::One(Value::Bool(value))
}

impl Node {
    /// The value on a row.
    pub(super) fn eval<'r>(&'r self, row: &'r Row, env: &Environment<'_>) -> Cow<'r, Cell> {
        if let Some(forced) = &env.forced
            && self.is_forced(forced, row)
        {
            return Cow::Owned(bool_cell(forced.outcome));
        }
        let owned = match &self.kind {
            NodeKind::Constant(cell) => return Cow::Borrowed(cell),
            NodeKind::Column(column) => return Cow::Borrowed(row.get(*column)),
            NodeKind::And(parts) => self.logic(parts, false, row, env),
            NodeKind::Or(parts) => self.logic(parts, true, row, env),
            NodeKind::Not(inner) => match self.truth(&inner.eval(row, env), env) {
                Ok(value) => bool_cell(!value),
                Err(reason) => Cell::Null(reason),
            },
            NodeKind::IsNull(inner) => bool_cell(inner.eval(row, env).is_null()),
            NodeKind::Compare(compare, left, right) => self.pair(left, right, row, env, |a, b| {
                Ok(Some(Value::Bool(compare.holds(a, b))))
            }),
            NodeKind::Arithmetic(operator, left, right) => {
                self.pair(left, right, row, env, |a, b| {
                    number::arithmetic(*operator, self.data_type, a, b).map(Some)
                })
            }
            NodeKind::MoveDate(inner, timespan) => {
                let cell = inner.eval(row, env);
                self.single(&cell, env, |value| {
                    functions::date::moved(value, *timespan).map(Some)
                })
            }
            NodeKind::Negate(inner) => {
                let cell = inner.eval(row, env);
                self.single(&cell, env, |value| {
                    number::negated(self.data_type, value).map(Some)
                })
            }
            NodeKind::In(value, items) => self.membership(value, items, row, env),
            NodeKind::Matches(value, patterns) => {
                let cell = value.eval(row, env);
                self.single(&cell, env, |value| {
                    let Value::Text(text) = value else {
                        return Ok(None);
                    };
                    let is_match = patterns.iter().any(|pattern| pattern.matches(text));
                    Ok(Some(Value::Bool(is_match)))
                })
            }
            NodeKind::Case(arguments) => self.case(arguments, row, env),
            NodeKind::Coalesce(arguments) => {
                let mut result = Cell::NULL;
                for argument in arguments {
                    let cell = argument.eval(row, env);
                    if !cell.is_null() {
                        result = number::widened(cell.into_owned(), self.data_type);
                        break;
                    }
                }
                result
            }
            NodeKind::Call(call) => self.call(call, row, env),
            NodeKind::Search(search) => bool_cell(env.finds(search, row)),
        };
        Cow::Owned(owned)
    }

    /// Whether this is the clause whose outcome is given for the row. `not` stands at the place of
    /// what it negates.
    fn is_forced(&self, forced: &ForcedOutcome, row: &Row) -> bool {
        let is_clause = !matches!(
            self.kind,
            NodeKind::And(_) | NodeKind::Or(_) | NodeKind::Not(_) | NodeKind::Constant(_)
        );
        let is_row = match forced.event {
            Some(event) => row.events.document() == Some(event),
            None => true,
        };
        is_clause
            && self.data_type == DataType::Boolean
            && self.location == forced.location
            && is_row
    }

    fn single(
        &self,
        cell: &Cell,
        env: &Environment<'_>,
        compute: impl FnOnce(&Value) -> Result<Option<Value>, Failure>,
    ) -> Cell {
        match env.one(cell, self.location) {
            Ok(value) => env.cell(compute(value), self.location),
            Err(reason) => Cell::Null(reason),
        }
    }

    fn pair(
        &self,
        left: &Node,
        right: &Node,
        row: &Row,
        env: &Environment<'_>,
        compute: impl FnOnce(&Value, &Value) -> Result<Option<Value>, Failure>,
    ) -> Cell {
        let (left, right) = (left.eval(row, env), right.eval(row, env));
        // A null on one side is a null without a warning, whatever is on the other side.
        if let Some(reason) = null_of(&left).or(null_of(&right)) {
            return Cell::Null(reason);
        }
        let (left, right) = (
            env.one(&left, self.location),
            env.one(&right, self.location),
        );
        match (left, right) {
            (Ok(left), Ok(right)) => env.cell(compute(left, right), self.location),
            (Err(reason), _) | (_, Err(reason)) => Cell::Null(reason),
        }
    }

    /// The truth of a cell, or why it has none.
    fn truth(&self, cell: &Cell, env: &Environment<'_>) -> Result<bool, NullReason> {
        match env.one(cell, self.location)? {
            Value::Bool(value) => Ok(*value),
            _ => Err(NullReason::Failed),
        }
    }

    /// `and` and `or`: one part of the deciding value decides, else a null leaves it open.
    fn logic(&self, parts: &[Node], deciding: bool, row: &Row, env: &Environment<'_>) -> Cell {
        let mut open = None;
        for part in parts {
            match self.truth(&part.eval(row, env), env) {
                Ok(value) if value == deciding => return bool_cell(deciding),
                Ok(_) => {}
                Err(reason) => open = open.or(Some(reason)),
            }
        }
        match open {
            Some(reason) => Cell::Null(reason),
            None => bool_cell(!deciding),
        }
    }

    fn membership(&self, value: &Node, items: &[Node], row: &Row, env: &Environment<'_>) -> Cell {
        let value = value.eval(row, env);
        let value = match env.one(&value, self.location) {
            Ok(value) => value,
            Err(reason) => return Cell::Null(reason),
        };
        let mut open = None;
        for item in items {
            let item = item.eval(row, env);
            match env.one(&item, self.location) {
                Ok(item) if order(value, item).is_eq() => return bool_cell(true),
                Ok(_) => {}
                Err(reason) => open = open.or(Some(reason)),
            }
        }
        match open {
            Some(reason) => Cell::Null(reason),
            None => bool_cell(false),
        }
    }

    /// Only the branch that is taken is computed. A condition of several values is false.
    fn case(&self, arguments: &[Node], row: &Row, env: &Environment<'_>) -> Cell {
        let mut pairs = arguments.chunks_exact(2);
        for pair in &mut pairs {
            let [condition, value] = pair else { continue };
            let condition = condition.eval(row, env);
            if matches!(&*condition, Cell::Many(_)) {
                env.warn(self.location, ReadAs::False, &Failure::SEVERAL);
            } else if is_true(&condition) {
                return number::widened(value.eval(row, env).into_owned(), self.data_type);
            }
        }
        match pairs.remainder() {
            [default] => number::widened(default.eval(row, env).into_owned(), self.data_type),
            _ => Cell::NULL,
        }
    }

    fn call(&self, call: &functions::Call, row: &Row, env: &Environment<'_>) -> Cell {
        match call.values {
            Values::Single => {
                let cells: Vec<Cow<'_, Cell>> = call
                    .arguments
                    .iter()
                    .map(|argument| argument.eval(row, env))
                    .collect();
                if let Some(reason) = cells.iter().find_map(|cell| null_of(cell)) {
                    return Cell::Null(reason);
                }
                let mut values = Vec::with_capacity(cells.len());
                for cell in &cells {
                    match env.one(cell, self.location) {
                        Ok(value) => values.push(value),
                        Err(reason) => return Cell::Null(reason),
                    }
                }
                if call.function == Function::Split {
                    return functions::text::split(&values);
                }
                let result = functions::single(call, &values, env.now);
                env.cell(result, self.location)
            }
            Values::Each => {
                let Some(argument) = call.arguments.first() else {
                    return Cell::NULL;
                };
                let cell = argument.eval(row, env);
                self.each(call.function, &cell, env)
            }
            Values::Cells => {
                let cells: Vec<Cow<'_, Cell>> = call
                    .arguments
                    .iter()
                    .map(|argument| argument.eval(row, env))
                    .collect();
                match functions::cells(call, &cells, self.data_type) {
                    Ok(cell) => cell,
                    Err(failure) => {
                        env.warn(self.location, ReadAs::Null, &failure);
                        Cell::Null(NullReason::Failed)
                    }
                }
            }
        }
    }

    fn each(&self, function: Function, cell: &Cell, env: &Environment<'_>) -> Cell {
        if let Cell::Null(reason) = cell {
            return Cell::Null(*reason);
        }
        let mut values = Vec::with_capacity(cell.values().len());
        for value in cell.values() {
            match functions::convert::each(function, value) {
                Ok(value) => values.push(value),
                Err(failure) => env.warn(self.location, ReadAs::Null, &failure),
            }
        }
        if values.is_empty() {
            return Cell::Null(NullReason::Failed);
        }
        Cell::of(values)
    }
}

fn null_of(cell: &Cell) -> Option<NullReason> {
    match cell {
        Cell::Null(reason) => Some(*reason),
        _ => None,
    }
}

impl Compare {
    /// Whether two values stand in this relation.
    fn holds(self, a: &Value, b: &Value) -> bool {
        let order = order(a, b);
        match self.0 {
            Operator::Equal => order.is_eq(),
            Operator::NotEqual => order.is_ne(),
            Operator::Less => order.is_lt(),
            Operator::LessOrEqual => order.is_le(),
            Operator::Greater => order.is_gt(),
            Operator::GreaterOrEqual => order.is_ge(),
            _ => false,
        }
    }
}
