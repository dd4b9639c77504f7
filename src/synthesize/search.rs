//! Searches values with which an event meets a condition: backtracking over the ways in which the
//! boolean tree gives the wanted result, with one value per field that satisfies all tests so far.
//! Every value is verified by running the tests.

use std::collections::{BTreeMap, BTreeSet};

use super::event_builder::{EventBuilder, Fields};
use super::sample_values::SampleField;
use super::value;
use crate::evaluate::Prepared;
use crate::event::{Event, Scalar};
use crate::plan::{Condition, ConditionKind, FieldId, LeafId, Plan, PlanField, Predicate};

/// The work that one search may do: conditions visited and events copied.
const WORK: usize = 40_000;
/// The work that all searches for one source may do together.
const WORK_OF_ALL: usize = 400_000;
/// How many values of a field are tried.
const TRIED: usize = 64;
/// How many combinations of values are tried for fields that one test reads together.
const COMBINED: usize = 4_096;
/// The number of attempts to repair a value that is derived from others.
const REPAIRS: usize = 8;

/// A condition and the outcome that it must have.
pub(super) type Goal<'p> = (&'p Condition, bool);

/// Conditions of which one must have the outcome.
type Choice<'p> = (&'p [Condition], bool);

/// An event under construction, with the tests that are settled for it.
#[derive(Debug, Clone)]
pub(super) struct PartialEvent<'s> {
    builder: EventBuilder<'s>,
    /// The draft as its source stores it.
    event: Event,
    /// The tests whose outcome is settled.
    settled: BTreeMap<LeafId, bool>,
}

impl<'s> PartialEvent<'s> {
    /// A draft that nothing is asked of yet.
    pub(super) fn new(builder: EventBuilder<'s>) -> Self {
        Self {
            event: builder.event(),
            builder,
            settled: BTreeMap::new(),
        }
    }

    pub(super) fn builder(&self) -> &EventBuilder<'s> {
        &self.builder
    }

    pub(super) fn event(&self) -> &Event {
        &self.event
    }

    /// Changes the fields that are set.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut Fields)) {
        change(&mut self.builder.fields);
        self.event = self.builder.event();
    }
}

/// A search that is under way: the event so far, and the choices that are left.
struct SearchState<'s, 'p> {
    state: PartialEvent<'s>,
    choices: Vec<Choice<'p>>,
}

/// A search on one plan.
pub(super) struct Search<'p> {
    prepared: &'p Prepared<'p>,
    /// The fields that each leaf reads, with those that other leaves tie to them.
    groups: Vec<BTreeSet<FieldId>>,
    work: usize,
    of_all: usize,
}

impl<'p> Search<'p> {
    pub(super) fn new(prepared: &'p Prepared<'p>) -> Self {
        Self {
            prepared,
            groups: groups(prepared.plan()),
            work: 0,
            of_all: 0,
        }
    }

