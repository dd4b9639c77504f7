//! The clauses of an ES|QL rule that no case of a scenario decides, each with cases that may decide
//! it.

use super::case::{AttackEvent, Cases};
use super::class::Template;
use super::levels::Levels;
use super::population::Builder;
use super::probe::State;
use crate::coverage::ClauseCoverage;
use crate::data_source::{DataSource, IndexPatterns};
use crate::evaluate::pipeline::Program;
use crate::event::Scalar;
use crate::replay::trace::clause_names;
use crate::scenario::ExpandedEvent;
use crate::scenario::model::{Base, EventSpec, FieldKey, Scenario};
use crate::synthesize::coverage_target::{CoverageTarget, Decides};
use crate::synthesize::event_builder::EventBuilder;

/// The proposals for one outcome of a clause.
const TRIED: usize = 6;
/// An attack of more events than this takes long to replay.
const FEW: usize = 200;
/// How many outcomes are looked for with such an attack.
const OF_MANY: usize = 4;

/// The attack of a scenario on a source.
pub(in crate::synthesize) struct WrittenAttack<'a> {
    pub(in crate::synthesize) source: &'a DataSource,
    pub(in crate::synthesize) patterns: &'a IndexPatterns,
    pub(in crate::synthesize) scenario: &'a Scenario,
    /// Its events, copies too.
    pub(in crate::synthesize) events: &'a [ExpandedEvent],
}

/// The outcomes that no check decides, with proposals.
pub(in crate::synthesize) fn targets(
    attack: &WrittenAttack<'_>,
    program: &Program<'_>,
    clauses: &[ClauseCoverage],
    is_decided: &dyn Fn(&Decides) -> bool,
) -> Vec<CoverageTarget> {
    let levels = Levels::new(program.pipeline());
    let builder = Builder {
        levels: &levels,
        program,
        source: attack.source,
        patterns: attack.patterns,
        attempt: 0,
    };
    let events = attack.events();
    let cases = Cases {
        search: builder.search(0),
        events: &events,
    };
    let own = program.pipeline().clauses();
    let names = clause_names(program.pipeline());
    let mut targets = Vec::new();
    for clause in clauses.iter().filter(|clause| clause.testable) {
        let mut named = own.iter().zip(&names);
        let Some((part, _)) = named.find(|(_, name)| **name == clause.name) else {
            continue;
        };
        for alert in [false, true] {
            let decides = (attack.source.name.clone(), clause.name.clone(), alert);
            if is_decided(&decides) {
                continue;
            }
            let mut proposals = cases.proposals(part, alert);
            proposals.truncate(TRIED);
            proposals.reverse();
            targets.push(CoverageTarget {
                decides,
                found: !proposals.is_empty(),
                budget_exhausted: false,
                settable: cases.is_settable(part),
                line: clause.place.line(),
                proposals,
            });
        }
    }
    if attack.events.len() > FEW {
        for target in targets.iter_mut().skip(OF_MANY) {
            target.proposals.clear();
            (target.found, target.budget_exhausted) = (false, true);
        }
    }
    targets
}

impl<'a> WrittenAttack<'a> {
    fn events(&self) -> Vec<AttackEvent<'a>> {
        let Base::Written(written) = &self.scenario.attack.base else {
            return Vec::new();
        };
        written.iter().filter_map(|spec| self.event(spec)).collect()
    }

    fn event(&self, spec: &EventSpec) -> Option<AttackEvent<'a>> {
        let label = &spec.label.value;
        let mut all = self.events.iter();
        let first = all.find(|event| event.label.as_ref() == Some(label))?;
        let kind = self.source.kind(first.kind.as_deref()?)?;
        let varied = self.varied(spec);
        let fields = first
            .set_fields
            .iter()
            .map(|path| (path.clone(), first.event.values(path).to_vec()));
        let mut builder = EventBuilder::new(self.source, kind);
        builder.fields = fields.collect();
        let answers = &self.scenario.completions;
        let copies = spec.copies.as_ref();
        Some(AttackEvent {
            label: label.clone(),
            every: copies.map_or(0, |copies| copies.repeat.every),
            template: Template {
                state: State {
                    draft: Some(builder),
                    at: first.at_millis,
                    cells: Vec::new(),
                    answer: answers.first().map(|own| own.answer.clone()),
                    below: Vec::new(),
                    settled: Vec::new(),
                },
                goals: Vec::new(),
                times: copies.map_or(1, |copies| copies.repeat.times),
                varied,
            },
        })
    }

    /// The fields that differ between the copies of an event, with their values.
    fn varied(&self, spec: &EventSpec) -> Vec<(String, Vec<Scalar>)> {
        let Some(copies) = &spec.copies else {
            return Vec::new();
        };
        let mut fields: Vec<&String> = Vec::new();
        for setting in copies.varied.iter().flatten() {
            if let FieldKey::Path(path) = &setting.key.value
                && !fields.contains(&path)
            {
                fields.push(path);
            }
        }
        let label = &spec.label.value;
        let copy = |number: usize| {
            let name = match number {
                0 => label.clone(),
                _ => format!("{label}#{}", number + 1),
            };
            let mut events = self.events.iter();
            events.find(|event| event.label.as_ref() == Some(&name))
        };
        let values = |path: &String| {
            let copies = (0..copies.varied.len()).filter_map(copy);
            let values = copies.filter_map(|event| event.event.values(path).first().cloned());
            (path.clone(), values.collect())
        };
        fields.into_iter().map(values).collect()
    }
}
