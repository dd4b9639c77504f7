//! The columns that a command sees: names, types, and what each is bound to.

use indexmap::IndexMap;

use crate::diagnostic::suggest::nearest;
use crate::plan::pipeline::{ColumnId, DataType};

/// What a name is bound to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Binding {
    /// A column of the pipeline.
    Column(ColumnId),
    /// A field that becomes a column where it is used.
    Field(String),
    /// A field of types that do not go together: `(type, index)` each.
    Ambiguous(Vec<(String, String)>),
    /// A field of a type that no query can use.
    Unusable(String),
}

/// A column in the scope.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ScopeColumn {
    pub(super) name: String,
    pub(super) data_type: DataType,
    pub(super) binding: Binding,
}

/// The columns in order, by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    columns: IndexMap<String, ScopeColumn>,
}

impl Scope {
    pub(super) fn get(&self, name: &str) -> Option<&ScopeColumn> {
        self.columns.get(name)
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.columns.contains_key(name)
    }

    /// All columns in order.
    pub(super) fn columns(&self) -> Vec<ScopeColumn> {
        self.columns.values().cloned().collect()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(String::as_str)
    }

    /// Adds a column at the end; one of the same name goes.
    pub(super) fn put(&mut self, column: ScopeColumn) {
        self.columns.shift_remove(&column.name);
        self.columns.insert(column.name.clone(), column);
    }

    /// Changes a column where it stands.
    pub(super) fn replace(&mut self, name: &str, data_type: DataType, binding: Binding) {
        if let Some(column) = self.columns.get_mut(name) {
            column.data_type = data_type;
            column.binding = binding;
        }
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.columns.shift_remove(name);
    }

    /// The name nearest to one that is unknown.
    pub(super) fn suggest(&self, name: &str) -> Option<&str> {
        nearest(name, self.names())
    }
}

impl FromIterator<ScopeColumn> for Scope {
    fn from_iter<T: IntoIterator<Item = ScopeColumn>>(columns: T) -> Self {
        let mut scope = Self::default();
        for column in columns {
            scope.put(column);
        }
        scope
    }
}

/// Whether a name fits a pattern in which `*` is any run of characters.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or("");
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = rest.get(at + piece.len()..).unwrap_or(""),
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_run_of_characters() {
        for (pattern, name, expected) in [
            ("*", "a.b", true),
            ("a.*", "a.b", true),
            ("a.*", "ab", false),
            ("*name", "host.name", true),
            ("a*b*c", "aXbYbc", true),
            ("a*b*c", "ac", false),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
