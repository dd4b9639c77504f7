//! `trapline coverage` and `new --fill-coverage` on rules whose executions count, remember or compare
//! with indicators: what a rule has beside its query counts as its clauses do.

use serde_json::Value;

use crate::cloudtrail_rule::{self, LOGIN};
use crate::counting_rules::{INDICATORS, NEW_TERMS, THRESHOLD, project};
use crate::project::Project;

/// Each clause, whether an alert and whether a silent case was decided by it, and what is to be added.
fn clauses(project: &Project) -> Vec<(String, bool, bool, String)> {
    let (code, text) = project.run(&["coverage", "--format", "json"]);
    assert_eq!(code, 0, "{text}");
    let report: Value = serde_json::from_str(&text).unwrap();
    let clauses = report["rules"][0]["clauses"].as_array().unwrap();
    let of = |clause: &Value| {
        let decided = |key: &str| clause[key]["checks"].as_u64().unwrap() > 0;
        let add: Vec<&str> = clause["add"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one.as_str().unwrap())
            .collect();
        (
            clause["clause"].as_str().unwrap().to_owned(),
            decided("alert"),
            decided("none"),
            add.join("; "),
        )
    };
    clauses.iter().map(of).collect()
}

fn clause(all: &[(String, bool, bool, String)], name: &str) -> (bool, bool, String) {
    let found = all.iter().find(|(own, ..)| own == name);
    assert!(found.is_some(), "{name}: {all:#?}");
    let (_, alert, none, add) = found.unwrap();
    (*alert, *none, add.clone())
}

#[test]
fn the_shipped_rules_are_covered_settings_included() {
    for (files, names) in [
        (
            THRESHOLD,
            &[
                "count >= 10",
                "cardinality of user.name >= 3",
                "group by source.ip",
            ][..],
        ),
        (
            NEW_TERMS,
            &["new user.name", "new source.as.number", "history now-14d"][..],
        ),
        (
            INDICATORS,
            &[
                "destination.ip = threat.indicator.ip",
                "destination.port = threat.indicator.port",
                "dns.question.name = threat.indicator.url.domain",
                "threat_filters event.kind: \"enrichment\"",
                "threat_query @timestamp >= \"now-30d/d\"",
                "threat_query labels.is_ioc_transform_source: true",
            ][..],
        ),
    ] {
        let project = Project::of(&[("rules/a.toml", files.0), ("scenarios/a.yaml", files.1)]);
        let all = clauses(&project);
        for name in names {
            let (alert, none, _) = clause(&all, name);
            assert!(alert && none, "{name}: {all:#?}");
        }
        let (code, text) = project.run(&["coverage", "--min", "100"]);
        assert_eq!(code, 0, "{text}");
    }
}

#[test]
fn a_count_is_covered_on_both_sides_of_the_boundary() {
    let count = |cases: &[&str]| clause(&clauses(&project(THRESHOLD, cases)), "count >= 10");
    let (alert, none, add) = count(&["from the own network"]);
    assert!(!alert && !none);
    assert!(
        add.contains("a case whose group has exactly 10 events"),
        "{add}"
    );
    assert!(
        add.contains("the attack with 9 events in its group, `because: count`"),
        "{add}"
    );
    let (alert, none, _) = count(&["ten logins of three users exactly"]);
    assert!(alert && !none);
    let (alert, none, _) = count(&["one login short"]);
    assert!(!alert && none);
    let group = |cases: &[&str]| clause(&clauses(&project(THRESHOLD, cases)), "group by source.ip");
    assert!(!group(&["one login short"]).1);
    assert!(group(&["an address is not recorded"]).1);
    assert!(group(&["from two addresses"]).1);
}

#[test]
fn terms_are_covered_when_they_were_seen_and_when_they_alone_are_new() {
    let of = |cases: &[&str], name: &str| clause(&clauses(&project(NEW_TERMS, cases)), name);
    let (alert, none, add) = of(&["the login fails"], "new source.as.number");
    assert!(!alert && !none);
    assert!(add.contains("`because: seen`"), "{add}");
    assert!(of(&["the user, from another network"], "new source.as.number").0);
    assert!(
        of(
            &["the user was there three days ago"],
            "new source.as.number"
        )
        .1
    );
    let history = "history now-14d";
    assert!(!of(&["the user was there three days ago"], history).0);
    assert!(of(&["the user was there before the history begins"], history).0);
}

