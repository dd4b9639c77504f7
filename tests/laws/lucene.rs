//! Query strings run through Lucene's own classic parser: the project's own copy in
//! `lucene_cases/`, which is there in every clone.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Map, Value as Json, json};
use trapline::event::mapping;
use trapline::rule::Language;
use trapline::search::{Index, Parameters};

use crate::shared::shared;

/// The project's own copy.
pub(crate) const CASES: &str = include_str!("lucene_cases/cases.ndjson");

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

/// The cases of a file by their ids, without where they come from.
fn cases(text: &str) -> BTreeMap<String, Json> {
    let cases = text.lines().map(|line| {
        let mut case: Map<String, Json> = serde_json::from_str(line).unwrap();
        case.remove("source");
        (case["id"].to_string(), Json::Object(case))
    });
    cases.collect()
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn the_own_copy_has_every_case_of_the_shared_material() {
    let Some(folder) = shared("conformance/lucene") else {
        return;
    };
    let text = fs::read_to_string(folder.join("cases.ndjson")).unwrap();
    assert_eq!(cases(&text), cases(CASES));
}

#[test]
fn every_query_string_finds_what_lucene_finds() {
    let index = index();
    let (mut count, mut wrong) = (0, Vec::new());
    for case in cases(CASES).values() {
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
        count > 60 && wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
