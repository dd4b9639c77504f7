//! Finds, reads and writes files; the only file that uses the disk, `ignore` and `tempfile`. Streams
//! are opened in `files/opened.rs`. Paths are shown relative to the project's root, with `/`.

use std::collections::HashSet;
use std::fs;
use std::io::{self, BufWriter, Read, Write as _};
use std::path::Path;
use std::sync::Arc;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::confinement::{Confinement, is_special};
use super::error;
use super::pipe::Pipe;
use crate::diagnostic::{Diagnostic, SourceText};
use crate::event::io::{Limits, TemporaryFile};

/// Texts above this size are refused before they are read.
pub const LARGEST: u64 = 16 * 1024 * 1024;

/// So much of output that waits is held in memory.
const SPOOLED: usize = 16 << 20;

/// The files of one project.
#[derive(Debug, Clone)]
pub struct Files {
    root: Utf8PathBuf,
    pub(super) confinement: Confinement,
    /// What they may hold.
    pub limits: Limits,
    /// The column of a Parquet file that holds the documents.
    pub raw_column: Option<String>,
}

impl Files {
    /// The files below (and beside) this root.
    pub fn new(root: Utf8PathBuf) -> Self {
        let confinement = Confinement::default();
        confinement.allow(&clean(&root));
        Self {
            root,
            confinement,
            limits: Limits::default(),
            raw_column: None,
        }
    }

    /// Allows a file or directory outside of the root, which a person named.
    pub fn allow(&self, path: &Utf8Path) {
        self.confinement.allow(&clean(&self.root.join(path)));
    }

    /// Allows a path that a person typed.
    pub fn allow_typed(&self, path: &Utf8Path) {
        self.confinement.allow_typed(&clean(&self.root.join(path)));
    }

    /// The project's root.
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// A path as people see it: relative to the root, with `/`.
    pub fn name(&self, path: &Utf8Path) -> String {
        let path = clean(&self.root.join(path));
        let relative = path.strip_prefix(clean(&self.root)).unwrap_or(&path);
        relative.as_str().replace('\\', "/")
    }

    /// Where a path that people see stands.
    pub fn path(&self, name: &str) -> Utf8PathBuf {
        clean(&self.root.join(name))
    }

    /// The files below a directory (or the file itself) with one of these extensions, sorted by
    /// name. Hidden files and what git ignores are left out.
    pub fn find(
        &self,
        path: &Utf8Path,
        extensions: &[&str],
    ) -> Result<Vec<Utf8PathBuf>, Box<Diagnostic>> {
        self.walk(path, extensions, true)
    }

    /// The same for recordings, which git often ignores: only hidden files are left out.
    pub fn find_recordings(
        &self,
        path: &Utf8Path,
        extensions: &[&str],
    ) -> Result<Vec<Utf8PathBuf>, Box<Diagnostic>> {
        self.walk(path, extensions, false)
    }

    /// The files that [`Self::find`] leaves out because of ignore files.
    pub fn find_ignored(&self, path: &Utf8Path, extensions: &[&str]) -> Vec<Utf8PathBuf> {
        if !self.exists(path) {
            return Vec::new();
        }
        let found = self.find(path, extensions).unwrap_or_default();
        let found: HashSet<Utf8PathBuf> = found.into_iter().collect();
        let mut all = self.walk(path, extensions, false).unwrap_or_default();
        all.retain(|path| !found.contains(path));
        all
    }

    fn walk(
        &self,
        path: &Utf8Path,
        extensions: &[&str],
        heed_git: bool,
    ) -> Result<Vec<Utf8PathBuf>, Box<Diagnostic>> {
        let path = clean(&self.root.join(path));
        if !path.exists() {
            return Err(Box::new(self.missing(&path)));
        }
        self.may_read(&path)?;
        let walk = ignore::WalkBuilder::new(&path)
            .ignore(heed_git)
            .git_ignore(heed_git)
            .git_exclude(heed_git)
            // What a person's own git ignores must not change what is tested.
            .git_global(false)
            // Of one directory, the order of the paths is that of the names.
            .sort_by_file_path(|one, other| one.as_os_str().cmp(other.as_os_str()))
            .build();
        let fits = |path: &Path| {
            let extension = path.extension().and_then(|extension| extension.to_str());
            extension.is_some_and(|extension| extensions.contains(&extension))
        };
        let mut found = Vec::new();
        for entry in walk {
            let entry = entry.map_err(|error| {
                let reason = error.to_string();
                Box::new(self.at(&error::UNREADABLE, &path, "cannot be read", &reason))
            })?;
            if !fits(entry.path()) {
                continue;
            }
            let is_link = entry.path_is_symlink();
            let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
            let path = Utf8PathBuf::from_path_buf(entry.into_path()).map_err(|path| {
                let shown = path.to_string_lossy();
                let message = format!("the name of `{shown}` is not UTF-8");
                Box::new(Diagnostic::error(&error::UNREADABLE, message))
            })?;
            // A link counts as the file that it leads to; one that leads nowhere is found out when
            // it is opened.
            if is_file || is_link && !path.is_dir() {
                found.push(path);
            }
        }
        Ok(found)
    }

