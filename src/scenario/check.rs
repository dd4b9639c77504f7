//! Holds a scenario against the data sources on which it runs: every source, kind of event and
//! field that it names exists, and every value is one of its field's type. Called by whoever
//! loads scenarios, once it is known which sources the rule claims.

use std::sync::Arc;

use super::case::Case;
use super::error::{MISSING, UNKNOWN_FIELD, UNKNOWN_KIND};
use super::event::{FieldChange, Operation};
use super::expand::{self, Which, drafts};
use super::expectation::Expectations;
use super::meaning;
use super::model::Scenario;
use super::names::FieldName;
use super::reader::{Located, listed};
use super::tidy;
use crate::data_source::error::UNKNOWN_SOURCE;
use crate::data_source::{Catalogue, DataSource, Kind};
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Diagnostic, SourceText, Span};

/// Everything that is wrong with a scenario that runs on `sources`, by place.
pub fn check(
    scenario: &Scenario,
    sources: &[&DataSource],
    catalogue: &Catalogue,
    text: &Arc<SourceText>,
) -> Vec<Diagnostic> {
    let mut checker = Checker {
        scenario,
        sources,
        catalogue,
        text,
        diagnostics: Vec::new(),
    };
    checker.source_names();
    checker.unit(Which::Attack);
    for case in &scenario.cases {
        checker.unit(Which::Case(case));
    }
    tidy(checker.diagnostics)
}

