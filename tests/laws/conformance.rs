//! Elasticsearch's own EQL test suite, the part of it that lies in `../shared/conformance`.
//! Skipped, and said so, where that folder is absent.

use std::fs;

use serde_json::{Map, Value as Json};
use trapline::evaluate::{self, Request, ResultPosition};
use trapline::event::mapping::{self, IndexMapping};
use trapline::language::eql::{self, OptionalFields};
use trapline::search::{Index, Parameters};

use crate::shared::shared;

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn every_search_of_the_suite_gives_the_accepted_ids() {
    let Some(folder) = shared("conformance") else {
        return;
    };
    let searches = fs::read_to_string(folder.join("searches.ndjson")).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in searches.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let index = index_of(&folder, &case["indices"]);
        count += 1;
        // The suite holds by default, and whichever way the open rows of an unmapped optional field
        // are taken.
        for optional in [OptionalFields::default(), OptionalFields::Folded] {
            if let Err(reason) = judge(&case, &index, optional) {
                let (name, query) = (&case["name"], &case["query"]);
                wrong.push(format!("{name}, {optional:?}: {reason}\n    {query}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn every_constant_expression_folds_to_the_expected_value() {
    let Some(folder) = shared("conformance") else {
        return;
    };
    let expressions = fs::read_to_string(folder.join("expressions.ndjson")).unwrap();
    let mut wrong = Vec::new();
    for line in expressions.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let text = case["expression"].as_str().unwrap();
        let expr = match eql::parse_expression(text) {
            Ok(expr) => expr,
            Err(errors) => {
                wrong.push(format!("{text}: does not parse: {errors:?}"));
                continue;
            }
        };
        let value = evaluate::function::fold(&eql::lower::lower_constant(&expr));
        let found = match &value {
            Ok(None) => "null".to_owned(),
            Ok(Some(value)) => value.to_string(),
            Err(failure) => format!("failure: {failure}"),
        };
        let expected = match &case["expected"] {
            Json::String(text) => text.clone(),
            Json::Number(number) => number.to_string(),
            other => other.to_string(),
        };
        if found != expected {
            wrong.push(format!("{text}: expected {expected}, found {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

pub(crate) fn index_of(folder: &std::path::Path, indices: &Json) -> Index {
    let mut mappings: Vec<IndexMapping> = Vec::new();
    let mut documents: Vec<Map<String, Json>> = Vec::new();
    for name in indices.as_array().unwrap() {
        let name = name.as_str().unwrap();
        let text = fs::read_to_string(folder.join(format!("mappings/{name}.json"))).unwrap();
        mappings.extend(mapping::parse(&text).unwrap());
        let events = fs::read_to_string(folder.join(format!("events/{name}.ndjson"))).unwrap();
        documents.extend(
            events
                .lines()
                .map(|line| serde_json::from_str(line).unwrap()),
        );
    }
    let mut index = Index::mapped(mappings);
    for document in documents {
        index.add(document);
    }
    index
}

fn judge(case: &Json, index: &Index, optional: OptionalFields) -> Result<(), String> {
    let mut parameters = Parameters {
        request: Request {
            size: case["size"]
                .as_u64()
                .map(|size| usize::try_from(size).unwrap()),
            position: ResultPosition::Tail,
            max_samples_per_key: case["max_samples_per_key"]
                .as_u64()
                .map_or(1, |count| usize::try_from(count).unwrap()),
        },
        optional,
        ..Parameters::default()
    };
    parameters.settings.tiebreaker = case["tiebreaker"].as_str().map(str::to_owned);
    let body = index
        .search(case["query"].as_str().unwrap(), &parameters)
        .map_err(|refusal| format!("{refusal:?}"))?;
    let hits = &body["hits"];
    let id_field = case["id_field"].as_str().unwrap();
    let id = |event: &Json| {
        if event["missing"] == true {
            -1
        } else {
            event["_source"][id_field].as_i64().unwrap()
        }
    };
    let (mut ids, mut keys) = (Vec::new(), Vec::new());
    for event in hits["events"].as_array().unwrap_or(&Vec::new()) {
        ids.push(id(event));
    }
    for sequence in hits["sequences"].as_array().unwrap_or(&Vec::new()) {
        ids.extend(sequence["events"].as_array().unwrap().iter().map(id));
        for key in sequence["join_keys"].as_array().unwrap_or(&Vec::new()) {
            keys.push(key.as_str().map_or_else(|| key.to_string(), str::to_owned));
        }
    }
    let accepted = case["expected_any_of"].as_array().unwrap();
    if !accepted.contains(&serde_json::json!(ids)) {
        return Err(format!("expected one of {accepted:?}, found {ids:?}"));
    }
    let expected: Option<Vec<&str>> = case["join_keys"]
        .as_array()
        .map(|keys| keys.iter().map(|key| key.as_str().unwrap()).collect());
    match expected {
        Some(expected) if !expected.is_empty() && expected != keys => {
            Err(format!("expected join keys {expected:?}, found {keys:?}"))
        }
        _ => Ok(()),
    }
}
