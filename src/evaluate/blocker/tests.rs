//! The blockers of small cases, and the law that they obey.

use proptest::prelude::*;

use super::super::fixture::*;
use super::super::{Context, Shortfall, evaluate, reason};
use super::*;
use crate::event::Event;
use crate::plan::ClauseId;

fn named(millis: i64, name: &str, key: &str) -> Event {
    event(
        millis,
        &[("name", name), ("k", key), ("category", "process")],
    )
}

/// `sequence by k with maxspan=2s [process where name == "A"] [process where name == "B"]`
/// with `until [name == "U"]` and `![name == "M"]` as asked for.
fn plan(extra: &[(&str, &str)]) -> Plan {
    let keys = [(K, false)];
    let mut builder = Builder::new().stage("", Some("process"), &equals(NAME, "A"), &keys, 1);
    for (role, name) in extra {
        builder = builder.stage(role, None, &equals(NAME, name), &keys, 1);
    }
    builder
        .stage("", Some("process"), &equals(NAME, "B"), &keys, 1)
        .sequence(Some(2000), &["k"])
}

fn blockers_of(plan: &Plan, events: &[Event], hint: &BlockerHint) -> Blockers {
    evaluate(plan, events, &Context::default())
        .unwrap()
        .blockers(hint)
}

fn words(plan: &Plan, events: &[Event]) -> Vec<String> {
    words_of(plan, events, &[])
}

fn words_of(plan: &Plan, events: &[Event], assignment: &[u32]) -> Vec<String> {
    let hint = BlockerHint {
        assignment: assignment
            .iter()
            .map(|event| Some(EventId(*event)))
            .collect(),
        waived: Vec::new(),
    };
    let blockers = blockers_of(plan, events, &hint);
    let words = |cause: &Cause| reason::words(plan, cause, |event| format!("e{}", event.0));
    blockers.causes.iter().map(words).collect()
}

#[test]
fn each_structural_clause_is_found_and_measured() {
    let plan = plan(&[]);
    let cases = [
        (
            named(2001, "B", "x"),
            "maxspan",
            Some(Shortfall::Maxspan { late: 1 }),
        ),
        (
            named(-214, "B", "x"),
            "order",
            Some(Shortfall::Order { early: 214 }),
        ),
        (named(1, "C", "x"), "leaf 1", None),
        (event(1, &[("name", "B"), ("k", "x")]), "category", None),
        (
            named(1, "B", "y"),
            "join k",
            Some(Shortfall::Join {
                have: vec![crate::event::Value::text("y")],
                want: vec![crate::event::Value::text("x")],
            }),
        ),
    ];
    for (second, word, shortfall) in cases {
        let events = [named(0, "A", "x"), second];
        assert_eq!(words(&plan, &events), [word]);
        let blockers = blockers_of(&plan, &events, &BlockerHint::default());
        assert_eq!(blockers.causes[0].shortfall, shortfall);
        assert_eq!(blockers.causes[0].event, Some(EventId(1)));
        assert!(!blockers.approximate);
    }
    let mut unrouted = [named(0, "A", "x"), named(1, "B", "x")];
    unrouted[0].unrouted = true;
    assert_eq!(words(&plan, &unrouted), ["not routed"]);
    let keyless = [
        event(0, &[("name", "A"), ("category", "process")]),
        named(1, "B", "x"),
    ];
    assert_eq!(words(&plan, &keyless), ["join k"]);
}

#[test]
fn an_until_and_a_missing_event_block_alone() {
    let events = [named(0, "A", "x"), named(5, "U", "x"), named(9, "B", "x")];
    let (until, missing) = (plan(&[("until", "U")]), plan(&[("missing", "U")]));
    assert_eq!(words_of(&until, &events, &[0, 2]), ["until"]);
    assert_eq!(words_of(&missing, &events, &[0, 2]), ["missing event"]);
    // Without labels the event between is one more candidate for the last stage.
    assert_eq!(words(&until, &events), ["until", "leaf 2"]);
    let causes = blockers_of(&missing, &events, &BlockerHint::default()).causes;
    assert_eq!(causes[0].event, Some(EventId(1)));
}

