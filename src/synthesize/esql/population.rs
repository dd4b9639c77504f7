//! Finds the events of a row of groups: what the row's aggregates must be says what events it needs
//! and how many of them.

use super::class::{Class, Missing, Template};
use super::demand::{self, Demand, Need};
use super::formula::{self, Goal, Want};
use super::levels::{Definition, Levels};
use super::probe::{RowProbe, State};
use super::row::RowSearch;
use super::spread::Spreader;
use crate::data_source::{DataSource, EventKind, IndexPatterns};
use crate::evaluate::pipeline::{Probe, Program};
use crate::plan::pipeline::{Cell, ColumnId, Expr, ExprKind};
use crate::synthesize::event_builder::EventBuilder;

/// How many kinds of event are tried for one row.
const KINDS: usize = 12;
/// Builds events from the end of a pipeline to its documents.
pub(super) struct Builder<'a, 'p> {
    pub(super) levels: &'a Levels<'p>,
    pub(super) program: &'a Program<'p>,
    pub(super) source: &'a DataSource,
    pub(super) patterns: &'a IndexPatterns,
    pub(super) attempt: usize,
}

impl<'a, 'p> Builder<'a, 'p> {
    pub(super) fn search(&self, level: usize) -> RowSearch<'a, 'p> {
        RowSearch {
            rows: self.rows(level),
            attempt: self.attempt,
        }
    }

    pub(super) fn rows(&self, level: usize) -> RowProbe<'a, 'p> {
        let steps = self.levels.all.get(level).map(|own| own.steps.clone());
        RowProbe {
            levels: self.levels,
            level,
            source: self.source,
            probe: Probe::new(self.program, steps.unwrap_or_default()),
            work: std::cell::Cell::new(0),
        }
    }

    fn spreader(&self) -> Spreader<'a, 'p> {
        Spreader {
            levels: self.levels,
            patterns: self.patterns,
            rows: self.rows(0),
        }
    }

