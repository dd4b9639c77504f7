//! The files of `src/` as the tests of this folder read them.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of `src/`.
pub(crate) struct Source {
    /// Relative to `src/`, with `/`.
    pub(crate) name: String,
    /// The whole text.
    pub(crate) text: String,
}

impl Source {
    /// All files, by name.
    pub(crate) fn all() -> Vec<Self> {
        let root = root().join("src");
        let mut paths = Vec::new();
        collect(&root, &mut paths);
        paths.sort();
        paths
            .into_iter()
            .map(|path| {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
                Self {
                    name: name.replace('\\', "/"),
                    text: fs::read_to_string(&path).unwrap(),
                }
            })
            .collect()
    }

    /// The first folder below `src/`; empty for `lib.rs` and `main.rs`.
    pub(crate) fn room(&self) -> &str {
        self.name.split_once('/').map_or("", |(room, _)| room)
    }

    /// The lines that are compiled into the program, numbered from 1: no comments, no tests.
    pub(crate) fn code(&self) -> Vec<(usize, &str)> {
        if self.name.ends_with("/tests.rs") || self.name.ends_with("/test_fixtures.rs") {
            return Vec::new();
        }
        let lines: Vec<&str> = self.text.lines().collect();
        let tests = lines.windows(2).position(|pair| {
            pair[0].trim() == "#[cfg(test)]"
                && (pair[1].contains("mod ") || pair[1].starts_with("#["))
                // A folder that declares a file of tests goes on behind it.
                && !pair[1].ends_with(';')
        });
        lines
            .into_iter()
            .enumerate()
            .take(tests.unwrap_or(usize::MAX))
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
            .map(|(index, line)| (index + 1, line))
            .collect()
    }
}

/// The repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn collect(directory: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}
