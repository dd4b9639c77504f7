//! Proposes benign cases: the attack with one value otherwise, or with one event fewer, that a
//! clause of the query then stops. The replay says which of them are kept.

use std::rc::Rc;

use super::class::Template;
use super::formula::{Goal, Want};
use super::levels::Levels;
use super::options;
use super::probe::{RowProbe, Settled, State};
use crate::evaluate::pipeline::ProbeExpr;
use crate::event::Scalar;
use crate::plan::pipeline::{ClauseRole, PipelineClause};
use crate::scenario::write::{Expect, SketchCase, SketchChange, SketchCopies};

/// How many values are proposed for one clause.
const VALUES: usize = 3;

/// A case, and the clause that it is about.
pub(in crate::synthesize) struct Proposal {
    pub(in crate::synthesize) clause: usize,
    pub(in crate::synthesize) case: SketchCase,
}

/// Cases for an attack, those of one clause one behind the other.
pub(super) fn proposals(
    levels: &Levels<'_>,
    rows: &RowProbe<'_, '_>,
    events: &[(String, &Template<'_>)],
    every: impl Fn(usize) -> i64,
) -> Vec<Proposal> {
    let mut found = Vec::new();
    for (number, clause) in levels.pipeline.clauses().iter().enumerate() {
        if clause.role != ClauseRole::Filter {
            continue;
        }
        let because = words(levels, clause);
        let cases = if levels.pipeline.is_by_document(clause.step) {
            let own = events
                .iter()
                .flat_map(|(label, template)| otherwise(rows, clause, label, template));
            own.collect()
        } else {
            fewer(events, &every)
        };
        found.extend(cases.into_iter().map(|(name, change)| Proposal {
            clause: number,
            case: SketchCase {
                name,
                changes: vec![change],
                expect: Expect::None,
                because: Some(because.clone()),
                ..SketchCase::default()
            },
        }));
    }
    found
}

fn words(levels: &Levels<'_>, clause: &PipelineClause<'_>) -> String {
    let location = levels.pipeline.location(clause.expr.location);
    let text = location.map_or("", |location| location.text());
    text.split_whitespace().collect::<Vec<&str>>().join(" ")
}

/// The event with a value of a column with which the clause comes out otherwise.
fn otherwise(
    rows: &RowProbe<'_, '_>,
    clause: &PipelineClause<'_>,
    label: &str,
    template: &Template<'_>,
) -> Vec<(String, SketchChange)> {
    let want = if clause.wanted {
        Want::NotTrue
    } else {
        Want::True
    };
    let goal = Goal::new(clause.expr.clone(), want);
    let Ok(test) = ProbeExpr::new(&goal.expr) else {
        return Vec::new();
    };
    let settled = Rc::new(Settled { goal, test });
    let row = rows.row(&template.state);
    let mut found = Vec::new();
    for column in rows.levels.bases(clause.expr) {
        let options = options::options(rows, &template.state, &row, column, &settled);
        let mut changed = options.iter().filter_map(|cell| {
            let state = rows.set(&template.state, column, cell)?;
            let row = rows.row(&state);
            let outcome = rows.tested(&settled.test, &row, &state);
            want.is(&outcome).then_some(state)
        });
        for state in (&mut changed).take(VALUES) {
            let is_varied = |(_, change): &(String, SketchChange)| {
                let mut fields = change.fields.iter();
                fields.any(|(path, _)| template.varied.iter().any(|(own, _)| own == path))
            };
            let change = difference(&template.state, &state, label);
            found.extend(change.filter(|change| !is_varied(change)));
        }
    }
    found
}

/// What one state sets otherwise than another, with a name for it.
fn difference(
    before: &State<'_>,
    after: &State<'_>,
    label: &str,
) -> Option<(String, SketchChange)> {
    let (old, new) = (before.draft.as_ref()?, after.draft.as_ref()?);
    let (was, is) = (old.event(), new.event());
    let set = new
        .fields
        .iter()
        .filter(|(path, values)| old.fields.get(*path) != Some(values));
    let mut fields: Vec<(String, Vec<Scalar>)> = set
        .map(|(path, values)| (path.clone(), values.clone()))
        .collect();
    let unset = old
        .fields
        .keys()
        .filter(|path| !new.fields.contains_key(*path));
    fields.extend(unset.map(|path| (path.clone(), is.values(path).to_vec())));
    fields.retain(|(path, values)| was.values(path) != values.as_slice());
    let (path, values) = fields.first()?;
    let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
    let name = match values.as_slice() {
        [] => format!("no {path}"),
        _ => format!("{path} is {}", texts.join(", ")),
    };
    let change = SketchChange {
        label: label.to_owned(),
        fields,
        ..SketchChange::default()
    };
    Some((name, change))
}

/// An event that happens less often.
fn fewer(
    events: &[(String, &Template<'_>)],
    every: &impl Fn(usize) -> i64,
) -> Vec<(String, SketchChange)> {
    let often = events.iter().filter(|(_, template)| template.times > 1);
    let cases = often.flat_map(|(label, template)| {
        let counts = [template.times - 1, 1];
        counts.map(|times| {
            let varied = template.varied.iter().map(|(field, values)| {
                let values = values.iter().take(times).cloned().collect();
                (field.clone(), values)
            });
            let change = SketchChange {
                label: label.clone(),
                copies: Some(SketchCopies {
                    times,
                    every: every(template.times),
                    varied: varied.collect(),
                }),
                ..SketchChange::default()
            };
            (format!("{label} only {times} times"), change)
        })
    });
    cases.collect()
}
