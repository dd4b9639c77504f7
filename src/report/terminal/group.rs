//! Groups the checks of one case that have the same result on several data sources.

use crate::replay::outcome::{Check, CheckKey};
use crate::snapshot::Change;

/// Items that are reported in one block, in the order of the first of each.
pub(in crate::report) fn groups<T>(
    items: impl IntoIterator<Item = T>,
    same: impl Fn(&T, &T) -> bool,
) -> Vec<Vec<T>> {
    let mut groups: Vec<Vec<T>> = Vec::new();
    for item in items {
        // What is alike stands near each other; looking at all would be quadratic.
        let group = groups
            .iter_mut()
            .rev()
            .take(64)
            .find(|group| group.first().is_some_and(|first| same(first, &item)));
        match group {
            Some(group) => group.push(item),
            None => groups.push(vec![item]),
        }
    }
    groups
}

/// Whether two checks can be told as one.
pub(in crate::report) fn alike(one: &Check, other: &Check) -> bool {
    one.key.scenario == other.key.scenario
        && one.key.case == other.key.case
        && one.verdict == other.verdict
        && one.reason == other.reason
        && one.observed == other.observed
        && one.expected == other.expected
        && one.change == other.change
        && places(one) == places(other)
}

/// Whether two changes can be told as one.
pub(in crate::report) fn alike_changes(one: &Change, other: &Change) -> bool {
    one.key.scenario == other.key.scenario
        && one.key.case == other.key.case
        && one.class == other.class
        && one.header == other.header
        && facts(one.before.as_ref()) == facts(other.before.as_ref())
        && facts(one.after.as_ref()) == facts(other.after.as_ref())
}

/// `CASE[a, b]` below its scenario: the name of a block.
pub(in crate::report) fn name<'a>(keys: impl IntoIterator<Item = &'a CheckKey>) -> String {
    let mut keys = keys.into_iter();
    let Some(first) = keys.next() else {
        return String::new();
    };
    let mut name = format!("{}::{}[{}", first.scenario, first.case, first.source);
    for key in keys {
        name.push_str(", ");
        name.push_str(&key.source);
    }
    name.push(']');
    name
}

/// What names these checks on a command line: the key of one, or of the case on all its sources.
pub(in crate::report) fn argument(keys: &[&CheckKey], all: usize) -> String {
    match keys {
        [] => String::new(),
        [one] => super::style::quote(&one.to_string()),
        [first, ..] if keys.len() == all => {
            super::style::quote(&format!("{}::{}", first.scenario, first.case))
        }
        several => {
            let quoted: Vec<String> = several
                .iter()
                .map(|key| super::style::quote(&key.to_string()))
                .collect();
            quoted.join(" ")
        }
    }
}

fn places(check: &Check) -> Vec<(&str, &str)> {
    check
        .diagnostics
        .iter()
        .map(|diagnostic| (diagnostic.sort_key().0, diagnostic.message.as_str()))
        .collect()
}

/// An entry without its first line, which names the source.
pub(super) fn facts(entry: Option<&String>) -> Option<&str> {
    entry.map(|entry| entry.split_once('\n').map_or("", |(_, facts)| facts))
}
