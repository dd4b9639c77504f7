//! The evaluator and the engine find the sequences and samples that the naive oracle finds: on
//! streams with few hosts, equal timestamps, keys that are absent or have several values, runs,
//! `until` and missing events.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use trapline::event::schema::Origin;
use trapline::event::{Event, FieldType, Mapping, Schema, Timestamp, Value};
use trapline::language::eql::{self, OptionalFields, RequestFieldNames};
use trapline::plan::Plan;

use crate::engine::{Said, by_engine, by_evaluate};
use crate::sequence_oracle::{
    self as oracle, Doc, Field, Key, KeyValue, Sort, Spec, Stage, Standing,
};
use crate::sequence_streams::{documents, sample, sequence};
use crate::shared::shared;

/// When the first document of a stream may be.
const START: i64 = 1_700_000_000_000;

impl Field {
    fn name(self) -> &'static str {
        match self {
            Self::K => "k",
            Self::U => "u",
            Self::N => "n",
            Self::D => "d",
        }
    }
}

fn by(keys: &[Key]) -> String {
    if keys.is_empty() {
        return String::new();
    }
    let mark = |key: &Key| if key.optional { "?" } else { "" };
    let names = keys
        .iter()
        .map(|key| format!("{}{}", mark(key), key.field.name()));
    format!(" by {}", names.collect::<Vec<_>>().join(", "))
}

/// The query that a spec stands for.
fn query(spec: &Spec) -> String {
    let mut query = String::from(if spec.sample { "sample" } else { "sequence" });
    query += &by(&spec.keys);
    if let Some(maxspan) = spec.maxspan {
        let _ = write!(query, " with maxspan={maxspan}ms");
    }
    for stage in &spec.stages {
        query += match stage.sort {
            Sort::Positive => " [",
            Sort::Missing => " ![",
            Sort::Until => " until [",
        };
        let letters: Vec<String> = stage.letters.chars().map(|l| format!("\"{l}\"")).collect();
        let not = if stage.negated { "not " } else { "" };
        let category = stage.category.unwrap_or("any");
        let _ = write!(
            query,
            "{category} where letter {not}in ({})]",
            letters.join(", ")
        );
        query += &by(&stage.keys);
        if stage.runs > 1 {
            let _ = write!(query, " with runs={}", stage.runs);
        }
    }
    query
}

/// A document as its line of JSON.
fn line(doc: &Doc) -> String {
    let mut object = serde_json::Map::new();
    if let Some(millis) = doc.millis {
        object.insert("@timestamp".to_owned(), (START + millis).into());
    }
    if let Some(tiebreaker) = doc.tiebreaker {
        object.insert("seq".to_owned(), tiebreaker.into());
    }
    let letters: Vec<String> = doc.letters.chars().map(String::from).collect();
    #[expect(clippy::cast_precision_loss, reason = "a handful of tenths")]
    let tenths: Vec<f64> = doc.d.iter().map(|d| *d as f64 / 10.0).collect();
    for (path, values) in [
        ("event.category", serde_json::json!(doc.categories)),
        ("letter", serde_json::json!(letters)),
        ("k", serde_json::json!(doc.k)),
        ("u", serde_json::json!(doc.u)),
        ("n", serde_json::json!(doc.n)),
        ("d", serde_json::json!(tenths)),
    ] {
        object.insert(path.to_owned(), values);
    }
    serde_json::Value::Object(object).to_string()
}

fn schema() -> Schema {
    let mut mapping = Mapping::new("m");
    for (path, name) in [
        ("@timestamp", "date"),
        ("event.category", "keyword"),
        ("letter", "keyword"),
        ("k", "keyword"),
        ("u", "keyword"),
        ("n", "long"),
        ("d", "double"),
        ("seq", "long"),
    ] {
        mapping.add(path, FieldType::named(name), Origin::Declared);
    }
    Schema::new(vec![mapping])
}

