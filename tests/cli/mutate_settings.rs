//! `trapline mutate` on rules whose executions count, remember or compare with indicators: the
//! settings of the shipped rules are changed, and cases are taken out until a change survives.

use serde_json::Value;

use crate::counting_rules::{INDICATORS, NEW_TERMS, THRESHOLD, project};
use crate::project::Project;

/// Each mutant of these operators: `operator: before → after: fate`.
fn mutants(project: &Project, operators: &str) -> Vec<String> {
    let (code, text) = project.run(&["mutate", "--format", "json", "--operators", operators]);
    assert_eq!(code, 0, "{text}");
    let report: Value = serde_json::from_str(&text).unwrap();
    let mutants = report["rules"][0]["mutants"].as_array().unwrap();
    let text = |mutant: &Value| {
        let word = |key: &str| mutant[key].as_str().unwrap_or("dropped").to_owned();
        format!(
            "{}: {} → {}: {}",
            word("operator"),
            word("before"),
            word("after"),
            word("fate")
        )
    };
    mutants.iter().map(text).collect()
}

fn has(mutants: &[String], wanted: &str) -> bool {
    mutants.iter().any(|mutant| mutant == wanted)
}

#[test]
fn every_change_of_the_shipped_rules_is_noticed() {
    for ((rule, scenario), wanted) in [
        (THRESHOLD, "boundary: value = 10 → value = 11: caught"),
        (THRESHOLD, "drop key: group by source.ip → dropped: caught"),
        (
            THRESHOLD,
            "swap fields: 3 values of user.name for each source.ip → 3 values of source.ip for each \
             user.name: caught",
        ),
        (NEW_TERMS, "history: now-14d → now-28d: caught"),
        (NEW_TERMS, "drop key: new term user.name → dropped: caught"),
        (
            INDICATORS,
            "drop: destination.ip = threat.indicator.ip and destination.port = \
             threat.indicator.port → dropped: caught",
        ),
        (
            INDICATORS,
            "swap fields: destination.port = threat.indicator.port → source.port = \
             threat.indicator.port: caught",
        ),
        (
            INDICATORS,
            "negate: destination.ip = threat.indicator.ip → destination.ip != \
             threat.indicator.ip: caught",
        ),
        (
            INDICATORS,
            "boundary: @timestamp >= \"now-30d/d\" → @timestamp >= \"now-31d/d\": caught",
        ),
    ] {
        let project = Project::of(&[("rules/a.toml", rule), ("scenarios/a.yaml", scenario)]);
        let (code, text) = project.run(&["mutate", "--min", "100"]);
        assert_eq!(code, 0, "{text}");
        let operators = "boundary,drop,drop-key,swap-fields,history,negate";
        let all = mutants(&project, operators);
        assert!(has(&all, wanted), "{all:#?}");
    }
}

#[test]
fn a_count_is_held_by_cases_on_both_sides_of_it() {
    let exactly = "ten logins of three users exactly";
    let short = "one login short";
    let fates = |cases: &[&str]| mutants(&project(THRESHOLD, cases), "boundary");
    let lower = "boundary: value = 10 → value = 9";
    let higher = "boundary: value = 10 → value = 11";
    let none = fates(&["from the own network"]);
    assert!(has(&none, &format!("{lower}: survived")), "{none:#?}");
    assert!(has(&none, &format!("{higher}: survived")), "{none:#?}");
    let one = fates(&[exactly]);
    assert!(has(&one, &format!("{lower}: survived")), "{one:#?}");
    assert!(has(&one, &format!("{higher}: caught")), "{one:#?}");
    let both = fates(&[exactly, short]);
    assert!(has(&both, &format!("{lower}: caught")), "{both:#?}");
}

#[test]
fn a_group_field_and_a_cardinality_are_held_by_cases_of_their_own() {
    let group = "drop key: group by source.ip → dropped";
    let all = mutants(&project(THRESHOLD, &["one login short"]), "drop-key");
    assert!(has(&all, &format!("{group}: survived")), "{all:#?}");
    let all = mutants(&project(THRESHOLD, &["from two addresses"]), "drop-key");
    assert!(has(&all, &format!("{group}: caught")), "{all:#?}");
    let cardinality = "drop: 3 values of user.name → dropped";
    let all = mutants(&project(THRESHOLD, &["one login short"]), "drop");
    assert!(has(&all, &format!("{cardinality}: survived")), "{all:#?}");
    let one_user = "one user mistypes a password again and again";
    let all = mutants(&project(THRESHOLD, &[one_user]), "drop");
    assert!(has(&all, &format!("{cardinality}: caught")), "{all:#?}");
}

