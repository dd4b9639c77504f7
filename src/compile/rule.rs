//! A rule compiled for all data sources that it claims together, as `scan` and `diff --captures`
//! run it.

use std::sync::Arc;

use super::exception_lists::ExceptionLists;
use super::exclusions::{CompiledExclusions, Exclusions};
use super::field_types::AnySource;
use super::grouping;
use super::indicator_side::IndicatorSide;
use super::query::{Query, request_fields};
use super::refusal::{CompileError, Refused, Unsupported, is_executed, supported};
use super::syntax::Syntax;
use crate::data_source::constants::Constants;
use crate::data_source::{Catalogue, IndexPatterns};
use crate::event::schema::MappedField;
use crate::event::{Event, FieldType, Mapping, Schema, Timestamp};
use crate::language::eql::OptionalFields;
use crate::language::{dsl, kql};
use crate::plan::Plan;
use crate::plan::pipeline::Pipeline;
use crate::rule::{self, ExceptionItem, Language, Rule, RuleKind};

/// A rule that runs.
#[derive(Debug, Clone)]
pub struct CompiledRule {
    /// The rule.
    pub rule: Arc<Rule>,
    /// Which events it sees.
    pub patterns: IndexPatterns,
    /// What it asks.
    pub plan: Plan,
    /// What an ES|QL query does with the documents that the plan selects, which are at least all
    /// that count.
    pub pipeline: Option<Arc<Pipeline>>,
    /// What every document of an index has.
    pub constants: Arc<Constants>,
    /// The indicators that a rule compares its events with.
    pub indicators: Option<Arc<IndicatorSide>>,
    /// The documents that it never sees.
    pub(super) exclusions: Arc<CompiledExclusions>,
    /// The types of the fields that the rule names beside its query.
    types: Mapping,
    /// The exception lists that it refers to and that were not given.
    pub missing_lists: Vec<String>,
}

impl CompiledRule {
    /// The exception lists that it refers to.
    pub fn lists(&self) -> impl Iterator<Item = &str> {
        let lists = self.rule.production.exception_lists.iter();
        lists.map(|list| list.list_id.as_str())
    }

    /// Whether anything hides documents from it.
    pub fn has_exclusions(&self) -> bool {
        !self.exclusions.is_empty()
    }

    /// Whether its alerts come of executions.
    pub fn is_executed(&self) -> bool {
        is_executed(&self.rule)
    }

    /// The fields that the rule names beside its query.
    pub fn named_fields(&self) -> impl Iterator<Item = &str> {
        named_fields(&self.rule)
    }

    /// A field that the rule names beside its query: how its values are read.
    pub fn field(&self, path: &str) -> Option<MappedField> {
        self.types.find(path)
    }

    /// Hides the event if its filters or an exception do. Elasticsearch may refuse one of them for
    /// the types of the event's fields.
    pub fn hide(&self, event: &mut Event) -> Result<(), Arc<Refused>> {
        self.exclusions.hide(event).map(|_| ())
    }

    /// Whether its filters or an exception hide the event.
    pub fn hides(&self, event: &Event) -> Result<bool, Arc<Refused>> {
        self.exclusions.hides(event)
    }
}

/// Compiles rules; remembers the types of fields, which many rules ask for.
#[derive(Debug)]
pub struct RuleCompiler<'c> {
    types: AnySource<'c>,
    constants: Arc<Constants>,
    exceptions: &'c ExceptionLists,
    now: Timestamp,
    has_texts: bool,
    indicators: Option<Arc<[Event]>>,
    executed_at: Option<Timestamp>,
}

impl<'c> RuleCompiler<'c> {
    /// A compiler for the sources of a catalogue, without the texts of clauses; `now` is what date
    /// math in rules counts from.
    pub fn new(catalogue: &'c Catalogue, exceptions: &'c ExceptionLists, now: Timestamp) -> Self {
        Self {
            types: AnySource::new(catalogue),
            constants: Arc::new(Constants::new(catalogue)),
            exceptions,
            now,
            has_texts: false,
            indicators: None,
            executed_at: None,
        }
    }

    /// Clauses get their texts, for callers that ask which of them decided.
    #[must_use]
    pub fn with_texts(mut self) -> Self {
        self.has_texts = true;
        self
    }

    /// The indicators that indicator-match rules compare events with. Without them such a rule is
    /// not compiled.
    #[must_use]
    pub fn with_indicators(mut self, indicators: Option<Arc<[Event]>>) -> Self {
        self.indicators = indicators;
        self
    }

    /// Rules that are compiled from now on are executed at this time alone: exceptions end by it, not
    /// by the time of each event.
    pub fn execute_at(&mut self, time: Timestamp) {
        self.executed_at = Some(time);
    }

    /// The exceptions that apply to a rule: those that its file holds, and those of the lists that it
    /// refers to.
    pub fn exceptions_of(&self, rule: &Rule) -> Vec<Arc<ExceptionItem>> {
        let own = rule.exceptions.iter().cloned();
        own.chain(self.exceptions.of(rule).items).collect()
    }

