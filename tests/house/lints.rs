//! Every lint has a page in `docs/lints/`, made from the source, and a file of its name.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use trapline::diagnostic::Severity;
use trapline::lint::LINTS;

use crate::pages::up_to_date;
use crate::sources::Source;

#[test]
fn the_pages_of_the_lints_are_up_to_date() {
    let mut pages = BTreeMap::new();
    let mut index = "# Lints\n\nWhat `trapline check` looks for. `--deny NAME` makes the findings of a lint errors, `--allow NAME` leaves\nthem out; both may stand in trapline.toml:\n\n```toml\n[check]\ndeny = [\"undeciding-clause\"]\nallow = [\"unserved-index\"]\n```\n\nMade from the source by `TRAPLINE_UPDATE=1 cargo test --test house`.\n\n".to_owned();
    for lint in LINTS {
        let (name, title) = (lint.name(), lint.code.title);
        let severity = match lint.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let _ = writeln!(index, "- [{name}]({name}.md) ({severity}): {title}");
        let page = format!("# {name}: {title}\n\n{}\n", lint.code.page.trim_end());
        pages.insert(format!("{name}.md"), page);
    }
    pages.insert("README.md".to_owned(), index);
    up_to_date("docs/lints", &pages);
}

#[test]
fn a_lint_stands_in_the_file_of_its_name_and_in_the_order_of_the_alphabet() {
    let names: Vec<&str> = LINTS.iter().map(|lint| lint.name()).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(names, sorted);
    let sources = Source::all();
    for name in names {
        let file = format!("/{}.rs", name.replace('-', "_"));
        let head = format!("//! `{name}`:");
        let mut files = sources.iter().filter(|source| source.room() == "lint");
        let own = files.find(|source| source.name.ends_with(&file));
        assert!(own.is_some_and(|own| own.text.starts_with(&head)), "{name}");
    }
}
