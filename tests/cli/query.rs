//! `trapline query`: Elasticsearch's answer from files, and Elasticsearch's own suite through it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use insta_cmd::assert_cmd_snapshot;
use serde_json::Value as Json;

const EVENTS: &str = r#"{"_index":"logs","_id":"a","@timestamp":"2024-01-31T12:00:00Z","event":{"category":"process"},"host.id":"h1","process":{"name":"cmd.exe","pid":4}}
{"_index":"logs","_id":"b","@timestamp":"2024-01-31T12:00:01Z","event":{"category":"network"},"host.id":"h1","destination.ip":"10.0.0.7","process":{"name":"cmd.exe"}}

{"_index":"logs","_id":"c","@timestamp":"2024-01-31T12:00:02Z","event":{"category":"process"},"host.id":"h2","process":{"name":"PowerShell.exe","pid":1.0}}
{"_index":"logs","_id":"d","@timestamp":"2024-01-31T12:00:03Z","event":{"category":"file"},"host.id":"h2","extra":{"number":0.10000000000000000001}}
"#;

/// A directory with events.
struct Here {
    directory: tempfile::TempDir,
}

impl Here {
    fn new() -> Self {
        let here = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        here.write("events.ndjson", EVENTS.as_bytes());
        here
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.directory.path().join(name), bytes).unwrap();
    }

    fn query(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trapline"));
        command
            .arg("query")
            .args(arguments)
            .current_dir(self.directory.path())
            .env_remove("CI")
            .env_remove("CLICOLOR_FORCE")
            .env("NO_COLOR", "1")
            .env("COLUMNS", "100");
        command
    }

    fn body(&self, arguments: &[&str]) -> Json {
        let output = self.query(arguments).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {err}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The ids of all events of the answer.
    fn ids(&self, arguments: &[&str]) -> Vec<String> {
        ids_of(&self.body(arguments), |event| {
            event["_id"].as_str().unwrap().to_owned()
        })
    }
}

fn ids_of<T>(body: &Json, id: impl Fn(&Json) -> T) -> Vec<T> {
    let none = Vec::new();
    let list = |value: &Json| value.as_array().unwrap_or(&none).clone();
    let mut events = list(&body["hits"]["events"]);
    for sequence in list(&body["hits"]["sequences"]) {
        events.extend(list(&sequence["events"]));
    }
    events.iter().map(id).collect()
}

#[test]
fn help_of_query_names_the_options() {
    assert_cmd_snapshot!(Here::new().query(&["--help"]));
}

#[test]
fn events_are_answered_as_elasticsearch_does_when_piped() {
    assert_cmd_snapshot!(
        Here::new().query(&["process where process.name : \"*.EXE\"", "events.ndjson"])
    );
}

#[test]
fn events_are_a_table_when_asked_for() {
    assert_cmd_snapshot!(Here::new().query(&[
        "--format=table",
        "any where process.name : \"*.EXE\" or destination.ip == \"10.0.0.0/8\"",
        "events.ndjson",
    ]));
}

#[test]
fn a_sequence_shows_its_missing_event() {
    let query = "sequence by host.id with maxspan=5s \
                 [process where true] ![file where true] [network where true]";
    let here = Here::new();
    assert_cmd_snapshot!("missing_event_json", here.query(&[query, "events.ndjson"]));
    assert_cmd_snapshot!(
        "missing_event_table",
        here.query(&["--format", "table", query, "events.ndjson"])
    );
}

#[test]
fn a_sample_is_answered() {
    assert_cmd_snapshot!(Here::new().query(&[
        "--format=table",
        "sample by host.id [process where true] [any where event.category != \"process\"]",
        "events.ndjson",
    ]));
}

#[test]
fn what_elasticsearch_would_refuse_is_refused_with_the_place() {
    let here = Here::new();
    assert_cmd_snapshot!(
        "refused_by_the_parser",
        here.query(&["process where process.name = \"a\"", "events.ndjson"])
    );
    assert_cmd_snapshot!(
        "refused_by_the_verifier",
        here.query(&["process where proces.name : \"a\"", "events.ndjson"])
    );
    assert_cmd_snapshot!(
        "refused_when_it_runs",
        here.query(&["process where process.pid / 0 == 1", "events.ndjson"])
    );
}

