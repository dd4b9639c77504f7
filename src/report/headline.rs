//! The headline of every report: how the run ended as a whole.

use super::View;
use super::words::counted;
use crate::project::Conclusion;

/// How good the news is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Look,
    Bad,
}

/// The tone of the headline, and its words.
pub(super) fn headline(view: &View<'_>) -> (Tone, String) {
    let checks = view.outcome.checks().count();
    let failing = view.outcome.checks().filter(|check| view.fails(check));
    let failing = failing.count();
    let changes = view.reviewable().count();
    match view.conclusion {
        Conclusion::Interrupted => (Tone::Bad, "Interrupted before all checks ran".to_owned()),
        Conclusion::NothingSelected => (Tone::Bad, "No check was selected".to_owned()),
        Conclusion::NotLoaded if view.problems.is_empty() => {
            (Tone::Bad, "Not everything can be run".to_owned())
        }
        Conclusion::NotLoaded => {
            let files = counted(view.broken_files(), "file");
            (Tone::Bad, format!("{files} could not be loaded"))
        }
        Conclusion::Failed => {
            let verb = if failing == 1 { "fails" } else { "fail" };
            (
                Tone::Bad,
                format!("{failing} of {} {verb}", counted(checks, "check")),
            )
        }
        Conclusion::Changed => {
            let what = counted(changes, "change");
            (Tone::Look, format!("{what} of behaviour to review"))
        }
        Conclusion::GateMissed => {
            let what = counted(view.gates.len(), "rule");
            let verb = if view.gates.len() == 1 {
                "misses"
            } else {
                "miss"
            };
            (Tone::Bad, format!("{what} {verb} a gate"))
        }
        Conclusion::Added => {
            let what = counted(changes, "new case");
            (Tone::Look, format!("{what} to accept"))
        }
        Conclusion::Passed if checks == 0 => (Tone::Good, "Nothing to test".to_owned()),
        Conclusion::Passed => {
            let what = counted(checks, "check");
            (Tone::Good, format!("All {what} as expected"))
        }
    }
}
