//! The time range of recordings: that of requests which name none.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use super::filter::TimeFields;
use super::time_range::TimeRange;
use crate::event::Timestamp;
use crate::event::time::DateFormat;
use crate::rule::Rule;
use crate::scan::{Inputs, reread};

/// The range in which every document of the inputs lies, by each field that the time range of a
/// rule looks at. It begins a millisecond early, for a new-terms rule knows what is seen at its very
/// start, and ends one late, for a document may have nanoseconds.
pub fn span(rules: &[(String, Arc<Rule>)], inputs: &dyn Inputs) -> io::Result<Option<TimeRange>> {
    let mut fields = BTreeSet::from(["@timestamp"]);
    for (_, rule) in rules {
        fields.extend(TimeFields::of(rule).all());
    }
    let mut ends: Option<(Timestamp, Timestamp)> = None;
    for file in 0..inputs.count() {
        reread::lines(inputs, file, &mut |_, line| {
            let Some(event) = reread::event(line) else {
                return true;
            };
            let values = fields.iter().flat_map(|field| event.values(field));
            let times = values.filter_map(|value| DateFormat::usual().parse(value.raw().as_text()));
            for time in times {
                let (first, last) = ends.get_or_insert((time, time));
                (*first, *last) = (time.min(*first), time.max(*last));
            }
            true
        })?;
    }
    let moved = |time: Timestamp, by: i64| Timestamp::from_millis(time.millis().saturating_add(by));
    Ok(ends.map(|(first, last)| TimeRange {
        from: moved(first, -1),
        to: moved(last, 1),
    }))
}
