//! Reads environment variables, the working directory and the clock. No other file does.

use std::time::{SystemTime, UNIX_EPOCH};

use camino::Utf8PathBuf;

use crate::event::Timestamp;

/// Whether a CI system runs us: `CI` is set and neither empty nor `0` nor `false`. Then nothing is
/// written.
pub fn ci() -> bool {
    #[expect(clippy::disallowed_methods, reason = "this file owns the environment")]
    let value = std::env::var("CI");
    value.is_ok_and(|value| means_ci(&value))
}

/// The working directory; `None` when it is gone or its name is not UTF-8.
pub fn working_directory() -> Option<Utf8PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "this file owns the environment")]
    let directory = std::env::current_dir().ok()?;
    Utf8PathBuf::from_path_buf(directory).ok()
}

/// The clock, for `now` in the date math of `query`: Elasticsearch takes its own.
pub fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "this file owns the clock")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.map_or(0, |since| since.as_millis());
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

/// The revision that a pull or merge request is to be merged into, as CI systems name it; `None`
/// outside of one.
pub fn base_revision() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "this file owns the environment")]
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let github = variable("GITHUB_BASE_REF").map(|branch| format!("origin/{branch}"));
    github.or_else(|| variable("CI_MERGE_REQUEST_DIFF_BASE_SHA"))
}

/// In a job of GitHub Actions: the address of the checked out commit's files, and the directory that
/// holds them.
pub fn github_tree() -> Option<(String, Utf8PathBuf)> {
    #[expect(clippy::disallowed_methods, reason = "this file owns the environment")]
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let server = variable("GITHUB_SERVER_URL")?;
    let (repository, commit) = (variable("GITHUB_REPOSITORY")?, variable("GITHUB_SHA")?);
    let workspace = Utf8PathBuf::from(variable("GITHUB_WORKSPACE")?);
    Some((format!("{server}/{repository}/blob/{commit}"), workspace))
}

fn means_ci(value: &str) -> bool {
    let no = ["", "0", "false"];
    !no.iter().any(|no| value.trim().eq_ignore_ascii_case(no))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ci_is_what_is_neither_empty_nor_zero_nor_false() {
        assert!(means_ci("true") && means_ci("1") && means_ci("woodpecker"));
        assert!(!means_ci("") && !means_ci("0") && !means_ci("false") && !means_ci("False"));
    }
}