#[test]
fn an_event_that_took_the_partial_sequence_is_named() {
    // The first B takes the A, and its sequence is discarded; the second B would be free of M.
    let keys = [(K, false)];
    let plan = Builder::new()
        .stage("", None, &equals(NAME, "A"), &keys, 1)
        .stage("", None, &equals(NAME, "B"), &keys, 1)
        .stage("missing", None, &equals(NAME, "M"), &keys, 1)
        .stage("", None, &equals(NAME, "C"), &keys, 1)
        .sequence(Some(10), &["k"]);
    let names = (0..).zip(["A", "B", "M", "B", "C"]);
    let events: Vec<Event> = names.map(|(at, name)| named(at, name, "x")).collect();
    assert_eq!(words_of(&plan, &events, &[0, 3, 4]), ["taken by e1"]);
    assert_eq!(words_of(&plan, &events, &[0, 1, 4]), ["missing event"]);
}

#[test]
fn what_lacks_several_things_is_overdetermined() {
    let plan = plan(&[]);
    let events = [named(0, "A", "x"), named(3000, "B", "y")];
    let blockers = blockers_of(&plan, &events, &BlockerHint::default());
    assert!(blockers.causes.is_empty() && blockers.part.is_none());
    let words: Vec<String> = blockers
        .together
        .iter()
        .map(|cause| reason::words(&plan, cause, |_| String::new()))
        .collect();
    assert_eq!(words, ["maxspan", "join k"]);
}

#[test]
fn the_parts_of_a_negated_conjunction_are_shown_as_the_whole() {
    let both = Tree::All(vec![equals(TAGS, "a"), equals(K_FIELD, "x")]);
    let tree = Tree::All(vec![equals(NAME, "A"), not(both)]);
    let plan = Builder::new().stage("", None, &tree, &[], 1).events();
    let mut only = named(0, "A", "x");
    only.push("tags", crate::event::Scalar::text("a"));
    let blockers = blockers_of(&plan, &[only], &BlockerHint::default());
    assert_eq!(blockers.causes.len(), 2);
    let part = blockers.part.unwrap();
    // query > stage > and > not > (tags and k)
    assert_eq!(path_to(&plan, part).len(), 5);
}

const K_FIELD: crate::plan::FieldId = crate::plan::FieldId(K);

#[test]
fn the_authors_assignment_is_the_one_explained() {
    let plan = plan(&[]);
    let events = [
        named(0, "A", "x"),
        named(1, "C", "x"),
        named(5000, "B", "x"),
    ];
    let hint = BlockerHint {
        assignment: vec![Some(EventId(0)), Some(EventId(1))],
        waived: Vec::new(),
    };
    let causes = blockers_of(&plan, &events, &hint).causes;
    assert_eq!(causes.len(), 1);
    assert_eq!(causes[0].event, Some(EventId(1)));
    assert_eq!(
        words(&plan, &events).len(),
        2,
        "without labels the late B is one more"
    );
}

#[test]
fn under_a_waiver_what_is_left_is_explained() {
    let plan = plan(&[]);
    let events = [named(0, "A", "x"), named(3000, "B", "y")];
    let join = plan
        .clauses
        .iter()
        .position(|clause| clause.text == "join k")
        .unwrap();
    let hint = BlockerHint {
        assignment: Vec::new(),
        waived: vec![Override::Relax(ClauseId(u16::try_from(join).unwrap()))],
    };
    let causes = blockers_of(&plan, &events, &hint).causes;
    assert_eq!(causes.len(), 1);
    assert_eq!(
        reason::words(&plan, &causes[0], |_| String::new()),
        "maxspan"
    );
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the bound is so wide that only a wrong order of growth breaks it"
)]
fn a_large_capture_is_explained_in_bounded_time() {
    let plan = plan(&[("until", "U"), ("missing", "M")]);
    let names = ["A", "M", "U", "C", "D"];
    let events: Vec<Event> = (0..20_000)
        .map(|number: usize| {
            let millis = i64::try_from(number).unwrap() * 10;
            named(
                millis,
                names[number % names.len()],
                ["x", "y", "z"][number % 3],
            )
        })
        .collect();
    let started = std::time::Instant::now();
    let evaluation = evaluate(&plan, &events, &Context::default()).unwrap();
    assert!(evaluation.matches().is_empty());
    assert!(evaluation.blockers(&BlockerHint::default()).approximate);
    assert!(started.elapsed() < std::time::Duration::from_secs(20));
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = (0..3_usize, 0..2_usize)
        .prop_map(|(field, value)| equals([NAME, TAGS, K_FIELD][field], ["x", "y"][value]));
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(not),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Tree::All),
            prop::collection::vec(inner, 1..4).prop_map(Tree::Any),
        ]
    })
}

