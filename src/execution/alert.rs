//! The alerts that Kibana creates for a match: one for an event; for
//! a sequence one building block per event and a shell with their common fields.
//!
//! Left out is what a run in simulated time cannot know: ids, and when the alert was written.

use crate::event::{Event, Scalar, Timestamp};
use crate::rule::{Rule, Severity};

/// The alerts of one match.
#[derive(Debug, Clone, PartialEq)]
pub struct Alerts {
    /// The alert that an analyst sees: of the event, or the shell of a sequence.
    pub main: Event,
    /// The building blocks of a sequence, hidden by default.
    pub blocks: Vec<Event>,
}

/// Makes the alerts of a match from its events, missing ones left out.
pub fn alerts(rule: &Rule, events: &[&Event], sequence: bool) -> Alerts {
    let severity = rule.severity;
    let score = rule.risk_score.to_string();
    if let ([event], false) = (events, sequence) {
        let mut main = (*event).clone();
        let severity = mapped_severity(rule, event).unwrap_or(severity);
        let score = mapped_score(rule, event).unwrap_or(score);
        let name = mapped_name(rule, event);
        finish(
            &mut main,
            name.as_deref().unwrap_or(&rule.name),
            severity,
            &score,
        );
        set(&mut main, "kibana.alert.depth", depth(event) + 1);
        if rule.building_block {
            text(&mut main, "kibana.alert.building_block_type", "default");
        }
        return Alerts {
            main,
            blocks: Vec::new(),
        };
    }
    // A sequence's alerts have the rule's own name, severity and score.
    let mut blocks = Vec::new();
    for (index, event) in (0_i64..).zip(events) {
        let mut block = (*event).clone();
        finish(&mut block, &rule.name, severity, &score);
        set(&mut block, "kibana.alert.depth", depth(event) + 1);
        set(&mut block, "kibana.alert.group.index", index);
        text(&mut block, "kibana.alert.building_block_type", "default");
        blocks.push(block);
    }
    let mut main = common(events);
    let original = main.values("event.kind").to_vec();
    finish(&mut main, &rule.name, severity, &score);
    main.set("kibana.alert.original_event.kind", original);
    let deepest = events.iter().map(|event| depth(event)).max();
    set(&mut main, "kibana.alert.depth", deepest.unwrap_or(0) + 2);
    if rule.building_block {
        text(&mut main, "kibana.alert.building_block_type", "default");
    }
    Alerts { main, blocks }
}

/// What a threshold rule counted.
#[derive(Debug, Clone, PartialEq)]
pub struct ThresholdResult {
    /// The fields that group and their values.
    pub terms: Vec<(String, String)>,
    /// How many events.
    pub count: usize,
    /// The cardinality field and how many values of it there are.
    pub cardinality: Option<(String, usize)>,
    /// The earliest time, and the latest.
    pub span: (Timestamp, Timestamp),
}

/// Makes the alert of a threshold rule: a document of its own with the key of the group and nothing
/// else of the events.
pub fn threshold_alert(rule: &Rule, result: &ThresholdResult) -> Alerts {
    let mut main = Event::default();
    let (first, last) = result.span;
    text(&mut main, "@timestamp", &last.to_string());
    for (field, value) in &result.terms {
        text(&mut main, field, value);
    }
    let severity = mapped_severity(rule, &main).unwrap_or(rule.severity);
    let score = mapped_score(rule, &main).unwrap_or_else(|| rule.risk_score.to_string());
    let name = mapped_name(rule, &main);
    let name = name.as_deref().unwrap_or(&rule.name);
    // The key has flat names, so that Kibana sees no object `event` to copy.
    complete(&mut main, name, severity, &score);
    set(&mut main, "kibana.alert.depth", 1);
    let whole = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    set(
        &mut main,
        "kibana.alert.threshold_result.count",
        whole(result.count),
    );
    text(
        &mut main,
        "kibana.alert.threshold_result.from",
        &first.to_string(),
    );
    let column = |of: &dyn Fn(&(String, String)) -> String| {
        let terms = result.terms.iter();
        terms.map(|term| Scalar::text(of(term))).collect::<Vec<_>>()
    };
    main.set(
        "kibana.alert.threshold_result.terms.field",
        column(&|(field, _)| field.clone()),
    );
    main.set(
        "kibana.alert.threshold_result.terms.value",
        column(&|(_, value)| value.clone()),
    );
    if let Some((field, count)) = &result.cardinality {
        text(
            &mut main,
            "kibana.alert.threshold_result.cardinality.field",
            field,
        );
        let path = "kibana.alert.threshold_result.cardinality.value";
        set(&mut main, path, whole(*count));
    }
    if rule.building_block {
        text(&mut main, "kibana.alert.building_block_type", "default");
    }
    Alerts {
        main,
        blocks: Vec::new(),
    }
}

