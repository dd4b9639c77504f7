//! Makes many events of one: as often as a group needs rows, with as many different values.

use super::class::{Class, Missing, Template};
use super::formula::Goal;
use super::levels::Levels;
use super::options;
use super::probe::{RowProbe, State};
use crate::data_source::IndexPatterns;
use crate::evaluate::pipeline::ProbeExpr;
use crate::event::Scalar;
use crate::plan::pipeline::{Cell, ColumnId, Expr};
use crate::synthesize::rule_type::numbered;
use crate::synthesize::sample_values::SampleField;

/// More events than these are not made of one row.
const MOST: usize = 1_500;

/// Varies documents.
pub(super) struct Spreader<'a, 'p> {
    pub(super) levels: &'a Levels<'p>,
    pub(super) patterns: &'a IndexPatterns,
    /// The rows of documents.
    pub(super) rows: RowProbe<'a, 'p>,
}

impl<'a> Spreader<'a, '_> {
    /// Gives the rows of several classes different values where that is asked of them together, and
    /// where groups would else be one.
    pub(super) fn spread(&self, level: usize, classes: &mut [Class<'a>]) {
        let count = classes.len();
        if count < 2 {
            return;
        }
        let kept = self.levels.fields(&self.keys(level));
        let mut varied: Vec<String> = Vec::new();
        for place in 0..count {
            let own = classes.get(place).map(|class| class.distinct.clone());
            for (expr, wanted, _) in own.unwrap_or_default() {
                let mut fields = self.levels.fields(&self.levels.bases(&expr));
                fields.retain(|field| !kept.contains(field));
                let is_spread = fields.iter().any(|field| varied.contains(field));
                if wanted < 2 || wanted > count {
                    continue;
                }
                let done = fields
                    .iter()
                    .find(|field| is_spread || self.assign(classes, field, wanted));
                if let (Some(field), Some(class)) = (done, classes.get_mut(place)) {
                    class.distinct.retain(|(own, _, _)| *own != expr);
                    varied.push(field.clone());
                }
            }
        }
        let mut inner = self.levels.fields(&self.keys(level - 1));
        inner.retain(|field| !kept.contains(field));
        let differ = |field: &String| {
            let values = classes.iter().map(|class| class.values(field));
            let values: Vec<Vec<Scalar>> = values.collect();
            values.windows(2).all(|pair| pair.first() != pair.last())
        };
        if level > 1 && !inner.iter().any(differ) {
            inner.iter().any(|field| self.assign(classes, field, count));
        }
    }

    /// The columns by which the rows of a level were grouped.
    fn keys(&self, level: usize) -> Vec<ColumnId> {
        let group = self.levels.all.get(level).and_then(|own| own.group);
        let keys = group.iter().flat_map(|own| &own.keys);
        keys.map(|key| key.from).collect()
    }

    /// Gives the documents of each class another value of a field, of so many in turn.
    fn assign(&self, classes: &mut [Class<'a>], field: &str, count: usize) -> bool {
        let Some(first) = classes.first() else {
            return false;
        };
        let values = self.different(&first.rows, field, None, count);
        if values.len() < count {
            return false;
        }
        let mut changed = Vec::new();
        for (class, value) in classes.iter().zip(values.iter().cycle()) {
            let mut rows = class.rows.clone();
            for row in &mut rows {
                if Tests::new(&self.rows, row, None)
                    .with(field, value)
                    .is_none()
                {
                    return false;
                }
                if let Some(builder) = &mut row.state.draft {
                    builder.fields.insert(field.to_owned(), vec![value.clone()]);
                }
            }
            changed.push(rows);
        }
        for (class, rows) in classes.iter_mut().zip(changed) {
            class.rows = rows;
        }
        true
    }

    /// The rows of a class as often as they are needed, with the different values.
    pub(super) fn repeated(
        &self,
        level: usize,
        class: &Class<'a>,
    ) -> Result<Vec<Template<'a>>, Missing> {
        let distinct = class.distinct.iter().map(|(_, count, _)| *count);
        let times = distinct.chain([class.times]).max().unwrap_or(1);
        if times <= 1 {
            return Ok(class.rows.clone());
        }
        if times > MOST {
            return Err(Missing::TooManyEvents(times));
        }
        let kept = self.levels.fields(&self.keys(level));
        let mut exprs: Vec<(Vec<String>, Option<&Expr>, usize)> = Vec::new();
        for (expr, count, _) in class.distinct.iter().filter(|(_, count, _)| *count > 1) {
            let of_document = Some(expr).filter(|_| level == 1);
            exprs.push((
                self.levels.fields(&self.levels.bases(expr)),
                of_document,
                *count,
            ));
        }
        if level > 1 && exprs.is_empty() {
            exprs.push((self.levels.fields(&self.keys(level - 1)), None, times));
        }
        let mut rows = class.rows.clone();
        for (fields, expr, count) in exprs {
            let fields: Vec<&String> = fields.iter().filter(|own| !kept.contains(own)).collect();
            let found = fields.iter().find_map(|field| {
                let values = self.different(&rows, field, expr, count);
                (values.len() >= count).then_some((*field, values))
            });
            let Some((field, values)) = found else {
                let name = fields
                    .first()
                    .map_or_else(String::new, |own| (*own).clone());
                return Err(Missing::Values(name));
            };
            rows = vary(&rows, field, &values);
        }
        if level == 1 {
            for template in &mut rows {
                template.times = template.times.max(times);
            }
        }
        let events: usize = rows.iter().map(|row| row.times).sum();
        if events > MOST {
            return Err(Missing::TooManyEvents(events));
        }
        Ok(rows)
    }

    /// Values of a field with which every document still meets its conditions.
    fn different(
        &self,
        rows: &[Template<'a>],
        field: &str,
        expr: Option<&Expr>,
        count: usize,
    ) -> Vec<Scalar> {
        let Some((first, builder)) = rows
            .first()
            .and_then(|row| Some((row, row.state.draft.as_ref()?)))
        else {
            return Vec::new();
        };
        if !builder.can_set(field) {
            return Vec::new();
        }
        let mapped = self.rows.source.field(self.patterns, field);
        let family = mapped.and_then(|own| own.field_type.family());
        let own = builder.event().values(field).first().cloned();
        let sample = SampleField::new(field, builder.system());
        let mut pool: Vec<Scalar> = own.into_iter().collect();
        pool.extend(options::asked(
            &self.rows,
            &first.state,
            &first.goals,
            expr,
            field,
        ));
        let base: Vec<Scalar> = pool
            .iter()
            .chain(&sample.values(family))
            .take(4)
            .cloned()
            .collect();
        for number in 1..=count + 8 {
            pool.extend(numbered(number, family, &base));
        }
        pool.extend(sample.values(family));
        let tests: Vec<Tests<'_>> = rows
            .iter()
            .map(|row| Tests::new(&self.rows, row, expr))
            .collect();
        let mut found: Vec<Scalar> = Vec::new();
        let mut seen: Vec<Cell> = Vec::new();
        for value in pool {
            if found.len() >= count {
                break;
            }
            if found.contains(&value) {
                continue;
            }
            let outcomes: Option<Vec<Cell>> = tests
                .iter()
                .map(|tests| tests.with(field, &value))
                .collect();
            let Some(outcome) = outcomes.and_then(|own| own.into_iter().next()) else {
                continue;
            };
            if expr.is_none() || !seen.contains(&outcome) {
                seen.push(outcome);
                found.push(value);
            }
        }
        found
    }
}

/// What must still hold of a document when a field of it varies.
struct Tests<'t> {
    search: &'t RowProbe<'t, 't>,
    state: &'t State<'t>,
    goals: &'t [Goal],
    expr: Option<ProbeExpr>,
}