    /// Whether a file gives the same from its beginning each time that it is opened; a pipe does
    /// not.
    #[expect(clippy::disallowed_methods, reason = "this file owns the disk")]
    pub fn is_reread(&self, path: &Utf8Path) -> bool {
        let metadata = fs::metadata(clean(&self.root.join(path)));
        metadata.is_ok_and(|metadata| metadata.is_file())
    }

    /// The files that a pattern with `*` names, for shells that leave patterns alone.
    pub fn glob(&self, pattern: &str) -> Vec<Utf8PathBuf> {
        let mut builder = ignore::overrides::OverrideBuilder::new(&self.root);
        let Ok(overrides) = builder.add(pattern).and_then(|builder| builder.build()) else {
            return Vec::new();
        };
        ignore::WalkBuilder::new(&self.root)
            .git_global(false)
            .overrides(overrides)
            .sort_by_file_name(std::ffi::OsStr::cmp)
            .build()
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
            .filter_map(|entry| Utf8PathBuf::from_path_buf(entry.into_path()).ok())
            .collect()
    }

    /// Where the system says that a directory is, links followed; `None` where there is none.
    pub fn real(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        clean(&self.root.join(path)).canonicalize_utf8().ok()
    }

    /// Whether a file or directory stands there.
    pub fn exists(&self, path: &Utf8Path) -> bool {
        self.root.join(path).exists()
    }

    /// Whether a directory stands there.
    pub fn is_directory(&self, path: &Utf8Path) -> bool {
        self.root.join(path).is_dir()
    }

    /// The whole text of a file.
    pub fn read(&self, path: &Utf8Path) -> Result<Arc<SourceText>, Box<Diagnostic>> {
        let path = clean(&self.root.join(path));
        self.may_read_text(&path)?;
        let (file, size) = self.open_allowed(&path)?;
        if size > LARGEST {
            return Err(Box::new(self.too_large(&path)));
        }
        // A pipe or a file that grows has no size; the limit holds while reading, too.
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        file.take(LARGEST + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| Box::new(self.unreadable(&path, &error)))?;
        if bytes.len() as u64 > LARGEST {
            return Err(Box::new(self.too_large(&path)));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let reason = format!("byte {at} begins no character");
            Box::new(self.at(&error::NOT_UTF8, &path, "is not UTF-8", &reason))
        })?;
        let text = match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        };
        Ok(SourceText::new(self.name(&path), text))
    }

    /// How many bytes a file has; none if nobody knows.
    pub fn size(&self, path: &Utf8Path) -> u64 {
        #[expect(clippy::disallowed_methods, reason = "this file owns the disk")]
        let found = fs::metadata(clean(&self.root.join(path)));
        found.map_or(0, |found| found.len())
    }

    /// Begins a file that stands where it belongs only once it is whole.
    pub fn create(&self, path: &Utf8Path) -> Result<Unfinished, Box<Diagnostic>> {
        let path = clean(&self.root.join(path));
        self.may_write(&path)?;
        match self.temporary_for(&path) {
            Ok(file) => Ok(Unfinished {
                file: BufWriter::new(file),
                path,
            }),
            Err(error) => Err(Box::new(self.unwritable(&path, &error))),
        }
    }

    /// Puts a file where it belongs.
    pub fn finish(&self, unfinished: Unfinished) -> Result<(), Box<Diagnostic>> {
        let Unfinished { file, path } = unfinished;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error);
        let done = file.and_then(|file| {
            readable(file.as_file())?;
            file.persist(&path).map_err(|error| error.error)
        });
        match done {
            Ok(_) => Ok(()),
            Err(error) => Err(Box::new(self.unwritable(&path, &error))),
        }
    }

    fn unwritable(&self, path: &Utf8Path, error: &io::Error) -> Diagnostic {
        let reason = error.to_string();
        self.at(&error::UNWRITABLE, path, "cannot be written", &reason)
    }

    /// A file for what does not fit into memory; it is gone once it is closed.
    pub fn temporary() -> io::Result<Box<dyn TemporaryFile>> {
        Ok(Box::new(tempfile::tempfile()?))
    }

    /// The same, in memory while it is small.
    pub fn spool() -> Box<dyn TemporaryFile> {
        Box::new(tempfile::spooled_tempfile(SPOOLED))
    }

    /// The process's standard input.
    pub fn standard_input() -> Box<dyn Read + Send> {
        Box::new(Pipe::new(io::stdin()))
    }

    /// Writes a file beside the old one and renames it, so that a file is always whole.
    pub fn write(&self, path: &Utf8Path, text: &str) -> Result<(), Box<Diagnostic>> {
        let path = clean(&self.root.join(path));
        self.may_write(&path)?;
        self.write_beside(&path, text)
            .map_err(|error| Box::new(self.unwritable(&path, &error)))
    }

    /// Removes a file; one that is not there is removed already.
    pub fn remove(&self, path: &Utf8Path) -> Result<(), Box<Diagnostic>> {
        let path = clean(&self.root.join(path));
        self.may_write(&path)?;
        #[expect(clippy::disallowed_methods, reason = "this file owns the disk")]
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let reason = error.to_string();
                let what = "cannot be removed";
                Err(Box::new(self.at(&error::UNWRITABLE, &path, what, &reason)))
            }
            _ => Ok(()),
        }
    }

    /// A file beside the one that it will replace.
    #[expect(clippy::disallowed_methods, reason = "this file owns the disk")]
    fn temporary_for(&self, path: &Utf8Path) -> io::Result<tempfile::NamedTempFile> {
        if is_special(path) {
            return Err(io::Error::other("no file would replace a pipe or a device"));
        }
        let directory = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(directory)?;
        tempfile::Builder::new()
            .prefix(".trapline-")
            .tempfile_in(directory)
    }

    #[expect(clippy::disallowed_methods, reason = "this file owns the disk")]
    fn write_beside(&self, path: &Utf8Path, text: &str) -> io::Result<()> {
        if is_special(path) {
            let mut there = fs::OpenOptions::new().write(true).open(path)?;
            return there.write_all(text.as_bytes());
        }
        let mut file = self.temporary_for(path)?;
        file.write_all(text.as_bytes())?;
        readable(file.as_file())?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    /// Opens a file that may be read, with its size. The caller has checked that it may: following
    /// the links of a path takes as long as opening it.
    #[expect(clippy::disallowed_methods, reason = "this file owns the disk")]
    fn open_allowed(&self, path: &Utf8Path) -> Result<(fs::File, u64), Box<Diagnostic>> {
        let metadata =
            fs::metadata(path).map_err(|error| Box::new(self.unreadable(path, &error)))?;
        if metadata.is_dir() {
            let what = "is a directory, not a file";
            return Err(Box::new(self.at(&error::DIRECTORY, path, what, "")));
        }
        let file = fs::File::open(path).map_err(|error| Box::new(self.unreadable(path, &error)))?;
        Ok((file, metadata.len()))
    }
}

