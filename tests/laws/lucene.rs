//! Query strings run through Lucene's own classic parser, the part of them that lies in
//! `../shared/conformance/lucene`.

use std::fs;

use serde_json::{Map, Value as Json, json};
use trapline::event::mapping;
use trapline::rule::Language;
use trapline::search::{Index, Parameters};

use crate::shared::shared;

/// Documents in which a, b and c have the value 1 or, in the runs behind the suite, 0.
fn index() -> Index {
    let keyword = json!({"type": "keyword"});
    let properties = json!({"a": keyword, "b": keyword, "c": keyword, "f": keyword});
    let text = json!({ "properties": properties }).to_string();
    let mut index = Index::mapped(mapping::parse(&text).unwrap());
    for bits in 0..8 {
        let value = |bit: u8| if bits >> bit & 1 == 1 { "1" } else { "0" };
        let mut document = Map::new();
        let id = format!("{}{}{}", value(2), value(1), value(0));
        document.insert("_id".to_owned(), id.into());
        for (field, bit) in [("a", 2), ("b", 1), ("c", 0)] {
            document.insert(field.to_owned(), value(bit).into());
        }
        index.add(document);
    }
    index
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn every_query_string_finds_what_lucene_finds() {
    let Some(folder) = shared("conformance/lucene") else {
        return;
    };
    let text = fs::read_to_string(folder.join("cases.ndjson")).unwrap();
    let index = index();
    let (mut count, mut wrong) = (0, Vec::new());
    for line in text.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let query = case["query"].as_str().unwrap();
        // Elasticsearch reads `_exists_` and `>=`, which Lucene's classic parser takes for a field
        // and a word, and a boost of 0 is no condition where nothing is scored.
        if query.contains("_exists_") || query.contains(">=") || query.contains("^0") {
            continue;
        }
        count += 1;
        let found = index.hits(Language::Lucene, query, &Parameters::default());
        match (&case["matches_abc"], found) {
            (Json::Null, Ok(_)) => wrong.push(format!("{query}: should be refused")),
            (Json::Null, Err(_)) => {}
            (_, Err(refusal)) => wrong.push(format!("{query}: {refusal:?}")),
            (Json::Object(expected), Ok(answer)) => {
                let body = answer.body();
                let hits = body["hits"]["hits"].as_array().unwrap();
                let mut found: Vec<&str> = hits
                    .iter()
                    .map(|hit| hit["_id"].as_str().unwrap())
                    .collect();
                found.sort_unstable();
                let expected = expected.iter().filter(|(_, matches)| **matches == true);
                let mut expected: Vec<&str> = expected.map(|(id, _)| id.as_str()).collect();
                expected.sort_unstable();
                if found != expected {
                    wrong.push(format!("{query}: expected {expected:?}, found {found:?}"));
                }
            }
            (other, Ok(_)) => panic!("{other}"),
        }
    }
    assert!(
        count > 0 && wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
