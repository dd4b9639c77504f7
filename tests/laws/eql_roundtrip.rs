//! Law: parsing what the printer prints gives the same tree, places aside.

use proptest::prelude::*;
use trapline::diagnostic::Span;
use trapline::language::eql::syntax::{
    ArithmeticOp, Call, Category, CompareOp, EventQuery, Expr, ExprKind, Field, In, Match, MatchOp,
    Maxspan, Name, Number, Pipe, Query, QueryKind, Runs, Sample, Sequence, SequenceKeyword, Term,
    TimeUnit,
};
use trapline::language::eql::{parse, parse_expression};

use crate::spanless;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_printed_expression_parses_to_itself(expr in condition()) {
        let printed = expr.to_string();
        let mut parsed = parse_expression(&printed)
            .map_err(|errors| TestCaseError::fail(format!("{printed}\n{errors:#?}")))?;
        spanless::expr(&mut parsed);
        prop_assert_eq!(parsed, expr, "{}", printed);
    }

    #[test]
    fn a_printed_query_parses_to_itself(query in query()) {
        let printed = query.to_string();
        let parsed = parse(&printed);
        prop_assert_eq!(&parsed.errors, &vec![], "{}", printed);
        prop_assert_eq!(spanless::spanless(parsed.query.unwrap()), query, "{}", printed);
    }
}

fn node(kind: ExprKind) -> Expr {
    Expr {
        kind,
        span: Span::default(),
    }
}

fn name(text: impl Into<String>) -> Name {
    Name {
        text: text.into(),
        span: Span::default(),
    }
}

/// Any text, with what needs an escape often in it.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z*?.]{0,8}",
        "[\\\\\"'`\n\r\t\u{8}\u{c}\u{0}\u{7f}\u{85}\u{a0}\u{200b}\u{2028}\u{e0041}é漢\u{301}/u{}]{0,8}",
        any::<String>(),
    ]
}

fn path() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[a-z_@][a-z0-9_]{0,5}",
        Just("of".to_owned()),
        Just("sequence".to_owned()),
        "[a-zé `?\\-\\[\"0-9]{1,5}",
    ];
    prop_oneof![
        8 => prop::collection::vec(part, 1..4).prop_map(|parts| parts.join(".")),
        1 => "[a.` ]{0,4}",
    ]
}

fn word() -> impl Strategy<Value = String> {
    "[a-zA-Z_][a-zA-Z0-9_]{0,6}".prop_filter("keywords are no names", |word| {
        ![
            "and", "any", "by", "false", "in", "join", "like", "maxspan", "not", "null", "of", "or",
            "regex", "sample", "sequence", "true", "until", "where", "with",
        ]
        .contains(&word.as_str())
            // These are understood as keywords in the wrong case.
            && !["and", "or", "not", "in", "like", "regex", "by", "with", "until", "where"]
                .contains(&word.to_lowercase().as_str())
    })
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        (0..=i64::MAX).prop_map(Number::Integer),
        (0..300_i64).prop_map(Number::Integer),
        (i64::MAX as u64 + 1..=u64::MAX).prop_map(Number::Unsigned),
        any::<f64>()
            .prop_filter("finite", |value| value.is_finite())
            .prop_map(|value| Number::Double(value.abs())),
        (0..1000_u32).prop_map(|value| Number::Double(f64::from(value) / 8.0)),
    ]
}

fn constant() -> impl Strategy<Value = Expr> {
    prop_oneof![
        1 => Just(ExprKind::Null),
        1 => any::<bool>().prop_map(ExprKind::Bool),
        2 => number().prop_map(ExprKind::Number),
        3 => text().prop_map(ExprKind::String),
    ]
    .prop_map(node)
}

fn condition() -> impl Strategy<Value = Expr> {
    let field = (any::<bool>(), path())
        .prop_map(|(optional, path)| node(ExprKind::Field(Field { optional, path })));
    let leaf = prop_oneof![constant(), field];
    leaf.prop_recursive(5, 48, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let some = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            (
                word(),
                any::<bool>(),
                prop::collection::vec(inner.clone(), 0..4)
            )
                .prop_map(|(word, insensitive, arguments)| ExprKind::Call(Call {
                    name: name(word),
                    insensitive,
                    arguments,
                })),
            boxed.clone().prop_map(ExprKind::Negate),
            boxed.clone().prop_map(ExprKind::Plus),
            boxed.clone().prop_map(ExprKind::Not),
            (arithmetic(), boxed.clone(), boxed.clone())
                .prop_map(|(op, left, right)| ExprKind::Arithmetic(op, left, right)),
            (comparison(), boxed.clone(), boxed.clone())
                .prop_map(|(op, left, right)| ExprKind::Compare(op, left, right)),
            matching(boxed.clone()),
            (any::<bool>(), any::<bool>(), boxed, some).prop_map(
                |(negated, insensitive, value, items)| ExprKind::In(In {
                    negated,
                    insensitive,
                    value,
                    items,
                })
            ),
            prop::collection::vec(inner.clone(), 2..5).prop_map(flat_and),
            prop::collection::vec(inner, 2..5).prop_map(flat_or),
        ]
        .prop_map(node)
    })
}

