//! Generated ES|QL pipelines on generated tables against a model: WHERE, EVAL, STATS, INLINE STATS
//! and MV_EXPAND behind one another, with every kind of cell in every place.
//!
//! The model shares nothing with the evaluator: it is the definition of each step, on rows that are
//! lists of values by name. The order of rows and of values within a cell is left out.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use trapline::event::{Timestamp, mapping};
use trapline::search::Indices;

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap()
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Number(i64),
    Word(String),
    Flag(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Word,
    Flag,
}

type Cell = Vec<Value>;
type Row = BTreeMap<String, Cell>;
type Columns = BTreeMap<String, Kind>;

/// A table and what its columns hold.
#[derive(Clone)]
struct Table {
    columns: Columns,
    rows: Vec<Row>,
}

/// Numbers that were drawn, one after the other; zeros at their end.
struct Choices<'c>(std::slice::Iter<'c, u32>);

impl Choices<'_> {
    fn below(&mut self, most: usize) -> usize {
        self.0.next().map_or(0, |next| *next as usize % most)
    }

    fn number(&mut self) -> i64 {
        whole(self.below(6)) - 2
    }

    fn of<'t, T>(&mut self, things: &'t [T]) -> &'t T {
        &things[self.below(things.len())]
    }

    /// The name of a column of this kind, if there is one.
    fn column(&mut self, columns: &Columns, kind: Kind) -> Option<String> {
        let names: Vec<&String> = columns
            .iter()
            .filter(|(_, own)| **own == kind)
            .map(|(name, _)| name)
            .collect();
        (!names.is_empty()).then(|| (*self.of(&names)).clone())
    }

    fn any_column(&mut self, columns: &Columns) -> String {
        let names: Vec<&String> = columns.keys().collect();
        (*self.of(&names)).clone()
    }

    fn word(&mut self) -> String {
        (*self.of(&["x", "y", "z"])).to_owned()
    }
}

/// The only value of a cell.
fn one(cell: &Cell) -> Option<&Value> {
    match cell.as_slice() {
        [one] => Some(one),
        _ => None,
    }
}

fn number(cell: &Cell) -> Option<i64> {
    match one(cell) {
        Some(Value::Number(number)) => Some(*number),
        _ => None,
    }
}

/// An operand of a comparison: a column, a constant or null.
#[derive(Debug, Clone)]
enum Operand {
    Column(String),
    Constant(Value),
    Null,
}

impl Operand {
    fn text(&self) -> String {
        match self {
            Self::Column(name) => name.clone(),
            Self::Constant(Value::Number(number)) => number.to_string(),
            Self::Constant(Value::Word(word)) => format!("\"{word}\""),
            Self::Constant(Value::Flag(flag)) => flag.to_string(),
            Self::Null => "null".to_owned(),
        }
    }

    fn cell(&self, row: &Row) -> Cell {
        match self {
            Self::Column(name) => row[name].clone(),
            Self::Constant(value) => vec![value.clone()],
            Self::Null => Vec::new(),
        }
    }
}

