//! The functions, each with the examples of its definition.

use super::*;
use ScriptExpr::Constant;

fn text(text: &str) -> ScriptExpr {
    Constant(Some(Value::text(text)))
}

fn int(value: i64) -> ScriptExpr {
    Constant(Some(Value::Integer(value)))
}

fn double(value: f64) -> ScriptExpr {
    Constant(Some(Value::Double(value)))
}

fn null() -> ScriptExpr {
    Constant(None)
}

fn call_of(function: Function, arguments: &[ScriptExpr]) -> ScriptExpr {
    ScriptExpr::Call {
        function,
        insensitive: false,
        arguments: arguments.to_vec(),
    }
}

fn value(function: Function, arguments: &[ScriptExpr]) -> Option<Value> {
    fold(&call_of(function, arguments)).unwrap()
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "compared with what a fallible function gives"
)]
fn some(text: &str) -> Option<Value> {
    Some(Value::text(text))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "compared with what a fallible function gives"
)]
fn some_int(value: i64) -> Option<Value> {
    Some(Value::Integer(value))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "compared with what a fallible function gives"
)]
fn some_bool(value: bool) -> Option<Value> {
    Some(Value::Bool(value))
}

#[test]
fn whole_numbers_stay_whole_and_truncate_towards_zero() {
    use Function::{Add, Divide, Modulo, Multiply, Subtract};
    assert_eq!(value(Divide, &[int(7), int(3)]), some_int(2));
    assert_eq!(value(Divide, &[int(-7), int(2)]), some_int(-3));
    let third = value(Divide, &[int(7), double(3.0)]).unwrap();
    assert_eq!(third.to_string(), "2.3333333333333335");
    assert_eq!(value(Modulo, &[int(-7), int(3)]), some_int(-1));
    assert_eq!(
        value(Modulo, &[double(7.5), int(2)]),
        Some(Value::Double(1.5))
    );
    assert_eq!(
        value(Multiply, &[int(7), double(-3.0)]),
        Some(Value::Double(-21.0))
    );
    assert_eq!(value(Subtract, &[int(7), int(-3)]), some_int(10));
    assert_eq!(value(Add, &[int(7), null()]), None);
    let infinite = value(Divide, &[double(1.0), int(0)]);
    assert_eq!(infinite, Some(Value::Double(f64::INFINITY)));
}

#[test]
fn overflow_and_division_by_zero_are_failures() {
    use Function::{Add, Divide, Modulo, Multiply, Negate};
    assert!(fold(&call_of(Add, &[int(i64::MAX), int(1)])).is_err());
    assert!(fold(&call_of(Multiply, &[int(i64::MAX), int(2)])).is_err());
    assert!(fold(&call_of(Negate, &[int(i64::MIN)])).is_err());
    assert!(fold(&call_of(Divide, &[int(i64::MIN), int(-1)])).is_err());
    assert!(fold(&call_of(Divide, &[int(1), int(0)])).is_err());
    assert!(fold(&call_of(Modulo, &[int(1), int(0)])).is_err());
    let big = Constant(Some(Value::Unsigned(u64::MAX)));
    assert!(fold(&call_of(Add, &[big.clone(), int(1)])).is_err());
    let less = value(Function::Subtract, &[big, int(1)]);
    assert_eq!(less, Some(Value::Unsigned(u64::MAX - 1)));
}

#[test]
fn number_reads_what_java_reads_and_fails_on_words() {
    use Function::Number;
    let cases = [
        ("314", "314"),
        ("+5", "5"),
        (" 1337 ", "1337.0"),
        ("1e3", "1000.0"),
    ];
    for (source, expected) in cases {
        assert_eq!(
            value(Number, &[text(source)]).unwrap().to_string(),
            expected
        );
    }
    assert_eq!(value(Number, &[text("0x1337")]), some_int(4919));
    assert_eq!(value(Number, &[text("0x1337"), int(16)]), some_int(4919));
    assert_eq!(value(Number, &[text("052403"), int(8)]), some_int(21763));
    assert_eq!(
        value(Number, &[text("-3.5"), int(10)]),
        Some(Value::Double(-3.5))
    );
    assert_eq!(value(Number, &[null()]), None);
    for (source, base) in [("word", 10), ("", 10), ("inf", 10), ("1", 99), ("z", 16)] {
        let failure = fold(&call_of(Number, &[text(source), int(base)])).unwrap_err();
        assert!(
            matches!(failure.kind, FailureKind::NotANumber { .. }),
            "{failure}"
        );
    }
}

#[test]
fn between_is_null_where_a_side_is_not_found() {
    let planet = "welcome to the planet";
    let between = |left: &str, right: &str, greedy: bool| {
        let greedy = Constant(Some(Value::Bool(greedy)));
        value(
            Function::Between,
            &[text(planet), text(left), text(right), greedy],
        )
    };
    assert_eq!(between("welcome", "e", false), some(" to th"));
    assert_eq!(between("welcome", "e", true), some(" to the plan"));
    assert_eq!(between("", "", true), some(planet));
    assert_eq!(between("", "", false), some(""));
    assert_eq!(between("welcome", "x", true), None);
    assert_eq!(between("goodbye", "planet", false), None);
    let three = [text("system event log"), text("system"), text("log")];
    assert_eq!(value(Function::Between, &three), some(" event "));
    let backwards = [
        text("a]b[c"),
        text("["),
        text("]"),
        Constant(Some(Value::Bool(true))),
    ];
    assert!(fold(&call_of(Function::Between, &backwards)).is_err());
    let insensitive = ScriptExpr::Call {
        function: Function::Between,
        insensitive: true,
        arguments: vec![text("Das STRAßE Ende"), text("straße "), text("E")],
    };
    assert_eq!(fold(&insensitive).unwrap(), some(""));
}

