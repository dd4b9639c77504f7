//! The values that a column of a row may be given, the likeliest first.

use std::rc::Rc;

use super::document::scalar;
use super::formula::{Goal, inlined};
use super::invert::Aim;
use super::levels::Definition;
use super::probe::{RowProbe, State};
use super::texts;
use super::wish::{MAX_VALUES, Wish, text_cell};
use crate::evaluate::Prepared;
use crate::evaluate::pipeline::ProbeRow;
use crate::event::field::Family;
use crate::event::{Scalar, Timestamp, Value};
use crate::plan::Plan;
use crate::plan::pipeline::{Cell, ColumnId, DataType, Expr};
use crate::plan::predicate::WildcardPattern;
use crate::replay::START;
use crate::synthesize::event_builder::EventBuilder;
use crate::synthesize::sample_values::{SampleField, System};
use crate::synthesize::search::{PartialEvent, Search};
use crate::synthesize::wildcards;

/// How many values of a column are tried.
const TRIED: usize = 56;

/// Values for a column with which a test may come out as wanted.
pub(super) fn options(
    search: &RowProbe<'_, '_>,
    state: &State<'_>,
    row: &ProbeRow,
    column: ColumnId,
    broken: &Rc<Goal>,
) -> Vec<Cell> {
    let value = |expr: &Expr| search.cell(expr, row, state);
    let wishes = |settled: &Goal| {
        let mut aim = Aim::new(search.levels, &value);
        aim.test(&settled.expr, settled.want);
        let own = aim.found.into_iter().filter(|(own, _)| *own == column);
        own.map(|(_, wish)| wish).collect::<Vec<Wish>>()
    };
    let look = OfColumn::new(search, state, column);
    let own = wishes(broken);
    let others: Vec<Wish> = state
        .settled
        .iter()
        .filter(|other| !Rc::ptr_eq(other, broken))
        .filter(|other| search.levels.bases(&other.expr).contains(&column))
        .flat_map(|other| wishes(other))
        .collect();
    let mut cells: Vec<Cell> = Vec::new();
    for wish in &own {
        cells.extend(look.cells(wish));
    }
    let now = row.get(column).clone();
    let mut together = Vec::new();
    for first in own.iter().filter_map(pattern) {
        for other in others.iter().filter_map(pattern) {
            if let Some(both) = wildcards::common(&first, &other) {
                together.extend(look.cells(&Wish::Pattern(both)));
            }
        }
    }
    for cell in cells.iter().take(TRIED / 4) {
        together.extend(appended(&now, cell));
    }
    cells.extend(together);
    for wish in &others {
        cells.extend(look.cells(wish).into_iter().take(4));
    }
    cells.extend(look.samples());
    cells.push(Cell::NULL);
    let mut seen: Vec<Cell> = vec![now];
    cells.retain(|cell| {
        let is_new = !seen.contains(cell);
        if is_new {
            seen.push(cell.clone());
        }
        is_new
    });
    if cells.len() > TRIED {
        cells.truncate(TRIED - 1);
        cells.push(Cell::NULL);
    }
    cells
}

fn pattern(wish: &Wish) -> Option<WildcardPattern> {
    match wish {
        Wish::Pattern(pattern) => Some(pattern.clone()),
        _ => None,
    }
}

/// A value beside the ones that are there, and a text within the text that is there.
fn appended(now: &Cell, cell: &Cell) -> Vec<Cell> {
    let Cell::One(value) = cell else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if let (Cell::One(Value::Text(old)), Value::Text(new)) = (now, value) {
        found.push(text_cell(&format!("{old} {new}")));
        found.push(text_cell(&format!("{new} {old}")));
        found.push(text_cell(&format!("{old}{new}")));
    }
    if !now.is_null() {
        let mut values = now.values().to_vec();
        values.push(value.clone());
        found.push(Cell::of(values));
    }
    found
}

/// What a column usually holds.
struct OfColumn {
    path: String,
    system: System,
    data_type: DataType,
    is_answer: bool,
    is_port: bool,
}

impl OfColumn {
    fn new(search: &RowProbe<'_, '_>, state: &State<'_>, column: ColumnId) -> Self {
        let own = search.levels.pipeline.column(column);
        let path = search.path(column).unwrap_or_default();
        Self {
            is_port: path.strip_suffix(".port").is_some(),
            path,
            system: state
                .draft
                .as_ref()
                .map_or(System::Linux, EventBuilder::system),
            data_type: own.map_or(DataType::Keyword, |own| own.data_type),
            is_answer: matches!(search.levels.definition(column), Definition::Completed),
        }
    }

    fn samples(&self) -> Vec<Cell> {
        if self.is_answer {
            return Vec::new();
        }
        let sample = SampleField::new(&self.path, self.system);
        let family = family(self.data_type);
        let samples = sample.values(family);
        let samples = samples.iter().filter_map(|own| typed(own, self.data_type));
        samples.map(Cell::One).collect()
    }

