//! Finds out which rules of a project are tested, and why others are not.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::Project;
use super::files::in_order;
use super::rule_files::{self, EXTENSIONS, is_rule};
use super::target::Target;
use crate::data_source::Catalogue;
use crate::diagnostic::Diagnostic;
use crate::replay::Subject;
use crate::replay::census::{RuleCensus, RuleEntry, TestedState};
use crate::rule::{Loaded, Rule};

/// The rules below the targets (all of the project without a target), and those that the loaded
/// scenarios test. `subjects` has an entry for each file that a scenario names; `None` for one that
/// could not be loaded. Beside them why rules that no scenario names cannot be loaded.
pub(super) fn census(
    project: &Project<'_>,
    targets: &[Target],
    subjects: &BTreeMap<String, Option<&Subject>>,
    catalogue: &Catalogue,
) -> (RuleCensus, Vec<Diagnostic>) {
    let mut names: BTreeSet<String> = subjects.keys().cloned().collect();
    names.extend(project.rule_names(targets).unwrap_or_default());
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_by(|one, other| in_order(one, other));
    let entries = |name: &String| match subjects.get(name) {
        Some(Some(subject)) => vec![(
            of_subject(subject, catalogue, TestedState::Tested),
            Vec::new(),
        )],
        Some(None) => vec![(not_loaded(name), Vec::new())],
        None => match rule_files::read(project.files, name) {
            Ok(rules) => rules
                .into_iter()
                .filter(|(name, _)| !subjects.contains_key(name))
                .filter_map(|(name, read)| untested(&name, read, catalogue))
                .collect(),
            Err(diagnostic) => vec![(not_loaded(name), vec![*diagnostic])],
        },
    };
    let found: Vec<(RuleEntry, Vec<Diagnostic>)> =
        names.par_iter().flat_map_iter(entries).collect();
    let (rules, diagnostics): (Vec<RuleEntry>, Vec<Vec<Diagnostic>>) = found.into_iter().unzip();
    (
        RuleCensus(rules),
        diagnostics.into_iter().flatten().collect(),
    )
}

/// A rule that no scenario names, and its errors; `None` for one that is deprecated.
fn untested(
    name: &str,
    read: Loaded,
    catalogue: &Catalogue,
) -> Option<(RuleEntry, Vec<Diagnostic>)> {
    let errors: Vec<Diagnostic> = read
        .diagnostics
        .into_iter()
        .filter(Diagnostic::is_error)
        .collect();
    let Some(rule) = read.rule.filter(|_| errors.is_empty()) else {
        return Some((not_loaded(name), errors));
    };
    if rule.maturity.as_deref() == Some("deprecated") {
        return None;
    }
    let syntax = match rule_files::parsed(&rule) {
        Ok(syntax) => syntax,
        Err(errors) => return Some((not_loaded(name), errors)),
    };
    let subject = Subject {
        file: name.to_owned(),
        rule,
        syntax,
    };
    Some((
        of_subject(&subject, catalogue, TestedState::Untested),
        errors,
    ))
}

fn of_subject(subject: &Subject, catalogue: &Catalogue, can_run: TestedState) -> RuleEntry {
    let Rule { id, name, .. } = &subject.rule;
    RuleEntry {
        file: subject.file.clone(),
        id: id.clone(),
        name: name.clone(),
        standing: standing(subject, catalogue).unwrap_or(can_run),
    }
}

/// Why a rule cannot be run; `None` where it can.
fn standing(subject: &Subject, catalogue: &Catalogue) -> Option<TestedState> {
    if let Some(what) = subject.unsupported() {
        return Some(TestedState::Unsupported(what));
    }
    let patterns = subject.patterns();
    let is_served = catalogue.is_served(&patterns);
    let patterns = patterns.included().map(str::to_owned);
    (!is_served).then(|| TestedState::Unshaped(patterns.collect()))
}

fn not_loaded(name: &str) -> RuleEntry {
    RuleEntry {
        file: name.to_owned(),
        id: String::new(),
        name: String::new(),
        standing: TestedState::NotLoaded,
    }
}

impl Project<'_> {
    /// The rule files below the targets (all of the project without a target), without those that
    /// are deprecated by their place.
    pub fn rule_names(&self, targets: &[Target]) -> Result<BTreeSet<String>, Box<Diagnostic>> {
        let mut all: BTreeSet<String> = BTreeSet::new();
        let deprecated = |name: &String| name.split('/').any(|part| part == "_deprecated");
        let below_rules = |name: &str| {
            let mut rules = self.layouts.iter().flat_map(|layout| &layout.rules);
            rules.any(|rules| super::files::below(name, rules).is_some())
        };
        let directories: Vec<&str> = if targets.is_empty() {
            let rules = self.layouts.iter().flat_map(|layout| &layout.rules);
            rules.map(String::as_str).collect()
        } else {
            let paths = targets.iter().filter_map(|target| match target {
                Target::Path(name) if below_rules(name) => Some(name.as_str()),
                _ => None,
            });
            paths.collect()
        };
        for rules in directories {
            let rules = rule_files::file_of(rules);
            if is_rule(rules) || self.files.exists(rules) {
                let names = self.files.find(rules, EXTENSIONS)?;
                all.extend(names.into_iter().filter(|name| !deprecated(name)));
            }
        }
        Ok(all)
    }
}