/// A query that finds other events, and the same alerts, is not noticed.
#[test]
fn a_change_of_the_query_is_noticed_by_alerts_and_not_by_events() {
    let changed = |times: u32| {
        let scenario = format!(
            "{}\ncases:\n  - name: some succeed\n    add: {{well: {{is: api.success, \
             event.provider: signin.amazonaws.com, event.action: ConsoleLogin, source.ip: \
             192.0.2.1, repeat: {{times: {times}, every: 3s}}, vary: {{user.name: [a, b, c]}}}}}}\n    \
             expect: alert\n",
            THRESHOLD.1.split_once("\ncases:\n").unwrap().0
        );
        let project = Project::of(&[
            ("rules/a.toml", THRESHOLD.0),
            ("scenarios/a.yaml", &scenario),
        ]);
        mutants(&project, "drop")
    };
    let dropped = "drop: event.outcome: failure → dropped";
    let few = changed(9);
    assert!(has(&few, &format!("{dropped}: survived")), "{few:#?}");
    let many = changed(10);
    assert!(has(&many, &format!("{dropped}: caught")), "{many:#?}");
}

#[test]
fn a_history_is_held_by_what_was_seen_within_it_and_before_it() {
    let shorter = "history: now-14d → now-7d";
    let longer = "history: now-14d → now-28d";
    let all = mutants(&project(NEW_TERMS, &["no network is known"]), "history");
    assert!(has(&all, &format!("{shorter}: survived")), "{all:#?}");
    assert!(has(&all, &format!("{longer}: survived")), "{all:#?}");
    let cases = [
        "the user was there ten days ago",
        "the user was there before the history begins",
    ];
    let all = mutants(&project(NEW_TERMS, &cases), "history");
    assert!(has(&all, &format!("{shorter}: caught")), "{all:#?}");
    assert!(has(&all, &format!("{longer}: caught")), "{all:#?}");
}

#[test]
fn a_field_of_new_terms_is_held_by_a_case_in_which_it_alone_is_new() {
    let dropped = "drop key: new term source.as.number → dropped";
    let all = mutants(&project(NEW_TERMS, &["no network is known"]), "drop-key");
    assert!(!has(&all, &format!("{dropped}: survived")), "{all:#?}");
    let all = mutants(&project(NEW_TERMS, &["the login fails"]), "drop-key");
    assert!(has(&all, &format!("{dropped}: survived")), "{all:#?}");
    let all = mutants(
        &project(NEW_TERMS, &["the user, from another network"]),
        "drop-key",
    );
    assert!(has(&all, &format!("{dropped}: caught")), "{all:#?}");
}

#[test]
fn indicators_are_held_by_group_by_entry_by_filter_and_by_age() {
    let survive = |cases: &[&str], operator: &str| -> Vec<String> {
        let all = mutants(&project(INDICATORS, cases), operator);
        all.into_iter()
            .filter(|mutant| mutant.ends_with(": survived"))
            .collect()
    };
    let port = "another address";
    let without = survive(&[port], "drop-item");
    assert!(
        has(
            &without,
            "drop item: destination.port = threat.indicator.port → dropped: survived"
        ),
        "{without:#?}"
    );
    let domain = "drop: dns.question.name = threat.indicator.url.domain → dropped: survived";
    assert!(has(&survive(&[port], "drop"), domain));
    assert!(!has(
        &survive(&["a question for a reported domain"], "drop"),
        domain
    ));
    let filter = |cases: &[&str]| {
        let all = survive(cases, "drop");
        all.iter().any(|mutant| mutant.contains("event.kind"))
    };
    assert!(filter(&[port]));
    assert!(!filter(&[
        "the report is an alert of the feed's own and no indicator"
    ]));
    let age = "boundary: @timestamp >= \"now-30d/d\" → @timestamp >= \"now-31d/d\": survived";
    assert!(has(&survive(&[port], "boundary"), age));
    assert!(!has(
        &survive(&["the report is of thirty-one days ago"], "boundary"),
        age
    ));
}

#[test]
fn a_survivor_of_a_setting_is_shown_at_its_place_with_the_case_that_is_missing() {
    let text = project(THRESHOLD, &["from the own network"]);
    let (_, text) = text.run(&["mutate", "--operators", "boundary", "--survivors", "0"]);
    for words in [
        "39 │ value = 10",
        "^^ boundary → value = 9",
        "^^ boundary → value = 11",
        "add a case whose largest group has 9, which must not alert",
        "add a case whose largest group has exactly 10, which must alert",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn lucene_rules_have_mutants() {
    let rule = THRESHOLD
        .0
        .replace("language = \"kuery\"", "language = \"lucene\"");
    let (before, after) = rule.split_once("query = '''").unwrap();
    let (_, after) = after.split_once("'''").unwrap();
    let query = "event.dataset:aws.cloudtrail AND event.provider:signin.amazonaws.com AND \
                 event.action:ConsoleLogin AND event.outcome:failure AND NOT \
                 source.ip:\"10.0.0.0/8\"";
    let rule = format!("{before}query = '''{query}'''{after}");
    let project = Project::of(&[("rules/a.toml", &rule), ("scenarios/a.yaml", THRESHOLD.1)]);
    let all = mutants(&project, "drop,negate");
    assert!(
        has(&all, "drop: +event.outcome:failure → dropped: caught"),
        "{all:#?}"
    );
    assert!(
        has(
            &all,
            "negate: -source.ip:\"10.0.0.0/8\" → +source.ip:\"10.0.0.0/8\": caught"
        ),
        "{all:#?}"
    );
}
