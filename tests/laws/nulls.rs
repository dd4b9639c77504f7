//! Whole conditions over documents with and without values: what a missing value, a literal null
//! and an unmapped optional field make of each kind of leaf and of its `not`.

use serde_json::json;
use trapline::event::mapping;
use trapline::language::eql::OptionalFields;
use trapline::search::{Index, Parameters};

/// `s` and `n` are mapped; the first document has both, the second neither.
fn index() -> Index {
    let text = r#"{"properties": {"@timestamp": {"type": "date"}, "d": {"type": "date"},
        "s": {"type": "keyword"}, "n": {"type": "long"}, "b": {"type": "boolean"},
        "ip": {"type": "ip"}}}"#;
    let mut index = Index::mapped(mapping::parse(text).unwrap());
    let documents = [
        json!({"_id": "1", "@timestamp": 1, "d": 5, "s": "Foo", "n": 7, "b": true, "ip": "10.0.0.1"}),
        json!({"_id": "2", "@timestamp": 2}),
    ];
    for document in documents {
        index.add(document.as_object().unwrap().clone());
    }
    index
}

fn ids(index: &Index, condition: &str, optional: OptionalFields) -> String {
    let parameters = Parameters {
        optional,
        ..Parameters::default()
    };
    match index.search(&format!("any where {condition}"), &parameters) {
        Ok(body) => {
            let events = body["hits"]["events"].as_array().unwrap();
            events
                .iter()
                .map(|event| event["_id"].as_str().unwrap())
                .collect()
        }
        Err(refusal) => format!("{refusal:?}"),
    }
}

