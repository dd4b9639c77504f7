//! What paths on the command line name: files, directories, KEYs, patterns that the shell left
//! alone, and standard input.

use camino::{Utf8Path, Utf8PathBuf};

use super::super::error::{self, Problem};
use super::Settings;
use crate::diagnostic::Diagnostic;
use crate::project::Target;

/// A FILE with documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// `-`
    Standard,
    /// Absolute.
    File(Utf8PathBuf),
}

impl Input {
    /// The path of a file; `None` for standard input.
    pub fn path(&self) -> Option<&Utf8Path> {
        match self {
            Self::Standard => None,
            Self::File(path) => Some(path),
        }
    }
}

impl Settings {
    /// The file that was typed, or those that a pattern names which the shell left alone.
    pub(super) fn paths(&self, typed: &str) -> Result<Vec<Utf8PathBuf>, Box<Problem>> {
        let path = self.working_directory.join(typed);
        if !self.files.exists(&path) && typed.contains(['*', '?']) {
            let found = self.files.glob(&self.files.name(&path));
            if !found.is_empty() {
                return Ok(found);
            }
        }
        self.must_exist(&path)?;
        Ok(vec![path])
    }

    /// What the paths on the command line name.
    pub fn targets(&self, paths: &[String]) -> Result<Vec<Target>, Box<Problem>> {
        let mut targets = Vec::new();
        for path in paths {
            self.target(path, &mut targets)?;
        }
        Ok(targets)
    }

    /// A scenario, a rule, a directory, a KEY, or a pattern that the shell left alone.
    pub(super) fn target(
        &self,
        typed: &str,
        targets: &mut Vec<Target>,
    ) -> Result<(), Box<Problem>> {
        if let Some((scenario, rest)) = typed.split_once("::") {
            // A KEY is relative to the root, as reports print it; a person may type it from
            // where they are.
            let here = self.working_directory.join(scenario);
            let only_here = self.files.exists(&here) && !self.files.exists(scenario.into());
            let scenario = self.files.name(if only_here {
                &here
            } else {
                Utf8Path::new(scenario)
            });
            self.must_exist(&self.files.path(&scenario))?;
            let key = format!("{scenario}::{rest}");
            targets.push(Target::Key { scenario, key });
            return Ok(());
        }
        let paths = self.paths(typed)?.into_iter();
        targets.extend(paths.map(|path| Target::Path(self.files.name(&path))));
        Ok(())
    }

    /// A path that was typed, which may lead anywhere.
    pub fn typed(&self, path: impl AsRef<Utf8Path>) -> Utf8PathBuf {
        let path = self.working_directory.join(path);
        self.files.allow_typed(&path);
        path
    }

    /// A path that was typed and must be there.
    pub(super) fn must_exist(&self, path: &Utf8Path) -> Result<(), Box<Problem>> {
        self.files.allow_typed(path);
        if self.files.exists(path) {
            return Ok(());
        }
        let message = format!("`{}` does not exist", self.files.name(path));
        Err(Problem::usage(Diagnostic::error(&error::MISSING, message)))
    }

    /// The recordings that were typed: files, directories, patterns and standard input. Of a
    /// directory the files with these extensions are taken.
    pub(super) fn recordings(
        &self,
        typed: &[String],
        extensions: &[&str],
    ) -> Result<Vec<Input>, Box<Problem>> {
        let mut inputs = Vec::new();
        for typed in typed {
            if typed == "-" {
                inputs.push(Input::Standard);
                continue;
            }
            let path = self.typed(typed);
            if self.files.is_directory(&path) {
                let found = self.files.find_recordings(&path, extensions);
                let found = found.map_err(|mistake| Problem::usage(*mistake))?;
                inputs.extend(found.into_iter().map(Input::File));
            } else if self.files.exists(&path) {
                inputs.push(Input::File(path));
            } else {
                let found = self.files.glob(&self.files.name(&path));
                if found.is_empty() {
                    let message = format!("`{typed}` does not exist");
                    return Err(Problem::usage(Diagnostic::error(&error::MISSING, message)));
                }
                inputs.extend(found.into_iter().map(Input::File));
            }
        }
        Ok(inputs)
    }

    /// Paths that were typed, each of which may lead anywhere.
    pub(super) fn all_typed(&self, paths: &[Utf8PathBuf]) -> Vec<Utf8PathBuf> {
        paths.iter().map(|path| self.typed(path)).collect()
    }

    /// The output file that was typed; `None` for standard output, which `-` names as well.
    pub(super) fn output(&self, typed: Option<&Utf8PathBuf>) -> Option<Utf8PathBuf> {
        let file = typed.filter(|path| *path != "-");
        file.map(|path| self.typed(path))
    }
}
