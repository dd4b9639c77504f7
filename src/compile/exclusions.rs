//! Documents that a rule never sees: those that its own `filters` or an exception list exclude.
//! They are hidden from every stage of a query, `until` and missing events included
//! (`docs/production.md`).
//!
//! [`Exclusions`] are Query DSL, as they are written. [`Exclusions::on`] lowers them for the types
//! of fields, as a query is lowered, to [`CompiledExclusions`], which the evaluator runs.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::field_types::{DynamicFields, dynamic_fields};
use super::fields_read::FieldsRead;
use super::refusal::{Refused, RefusedBy};
use super::syntax::over_limit;
use crate::diagnostic::failure::ExclusionName;
use crate::diagnostic::{Diagnostic, SourceText, Span};
use crate::evaluate::QueryFailure;
use crate::evaluate::document::DocumentTest;
use crate::event::schema::{MappedField, Origin};
use crate::event::time::DateFormat;
use crate::event::{Event, FieldType, Mapping, Schema, Timestamp};
use crate::language::dsl::error::{REFUSED, Refusal, UNSUPPORTED};
use crate::language::dsl::lower::Lowering;
use crate::language::dsl::query::Query;
use crate::plan::Filter;
use crate::rule::{ExceptionItem, Rule, ThreatMatch};

/// What hides documents from a rule.
#[derive(Debug, Clone, Default)]
pub struct Exclusions {
    /// Each with its place.
    filters: Vec<(Query, Span)>,
    /// The file of the filters.
    source: Option<Arc<SourceText>>,
    exceptions: Vec<Arc<ExceptionItem>>,
    /// What date math and the ends of exceptions count from; the time of each event without.
    now: Option<Timestamp>,
}

/// What hides one document.
#[derive(Debug, Clone, Copy)]
pub enum Exclusion<'e> {
    /// A filter of the rule by its number, which the document does not meet.
    Filter(usize, &'e Query),
    /// An exception, which the document meets.
    Exception(&'e ExceptionItem),
}

impl Exclusion<'_> {
    /// Its condition.
    pub fn condition(&self) -> &Query {
        match self {
            Self::Filter(_, filter) => filter,
            Self::Exception(item) => &item.filter,
        }
    }
}

impl fmt::Display for Exclusion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Filter(..) => f.write_str("filters"),
            Self::Exception(item) => item.fmt(f),
        }
    }
}

impl fmt::Display for Exclusions {
    /// A condition a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (query, _) in &self.filters {
            writeln!(f, "{query}")?;
        }
        for item in &self.exceptions {
            writeln!(f, "{}", item.filter)?;
        }
        Ok(())
    }
}

impl Exclusions {
    /// The rule's own filters, the exceptions that its file holds, and these.
    pub fn new(rule: &Rule, exceptions: Vec<Arc<ExceptionItem>>) -> Self {
        let own = rule.exceptions.iter().cloned();
        let query = rule.query.as_ref();
        Self {
            filters: rule.production.filters.clone(),
            source: query.map(|query| Arc::clone(query.text.source())),
            exceptions: own.chain(exceptions).collect(),
            now: None,
        }
    }

    /// What hides indicators from an indicator-match rule: its `threat_filters`, and its exceptions,
    /// which Kibana holds against indicators as well.
    pub fn of_indicators(
        rule: &Rule,
        settings: &ThreatMatch,
        exceptions: Vec<Arc<ExceptionItem>>,
    ) -> Self {
        Self {
            filters: settings.filters.clone(),
            ..Self::new(rule, exceptions)
        }
    }

