//! The public face of the library: what `lib.rs` re-exports and nothing else, and each of it in an
//! example that runs.

use std::collections::BTreeSet;

use crate::sources::{Source, root};

/// The names that users of the library can use. Whoever adds one adds an example of it.
const PUBLIC: &[&str] = &[
    "Accept",
    "Alert",
    "Catalogue",
    "Check",
    "CheckKey",
    "Code",
    "Conclusion",
    "Diagnostic",
    "ExitCode",
    "FilesBeside",
    "Gates",
    "InvalidProfile",
    "Layout",
    "Loaded",
    "MatchError",
    "MatchedEvent",
    "MemoryFiles",
    "Observed",
    "Outcome",
    "Project",
    "ProjectFiles",
    "ReadSeek",
    "Receiver",
    "RequireTested",
    "RuleMatcher",
    "RunEvent",
    "RunRequest",
    "ScenarioOutcome",
    "Selection",
    "Severity",
    "SnapshotPolicy",
    "SourceText",
    "Stop",
    "Target",
    "TestRun",
    "Verdict",
    "codes",
    "run_command_line",
];

/// The room `lib.rs` without the two lists of rooms, which it gives with and without `internals`.
fn face() -> String {
    let sources = Source::all();
    let lib = sources.iter().find(|one| one.name == "lib.rs").unwrap();
    let code: Vec<&str> = lib.code().into_iter().map(|(_, line)| line).collect();
    let code = code.join("\n");
    let (before, rest) = code.split_once("cfg_if::cfg_if! {").unwrap();
    let (rooms, after) = rest.split_once("\n}\n").unwrap();
    let (open, closed) = rooms.split_once("} else {").unwrap();
    assert!(open.contains("#[cfg(feature = \"internals\")]"), "{open}");
    assert!(!closed.contains("pub"), "a room that is public: {closed}");
    format!("{before}{after}")
}

#[test]
fn the_public_names_are_those_of_the_list() {
    let face = face();
    let mut found = BTreeSet::new();
    for (at, _) in face.match_indices("\npub ") {
        let item = &face[at + 5..];
        if let Some(used) = item.strip_prefix("use ") {
            let (path, _) = used.split_once(';').unwrap();
            let names = path.split_once('{').map_or_else(
                || path.rsplit("::").next().unwrap(),
                |(_, group)| group.trim_end().trim_end_matches('}'),
            );
            for name in names.split(',').map(str::trim).filter(|it| !it.is_empty()) {
                let name = name.rsplit(" as ").next().unwrap();
                let name = name.rsplit("::").next().unwrap();
                found.insert(name.to_owned());
            }
        } else {
            let name = item.split_whitespace().nth(1).unwrap();
            let end = name.find(|c: char| !(c.is_alphanumeric() || c == '_'));
            found.insert(name[..end.unwrap_or(name.len())].to_owned());
        }
    }
    let expected: BTreeSet<String> = PUBLIC.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(found, expected);
}

#[test]
fn every_public_name_stands_in_an_example_that_runs() {
    let mut examples = String::new();
    for source in Source::all() {
        let mut in_example = false;
        for line in source.text.lines() {
            let line = line.trim_start();
            let Some(line) = ["//! ", "/// ", "//!", "///"]
                .iter()
                .find_map(|comment| line.strip_prefix(comment))
            else {
                in_example = false;
                continue;
            };
            if line.starts_with("```") {
                // Only a bare fence is compiled and run.
                in_example = !in_example && line.trim() == "```";
            } else if in_example {
                examples.push_str(line);
                examples.push('\n');
            }
        }
    }
    let words: BTreeSet<&str> = examples
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .collect();
    let missing: Vec<&&str> = PUBLIC
        .iter()
        .filter(|name| !words.contains(**name))
        .collect();
    assert!(missing.is_empty(), "no example shows {missing:?}");
}

/// Public types that name all of their fields or variants for good.
const COMPLETE: &[&str] = &[
    // Users write them: the three parts of a KEY, and a code of their own.
    "CheckKey", "Code", // There is nothing between an error and a warning.
    "Severity",
];

/// The room of each public name, by the paths of `lib.rs`.
fn rooms(face: &str) -> Vec<(String, String)> {
    let mut rooms = Vec::new();
    for used in face.split("pub use crate::").skip(1) {
        let (path, _) = used.split_once(';').unwrap();
        let (room, names) = path.split_once("::").unwrap();
        let names = names.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        rooms.extend(names.map(|name| (room.to_owned(), name.to_owned())));
    }
    rooms
}

#[test]
fn a_public_type_can_grow_without_breaking_its_users() {
    let sources = Source::all();
    let mut found = Vec::new();
    for (room, name) in rooms(&face()) {
        if COMPLETE.contains(&name.as_str()) {
            continue;
        }
        let heads = ["struct", "enum"]
            .map(|kind| [" {", "<"].map(|end| format!("pub {kind} {name}{end}")))
            .concat();
        for source in sources.iter().filter(|source| source.room() == room) {
            for head in &heads {
                let Some(at) = source.text.find(head.as_str()) else {
                    continue;
                };
                let body = &source.text[at..];
                let mut fields = body.lines().skip(1).take_while(|line| *line != "}");
                // A private field closes a struct as well.
                let is_hidden = |line: &str| {
                    line.starts_with("    ")
                        && line[4..].starts_with(|c: char| c.is_lowercase())
                        && !line.starts_with("    pub ")
                };
                let is_closed = head.contains("struct") && fields.any(is_hidden);
                let before = source.text[..at].trim_end();
                let attributes = &before[before.rfind("\n\n").unwrap_or(0)..];
                if !is_closed && !attributes.contains("#[non_exhaustive]") {
                    found.push(format!("{}: {name}", source.name));
                }
            }
        }
    }
    assert!(found.is_empty(), "mark as #[non_exhaustive]: {found:?}");
}

#[test]
fn the_tests_alone_open_the_rooms() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let features = manifest["features"].as_table().unwrap();
    let others = features.iter().filter(|(name, _)| *name != "internals");
    for (name, enables) in others {
        let enables = enables.as_array().unwrap();
        assert!(
            enables.iter().all(|one| one.as_str() != Some("internals")),
            "`{name}` opens the rooms"
        );
    }
}