#[derive(Debug, Clone)]
enum Condition {
    Compare(&'static str, Operand, Operand),
    In(Operand, Vec<Operand>),
    Flag(String),
    IsNull(String),
    IsNotNull(String),
    Count(String, i64),
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
}

impl Condition {
    fn draw(choices: &mut Choices<'_>, columns: &Columns, depth: usize) -> Self {
        let kind = *choices.of(&[Kind::Number, Kind::Number, Kind::Word]);
        let operand = |choices: &mut Choices<'_>| match (choices.below(3), kind) {
            (0, _) => choices
                .column(columns, kind)
                .map_or(Operand::Null, Operand::Column),
            (_, Kind::Word) => Operand::Constant(Value::Word(choices.word())),
            _ => Operand::Constant(Value::Number(choices.number())),
        };
        let first = choices.column(columns, kind);
        match (choices.below(if depth == 0 { 6 } else { 10 }), first) {
            (0 | 1, Some(column)) => {
                let operators: &[&'static str] = match kind {
                    Kind::Number => &["==", "!=", "<", "<=", ">", ">="],
                    _ => &["==", "!="],
                };
                let operator = *choices.of(operators);
                Self::Compare(operator, Operand::Column(column), operand(choices))
            }
            (2, Some(column)) => {
                let mut items: Vec<Operand> =
                    (0..=choices.below(3)).map(|_| operand(choices)).collect();
                if choices.below(4) == 0 {
                    items.push(Operand::Null);
                }
                Self::In(Operand::Column(column), items)
            }
            (3, _) => match choices.column(columns, Kind::Flag) {
                Some(flag) => Self::Flag(flag),
                None => Self::IsNull(choices.any_column(columns)),
            },
            (4, _) => Self::Count(choices.any_column(columns), choices.number()),
            (6, _) => Self::Not(Box::new(Self::draw(choices, columns, depth - 1))),
            (7 | 8, _) => Self::And(
                Box::new(Self::draw(choices, columns, depth - 1)),
                Box::new(Self::draw(choices, columns, depth - 1)),
            ),
            (9, _) => Self::Or(
                Box::new(Self::draw(choices, columns, depth - 1)),
                Box::new(Self::draw(choices, columns, depth - 1)),
            ),
            (5, _) => Self::IsNotNull(choices.any_column(columns)),
            _ => Self::IsNull(choices.any_column(columns)),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Compare(operator, a, b) => format!("{} {operator} {}", a.text(), b.text()),
            Self::In(value, items) => {
                let items: Vec<String> = items.iter().map(Operand::text).collect();
                format!("{} IN ({})", value.text(), items.join(", "))
            }
            Self::Flag(column) => column.clone(),
            Self::IsNull(column) => format!("{column} IS NULL"),
            Self::IsNotNull(column) => format!("{column} IS NOT NULL"),
            Self::Count(column, least) => format!("MV_COUNT({column}) >= {least}"),
            Self::Not(inner) => format!("NOT ({})", inner.text()),
            Self::And(a, b) => format!("({}) AND ({})", a.text(), b.text()),
            Self::Or(a, b) => format!("({}) OR ({})", a.text(), b.text()),
        }
    }

