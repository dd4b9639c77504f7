//! Where the shared reference material lies, for the tests that need it.

use std::path::PathBuf;

/// A folder of the shared material beside the checkout; says so where it is absent.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared")
        .join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: ../shared/{name} is absent");
    None
}