#[test]
fn an_entry_is_covered_when_it_alone_matched_and_when_it_alone_did_not() {
    let of = |cases: &[&str], name: &str| clause(&clauses(&project(INDICATORS, cases)), name);
    let domain = "dns.question.name = threat.indicator.url.domain";
    assert!(!of(&["another address"], domain).0);
    assert!(of(&["a question for a reported domain"], domain).0);
    let port = "destination.port = threat.indicator.port";
    assert!(!of(&["another address"], port).1);
    assert!(of(&["the address at another port"], port).1);
    let filtered = "the report is an alert of the feed's own and no indicator";
    assert!(of(&[filtered], "threat_filters event.kind: \"enrichment\"").1);
}

/// The cases that `--fill-coverage` writes pass, and cover what was not covered.
#[test]
fn counts_history_and_indicators_are_filled() {
    for (files, covered) in [
        (
            THRESHOLD,
            &[
                ("count >= 10", true),
                ("count >= 10", false),
                ("cardinality of user.name >= 3", true),
                ("cardinality of user.name >= 3", false),
                ("group by source.ip", false),
            ][..],
        ),
        (
            NEW_TERMS,
            &[
                ("new user.name", false),
                ("new source.as.number", true),
                ("new source.as.number", false),
                ("history now-14d", true),
                ("history now-14d", false),
            ][..],
        ),
        (
            INDICATORS,
            &[
                ("destination.ip = threat.indicator.ip", false),
                ("destination.port = threat.indicator.port", false),
                ("dns.question.name = threat.indicator.url.domain", true),
            ][..],
        ),
    ] {
        let project = project(files, &[]);
        let (code, text) = project.run(&["new", "rules/a.toml", "--fill-coverage"]);
        assert!(code == 0 || code == 6, "{code}: {text}");
        let (code, text) = project.run(&["test", "--accept", "--strict"]);
        assert_eq!(code, 0, "{text}");
        let all = clauses(&project);
        for (name, alert) in covered {
            let (has_alert, has_none, _) = clause(&all, name);
            let is_covered = if *alert { has_alert } else { has_none };
            assert!(is_covered, "{name} {alert}: {all:#?}");
        }
    }
}

/// The clauses of `threat_query` count, each by the indicator that it keeps from being found.
#[test]
fn a_clause_of_the_indicator_query_is_covered_when_it_alone_decides() {
    let of = |cases: &[&str], name: &str| clause(&clauses(&project(INDICATORS, cases)), name);
    let age = "threat_query @timestamp >= \"now-30d/d\"";
    let (alert, none, add) = of(&["another address"], age);
    assert!(alert && !none, "{add}");
    assert!(add.contains("`because: indicator query`"), "{add}");
    assert!(of(&["the report is of thirty-one days ago"], age).1);
    let transform = "threat_query labels.is_ioc_transform_source: true";
    assert!(!of(&["the report is of thirty-one days ago"], transform).1);
    assert!(of(&["the report is taken from a transform"], transform).1);
}

/// Each filter of a rule counts by itself, whatever the type of the rule.
#[test]
fn a_filter_is_covered_when_it_alone_hides_what_would_alert() {
    let filters = r#"type = "query"
[[rule.filters]]
meta = {negate = true}
query = {wildcard = {"user.name" = {value = "svc-*", case_insensitive = true}}}
[[rule.filters]]
meta = {negate = true}
query = {match_phrase = {"cloud.region" = "eu-west-1"}}
"#;
    let scenario = "attack:
  name: a login
  events:
    e: {is: api, event.action: ConsoleLogin, user.name: alice, cloud.region: us-east-1}
cases:
  - {name: of a service, change: {e: {user.name: svc-backup}}, expect: none, because: filters}
";
    let project = cloudtrail_rule::project(&cloudtrail_rule::rule(filters, LOGIN), scenario);
    let all = clauses(&project);
    let filters: Vec<(bool, bool)> = all
        .iter()
        .filter(|(name, ..)| name.starts_with("filters "))
        .map(|(_, alert, none, _)| (*alert, *none))
        .collect();
    assert_eq!(filters, [(true, true), (true, false)], "{all:#?}");
    let (code, text) = project.run(&["new", "--fill-coverage", "rules/r.toml"]);
    assert_eq!(code, 0, "{text}");
    let all = clauses(&project);
    let is_covered = |(name, alert, none, _): &(String, bool, bool, String)| {
        !name.starts_with("filters ") || (*alert && *none)
    };
    assert!(all.iter().all(is_covered), "{all:#?}");
}
