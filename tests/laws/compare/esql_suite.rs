//! The rows of Elasticsearch's ES|QL suite through `compare`, as answers of `_query`.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use trapline::rule::Rule;

use super::recorded::{Answered, Tally, whole, with_indices};
use super::rule;
use crate::shared::shared;

/// The indices that have times, each with the field of them.
const INDICES: [(&str, &str); 3] = [
    ("employees", "hire_date"),
    ("sample_data", "@timestamp"),
    ("sample_data_str", "@timestamp"),
];

/// How many rows are asked for: more than any answer has.
const SIZE: u32 = 5_000;

/// The cases over one index alone, without those that read the clock, which are not compared.
fn cases(folder: &Path, index: &str) -> Vec<Json> {
    let tests = std::fs::read_to_string(folder.join("tests.ndjson")).unwrap();
    let cases = tests
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let cases = cases.filter(|case: &Json| {
        let query = case["query"].as_str().unwrap().to_lowercase();
        let mut words = query.split(|at: char| at.is_whitespace() || at == '|' || at == ',');
        let is_of_index =
            words.next() == Some("from") && words.find(|word| !word.is_empty()) == Some(index);
        let from = query.split('|').next().unwrap_or_default();
        let is_of_index = is_of_index && !from.contains(',') && !query.contains("now(");
        let is_exact = case["approximate"] != true && case["tie"].is_null();
        is_of_index && is_exact
    });
    cases.collect()
}

fn rule_of(case: &Json, number: usize, time: &str) -> (String, Arc<Rule>) {
    rule(
        &format!("{}-{number}", case["name"].as_str().unwrap()),
        &format!(
            "type = 'esql'\nlanguage = 'esql'\ntimestamp_override = '{time}'\n\
             timestamp_override_fallback_disabled = true\nquery = {}",
            // A JSON text is a basic string of TOML.
            case["query"],
        ),
    )
}

/// The recorded rows as `_query` answers them: the suite leaves out milliseconds that are zero.
fn body(case: &Json) -> Json {
    let columns = case["columns"].as_array().unwrap();
    let cell = |(cell, column): (&Json, &Json)| match cell.as_str() {
        Some(time) if column["type"] == "date" && !time.contains('.') => {
            json!(time.replace('Z', ".000Z"))
        }
        _ => cell.clone(),
    };
    let rows = case["rows"].as_array().unwrap().iter();
    let row = |row: &Json| -> Json {
        let cells = row.as_array().unwrap().iter();
        cells.zip(columns).map(cell).collect()
    };
    json!({"columns": columns, "values": rows.map(row).collect::<Json>(), "is_partial": false})
}

/// Another value of the same kind.
fn other(value: &Json) -> Json {
    match value {
        Json::Null => json!("other"),
        Json::Bool(value) => json!(!value),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => json!(whole.wrapping_add(1)),
            None => json!(number.as_f64().unwrap() * 1.000_01 + 0.1),
        },
        Json::String(text) => json!(format!("{text}x")),
        Json::Array(values) => json!(values[1..]),
        Json::Object(_) => Json::Null,
    }
}

/// The answer with a row less, one twice, and another value in each column.
fn mutants(body: &Json) -> Vec<(&'static str, Json)> {
    let mut mutants = Vec::new();
    let mut push = |what, change: &dyn Fn(&mut Vec<Json>)| {
        let mut body = body.clone();
        change(body["values"].as_array_mut().unwrap());
        mutants.push((what, body));
    };
    let rows = body["values"].as_array().unwrap();
    // The rows of a suite are alike; the first and the last show what a change of one does.
    let ends = [0, rows.len().saturating_sub(1)];
    for (number, row) in rows.iter().enumerate().filter(|(at, _)| ends.contains(at)) {
        push("one less", &|all| drop(all.remove(number)));
        push("one twice", &|all| all.push(row.clone()));
        for (column, value) in row.as_array().unwrap().iter().enumerate() {
            push("another value", &|all| all[number][column] = other(value));
        }
    }
    mutants
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn recorded_rows_of_the_suite_of_esql_are_equal_and_changed_ones_are_not() {
    let Some(folder) = shared("conformance/esql") else {
        return;
    };
    let mut tally = Tally::default();
    for (index, time) in INDICES {
        let lines = std::fs::read_to_string(folder.join(format!("data/{index}.ndjson"))).unwrap();
        let line = |line: &str| {
            let mut document: Json = serde_json::from_str(line).unwrap();
            document["_index"] = json!(index);
            format!("{document}\n")
        };
        let lines: String = lines.lines().map(line).collect();
        let cases = cases(&folder, index);
        let numbered = cases.iter().enumerate();
        let rules: Vec<_> = numbered
            .map(|(number, case)| rule_of(case, number, time))
            .collect();
        let mut answered = Vec::new();
        for (case, rule) in cases.iter().zip(&rules) {
            let body = body(case);
            for (what, body) in mutants(&body) {
                answered.push(Answered::new(rule, what, "different", body, SIZE));
            }
            let count = body["values"].as_array().unwrap().len();
            answered.extend(whole(rule, &body, SIZE, Some(count)));
        }
        let catalogue = with_indices(&folder.join("mappings"), &[index]);
        tally.add(&catalogue, &rules, &lines, &answered);
    }
    tally.check("ES|QL");
}
