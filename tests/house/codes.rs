//! The codes of diagnostics: listed once, unique, and each with its page in `docs/errors/`, which
//! is made from the list.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::pages::up_to_date;
use crate::sources::Source;

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
fn every_file_that_a_page_names_is_there() {
    for code in trapline::codes() {
        for path in code.page.split(['`', ' ', '(', ')']) {
            if path.starts_with("docs/") {
                let file = crate::sources::root().join(path);
                assert!(file.exists(), "{} names {path}", code.number);
            }
        }
    }
}

#[test]
fn the_pages_of_the_errors_are_up_to_date() {
    up_to_date("docs/errors", &pages());
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
