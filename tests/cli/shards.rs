//! A scan divided among machines: slices of time for rules with a bounded span, join keys for the
//! others. Together they give the alerts of one scan.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value as Json;

use crate::project::{Project, eql_rule};

/// 2023-11-14T00:00:00Z
const START: i64 = 1_699_920_000_000;
const MINUTE: i64 = 60_000;
const HOURS: i64 = 4;

/// Rules made to be hard to divide: by name, query.
const RULES: &[(&str, &str)] = &[
    ("event", "process where process.name == \"a\""),
    (
        "bounded",
        "sequence by host.id with maxspan=3m [process where process.name == \"a\"] \
         [process where process.name == \"b\"]",
    ),
    (
        "without-key",
        "sequence with maxspan=1m [process where process.name == \"a\"] \
         [process where process.name == \"b\"] [process where process.name == \"c\"]",
    ),
    (
        "until",
        "sequence by host.id with maxspan=5m [process where process.name == \"a\"] \
         [process where process.name == \"c\"] until [process where process.name == \"b\"]",
    ),
    (
        "missing-at-the-end",
        "sequence by host.id with maxspan=2m [process where process.name == \"a\"] \
         ![process where process.name == \"b\"]",
    ),
    (
        "missing-at-the-start",
        "sequence by host.id with maxspan=2m ![process where process.name == \"a\"] \
         [process where process.name == \"b\"]",
    ),
    (
        "runs",
        "sequence by host.id with maxspan=8m [process where process.name == \"a\"] with runs=3",
    ),
    (
        "unbounded",
        "sequence by host.id [process where process.name == \"c\"] \
         [process where process.name == \"b\"] [process where process.name == \"a\"]",
    ),
    (
        "long",
        "sequence by user.id with maxspan=2h [process where process.name == \"b\"] \
         [process where process.name == \"c\"] until [process where process.name == \"a\"]",
    ),
    (
        "unbounded-without-key",
        "sequence [process where process.name == \"c\"] [process where process.name == \"a\"]",
    ),
    (
        "sample",
        "sample by host.id [process where process.name == \"a\"] \
         [process where process.name == \"c\"]",
    ),
    ("tail", "process where process.name == \"b\" | tail 3"),
];

/// A rule whose executions count.
const THRESHOLD: &str = "[rule]
name = 'threshold'
rule_id = 'threshold'
type = 'threshold'
language = 'kuery'
severity = 'low'
risk_score = 21
interval = '5m'
from = 'now-6m'
query = 'process.name: a'
[rule.threshold]
field = ['host.id']
value = 3
";

/// A file an hour. Numbers of users are written in several ways, and equal.
fn files(seed: u64) -> Vec<(String, String)> {
    let mut state = seed;
    let mut random = move |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % below
    };
    let file = |hour: i64| {
        let mut text = String::new();
        let mut millis = START + hour * 60 * MINUTE;
        while millis < START + (hour + 1) * 60 * MINUTE {
            let name = ["a", "b", "c", "d"][usize::try_from(random(4)).unwrap()];
            let user = ["1", "1.0", "2"][usize::try_from(random(3)).unwrap()];
            let _ = writeln!(
                text,
                "{{\"@timestamp\":{millis},\"event\":{{\"category\":\"process\"}},\
                 \"process\":{{\"name\":\"{name}\"}},\"user\":{{\"id\":\"{user}\"}},\
                 \"host\":{{\"id\":\"h{}\"}}}}",
                random(3)
            );
            millis += i64::try_from(random(90_000)).unwrap();
        }
        (format!("events/{hour}.ndjson"), text)
    };
    (0..HOURS).map(file).collect()
}

fn project(seed: u64) -> Project {
    let rules = RULES
        .iter()
        .map(|(id, query)| (format!("rules/{id}.toml"), eql_rule(id, id, query)));
    let threshold = ("rules/threshold.toml".to_owned(), THRESHOLD.to_owned());
    let rules = rules.chain([threshold]);
    let all: Vec<(String, String)> = rules.chain(files(seed)).collect();
    let all: Vec<(&str, &str)> = all.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    Project::of(&all)
}

/// The alerts of a scan, counted.
fn alerts(project: &Project, arguments: &[&str]) -> BTreeMap<String, usize> {
    let (code, out, err) = project.run_apart(arguments);
    assert_eq!(code, 0, "{arguments:?}\n{err}");
    let mut alerts = BTreeMap::new();
    for line in out.lines() {
        *alerts.entry(line.to_owned()).or_default() += 1;
    }
    alerts
}

fn add(all: &mut BTreeMap<String, usize>, more: BTreeMap<String, usize>) {
    for (alert, count) in more {
        *all.entry(alert).or_default() += count;
    }
}

