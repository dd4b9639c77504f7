//! The engine finds what the reference evaluator finds: over generated rules and events, and over
//! published rules on recordings.

use proptest::prelude::*;
use trapline::engine::{
    Correlator, EventHits, Everywhere, LineHits, Match, Matcher, RuleSet, over_events,
};
use trapline::evaluate::{self, Context};
use trapline::event::schema::Origin;
use trapline::event::{Event, FieldType, Mapping, Schema, Timestamp, Value};
use trapline::language::eql::{self, OptionalFields, RequestFieldNames};
use trapline::plan::Plan;

/// A match as both say it.
pub(crate) type Said = (Vec<Option<u32>>, Vec<Option<Value>>);

/// The matches of each rule by the reference evaluator; `None` for one that fails.
pub(crate) fn by_evaluate(plans: &[Plan], events: &[Event]) -> Vec<Option<Vec<Said>>> {
    let run = |plan| {
        let evaluation = evaluate::evaluate(plan, events, &Context::default()).ok()?;
        let matches = evaluation.matches().iter().map(|found| {
            let stages = found.stages.iter().map(|stage| stage.map(|id| id.0));
            (stages.collect(), found.join.clone())
        });
        Some(matches.collect())
    };
    plans.iter().map(run).collect()
}

/// The same by the engine.
pub(crate) fn by_engine(plans: &[Plan], lines: &[String]) -> Vec<Option<Vec<Said>>> {
    let rules = (0u32..).zip(plans);
    let (set, refused) = RuleSet::compile(rules, "@timestamp");
    let mut matcher = Matcher::new(&set, &Everywhere, false);
    let mut said: Vec<Option<Vec<Said>>> = vec![Some(Vec::new()); plans.len()];
    let mut found = LineHits::default();
    let mut occurrences = Vec::new();
    for (position, line) in (0u32..).zip(lines) {
        matcher.line(line, &mut found).unwrap();
        let hits = found.hits().map(|(stage, key)| (stage, key.to_vec()));
        let hits: Vec<(u32, Vec<u8>)> = hits.collect();
        occurrences.push((found.time, position, hits));
    }
    occurrences.sort_by_key(|(time, position, _)| (*time, *position));
    let mut correlator: Correlator<'_, u32> = Correlator::new(&set, usize::MAX);
    let mut sink = |found: Match<u32>| {
        if let Some(said) = &mut said[found.rule as usize] {
            said.push((found.stages, found.join));
        }
    };
    for (time, position, hits) in &occurrences {
        let hits: Vec<(u32, &[u8])> = hits.iter().map(|(stage, key)| (*stage, &**key)).collect();
        let occurrence = EventHits {
            time: *time,
            position: u64::from(*position),
            hits: &hits,
            is_late: false,
        };
        correlator.take(&occurrence, &mut || *position, &mut sink);
    }
    correlator.finish(&mut sink);
    let failed = matcher.take_failures();
    for rule in refused
        .iter()
        .map(|refused| refused.rule)
        .chain(failed.iter().map(|(rule, _)| *rule))
    {
        said[rule as usize] = None;
    }
    said
}

fn mapping() -> Mapping {
    let mut mapping = Mapping::new("m");
    for (path, name) in [
        ("@timestamp", "date"),
        ("event.category", "keyword"),
        ("event.type", "keyword"),
        ("k", "keyword"),
        ("p.name", "keyword"),
        ("p.line", "wildcard"),
        ("n", "long"),
        ("d", "double"),
        ("ip", "ip"),
        ("flag", "boolean"),
        ("seq", "long"),
        ("other", "date"),
    ] {
        mapping.add(path, FieldType::named(name), Origin::Declared);
    }
    mapping
}

fn plan(query: &str, schema: &Schema, settings: &RequestFieldNames) -> Option<Plan> {
    let parsed = eql::parse(query);
    let syntax = parsed.query?;
    let checked = eql::check(&syntax, schema, settings).ok()?;
    eql::lower(&checked, OptionalFields::default(), Timestamp::default()).ok()
}

