//! Who may import whom: a room imports from lower numbers only, never from a sibling.

use crate::sources::Source;

/// The rooms in the order of the layers. A room that is not here may not exist.
pub(crate) const LAYERS: &[(&str, u8)] = &[
    ("diagnostic", 0),
    ("event", 1),
    ("json_rpc", 1),
    ("located", 1),
    ("plan", 2),
    ("language", 3),
    ("evaluate", 4),
    ("engine", 5),
    ("rule", 6),
    ("data_source", 6),
    ("import", 6),
    ("redact", 6),
    ("execution", 7),
    ("compile", 8),
    ("scenario", 8),
    ("scan", 9),
    ("search", 9),
    ("replay", 9),
    ("cluster", 10),
    ("explain", 10),
    ("coverage", 10),
    ("mutation", 10),
    ("snapshot", 10),
    ("lint", 10),
    ("rule_diff", 11),
    ("synthesize", 11),
    ("reduce", 11),
    ("project", 12),
    ("report", 13),
    ("language_server", 14),
    ("cli", 15),
];

/// `(room, path that it may not import, the invariant)`: narrower than the numbers.
const NARROWER: &[(&str, &str, &str)] = &[
    (
        "evaluate",
        "language",
        "the evaluator never sees a language",
    ),
    ("engine", "language", "the engine never sees a language"),
    (
        "scenario",
        "evaluate",
        "a test does not depend on what it tests",
    ),
    (
        "scenario",
        "engine",
        "a test does not depend on what it tests",
    ),
    (
        "scenario",
        "rule",
        "a test does not depend on what it tests",
    ),
    ("report", "evaluate", "a reporter never decides a verdict"),
    ("report", "engine", "a reporter never decides a verdict"),
];

/// Who may import the engine; everybody else asks the reference evaluator.
const ENGINE_USERS: &[&str] = &["engine", "scan", "mutation", "rule_diff", "cli"];
/// What the engine may take from the evaluator, so that the differential law compares two things.
const SHARED: &[&str] = &["pattern", "function", "document", "failure"];

