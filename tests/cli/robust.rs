//! `scan` and `query` on what disks and shippers do to files: nothing is lost in silence, and
//! nothing panics.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use serde_json::Value as Json;

use crate::project::Project;

const RULE: &str = r#"[metadata]
creation_date = "2024/01/01"
maturity = "production"

[rule]
author = ["Trapline"]
description = "Finds one program."
index = ["logs-*"]
language = "eql"
license = "Apache-2.0"
name = "One program"
risk_score = 21
rule_id = "11111111-1111-4111-8111-111111111111"
severity = "low"
type = "eql"
query = '''any where process.name == "a.exe"'''
"#;

/// An event that the rule finds; `second` is of one minute.
fn event(id: &str, second: u32) -> String {
    timed(id, &format!("\"2024-01-31T12:00:{second:02}.000Z\""))
}

fn timed(id: &str, time: &str) -> String {
    format!(
        "{{\"_index\":\"logs-x\",\"_id\":\"{id}\",\"@timestamp\":{time},\
         \"event\":{{\"category\":\"process\"}},\"process\":{{\"name\":\"a.exe\"}}}}\n"
    )
}

/// The rule and some files.
struct Here(Project);

impl Here {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let here = Self(Project::of(&[("rules/rule.toml", RULE)]));
        for (name, bytes) in files {
            fs::write(here.path(name), bytes).unwrap();
        }
        here
    }

    fn path(&self, name: &str) -> PathBuf {
        let command = self.0.trapline(&[]);
        command.get_current_dir().unwrap().join(name)
    }

    fn scan(&self, arguments: &[&str]) -> Output {
        let arguments = [&["scan", "--rules", "rules"], arguments].concat();
        self.0.trapline(&arguments).output().unwrap()
    }

    fn query(&self, file: &str) -> Output {
        let arguments = ["query", "--size=1000", "any where true", file];
        self.0.trapline(&arguments).output().unwrap()
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// What was said; never a panic.
fn said(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(!text.contains("panicked"), "{text}");
    text
}

/// The ids of the alerts, one event each.
fn alerts(output: &Output) -> BTreeSet<String> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let alerts = text.lines().map(|line| {
        let alert: Json = serde_json::from_str(line).unwrap();
        alert["events"][0]["_id"].as_str().unwrap().to_owned()
    });
    alerts.collect()
}

/// The ids that a query found.
fn found(output: &Output) -> BTreeSet<String> {
    let body: Json = serde_json::from_slice(&output.stdout).unwrap();
    let events = body["hits"]["events"].as_array().unwrap().iter();
    events
        .map(|event| event["_id"].as_str().unwrap().to_owned())
        .collect()
}

fn set<S: Into<String>>(ids: impl IntoIterator<Item = S>) -> BTreeSet<String> {
    ids.into_iter().map(Into::into).collect()
}

/// The line is named by both, the scan finds the others and the query gives no answer.
fn is_a_bad_line(line: &[u8], reasons: [&str; 2]) {
    let mut bytes = event("1", 1).into_bytes();
    bytes.extend_from_slice(line);
    bytes.push(b'\n');
    bytes.extend_from_slice(event("2", 2).as_bytes());
    let here = Here::new(&[("e.ndjson", &bytes)]);
    let output = here.scan(&["e.ndjson"]);
    let text = said(&output);
    assert!(
        text.contains("e.ndjson:2: ") && text.contains(reasons[0]),
        "{text}"
    );
    assert_eq!((code(&output), alerts(&output)), (0, set(["1", "2"])));
    assert_eq!(code(&here.scan(&["--strict", "e.ndjson"])), 3);
    let output = here.query("e.ndjson");
    let text = said(&output);
    assert!(
        text.contains("e.ndjson:2: ") && text.contains(reasons[1]),
        "{text}"
    );
    assert_eq!(code(&output), 3);
    assert!(output.stdout.is_empty());
}

#[test]
fn invalid_utf_8_is_named_with_its_line() {
    is_a_bad_line(b"{\"a\":\"\xff\"}", ["not valid UTF-8", "not UTF-8"]);
}

#[test]
fn nesting_without_end_is_named_and_does_not_end_the_program() {
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(500_000), "]".repeat(500_000));
    is_a_bad_line(deep.as_bytes(), ["not valid JSON", "not valid JSON"]);
    let deep = format!(
        "{}1{}",
        "{\"process\":".repeat(500_000),
        "}".repeat(500_000)
    );
    is_a_bad_line(deep.as_bytes(), ["not valid JSON", "not valid JSON"]);
}