    fn plan(&self) -> &'p Plan {
        self.prepared.plan()
    }

    /// Finds values with which the event meets the goals, changing as little as possible.
    pub(super) fn meet<'s>(
        &mut self,
        state: PartialEvent<'s>,
        goals: Vec<Goal<'p>>,
    ) -> Option<PartialEvent<'s>> {
        self.of_all += std::mem::take(&mut self.work);
        if self.budget_exhausted() {
            return None;
        }
        let open = self.settle_all(state, goals, Vec::new())?;
        let mut state = self.choose(open)?;
        for _ in 0..REPAIRS {
            let Some(leaf) = self.violated_leaf(&state) else {
                return Some(state);
            };
            if !self.find_values(&mut state, leaf, true) {
                return None;
            }
        }
        None
    }

    /// Whether the search has used up its budget.
    pub(super) fn budget_exhausted(&self) -> bool {
        self.of_all > WORK_OF_ALL
    }

    /// Whether every settled test has its outcome on the event.
    pub(super) fn holds(&self, state: &PartialEvent<'_>) -> bool {
        self.violated_leaf(state).is_none()
    }

    /// A settled test that no longer has its outcome because a derived value changed.
    fn violated_leaf(&self, state: &PartialEvent<'_>) -> Option<LeafId> {
        let mut settled = state.settled.iter();
        let broken = settled.find(|(leaf, want)| !self.is(**leaf, **want, &state.event));
        broken.map(|(leaf, _)| *leaf)
    }

    fn is(&self, leaf: LeafId, want: bool, event: &Event) -> bool {
        self.prepared.holds(leaf, event).is_ok_and(|is| is == want)
    }

    /// The outcome of a condition on an event; a test that fails is false.
    pub(super) fn outcome(&self, condition: &Condition, event: &Event) -> bool {
        match &condition.kind {
            ConditionKind::Constant(value) => *value,
            ConditionKind::Leaf(leaf) => self.is(*leaf, true, event),
            ConditionKind::Not(inner) => !self.outcome(inner, event),
            ConditionKind::All(parts) => parts.iter().all(|part| self.outcome(part, event)),
            ConditionKind::Any(parts) => parts.iter().any(|part| self.outcome(part, event)),
        }
    }

    /// Settles goals that have only one solution; adds those with several to the choices.
    fn settle_all<'s>(
        &mut self,
        mut state: PartialEvent<'s>,
        goals: Vec<Goal<'p>>,
        mut choices: Vec<Choice<'p>>,
    ) -> Option<SearchState<'s, 'p>> {
        let mut open = goals;
        open.reverse();
        while let Some((condition, want)) = open.pop() {
            self.work += 1;
            match (&condition.kind, want) {
                (ConditionKind::Constant(value), want) if *value == want => {}
                (ConditionKind::Constant(_), _) => return None,
                (ConditionKind::Leaf(leaf), want) => {
                    if !self.settle(&mut state, *leaf, want) {
                        return None;
                    }
                }
                (ConditionKind::Not(inner), want) => open.push((inner, !want)),
                (ConditionKind::All(parts), true) | (ConditionKind::Any(parts), false) => {
                    open.extend(parts.iter().rev().map(|part| (part, want)));
                }
                (ConditionKind::All(parts) | ConditionKind::Any(parts), want) => {
                    choices.push((parts, want));
                }
            }
        }
        Some(SearchState { state, choices })
    }

    /// Resolves the choices by backtracking. Choices that the event already meets are postponed. Of
    /// the others, one without alternatives fails the attempt and one with a single alternative is
    /// taken; only then are the alternatives of a choice tried in turn.
    fn choose<'s>(&mut self, mut open: SearchState<'s, 'p>) -> Option<PartialEvent<'s>> {
        loop {
            let event = &open.state.event;
            let met = |(parts, want): &Choice<'p>| {
                parts.iter().find(|part| self.outcome(part, event) == *want)
            };
            let choices = &open.choices;
            let unmet: Vec<usize> = (0..choices.len())
                .filter(|at| choices.get(*at).is_some_and(|choice| met(choice).is_none()))
                .collect();
            if unmet.is_empty() {
                let Some(choice) = open.choices.pop() else {
                    return Some(open.state);
                };
                let alternative = met(&choice)?;
                open = self.settle_all(open.state, vec![(alternative, choice.1)], open.choices)?;
                continue;
            }
            let mut forced = None;
            for at in &unmet {
                let mut alternatives = self.alternatives(&open, *at, 2);
                match (alternatives.pop(), alternatives.is_empty()) {
                    (None, _) => return None,
                    (Some(alternative), true) if forced.is_none() => forced = Some(alternative),
                    _ => {}
                }
            }
            if let Some(alternative) = forced {
                open = alternative;
                continue;
            }
            let alternatives = self.alternatives(&open, *unmet.first()?, usize::MAX);
            return alternatives
                .into_iter()
                .find_map(|alternative| self.choose(alternative));
        }
    }

    /// The states after each alternative of a choice that is compatible with the settled tests, at
    /// most `most`.
    fn alternatives<'s>(
        &mut self,
        open: &SearchState<'s, 'p>,
        at: usize,
        most: usize,
    ) -> Vec<SearchState<'s, 'p>> {
        let mut others = open.choices.clone();
        let (parts, want) = others.remove(at);
        let mut found = Vec::new();
        for part in parts {
            self.work += 1 + open.state.settled.len() / 16;
            if self.work > WORK {
                return Vec::new();
            }
            found.extend(self.settle_all(open.state.clone(), vec![(part, want)], others.clone()));
            if found.len() >= most {
                break;
            }
        }
        found
    }

    /// Settles one test; false where no value agrees with what is settled already.
    fn settle(&self, state: &mut PartialEvent<'_>, leaf: LeafId, want: bool) -> bool {
        match state.settled.insert(leaf, want) {
            Some(settled) => settled == want,
            None => self.is(leaf, want, &state.event) || self.find_values(state, leaf, false),
        }
    }

    /// Finds values for the fields of a leaf with which all settled tests of these fields have
    /// their outcomes.
    fn find_values(&self, state: &mut PartialEvent<'_>, leaf: LeafId, explicit: bool) -> bool {
        let Some(group) = self.groups.get(leaf.index()) else {
            return false;
        };
        let ties = |other: &LeafId| {
            let own = self.groups.get(other.index());
            own.is_some_and(|own| !own.is_disjoint(group))
        };
        let tied: Vec<(LeafId, bool)> = state
            .settled
            .iter()
            .filter(|(other, _)| ties(other))
            .map(|(leaf, want)| (*leaf, *want))
            .collect();
        let all = |event: &Event| tied.iter().all(|(leaf, want)| self.is(*leaf, *want, event));
        let fields: Vec<(FieldId, &PlanField)> = group
            .iter()
            .map(|id| (*id, self.plan().fields.at(*id)))
            .collect();
        let options: Vec<Vec<Vec<Scalar>>> = fields
            .iter()
            .map(|(id, field)| self.options(*id, field, &tied, state))
            .collect();
        let mut probe = state.event.clone();
        let Some(chosen) = combination(&options, |values| {
            for ((_, field), values) in fields.iter().zip(values) {
                probe.set(stored(field), (*values).clone());
            }
            all(&probe)
        }) else {
            return false;
        };
        for ((_, field), values) in fields.iter().zip(chosen) {
            let path = stored(field);
            state.change(|fields| {
                fields.remove(path);
            });
            // The shape's own value need not be said, unless something else follows from it.
            if explicit || state.event.values(path) != values {
                state.change(|fields| {
                    fields.insert(path.to_owned(), values);
                });
            }
        }
        true
    }

    /// The values tried for a field: its current value, proposals for its tests, sample values, no
    /// value.
    fn options(
        &self,
        id: FieldId,
        field: &PlanField,
        tied: &[(LeafId, bool)],
        state: &PartialEvent<'_>,
    ) -> Vec<Vec<Scalar>> {
        let (builder, event) = (&state.builder, &state.event);
        let now = event.values(stored(field)).to_vec();
        if !builder.can_set(stored(field)) {
            return vec![now];
        }
        let asked: Vec<(&Predicate, bool)> = tied
            .iter()
            .filter(|(leaf, _)| self.reads(*leaf, id))
            .map(|(leaf, want)| (&self.plan().leaves.at(*leaf).predicate, *want))
            .collect();
        let sample = SampleField::new(&field.path, builder.system());
        let mut singles = value::proposals(id, &asked, &sample);
        singles.extend(sample.values(field.family));
        singles.extend(value::fallback_texts(&asked));
        let mut seen: Vec<Scalar> = Vec::new();
        singles.retain(|value| {
            let new = !seen.contains(value);
            if new {
                seen.push(value.clone());
            }
            new
        });
        singles.truncate(TRIED);
        let mut options = vec![now];
        options.extend(singles.iter().map(|value| vec![value.clone()]));
        let several = self.several(field, tied, &singles, event);
        // For fields that usually hold lists, several values come before one value that satisfies
        // everything.
        if sample.is_list() {
            options.splice(1..1, several);
        } else {
            options.extend(several);
        }
        options.push(Vec::new());
        options
    }

    /// Several values at once: for each test that must hold the first that breaks none that must
    /// not.
    fn several(
        &self,
        field: &PlanField,
        tied: &[(LeafId, bool)],
        singles: &[Scalar],
        event: &Event,
    ) -> Option<Vec<Scalar>> {
        let mut probe = event.clone();
        let mut wanted: Vec<LeafId> = tied
            .iter()
            .filter(|(_, want)| *want)
            .map(|(leaf, _)| *leaf)
            .collect();
        if wanted.len() < 2 {
            return None;
        }
        let mut values = Vec::new();
        for single in singles {
            probe.set(stored(field), vec![single.clone()]);
            let breaks = |(leaf, want): &(LeafId, bool)| !want && self.is(*leaf, true, &probe);
            if tied.iter().any(breaks) {
                continue;
            }
            let before = wanted.len();
            wanted.retain(|leaf| !self.is(*leaf, true, &probe));
            if wanted.len() < before {
                values.push(single.clone());
            }
        }
        (values.len() > 1).then_some(values)
    }

    fn reads(&self, leaf: LeafId, field: FieldId) -> bool {
        let leaf = self.plan().leaves.at(leaf);
        leaf.predicate.fields().contains(&field)
    }
}

