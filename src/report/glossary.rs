//! The words of the reports, read from `docs/glossary.md`, which the guide and `trapline explain
//! WORD` show as well.

use super::View;
use crate::replay::outcome::Verdict;

const PAGE: &str = include_str!("../../docs/glossary.md");

/// Every word with its explanation, in the order of the alphabet.
pub fn entries() -> impl Iterator<Item = (&'static str, &'static str)> {
    let sections = PAGE.split("\n## ").skip(1);
    sections.filter_map(|section| {
        let (word, text) = section.split_once('\n')?;
        Some((word.trim(), text.trim()))
    })
}

/// The explanation of a word, whatever its case.
pub fn entry(word: &str) -> Option<(&'static str, &'static str)> {
    entries().find(|(known, _)| known.eq_ignore_ascii_case(word))
}

/// The words that a report uses and a reader may not know, each with its explanation: the classes of
/// its changes, its verdicts but passed and failed, and what was not tested.
pub(super) fn legend(view: &View<'_>) -> Vec<(&'static str, &'static str)> {
    let mut words: Vec<&str> = Vec::new();
    for change in view.changes {
        words.push(change.class.word());
    }
    for verdict in Verdict::ALL {
        let plain = matches!(verdict, Verdict::Passed | Verdict::Failed);
        if !plain && view.outcome.count(verdict) > 0 {
            words.push(verdict.word());
        }
    }
    let checks = || view.outcome.checks();
    let uses = [
        ("gap", checks().any(|check| check.pin.is_some())),
        ("waive", checks().any(|check| check.waived.is_some())),
        ("untested", view.outcome.rules.count("untested") > 0),
        ("unshaped", view.outcome.rules.count("unshaped") > 0),
        ("unsupported", view.outcome.rules.count("unsupported") > 0),
        ("gate", !view.gates.is_empty()),
    ];
    words.extend(uses.iter().filter(|(_, used)| *used).map(|(word, _)| *word));
    let used = |(word, _): &(&str, &str)| words.contains(word);
    entries().filter(used).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Class;

    #[test]
    fn every_verdict_and_class_stands_in_the_glossary() {
        for verdict in Verdict::ALL {
            assert!(entry(verdict.word()).is_some(), "{verdict}");
        }
        for class in Class::ALL {
            assert!(entry(class.word()).is_some(), "{}", class.word());
        }
        assert_eq!(entry("LOST"), entry("lost"));
        let words: Vec<&str> = entries().map(|(word, _)| word).collect();
        assert!(words.len() > 30);
    }
}
