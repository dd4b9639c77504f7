//! The pages in `docs/language/esql/` say what ES|QL means, and this runs every statement of theirs.
//!
//! A page is prose with blocks. `mapping` gives the types of fields, a line a field; `events` the
//! documents of the index `events`, a line each; both hold until the next of their kind. `esql`
//! holds queries, a line each, that end in `//=` and what comes of them: rows as JSON, `none`, or
//! `error:` with a part of the message.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value as Json, json};
use trapline::event::{Timestamp, mapping};
use trapline::search::{Indices, Refusal};

#[test]
fn every_statement_of_the_pages_of_esql_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/language/esql");
    let index = fs::read_to_string(folder.join("index.md")).unwrap();
    let mut wrong = Vec::new();
    let mut pages = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name == "index.md" {
            continue;
        }
        pages += 1;
        assert!(
            index.contains(&format!("]({name})")),
            "{name} is not in index.md"
        );
        let text = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        let count = page(&text, |problem| wrong.push(format!("{name}: {problem}")));
        assert!(count > 0, "{name} states nothing");
    }
    assert!(pages > 4);
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Runs the statements of a page; how many there are.
fn page(text: &str, mut wrong: impl FnMut(String)) -> usize {
    let (mut types, mut events) = (String::new(), String::new());
    let mut count = 0;
    let mut blocks = text.split("```");
    // Every second part stands between fences.
    while let (Some(_), Some(block)) = (blocks.next(), blocks.next()) {
        let (kind, content) = block.split_once('\n').unwrap();
        match kind {
            "mapping" => content.clone_into(&mut types),
            "events" => content.clone_into(&mut events),
            "esql" => {
                for line in content.lines() {
                    let (query, expected) = line.split_once("//=").unwrap();
                    count += 1;
                    let found = answer(query.trim(), &types, &events);
                    let holds = match expected.trim().strip_prefix("error:") {
                        Some(part) => found.starts_with("error:") && found.contains(part.trim()),
                        None => found == expected.trim(),
                    };
                    if !holds {
                        wrong(format!("{query}\n    says{expected}\n    is   {found}"));
                    }
                }
            }
            _ => panic!("a block `{kind}`"),
        }
    }
    count
}

fn answer(query: &str, types: &str, events: &str) -> String {
    let mut properties = Map::new();
    for line in types.lines() {
        let (path, field_type) = line.split_once(char::is_whitespace).unwrap();
        let field_type = field_type.trim();
        let field = match field_type.strip_prefix('{') {
            Some(_) => serde_json::from_str(field_type).unwrap(),
            None => json!({"type": field_type}),
        };
        properties.insert(path.to_owned(), field);
    }
    let mapping = json!({"events": {"mappings": {"properties": properties}}});
    let mut indices = Indices::mapped(mapping::parse(&mapping.to_string()).unwrap());
    for line in events.lines() {
        indices.add_line(line, "events").unwrap();
    }
    let rows = match indices.answer(query, Timestamp::default()) {
        Ok(rows) => rows,
        Err(Refusal::Query(diagnostics)) => {
            let messages = diagnostics.iter().map(|one| one.message.clone());
            return format!("error: {}", messages.collect::<Vec<_>>().join("; "));
        }
        Err(Refusal::Failure { message, .. }) => return format!("error: {message}"),
    };
    let body: Json = rows.body();
    let values = body["values"].as_array().unwrap();
    if values.is_empty() {
        return "none".to_owned();
    }
    Json::from(values.clone()).to_string()
}
