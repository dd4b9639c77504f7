//! Laws over real queries: published rules and accepted queries. They lie beside the project, not in
//! it; without them these tests say that they are skipped.

use std::path::{Path, PathBuf};

use trapline::diagnostic::{QueryText, SourceText, render::render};
use trapline::language::eql::{parse, syntax::Query};

use crate::spanless::spanless;

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn every_query_that_elasticsearch_accepts_parses() {
    let Some(queries) = conformance("parse_accepted.ndjson") else {
        return;
    };
    assert!(!queries.is_empty());
    for query in queries {
        must_parse("parse_accepted.ndjson", &query);
    }
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn every_query_of_the_searches_parses() {
    let Some(queries) = conformance("searches.ndjson") else {
        return;
    };
    assert!(!queries.is_empty());
    for query in queries {
        must_survive_printing("searches.ndjson", &query);
    }
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn every_published_rule_survives_printing() {
    let Some(root) = shared() else {
        return;
    };
    let mut files = Vec::new();
    toml_files(&root.join("corpus/rules"), &mut files);
    let mut count = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let Ok(document) = text.parse::<toml::Table>() else {
            panic!("{} is no TOML", file.display());
        };
        let Some(rule) = document.get("rule") else {
            continue;
        };
        if rule.get("type").and_then(toml::Value::as_str) == Some("eql") {
            let query = rule.get("query").and_then(toml::Value::as_str).unwrap();
            must_survive_printing(&file.display().to_string(), query);
            count += 1;
        }
    }
    eprintln!("{count} rules");
    assert!(count > 0);
}

fn must_survive_printing(name: &str, text: &str) {
    let query = must_parse(name, text);
    let printed = query.to_string();
    let again = must_parse(name, &printed);
    assert_eq!(again.to_string(), printed, "{name}");
    assert_eq!(spanless(again), spanless(query), "{name}\n{printed}");
}

fn must_parse(name: &str, text: &str) -> Query {
    let parsed = parse(text);
    let whole = QueryText::whole(&SourceText::new(name, text));
    for error in &parsed.errors {
        eprintln!("{}", render(&error.diagnostic(&whole), false));
    }
    parsed
        .query
        .unwrap_or_else(|| panic!("{name} does not parse:\n{text}"))
}

/// The queries of one file of conformance data.
fn conformance(file: &str) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(shared()?.join("conformance").join(file)).unwrap();
    let query = |line: &str| {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        case["query"].as_str().unwrap().to_owned()
    };
    Some(
        text.lines()
            .filter(|line| !line.is_empty())
            .map(query)
            .collect(),
    )
}

/// Where the data lies, if it is there.
#[allow(
    clippy::unnecessary_wraps,
    reason = "callers read it with `?` and `let … else`"
)]
fn shared() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    assert!(root.is_dir(), "../shared is absent");
    Some(root)
}

fn toml_files(directory: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            toml_files(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push(path);
        }
    }
}
