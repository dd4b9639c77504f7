//! Where the shared reference material lies, for the tests that need it. They carry
//! `#[cfg_attr(not(shared_corpus), ignore = …)]`: `build.rs` says whether the material is there, and
//! with `TRAPLINE_REQUIRE_CORPUS=1` they run and fail without it.

use std::path::PathBuf;

/// A folder of the shared material beside the checkout.
#[allow(
    clippy::unnecessary_wraps,
    reason = "callers read it with `?` and `let … else`"
)]
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared")
        .join(name);
    assert!(folder.is_dir(), "../shared/{name} is absent");
    Some(folder)
}
