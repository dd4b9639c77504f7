//! What to load of a project.

/// The files to load, by name relative to the project's root.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// A scenario or rule file, or a directory with either.
    Path(String),
    /// A KEY, or a KEY without its source for all sources of the case.
    Key {
        /// The scenario file.
        scenario: String,
        /// What [`crate::replay::outcome::CheckKey::matches`] takes.
        key: String,
    },
}

impl Target {
    /// The KEY, if it is one.
    pub fn key(&self) -> Option<String> {
        match self {
            Self::Key { key, .. } => Some(key.clone()),
            Self::Path(_) => None,
        }
    }
}
