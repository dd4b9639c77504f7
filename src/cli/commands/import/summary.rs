//! The closing summary of `trapline import`: what was read, by kind of event, and what was not.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::read::Seen;
use crate::diagnostic::escape;
use crate::import::{Mapped, Tally, WindowsEventId};

/// The whole text.
pub(super) fn summary(seen: &Seen) -> String {
    let mut text = line(seen);
    let counts = &seen.counts;
    table(seen, &mut text);
    if counts.without_host > 0 {
        let _ = writeln!(
            text,
            "{} without host: a sequence by host.id does not hold them",
            some(counts.without_host, "event")
        );
    }
    text
}

/// How much was read, and what was not.
pub(super) fn line(seen: &Seen) -> String {
    let mut text = String::new();
    let counts = &seen.counts;
    let forms: Vec<String> = counts
        .forms
        .iter()
        .map(|(form, events)| match counts.forms.len() {
            1 => form.name().to_owned(),
            _ => format!("{events} {}", form.name()),
        })
        .collect();
    let of = if forms.is_empty() {
        String::new()
    } else {
        format!(" ({})", forms.join(", "))
    };
    let _ = writeln!(
        text,
        "{} from {}{of}",
        some(counts.documents, "event"),
        some(seen.files as u64, "file")
    );
    for (what, number) in &counts.left_out {
        let (first, rest) = what.split_once(' ').unwrap_or((what, ""));
        let _ = writeln!(text, "left out: {} {rest}", some(*number, first));
    }
    if counts.faulty() > 0 {
        let faults: Vec<String> = counts
            .faults
            .iter()
            .map(|(kind, number)| format!("{number} {kind}"))
            .collect();
        let _ = writeln!(text, "not read: {}", faults.join(", "));
    }
    text
}

/// The kinds of Windows events, the commonest first.
fn table(seen: &Seen, text: &mut String) {
    let mut kinds: Vec<(&WindowsEventId, &Tally)> = seen.counts.events.iter().collect();
    kinds.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.events));
    let width = kinds.iter().map(|(kind, _)| kind.id.1.len()).max();
    for (kind, tally) in &kinds {
        let note = match tally.mapped {
            Mapped::HeaderOnly => "  not mapped, kept under winlog.event_data".to_owned(),
            Mapped::Fields => not_mapped(&tally.unmapped),
        };
        let _ = writeln!(
            text,
            "{:>9}  {:>width$}  {}{note}",
            tally.events,
            escape::line(&kind.id.1),
            escape::line(&kind.channel),
            width = width.unwrap_or(0)
        );
    }
    let unmapped: u64 = seen.counts.header_only().map(|(_, events)| events).sum();
    if unmapped > 0 {
        let kinds = seen.counts.header_only().count() as u64;
        let _ = writeln!(
            text,
            "{} of {} not mapped: the header is in ECS, the rest under winlog.event_data",
            some(unmapped, "event"),
            some(kinds, "kind")
        );
    }
}

/// The event data of a kind that no ECS field was made of, as far as they fit.
fn not_mapped(names: &BTreeSet<String>) -> String {
    const SHOWN: usize = 4;
    if names.is_empty() {
        return String::new();
    }
    let first: Vec<_> = names
        .iter()
        .take(SHOWN)
        .map(|name| escape::line(name))
        .collect();
    let more = match names.len() - first.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("  not mapped: {}{more}", first.join(", "))
}

/// `1 event`, `2 events`.
fn some(number: u64, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}
