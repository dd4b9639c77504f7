//! What is wrong with a scenario is a word with fields: programs read no sentence.

use serde_json::{Value, json};

use crate::project::{Project, SCENARIO};

/// The errors of `trapline test --format json` where a text of the scenario is another.
fn errors(from: &str, to: &str) -> Vec<Value> {
    let project = Project::shipped().with(SCENARIO, from, to);
    let (_, text) = project.run(&["test", "--format", "json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    let (_, schema) = project.run(&["schema", "report"]);
    let schema = serde_json::from_str(&schema).unwrap();
    assert!(jsonschema::is_valid(&schema, &report), "{report}");
    report["errors"].as_array().unwrap().clone()
}

/// An error as its code, its cause and its details.
type Read = (&'static str, &'static str, Value);

fn assert_read(from: &str, to: &str, (code, cause, details): Read) {
    let errors = errors(from, to);
    let found = errors.iter().find(|one| one["cause"] == cause);
    let Some(found) = found else {
        unreachable!("{to}: {errors:#?}");
    };
    assert_eq!(found["code"], code, "{to}");
    assert_eq!(found["details"], details, "{to}");
    let message = found["message"].as_str().unwrap();
    assert!(!message.is_empty(), "{to}");
}

#[test]
fn an_error_of_yaml_says_what_is_wrong_to_programs() {
    for (from, to, read) in [
        (
            "  name: remote WMI starts PowerShell",
            "\tname: remote WMI starts PowerShell",
            ("E301", "tab-indentation", json!({"lines": "1"})),
        ),
        (
            "name: remote WMI starts PowerShell",
            "name: \"C:\\temp\"",
            ("E302", "backslash", json!({"meaning": "a tab"})),
        ),
        (
            "      source.port: 50112",
            "      source.port: 50112\n      source.port: 50113",
            ("E303", "duplicate-key", json!({"name": "source.port"})),
        ),
        (
            "name: remote WMI starts PowerShell",
            "name: remote: WMI",
            ("E300", "second-colon", Value::Null),
        ),
        (
            "name: remote WMI starts PowerShell",
            "name: *remote",
            ("E300", "unknown-anchor", json!({"name": "*remote"})),
        ),
    ] {
        assert_read(from, to, read);
    }
}

#[test]
fn an_error_of_keys_and_shapes_says_what_is_wrong_to_programs() {
    for (from, to, read) in [
        (
            "\ncases:",
            "\ncasse:",
            (
                "E310",
                "unknown-key",
                json!({"part": "scenario", "name": "casse", "suggestion": "cases"}),
            ),
        ),
        (
            "sources: [elastic_defend, sysmon, winlogbeat]",
            "sources: [elastic_defend, sysmon, winlogbeat]\nrule: [a]",
            (
                "E312",
                "wrong-shape",
                json!({"part": "key", "name": "rule", "found": "a list", "expected": "text"}),
            ),
        ),
        (
            "  name: remote WMI starts PowerShell\n",
            "",
            ("E311", "no-attack-name", Value::Null),
        ),
        (
            "at: 0.8s",
            "at: 8",
            (
                "E313",
                "not-a-time",
                json!({"found": "8", "why": "no-unit"}),
            ),
        ),
        (
            "name: older direction value",
            "name: direction in capitals",
            (
                "E315",
                "duplicate-case",
                json!({"name": "direction in capitals"}),
            ),
        ),
    ] {
        assert_read(from, to, read);
    }
}

#[test]
fn an_error_of_names_events_and_expectations_says_what_is_wrong_to_programs() {
    for (from, to, read) in [
        (
            "      $integrity: High",
            "      $integrty: High",
            (
                "E314",
                "undefined-name",
                json!({"name": "$integrty", "suggestion": "$integrity"}),
            ),
        ),
        (
            "change: {rpc: {network.direction: incoming}}\n    expect: alert",
            "change: {rcp: {network.direction: incoming}}\n    expect: alert",
            (
                "E317",
                "unknown-label",
                json!({"name": "rcp", "suggestion": "rpc"}),
            ),
        ),
        (
            "change: {rpc: {network.direction: incoming}}\n    expect: alert",
            "change: {rpc: {network.direction: incoming}}\n    expect: allert",
            (
                "E312",
                "unknown-outcome",
                json!({"name": "allert", "suggestion": "alert"}),
            ),
        ),
        (
            "change: {rpc: {network.direction: incoming}}\n    expect: alert",
            "change: {rpc: {network.direction: incoming}}\n    expect: {alert: , gap: later}",
            ("E318", "gap-with-alert", Value::Null),
        ),
        (
            "change: {rpc: {network.direction: incoming}}",
            "each: {way: in}\n    change: {rpc: {network.direction: $way}}",
            ("E320", "one-value", json!({"name": "way"})),
        ),
    ] {
        assert_read(from, to, read);
    }
}

#[test]
fn an_error_of_sources_fields_and_values_says_what_is_wrong_to_programs() {
    for (from, to, read) in [
        (
            "only: [sysmon, winlogbeat]",
            "only: [sysmn, winlogbeat]",
            (
                "E321",
                "not-among-sources",
                json!({"name": "sysmn", "suggestion": "sysmon"}),
            ),
        ),
        (
            "    sysmon: winlog.event_data.IntegrityLevel",
            "    syzmon: winlog.event_data.IntegrityLevel",
            (
                "E321",
                "unknown-source",
                json!({"name": "syzmon", "suggestion": "sysmon"}),
            ),
        ),
        (
            "      network.direction: ingress",
            "      network.directoin: ingress",
            (
                "E330",
                "unknown-field",
                json!({
                    "name": "network.directoin", "suggestion": "network.direction",
                    "missing": "elastic_defend, sysmon, winlogbeat",
                }),
            ),
        ),
        (
            "      source.port: 50112",
            "      source.port: 0xC3C0",
            (
                "E332",
                "wrong-type",
                json!({
                    "name": "source.port", "found": "0xC3C0", "expected": "long",
                    "source": "elastic_defend", "number": "50112",
                }),
            ),
        ),
        (
            "      is: network",
            "      is: netwrk",
            (
                "E333",
                "unknown-kind",
                json!({"name": "netwrk", "suggestion": "network"}),
            ),
        ),
    ] {
        assert_read(from, to, read);
    }
}
