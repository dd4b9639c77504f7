//! The exit codes. The numbers are a contract: `docs/reference/exit-codes.md`.

use crate::diagnostic::Diagnostic;

/// How the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExitCode {
    /// 0: everything passed.
    Passed,
    /// 1: an expectation failed or behaviour changed.
    Failed,
    /// 2: the command line or the configuration is wrong.
    Usage,
    /// 3: a rule, scenario or snapshot could not be loaded, or is unsupported under `--strict`.
    NotLoaded,
    /// 4: nothing was selected; a filter that matches nothing is an error.
    NothingSelected,
    /// 5: a gate was missed while the tests passed.
    GateMissed,
    /// 6: nothing but snapshot entries that nobody reviewed yet.
    NewSnapshots,
    /// 70: an internal error.
    Internal,
    /// 130: interrupted.
    Interrupted,
}

impl ExitCode {
    /// All codes; when several apply, the first of them counts.
    pub const BY_PRECEDENCE: [Self; 9] = [
        Self::Internal,
        Self::Interrupted,
        Self::Usage,
        Self::NothingSelected,
        Self::NotLoaded,
        Self::Failed,
        Self::GateMissed,
        Self::NewSnapshots,
        Self::Passed,
    ];

    /// The number.
    pub fn number(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotLoaded => 3,
            Self::NothingSelected => 4,
            Self::GateMissed => 5,
            Self::NewSnapshots => 6,
            Self::Internal => 70,
            Self::Interrupted => 130,
        }
    }

    /// The one that counts when both apply.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::BY_PRECEDENCE
            .into_iter()
            .find(|code| *code == self || *code == other)
            .unwrap_or(self)
    }

    /// Whether everything could be loaded.
    pub fn of_loading(diagnostics: &[Diagnostic]) -> Self {
        if diagnostics.iter().any(Diagnostic::is_error) {
            Self::NotLoaded
        } else {
            Self::Passed
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_precedence_is_that_of_the_design() {
        let numbers = ExitCode::BY_PRECEDENCE.map(ExitCode::number);
        assert_eq!(numbers, [70, 130, 2, 4, 3, 1, 5, 6, 0]);
        assert_eq!(
            ExitCode::Failed.and(ExitCode::NewSnapshots),
            ExitCode::Failed
        );
        assert_eq!(
            ExitCode::Failed.and(ExitCode::NotLoaded),
            ExitCode::NotLoaded
        );
        assert_eq!(
            ExitCode::Passed.and(ExitCode::NewSnapshots),
            ExitCode::NewSnapshots
        );
    }
}