fn comparison() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("p.name == \"a\"".to_owned()),
        Just("p.name != \"a\"".to_owned()),
        Just("p.name : (\"A\", \"b*\", \"*c\")".to_owned()),
        Just("p.name in (\"a\", \"b\", \"C\")".to_owned()),
        Just("p.name like~ \"?b*\"".to_owned()),
        Just("p.name == null".to_owned()),
        Just("p.name : \"*\"".to_owned()),
        Just("p.name < \"b\"".to_owned()),
        Just("p.line : \"*x*\"".to_owned()),
        Just("p.line : (\"*x*y*\", \"A\", \"\\\\\\\\z\")".to_owned()),
        Just("p.line regex~ \"[a-c]+x.*\"".to_owned()),
        Just("p.line like \"a*\"".to_owned()),
        Just("not p.line : \"*y\"".to_owned()),
        Just("n > 1".to_owned()),
        Just("n in (1, 2)".to_owned()),
        Just("n == 2".to_owned()),
        Just("d >= 1.5".to_owned()),
        Just("flag".to_owned()),
        Just("not flag == true".to_owned()),
        Just("cidrMatch(ip, \"10.0.0.0/8\", \"fe80::/10\")".to_owned()),
        Just("event.type == \"start\"".to_owned()),
        Just("event.type : (\"start\", \"end\")".to_owned()),
        Just("k == \"a\"".to_owned()),
        Just("?nowhere : \"x\"".to_owned()),
        Just("length(p.line) > 2".to_owned()),
        Just("concat(p.name, k) == \"ab\"".to_owned()),
        Just("n + 1 == 2".to_owned()),
        Just("number(p.name) == 1".to_owned()),
        Just("p.name == p.line".to_owned()),
        Just("true".to_owned()),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    comparison().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| format!("not ({inner})")),
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|parts| format!("({})", parts.join(" and "))),
            prop::collection::vec(inner, 2..4)
                .prop_map(|parts| format!("({})", parts.join(" or "))),
        ]
    })
}

fn event_query() -> impl Strategy<Value = String> {
    let category = prop::sample::select(&["any", "process", "file"][..]);
    (category, condition())
        .prop_map(|(category, condition)| format!("{category} where {condition}"))
}

fn query() -> impl Strategy<Value = String> {
    let keys = prop::sample::select(&["", " by k", " by ?k", " by k, n", " by ?p.name, d"][..]);
    let span = prop::sample::select(&["", " with maxspan=2s", " with maxspan=10ms"][..]);
    let pipe = prop::sample::select(&["", "", "", " | head 2", " | tail 1"][..]);
    let stage = (event_query(), 1..4_u8).prop_map(|(query, runs)| match runs {
        2 => format!("[{query}] with runs=2"),
        3 => format!("[{query}] with runs=1"),
        _ => format!("[{query}]"),
    });
    let missing = event_query().prop_map(|query| format!("![{query}]"));
    let any_stage = prop_oneof![4 => stage, 1 => missing];
    let until = prop_oneof![
        3 => Just(String::new()),
        1 => event_query().prop_map(|query| format!(" until [{query}]")),
    ];
    let sequence = (
        keys,
        span,
        prop::collection::vec(any_stage, 1..4),
        until,
        pipe,
    )
        .prop_map(|(keys, span, stages, until, pipe)| {
            format!("sequence{keys}{span} {}{until}{pipe}", stages.join(" "))
        });
    let sample = prop::collection::vec(event_query(), 2..4).prop_map(|queries| {
        let stages: Vec<String> = queries.iter().map(|query| format!("[{query}]")).collect();
        format!("sample by k {}", stages.join(" "))
    });
    prop_oneof![3 => event_query(), 4 => sequence, 1 => sample]
}

fn values(of: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    let one = prop::sample::select(of).prop_map(str::to_owned);
    let many = prop::collection::vec(prop::sample::select(of), 0..3)
        .prop_map(|values| format!("[{}]", values.join(",")));
    prop_oneof![2 => Just(None), 5 => one.prop_map(Some), 1 => many.prop_map(Some)]
}

fn line() -> impl Strategy<Value = String> {
    let texts = &[
        "\"a\"", "\"A\"", "\"b\"", "\"bc\"", "\"\"", "\"xyz\"", "\"1\"", "null", "7",
    ];
    let lines = &[
        "\"abxy\"",
        "\"a\"",
        "\"\\\\z\"",
        "\"\\u0061xx\"",
        "\"AXY\"",
        "\"x\\ny\"",
        "\"ßx\"",
    ];
    let fields = (
        values(&["\"process\"", "\"file\""]),
        values(&["\"start\"", "\"end\"", "\"other\""]),
        values(&["\"a\"", "\"b\"", "\"B\""]),
        values(texts),
        values(lines),
        values(&["1", "2", "\"2\"", "\"x\"", "1.5"]),
        values(&["1", "1.5", "2e0", "\"2\""]),
        values(&["\"10.1.2.3\"", "\"fe80::1\"", "\"8.8.8.8\"", "\"no\""]),
        values(&["true", "false", "\"true\"", "1"]),
        values(&["3", "1", "2"]),
    );
    let time = prop_oneof![
        12 => (0..40_i64).prop_map(|step| Some(1_700_000_000_000 + step * 250)),
        1 => Just(None),
    ];
    (time, fields, any::<bool>()).prop_map(|(time, fields, nested)| {
        let (category, kind, k, name, line, n, d, ip, flag, seq) = fields;
        let mut members: Vec<String> = Vec::new();
        if let Some(time) = time {
            members.push(format!("\"@timestamp\":{time}"));
        }
        let mut add = |path: &str, value: Option<String>| {
            let Some(value) = value else { return };
            match path.split_once('.').filter(|_| nested) {
                // One object a field: a key that occurs twice is one that counts once.
                Some((head, tail))
                    if members
                        .iter()
                        .all(|member| !member.starts_with(&format!("\"{head}\""))) =>
                {
                    members.push(format!("\"{head}\":{{\"{tail}\":{value}}}"));
                }
                _ => members.push(format!("\"{path}\":{value}")),
            }
        };
        add("event.category", category);
        add("event.type", kind);
        add("k", k);
        add("p.name", name);
        add("p.line", line);
        add("n", n);
        add("d", d);
        add("ip", ip);
        add("flag", flag);
        add("seq", seq);
        format!("{{{}}}", members.join(","))
    })
}

