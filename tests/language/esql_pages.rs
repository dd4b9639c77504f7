//! The pages in `docs/language/esql/` say what ES|QL means, and this runs every statement of theirs:
//! an `esql` query over the index `events`, and the rows that it gives as JSON.

use serde_json::{Value as Json, json};
use trapline::event::{Timestamp, mapping};
use trapline::search::Indices;

use crate::statement_pages::{Given, error, folder};

#[test]
fn every_statement_of_the_pages_of_esql_holds() {
    folder("esql", (5, 0), &|kind, query, given| {
        (kind == "esql").then(|| answer(query, given))
    });
}

fn answer(query: &str, given: &Given) -> String {
    let mapping = json!({"events": {"mappings": {"properties": given.properties()}}});
    let mut indices = Indices::mapped(mapping::parse(&mapping.to_string()).unwrap());
    for line in given.events.lines() {
        indices.add_line(line, "events").unwrap();
    }
    let rows = match indices.answer(query, Timestamp::default()) {
        Ok(rows) => rows,
        Err(refusal) => return error(refusal),
    };
    let body: Json = rows.body();
    let values = body["values"].as_array().unwrap();
    if values.is_empty() {
        return "none".to_owned();
    }
    Json::from(values.clone()).to_string()
}
