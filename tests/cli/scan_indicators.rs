//! `trapline scan --indicators`: rules that match indicators, over recordings.

use serde_json::{Value as Json, json};

use crate::project::Project;

const RULE: &str = r#"[rule]
name = "R"
rule_id = "1d8c3a52-7f0e-5a0b-9a4e-5b1f60a1c7d6"
risk_score = 47
severity = "medium"
type = "threat_match"
language = "kuery"
index = ["logs-aws.cloudtrail-*"]
from = "now-10m"
interval = "5m"
query = 'event.action: ConsoleLogin'
threat_index = ["logs-ti_*"]
threat_query = '@timestamp >= "now-30d/d"'
threat_filters = [{meta = {negate = false}, query = {match_phrase = {"event.kind" = "enrichment"}}}]
threat_mapping = [
  {entries = [{field = "source.ip", type = "mapping", value = "threat.indicator.ip"}]},
  {entries = [
    {field = "user.name", type = "mapping", value = "threat.indicator.email.address"},
    {field = "user_agent.original", type = "mapping", value = "threat.indicator.description"},
  ]},
]
"#;

fn event(time: &str, fields: &Json) -> Json {
    let mut event = fields.clone();
    event["@timestamp"] = json!(time);
    event["event.action"] = json!("ConsoleLogin");
    event
}

fn indicator(id: &str, time: &str, fields: &Json) -> Json {
    let mut indicator = fields.clone();
    indicator["_id"] = json!(id);
    indicator["_index"] = json!("logs-ti_abusech.url-default");
    indicator["@timestamp"] = json!(time);
    if indicator["event.kind"].is_null() {
        indicator["event.kind"] = json!("enrichment");
    }
    indicator
}

fn lines(documents: &[Json]) -> String {
    let lines: Vec<String> = documents.iter().map(Json::to_string).collect();
    lines.join("\n") + "\n"
}

fn project(events: &[Json], indicators: &[Json]) -> Project {
    Project::of(&[
        ("rules/r.toml", RULE),
        ("events.ndjson", &lines(events)),
        ("indicators.ndjson", &lines(indicators)),
    ])
}

const SCAN: &[&str] = &[
    "scan",
    "events.ndjson",
    "--indicators",
    "indicators.ndjson",
    "--stats",
    "stats.json",
];

/// The lines of each alert, and the indicators that it names.
fn alerts(text: &str) -> Vec<(Vec<u64>, Vec<String>)> {
    let alerts = text.lines().map(|line| {
        let alert: Json = serde_json::from_str(line).unwrap();
        let events = alert["events"].as_array().unwrap().iter();
        let keys = alert["join_keys"].as_array().unwrap().iter();
        (
            events
                .map(|event| event["line"].as_u64().unwrap())
                .collect(),
            keys.map(|key| key.as_str().unwrap().to_owned()).collect(),
        )
    });
    alerts.collect()
}

fn found(project: &Project) -> Vec<(Vec<u64>, Vec<String>)> {
    let (code, text, err) = project.run_apart(SCAN);
    assert_eq!(code, 0, "{err}");
    alerts(&text)
}

fn one(line: u64, ids: &[&str]) -> (Vec<u64>, Vec<String>) {
    (vec![line], ids.iter().map(ToString::to_string).collect())
}

const DAY: &str = "2026-03-01T10:00:00Z";
const BEFORE: &str = "2026-02-28T00:00:00Z";

#[test]
fn an_event_alerts_once_for_all_indicators_that_it_matches() {
    let ip = event(DAY, &json!({"source.ip": "1.1.1.1"}));
    let file = event(DAY, &json!({"user.name": "x", "user_agent.original": "m"}));
    let part = event(DAY, &json!({"user.name": "x"}));
    let block = event(DAY, &json!({"source.ip": "10.0.0.5"}));
    let i = |id: &str, fields: Json| indicator(id, BEFORE, &fields);
    let by_ip = |id: &str| i(id, json!({"threat.indicator.ip": "1.1.1.1"}));
    let (name, md5) = (
        "threat.indicator.email.address",
        "threat.indicator.description",
    );
    let both = i("i1", json!({name: "x", md5: "m"}));
    let parts = [i("i1", json!({name: "x"})), i("i2", json!({md5: "m"}))];
    let table: Vec<(&Json, Vec<Json>, Vec<&str>)> = vec![
        (&ip, vec![by_ip("i1")], vec!["i1"]),
        (&ip, vec![by_ip("i1"), by_ip("i2")], vec!["i1", "i2"]),
        (&file, parts.to_vec(), vec![]),
        (&file, vec![both.clone()], vec!["i1"]),
        (&part, vec![both], vec![]),
        // An address that is written otherwise, and one of a block as no address field has it.
        (
            &ip,
            vec![i("i1", json!({"threat.indicator.ip": "::ffff:1.1.1.1"}))],
            vec!["i1"],
        ),
        (
            &block,
            vec![i("i1", json!({"threat.indicator.ip": "10.0.0.6"}))],
            vec![],
        ),
        (
            &ip,
            vec![i(
                "i1",
                json!({"threat.indicator.ip": "1.1.1.1", "event.kind": "event"}),
            )],
            vec![],
        ),
        (
            &ip,
            vec![
                by_ip("i2"),
                i("i1", json!({"threat.indicator.ip": "1.1.1.2"})),
            ],
            vec!["i2"],
        ),
    ];
    for (number, (event, indicators, expected)) in table.into_iter().enumerate() {
        let found = found(&project(std::slice::from_ref(event), &indicators));
        let alert = (!expected.is_empty()).then(|| one(1, &expected));
        assert_eq!(found, alert.into_iter().collect::<Vec<_>>(), "row {number}");
    }
}

