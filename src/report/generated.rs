//! Why `new` and `import --minimise` found no scenario, in words.

use super::reason::sentence;
use crate::diagnostic::{Code, Diagnostic};
use crate::reduce::{ReduceError, TrialFailure};
use crate::replay::Verdict;
use crate::replay::reason::Reason;
use crate::snapshot::words;
use crate::synthesize::{AttackResult, UnsolvedReason};

/// Why no attack, or no case for a clause, was found.
pub fn unsolved(reason: &UnsolvedReason) -> String {
    let UnsolvedReason::NotAlerting(silence) = reason else {
        return reason.to_string();
    };
    let because = match &**silence {
        AttackResult::Blocked(clauses) => clauses.join(", "),
        AttackResult::Uncertain(on) => words::uncertainty(on),
        AttackResult::Judged(reason) => sentence(reason),
        AttackResult::Verdict(verdict) => verdict.word().to_owned(),
    };
    format!("{reason}: {because}")
}

/// Why a recording gives no scenario.
pub fn no_scenario(code: &'static Code, why: &ReduceError) -> Diagnostic {
    let mut diagnostic = Diagnostic::of(code, why.cause());
    if let ReduceError::Unlike { why, trial: what } = why {
        diagnostic.message = format!("{why}: {}", trial(what));
    }
    diagnostic
}

fn trial(failure: &TrialFailure) -> String {
    match failure {
        TrialFailure::NotRehearsed(why) => why.to_string(),
        TrialFailure::NotRun(source) => format!("nothing runs on `{source}`"),
        TrialFailure::Judged { verdict, reason } => judged(*verdict, reason.as_ref()),
        TrialFailure::StoppedBy(clauses) => format!("stopped by {clauses}"),
        TrialFailure::Other => "it has another outcome".to_owned(),
    }
}

fn judged(verdict: Verdict, reason: Option<&Reason>) -> String {
    reason.map_or_else(|| verdict.word().to_owned(), sentence)
}
