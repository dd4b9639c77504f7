//! `trapline scan s3://…` against a server that speaks S3.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::Output;
use std::sync::atomic::Ordering;

use crate::files::{Event, Writing, dotted, events, ndjson, raw};
use crate::layouts::project;
use crate::project::Project;
use crate::s3::S3;

fn gzip(text: &str) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

/// Events in files of all kinds, the later ones first by name.
fn lake(events: &[Event]) -> BTreeMap<String, Vec<u8>> {
    let part = |number: usize| &events[number * 150..(number + 1) * 150];
    let objects = [
        (
            "logs/hour=03/a.parquet",
            dotted(part(3), &Writing::default()),
        ),
        ("logs/hour=02/b.parquet", raw(part(0), &Writing::default())),
        ("logs/hour=01/c.ndjson.gz", gzip(&ndjson(part(1)))),
        ("logs/hour=00/d.ndjson", ndjson(part(2)).into_bytes()),
        ("logs/_SUCCESS", Vec::new()),
        ("logs/.spark/x.ndjson", b"no event".to_vec()),
        ("other/e.ndjson", b"no event".to_vec()),
    ];
    objects.map(|(key, bytes)| (key.to_owned(), bytes)).into()
}

fn run(project: &Project, server: &S3, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = project.trapline(arguments);
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .env("AWS_ENDPOINT", &server.endpoint)
        .env("AWS_ALLOW_HTTP", "true")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "us-east-1")
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// The rules of the alerts with the ids of their events.
fn ids(alerts: &str) -> Vec<String> {
    let alert = |line: &str| {
        let alert: serde_json::Value = serde_json::from_str(line).unwrap();
        let events = alert["events"].as_array().unwrap();
        let ids: Vec<&str> = events
            .iter()
            .filter_map(|event| event["_id"].as_str())
            .collect();
        format!("{} {}", alert["rule_id"], ids.join(" "))
    };
    alerts.lines().map(alert).collect()
}

#[test]
fn objects_below_a_prefix_give_the_alerts_of_their_events_in_one_file() {
    let project = project();
    let events = events(600);
    std::fs::write(project.file("all.ndjson"), ndjson(&events)).unwrap();
    let (_, expected) = project.run(&["scan", "--rules", "rules", "all.ndjson"]);
    assert!(expected.lines().count() > 100);
    let server = S3::new(lake(&events));
    for scheme in ["s3", "s3a"] {
        let address = format!("{scheme}://lake/logs/");
        let scan = ["scan", "--rules", "rules", &address];
        let (code, out, err) = run(&project, &server, &scan);
        assert_eq!(code, Some(0), "{err}");
        assert_eq!(ids(&out), ids(&expected));
        assert!(out.contains(&format!(
            "\"file\":\"{scheme}://lake/logs/hour=03/a.parquet\""
        )));
    }
    // A file and an object are one search.
    std::fs::write(project.file("first.ndjson"), ndjson(&events[..150])).unwrap();
    let scan = [
        "scan",
        "--rules",
        "rules",
        "first.ndjson",
        "s3://lake/logs/hour=01",
        "s3://lake/logs/hour=00/d.ndjson",
        "s3://lake/logs/hour=03/a.parquet",
    ];
    let (code, out, err) = run(&project, &server, &scan);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(ids(&out), ids(&expected));
}

#[test]
fn plan_shards_reads_the_footer_of_a_parquet_object_only() {
    let project = project();
    let server = S3::new(lake(&events(600)));
    let plan = ["plan-shards", "--rules", "rules", "s3://lake/logs/hour=03/"];
    let (code, out, err) = run(&project, &server, &plan);
    assert_eq!(code, Some(0), "{err}");
    let plan: serde_json::Value = serde_json::from_str(&out).unwrap();
    let file = &plan["files"][0];
    assert_eq!(file["file"], "s3://lake/logs/hour=03/a.parquet");
    assert_eq!(
        (&file["times"], &file["events"]),
        (&"statistics".into(), &150.into())
    );
    let requests = server.requests();
    let of_object = requests
        .iter()
        .filter(|request| request.contains("a.parquet"));
    assert_eq!(of_object.count(), 1, "{requests:?}");
}

#[test]
fn a_service_that_is_slow_for_a_moment_is_asked_again_and_one_that_refuses_is_named() {
    let project = project();
    let events = events(600);
    let server = S3::new(lake(&events));
    server.failures.store(2, Ordering::SeqCst);
    let scan = ["scan", "--rules", "rules", "s3://lake/logs/hour=00/"];
    let (code, _, err) = run(&project, &server, &scan);
    assert_eq!(code, Some(0), "{err}");
    let none = ["scan", "--rules", "rules", "s3://lake/none/"];
    let (code, _, err) = run(&project, &server, &none);
    assert_eq!(code, Some(2), "{err}");
    assert!(
        err.contains("there is no object with events below `s3://lake/none/`"),
        "{err}"
    );
    let gone = ["scan", "--rules", "rules", "s3://puddle/logs/x.ndjson"];
    let (code, _, err) = run(&project, &server, &gone);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("s3://puddle/logs/x.ndjson"), "{err}");
}

#[test]
fn an_address_in_a_scenario_is_a_name_of_a_file() {
    let project = project();
    let events = events(600);
    let server = S3::new(lake(&events));
    let scenario = "rule: rules/text.toml\nattack:\n  name: a\n  \
                    events_from: {file: 's3://lake/logs/hour=00/d.ndjson'}\n  expect: alert\n";
    std::fs::create_dir(project.file("scenarios")).unwrap();
    std::fs::write(project.file("scenarios/a.yaml"), scenario).unwrap();
    let (code, _, _) = run(&project, &server, &["test"]);
    assert_ne!(code, Some(0));
    assert!(server.requests().is_empty(), "{:?}", server.requests());
}
