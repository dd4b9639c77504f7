//! Mutation testing: a mutant is the rule with one change ([`operators`]). A mutant is caught if
//! the matches of some check differ ([`runner`]). Mutants are made from the syntax tree, then
//! checked and lowered as the rule is.
//!
//! `syntax -> mutants -> plan -> matches of each check -> caught, survived, or equivalent`

mod alternatives;
mod bound;
mod canonical;
mod canonical_rows;
mod condition;
mod cover;
mod cover_index;
mod edit;
mod esql;
mod kql;
mod leaf;
mod list_item;
mod lists;
mod long_lists;
mod lucene;
mod operator;
mod operators;
mod row_conditions;
mod rows;
mod runner;
mod settings;
mod stateful;
mod waived;

#[cfg(test)]
mod tests;

use crate::compile::Syntax;
use std::collections::BTreeMap;

use crate::diagnostic::Span;
use crate::event::io::Progress;
use crate::replay::Subject;
use crate::replay::outcome::{Place, ScenarioOutcome};
use crate::replay::trace::{CheckTrace, TestTrace};
use crate::rule::{self, RuleKind};

pub use operator::Operator;

pub use crate::replay::trace::Share;

/// A rule with one change.
#[derive(Debug, Clone)]
pub(crate) struct Mutant {
    operator: Operator,
    span: Span,
    before: String,
    after: String,
    case: String,
    changed: Changed,
}

/// The part of a rule that a mutant changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The query: places are in its text.
    Query,
    /// What the rule counts, remembers or compares: places are in the file.
    Settings,
    /// The indicator query: places are in its text.
    IndicatorQuery,
}

/// What a mutant's query is.
#[derive(Debug, Clone)]
enum Changed {
    /// This one.
    Query(Syntax),
    /// The rule's with one change in a condition: where it stands, and the way to the change.
    Condition(operators::Place, Vec<usize>, edit::Change),
    /// The rule's KQL query with one change.
    Kuery(Box<kql::edit::Change>),
    /// The rule's, with these settings.
    Kind(Box<RuleKind>),
    /// The rule's, with these settings, which lack the filter of this number.
    WithoutFilter(Box<RuleKind>, usize),
    /// The rule's, with this indicator query.
    IndicatorQuery(Syntax),
}

impl Mutant {
    fn part(&self) -> Part {
        match self.changed {
            Changed::Query(_) | Changed::Condition(..) | Changed::Kuery(_) => Part::Query,
            Changed::Kind(_) | Changed::WithoutFilter(..) => Part::Settings,
            Changed::IndicatorQuery(_) => Part::IndicatorQuery,
        }
    }

    /// Its query, made from one that differs from the rule's in the length of lists at most.
    fn query(&self, rule: &Syntax) -> Syntax {
        match (&self.changed, rule) {
            (Changed::Condition(place, path, change), Syntax::Eql(query)) => {
                Syntax::Eql(operators::with_condition(query, *place, path, change))
            }
            (Changed::Kuery(change), Syntax::Kuery(query)) => Syntax::Kuery(change.applied(query)),
            (
                Changed::Condition(..)
                | Changed::Kuery(_)
                | Changed::Kind(_)
                | Changed::WithoutFilter(..),
                other,
            ) => other.clone(),
            (Changed::Query(query) | Changed::IndicatorQuery(query), _) => query.clone(),
        }
    }
}

/// The status of a mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MutantStatus {
    /// The matches of this check differ.
    Caught(String),
    /// No check notices.
    Survived,
    /// It is the same rule: it is not counted.
    Equivalent,
    /// Elasticsearch would refuse it: it is not counted.
    Refused,
}

/// A mutant and what became of it.
#[derive(Debug, Clone)]
pub struct TriedMutant {
    /// The kind of change.
    pub operator: Operator,
    /// The place that changes, in the rule file.
    pub place: Place,
    /// Its canonical text before.
    pub before: String,
    /// And after; empty where it is dropped.
    pub after: String,
    /// The case that would catch it.
    pub case: String,
    /// Its status.
    pub status: MutantStatus,
}

/// The mutants of one rule, in the order of the text.
#[derive(Debug)]
pub struct RuleMutation {
    /// The rule file.
    pub rule_file: String,
    /// `rule_id`.
    pub rule_id: String,
    /// The rule's name.
    pub rule_name: String,
    /// All mutants, those that do not count included.
    pub mutants: Vec<TriedMutant>,
}