#[test]
fn a_room_imports_from_lower_layers_only() {
    let mut broken = Vec::new();
    for source in Source::all() {
        let room = source.room();
        if room.is_empty() {
            continue;
        }
        let Some(layer) = layer(room) else {
            broken.push(format!("src/{}: `{room}` is in no layer", source.name));
            continue;
        };
        for (line, path) in imports(&source) {
            if let Some(why) = forbidden(room, layer, &path) {
                broken.push(format!(
                    "src/{}:{line}: crate::{}: {why}",
                    source.name,
                    path.join("::")
                ));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

fn layer(room: &str) -> Option<u8> {
    let found = LAYERS.iter().find(|(name, _)| *name == room);
    found.map(|(_, layer)| *layer)
}

/// Why this import is not allowed.
fn forbidden(room: &str, layer_of_room: u8, path: &[String]) -> Option<String> {
    let target = path.first()?.as_str();
    // The list of every room's codes stands at the root; only the top room may ask for it.
    if target == room || (target == "codes" && room == "cli") {
        return None;
    }
    let Some(layer_of_target) = layer(target) else {
        return Some(format!("`{target}` is in no layer"));
    };
    if layer_of_target >= layer_of_room {
        return Some(format!(
            "{room} ({layer_of_room}) may not import {target} ({layer_of_target})"
        ));
    }
    let narrower = NARROWER
        .iter()
        .find(|(from, to, _)| *from == room && *to == target);
    if let Some((_, _, why)) = narrower {
        return Some((*why).to_owned());
    }
    if target == "engine" && !ENGINE_USERS.contains(&room) {
        return Some("ask the reference evaluator".to_owned());
    }
    let part = path.get(1).map(String::as_str);
    if room == "engine" && target == "evaluate" && !part.is_some_and(|part| SHARED.contains(&part))
    {
        return Some(
            "the engine takes from evaluate only pattern, function, document and failure"
                .to_owned(),
        );
    }
    None
}

/// The first two names behind each `crate::`, with their lines; groups in braces are opened.
fn imports(source: &Source) -> Vec<(usize, Vec<String>)> {
    let mut imports = Vec::new();
    let code = source.code();
    let text: Vec<&str> = code.iter().map(|(_, line)| *line).collect();
    let text = text.join("\n");
    for (at, _) in text.match_indices("crate::") {
        if text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_') {
            continue;
        }
        let line = code[text[..at].matches('\n').count()].0;
        let rest = &text[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => imports.push((line, names(rest))),
            Some(group) => {
                for item in items(group) {
                    imports.push((line, names(item)));
                }
            }
        }
    }
    imports
}

/// The items of a group, up to its closing brace; groups within it stay whole.
fn items(group: &str) -> Vec<&str> {
    let (mut items, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                items.push(group[start..at].trim());
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(group[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    items.retain(|item| !item.is_empty());
    items
}

fn names(path: &str) -> Vec<String> {
    let end =
        path.find(|character: char| !(character.is_alphanumeric() || "_:".contains(character)));
    let path = &path[..end.unwrap_or(path.len())];
    let names = path.split("::").filter(|name| !name.is_empty());
    names.take(2).map(str::to_owned).collect()
}

#[test]
fn the_test_itself_reads_imports() {
    let source = Source {
        name: "snapshot/a.rs".to_owned(),
        text: "//! crate::no\nuse crate::{\n    replay::{a, b},\n    language,\n};\nfn f() { crate::cli::run() }\n#[cfg(test)]\nmod tests {\n    use crate::report;\n}\n".to_owned(),
    };
    let paths: Vec<String> = imports(&source)
        .into_iter()
        .map(|(line, path)| format!("{line} {}", path.join("::")))
        .collect();
    assert_eq!(paths, ["2 replay", "2 language", "6 cli::run"]);
    assert!(forbidden("snapshot", 10, &["cli".to_owned()]).is_some());
    assert!(forbidden("snapshot", 10, &["lint".to_owned()]).is_some());
    assert!(forbidden("snapshot", 10, &["replay".to_owned()]).is_none());
    assert!(forbidden("engine", 5, &["evaluate".to_owned(), "sequence".to_owned()]).is_some());
    assert!(forbidden("engine", 5, &["evaluate".to_owned(), "pattern".to_owned()]).is_none());
}

/// The functions of a language that only `compile` calls: every other room gets its plan there.
const FRONT_DOOR: &[&str] = &["parse", "check", "lower", "lower_wordless"];

#[test]
fn only_compile_parses_checks_and_lowers() {
    let mut broken = Vec::new();
    for source in Source::all() {
        if matches!(source.room(), "language" | "compile") {
            continue;
        }
        let code = source.code();
        let imported: Vec<&str> = code
            .iter()
            .filter(|(_, line)| line.contains("language::") && line.starts_with("use "))
            .map(|(_, line)| *line)
            .collect();
        let is_imported = |name: &str| {
            imported.iter().any(|line| {
                line.split(|c: char| !(c.is_alphanumeric() || c == '_'))
                    .any(|word| word == name)
            })
        };
        for (line, code) in &code {
            for name in FRONT_DOOR {
                let through_path = LANGUAGES
                    .iter()
                    .any(|language| code.contains(&format!("{language}::{name}(")));
                let by_name = is_imported(name) && code.contains(&format!(" {name}("));
                if through_path || by_name {
                    broken.push(format!(
                        "src/{}:{line}: `{name}` of a language: ask `compile`",
                        source.name
                    ));
                }
            }
        }
    }
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

/// Who reports on checks that were observed. A recording is no check: what explains one runs it.
const REPORTERS: &[&str] = &["explain", "coverage", "report", "snapshot"];

/// The evaluation that was judged is kept (`replay/trace/mod.rs::evaluation`), and all reports ask it.
#[test]
fn no_report_evaluates_a_check_again() {
    let mut broken = Vec::new();
    for source in Source::all() {
        if !REPORTERS.contains(&source.room()) || source.name.starts_with("explain/recording/") {
            continue;
        }
        for (line, code) in source.code() {
            let runs = ["Prepared", "evaluate(", "Patterns", ".selects("];
            if let Some(name) = runs.iter().find(|name| code.contains(**name)) {
                broken.push(format!(
                    "src/{}:{line}: `{name}`: ask the evaluation that was judged",
                    source.name
                ));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

/// The folders of `language/`.
const LANGUAGES: &[&str] = &["eql", "kql", "lucene", "esql", "dsl"];
