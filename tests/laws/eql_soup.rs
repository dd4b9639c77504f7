//! Law: whatever the text, parsing ends, never panics, and points into the text.

use proptest::prelude::*;
use trapline::diagnostic::{QueryText, SourceText, render::render};
use trapline::language::eql::error::CODES;
use trapline::language::eql::{parse, parse_expression};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_panics_the_parser(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn no_soup_of_tokens_panics_the_parser(tokens in prop::collection::vec(token(), 0..40), gaps in any::<u64>()) {
        let mut text = String::new();
        for (index, token) in tokens.iter().enumerate() {
            text.push_str(token);
            if gaps >> (index % 64) & 1 == 1 {
                text.push(' ');
            }
        }
        check(&text)?;
    }

    #[test]
    fn no_damage_to_a_query_panics_the_parser(
        start in any::<prop::sample::Index>(),
        length in 0..12_usize,
        insert in token(),
    ) {
        let characters: Vec<char> = QUERY.chars().collect();
        let start = start.index(characters.len());
        let mut text: String = characters.iter().take(start).collect();
        text.push_str(insert);
        text.extend(characters.iter().skip(start + length));
        check(&text)?;
    }
}

const QUERY: &str = r#"sequence by host.id, ?user.name with maxspan=2s // first
  [network where source.ip != null and not a.`b-c` : ("x*", """y""", "\u{41}\\")] by c with runs=2
  /* and /* then */ */ ![process where (a + 1) * -b >= 1.5e3 or f~(x, "a") not in~ (1, null)] by d
until [any where true] | head 5 | tail 2"#;

fn token() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "and",
        "or",
        "not",
        "in",
        "in~",
        "like",
        "regex~",
        "sequence",
        "sample",
        "join",
        "by",
        "with",
        "maxspan",
        "runs",
        "until",
        "where",
        "any",
        "of",
        "true",
        "null",
        "process",
        "a.b",
        "?",
        "`x`",
        "`",
        "(",
        ")",
        "[",
        "]",
        "![",
        "! [",
        "!",
        ",",
        ".",
        ":",
        "|",
        "||",
        "&&",
        "=",
        "==",
        "===",
        "!=",
        "<>",
        "<",
        ">=",
        "+",
        "-",
        "*",
        "/",
        "%",
        "1",
        "1.5",
        ".5",
        "5.",
        "1e400",
        "2s",
        "\"a\"",
        "\"",
        "\"\"\"a\"\"\"",
        "\"\"\"",
        "'a'",
        "'",
        "?\"a\"",
        "?'",
        "\"\\x\"",
        "\"\\u{d800}\"",
        "\\",
        "//",
        "/*",
        "*/",
        "\n",
        "#",
        "é",
        "“",
        "AND",
        "NOT",
        "IN",
        "WHERE",
        "f(",
        "f~(",
        "child of [",
        "a[0]",
        "=2s",
        "| head 5",
        "[process where",
        "\0",
        "\u{feff}",
    ])
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let parsed = parse(text);
    prop_assert_eq!(parsed.query.is_none(), !parsed.errors.is_empty());
    let whole = QueryText::whole(&SourceText::new("soup", text));
    for error in &parsed.errors {
        prop_assert!(error.span.range().end <= text.len());
        prop_assert!(!error.message().is_empty() && !error.message().ends_with('.'));
        prop_assert!(!error.message().contains('\n'), "{}", error.message());
        prop_assert!(CODES.contains(&error.code));
        let _ = render(&error.diagnostic(&whole), false);
    }
    if let Some(query) = parsed.query {
        let printed = query.to_string();
        let again = parse(&printed).query.map(|query| query.to_string());
        prop_assert_eq!(again, Some(printed));
    }
    let _ = parse_expression(text);
    Ok(())
}

#[test]
fn what_once_broke_the_parser_stays_mended() {
    // A quote of an older EQL at the end; a name that goes on in other letters;
    // a query without category; a line break within `![`.
    for text in [
        "?'", "?\"", "@é", "a@é", "é@é", "#", "“", "\u{a0}", "where 1",
    ] {
        check(text).unwrap();
    }
}

#[test]
fn nesting_without_end_is_an_error_and_no_overflow() {
    let deep = 10_000;
    let bombs = [
        "(".repeat(deep) + "a" + &")".repeat(deep),
        "(".repeat(deep),
        "not ".repeat(deep) + "a",
        "-".repeat(deep) + "1",
        "a + ".repeat(deep) + "1",
        "f(".repeat(deep) + "1" + &")".repeat(deep),
        "a in (".repeat(deep) + "1" + &")".repeat(deep),
        "a or (b and (".repeat(deep) + "1" + &"))".repeat(deep),
        "(a + (".repeat(deep),
        "a : (".repeat(deep),
        "child of [process where ".repeat(deep),
        "a[".repeat(deep),
        "/*".repeat(deep),
        "'".repeat(deep),
        "?\"".repeat(deep),
        "a == ".repeat(deep),
        "[process where ".repeat(deep),
    ];
    for bomb in bombs {
        let parsed = parse(&format!("process where {bomb}"));
        assert!(!parsed.errors.is_empty(), "{}", &bomb[..20]);
        assert!(parsed.errors.len() <= 100);
        let _ = parse(&format!("sequence {bomb}"));
    }
}

#[test]
fn nonsense_takes_linear_time() {
    let pieces = [
        "[", "![", "(", "[a b", "a where", "]", "|", "not ", "a[1]", "by ", "a, ", "'", "\"\\x\" ",
        "é ", "in ", "-", "/*",
    ];
    for piece in pieces {
        let text = piece.repeat(50_000);
        for start in ["", "sequence ", "sequence by a ", "any where "] {
            let begin = std::time::Instant::now();
            let _ = parse(&format!("{start}{text}"));
            // Generous: quadratic time takes minutes here.
            assert!(begin.elapsed().as_secs() < 10, "{start}{piece}");
        }
    }
}

#[test]
fn nesting_is_allowed_to_a_depth_of_one_hundred() {
    for (open, close) in [("(", ")"), ("not ", ""), ("-", ""), ("f(", ")")] {
        let nested = |depth: usize| open.repeat(depth) + "a" + &close.repeat(depth);
        assert!(parse_expression(&nested(100)).is_ok(), "{open}");
        let errors = parse_expression(&nested(101)).unwrap_err();
        assert_eq!(errors.len(), 1, "{open} {errors:#?}");
        assert_eq!(errors[0].code.number, "E113");
    }
}

#[test]
fn a_long_flat_chain_does_not_count_as_depth() {
    for word in [" and ", " or "] {
        let chain = vec!["a == 1"; 20_000].join(word);
        assert!(parse_expression(&chain).is_ok());
    }
    let list = format!("a in ({})", vec!["1"; 20_000].join(", "));
    assert!(parse_expression(&list).is_ok());
}

#[test]
fn every_code_of_the_syntax_has_its_own_number_and_a_page() {
    for (index, code) in CODES.iter().enumerate() {
        assert_eq!(code.number, format!("E{}", 101 + index));
        assert!(!code.title.is_empty() && code.page.ends_with('\n'));
    }
}

#[test]
fn not_in_capitals_is_no_function_wherever_it_stands() {
    for query in [
        "any where 1 >= NOT(x)",
        "any where (NOT(x, 1) in~ (1, null))",
        "any where NOT (x)",
    ] {
        assert!(
            trapline::language::eql::parse(query).query.is_none(),
            "{query}"
        );
    }
}
