//! The events of a case over time, drawn to scale: one lane per stage, a dot where an event meets
//! it, a line through the events of the match, a bar for `maxspan`.

use std::fmt::Write as _;

use super::super::markup::escaped;
use crate::event::time::format_offset;
use crate::explain::timeline::{EventTimeline, TimelineEvent};

/// How high a lane is, in pixels.
const LANE: usize = 22;
/// How high the line with the numbers of the events is.
const TOP: usize = 18;
/// The share of the width, in hundredths of a per cent, before the first event and behind the last.
const EDGE: i64 = 300;
/// Events that stand nearer than that share a number.
const NEAR: i64 = 700;
/// A `maxspan` this many times as long as the case runs off the drawing.
const LONG: i64 = 4;

/// Draws a timeline, and lists its events below.
pub(super) fn write(timeline: &EventTimeline, text: &mut String) {
    let scale = Scale::of(timeline);
    text.push_str("<figure class=\"timeline\">\n<div class=\"plot\" aria-hidden=\"true\">\n<div class=\"lanes\">");
    for lane in &timeline.lanes {
        let _ = write!(
            text,
            "<span>{} {} <i>{}</i></span>",
            lane.role,
            lane.number,
            escaped(&lane.asks)
        );
    }
    if let Some(maxspan) = timeline.maxspan {
        let off = if scale.shows(maxspan) { "" } else { " →" };
        let _ = write!(text, "<span>maxspan <i>{}{off}</i></span>", plain(maxspan));
    }
    text.push_str("</div>\n");
    drawing(timeline, &scale, text);
    text.push_str("</div>\n");
    list(timeline, text);
    text.push_str("</figure>\n");
}

fn drawing(timeline: &EventTimeline, scale: &Scale, text: &mut String) {
    let lanes = timeline.lanes.len() + usize::from(timeline.maxspan.is_some());
    let height = TOP + lanes * LANE;
    let _ = write!(text, "<svg width=\"100%\" height=\"{height}\">");
    for lane in 0..timeline.lanes.len() {
        let y = middle(lane);
        let _ = write!(
            text,
            "<line class=\"lane\" x2=\"100%\" y1=\"{y}\" y2=\"{y}\"/>"
        );
    }
    for (numbers, x) in numbers(timeline, scale) {
        let _ = write!(text, "<text x=\"{}\" y=\"12\">{numbers}</text>", percent(x));
    }
    for step in &timeline.steps {
        let Some(x) = step.at.map(|at| percent(scale.x(at))) else {
            continue;
        };
        let _ = write!(
            text,
            "<line class=\"event\" x1=\"{x}\" x2=\"{x}\" y1=\"{TOP}\" y2=\"{height}\"/>"
        );
    }
    if let Some(maxspan) = timeline.maxspan {
        let y = middle(timeline.lanes.len());
        let start = scale.x(begin(timeline));
        let end = scale.x(begin(timeline).saturating_add(maxspan));
        let _ = write!(
            text,
            "<rect class=\"maxspan\" x=\"{}\" width=\"{}\" y=\"{}\" height=\"4\"/>",
            percent(start),
            percent(end - start),
            y - 2
        );
    }
    thread(timeline, scale, text);
    for step in &timeline.steps {
        dots(timeline, step, scale, text);
    }
    text.push_str("</svg>\n");
}

/// The line that connects the events of the match.
fn thread(timeline: &EventTimeline, scale: &Scale, text: &mut String) {
    let held = timeline.steps.iter().filter_map(|step| {
        let lane = lane(timeline, step.matched?)?;
        Some((percent(scale.x(step.at?)), middle(lane)))
    });
    let held: Vec<(String, usize)> = held.collect();
    // Of many matches the lines would hide the events.
    if held.len() > timeline.lanes.len() {
        return;
    }
    for pair in held.windows(2) {
        if let [(x1, y1), (x2, y2)] = pair {
            let _ = write!(
                text,
                "<line class=\"match\" x1=\"{x1}\" x2=\"{x2}\" y1=\"{y1}\" y2=\"{y2}\"/>"
            );
        }
    }
}

