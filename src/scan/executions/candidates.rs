//! Finds the indicators that an event may match without a look at all of them: those that have one
//! of its values, and those whose values say too little. What is found is compared afterwards.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::compile::{Entries, IndicatorSide, is_exact};
use crate::event::{Event, FieldType};
use crate::rule::MappingEntry;

/// The indicators of a rule by their values.
pub(super) struct Candidates<'s> {
    entries: Entries<'s>,
    groups: Vec<Group<'s>>,
}

/// The indicators by one entry of a group of entries.
struct Group<'s> {
    /// `None` where no entry compares values for equality.
    entry: Option<&'s MappingEntry>,
    /// An address block of the event is searched in a field of addresses.
    takes_blocks: bool,
    /// By the values of the entry.
    by_value: BTreeMap<String, Vec<usize>>,
    /// Those that may match any event.
    others: Vec<usize>,
}

impl<'s> Candidates<'s> {
    pub(super) fn new(side: &'s IndicatorSide) -> Self {
        let entries = side.entries();
        let groups = entries.settings().groups.iter();
        let groups = groups.map(|group| {
            let entry = group.iter().find(|entry| is_compared(entries, entry));
            let [event_type, indicator_type] = entry.map_or([None, None], |one| entries.types(one));
            let mut group = Group {
                entry,
                takes_blocks: indicator_type == Some(FieldType::Ip),
                by_value: BTreeMap::new(),
                others: Vec::new(),
            };
            let is_address = event_type == Some(FieldType::Ip);
            for number in side.numbers() {
                let indicator = side.document(number);
                group.add(number, indicator, entries, is_address);
            }
            group
        });
        Self {
            groups: groups.collect(),
            entries,
        }
    }

    /// The numbers of the indicators that an event may match, in ascending order.
    pub(super) fn of(&self, event: &Event) -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        for group in &self.groups {
            let Some(entry) = group.entry else {
                found.extend(&group.others);
                continue;
            };
            let values = self.entries.event_values(entry, event);
            if values.is_empty() {
                continue;
            }
            found.extend(&group.others);
            if group.takes_blocks && values.iter().any(|value| value.contains('/')) {
                found.extend(group.by_value.values().flatten());
            }
            let keys = values
                .iter()
                .filter_map(|value| group.by_value.get(&key(value)));
            found.extend(keys.flatten());
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl<'s> Group<'s> {
    fn add(
        &mut self,
        number: usize,
        indicator: Option<&Event>,
        entries: Entries<'s>,
        is_address: bool,
    ) {
        let (Some(entry), Some(indicator)) = (self.entry, indicator) else {
            self.others.push(number);
            return;
        };
        let values = entries.indicator_values(entry, indicator);
        if is_address && values.iter().any(|value| value.contains('/')) {
            self.others.push(number);
        }
        for value in values {
            let numbers = self.by_value.entry(key(&value)).or_default();
            if numbers.last() != Some(&number) {
                numbers.push(number);
            }
        }
    }
}

/// Whether an entry holds for equal values only, or for blocks of addresses.
fn is_compared(entries: Entries<'_>, entry: &MappingEntry) -> bool {
    let mut types = entries.types(entry).into_iter();
    !entry.is_negated && types.all(|own| own.as_ref().is_some_and(is_exact))
}

/// The form in which equal values are equal: addresses normalized, texts in lower case.
fn key(value: &str) -> String {
    match value.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().to_string(),
        Err(_) => value.to_lowercase(),
    }
}