fn any_event() -> impl Strategy<Value = Event> {
    let value = || prop::option::of(prop_oneof![Just("x"), Just("y")]);
    (0..6_i64, value(), value(), value(), any::<bool>()).prop_map(|(at, name, tags, k, process)| {
        let mut fields: Vec<(&str, &str)> = Vec::new();
        fields.extend(name.map(|value| ("name", value)));
        fields.extend(tags.map(|value| ("tags", value)));
        fields.extend(k.map(|value| ("k", value)));
        fields.extend(process.then_some(("category", "process")));
        event(at, &fields)
    })
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let shape = (
        any::<bool>(),
        prop::option::of(0..4_i64),
        0..3_u8,
        0..3_usize,
    );
    (prop::collection::vec(tree(), 1..4), tree(), shape).prop_map(
        |(trees, other, (keyed, maxspan, extra, gap))| {
            let keys: &[(u16, bool)] = if keyed { &[(K, false)] } else { &[] };
            let mut builder = Builder::new();
            let event_query = trees.len() == 1;
            for (index, tree) in trees.iter().enumerate() {
                if extra == 1 && !event_query && gap == index && maxspan.is_some() {
                    builder = builder.stage("missing", None, &other, keys, 1);
                }
                builder = builder.stage("", Some("process"), tree, keys, 1);
            }
            if event_query {
                return builder.events();
            }
            if extra == 2 {
                builder = builder.stage("until", None, &other, keys, 1);
            }
            builder.sequence(maxspan, if keyed { &["k"] } else { &[] })
        },
    )
}

fn change_of(plan: &Plan, evaluation: &Evaluation<'_>, cause: &Cause) -> Vec<Override> {
    let event = cause.event.unwrap();
    match cause.kind {
        CauseKind::NotRouted => vec![Override::Route(event)],
        CauseKind::ConsumedBy(event) => vec![Override::Without(event)],
        CauseKind::Clause(clause) => match plan.clause(clause).unwrap().kind {
            ClauseKind::Category => vec![Override::Category { clause, event }],
            ClauseKind::Order => Vec::new(),
            kind if kind.is_condition() => vec![Override::Fact {
                clause,
                event: Some(event),
                bit: !evaluation.fact(clause, event).unwrap(),
            }],
            _ => vec![Override::Relax(clause)],
        },
    }
}

