//! Values of fields that may be objects: a flattened field's, a point's. What `scan` finds is what
//! `query` finds, and what Elasticsearch refuses for the type of a field is refused.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::project::Project;

const FLAT: &str = "aws.cloudtrail.flattened.request_parameters";
const POINT: &str = "source.geo.location";

const EVENTS: &str = r#"{"_id":"a","source":{"geo":{"location":{"lat":1,"lon":2}}},"aws":{"cloudtrail":{"flattened":{"request_parameters":{"a":"x"}}}}}
{"_id":"b","source":{"geo":{"location":[2,1]}},"aws":{"cloudtrail":{"flattened":{"request_parameters":{"b":{"c":["y","x"]}}}}}}
{"_id":"c","source":{"geo":{"location":"1,2"}},"aws":{"cloudtrail":{"flattened":{"request_parameters":{"a":"y"}}}}}
{"_id":"d","source":{"geo":{"location":"POINT (2 1)"}},"aws":{"cloudtrail":{"flattened":{"request_parameters":{}}}}}
{"_id":"e","source":{"ip":"10.0.0.1"}}
"#;

/// The events with what all have.
fn events() -> String {
    let lines = EVENTS.lines().map(|line| {
        let more =
            r#"{"_index":"logs-aws.cloudtrail-default","@timestamp":"2026-01-31T00:00:00Z","#;
        format!("{more}{}\n", line.strip_prefix('{').unwrap())
    });
    lines.collect()
}

/// A rule on the source that has both fields.
fn rule(id: &str, language: &str, query: &str, filter: Option<&Json>) -> Json {
    let kind = match language {
        "kuery" | "lucene" => "query",
        other => other,
    };
    let filters: Vec<Json> = filter
        .into_iter()
        .map(|query| json!({"meta": {}, "query": query}))
        .collect();
    json!({
        "rule_id": id, "name": id, "type": kind, "language": language, "query": query,
        "severity": "low", "risk_score": 21, "index": ["logs-aws.cloudtrail-*"], "filters": filters,
    })
}

/// The ids of the events on which each rule alerts.
fn scan(rules: &[Json], more: &[&str]) -> BTreeMap<String, String> {
    let project = Project::of(&[("events.ndjson", &events())]);
    std::fs::create_dir(project.file("rules")).unwrap();
    let mut found = BTreeMap::new();
    for rule in rules {
        let id = rule["rule_id"].as_str().unwrap();
        std::fs::write(project.file(&format!("rules/{id}.json")), rule.to_string()).unwrap();
        found.insert(id.to_owned(), String::new());
    }
    let mut arguments = vec!["scan", "--rules", "rules", "events.ndjson"];
    arguments.extend(more);
    let (code, alerts, said) = project.run_apart(&arguments);
    assert_eq!(code, 0, "{said}");
    for alert in alerts.lines() {
        let alert: Json = serde_json::from_str(alert).unwrap();
        let ids = found.get_mut(alert["rule_id"].as_str().unwrap()).unwrap();
        *ids += alert["events"][0]["_id"].as_str().unwrap();
    }
    found
}

fn assert_finds(cases: &[(&str, String, Option<Json>, &str)], more: &[&str]) {
    let numbered = cases.iter().enumerate();
    let rules: Vec<Json> = numbered
        .map(|(number, (language, query, filter, _))| {
            rule(&format!("r{number}"), language, query, filter.as_ref())
        })
        .collect();
    let found = scan(&rules, more);
    for (number, (language, query, filter, expected)) in cases.iter().enumerate() {
        let ids = found.get(&format!("r{number}")).map(String::as_str);
        assert_eq!(ids, Some(*expected), "{language}: {query} {filter:?}");
    }
}

