//! The public face of the library: what `lib.rs` re-exports and nothing else, and each of it in an
//! example that runs.

use std::collections::BTreeSet;

use crate::sources::{Source, root};

/// The names that users of the library can use. Whoever adds one adds an example of it.
const PUBLIC: &[&str] = &[
    "Alert",
    "Catalogue",
    "Check",
    "CheckKey",
    "Code",
    "Conclusion",
    "Diagnostic",
    "EventRecord",
    "ExitCode",
    "Files",
    "InvalidProfile",
    "Layout",
    "Loaded",
    "MatchError",
    "Memory",
    "Observed",
    "Outcome",
    "Project",
    "ProjectFiles",
    "ReadSeek",
    "Receiver",
    "Request",
    "RuleMatcher",
    "RunEvent",
    "ScenarioOutcome",
    "Severity",
    "SourceText",
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
