//! Kibana's own tests of KQL and the cases derived from its grammar, the part of them that lies in
//! `../shared/conformance/kql`.

use std::fs;

use serde_json::Value as Json;
use trapline::event::schema::Origin;
use trapline::event::{FieldType, Mapping};
use trapline::language::kql::data_view::{FieldKind, ViewField};
use trapline::language::kql::{self, Options, tree::tree};

use trapline::rule::Language;
use trapline::search::{Index, Parameters};

use crate::shared::shared;

/// The cases of one kind that hold for Kibana.
fn cases(kind: &str) -> Vec<Json> {
    let Some(folder) = shared("conformance/kql") else {
        return Vec::new();
    };
    let text = fs::read_to_string(folder.join("cases.ndjson")).unwrap();
    let cases = text
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap());
    let cases: Vec<Json> = cases.filter(|case| case["kind"] == kind).collect();
    assert!(!cases.is_empty(), "no case of kind {kind}");
    cases
}

fn tree_of(text: &str) -> Result<String, String> {
    let query = kql::parse(text).map_err(|error| error.message())?;
    Ok(query
        .condition
        .as_ref()
        .map_or_else(|| "is(\"*\",\"*\")".to_owned(), tree))
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn every_text_reads_as_the_expected_tree() {
    for case in cases("tree") {
        let text = case["query"].as_str().unwrap();
        let found = tree_of(text).unwrap_or_else(|message| format!("{message} ({})", case["id"]));
        assert_eq!(found, case["tree"].as_str().unwrap(), "{text}");
    }
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn every_literal_reads_as_the_expected_value() {
    for case in cases("literal") {
        let text = case["query"].as_str().unwrap();
        let quoted = if case["quoted"] == true { "q" } else { "" };
        let expected = format!("is(null,{quoted}{})", case["value"]);
        assert_eq!(tree_of(text).unwrap(), expected, "{text}");
    }
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn every_syntax_error_has_kibanas_words_and_place() {
    // The detection engine allows leading wildcards always (`allowLeadingWildcards`).
    let allowed = |case: &Json| case["config"]["allowLeadingWildcards"] != false;
    for case in cases("syntax_error").into_iter().filter(allowed) {
        let text = case["query"].as_str().unwrap();
        let error = kql::parse(text).expect_err(text);
        assert_eq!(error.message(), case["message"].as_str().unwrap(), "{text}");
        let before = &text[..error.span.start as usize];
        let offset = before.encode_utf16().count() as u64;
        assert_eq!(Some(offset), case["offset"].as_u64(), "{text}");
    }
}

/// The canonical text of a query reads as the same query, and is its own canonical text.
#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn the_canonical_text_of_every_case_reads_as_the_same_tree() {
    for case in cases("tree") {
        let text = case["query"].as_str().unwrap();
        let query = kql::parse(text).unwrap();
        let canonical = query.to_string();
        let again = kql::parse(&canonical).unwrap_or_else(|error| panic!("{canonical}: {error:?}"));
        assert_eq!(again.to_string(), canonical);
        if let Some(condition) = &query.condition {
            assert_eq!(
                again.condition.as_ref().map(tree),
                Some(tree(condition)),
                "{text}"
            );
        }
    }
}

/// The fields of a data view of the suite.
fn data_view(case: &Json) -> Vec<ViewField> {
    let fields = case["data_view"]["fields"].as_array();
    let fields = fields.map_or(&[][..], Vec::as_slice).iter();
    let view = fields.map(|field| {
        let types = field["esTypes"].as_array().unwrap();
        ViewField {
            name: field["name"].as_str().unwrap().to_owned(),
            kind: match types.as_slice() {
                [only] if only == "keyword" => FieldKind::Keyword,
                [only] if only == "date" => FieldKind::Date,
                _ => FieldKind::Other,
            },
            nested: field["subType"]["nested"]["path"]
                .as_str()
                .map(str::to_owned),
        }
    });
    view.collect()
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn every_query_becomes_the_expected_query_dsl() {
    let mut with_dsl = cases("dsl");
    with_dsl.extend(
        cases("tree")
            .into_iter()
            .filter(|case| case.get("dsl").is_some()),
    );
    for case in with_dsl {
        let text = case["query"].as_str().unwrap();
        let options = Options {
            time_zone: case["config"]["dateFormatTZ"].as_str().map(str::to_owned),
            nested_ignore_unmapped: case["config"]["nestedIgnoreUnmapped"] == true,
            ..Options::default()
        };
        let query = kql::parse(text).unwrap();
        let found = kql::translate(&query, data_view(&case).as_slice(), &options).unwrap();
        assert_eq!(found.to_json(), with_texts(&case["dsl"]), "{text}");
    }
}

/// The query with `true` and `false` as texts in the values of fields, where they mean the same.
fn with_texts(query: &Json) -> Json {
    match query {
        Json::Array(items) => items.iter().map(with_texts).collect(),
        Json::Object(object) => {
            let entries = object.iter().map(|(key, value)| {
                let value = match (key.as_str(), value) {
                    ("match", Json::Object(fields)) => {
                        let fields = fields.iter().map(|(field, value)| match value {
                            Json::Bool(value) => (field.clone(), value.to_string().into()),
                            other => (field.clone(), other.clone()),
                        });
                        Json::Object(fields.collect())
                    }
                    _ => with_texts(value),
                };
                (key.clone(), value)
            });
            Json::Object(entries.collect())
        }
        other => other.clone(),
    }
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn every_error_of_a_translation_has_kibanas_words() {
    for case in cases("dsl_error") {
        let text = case["query"].as_str().unwrap();
        let query = kql::parse(text).unwrap();
        let view = data_view(&case);
        let errors = kql::translate(&query, view.as_slice(), &Options::default()).unwrap_err();
        assert_eq!(
            errors[0].message(),
            case["message"].as_str().unwrap(),
            "{text}"
        );
    }
}

/// The documents of detection-rules' own evaluator, which has keywords only. Where its dialect
/// differs from Kibana's, Kibana's grammar refuses the text or reads it otherwise.
#[test]
fn every_document_matches_as_expected() {
    let mut wrong = Vec::new();
    for case in cases("match") {
        let text = case["query"].as_str().unwrap();
        let mut known = Mapping::new("documents");
        known.add("ip", FieldType::Ip, Origin::Declared);
        let mut index = Index::dynamic(known);
        index.add(case["document"].as_object().unwrap().clone());
        let found = match index.hits(Language::Kuery, text, &Parameters::default()) {
            Ok(answer) => answer.body()["hits"]["total"]["value"] == 1,
            Err(refusal) => {
                // What is not nested cannot be asked for as nested.
                if !text.contains('{') {
                    wrong.push(format!("{text}: {refusal:?}"));
                }
                continue;
            }
        };
        if found != (case["matches"] == true) && !text.contains('\'') {
            wrong.push(format!("{text}: found {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