fn on_flattened() -> Vec<(&'static str, String, Option<Json>, &'static str)> {
    vec![
        ("kuery", format!("{FLAT}: x"), None, "ab"),
        ("kuery", format!("{FLAT}: *"), None, "abc"),
        ("kuery", format!("not {FLAT}: x"), None, "cde"),
        ("kuery", format!("not {FLAT}: *"), None, "de"),
        ("kuery", format!("{FLAT}.a: x"), None, "a"),
        ("kuery", format!("{FLAT}.b.c: *"), None, "b"),
        ("lucene", format!("{FLAT}:x"), None, "ab"),
        ("lucene", format!("{FLAT}:/x.*/"), None, "ab"),
        ("kuery", format!("{FLAT}: y*"), None, "bc"),
        ("lucene", format!("_exists_:{FLAT}"), None, "abc"),
        (
            "kuery",
            "*".to_owned(),
            Some(json!({"term": {FLAT: "x"}})),
            "ab",
        ),
        (
            "kuery",
            "*".to_owned(),
            Some(json!({"exists": {"field": FLAT}})),
            "abc",
        ),
    ]
}

fn on_points() -> Vec<(&'static str, String, Option<Json>, &'static str)> {
    vec![
        ("kuery", format!("{POINT}: *"), None, "abcd"),
        ("kuery", format!("not {POINT}: *"), None, "e"),
        ("kuery", "source.geo.*: *".to_owned(), None, "abcd"),
        ("lucene", format!("_exists_:{POINT}"), None, "abcd"),
        (
            "kuery",
            "*".to_owned(),
            Some(json!({"exists": {"field": POINT}})),
            "abcd",
        ),
    ]
}

#[test]
fn a_scan_finds_the_values_of_a_flattened_field_and_points_in_every_form() {
    let cases = [on_flattened(), on_points()].concat();
    assert_finds(&cases, &[]);
}

#[test]
fn executions_find_them_too() {
    let cases = [on_flattened(), on_points()].concat();
    assert_finds(&cases, &["--executions"]);
}

#[test]
fn esql_takes_a_point_in_every_form() {
    let from = "FROM logs-aws.cloudtrail-* METADATA _id, _index, _version";
    let cases = [("IS NOT NULL", "abcd"), ("IS NULL", "e")]
        .map(|(test, ids)| ("esql", format!("{from} | WHERE {POINT} {test}"), None, ids));
    assert_finds(&cases, &[]);
}

#[test]
fn a_query_finds_what_the_scan_finds() {
    let project = Project::of(&[("events.ndjson", &events())]);
    for (language, query, filter, expected) in [on_flattened(), on_points()].concat() {
        if filter.is_some() {
            continue;
        }
        let arguments = ["query", "--language", language, &query, "events.ndjson"];
        let (code, answer, said) = project.run_apart(&arguments);
        assert_eq!(code, 0, "{said}");
        let answer: Json = serde_json::from_str(&answer).unwrap();
        let hits = answer["hits"]["hits"].as_array().unwrap();
        let ids: String = hits
            .iter()
            .map(|hit| hit["_id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, expected, "{language}: {query}");
    }
}

#[test]
fn what_elasticsearch_refuses_for_the_type_of_a_field_is_refused_by_a_scan() {
    for (language, query, code) in [
        ("eql", format!("any where {POINT} != null"), "E151"),
        ("eql", format!("any where {FLAT} == \"x\""), "E151"),
        ("eql", format!("any where {FLAT}.a == \"x\""), "E151"),
        ("lucene", format!("{FLAT}.a:/x.*/"), "E621"),
    ] {
        let rule = rule("r", language, &query, None).to_string();
        let project = Project::of(&[("events.ndjson", &events()), ("rules/r.json", &rule)]);
        let scan = ["scan", "--rules", "rules", "events.ndjson"];
        let (exit, alerts, said) = project.run_apart(&scan);
        assert_eq!((exit, alerts.as_str()), (3, ""), "{query}: {said}");
        assert!(said.contains(code), "{query}: {said}");
    }
}
