//! Comments and messages in plain English: phrases that readers stumbled over do not come back, and
//! nothing is cited that a reader of the repository cannot open.

use std::fs;

use crate::sources::{Source, root};

/// Phrases that had to be read twice, each with what to write.
const PHRASES: [(&str, &str); 11] = [
    ("hangs on", "depends on"),
    ("hang on it", "depend on it"),
    ("stands twice", "occurs twice"),
    ("stand twice", "occur twice"),
    ("put in order", "sorted"),
    ("minds case", "is case-sensitive"),
    ("mind case", "are case-sensitive"),
    ("is sought", "is searched for"),
    ("to be sought", "to search for"),
    ("so many milliseconds", "this many milliseconds"),
    ("no error of ours", "not an error"),
];

/// Names of documents that are not in the repository.
const ELSEWHERE: [&str; 3] = ["-semantics`", "-semantics.md", "`design.md"];

#[test]
fn readers_do_not_stumble() {
    let found: Vec<String> = texts()
        .iter()
        .flat_map(|(name, text)| occurrences(name, text))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn what_is_cited_can_be_opened() {
    let mut found = Vec::new();
    for (name, text) in texts() {
        for (number, line) in text.lines().enumerate() {
            if ELSEWHERE.iter().any(|document| line.contains(document)) {
                found.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(
        found.is_empty(),
        "cite a page of docs/, or the class or file of Elasticsearch or Kibana:\n{}",
        found.join("\n")
    );
}

#[test]
fn a_phrase_is_found_across_a_line_break() {
    let text = "/// Whether an alert hangs\n/// on it.";
    assert_eq!(occurrences("a.rs", text).len(), 1);
    assert!(occurrences("a.rs", "/// It depends on it.").is_empty());
}

/// The files of `src/` and the Markdown of the repository, by name.
fn texts() -> Vec<(String, String)> {
    let sources = Source::all().into_iter();
    let mut texts: Vec<(String, String)> = sources
        .map(|source| (format!("src/{}", source.name), source.text))
        .collect();
    let mut directories = vec![root().join("docs")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                texts.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    for name in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        texts.push((
            name.to_owned(),
            fs::read_to_string(root().join(name)).unwrap(),
        ));
    }
    texts.sort();
    texts
}

fn occurrences(name: &str, text: &str) -> Vec<String> {
    let words: Vec<&str> = text
        .split_whitespace()
        .filter(|word| !matches!(*word, "///" | "//!" | "//"))
        .collect();
    let flat = words.join(" ");
    PHRASES
        .iter()
        .filter(|(phrase, _)| flat.contains(phrase))
        .map(|(phrase, plain)| format!("{name}: `{phrase}` had to be read twice: write `{plain}`"))
        .collect()
}