    /// The events of a row of a level that meets its filters and these goals.
    pub(super) fn build(
        &self,
        level: usize,
        goals: &[Goal],
        seed: Option<&Template<'a>>,
    ) -> Result<Vec<Template<'a>>, Missing> {
        let filters = self.levels.filters(level).into_iter();
        let own = filters.map(|filter| Goal::new(filter.clone(), Want::True));
        // A question that is null is not answered.
        let prompts = self.levels.prompts(level).into_iter();
        let asked = prompts.map(|prompt| Goal::new(demand::is_null(prompt), Want::False));
        let goals: Vec<Goal> = own.chain(asked).chain(goals.iter().cloned()).collect();
        let search = self.search(level);
        if level == 0 {
            return self.document(&search, &goals, seed).map(|one| vec![one]);
        }
        let state = State {
            draft: None,
            at: 0,
            cells: self.usual_cells(level),
            answer: seed.and_then(|seed| seed.state.answer.clone()),
            below: Vec::new(),
            settled: Vec::new(),
        };
        let row = search
            .meet(state, goals.clone())
            .ok_or_else(|| Missing::Row(self.words(&goals)))?;
        self.group(level, &row, seed)
    }

    fn words(&self, goals: &[Goal]) -> Vec<String> {
        let text = |goal: &Goal| {
            let location = self.levels.pipeline.location(goal.expr.location)?;
            Some(
                location
                    .text()
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" "),
            )
        };
        goals.iter().filter_map(text).collect()
    }

    /// What the columns of a row of groups hold as long as nothing is asked of them.
    fn usual_cells(&self, level: usize) -> Vec<(ColumnId, Cell)> {
        let columns = self.levels.pipeline.columns.iter().zip(0..);
        let cell = |(column, id): (&crate::plan::pipeline::Column, u32)| {
            let id = ColumnId(id);
            let is_own = self.levels.is_free(level, id);
            match self.levels.definition(id) {
                Definition::Aggregate(aggregate) if is_own => {
                    Some((id, demand::usual(aggregate, column.data_type)))
                }
                Definition::Key(_) | Definition::Field | Definition::Aggregate(_) => {
                    Some((id, demand::sample(column.data_type)))
                }
                _ => None,
            }
        };
        columns.filter_map(cell).collect()
    }

    /// A document that meets the goals, changed from the seed where there is one.
    fn document(
        &self,
        search: &RowSearch<'a, 'p>,
        goals: &[Goal],
        seed: Option<&Template<'a>>,
    ) -> Result<Template<'a>, Missing> {
        let start = |builder: EventBuilder<'a>, at: i64, answer: Option<String>| State {
            draft: Some(builder),
            at,
            cells: Vec::new(),
            answer,
            below: Vec::new(),
            settled: Vec::new(),
        };
        let of = |state: State<'a>| Template {
            state,
            goals: goals.to_vec(),
            times: 1,
            varied: Vec::new(),
        };
        let answer = seed.and_then(|seed| seed.state.answer.clone());
        let at = seed.map_or(0, |seed| seed.state.at);
        let found = |builder: EventBuilder<'a>| {
            let state = start(builder, at, answer.clone());
            search.meet(state, goals.to_vec()).map(of)
        };
        let seed = seed.and_then(|seed| seed.state.draft.as_ref());
        if let Some(found) = seed.and_then(|seed| found(seed.clone())) {
            return Ok(found);
        }
        for kind in self.kinds(search, goals) {
            let seeded = seed.filter(|seed| !std::ptr::eq(seed.kind, kind));
            let seeded = seeded.and_then(|seed| {
                found(EventBuilder {
                    kind,
                    ..seed.clone()
                })
            });
            let fresh = || found(EventBuilder::new(self.source, kind));
            if let Some(found) = seeded.or_else(fresh) {
                return Ok(found);
            }
        }
        Err(Missing::Document(self.words(goals)))
    }

    /// The kinds of event that the rule searches, those of which most goals hold already first.
    fn kinds(&self, search: &RowSearch<'a, 'p>, goals: &[Goal]) -> Vec<&'a EventKind> {
        let routed = |kind: &&EventKind| {
            let index = self.source.indices.get(kind.index);
            index.is_some_and(|index| self.patterns.selects(&index.name))
        };
        let kinds = self.source.kinds.iter().filter(routed);
        let mut ranked: Vec<(usize, &EventKind)> = kinds
            .map(|kind| {
                let state = State {
                    draft: Some(EventBuilder::new(self.source, kind)),
                    at: 0,
                    cells: Vec::new(),
                    answer: None,
                    below: Vec::new(),
                    settled: Vec::new(),
                };
                let row = search.rows.row(&state);
                let mut open = Vec::new();
                for goal in goals {
                    demand::conjuncts(self.levels, goal, &mut open);
                }
                let unmet = open
                    .iter()
                    .filter(|goal| !search.rows.meets(goal, &row, &state));
                (unmet.count(), kind)
            })
            .collect();
        ranked.sort_by_key(|(unmet, _)| *unmet);
        let count = ranked.len().clamp(1, KINDS);
        ranked.truncate(count);
        ranked.rotate_left(if self.attempt < 2 {
            0
        } else {
            self.attempt % count
        });
        ranked.into_iter().map(|(_, kind)| kind).collect()
    }

    /// The rows that a row of groups needs below it.
    fn group(
        &self,
        level: usize,
        row: &State<'a>,
        seed: Option<&Template<'a>>,
    ) -> Result<Vec<Template<'a>>, Missing> {
        let demands = demand::demands(self.levels, level, row);
        let mut classes: Vec<Class<'a>> = Vec::new();
        for demand in demands.iter().filter(|own| own.need != Need::Never) {
            self.place(level, row, demand, &demands, &mut classes, seed)?;
        }
        if classes.is_empty() {
            let rows = self.build(level - 1, &all(row, &demands, &[]), seed)?;
            classes.push(Class {
                goals: Vec::new(),
                rows,
                times: 1,
                distinct: Vec::new(),
            });
        }
        let spreader = self.spreader();
        spreader.spread(level, &mut classes);
        let mut events = Vec::new();
        for class in classes {
            match spreader.repeated(level, &class) {
                Ok(rows) => events.extend(rows),
                // What else the rows meet may leave too few values.
                Err(Missing::Values(field)) if !class.distinct.is_empty() => {
                    let single = class.rows.first().cloned();
                    for (expr, count, goals) in &class.distinct {
                        if *goals == class.goals.len() && class.times <= 1 {
                            return Err(Missing::Values(field));
                        }
                        let own = vec![Goal::new(demand::is_null(expr), Want::False)];
                        let whole = all(row, &demands, &own);
                        let rows = self.build(level - 1, &whole, single.as_ref())?;
                        let alone = Class {
                            goals: own,
                            rows,
                            times: 1,
                            distinct: vec![(expr.clone(), *count, 1)],
                        };
                        events.extend(spreader.repeated(level, &alone)?);
                    }
                    let rest = Class {
                        distinct: Vec::new(),
                        ..class
                    };
                    events.extend(spreader.repeated(level, &rest)?);
                }
                Err(other) => return Err(other),
            }
        }
        if let Some(answer) = &row.answer {
            for template in &mut events {
                template.state.answer = Some(answer.clone());
            }
        }
        Ok(events)
    }

    /// Puts a demand on the first class of rows that can meet it, or on a new one.
    fn place(
        &self,
        level: usize,
        row: &State<'a>,
        demand: &Demand,
        all_demands: &[Demand],
        classes: &mut Vec<Class<'a>>,
        seed: Option<&Template<'a>>,
    ) -> Result<(), Missing> {
        let mut missing = None;
        let first = classes
            .first()
            .and_then(|class| class.rows.first())
            .cloned();
        let keys = first.as_ref().map(|first| self.same_keys(level, first));
        let keys = keys.unwrap_or_default();
        let is_only = classes.len() == 1;
        for goals in &demand.ways {
            for class in classes.iter_mut() {
                let mut own = class.goals.clone();
                own.extend(goals.iter().cloned());
                let seed = class.rows.first().cloned();
                let mut whole = all(row, all_demands, &own);
                if !is_only {
                    whole.extend(keys.iter().cloned());
                }
                if let Ok(rows) = self.build(level - 1, &whole, seed.as_ref()) {
                    class.goals = own;
                    class.rows = rows;
                    class.take(&demand.need, goals.len());
                    return Ok(());
                }
            }
            let mut whole = all(row, all_demands, goals);
            whole.extend(keys.iter().cloned());
            match self.build(level - 1, &whole, first.as_ref().or(seed)) {
                Ok(rows) => {
                    let mut class = Class {
                        goals: goals.clone(),
                        rows,
                        times: 1,
                        distinct: Vec::new(),
                    };
                    class.take(&demand.need, goals.len());
                    classes.push(class);
                    return Ok(());
                }
                Err(why) => missing = Some(why),
            }
        }
        Err(missing.unwrap_or_else(|| Missing::Row(Vec::new())))
    }
}