/// A directory that goes when nobody needs it.
#[derive(Debug)]
pub struct Scratch {
    path: Utf8PathBuf,
    _directory: tempfile::TempDir,
}

impl Scratch {
    /// An empty one.
    pub fn new() -> Result<Self, Box<Diagnostic>> {
        let failed = |reason: String| {
            let message = "there is no place for temporary files";
            Box::new(Diagnostic::error(&error::UNWRITABLE, message).help(reason))
        };
        let directory = tempfile::tempdir().map_err(|error| failed(error.to_string()))?;
        let path = Utf8PathBuf::from_path_buf(directory.path().to_owned())
            .map_err(|path| failed(format!("`{}` is not UTF-8", path.display())))?;
        Ok(Self {
            path,
            _directory: directory,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }
}

/// A file that is being written; what is left unfinished goes away.
#[derive(Debug)]
pub struct Unfinished {
    file: BufWriter<tempfile::NamedTempFile>,
    path: Utf8PathBuf,
}

impl io::Write for Unfinished {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A temporary file is its owner's alone; a snapshot is everybody's, as the umask would have it.
#[cfg(unix)]
fn readable(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &fs::File) -> io::Result<()> {
    Ok(())
}

/// The path without `.` and `..`, by its text: links are not followed, so that names are stable.
fn clean(path: &Utf8Path) -> Utf8PathBuf {
    if is_clean(path.as_str()) {
        return path.to_owned();
    }
    let mut clean = Utf8PathBuf::new();
    for component in path.components() {
        match component {
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir => {
                let above = clean.file_name().is_some_and(|name| name != "..");
                if above {
                    clean.pop();
                } else if !clean.has_root() {
                    clean.push("..");
                }
            }
            other => clean.push(other),
        }
    }
    clean
}

/// Whether it is plain to see that a path has nothing to clean, as of nearly all.
fn is_clean(path: &str) -> bool {
    let mut parts = path.strip_prefix('/').unwrap_or(path).split('/');
    cfg!(unix) && parts.all(|part| !part.is_empty() && !part.starts_with('.'))
}

mod opened;
#[cfg(test)]
mod tests;
