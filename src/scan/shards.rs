//! How a scan is divided among machines: the rules that a slice of time decides, and those that
//! need all events of their join key.
//!
//! The slice `[a, b)` reads the events of `[a - W, b + W)` and reports the alerts whose last event
//! lies in `[a, b)`. This is exact for rules whose matches span at most `W`. All other rules run
//! over stage hits ([`super::stage_hits`]), divided by join key.

use crate::compile::CompiledRule;
use crate::event::Timestamp;
use crate::plan::{Operator, Plan};
use crate::rule::RuleKind;

/// How a rule is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Division {
    /// By time: its matches span at most this many milliseconds.
    Slice(i64),
    /// By join key, through stage hits.
    Key,
    /// Not at all: one machine takes all of its stage hits.
    Whole,
}

impl Division {
    /// The division of a rule, for slices with a neighbourhood of `window` milliseconds.
    pub fn of(rule: &CompiledRule, window: i64) -> Self {
        match rule.rule.kind {
            RuleKind::Eql | RuleKind::Query | RuleKind::SavedQuery { .. } => {
                Self::of_plan(&rule.plan, window)
            }
            // Their executions see all of their documents.
            RuleKind::Threshold(_)
            | RuleKind::NewTerms(_)
            | RuleKind::ThreatMatch(_)
            | RuleKind::Esql
            | RuleKind::MachineLearning => Self::Whole,
        }
    }

    fn of_plan(plan: &Plan, window: i64) -> Self {
        let is_cut = !plan.pipes.is_empty() || has_own_order(plan);
        match &plan.operator {
            _ if is_cut => Self::Whole,
            Operator::Select => Self::Slice(0),
            Operator::Sequence(sequence) => match sequence.maxspan {
                Some(limit) if limit.millis <= window => Self::Slice(limit.millis),
                _ if sequence.joins.is_empty() => Self::Whole,
                _ => Self::Key,
            },
            Operator::Sample { .. } => Self::Whole,
        }
    }

    /// Its name in the output of `plan-shards`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Slice(_) => "slice",
            Self::Key => "key",
            Self::Whole => "whole",
        }
    }
}

/// Whether the rule orders events otherwise than the stream does, so that it runs at its end.
fn has_own_order(plan: &Plan) -> bool {
    let timestamp = plan.fields.get(plan.timestamp);
    plan.tiebreaker.is_some() || timestamp.is_none_or(|field| field.path != "@timestamp")
}

/// The slice of time whose alerts are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// The start, included.
    pub from: Option<Timestamp>,
    /// The end, not included.
    pub to: Option<Timestamp>,
}

impl Slice {
    /// Whether an alert whose last event has this time is reported. An event without a time belongs
    /// to the slice without a start.
    pub fn holds(&self, last: Option<Timestamp>) -> bool {
        match last {
            None => self.from.is_none(),
            Some(last) => {
                self.from.is_none_or(|from| from <= last) && self.to.is_none_or(|to| last < to)
            }
        }
    }
}