/// Makes the alert of a new-terms rule from the first event that has the terms.
pub fn new_terms_alert(rule: &Rule, event: &Event, terms: &[String]) -> Alerts {
    let mut made = alerts(rule, &[event], false);
    let terms = terms.iter().map(|term| Scalar::text(term.as_str()));
    made.main.set("kibana.alert.new_terms", terms.collect());
    made
}

/// What an alert says of an indicator that its event matches by one field.
#[derive(Debug, Clone, PartialEq)]
pub struct Enrichment {
    /// The event's value of the field.
    pub atomic: Vec<Scalar>,
    /// The event's field.
    pub field: String,
    /// The `_id` of the indicator.
    pub id: String,
    /// The index of the indicator.
    pub index: String,
    /// The fields of the indicator below `threat_indicator_path`, without the path.
    pub description: Vec<(String, Vec<Scalar>)>,
    /// `threat.feed.name` of the indicator.
    pub feed: Vec<Scalar>,
}

/// Makes the alert of an indicator-match rule: the event's own enrichments come first.
pub fn indicator_alert(rule: &Rule, event: &Event, enrichments: &[Enrichment]) -> Alerts {
    let mut made = alerts(rule, &[event], false);
    let mut add = |path: &str, values: &[Scalar]| {
        for value in values {
            made.main
                .push(&format!("threat.enrichments.{path}"), value.clone());
        }
    };
    for enrichment in enrichments {
        for (path, values) in &enrichment.description {
            add(&format!("indicator.{path}"), values);
        }
        add("feed.name", &enrichment.feed);
        add("matched.atomic", &enrichment.atomic);
        for (path, value) in [
            ("matched.field", enrichment.field.as_str()),
            ("matched.id", &enrichment.id),
            ("matched.index", &enrichment.index),
            ("matched.type", "indicator_match_rule"),
        ] {
            add(path, &[Scalar::text(value)]);
        }
    }
    made
}

/// The fields that all events have in common: equal values, and of several those that are in all,
/// each once, in the order of the first event.
pub fn common(events: &[&Event]) -> Event {
    let Some((first, rest)) = events.split_first() else {
        return Event::default();
    };
    let mut common = Event::default();
    for (path, values) in first.fields() {
        let in_all = |value: &&Scalar| {
            let mut rest = rest.iter();
            rest.all(|event| event.values(path).contains(value))
        };
        let mut shared: Vec<Scalar> = Vec::new();
        for value in values.iter().filter(in_all) {
            if !shared.contains(value) {
                shared.push(value.clone());
            }
        }
        common.set(path, shared);
    }
    common
}

/// What every alert of events has.
fn finish(alert: &mut Event, name: &str, severity: Severity, score: &str) {
    let own: Vec<(String, Vec<Scalar>)> = alert
        .fields()
        .filter_map(|(path, values)| {
            let name = path.strip_prefix("event.")?;
            let path = format!("kibana.alert.original_event.{name}");
            Some((path, values.to_vec()))
        })
        .collect();
    for (path, values) in own {
        alert.set(&path, values);
    }
    complete(alert, name, severity, score);
}

/// What every alert has.
fn complete(alert: &mut Event, name: &str, severity: Severity, score: &str) {
    let time = alert.values("@timestamp").to_vec();
    alert.set("kibana.alert.original_time", time);
    alert.set("@timestamp", Vec::new());
    for (path, value) in [
        ("event.kind", "signal"),
        ("kibana.alert.rule.name", name),
        ("kibana.alert.severity", severity.word()),
        ("kibana.alert.status", "active"),
        ("kibana.alert.workflow_status", "open"),
    ] {
        text(alert, path, value);
    }
    alert.set(
        "kibana.alert.risk_score",
        vec![Scalar::Number(score.into())],
    );
}

fn text(event: &mut Event, path: &str, value: &str) {
    event.set(path, vec![Scalar::text(value)]);
}

fn set(event: &mut Event, path: &str, value: i64) {
    event.set(path, vec![Scalar::Number(value.to_string().into())]);
}

/// How many rules stand between the event and what was first recorded.
fn depth(event: &Event) -> i64 {
    let depth = event.values("kibana.alert.depth").first();
    depth
        .and_then(|depth| depth.to_string().parse().ok())
        .unwrap_or(0)
}

/// The fields of events on which severity, score and name of an alert depend, and whether it is a
/// building block.
pub fn fields_in_heading(rule: &Rule) -> Vec<String> {
    let production = &rule.production;
    let severity = production.severity_mapping.iter();
    let severity = severity.map(|entry| entry.field.clone());
    let score = production.risk_score_field.iter().cloned();
    let name = production.name_field.iter().cloned();
    let own = ["kibana.alert.building_block_type".to_owned()];
    severity.chain(score).chain(name).chain(own).collect()
}

