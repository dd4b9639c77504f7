//! Finds the rules that differ, and the differences that matter to a reviewer.

use std::collections::{BTreeMap, BTreeSet};

use crate::replay::Subject;
use crate::rule::{FieldName, MappingEntry, Production, RuleKind, Suppression, ThreatMatch};
use crate::snapshot::diff::{Tag, diff};

/// A rule that differs.
#[derive(Debug, PartialEq, Eq)]
pub struct RuleChange {
    /// `rule_id`.
    pub id: String,
    /// Its name, the newer one.
    pub name: String,
    /// Its file, the newer one.
    pub file: String,
    /// How it differs.
    pub kind: RuleChangeKind,
    /// What its metadata say otherwise; empty for a rule that came or went.
    pub settings: Vec<ChangedSetting>,
    /// The lines of its query, if that differs.
    pub query: Vec<(Tag, String)>,
    /// Whether some check ran with it.
    pub tested: bool,
}

/// How a rule differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleChangeKind {
    /// Only the older side has it.
    Removed,
    /// Both have it.
    Changed,
    /// Only the newer side has it.
    Added,
}

impl RuleChangeKind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Added => "added",
        }
    }
}

/// A key of a rule with another value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedSetting {
    /// As rule files name it.
    pub key: String,
    /// The older value; empty where there was none.
    pub before: String,
    /// The newer value; empty where there is none.
    pub after: String,
}

/// The exception items of each rule: by rule file, then by the item's name.
pub type Exceptions = BTreeMap<String, BTreeMap<String, String>>;

/// The rules that differ: those that went first, then those that changed, then those that came.
/// A rule is the same by its `rule_id`, or else by its file.
pub fn rule_changes(
    (old, before): (&[Subject], &Exceptions),
    (new, after): (&[Subject], &Exceptions),
) -> Vec<RuleChange> {
    let mut changes = Vec::new();
    let mut paired: BTreeSet<&str> = BTreeSet::new();
    for subject in new {
        match counterpart(subject, old) {
            Some(older) => {
                paired.insert(&older.file);
                let excepted = excepted(before.get(&older.file), after.get(&subject.file));
                changes.extend(changed(older, subject, excepted));
            }
            None => changes.push(added_or_removed(subject, RuleChangeKind::Added)),
        }
    }
    let gone = old.iter().filter(|one| !paired.contains(one.file.as_str()));
    changes.extend(gone.map(|subject| added_or_removed(subject, RuleChangeKind::Removed)));
    changes.sort_by(|a, b| (a.kind, &a.file).cmp(&(b.kind, &b.file)));
    changes
}

/// The same rule on the other side.
pub fn counterpart<'s>(subject: &Subject, others: &'s [Subject]) -> Option<&'s Subject> {
    let same_id = |other: &&Subject| other.rule.id == subject.rule.id;
    let same_file = |other: &&Subject| other.file == subject.file;
    let both = |other: &&Subject| same_id(other) && same_file(other);
    let found = others.iter().find(both);
    let found = found.or_else(|| others.iter().find(same_id));
    found.or_else(|| others.iter().find(same_file))
}

fn added_or_removed(subject: &Subject, kind: RuleChangeKind) -> RuleChange {
    RuleChange {
        id: subject.rule.id.clone(),
        name: subject.rule.name.clone(),
        file: subject.file.clone(),
        kind,
        settings: Vec::new(),
        query: Vec::new(),
        tested: false,
    }
}

/// A file that differs in nothing that decides, such as its notes, is no change.
fn changed(old: &Subject, new: &Subject, excepted: Vec<ChangedSetting>) -> Option<RuleChange> {
    let (before, after) = (query(old), query(new));
    let lines = if before == after {
        Vec::new()
    } else {
        diff(before, after)
    };
    let settings = settings(old).into_iter().zip(settings(new));
    let mut settings: Vec<ChangedSetting> = settings
        .filter(|((_, before), (_, after))| before != after)
        .map(|((key, before), (_, after))| ChangedSetting {
            key: key.to_owned(),
            before,
            after,
        })
        .collect();
    settings.extend(excepted);
    let differs = !lines.is_empty() || !settings.is_empty();
    differs.then(|| RuleChange {
        settings,
        query: lines,
        ..added_or_removed(new, RuleChangeKind::Changed)
    })
}

/// The exceptions that came, went or hide something else.
fn excepted(
    before: Option<&BTreeMap<String, String>>,
    after: Option<&BTreeMap<String, String>>,
) -> Vec<ChangedSetting> {
    let names = before.into_iter().chain(after).flat_map(BTreeMap::keys);
    let names: BTreeSet<&String> = names.collect();
    let words = |items: Option<&BTreeMap<String, String>>, name: &String| {
        items
            .and_then(|items| items.get(name).cloned())
            .unwrap_or_default()
    };
    let changed = names.into_iter().filter_map(|name| {
        let (before, after) = (words(before, name), words(after, name));
        let key = format!("exception {name}");
        (before != after).then_some(ChangedSetting { key, before, after })
    });
    changed.collect()
}

fn query(subject: &Subject) -> &str {
    let query = subject.rule.query.as_ref();
    query.map_or("", |query| query.text.text())
}