    /// True, false or unknown.
    fn judge(&self, row: &Row) -> Option<bool> {
        match self {
            Self::Compare(operator, a, b) => {
                let (a, b) = (a.cell(row), b.cell(row));
                let (a, b) = (one(&a)?, one(&b)?);
                Some(match *operator {
                    "==" => a == b,
                    "!=" => a != b,
                    "<" => a < b,
                    "<=" => a <= b,
                    ">" => a > b,
                    _ => a >= b,
                })
            }
            Self::In(value, items) => {
                let value = value.cell(row);
                let value = one(&value)?;
                let items: Vec<Cell> = items.iter().map(|item| item.cell(row)).collect();
                let equal = items.iter().any(|item| one(item) == Some(value));
                let open = items.iter().any(|item| one(item).is_none());
                if equal {
                    Some(true)
                } else if open {
                    None
                } else {
                    Some(false)
                }
            }
            Self::Flag(column) => match one(&row[column]) {
                Some(Value::Flag(flag)) => Some(*flag),
                _ => None,
            },
            Self::IsNull(column) => Some(row[column].is_empty()),
            Self::IsNotNull(column) => Some(!row[column].is_empty()),
            Self::Count(column, least) => {
                let count = row[column].len();
                (count > 0).then_some(whole(count) >= *least)
            }
            Self::Not(inner) => inner.judge(row).map(|value| !value),
            Self::And(a, b) => match (a.judge(row), b.judge(row)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Or(a, b) => match (a.judge(row), b.judge(row)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
        }
    }
}

#[derive(Debug, Clone)]
enum Expr {
    Arithmetic(char, String, i64),
    Case(Condition, String, Option<String>),
    Coalesce(String, String),
    Multi(&'static str, String),
    Append(String, String),
    Concat(String, String),
    Length(String),
    Condition(Condition),
}

impl Expr {
    fn draw(choices: &mut Choices<'_>, columns: &Columns) -> Option<(Self, Kind)> {
        let kind = *choices.of(&[Kind::Number, Kind::Word]);
        let numbers = choices.column(columns, Kind::Number);
        let words = choices.column(columns, Kind::Word);
        Some(match choices.below(8) {
            0 => (
                Self::Arithmetic(
                    *choices.of(&['+', '-', '*', '/', '%']),
                    numbers?,
                    choices.number(),
                ),
                Kind::Number,
            ),
            1 => {
                let condition = Condition::draw(choices, columns, 1);
                let then = choices.column(columns, kind)?;
                let other = choices
                    .column(columns, kind)
                    .filter(|_| choices.below(2) == 0);
                (Self::Case(condition, then, other), kind)
            }
            2 => (
                Self::Coalesce(
                    choices.column(columns, kind)?,
                    choices.column(columns, kind)?,
                ),
                kind,
            ),
            3 => {
                let name = *choices.of(&["MV_MIN", "MV_MAX", "MV_SUM", "MV_COUNT", "MV_DEDUPE"]);
                (Self::Multi(name, numbers?), Kind::Number)
            }
            4 => (
                Self::Append(
                    choices.column(columns, kind)?,
                    choices.column(columns, kind)?,
                ),
                kind,
            ),
            5 => (Self::Concat(words?, choices.word()), Kind::Word),
            6 => (Self::Length(words?), Kind::Number),
            _ => (
                Self::Condition(Condition::draw(choices, columns, 1)),
                Kind::Flag,
            ),
        })
    }

    fn text(&self) -> String {
        match self {
            Self::Arithmetic(operator, column, number) => format!("{column} {operator} ({number})"),
            Self::Case(condition, then, Some(other)) => {
                format!("CASE({}, {then}, {other})", condition.text())
            }
            Self::Case(condition, then, None) => format!("CASE({}, {then})", condition.text()),
            Self::Coalesce(a, b) => format!("COALESCE({a}, {b})"),
            Self::Multi(name, column) => format!("{name}({column})"),
            Self::Append(a, b) => format!("MV_APPEND({a}, {b})"),
            Self::Concat(column, word) => format!("CONCAT({column}, \"{word}\")"),
            Self::Length(column) => format!("LENGTH({column})"),
            Self::Condition(condition) => condition.text(),
        }
    }

    fn cell(&self, row: &Row) -> Cell {
        let of = |number: Option<i64>| number.map(Value::Number).into_iter().collect();
        match self {
            Self::Arithmetic(operator, column, right) => {
                of(number(&row[column]).and_then(|left| match operator {
                    '+' => left.checked_add(*right),
                    '-' => left.checked_sub(*right),
                    '*' => left.checked_mul(*right),
                    '/' => left.checked_div(*right),
                    _ => left.checked_rem(*right),
                }))
            }
            Self::Case(condition, then, other) => match (condition.judge(row), other) {
                (Some(true), _) => row[then].clone(),
                (_, Some(other)) => row[other].clone(),
                _ => Vec::new(),
            },
            Self::Coalesce(a, b) => {
                let first = &row[a];
                if first.is_empty() {
                    row[b].clone()
                } else {
                    first.clone()
                }
            }
            Self::Multi(name, column) => {
                let cell = &row[column];
                let numbers = || {
                    cell.iter().filter_map(|value| match value {
                        Value::Number(number) => Some(*number),
                        _ => None,
                    })
                };
                if cell.is_empty() {
                    return Vec::new();
                }
                match *name {
                    "MV_MIN" => of(numbers().min()),
                    "MV_MAX" => of(numbers().max()),
                    "MV_SUM" => of(sum(numbers())),
                    "MV_COUNT" => of(Some(whole(cell.len()))),
                    _ => distinct(cell.iter()),
                }
            }
            Self::Append(a, b) => {
                let (a, b) = (&row[a], &row[b]);
                if a.is_empty() || b.is_empty() {
                    return Vec::new();
                }
                a.iter().chain(b).cloned().collect()
            }
            Self::Concat(column, word) => match one(&row[column]) {
                Some(Value::Word(own)) => vec![Value::Word(format!("{own}{word}"))],
                _ => Vec::new(),
            },
            Self::Length(column) => match one(&row[column]) {
                Some(Value::Word(own)) => of(Some(whole(own.chars().count()))),
                _ => Vec::new(),
            },
            // A column by itself is copied, whatever is in it.
            Self::Condition(Condition::Flag(column)) => row[column].clone(),
            Self::Condition(condition) => {
                condition.judge(row).map(Value::Flag).into_iter().collect()
            }
        }
    }
}

/// A sum that is out of range has no value.
fn sum(numbers: impl Iterator<Item = i64>) -> Option<i64> {
    i64::try_from(numbers.map(i128::from).sum::<i128>()).ok()
}

fn distinct<'v>(values: impl Iterator<Item = &'v Value>) -> Cell {
    let set: std::collections::BTreeSet<&Value> = values.collect();
    set.into_iter().cloned().collect()
}

/// An aggregate: its function, its column, and the rows that it takes.
#[derive(Debug, Clone)]
struct Aggregate {
    function: &'static str,
    column: String,
    filter: Option<Condition>,
}

impl Aggregate {
    fn draw(choices: &mut Choices<'_>, columns: &Columns) -> (Self, Kind) {
        let numbers = choices.column(columns, Kind::Number);
        let any = choices.any_column(columns);
        let filter = (choices.below(3) == 0).then(|| Condition::draw(choices, columns, 1));
        let (function, column, kind) = match (choices.below(8), numbers) {
            (0, Some(column)) => ("SUM", column, Kind::Number),
            (1, Some(column)) => ("MIN", column, Kind::Number),
            (2, Some(column)) => ("MAX", column, Kind::Number),
            (3, _) => ("COUNT", "*".to_owned(), Kind::Number),
            (4 | 5, _) => ("COUNT_DISTINCT", any, Kind::Number),
            (6, _) => {
                let kind = columns[&any];
                ("VALUES", any, kind)
            }
            _ => ("COUNT", any, Kind::Number),
        };
        (
            Self {
                function,
                column,
                filter,
            },
            kind,
        )
    }

    fn text(&self) -> String {
        let filter = self.filter.as_ref();
        let filter = filter.map_or_else(String::new, |own| format!(" WHERE {}", own.text()));
        format!("{}({}){filter}", self.function, self.column)
    }

    fn cell(&self, rows: &[&Row]) -> Cell {
        let taken: Vec<&&Row> = rows
            .iter()
            .filter(|row| {
                self.filter
                    .as_ref()
                    .is_none_or(|own| own.judge(row) == Some(true))
            })
            .collect();
        let of = |number: Option<i64>| number.map(Value::Number).into_iter().collect();
        if self.column == "*" {
            return of(Some(whole(taken.len())));
        }
        let values = || taken.iter().flat_map(|row| &row[&self.column]);
        let numbers = || {
            values().filter_map(|value| match value {
                Value::Number(number) => Some(*number),
                _ => None,
            })
        };
        match self.function {
            "SUM" if values().next().is_none() => Vec::new(),
            "SUM" => of(sum(numbers())),
            "MIN" => of(numbers().min()),
            "MAX" => of(numbers().max()),
            "COUNT_DISTINCT" => of(Some(whole(distinct(values()).len()))),
            "VALUES" => distinct(values()),
            _ => of(Some(whole(values().count()))),
        }
    }
}

/// The keys of a row: each distinct value of a cell is one, none is one as well; of several columns
/// every combination.
fn keys(row: &Row, by: &[String]) -> Vec<Vec<Option<Value>>> {
    let mut keys = vec![Vec::new()];
    for column in by {
        let mut values: Vec<Option<Value>> =
            distinct(row[column].iter()).into_iter().map(Some).collect();
        if values.is_empty() {
            values.push(None);
        }
        keys = keys
            .into_iter()
            .flat_map(|key: Vec<Option<Value>>| {
                values.iter().map(move |value| {
                    let mut key = key.clone();
                    key.push(value.clone());
                    key
                })
            })
            .collect();
    }
    keys
}

/// Draws a step, applies it to the table, and gives its text.
fn step(choices: &mut Choices<'_>, table: &mut Table, number: usize) -> Option<String> {
    let columns = table.columns.clone();
    match choices.below(6) {
        0 | 1 => {
            let condition = Condition::draw(choices, &columns, 2);
            table.rows.retain(|row| condition.judge(row) == Some(true));
            Some(format!("WHERE {}", condition.text()))
        }
        2 => {
            let (expr, kind) = Expr::draw(choices, &columns)?;
            let name = format!("e{number}");
            for row in &mut table.rows {
                let cell = expr.cell(row);
                row.insert(name.clone(), cell);
            }
            table.columns.insert(name.clone(), kind);
            Some(format!("EVAL {name} = {}", expr.text()))
        }
        3 => {
            let column = choices.any_column(&columns);
            let rows = std::mem::take(&mut table.rows);
            for row in rows {
                let values = row[&column].clone();
                if values.is_empty() {
                    table.rows.push(row);
                    continue;
                }
                for value in values {
                    let mut one = row.clone();
                    one.insert(column.clone(), vec![value]);
                    table.rows.push(one);
                }
            }
            Some(format!("MV_EXPAND {column}"))
        }
        kind => {
            let mut by: Vec<String> = (0..choices.below(3))
                .map(|_| choices.any_column(&columns))
                .collect();
            by.sort();
            by.dedup();
            let aggregates: Vec<(String, Aggregate, Kind)> = (0..=choices.below(2))
                .map(|place| {
                    let (aggregate, kind) = Aggregate::draw(choices, &columns);
                    (format!("a{number}{place}"), aggregate, kind)
                })
                .collect();
            let is_inline = kind == 5;
            if is_inline {
                inline(table, &aggregates, &by);
            } else {
                stats(table, &aggregates, &by);
            }
            let texts = aggregates
                .iter()
                .map(|(name, own, _)| format!("{name} = {}", own.text()));
            let texts: Vec<String> = texts.collect();
            let by = if by.is_empty() {
                String::new()
            } else {
                format!(" BY {}", by.join(", "))
            };
            let word = if is_inline { "INLINE STATS" } else { "STATS" };
            Some(format!("{word} {}{by}", texts.join(", ")))
        }
    }
}

type Named = (String, Aggregate, Kind);

fn groups<'r>(rows: &'r [Row], by: &[String]) -> BTreeMap<Vec<Option<Value>>, Vec<&'r Row>> {
    let mut groups: BTreeMap<Vec<Option<Value>>, Vec<&Row>> = BTreeMap::new();
    if by.is_empty() {
        groups.insert(Vec::new(), Vec::new());
    }
    for row in rows {
        for key in keys(row, by) {
            groups.entry(key).or_default().push(row);
        }
    }
    groups
}

