//! Searches one row that meets conditions: a document by the fields of its event, a row of groups
//! by the values of its aggregates. Every value is verified by running the steps on the row.

use std::rc::Rc;

use super::formula::{Goal, Parts, Want, below, parts};
use super::options;
use super::probe::{RowProbe, State};
use crate::plan::pipeline::{ColumnId, ExprKind};

/// How often the rows of one search are computed at most.
const WORK: usize = 12_000;
/// How many changes one broken test may take.
const DEPTH: usize = 3;
/// How many changes that break another test are followed.
const FOLLOWED: usize = 6;
/// How many options of two columns are tried together.
const PAIRED: usize = 8;
/// Searches the rows of one level.
pub(super) struct RowSearch<'a, 'p> {
    pub(super) rows: RowProbe<'a, 'p>,
    /// Which of several ways is tried first.
    pub(super) attempt: usize,
}

type Choice = Vec<Vec<Goal>>;

impl<'a> RowSearch<'a, '_> {
    /// The row, changed so that it meets the goals.
    pub(super) fn meet<'s>(&self, state: State<'s>, goals: Vec<Goal>) -> Option<State<'s>>
    where
        'a: 's,
    {
        self.rows.work.set(0);
        self.go(state, goals, Vec::new())
    }

    fn go<'s>(
        &self,
        mut state: State<'s>,
        mut open: Vec<Goal>,
        mut choices: Vec<Choice>,
    ) -> Option<State<'s>>
    where
        'a: 's,
    {
        open.reverse();
        while let Some(goal) = open.pop() {
            if self.rows.work.get() > WORK {
                return None;
            }
            match parts(self.rows.levels, &goal) {
                Parts::Known(true) => {}
                Parts::Known(false) => return None,
                Parts::All(goals) => open.extend(goals.into_iter().rev()),
                Parts::Any(ways) => choices.push(ways),
                Parts::Literal(goal) => state = self.literal(state, goal)?,
            }
        }
        if choices.is_empty() {
            return Some(state);
        }
        let row = self.rows.row(&state);
        let met = |ways: &Choice| {
            let mut ways = ways.iter();
            ways.position(|way| way.iter().all(|goal| self.rows.meets(goal, &row, &state)))
        };
        let unmet = choices.iter().position(|ways| met(ways).is_none());
        let choice = choices.remove(unmet.unwrap_or(0));
        let first = met(&choice).unwrap_or(self.attempt % choice.len().max(1));
        for place in 0..choice.len() {
            let way = choice.get((first + place) % choice.len())?;
            let found = self.go(state.clone(), way.clone(), choices.clone());
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Settles a test: on this row, on the rows below, or, of constants, not at all.
    fn literal<'s>(&self, mut state: State<'s>, goal: Goal) -> Option<State<'s>>
    where
        'a: 's,
    {
        let bases = self.rows.levels.bases(&goal.expr);
        let searches = matches!(goal.expr.kind, ExprKind::Search(_));
        if bases.is_empty() && !searches {
            let row = self.rows.row(&state);
            return self.rows.meets(&goal, &row, &state).then_some(state);
        }
        let is_free = |column: &ColumnId| self.rows.levels.is_free(self.rows.level, *column);
        if self.rows.level > 0 && !bases.iter().any(is_free) {
            state
                .below
                .push(Goal::new(below(self.rows.levels, &goal.expr), goal.want));
            return Some(state);
        }
        state.settled.push(Rc::new(goal));
        self.repaired(state, DEPTH)
    }

    fn repaired<'s>(&self, state: State<'s>, depth: usize) -> Option<State<'s>>
    where
        'a: 's,
    {
        let Some(broken) = self.rows.broken(&state) else {
            return Some(state);
        };
        if depth == 0 || self.rows.work.get() > WORK {
            return None;
        }
        if let ExprKind::Search(plan) = &broken.expr.kind {
            let want = broken.want == Want::True;
            let changed = options::searched(&state, plan, want)?;
            return self.repaired(changed, depth - 1);
        }
        let bases = self.rows.levels.bases(&broken.expr);
        let row = self.rows.row(&state);
        let columns: Vec<ColumnId> = bases
            .into_iter()
            .filter(|column| self.rows.levels.is_free(self.rows.level, *column))
            .collect();
        let mut nearer = Vec::new();
        let mut all = Vec::new();
        for column in columns {
            let options = options::options(&self.rows, &state, &row, column, &broken);
            for option in &options {
                let Some(changed) = self.rows.set(&state, column, option) else {
                    break;
                };
                match self.rows.broken(&changed) {
                    None => return Some(changed),
                    Some(other) if !Rc::ptr_eq(&other, &broken) => nearer.push(changed),
                    Some(_) => {}
                }
            }
            all.push((column, options));
        }
        for (place, (first, options)) in all.iter().enumerate() {
            for (second, others) in all.iter().skip(place + 1) {
                for option in options.iter().take(PAIRED) {
                    let Some(changed) = self.rows.set(&state, *first, option) else {
                        break;
                    };
                    for other in others.iter().take(PAIRED) {
                        let Some(both) = self.rows.set(&changed, *second, other) else {
                            break;
                        };
                        match self.rows.broken(&both) {
                            None => return Some(both),
                            Some(own) if !Rc::ptr_eq(&own, &broken) => nearer.push(both),
                            Some(_) => {}
                        }
                    }
                }
                if nearer.len() > FOLLOWED || self.rows.work.get() > WORK {
                    break;
                }
            }
        }
        let mut followed = nearer.into_iter().take(FOLLOWED);
        followed.find_map(|changed| self.repaired(changed, depth - 1))
    }
}
