//! Proposes cases that a clause of an ES|QL query decides: the attack with one value otherwise, or
//! with one event fewer. The replay says which of them are kept.

use std::rc::Rc;

use super::class::Template;
use super::formula::{Goal, Want};
use super::levels::Levels;
use super::options;
use super::probe::{RowProbe, State};
use super::row::RowSearch;
use crate::event::Scalar;
use crate::event::field::Family;
use crate::plan::pipeline::{ClauseRole, Expr, ExprKind, Operation, PipelineClause};
use crate::scenario::write::{Expect, SketchCase, SketchChange, SketchCopies};
use crate::synthesize::event_builder::EventBuilder;
use crate::synthesize::sample_values::SampleField;

/// How many values are proposed for one clause.
const VALUES: usize = 3;

/// An event as a scenario has it.
pub(super) struct AttackEvent<'s> {
    pub(super) label: String,
    pub(super) template: Template<'s>,
    /// Milliseconds from one of its copies to the next.
    pub(super) every: i64,
}

/// Makes cases of the events of an attack.
pub(super) struct Cases<'c, 's> {
    /// The search among documents.
    pub(super) search: RowSearch<'s, 'c>,
    pub(super) events: &'c [AttackEvent<'s>],
}

/// A change with a name for it.
type Change = (String, SketchChange);
/// Fields with a value for each copy.
type Varied = Vec<(String, Vec<Scalar>)>;

impl<'s> Cases<'_, 's> {
    fn rows(&self) -> &RowProbe<'s, '_> {
        &self.search.rows
    }

    fn levels(&self) -> &'s Levels<'_> {
        self.search.rows.levels
    }

    /// Cases in which the clause may decide, the likeliest first. With `alert`, the alert depends on
    /// the clause; otherwise the clause stops the attack.
    pub(super) fn proposals(&self, clause: &PipelineClause<'_>, alert: bool) -> Vec<SketchCase> {
        let words = words(self.levels(), clause);
        let is_by_document = self.levels().pipeline.is_by_document(clause.step);
        let changes = match (alert, is_by_document) {
            (false, true) => self.otherwise(clause),
            (false, false) => self.other_groups(),
            (true, true) if clause.role == ClauseRole::Filter => self.alone(clause),
            (true, _) => Vec::new(),
        };
        let case = |(name, change): Change| SketchCase {
            name: if alert {
                format!("alerts: {words}")
            } else {
                name
            },
            changes: vec![change],
            expect: if alert {
                Expect::SomeAlert
            } else {
                Expect::None
            },
            because: (!alert).then(|| words.clone()),
            ..SketchCase::default()
        };
        changes.into_iter().map(case).collect()
    }

    /// Whether some event can have another value in a field that the clause rests on.
    pub(super) fn is_settable(&self, clause: &PipelineClause<'_>) -> bool {
        let fields = self.levels().fields(&self.levels().bases(clause.expr));
        let mut builders = self
            .events
            .iter()
            .filter_map(|own| own.template.state.draft.as_ref());
        fields.is_empty() || builders.any(|own| fields.iter().any(|path| own.can_set(path)))
    }

    /// An event with a value of a column with which the clause comes out otherwise.
    fn otherwise(&self, clause: &PipelineClause<'_>) -> Vec<Change> {
        let want = if clause.wanted {
            Want::NotTrue
        } else {
            Want::True
        };
        let goal = Rc::new(Goal::new(clause.expr.clone(), want));
        let mut found = Vec::new();
        for event in self.events {
            let state = &event.template.state;
            let row = self.rows().row(state);
            for column in self.levels().bases(clause.expr) {
                let options = options::options(self.rows(), state, &row, column, &goal);
                let changed = options.iter().filter_map(|cell| {
                    let state = self.rows().set(state, column, cell)?;
                    let row = self.rows().row(&state);
                    self.rows().meets(&goal, &row, &state).then_some(state)
                });
                found.extend(changed.take(VALUES).filter_map(|own| changes(event, &own)));
            }
            if let ExprKind::Search(plan) = &clause.expr.kind {
                let changed = options::searched(state, plan, !clause.wanted);
                found.extend(changed.and_then(|own| changes(event, &own)));
            }
        }
        found
    }

    /// The attack, changed so that of several alternatives only the clause holds.
    fn alone(&self, clause: &PipelineClause<'_>) -> Vec<Change> {
        let steps = &self.levels().pipeline.steps;
        let Some(Operation::Filter(conditions)) = steps.get(clause.step).map(|own| &own.operation)
        else {
            return Vec::new();
        };
        let mut goals = Vec::new();
        let mut conditions = conditions.iter();
        if !conditions.any(|condition| only_by(condition, clause.expr, true, &mut goals)) {
            return Vec::new();
        }
        let filters = self.levels().filters(0).into_iter();
        goals.extend(filters.map(|filter| Goal::new(filter.clone(), Want::True)));
        let changed = self.events.iter().filter_map(|event| {
            let state = event.template.state.clone();
            changes(event, &self.search.meet(state, goals.clone())?)
        });
        changed.collect()
    }

    /// The attack with groups that are smaller, or with an event in another group.
    fn other_groups(&self) -> Vec<Change> {
        let mut found: Vec<Change> = self.events.iter().flat_map(fewer).collect();
        let keys = self.levels().all.iter().filter_map(|level| level.group);
        let keys: Vec<_> = keys
            .flat_map(|group| &group.keys)
            .map(|key| key.from)
            .collect();
        let fields = self.levels().fields(&keys);
        for event in self.events.iter().filter(|own| own.template.times <= 1) {
            let moved = fields.iter().filter_map(|path| another(event, path));
            found.extend(moved);
        }
        found
    }
}

