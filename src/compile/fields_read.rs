//! The fields that a request reads: by name, and where the language has them by name patterns.

use std::collections::BTreeSet;

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

    /// The fields that are named.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The patterns of names.
    pub fn patterns(&self) -> impl Iterator<Item = &WildcardPattern> {
        self.patterns.iter()
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