#[test]
fn a_key_that_stands_twice_is_named_as_elasticsearch_refuses_the_document() {
    let twice = "duplicate key `name` in an object";
    is_a_bad_line(
        br#"{"@timestamp":1706702400000,"process":{"name":"b.exe","name":"a.exe"}}"#,
        [twice, twice],
    );
}

/// A number that is none is noticed where the whole document is read: by a condition that needs it,
/// and by a filter.
#[test]
fn a_number_that_is_none_is_named_where_the_whole_document_is_read() {
    let condition = RULE.replace("\"a.exe\"", "\"a.exe\" and _id in (\"1\", \"2\")");
    let filter = "[[rule.filters]]\n[rule.filters.meta]\nnegate = true\n\
                  [rule.filters.query.match_phrase]\n\"user.name\" = 'bob'\n";
    for rule in [condition, format!("{RULE}{filter}")] {
        assert_ne!(rule, RULE);
        let here = Here(Project::of(&[("rules/rule.toml", &rule)]));
        let bad = event("2", 2).replace("\"_id\"", "\"size\":01,\"_id\"");
        let lines = [event("1", 1), bad].concat();
        fs::write(here.path("e.ndjson"), lines).unwrap();
        let output = here.scan(&["e.ndjson"]);
        let text = said(&output);
        assert!(text.contains("e.ndjson:2: not valid JSON"), "{text}");
        assert_eq!((code(&output), alerts(&output)), (0, set(["1"])));
        assert_eq!(code(&here.scan(&["--complete", "e.ndjson"])), 3);
        fs::write(here.path("e.ndjson"), event("2", 2)).unwrap();
        let output = here.scan(&["--complete", "e.ndjson"]);
        assert_eq!((code(&output), alerts(&output)), (0, set(["2"])));
    }
}

#[test]
fn a_last_line_that_is_still_being_written_is_named() {
    let mut bytes = event("1", 1).into_bytes();
    bytes.extend_from_slice(&event("2", 2).as_bytes()[..60]);
    let here = Here::new(&[("e.ndjson", &bytes)]);
    let output = here.scan(&["e.ndjson"]);
    assert!(said(&output).contains("e.ndjson:2: not valid JSON"));
    assert_eq!(alerts(&output), set(["1"]));
    let output = here.query("e.ndjson");
    assert!(said(&output).contains("e.ndjson:2: not valid JSON"));
    assert_eq!(code(&output), 3);
}

#[test]
fn a_mark_before_the_first_line_does_not_cost_it_when_another_line_is_bad() {
    let text = [b"\xef\xbb\xbf", event("1", 1).as_bytes(), b"\xff\n"].concat();
    let here = Here::new(&[("e.ndjson", &text)]);
    let output = here.scan(&["e.ndjson"]);
    let text = said(&output);
    assert!(
        text.contains("e.ndjson:2: ") && !text.contains("e.ndjson:1: "),
        "{text}"
    );
    assert_eq!(alerts(&output), set(["1"]));
}

#[test]
fn another_encoding_is_called_by_its_name() {
    let units = event("1", 1).encode_utf16().collect::<Vec<u16>>();
    let bytes = units.iter().flat_map(|unit| unit.to_le_bytes());
    let bytes: Vec<u8> = [0xff, 0xfe].into_iter().chain(bytes).collect();
    let here = Here::new(&[("e.ndjson", &bytes)]);
    let text = said(&here.scan(&["e.ndjson"]));
    assert!(text.contains("the file is UTF-16"), "{text}");
    let output = here.query("e.ndjson");
    let text = said(&output);
    assert!(text.contains("the file is UTF-16"), "{text}");
    assert_eq!(code(&output), 3);
}

#[test]
fn a_line_of_100_megabytes_is_read_by_scan_and_named_by_query() {
    let here = Here::new(&[]);
    let mut file = File::create(here.path("e.ndjson")).unwrap();
    let long = event("1", 1).replace("\"a.exe\"}", "\"a.exe\",\"command_line\":\"LONG\"}");
    let (head, tail) = long.split_once("LONG").unwrap();
    file.write_all(head.as_bytes()).unwrap();
    let piece = vec![b'x'; 1_000_000];
    for _ in 0..100 {
        file.write_all(&piece).unwrap();
    }
    file.write_all(tail.as_bytes()).unwrap();
    file.write_all(event("2", 2).as_bytes()).unwrap();
    drop(file);
    let output = here.scan(&["e.ndjson"]);
    said(&output);
    assert_eq!((code(&output), alerts(&output)), (0, set(["1", "2"])));
    let output = here.query("e.ndjson");
    let text = said(&output);
    assert!(
        text.contains("e.ndjson:1: the line is longer than 16 MiB"),
        "{text}"
    );
    assert_eq!(code(&output), 3);
}

