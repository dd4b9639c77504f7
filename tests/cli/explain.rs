//! `trapline explain`: why a case alerted, or why not.

use insta_cmd::assert_cmd_snapshot;

use crate::project::{Project, RULE};

#[test]
fn a_case_that_a_clause_stops_shows_the_clause_at_its_place() {
    let arguments = ["explain", RULE, "--case", "well-known accounts / SYSTEM"];
    assert_cmd_snapshot!(Project::shipped().trapline(&arguments));
}

#[test]
fn a_sequence_says_what_ended_it_and_by_how_much() {
    let project = Project::shipped();
    let explain = |case: &str| {
        let arguments = [
            "explain",
            RULE,
            "--source",
            "elastic_defend",
            "--case",
            case,
        ];
        project.run(&arguments).1
    };
    let late = explain("past maxspan");
    assert!(
        late.contains("maxspan on child (0.001s too late)"),
        "{late}"
    );
    let early = explain("connection reported after the process");
    assert!(
        early.contains("order on") && early.contains("0.214s too early"),
        "{early}"
    );
    let host = explain("another host");
    assert!(
        host.contains("join host.id on child (has host-1, wants other-host)"),
        "{host}"
    );
}

#[test]
fn an_alert_names_the_clauses_that_decided() {
    let arguments = [
        "explain",
        RULE,
        "--source",
        "elastic_defend",
        "--format",
        "json",
        "--case",
        "older direction value",
    ];
    let (code, text) = Project::shipped().run(&arguments);
    assert_eq!(code, 0);
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report[0]["alerted"], true);
    let clauses = report[0]["clauses"].as_array().unwrap();
    let decisive = |text: &str| {
        let found = clauses.iter().find(|clause| clause["clause"] == text);
        found.unwrap()["decisive"].as_bool().unwrap()
    };
    assert!(decisive("network.direction : \"incoming\""));
    assert!(!decisive("network.direction : \"ingress\""));
}

#[test]
fn an_unknown_case_is_named_with_the_nearest() {
    let arguments = ["explain", RULE, "--case", "past maxpan"];
    assert_cmd_snapshot!(Project::shipped().trapline(&arguments));
}
