//! Query DSL → tests of events, by the types that a schema gives to fields: what Elasticsearch's
//! query builders and field types do. The only place that knows it, for rule filters, exceptions,
//! KQL and Lucene alike.

mod constant;
mod field;
mod text;

use std::collections::BTreeSet;

use super::error::{Refusal, RefusedCondition, UnsupportedCondition};
use super::query::{Bool, FieldTest, Fields, Query, QueryString};
use crate::event::field::Family;
use crate::event::schema::{MappedField, Origin};
use crate::event::{FieldType, Schema, Timestamp};
use crate::language::lucene::{self, Meaning};
use crate::plan::predicate::WildcardPattern;
use crate::plan::{FieldId, PlanField, Predicate};

/// The most ways to choose the least number of `should` clauses that are written out.
const MOST_CHOICES: usize = 4096;

/// Types of fields that no text is searched in.
const WITHOUT_TERMS: [&str; 8] = [
    "binary",
    "dense_vector",
    "geo_point",
    "geo_shape",
    "histogram",
    "point",
    "shape",
    "sparse_vector",
];

/// Lowers queries for one schema; the predicates share one list of fields.
#[derive(Debug)]
pub struct Lowering<'s> {
    schema: &'s Schema,
    now: Timestamp,
    /// The fields that the predicates read, by their numbers.
    pub fields: Vec<PlanField>,
    /// The paths of the nested groups around what is lowered, the innermost last.
    scope: Vec<String>,
}

/// One way in which some indices of the schema read a field.
struct Reader {
    field_type: FieldType,
    readers: Vec<Option<MappedField>>,
}

impl<'s> Lowering<'s> {
    /// `now` is what date math counts from.
    pub fn new(schema: &'s Schema, now: Timestamp) -> Self {
        Self {
            schema,
            now,
            fields: Vec::new(),
            scope: Vec::new(),
        }
    }

    /// The number of a field; equal fields have one number.
    pub fn field_id(&mut self, field: PlanField) -> FieldId {
        let place = self.fields.iter().position(|known| *known == field);
        let place = place.unwrap_or_else(|| {
            self.fields.push(field);
            self.fields.len() - 1
        });
        FieldId(u16::try_from(place).unwrap_or(u16::MAX))
    }

    /// Whether there are more fields than a plan can number.
    pub fn is_too_large(&self) -> bool {
        self.fields.len() > usize::from(u16::MAX)
    }

    /// Lowers a query.
    pub fn predicate(&mut self, query: &Query) -> Result<Predicate, Refusal> {
        match query {
            Query::MatchAll => Ok(Predicate::Constant(true)),
            Query::MatchNone => Ok(Predicate::Constant(false)),
            Query::Bool(parts) => self.boolean(parts),
            Query::Field {
                fields,
                test,
                lenient,
            } => self.tested(fields, test, *lenient),
            Query::Nested {
                path,
                query,
                ignore_unmapped,
            } => self.nested(path, query, *ignore_unmapped),
            Query::QueryString(string) => self.query_string(string),
            Query::Ids(ids) => {
                let ids = FieldTest::Terms(ids.clone());
                self.tested(&Fields::Name("_id".to_owned()), &ids, false)
            }
        }
    }

    fn all(&mut self, queries: &[Query]) -> Result<Vec<Predicate>, Refusal> {
        queries.iter().map(|query| self.predicate(query)).collect()
    }

    fn boolean(&mut self, parts: &Bool) -> Result<Predicate, Refusal> {
        let mut required = self.all(&parts.must)?;
        required.extend(self.all(&parts.filter)?);
        let least = parts.least();
        // Optional clauses that decide nothing are still checked by Elasticsearch.
        let should = self.all(&parts.should)?;
        if least > 0 {
            required.push(at_least(least, should)?);
        }
        for query in &parts.must_not {
            required.push(self.predicate(query)?.complement());
        }
        Ok(Predicate::all(required))
    }

    fn query_string(&mut self, string: &QueryString) -> Result<Predicate, Refusal> {
        if let Some(zone) = &string.time_zone {
            constant::utc(zone)?;
        }
        let group = lucene::parse(&string.text, string.all).map_err(|error| {
            RefusedCondition::QueryString {
                text: string.text.clone(),
                why: error.cause,
            }
        })?;
        self.predicate(&lucene::query(&group, &Meaning::of(string)))
    }

    fn nested(
        &mut self,
        path: &str,
        query: &Query,
        ignore_unmapped: bool,
    ) -> Result<Predicate, Refusal> {
        let mut mappings = self.schema.mappings().iter();
        let is_nested = mappings.any(|mapping| {
            let field = mapping.get(path);
            field.is_some_and(|field| field.field_type == FieldType::Nested)
        });
        if !is_nested {
            if ignore_unmapped {
                return Ok(Predicate::Constant(false));
            }
            return Err(RefusedCondition::NotNested {
                name: path.to_owned(),
            }
            .into());
        }
        self.scope.push(path.to_owned());
        let inner = self.predicate(query);
        self.scope.pop();
        Ok(Predicate::Nested {
            path: path.to_owned(),
            inner: Box::new(inner?),
        })
    }

