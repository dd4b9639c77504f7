//! Decides which files may be read and written. Rules, scenarios, exceptions, configuration and
//! links may come from a third party, so their paths must stay inside the project's root, unless
//! the command line or the root's `trapline.toml` allows a directory. `files.rs` asks before it
//! opens a file.

use std::fs;
use std::sync::{Arc, PoisonError, RwLock};

use camino::{Utf8Path, Utf8PathBuf};

/// The files and directories that may be used; shared by all copies of a project's files.
#[derive(Debug, Clone, Default)]
pub(super) struct Confinement(Arc<RwLock<Vec<Allowed>>>);

#[derive(Debug)]
struct Allowed {
    /// Absolute, without `.` and `..`.
    path: Utf8PathBuf,
    /// The same with all links followed, as far as it exists.
    real: Utf8PathBuf,
    /// Rules, scenarios and other texts of the project are not read there.
    recordings_only: bool,
}

/// Why a file may not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is outside of everything that is allowed.
    Outside,
    /// It is a pipe or a device, which nobody named on the command line.
    Special,
    /// It would be written through this link.
    Link(Utf8PathBuf),
}

impl Confinement {
    /// Allows a file, or a directory and what is below it; the path is absolute and clean.
    pub(super) fn allow(&self, path: &Utf8Path) {
        self.add(path, false);
    }

    /// Allows a path that was typed. A link inside the root may be somebody else's, and a shell's
    /// pattern names it: it leads to recordings, and to no text that an error could quote.
    pub(super) fn allow_typed(&self, path: &Utf8Path) {
        let leads_out = {
            let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
            let root = all.first();
            root.is_some_and(|root| {
                path.starts_with(&root.path) && !real(path).starts_with(&root.real)
            })
        };
        self.add(path, leads_out);
    }

    fn add(&self, path: &Utf8Path, recordings_only: bool) {
        let allowed = Allowed {
            path: path.to_owned(),
            real: real(path),
            recordings_only,
        };
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let same = |known: &Allowed| {
            known.path == allowed.path && (known.recordings_only <= allowed.recordings_only)
        };
        if !all.iter().any(same) {
            all.push(allowed);
        }
    }

    /// Whether a recording may be read. A file that was named on the command line may be a pipe.
    pub(super) fn check_read(&self, path: &Utf8Path) -> Result<(), Refusal> {
        self.check(path, |_| true)
    }

    /// Whether a text of the project may be read.
    pub(super) fn check_text(&self, path: &Utf8Path) -> Result<(), Refusal> {
        self.check(path, |allowed| !allowed.recordings_only)
    }

    fn check(&self, path: &Utf8Path, counts: impl Fn(&&Allowed) -> bool) -> Result<(), Refusal> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        // The first one is the root, which is a directory.
        let mut named = all.iter().skip(1).filter(&counts);
        if named.any(|allowed| allowed.path == *path) {
            return Ok(());
        }
        let real = real(path);
        let is_inside = |allowed: &Allowed| real.starts_with(&allowed.real);
        if !all.iter().filter(&counts).any(is_inside) {
            return Err(Refusal::Outside);
        }
        if is_special(path) {
            return Err(Refusal::Special);
        }
        Ok(())
    }

    /// Whether a file may be written: not through a link that stands below what is allowed.
    pub(super) fn check_write(&self, path: &Utf8Path) -> Result<(), Refusal> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut above = all.iter().map(|allowed| allowed.path.as_path());
        let Some(above) = above.find(|above| path.starts_with(above)) else {
            return Err(Refusal::Outside);
        };
        // `/dev/stderr` is a link on most systems, and nobody's to plant.
        if above == path || path.starts_with("/dev") {
            return Ok(());
        }
        let below = path.strip_prefix(above).unwrap_or(path);
        let mut part = above.to_owned();
        for component in below.components() {
            part.push(component);
            if is_link(&part) {
                return Err(Refusal::Link(part));
            }
        }
        if is_special(path) {
            return Err(Refusal::Special);
        }
        Ok(())
    }
}

