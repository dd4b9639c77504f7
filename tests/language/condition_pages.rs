//! The pages in `docs/language/kql/` and `docs/language/lucene/` say what the languages mean, and this
//! runs every statement of theirs.
//!
//! A page is prose with blocks. `mapping` gives the types of fields, a line a field; `events` the
//! documents, an id and a document a line; both hold until the next of their kind. `kuery` and
//! `lucene` hold queries, a line each, that end in `//=` and the ids of the events which they find,
//! `none`, or `error:` with a part of the message.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value as Json, json};
use trapline::event::{Timestamp, mapping};
use trapline::rule::Language;
use trapline::search::{Index, Parameters, Refusal};

/// Noon of 2 January 2024, which the page about dates calls `now`.
const NOW: i64 = 1_704_196_800_000;

#[test]
fn every_statement_of_the_pages_of_kql_holds() {
    folder("kql", 8);
}

#[test]
fn every_statement_of_the_pages_of_lucene_holds() {
    folder("lucene", 2);
}

/// Runs all pages of a folder, each of which its index names.
fn folder(name: &str, least: usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("docs/language").join(name);
    let index = fs::read_to_string(folder.join("index.md")).unwrap();
    let navigation = fs::read_to_string(root.join("mkdocs.yml")).unwrap();
    assert!(navigation.contains(&format!("language/{name}/index.md")));
    let mut wrong = Vec::new();
    let mut pages = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        if file == "index.md" {
            continue;
        }
        pages += 1;
        let link = format!("]({file})");
        assert!(index.contains(&link), "{file} is not in index.md");
        let text = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        let count = page(&text, |problem| wrong.push(format!("{file}: {problem}")));
        assert!(count > 5, "{file} states too little");
    }
    assert!(pages >= least);
    let count = wrong.len();
    assert!(wrong.is_empty(), "{count} wrong:\n{}", wrong.join("\n"));
}

/// Runs the statements of a page; how many there are.
fn page(text: &str, mut wrong: impl FnMut(String)) -> usize {
    let (mut types, mut events) = (String::new(), String::new());
    let mut count = 0;
    let mut blocks = text.split("```");
    // Every second part stands between fences.
    while let (Some(_), Some(block)) = (blocks.next(), blocks.next()) {
        let (kind, content) = block.split_once('\n').unwrap();
        let language = match kind {
            "mapping" => {
                content.clone_into(&mut types);
                continue;
            }
            "events" => {
                content.clone_into(&mut events);
                continue;
            }
            "kuery" => Language::Kuery,
            "lucene" => Language::Lucene,
            _ => panic!("a block `{kind}`"),
        };
        for line in content.lines() {
            let (query, expected) = line.rsplit_once("//=").unwrap();
            count += 1;
            let found = answer(language, query.trim(), &types, &events);
            let holds = match expected.trim().strip_prefix("error:") {
                Some(part) => found.starts_with("error:") && found.contains(part.trim()),
                None => found == expected.trim(),
            };
            if !holds {
                wrong(format!("{query}\n    says{expected}\n    is   {found}"));
            }
        }
    }
    count
}

fn answer(language: Language, query: &str, types: &str, events: &str) -> String {
    let mut properties = Map::new();
    for line in types.lines() {
        let (path, field_type) = line.split_once(char::is_whitespace).unwrap();
        let field_type = field_type.trim();
        let field = match field_type.strip_prefix('{') {
            Some(_) => serde_json::from_str(field_type).unwrap(),
            None => json!({"type": field_type}),
        };
        put(&mut properties, path, field);
    }
    let mapping = json!({"properties": properties});
    let mut index = Index::mapped(mapping::parse(&mapping.to_string()).unwrap());
    let mut parameters = Parameters {
        now: Some(Timestamp::from_millis(NOW)),
        ..Parameters::default()
    };
    parameters.request.size = None;
    if let Err(refusal) = index.expect_condition(language, query, &parameters) {
        return error(refusal);
    }
    for line in events.lines() {
        let (id, document) = line.split_once(char::is_whitespace).unwrap();
        let mut document: Map<String, Json> = serde_json::from_str(document.trim()).unwrap();
        document.insert("_id".to_owned(), json!(id));
        let time = document.entry("@timestamp");
        time.or_insert_with(|| json!("2024-01-01T00:00:00Z"));
        index.add_line(&Json::from(document).to_string()).unwrap();
    }
    let body = match index.hits(language, query, &parameters) {
        Ok(answer) => answer.body(),
        Err(refusal) => return error(refusal),
    };
    let hits = body["hits"]["hits"].as_array().unwrap();
    let ids: Vec<&str> = hits
        .iter()
        .map(|hit| hit["_id"].as_str().unwrap())
        .collect();
    if ids.is_empty() {
        return "none".to_owned();
    }
    ids.join(" ")
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

fn error(refusal: Refusal) -> String {
    match refusal {
        Refusal::Query(diagnostics) => {
            let messages = diagnostics.iter().map(|one| one.message.clone());
            format!("error: {}", messages.collect::<Vec<_>>().join("; "))
        }
        Refusal::Failure { message, .. } => format!("error: {message}"),
    }
}
