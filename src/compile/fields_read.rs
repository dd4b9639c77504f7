//! The fields that a request reads: by name, and where the language has them by name patterns.

use std::collections::BTreeSet;

use crate::language::dsl::query::{FieldTest, Fields, Query};
use crate::language::lucene;
use crate::plan::predicate::WildcardPattern;

/// The fields that a request reads.
#[derive(Debug, Clone, Default)]
pub struct FieldsRead {
    names: BTreeSet<String>,
    /// Of these names all fields below are meant where no field has the name itself.
    objects: BTreeSet<String>,
    patterns: Vec<WildcardPattern>,
}

impl FieldsRead {
    /// Adds a field.
    pub fn add(&mut self, name: &str) {
        self.names.insert(name.to_owned());
    }

    /// Adds a field; if there is none of this name, the fields of the object of this name.
    pub fn add_with_parts(&mut self, name: &str) {
        self.add(name);
        self.objects.insert(name.to_owned());
    }

    /// Adds every field whose name fits a pattern with `*`.
    pub fn add_pattern(&mut self, pattern: &str) {
        self.patterns.push(WildcardPattern::eql(pattern));
    }

    /// Adds the fields that a query reads.
    pub fn add_query(&mut self, query: &Query) {
        match query {
            Query::MatchAll | Query::MatchNone | Query::Ids(_) => {}
            Query::Bool(parts) => parts.parts().for_each(|part| self.add_query(part)),
            Query::Nested { query, .. } => self.add_query(query),
            Query::Field { fields, test, .. } => match fields {
                Fields::Name(name) if *test == FieldTest::Exists => self.add_with_parts(name),
                Fields::Name(name) => self.add(name),
                other => self.add_pattern(other.text()),
            },
            Query::QueryString(string) => {
                if let Ok(group) = lucene::parse(&string.text, string.all) {
                    self.add_query(&lucene::query(&group, &lucene::Meaning::of(string)));
                }
            }
        }
    }

    /// Adds the fields that another request reads.
    pub fn extend(&mut self, other: Self) {
        self.names.extend(other.names);
        self.objects.extend(other.objects);
        self.patterns.extend(other.patterns);
    }

    /// The fields that are named.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The patterns of names.
    pub fn patterns(&self) -> impl Iterator<Item = &WildcardPattern> {
        self.patterns.iter()
    }

    /// Whether the fields that are named are all that are read.
    pub fn is_closed(&self) -> bool {
        self.patterns.is_empty() && self.objects.is_empty()
    }

    /// Whether fields are read that are not named, given which names are fields.
    pub fn is_open(&self, is_field: impl Fn(&str) -> bool) -> bool {
        !self.patterns.is_empty() || self.objects.iter().any(|name| !is_field(name))
    }

    /// Whether the field is read, though it may not be named.
    pub fn reads(&self, path: &str) -> bool {
        let is_below = |name: &String| {
            let rest = path.strip_prefix(name.as_str());
            rest.is_some_and(|rest| rest.starts_with('.'))
        };
        self.names.contains(path)
            || self.patterns.iter().any(|pattern| pattern.fits(path))
            || self.objects.iter().any(is_below)
    }
}