    /// Date math and the ends of exceptions count from `now`, rather than from each event's time.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = Some(now);
        self
    }

    /// Whether nothing is hidden.
    pub fn is_empty(&self) -> bool {
        self.filters.is_empty() && self.exceptions.is_empty()
    }

    /// The fields that are read.
    pub fn fields(&self) -> FieldsRead {
        let mut fields = FieldsRead::default();
        let filters = self.filters.iter().map(|(filter, _)| filter);
        let exceptions = self.exceptions.iter().map(|item| &item.filter);
        for query in filters.chain(exceptions) {
            fields.add_query(query);
        }
        fields
    }

    /// Compiles them for fields of these types. A field that is not among them has, in each event,
    /// the type of its values, as dynamic mapping gives it.
    pub fn on(self, types: Mapping) -> Result<CompiledExclusions, Refused> {
        let schema = Schema::new(vec![types]);
        let now = self.now.unwrap_or_default();
        let lowered = self.lower(&schema, now)?;
        let is_dated = match self.now {
            Some(_) => false,
            // Date math is all that depends on the time.
            None => lowered != self.lower(&schema, ANOTHER_TIME)?,
        };
        Ok(CompiledExclusions {
            tests: Arc::new(Tests::new(&self, &lowered)?),
            reads: self.fields(),
            is_dated,
            schema,
            of: self,
            on_dynamic: Mutex::default(),
        })
    }

    /// Each filter, then each exception, as a condition on documents.
    fn lower(&self, schema: &Schema, now: Timestamp) -> Result<Vec<Filter>, Refused> {
        let lower = |query: &Query, place: &dyn Fn() -> Place| {
            if let Some(too_long) = over_limit(query.pattern_bytes()) {
                return Err(place().refused(&too_long.into()));
            }
            let mut lowering = Lowering::new(schema, now);
            let predicate = lowering.predicate(query);
            let predicate = predicate.map_err(|refusal| place().refused(&refusal))?;
            Ok(Filter {
                predicate,
                fields: lowering.fields.into(),
            })
        };
        let filters = self.filters.iter();
        let filters = filters.map(|(query, span)| lower(query, &|| self.place(*span)));
        let exceptions = self.exceptions.iter();
        let exceptions = exceptions.map(|item| lower(&item.filter, &|| Place::of(item)));
        filters.chain(exceptions).collect()
    }

    fn place(&self, span: Span) -> Place {
        Place {
            source: self.source.clone(),
            span,
            name: ExclusionName::Filters,
        }
    }

    /// The place of the condition of this number, as [`Exclusions::lower`] counts them.
    fn place_of(&self, number: usize) -> Place {
        if let Some((_, span)) = self.filters.get(number) {
            return self.place(*span);
        }
        let item = number.checked_sub(self.filters.len());
        let item = item.and_then(|number| self.exceptions.get(number));
        item.map_or_else(|| self.place(Span::default()), |item| Place::of(item))
    }
}

/// Later than the beginning of time by parts of every unit that date math knows.
const ANOTHER_TIME: Timestamp = Timestamp::from_millis(1_234_567_890_123);

/// For this many sets of dynamic fields the compiled conditions are kept.
const MOST_KEPT: usize = 256;

/// Where a condition is written.
struct Place {
    source: Option<Arc<SourceText>>,
    span: Span,
    name: ExclusionName,
}

impl Place {
    fn of(item: &ExceptionItem) -> Self {
        Self {
            source: Some(Arc::clone(&item.source)),
            span: item.span,
            name: ExclusionName::Exception {
                exception: item.name.clone(),
            },
        }
    }

    fn refused(&self, refusal: &Refusal) -> Refused {
        let unsupported = matches!(refusal, Refusal::Unsupported(_));
        let why = RefusedBy::Exclusion {
            exclusion: self.name.clone(),
            why: Box::new(refusal.clone().into()),
        };
        self.because(why, unsupported)
    }

    fn failed(&self, failure: &QueryFailure) -> Refused {
        let why = RefusedBy::FailedExclusion {
            exclusion: self.name.clone(),
            why: Box::new(failure.kind.clone()),
        };
        self.because(why, failure.is_unsupported())
    }

    fn because(&self, why: RefusedBy, unsupported: bool) -> Refused {
        let code = if unsupported { UNSUPPORTED } else { REFUSED };
        let diagnostic = Diagnostic::of(code, &why);
        Refused {
            diagnostics: vec![match &self.source {
                Some(source) => diagnostic.at(source, self.span, ""),
                None => diagnostic,
            }],
            why,
            unsupported,
        }
    }
}

/// What hides documents from a rule, compiled for the types of fields.
#[derive(Debug)]
pub struct CompiledExclusions {
    of: Exclusions,
    /// One mapping.
    schema: Schema,
    reads: FieldsRead,
    /// For documents whose fields are all in the mapping.
    tests: Arc<Tests>,
    /// Some condition counts from the time of each event.
    is_dated: bool,
    /// By the fields that a document has beyond the mapping, with their types.
    on_dynamic: Mutex<BTreeMap<DynamicFields, OnDynamic>>,
}

type OnDynamic = Result<Arc<Tests>, Arc<Refused>>;

/// The conditions, one each.
#[derive(Debug)]
struct Tests {
    filters: Vec<DocumentTest>,
    exceptions: Vec<DocumentTest>,
}

