//! Errors are types: a text as an error tells a program nothing.

use std::fs;

use crate::sources::{Source, root};

/// Texts that a function may not return as its error.
const TEXTS: [&str; 5] = ["String", "&str", "&'static str", "Box<str>", "Arc<str>"];

#[test]
fn no_error_is_a_text() {
    let mut found = Vec::new();
    for source in Source::all() {
        let code: Vec<&str> = source.code().into_iter().map(|(_, line)| line).collect();
        for text in textual_errors(&code.join("\n")) {
            found.push(format!("{}: {text}", source.name));
        }
    }
    assert!(
        found.is_empty(),
        "these errors are texts; give each a type whose fields say what is wrong, and write the \
         sentence in its Display, in `diagnostic` or in `report`:\n{}",
        found.join("\n")
    );
}

/// The results and associated types of a text of Rust whose error is a text.
fn textual_errors(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (start, name) in code.match_indices("Result<") {
        let arguments = arguments(code.get(start + name.len()..).unwrap_or(""));
        if let [_, .., error] = arguments.as_slice()
            && TEXTS.contains(&error.as_str())
        {
            found.push(format!("Result<{}>", arguments.join(", ")));
        }
    }
    for line in code.lines().map(str::trim) {
        let error = line
            .strip_prefix("type Err = ")
            .or_else(|| line.strip_prefix("type Error = "));
        let text = error.and_then(|error| error.strip_suffix(';'));
        if text.is_some_and(|text| TEXTS.contains(&text)) {
            found.push(line.to_owned());
        }
    }
    found
}

/// The generic arguments that a text begins with, up to the `>` that ends them.
pub(crate) fn arguments(text: &str) -> Vec<String> {
    let mut arguments = vec![String::new()];
    let mut depth = 0_usize;
    let mut before = ' ';
    for c in text.chars() {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' if before == '-' => {}
            '>' | ')' | ']' if depth == 0 => break,
            '>' | ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                arguments.push(String::new());
                before = c;
                continue;
            }
            _ => {}
        }
        before = c;
        if let Some(last) = arguments.last_mut() {
            last.push(c);
        }
    }
    let arguments = arguments.iter().map(|one| one.trim().to_owned());
    arguments.filter(|one| !one.is_empty()).collect()
}

#[test]
fn the_test_itself_finds_texts() {
    for code in [
        "fn a() -> Result<(), String> {",
        "fn a() -> Result<Vec<(u32, String)>, &'static str> {",
        "fn a() -> std::result::Result<\n    Map<A, B>,\n    String,\n> {",
        "type F = dyn FnMut(&str) -> Result<String, String>;",
        "run: impl Fn() -> Result<T, String>,",
        "    type Err = String;",
        "Vec<Result<Box<dyn Fn(A) -> B>, String>>",
    ] {
        assert_eq!(textual_errors(code).len(), 1, "{code}");
    }
    for code in [
        "fn a() -> Result<String, Error> {",
        "fn a() -> io::Result<String> {",
        "fn a(b: &str) -> Result<BTreeMap<String, String>, Box<Diagnostic>> {",
        "    type Err = BadFormat;",
    ] {
        assert_eq!(textual_errors(code), Vec::<String>::new(), "{code}");
    }
}

/// Programs read the words of reasons, so a page says what they mean.
#[test]
fn every_word_of_a_reason_is_documented() {
    let page = fs::read_to_string(root().join("docs/reference/formats.md")).unwrap();
    let source = Source::all().into_iter();
    let mut source = source.filter(|source| source.name == "replay/reason/mod.rs");
    let text = source.next().unwrap().text;
    let words: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Self::")?.split_once("=> \""))
        .filter_map(|(_, word)| word.strip_suffix("\","))
        .collect();
    assert!(words.len() > 25, "{words:?}");
    for word in words {
        assert!(
            page.contains(&format!("`{word}`")),
            "`{word}` is not documented"
        );
    }
}

/// The sentence of a verdict's reason has one place above the rooms that settle it.
#[test]
fn sentences_for_verdicts_are_written_in_reports() {
    let reason = Source::all().into_iter();
    let mut with_display = reason.filter(|source| {
        let code: Vec<&str> = source.code().into_iter().map(|(_, line)| line).collect();
        let code = code.join("\n");
        [
            "Reason",
            "Uncertainty",
            "BlindPhases",
            "Skipped",
            "TrialFailure",
            "AttackResult",
        ]
        .iter()
        .any(|name| code.contains(&format!("Display for {name} ")))
    });
    let found = with_display.next().map(|source| source.name);
    assert_eq!(
        found, None,
        "`report/reason.rs` writes the sentences of verdicts"
    );
}