    fn cells(&self, wish: &Wish) -> Vec<Cell> {
        match wish {
            Wish::Any => self.samples().into_iter().take(6).collect(),
            Wish::Null => vec![Cell::NULL],
            Wish::Cells(cells) => cells.iter().filter_map(|cell| self.fitting(cell)).collect(),
            Wish::Pattern(pattern) => {
                let sample = SampleField::new(&self.path, self.system);
                let found = wildcards::texts(pattern, &sample);
                let cells = found.iter().map(|text| text_cell(text));
                cells.filter_map(|cell| self.fitting(&cell)).collect()
            }
            Wish::Length(lengths, character) => {
                let texts = lengths
                    .iter()
                    .filter_map(|length| texts::repeated(*character, *length));
                texts.map(|text| text_cell(&text)).collect()
            }
            Wish::Count(count) => {
                let values = (1..=*count).take(MAX_VALUES).filter_map(|number| {
                    let text = match self.data_type {
                        DataType::Ip => format!("198.51.100.{}", number % 250),
                        _ if self.data_type.is_number() => number.to_string(),
                        _ => format!("sample-{number}"),
                    };
                    typed(&Scalar::text(text), self.data_type)
                });
                vec![Cell::of(values.collect())]
            }
        }
    }

    /// The cell in the column's type.
    fn fitting(&self, cell: &Cell) -> Option<Cell> {
        if self.is_port && !cell.values().iter().all(is_port) {
            return None;
        }
        let values = cell.values().iter();
        let typed: Option<Vec<Value>> = values
            .map(|value| match value {
                Value::Text(_) if self.data_type.is_text() => Some(value.clone()),
                other => typed(&scalar(other), self.data_type),
            })
            .collect();
        typed.map(Cell::of)
    }
}

/// Whether it is the number of a port, or no number.
fn is_port(value: &Value) -> bool {
    match value {
        Value::Integer(number) => u16::try_from(*number).is_ok(),
        _ => true,
    }
}

fn family(data_type: DataType) -> Option<Family> {
    Some(match data_type {
        DataType::Boolean => Family::Boolean,
        DataType::Ip => Family::Ip,
        DataType::Version => Family::Version,
        DataType::Date | DataType::DateNanos => Family::Date,
        other if other.is_number() => Family::Number,
        _ => Family::Text,
    })
}

/// A value of a type, of what a document would hold.
pub(super) fn typed(scalar: &Scalar, data_type: DataType) -> Option<Value> {
    let text = scalar.to_string();
    Some(match data_type {
        DataType::Boolean => Value::Bool(text.parse().ok()?),
        DataType::Ip => Value::ip(text.parse().ok()?),
        DataType::Double => Value::Double(text.parse().ok()?),
        DataType::Integer | DataType::Long => Value::Integer(text.parse().ok()?),
        DataType::UnsignedLong => Value::Unsigned(text.parse().ok()?),
        DataType::Date | DataType::DateNanos => Value::Date(date(&text)),
        DataType::Version => Value::Version(crate::event::value::Version::new(&text)),
        _ => Value::text(&text),
    })
}

fn date(text: &str) -> Timestamp {
    let format = crate::event::time::DateFormat::usual();
    format.parse(text).unwrap_or(START)
}

/// The event, changed so that a search condition comes out so.
pub(super) fn searched<'s>(state: &State<'s>, plan: &Plan, want: bool) -> Option<State<'s>> {
    let builder = state.draft.as_ref()?;
    let prepared = Prepared::new(plan).ok()?;
    let (_, stage) = plan.positive().next()?;
    let mut search = Search::new(&prepared);
    let found = search.meet(
        PartialEvent::new(builder.clone()),
        vec![(&stage.condition, want)],
    )?;
    let mut changed = state.clone();
    changed.draft = Some(found.builder().clone());
    Some(changed)
}

/// Values that the conditions of a document, and those within an expression, ask of a field.
pub(super) fn asked(
    search: &RowProbe<'_, '_>,
    state: &State<'_>,
    goals: &[Goal],
    expr: Option<&Expr>,
    field: &str,
) -> Vec<Scalar> {
    let row = search.row(state);
    let value = |expr: &Expr| search.cell(expr, &row, state);
    let mut aim = Aim::new(search.levels, &value);
    for goal in goals {
        aim.test(&inlined(search.levels, &goal.expr), goal.want);
    }
    if let Some(expr) = expr {
        aim.conditions(&inlined(search.levels, expr));
    }
    let mut found = Vec::new();
    for (column, wish) in std::mem::take(&mut aim.found) {
        if search.path(column).as_deref() == Some(field) {
            let look = OfColumn::new(search, state, column);
            let cells = look.cells(&wish);
            let values = cells.iter().filter_map(|cell| cell.values().first());
            found.extend(values.map(scalar));
        }
    }
    found
}