fn dots(timeline: &EventTimeline, step: &TimelineEvent, scale: &Scale, text: &mut String) {
    let Some(x) = step.at.map(|at| percent(scale.x(at))) else {
        return;
    };
    if step.meets.is_empty() {
        let _ = write!(
            text,
            "<circle class=\"no\" cx=\"{x}\" cy=\"{TOP}\" r=\"2.5\"/>"
        );
    }
    for stage in &step.meets {
        let Some(lane) = lane(timeline, *stage) else {
            continue;
        };
        let class = if step.matched == Some(*stage) {
            "in"
        } else {
            "meets"
        };
        let y = middle(lane);
        let _ = write!(
            text,
            "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"5\"/>"
        );
    }
}

/// The numbers of the events where they stand; those that stand close together in one.
fn numbers(timeline: &EventTimeline, scale: &Scale) -> Vec<(String, i64)> {
    let mut clusters: Vec<(usize, usize, i64)> = Vec::new();
    for (number, step) in timeline.steps.iter().enumerate() {
        let Some(x) = step.at.map(|at| scale.x(at)) else {
            continue;
        };
        match clusters.last_mut() {
            Some((_, last, start)) if x - *start < NEAR => *last = number + 1,
            _ => clusters.push((number + 1, number + 1, x)),
        }
    }
    let words = clusters.into_iter().map(|(first, last, x)| {
        if first == last {
            (first.to_string(), x)
        } else {
            (format!("{first}–{last}"), x)
        }
    });
    words.collect()
}

/// Each event with its time and the stages that it meets: what the drawing shows, in words.
fn list(timeline: &EventTimeline, text: &mut String) {
    text.push_str("<ol class=\"events\">\n");
    for step in &timeline.steps {
        let at = step
            .at
            .map_or_else(|| "without a time".to_owned(), format_offset);
        let _ = write!(text, "<li><b>{}</b> {at} ", escaped(&step.label));
        if step.meets.is_empty() {
            text.push_str("<span class=\"no\">meets no stage</span></li>\n");
            continue;
        }
        let names: Vec<String> = step
            .meets
            .iter()
            .map(|stage| name(timeline, *stage))
            .collect();
        let (class, matched) = match step.matched {
            Some(_) => ("in", ", matched"),
            None => ("meets", ""),
        };
        let _ = writeln!(
            text,
            "<span class=\"{class}\">{}{matched}</span></li>",
            names.join(", ")
        );
    }
    text.push_str("</ol>\n");
    if timeline.more > 0 {
        let _ = writeln!(
            text,
            "<p class=\"note\">and {} more events</p>",
            timeline.more
        );
    }
}

/// `stage 2`.
fn name(timeline: &EventTimeline, stage: u16) -> String {
    let lanes = timeline.lanes.iter();
    let role = lanes.clone().find(|lane| lane.number == stage);
    format!("{} {stage}", role.map_or("stage", |lane| lane.role))
}

fn lane(timeline: &EventTimeline, stage: u16) -> Option<usize> {
    timeline.lanes.iter().position(|lane| lane.number == stage)
}

fn middle(lane: usize) -> usize {
    TOP + lane * LANE + LANE / 2
}

/// When `maxspan` begins to count: at the first event of the match, or of the first stage.
fn begin(timeline: &EventTimeline) -> i64 {
    let first = timeline.lanes.first().map(|lane| lane.number);
    let mut steps = timeline.steps.iter();
    let held = steps.clone().find(|step| step.matched.is_some());
    let held =
        held.or_else(|| steps.find(|step| first.is_some_and(|first| step.meets.contains(&first))));
    held.and_then(|step| step.at).unwrap_or(0)
}

/// From time to place.
struct Scale {
    begin: i64,
    length: i64,
}

impl Scale {
    fn of(timeline: &EventTimeline) -> Self {
        let times = timeline.steps.iter().filter_map(|step| step.at);
        let last = times.max().unwrap_or(0);
        let begin = begin(timeline);
        let whole = timeline
            .maxspan
            .map(|maxspan| begin.saturating_add(maxspan));
        let fits = |end: &i64| *end <= last.saturating_mul(LONG);
        let end = whole.filter(fits).map_or(last, |end| end.max(last));
        Self {
            begin,
            length: end.max(1),
        }
    }