/// What makes an error of a query; its last argument is the cause.
const CONSTRUCTORS: [&str; 5] = [
    "QueryError::new(",
    "EqlError::new(",
    "KqlError::new(",
    "not_supported(",
    "error::syntax(",
];

/// What is wrong with a query is a value; only `diagnostic` makes a sentence of it.
#[test]
fn sentences_for_errors_of_queries_are_written_in_diagnostic() {
    let mut found = Vec::new();
    for source in Source::all() {
        if source.room() == "diagnostic" {
            continue;
        }
        let code: Vec<&str> = source.code().into_iter().map(|(_, line)| line).collect();
        for sentence in sentences(&code.join("\n")) {
            found.push(format!("{}: {sentence}", source.name));
        }
    }
    assert!(
        found.is_empty(),
        "these errors are given a text; make each a cause with fields in `diagnostic/query/`:\n{}",
        found.join("\n")
    );
}

/// The errors of queries in a text of Rust that are made with a sentence: with `format!`, or with a
/// literal of more than one word that no field of a cause is given.
fn sentences(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let calls = CONSTRUCTORS.iter().flat_map(|name| {
        let ends = code.match_indices(name).map(|(at, name)| at + name.len());
        ends.collect::<Vec<_>>()
    });
    for at in calls {
        for argument in arguments(code.get(at..).unwrap_or("")) {
            let is_text = argument.starts_with('"');
            if argument.contains("format!") || is_text {
                found.push(argument);
            }
        }
    }
    // A cause that is made before the call.
    for (at, name) in code.match_indices("let cause = ") {
        let value = code.get(at + name.len()..).unwrap_or("");
        let value = value.split(";\n").next().unwrap_or("");
        if value.contains("format!") || value.starts_with('"') {
            found.push(value.to_owned());
        }
    }
    found
}

#[test]
fn the_test_itself_finds_sentences() {
    for code in [
        "QueryError::new(LIST, span, \"no list\")",
        "EqlError::new(\n    &codes::LIST,\n    span,\n    format!(\"no {list}\"),\n)",
        "self.fail(not_supported(span, Cause::Why { text: format!(\"{a}\") }))",
        "let cause = format!(\"no {list}\");\n",
    ] {
        assert_eq!(sentences(code).len(), 1, "{code}");
    }
    for code in [
        "QueryError::new(LIST, span, EqlSyntax::NoList)",
        "let cause = EqlType::KeyNotField {\n    expected: \"field\",\n};\n",
        "let message = format!(\"{a}\");\n",
    ] {
        assert_eq!(sentences(code), Vec::<String>::new(), "{code}");
    }
}

/// Files outside `diagnostic` and `report` whose `Display` has words of its own, each with the
/// reason.
const WORDS_OF_FORMATS: [(&str, &str); 7] = [
    (
        "language/dsl/phrases.rs",
        "the canonical text of a filter, a name of clauses",
    ),
    ("language/eql/format.rs", "the canonical text of a query"),
    ("language/kql/syntax.rs", "the canonical text of a query"),
    ("plan/text.rs", "the text of a plan, which goldens record"),
    (
        "plan/index_vec.rs",
        "an inconsistency of the program itself",
    ),
    (
        "replay/reason/mod.rs",
        "the text of a group, as a snapshot records it",
    ),
    (
        "rule/exception.rs",
        "the name by which `because` knows an exception",
    ),
];

/// What an error or a reason says is written in `diagnostic` and `report`; `cli` words its own
/// errors, `lint` its findings.
#[test]
fn no_other_room_writes_the_sentence_of_an_error_or_a_reason() {
    let mut found = Vec::new();
    for source in Source::all() {
        if ["diagnostic", "report", "cli", "lint"].contains(&source.room())
            || WORDS_OF_FORMATS
                .iter()
                .any(|(name, _)| *name == source.name)
        {
            continue;
        }
        let code: Vec<&str> = source.code().into_iter().map(|(_, line)| line).collect();
        for sentence in displayed_sentences(&code.join("\n")) {
            found.push(format!("{}: {sentence}", source.name));
        }
    }
    assert!(
        found.is_empty(),
        "these errors or reasons say something in English; make each a cause in `diagnostic/`, or \
         write its sentence in `report/`:\n{}",
        found.join("\n")
    );
}

