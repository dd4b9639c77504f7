//! `trapline scan` over the archives that teams have: a file an hour of NDJSON, packed, as Logstash's
//! and Filebeat's outputs name them, and exports of searches beside them.

use std::fmt::Write as _;
use std::io::Write as _;

use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use serde_json::Value as Json;

use crate::project::{Project, eql_rule};

/// 2026-01-31T00:00:00Z
const START: i64 = 1_769_817_600_000;
const MINUTE: i64 = 60_000;

fn project() -> Project {
    let rules = [
        ("one", "process where process.name == \"cmd.exe\""),
        (
            "pair",
            "sequence by host.id with maxspan=2h [process where process.name == \"cmd.exe\"] \
             [process where process.name == \"whoami.exe\"]",
        ),
    ];
    let rules = rules.map(|(name, query)| {
        let text = eql_rule(name, name, query);
        (format!("rules/{name}.toml"), text)
    });
    let rules = rules
        .iter()
        .map(|(file, text)| (file.as_str(), text.as_str()));
    let project = Project::of(&rules.collect::<Vec<_>>());
    std::fs::create_dir(project.file("archive")).unwrap();
    project
}

/// The events of an hour, ten minutes apart.
fn hour(hour: i64) -> Vec<String> {
    (0..6)
        .map(|number| {
            let millis = START + hour * 60 * MINUTE + number * 10 * MINUTE;
            let name = ["cmd.exe", "other.exe", "whoami.exe"][usize::try_from(number % 3).unwrap()];
            format!(
                "{{\"_id\":\"{hour}-{number}\",\"@timestamp\":{millis},\
                 \"event\":{{\"category\":\"process\"}},\"host\":{{\"id\":\"h{}\"}},\
                 \"process\":{{\"name\":\"{name}\"}}}}",
                number % 2
            )
        })
        .collect()
}

fn lines(events: &[String]) -> String {
    events.iter().fold(String::new(), |mut text, event| {
        let _ = writeln!(text, "{event}");
        text
    })
}

/// A member of a gzip file; a log that is appended to has one for each time that it was opened.
fn gzip(text: &str) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

fn zstd(text: &str) -> Vec<u8> {
    compress_to_vec(text.as_bytes(), CompressionLevel::Fastest)
}

fn response(events: &[String]) -> String {
    let hits = events.iter().map(|event| {
        let source: Json = serde_json::from_str(event).unwrap();
        serde_json::json!({"_index": "logs", "_id": source["_id"], "_source": source})
    });
    let hits: Vec<Json> = hits.collect();
    serde_json::json!({"took": 3, "hits": {"total": {"value": 6}, "hits": hits}}).to_string()
}

/// The rules of the alerts with the ids of their events, in the order of the alerts.
fn alerts(project: &Project, paths: &[&str]) -> Vec<String> {
    let arguments = [&["scan", "--rules", "rules"], paths].concat();
    let (code, out, err) = project.run_apart(&arguments);
    assert_eq!(code, 0, "{err}");
    assert!(!err.contains("late") && !err.contains("no event"), "{err}");
    let alert = |line: &str| -> String {
        let alert: Json = serde_json::from_str(line).unwrap();
        let events = alert["events"].as_array().unwrap();
        let ids: Vec<&str> = events
            .iter()
            .map(|event| event["_id"].as_str().unwrap())
            .collect();
        format!("{} {}", alert["rule_id"].as_str().unwrap(), ids.join(" "))
    };
    out.lines().map(alert).collect()
}

#[test]
fn files_by_hour_are_one_stream_in_the_order_of_time_whatever_packs_them() {
    let project = project();
    let all: Vec<String> = (0..26).flat_map(hour).collect();
    std::fs::write(project.file("all.ndjson"), lines(&all)).unwrap();
    let expected = alerts(&project, &["all.ndjson"]);
    assert!(expected.len() > 100, "{}", expected.len());
    for number in 0..26 {
        let (day, of_day) = (31 + number / 24, number % 24);
        let date = if day == 31 {
            "2026-01-31"
        } else {
            "2026-02-01"
        };
        let text = lines(&hour(number));
        let (first, second) = text.split_at(text.find("\"@timestamp\"").unwrap());
        let (name, bytes) = match number % 4 {
            // Two members, cut within a line.
            0 => (
                format!("logs-{date}-{of_day:02}.ndjson.gz"),
                [gzip(first), gzip(second)].concat(),
            ),
            1 => (format!("logs-{date}-{of_day:02}.json.gz"), gzip(&text)),
            2 => (
                format!("logs-{date}-{of_day:02}.ndjson.zst"),
                [zstd(first), zstd(second)].concat(),
            ),
            // An export of a search, which sorts as it likes.
            _ => {
                let mut events = hour(number);
                events.reverse();
                (
                    format!("logs-{date}-{of_day:02}.json"),
                    response(&events).into_bytes(),
                )
            }
        };
        std::fs::write(project.file("archive").join(name), bytes).unwrap();
    }
    assert_eq!(alerts(&project, &["archive"]), expected);
    assert_eq!(alerts(&project, &["archive/*"]), expected);
    let some = ["archive/*-02-01-*", "archive/*-01-31-*"];
    assert_eq!(alerts(&project, &some), expected);
}
