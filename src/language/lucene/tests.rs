//! Tables of §6 of the semantics reference.

use super::parse;

#[test]
fn operators_have_no_precedence() {
    for (text, clauses) in [
        ("a:1 OR b:1 AND c:1", "a:1 +b:1 +c:1"),
        ("a:1 AND b:1 OR c:1", "+a:1 +b:1 c:1"),
        ("NOT a:1 OR b:1", "-a:1 b:1"),
        ("a:1 OR NOT b:1", "a:1 -b:1"),
        ("a:1 AND NOT b:1", "+a:1 -b:1"),
        ("a:1 -b:1", "a:1 -b:1"),
        ("(NOT a:1) OR b:1", "(-a:1) b:1"),
        ("+a:1 OR b:1", "+a:1 b:1"),
        ("a:1 || b:1 && !c:1", "a:1 +b:1 -c:1"),
        ("a:(1 OR 2)", "(a:1 a:2)"),
        ("a: 1", "a:1"),
        ("a:1 or b:1", "a:1 or b:1"),
        ("f:foo bar", "f:foo bar"),
        ("f:(cmd.exe powershell.exe)", "(f:cmd.exe powershell.exe)"),
        ("a:x-y", "a:x-y"),
        (r"a:\-1", r"a:\-1"),
        ("a:1^2 b:1~", "a:1 b:1~"),
        ("a:[0 TO 1} b:[\"x y\" 2]", "a:[0 TO 1} b:[\"x y\" 2]"),
        (r"f\*:x", r"f\*:x"),
        ("", ""),
    ] {
        let group = parse(text, false).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_eq!(group.to_string(), clauses, "{text}");
    }
    assert_eq!(
        parse("a:1 b:1 OR c:1", true).unwrap().to_string(),
        "+a:1 b:1 c:1"
    );
}

#[test]
fn what_elasticsearch_refuses_is_refused_with_a_place() {
    for (text, place) in [
        ("a:b:c", 3),
        ("a:1/2", 3),
        ("a:-1", 2),
        ("NOT NOT a:1", 4),
        ("a:()", 3),
        ("()", 1),
        ("AND a:1", 0),
        ("a:1 OR OR b:1", 7),
        ("a:(b", 4),
        ("a:)", 2),
        ("NOT", 3),
        ("a:\"b", 2),
        ("a:[1 TO 2", 2),
        ("a*:b", 2),
        ("a:b\\", 3),
        ("a:1]", 3),
    ] {
        let error = parse(text, false).expect_err(text);
        assert_eq!(error.span.start, place, "{text}: {}", error.cause);
    }
    assert!(parse(&"(".repeat(100_000), false).is_err());
}
