//! The words that a snapshot file records of an outcome beside field values. They are part of the
//! file format: a changed word changes every snapshot that holds it. Reports use the same words.

use crate::event::time::format_offset;
use crate::execution::overlap::per_cent;
use crate::replay::outcome::{AtMost, ProductionFact};
use crate::replay::reason::{BlindPhases, NotRun, Uncertainty};

/// The open point that an outcome depends on, with the outcomes.
pub fn uncertainty(on: &Uncertainty) -> String {
    match on {
        Uncertainty::OptionalFields {
            fields,
            missing,
            folded,
        } => {
            let fields: Vec<String> = fields.iter().map(|field| format!("?{field}")).collect();
            format!(
                "{} is unmapped: as a missing field {}, as Elasticsearch's optimizer folds it {}",
                fields.join(", "),
                alerts(*missing),
                alerts(*folded),
            )
        }
        Uncertainty::EqualTimes { forward, reversed } => format!(
            "events of equal time without a tiebreaker: in file order {}, in reverse {}",
            alerts(*forward),
            alerts(*reversed),
        ),
        Uncertainty::ExecutionTime { start, execution } => format!(
            "the query counts from `now`: at the start of the case {}, when an execution runs it {}",
            alerts(*start),
            alerts(*execution),
        ),
    }
}

/// Why a check is not run.
pub fn not_run(what: &NotRun) -> String {
    match what {
        NotRun::Rule(what) => what.to_string(),
        NotRun::Query(refused) => refused.to_string(),
        NotRun::Fails(failure) => failure.to_string(),
    }
}

fn alerts(count: usize) -> String {
    match count {
        0 => "no alert".to_owned(),
        1 => "1 alert".to_owned(),
        more => format!("{more} alerts"),
    }
}

/// In which share of phases there is an alert, and the longest run of those without.
pub fn blind_phases(blind: &BlindPhases) -> String {
    let plain = |millis: i64| format_offset(millis).trim_start_matches('+').to_owned();
    format!(
        "found in {}; missed where executions start {} to {} after the start of the case",
        per_cent(blind.covered, blind.interval),
        plain(blind.from),
        plain(blind.until),
    )
}

/// A line about production: its key and its value.
pub(super) fn production(fact: &ProductionFact) -> (&'static str, String) {
    match fact {
        ProductionFact::BlindPhases(blind) => ("phases", blind_phases(blind)),
        ProductionFact::AlertCounts { least, most } => {
            ("phases", format!("{least} to {most} alerts"))
        }
        ProductionFact::Lost(count) => ("lost", format!("{} beyond max_signals", at_most(*count))),
        ProductionFact::Suppressed(count) => (
            "suppress",
            format!("{} under another alert", at_most(*count)),
        ),
        ProductionFact::Kibana(line) => ("kibana", line.clone()),
        ProductionFact::CreatedBy(names) => ("creates", names.join(", ")),
    }
}

fn at_most(count: AtMost) -> String {
    if count.is_exact {
        count.count.to_string()
    } else {
        format!("at most {}", count.count)
    }
}
