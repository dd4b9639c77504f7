//! Rule files: `rule/` holds files that are wrong in one way or another (and a few that are not),
//! the golden is what their author sees. The published rules, where they are present, must load
//! without a word, and each byte of their queries must have its place in the file.

use std::path::{Path, PathBuf};

use trapline::diagnostic::{QueryText, SourceText, Span, render::render};
use trapline::rule::{Loaded, load};

#[test]
fn every_rule_file_says_what_is_wrong_with_it() {
    insta::glob!("rule/*.toml", |path| {
        let loaded = read(path);
        let verdict = if loaded.rule.is_some() {
            "loaded"
        } else {
            "refused"
        };
        let diagnostics = loaded.diagnostics.iter();
        let shown: Vec<String> = diagnostics.map(|error| render(error, false)).collect();
        crate::golden(path, &format!("{verdict}\n\n{}", shown.join("\n")));
    });
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn every_published_rule_loads_without_a_word() {
    for path in published() {
        let loaded = read(&path);
        let messages: Vec<&str> = loaded
            .diagnostics
            .iter()
            .map(|diagnostic| diagnostic.message.as_str())
            .collect();
        assert!(messages.is_empty(), "{}: {messages:?}", path.display());
        assert!(loaded.rule.is_some(), "{}", path.display());
    }
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn every_byte_of_a_published_query_has_its_place_in_the_file() {
    for path in published() {
        let Some(query) = read(&path).rule.and_then(|rule| rule.query) else {
            continue;
        };
        assert_places(&query.text, &path);
    }
}

/// Each character stands in the file as itself, or as an escape.
fn assert_places(query: &QueryText, path: &Path) {
    for (at, character) in query.text().char_indices() {
        let span = query.locate(Span::of(at..at + character.len_utf8()));
        let place = query.source().slice(span);
        assert!(
            place == character.encode_utf8(&mut [0; 4]) || place.contains('\\'),
            "{}: byte {at} {character:?} stands at {place:?}",
            path.display()
        );
    }
}

fn read(path: &Path) -> Loaded {
    let name = path.file_name().unwrap().to_str().unwrap();
    load(&SourceText::new(
        name,
        std::fs::read_to_string(path).unwrap(),
    ))
}

/// The rules of the shared corpus.
fn published() -> Vec<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/rules");
    let mut found = Vec::new();
    assert!(corpus.is_dir(), "../shared/corpus/rules is absent");
    toml_files(&corpus, &mut found);
    found
}

fn toml_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            toml_files(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            found.push(path);
        }
    }
}
