//! Files of one room import each other in one direction.

use std::collections::{BTreeMap, BTreeSet};

use crate::sources::Source;

#[test]
fn no_files_import_each_other_in_a_circle() {
    let found = circles(&imports());
    assert!(found.is_empty(), "circles of files: {found:#?}");
}

/// For each file the files of its room that it names. A `mod.rs` stands for its whole folder and
/// is left out.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let sources = Source::all();
    let names: BTreeSet<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    let mut graph = BTreeMap::new();
    for source in &sources {
        if source.room().is_empty() || source.name.ends_with("mod.rs") {
            continue;
        }
        let module = module_of(&source.name);
        let mut targets = BTreeSet::new();
        let code = source.code();
        let text: Vec<&str> = code.iter().map(|(_, line)| *line).collect();
        for path in paths(&text.join("\n")) {
            let absolute = absolute(&module, &path);
            // The longest beginning that is a file.
            let file = (1..=absolute.len()).rev().find_map(|length| {
                let name = format!("{}.rs", absolute[..length].join("/"));
                names.contains(name.as_str()).then_some(name)
            });
            targets.extend(file.filter(|file| {
                *file != source.name && file.split('/').next() == Some(source.room())
            }));
        }
        graph.insert(source.name.clone(), targets);
    }
    graph
}

fn module_of(name: &str) -> Vec<String> {
    let name = name.strip_suffix(".rs").unwrap();
    name.split('/').map(str::to_owned).collect()
}

/// The path from the root of the crate.
fn absolute(module: &[String], path: &[String]) -> Vec<String> {
    let supers = path.iter().take_while(|part| *part == "super").count();
    let base = match path.first().map(String::as_str) {
        Some("crate") => return path[1..].to_vec(),
        Some("self") => return [module, &path[1..]].concat(),
        _ => &module[..module.len().saturating_sub(supers)],
    };
    [base, &path[supers..]].concat()
}

/// All paths that begin with `super::`, `self::` or `crate::`, groups in braces opened.
fn paths(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for start in ["super::", "self::", "crate::"] {
        for (at, _) in text.match_indices(start) {
            let before = text[..at].chars().next_back();
            if !before.is_some_and(|c| c.is_alphanumeric() || "_:".contains(c)) {
                open(&text[at..], &[], &mut found);
            }
        }
    }
    found
}

/// Reads one path; in a group it reads all of them.
fn open<'t>(text: &'t str, begun: &[String], found: &mut Vec<Vec<String>>) -> &'t str {
    let mut path = begun.to_vec();
    let mut rest = text.trim_start();
    loop {
        if let Some(group) = rest.strip_prefix('{') {
            let mut inner = group;
            loop {
                inner = open(inner, &path, found).trim_start();
                match inner.strip_prefix(',') {
                    Some(next) if !next.trim_start().starts_with('}') => inner = next,
                    _ => break,
                }
            }
            let inner = inner.trim_start_matches(',').trim_start();
            return inner.strip_prefix('}').unwrap_or(inner);
        }
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
        let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
        if !name.is_empty() {
            path.push(name.to_owned());
        }
        match after.strip_prefix("::") {
            Some(next) => rest = next,
            None => {
                found.push(path);
                return after;
            }
        }
    }
}

/// The sets of files each of which reaches every other one.
fn circles(graph: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<Vec<String>> {
    let reach: BTreeMap<&String, BTreeSet<&String>> = graph
        .keys()
        .map(|file| (file, reached(graph, file)))
        .collect();
    let together = |file: &String| -> Vec<String> {
        let others = reach[file].iter();
        let back = others.filter(|other| reach.get(**other).is_some_and(|far| far.contains(file)));
        back.map(|other| (*other).clone()).collect()
    };
    let circles = graph.keys().map(together);
    circles.filter(|circle| circle.len() > 1).collect()
}

fn reached<'g>(
    graph: &'g BTreeMap<String, BTreeSet<String>>,
    file: &String,
) -> BTreeSet<&'g String> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&String> = graph.get(file).into_iter().flatten().collect();
    while let Some(next) = open.pop() {
        if reached.insert(next) {
            open.extend(graph.get(next).into_iter().flatten());
        }
    }
    reached
}

#[test]
fn the_test_itself_finds_a_circle() {
    let edge = |from: &str, to: &[&str]| {
        let to = to.iter().map(|to| (*to).to_owned()).collect();
        (from.to_owned(), to)
    };
    let graph = BTreeMap::from([edge("a", &["b"]), edge("b", &["c"]), edge("c", &["b"])]);
    let found: Vec<Vec<String>> = circles(&graph).into_iter().collect();
    assert_eq!(found, [["b", "c"]]);
    let paths = paths("use super::{a::{b, c}, d};\nuse crate::e::f;");
    let paths: Vec<String> = paths.iter().map(|path| path.join("::")).collect();
    assert_eq!(
        paths,
        ["super::a::b", "super::a::c", "super::d", "crate::e::f"]
    );
}
