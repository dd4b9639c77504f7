//! The public ES|QL rules that lie in `../shared/corpus/rules`: each parses, and each is checked.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use trapline::language::esql;

use crate::shared::shared;

#[test]
fn every_public_rule_parses() {
    let Some(folder) = shared("corpus/rules") else {
        return;
    };
    let mut wrong = Vec::new();
    let queries = queries(&folder);
    assert!(queries.len() > 100, "{} rules", queries.len());
    for (name, query) in &queries {
        let errors = esql::parse(query).errors;
        if !errors.is_empty() {
            wrong.push(format!("{name}: {errors:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} fail:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The queries of the ES|QL rules, by file name.
fn queries(folder: &Path) -> BTreeMap<String, String> {
    let mut queries = BTreeMap::new();
    for file in files(folder) {
        let text = fs::read_to_string(&file).unwrap();
        if !text.contains("language = \"esql\"") {
            continue;
        }
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        queries.insert(name, query_of(&text));
    }
    queries
}

/// The query of a rule file, which stands in three single or double quotes.
fn query_of(text: &str) -> String {
    for (open, close) in [("query = '''", "'''"), ("query = \"\"\"", "\"\"\"")] {
        if let Some((_, rest)) = text.split_once(open) {
            let body = rest.split_once(close).unwrap().0;
            return if open.ends_with('"') {
                body.replace("\\\\", "\\").replace("\\\"", "\"")
            } else {
                body.to_owned()
            };
        }
    }
    panic!("no query")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push(path);
        }
    }
    files
}