impl Tests {
    fn new(of: &Exclusions, lowered: &[Filter]) -> Result<Self, Refused> {
        let compile = |(number, filter): (usize, &Filter)| {
            let test = DocumentTest::of_filter(filter);
            test.map_err(|failure| of.place_of(number).failed(&failure))
        };
        let tests = lowered.iter().enumerate().map(compile);
        let mut filters = tests.collect::<Result<Vec<_>, _>>()?;
        let exceptions = filters.split_off(of.filters.len().min(filters.len()));
        Ok(Self {
            filters,
            exceptions,
        })
    }
}

impl CompiledExclusions {
    /// Whether nothing is hidden.
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// The exceptions.
    pub(super) fn exceptions(&self) -> &[Arc<ExceptionItem>] {
        &self.of.exceptions
    }

    /// The fields whose types they were compiled for.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &MappedField)> {
        self.schema.mappings().iter().flat_map(Mapping::fields)
    }

    /// All that hides an event.
    pub fn of_event(&self, event: &Event) -> Result<Vec<Exclusion<'_>>, Arc<Refused>> {
        let mut found = Vec::new();
        if self.is_empty() {
            return Ok(found);
        }
        let now = self.of.now.unwrap_or_else(|| time_of(event));
        let tests = self.tests(event, now)?;
        let holds = |number: usize, test: &DocumentTest| {
            let failed = |failure| Arc::new(self.of.place_of(number).failed(&failure));
            test.holds(event).map_err(failed)
        };
        let filters = self.of.filters.iter().zip(&tests.filters);
        for (number, ((query, _), test)) in filters.enumerate() {
            if !holds(number, test)? {
                found.push(Exclusion::Filter(number, query));
            }
        }
        let first = self.of.filters.len();
        let exceptions = self.of.exceptions.iter().zip(&tests.exceptions);
        for (number, (item, test)) in exceptions.enumerate() {
            let is_current = item.expires.is_none_or(|expires| expires > now);
            if is_current && holds(first + number, test)? {
                found.push(Exclusion::Exception(item));
            }
        }
        Ok(found)
    }

    /// Whether the event is hidden.
    pub fn hides(&self, event: &Event) -> Result<bool, Arc<Refused>> {
        Ok(!self.of_event(event)?.is_empty())
    }

    /// Hides the event if the rule never sees it although its index patterns select it; whether it
    /// does.
    pub fn hide(&self, event: &mut Event) -> Result<bool, Arc<Refused>> {
        if event.unrouted {
            return Ok(false);
        }
        let first = self.of_event(event)?.first().map(Exclusion::to_string);
        event.unrouted = first.is_some();
        event.excluded_by = first.map(String::into_boxed_str);
        Ok(event.unrouted)
    }

    /// The tests for the types that the event's fields have.
    fn tests(&self, event: &Event, now: Timestamp) -> OnDynamic {
        let mapped = self.schema.mappings().first();
        let is_dynamic = |path: &str| {
            self.reads.reads(path) && mapped.is_none_or(|mapping| mapping.find(path).is_none())
        };
        let dynamic = dynamic_fields([event], is_dynamic);
        if self.is_dated {
            return self.compile(&dynamic, now);
        }
        if dynamic.is_empty() {
            return Ok(Arc::clone(&self.tests));
        }
        let known = self.on_dynamic.lock();
        let mut known = known.unwrap_or_else(PoisonError::into_inner);
        if let Some(tests) = known.get(&dynamic) {
            return tests.clone();
        }
        if known.len() >= MOST_KEPT {
            known.clear();
        }
        let tests = self.compile(&dynamic, now);
        known.insert(dynamic, tests.clone());
        tests
    }

    fn compile(&self, dynamic: &DynamicFields, now: Timestamp) -> OnDynamic {
        let mut mappings = self.schema.mappings().to_vec();
        for mapping in &mut mappings {
            for (path, type_name) in dynamic {
                mapping.add(path, FieldType::named(type_name), Origin::Dynamic);
            }
        }
        let lowered = self.of.lower(&Schema::new(mappings), now)?;
        Ok(Arc::new(Tests::new(&self.of, &lowered)?))
    }
}

/// When an event happened; the epoch where it does not say.
fn time_of(event: &Event) -> Timestamp {
    let format = DateFormat::default();
    let values = event.values("@timestamp").iter();
    let mut times = values.filter_map(|value| format.parse(value.raw().as_text()));
    times.next().unwrap_or_default()
}
