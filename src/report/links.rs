//! Addresses of the project's files on the host of its code, for reports that a browser shows.

use super::sarif::uri;

/// Where a code host shows the files of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    /// The address of the project's root at the commit, without a slash at its end.
    pub base: String,
}

impl Links {
    /// The address of a file, or of a line of it.
    pub fn to(&self, file: &str, line: Option<usize>) -> String {
        let line = line.map_or_else(String::new, |line| format!("#L{line}"));
        format!("{}/{}{line}", self.base, uri(file))
    }
}
