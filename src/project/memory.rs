//! Files in memory, for the tests of this room and for library users without a disk.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::{Arc, Mutex, PoisonError};

use super::error;
use super::files::{ProjectFiles, below, extension, in_order, join, parent};
use crate::diagnostic::project::NotFound;
use crate::diagnostic::{Diagnostic, SourceText};
use crate::event::io::{FilesBeside, ReadSeek};

/// The files of a project, held in memory: name → text.
#[derive(Debug, Default)]
pub struct MemoryFiles(Mutex<BTreeMap<String, String>>);

impl MemoryFiles {
    /// Files with these names and texts.
    pub fn new<'t>(files: impl IntoIterator<Item = (&'t str, &'t str)>) -> Self {
        let owned = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
        Self(Mutex::new(files.into_iter().map(owned).collect()))
    }

    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<String, String>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn text(&self, name: &str) -> Result<String, Box<Diagnostic>> {
        let missing = || {
            let name = name.to_owned();
            Box::new(Diagnostic::of(&error::MISSING, &NotFound::File { name }))
        };
        self.with(|files| files.get(name).cloned())
            .ok_or_else(missing)
    }
}

impl FilesBeside for MemoryFiles {
    fn open_beside(
        &self,
        beside: &str,
        path: &str,
    ) -> Result<Box<dyn ReadSeek + Send>, Box<Diagnostic>> {
        let text = self.text(&self.resolve(parent(beside), path))?;
        Ok(Box::new(Cursor::new(text.into_bytes())))
    }
}

impl ProjectFiles for MemoryFiles {
    fn exists(&self, name: &str) -> bool {
        self.with(|files| files.keys().any(|file| below(file, name).is_some()))
    }

    fn find(&self, directory: &str, extensions: &[&str]) -> Result<Vec<String>, Box<Diagnostic>> {
        let fits = |name: &&String| {
            let extension = extension(name);
            below(name, directory).is_some() && extension.is_some_and(|it| extensions.contains(&it))
        };
        let mut found: Vec<String> =
            self.with(|files| files.keys().filter(fits).cloned().collect());
        found.sort_by(|one, other| in_order(one, other));
        Ok(found)
    }

    fn find_ignored(&self, _: &str, _: &[&str]) -> Vec<String> {
        Vec::new()
    }

    fn read(&self, name: &str) -> Result<Arc<SourceText>, Box<Diagnostic>> {
        Ok(SourceText::new(name, self.text(name)?))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Box<Diagnostic>> {
        self.with(|files| files.insert(name.to_owned(), text.to_owned()));
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), Box<Diagnostic>> {
        self.with(|files| files.remove(name));
        Ok(())
    }

    fn resolve(&self, directory: &str, path: &str) -> String {
        let mut parts: Vec<&str> = Vec::new();
        let whole = join(directory, path);
        for part in whole.split('/').filter(|part| !part.is_empty()) {
            match part {
                "." => {}
                ".." if parts.last().is_some_and(|last| *last != "..") => {
                    parts.pop();
                }
                part => parts.push(part),
            }
        }
        parts.join("/")
    }
}