    /// A rule's KQL query as the Query DSL into which Kibana translates it, with the types of the fields in the
    /// rule's indices.
    pub fn translated(&mut self, rule: &Rule, query: &rule::Query) -> Result<dsl::Query, Refused> {
        let refused = |errors: Vec<_>| Refused::new(&errors, &query.text);
        let syntax = Syntax::parse(Language::Kuery, query.text.text()).map_err(refused)?;
        let Syntax::Kuery(tree) = &syntax else {
            return Ok(dsl::Query::MatchAll);
        };
        let settings = request_fields(&rule.fields);
        let patterns = IndexPatterns::new(rule.index.iter().map(|(pattern, _)| pattern.as_str()));
        let mapping = self.types.mapping_of(&patterns, &syntax, &settings);
        let view = Schema::new(vec![mapping]);
        kql::translate(tree, &view, &kql::Options::of_rules()).map_err(refused)
    }

    /// What hides documents from a rule.
    fn exclusions(
        &mut self,
        rule: &Rule,
        items: Vec<Arc<ExceptionItem>>,
        patterns: &IndexPatterns,
    ) -> Result<CompiledExclusions, Refused> {
        let exclusions = Exclusions::new(rule, items);
        let exclusions = match self.executed_at {
            Some(time) => exclusions.at(time),
            None => exclusions,
        };
        let types = self.types.known(patterns, &exclusions.fields());
        exclusions.on(types)
    }

    /// Compiles a rule.
    pub fn compile(&mut self, rule: Arc<Rule>) -> Result<CompiledRule, CompileError> {
        let text = supported(&rule).map_err(CompileError::Unsupported)?;
        if let (RuleKind::ThreatMatch(_), None) = (&rule.kind, &self.indicators) {
            return Err(CompileError::Unsupported(Unsupported::WithoutIndicators));
        }
        let refused = |errors: Vec<_>| CompileError::Refused(Refused::new(&errors, text));
        let language = rule
            .query
            .as_ref()
            .map_or(Language::Eql, |query| query.language);
        let syntax = Syntax::parse(language, text.text()).map_err(refused)?;
        let settings = request_fields(&rule.fields);
        let patterns = IndexPatterns::new(rule.index.iter().map(|(pattern, _)| pattern.as_str()));
        let mut mapping = self.types.mapping_of(&patterns, &syntax, &settings);
        let mut pipeline = None;
        let mut selection = None;
        if let Syntax::Esql(query) = &syntax {
            without_constants(&mut mapping);
            selection = Some(Syntax::Kuery(query.selection(&mapping)));
            let schema = Schema::new(vec![mapping.clone()]);
            pipeline = Some(Arc::new(query.compile(&schema).map_err(refused)?));
        }
        let schema = Schema::new(vec![mapping]);
        let query = Query {
            syntax: selection.as_ref().unwrap_or(&syntax),
            schema: &schema,
            settings: &settings,
            now: self.now,
        };
        if selection.is_none() && query.depends_on_now() {
            return Err(CompileError::Unsupported(Unsupported::CountsFromNow));
        }
        let plan = if self.has_texts {
            query.plan(OptionalFields::Missing)
        } else {
            query.plan_without_texts()
        };
        let plan = plan.map_err(refused)?;
        let linked = self.exceptions.of(&rule);
        let exclusions = self.exclusions(&rule, linked.items.clone(), &patterns);
        let exclusions = exclusions.map_err(CompileError::Refused)?;
        let named: Vec<&str> = named_fields(&rule).collect();
        let types = self.types.mapping_of_fields(&patterns, &named);
        grouping::check(&rule, &types).map_err(CompileError::Refused)?;
        let indicators = match (&rule.kind, &self.indicators) {
            (RuleKind::ThreatMatch(own), Some(documents)) => {
                let (catalogue, items) = (self.types.catalogue(), linked.items);
                let side = IndicatorSide::new(&rule, own, catalogue, documents, items, &types)?;
                Some(Arc::new(side))
            }
            _ => None,
        };
        Ok(CompiledRule {
            constants: Arc::clone(&self.constants),
            indicators,
            types,
            patterns,
            plan,
            pipeline,
            exclusions: Arc::new(exclusions),
            missing_lists: linked.missing,
            rule,
        })
    }
}

/// The fields that a rule names beside its query: those of its kind, and those by whose typed values
/// its alerts are suppressed.
pub(super) fn named_fields(rule: &Rule) -> impl Iterator<Item = &str> {
    rule.kind.fields().into_iter().chain(rule.bucket_fields())
}

/// A recording has documents of several indices: each has the constants that it carries.
fn without_constants(mapping: &mut Mapping) {
    for field in mapping.fields_mut() {
        if let FieldType::ConstantKeyword { value } = &mut field.field_type {
            *value = None;
        }
    }
}