/// The path with all links followed; what does not exist stays as it is.
fn real(path: &Utf8Path) -> Utf8PathBuf {
    for above in path.ancestors() {
        if let Ok(found) = above.canonicalize_utf8() {
            let rest = path.strip_prefix(above).unwrap_or(Utf8Path::new(""));
            return if rest.as_str().is_empty() {
                found
            } else {
                found.join(rest)
            };
        }
    }
    path.to_owned()
}

/// Whether a pipe or a device stands there.
#[expect(
    clippy::disallowed_methods,
    reason = "what stands there decides who may use it"
)]
pub(super) fn is_special(path: &Utf8Path) -> bool {
    fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir())
}

fn is_link(path: &Utf8Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|there| there.is_symlink())
}

#[cfg(test)]
#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "the tests make what is refused")]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_leads_out_of_the_root_is_refused_unless_it_is_allowed() {
        let directory = tempfile::tempdir().unwrap();
        let base = Utf8PathBuf::from_path_buf(directory.path().to_owned()).unwrap();
        let (root, outside) = (base.join("root"), base.join("outside"));
        for made in [&root.join("a"), &outside] {
            fs::create_dir_all(made).unwrap();
            fs::write(made.join("file"), "").unwrap();
        }
        symlink(&outside, root.join("link")).unwrap();
        symlink(outside.join("file"), root.join("a/link")).unwrap();
        symlink(root.join("a/file"), root.join("within")).unwrap();
        let files = Confinement::default();
        files.allow(&root);
        assert_eq!(files.check_read(&root.join("a/file")), Ok(()));
        assert_eq!(files.check_read(&root.join("a/none")), Ok(()));
        assert_eq!(files.check_read(&root.join("within")), Ok(()));
        let led_out = ["link/file", "a/link", "link/none"].map(|path| root.join(path));
        for path in led_out.iter().chain([&outside.join("file")]) {
            assert_eq!(files.check_read(path), Err(Refusal::Outside), "{path}");
        }
        assert_eq!(files.check_write(&root.join("a/new/file")), Ok(()));
        for (path, link) in [
            ("link/new", "link"),
            ("a/link", "a/link"),
            ("within", "within"),
        ] {
            let refused = files.check_write(&root.join(path));
            assert_eq!(refused, Err(Refusal::Link(root.join(link))), "{path}");
        }
        assert_eq!(files.check_write(&outside.join("x")), Err(Refusal::Outside));
        files.allow(&outside);
        assert_eq!(files.check_read(&root.join("a/link")), Ok(()));
        assert_eq!(files.check_write(&outside.join("x")), Ok(()));
    }

    #[test]
    fn a_typed_link_inside_the_root_leads_to_recordings_only() {
        let directory = tempfile::tempdir().unwrap();
        let base = Utf8PathBuf::from_path_buf(directory.path().to_owned()).unwrap();
        let (root, outside) = (base.join("root"), base.join("outside"));
        for made in [&root, &outside] {
            fs::create_dir_all(made).unwrap();
            fs::write(made.join("file"), "").unwrap();
        }
        symlink(&outside, root.join("link")).unwrap();
        let files = Confinement::default();
        files.allow(&root);
        for typed in ["link", "link/file"] {
            files.allow_typed(&root.join(typed));
        }
        let through = root.join("link/file");
        assert_eq!(files.check_read(&through), Ok(()));
        assert_eq!(files.check_text(&through), Err(Refusal::Outside));
        files.allow_typed(&root.join("file"));
        assert_eq!(files.check_text(&root.join("file")), Ok(()));
        files.allow_typed(&outside.join("file"));
        assert_eq!(files.check_text(&outside.join("file")), Ok(()));
        files.allow(&root.join("link"));
        assert_eq!(files.check_text(&through), Ok(()));
    }

    #[test]
    fn a_device_is_read_only_where_a_person_named_it() {
        let files = Confinement::default();
        files.allow("/dev".into());
        assert_eq!(files.check_read("/dev/null".into()), Err(Refusal::Special));
        files.allow("/dev/null".into());
        assert_eq!(files.check_read("/dev/null".into()), Ok(()));
    }
}
