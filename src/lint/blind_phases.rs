//! Figures over many rules: how many EQL rules have phases of their schedule in which nothing that
//! happens is found, and how large they are. Used by `survey`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::execution::overlap::{blind, per_cent};
use crate::language::eql::syntax::{Query, QueryKind};
use crate::lint::rule_settings::schedule_gap::span_of;
use crate::rule::{Rule, Schedule};

/// The counts.
#[derive(Debug, Default)]
pub(super) struct BlindPhases {
    /// By interval and look-back.
    schedules: BTreeMap<(i64, i64), OfSchedule>,
    /// The blind shares of sequences at their maxspan, by how many per mille.
    shares: BTreeMap<(i64, String), usize>,
    rules: usize,
    gaps: usize,
    sequences: usize,
    spanless: usize,
    half: usize,
}

#[derive(Debug, Default)]
struct OfSchedule {
    rules: usize,
    sequences: usize,
    blind: usize,
    worst: i64,
}

impl BlindPhases {
    pub(super) fn add(&mut self, rule: &Rule, syntax: &Query) {
        let schedule = rule.schedule;
        self.rules += 1;
        // A single event: blind only where time is left out.
        self.gaps += usize::from(blind(schedule, 0) > 0);
        let key = (schedule.interval, schedule.look_back);
        let entry = self.schedules.entry(key).or_default();
        entry.rules += 1;
        let QueryKind::Sequence(sequence) = &syntax.kind else {
            return;
        };
        self.sequences += 1;
        entry.sequences += 1;
        let Some(maxspan) = &sequence.maxspan else {
            self.spanless += 1;
            return;
        };
        let lost = blind(schedule, maxspan.millis());
        if lost == 0 {
            return;
        }
        entry.blind += 1;
        entry.worst = entry.worst.max(lost);
        self.half += usize::from(blind(schedule, maxspan.millis() / 2) > 0);
        let share = (
            lost * 1000 / schedule.interval,
            per_cent(lost, schedule.interval),
        );
        *self.shares.entry(share).or_default() += 1;
    }

    /// The figures as a section of Markdown.
    pub(super) fn markdown(&self, text: &mut String) {
        let with: usize = self.shares.values().sum();
        text.push_str(
            "\n## Blind phases\n\nAn execution sees the time since `from`. A sequence that takes longer than two \
             executions overlap is seen whole in some phases of the schedule only; the rest are blind. Taken \
             at the rule's `maxspan`, with events that arrive at once.\n\n| | EQL rules |\n|---|---:|\n",
        );
        let mut row = |what: &str, count: usize| {
            let _ = writeln!(text, "| {what} | {count} |");
        };
        row("on a schedule", self.rules);
        row("leave time out: an event alone can be missed", self.gaps);
        row("sequences", self.sequences);
        row("sequences without `maxspan`", self.spanless);
        row("sequences with blind phases at `maxspan`", with);
        row("of these blind at half of `maxspan` too", self.half);
        text.push_str("\n| blind at `maxspan` | sequences |\n|---:|---:|\n");
        for ((_, share), count) in &self.shares {
            let _ = writeln!(text, "| {share} of the phases | {count} |");
        }
        text.push_str(
            "\n| interval | look-back | an event may be late | rules | sequences | with blind phases | worst |\n\
             |---:|---:|---:|---:|---:|---:|---:|\n",
        );
        for ((interval, look_back), of) in &self.schedules {
            let schedule = Schedule {
                interval: *interval,
                look_back: *look_back,
                until: 0,
            };
            let late = (schedule.look_back - schedule.interval).max(0);
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} | {} | {} |",
                span_of(*interval),
                span_of(*look_back),
                if late == 0 {
                    "0s".to_owned()
                } else {
                    span_of(late)
                },
                of.rules,
                of.sequences,
                of.blind,
                per_cent(of.worst, *interval),
            );
        }
    }
}
