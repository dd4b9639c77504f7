//! What decides the hits of a rule's stages and the alerts that they become, as text: equal on all
//! machines whose rules, exceptions and data sources are equal. It names no file and no place in one.

use std::fmt::{self, Write};

use super::exclusions::CompiledExclusions;
use super::rule::CompiledRule;
use crate::rule::{FieldName, NewTerms, Production, RuleKind, ThreatMatch, Threshold};

impl CompiledRule {
    /// Writes the rule's settings, plan and exceptions with the types of all fields that they read.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn write_fingerprint(&self, out: &mut dyn Write) -> fmt::Result {
        let rule = &*self.rule;
        writeln!(out, "rule {:?} {:?}", rule.id, rule.kind.rule_type())?;
        kind(&rule.kind, out)?;
        let index: Vec<&str> = rule.index.iter().map(|(name, _)| name.as_str()).collect();
        writeln!(out, "index {index:?}")?;
        if let Some(query) = &rule.query {
            writeln!(out, "{:?} {:?}", query.language, query.text.text())?;
        }
        writeln!(out, "{:?} {:?}", rule.schedule, rule.fields)?;
        writeln!(out, "max_signals {}", rule.max_signals)?;
        production(&rule.production, out)?;
        writeln!(out, "plan {}{:?}", self.plan, self.plan.fields)?;
        writeln!(out, "pipeline {:?}", self.pipeline)?;
        for path in self.named_fields() {
            writeln!(out, "field {path:?} {:?}", self.field(path))?;
        }
        let mut lists: Vec<&str> = self.lists().collect();
        lists.sort_unstable();
        writeln!(out, "lists {lists:?} missing {:?}", self.missing_lists)?;
        self.exclusions.write_fingerprint(out)
    }
}

impl CompiledExclusions {
    /// Writes the conditions, whatever the order of the exceptions, and the types of their fields.
    fn write_fingerprint(&self, out: &mut dyn Write) -> fmt::Result {
        let exceptions = self.exceptions().iter();
        let exceptions = exceptions.map(|item| format!("{:?} {:?}", item.filter, item.expires));
        let mut exceptions: Vec<String> = exceptions.collect();
        exceptions.sort_unstable();
        for exception in exceptions {
            writeln!(out, "exception {exception}")?;
        }
        if self.is_empty() {
            return Ok(());
        }
        for (path, field) in self.fields() {
            writeln!(out, "type {path:?} {field:?}")?;
        }
        Ok(())
    }
}

fn kind(kind: &RuleKind, out: &mut dyn Write) -> fmt::Result {
    match kind {
        RuleKind::Eql | RuleKind::Query | RuleKind::SavedQuery { .. } => Ok(()),
        RuleKind::Esql | RuleKind::MachineLearning => Ok(()),
        RuleKind::Threshold(Threshold {
            group_by,
            count,
            count_span: _,
            cardinality,
        }) => {
            writeln!(out, "threshold {:?} {count}", names(group_by))?;
            let cardinality = cardinality.as_ref();
            let cardinality = cardinality.map(|own| (&own.field.name, own.count));
            writeln!(out, "cardinality {cardinality:?}")
        }
        RuleKind::NewTerms(NewTerms {
            fields,
            history_window_start,
            history_span: _,
        }) => writeln!(out, "new {:?} {history_window_start:?}", names(fields)),
        RuleKind::ThreatMatch(threat) => indicators(threat, out),
    }
}

fn names(fields: &[FieldName]) -> Vec<&str> {
    fields.iter().map(|field| field.name.as_str()).collect()
}

fn indicators(threat: &ThreatMatch, out: &mut dyn Write) -> fmt::Result {
    let index: Vec<&str> = threat.index.iter().map(|(name, _)| name.as_str()).collect();
    let (language, text) = (threat.query.language, threat.query.text.text());
    writeln!(out, "indicators {index:?} {language:?} {text:?}")?;
    for (filter, _) in &threat.filters {
        writeln!(out, "indicator filter {filter:?}")?;
    }
    for group in &threat.groups {
        writeln!(out, "group")?;
        for entry in group {
            let fields = (&entry.event_field.name, &entry.indicator_field.name);
            writeln!(out, "{fields:?} {}", entry.is_negated)?;
        }
    }
    Ok(())
}

fn production(production: &Production, out: &mut dyn Write) -> fmt::Result {
    writeln!(out, "fallback {}", !production.fallback_disabled)?;
    for (filter, _) in &production.filters {
        writeln!(out, "filter {filter:?}")?;
    }
    writeln!(out, "{:?}", production.suppression)
}
