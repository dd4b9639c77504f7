//! Hides documents from a rule's query that the rule's filters or exceptions exclude. The filter
//! applies to every stage, `until` and missing events included (`docs/production.md`).

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use super::case_events::CaseEvents;
use crate::compile::{CompiledExclusions, Exclusion, Exclusions, Refused};
use crate::data_source::DataSource;
use crate::diagnostic::observation::Pairs;
use crate::diagnostic::{Diagnostic, SourceText};
use crate::event::Event;
use crate::event::io::FilesBeside;
use crate::language::dsl::Query;
use crate::replay::error;
use crate::replay::{START, Test};
use crate::rule::{
    ExceptionItem, LoadedExceptions, Rule, ThreatMatch, UnreadList, load_exceptions,
};
use crate::scenario::Case;
use crate::scenario::model::{Located, Scenario};

/// An exception that a rule is linked to.
#[derive(Debug, Clone)]
pub struct LinkedException {
    /// The item.
    pub item: Arc<ExceptionItem>,
    /// The fields that it reads and no data source of the rule has.
    pub unmapped: Vec<String>,
}

/// The exceptions that a scenario and its cases name, by file.
#[derive(Debug, Default)]
pub(in crate::replay) struct Exceptions {
    by_file: BTreeMap<String, Vec<Arc<ExceptionItem>>>,
    /// What is wrong with the files.
    pub(in crate::replay) diagnostics: Vec<Diagnostic>,
}

/// The exceptions that a scenario and its cases name, in the order of their files' names. What
/// cannot be read is none.
pub fn exceptions_of(test: &Test<'_>, files: &dyn FilesBeside) -> Vec<Arc<ExceptionItem>> {
    let loaded = Exceptions::load(test, files);
    loaded.by_file.into_values().flatten().collect()
}

impl Exceptions {
    /// Reads the files, each once.
    pub(in crate::replay) fn load(test: &Test<'_>, files: &dyn FilesBeside) -> Self {
        let mut exceptions = Self::default();
        let scenario = test.scenario;
        let of_cases = scenario.cases.iter().flat_map(|case| &case.exceptions);
        for file in scenario.exceptions.iter().chain(of_cases) {
            if !exceptions.by_file.contains_key(&file.value) {
                let items = exceptions.read(test, file, files);
                exceptions.by_file.insert(file.value.clone(), items);
            }
        }
        exceptions
    }

    fn read(
        &mut self,
        test: &Test<'_>,
        file: &Located<String>,
        files: &dyn FilesBeside,
    ) -> Vec<Arc<ExceptionItem>> {
        let text = match text_beside(files, test.scenario_file, &file.value) {
            Ok(text) => text,
            Err(why) => {
                let source = &test.scenario.source;
                let diagnostic = Diagnostic::of(&error::BAD_EXCEPTIONS, &why)
                    .at(source, file.span, "")
                    .help("the path is relative to the scenario file");
                self.diagnostics.push(diagnostic);
                return Vec::new();
            }
        };
        let name = resolve_relative(test.scenario_file, &file.value);
        let loaded = read_list(&SourceText::new(name, text), files);
        self.diagnostics.extend(loaded.diagnostics);
        loaded.items.into_iter().map(Arc::new).collect()
    }

    /// All items, with the fields that none of the rule's sources has.
    pub(in crate::replay) fn linked(&self, sources: &[&DataSource]) -> Vec<LinkedException> {
        let items = self.by_file.values().flatten();
        let linked = items.map(|item| {
            let fields = item.filter.fields().into_iter();
            let unmapped = |field: &String| {
                let mut sources = sources.iter();
                sources.all(|source| source.field_type(field).is_none())
            };
            LinkedException {
                item: Arc::clone(item),
                unmapped: fields.filter(unmapped).collect(),
            }
        });
        linked.collect()
    }

    /// What hides events from the attack or a case.
    pub(in crate::replay) fn of(
        &self,
        rule: &Rule,
        scenario: &Scenario,
        case: Option<&Case>,
    ) -> Exclusions {
        let own = case.into_iter().flat_map(|case| &case.exceptions);
        let files = scenario.exceptions.iter().chain(own);
        let items = files.filter_map(|file| self.by_file.get(&file.value));
        Exclusions::new(rule, items.flatten().cloned().collect()).at(START)
    }