/// The highest severity of the entries whose field has their value.
fn mapped_severity(rule: &Rule, event: &Event) -> Option<Severity> {
    let entries = rule.production.severity_mapping.iter();
    let fits = entries.filter(|entry| {
        event.values(&entry.field).iter().any(|value| {
            let value = value.to_string();
            if entry.field == "event.severity" {
                let number = |text: &str| text.trim().parse::<f64>().ok();
                return number(&value).is_some() && number(&value) == number(&entry.value);
            }
            value == entry.value
        })
    });
    fits.map(|entry| entry.severity).max()
}

/// The highest score from 0 to 100 that the field has.
fn mapped_score(rule: &Rule, event: &Event) -> Option<String> {
    let field = rule.production.risk_score_field.as_ref()?;
    let scores = event.values(field).iter().filter_map(|value| {
        let score: f64 = value.to_string().trim().parse().ok()?;
        (0.0..=100.0).contains(&score).then_some(score)
    });
    let highest = scores.max_by(f64::total_cmp)?;
    Some(highest.to_string())
}

fn mapped_name(rule: &Rule, event: &Event) -> Option<String> {
    let field = rule.production.name_field.as_ref()?;
    event.values(field).iter().find_map(|value| match value {
        Scalar::Text(text) => Some(text.to_string()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceText;

    const RULE: &str = "[rule]\nname = 'n'\nrule_id = 'i'\ntype = 'eql'\nlanguage = 'eql'\n\
        severity = 'low'\nrisk_score = 21\nquery = 'any where true'\n\
        rule_name_override = 'message'\n\
        [[rule.severity_mapping]]\nfield = 'host.name'\noperator = 'equals'\nvalue = 'a'\nseverity = 'high'\n\
        [[rule.severity_mapping]]\nfield = 'event.severity'\noperator = 'equals'\nvalue = '7'\nseverity = 'critical'\n\
        [[rule.risk_score_mapping]]\nfield = 'event.risk_score'\noperator = 'equals'\nvalue = ''\n";

    fn rule() -> Rule {
        let loaded = crate::rule::load(&SourceText::new("a.toml", RULE));
        assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
        loaded.rule.unwrap()
    }

    fn event(json: &str) -> Event {
        Event::from_json_line(json).unwrap()
    }

    fn said(alert: &Event, path: &str) -> String {
        let values: Vec<String> = alert.values(path).iter().map(ToString::to_string).collect();
        values.join(",")
    }

    #[test]
    fn an_event_has_the_highest_severity_that_fits_and_its_own_score_and_name() {
        let event = event(
            r#"{"host.name":"a","event.severity":7.0,"event.kind":"event","message":"m",
                "event.risk_score":[12,101,73.5]}"#,
        );
        let made = alerts(&rule(), &[&event], false);
        assert_eq!(said(&made.main, "kibana.alert.severity"), "critical");
        assert_eq!(said(&made.main, "kibana.alert.risk_score"), "73.5");
        assert_eq!(said(&made.main, "kibana.alert.rule.name"), "m");
        assert_eq!(
            said(&made.main, "kibana.alert.original_event.kind"),
            "event"
        );
        assert_eq!(said(&made.main, "event.kind"), "signal");
        assert_eq!(said(&made.main, "kibana.alert.depth"), "1");
        assert!(made.blocks.is_empty());
    }

    #[test]
    fn an_alert_of_a_count_has_no_original_event() {
        let result = ThresholdResult {
            terms: vec![("event.action".to_owned(), "login".to_owned())],
            count: 3,
            cardinality: None,
            span: (Timestamp::from_millis(0), Timestamp::from_millis(1000)),
        };
        let made = threshold_alert(&rule(), &result).main;
        assert_eq!(said(&made, "event.action"), "login");
        assert_eq!(said(&made, "kibana.alert.original_event.action"), "");
        assert_eq!(
            said(&made, "kibana.alert.original_time"),
            "1970-01-01T00:00:01.000Z"
        );
    }

    #[test]
    fn a_sequence_has_a_shell_of_what_is_common_and_no_overrides() {
        let first = event(r#"{"host.name":"a","process.name":"x","tags":["p","q"],"message":"m"}"#);
        let second = event(r#"{"host.name":"a","process.name":"y","tags":["q","r"]}"#);
        let made = alerts(&rule(), &[&first, &second], true);
        assert_eq!(said(&made.main, "host.name"), "a");
        assert_eq!(said(&made.main, "tags"), "q");
        assert_eq!(said(&made.main, "process.name"), "");
        assert_eq!(said(&made.main, "kibana.alert.severity"), "low");
        assert_eq!(said(&made.main, "kibana.alert.rule.name"), "n");
        assert_eq!(said(&made.main, "kibana.alert.depth"), "2");
        assert_eq!(made.blocks.len(), 2);
        assert_eq!(said(&made.blocks[1], "kibana.alert.group.index"), "1");
        assert_eq!(
            said(&made.blocks[0], "kibana.alert.building_block_type"),
            "default"
        );
    }
}
