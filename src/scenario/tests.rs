//! No text makes a scenario panic, wherever it is broken.

use proptest::prelude::*;

use super::*;
use crate::data_source::{Catalogue, DataSource};
use crate::diagnostic::SourceText;

const GOOD: &str = include_str!("../../scenarios/windows/lateral_movement_incoming_wmi.yaml");

/// Reads, checks and expands all that a text holds.
fn drive(text: &str) {
    let catalogue = Catalogue::builtin().unwrap();
    let claimed: Vec<&DataSource> = catalogue.sources().iter().collect();
    let file = read(&SourceText::new("a.yaml", text));
    for scenario in &file.scenarios {
        let _ = check(scenario, &catalogue, &claimed, None);
        for source in &claimed {
            let expander = Expander::new(scenario, source);
            let _ = expander.expand(None);
            for case in &scenario.cases {
                let _ = expand::expected_fields(scenario, Some(case), source);
                let _ = expander.expand(Some(case));
            }
        }
    }
}

/// The good scenario's attack with a few cases, so that many of them can be broken in little time.
fn short() -> String {
    let lines: Vec<&str> = GOOD.lines().collect();
    let attack = lines.iter().position(|line| *line == "cases:").unwrap();
    let each = lines
        .iter()
        .position(|line| line.contains("management agents"))
        .unwrap();
    [&lines[..attack + 15], &lines[each..each + 20]]
        .concat()
        .join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_scenario_that_is_broken_anywhere_does_not_panic(
        at in any::<prop::sample::Index>(),
        length in 0usize..40,
        text in r#"[ a-z:,\[\]{}"'\n$+*&.-]{0,6}|null|\{\}|\[\]|: |\$x|é"#,
    ) {
        let good = short();
        let ends: Vec<usize> = good.char_indices().map(|(at, _)| at).collect();
        let start = at.index(ends.len());
        let end = (start + length).min(ends.len() - 1);
        drive(&format!("{}{text}{}", &good[..ends[start]], &good[ends[end]..]));
    }

    #[test]
    fn a_scenario_whose_lines_are_mixed_does_not_panic(
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..40)
    ) {
        let lines: Vec<&str> = GOOD.lines().collect();
        let mixed: Vec<&str> = order.iter().map(|at| lines[at.index(lines.len())]).collect();
        drive(&mixed.join("\n"));
    }
}

/// Files that would be slow or large if anything were done for each pair of their parts.
#[expect(
    clippy::disallowed_methods,
    reason = "the test is about the time that reading takes"
)]
#[test]
fn no_file_costs_more_than_its_size() {
    let attack = "attack:\n  name: a\n  events: {a: {is: process}}\n";
    let lines = |line: fn(usize) -> String| (0..6_000).map(line).collect::<String>();
    let files = [
        format!("{attack}sources:\n{}", lines(|n| format!("  - s{n}\n"))),
        format!(
            "{attack}fields:\n{}",
            lines(|n| format!("  $f{n}: {{s: a{n}}}\n"))
        ),
        format!(
            "attack:\n  name: a\n  events:\n    a:\n      is: process\n{}",
            lines(|n| format!("      f{n}: x\n"))
        ),
        format!(
            "attack:\n  name: a\n  events:\n{}",
            lines(|n| format!("    e{n}: {{is: process}}\n"))
        ),
        format!(
            "{attack}  expect:\n{}",
            lines(|n| format!("    s{n}: none\n"))
        ),
        format!(
            "{attack}  because:\n{}",
            lines(|n| format!("    s{n}: none\n"))
        ),
        format!(
            "{attack}  expect: none\n  because:\n{}",
            lines(|n| format!("    - $b{n}\n"))
        ),
        format!(
            "{attack}cases:\n{}",
            lines(|_| "  - {name: c, expect: none}\n".to_owned())
        ),
        format!(
            "{attack}cases:\n  - name: c\n    expect: none\n    change:\n{}",
            lines(|n| format!("      l{n}: {{at: 1s}}\n"))
        ),
        format!(
            "{attack}cases:\n  - name: c\n    expect: none\n    each:\n{}",
            lines(|n| format!("      l{n}: [a]\n"))
        ),
        format!(
            "{attack}cases:\n  - name: c\n    expect: none\n    each:\n      x: [1, 2, 3, 4, 5, 6, 7, 8, 9]\n      y: [1, 2, 3, 4, 5, 6, 7, 8, 9]\n      z: [1, 2, 3, 4, 5, 6, 7, 8, 9]\n    change: {{a: {{process.args: [$x, $y, $z]}}}}\n    remove:\n{}",
            lines(|_| "      - a\n".to_owned())
        ),
        lines(|n| format!("k{n}: x\n")),
    ];
    for file in files {
        let started = std::time::Instant::now();
        drive(&file);
        let start: String = file.chars().skip(40).take(60).collect();
        assert!(started.elapsed().as_secs() < 20, "{start}");
    }
}
