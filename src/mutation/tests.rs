//! The mutants of small queries.

use super::operators::mutants;
use crate::compile::Syntax;
use crate::language::eql;

fn changes(query: &str) -> Vec<String> {
    let parsed = eql::parse(query);
    let query = parsed.query.unwrap();
    mutants(&query)
        .into_iter()
        .map(|one| format!("{}: {} → {}", one.operator.word(), one.before, one.after))
        .collect()
}

fn queries(query: &str) -> Vec<String> {
    let parsed = eql::parse(query);
    let query = parsed.query.unwrap();
    let rule = Syntax::Eql(query.clone());
    mutants(&query)
        .iter()
        .map(|one| one.query(&rule).to_string())
        .collect()
}

#[test]
fn a_conjunction_loses_each_clause_and_each_is_negated() {
    insta::assert_snapshot!(
        changes("process where a == \"x\" and not b : (\"?:\\\\y*\", \"z\")").join("\n")
    );
}

#[test]
fn numbers_move_by_one_and_maxspan_is_scaled() {
    insta::assert_snapshot!(changes("sequence by h, u with maxspan=3s [a where p >= 10] [b where true] with runs=2 until [c where true]").join("\n"));
}

#[test]
fn a_change_keeps_the_tree_flat_so_that_it_parses_back() {
    for text in
        queries("any where (a == 1 or b == 2) and c == 3 and not (d == 4 and e in (\"x\", \"y\"))")
    {
        let parsed = eql::parse(&text);
        assert!(parsed.errors.is_empty(), "{text}");
        assert_eq!(parsed.query.unwrap().to_string(), text);
    }
}

#[test]
fn no_two_mutants_are_the_same_query() {
    let mut all = queries("any where a : (\"x*\", \"y?\") and (b == 1 or c == 2)");
    let before = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), before);
}