fn stats(table: &mut Table, aggregates: &[Named], by: &[String]) {
    let rows = std::mem::take(&mut table.rows);
    for (key, rows) in groups(&rows, by) {
        let mut row = Row::new();
        for (name, aggregate, _) in aggregates {
            row.insert(name.clone(), aggregate.cell(&rows));
        }
        for (column, value) in by.iter().zip(key) {
            row.insert(column.clone(), value.into_iter().collect());
        }
        table.rows.push(row);
    }
    let kinds = by
        .iter()
        .map(|column| (column.clone(), table.columns[column]));
    let kinds: Columns = kinds
        .chain(
            aggregates
                .iter()
                .map(|(name, _, kind)| (name.clone(), *kind)),
        )
        .collect();
    table.columns = kinds;
}

fn inline(table: &mut Table, aggregates: &[Named], by: &[String]) {
    let rows = table.rows.clone();
    let groups = groups(&rows, by);
    for row in &mut table.rows {
        // A cell of several values equals no key.
        let key: Option<Vec<Option<Value>>> = by
            .iter()
            .map(|column| match row[column].as_slice() {
                [] => Some(None),
                [one] => Some(Some(one.clone())),
                _ => None,
            })
            .collect();
        let group = key.and_then(|key| groups.get(&key));
        for (name, aggregate, _) in aggregates {
            let cell = group.map_or_else(Vec::new, |rows| aggregate.cell(rows));
            row.insert(name.clone(), cell);
        }
    }
    for (name, _, kind) in aggregates {
        table.columns.insert(name.clone(), *kind);
    }
}