/// A case that a rule lacks.
#[derive(Debug)]
pub struct MissingCase<'m> {
    /// The mutants that it would catch, those that matter most first.
    pub mutants: Vec<&'m TriedMutant>,
    /// How many cases of the same kind the rule lacks, for other values.
    pub alike: usize,
    /// How many mutants those would catch.
    pub alike_mutants: usize,
}

impl MissingCase<'_> {
    /// How many mutants it and the others of its kind would catch.
    pub fn mutants_of_kind(&self) -> usize {
        self.mutants.len() + self.alike_mutants
    }

    /// What a report says beside the first of its mutants; empty where it is the only one.
    pub fn words_for_others(&self) -> String {
        let caught = match self.mutants.len() {
            0 | 1 => String::new(),
            several => format!("it catches {several} mutants"),
        };
        let alike = match (self.alike, self.alike_mutants) {
            (0, _) => String::new(),
            (1, 1) => "1 case like it is missing, for 1 mutant".to_owned(),
            (1, mutants) => format!("1 case like it is missing, for {mutants} mutants"),
            (cases, mutants) => {
                format!("{cases} cases like it are missing, for {mutants} mutants")
            }
        };
        let parts = [caught, alike].into_iter().filter(|part| !part.is_empty());
        parts.collect::<Vec<String>>().join("; ")
    }
}

/// The mutants of all rules.
#[derive(Debug, Default)]
pub struct Mutation {
    /// One entry a rule, in the order of their scenarios.
    pub rules: Vec<RuleMutation>,
}

impl RuleMutation {
    /// How many of the mutants that count are caught.
    pub fn share(&self) -> Share {
        let is = |status: fn(&MutantStatus) -> bool| {
            self.mutants.iter().filter(move |one| status(&one.status))
        };
        let good = is(|status| matches!(status, MutantStatus::Caught(_))).count();
        Share {
            good,
            all: good + is(|status| *status == MutantStatus::Survived).count(),
        }
    }

    /// The mutants that no check notices.
    pub fn survivors(&self) -> impl Iterator<Item = &TriedMutant> {
        let mutants = self.mutants.iter();
        mutants.filter(|mutant| mutant.status == MutantStatus::Survived)
    }

    /// The cases that would catch the survivors, those that matter most first.
    pub fn missing_cases(&self) -> Vec<MissingCase<'_>> {
        let mut ranked: Vec<&TriedMutant> = self.survivors().collect();
        // The sort is stable: of one kind the earlier in the text stay first.
        ranked.sort_by_key(|mutant| mutant.operator.rank());
        let mut cases: Vec<Vec<&TriedMutant>> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for mutant in ranked {
            let place = *places.entry(&mutant.case).or_insert(cases.len());
            match cases.get_mut(place) {
                Some(case) => case.push(mutant),
                None => cases.push(vec![mutant]),
            }
        }
        grouped(cases)
    }
}

/// Joins the cases that differ in the value alone: the items of a list, the values in capitals.
fn grouped(cases: Vec<Vec<&TriedMutant>>) -> Vec<MissingCase<'_>> {
    let mut grouped: Vec<MissingCase<'_>> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for mutants in cases {
        let Some(first) = mutants.first() else {
            continue;
        };
        let of_value = matches!(
            first.operator,
            Operator::DropItem
                | Operator::Narrow
                | Operator::Widen
                | Operator::Quotes
                | Operator::Case
        );
        // The operators of a kind of case are several: an item that goes, and one that is narrowed.
        let kind = first.case.replacen(&first.before, "", 1);
        let place = of_value.then(|| *places.entry(kind).or_insert(grouped.len()));
        match place.and_then(|place| grouped.get_mut(place)) {
            Some(same) => {
                same.alike += 1;
                same.alike_mutants += mutants.len();
            }
            None => grouped.push(MissingCase {
                mutants,
                alike: 0,
                alike_mutants: 0,
            }),
        }
    }
    grouped
}

impl Mutation {
    /// Of all rules together.
    pub fn share(&self) -> Share {
        let shares = self.rules.iter().map(RuleMutation::share);
        shares.fold(Share::default(), Share::and)
    }
}

/// Which mutants are tried, on how many threads, and where progress is reported.
pub struct MutationRequest<'a> {
    /// On how many threads; as many as there are cores when 0.
    pub jobs: usize,
    /// Whether a mutant of this rule file that changes this place in this way is wanted.
    pub selects: &'a (dyn Fn(&str, &Place, Operator) -> bool + Sync),
    /// Told of each mutant that is done.
    pub progress: &'a dyn Progress,
}

