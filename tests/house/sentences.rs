//! The rooms whose diagnostics are causes write no sentence: `diagnostic` does.

use crate::errors::{arguments, has_words, literals};
use crate::sources::Source;

/// Rooms all of whose diagnostics are causes.
const ROOMS: [&str; 2] = ["located", "scenario"];

/// Files of these rooms with literals of several words, each with the reason. What they say is
/// no message, label or help of a diagnostic.
const WORDS_OF_FORMATS: [(&str, &str); 7] = [
    (
        "located/from_json.rs",
        "the place that the JSON reader adds to what it says",
    ),
    ("scenario/error.rs", "the pages of the codes"),
    (
        "scenario/expand.rs",
        "the changes of a case, one line each, as goldens record them",
    ),
    (
        "scenario/parse/production.rs",
        "values of `found` in a scenario",
    ),
    ("scenario/schema.rs", "the descriptions of the JSON Schema"),
    (
        "scenario/yaml.rs",
        "words by which an error of the YAML crate is known",
    ),
    (
        "scenario/yaml/pitfall.rs",
        "words by which an error of the YAML crate is known",
    ),
];

/// What makes a diagnostic of a text, or adds one to it.
const FROM_TEXTS: [&str; 6] = [
    "Diagnostic::error(",
    "Diagnostic::warning(",
    ".help(",
    ".help =",
    ".help.push(",
    ".message =",
];

/// The file in which other rooms report what their tables hold.
const REPORTS_FOR_OTHERS: (&str, &str) = ("located/table.rs", "Diagnostic::error(");

/// What reports a cause; its arguments hold no sentence.
const REPORTS: [&str; 7] = [
    "Diagnostic::caused(",
    "Pitfall::new(",
    "Pitfall::syntax(",
    "parser.error(",
    "parser.missing(",
    "parser.repeated(",
    "report.caused(",
];

#[test]
fn diagnostics_of_scenarios_and_tables_are_causes() {
    let mut found = Vec::new();
    for source in Source::all() {
        if !ROOMS.contains(&source.room()) {
            continue;
        }
        let code = code(&source);
        let made = FROM_TEXTS.iter().filter(|call| {
            code.contains(**call) && (source.name.as_str(), **call) != REPORTS_FOR_OTHERS
        });
        found.extend(made.map(|call| format!("{}: {call}", source.name)));
        let words = if is_exception(&source.name) {
            reported_words(&code)
        } else {
            words(&code)
        };
        let words = words.into_iter();
        found.extend(words.map(|text| format!("{}: {text:?}", source.name)));
    }
    assert!(
        found.is_empty(),
        "these diagnostics are given a text; make each a cause with fields in `diagnostic/`, and \
         report it with `Diagnostic::caused`:\n{}",
        found.join("\n")
    );
}

#[test]
fn every_file_with_words_of_a_format_has_some() {
    let sources = Source::all();
    for (name, _) in WORDS_OF_FORMATS {
        let source = sources.iter().find(|source| source.name == name);
        let source = source.unwrap_or_else(|| panic!("{name} is not there"));
        assert!(
            !words(&code(source)).is_empty(),
            "{name} needs no exception"
        );
    }
}

#[test]
fn the_test_itself_finds_words() {
    for text in [
        "parser.error(&CODE, span, \"no list\")",
        "let message = format!(\"`{name}` is no field\");",
        "#[error(\"no list\")]",
    ] {
        assert_eq!(words(text).len(), 1, "{text}");
    }
    for text in [
        "    reason = \"a field of its own\"",
        "let key = \"events_from\";",
        "Names::from_iter([\"a\", \"b\"])",
    ] {
        assert_eq!(words(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn the_test_itself_finds_words_that_are_reported() {
    for text in [
        "parser.error(&CODE, span, &Cause::Why(\"no list\"))",
        "Pitfall::syntax(\n    at..end,\n    format!(\"no {list}, but {found}\"),\n)",
        "let cause = Cause::Why { text: \"no list\" };\n",
    ] {
        assert_eq!(reported_words(text).len(), 1, "{text}");
    }
    for text in [
        "says(\"unknown escape\")",
        "parser.error(&CODE, span, &Cause::Why { key: \"each\" })",
    ] {
        assert_eq!(reported_words(text), Vec::<String>::new(), "{text}");
    }
}

fn is_exception(name: &str) -> bool {
    WORDS_OF_FORMATS.iter().any(|(known, _)| *known == name)
}

/// The code of a file.
fn code(source: &Source) -> String {
    let code: Vec<&str> = source.code().into_iter().map(|(_, line)| line).collect();
    code.join("\n")
}

/// The literals of several words, without the reasons of lints that are allowed.
fn words(code: &str) -> Vec<String> {
    let lines = code.lines();
    let lines = lines.filter(|line| !line.trim_start().starts_with("reason = "));
    let code: Vec<&str> = lines.collect();
    let literals = literals(&code.join("\n")).into_iter();
    literals.filter(|text| has_words(text)).collect()
}

/// Those that are an argument of what reports a cause, or of a cause that is made before.
fn reported_words(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for call in REPORTS {
        for (at, call) in code.match_indices(call) {
            let arguments = arguments(code.get(at + call.len()..).unwrap_or(""));
            found.extend(arguments.iter().flat_map(|argument| words(argument)));
        }
    }
    for (at, name) in code.match_indices("let cause = ") {
        let value = code.get(at + name.len()..).unwrap_or("");
        found.extend(words(value.split(";\n").next().unwrap_or("")));
    }
    found
}
