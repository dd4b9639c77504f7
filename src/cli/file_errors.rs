//! What is said of a file that cannot be read or written.

use std::io;

use camino::Utf8Path;

use super::confinement::Refusal;
use super::error;
use super::files::Files;
use crate::diagnostic::{Code, Diagnostic};

impl Files {
    pub(super) fn may_read(&self, path: &Utf8Path) -> Result<(), Box<Diagnostic>> {
        self.unless_refused(path, self.confinement.check_read(path))
    }

    /// The same for rules, scenarios and other texts of the project.
    pub(super) fn may_read_text(&self, path: &Utf8Path) -> Result<(), Box<Diagnostic>> {
        self.unless_refused(path, self.confinement.check_text(path))
    }

    pub(super) fn may_write(&self, path: &Utf8Path) -> Result<(), Box<Diagnostic>> {
        self.unless_refused(path, self.confinement.check_write(path))
    }

    fn unless_refused(
        &self,
        path: &Utf8Path,
        check: Result<(), Refusal>,
    ) -> Result<(), Box<Diagnostic>> {
        check.map_err(|refusal| Box::new(self.refused(path, &refusal)))
    }

    fn refused(&self, path: &Utf8Path, refusal: &Refusal) -> Diagnostic {
        match refusal {
            Refusal::Outside => {
                let reason = "allow its directory with `--allow-dir DIR`, or with `allow` under \
                              `[files]` in trapline.toml";
                self.at(&error::OUTSIDE, path, "leads out of the project", reason)
            }
            Refusal::Special => {
                let what = "is a pipe or a device, not a file";
                self.at(&error::NO_FILE, path, what, "")
            }
            Refusal::Link(link) => {
                let reason = format!("`{}` is a link", self.name(link));
                self.at(
                    &error::OUTSIDE,
                    path,
                    "is not written through a link",
                    &reason,
                )
            }
        }
    }

    pub(super) fn unreadable(&self, path: &Utf8Path, error: &io::Error) -> Diagnostic {
        if error.kind() == io::ErrorKind::NotFound {
            return self.missing(path);
        }
        let reason = error.to_string();
        self.at(&error::UNREADABLE, path, "cannot be read", &reason)
    }

    pub(super) fn missing(&self, path: &Utf8Path) -> Diagnostic {
        self.at(&error::MISSING, path, "does not exist", "")
    }

    pub(super) fn too_large(&self, path: &Utf8Path) -> Diagnostic {
        let reason = "a text may have 16 MiB; events belong into a capture, named by `events_from`";
        self.at(&error::TOO_LARGE, path, "is too large", reason)
    }

    pub(super) fn at(
        &self,
        code: &'static Code,
        path: &Utf8Path,
        what: &str,
        reason: &str,
    ) -> Diagnostic {
        let diagnostic = Diagnostic::error(code, format!("`{}` {what}", self.name(path)));
        if reason.is_empty() {
            diagnostic
        } else {
            diagnostic.help(reason)
        }
    }
}