fn words(levels: &Levels<'_>, clause: &PipelineClause<'_>) -> String {
    let location = levels.pipeline.location(clause.expr.location);
    let text = location.map_or("", |location| location.text());
    text.split_whitespace().collect::<Vec<&str>>().join(" ")
}

/// Adds what must hold for a condition to come out as wanted by one clause alone; false where the
/// clause is not in it.
fn only_by(expr: &Expr, clause: &Expr, want: bool, goals: &mut Vec<Goal>) -> bool {
    let wanted = |want: bool| if want { Want::True } else { Want::False };
    if std::ptr::eq(expr, clause) {
        goals.push(Goal::new(expr.clone(), wanted(want)));
        return true;
    }
    match &expr.kind {
        ExprKind::Not(inner) => only_by(inner, clause, !want, goals),
        ExprKind::And(parts) | ExprKind::Or(parts) => {
            let before = goals.len();
            let Some(own) = parts
                .iter()
                .position(|part| only_by(part, clause, want, goals))
            else {
                goals.truncate(before);
                return false;
            };
            let needs_all = matches!(expr.kind, ExprKind::And(_)) == want;
            let others = parts.iter().enumerate().filter(|(at, _)| *at != own);
            goals.extend(others.map(|(_, part)| {
                let want = match (needs_all, want) {
                    (true, want) => wanted(want),
                    (false, true) => Want::NotTrue,
                    (false, false) => Want::True,
                };
                Goal::new(part.clone(), want)
            }));
            true
        }
        _ => false,
    }
}

/// What a state sets otherwise than an event, with a name for it. A field that it sets does not
/// differ between the event's copies any more.
fn changes(event: &AttackEvent<'_>, after: &State<'_>) -> Option<Change> {
    let (name, mut change) = difference(&event.template.state, after, &event.label)?;
    let template = &event.template;
    let is_set = |path: &String| change.fields.iter().any(|(own, _)| own == path);
    if template.varied.iter().any(|(path, _)| is_set(path)) {
        let varied = template.varied.iter().filter(|(path, _)| !is_set(path));
        change.copies = Some(event.copies(template.times, varied.cloned().collect()));
    }
    Some((name, change))
}

fn difference(before: &State<'_>, after: &State<'_>, label: &str) -> Option<Change> {
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
    let name = named(path, values);
    let change = SketchChange {
        label: label.to_owned(),
        fields,
        ..SketchChange::default()
    };
    Some((name, change))
}

fn named(path: &str, values: &[Scalar]) -> String {
    let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
    match values {
        [] => format!("no {path}"),
        _ => format!("{path} is {}", texts.join(", ")),
    }
}

/// The event with another value of a field.
fn another(event: &AttackEvent<'_>, path: &str) -> Option<Change> {
    let builder = event.template.state.draft.as_ref()?;
    if !builder.can_set(path) {
        return None;
    }
    let is_own = builder.event();
    let is_own = is_own.values(path);
    let value = other_value(builder, path, is_own)?;
    let change = SketchChange {
        label: event.label.clone(),
        fields: vec![(path.to_owned(), vec![value.clone()])],
        ..SketchChange::default()
    };
    Some((format!("another {path}: {value}"), change))
}

fn other_value(builder: &EventBuilder<'_>, path: &str, own: &[Scalar]) -> Option<Scalar> {
    let mapped = builder.source.field_type(path);
    let family = mapped.and_then(|own| own.family()).or(Some(Family::Text));
    let samples = SampleField::new(path, builder.system()).values(family);
    samples.into_iter().find(|value| !own.contains(value))
}

impl AttackEvent<'_> {
    fn copies(&self, times: usize, varied: Varied) -> SketchCopies {
        SketchCopies {
            times,
            every: self.every,
            varied,
        }
    }

    fn with_copies(&self, times: usize, varied: Varied) -> SketchChange {
        SketchChange {
            label: self.label.clone(),
            copies: Some(self.copies(times, varied)),
            ..SketchChange::default()
        }
    }
}

/// An event that happens less often, or with fewer values.
fn fewer(event: &AttackEvent<'_>) -> Vec<Change> {
    let template = &event.template;
    if template.times <= 1 {
        return Vec::new();
    }
    let of_values = template.varied.iter().enumerate();
    let of_values = of_values.filter(|(_, (_, values))| values.len() > 1);
    let of_values = of_values.map(|(at, (field, values))| {
        let mut varied = template.varied.clone();
        let left = values.len() - 1;
        if let Some((_, values)) = varied.get_mut(at) {
            values.truncate(left);
        }
        let name = match left {
            1 => format!("one {field}"),
            _ => format!("{left} values of {field}"),
        };
        (name, event.with_copies(template.times, varied))
    });
    let of_times = |times: usize| {
        let varied = template.varied.iter().map(|(field, values)| {
            let values = values.iter().take(times).cloned().collect();
            (field.clone(), values)
        });
        let name = match times {
            1 => format!("{} only once", event.label),
            _ => format!("{} only {times} times", event.label),
        };
        (name, event.with_copies(times, varied.collect()))
    };
    let first = std::iter::once(of_times(template.times - 1));
    let once = (template.times > 2).then(|| of_times(1));
    first.chain(of_values).chain(once).collect()
}