fn time(millis: i64) -> String {
    // Midnight of the first day, and a time of that day.
    let of_day = (millis - START) / 1000;
    let (hours, minutes, seconds) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("2023-11-14T{hours:02}:{minutes:02}:{seconds:02}Z")
}

fn plan(project: &Project) -> Json {
    let (code, out, err) = project.run_apart(&["plan-shards", "--window", "10m", "events"]);
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn the_plan_names_how_each_rule_is_divided_and_when_the_events_of_a_file_are() {
    let project = project(1);
    let plan = plan(&project);
    let rules = plan["rules"].as_array().unwrap();
    let divisions: BTreeMap<&str, &str> = rules
        .iter()
        .map(|rule| {
            (
                rule["rule_id"].as_str().unwrap(),
                rule["division"].as_str().unwrap(),
            )
        })
        .collect();
    let by = |word: &str| -> Vec<&str> {
        let of = divisions.iter().filter(|(_, division)| **division == word);
        of.map(|(id, _)| *id).collect()
    };
    assert_eq!(by("key"), ["long", "unbounded"]);
    assert_eq!(
        by("whole"),
        ["sample", "tail", "threshold", "unbounded-without-key"]
    );
    assert_eq!(by("slice").len(), RULES.len() - 5);
    let long = rules.iter().find(|rule| rule["rule_id"] == "long").unwrap();
    assert_eq!(
        (&long["span_ms"], &long["keys"][0]),
        (&Json::from(7_200_000), &"user.id".into())
    );
    assert_eq!(plan["window_ms"], 600_000);
    let files = plan["files"].as_array().unwrap();
    assert_eq!(files.len(), 4);
    assert_eq!(files[1]["file"], "events/1.ndjson");
    assert!(
        files[1]["from"]
            .as_str()
            .unwrap()
            .starts_with("2023-11-14T01:00:")
    );
}

#[test]
fn slices_and_join_keys_together_give_the_alerts_of_one_scan() {
    for seed in 1..3 {
        let project = project(seed);
        let whole = alerts(&project, &["scan", "events"]);
        for id in RULES.iter().map(|(id, _)| *id).chain(["threshold"]) {
            let own = format!("\"rule_id\":\"{id}\"");
            assert!(whole.keys().any(|alert| alert.contains(&own)), "{id}");
        }
        for (slices, machines) in [(2, 3), (7, 2), (32, 1)] {
            let mut divided = sliced(&project, slices);
            let of_keys = keyed(&project, machines, true);
            assert_eq!(keyed(&project, machines, false), of_keys);
            add(&mut divided, of_keys);
            let at_once = sliced_and_keyed(&project, slices, machines);
            for found in [divided, at_once] {
                assert_eq!(
                    found, whole,
                    "seed {seed}, {slices} slices, {machines} machines"
                );
            }
        }
    }
}

/// The alerts of the rules with a bounded span, by slices that read the files of their
/// neighbourhood only.
fn sliced(project: &Project, slices: i64) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for slice in 0..slices {
        add(&mut found, of_slice(project, (slice, slices), &[]));
    }
    found
}

/// The same, and the alerts of the other rules of stage hits that each slice writes beside its own.
fn sliced_and_keyed(project: &Project, slices: i64, machines: u64) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    let count = machines.to_string();
    for slice in 0..slices {
        let out = format!("slice-{slice}.hits");
        let more = ["--stage-hits", &out, "--owners", &count, "--with-alerts"];
        add(&mut found, of_slice(project, (slice, slices), &more));
    }
    for machine in 0..machines {
        let files = (0..slices).map(|slice| format!("slice-{slice}.hits.{machine}"));
        let files: Vec<String> = files.collect();
        add(&mut found, owned(project, (machine, machines), &files));
    }
    found
}

/// The alerts of one slice of several.
fn of_slice(
    project: &Project,
    (slice, slices): (i64, i64),
    more: &[&str],
) -> BTreeMap<String, usize> {
    let end = START + HOURS * 60 * MINUTE;
    let from = START + (end - START) * slice / slices / 1000 * 1000;
    let to = START + (end - START) * (slice + 1) / slices / 1000 * 1000;
    let hours = (0..HOURS).filter(|hour| {
        let (first, last) = (START + hour * 60 * MINUTE, START + (hour + 1) * 60 * MINUTE);
        first < to + 10 * MINUTE && from - 10 * MINUTE <= last
    });
    let files: Vec<String> = hours.map(|hour| format!("events/{hour}.ndjson")).collect();
    let (from_time, to_time) = (time(from), time(to));
    let mut arguments = vec!["scan", "--window", "10m", "--complete"];
    arguments.extend(more);
    if slice > 0 {
        arguments.extend(["--from", &from_time]);
    }
    if slice + 1 < slices {
        arguments.extend(["--to", &to_time]);
    }
    arguments.extend(files.iter().map(String::as_str));
    alerts(project, &arguments)
}

