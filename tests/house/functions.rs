//! A function fits on one screen, so that a reader sees all of it.

use crate::sources::Source;

/// More lines than this, from its name to its closing brace, are split by idea.
const MOST_LINES: usize = 70;

/// `(file, function, the reason)`: what is one table in one `match`, which a split would hide.
const TABLES: &[(&str, &str, &str)] = &[
    (
        "evaluate/pipeline/functions/mod.rs",
        "single",
        "a line a function of ES|QL",
    ),
    (
        "language/dsl/lower/field.rs",
        "exact",
        "an arm a test of Query DSL",
    ),
    (
        "language/dsl/lower/text.rs",
        "test",
        "an arm a test of Query DSL",
    ),
    ("plan/for_type.rs", "for_type", "an arm a predicate"),
    ("synthesize/script.rs", "call", "an arm a function of EQL"),
];

#[test]
fn a_function_fits_on_one_screen() {
    let mut long: Vec<(String, String, usize)> = Vec::new();
    for source in Source::all() {
        for (name, lines) in functions(&source) {
            if lines > MOST_LINES {
                long.push((source.name.clone(), name, lines));
            }
        }
    }
    let is_table = |file: &str, name: &str| {
        let mut tables = TABLES.iter();
        tables.any(|(own, function, _)| (*own, *function) == (file, name))
    };
    let found: Vec<String> = long
        .iter()
        .filter(|(file, name, _)| !is_table(file, name))
        .map(|(file, name, lines)| format!("src/{file}: `{name}` has {lines} lines"))
        .collect();
    assert!(
        found.is_empty(),
        "more than {MOST_LINES} lines; split by idea:\n{}",
        found.join("\n")
    );
    for (file, function, _) in TABLES {
        let mut long = long.iter();
        assert!(
            long.any(|(own, name, _)| own == file && name == function),
            "src/{file}: `{function}` is short now: take it out of the list"
        );
    }
}

/// The functions of a file with a body, by name, each with its number of lines.
fn functions(source: &Source) -> Vec<(String, usize)> {
    let code = source.code();
    let mut functions = Vec::new();
    for (at, (first, line)) in code.iter().enumerate() {
        let Some(name) = name_of_function(line) else {
            continue;
        };
        let indent = &line[..line.len() - line.trim_start().len()];
        let end = format!("{indent}}}");
        let without_body = |line: &str| line.ends_with(';') && line.starts_with(indent);
        let below = code[at..].iter().take_while(|(_, line)| {
            // The declaration of a function without a body ends at the same indent.
            !without_body(line) || line[indent.len()..].starts_with(' ')
        });
        let close = below.into_iter().find(|(_, line)| *line == end);
        if let Some((last, _)) = close {
            functions.push((name.to_owned(), last - first + 1));
        }
    }
    functions
}

/// The name behind `fn`, before which only the words of a declaration stand.
fn name_of_function(line: &str) -> Option<&str> {
    let (before, rest) = line.split_once("fn ")?;
    let mut words = before.split_whitespace();
    let is_declaration = words.all(|word| {
        word.starts_with("pub") || ["const", "unsafe", "in"].contains(&word) || word.ends_with(')')
    });
    let name = rest
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .next();
    name.filter(|name| is_declaration && !name.is_empty())
}

#[test]
fn the_test_itself_counts_lines() {
    let source = Source {
        name: "a.rs".to_owned(),
        text: "pub(in crate::a) fn one(\n    b: u8,\n) {\n    b;\n}\n\ntrait C {\n    fn two(&self);\n\n    fn three(&self) {\n    }\n}\nconst fn four() {}\n"
            .to_owned(),
    };
    let found = functions(&source);
    assert_eq!(found, [("one".to_owned(), 5), ("three".to_owned(), 2)]);
}