#[test]
fn every_bad_line_is_named_and_there_is_no_answer() {
    let here = Here::new();
    here.write("bad.ndjson", b"{\"a\":1}\n{\"a\":}\n[1]\n\xff\n{\"a\":2}\n");
    assert_cmd_snapshot!(here.query(&["any where true", "events.ndjson", "bad.ndjson"]));
    here.write("many.ndjson", "nonsense\n".repeat(12).as_bytes());
    let output = here
        .query(&["any where true", "many.ndjson"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("many.ndjson:10: ") && !text.contains("many.ndjson:11: "));
    assert!(text.contains("2 more lines are no events"), "{text}");
}

#[test]
fn a_document_that_the_mapping_refuses_is_left_out_and_its_value_named() {
    let here = Here::new();
    here.write(
        "m.json",
        br#"{"properties":{"@timestamp":{"type":"date"},"pid":{"type":"long"},
            "port":{"type":"long","ignore_malformed":true}}}"#,
    );
    here.write(
        "e.ndjson",
        b"{\"_id\":1,\"@timestamp\":1,\"pid\":\"x\"}\n{\"_id\":2,\"@timestamp\":2,\"pid\":[5,\"y\"]}\n\
          {\"_id\":3,\"@timestamp\":3,\"pid\":6,\"port\":\"many\"}\n",
    );
    assert_cmd_snapshot!(here.query(&["--mapping=m.json", "any where pid != null", "e.ndjson"]));
}

