//! Synthesizes a case for what a rule counts, remembers or compares beside its query: the attack with
//! as many events, such a past or such indicators that the setting alone decides.

use super::Request;
use super::attack::{self, AttackEvent, RuleOnSource};
use super::case;
use super::rule_on_source::on_indicators;
use super::rule_type::{copies, mapped, matching, shared, values};
use super::search::Search;
use crate::event::Scalar;
use crate::language::dsl::query::{FieldTest, Fields, Query};
use crate::plan::ClauseName;
use crate::replay::START;
use crate::replay::trace::setting::{Setting, entry};
use crate::rule::{MappingEntry, NewTerms, Rule, RuleKind, ThreatMatch, Threshold};
use crate::scenario::write::{Expect, SketchCase, SketchChange, SketchCopies, SketchEvent};

/// The label of the indicator of an attack that was made.
const INDICATOR: &str = "indicator";

/// Cases in which the setting may decide, the likeliest first: with `alert`, the alert depends on
/// it; otherwise it alone stops the attack.
pub(super) fn proposals(
    request: &Request<'_>,
    on_source: &RuleOnSource<'_>,
    parts: &[AttackEvent<'_>],
    setting: &Setting,
    alert: bool,
) -> Vec<SketchCase> {
    let Some(part) = parts.first() else {
        return Vec::new();
    };
    let maker = SettingCaseBuilder {
        request,
        on_source,
        part,
    };
    let rule = &request.subject.rule;
    let cases = match &rule.kind {
        _ if matches!(setting, Setting::Filter(..)) => maker.filtered(rule, setting, alert),
        RuleKind::Threshold(own) => maker.threshold(own, setting, alert),
        RuleKind::NewTerms(own) => maker.new_terms(own, setting, alert),
        RuleKind::ThreatMatch(own) => maker.threat_match(own, setting, alert),
        _ => Vec::new(),
    };
    let named = |(name, because, case): Proposal| SketchCase {
        name,
        expect: if alert { Expect::Alert } else { Expect::None },
        because: because.filter(|_| !alert).map(str::to_owned),
        ..case
    };
    cases.into_iter().map(named).collect()
}

/// A case with its name and the word for what stops it.
type Proposal = (String, Option<&'static str>, SketchCase);

struct SettingCaseBuilder<'m, 'a> {
    request: &'m Request<'m>,
    on_source: &'m RuleOnSource<'a>,
    part: &'m AttackEvent<'a>,
}

impl SettingCaseBuilder<'_, '_> {
    /// The attack's event, changed.
    fn changed(
        &self,
        fields: Vec<(String, Vec<Scalar>)>,
        copies: Option<SketchCopies>,
    ) -> SketchCase {
        SketchCase {
            changes: vec![SketchChange {
                label: self.part.label.clone(),
                fields,
                copies,
                ..SketchChange::default()
            }],
            ..SketchCase::default()
        }
    }

    /// Where the source stores a field.
    fn stored(&self, path: &str) -> String {
        let field = mapped(self.on_source, path);
        field.map_or_else(|| path.to_owned(), |field| field.read_from.to_string())
    }

    /// A value of the field that the attack's event does not have.
    fn another(&self, path: &str) -> Option<Scalar> {
        let field = mapped(self.on_source, path);
        let own = self
            .part
            .partial
            .event()
            .values(&self.stored(path))
            .to_vec();
        let found = values(
            self.on_source,
            self.part,
            path,
            field.as_ref(),
            own.len() + 1,
        );
        found.into_iter().find(|value| !own.contains(value))
    }

    fn threshold(&self, own: &Threshold, setting: &Setting, alert: bool) -> Vec<Proposal> {
        let look_back = self.request.subject.rule.schedule.look_back;
        let with = |own: &Threshold| {
            let copies = copies(self.on_source, self.part, own, look_back)
                .ok()
                .flatten();
            copies.filter(|copies| copies.times > 1)
        };
        let counted = |name: &str, because, own: &Threshold| {
            let case = with(own).map(|copies| self.changed(Vec::new(), Some(copies)));
            let case = case.map(|case| (name.to_owned(), Some(because), case));
            case.into_iter().collect()
        };
        match setting {
            Setting::Count(_) if alert => counted("exactly the threshold", "count", own),
            Setting::Count(count) => {
                // As many values as before, or as there are events.
                let fewer = Threshold {
                    count: count - 1,
                    ..own.clone()
                };
                counted("one event short", "count", &fewer)
            }
            Setting::Cardinality(field, _) if alert => {
                counted(&format!("just enough of {field}"), "cardinality", own)
            }
            Setting::Cardinality(field, count) => {
                // Of a threshold of one event, two events with one value.
                let mut fewer = Threshold {
                    count: own.count.max(2),
                    ..own.clone()
                };
                if let Some(own) = &mut fewer.cardinality {
                    own.count = count - 1;
                }
                counted(&format!("one {field} short"), "cardinality", &fewer)
            }
            Setting::Group(field) if !alert => {
                let gone = vec![(self.stored(field), Vec::new())];
                let case = self.changed(gone, None);
                let mut proposals = vec![(format!("without {field}"), Some("no group"), case)];
                proposals.extend(self.spread(own, field, with(own)));
                proposals
            }
            _ => Vec::new(),
        }
    }

    /// The attack with its events split into two groups. Not proposed if another field varies
    /// already.
    fn spread(
        &self,
        own: &Threshold,
        field: &str,
        copies: Option<SketchCopies>,
    ) -> Option<Proposal> {
        let copies = copies.filter(|_| own.cardinality.is_none())?;
        let path = self.stored(field);
        let first = self.part.partial.event().values(&path).first().cloned()?;
        let values = vec![first, self.another(field)?];
        let copies = SketchCopies {
            varied: vec![(path, values)],
            ..copies
        };
        let case = self.changed(Vec::new(), Some(copies));
        Some((format!("several {field}"), Some("spread"), case))
    }

    fn new_terms(&self, own: &NewTerms, setting: &Setting, alert: bool) -> Vec<Proposal> {
        let start = own.history_start(START);
        let length = start.map_or(0, |start| START.millis() - start.millis());
        // Between the start of the history and that of every window that sees the attack.
        let within = self
            .request
            .subject
            .rule
            .schedule
            .look_back
            .midpoint(length);
        let event = |ago: i64, other: Option<(String, Scalar)>| {
            let builder = self.part.partial.builder();
            let mut fields = builder.fields.clone();
            if let Some((path, value)) = other {
                fields.insert(path, vec![value]);
            }
            SketchEvent {
                label: "seen".to_owned(),
                kind: builder.kind_name(),
                at: -ago,
                fields: fields.into_iter().collect(),
                copies: None,
            }
        };
        let past = |event: SketchEvent| SketchCase {
            history: vec![event],
            ..SketchCase::default()
        };
        match (setting, alert) {
            (Setting::NewTerm(_) | Setting::History(_), false) => {
                vec![(
                    "seen before".to_owned(),
                    Some("seen"),
                    past(event(within, None)),
                )]
            }
            (Setting::NewTerm(field), true) => {
                let other = self.another(field).map(|value| (self.stored(field), value));
                let case = other.map(|other| past(event(within, Some(other))));
                case.map(|case| (format!("only {field} is new"), None, case))
                    .into_iter()
                    .collect()
            }
            (Setting::History(_), true) => {
                let before = length.saturating_add(length / 2);
                let case = past(event(before, None));
                vec![("seen before the history begins".to_owned(), None, case)]
            }
            _ => Vec::new(),
        }
    }

    fn threat_match(&self, own: &ThreatMatch, setting: &Setting, alert: bool) -> Vec<Proposal> {
        match setting {
            Setting::Entry(..) => {
                let entries = own.groups.iter().flatten();
                let mut entries = entries.filter(|one| *setting == entry(one));
                let Some(own_entry) = entries.next() else {
                    return Vec::new();
                };
                if alert {
                    return self.by_groups_of(own, own_entry);
                }
                let field = &own_entry.event_field.name;
                let other = self.another(field);
                let change = other.map(|value| vec![(self.stored(field), vec![value])]);
                let case = change.map(|change| self.changed(change, None));
                case.map(|case| (format!("another {field}"), Some("indicator"), case))
                    .into_iter()
                    .collect()
            }
            Setting::IndicatorFilter(number, _) if !alert => {
                let filter = own.filters.get(*number);
                let value = filter.and_then(|(filter, _)| other_value(filter));
                let case = value.map(|(field, value)| {
                    with_indicator(SketchChange {
                        fields: vec![(field, vec![value])],
                        ..SketchChange::default()
                    })
                });
                let because = Some("indicator query");
                case.map(|case| ("no indicator to the filters".to_owned(), because, case))
                    .into_iter()
                    .collect()
            }
            Setting::IndicatorClause(clause) => self.indicator_clause(own, clause, alert),
            _ => Vec::new(),
        }
    }

    /// The attack with its indicator changed so that the clause of the indicator query decides.
    fn indicator_clause(
        &self,
        own: &ThreatMatch,
        clause: &ClauseName,
        alert: bool,
    ) -> Vec<Proposal> {
        let because = Some("indicator query");
        let cases = on_indicators(self.request, own, |_, on_source| {
            let mut parts = attack::attack(on_source)?;
            for part in &mut parts {
                INDICATOR.clone_into(&mut part.label);
            }
            let plan = on_source.prepared.plan();
            let found = plan.clause_names().find(|(_, name)| name == clause);
            let mut search = Search::new(on_source.prepared);
            Ok(found.map_or_else(Vec::new, |(id, _)| {
                case::proposals(on_source, &mut search, &parts, id, alert)
            }))
        });
        let mut cases: Vec<Proposal> = cases
            .unwrap_or_default()
            .into_iter()
            .map(|case| (format!("indicator: {}", case.name), because, case))
            .collect();
        // Too old by a day.
        let days = clause.text.rsplit_once("now-").and_then(|(_, age)| {
            let digits = age.chars().take_while(char::is_ascii_digit).count();
            let (count, unit) = age.split_at_checked(digits)?;
            let count: i64 = count.parse().ok()?;
            unit.starts_with('d').then_some(count)
        });
        if let Some(days) = days.filter(|_| !alert) {
            let days = days.saturating_add(1);
            let old = with_indicator(SketchChange {
                at: Some(days.saturating_mul(DAY).saturating_neg()),
                ..SketchChange::default()
            });
            cases.insert(0, (format!("indicator of {days} days ago"), because, old));
        }
        cases
    }

    /// The attack with an event that a filter of the rule leaves out.
    fn filtered(&self, rule: &Rule, setting: &Setting, alert: bool) -> Vec<Proposal> {
        let Setting::Filter(number, _) = setting else {
            return Vec::new();
        };
        let filter = rule.production.filters.get(*number).filter(|_| !alert);
        let unmet = filter.and_then(|(filter, _)| left_out(filter));
        let proposal = unmet.map(|(field, value)| {
            let name = format!("{field} of the filters");
            let case = self.changed(vec![(self.stored(&field), vec![value])], None);
            (name, Some("filters"), case)
        });
        proposal.into_iter().collect()
    }

    /// The attack with an indicator that it matches by a group with this entry, and by no other.
    fn by_groups_of(&self, own: &ThreatMatch, entry: &MappingEntry) -> Vec<Proposal> {
        let mut proposals = Vec::new();
        for group in own.groups.iter().filter(|group| group.contains(entry)) {
            let mut part = self.part.clone();
            // What other groups read must be gone from the event.
            let others = own.groups.iter().flatten();
            let others = others.filter(|other| {
                !group
                    .iter()
                    .any(|own| own.event_field.name == other.event_field.name)
            });
            let mut gone: Vec<(String, Vec<Scalar>)> = Vec::new();
            for other in others {
                let path = self.stored(&other.event_field.name);
                let set = part.partial.builder().fields.contains_key(&path);
                if set && gone.iter().all(|(known, _)| *known != path) {
                    gone.push((path.clone(), Vec::new()));
                }
            }
            part.partial.change(|fields| {
                for (path, _) in &gone {
                    fields.remove(path);
                }
            });
            let Ok(values) = shared(self.on_source, &mut part, group) else {
                continue;
            };
            let indicator = on_indicators(self.request, own, |source, other| {
                matching(source, other, &values)
            });
            let Ok(indicator) = indicator else { continue };
            let before = &self.part.partial.builder().fields;
            let after = &part.partial.builder().fields;
            let mut fields = gone;
            let set = after
                .iter()
                .filter(|(path, value)| before.get(*path) != Some(*value));
            fields.extend(set.map(|(path, value)| (path.clone(), value.clone())));
            let mut case = if fields.is_empty() {
                SketchCase::default()
            } else {
                self.changed(fields, None)
            };
            case.indicators = vec![SketchEvent {
                label: "another".to_owned(),
                ..indicator
            }];
            let name = format!("by {}", entry.event_field.name);
            proposals.push((name, None, case));
        }
        proposals
    }
}

/// Milliseconds.
const DAY: i64 = 86_400_000;

/// The attack with its indicator changed.
fn with_indicator(change: SketchChange) -> SketchCase {
    SketchCase {
        changes: vec![SketchChange {
            label: INDICATOR.to_owned(),
            ..change
        }],
        ..SketchCase::default()
    }
}

/// A field with a value that a filter leaves out: of a filter that is negated a value that the
/// condition takes, of another one a value that it does not.
fn left_out(filter: &Query) -> Option<(String, Scalar)> {
    let Query::Bool(own) = filter else {
        return other_value(filter);
    };
    let Query::Field {
        fields: Fields::Name(field),
        test,
        ..
    } = own.must_not.first()?
    else {
        return None;
    };
    let value = match test {
        FieldTest::Term { value, .. } => value.clone(),
        FieldTest::Terms(values) => values.first()?.clone(),
        FieldTest::Match { text, .. } | FieldTest::Phrase { text, .. } => text.clone(),
        FieldTest::Prefix { text, .. } => format!("{text}x"),
        FieldTest::Wildcard { pattern, .. } => fitting(pattern),
        _ => return None,
    };
    Some((field.clone(), Scalar::text(value)))
}

/// A text that fits a pattern.
fn fitting(pattern: &str) -> String {
    let mut text = String::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.extend(characters.next()),
            '*' => text.push('x'),
            '?' => text.push('C'),
            other => text.push(other),
        }
    }
    text
}

/// A field that a filter asks for, with a value that does not meet it.
fn other_value(filter: &Query) -> Option<(String, Scalar)> {
    let Query::Field {
        fields: Fields::Name(field),
        test: FieldTest::Term { .. } | FieldTest::Match { .. } | FieldTest::Phrase { .. },
        ..
    } = filter
    else {
        return None;
    };
    Some((field.clone(), Scalar::text("other".to_owned())))
}