#[test]
fn every_file_with_words_of_a_format_is_there() {
    let sources = Source::all();
    for (name, _) in WORDS_OF_FORMATS {
        let source = sources.iter().find(|source| source.name == name);
        let source = source.unwrap_or_else(|| panic!("{name} is not there"));
        let code: Vec<&str> = source.code().into_iter().map(|(_, line)| line).collect();
        let code = code.join("\n");
        assert!(
            !displayed_sentences(&code).is_empty(),
            "{name} needs no exception"
        );
    }
}

/// The literals of several words in `#[error(…)]` and in the bodies of `Display`.
fn displayed_sentences(code: &str) -> Vec<String> {
    let attributes = code.match_indices("#[error(").map(|(at, _)| (at, ")]"));
    let displays = code
        .match_indices("Display for ")
        .map(|(at, _)| (at, "\n}"));
    let mut found = Vec::new();
    for (at, end) in attributes.chain(displays) {
        let part = code.get(at..).unwrap_or("");
        let part = part.split(end).next().unwrap_or("");
        found.extend(literals(part).into_iter().filter(|text| has_words(text)));
    }
    found
}

/// The string literals of a text of Rust.
pub(crate) fn literals(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside: Option<String> = None;
    let mut characters = code.chars();
    while let Some(c) = characters.next() {
        match (&mut inside, c) {
            (None, '\'') => {
                // A character, such as `'"'`; a lifetime has no second quote and nothing to skip.
                let mut ahead = characters.clone();
                if ahead.next() == Some('"') && ahead.next() == Some('\'') {
                    characters = ahead;
                }
            }
            (Some(text), '\\') => text.extend(characters.next()),
            (Some(_), '"') => found.extend(inside.take()),
            (Some(text), c) => text.push(c),
            (None, '"') => inside = Some(String::new()),
            (None, _) => {}
        }
    }
    found
}

/// Whether a text has a word and, behind a blank, another word or value.
pub(crate) fn has_words(text: &str) -> bool {
    let is_word = |part: &str| {
        part.len() > 1
            && part
                .chars()
                .all(|c| c.is_alphabetic() || "`,:.'-{}".contains(c))
    };
    let parts: Vec<&str> = text.split(' ').collect();
    let words = parts.iter().filter(|part| is_word(part)).count();
    let named = |part: &&str| part.len() > 1 && part.chars().all(char::is_alphabetic);
    words > 1 && parts.iter().any(named)
}

#[test]
fn the_test_itself_finds_displayed_sentences() {
    for code in [
        "#[error(\"no list `{0}`\")]\nNoList(String),",
        "#[error(\n    \"it has {count} values\"\n)]",
        "impl fmt::Display for A {\n    fn fmt() {\n        write!(f, \"no list {name}\")\n    }\n}",
        "impl<T> Display for A<T> {\n    f.write_str(\"the end\")\n}\n",
    ] {
        assert_eq!(displayed_sentences(code).len(), 1, "{code}");
    }
    for code in [
        "#[error(\"{0}\")]",
        "#[error(transparent)]",
        "impl Display for A {\n    write!(f, \"{name}: {why}\")\n}\nfn a() { \"no list\" }",
        "impl Display for A {\n    f.write_char('\"');\n}\nfn b() { \"no list\" }",
        "fn a() -> String { format!(\"no list {name}\") }",
    ] {
        assert_eq!(displayed_sentences(code), Vec::<String>::new(), "{code}");
    }
}

/// A cause holds what a sentence is made of, and not the sentence; its fields stand beside the
/// other keys of a finding in JSON and SARIF.
#[test]
fn no_field_of_a_cause_is_its_sentence_or_another_key() {
    const TAKEN: [&str; 8] = [
        "message", "sentence", "label", "help", "code", "cause", "reason", "lint",
    ];
    let mut families = 0;
    for source in Source::all() {
        if source.room() != "diagnostic" || !source.text.contains("causes! {") {
            continue;
        }
        families += 1;
        let code: Vec<&str> = source.code().into_iter().map(|(_, line)| line).collect();
        let code = code.join("\n");
        for key in TAKEN {
            assert!(
                !code.contains(&format!(" {key}: ")),
                "{}: a field of the name `{key}`",
                source.name
            );
        }
        for text in ["From<String>", "From<&str>", "From<&'static str>"] {
            assert!(!code.contains(text), "{}: {text}", source.name);
        }
    }
    assert!(families > 8, "{families}");
}