fn matching(value: impl Strategy<Value = Box<Expr>>) -> impl Strategy<Value = ExprKind> {
    let op = prop::sample::select(vec![
        MatchOp::Colon,
        MatchOp::Like,
        MatchOp::LikeInsensitive,
        MatchOp::Regex,
        MatchOp::RegexInsensitive,
    ]);
    let patterns = prop::collection::vec(constant(), 1..4);
    (op, value, patterns, any::<bool>()).prop_map(|(op, value, patterns, list)| {
        ExprKind::Match(Match {
            op,
            value,
            list: list || patterns.len() > 1,
            patterns,
        })
    })
}

fn arithmetic() -> impl Strategy<Value = ArithmeticOp> {
    prop::sample::select(vec![
        ArithmeticOp::Add,
        ArithmeticOp::Subtract,
        ArithmeticOp::Multiply,
        ArithmeticOp::Divide,
        ArithmeticOp::Modulo,
    ])
}

fn comparison() -> impl Strategy<Value = CompareOp> {
    prop::sample::select(vec![
        CompareOp::Equal,
        CompareOp::NotEqual,
        CompareOp::Less,
        CompareOp::LessOrEqual,
        CompareOp::Greater,
        CompareOp::GreaterOrEqual,
    ])
}

fn flat_and(operands: Vec<Expr>) -> ExprKind {
    let flat = operands.into_iter().flat_map(|operand| match operand.kind {
        ExprKind::And(inner) => inner,
        _ => vec![operand],
    });
    ExprKind::And(flat.collect())
}

fn flat_or(operands: Vec<Expr>) -> ExprKind {
    let flat = operands.into_iter().flat_map(|operand| match operand.kind {
        ExprKind::Or(inner) => inner,
        _ => vec![operand],
    });
    ExprKind::Or(flat.collect())
}

fn event_query() -> impl Strategy<Value = EventQuery> {
    let category = prop_oneof![
        Just(None),
        word().prop_map(Some),
        text().prop_map(Some),
        Just(Some("any".to_owned())),
        Just(Some("sequence".to_owned())),
    ];
    (category, condition()).prop_map(|(name, condition)| EventQuery {
        category: Category {
            name,
            span: Span::default(),
        },
        condition,
        span: Span::default(),
    })
}

fn term(options: bool) -> impl Strategy<Value = Term> {
    let runs = prop::option::of(1..=100_u8);
    (
        event_query(),
        any::<bool>(),
        prop::collection::vec(condition(), 0..3),
        runs,
    )
        .prop_map(move |(query, missing, keys, runs)| Term {
            query,
            missing,
            keys,
            runs: runs.filter(|_| options).map(|count| Runs {
                count,
                span: Span::default(),
            }),
            span: Span::default(),
        })
}

fn maxspan() -> impl Strategy<Value = Maxspan> {
    let unit = prop::sample::select(vec![
        TimeUnit::Millisecond,
        TimeUnit::Second,
        TimeUnit::Minute,
        TimeUnit::Hour,
        TimeUnit::Day,
    ]);
    (1..=i64::MAX as u64, unit).prop_map(|(amount, unit)| Maxspan {
        amount,
        unit,
        span: Span::default(),
    })
}

fn sequence() -> impl Strategy<Value = Sequence> {
    (
        prop::sample::select(vec![SequenceKeyword::Sequence, SequenceKeyword::Join]),
        prop::collection::vec(condition(), 0..3),
        prop::option::of(maxspan()),
        prop::collection::vec(term(true), 1..4),
        prop::option::of(term(true).prop_map(Box::new)),
    )
        .prop_map(|(keyword, keys, maxspan, terms, until)| Sequence {
            keyword,
            keys,
            maxspan,
            terms,
            until,
        })
}

fn query() -> impl Strategy<Value = Query> {
    let sample = (
        prop::collection::vec(condition(), 0..3),
        prop::collection::vec(term(false), 1..3),
    )
        .prop_map(|(keys, terms)| Sample { keys, terms });
    let kind = prop_oneof![
        event_query().prop_map(QueryKind::Event),
        sequence().prop_map(QueryKind::Sequence),
        sample.prop_map(QueryKind::Sample),
    ];
    let pipe =
        (word(), prop::collection::vec(condition(), 0..3)).prop_map(|(word, arguments)| Pipe {
            name: name(word),
            arguments,
            span: Span::default(),
        });
    (kind, prop::collection::vec(pipe, 0..3)).prop_map(|(kind, pipes)| Query {
        kind,
        pipes,
        span: Span::default(),
    })
}