/// The settings that decide whether, when and with which severity a rule alerts.
fn settings(subject: &Subject) -> Vec<(&'static str, String)> {
    let rule = &subject.rule;
    let index: Vec<&str> = rule.index.iter().map(|(name, _)| name.as_str()).collect();
    let threat = rule.threat.iter().flat_map(|threat| {
        let techniques = threat.techniques.iter().map(|entry| entry.id.as_str());
        std::iter::once(threat.tactic.id.as_str()).chain(techniques)
    });
    let optional = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut settings = vec![
        ("rule_id", rule.id.clone()),
        ("name", rule.name.clone()),
        ("type", rule.kind.rule_type().word().to_owned()),
        ("severity", rule.severity.word().to_owned()),
        ("risk_score", rule.risk_score.to_string()),
        ("index", index.join(", ")),
        ("interval", span(rule.schedule.interval)),
        ("from", format!("now-{}", span(rule.schedule.look_back))),
        ("to", format!("now-{}", span(rule.schedule.until))),
        ("max_signals", rule.max_signals.to_string()),
        ("maturity", optional(&rule.maturity)),
        ("timestamp_field", optional(&rule.fields.timestamp)),
        (
            "timestamp_override",
            optional(&rule.fields.timestamp_override),
        ),
        ("event_category_override", optional(&rule.fields.category)),
        ("tiebreaker_field", optional(&rule.fields.tiebreaker)),
        ("building_block_type", rule.building_block.to_string()),
        ("threat", threat.collect::<Vec<_>>().join(", ")),
    ];
    settings.extend(of_kind(&rule.kind));
    settings.extend(production(&rule.production));
    settings
}

/// The settings that only some kinds of rule have.
fn of_kind(kind: &RuleKind) -> [(&'static str, String); 3] {
    let names = |fields: &[FieldName]| {
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        names.join(", ")
    };
    let [mut threshold, mut new_terms, mut threat] = [const { String::new() }; 3];
    match kind {
        RuleKind::Threshold(own) => {
            threshold = format!("{} by {}", own.count, names(&own.group_by));
            if let Some(distinct) = &own.cardinality {
                let more = format!(", {} of {}", distinct.count, distinct.field.name);
                threshold.push_str(&more);
            }
        }
        RuleKind::NewTerms(own) => {
            new_terms = format!("{} since {}", names(&own.fields), own.history_window_start);
        }
        RuleKind::ThreatMatch(own) => threat = indicators(own),
        _ => {}
    }
    [
        ("threshold", threshold),
        ("new_terms", new_terms),
        ("threat_mapping", threat),
    ]
}

/// `source.ip = threat.indicator.ip in ti-* where QUERY`
fn indicators(settings: &ThreatMatch) -> String {
    let entry = |entry: &MappingEntry| {
        let sign = if entry.is_negated { "!=" } else { "=" };
        let (own, other) = (&entry.event_field.name, &entry.indicator_field.name);
        format!("{own} {sign} {other}")
    };
    let group = |group: &Vec<MappingEntry>| {
        let entries: Vec<String> = group.iter().map(entry).collect();
        entries.join(" and ")
    };
    let groups: Vec<String> = settings.groups.iter().map(group).collect();
    let index: Vec<&str> = settings
        .index
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let filters = settings
        .filters
        .iter()
        .map(|(filter, _)| filter.to_string());
    let query = std::iter::once(settings.query.text.text().to_owned());
    let conditions: Vec<String> = query.chain(filters).collect();
    format!(
        "{} in {} where {}",
        groups.join(" or "),
        index.join(", "),
        conditions.join("; ")
    )
}

/// The settings by which Kibana treats its events and matches.
fn production(production: &Production) -> Vec<(&'static str, String)> {
    let lists = production.exception_lists.iter();
    let lists: Vec<&str> = lists.map(|list| list.list_id.as_str()).collect();
    let filters = production.filters.iter();
    let filters: Vec<String> = filters.map(|(filter, _)| filter.to_string()).collect();
    let mapping = production.severity_mapping.iter().map(|one| {
        let severity = one.severity.word();
        format!("{} = {} is {severity}", one.field, one.value)
    });
    let optional = |value: &Option<String>| value.clone().unwrap_or_default();
    vec![
        (
            "timestamp_override_fallback_disabled",
            production.fallback_disabled.to_string(),
        ),
        ("exceptions_list", lists.join(", ")),
        ("filters", filters.join("; ")),
        (
            "alert_suppression",
            production
                .suppression
                .as_ref()
                .map_or_else(String::new, suppression),
        ),
        ("severity_mapping", mapping.collect::<Vec<_>>().join(", ")),
        ("risk_score_mapping", optional(&production.risk_score_field)),
        ("rule_name_override", optional(&production.name_field)),
    ]
}

/// `by user.name, host.id for 5m, without the field one by one`
fn suppression(suppression: &Suppression) -> String {
    let by = suppression.group_by.join(", ");
    let mut words = match suppression.duration {
        Some(duration) => format!("by {by} for {}", span(duration)),
        None => format!("by {by} for one execution"),
    };
    if !suppression.group_missing {
        words.push_str(", without the field one by one");
    }
    words
}

/// `5m`, `90s`: the largest unit that divides it.
fn span(millis: i64) -> String {
    let units = [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "m"),
        (1000, "s"),
    ];
    let fits = |(size, _): &&(i64, &str)| millis != 0 && millis % size == 0;
    match units.iter().find(fits) {
        Some((size, unit)) => format!("{}{unit}", millis / size),
        None => format!("{millis}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_the_largest_unit_that_divides_them() {
        let spans = [0, 1500, 90_000, 540_000, 7_200_000, 172_800_000].map(span);
        assert_eq!(spans, ["0ms", "1500ms", "90s", "9m", "2h", "2d"]);
    }
}
