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
        let _ = check(scenario, &catalogue, &claimed);
        for source in &claimed {
            let _ = expand(scenario, None, source);
            for case in &scenario.cases {
                let _ = expand::expected_fields(scenario, Some(case), source);
                let _ = expand(scenario, Some(case), source);
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