/// A row as text, the values of each cell sorted.
fn line(columns: &Columns, row: &Row) -> String {
    let cells = columns.keys().map(|name| {
        let mut cell = row[name].clone();
        cell.sort();
        let values: Vec<Json> = cell
            .into_iter()
            .map(|value| match value {
                Value::Number(number) => json!(number),
                Value::Word(word) => json!(word),
                Value::Flag(flag) => json!(flag),
            })
            .collect();
        Json::from(values).to_string()
    });
    cells.collect::<Vec<String>>().join(" ")
}

/// The same of a row of an answer.
fn found(row: &Json) -> String {
    let cells = row.as_array().unwrap().iter().map(|cell| {
        let mut values = match cell {
            Json::Null => Vec::new(),
            Json::Array(values) => values.clone(),
            one => vec![one.clone()],
        };
        values.sort_by_key(|value| {
            (
                value.as_i64(),
                value.as_bool(),
                value.as_str().map(str::to_owned),
            )
        });
        Json::from(values).to_string()
    });
    cells.collect::<Vec<String>>().join(" ")
}

fn answer(table: &Table, query: &str) -> Vec<String> {
    let mapping = r#"{"t":{"mappings":{"properties":{"i":{"type":"long"},"n":{"type":"long"},
        "m":{"type":"long"},"w":{"type":"keyword"},"v":{"type":"keyword"},"f":{"type":"boolean"}}}}}"#;
    let mut indices = Indices::mapped(mapping::parse(mapping).unwrap());
    for row in &table.rows {
        let values = |cell: &Cell| -> Vec<Json> {
            cell.iter()
                .map(|value| match value {
                    Value::Number(number) => json!(number),
                    Value::Word(word) => json!(word),
                    Value::Flag(flag) => json!(flag),
                })
                .collect()
        };
        let document: BTreeMap<&String, Vec<Json>> = row
            .iter()
            .map(|(name, cell)| (name, values(cell)))
            .collect();
        indices.add_line(&json!(document).to_string(), "t").unwrap();
    }
    let rows = indices.answer(query, Timestamp::default());
    let rows = rows.unwrap_or_else(|refusal| panic!("{query}: {refusal:?}"));
    rows.body()["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(found)
        .collect()
}

