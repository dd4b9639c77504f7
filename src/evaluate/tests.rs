//! Small cases of Elasticsearch's semantics on hand-made plans.

use super::fixture::*;
use super::*;
use crate::event::Value;
use crate::plan::predicate::WildcardPattern;
use crate::plan::{Comparison, Function, Pipe, Predicate, ScriptExpr};

fn documents() -> Vec<Event> {
    let mut documents = vec![
        event(
            1,
            &[
                ("name", "cmd.exe"),
                ("pid", "10"),
                ("tags", "a"),
                ("tags", "b"),
            ],
        ),
        event(2, &[("name", "CMD.EXE")]),
        event(3, &[("pid", "20")]),
        event(4, &[("name", ""), ("pid", "-5")]),
    ];
    // Without a time an event is shown to no query.
    documents.push({
        let mut timeless = event(5, &[("name", "cmd.exe")]);
        timeless.set("@timestamp", Vec::new());
        timeless
    });
    documents
}

fn ids(matches: &[Match]) -> Vec<Vec<i64>> {
    let number = |event: &Option<EventId>| event.map_or(-1, |event| i64::from(event.0) + 1);
    let events = |found: &Match| found.stages.iter().map(number).collect();
    matches.iter().map(events).collect()
}

fn matching(tree: &Tree) -> Vec<i64> {
    let plan = Builder::new().stage("", None, tree, &[], 1).events();
    let evaluation = evaluate(&plan, &documents(), &Context::default()).unwrap();
    ids(evaluation.matches()).concat()
}

fn wildcard(pattern: &str, insensitive: bool) -> Tree {
    Tree::Leaf(Predicate::Wildcard {
        field: NAME,
        pattern: WildcardPattern::eql(pattern),
        insensitive,
    })
}

fn regex(pattern: &str, insensitive: bool) -> Tree {
    Tree::Leaf(Predicate::Regex {
        field: NAME,
        pattern: pattern.to_owned(),
        insensitive,
    })
}

fn pid(comparison: Comparison, value: i64) -> Tree {
    Tree::Leaf(Predicate::Compare {
        field: PID,
        comparison,
        value: Value::Integer(value),
    })
}

fn call(function: Function, arguments: Vec<ScriptExpr>) -> ScriptExpr {
    ScriptExpr::Call {
        function,
        insensitive: false,
        arguments,
    }
}

fn constant(value: i64) -> ScriptExpr {
    ScriptExpr::Constant(Some(Value::Integer(value)))
}

fn script_equals(value: ScriptExpr, constant: Value) -> Tree {
    let constant = Box::new(ScriptExpr::Constant(Some(constant)));
    Tree::Leaf(Predicate::Script(ScriptExpr::Compare(
        Comparison::Equal,
        Box::new(value),
        constant,
    )))
}

#[test]
fn the_document_table_holds_for_leaves_on_fields() {
    let exists = || Tree::Leaf(Predicate::Exists(NAME));
    let over = || pid(Comparison::Greater, 5);
    let both = vec![equals(TAGS, "a"), equals(TAGS, "b")];
    let cases: Vec<(&str, Tree, &[i64])> = vec![
        ("name == cmd.exe", equals(NAME, "cmd.exe"), &[1]),
        ("name : cmd*", wildcard("cmd*", true), &[1, 2]),
        ("name like cmd*", wildcard("cmd*", false), &[1]),
        ("name != cmd.exe", not(equals(NAME, "cmd.exe")), &[2, 3, 4]),
        ("not name : cmd*", not(wildcard("cmd*", true)), &[3, 4]),
        ("name : *", wildcard("*", true), &[1, 2, 4]),
        ("name : ?*", wildcard("?*", true), &[1, 2]),
        ("name == null", not(exists()), &[3]),
        ("name != null", exists(), &[1, 2, 4]),
        ("pid > 5", over(), &[1, 3]),
        ("not pid > 5", not(over()), &[2, 4]),
        ("pid <= 5", pid(Comparison::LessOrEqual, 5), &[4]),
        ("tags == a and tags == b", Tree::All(both), &[1]),
        ("tags != a", not(equals(TAGS, "a")), &[2, 3, 4]),
        ("name regex [a-z]+.exe", regex("[a-z]+\\.exe", false), &[1]),
        ("name regex~ cmd.*", regex("cmd.*", true), &[1, 2]),
        ("name regex cmd", regex("cmd", false), &[]),
        ("name regex ^cmd.exe$", regex("^cmd.exe$", false), &[]),
        ("name regex ~(cmd.*)", regex("~(cmd.*)", false), &[2, 4]),
    ];
    for (text, tree, expected) in cases {
        assert_eq!(matching(&tree), expected, "{text}");
    }
}

