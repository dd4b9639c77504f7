//! `maxspan-schedule`: sequences that no single execution of the rule sees whole.

use crate::diagnostic::{Code, Severity};
use crate::execution::overlap::{blind, per_cent};
use crate::language::eql::syntax::QueryKind;
use crate::lint::Subject;
use crate::lint::finding::{Finding, Lint};
use crate::lint::rule_settings::schedule_gap::span_of;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "maxspan-schedule",
        title: "maxspan is longer than two executions overlap",
        page: "A sequence is matched within the time range of one execution, which begins `from` before \
               it runs. Two executions in a row overlap by `from` less `interval`. A sequence that \
               takes longer than the overlap and begins before a range does is in no execution whole, \
               so it is lost although it fits `maxspan`:\n\n\
               ```toml\ninterval = \"5m\"\nfrom = \"now-9m\"          # they overlap by 4m\n\
               query = 'sequence by host.id with maxspan=10m […] […]'\n```\n\n\
               Let `from` be at least `interval` plus `maxspan` ago (plus what events need to arrive), \
               or make `maxspan` shorter.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let QueryKind::Sequence(sequence) = &subject.syntax.kind else {
        return;
    };
    let Some(maxspan) = &sequence.maxspan else {
        return;
    };
    let schedule = subject.rule.schedule;
    let seen = schedule.look_back.saturating_sub(schedule.until);
    let overlap = seen.saturating_sub(schedule.interval).max(0);
    let longest = maxspan.millis();
    if longest <= overlap {
        return;
    }
    let look_back = span_of(schedule.look_back);
    let share = per_cent(blind(schedule, longest), schedule.interval);
    let message = format!(
        "sequences of more than {} are lost where one execution ends: maxspan is {}, from is {look_back} \
         and interval {}; one that takes all of maxspan is missed in {share} of the phases",
        span_of(overlap),
        span_of(longest),
        span_of(schedule.interval),
    );
    let wanted = span_of(schedule.interval.saturating_add(longest));
    let label = format!("longer than the overlap of {}", span_of(overlap));
    findings.push(
        LINT.finding(
            subject.source(),
            subject.locate(maxspan.span),
            message,
            label,
        )
        .help(format!(
            "let the rule look back {wanted}: `from = \"now-{wanted}\"`"
        )),
    );
}