    /// What hides indicators from the attack or a case.
    pub(in crate::replay) fn of_indicators(
        &self,
        rule: &Rule,
        settings: &ThreatMatch,
        scenario: &Scenario,
        case: Option<&Case>,
    ) -> Exclusions {
        let own = case.into_iter().flat_map(|case| &case.exceptions);
        let files = scenario.exceptions.iter().chain(own);
        let items = files.filter_map(|file| self.by_file.get(&file.value));
        let items = items.flatten().cloned().collect();
        Exclusions::of_indicators(rule, settings, items).at(START)
    }

    /// What hides indicators from any of them.
    pub(in crate::replay) fn all_of_indicators(
        &self,
        rule: &Rule,
        settings: &ThreatMatch,
    ) -> Exclusions {
        let items = self.by_file.values().flatten().cloned();
        Exclusions::of_indicators(rule, settings, items.collect()).at(START)
    }

    /// What hides events from any of them.
    pub(in crate::replay) fn all(&self, rule: &Rule) -> Exclusions {
        let items = self.by_file.values().flatten();
        Exclusions::new(rule, items.cloned().collect()).at(START)
    }
}

/// Hides events from the query.
pub(in crate::replay) fn hide(
    exclusions: &CompiledExclusions,
    case_events: &mut CaseEvents,
) -> Result<(), Arc<Refused>> {
    if exclusions.is_empty() {
        return Ok(());
    }
    for (event, facts) in case_events.events.iter_mut().zip(&mut case_events.facts) {
        let mut by: Vec<(String, Pairs)> = Vec::new();
        let mut filters = Vec::new();
        if !event.unrouted {
            for exclusion in exclusions.of_event(event)? {
                let name = exclusion.to_string();
                let filter = match exclusion {
                    Exclusion::Filter(number, _) => Some(number),
                    Exclusion::Exception(_) => None,
                };
                filters.extend(filter);
                if filter.is_none() || !by.iter().any(|(own, _)| *own == name) {
                    by.push((name, seen(exclusion.condition(), event)));
                }
            }
        }
        event.unrouted |= !by.is_empty();
        facts.hidden_by = by;
        facts.filtered_by = filters;
    }
    Ok(())
}

/// The values of the fields that a filter reads.
fn seen(filter: &Query, event: &Event) -> Pairs {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for field in filter.fields() {
        let values: Vec<String> = event
            .values(&field)
            .iter()
            .map(ToString::to_string)
            .collect();
        let pair = (field.clone(), values.join(", "));
        if !values.is_empty() && !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    Pairs(pairs)
}

/// Reads an exception list; value lists stand in files beside it.
pub fn read_list(source: &Arc<SourceText>, files: &dyn FilesBeside) -> LoadedExceptions {
    load_exceptions(source, &mut |id| {
        let list = text_beside(files, source.name(), id);
        list.or_else(|why| text_beside(files, source.name(), &format!("{id}.txt")).map_err(|_| why))
    })
}

fn text_beside(files: &dyn FilesBeside, file: &str, path: &str) -> Result<String, UnreadList> {
    let reader = files
        .open_beside(file, path)
        .map_err(|diagnostic| UnreadList::NotOpened(diagnostic.message))?;
    let mut text = String::new();
    let read = reader
        .take(LARGEST + 1)
        .read_to_string(&mut text)
        .map_err(|error| UnreadList::NotRead {
            path: path.to_owned(),
            said: error.to_string(),
        })?;
    if read as u64 > LARGEST {
        return Err(UnreadList::TooLarge {
            path: path.to_owned(),
            megabytes: LARGEST >> 20,
        });
    }
    Ok(text)
}

/// The largest file of exceptions or of a value list: a larger one is refused, never cut.
const LARGEST: u64 = 16 << 20;

/// The name of a file that is written relative to another.
fn resolve_relative(file: &str, path: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}
