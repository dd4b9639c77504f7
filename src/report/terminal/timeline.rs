//! `trapline explain --schedule` on the terminal: the executions of the rule on a timeline, one per
//! line.

use std::fmt::Write as _;

use super::style::{BAD, DIM, NAME, Painter, clean};
use crate::event::time::format_offset;
use crate::replay::production::timeline::{Execution, Timeline};
use crate::snapshot::words::blind_phases;

/// How many columns the time has.
const WIDTH: i64 = 48;
/// More events are counted, not named.
const MOST_NAMES: usize = 4;
/// More events are not listed one by one.
const MOST_EVENTS: usize = 8;

/// Draws the executions of a case.
pub fn write_timeline(key: &str, timeline: &Timeline, colour: bool, text: &mut String) {
    let painter = Painter { colour };
    let plain = |millis: i64| format_offset(millis).trim_start_matches('+').to_owned();
    let _ = writeln!(text, "{}", painter.paint(NAME, key));
    let found = timeline.blind.as_ref().map(blind_phases);
    let found = found.as_deref().unwrap_or("found in every phase");
    let found =
        if timeline.executions.iter().all(|one| one.matches == 0) && timeline.blind.is_none() {
            "found by none of them"
        } else {
            found
        };
    let every = plain(timeline.interval);
    let phase = plain(timeline.phase);
    let _ = writeln!(
        text,
        "  every {every}, here {phase} after the start of the case: {found}"
    );
    for event in timeline.events.iter().take(MOST_EVENTS) {
        let late = event.arrived - event.at;
        let late = if late > 0 {
            format!(", to be found from {}", plain(event.arrived))
        } else {
            String::new()
        };
        let at = plain(event.at);
        let _ = writeln!(text, "  {}  at {at}{late}", clean(&event.label));
    }
    let more = timeline.events.len().saturating_sub(MOST_EVENTS);
    if more > 0 {
        let _ = writeln!(text, "  and {more} more events");
    }
    let scale = Scale::of(timeline);
    for execution in &timeline.executions {
        let start = plain(execution.start);
        let bar = scale.bar(timeline, execution);
        let sees = sees(timeline, execution);
        let alert = match execution.matches {
            0 => String::new(),
            1 => painter.paint(BAD, "  alert"),
            many if many > timeline.max_signals => {
                let words = format!("  {} alerts of {many} matches", timeline.max_signals);
                painter.paint(BAD, &words)
            }
            many => painter.paint(BAD, &format!("  {many} alerts")),
        };
        let _ = writeln!(
            text,
            "  {start:>10}  {}  {}{alert}",
            bar,
            painter.paint(DIM, &sees)
        );
    }
    text.push('\n');
}

fn sees(timeline: &Timeline, execution: &Execution) -> String {
    let names = execution.sees.iter();
    let names = names.filter_map(|number| timeline.events.get(*number));
    let names: Vec<String> = names.map(|event| clean(&event.label)).collect();
    match names.len() {
        0 => "nothing".to_owned(),
        many if many > MOST_NAMES => format!("{many} events"),
        _ => names.join(", "),
    }
}

/// From time to columns.
struct Scale {
    first: i64,
    last: i64,
}

impl Scale {
    fn of(timeline: &Timeline) -> Self {
        let executions = timeline.executions.iter();
        let first = executions.clone().map(|one| one.from).min();
        let last = executions.map(|one| one.start).max();
        Self {
            first: first.unwrap_or(0),
            last: last.unwrap_or(1),
        }
    }

    fn column(&self, time: i64) -> i64 {
        let length = i128::from((self.last - self.first).max(1));
        let column = i128::from(time - self.first) * i128::from(WIDTH - 1) / length;
        i64::try_from(column).unwrap_or(0)
    }

    /// `┈┈├──●───┤┈┈`: the range of the execution, the events that it sees and those that it does
    /// not.
    fn bar(&self, timeline: &Timeline, execution: &Execution) -> String {
        let (from, to) = (self.column(execution.from), self.column(execution.to));
        let mut bar = String::new();
        for column in 0..WIDTH {
            let here = |seen: bool| {
                let mut events = timeline.events.iter().enumerate();
                events.any(|(number, event)| {
                    self.column(event.at) == column && execution.sees.contains(&number) == seen
                })
            };
            bar.push(if here(true) {
                '●'
            } else if here(false) {
                '○'
            } else if column == from {
                '├'
            } else if column == to {
                '┤'
            } else if from < column && column < to {
                '─'
            } else {
                ' '
            });
        }
        bar
    }
}
