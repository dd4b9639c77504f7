//! How noisy rules are, as a table and as JSON.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::terminal::clean;
use crate::compile::CompiledRule;
use crate::event::Timestamp;
use crate::scan::noise::{Budget, RuleNoise, Span};

/// The inputs of both formats.
#[derive(Debug, Clone, Copy)]
pub struct NoiseView<'a> {
    /// The rules that ran.
    pub rules: &'a [CompiledRule],
    /// What each amounts to, the noisiest first.
    pub noise: &'a [RuleNoise],
    /// How many events there were.
    pub events: u64,
    /// Their span.
    pub span: Span,
    /// The budget of a rule.
    pub budget: Option<Budget>,
}

impl NoiseView<'_> {
    fn is_over(&self, alerts: u64) -> bool {
        let budget = self.budget;
        budget.is_some_and(|budget| budget.is_exceeded(alerts, self.span))
    }

    fn noisy(&self) -> impl Iterator<Item = (&RuleNoise, &CompiledRule)> {
        let alerting = self.noise.iter().filter(|noise| noise.alerts > 0);
        alerting.filter_map(|noise| Some((noise, self.rules.get(noise.rule)?)))
    }

    /// The table of the rules that alerted.
    pub fn table(&self) -> String {
        let mut text = String::new();
        if self.noisy().next().is_some() {
            let _ = writeln!(text, "  alerts     a day  hosts  rule");
        }
        for (noise, rule) in self.noisy() {
            let over = match self.budget {
                Some(budget) if self.is_over(noise.alerts) => format!("  over {budget}"),
                _ => String::new(),
            };
            let _ = writeln!(
                text,
                "{:>8}  {:>8.1}  {:>5}  {}{over}",
                noise.alerts,
                self.span.a_day(noise.alerts),
                noise.hosts,
                clean(&rule.rule.name)
            );
            for value in &noise.values {
                let shown = clean(&value.value);
                let _ = writeln!(text, "{:>33}  {} = {shown}", value.alerts, value.field);
            }
        }
        self.closing(&mut text);
        text
    }

    fn closing(&self, text: &mut String) {
        let alerting = self.noisy().count();
        let _ = write!(text, "{alerting} of {} rules alerted", self.rules.len());
        if let Some(budget) = self.budget {
            let over = self.noisy().filter(|(noise, _)| self.is_over(noise.alerts));
            let _ = write!(text, ", {} more than {budget}", over.count());
        }
        if let Some((first, last)) = self.span.times() {
            let [first, last] = [first, last].map(Timestamp::from_millis);
            let days = self.span.days();
            let _ = write!(text, "; {first} to {last}, {days:.1} days");
            if days < 1.0 {
                let _ = write!(text, " counted as one");
            }
        }
        text.push('\n');
    }

    /// One object: the span, and every rule that ran.
    pub fn json(&self) -> Json {
        let time = |millis: i64| Timestamp::from_millis(millis).to_string();
        let times = self.span.times();
        json!({
            "events": self.events,
            "from": times.map(|(first, _)| time(first)),
            "to": times.map(|(_, last)| time(last)),
            "days": self.span.days(),
            "budget": self.budget.map(|budget| budget.to_string()),
            "rules": self.entries().collect::<Json>(),
        })
    }

    /// An object for each rule that ran.
    pub fn entries(&self) -> impl Iterator<Item = Json> {
        self.noise.iter().filter_map(|noise| {
            let rule = self.rules.get(noise.rule)?;
            let values = noise.values.iter().map(
                |value| json!({"field": value.field, "value": value.value, "alerts": value.alerts}),
            );
            Some(json!({
                "rule_id": rule.rule.id,
                "rule": rule.rule.name,
                "severity": rule.rule.severity.word(),
                "alerts": noise.alerts,
                "alerts_per_day": self.span.a_day(noise.alerts),
                "hosts": noise.hosts,
                "over_budget": self.is_over(noise.alerts),
                "values": values.collect::<Json>(),
            }))
        })
    }
}
