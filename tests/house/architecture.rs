//! ARCHITECTURE.md says what is so: its tables of layers and crates are made from the tables of
//! these tests, and the files and functions that it names are there.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use crate::crates::OWNERS;
use crate::layers::LAYERS;
use crate::sources::{Source, root};

const PAGE: &str = "ARCHITECTURE.md";

#[test]
fn the_tables_are_up_to_date() {
    let path = root().join(PAGE);
    let page = fs::read_to_string(&path).unwrap();
    let made = with_table(&with_table(&page, "layers", &layers()), "crates", &crates());
    if std::env::var("TRAPLINE_UPDATE").is_ok_and(|update| update == "1") {
        fs::write(&path, made).unwrap();
        return;
    }
    let fix = "run `TRAPLINE_UPDATE=1 cargo test --test house`";
    assert!(page == made, "the tables of {PAGE} are out of date: {fix}");
}

/// The page with what stands between `<!-- NAME -->` and `<!-- end -->` replaced.
fn with_table(page: &str, name: &str, table: &str) -> String {
    let begin = format!("<!-- {name} -->\n");
    let (before, rest) = page.split_once(&begin).unwrap();
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    format!("{before}{begin}\n{table}\n<!-- end -->{after}")
}

/// A row a room, with the first sentence of its documentation.
fn layers() -> String {
    let mut table = "| layer | room | what it is about |\n|---|---|---|\n".to_owned();
    let sources = Source::all();
    for (room, layer) in LAYERS {
        let file = format!("{room}/mod.rs");
        let source = sources.iter().find(|source| source.name == file).unwrap();
        let _ = writeln!(table, "| {layer} | `{room}` | {} |", sentence(&source.text));
    }
    table
}

fn sentence(text: &str) -> String {
    let lines = text.lines().map_while(|line| line.strip_prefix("//!"));
    let lines: Vec<&str> = lines
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    let text = lines.join(" ");
    let end = text.find(". ").map_or(text.len(), |end| end + 1);
    text[..end].trim_end_matches('.').replace('|', "\\|")
}

/// A row for each list of owners, with their crates; vocabulary has no owner.
fn crates() -> String {
    let mut by_owner: BTreeMap<Vec<&str>, Vec<&str>> = BTreeMap::new();
    for (name, owners) in OWNERS.iter().filter(|(_, owners)| !owners.is_empty()) {
        by_owner.entry(owners.to_vec()).or_default().push(name);
    }
    let mut table = "| crate | files |\n|---|---|\n".to_owned();
    for (owners, names) in by_owner {
        let owners: Vec<String> = owners.iter().map(|owner| format!("`{owner}`")).collect();
        let _ = writeln!(table, "| {} | {} |", names.join(", "), owners.join(", "));
    }
    table
}

#[test]
fn every_file_and_function_that_the_page_names_is_there() {
    let page = fs::read_to_string(root().join(PAGE)).unwrap();
    let mut broken = Vec::new();
    for name in page.split('`').skip(1).step_by(2) {
        let (file, function) = match name.split_once("::") {
            Some((file, function)) => (file, Some(function)),
            None => (name, None),
        };
        if !file.contains('/')
            || file.contains(' ')
            || !(std::path::Path::new(file)
                .extension()
                .is_some_and(|it| it == "rs")
                || file.ends_with('/'))
        {
            continue;
        }
        let places = [root().join("src").join(file), root().join(file)];
        let Some(path) = places.iter().find(|path| path.exists()) else {
            broken.push(format!("{file}: no such file"));
            continue;
        };
        if let Some(function) = function {
            let text = fs::read_to_string(path).unwrap();
            let found = [format!("fn {function}("), format!("fn {function}<")];
            if !found.iter().any(|function| text.contains(function)) {
                broken.push(format!("{name}: no such function"));
            }
        }
    }
    assert!(broken.is_empty(), "{PAGE}:\n{}\n", broken.join("\n"));
}

#[test]
fn commands_see_settings_and_never_arguments() {
    // Where arguments become settings, and where completions and manual pages are made of them.
    const SEE_ARGUMENTS: [&str; 2] = ["cli/commands/mod.rs", "cli/commands/scaffold.rs"];
    let sources = Source::all();
    let of_commands = sources.iter().filter(|source| {
        source.name.starts_with("cli/commands/") && !SEE_ARGUMENTS.contains(&source.name.as_str())
    });
    let mut found = Vec::new();
    for source in of_commands {
        let code = source.code();
        let lines = code.iter().filter(|(_, line)| line.contains("args::"));
        found.extend(lines.map(|(number, _)| format!("{}:{number}", source.name)));
    }
    assert!(found.is_empty(), "take a settings type instead: {found:?}");
}
