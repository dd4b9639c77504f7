//! The same events give the same alerts, whatever holds them.

use parquet::basic::{Compression, GzipLevel, ZstdLevel};

use crate::files::{Event, Writing, dotted, events, ndjson, nested, raw, raw_bytes};
use crate::project::{Project, eql_rule};

/// Writes events as a Parquet file.
type Layout = fn(&[Event], &Writing) -> Vec<u8>;

/// A threshold rule, whose alerts come of executions.
const THRESHOLD: &str = "[rule]
name = 'threshold'
rule_id = 'threshold'
type = 'threshold'
language = 'kuery'
severity = 'low'
risk_score = 21
interval = '5m'
from = 'now-6m'
query = 'process.name: cmd.exe'

[rule.threshold]
field = ['user.name']
value = 3
";

pub(crate) fn project() -> Project {
    let rules = [
        (
            "text",
            "process where process.name : \"CMD.exe\" and process.pid > 500",
        ),
        (
            "odd",
            "process where process.name : (\"*odd*\", \"Ä.exe\") and process.elevated == true",
        ),
        (
            "list",
            "process where process.args : \"-enc\" and process.entropy >= 1.5",
        ),
        (
            "missing",
            "process where user.name == null and process.entropy == null",
        ),
        (
            "sequence",
            "sequence by host.id with maxspan=1m [process where process.name == \"cmd.exe\"] \
             [process where user.name == \"backup\" and event.type == \"start\"]",
        ),
    ];
    let rules: Vec<(String, String)> = rules
        .iter()
        .map(|(name, query)| (format!("rules/{name}.toml"), eql_rule(name, name, query)))
        .chain([("rules/threshold.toml".to_owned(), THRESHOLD.to_owned())])
        .collect();
    let rules = rules
        .iter()
        .map(|(file, text)| (file.as_str(), text.as_str()));
    Project::of(&rules.collect::<Vec<_>>())
}

/// The alerts of one file or directory, whose name is left out of them.
pub(crate) fn alerts(project: &Project, options: &[&str], file: &str) -> String {
    let arguments = [&["scan", "--rules", "rules"], options, &[file]].concat();
    let (code, out, err) = project.run_apart(&arguments);
    assert_eq!(code, 0, "{file}: {err}");
    out.replace(file, "FILE")
}

pub(crate) fn written(project: &Project, file: &str, bytes: &[u8]) {
    std::fs::write(project.file(file), bytes).unwrap();
}

#[test]
fn events_as_raw_documents_and_as_columns_give_the_alerts_of_ndjson() {
    let project = project();
    let events = events(1_000);
    written(&project, "events.ndjson", ndjson(&events).as_bytes());
    let expected = alerts(&project, &[], "events.ndjson");
    for rule in ["text", "odd", "list", "missing", "sequence", "threshold"] {
        let count = expected.matches(&format!("\"rule_id\":\"{rule}\"")).count();
        assert!(count > 0, "{rule} gives no alert");
    }
    let layouts: [(&str, Layout); 4] = [
        ("raw", raw),
        ("raw-bytes", raw_bytes),
        ("dotted", dotted),
        ("nested", nested),
    ];
    for (layout, make) in layouts {
        // A Parquet file is known by its first bytes, whatever its name.
        let file = format!("{layout}.data");
        written(&project, &file, &make(&events, &Writing::default()));
        for jobs in ["1", "3"] {
            assert_eq!(alerts(&project, &["-j", jobs], &file), expected, "{layout}");
        }
    }
}

#[test]
fn every_compression_is_read() {
    let project = project();
    let events = events(300);
    written(&project, "events.ndjson", ndjson(&events).as_bytes());
    let expected = alerts(&project, &[], "events.ndjson");
    for (name, compression) in [
        ("none", Compression::UNCOMPRESSED),
        ("snappy", Compression::SNAPPY),
        ("gzip", Compression::GZIP(GzipLevel::default())),
        ("zstd", Compression::ZSTD(ZstdLevel::default())),
        ("lz4", Compression::LZ4_RAW),
    ] {
        let writing = Writing {
            compression,
            rows: 37,
            dictionary: name != "none",
        };
        let file = format!("{name}.parquet");
        written(&project, &file, &nested(&events, &writing));
        assert_eq!(alerts(&project, &[], &file), expected, "{name}");
    }
}

#[test]
fn files_of_a_directory_are_one_stream_in_the_order_of_their_times() {
    let project = project();
    let events = events(600);
    written(&project, "events.ndjson", ndjson(&events).as_bytes());
    let expected = alerts(&project, &[], "events.ndjson");
    std::fs::create_dir(project.file("lake")).unwrap();
    // By name the files are in no order of time; a row group in the middle of a file is the first.
    let parts = [("c", 0..200), ("a", 200..400), ("b", 400..600)];
    for (number, (name, part)) in parts.into_iter().enumerate() {
        let make = [dotted, raw, nested][number];
        let bytes = make(&events[part], &Writing::default());
        written(&project, &format!("lake/{name}.parquet"), &bytes);
    }
    let names = |text: &str| -> Vec<String> {
        let ids = text.lines().map(|line| {
            let alert: serde_json::Value = serde_json::from_str(line).unwrap();
            let events = alert["events"].as_array().unwrap();
            let ids: Vec<&str> = events
                .iter()
                .filter_map(|event| event["_id"].as_str())
                .collect();
            format!("{} {ids:?}", alert["rule_id"])
        });
        ids.collect()
    };
    assert_eq!(names(&alerts(&project, &[], "lake")), names(&expected));
}