impl<'t> Tests<'t> {
    fn new(search: &'t RowProbe<'t, 't>, row: &'t Template<'t>, expr: Option<&Expr>) -> Self {
        Self {
            search,
            state: &row.state,
            goals: &row.goals,
            expr: expr.and_then(|expr| ProbeExpr::new(expr).ok()),
        }
    }

    /// What the expression is with this value; `None` where the document does not meet its goals.
    fn with(&self, field: &str, value: &Scalar) -> Option<Cell> {
        let mut state = self.state.clone();
        let builder = state.draft.as_mut()?;
        builder.fields.insert(field.to_owned(), vec![value.clone()]);
        let row = self.search.row(&state);
        let mut goals = self.goals.iter();
        if !goals.all(|goal| self.search.meets(goal, &row, &state)) {
            return None;
        }
        let Some(expr) = &self.expr else {
            return Some(Cell::NULL);
        };
        let cell = self.search.tested(expr, &row, &state);
        (!cell.is_null()).then_some(cell)
    }
}
/// One event that happens often takes the values in turn; of several each is there with every value.
fn vary<'s>(rows: &[Template<'s>], field: &str, values: &[Scalar]) -> Vec<Template<'s>> {
    if let [one] = rows {
        let mut one = one.clone();
        one.times = one.times.max(values.len());
        one.varied.push((field.to_owned(), values.to_vec()));
        return vec![one];
    }
    let with = |value: &Scalar, row: &Template<'s>| {
        let mut copy = row.clone();
        if let Some(builder) = &mut copy.state.draft {
            builder.fields.insert(field.to_owned(), vec![value.clone()]);
        }
        copy
    };
    let rows = values
        .iter()
        .flat_map(|value| rows.iter().map(move |row| with(value, row)));
    rows.collect()
}