struct Checker<'a> {
    scenario: &'a Scenario,
    sources: &'a [&'a DataSource],
    catalogue: &'a Catalogue,
    text: &'a Arc<SourceText>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Checker<'a> {
    fn source_names(&mut self) {
        let scenario = self.scenario;
        let of_cases = scenario.cases.iter().flat_map(|case: &Case| {
            let only = case.only.iter().flatten();
            let skip = case.skip.iter().map(|(source, _)| source);
            only.chain(skip).chain(case.expect.named())
        });
        let of_names = scenario.fields.iter().flat_map(|name| &name.paths);
        let all: Vec<&Located> = scenario
            .sources
            .iter()
            .flatten()
            .chain(scenario.attack.expect.named())
            .chain(of_cases)
            .chain(of_names.map(|(source, _)| source))
            .collect();
        for source in all {
            if self.catalogue.get(&source.text).is_none() {
                self.unknown_source(source);
            }
        }
    }

    fn unknown_source(&mut self, source: &Located) {
        let help = match self.catalogue.suggest(&source.text) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                let known = self
                    .catalogue
                    .sources()
                    .iter()
                    .map(|source| source.name.as_str());
                format!(
                    "the data sources are {}",
                    listed(&known.collect::<Vec<_>>())
                )
            }
        };
        let message = format!("there is no data source `{}`", source.text);
        self.diagnostics.push(
            Diagnostic::error(&UNKNOWN_SOURCE, message)
                .at(self.text, source.span, "unknown source")
                .help(help),
        );
    }

    /// Checks an attack, or what a case adds to it.
    fn unit(&mut self, which: Which<'a>) {
        let drafts = drafts(&self.scenario.attack, which);
        for draft in &drafts {
            self.kind(draft.kind);
        }
        let runs = self.runs(which);
        let produces = |source: &&&DataSource| {
            drafts
                .iter()
                .all(|draft| source.kind(&draft.kind.text).is_some())
        };
        let producing: Vec<&DataSource> = runs.iter().filter(produces).copied().collect();
        let changes: Vec<&FieldChange> = match which {
            Which::Attack => drafts
                .iter()
                .flat_map(|draft| draft.fields.iter().copied())
                .collect(),
            Which::Case(case) => {
                let changed = case.change.iter().flat_map(|change| &change.fields);
                let added = case.add.iter().flat_map(|event| &event.fields);
                changed.chain(added).collect()
            }
        };
        for change in &changes {
            self.change(change, which, &producing);
        }
        let (force, expect, span) = match which {
            Which::Attack => {
                let attack = &self.scenario.attack;
                (&attack.force, &attack.expect, attack.span)
            }
            Which::Case(case) => (&case.force, &case.expect, case.span),
        };
        for field in force {
            let all: Vec<&FieldChange> = drafts
                .iter()
                .flat_map(|draft| draft.fields.iter().copied())
                .collect();
            self.force(field, &all, &producing);
        }
        self.with(expect, &producing);
        self.expected(expect, span, &runs);
    }

    /// The sources on which an attack or a case runs.
    fn runs(&self, which: Which<'_>) -> Vec<&'a DataSource> {
        let runs = self.sources.iter().copied().filter(|source| match which {
            Which::Attack => true,
            Which::Case(case) => case.is_for(&source.name) && case.skips(&source.name).is_none(),
        });
        runs.collect()
    }

    /// Reports a kind of event that no data source knows.
    fn kind(&mut self, kind: &Located) {
        let mut sources = self.catalogue.sources().iter();
        if sources.any(|source| source.kind(&kind.text).is_some()) {
            return;
        }
        let mut known: Vec<String> = Vec::new();
        for name in self
            .catalogue
            .sources()
            .iter()
            .flat_map(|source| &source.kinds)
            .map(Kind::name)
        {
            if !known.contains(&name) {
                known.push(name);
            }
        }
        let help = match nearest(&kind.text, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the kinds of event are {}", listed(&known)),
        };
        let message = format!("no data source has events of kind `{}`", kind.text);
        self.diagnostics.push(
            Diagnostic::error(UNKNOWN_KIND, message)
                .at(self.text, kind.span, "unknown kind")
                .help(help),
        );
    }

    fn change(&mut self, change: &FieldChange, which: Which<'_>, runs: &[&DataSource]) {
        let names = &self.scenario.fields;
        let mut faults = Vec::new();
        let mut fine = Vec::new();
        for source in runs {
            let force = expand::forced(self.scenario, which, source);
            let forced = expand::is_forced(change, names, source, &force);
            match meaning::of(change, names, source, forced) {
                Ok(_) => fine.push(*source),
                Err(fault) => faults.push((*source, fault)),
            }
        }
        self.diagnostics.extend(meaning::explain(
            self.text,
            names,
            &change.field,
            &faults,
            &fine,
        ));
    }

    /// A forced field is one that some source knows, or that an event of the case sets.
    fn force(&mut self, field: &FieldName, changes: &[&FieldChange], runs: &[&DataSource]) {
        let set = changes.iter().any(|change| change.field.text == field.text);
        if !set {
            self.known_field(field, runs);
        }
    }

    fn with(&mut self, expect: &Expectations, runs: &[&DataSource]) {
        let fields: Vec<&FieldName> = expect
            .all()
            .flat_map(|expectation| &expectation.with)
            .map(|(field, _)| field)
            .collect();
        for field in fields {
            self.known_field(field, runs);
        }
    }

    /// Reports a field that none of the sources knows.
    fn known_field(&mut self, field: &FieldName, runs: &[&DataSource]) {
        let names = &self.scenario.fields;
        let change = FieldChange {
            field: field.clone(),
            operation: Operation::Remove,
        };
        let faults: Vec<_> = runs
            .iter()
            .filter_map(|source| Some((*source, meaning::of(&change, names, source, false).err()?)))
            .collect();
        if faults.len() == runs.len() && !runs.is_empty() {
            let mut found = meaning::explain(self.text, names, field, &faults, &[]);
            found.retain(|diagnostic| diagnostic.code == UNKNOWN_FIELD);
            self.diagnostics.append(&mut found);
        }
    }

    /// A scenario without `sources:` runs wherever its rule does.
    fn expected(&mut self, expect: &Expectations, span: Span, runs: &[&DataSource]) {
        if self.scenario.sources.is_some() {
            return;
        }
        let missing = runs
            .iter()
            .filter(|source| expect.for_source(&source.name).is_none());
        let missing: Vec<&str> = missing.map(|source| source.name.as_str()).collect();
        if !missing.is_empty() {
            let message = format!("nothing says what is expected on {}", listed(&missing));
            self.diagnostics.push(
                Diagnostic::error(MISSING, message)
                    .at(self.text, span, "runs there, too")
                    .help("name it under `expect`, or restrict the scenario with `sources:`"),
            );
        }
    }
}