fn table() -> impl Strategy<Value = Table> {
    let numbers = || prop::collection::vec(prop_oneof![8 => -2_i64..4, 1 => Just(i64::MAX)], 0..4);
    let words = || prop::collection::vec(prop::sample::select(&["x", "y", "z"][..]), 0..3);
    let flags = prop::collection::vec(any::<bool>(), 0..3);
    let row = (numbers(), numbers(), words(), words(), flags);
    prop::collection::vec(row, 0..8).prop_map(|rows| {
        let kinds = [
            ("i", Kind::Number),
            ("n", Kind::Number),
            ("m", Kind::Number),
            ("w", Kind::Word),
            ("v", Kind::Word),
            ("f", Kind::Flag),
        ];
        let number = |numbers: Vec<i64>| numbers.into_iter().map(Value::Number).collect::<Cell>();
        // Words come out of storage once each.
        let word = |words: Vec<&str>| {
            let words: Cell = words
                .into_iter()
                .map(|word| Value::Word(word.to_owned()))
                .collect();
            distinct(words.iter())
        };
        let rows = rows
            .into_iter()
            .enumerate()
            .map(|(place, (n, m, w, v, f))| {
                Row::from([
                    ("i".to_owned(), vec![Value::Number(whole(place))]),
                    ("n".to_owned(), number(n)),
                    ("m".to_owned(), number(m)),
                    ("w".to_owned(), word(w)),
                    ("v".to_owned(), word(v)),
                    ("f".to_owned(), f.into_iter().map(Value::Flag).collect()),
                ])
            });
        Table {
            columns: kinds
                .map(|(name, kind)| (name.to_owned(), kind))
                .into_iter()
                .collect(),
            rows: rows.collect(),
        }
    })
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lines = self.rows.iter().map(|row| line(&self.columns, row));
        f.debug_list().entries(lines).finish()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_pipeline_gives_the_rows_of_its_steps(
        given in table(),
        choices in prop::collection::vec(any::<u32>(), 120),
    ) {
        let mut choices = Choices(choices.iter());
        let mut table = given.clone();
        let mut query = "FROM t".to_owned();
        for number in 0..=choices.below(4) {
            if let Some(text) = step(&mut choices, &mut table, number) {
                query = format!("{query} | {text}");
            }
            prop_assume!(table.rows.len() < 2_000);
        }
        let names: Vec<&str> = table.columns.keys().map(String::as_str).collect();
        query = format!("{query} | KEEP {} | LIMIT 10000", names.join(", "));
        let mut expected: Vec<String> = table.rows.iter().map(|row| line(&table.columns, row)).collect();
        let mut found = answer(&given, &query);
        expected.sort();
        found.sort();
        prop_assert_eq!(found, expected, "{}", query);
    }
}
