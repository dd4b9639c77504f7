//! The field types that a rule sees on one data source: those of the indices that its patterns
//! select; in a combined deployment those of the scenario's other sources as well.

use crate::data_source::{DataSource, IndexPatterns};
use crate::event::Mapping;

/// The sources whose indices one search goes over.
pub(crate) struct Visible<'a> {
    /// The source of the check.
    pub(crate) source: &'a DataSource,
    /// What else is deployed with it.
    pub(crate) others: Vec<&'a DataSource>,
    /// The rule's index patterns.
    pub(crate) patterns: &'a IndexPatterns,
}

impl Visible<'_> {
    /// Of these fields only: a rule names a few of thousands.
    pub(crate) fn mapping_of<'f>(&self, paths: impl IntoIterator<Item = &'f str>) -> Mapping {
        let mut mapping = Mapping::new(self.source.name.clone());
        for path in paths {
            let mut sources = std::iter::once(&self.source).chain(&self.others);
            sources.find(|source| source.list(self.patterns, path, &mut mapping));
        }
        mapping
    }

    /// Of all fields, to suggest one from.
    pub(crate) fn mapping(&self) -> Mapping {
        let mut mapping = self.source.mapping(self.patterns);
        for other in &self.others {
            let others = other.mapping(self.patterns);
            for (path, field) in others.fields() {
                if mapping.get(path).is_none() {
                    let field_type = field.field_type.clone();
                    mapping.add_read_from(path, &field.read_from, field_type, field.origin);
                }
            }
        }
        mapping
    }
}