fn plan(query: &str) -> Plan {
    let settings = RequestFieldNames {
        tiebreaker: Some("seq".to_owned()),
        ..RequestFieldNames::default()
    };
    let parsed = eql::parse(query);
    let syntax = parsed
        .query
        .unwrap_or_else(|| panic!("{query}: {:?}", parsed.errors));
    let checked = eql::check(&syntax, &schema(), &settings)
        .unwrap_or_else(|errors| panic!("{query}: {errors:?}"));
    eql::lower(&checked, OptionalFields::default(), Timestamp::default()).unwrap()
}

fn standing((documents, join): Said) -> Standing {
    let value = |value: Value| match &value {
        Value::Text(text) => KeyValue::Text(text.to_string()),
        number => {
            let text = number.to_string();
            let (whole, tenths) = text.split_once('.').unwrap_or((&text, "0"));
            KeyValue::Tenths(format!("{whole}{tenths}").parse().unwrap())
        }
    };
    let key = join.into_iter().map(|key| key.map(value)).collect();
    Standing { documents, key }
}

/// What the evaluator and the engine say, each.
fn said(query: &str, docs: &[Doc]) -> [Vec<Standing>; 2] {
    let plans = [plan(query)];
    let lines: Vec<String> = docs.iter().map(line).collect();
    let events: Vec<Event> = lines
        .iter()
        .map(|line| Event::from_json_line(line).unwrap())
        .collect();
    let evaluated = by_evaluate(&plans, &events).remove(0).unwrap();
    let found = by_engine(&plans, &lines).remove(0).unwrap();
    [evaluated, found].map(|said| said.into_iter().map(standing).collect())
}

/// The place of the last event of each result in the order of events.
fn ends(results: &[Standing], docs: &[Doc]) -> Vec<usize> {
    let order = oracle::in_order(docs);
    let end = |standing: &Standing| {
        let last = standing.documents.iter().rev().flatten().next().unwrap();
        order.iter().position(|index| index == last).unwrap()
    };
    results.iter().map(end).collect()
}

fn agree_on_sequences(spec: &Spec, docs: &[Doc], pipe: Pipe) -> usize {
    let mut expected = oracle::sequences(spec, docs);
    expected.sort_by_key(|standing| (ends(std::slice::from_ref(standing), docs), standing.clone()));
    let count = expected.len();
    let mut query = query(spec);
    // Which of two that end in the same event comes first is nowhere said.
    let expected_ends = ends(&expected, docs);
    if expected_ends.windows(2).all(|pair| pair[0] < pair[1]) {
        query += &pipe.text();
        expected = pipe.cut(expected);
    }
    for (who, mut found) in ["evaluator", "engine"].into_iter().zip(said(&query, docs)) {
        let ends_found = ends(&found, docs);
        assert!(ends_found.is_sorted(), "{who}, order: {query}\n{docs:#?}");
        found
            .sort_by_key(|standing| (ends(std::slice::from_ref(standing), docs), standing.clone()));
        assert_eq!(found, expected, "{who}: {query}\n{}", told(docs));
    }
    count
}

fn agree_on_samples(spec: &Spec, docs: &[Doc]) -> usize {
    let keys = oracle::sampled_keys(spec, docs);
    let query = query(spec);
    for (who, found) in ["evaluator", "engine"].into_iter().zip(said(&query, docs)) {
        let found_keys: Vec<_> = found.iter().map(|found| found.key.clone()).collect();
        assert_eq!(found_keys, keys, "{who}: {query}\n{}", told(docs));
        for found in &found {
            let right = oracle::is_sample(spec, docs, found);
            assert!(right, "{who}: {found:?} of {query}\n{}", told(docs));
        }
    }
    keys.len()
}