/// The alerts of the join keys that one machine of several owns, from files of stage hits.
fn owned(
    project: &Project,
    (machine, machines): (u64, u64),
    files: &[String],
) -> BTreeMap<String, usize> {
    let owner = format!("{machine}/{machines}");
    let options = [
        "scan",
        "--window",
        "10m",
        "--from-stage-hits",
        "--owner",
        &owner,
    ];
    let files = files.iter().map(String::as_str);
    let arguments: Vec<&str> = options.into_iter().chain(files).collect();
    alerts(project, &arguments)
}

/// The alerts of the other rules, by join key: a machine a file writes the stage hits, in one file or
/// split by the machines that read them.
fn keyed(project: &Project, machines: u64, is_split: bool) -> BTreeMap<String, usize> {
    let count = machines.to_string();
    for hour in 0..HOURS {
        let (out, from) = (format!("{hour}.hits"), format!("events/{hour}.ndjson"));
        let mut arguments = vec!["scan", "--window", "10m", "--stage-hits", &out, &from];
        if is_split {
            arguments.extend(["--owners", &count]);
        }
        assert!(alerts(project, &arguments).is_empty());
    }
    let mut found = BTreeMap::new();
    for machine in 0..machines {
        let name = |hour: i64| {
            if is_split {
                format!("{hour}.hits.{machine}")
            } else {
                format!("{hour}.hits")
            }
        };
        let files: Vec<String> = (0..HOURS).map(name).collect();
        add(&mut found, owned(project, (machine, machines), &files));
    }
    found
}

#[test]
fn stage_hits_of_other_rules_or_that_are_cut_off_are_refused() {
    let project = project(1);
    alerts(&project, &["scan", "--stage-hits", "a.hits", "events"]);
    let path = project.path().join("a.hits");
    let whole = std::fs::read(&path).unwrap();
    let read = |file: &str| project.run_apart(&["scan", "--from-stage-hits", file]);
    assert_eq!(read("a.hits").0, 0);
    std::fs::write(project.path().join("cut.hits"), &whole[..whole.len() - 3]).unwrap();
    let (code, _, err) = read("cut.hits");
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("cut off"), "{err}");
    // A stage, and the ends of its key, that are not there: behind the sort key, length, file and count.
    let record = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1 + 29 + 8;
    for at in [8, 12, 16] {
        let mut changed = whole.clone();
        changed[record + at + 3] = 0x7f;
        std::fs::write(project.path().join("changed.hits"), changed).unwrap();
        let (code, _, err) = read("changed.hits");
        assert_eq!(code, 3, "{err}");
        assert!(err.contains("was changed"), "{err}");
    }
    let (code, _, err) = read("events/0.ndjson");
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("no file of stage hits"), "{err}");
    std::fs::write(
        project.path().join("rules/more.toml"),
        eql_rule("more", "more", "any where true"),
    )
    .unwrap();
    let (code, _, err) = read("a.hits");
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("other rules"), "{err}");
}

#[test]
fn stage_hits_of_another_machine_are_refused() {
    let project = project(1);
    let written = ["scan", "--stage-hits", "a.hits", "--owners", "2", "events"];
    alerts(&project, &written);
    let read = |owner: &str, file: &str| {
        project.run_apart(&["scan", "--from-stage-hits", "--owner", owner, file])
    };
    assert_eq!(read("1/2", "a.hits.1").0, 0);
    for owner in ["0/2", "1/3", "0/1"] {
        let (code, _, err) = read(owner, "a.hits.1");
        assert_eq!(code, 3, "{err}");
        assert!(err.contains("by `--owner 1/2`"), "{err}");
    }
}

#[test]
fn a_part_that_lost_events_is_an_error_where_it_must_be_complete() {
    let project = project(1);
    std::fs::write(project.path().join("events/9.ndjson"), "{\"@timestamp\":\n").unwrap();
    assert_eq!(project.run_apart(&["scan", "events"]).0, 0);
    assert_eq!(project.run_apart(&["scan", "--complete", "events"]).0, 3);
    for typed in [
        ["--from", "yesterday"],
        ["--owner", "4/4"],
        ["--window", "ten"],
    ] {
        let arguments = ["scan", typed[0], typed[1], "events"];
        assert_eq!(project.run_apart(&arguments).0, 2, "{typed:?}");
    }
}