#[test]
fn positions_count_utf16_units() {
    use Function::{IndexOf, Length, Substring};
    assert_eq!(value(Length, &[text("😀a")]), some_int(3));
    assert_eq!(value(IndexOf, &[text("😀a"), text("a")]), some_int(2));
    assert_eq!(value(IndexOf, &[text("foobarbaz"), text("o")]), some_int(1));
    assert_eq!(value(IndexOf, &[text("abc"), text("z")]), None);
    assert_eq!(value(IndexOf, &[text("abc"), text("a"), int(99)]), None);
    assert_eq!(
        value(IndexOf, &[text("abc"), text("a"), int(-9)]),
        some_int(0)
    );
    assert_eq!(value(Substring, &[text("😀ab"), int(2), int(3)]), some("a"));
}

#[test]
fn substring_slices_as_python_does() {
    use Function::Substring;
    let source = text("start regsvr32.exe");
    let cases: [(&[i64], &str); 6] = [
        (&[6], "regsvr32.exe"),
        (&[-4], ".exe"),
        (&[6, -4], "regsvr32"),
        (&[0, 5], "start"),
        (&[5, 2], ""),
        (&[i64::MIN, i64::MAX], "start regsvr32.exe"),
    ];
    for (positions, expected) in cases {
        let mut arguments = vec![source.clone()];
        arguments.extend(positions.iter().map(|position| int(*position)));
        assert_eq!(value(Substring, &arguments), some(expected));
    }
    let open = [text("hello"), null(), null()];
    assert_eq!(value(Substring, &open), some("hello"));
}

#[test]
fn concat_prints_as_java_and_null_swallows_everything() {
    let yes = Constant(Some(Value::Bool(true)));
    let parts = [text("a"), int(1), yes, double(1e10)];
    assert_eq!(value(Function::Concat, &parts), some("a1true1.0E10"));
    assert_eq!(value(Function::Concat, &[text("a"), null()]), None);
}

#[test]
fn containment_of_nothing_is_false_but_every_text_starts_with_nothing() {
    use Function::{EndsWith, StartsWith, StringContains};
    assert_eq!(
        value(StringContains, &[text("a"), text("")]),
        some_bool(false)
    );
    assert_eq!(value(StartsWith, &[text("a"), text("")]), some_bool(true));
    assert_eq!(value(EndsWith, &[text("a"), text("")]), some_bool(true));
    assert_eq!(value(StartsWith, &[text("FooBar"), null()]), None);
    let insensitive = ScriptExpr::Call {
        function: StartsWith,
        insensitive: true,
        arguments: vec![text("FooBar"), text("fOO")],
    };
    assert_eq!(fold(&insensitive).unwrap(), some_bool(true));
}

#[test]
fn addresses_lie_in_blocks_with_host_bits() {
    let within =
        |address: &str, block: &str| value(Function::CidrMatch, &[text(address), text(block)]);
    assert_eq!(within("10.1.2.3", "10.6.48.157/8"), some_bool(true));
    assert_eq!(within("11.1.2.3", "10.0.0.0/8"), some_bool(false));
    assert_eq!(within("::ffff:10.0.0.1", "10.0.0.1"), some_bool(true));
    assert_eq!(within("2001:db8::1", "2001:db8::/32"), some_bool(true));
    assert_eq!(within("2001:db8::1", "::/0"), some_bool(true));
    assert_eq!(within("1.2.3.4", "0.0.0.0/0"), some_bool(true));
    let bad = call_of(Function::CidrMatch, &[text("1.2.3.4"), text("1.2.3.4/33")]);
    assert!(fold(&bad).is_err());
}

#[test]
fn logic_is_three_valued_inside() {
    let yes = || Constant(Some(Value::Bool(true)));
    let no = || Constant(Some(Value::Bool(false)));
    let all = |parts: Vec<ScriptExpr>| fold(&ScriptExpr::All(parts)).unwrap();
    let any = |parts: Vec<ScriptExpr>| fold(&ScriptExpr::Any(parts)).unwrap();
    assert_eq!(any(vec![no(), null()]), None);
    assert_eq!(any(vec![null(), yes()]), some_bool(true));
    assert_eq!(all(vec![no(), null()]), some_bool(false));
    assert_eq!(all(vec![null(), yes()]), None);
    assert_eq!(fold(&ScriptExpr::Not(Box::new(null()))).unwrap(), None);
}

#[test]
fn equality_with_null_is_a_null_check_and_types_that_do_not_meet_give_null() {
    let equal = |a: ScriptExpr, b: ScriptExpr| {
        fold(&ScriptExpr::Compare(
            Comparison::Equal,
            Box::new(a),
            Box::new(b),
        ))
        .unwrap()
    };
    assert_eq!(equal(null(), null()), some_bool(true));
    assert_eq!(equal(text("x"), null()), some_bool(false));
    assert_eq!(
        equal(call_of(Function::Length, &[null()]), int(1)),
        some_bool(false)
    );
    assert_eq!(equal(text("1"), int(1)), None);
    assert_eq!(equal(int(3), double(3.0)), some_bool(true));
    assert!(fold(&ScriptExpr::Field(FieldId(0))).is_err());
}