fn check(cases: &[(&str, &str)], optional: OptionalFields) {
    let index = index();
    let mut wrong = Vec::new();
    for (condition, expected) in cases {
        let found = ids(&index, condition, optional);
        if found != *expected {
            wrong.push(format!(
                "{condition}: expected `{expected}`, found `{found}`"
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Conditions that no unmapped field is in: the same in both modes.
const MAPPED: &[(&str, &str)] = &[
    ("s == \"Foo\"", "1"),
    ("s != \"Foo\"", "2"),
    ("not s != \"Foo\"", "1"),
    ("s == null", "2"),
    ("null == s", "2"),
    ("s != null", "1"),
    ("null != s", "1"),
    ("not s == null", "1"),
    ("b", "1"),
    ("not b", "2"),
    ("b == false", ""),
    ("b != true", "2"),
    ("s : \"*\"", "1"),
    ("not s : \"*\"", "2"),
    ("n > 6", "1"),
    ("not n > 6", "2"),
    ("n > null", ""),
    ("not n > null", ""),
    ("null < n", ""),
    ("n + 1 == 8", "1"),
    ("n + 1 != 8", "2"),
    ("n + null == null", "12"),
    ("add(n, null) == 5", ""),
    ("concat(s, null) == null", "12"),
    ("concat(s, \"x\") == null", "2"),
    ("length(s) == 3", "1"),
    ("not length(s) == 3", "2"),
    ("indexOf(s, \"z\") == null", "12"),
    ("indexOf(s, \"F\") == null", "2"),
    ("indexOf(s, \"o\", null) == 1", "1"),
    ("substring(s, null) == \"Foo\"", "1"),
    ("substring(s, 1, null) == \"oo\"", "1"),
    ("number(string(n), null) == 7", "1"),
    // A list: null is equal to nothing and left out.
    ("s in (\"Foo\", null)", "1"),
    ("s not in (\"Foo\", null)", "2"),
    ("s in (\"\", null)", ""),
    ("n in (7, null)", "1"),
    ("length(s) in (3, null)", "1"),
    ("s in (null)", ""),
    ("s not in (null)", ""),
    ("n in (null, null)", ""),
    // Dates and addresses in lists are written as they are for `==`.
    ("d == 5", "1"),
    ("d == \"1970-01-01\"", "1"),
    ("ip == \"10.0.0.1\"", "1"),
    ("ip == \"10.0.0.0/8\"", "1"),
    ("ip != \"10.0.0.0/8\"", "2"),
    // Constants, and null above them.
    ("true", "12"),
    ("null", ""),
    ("not null", ""),
    ("null == null", "12"),
    ("null != null", ""),
    ("true and null", ""),
    ("true or null", "12"),
    ("b or null", "1"),
    ("null or b", "1"),
    ("1 > null", ""),
    ("not 1 > null", ""),
    ("not length(null) > 1", ""),
    ("not null in (1)", ""),
    ("length(null) == null", "12"),
    ("indexOf(\"a\", \"z\") == null", "12"),
    ("indexOf(\"a\", \"a\") == null", ""),
    ("substring(\"hello\", null) == \"hello\"", "12"),
    ("number(\"7\", null) == n", "1"),
    ("1 == 1.0", "12"),
    ("1 == null", ""),
    ("1 != null", "12"),
    // A boolean compared with a boolean is the condition itself; with null it is a value.
    ("(n > 6) == true", "1"),
    ("(n > 6) == false", "2"),
    ("(n > 6) == null", "2"),
    ("null == (n > 6)", "2"),
    ("(n > 6) != null", "1"),
    ("true == (s in (\"Foo\", \"Bar\"))", "1"),
    ("string(cidrMatch(ip, \"10.0.0.0/8\")) : \"true\"", "1"),
    ("cidrMatch(ip, \"10.0.0.0/8\") != true", "2"),
];

#[test]
fn missing_values_and_literal_nulls_decide_as_on_a_cluster() {
    check(MAPPED, OptionalFields::Missing);
    check(MAPPED, OptionalFields::Folded);
}

#[test]
fn an_unmapped_optional_field_is_missing() {
    let cases = [
        ("?u == null", "12"),
        ("?u != null", ""),
        ("?u == \"x\"", ""),
        ("not ?u == \"x\"", "12"),
        ("not ?u : \"x\"", "12"),
        ("not ?u in (\"x\")", "12"),
        ("not startsWith(?u, \"x\")", "12"),
        ("not length(?u) > 1", "12"),
        ("b and not ?u : \"x\"", "1"),
        ("b or ?u : \"x\"", "1"),
        ("?u", ""),
        ("not ?u", "12"),
    ];
    check(&cases, OptionalFields::Missing);
}

#[test]
fn an_unmapped_optional_field_folds_kind_by_kind() {
    let cases = [
        ("?u == null", "12"),
        ("?u != null", ""),
        ("?u == ?v", "12"),
        ("?u != ?v", ""),
        ("?u == \"x\"", ""),
        ("not ?u == \"x\"", "12"),
        ("?u != \"x\"", "12"),
        ("s == ?u", "2"),
        ("?u == s", "2"),
        ("s != ?u", "1"),
        ("not ?u : \"*\"", "12"),
        ("not ?u like \"x\"", "12"),
        ("not ?u : \"x\"", ""),
        ("not ?u : \"x*\"", ""),
        ("not ?u : (\"x\", \"*\")", "12"),
        ("not ?u in (\"x\")", ""),
        ("not ?u > 5", ""),
        ("not startsWith(?u, \"x\")", ""),
        ("not length(?u) > 1", ""),
        ("not length(?u) == 1", "12"),
        ("not ?u", ""),
        ("b and not ?u : \"x\"", ""),
        ("b and not (?u : \"x\" or s == \"Bar\")", "1"),
        ("b or ?u : \"x\"", "1"),
        // A function of a mapped field as well is no constant: a script, and null there is false.
        ("not concat(s, ?u) : \"x\"", "12"),
        ("concat(s, ?u) == null", "12"),
        ("substring(\"hello\", ?u) == \"hello\"", "12"),
    ];
    check(&cases, OptionalFields::Folded);
}
