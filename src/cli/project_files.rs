//! Implements [`crate::project::ProjectFiles`] for the disk.

use std::sync::Arc;

use camino::Utf8Path;

use super::files::Files;
use crate::diagnostic::{Diagnostic, SourceText};
use crate::event::io;
use crate::project::ProjectFiles;

impl io::FilesBeside for Files {
    fn limits(&self) -> io::Limits {
        self.limits
    }

    fn open_beside(
        &self,
        beside: &str,
        path: &str,
    ) -> Result<Box<dyn io::ReadSeek + Send>, Box<Diagnostic>> {
        let directory = self.path(beside);
        let directory = directory.parent().unwrap_or(Utf8Path::new(""));
        let bytes = self.open_raw(&directory.join(path), &Arc::default())?;
        Ok(Box::new(bytes))
    }
}

impl ProjectFiles for Files {
    fn exists(&self, name: &str) -> bool {
        Self::exists(self, Utf8Path::new(name))
    }

    fn find(&self, directory: &str, extensions: &[&str]) -> Result<Vec<String>, Box<Diagnostic>> {
        let found = Self::find(self, Utf8Path::new(directory), extensions)?;
        Ok(found.iter().map(|path| self.name(path)).collect())
    }

    fn find_ignored(&self, directory: &str, extensions: &[&str]) -> Vec<String> {
        let ignored = Self::find_ignored(self, Utf8Path::new(directory), extensions);
        ignored.iter().map(|path| self.name(path)).collect()
    }

    fn read(&self, name: &str) -> Result<Arc<SourceText>, Box<Diagnostic>> {
        Self::read(self, Utf8Path::new(name))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Box<Diagnostic>> {
        Self::write(self, Utf8Path::new(name), text)
    }

    fn remove(&self, name: &str) -> Result<(), Box<Diagnostic>> {
        Self::remove(self, Utf8Path::new(name))
    }

    fn resolve(&self, directory: &str, path: &str) -> String {
        self.name(&self.path(directory).join(path))
    }
}
