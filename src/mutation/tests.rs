//! The mutants of small queries.

use super::Operator;
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

/// The operators of the changes of one clause.
fn operators(clause: &str) -> Vec<&'static str> {
    let parsed = eql::parse(&format!("any where {clause}"));
    let mutants = mutants(&parsed.query.unwrap());
    mutants.iter().map(|one| one.operator.word()).collect()
}

#[test]
fn a_value_that_no_event_has_in_another_case_is_not_written_in_one() {
    for clause in [
        "event.action == \"creation\"",
        "event.category in (\"process\", \"file\")",
        "event.outcome != \"success\"",
        "event.provider : \"Microsoft-Windows-Security-Auditing\"",
        "file.hash.sha256 == \"811a03a5d7c03802676d2613d741be690b3461022ea925eb6b2651a5be740a4c\"",
        "registry.data.type == \"REG_SZ\"",
        "winlog.logon.type : \"Network\"",
        "winlog.event_data.ObjectClass == \"dnsNode\"",
        "winlog.event_data.Properties : \"*5b47d60f-6090-40b2-9f37-2a4de88f3063*\"",
        "user.id like \"S-1-5-21-*-500\"",
        "process.Ext.api.name : \"VirtualAlloc\"",
        "kubernetes.audit.objectRef.resource == \"pods\"",
        "startsWith(process.entry_leader.entry_meta.type, \"ssh\")",
        "process.pid == 4",
    ] {
        assert!(!operators(clause).contains(&"case"), "{clause}");
    }
    for clause in [
        "process.name : \"cmd.exe\"",
        "process.name == \"code-tunnel.exe\"",
        "process.args : \"S-1-1-0\"",
        "user.domain == \"NT AUTHORITY\"",
        "winlog.logon.type : \"network\"",
        "process.Ext.token.integrity_level_name : \"System\"",
        "event.action : \"x\" and file.name : (\"4*\", \"a\")",
        "endsWith(client.user.email, \".gserviceaccount.com\")",
    ] {
        assert!(operators(clause).contains(&"case"), "{clause}");
    }
}

#[test]
fn a_pattern_in_other_words_is_not_made_twice() {
    let widened = |pattern: &str| {
        let clause = format!("any where file.name : \"{pattern}\"");
        let changes = changes(&clause);
        let widened = changes.iter().filter(|one| one.starts_with("widen"));
        widened.count()
    };
    // Behind it, before it, and one `*` among its `?`, wherever that is.
    assert_eq!(widened("????.dll"), 2 + 1);
    assert_eq!(widened("a???.dll"), 2 + 1);
    assert_eq!(widened("a?b?.dll"), 2 + 2);
    assert_eq!(widened("a?*.dll"), 2 + 1);
}

#[test]
fn mutants_that_one_case_catches_name_the_same_case() {
    let parsed = eql::parse(
        "any where process.name : (\"a*\", \"?:\\\\b*\") and process.args : \"c\" and \
         not (user.name : \"d*\" or file.name == \"e\")",
    );
    let mutants = mutants(&parsed.query.unwrap());
    let case = |operator: Operator, before: &str| {
        let found = mutants
            .iter()
            .find(|one| one.operator == operator && one.before.contains(before));
        found.unwrap().case.clone()
    };
    assert_eq!(
        case(Operator::DropItem, "\"a*\""),
        "a case that alerts only because of \"a*\", with text for each `*`"
    );
    assert_eq!(
        case(Operator::Narrow, "\"a*\""),
        case(Operator::DropItem, "\"a*\"")
    );
    assert!(case(Operator::Narrow, "b*").contains("another drive than C:"));
    assert_eq!(
        case(Operator::Widen, "\"a*\""),
        "a case with text before \"a*\", which must not alert"
    );
    assert_eq!(
        case(Operator::Widen, "\"d*\""),
        "a case with text before \"d*\", which must alert"
    );
    let capitals = "the attack with its values in capitals, which must alert";
    assert_eq!(case(Operator::Case, "process.args"), capitals);
    assert_eq!(case(Operator::Case, "process.name"), capitals);
    assert!(case(Operator::Case, "user.name").contains("stops with the value in capitals"));
    assert!(case(Operator::Case, "file.name").ends_with("in capitals, which must alert"));
}