fn agree(queries: &[String], lines: &[String], settings: &RequestFieldNames) {
    let schema = Schema::new(vec![mapping()]);
    let (mut plans, mut names) = (Vec::new(), Vec::new());
    for query in queries {
        if let Some(plan) = plan(query, &schema, settings) {
            plans.push(plan);
            names.push(query);
        }
    }
    let events: Vec<Event> = lines
        .iter()
        .map(|line| Event::from_json_line(line).unwrap())
        .collect();
    let expected = by_evaluate(&plans, &events);
    let found = by_engine(&plans, lines);
    for ((expected, found), name) in expected.iter().zip(&found).zip(&names) {
        assert_eq!(found, expected, "{name}\n{}", lines.join("\n"));
    }
    let numbered: Vec<(u32, &Plan)> = (0u32..).zip(&plans).collect();
    let found = over_events(&numbered, "@timestamp", &events);
    for ((number, expected), name) in (0u32..).zip(&expected).zip(names) {
        let stages = |said: &Vec<Said>| said.iter().map(|(stages, _)| stages.clone()).collect();
        let expected: Option<Vec<_>> = expected.as_ref().map(stages);
        assert_eq!(
            found.get(&number),
            expected.as_ref(),
            "{name}\n{}",
            lines.join("\n")
        );
    }
}

/// Without the texts of parts and clauses.
fn without_words(mut plan: Plan) -> Plan {
    let texts = plan.parts.iter_mut().map(|part| &mut part.text);
    let texts = texts.chain(plan.clauses.iter_mut().map(|clause| &mut clause.text));
    texts.for_each(String::clear);
    plan
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_without_words_is_the_same_but_for_them(query in query()) {
        let (schema, settings) = (Schema::new(vec![mapping()]), RequestFieldNames::default());
        let parsed = eql::parse(&query);
        let Some(syntax) = parsed.query else { return Ok(()) };
        let Ok(checked) = eql::check(&syntax, &schema, &settings) else { return Ok(()) };
        let now = Timestamp::default();
        let worded = eql::lower(&checked, OptionalFields::Missing, now).map(without_words);
        prop_assert_eq!(eql::lower_wordless(&checked, now).ok(), worded.ok());
    }

    #[test]
    fn generated_rules_match_what_the_reference_evaluator_matches(
        queries in prop::collection::vec(query(), 1..8),
        lines in prop::collection::vec(line(), 0..40),
    ) {
        agree(&queries, &lines, &RequestFieldNames::default());
    }

    #[test]
    fn a_tiebreaker_or_another_time_field_gives_the_rule_an_order_of_its_own(
        queries in prop::collection::vec(query(), 1..4),
        lines in prop::collection::vec(line(), 0..25),
        time in prop::sample::select(&["@timestamp", "other"][..]),
    ) {
        let settings = RequestFieldNames {
            timestamp: time.to_owned(),
            tiebreaker: Some("seq".to_owned()),
            ..RequestFieldNames::default()
        };
        agree(&queries, &lines, &settings);
    }
}

/// Where the caller bounds nothing, nothing is given up, however much waits behind one match.
#[test]
fn whoever_bounds_nothing_loses_no_match_that_waits() {
    let schema = Schema::new(vec![mapping()]);
    let plan = |query| plan(query, &schema, &RequestFieldNames::default()).unwrap();
    let waiting = plan("sequence with maxspan=1h [any where k == \"x\"] ![any where k == \"z\"]");
    let behind = plan("any where k == \"y\"");
    let line = |number: i64| {
        let key = if number == 0 { "x" } else { "y" };
        format!(
            "{{\"@timestamp\":{},\"k\":\"{key}\"}}",
            1_700_000_000_000 + number
        )
    };
    let lines: Vec<String> = (0..=100_001).map(line).collect();
    let found = by_engine(&[waiting, behind], &lines);
    let counts: Vec<usize> = found.iter().flatten().map(Vec::len).collect();
    assert_eq!(counts, [1, 100_001]);
}