    /// Whether the whole of `maxspan` is drawn.
    fn shows(&self, maxspan: i64) -> bool {
        self.begin.saturating_add(maxspan) <= self.length
    }

    /// In hundredths of a per cent of the width; what is later than the drawing is at its end.
    fn x(&self, at: i64) -> i64 {
        if at > self.length {
            return 10_000;
        }
        let room = i128::from(10_000 - 2 * EDGE);
        let share = i128::from(at.max(0)) * room / i128::from(self.length);
        EDGE + i64::try_from(share).unwrap_or(0)
    }
}

fn percent(hundredths: i64) -> String {
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

fn plain(millis: i64) -> String {
    format_offset(millis).trim_start_matches('+').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::timeline::EventLane;

    /// A timeline of two stages with events at these times, each of which meets these stages.
    fn timeline(maxspan: Option<i64>, events: &[(i64, &[u16])]) -> EventTimeline {
        let lane = |number| EventLane {
            number,
            role: "stage",
            asks: "process".into(),
        };
        let step = |(at, meets): &(i64, &[u16])| TimelineEvent {
            label: format!("at {at}"),
            at: Some(*at),
            meets: meets.to_vec(),
            matched: None,
        };
        EventTimeline {
            lanes: vec![lane(1), lane(2)],
            steps: events.iter().map(step).collect(),
            more: 0,
            maxspan,
        }
    }

    fn places(timeline: &EventTimeline) -> Vec<String> {
        let scale = Scale::of(timeline);
        let times = timeline.steps.iter().filter_map(|step| step.at);
        times.map(|at| percent(scale.x(at))).collect()
    }

    #[test]
    fn events_stand_to_scale() {
        let even = timeline(None, &[(0, &[1]), (500, &[]), (1_000, &[2])]);
        assert_eq!(places(&even), ["3.00%", "50.00%", "97.00%"]);
        let alone = timeline(None, &[(0, &[1])]);
        assert_eq!(places(&alone), ["3.00%"]);
    }

    #[test]
    fn maxspan_counts_from_the_first_stage_and_runs_off_where_it_is_long() {
        let late = timeline(Some(1_000), &[(0, &[]), (1_000, &[1]), (1_500, &[2])]);
        assert_eq!(begin(&late), 1_000);
        assert_eq!(places(&late), ["3.00%", "50.00%", "73.50%"]);
        assert!(Scale::of(&late).shows(1_000));
        let long = timeline(Some(60_000), &[(0, &[1]), (1_000, &[2])]);
        assert!(!Scale::of(&long).shows(60_000));
        assert_eq!(Scale::of(&long).x(60_000), 10_000);
        assert_eq!(places(&long), ["3.00%", "97.00%"]);
    }

    #[test]
    fn times_as_far_apart_as_there_are_do_not_overflow() {
        let far = timeline(Some(i64::MAX), &[(0, &[1]), (i64::MAX, &[2])]);
        assert_eq!(places(&far), ["3.00%", "97.00%"]);
    }

    #[test]
    fn events_close_together_share_a_number() {
        let timeline = timeline(None, &[(0, &[1]), (1, &[1]), (900, &[2]), (1_000, &[2])]);
        let numbers = numbers(&timeline, &Scale::of(&timeline));
        let words: Vec<&str> = numbers.iter().map(|(words, _)| words.as_str()).collect();
        assert_eq!(words, ["1–2", "3", "4"]);
    }

    #[test]
    fn an_event_without_a_time_is_listed_and_not_drawn() {
        let mut timeline = timeline(None, &[(0, &[1]), (1_000, &[2])]);
        timeline.steps[1].at = None;
        timeline.more = 7;
        let mut text = String::new();
        write(&timeline, &mut text);
        assert_eq!(text.matches("<circle").count(), 1);
        assert!(text.contains("<b>at 1000</b> without a time"));
        assert!(text.contains("and 7 more events"));
    }
}
