//! How noisy rules are: alerts a day, the hosts they come from, and the values that occur most in
//! them, which is what an exclusion would cut. Fed with the alerts of a scan that keeps values.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Alert;
use crate::compile::CompiledRule;
use crate::diagnostic::document::BadBudget;
use crate::plan::index_vec::{item, item_mut};

const DAY: i64 = 86_400_000;
/// The number of distinct values counted for a field; beyond it the rarest are dropped.
const MAX_VALUES: usize = 10_000;
/// The number of values reported for a rule, and for one of its fields.
const SHOWN_VALUES: usize = 5;
const SHOWN_VALUES_OF_FIELD: usize = 2;

/// Fields that exclusions are usually written on, most useful first. Read in addition to the fields
/// that the rule names.
pub const FIELDS: &[&str] = &[
    "process.executable",
    "process.command_line",
    "process.name",
    "process.parent.executable",
    "process.parent.name",
    "file.path",
    "registry.path",
    "dll.path",
    "dns.question.name",
    "destination.ip",
    "source.ip",
    "user.name",
    "user.id",
    "host.name",
    "host.id",
];

/// Fields whose values are another in every event, or the same in all.
const UNTELLING_FIELDS: &[&str] = &[
    "@timestamp",
    "agent.",
    "data_stream.",
    "ecs.",
    "event.category",
    "event.created",
    "event.id",
    "event.ingested",
    "event.kind",
    "event.sequence",
    "event.type",
    "host.os.",
];

/// Whether values of this field can tell what is noise.
pub fn is_telling(path: &str) -> bool {
    let is_silent =
        |silent: &str| path == silent || (silent.ends_with('.') && path.starts_with(silent));
    let name = path.rsplit('.').next();
    !UNTELLING_FIELDS.iter().any(|silent| is_silent(silent))
        && !matches!(name, Some("entity_id" | "pid"))
}

/// Counts the alerts of each rule and what is in them.
#[derive(Debug)]
pub struct Noise {
    /// For each rule the fields that it names.
    named: Vec<BTreeSet<String>>,
    tallies: Vec<Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    alerts: u64,
    hosts: FxHashSet<Box<str>>,
    values: FxHashMap<Arc<str>, FxHashMap<Box<str>, u64>>,
}

/// What one rule amounts to.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleNoise {
    /// The rule, by its place.
    pub rule: usize,
    /// How often it alerted.
    pub alerts: u64,
    /// On how many hosts.
    pub hosts: usize,
    /// The values that occur most, the most frequent first.
    pub values: Vec<FrequentValue>,
}

/// A value that many alerts of a rule have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrequentValue {
    /// Where it stands.
    pub field: String,
    /// What it is.
    pub value: String,
    /// How many alerts have it.
    pub alerts: u64,
}

impl Noise {
    /// Nothing counted yet.
    pub fn new(rules: &[CompiledRule]) -> Self {
        let named = rules.iter().map(|rule| {
            let fields = rule.plan.fields.iter();
            fields.map(|field| field.path.clone()).collect()
        });
        Self {
            named: named.collect(),
            tallies: rules.iter().map(|_| Tally::default()).collect(),
        }
    }

    /// Counts an alert.
    pub fn take(&mut self, alert: &Alert) {
        let tally = item_mut(&mut self.tallies, alert.rule);
        let named = item(&self.named, alert.rule);
        tally.alerts += 1;
        let events = alert.events.iter().flatten();
        let values: FxHashSet<&(Arc<str>, Box<str>)> =
            events.flat_map(|event| &event.values).collect();
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_unstable();
        let of = |wanted: &'static str| values.iter().filter(move |(field, _)| **field == *wanted);
        let by_id = of("host.id").next().is_some();
        let hosts = of(if by_id { "host.id" } else { "host.name" });
        tally.hosts.extend(hosts.map(|(_, host)| host.clone()));
        for (field, value) in values {
            if FIELDS.contains(&&**field) || named.contains(&**field) {
                tally.count(field, value);
            }
        }
    }

    /// What each rule amounts to, the noisiest first; rules without alerts come last.
    pub fn rules(&self) -> Vec<RuleNoise> {
        let mut rules: Vec<RuleNoise> = self
            .tallies
            .iter()
            .enumerate()
            .map(|(rule, tally)| RuleNoise {
                rule,
                alerts: tally.alerts,
                hosts: tally.hosts.len(),
                values: tally.frequent(),
            })
            .collect();
        rules.sort_by(|a, b| b.alerts.cmp(&a.alerts).then(a.rule.cmp(&b.rule)));
        rules
    }
}

impl Tally {
    fn count(&mut self, field: &Arc<str>, value: &str) {
        let values = self.values.entry(Arc::clone(field)).or_default();
        if let Some(count) = values.get_mut(value) {
            *count += 1;
            return;
        }
        if values.len() >= MAX_VALUES {
            let mut kept: Vec<_> = values.drain().collect();
            kept.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            kept.truncate(MAX_VALUES / 2);
            values.extend(kept);
        }
        values.insert(value.into(), 1);
    }

