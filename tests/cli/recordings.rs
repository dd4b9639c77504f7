//! `trapline diff --captures`: two versions of the rules over recordings, and what stopped the
//! alerts that only one of them gives. And: however much differs, the comment is short enough.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use insta_cmd::assert_cmd_snapshot;
use serde_json::{Value as Json, json};

use crate::project::{Project, eql_rule};

const SHELL: &str = "rules/shell.toml";
const LOGON: &str = "rules/logon.toml";
const SEQUENCE: &str = "sequence by host.id with maxspan=1m
  [process where process.name == \"a.exe\"]
  [process where process.name == \"b.exe\" and not user.name == \"backup\"]";

fn event(second: u32, host: &str, process: &str, user: &str) -> Json {
    json!({
        "@timestamp": format!("2026-03-01T00:{:02}:{:02}.000Z", second / 60, second % 60),
        "event": {"category": "process"},
        "host": {"id": host},
        "process": {"name": process},
        "user": {"name": user},
    })
}

fn ndjson(events: &[Json]) -> String {
    events.iter().fold(String::new(), |text, event| {
        text + &event.to_string() + "\n"
    })
}

/// Shells of two users on two hosts, and on each host `a.exe` before `b.exe`.
fn events() -> Vec<Json> {
    vec![
        event(0, "host-one", "cmd.exe", "anna"),
        event(1, "host-one", "a.exe", "anna"),
        event(2, "host-two", "cmd.exe", "backup"),
        event(3, "host-one", "stop.exe", "anna"),
        event(4, "host-two", "a.exe", "anna"),
        event(5, "host-one", "b.exe", "anna"),
        event(6, "host-two", "b.exe", "anna"),
        event(7, "host-two", "cmd.exe", "anna"),
    ]
}

/// Two projects, `old` and `new`, that differ in their rules, and recordings in `logs`.
fn project(old: &[(&str, &str)], new: &[(&str, &str)]) -> Project {
    let names = ["1", "2"];
    let mut files: Vec<(String, String)> = Vec::new();
    for (side, rules) in [("old", old), ("new", new)] {
        for (file, query) in rules {
            let (id, name) = match *file {
                SHELL => (names[0], "A shell"),
                _ => (names[1], "A then B"),
            };
            files.push((format!("{side}/{file}"), eql_rule(id, name, query)));
        }
        files.push((format!("{side}/trapline.toml"), String::new()));
    }
    files.push(("logs/events.ndjson".to_owned(), ndjson(&events())));
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(file, text)| (file.as_str(), text.as_str()))
        .collect();
    Project::of(&files)
}

fn shells() -> Project {
    project(
        &[
            (SHELL, "process where process.name == \"cmd.exe\""),
            (LOGON, SEQUENCE),
        ],
        &[
            (
                SHELL,
                "process where process.name == \"cmd.exe\"\n  and not user.name == \"backup\"",
            ),
            (
                LOGON,
                "sequence by host.id with maxspan=1m
  [process where process.name == \"a.exe\"]
  [process where process.name == \"b.exe\"]
until [process where process.name == \"stop.exe\"]",
            ),
        ],
    )
}

const DIFF: [&str; 5] = ["diff", "./old", "./new", "--captures", "logs"];

#[test]
fn a_lost_alert_names_the_clause_that_stopped_it() {
    assert_cmd_snapshot!(shells().trapline(&DIFF));
}

#[test]
fn the_comment_has_the_alerts_of_the_recordings() {
    assert_cmd_snapshot!(shells().trapline(&[&DIFF[..], &["--format", "markdown"]].concat()));
}

fn report(project: &Project, arguments: &[&str]) -> Json {
    let (code, text) = project.run(&[arguments, &["--format", "json"]].concat());
    assert_eq!(code, 0, "{text}");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn for_programs_every_alert_has_its_events_keys_and_clause() {
    let report = report(&shells(), &DIFF);
    let found = &report["recordings"];
    assert_eq!(found["alerts"], json!({"before": 5, "after": 3}));
    assert_eq!((&found["lost"], &found["new"]), (&json!(2), &json!(0)));
    let until = &found["differences"][0];
    assert_eq!(until["file"], LOGON);
    let alert = &until["alerts"][0];
    assert_eq!(alert["join_keys"], json!(["host-one"]));
    assert_eq!(alert["events"][0]["at"], "logs/events.ndjson:2");
    assert_eq!(alert["events"][1]["@timestamp"], "2026-03-01T00:00:05.000Z");
    assert_eq!(alert["decided"][0]["clause"], "until");
    assert_eq!(alert["decided"][0]["side"], "new");
    let shell = &found["differences"][1];
    assert_eq!(shell["alerts"][0]["decided"][0]["line"], 10);
}

#[test]
fn a_new_alert_names_the_clause_that_stopped_it_before() {
    let mut arguments = DIFF;
    arguments.swap(1, 2);
    let report = report(&shells(), &arguments);
    let found = &report["recordings"];
    assert_eq!((&found["lost"], &found["new"]), (&json!(0), &json!(2)));
    let decided = &found["differences"][1]["alerts"][0]["decided"][0];
    assert_eq!(decided["side"], "old");
    assert_eq!(decided["clause"], "user.name == \"backup\"");
}

#[test]
fn the_gate_counts_recordings_too() {
    let project = shells();
    let code = |classes: &str| {
        project
            .run(&[&DIFF[..], &["--fail-on", classes]].concat())
            .0
    };
    assert_eq!(code("lost"), 1);
    assert_eq!(code("new,split"), 0);
    assert_eq!(
        project
            .run(&["diff", "./old", "./new", "--fail-on", "lost"])
            .0,
        0
    );
}

/// The newer rule begins with the last `a.exe` and not with the first: the alert has other events.
#[test]
fn a_rule_that_alerts_on_other_events_says_on_which() {
    let project = project(
        &[(LOGON, SEQUENCE)],
        &[(
            LOGON,
            &SEQUENCE
                .replace("\"a.exe\"]", "\"a*.exe\"]")
                .replace("== \"a*", ": \"a*"),
        )],
    );
    let mut events = events();
    events.insert(6, event(6, "host-two", "abc.exe", "anna"));
    fs::write(project.file("logs/events.ndjson"), ndjson(&events)).unwrap();
    let (code, text) = project.run(&DIFF);
    assert_eq!(code, 0);
    let says = "the newer rule alerts on logs/events.ndjson:7, logs/events.ndjson:8 instead";
    assert!(text.contains(says), "{text}");
}

#[test]
fn a_rule_that_came_or_went_alerts_on_one_side_only() {
    let query = "process where process.name == \"cmd.exe\"";
    let project = project(&[(SHELL, query)], &[(LOGON, SEQUENCE)]);
    let report = report(&project, &DIFF);
    let found = report["recordings"]["differences"].as_array().unwrap();
    let told: Vec<_> = found
        .iter()
        .map(|one| {
            (
                one["class"].clone(),
                one["file"].clone(),
                one["count"].clone(),
            )
        })
        .collect();
    let expected = [("lost", SHELL, 3), ("new", LOGON, 2)];
    let expected = expected.map(|(class, file, count)| (json!(class), json!(file), json!(count)));
    assert_eq!(told, expected);
}

#[test]
fn packed_recordings_are_read_and_several_paths_are_one_search() {
    let project = shells();
    let text = ndjson(&events());
    let (head, tail) = text.split_at(text.match_indices('\n').nth(3).unwrap().0 + 1);
    fs::remove_file(project.file("logs/events.ndjson")).unwrap();
    let mut gz = flate2::write::GzEncoder::new(
        fs::File::create(project.file("logs/head.ndjson.gz")).unwrap(),
        flate2::Compression::fast(),
    );
    gz.write_all(head.as_bytes()).unwrap();
    gz.finish().unwrap();
    fs::write(project.file("tail.ndjson"), tail).unwrap();
    let captures = [&DIFF[..], &["--captures", "tail.ndjson"]].concat();
    let report = report(&project, &captures);
    let found = &report["recordings"];
    assert_eq!((&found["files"], &found["lost"]), (&json!(2), &json!(2)));
    let alert = &found["differences"][0]["alerts"][0];
    assert_eq!(alert["events"][0]["at"], "logs/head.ndjson.gz:2");
    assert_eq!(alert["events"][1]["at"], "tail.ndjson:2");
    assert_eq!(alert["decided"][0]["clause"], "until");
}

#[test]
fn what_cannot_be_read_is_said() {
    let project = shells();
    let run = |captures: &str| {
        project
            .trapline(&["diff", "./old", "./new", "--captures", captures])
            .output()
            .unwrap()
    };
    assert_eq!(run("no-such-directory").status.code(), Some(2));
    assert_eq!(run("-").status.code(), Some(2));
    fs::write(project.file("broken.ndjson.gz"), "no gzip").unwrap();
    let output = run("broken.ndjson.gz");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(
        text.contains("not read to its end: broken.ndjson.gz"),
        "{text}"
    );
}

/// A rule that Elasticsearch refuses is not compared; the others are.
#[test]
fn a_rule_that_is_refused_is_named() {
    let project = project(
        &[(SHELL, "process where process.name == \"cmd.exe\"")],
        &[(SHELL, "process where loudest(process.name)")],
    );
    let (_, text) = project.run(&DIFF);
    assert!(text.contains(&format!("not compared: {SHELL}")), "{text}");
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn an_event_log_is_read() {
    let captures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/captures");
    let log = captures.join("wmi_remote_registry_sysmon.evtx");
    assert!(log.is_file(), "../shared/corpus/captures is absent");
    let project = project(
        &[(SHELL, "process where process.executable : \"*wmi*\"")],
        &[(SHELL, "process where process.executable : \"*no such*\"")],
    );
    let log = log.to_str().unwrap();
    let report = report(&project, &["diff", "./old", "./new", "--captures", log]);
    let found = &report["recordings"];
    assert!(found["events"].as_u64().unwrap() > 0, "{found}");
    assert!(found["lost"].as_u64().unwrap() > 0, "{found}");
    let decided = &found["differences"][0]["alerts"][0]["decided"][0];
    assert_eq!(decided["clause"], "process.executable : \"*no such*\"");
    // `scan` reads the same log.
    let rules = project.file("old/rules");
    let (code, alerts) = project.run(&["scan", "--rules", rules.to_str().unwrap(), log]);
    assert_eq!(code, 0);
    assert_eq!(json!(alerts.lines().count()), found["alerts"]["before"]);
}

/// Code hosts refuse longer comments.
#[test]
fn the_comment_of_five_hundred_rules_is_below_64_kilobytes() {
    let mut files: Vec<(String, String)> = Vec::new();
    for number in 0..500 {
        for (side, exclusion) in [("old", ""), ("new", "\n  and not user.name == \"backup\"")] {
            let query = format!("process where process.name == \"cmd.exe\"{exclusion}");
            let text = eql_rule(
                &format!("id-{number}"),
                &format!("Shell number {number}"),
                &query,
            );
            files.push((format!("{side}/rules/shell_{number:03}.toml"), text));
        }
    }
    files.push(("logs/events.ndjson".to_owned(), ndjson(&events())));
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(file, text)| (file.as_str(), text.as_str()))
        .collect();
    let project = Project::of(&files);
    for captures in [&DIFF[..3], &DIFF[..]] {
        let (code, text) = project.run(&[captures, &["--format", "markdown"]].concat());
        assert_eq!(code, 0);
        let sections =
            text.matches("\n### ").count() + text.matches("\n<details><summary>").count();
        assert!(text.len() < 64 * 1024, "{}", text.len());
        assert!(text.len() > 50 * 1024, "{}", text.len());
        let left_out = text.lines().last().unwrap();
        let left_out = left_out.strip_prefix("and ").unwrap();
        let (left_out, command) = left_out.split_once(" more: ").unwrap();
        let differences = if captures.len() > 3 { 1000 } else { 500 };
        assert_eq!(sections + left_out.parse::<usize>().unwrap(), differences);
        assert!(
            command.starts_with("`trapline diff ./old ./new"),
            "{command}"
        );
        let open = text.matches("<details>").count() + text.matches("<details open>").count();
        assert_eq!(open, text.matches("</details>").count());
    }
}
