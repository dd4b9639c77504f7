//! Elasticsearch's own ES|QL test suite, the part of it that lies in `../shared/conformance/esql`.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value as Json;
use trapline::event::Timestamp;
use trapline::event::mapping;
use trapline::search::Indices;

use crate::shared::shared;

/// What NOW() is: after every date of the suite.
const NOW: Timestamp = Timestamp::from_millis(1_735_689_600_000);

/// The cases that fail, by name. The list may only become shorter.
const AWAITED: &[&str] = &[];

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn every_case_of_the_suite_gives_the_expected_rows() {
    let Some(folder) = shared("conformance/esql") else {
        return;
    };
    let indices = indices(&folder);
    let tests = fs::read_to_string(folder.join("tests.ndjson")).unwrap();
    let (mut count, mut wrong) = (0, BTreeMap::new());
    for line in tests.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        if case["approximate"] == true || !case["tie"].is_null() {
            continue;
        }
        count += 1;
        if let Err(reason) = judge(&case, &indices) {
            let name = format!("{}/{}", text(&case["file"]), text(&case["name"]));
            wrong.insert(name, format!("{reason}\n    {}", text(&case["query"])));
        }
    }
    println!("{} of {count} cases pass", count - wrong.len());
    for name in AWAITED {
        assert!(
            wrong.remove(*name).is_some(),
            "{name} passes: take it from the list"
        );
    }
    let told: Vec<String> = wrong
        .iter()
        .map(|(name, reason)| format!("{name}: {reason}"))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {count} differ:\n{}",
        wrong.len(),
        told.join("\n")
    );
}

fn text(json: &Json) -> &str {
    json.as_str().unwrap_or("")
}

fn indices(folder: &std::path::Path) -> Indices {
    let names = [
        "employees",
        "hosts",
        "sample_data",
        "sample_data_str",
        "sample_data_ts_long",
    ];
    let mappings = names.iter().flat_map(|name| {
        let file = folder.join(format!("mappings/{name}.json"));
        mapping::parse(&fs::read_to_string(file).unwrap()).unwrap()
    });
    let mut indices = Indices::mapped(mappings.collect());
    for name in names {
        let documents = fs::read_to_string(folder.join(format!("data/{name}.ndjson"))).unwrap();
        for line in documents.lines() {
            let taken = indices.add_line(line, name).unwrap();
            assert!(!taken.refused, "{taken:?}");
        }
    }
    indices
}

fn judge(case: &Json, indices: &Indices) -> Result<(), String> {
    let answer = indices
        .answer(text(&case["query"]), NOW)
        .map_err(|refusal| format!("refused: {refusal:?}"))?;
    let body = answer.body();
    columns(&case["columns"], &body["columns"])?;
    rows(case, &body["values"])?;
    for warning in case["warnings"].as_array().unwrap() {
        let warning = text(warning);
        if !answer
            .outcome
            .warnings
            .iter()
            .any(|own| own.to_string() == warning)
        {
            return Err(format!(
                "no warning `{warning}` among {:?}",
                answer.outcome.warnings
            ));
        }
    }
    Ok(())
}

fn columns(expected: &Json, found: &Json) -> Result<(), String> {
    let described = |columns: &Json| -> Vec<String> {
        let columns = columns.as_array().unwrap();
        columns
            .iter()
            .map(|column| {
                let data_type = text(&column["type"]).replace("text", "keyword");
                format!("{}:{data_type}", text(&column["name"]))
            })
            .collect()
    };
    let (expected, found) = (described(expected), described(found));
    if expected == found {
        return Ok(());
    }
    Err(format!("columns {found:?} instead of {expected:?}"))
}

fn rows(case: &Json, found: &Json) -> Result<(), String> {
    let uses_values = text(&case["query"]).to_lowercase().contains("values(");
    let shown = |rows: &Json| -> Vec<String> {
        let rows = rows.as_array().unwrap().iter();
        let cell = |cell: &Json| match cell {
            Json::Array(values) => {
                let mut values: Vec<String> = values.iter().map(one).collect();
                if uses_values {
                    values.sort();
                }
                format!("[{}]", values.join(","))
            }
            other => one(other),
        };
        let mut rows: Vec<String> = rows
            .map(|row| {
                let cells: Vec<String> = row.as_array().unwrap().iter().map(cell).collect();
                cells.join(" | ")
            })
            .collect();
        if case["ignore_order"] == true {
            rows.sort();
        }
        rows
    };
    let (expected, found) = (shown(&case["rows"]), shown(found));
    if expected == found {
        return Ok(());
    }
    let differ = expected.iter().zip(&found).find(|(a, b)| a != b);
    Err(format!(
        "{} rows instead of {}, the first difference: {differ:?}",
        found.len(),
        expected.len()
    ))
}

/// A value; doubles to 12 digits.
fn one(value: &Json) -> String {
    match value {
        Json::Number(number) => {
            let text = number.to_string();
            if text.contains(['.', 'e', 'E']) {
                format!("{:.11e}", text.parse::<f64>().unwrap())
            } else {
                text
            }
        }
        // The suite leaves out milliseconds that are zero.
        other => other.to_string().replace(".000Z", "Z"),
    }
}