#[test]
fn the_document_table_holds_for_scripts() {
    let name = || ScriptExpr::Field(NAME);
    let length = |value| script_equals(call(Function::Length, vec![name()]), Value::Integer(value));
    let pid = |function, value| call(function, vec![ScriptExpr::Field(PID), constant(value)]);
    let concat = |field| {
        let text = ScriptExpr::Constant(Some(Value::text("x")));
        call(Function::Concat, vec![ScriptExpr::Field(field), text])
    };
    let null = |expr| Tree::Leaf(Predicate::Script(ScriptExpr::IsNull(Box::new(expr))));
    let twice = call(
        Function::Concat,
        vec![ScriptExpr::Field(TAGS), ScriptExpr::Field(TAGS)],
    );
    let tags = call(Function::Length, vec![ScriptExpr::Field(TAGS)]);
    let tail = call(Function::Substring, vec![name(), constant(-4)]);
    let third = script_equals(pid(Function::Divide, 3), Value::Integer(3));
    let half = script_equals(pid(Function::Divide, 2), Value::Integer(-2));
    let rest = script_equals(pid(Function::Modulo, 3), Value::Integer(-2));
    let cases: Vec<(&str, Tree, &[i64])> = vec![
        ("length(name) == 7", length(7), &[1, 2]),
        ("length(name) != 7", not(length(7)), &[3, 4]),
        ("length(name) == 0", length(0), &[4]),
        (
            "length(tags) == 1",
            script_equals(tags, Value::Integer(1)),
            &[1],
        ),
        ("concat(name, x) == null", null(concat(NAME)), &[3]),
        ("pid / 3 == 3", third, &[1]),
        ("pid / 2 == -2", half, &[4]),
        ("pid % 3 == -2", rest, &[4]),
        (
            "concat(tags, tags) == ba",
            script_equals(twice, Value::text("ba")),
            &[1],
        ),
        (
            "substring(name, -4) == .exe",
            script_equals(tail, Value::text(".exe")),
            &[1],
        ),
    ];
    for (text, tree, expected) in cases {
        assert_eq!(matching(&tree), expected, "{text}");
    }
}

#[test]
fn a_failing_script_fails_the_query_only_where_the_outcome_hangs_on_it() {
    let number = call(Function::Number, vec![ScriptExpr::Field(NAME)]);
    let number = || script_equals(number.clone(), Value::Integer(1));
    let run = |tree: &Tree| {
        let plan = Builder::new().stage("", None, tree, &[], 1).events();
        let failure = evaluate(&plan, &documents(), &Context::default()).err();
        failure.map(|failure| {
            failure
                .clause
                .map(|id| plan.clause(id).unwrap().text.clone())
        })
    };
    assert_eq!(run(&number()), Some(Some("leaf 0".to_owned())));
    assert_eq!(
        run(&Tree::All(vec![equals(NAME, "nobody"), number()])),
        None
    );
}

/// 1 A k=x, 2 A k=x, 3 B k=y, 4 B k=x, 5 B k=x, 6 C k=x, 7 U k=x.
fn series() -> Vec<Event> {
    let events = ["Ax", "Ax", "By", "Bx", "Bx", "Cx", "Ux"];
    let events = (1i64..).zip(events);
    events
        .map(|(second, text)| event(second * 1000, &[("name", &text[..1]), ("k", &text[1..])]))
        .collect()
}

/// `A`, `B*2` (runs), `!B` (missing), `~B` (until); keyed by k unless said otherwise.
fn sequence(stages: &str, maxspan: Option<i64>, keyed: bool) -> Plan {
    let keys: &[(u16, bool)] = if keyed { &[(K, false)] } else { &[] };
    let joins: &[&str] = if keyed { &["k"] } else { &[] };
    let mut builder = Builder::new();
    for stage in stages.split_whitespace() {
        let (stage, runs) = stage.split_once('*').unwrap_or((stage, "1"));
        let (role, name) = match stage.split_at(stage.len() - 1) {
            ("!", name) => ("missing", name),
            ("~", name) => ("until", name),
            (_, name) => ("", name),
        };
        let tree = equals(NAME, name);
        builder = builder.stage(role, None, &tree, keys, runs.parse().unwrap());
    }
    builder.sequence(maxspan.map(|seconds| seconds * 1000), joins)
}

fn sequences(plan: &Plan, events: &[Event]) -> Vec<Vec<i64>> {
    ids(evaluate(plan, events, &Context::default())
        .unwrap()
        .matches())
}

#[test]
fn the_sequence_table_holds() {
    assert_eq!(
        sequences(&sequence("A B", None, false), &series()),
        [[2, 3]]
    );
    let cases: [(&str, Option<i64>, &[i64]); 14] = [
        ("A B", None, &[2, 4]),
        ("A B C", None, &[2, 4, 6]),
        ("A B", Some(2), &[2, 4]),
        ("A B", Some(1), &[]),
        ("B*2", None, &[4, 5]),
        ("A C ~B", None, &[]),
        ("B C ~B", None, &[]),
        ("B C ~C", None, &[5, 6]),
        ("A !B C", Some(10), &[]),
        ("A !U C", Some(10), &[2, -1, 6]),
        ("A C !U", Some(10), &[]),
        ("A C !U", Some(4), &[2, 6, -1]),
        ("!A B C", Some(4), &[]),
        ("!A B C", Some(3), &[-1, 5, 6]),
    ];
    for (stages, maxspan, expected) in cases {
        let found = sequences(&sequence(stages, maxspan, true), &series());
        assert_eq!(found.concat(), expected, "{stages} {maxspan:?}");
    }
}