/// The first combination of one option a field that fits.
fn combination(
    options: &[Vec<Vec<Scalar>>],
    mut fits: impl FnMut(&[&Vec<Scalar>]) -> bool,
) -> Option<Vec<Vec<Scalar>>> {
    let mut places = vec![0; options.len()];
    for _ in 0..COMBINED {
        let values: Option<Vec<&Vec<Scalar>>> = options
            .iter()
            .zip(&places)
            .map(|(options, place)| options.get(*place))
            .collect();
        let values = values?;
        if fits(&values) {
            return Some(values.into_iter().cloned().collect());
        }
        let mut at = 0;
        loop {
            let (place, options) = (places.get_mut(at)?, options.get(at)?);
            *place += 1;
            if *place < options.len() {
                break;
            }
            *place = 0;
            at += 1;
        }
    }
    None
}

/// For each leaf the fields that it reads and those that some test ties to them.
fn groups(plan: &Plan) -> Vec<BTreeSet<FieldId>> {
    let own: Vec<BTreeSet<FieldId>> = plan
        .leaves
        .iter()
        .map(|leaf| leaf.predicate.fields().into_iter().collect())
        .collect();
    let tying: Vec<&BTreeSet<FieldId>> = own.iter().filter(|fields| fields.len() > 1).collect();
    own.iter()
        .map(|fields| {
            let mut group = fields.clone();
            loop {
                let before = group.len();
                for tying in &tying {
                    if !tying.is_disjoint(&group) {
                        group.extend(tying.iter());
                    }
                }
                if group.len() == before {
                    return group;
                }
            }
        })
        .collect()
}

/// Where a document holds the values of a field: another path for a multi-field.
fn stored(field: &PlanField) -> &str {
    let reader = field.readers.iter().flatten().next();
    reader.map_or(&*field.path, |reader| &*reader.read_from)
}