proptest! {
    /// Inverting a cause alone makes a match; and unless some assignment lacks nothing (another
    /// event took its partial sequence), no other single leaf of a positive stage does.
    #[test]
    fn every_cause_alone_makes_a_match_and_no_other_leaf_does(
        plan in any_plan(),
        events in prop::collection::vec(any_event(), 0..5),
    ) {
        let evaluation = evaluate(&plan, &events, &Context::default()).unwrap();
        let blockers = evaluation.blockers(&BlockerHint::default());
        if !evaluation.matches().is_empty() {
            prop_assert_eq!(blockers, Blockers::default());
            return Ok(());
        }
        for cause in &blockers.causes {
            let change = change_of(&plan, &evaluation, cause);
            prop_assert!(change.is_empty() || !evaluation.decide_with(&change).is_empty());
        }
        let overlay = evaluation.view(&[]);
        let costs = Costs::new(&overlay);
        if assignment::search(&costs, &[]).complete.is_some() {
            return Ok(());
        }
        for (id, _) in plan.positive() {
            let clauses = plan.clauses.numbered();
            for (clause, _) in clauses.filter(|(_, c)| c.stage == Some(id) && c.leaf.is_some()) {
                for event in EventId::of(&events) {
                    let bit = !evaluation.fact(clause, event).unwrap();
                    let event = Some(event);
                    let change = Override::Fact { clause, event, bit };
                    let makes = !evaluation.decide_with(&[change]).is_empty();
                    let named = blockers.causes.iter().any(|cause| {
                        cause.kind == CauseKind::Clause(clause) && cause.event == event
                    });
                    prop_assert_eq!(makes, named, "{:?} {:?}", clause, event);
                }
            }
        }
    }
}

/// Rarity with one count of events that were asked and of those on which it holds a leaf.
fn rarity(plan: &Plan, counts: &[(u64, u64)]) -> Rarity {
    assert_eq!(plan.leaves.len(), counts.len());
    Rarity::new(counts.iter().copied())
}

#[test]
fn the_nearest_event_meets_what_is_rare_and_fails_what_is_common() {
    // name == "A" and k == "x": the first holds on one event of a hundred, the second on half.
    let condition = Tree::All(vec![
        equals(NAME, "A"),
        equals(crate::plan::FieldId(K), "x"),
    ]);
    let plan = Builder::new()
        .stage("", Some("process"), &condition, &[], 1)
        .events();
    let events = [
        named(0, "B", "x"),
        named(1, "A", "y"),
        event(2, &[("name", "A"), ("k", "y"), ("category", "file")]),
    ];
    let evaluation = evaluate(&plan, &events, &Context::default()).unwrap();
    let rare_first = rarity(&plan, &[(100, 1), (100, 50)]);
    assert_eq!(evaluation.nearest(&rare_first), [Some(EventId(1))]);
    let rare_last = rarity(&plan, &[(100, 50), (100, 1)]);
    assert_eq!(evaluation.nearest(&rare_last), [Some(EventId(0))]);
}

#[test]
fn an_event_that_is_not_routed_is_the_last_choice() {
    let plan = Builder::new()
        .stage("", Some("process"), &equals(NAME, "A"), &[], 1)
        .events();
    let mut hidden = named(0, "A", "x");
    hidden.unrouted = true;
    let evaluation = evaluate(&plan, &[hidden, named(1, "B", "x")], &Context::default()).unwrap();
    let nearest = evaluation.nearest(&rarity(&plan, &[(2, 1)]));
    assert_eq!(nearest, [Some(EventId(1))]);
}

#[test]
fn a_sequence_is_nearest_where_its_events_go_together() {
    let plan = plan(&[]);
    // Of three B the one of the other host, the one far too late, the one just before.
    let events = [
        named(10_000, "A", "x"),
        named(10_500, "B", "other"),
        named(600_000, "B", "x"),
        named(9_500, "B", "x"),
    ];
    let evaluation = evaluate(&plan, &events, &Context::default()).unwrap();
    let nearest = evaluation.nearest(&rarity(&plan, &[(4, 1), (4, 3)]));
    assert_eq!(nearest, [Some(EventId(0)), Some(EventId(3))]);
    assert_eq!(evaluation.longest_prefix(&[]), [EventId(0)]);
}

#[test]
fn what_only_a_present_event_discards_came_the_whole_way() {
    let plan = plan(&[("missing", "M")]);
    let events = [
        named(0, "A", "x"),
        named(500, "M", "x"),
        named(1000, "B", "x"),
    ];
    let evaluation = evaluate(&plan, &events, &Context::default()).unwrap();
    assert!(evaluation.matches().is_empty());
    assert_eq!(evaluation.longest_prefix(&[]), [EventId(0), EventId(2)]);
}
