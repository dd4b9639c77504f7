//! ES|QL's WHERE and STATS on generated tables against a model of their own: three-valued logic,
//! cells of no, one and several values, groups by cells of several.
//!
//! The model shares nothing with the evaluator: conditions are trees that print themselves as ES|QL
//! and judge a row by the definition.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use trapline::event::{Timestamp, mapping};
use trapline::search::Indices;

/// A row: numbers, words, and whether the third column is true; each may be missing.
#[derive(Debug, Clone)]
struct Row {
    numbers: Vec<i64>,
    words: Vec<&'static str>,
    flag: Option<bool>,
}

const WORDS: [&str; 3] = ["x", "y", "z"];

#[derive(Debug, Clone)]
enum Condition {
    Number(&'static str, i64),
    Word(&'static str, &'static str),
    WordIn(Vec<Option<&'static str>>),
    Flag,
    IsNull(&'static str),
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
}

impl Condition {
    fn text(&self) -> String {
        match self {
            Self::Number(operator, number) => format!("n {operator} {number}"),
            Self::Word(operator, word) => format!("w {operator} \"{word}\""),
            Self::WordIn(words) => {
                let words: Vec<String> = words
                    .iter()
                    .map(|word| word.map_or("null".to_owned(), |word| format!("\"{word}\"")))
                    .collect();
                format!("w IN ({})", words.join(", "))
            }
            Self::Flag => "f".to_owned(),
            Self::IsNull(column) => format!("{column} IS NULL"),
            Self::Not(inner) => format!("NOT ({})", inner.text()),
            Self::And(a, b) => format!("({}) AND ({})", a.text(), b.text()),
            Self::Or(a, b) => format!("({}) OR ({})", a.text(), b.text()),
        }
    }

    /// True, false or unknown.
    fn judge(&self, row: &Row) -> Option<bool> {
        match self {
            Self::Number(operator, number) => {
                let [own] = row.numbers.as_slice() else {
                    return None;
                };
                Some(match *operator {
                    "==" => own == number,
                    "!=" => own != number,
                    "<" => own < number,
                    _ => own >= number,
                })
            }
            Self::Word(operator, word) => {
                let [own] = distinct(&row.words)[..] else {
                    return None;
                };
                Some((own == *word) == (*operator == "=="))
            }
            Self::WordIn(words) => {
                let [own] = distinct(&row.words)[..] else {
                    return None;
                };
                if words.contains(&Some(own)) {
                    Some(true)
                } else if words.contains(&None) {
                    None
                } else {
                    Some(false)
                }
            }
            Self::Flag => row.flag,
            Self::IsNull(column) => Some(match *column {
                "n" => row.numbers.is_empty(),
                "w" => row.words.is_empty(),
                _ => row.flag.is_none(),
            }),
            Self::Not(inner) => inner.judge(row).map(|value| !value),
            Self::And(a, b) => match (a.judge(row), b.judge(row)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Or(a, b) => match (a.judge(row), b.judge(row)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
        }
    }
}

/// Words as they come out of storage.
fn distinct(words: &[&'static str]) -> Vec<&'static str> {
    let set: BTreeSet<&'static str> = words.iter().copied().collect();
    set.into_iter().collect()
}

fn row() -> impl Strategy<Value = Row> {
    let numbers = prop::collection::vec(-2_i64..4, 0..4);
    let words = prop::collection::vec(prop::sample::select(&WORDS[..]), 0..3);
    let flag = prop::option::of(any::<bool>());
    (numbers, words, flag).prop_map(|(numbers, words, flag)| Row {
        numbers,
        words,
        flag,
    })
}

fn condition() -> impl Strategy<Value = Condition> {
    let word = || prop::sample::select(&WORDS[..]);
    let leaf = prop_oneof![
        (
            prop::sample::select(&["==", "!=", "<", ">="][..]),
            -2_i64..4
        )
            .prop_map(|(operator, number)| Condition::Number(operator, number)),
        (prop::sample::select(&["==", "!="][..]), word())
            .prop_map(|(operator, word)| Condition::Word(operator, word)),
        prop::collection::vec(prop::option::of(word()), 1..3).prop_map(Condition::WordIn),
        Just(Condition::Flag),
        prop::sample::select(&["n", "w", "f"][..]).prop_map(Condition::IsNull),
    ];
    leaf.prop_recursive(4, 16, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| Condition::Not(Box::new(a))),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| Condition::And(Box::new(a), Box::new(b))),
            (inner.clone(), inner).prop_map(|(a, b)| Condition::Or(Box::new(a), Box::new(b))),
        ]
    })
}

fn answer(rows: &[Row], query: &str) -> Vec<Json> {
    let mapping = r#"{"t":{"mappings":{"properties":{"i":{"type":"long"},"n":{"type":"long"},
        "w":{"type":"keyword"},"f":{"type":"boolean"}}}}}"#;
    let mut indices = Indices::mapped(mapping::parse(mapping).unwrap());
    for (number, row) in rows.iter().enumerate() {
        let document = json!({"i": number, "n": row.numbers, "w": row.words, "f": row.flag});
        indices.add_line(&document.to_string(), "t").unwrap();
    }
    let rows = indices.answer(query, Timestamp::default());
    let rows = rows.unwrap_or_else(|refusal| panic!("{query}: {refusal:?}"));
    rows.body()["values"].as_array().unwrap().clone()
}

