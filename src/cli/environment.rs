//! What the surroundings say: environment variables and the working directory. The only file that
//! asks them.

use camino::Utf8PathBuf;

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
