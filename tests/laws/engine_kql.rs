//! The engine finds what the reference evaluator finds, for rules in KQL: over generated queries of
//! every kind of leaf, and documents with arrays, objects and arrays of objects.

use proptest::prelude::*;
use trapline::compile::{Query, Syntax};
use trapline::event::schema::Origin;
use trapline::event::{Event, FieldType, Mapping, Schema, Timestamp};
use trapline::language::eql::{OptionalFields, RequestFieldNames};
use trapline::plan::Plan;
use trapline::rule::Language;

use crate::engine::{by_engine, by_evaluate};

fn mapping() -> Mapping {
    let mut mapping = Mapping::new("m");
    for (path, name) in [
        ("@timestamp", "date"),
        ("event.category", "keyword"),
        ("p.name", "keyword"),
        ("p.line", "wildcard"),
        ("message", "match_only_text"),
        ("n", "long"),
        ("d", "double"),
        ("ip", "ip"),
        ("flag", "boolean"),
        ("other", "date"),
        ("flat", "flattened"),
        ("point", "geo_point"),
        ("rows", "nested"),
        ("rows.a", "keyword"),
        ("rows.n", "long"),
    ] {
        mapping.add(path, FieldType::named(name), Origin::Declared);
    }
    mapping
}

fn plan(text: &str, schema: &Schema) -> Option<Plan> {
    let syntax = Syntax::parse(Language::Kuery, text).ok()?;
    let query = Query {
        syntax: &syntax,
        schema,
        settings: &RequestFieldNames::default(),
        now: Timestamp::default(),
    };
    query.plan(OptionalFields::Missing).ok()
}

const LEAVES: &[&str] = &[
    "p.name : a",
    "p.name : \"A\"",
    "p.name : (a or \"b c\" or C)",
    "p.name : (not a)",
    "p.name : *",
    "p.name : a*",
    "p.name : *b*",
    "p.name : a?",
    "p.name >= b",
    "p.line : *x*y",
    "p.line : \"a x\"",
    "p.line : (*x* and *y*)",
    "p.* : b",
    "p.* : *",
    "message : power shell",
    "message : \"power shell\"",
    "message : pow*",
    "message : (shell and not power)",
    "message : *",
    "n : 2",
    "n : (1 or 3)",
    "n > 1",
    "n >= 1 and n < 3",
    "n : *",
    "d : 1.5",
    "d <= 1",
    "ip : 10.0.0.1",
    "ip : \"10.0.0.0/8\"",
    "ip : \"fe80::/10\"",
    "ip > 10.0.0.0",
    "flag : true",
    "not flag : false",
    "other >= \"2024-01-02\"",
    "other : \"2024-01-01\"",
    "other < \"2024-01-02||/d\"",
    "@timestamp > 1704067200001",
    "flat.key : a",
    "flat.key : *",
    "flat : b",
    "flat : *",
    "point : *",
    "not point : *",
    "rows : { a : x }",
    "rows : { a : x and n > 1 }",
    "rows : { a : (x or y) or not n : 1 }",
    "not rows : { a : x }",
    "unknown : *",
    "unknown : a",
    "not unknown : a",
    "event.category : process",
    "b",
    "\"power shell\"",
    "*",
];

fn query() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(LEAVES).prop_map(str::to_owned);
    leaf.prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| format!("not ({inner})")),
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|parts| format!("({})", parts.join(" and "))),
            prop::collection::vec(inner, 2..4)
                .prop_map(|parts| format!("({})", parts.join(" or "))),
        ]
    })
}

/// A field that is not there, null, one value or several.
fn field(
    name: &'static str,
    values: &'static [&'static str],
) -> impl Strategy<Value = Option<String>> {
    let value = || prop::sample::select(values);
    prop_oneof![
        2 => Just(None),
        5 => value().prop_map(Some).prop_map(|one| one.map(str::to_owned)),
        1 => Just(Some("null".to_owned())),
        2 => prop::collection::vec(value(), 0..3).prop_map(|all| Some(format!("[{}]", all.join(",")))),
    ]
    .prop_map(move |value| value.map(|value| format!("\"{name}\":{value}")))
}

fn line() -> impl Strategy<Value = String> {
    let fields = (
        field(
            "p.name",
            &[
                "\"a\"",
                "\"A\"",
                "\"b c\"",
                "\"ab\"",
                "\"\\u0061\"",
                "\"\"",
                "1",
            ],
        ),
        field("p.line", &["\"a x\"", "\"x\\ty\"", "\"axby\"", "\"y\""]),
        field(
            "message",
            &[
                "\"Power Shell\"",
                "\"shell power\"",
                "\"the powershell\"",
                "\"b\"",
                "7",
            ],
        ),
        field("n", &["1", "2", "3", "\"2\"", "2.0", "\"x\""]),
        field("d", &["1.5", "1", "\"0.5\"", "1e0"]),
        field(
            "ip",
            &[
                "\"10.0.0.1\"",
                "\"11.0.0.1\"",
                "\"fe80::1\"",
                "\"::ffff:10.0.0.1\"",
            ],
        ),
        field("flag", &["true", "false", "\"true\""]),
        field(
            "other",
            &[
                "\"2024-01-01T10:00:00Z\"",
                "\"2024-01-02\"",
                "1704153600000",
            ],
        ),
        field(
            "flat",
            &[
                "{\"key\":\"a\"}",
                "{\"key\":[\"b\",\"a\"]}",
                "{\"low\":\"b\"}",
            ],
        ),
        field(
            "point",
            &["{\"lat\":1,\"lon\":2}", "[2,1]", "\"1,2\"", "{}"],
        ),
        field(
            "rows",
            &[
                "{\"a\":\"x\",\"n\":1}",
                "{\"a\":\"y\",\"n\":2}",
                "{\"a\":[\"x\",\"y\"],\"n\":3}",
                "{\"n\":1}",
            ],
        ),
        field("event.category", &["\"process\"", "\"file\""]),
    );
    fields.prop_map(|(a, b, c, d, e, f, g, h, i, j, k, l)| {
        let fields = [a, b, c, d, e, f, g, h, i, j, k, l];
        fields.into_iter().flatten().collect::<Vec<_>>().join(",")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_agrees_with_the_evaluator_on_kql(
        queries in prop::collection::vec(query(), 1..6),
        fields in prop::collection::vec(line(), 1..20),
    ) {
        let lines: Vec<String> = (0_i64..)
            .zip(&fields)
            .map(|(number, fields)| {
                let more = if fields.is_empty() { "" } else { "," };
                format!("{{\"@timestamp\":{}{more}{fields}}}", 1_704_067_200_000 + number)
            })
            .collect();
        let events: Vec<Event> = lines.iter().map(|line| Event::from_json_line(line).unwrap()).collect();
        let schema = Schema::new(vec![mapping()]);
        let plans: Vec<Plan> = queries.iter().filter_map(|query| plan(query, &schema)).collect();
        prop_assert_eq!(plans.len(), queries.len());
        prop_assert_eq!(by_engine(&plans, &lines), by_evaluate(&plans, &events));
    }
}
