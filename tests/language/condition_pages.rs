//! The pages in `docs/language/kql/` and `docs/language/lucene/` say what the languages mean, and this
//! runs every statement of theirs: a `kuery` or `lucene` query, and the ids of the events which it
//! finds.

use serde_json::{Map, Value as Json, json};
use trapline::event::{Timestamp, mapping};
use trapline::rule::Language;
use trapline::search::{Index, Parameters};

use crate::statement_pages::{Given, error, folder};

/// Noon of 2 January 2024, which the page about dates calls `now`.
const NOW: i64 = 1_704_196_800_000;

#[test]
fn every_statement_of_the_pages_of_kql_holds() {
    folder("kql", (8, 5), &by_language);
}

#[test]
fn every_statement_of_the_pages_of_lucene_holds() {
    folder("lucene", (2, 5), &by_language);
}

fn by_language(kind: &str, query: &str, given: &Given) -> Option<String> {
    match kind {
        "kuery" => Some(answer(Language::Kuery, query, given)),
        "lucene" => Some(answer(Language::Lucene, query, given)),
        _ => None,
    }
}

fn answer(language: Language, query: &str, given: &Given) -> String {
    let mapping = json!({"properties": given.properties()});
    let mut index = Index::mapped(mapping::parse(&mapping.to_string()).unwrap());
    let mut parameters = Parameters {
        now: Some(Timestamp::from_millis(NOW)),
        ..Parameters::default()
    };
    parameters.request.size = None;
    if let Err(refusal) = index.expect_condition(language, query, &parameters) {
        return error(refusal);
    }
    for line in given.events.lines() {
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
