//! The sequence matcher on series written as text: a line a position, `[key|]<letter><number>`,
//! the number being time and name; `U9` an `until` event, `M9` one that must be missing.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;

/// Runs the series, one line a position, and gives the numbers of the events of each sequence.
fn run(lines: &[&str], mut spec: SequenceSpec) -> Vec<Vec<u32>> {
    let mut keys: BTreeMap<String, u32> = BTreeMap::new();
    let mut actions: Vec<(u32, u32, StageAction)> = Vec::new();
    let mut positions = 0;
    for line in lines {
        let tokens: Vec<&str> = line.split_whitespace().collect();
        let letter = tokens.first().map(|token| parse(token).1);
        for token in tokens {
            let (key, letter, number) = parse(token);
            let next = u32::try_from(keys.len()).unwrap();
            let key = *keys.entry(key.to_owned()).or_insert(next);
            match letter {
                'X' => {}
                'U' => actions.push((number, key, StageAction::Until)),
                'M' => actions.push((number, key, StageAction::Missing(0))),
                _ => actions.push((number, key, StageAction::Stage(positions))),
            }
        }
        positions += usize::from(!matches!(letter, Some('U' | 'M')));
    }
    spec.positions = positions;
    actions.sort_by_key(|(number, key, action)| (*number, *key, action.priority()));
    let mut matcher = Matcher::new(spec);
    for (number, key, action) in actions {
        let ordered = OrderedEvent {
            rank: number,
            nanos: i128::from(number) * 1_000_000_000,
            event: EventId(number),
        };
        matcher.take(ordered, key, action);
    }
    let found = matcher.finish().into_iter();
    found
        .map(|found| {
            found
                .moments
                .iter()
                .map(|ordered| ordered.event.0)
                .collect()
        })
        .collect()
}

fn parse(token: &str) -> (&str, char, u32) {
    let (key, event) = token.split_once('|').unwrap_or(("", token));
    let letter = event.chars().next().unwrap();
    (key, letter, event[1..].parse().unwrap())
}

fn spans(seconds: i64) -> SequenceSpec {
    SequenceSpec {
        maxspan: Some(i128::from(seconds) * 1_000_000_000),
        window: seconds * 1000,
        ..SequenceSpec::default()
    }
}

#[test]
fn the_worked_examples_hold() {
    let cases: [(&[&str], &[&[u32]]); 11] = [
        (&["A1 A2", "B3"], &[&[2, 3]]),
        (&["A1", "B2 B3"], &[&[1, 2]]),
        (&["A1 A2", "B3 B4"], &[&[2, 3]]),
        (&["A1 A3", "B2 B4"], &[&[1, 2], &[3, 4]]),
        (&["A1 A2 A4", "B3 B5 B6", "C7 C8"], &[&[4, 5, 7]]),
        (&["A1", "B2 B4", "C3 C5"], &[&[1, 2, 3]]),
        (
            &["A1 A2 A3 A4 A5", "A1 A2 A3 A4 A5", "A1 A2 A3 A4 A5"],
            &[&[1, 2, 3], &[2, 3, 4], &[3, 4, 5]],
        ),
        (&["A2", "B1"], &[]),
        (&["A1", "B3", "U2"], &[]),
        (&["A1", "B2", "C4", "U3"], &[]),
        (&["A1 A3", "B4", "U2"], &[&[3, 4]]),
    ];
    for (lines, expected) in cases {
        assert_eq!(run(lines, SequenceSpec::default()), expected, "{lines:?}");
    }
}

#[test]
fn maxspan_is_inclusive_and_a_late_event_consumes() {
    assert_eq!(run(&["A1 A2", "B4"], spans(2)), [[2, 4]]);
    assert!(run(&["A1 A2", "B4 B5"], spans(1)).is_empty());
    assert!(run(&["A1", "B3", "C4"], spans(2)).is_empty());
}

#[test]
fn until_includes_the_last_matched_event_and_spares_the_one_that_completes() {
    assert_eq!(
        run(&["A1", "B2", "C3", "U3"], SequenceSpec::default()),
        [[1, 2, 3]]
    );
    assert!(run(&["A1", "B2", "C3", "U2"], SequenceSpec::default()).is_empty());
    assert_eq!(
        run(&["a|A1", "a|B3", "b|U2"], SequenceSpec::default()),
        [[1, 3]]
    );
}

#[test]
fn a_missing_event_discards_only_strictly_between_and_of_the_same_key() {
    let between = |seconds| SequenceSpec {
        gaps: vec![1],
        ..spans(seconds)
    };
    assert!(run(&["A1", "B3", "M2"], between(10)).is_empty());
    assert_eq!(run(&["A1", "B3", "M3"], between(10)), [[1, 3]]);
    assert_eq!(run(&["a|A1", "a|B3", "b|M2"], between(10)), [[1, 3]]);
    assert!(run(&["A1", "B3 B4", "M2"], between(10)).is_empty());
}

#[test]
fn leading_and_trailing_missing_events_look_as_far_as_maxspan() {
    let leading = |seconds| SequenceSpec {
        gaps: vec![0],
        ..spans(seconds)
    };
    assert!(run(&["B5", "C6", "M2"], leading(4)).is_empty());
    assert_eq!(run(&["B5", "C6", "M2"], leading(3)), [[5, 6]]);
    let trailing = |seconds| SequenceSpec {
        gaps: vec![2],
        ..spans(seconds)
    };
    assert!(run(&["A2", "C6", "M7"], trailing(10)).is_empty());
    assert_eq!(run(&["A2", "C6", "M7"], trailing(4)), [[2, 6]]);
}

#[test]
fn one_of_a_leading_and_a_trailing_missing_event_alone_does_not_discard() {
    let both = SequenceSpec {
        gaps: vec![0, 2],
        ..spans(10)
    };
    assert_eq!(run(&["A2", "C6", "M7"], both), [[2, 6]]);
}

/// The cases of Elasticsearch's own matcher tests, where they are at hand.
#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
#[expect(
    clippy::disallowed_methods,
    reason = "the shared material is read from disk"
)]
fn elasticsearchs_own_series_hold() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/conformance/sequences.series-spec");
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//"));
    let mut count = 0;
    while let Some(name) = lines.next() {
        let series: Vec<&str> = lines.by_ref().take_while(|line| *line != ";").collect();
        let expected: Vec<Vec<u32>> = lines
            .by_ref()
            .take_while(|line| *line != ";")
            .map(|line| {
                line.split_whitespace()
                    .map(|token| parse(token).2)
                    .collect()
            })
            .collect();
        assert_eq!(run(&series, SequenceSpec::default()), expected, "{name}");
        count += 1;
    }
    assert!(count >= 24, "only {count} series were read");
}
