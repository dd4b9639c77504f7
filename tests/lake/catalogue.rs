//! `plan-shards` tells the times of a Parquet file from its statistics.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray};
use serde_json::{Value as Json, json};

use crate::files::{START, Writing, dotted, events, parquet, raw};
use crate::project::Project;

fn catalogue(project: &Project, file: &str) -> Json {
    let arguments = ["plan-shards", "--rules", "rules", file];
    let (code, out, err) = project.run_apart(&arguments);
    assert_eq!(code, 0, "{err}");
    let plan: Json = serde_json::from_str(&out).unwrap();
    plan["files"][0].clone()
}

fn project() -> Project {
    Project::of(&[("rules/empty.md", "")])
}

#[test]
fn the_range_of_typed_times_comes_from_the_statistics_and_is_that_of_the_events() {
    let project = project();
    let events = events(450);
    let write = |name: &str, bytes: Vec<u8>| std::fs::write(project.file(name), bytes).unwrap();
    write("typed.parquet", dotted(&events, &Writing::default()));
    write("raw.parquet", raw(&events, &Writing::default()));
    let (typed, raw) = (
        catalogue(&project, "typed.parquet"),
        catalogue(&project, "raw.parquet"),
    );
    assert_eq!(
        (&typed["times"], &raw["times"]),
        (&json!("statistics"), &json!("events"))
    );
    for key in [
        "events",
        "from",
        "to",
        "untimed",
        "outliers",
        "bad_lines",
        "is_read_to_its_end",
    ] {
        assert_eq!(typed[key], raw[key], "{key}");
    }
    assert_eq!(typed["from"], "2023-11-14T00:00:00.007Z");
    assert_eq!(typed["events"], 450);
}

#[test]
fn rows_without_a_time_are_counted_and_finer_times_are_rounded_down() {
    let project = project();
    let times = vec![
        Some(START * 1_000 + 1_999),
        None,
        Some(START * 1_000 - 1),
        None,
    ];
    let times = Arc::new(TimestampMicrosecondArray::from(times)) as ArrayRef;
    let numbers = Arc::new(Int64Array::from(vec![1, 2, 3, 4])) as ArrayRef;
    let columns = [("@timestamp", times), ("n", numbers)];
    let writing = Writing {
        rows: 2,
        ..Writing::default()
    };
    std::fs::write(project.file("a.parquet"), parquet(&columns, &writing)).unwrap();
    let found = catalogue(&project, "a.parquet");
    assert_eq!(
        (&found["events"], &found["untimed"]),
        (&json!(4), &json!(2))
    );
    assert_eq!(found["from"], "2023-11-13T23:59:59.999Z");
    assert_eq!(found["to"], "2023-11-14T00:00:00.001Z");
}

#[test]
fn times_as_text_are_read_row_by_row() {
    let project = project();
    let texts = vec!["2024-01-01T00:00:00+02:00", "2023-12-31T23:00:00Z"];
    let times = Arc::new(StringArray::from(texts)) as ArrayRef;
    let bytes = parquet(&[("@timestamp", times)], &Writing::default());
    std::fs::write(project.file("a.parquet"), bytes).unwrap();
    let found = catalogue(&project, "a.parquet");
    assert_eq!(found["times"], "events");
    assert_eq!(found["from"], "2023-12-31T22:00:00.000Z");
    assert_eq!(found["to"], "2023-12-31T23:00:00.000Z");
}

#[test]
fn the_size_of_a_file_is_that_of_all_columns_though_only_the_times_are_read() {
    let project = project();
    let bytes = |beside: usize| {
        let texts = vec!["2024-01-01T00:00:00Z", "2024-01-01T00:01:00Z"];
        let times = Arc::new(StringArray::from(texts)) as ArrayRef;
        let beside = "x".repeat(beside);
        let beside = Arc::new(StringArray::from(vec![beside.as_str(), ""])) as ArrayRef;
        let file = parquet(&[("@timestamp", times), ("n", beside)], &Writing::default());
        std::fs::write(project.file("a.parquet"), file).unwrap();
        let found = catalogue(&project, "a.parquet");
        assert_eq!(
            (&found["times"], &found["events"]),
            (&json!("events"), &json!(2))
        );
        found["bytes"].as_u64().unwrap()
    };
    assert!(bytes(100_000) >= bytes(1) + 99_999);
}
