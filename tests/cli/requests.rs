//! `trapline scan --emit-requests`: the search requests of rules for a cluster.

use serde_json::Value as Json;

use crate::project::Project;

const HEAD: &str = "risk_score = 21\nseverity = \"low\"\nmax_signals = 50\n";

/// The rule of this type with its settings; its id and name are the type.
fn rule(of_type: &str, settings: &str) -> (String, String) {
    let text = format!(
        "[rule]\nname = \"{of_type}\"\nrule_id = \"{of_type}\"\ntype = \"{of_type}\"\n{HEAD}{settings}"
    );
    (format!("rules/{of_type}.toml"), text)
}

const EQL: &str = r#"language = "eql"
index = ["logs-endpoint.events.*", "remote:winlogbeat-*"]
query = 'sequence by host.id [process where process.name == "a.exe"] [network where true]'
timestamp_override = "event.ingested"
timestamp_field = "event.created"
event_category_override = "event.type"
tiebreaker_field = "event.sequence"
filters = [
  {meta = {negate = true}, query = {wildcard = {"process.executable" = {value = "C:\\\\Windows\\\\*", case_insensitive = true}}}},
  {meta = {disabled = true}, query = {match_all = {}}},
]
exceptions_list = [{id = "x", list_id = "known", namespace_type = "single", type = "detection"}]
"#;

const ESQL: &str = r#"language = "esql"
query = 'FROM logs-* | STATS c = COUNT(*) BY user.name | WHERE c > 10'
timestamp_override = "event.ingested"
timestamp_override_fallback_disabled = true
"#;

const QUERY: &str = r#"language = "kuery"
index = ["logs-aws.cloudtrail-*"]
query = 'event.action: (ConsoleLogin or Get*) and not source.ip: 10.0.0.0/8 and user_agent.original: *curl*'
"#;

const SAVED: &str = r#"language = "lucene"
saved_id = "s"
index = ["logs-*"]
query = 'process.name:cmd?exe AND NOT user.name:root'
"#;

const THRESHOLD: &str = r#"language = "kuery"
index = ["logs-aws.cloudtrail-*"]
query = 'event.action: ConsoleLogin'
timestamp_override = "event.ingested"
[rule.threshold]
field = ["user.name", "source.ip"]
value = 20
cardinality = [{field = "cloud.region", value = 3}]
"#;

const NEW_TERMS: &str = r#"language = "kuery"
index = ["logs-aws.cloudtrail-*"]
query = '*'
[rule.new_terms]
field = "new_terms_fields"
value = ["user.name", "source.ip"]
[[rule.new_terms.history_window_start]]
field = "history_window_start"
value = "now-7d"
"#;

const THREAT_MATCH: &str = r#"language = "kuery"
index = ["logs-*"]
query = 'event.action: a'
threat_index = ["logs-ti_*"]
threat_query = '*'
threat_mapping = [{entries = [{field = "source.ip", type = "mapping", value = "threat.indicator.ip"}]}]
"#;

const MACHINE_LEARNING: &str = "anomaly_threshold = 50\nmachine_learning_job_id = [\"job\"]\n";

const EXCEPTIONS: &str = r#"[[exceptions]]
[exceptions.container]
list_id = "known"
[[exceptions.items]]
name = "build host"
[[exceptions.items.entries]]
field = "host.name"
type = "match_any"
operator = "included"
value = ["build-1", "build-2"]
[[exceptions.items]]
name = "ended"
expire_time = "2024-03-01T00:00:00Z"
[[exceptions.items.entries]]
field = "host.name"
type = "exists"
operator = "included"
"#;

fn project(rules: &[(String, String)]) -> Project {
    let mut files: Vec<(&str, &str)> = rules
        .iter()
        .map(|(file, text)| (file.as_str(), text.as_str()))
        .collect();
    files.push(("lists/known.toml", EXCEPTIONS));
    Project::of(&files)
}

const RANGE: [&str; 4] = [
    "--from",
    "2024-03-05T08:00:00Z",
    "--to",
    "2024-03-05T09:00:00Z",
];

/// The requests as they are written to standard output, and what is said on standard error.
fn emitted(project: &Project, more: &[&str]) -> (i32, Vec<Json>, String) {
    let arguments = ["scan", "--emit-requests", "-"];
    let (code, out, err) = project.run_apart(&[&arguments, more].concat());
    let lines = out.lines().map(|line| serde_json::from_str(line).unwrap());
    (code, lines.collect(), err)
}

#[test]
fn each_type_of_rule_has_the_request_that_kibana_sends() {
    let rules = [
        rule("eql", EQL),
        rule("esql", ESQL),
        rule("query", QUERY),
        rule("saved_query", SAVED),
        rule("threshold", THRESHOLD),
        rule("new_terms", NEW_TERMS),
        rule("threat_match", THREAT_MATCH),
        rule("machine_learning", MACHINE_LEARNING),
    ];
    let project = project(&rules);
    let (code, requests, err) =
        emitted(&project, &[&RANGE[..], &["--exceptions", "lists"]].concat());
    assert_eq!(code, 0, "{err}");
    let shown: Vec<String> = requests.iter().map(|one| format!("{one:#}")).collect();
    insta::assert_snapshot!("requests_of_every_type", shown.join("\n"));
    insta::assert_snapshot!("what_is_left_out_is_named", err);
}