fn told(docs: &[Doc]) -> String {
    docs.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A pipe behind the query.
#[derive(Debug, Clone, Copy)]
enum Pipe {
    None,
    Head(usize),
    Tail(usize),
}

impl Pipe {
    fn text(self) -> String {
        match self {
            Self::None => String::new(),
            Self::Head(count) => format!(" | head {count}"),
            Self::Tail(count) => format!(" | tail {count}"),
        }
    }

    fn cut(self, mut results: Vec<Standing>) -> Vec<Standing> {
        match self {
            Self::None => results,
            Self::Head(count) => {
                results.truncate(count);
                results
            }
            Self::Tail(count) => results.split_off(results.len().saturating_sub(count)),
        }
    }
}

fn pipe() -> impl Strategy<Value = Pipe> {
    prop_oneof![
        6 => Just(Pipe::None),
        1 => (0..3_usize).prop_map(Pipe::Head),
        1 => (0..3_usize).prop_map(Pipe::Tail),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_sequences_are_those_of_the_naive_oracle(
        spec in sequence(), docs in documents(), pipe in pipe(),
    ) {
        agree_on_sequences(&spec, &docs, pipe);
    }

    #[test]
    fn generated_samples_are_those_of_the_naive_oracle(spec in sample(), docs in documents()) {
        agree_on_samples(&spec, &docs);
    }
}

#[test]
fn the_streams_hold_what_the_laws_are_about() {
    let [with, several, discarded, ended, sampled] = [const { Cell::new(0_u32) }; 5];
    let count = |cell: &Cell<u32>, is: bool| cell.set(cell.get() + u32::from(is));
    let mut runner = TestRunner::deterministic();
    let all = (sequence(), sample(), documents());
    let without = |spec: &Spec, sort: Sort| {
        let mut spec = spec.clone();
        spec.stages.retain(|stage| stage.sort != sort);
        spec
    };
    for _ in 0..1000 {
        let (spec, of_samples, docs) = all.new_tree(&mut runner).unwrap().current();
        let standing = oracle::sequences(&spec, &docs).len();
        count(&with, standing > 0);
        count(&several, standing > 2);
        let more = |sort| oracle::sequences(&without(&spec, sort), &docs).len() > standing;
        count(&discarded, more(Sort::Missing));
        count(&ended, more(Sort::Until));
        count(
            &sampled,
            !oracle::sampled_keys(&of_samples, &docs).is_empty(),
        );
    }
    let counts = [&with, &several, &discarded, &ended, &sampled].map(Cell::get);
    assert!(counts.iter().all(|count| *count >= 20), "{counts:?}");
}

/// A series as text: a line a stage with tokens `[key|]<letter><number>`, `U` for an event that
/// ends, `M` for one that must be missing, the number being the time in seconds.
fn series(lines: &[&str], maxspan: Option<i64>) -> (Spec, Vec<Doc>, Vec<u32>) {
    let letters = ["a", "b", "c", "d", "e"];
    let mut at: BTreeMap<u32, (Option<&'static str>, String)> = BTreeMap::new();
    let mut stages = Vec::new();
    for (line, letter) in lines.iter().zip(letters) {
        let mut sort = Sort::Positive;
        for token in line.split_whitespace() {
            let (key, event) = token.split_once('|').unwrap_or(("", token));
            let number: u32 = event[1..].parse().unwrap();
            match &event[..1] {
                "X" => continue,
                "U" => sort = Sort::Until,
                "M" => sort = Sort::Missing,
                _ => {}
            }
            let known = ["r", "u", "w", "x"].into_iter().find(|known| *known == key);
            let entry = at.entry(number).or_default();
            entry.0 = known;
            entry.1 += letter;
        }
        stages.push(Stage {
            sort,
            category: None,
            letters: letter,
            negated: false,
            keys: Vec::new(),
            runs: 1,
        });
    }
    let keyed = Key {
        field: Field::K,
        optional: true,
    };
    let spec = Spec {
        sample: false,
        keys: vec![keyed],
        maxspan: maxspan.map(|seconds| seconds * 1000),
        stages,
    };
    let mut docs = Vec::new();
    let numbers = at.keys().copied().collect();
    for (number, (key, letters)) in at {
        docs.push(Doc {
            millis: Some(i64::from(number) * 1000),
            k: key.into_iter().map(Some).collect(),
            letters: Box::leak(letters.into_boxed_str()),
            ..Doc::default()
        });
    }
    (spec, docs, numbers)
}

/// The numbers of the events of each sequence that stands, by oracle, evaluator and engine alike.
fn numbers(lines: &[&str], maxspan: Option<i64>) -> Vec<Vec<u32>> {
    let (spec, docs, numbers) = series(lines, maxspan);
    agree_on_sequences(&spec, &docs, Pipe::None);
    let mut standing = oracle::sequences(&spec, &docs);
    standing.sort_by_key(|standing| ends(std::slice::from_ref(standing), &docs));
    let named = |standing: Standing| {
        let present = standing.documents.into_iter().flatten();
        present.map(|index| numbers[index as usize]).collect()
    };
    standing.into_iter().map(named).collect()
}

/// A series, its span, and the sequences in it.
type Worked<'a> = (&'a [&'a str], Option<i64>, &'a [&'a [u32]]);

#[test]
fn the_oracle_knows_the_worked_examples() {
    let cases: [Worked; 21] = [
        (&["A1 A2", "B3"], None, &[&[2, 3]]),
        (&["A1", "B2 B3"], None, &[&[1, 2]]),
        (&["A1 A2", "B3 B4"], None, &[&[2, 3]]),
        (&["A1 A3", "B2 B4"], None, &[&[1, 2], &[3, 4]]),
        (&["A1 A2 A4", "B3 B5 B6", "C7 C8"], None, &[&[4, 5, 7]]),
        (&["A1", "B2 B4", "C3 C5"], None, &[&[1, 2, 3]]),
        (
            &["A1 A2 A3 A4", "B1 B2 B3 B4", "C1 C2 C3 C4"],
            None,
            &[&[1, 2, 3], &[2, 3, 4]],
        ),
        (&["A2", "B1"], None, &[]),
        (&["A1", "B3", "U2"], None, &[]),
        (&["A1", "B2", "C4", "U3"], None, &[]),
        (&["A1 A3", "B4", "U2"], None, &[&[3, 4]]),
        // Until: from the last event of the partial inclusive to the next exclusive.
        (&["A1", "B2", "U1"], None, &[]),
        (&["A1", "B2", "U2"], None, &[&[1, 2]]),
        // The span is inclusive; a partial that is too old is consumed all the same.
        (&["A1 A2", "B4"], Some(2), &[&[2, 4]]),
        (&["A1 A2", "B4"], Some(1), &[]),
        // Missing events between, behind, before, and on both sides.
        (&["A1", "M2", "C3"], Some(9), &[]),
        (&["A1", "C2", "M5"], Some(3), &[&[1, 2]]),
        (&["M1", "B2", "C5"], Some(3), &[&[2, 5]]),
        (&["M1", "B2", "C3", "M9"], Some(3), &[&[2, 3]]),
        (&["M1", "B2", "C3", "M4"], Some(3), &[]),
        (&["M1", "B2", "C3", "M4"], Some(2), &[&[2, 3]]),
    ];
    for (lines, maxspan, expected) in cases {
        assert_eq!(numbers(lines, maxspan), expected, "{lines:?}");
    }
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn the_oracle_agrees_with_the_cases_of_elasticsearch() {
    let Some(folder) = shared("conformance") else {
        return;
    };
    let text = fs::read_to_string(folder.join("sequences.series-spec")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("//"));
    let text: Vec<&str> = lines.collect();
    let text = text.join("\n");
    let mut parts = text.split(';').map(str::trim);
    let mut count = 0;
    while let (Some(case), Some(expected)) = (parts.next(), parts.next()) {
        let mut lines = case.lines().filter(|line| !line.trim().is_empty());
        let name = lines.next().unwrap();
        let stages: Vec<&str> = lines.collect();
        let number = |token: &str| {
            let event = token.rsplit('|').next().unwrap();
            event[1..].parse::<u32>().unwrap()
        };
        let expected = expected.lines().filter(|line| !line.trim().is_empty());
        let expected: Vec<Vec<u32>> = expected
            .map(|line| line.split_whitespace().map(number).collect())
            .collect();
        assert_eq!(numbers(&stages, None), expected, "{name}");
        count += 1;
    }
    assert!(count > 20, "{count}");
}