#[test]
fn numbers_beyond_64_bits_are_read_and_kept_to_the_digit() {
    let numbers = [
        "123456789012345678901234567890",
        "-123456789012345678901234567890",
        "18446744073709551616",
        "0.1000000000000000055511151231257827",
        "1e400",
        "-0.0",
    ];
    let events = numbers.iter().enumerate().map(|(id, number)| {
        let event = event(&id.to_string(), 1);
        event.replace(
            "\"process\":{",
            &format!("\"big\":{number},\"process\":{{\"pid\":{number},"),
        )
    });
    let here = Here::new(&[("e.ndjson", events.collect::<String>().as_bytes())]);
    let ids = set((0..numbers.len()).map(|id| id.to_string()));
    let output = here.scan(&["e.ndjson"]);
    said(&output);
    assert_eq!(alerts(&output), ids);
    let output = here.query("e.ndjson");
    said(&output);
    assert_eq!(found(&output), ids);
    let text = String::from_utf8(output.stdout).unwrap();
    for number in numbers {
        assert!(
            text.contains(&format!("\"big\":{number},")) || number == "1e400",
            "{number}"
        );
    }
}

#[test]
fn scan_and_query_read_the_same_times() {
    let good = [
        "\"2024-01-31T12:00:00.000Z\"",
        "\"2024-01-31T12:00:00.123456789Z\"",
        "\"2024-01-31T13:00:00,5+01:00\"",
        "\"2024-01-31T13:00:30+01:00:30\"",
        "\"2024-01-31T12:00:00UTC\"",
        "\"2024-01-31T12:00\"",
        "\"2024-01-31T12Z\"",
        "\"2024-01-31\"",
        "\"2024-01\"",
        "\"2024\"",
        "2024",
        "1706702400000",
        "1706702400000.5",
        "\"1706702400000\"",
        "-1",
        "[\"2024-01-31T12:00:00Z\",1706702400000]",
    ];
    let bad = [
        "\"yesterday\"",
        "\"2024-01-31 12:00:00\"",
        "\"2024-02-30T12:00:00Z\"",
        "\"2024-01-31T12:00:60Z\"",
        "1.7067024e12",
        "123456789012345678901234567890",
        "true",
        "null",
        "\"\"",
        "[]",
        "{}",
    ];
    let lines = good
        .iter()
        .chain(&bad)
        .map(|time| timed(&time.replace('"', "'"), time));
    let here = Here::new(&[("e.ndjson", lines.collect::<String>().as_bytes())]);
    let expected = set(good.map(|time| time.replace('"', "'")));
    let output = here.scan(&["--reorder", "60000000", "e.ndjson"]);
    let text = said(&output);
    assert_eq!(alerts(&output), expected);
    let first = format!("{} events have no time", bad.len());
    let place = format!("e.ndjson:{}", good.len() + 1);
    assert!(text.contains(&first) && text.contains(&place), "{text}");
    let output = here.query("e.ndjson");
    let text = said(&output);
    assert_eq!(found(&output), expected);
    assert!(
        text.contains("warning[W003]") && text.contains(&place),
        "{text}"
    );
    assert!(text.contains("1 more events have no time"), "{text}");
}

