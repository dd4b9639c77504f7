//! The data sources of a project: those that ship with Trapline, and its own in `sources/`.

use super::files::{below, parent};
use super::{Project, ProjectFiles};
use crate::data_source::{Catalogue, InvalidProfile, own};
use crate::diagnostic::Diagnostic;

/// The data sources, and what is wrong with files of the project.
pub type LoadedCatalogue = Result<(Catalogue, Vec<Diagnostic>), InvalidProfile>;

impl Project<'_> {
    /// The data sources of the project; one whose file has a mistake is left out.
    pub fn catalogue(&self) -> LoadedCatalogue {
        let mut catalogue = Catalogue::builtin()?;
        let mut diagnostics = Vec::new();
        for name in self.source_files(&mut diagnostics) {
            match self.files.read(&name) {
                Ok(source) => {
                    let beside = |path: &str| {
                        let name = self.files.resolve(parent(source.name()), path);
                        self.files.read(&name)
                    };
                    diagnostics.extend(own::add(&source, &beside, &mut catalogue));
                }
                Err(mistake) => diagnostics.push(*mistake),
            }
        }
        Ok((catalogue, diagnostics))
    }

    /// Whether a file lies below the data sources of a layout.
    pub fn holds_source(&self, name: &str) -> bool {
        self.source_directories()
            .any(|sources| below(name, sources).is_some())
    }

    fn source_directories(&self) -> impl Iterator<Item = &str> {
        let layouts = self.layouts.iter();
        layouts
            .flat_map(|layout| &layout.sources)
            .map(String::as_str)
    }

    /// The files of all layouts, each once.
    fn source_files(&self, diagnostics: &mut Vec<Diagnostic>) -> Vec<String> {
        let files: &dyn ProjectFiles = self.files;
        let mut names = Vec::new();
        for directory in self.source_directories().filter(|name| files.exists(name)) {
            match files.find(directory, &["toml"]) {
                Ok(found) => names.extend(found),
                Err(mistake) => diagnostics.push(*mistake),
            }
        }
        names.sort();
        names.dedup();
        names
    }
}
