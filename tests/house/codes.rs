//! The codes of diagnostics: listed once, unique, and each with its page in `docs/errors/`, which
//! is made from the list.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use crate::sources::{Source, root};

#[test]
fn every_code_is_listed_once() {
    let mut listed = BTreeSet::new();
    for code in trapline::codes() {
        assert!(
            listed.insert(code.number),
            "{} is listed twice",
            code.number
        );
        assert!(!code.title.is_empty(), "{} has no title", code.number);
        assert!(!code.page.trim().is_empty(), "{} has no page", code.number);
    }
    for source in Source::all() {
        for (line, code) in source.code() {
            for number in numbers(code) {
                assert!(
                    listed.contains(number),
                    "src/{}:{line}: {number} is not in `trapline::codes()`",
                    source.name
                );
            }
        }
    }
}

#[test]
fn the_pages_of_the_errors_are_up_to_date() {
    let directory = root().join("docs/errors");
    let pages = pages();
    if std::env::var("TRAPLINE_UPDATE").is_ok_and(|update| update == "1") {
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        for (name, page) in &pages {
            fs::write(directory.join(name), page).unwrap();
        }
        return;
    }
    let mend = "run `TRAPLINE_UPDATE=1 cargo test --test house`";
    for (name, page) in &pages {
        let found = fs::read_to_string(directory.join(name)).unwrap_or_default();
        assert!(
            found.replace("\r\n", "\n") == *page,
            "docs/errors/{name} is out of date: {mend}"
        );
    }
    for entry in fs::read_dir(&directory).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            pages.contains_key(&name),
            "docs/errors/{name} belongs to no code: {mend}"
        );
    }
}

fn pages() -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    let mut index = "# Errors and warnings\n\nMade from the source by `TRAPLINE_UPDATE=1 cargo test --test house`.\n\n".to_owned();
    let codes: BTreeMap<&str, _> = trapline::codes().map(|code| (code.number, code)).collect();
    for (number, code) in codes {
        let _ = writeln!(index, "- [{number}]({number}.md): {}", code.title);
        let page = format!("# {number}: {}\n\n{}\n", code.title, code.page.trim_end());
        pages.insert(format!("{number}.md"), page);
    }
    pages.insert("README.md".to_owned(), index);
    pages
}

/// The texts `"E123"` in a line of code.
fn numbers(code: &str) -> Vec<&str> {
    code.split('"')
        .skip(1)
        .step_by(2)
        .filter(|text| {
            text.len() == 4
                && text.starts_with('E')
                && text.bytes().skip(1).all(|byte| byte.is_ascii_digit())
        })
        .collect()
}