#[test]
fn query_and_explain_read_parquet_as_scan_does() {
    let project = project();
    let events = events(200);
    written(&project, "events.ndjson", ndjson(&events).as_bytes());
    written(
        &project,
        "events.parquet",
        &nested(&events, &Writing::default()),
    );
    written(&project, "raw.parquet", &raw(&events, &Writing::default()));
    let query = "process where process.args : \"-enc\" and process.entropy >= 1.5 | head 3";
    let answer = |file: &str, options: &[&str]| {
        let arguments = [&["query", query, file], options].concat();
        let (code, out, err) = project.run_apart(&arguments);
        assert_eq!(code, 0, "{err}");
        let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
        let hits = answer["hits"]["events"].as_array().unwrap().clone();
        let hits = hits.into_iter().map(|hit| {
            let name = &hit["_source"]["process"]["name"];
            format!("{} {name} {}", hit["_id"], hit["_source"]["@timestamp"])
        });
        hits.collect::<Vec<_>>()
    };
    let expected = answer("events.ndjson", &[]);
    assert_eq!(expected.len(), 3);
    assert_eq!(answer("events.parquet", &[]), expected);
    assert_eq!(answer("raw.parquet", &["--raw-column", "value"]), expected);
    let explained = |file: &str| {
        let arguments = ["explain", "rules/list.toml", "--events", file];
        let (code, out, err) = project.run_apart(&arguments);
        assert_eq!(code, 0, "{err}");
        out.replace(file, "FILE")
    };
    assert_eq!(explained("events.parquet"), explained("events.ndjson"));
}

#[test]
fn a_raw_document_keeps_the_identity_that_stands_beside_it() {
    use std::sync::Arc;
    let ids = arrow_array::StringArray::from(vec![Some("x-1"), None, Some("x-3")]);
    let documents = vec![Some("{\n \"a\": 1\n}"), Some("{\"a\":2}"), None];
    let bytes = crate::files::parquet(
        &[
            ("_id", Arc::new(ids)),
            (
                "_source",
                Arc::new(arrow_array::StringArray::from(documents)),
            ),
        ],
        &Writing::default(),
    );
    let lines = crate::files::lines(&bytes, None).unwrap();
    let expected = "{\"_id\":\"x-1\",\"_source\":{  \"a\": 1 }}\n{\"_source\":{\"a\":2}}\n\n";
    assert_eq!(lines, expected);
}

#[test]
fn compare_and_diff_read_the_raw_column_that_is_named() {
    use std::sync::Arc;
    let of = |name: &str| {
        let query = format!("process where process.name == \"{name}\"");
        let rule =
            eql_rule("shell", "shell", &query).replace("[rule]\n", "[rule]\nindex = ['logs-*']\n");
        Project::of(&[("rules/shell.toml", &rule)])
    };
    let (older, project) = (of("other.exe"), of("cmd.exe"));
    let document = "{\"_id\":\"1\",\"_index\":\"logs-a\",\"@timestamp\":\"2024-01-01T00:00:00Z\",\
                    \"event\":{\"category\":\"process\"},\"process\":{\"name\":\"cmd.exe\"}}";
    let text = |text: &str| Arc::new(arrow_array::StringArray::from(vec![text.to_owned()]));
    let columns = [
        ("note", text("a note") as arrow_array::ArrayRef),
        ("document", text(document)),
    ];
    let bytes = crate::files::parquet(&columns, &Writing::default());
    written(&project, "events.parquet", &bytes);
    let raw = ["--raw-column", "document"];
    let run = |arguments: &[&str]| {
        let (code, out, err) = project.run_apart(arguments);
        (code, format!("{out}{err}"))
    };
    let emit = ["scan", "--emit-requests", "-", "events.parquet"];
    let (_, request, _) = project.run_apart(&[&emit[..], &raw].concat());
    let answer = ",\"response\":{\"hits\":{\"events\":[]}}}\n";
    let line = request.trim_end().strip_suffix('}').unwrap();
    written(
        &project,
        "responses.ndjson",
        format!("{line}{answer}").as_bytes(),
    );
    // Without it the columns are fields that no rule asks for.
    let compare = ["compare", "responses.ndjson", "events.parquet"];
    let (code, text) = run(&compare);
    assert!(code == 0 && text.contains("EQUAL: 1 equal"), "{text}");
    let (code, text) = run(&[&compare[..], &raw].concat());
    assert!(code == 1 && text.contains("1 missing, 0 extra"), "{text}");
    let older = older.file("");
    let diff = [
        "diff",
        older.to_str().unwrap(),
        ".",
        "--captures",
        "events.parquet",
    ];
    let (without, with) = (run(&diff), run(&[&diff[..], &raw].concat()));
    assert!(
        !without.1.contains("1 new") && with.1.contains("1 new"),
        "{without:?} {with:?}"
    );
}