#[test]
fn wrong_paths_and_options_are_usage_errors() {
    let here = Here::new();
    assert_cmd_snapshot!(
        "no_such_file",
        here.query(&["any where true", "none.ndjson"])
    );
    for wrong in [
        &["any where true"][..],
        &["any where true", "."],
        &["--fetch-size=1", "any where true", "events.ndjson"],
        &["--max-samples-per-key=0", "any where true", "events.ndjson"],
        &["--size=-1", "any where true", "events.ndjson"],
        &["--now=soon", "any where true", "events.ndjson"],
        &["--mapping=none.json", "any where true", "events.ndjson"],
    ] {
        let output = here.query(wrong).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
    here.write("m.json", b"{\"a\":1}");
    assert_cmd_snapshot!(
        "no_mapping",
        here.query(&["--mapping=m.json", "any where true", "events.ndjson"])
    );
}

#[test]
fn standard_input_and_packed_files_are_read_as_one_search() {
    let here = Here::new();
    let lines: Vec<&str> = EVENTS.lines().filter(|line| !line.is_empty()).collect();
    here.write("one.ndjson", format!("\u{feff}{}\r\n", lines[3]).as_bytes());
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(lines[2].as_bytes()).unwrap();
    here.write("two.ndjson.gz", &gz.finish().unwrap());
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let zst = ruzstd::encoding::compress_to_vec(lines[1].as_bytes(), level);
    here.write("three.ndjson.zst", &zst);
    let mut child = here
        .query(&[
            "any where true",
            "one.ndjson",
            "two.ndjson.gz",
            "-",
            "three.ndjson.zst",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(lines[0].as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let body: Json = serde_json::from_slice(&output.stdout).unwrap();
    let ids = ids_of(&body, |event| event["_id"].as_str().unwrap().to_owned());
    assert_eq!(ids, ["a", "b", "c", "d"]);
    here.write("broken.ndjson.gz", b"\x1f\x8bnonsense");
    let output = here
        .query(&["any where true", "broken.ndjson.gz"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn size_and_end_are_those_of_the_request() {
    let here = Here::new();
    let lines = (0..25).map(|n| {
        format!(
            "{{\"_id\":\"{n}\",\"@timestamp\":{n},\"tie\":{}}}\n",
            25 - n
        )
    });
    here.write("many.ndjson", lines.collect::<String>().as_bytes());
    let ids = |arguments: &[&str]| {
        let arguments = [arguments, &["any where true", "many.ndjson"]].concat();
        here.ids(&arguments)
    };
    let numbers = |range: std::ops::Range<u32>| -> Vec<String> {
        range.map(|number| number.to_string()).collect()
    };
    assert_eq!(ids(&[]), numbers(15..25));
    assert_eq!(ids(&["--result-position", "head"]), numbers(0..10));
    assert_eq!(ids(&["--size=2", "--fetch-size=2"]), numbers(23..25));
    assert_eq!(ids(&["--size=0"]), numbers(0..0));
    assert_eq!(ids(&["--size=99"]), numbers(0..25));
    let by_tie = ids(&["--timestamp-field=tie", "--size=1"]);
    assert_eq!(by_tie, ["0"]);
}

#[test]
fn mappings_of_several_indices_resolve_as_one_search() {
    let here = Here::new();
    here.write(
        "m.json",
        br#"{"one":{"mappings":{"properties":{
            "@timestamp":{"type":"date"},"kind":{"type":"keyword"},
            "event":{"properties":{"category":{"type":"alias","path":"kind"}}},
            "name":{"type":"text","fields":{"raw":{"type":"keyword"}}}}}},
           "two":{"mappings":{"properties":{
            "@timestamp":{"type":"date","format":"dd-MM-yyyy"},
            "event":{"properties":{"category":{"type":"keyword"}}},
            "name":{"type":"keyword"},"level":{"type":"long"}}}}}"#,
    );
    here.write(
        "n.json",
        br#"{"three":{"mappings":{"properties":{"name":{"type":"long"}}}}}"#,
    );
    here.write(
        "e.ndjson",
        br#"{"_index":"one","_id":"1","@timestamp":1704067200000,"kind":"process","name":"Foo"}
{"_index":"two","_id":"2","@timestamp":"02-01-2024","event.category":"process","name":"foo","level":"7"}
{"_index":"one","_id":"3","@timestamp":"2024-01-03","event.category":"process","kind":"other","name":"foo"}
"#,
    );
    let ids = |query: &str| here.ids(&["--mapping=m.json", query, "e.ndjson"]);
    assert_eq!(ids("process where name : \"FOO\""), ["1", "2"]);
    assert_eq!(ids("process where name.raw == \"Foo\""), ["1"]);
    assert_eq!(ids("any where name == \"foo\""), ["2", "3"]);
    assert_eq!(ids("any where level == 7 or kind == \"other\""), ["2", "3"]);
    // Each index reads the constant by its own format, and one that cannot fails the query.
    let mut other_format = here.query(&[
        "--mapping=m.json",
        "any where @timestamp < \"2024-01-02T12:00:00Z\"",
        "e.ndjson",
    ]);
    let said = other_format.output().unwrap();
    assert!(!said.status.success());
    let said = String::from_utf8(said.stderr).unwrap();
    assert!(said.contains("with format [dd-MM-yyyy]"), "{said}");
    let both = ["--mapping=m.json", "--mapping=n.json"];
    let clash = [&both[..], &["any where name == \"a\"", "e.ndjson"]].concat();
    assert_cmd_snapshot!("types_that_clash", here.query(&clash));
    assert_cmd_snapshot!(
        "no_field_of_the_mapping",
        here.query(&["--mapping=m.json", "any where other == 1", "e.ndjson"])
    );
}

#[test]
fn now_is_the_clocks_unless_it_is_given() {
    let here = Here::new();
    let query = "any where @timestamp >= \"now-2s\"";
    assert!(here.ids(&[query, "events.ndjson"]).is_empty());
    let at = ["--now=2024-01-31T12:00:03Z", query, "events.ndjson"];
    assert_eq!(here.ids(&at), ["b", "c", "d"]);
}

#[test]
fn an_optional_field_without_a_mapping_may_be_folded() {
    let here = Here::new();
    let ids = |how: &str| {
        here.ids(&[
            "--optional",
            how,
            "process where not ?no.such : \"x\"",
            "events.ndjson",
        ])
    };
    assert_eq!(ids("missing"), ["a", "c"]);
    assert!(ids("folded").is_empty());
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn every_search_of_elasticsearchs_suite_is_answered_as_it_says() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/conformance");
    assert!(folder.is_dir(), "../shared/conformance is absent");
    let here = Here::new();
    let searches = std::fs::read_to_string(folder.join("searches.ndjson")).unwrap();
    let mut wrong = Vec::new();
    for line in searches.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        if let Err(reason) = judge(&case, &here, &folder) {
            wrong.push(format!("{}: {reason}\n    {}", case["name"], case["query"]));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// One search as somebody at a shell would ask it.
fn judge(case: &Json, here: &Here, folder: &Path) -> Result<(), String> {
    let mut arguments = Vec::new();
    let mut files = Vec::new();
    for name in case["indices"].as_array().unwrap() {
        let name = name.as_str().unwrap();
        let mapping = folder.join(format!("mappings/{name}.json"));
        arguments.push(format!("--mapping={}", mapping.display()));
        files.push(
            folder
                .join(format!("events/{name}.ndjson"))
                .display()
                .to_string(),
        );
    }
    for (key, option) in [
        ("size", "size"),
        ("max_samples_per_key", "max-samples-per-key"),
        ("tiebreaker", "tiebreaker-field"),
    ] {
        match &case[key] {
            Json::Null => {}
            Json::String(text) => arguments.push(format!("--{option}={text}")),
            other => arguments.push(format!("--{option}={other}")),
        }
    }
    arguments.push(case["query"].as_str().unwrap().to_owned());
    arguments.extend(files);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = here.query(&arguments).output().unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let body: Json = serde_json::from_slice(&output.stdout).unwrap();
    let id_field = case["id_field"].as_str().unwrap();
    let ids = ids_of(&body, |event| {
        if event["missing"] == true {
            -1
        } else {
            event["_source"][id_field].as_i64().unwrap()
        }
    });
    let accepted = case["expected_any_of"].as_array().unwrap();
    if !accepted.contains(&serde_json::json!(ids)) {
        return Err(format!("expected one of {accepted:?}, found {ids:?}"));
    }
    let mut keys = Vec::new();
    for sequence in body["hits"]["sequences"].as_array().unwrap_or(&Vec::new()) {
        for key in sequence["join_keys"].as_array().unwrap_or(&Vec::new()) {
            keys.push(key.as_str().map_or_else(|| key.to_string(), str::to_owned));
        }
    }
    match case["join_keys"].as_array() {
        Some(expected) if !expected.is_empty() && *expected != keys => {
            Err(format!("expected join keys {expected:?}, found {keys:?}"))
        }
        _ => Ok(()),
    }
}