/// What the model says that the aggregates of a group are, as the answer has it.
fn aggregates(rows: &[&Row], filter: &Condition) -> Vec<Json> {
    let numbers = || rows.iter().flat_map(|row| &row.numbers).copied();
    let filtered: Vec<&&Row> = rows
        .iter()
        .filter(|row| filter.judge(row) == Some(true))
        .collect();
    let different: BTreeSet<i64> = numbers().collect();
    let null_or = |value: Option<i64>| value.map_or(Json::Null, Json::from);
    let any = numbers().next().is_some();
    vec![
        json!(rows.len()),
        json!(numbers().count()),
        null_or(any.then(|| numbers().sum())),
        null_or(numbers().min()),
        null_or(numbers().max()),
        json!(different.len()),
        json!(filtered.len()),
        null_or(filtered.iter().flat_map(|row| &row.numbers).copied().max()),
    ]
}

fn stats(filter: &Condition) -> String {
    let filter = filter.text();
    let mut text = String::from(
        "STATS c = COUNT(*), v = COUNT(n), s = SUM(n), lo = MIN(n), hi = MAX(n), d = COUNT_DISTINCT(n)",
    );
    let _ = write!(
        text,
        ", fc = COUNT(*) WHERE {filter}, fm = MAX(n) WHERE {filter}"
    );
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn where_keeps_the_rows_of_which_the_condition_is_true(
        rows in prop::collection::vec(row(), 0..12),
        condition in condition(),
    ) {
        let query = format!("FROM t | WHERE {} | KEEP i | LIMIT 100", condition.text());
        let found: Vec<i64> = answer(&rows, &query).iter().map(|row| row[0].as_i64().unwrap()).collect();
        let expected: Vec<i64> = (0_i64..)
            .zip(&rows)
            .filter(|(_, row)| condition.judge(row) == Some(true))
            .map(|(number, _)| number)
            .collect();
        prop_assert_eq!(found, expected, "{}", query);
    }

    #[test]
    fn a_group_has_the_rows_of_each_of_its_values(
        rows in prop::collection::vec(row(), 0..12),
        filter in condition(),
        by in prop::sample::select(&["", "w", "w, f"][..]),
    ) {
        let by_text = if by.is_empty() { String::new() } else { format!(" BY {by}") };
        let query = format!("FROM t | {}{by_text} | LIMIT 100", stats(&filter));
        let mut found: Vec<String> = answer(&rows, &query).iter().map(Json::to_string).collect();
        found.sort();
        let mut expected = Vec::new();
        let mut keys: BTreeSet<(Option<&str>, Option<bool>)> = BTreeSet::new();
        for row in &rows {
            let words = distinct(&row.words);
            let words: Vec<Option<&str>> =
                if words.is_empty() { vec![None] } else { words.into_iter().map(Some).collect() };
            keys.extend(words.into_iter().map(|word| (word, row.flag)));
        }
        if by == "w" {
            keys = keys.into_iter().map(|(word, _)| (word, None)).collect();
        }
        if by.is_empty() {
            let all: Vec<&Row> = rows.iter().collect();
            expected.push(Json::from(aggregates(&all, &filter)).to_string());
        } else {
            for (word, flag) in keys {
                let of_word = |row: &&Row| match word {
                    Some(word) => row.words.contains(&word),
                    None => row.words.is_empty(),
                };
                let of_flag = |row: &&Row| by == "w" || row.flag == flag;
                let group: Vec<&Row> = rows.iter().filter(of_word).filter(of_flag).collect();
                let mut cells = aggregates(&group, &filter);
                cells.push(json!(word));
                if by == "w, f" {
                    cells.push(json!(flag));
                }
                expected.push(Json::from(cells).to_string());
            }
        }
        expected.sort();
        prop_assert_eq!(found, expected, "{}", query);
    }
}