#[test]
fn the_same_rule_has_the_same_request_and_a_changed_one_another_id() {
    let ids = |settings: &str, more: &[&str]| {
        let (_, requests, _) = emitted(&project(&[rule("query", settings)]), more);
        let [request] = requests.as_slice() else {
            panic!("one request");
        };
        request["id"].as_str().unwrap().to_owned()
    };
    let first = ids(QUERY, &RANGE);
    assert!(first.starts_with("query:"));
    assert_eq!(first, ids(QUERY, &RANGE));
    let changed = QUERY.replace("ConsoleLogin", "ConsoleLogout");
    assert_ne!(first, ids(&changed, &RANGE));
    assert_ne!(
        first,
        ids(QUERY, &[&RANGE[..], &["--request-size", "7"]].concat())
    );
}

#[test]
fn a_recording_gives_the_range_and_without_any_there_is_none() {
    let rule = rule("query", QUERY);
    let events = "{\"@timestamp\":\"2024-03-05T08:00:00.500Z\"}\n{\"@timestamp\":\"2024-03-05T07:00:00Z\"}\n";
    let project = Project::of(&[
        (&rule.0, &rule.1),
        ("a.ndjson", events),
        ("none.ndjson", "{}\n"),
    ]);
    let (code, requests, err) = emitted(&project, &["a.ndjson"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(requests[0]["from"], "2024-03-05T06:59:59.999Z");
    assert_eq!(requests[0]["to"], "2024-03-05T08:00:00.501Z");
    for (files, said) in [
        (&[][..], "none is given"),
        (&["none.ndjson"], "no document has a time"),
    ] {
        let (code, requests, err) = emitted(&project, files);
        assert!(
            code == 2 && requests.is_empty() && err.contains(said),
            "{err}"
        );
    }
    let reversed = ["--from", RANGE[3], "--to", RANGE[1]];
    let (code, _, err) = emitted(&project, &reversed);
    assert!(code == 2 && err.contains("ends before it begins"), "{err}");
}

#[test]
fn no_request_is_written_that_would_ask_something_else() {
    let odd = QUERY.replace("logs-aws.cloudtrail-*", "../_all/_delete_by_query?q=*#");
    let endpoint = QUERY.replace("logs-aws.cloudtrail-*", "_bulk");
    let filter =
        format!("{QUERY}filters = [{{query = {{geo_distance = {{distance = '1km'}}}}}}]\n");
    let loss = format!(
        "{QUERY}filters = [{{query = {{match = {{a = {{query = 'x', lenient = true}}}}}}}}]\n"
    );
    let no_index = QUERY.replace("index = [\"logs-aws.cloudtrail-*\"]\n", "");
    let broken = QUERY.replace("event.action: (", "event.action: ((");
    let table = [
        (&endpoint, "an index pattern is no name of an index"),
        (&filter, "the rule has a filter with `geo_distance`"),
        (&loss, "filters: this condition cannot be written"),
        (&no_index, "the rule names no index"),
        (&broken, "Kibana refuses the query"),
    ];
    for (settings, said) in table {
        let project = project(&[rule("query", settings)]);
        let (code, requests, err) = emitted(&project, &RANGE);
        assert!(
            code == 0 && requests.is_empty() && err.contains(said),
            "{err}"
        );
        let (code, _, _) = emitted(&project, &[&RANGE[..], &["--strict"]].concat());
        assert_eq!(code, 3);
    }
    let (_, requests, _) = emitted(&project(&[rule("query", &odd)]), &RANGE);
    let path = requests[0]["path"].as_str().unwrap();
    assert!(
        path.starts_with("/..%2F_all%2F_delete_by_query%3Fq%3D*%23/_search?"),
        "{path}"
    );
}

#[test]
fn a_file_that_is_no_rule_is_named_and_the_file_of_requests_is_whole() {
    let rule = rule("query", QUERY);
    let project = Project::of(&[
        (&rule.0, &rule.1),
        ("rules/broken.toml", "[rule]\nname = 1\n"),
    ]);
    let arguments = [
        &["scan", "--emit-requests", "out/requests.ndjson"],
        &RANGE[..],
    ]
    .concat();
    let (code, out, err) = project.run_apart(&arguments);
    assert!(
        code == 3 && out.is_empty() && err.contains("rules/broken.toml"),
        "{err}"
    );
    assert!(
        err.contains("1 request written to out/requests.ndjson"),
        "{err}"
    );
    let text = std::fs::read_to_string(project.file("out/requests.ndjson")).unwrap();
    assert_eq!(text.lines().count(), 1);
}