#[test]
fn the_age_of_an_indicator_counts_from_each_execution() {
    let fields = json!({"source.ip": "1.1.1.1"});
    let events = [
        event("2026-03-01T10:00:00Z", &fields),
        event("2026-03-29T10:00:00Z", &fields),
        event("2026-04-02T10:00:00Z", &fields),
    ];
    let indicators = [indicator(
        "i1",
        "2026-02-28T00:00:00Z",
        &json!({"threat.indicator.ip": "1.1.1.1"}),
    )];
    let found = found(&project(&events, &indicators));
    assert_eq!(found, [one(1, &["i1"]), one(2, &["i1"])]);
}

#[test]
fn an_indicator_that_comes_too_late_matches_nothing() {
    let events = [event(DAY, &json!({"source.ip": "1.1.1.1"}))];
    let at = |time: &str| indicator("i1", time, &json!({"threat.indicator.ip": "1.1.1.1"}));
    // The executions at 10:00, 10:05 and 10:10 see the event.
    let in_time = project(&events, &[at("2026-03-01T10:09:00Z")]);
    assert_eq!(found(&in_time), [one(1, &["i1"])]);
    assert_eq!(found(&project(&events, &[at("2026-03-01T10:11:00Z")])), []);
}

#[test]
fn indicators_are_read_as_events_are_and_what_is_none_is_named() {
    let events = [event(DAY, &json!({"source.ip": "1.1.1.1"}))];
    let document =
        json!({"@timestamp": BEFORE, "event.kind": "enrichment", "threat.indicator.ip": "1.1.1.1"});
    let project = project(&events, &[]);
    std::fs::write(project.file("indicators.ndjson"), format!("[{document}]")).unwrap();
    // Without an id it is named by its place.
    assert_eq!(found(&project), [one(1, &["indicators.ndjson:1"])]);
    std::fs::write(
        project.file("indicators.ndjson"),
        format!("no document\n{document}\n"),
    )
    .unwrap();
    let (code, text, err) = project.run_apart(SCAN);
    assert_eq!((code, alerts(&text).len()), (0, 1), "{err}");
    assert!(err.contains("1 lines are no indicators"), "{err}");
    assert!(err.contains("indicators.ndjson:1"), "{err}");
    let stats = std::fs::read_to_string(project.file("stats.json")).unwrap();
    let stats: Json = serde_json::from_str(&stats).unwrap();
    let expected = json!({"read": 1, "bad_lines": 1, "left_out": 0});
    assert_eq!(stats["indicators"], expected);
    let strict: Vec<&str> = SCAN.iter().copied().chain(["--strict"]).collect();
    assert_eq!(project.run(&strict).0, 3);
    let few: Vec<&str> = SCAN
        .iter()
        .copied()
        .chain(["--max-documents", "0"])
        .collect();
    let (_, _, err) = project.run_apart(&few);
    assert!(
        err.contains("1 indicators were left out: --max-documents"),
        "{err}"
    );
}

#[test]
fn without_indicators_the_rule_is_named_and_a_file_that_is_not_there_is_an_error() {
    let project = project(&[event(DAY, &json!({"source.ip": "1.1.1.1"}))], &[]);
    let (code, text, err) = project.run_apart(&["scan", "events.ndjson"]);
    assert_eq!((code, text.as_str()), (0, ""), "{err}");
    assert!(
        err.contains("rules/r.toml: rules of type threat_match without indicators"),
        "{err}"
    );
    let (code, _, err) = project.run_apart(&["scan", "events.ndjson", "--indicators", "no.ndjson"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("`no.ndjson` does not exist"), "{err}");
}

#[test]
fn an_exception_hides_indicators_as_well() {
    let events = [event(
        DAY,
        &json!({"source.ip": "1.1.1.1", "user.name": "x"}),
    )];
    let ip = json!({"threat.indicator.ip": "1.1.1.1"});
    let project = project(&events, &[indicator("i1", BEFORE, &ip)]);
    let list = "[[exceptions]]\n[exceptions.container]\nlist_id = \"l\"\nname = \"l\"\ntype = \"detection\"\n\
        [[exceptions.items]]\nlist_id = \"l\"\nname = \"feed\"\ndescription = \"d\"\n\
        entries = [{field = \"threat.indicator.ip\", operator = \"included\", type = \"match\", value = \"1.1.1.1\"}]\n";
    std::fs::create_dir_all(project.file("exceptions")).unwrap();
    std::fs::write(project.file("exceptions/l.toml"), list).unwrap();
    assert_eq!(found(&project), [one(1, &["i1"])]);
    let linked = "exceptions_list = [{id = \"l\", list_id = \"l\", type = \"detection\", namespace_type = \"single\"}]\n";
    std::fs::write(project.file("rules/r.toml"), format!("{RULE}{linked}")).unwrap();
    assert_eq!(found(&project), []);
}
