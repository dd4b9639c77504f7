//! The lists of field types in `src/data_source/builtin/fields/` are made from the reference tables
//! by [`compact`]; `TRAPLINE_UPDATE=1` writes them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::shared::shared;

/// A table of names that rules use and no list has: no list of an index.
const NOT_A_LIST: &str = "non_ecs";

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn each_list_that_ships_is_made_from_its_table() {
    let Some(tables) = shared("fields") else {
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/data_source/builtin/fields");
    let ecs = rows(&read(&tables.join("ecs.tsv")));
    let mut wrong = Vec::new();
    for (name, path) in tables_in(&tables) {
        let wanted = compact(&read(&path), &ecs);
        let target = folder.join(format!("{name}.tsv"));
        if std::fs::read_to_string(&target).ok().as_ref() == Some(&wanted) {
            continue;
        }
        if std::env::var_os("TRAPLINE_UPDATE").is_some() {
            std::fs::write(&target, wanted).unwrap();
        } else {
            wrong.push(name);
        }
    }
    assert!(
        wrong.is_empty(),
        "{wrong:?} differ from their tables; TRAPLINE_UPDATE=1 writes them"
    );
}

fn tables_in(folder: &Path) -> BTreeMap<String, PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "tsv"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap();
            (name.to_owned(), path.clone())
        })
        .filter(|(name, _)| name != NOT_A_LIST)
        .collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// Path → type and attributes.
fn rows(table: &str) -> BTreeMap<String, String> {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    let rows = lines.filter_map(|line| line.split_once('\t'));
    rows.map(|(path, rest)| (path.trim_start_matches('.').to_owned(), rest.to_owned()))
        .collect()
}

/// The table in the form that the product embeds: one comment with its origin, each path once,
/// ascending. An alias of a field that neither the table nor ECS has is a keyword: Elasticsearch
/// refuses such an alias, so that the package that is installed cannot have it.
fn compact(table: &str, ecs: &BTreeMap<String, String>) -> String {
    let fields = rows(table);
    let origin = table.lines().next().unwrap_or("");
    let mut text = format!("{origin}\n");
    for (path, rest) in &fields {
        let target = rest.strip_prefix("alias:");
        let is_dangling = target.is_some_and(|target| {
            let target = target.split('\t').next().unwrap_or("");
            !fields.contains_key(target) && !ecs.contains_key(target)
        });
        let rest = if is_dangling { "keyword" } else { rest };
        let unindexed = if is_unindexed(path) {
            "\tunindexed"
        } else {
            ""
        };
        text.push_str(&format!("{path}\t{rest}{unindexed}\n"));
    }
    text
}

/// The fields that ECS stores without an index and doc values, which the tables do not say.
fn is_unindexed(path: &str) -> bool {
    path == "event.original" || path.ends_with("x509.public_key_exponent")
}