    fn tested(
        &mut self,
        fields: &Fields,
        test: &FieldTest,
        lenient: bool,
    ) -> Result<Predicate, Refusal> {
        let names = match fields {
            Fields::Name(name) => vec![name.clone()],
            Fields::Pattern(pattern) => self.searched(pattern, test),
            Fields::All => self.searched("*", test),
        };
        let mut parts = Vec::new();
        for name in names {
            match self.field(&name, test) {
                Ok(part) => parts.push(part),
                Err(Refusal::Elasticsearch(_)) if lenient => {}
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(Predicate::any(parts))
    }

    /// Those of the fields of a pattern that Elasticsearch searches for the sake of the pattern:
    /// none without terms, such as places on a map (`QueryParserHelper`).
    fn searched(&self, pattern: &str, test: &FieldTest) -> Vec<String> {
        let mut names = self.names(pattern);
        if *test != FieldTest::Exists {
            let has_terms = |name: &String| {
                let mut fields = self
                    .schema
                    .mappings()
                    .iter()
                    .filter_map(|one| one.get(name));
                fields.all(|field| match &field.field_type {
                    FieldType::Unsupported(name) => !WITHOUT_TERMS.contains(&&**name),
                    _ => true,
                })
            };
            names.retain(has_terms);
        }
        names
    }

    /// The fields that can hold values and whose names fit a pattern.
    fn names(&self, pattern: &str) -> Vec<String> {
        let pattern = WildcardPattern::lucene(pattern);
        let mappings = self.schema.mappings().iter();
        let fields = mappings.flat_map(crate::event::Mapping::fields);
        let fitting = fields.filter(|(name, field)| {
            !matches!(field.field_type, FieldType::Object | FieldType::Nested) && pattern.fits(name)
        });
        let names: BTreeSet<&str> = fitting.map(|(name, _)| name).collect();
        names.into_iter().map(str::to_owned).collect()
    }

    /// How the indices of the schema read a field, each way once. None where it is mapped nowhere,
    /// or stands in other nested objects than those that are looked at.
    fn readers(&self, path: &str) -> Vec<Reader> {
        let mut ways: Vec<Reader> = Vec::new();
        let mappings = self.schema.mappings();
        for (number, mapping) in mappings.iter().enumerate() {
            let field = match path {
                // Every document has them.
                "_id" | "_index" => Some(MappedField::new(
                    FieldType::Wildcard { ignore_above: None },
                    path,
                    Origin::Declared,
                )),
                path => mapping.find(path),
            };
            let Some(field) = field else { continue };
            if matches!(field.field_type, FieldType::Object | FieldType::Nested)
                || mapping.nested_path(path) != self.scope.last().map(String::as_str)
            {
                continue;
            }
            let known = ways
                .iter()
                .position(|way| way.field_type == field.field_type);
            let place = known.unwrap_or_else(|| {
                ways.push(Reader {
                    field_type: field.field_type.clone(),
                    readers: vec![None; mappings.len()],
                });
                ways.len() - 1
            });
            let slot = ways
                .get_mut(place)
                .and_then(|way| way.readers.get_mut(number));
            if let Some(slot) = slot {
                *slot = Some(field);
            }
        }
        ways
    }

    /// The plan's field for one way of reading, its type replaced by the one that gives the values
    /// to be tested.
    fn read_as(&mut self, path: &str, way: &Reader, field_type: &FieldType) -> FieldId {
        let readers = way.readers.iter().cloned().map(|reader| {
            reader.map(|reader| MappedField {
                field_type: field_type.clone(),
                ..reader
            })
        });
        self.field_id(PlanField {
            path: path.to_owned(),
            family: match field_type {
                FieldType::Flattened => Some(Family::Text),
                other => other.family(),
            },
            readers: readers.collect(),
        })
    }
}

/// At least this many of them hold.
fn at_least(least: usize, parts: Vec<Predicate>) -> Result<Predicate, Refusal> {
    if least > parts.len() {
        return Ok(Predicate::Constant(false));
    }
    if least == 1 {
        return Ok(Predicate::any(parts));
    }
    if least == parts.len() {
        return Ok(Predicate::all(parts));
    }
    let mut choices: Vec<Vec<Predicate>> = vec![Vec::new()];
    for (number, part) in parts.iter().enumerate() {
        let left = parts.len() - number;
        let mut next = Vec::new();
        for choice in choices {
            let missing = least - choice.len();
            if missing > 0 {
                let mut with = choice.clone();
                with.push(part.clone());
                next.push(with);
            }
            if missing < left {
                next.push(choice);
            }
        }
        if next.len() > MOST_CHOICES {
            let clauses = parts.len();
            return Err(UnsupportedCondition::MinimumShouldMatch { least, clauses }.into());
        }
        choices = next;
    }
    Ok(Predicate::any(
        choices.into_iter().map(Predicate::all).collect(),
    ))
}