#[test]
fn a_packed_file_that_breaks_off_gives_what_can_be_read_and_says_so() {
    let lines: String = (0..4000)
        .map(|id| event(&id.to_string(), id % 60))
        .collect();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(lines.as_bytes()).unwrap();
    let gz = gz.finish().unwrap();
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let zst = ruzstd::encoding::compress_to_vec(lines.as_bytes(), level);
    for (name, packed) in [("e.ndjson.gz", gz), ("e.ndjson.zst", zst)] {
        let here = Here::new(&[(name, &packed)]);
        assert_eq!(alerts(&here.scan(&[name])).len(), 4000);
        let here = Here::new(&[(name, &packed[..packed.len() * 9 / 10])]);
        let output = here.scan(&[name]);
        let text = said(&output);
        assert!(
            text.contains(&format!("not read to its end: {name}: ")),
            "{text}"
        );
        assert_eq!(code(&output), 3);
        let output = here.query(name);
        let text = said(&output);
        assert!(
            text.contains(&format!("`{name}` breaks off at line ")),
            "{text}"
        );
        assert_eq!(code(&output), 3);
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_packed_file_to_which_another_was_appended_is_read_whole() {
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let frame = |id| ruzstd::encoding::compress_to_vec(event(id, 1).as_bytes(), level);
    let both = [frame("1"), frame("2")].concat();
    let here = Here::new(&[("e.ndjson.zst", &both)]);
    assert_eq!(alerts(&here.scan(&["e.ndjson.zst"])), set(["1", "2"]));
    assert_eq!(found(&here.query("e.ndjson.zst")), set(["1", "2"]));
}

#[test]
fn a_reader_that_goes_away_ends_the_program_quietly() {
    let lines: String = (0..20_000)
        .map(|id| event(&id.to_string(), id % 60))
        .collect();
    let here = Here::new(&[("e.ndjson", lines.as_bytes())]);
    for arguments in [
        &["scan", "--rules", "rules", "e.ndjson"][..],
        &["scan", "--rules", "rules", "--format", "json", "e.ndjson"],
        &["query", "--size=20000", "any where true", "e.ndjson"],
    ] {
        let mut command = here.0.trapline(arguments);
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut start = [0; 10];
        let mut out = child.stdout.take().unwrap();
        std::io::Read::read_exact(&mut out, &mut start).unwrap();
        drop(out);
        let output = child.wait_with_output().unwrap();
        let text = said(&output);
        assert!(!text.contains("error"), "{arguments:?}: {text}");
        assert_eq!(code(&output), 0, "{arguments:?}");
    }
}

#[test]
fn recordings_that_git_ignores_are_read_when_their_directory_is_named() {
    let here = Here::new(&[]);
    fs::create_dir(here.path("logs")).unwrap();
    fs::write(here.path(".ignore"), "*.ndjson\n").unwrap();
    fs::write(here.path("logs/e.ndjson"), event("1", 1)).unwrap();
    assert_eq!(alerts(&here.scan(&["logs"])), set(["1"]));
}

/// What only a Unix has: links, pipes with names, a disk that is always full.
#[cfg(unix)]
mod unix {
    use std::os::unix::fs::symlink;
    use std::path::Path;
    use std::process::Command;

    use super::*;

    fn pipe(here: &Here, name: &str) -> PathBuf {
        let path = here.path(name);
        let made = Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        path
    }

    #[expect(clippy::print_stderr, reason = "a test that is skipped should say so")]
    fn full_disk() -> Option<File> {
        let full = Path::new("/dev/full");
        if !full.exists() {
            eprintln!("skipped: /dev/full is absent");
            return None;
        }
        Some(OpenOptions::new().write(true).open(full).unwrap())
    }

    #[test]
    fn a_full_disk_is_said_and_is_a_failure() {
        let here = Here::new(&[("e.ndjson", event("1", 1).as_bytes())]);
        for arguments in [
            &["scan", "--rules", "rules", "e.ndjson"][..],
            &["scan", "--rules", "rules", "--format", "json", "e.ndjson"],
            &["scan", "--rules", "rules", "--format", "table", "e.ndjson"],
            &["query", "any where true", "e.ndjson"],
            &["query", "--format=table", "any where true", "e.ndjson"],
        ] {
            let Some(full) = full_disk() else { return };
            let mut command = here.0.trapline(arguments);
            let output = command.stdout(full).output().unwrap();
            let text = said(&output);
            assert!(
                text.contains("error[E022]: standard output could not be written"),
                "{text}"
            );
            assert_eq!(code(&output), 2, "{arguments:?}");
        }
        let Some(full) = full_disk() else { return };
        let mut command = here.0.trapline(&["--help"]);
        assert_eq!(code(&command.stdout(full).output().unwrap()), 2);
    }

    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        if full_disk().is_none() {
            return;
        }
        let here = Here::new(&[("e.ndjson", event("1", 1).as_bytes())]);
        let output = here.scan(&["--stats", "/dev/full", "e.ndjson"]);
        assert!(said(&output).contains("error[E006]: `/dev/full` cannot be written"));
        assert_eq!(code(&output), 2);
        // A link in the project is not written through, and not replaced either.
        symlink("/dev/full", here.path("full")).unwrap();
        let output = here.scan(&["--stats", "full", "e.ndjson"]);
        assert!(said(&output).contains("error[E008]: `full` is not written through a link"));
        assert_eq!(code(&output), 2);
        assert!(here.path("full").is_symlink());
    }

    #[test]
    fn links_are_read_and_one_that_leads_nowhere_is_named() {
        let here = Here::new(&[("elsewhere", event("1", 1).as_bytes())]);
        fs::create_dir(here.path("logs")).unwrap();
        symlink("../elsewhere", here.path("logs/a.ndjson")).unwrap();
        let output = here.scan(&["logs"]);
        assert_eq!((code(&output), alerts(&output)), (0, set(["1"])));
        symlink("nowhere", here.path("logs/b.ndjson")).unwrap();
        let output = here.scan(&["logs"]);
        let text = said(&output);
        assert!(
            text.contains("logs/b.ndjson") && text.contains("does not exist"),
            "{text}"
        );
        assert_eq!((code(&output), alerts(&output)), (3, set(["1"])));
    }

    #[test]
    fn pipes_are_read_once_and_whole() {
        let here = Here::new(&[]);
        let writers: Vec<_> = [("a", 0), ("b", 3000)]
            .map(|(name, first)| {
                let path = pipe(&here, name);
                let ids = first..first + 3000;
                let text: String = ids.map(|id| event(&id.to_string(), 1)).collect();
                std::thread::spawn(move || fs::write(path, text).unwrap())
            })
            .into_iter()
            .collect();
        let output = here.scan(&["a", "b"]);
        let ids = set((0..6000).map(|id: u32| id.to_string()));
        assert_eq!((code(&output), alerts(&output)), (0, ids));
        for writer in writers {
            writer.join().unwrap();
        }
    }

    /// Runs a scan of `e.ndjson` and a pipe, and does something to the file after it was looked at
    /// and before it is read: the scan opens the pipe in between, and waits for it.
    fn changed_meanwhile(change: impl FnOnce(&Here)) -> Output {
        let here = Here::new(&[("e.ndjson", event("1", 30).as_bytes())]);
        let path = pipe(&here, "pipe");
        let arguments = ["scan", "--rules", "rules", "e.ndjson", "pipe"];
        let mut command = here.0.trapline(&arguments);
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let mut writer = OpenOptions::new().write(true).open(path).unwrap();
        change(&here);
        writer.write_all(event("p", 1).as_bytes()).unwrap();
        drop(writer);
        child.wait_with_output().unwrap()
    }

    #[test]
    fn a_file_that_vanishes_before_it_is_read_is_named() {
        let output = changed_meanwhile(|here| fs::remove_file(here.path("e.ndjson")).unwrap());
        let text = said(&output);
        assert!(
            text.contains("not read to its end: e.ndjson: `e.ndjson` does not exist"),
            "{text}"
        );
        assert_eq!((code(&output), alerts(&output)), (3, set(["p"])));
    }

    #[test]
    fn what_a_file_has_grown_by_is_read() {
        let output = changed_meanwhile(|here| {
            let mut file = OpenOptions::new()
                .append(true)
                .open(here.path("e.ndjson"))
                .unwrap();
            file.write_all(event("2", 31).as_bytes()).unwrap();
        });
        assert_eq!((code(&output), alerts(&output)), (0, set(["1", "2", "p"])));
    }

    #[test]
    fn a_file_that_has_shrunk_is_read_as_it_is_and_its_torn_line_named() {
        let output = changed_meanwhile(|here| {
            let file = OpenOptions::new()
                .write(true)
                .open(here.path("e.ndjson"))
                .unwrap();
            file.set_len(50).unwrap();
        });
        assert!(said(&output).contains("e.ndjson:1: not valid JSON"));
        assert_eq!((code(&output), alerts(&output)), (0, set(["p"])));
    }

    #[test]
    fn a_writer_that_is_slow_is_waited_for() {
        let here = Here::new(&[]);
        let path = pipe(&here, "pipe");
        let mut command = here.0.trapline(&["scan", "--rules", "rules", "pipe"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let child = child.unwrap();
        let mut writer = OpenOptions::new().write(true).open(path).unwrap();
        let text = event("1", 1);
        for piece in text.as_bytes().chunks(40) {
            writer.write_all(piece).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        drop(writer);
        let output = child.wait_with_output().unwrap();
        assert_eq!((code(&output), alerts(&output)), (0, set(["1"])));
    }
}