    fn frequent(&self) -> Vec<FrequentValue> {
        let mut all = Vec::new();
        let mut fields: Vec<_> = self.values.iter().collect();
        fields.sort_by_key(|(field, _)| *field);
        for (field, values) in fields {
            let mut values: Vec<_> = values.iter().collect();
            values.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
            let often = values.into_iter().filter(|(_, count)| **count > 1);
            all.extend(
                often
                    .take(SHOWN_VALUES_OF_FIELD)
                    .map(|(value, count)| FrequentValue {
                        field: field.to_string(),
                        value: value.to_string(),
                        alerts: *count,
                    }),
            );
        }
        let rank = |field: &str| {
            let rank = FIELDS.iter().position(|known| *known == field);
            rank.unwrap_or(FIELDS.len())
        };
        all.sort_by_key(|value| (std::cmp::Reverse(value.alerts), rank(&value.field)));
        all.truncate(SHOWN_VALUES);
        all
    }
}

/// The span of a stream's events.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span(Option<(i64, i64)>);

impl Span {
    /// From the first to the last time, in milliseconds.
    pub fn new(times: Option<(i64, i64)>) -> Self {
        Self(times)
    }

    /// The first and the last time, in milliseconds.
    pub fn times(self) -> Option<(i64, i64)> {
        self.0
    }

    /// How many days it is.
    pub fn days(self) -> f64 {
        self.periods_of(DAY)
    }

    /// How many alerts that is a day: a span shorter than a day counts as one.
    pub fn a_day(self, alerts: u64) -> f64 {
        self.rate(alerts, DAY)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a rate for people has few digits"
    )]
    fn rate(self, alerts: u64, period: i64) -> f64 {
        alerts as f64 / self.periods_of(period).max(1.0)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a rate for people has few digits"
    )]
    fn periods_of(self, period: i64) -> f64 {
        let millis = self.0.map_or(0, |(first, last)| last.saturating_sub(first));
        millis as f64 / period as f64
    }
}

/// How many alerts of one rule are bearable: `5/day`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    alerts: f64,
    period: Period,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Period {
    Hour,
    Day,
    Week,
}

impl Period {
    const ALL: [(Self, &'static str, i64); 3] = [
        (Self::Hour, "hour", DAY / 24),
        (Self::Day, "day", DAY),
        (Self::Week, "week", DAY * 7),
    ];
}

impl Budget {
    /// Whether a rule that alerted so often in this time spends more.
    pub fn is_exceeded(self, alerts: u64, span: Span) -> bool {
        let period = Period::ALL.iter().find(|(own, ..)| *own == self.period);
        period.is_some_and(|(.., millis)| span.rate(alerts, *millis) > self.alerts)
    }
}

impl FromStr for Budget {
    type Err = BadBudget;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (alerts, word) = text.split_once('/').ok_or(BadBudget::Unreadable)?;
        let period = Period::ALL.iter().find(|(_, own, _)| *own == word.trim());
        let (period, ..) = period.ok_or(BadBudget::Unreadable)?;
        let alerts: f64 = alerts.trim().parse().map_err(|_| BadBudget::Unreadable)?;
        if !alerts.is_finite() || alerts < 0.0 {
            return Err(BadBudget::Unreadable);
        }
        Ok(Self {
            alerts,
            period: *period,
        })
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Period::ALL.iter().find(|(own, ..)| *own == self.period);
        write!(
            f,
            "{}/{}",
            self.alerts,
            word.map_or("", |(_, word, _)| word)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_a_number_and_a_period() {
        for text in ["5/day", "0.5/hour", "12/week"] {
            assert_eq!(
                text.parse::<Budget>().map(|budget| budget.to_string()),
                Ok(text.to_owned())
            );
        }
        for text in ["5", "/day", "5/month", "-1/day", "inf/day", "NaN/day", "5/"] {
            assert!(text.parse::<Budget>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_rate_is_over_the_span_and_a_short_span_counts_as_one_period() -> Result<(), BadBudget> {
        let budget: Budget = "5/day".parse()?;
        let ten_days = Span::new(Some((0, 10 * DAY)));
        assert!(!budget.is_exceeded(50, ten_days) && budget.is_exceeded(51, ten_days));
        let minute = Span::new(Some((0, 60_000)));
        assert!(!budget.is_exceeded(5, minute) && budget.is_exceeded(6, minute));
        let hourly: Budget = "5/hour".parse()?;
        assert!(!hourly.is_exceeded(1200, ten_days) && hourly.is_exceeded(1201, ten_days));
        assert!(!budget.is_exceeded(0, Span::new(None)));
        Ok(())
    }

    #[test]
    fn fields_of_every_event_tell_nothing() {
        for field in [
            "@timestamp",
            "event.type",
            "host.os.type",
            "process.pid",
            "agent.id",
        ] {
            assert!(!is_telling(field), "{field}");
        }
        assert!(FIELDS.iter().all(|field| is_telling(field)));
        assert!(is_telling("event.action") && is_telling("agents"));
    }
}
