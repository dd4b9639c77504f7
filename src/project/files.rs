//! The files of a project by name, relative to the project's root and written with `/`. `cli`
//! implements [`ProjectFiles`] for the disk, tests for memory. The functions beside it only split
//! names.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, SourceText};
use crate::event::io::FilesBeside;

/// Reads and writes the files of a project.
pub trait ProjectFiles: FilesBeside {
    /// Whether a file or directory of this name exists.
    fn exists(&self, name: &str) -> bool;

    /// The files below a directory (or the file itself) with one of these extensions, sorted by
    /// name. Hidden and git-ignored files are left out.
    fn find(&self, directory: &str, extensions: &[&str]) -> Result<Vec<String>, Box<Diagnostic>>;

    /// The files that [`Self::find`] would give if there were no ignore files.
    fn find_ignored(&self, directory: &str, extensions: &[&str]) -> Vec<String>;

    /// The text of a file.
    fn read(&self, name: &str) -> Result<Arc<SourceText>, Box<Diagnostic>>;

    /// Writes a file as a whole, with the directories that it needs.
    fn write(&self, name: &str, text: &str) -> Result<(), Box<Diagnostic>>;

    /// Removes a file; a file that does not exist is no error.
    fn remove(&self, name: &str) -> Result<(), Box<Diagnostic>>;

    /// The name of a path that is written relative to a directory, `.` and `..` resolved.
    fn resolve(&self, directory: &str, path: &str) -> String;
}

/// The rest of a name below a directory, empty for the directory itself; `None` for a name that is
/// not below it.
pub(crate) fn below<'n>(name: &'n str, directory: &str) -> Option<&'n str> {
    if directory.is_empty() {
        return Some(name);
    }
    let rest = name.strip_prefix(directory)?;
    match rest.strip_prefix('/') {
        Some(rest) => Some(rest),
        None if rest.is_empty() || directory.ends_with('/') => Some(rest),
        None => None,
    }
}

/// The name of a file below a directory.
pub(crate) fn join(directory: &str, rest: &str) -> String {
    match (directory, rest) {
        ("", rest) => rest.to_owned(),
        (directory, "") => directory.to_owned(),
        (directory, rest) => format!("{}/{rest}", directory.trim_end_matches('/')),
    }
}

/// The directory that holds a file; empty for the root.
pub(crate) fn parent(name: &str) -> &str {
    match name.rfind('/') {
        Some(0) => "/",
        Some(at) => name.get(..at).unwrap_or(""),
        None => "",
    }
}

/// The extension of a file's name.
pub(crate) fn extension(name: &str) -> Option<&str> {
    let last = name.rsplit('/').next().unwrap_or(name);
    let (stem, extension) = last.rsplit_once('.')?;
    (!stem.is_empty()).then_some(extension)
}

/// The same name with another extension.
pub(crate) fn with_extension(name: &str, extension: &str) -> String {
    format!("{}.{extension}", without_extension(name))
}

/// The name without its extension.
pub(crate) fn without_extension(name: &str) -> &str {
    match extension(name) {
        Some(old) => name.get(..name.len() - old.len() - 1).unwrap_or(name),
        None => name,
    }
}

/// Compares names part by part, so that a directory's files stay together.
pub(crate) fn in_order(one: &str, other: &str) -> Ordering {
    one.split('/').cmp(other.split('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_at_slashes() {
        assert_eq!(below("rules/a/b.toml", "rules"), Some("a/b.toml"));
        assert_eq!(below("rules", "rules"), Some(""));
        assert_eq!(below("rules2/a", "rules"), None);
        assert_eq!(below("rules/a", ""), Some("rules/a"));
        assert_eq!(below("/x/a", "/"), Some("x/a"));
        assert_eq!(join("", "a"), "a");
        assert_eq!(join("a", ""), "a");
        assert_eq!(join("/", "a"), "/a");
        assert_eq!(parent("a/b/c"), "a/b");
        assert_eq!(parent("c"), "");
        assert_eq!(extension("a.b/c"), None);
        assert_eq!(extension("a/.hidden"), None);
        assert_eq!(with_extension("a.b/c.toml", "yaml"), "a.b/c.yaml");
        assert_eq!(with_extension("a.b/c", "yaml"), "a.b/c.yaml");
        assert_eq!(in_order("a/z", "a-b/a"), Ordering::Less);
    }
}
