//! Reads the pages of a folder in `docs/language/` whose statements are run: `condition_pages.rs` and
//! `esql_pages.rs` say what a statement is.
//!
//! A page is prose with blocks. `mapping` gives the types of fields, a line a field; `events` the
//! documents, a line each; both hold until the next of their kind. Any other block holds queries, a
//! line each, that end in `//=` and what they find, `none`, or `error:` with a part of the message.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value as Json, json};
use trapline::search::Refusal;

/// What a page gives to its queries.
#[derive(Default)]
pub(crate) struct Given {
    /// A line a field.
    types: String,
    /// A line a document.
    pub(crate) events: String,
}

/// Runs all pages of a folder, each of which its index names: at least `pages`, with more than
/// `statements` in each. `answer` answers a query of a block, or says `None` for a kind of block
/// that it does not know.
pub(crate) fn folder(
    name: &str,
    (pages, statements): (usize, usize),
    answer: &dyn Fn(&str, &str, &Given) -> Option<String>,
) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("docs/language").join(name);
    let index = fs::read_to_string(folder.join("index.md")).unwrap();
    let navigation = fs::read_to_string(root.join("mkdocs.yml")).unwrap();
    assert!(navigation.contains(&format!("language/{name}/index.md")));
    let mut wrong = Vec::new();
    let mut found = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        if file == "index.md" {
            continue;
        }
        found += 1;
        let link = format!("]({file})");
        assert!(index.contains(&link), "{file} is not in index.md");
        let text = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        let count = page(&text, answer, |problem| {
            wrong.push(format!("{file}: {problem}"));
        });
        assert!(count > statements, "{file} states too little");
    }
    assert!(found >= pages);
    let count = wrong.len();
    assert!(wrong.is_empty(), "{count} wrong:\n{}", wrong.join("\n"));
}

/// Runs the statements of a page; how many there are.
fn page(
    text: &str,
    answer: &dyn Fn(&str, &str, &Given) -> Option<String>,
    mut wrong: impl FnMut(String),
) -> usize {
    let mut given = Given::default();
    let mut count = 0;
    let mut blocks = text.split("```");
    // Every second part stands between fences.
    while let (Some(_), Some(block)) = (blocks.next(), blocks.next()) {
        let (kind, content) = block.split_once('\n').unwrap();
        match kind {
            "mapping" => content.clone_into(&mut given.types),
            "events" => content.clone_into(&mut given.events),
            kind => {
                for line in content.lines() {
                    let (query, expected) = line.rsplit_once("//=").unwrap();
                    count += 1;
                    let found = answer(kind, query.trim(), &given);
                    let found = found.unwrap_or_else(|| panic!("a block `{kind}`"));
                    let holds = match expected.trim().strip_prefix("error:") {
                        Some(part) => found.starts_with("error:") && found.contains(part.trim()),
                        None => found == expected.trim(),
                    };
                    if !holds {
                        wrong(format!("{query}\n    says{expected}\n    is   {found}"));
                    }
                }
            }
        }
    }
    count
}

impl Given {
    /// The types of the fields, as the properties of a mapping.
    pub(crate) fn properties(&self) -> Map<String, Json> {
        let mut properties = Map::new();
        for line in self.types.lines() {
            let (path, field_type) = line.split_once(char::is_whitespace).unwrap();
            let field_type = field_type.trim();
            let field = match field_type.strip_prefix('{') {
                Some(_) => serde_json::from_str(field_type).unwrap(),
                None => json!({"type": field_type}),
            };
            put(&mut properties, path, field);
        }
        properties
    }
}

/// Puts a field below the objects above it, some of which are declared.
fn put(properties: &mut Map<String, Json>, path: &str, field: Json) {
    match path.split_once('.') {
        None => {
            properties.insert(path.to_owned(), field);
        }
        Some((above, rest)) => {
            let above = properties.entry(above).or_insert_with(|| json!({}));
            let below = above.as_object_mut().unwrap().entry("properties");
            let below = below.or_insert_with(|| json!({}));
            put(below.as_object_mut().unwrap(), rest, field);
        }
    }
}

/// A refusal as a page states it.
pub(crate) fn error(refusal: Refusal) -> String {
    match refusal {
        Refusal::Query(diagnostics) => {
            let messages = diagnostics.iter().map(|one| one.message.clone());
            format!("error: {}", messages.collect::<Vec<_>>().join("; "))
        }
        Refusal::Failure { message, .. } => format!("error: {message}"),
    }
}
