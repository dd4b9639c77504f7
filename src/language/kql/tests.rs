//! Tables of §1 of the semantics reference: readings and errors of KQL texts.

use super::parse;
use super::tree::tree;

#[test]
fn texts_read_as_kibana_reads_them() {
    for (text, expected) in [
        ("a:foo bar", r#"is("a","foo bar")"#),
        ("a: x\n   y*", r#"is("a",~"x\n   y*")"#),
        ("a:b and", r#"is("a","b and")"#),
        ("and a:b", r#"is("and a","b")"#),
        ("or", r#"is(null,"or")"#),
        ("a:notable", r#"is("a","notable")"#),
        ("nota:b", r#"is("nota","b")"#),
        (r"a:x \or y", r#"is("a","x or y")"#),
        (r"a:\not", r#"is("a","ot")"#),
        (r"a:C\:\\Windows\\*", r#"is("a",~"C:\\Windows\\*")"#),
        ("a == 1", r#"is(null,"a == 1")"#),
        ("_exists_:a", r#"is("_exists_","a")"#),
        ("-a:b", r#"is("-a","b")"#),
        ("null:x", r#"is(null,"x")"#),
        ("a:b /* x */", r#"is("a",~"b /* x */")"#),
        (r#"a:"C:\Windows\Temp""#, r#"is("a",q"C:\\Windows\\Temp")"#),
        (r#"a:"C:\windows\temp""#, r#"is("a",q"C:\\windows\temp")"#),
        (r#"a:"C:\users""#, r#"is("a",q"C:\\users")"#),
        (r#"a:"a\"b""#, r#"is("a",q"a\"b")"#),
        (r#"a:"*""#, r#"is("a",q"*")"#),
        ("a:'x y'", r#"is("a","'x y'")"#),
        ("a:070", r#"is("a","070")"#),
        ("a:true", r#"is("a",true)"#),
        ("a:*", r#"is("a",~"*")"#),
        ("*:*", r#"is(~"*",~"*")"#),
        ("a:(b or not c)", r#"or(is("a","b"),not(is("a","c")))"#),
        (
            "n: { a: 1 and not b: 2 }",
            r#"nested("n",and(is("a","1"),not(is("b","2"))))"#,
        ),
        (
            "a:1 or b:2 and not c:3",
            r#"or(is("a","1"),and(is("b","2"),not(is("c","3"))))"#,
        ),
    ] {
        let query = parse(text).unwrap();
        assert_eq!(tree(&query.condition.unwrap()), expected, "{text}");
    }
    assert!(parse(" \u{a0}\n").unwrap().condition.is_none());
}

#[test]
fn an_escaped_pair_of_surrogates_is_one_character() {
    let value = |text: &str| tree(&parse(text).unwrap().condition.unwrap());
    assert_eq!(value(r#"a:"\ud83d\ude00""#), "is(\"a\",q\"😀\")");
    assert_eq!(value(r"a:x\ud83d"), "is(\"a\",\"x\u{fffd}\")");
}

#[test]
fn errors_are_worded_as_kibana_words_them() {
    for (text, expected, at) in [
        (
            "response:",
            r#""(", "{", value, whitespace but end of input"#,
            9,
        ),
        (
            "response:200 or ",
            r#""(", NOT, field name, value but end of input"#,
            16,
        ),
        ("response:(200 or )", r#""(", NOT, value but ")""#, 17),
        (
            "response:200 and not ",
            r#""(", field name, value but end of input"#,
            21,
        ),
        ("foo:\"ba ", r#""(", "{", value, whitespace but """"#, 4),
        ("foo:\"ba \"r\"", r#"AND, OR, end of input but "r""#, 9),
        ("foo:ba:r", r#"AND, OR, end of input but ":""#, 6),
        ("foo > ", "literal, whitespace but end of input", 6),
        (
            "< 1000",
            r#""(", NOT, end of input, field name, value, whitespace but "<""#,
            0,
        ),
        ("not not a:b", r#""(", field name, value but "n""#, 4),
        ("a:not b", r#""(", "{", value, whitespace but "n""#, 2),
        ("a:(b or c", r#"")", AND, OR but end of input"#, 9),
        ("a:()", r#""(", NOT, value, whitespace but ")""#, 3),
        ("(a:b) and(c:d)", r#"end of input but "a""#, 6),
        ("a:b && c:d", r#"AND, OR, end of input but ":""#, 8),
        ("a > (1 or 2)", r#"literal, whitespace but "(""#, 4),
        ("a:::1", r#""(", "{", value, whitespace but ":""#, 2),
        (
            "message: cannot open",
            r#"AND, OR, end of input but "n""#,
            12,
        ),
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!(
            error.message(),
            format!("Expected {expected} found."),
            "{text}"
        );
        assert_eq!(error.span.start, at, "{text}");
    }
}

#[test]
fn most_errors_say_how_to_mend_them() {
    for (text, part) in [
        ("message: cannot open", "quote the value"),
        ("not not a:b", "not (not"),
        ("a:not b", "(not value)"),
        (r"a:C:\Windows", "colon"),
        (r"a:C\:\Windows", "backslash"),
        ("a:\"b", "closing quote"),
        ("a:(b or c", "closing parenthesis"),
        ("a:", "field: *"),
        ("(a:b) and(c:d)", "white space"),
    ] {
        let error = parse(text).unwrap_err();
        let help = error.help().join(" ");
        assert!(help.contains(part), "{text}: {help}");
    }
}

#[test]
fn parentheses_have_a_limit() {
    let deep = |depth: usize| format!("{}a:b{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&deep(100)).is_ok());
    assert_eq!(parse(&deep(101)).unwrap_err().code.number, "E602");
    assert_eq!(parse(&"(".repeat(100_000)).unwrap_err().code.number, "E602");
    let lists = format!("a:{}b{}", "(".repeat(50_000), ")".repeat(50_000));
    assert_eq!(parse(&lists).unwrap_err().code.number, "E602");
}

#[test]
fn the_canonical_text_reads_as_the_same_tree() {
    for (text, canonical) in [
        ("a:b", "a: b"),
        (
            "( a:(b  or \"c\") and NOT d:*x* )",
            "a: (b or \"c\") and not d: *x*",
        ),
        ("(a:b or c:d) and e >= 5", "(a: b or c: d) and e >= 5"),
        (r"a:C\:\\x\*y*", r"a: C\:\\x\*y*"),
        (r"a:x \or y", r"a: x \or y"),
        ("(a:not) and b:c", "a: \\u006eot and b: c"),
        ("(a:x and) and b:c", "a: x \\and and b: c"),
        ("n:{ not (a:1 or b:2) }", "n: { not (a: 1 or b: 2) }"),
        ("a:\"x\ny\"", "a: \"x\\ny\""),
        ("", "*: *"),
        (r"a:\t", r"a: \t"),
        ("not (not a:b)", "not (not a: b)"),
        ("a:(b and not (c or d))", "a: (b and not (c or d))"),
    ] {
        let query = parse(text).unwrap();
        assert_eq!(query.to_string(), canonical, "{text}");
        let again = parse(canonical).unwrap();
        let trees = [&query, &again].map(|query| query.condition.as_ref().map(tree));
        if !text.is_empty() {
            assert_eq!(trees[0], trees[1], "{text}");
        }
    }
}