#[test]
fn keys_of_several_values_join_on_each_and_missing_optional_keys_on_each_other() {
    let two = [
        event(1, &[("name", "A"), ("k", "1"), ("k", "23")]),
        event(2, &[("name", "B"), ("k", "4"), ("k", "23")]),
    ];
    let plan = sequence("A B", None, true);
    let evaluation = evaluate(&plan, &two, &Context::default()).unwrap();
    let found = evaluation.matches();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].join, [Some(Value::text("23"))]);

    let keyless = [event(1, &[("name", "A")]), event(2, &[("name", "B")])];
    assert!(sequences(&plan, &keyless).is_empty());
    let (a, b) = (equals(NAME, "A"), equals(NAME, "B"));
    let optional = Builder::new()
        .stage("", None, &a, &[(K, true)], 1)
        .stage("", None, &b, &[(K, true)], 1)
        .sequence(None, &["k"]);
    let evaluation = evaluate(&optional, &keyless, &Context::default()).unwrap();
    assert_eq!(evaluation.matches()[0].join, [None]);
}

#[test]
fn a_tiebreaker_orders_events_of_one_instant_and_a_missing_one_is_greatest() {
    let events = [
        event(1, &[("name", "B")]),
        event(1, &[("name", "A"), ("tie", "9")]),
    ];
    let (a, b) = (equals(NAME, "A"), equals(NAME, "B"));
    let builder = || {
        let builder = Builder::new().stage("", None, &a, &[], 1);
        builder.stage("", None, &b, &[], 1)
    };
    assert!(sequences(&builder().sequence(None, &[]), &events).is_empty());
    let tied = builder().tiebreaker().sequence(None, &[]);
    assert_eq!(sequences(&tied, &events), [[2, 1]]);
}

#[test]
fn samples_come_by_ascending_key_with_distinct_events() {
    let events = [
        event(1, &[("name", "A"), ("k", "y")]),
        event(2, &[("name", "B"), ("k", "y")]),
        event(3, &[("name", "B"), ("k", "x")]),
        event(4, &[("name", "A"), ("k", "x")]),
        event(5, &[("name", "A"), ("k", "x")]),
        event(6, &[("name", "A"), ("k", "z")]),
    ];
    let plan = Builder::new()
        .stage("", None, &equals(NAME, "A"), &[(K, false)], 1)
        .stage("", None, &equals(NAME, "B"), &[(K, false)], 1)
        .sample(&["k"]);
    assert_eq!(sequences(&plan, &events), [[4, 3], [1, 2]]);
    let mut ctx = Context::default();
    ctx.request.max_samples_per_key = 2;
    let evaluation = evaluate(&plan, &events, &ctx).unwrap();
    assert_eq!(ids(evaluation.matches()), [[4, 3], [5, 3], [1, 2]]);
    ctx.request.size = Some(2);
    let evaluation = evaluate(&plan, &events, &ctx).unwrap();
    assert_eq!(evaluation.matches().len(), 2);
    let timeless = events.map(|mut event| {
        event.set("@timestamp", Vec::new());
        event
    });
    assert_eq!(sequences(&plan, &timeless), [[4, 3], [1, 2]]);
}

#[test]
fn overrides_change_the_decision_and_nothing_else() {
    let mut plan = sequence("A B", Some(2), true);
    let events = series();
    let evaluation = evaluate(&plan, &events, &Context::default()).unwrap();
    let with = |change: Override| ids(&evaluation.decide_with(&[change]));
    let id = |text: &str| {
        let clause = plan.clauses.iter().position(|clause| clause.text == text);
        ClauseId(u16::try_from(clause.unwrap()).unwrap())
    };
    assert_eq!(with(Override::Without(EventId(1))), Vec::<Vec<i64>>::new());
    assert_eq!(with(Override::Relax(id("join k"))), [[2, 3]]);
    let no_a = Override::Fact {
        clause: id("leaf 0"),
        event: None,
        bit: false,
    };
    assert!(with(no_a).is_empty());
    let third_is_a = Override::Fact {
        clause: id("leaf 0"),
        event: Some(EventId(3)),
        bit: true,
    };
    assert_eq!(with(third_is_a), [[2, 4], [4, 5]]);
    let swapped = Override::Order(vec![EventId(3), EventId(1)]);
    assert_eq!(with(swapped), [[1, 4], [2, 5]]);
    let met: Vec<u16> = evaluation
        .stages_met(EventId(3))
        .map(|stage| stage.0)
        .collect();
    assert_eq!(met, [1]);
    assert_eq!(evaluation.fact(id("leaf 1"), EventId(3)), Some(true));
    assert_eq!(evaluation.fact(id("join k"), EventId(3)), None);

    plan.pipes = vec![Pipe::Head(0)];
    assert!(sequences(&plan, &events).is_empty());
}
