//! The fields of documents that a reader asks for, for formats that can leave out the others.

use std::collections::BTreeSet;

#[cfg(any(feature = "parquet", test))]
use super::paths_above;

/// The fields of documents that a reader asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldSelection {
    /// Documents as a whole.
    Whole,
    /// The fields of these paths.
    Paths(BTreeSet<String>),
}

impl FieldSelection {
    /// The fields of these paths.
    pub fn of<'p>(paths: impl IntoIterator<Item = &'p str>) -> Self {
        Self::Paths(paths.into_iter().map(str::to_owned).collect())
    }

    /// Whether a value at this path may be of a field that is asked for: at its path, below it, or
    /// an object above it.
    #[cfg(any(feature = "parquet", test))]
    pub fn includes(&self, path: &str) -> bool {
        let Self::Paths(paths) = self else {
            return true;
        };
        let below = format!("{path}.");
        let is_above = |paths: &BTreeSet<String>| {
            let next = paths.range(below.clone()..).next();
            next.is_some_and(|next| next.starts_with(&below))
        };
        paths.contains(path)
            || paths_above(path).any(|above| paths.contains(above))
            || is_above(paths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_included_with_what_is_below_and_above_it() {
        let selection = FieldSelection::of(["process.parent.name", "user", "a.b"]);
        for path in [
            "process.parent.name",
            "process.parent",
            "process",
            "process.parent.name.text",
            "user",
            "user.name",
            "a",
        ] {
            assert!(selection.includes(path), "{path}");
        }
        for path in [
            "process.name",
            "process.parent.names",
            "process.parent.nam",
            "process-other",
            "users",
            "use",
            "a.c",
            "",
        ] {
            assert!(!selection.includes(path), "{path}");
        }
        assert!(FieldSelection::Whole.includes("process.name"));
        assert!(!FieldSelection::of([]).includes("process.name"));
    }
}
