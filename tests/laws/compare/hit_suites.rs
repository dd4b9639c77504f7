//! The documents that KQL and Lucene queries of the suites find through `compare`, as hits of `_search`.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use trapline::data_source::Catalogue;
use trapline::event::mapping;
use trapline::rule::Rule;

use super::recorded::{self, Answered, Tally};
use super::rule;
use crate::lucene::CASES;
use crate::shared::shared;

/// The index of the documents.
const INDEX: &str = "suite";

/// How many hits are asked for: more than any answer has.
const SIZE: u32 = 100;

/// The sources with the index, whose fields have these types.
fn catalogue(types: &[(&str, &str)]) -> Catalogue {
    let types = types
        .iter()
        .map(|(field, kind)| ((*field).to_owned(), json!({"type": kind})));
    let properties: Json = types.collect();
    let text = json!({INDEX: {"mappings": {"properties": properties}}}).to_string();
    let mut catalogue = Catalogue::builtin().unwrap();
    catalogue.add_mappings("the suite", &mapping::parse(&text).unwrap());
    catalogue
}

fn rule_of(id: &str, language: &str, query: &Json) -> (String, Arc<Rule>) {
    rule(
        id,
        // A JSON text is a basic string of TOML.
        &format!("type = 'query'\nlanguage = '{language}'\nindex = ['{INDEX}']\nquery = {query}"),
    )
}

/// A document as it is recorded.
fn line(id: &str, mut document: Json) -> Json {
    document["_id"] = json!(id);
    document["_index"] = json!(INDEX);
    document["@timestamp"] = json!("2024-01-01T00:00:00Z");
    document
}

fn body(documents: &[&Json]) -> Json {
    let hit = |document: &&Json| {
        let mut source = (*document).clone();
        let entries = source.as_object_mut().unwrap();
        let (index, id) = (entries.remove("_index"), entries.remove("_id"));
        json!({"_index": index, "_id": id, "_source": source})
    };
    let hits: Vec<Json> = documents.iter().map(hit).collect();
    json!({
        "timed_out": false,
        "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0},
        "hits": {"total": {"value": hits.len(), "relation": "eq"}, "hits": hits},
    })
}

/// The answer of a query, and answers with each document less or more, and what says nothing.
fn answers(rule: &(String, Arc<Rule>), documents: &[Json], found: &[&str]) -> Vec<Answered> {
    let is_found = |document: &Json| found.contains(&document["_id"].as_str().unwrap());
    let whole: Vec<&Json> = documents.iter().filter(|one| is_found(one)).collect();
    let new = |what, wanted, body| Answered::new(rule, what, wanted, body, SIZE);
    let mut answered = recorded::whole(rule, &body(&whole), SIZE, None);
    for document in documents {
        let (what, changed) = if is_found(document) {
            let others = whole.iter().copied().filter(|one| *one != document);
            ("one less", others.collect::<Vec<&Json>>())
        } else {
            let others = whole.iter().copied();
            ("one more", others.chain([document]).collect())
        };
        answered.push(new(what, "different", body(&changed)));
    }
    for (path, value) in [
        ("/hits/total/value", json!(whole.len() + 1)),
        ("/hits/total/relation", json!("gte")),
    ] {
        let mut body = body(&whole);
        *body.pointer_mut(path).unwrap() = value;
        answered.push(new(path, "cut", body));
    }
    answered
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn the_documents_that_queries_in_kql_match_are_equal_and_others_are_not() {
    let Some(folder) = shared("conformance/kql") else {
        return;
    };
    let text = std::fs::read_to_string(folder.join("cases.ndjson")).unwrap();
    let cases = text
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap());
    let catalogue = catalogue(&[
        ("number", "long"),
        ("number_list", "long"),
        ("boolean", "boolean"),
        ("boolean_list", "boolean"),
        ("ip", "ip"),
        ("string", "keyword"),
        ("string_list", "keyword"),
        ("structured.a.b", "long"),
    ]);
    let mut tally = Tally::default();
    for case in cases.filter(|case| case["kind"] == "match") {
        let query = case["query"].as_str().unwrap();
        // These texts are of detection-rules' own dialect: Kibana's grammar refuses them or reads them
        // otherwise.
        if query.contains(['{', '\'']) {
            continue;
        }
        let rules = [rule_of(
            case["id"].as_str().unwrap(),
            "kuery",
            &case["query"],
        )];
        let documents = [line("1", case["document"].clone())];
        let found: &[&str] = if case["matches"] == true { &["1"] } else { &[] };
        let answered = answers(&rules[0], &documents, found);
        tally.add(
            &catalogue,
            &rules,
            &format!("{}\n", documents[0]),
            &answered,
        );
    }
    tally.check("KQL");
}

#[test]
fn the_documents_that_query_strings_match_are_equal_and_others_are_not() {
    let documents: Vec<Json> = (0..8)
        .map(|bits: u8| {
            let value = |bit: u8| if bits >> bit & 1 == 1 { "1" } else { "0" };
            let id = format!("{}{}{}", value(2), value(1), value(0));
            line(&id, json!({"a": value(2), "b": value(1), "c": value(0)}))
        })
        .collect();
    let lines = documents.iter().map(|one| format!("{one}\n"));
    let lines: String = lines.collect();
    let (mut rules, mut answered) = (Vec::new(), Vec::new());
    for case in CASES.lines() {
        let case: Json = serde_json::from_str(case).unwrap();
        let query = case["query"].as_str().unwrap();
        let Some(expected) = case["matches_abc"].as_object() else {
            continue;
        };
        // Elasticsearch reads these otherwise than Lucene's own parser: see the law about it.
        if query.contains("_exists_") || query.contains(">=") || query.contains("^0") {
            continue;
        }
        let rule = rule_of(case["id"].as_str().unwrap(), "lucene", &case["query"]);
        let found = expected.iter().filter(|(_, matches)| **matches == true);
        let found: Vec<&str> = found.map(|(id, _)| id.as_str()).collect();
        answered.extend(answers(&rule, &documents, &found));
        rules.push(rule);
    }
    let keyword = ["a", "b", "c", "f"].map(|field| (field, "keyword"));
    let mut tally = Tally::default();
    tally.add(&catalogue(&keyword), &rules, &lines, &answered);
    tally.check("Lucene");
}