impl<'a> Builder<'a, '_> {
    /// What the keys of a level's groups must be for a row to be in the group of this document.
    fn same_keys(&self, level: usize, document: &Template<'a>) -> Vec<Goal> {
        let group = self.levels.all.get(level).and_then(|own| own.group);
        let rows = self.rows(0);
        let row = rows.row(&document.state);
        let goal = |from: ColumnId| {
            let column = self.levels.pipeline.column(from)?;
            let key = Expr {
                kind: ExprKind::Column(from),
                data_type: column.data_type,
                location: self.levels.all.get(level)?.location,
            };
            let of_document = formula::on_documents(self.levels, &key)?;
            match rows.cell(&of_document, &row, &document.state) {
                Cell::One(value) => Some(demand::equals(&key, value)),
                Cell::Null(_) => Some(Goal::new(demand::is_null(&key), Want::True)),
                Cell::Many(_) => None,
            }
        };
        let keys = group.iter().flat_map(|own| &own.keys);
        keys.filter_map(|key| goal(key.from)).collect()
    }
}

/// The goals of the rows below: those of all, those that no row may meet, and their own.
fn all(row: &State<'_>, demands: &[Demand], own: &[Goal]) -> Vec<Goal> {
    let never = demands.iter().filter(|demand| demand.need == Need::Never);
    let never = never.flat_map(|demand| demand.ways.iter().flatten());
    let goals = row.below.iter().chain(never).chain(own);
    goals.cloned().collect()
}
