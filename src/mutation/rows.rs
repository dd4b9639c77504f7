//! Runs each mutant of an ES|QL query on the events of every check until the rows of one differ.

use std::sync::Arc;

use rayon::prelude::*;

use super::canonical_rows::is_equivalent;
use super::{Mutant, MutantStatus};
use crate::compile::{CompiledQuery, Query, Syntax};
use crate::evaluate::pipeline::{Input, Program};
use crate::event::io::Progress;
use crate::plan::pipeline::Pipeline;
use crate::replay::outcome::Verdict;
use crate::replay::trace::CheckTrace;

/// Runs each mutant, in order, and reports progress.
pub(super) fn statuses(
    rule: &Syntax,
    checks: &[&CheckTrace],
    mutants: &[Mutant],
    progress: &dyn Progress,
) -> Vec<MutantStatus> {
    let tried = mutants.par_iter().map(|mutant| {
        let status = status(&mutant.query(rule), checks);
        progress.advance(1);
        status
    });
    tried.collect()
}

fn status(query: &Syntax, checks: &[&CheckTrace]) -> MutantStatus {
    let mut made: Vec<(&Arc<CompiledQuery>, Pipeline)> = Vec::new();
    for check in checks
        .iter()
        .filter(|check| check.verdict != Verdict::Invalid)
    {
        let compiled = &check.input.compiled;
        let known = made.iter().position(|(own, _)| Arc::ptr_eq(own, compiled));
        let place = match known {
            Some(place) => place,
            None => match pipeline(query, compiled) {
                Some(pipeline) => {
                    made.push((compiled, pipeline));
                    made.len() - 1
                }
                None => return MutantStatus::Refused,
            },
        };
        let differs = made
            .get(place)
            .is_some_and(|(_, pipeline)| differs(check, pipeline));
        if differs {
            return MutantStatus::Caught(check.key.to_string());
        }
    }
    let same = |(compiled, pipeline): &(&Arc<CompiledQuery>, Pipeline)| {
        let own = compiled.pipeline.as_ref();
        own.is_some_and(|own| is_equivalent(own, pipeline))
    };
    if !made.is_empty() && made.iter().all(same) {
        return MutantStatus::Equivalent;
    }
    MutantStatus::Survived
}

fn pipeline(query: &Syntax, compiled: &CompiledQuery) -> Option<Pipeline> {
    let given;
    let syntax = match query {
        Syntax::Esql(query) => {
            given = Syntax::Esql(query.clone().with(Arc::clone(&compiled.given)));
            &given
        }
        other => other,
    };
    let query = Query {
        syntax,
        schema: &compiled.schema,
        settings: &compiled.settings,
        now: compiled.now,
    };
    query.pipeline()?.ok()
}

/// Whether the pipeline gives other rows than the rule does, whatever their order.
fn differs(check: &CheckTrace, pipeline: &Pipeline) -> bool {
    let Some(run) = &check.input.pipeline else {
        return false;
    };
    let input = Input {
        events: &run.events,
        now: run.now,
        answers: &run.given.answers,
        tables: &run.given.tables,
        memory: run.given.memory,
        ..Input::default()
    };
    let outcome = Program::new(pipeline).and_then(|program| program.run(&input));
    // A query that fails where the rule runs is noticed.
    let Ok(outcome) = outcome else { return true };
    let mut rest: Vec<_> = run.rows.iter().collect();
    for row in &outcome.rows {
        match rest.iter().position(|own| *own == row) {
            Some(place) => drop(rest.swap_remove(place)),
            None => return true,
        }
    }
    !rest.is_empty()
}