/// How many mutants [`mutate`] will try.
pub fn count(
    scenarios: &[ScenarioOutcome],
    subjects: &[&Subject],
    selects: &dyn Fn(&str, &Place, Operator) -> bool,
) -> usize {
    let mut done: Vec<&str> = Vec::new();
    let mut count = 0;
    for (scenario, subject) in scenarios.iter().zip(subjects) {
        if !done.contains(&scenario.rule_file.as_str()) {
            done.push(&scenario.rule_file);
            count += selected_mutants(subject, &scenario.rule_file, selects)
                .map_or(0, |(mutants, _)| mutants.len());
        }
    }
    count
}

/// The wanted mutants of a rule, and whether there are others.
fn selected_mutants(
    subject: &Subject,
    file: &str,
    selects: &dyn Fn(&str, &Place, Operator) -> bool,
) -> Option<(Vec<Mutant>, bool)> {
    let (syntax, query) = (subject.syntax.as_ref()?, subject.rule.query.as_ref()?);
    let mut mutants = match syntax {
        Syntax::Eql(syntax) => operators::mutants(syntax),
        Syntax::Kuery(syntax) => kql::mutants(syntax),
        Syntax::Esql(query) => esql::mutants(&query.text, &query.tree),
        Syntax::Lucene(group) => lucene::mutants(group),
    };
    mutants.extend(settings::mutants(&subject.rule.kind));
    let all = mutants.len();
    let place = |mutant: &Mutant| place(subject, query, mutant);
    mutants.retain(|mutant| selects(file, &place(mutant), mutant.operator));
    let others = mutants.len() < all;
    Some((mutants, others))
}

fn place(subject: &Subject, query: &rule::Query, mutant: &Mutant) -> Place {
    let text = match (mutant.part(), &subject.rule.kind) {
        (Part::IndicatorQuery, RuleKind::ThreatMatch(settings)) => &settings.query.text,
        _ => &query.text,
    };
    Place {
        source: std::sync::Arc::clone(text.source()),
        span: match mutant.part() {
            Part::Settings => mutant.span,
            Part::Query | Part::IndicatorQuery => text.locate(mutant.span),
        },
    }
}

/// Tries every wanted mutant of every rule on the checks that were observed. The three slices have
/// one entry each for a scenario; a rule of which no mutant is wanted is left out.
pub fn mutate(
    scenarios: &[ScenarioOutcome],
    subjects: &[&Subject],
    observed: &[TestTrace],
    bounds: &MutationRequest<'_>,
) -> Mutation {
    let mut mutation = Mutation::default();
    let mut done: Vec<&str> = Vec::new();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(bounds.jobs)
        .build();
    for (scenario, subject) in scenarios.iter().zip(subjects) {
        if done.contains(&scenario.rule_file.as_str()) {
            continue;
        }
        done.push(&scenario.rule_file);
        let together = scenarios.iter().zip(observed);
        let checks: Vec<&CheckTrace> = together
            .filter(|(other, _)| other.rule_file == scenario.rule_file)
            .flat_map(|(_, observed)| &observed.checks)
            .collect();
        let run = || of_rule(scenario, subject, &checks, bounds);
        // Without threads the same is done one by one.
        let rule = match &pool {
            Ok(pool) => pool.install(run),
            Err(_) => run(),
        };
        mutation.rules.extend(rule);
    }
    mutation
}

fn of_rule(
    scenario: &ScenarioOutcome,
    subject: &Subject,
    checks: &[&CheckTrace],
    bounds: &MutationRequest<'_>,
) -> Option<RuleMutation> {
    let (query, syntax) = (subject.rule.query.as_ref()?, subject.syntax.as_ref()?);
    let (mutants, others) = selected_mutants(subject, &scenario.rule_file, bounds.selects)?;
    if checks.is_empty() || (mutants.is_empty() && others) {
        return None;
    }
    let rule = &subject.rule;
    let statuses = match syntax {
        _ if rule.kind.is_stateful() => {
            stateful::statuses((rule, syntax), checks, &mutants, bounds.progress)
        }
        Syntax::Esql(_) => rows::statuses(syntax, checks, &mutants, bounds.progress),
        _ => runner::MutantRunner::new(syntax, checks).statuses(&mutants, bounds.progress),
    };
    let tried = mutants
        .into_iter()
        .zip(statuses)
        .map(|(mutant, status)| TriedMutant {
            operator: mutant.operator,
            place: place(subject, query, &mutant),
            before: mutant.before,
            after: mutant.after,
            case: mutant.case,
            status,
        });
    Some(RuleMutation {
        rule_file: scenario.rule_file.clone(),
        rule_id: scenario.rule_id.clone(),
        rule_name: scenario.rule_name.clone(),
        mutants: tried.collect(),
    })
}
