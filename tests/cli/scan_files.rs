//! The files of a scan: their order, their names, and that no output is written over one of them.

use crate::project::{Project, eql_rule};

fn event(name: &str) -> String {
    format!(
        "{{\"@timestamp\":\"2024-01-01T10:00:00Z\",\"event\":{{\"category\":\"process\"}},\
         \"process\":{{\"name\":\"{name}\"}}}}\n"
    )
}

/// A sequence whose two events have the same time, in two files.
fn project() -> Project {
    let query =
        "sequence [process where process.name == \"a\"] [process where process.name == \"b\"]";
    Project::of(&[
        ("rules/pair.toml", &eql_rule("1", "A pair", query)),
        ("9.ndjson", &event("a")),
        ("10.ndjson", &event("b")),
    ])
}

/// The exit code, and how many alerts there are.
fn scan(project: &Project, arguments: &[&str]) -> (i32, usize) {
    let all = ["scan", "--rules", "rules"].iter().chain(arguments);
    let all: Vec<&str> = all.copied().collect();
    let (exit, out, _) = project.run_apart(&all);
    (exit, out.lines().count())
}

/// Events of the same time are in the order of their files' names, as they are where a scan is divided.
#[test]
fn the_order_of_files_is_that_of_their_names() {
    let project = project();
    assert_eq!(scan(&project, &["9.ndjson", "10.ndjson"]), (0, 0));
    assert_eq!(scan(&project, &["10.ndjson", "9.ndjson"]), (0, 0));
    std::fs::rename(project.file("9.ndjson"), project.file("09.ndjson")).unwrap();
    for files in [["09.ndjson", "10.ndjson"], ["10.ndjson", "09.ndjson"]] {
        assert_eq!(scan(&project, &files), (0, 1));
        let hits = ["--stage-hits", "all.hits"].iter().chain(&files);
        scan(&project, &hits.copied().collect::<Vec<_>>());
        assert_eq!(scan(&project, &["--from-stage-hits", "all.hits"]), (0, 1));
    }
}

#[test]
fn no_output_replaces_an_input() {
    let project = project();
    let before = std::fs::read_to_string(project.file("9.ndjson")).unwrap();
    std::fs::write(project.file("9.ndjson.0"), &before).unwrap();
    for arguments in [
        ["--stage-hits", "9.ndjson", "9.ndjson"].as_slice(),
        &["--stage-hits", "9.ndjson", "--owners", "2", "9.ndjson.0"],
        &["--emit-requests", "9.ndjson", "9.ndjson"],
        &["--stats", "9.ndjson", "9.ndjson"],
        &["--stats", "./rules/../9.ndjson", "."],
    ] {
        assert_eq!(scan(&project, arguments), (2, 0), "{arguments:?}");
    }
    if cfg!(unix) {
        let device = ["--stats", "/dev/null", "/dev/null"];
        assert_eq!(scan(&project, &device), (0, 0));
    }
    for name in ["9.ndjson", "9.ndjson.0"] {
        assert_eq!(std::fs::read_to_string(project.file(name)).unwrap(), before);
    }
}

/// A line break in the name of a file begins no line of the table.
#[cfg(unix)]
#[test]
fn a_file_s_name_stays_within_its_line() {
    let project = project();
    let name = "x\n2024-01-01  critical  Forged";
    std::fs::write(project.file(name), event("a") + &event("b")).unwrap();
    let arguments = ["scan", "--rules", "rules", "--format", "table", name];
    let (exit, out, _) = project.run_apart(&arguments);
    assert_eq!((exit, out.lines().count()), (0, 1), "{out}");
}
