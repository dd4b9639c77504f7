//! A scan gives the same for any number of threads and size of chunk, however the events lie in
//! the files.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use trapline::compile::{CompiledRule, ExceptionLists, RuleCompiler};
use trapline::data_source::Catalogue;
use trapline::diagnostic::SourceText;
use trapline::event::Timestamp;
use trapline::event::io::Stop;
use trapline::rule::{self, Rule};
use trapline::scan::{self, Alert, Inputs, Options, Stats, Watcher, Window};

/// Four digits would be a year.
pub(crate) const START: i64 = 1_700_000_000_000;
const DAY: i64 = 86_400_000;

pub(crate) struct Memory(pub(crate) Vec<String>);

impl Inputs for Memory {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn name(&self, file: usize) -> String {
        file.to_string()
    }

    fn open(&self, file: usize) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(io::Cursor::new(self.0[file].clone().into_bytes())))
    }

    fn is_reopened(&self, file: usize) -> bool {
        file % 3 != 2
    }

    fn temporary(&self) -> io::Result<Box<dyn trapline::event::io::TemporaryFile>> {
        Ok(Box::new(io::Cursor::new(Vec::new())))
    }
}

#[derive(Default)]
pub(crate) struct Kept(pub(crate) Vec<Alert>);

impl Watcher for Kept {
    fn alert(&mut self, alert: Alert) -> bool {
        self.0.push(alert);
        true
    }

    fn restart(&mut self) {
        self.0.clear();
    }

    fn progress(&mut self, _: &Stats) {}
}

/// A rule whose fields no data source knows but those of the request.
pub(crate) fn rule(query: &str, patterns: &[&str]) -> CompiledRule {
    let catalogue = Catalogue::builtin().unwrap();
    let lists = ExceptionLists::default();
    let mut compiler = RuleCompiler::new(&catalogue, &lists, Timestamp::default());
    compiler
        .compile(Arc::new(loaded(query, patterns, "")))
        .unwrap()
}

/// `more` stands at the end of the file.
pub(crate) fn loaded(query: &str, patterns: &[&str], more: &str) -> Rule {
    let index = if patterns.is_empty() {
        String::new()
    } else {
        format!("index = {patterns:?}\n")
    };
    let text = format!(
        "[rule]\nrule_id = \"f3475224-b179-4f78-8877-c2bd64c26b88\"\nname = \"r\"\n\
         type = \"eql\"\nlanguage = \"eql\"\nseverity = \"low\"\nrisk_score = 21\n\
         {index}query = {query:?}\n{more}"
    );
    let loaded = rule::load(&SourceText::new("rule.toml", text));
    loaded
        .rule
        .unwrap_or_else(|| panic!("{:?}", loaded.diagnostics))
}

pub(crate) fn rules() -> Vec<CompiledRule> {
    vec![
        rule("any where a == \"x\"", &[]),
        rule("any where a == \"y\"", &["logs-a-*"]),
        rule(
            "sequence by k with maxspan=3s [any where a == \"x\"] [any where a == \"y\"]",
            &[],
        ),
        rule(
            "sequence with maxspan=2s [any where a == \"x\"] ![any where a == \"z\"]",
            &[],
        ),
        rule(
            "sequence by k [any where a == \"x\"] [any where a == \"z\"] with runs=2 until [any where a == \"u\"]",
            &[],
        ),
        rule(
            "sample by k [any where a == \"x\"] [any where a == \"y\"]",
            &[],
        ),
        rule("any where a == \"z\" | tail 2", &[]),
    ]
}

fn run(files: &[String], threads: usize, chunk: usize, window: Window) -> (Vec<Alert>, Stats) {
    let mut kept = Kept::default();
    let options = Options {
        threads,
        chunk,
        window,
        ..Options::default()
    };
    let inputs = Memory(files.to_vec());
    let never = Stop::new();
    let (stats, refused) = scan::run(&rules(), &inputs, &options, &mut kept, &never);
    assert!(refused.is_empty());
    (kept.0, stats)
}

/// The text as what cannot be read twice: the third input.
fn stream(text: String) -> [String; 3] {
    [String::new(), String::new(), text]
}

/// An event of the key `k`, this many milliseconds after the start.
fn event(time: i64, a: &str) -> String {
    format!(
        "{{\"@timestamp\":{},\"a\":\"{a}\",\"k\":\"k\"}}\n",
        START + time
    )
}

/// This many events of one time that meet no stage: what is late is known only after a hundred.
fn others(time: i64) -> String {
    event(time, "o").repeat(100)
}

/// What of alerts does not depend on the lines of their events.
fn by_time(alerts: &[Alert]) -> Vec<impl PartialEq + std::fmt::Debug + use<>> {
    let stamp = |event: &Arc<scan::EventRecord>| event.timestamp.clone();
    let events = |alert: &Alert| -> Vec<_> {
        let events = alert.events.iter();
        events.map(|event| event.as_ref().map(stamp)).collect()
    };
    let ordered = alerts.iter().filter(|alert| alert.rule != 5);
    ordered
        .map(|alert| (alert.rule, alert.join.clone(), events(alert)))
        .collect()
}

fn line() -> impl Strategy<Value = (i64, String)> {
    let value = prop::sample::select(&["x", "y", "z", "u", "o"][..]);
    let index =
        prop::sample::select(&["", ",\"_index\":\"logs-a-b\"", ",\"_index\":\"other\""][..]);
    (-3..4_i64, value, 0..2_u8, index, 0..30_u8).prop_map(|(step, a, k, index, rare)| {
        let line = match rare {
            0 => "{".to_owned(),
            1 => String::new(),
            2 => format!("{{\"a\":\"{a}\"}}"),
            3 => format!(
                "{{\"_source\":{{\"@timestamp\":TIME,\"a\":\"{a}\",\"k\":\"{k}\"}}{index}}}"
            ),
            _ => format!("{{\"@timestamp\":TIME,\"a\":\"{a}\",\"k\":\"{k}\"{index}}}"),
        };
        (step, line)
    })
}

pub(crate) fn file() -> impl Strategy<Value = String> {
    (
        0..20_i64,
        prop::collection::vec(line(), 0..40),
        any::<bool>(),
    )
        .prop_map(|(start, lines, ends)| {
            let mut time = START + start * 1000;
            let mut text = Vec::new();
            for (step, line) in lines {
                time += step * 400 + 300;
                text.push(line.replace("TIME", &time.to_string()));
            }
            text.join("\n") + if ends { "\n" } else { "" }
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn threads_and_chunks_change_nothing(
        files in prop::collection::vec(file(), 1..5),
        millis in prop::sample::select(&[0, 700, 3000, 300_000][..]),
        events in prop::sample::select(&[1, 5, 300, 100_000][..]),
    ) {
        let window = Window { millis, events };
        let expected = run(&files, 1, 1 << 20, window);
        for (threads, chunk) in [(1, 1), (1, 100), (2, 50), (3, 10), (2, 1 << 20)] {
            prop_assert_eq!(&run(&files, threads, chunk, window), &expected);
        }
    }

    #[test]
    fn how_events_are_spread_over_files_changes_nothing_within_the_window(
        text in file(),
        cuts in prop::collection::vec(0..3_usize, 40),
    ) {
        let window = Window { millis: 300_000, events: 100_000 };
        // Events of one instant stay in one file: their order is that of the files.
        let mut files = vec![Vec::new(); 3];
        let mut instants = std::collections::BTreeMap::new();
        for (line, cut) in text.lines().zip(cuts) {
            let time = line.split("@timestamp\":").nth(1).and_then(|rest| rest.split(',').next());
            let file = *instants.entry(time).or_insert(cut);
            files[file].push(line);
        }
        let files: Vec<String> = files.iter().map(|lines| lines.join("\n")).collect();
        let (one, stats) = run(&[text], 1, 64, window);
        let (many, of_many) = run(&files, 2, 64, window);
        prop_assert_eq!(by_time(&many), by_time(&one));
        prop_assert_eq!((of_many.events, of_many.alerts), (stats.events, stats.alerts));
    }

    #[test]
    fn files_are_put_in_order_however_their_events_lie(
        kinds in prop::collection::vec(prop::sample::select(&["x", "y", "z", "u"][..]), 1..60)
            .prop_flat_map(|kinds| {
                let order: Vec<usize> = (0..kinds.len()).collect();
                (Just(kinds), Just(order).prop_shuffle())
            }),
        files in 1..3_usize,
        events in prop::sample::select(&[1, 5, 100_000][..]),
        millis in prop::sample::select(&[0, 3000, 300_000][..]),
    ) {
        let (kinds, order) = kinds;
        let times: Vec<i64> = (0..).step_by(700).take(kinds.len()).collect();
        let ordered: String = times.iter().zip(&kinds).map(|(time, a)| event(*time, a)).collect();
        let mut shuffled = vec![String::new(); files];
        for place in order {
            shuffled[place % files].push_str(&event(times[place], kinds[place]));
        }
        let window = Window { millis, events };
        let (expected, _) = run(&[ordered], 1, 64, Window::default());
        let (found, stats) = run(&shuffled, 2, 64, window);
        prop_assert_eq!(by_time(&found), by_time(&expected));
        prop_assert_eq!(stats.late, 0);
    }

    #[test]
    fn events_dated_far_from_the_others_hide_nothing(
        kinds in prop::collection::vec(prop::sample::select(&["x", "y", "z", "u", "o"][..]), 1..400),
        outliers in prop::collection::vec(
            (any::<prop::sample::Index>(), prop::sample::select(&[
                -START, -40 * DAY, -DAY, DAY, 40 * DAY, 2_400_000_000_000, 200_000_000_000_000,
            ][..])),
            1..8,
        ),
        is_stream: bool,
        step in prop::sample::select(&[10, 700, 60_000][..]),
    ) {
        let mut events: Vec<String> =
            (0..).step_by(step).zip(&kinds).map(|(time, a)| event(time, a)).collect();
        let input = |text: String| if is_stream { stream(text).to_vec() } else { vec![text] };
        let (expected, _) = run(&input(events.concat()), 1, 64, Window::default());
        let mut far = 0;
        for (place, time) in &outliers {
            events.insert(place.index(events.len() + 1), event(*time, "o"));
            far += u64::from(time.abs() > 30 * DAY);
        }
        let (found, stats) = run(&input(events.concat()), 2, 64, Window::default());
        prop_assert_eq!(by_time(&found), by_time(&expected));
        let samples = |alerts: &[Alert]| alerts.iter().filter(|alert| alert.rule == 5).count();
        prop_assert_eq!(samples(&found), samples(&expected));
        if kinds.len() > 100 {
            prop_assert!(stats.outliers >= far.min(1) && stats.outliers <= far, "{:?}", stats);
        }
        let behind = outliers.iter().filter(|(_, time)| *time < 0).count() as u64;
        let most = if is_stream { behind } else { 0 };
        prop_assert!(stats.late <= most);
    }
}

/// Events that meet a stage and are dated far ahead are no more lost than those around them, and
/// do not stay in memory together with their neighbours.
#[test]
fn events_dated_far_ahead_are_seen_by_their_rules() {
    let mut text = String::new();
    for time in 0..2_000 {
        let far = if time % 4 == 1 { 2_400_000_000_000 } else { 0 };
        text.push_str(&event(time + far, if far == 0 { "o" } else { "x" }));
    }
    for files in [vec![text.clone()], stream(text).to_vec()] {
        let (alerts, stats) = run(&files, 2, 200, Window::default());
        assert_eq!(alerts.iter().filter(|alert| alert.rule == 0).count(), 500);
        assert_eq!(
            (stats.late, stats.outliers),
            (0, 0),
            "a quarter is no exception"
        );
    }
}

#[test]
fn late_events_of_a_stream_are_seen_by_event_rules_only_and_counted() {
    let text = others(1000) + &event(400_000, "y") + &event(2000, "x") + &event(400_100, "o");
    let (alerts, stats) = run(&stream(text.clone()), 1, 64, Window::default());
    let rules: Vec<u32> = alerts.iter().map(|alert| alert.rule).collect();
    assert_eq!(
        rules,
        [0, 1, 5],
        "the event rules, and the sample, which knows no order"
    );
    assert_eq!(stats.late, 1);
    assert_eq!(stats.first_late, Some((2, 102)));
    let (alerts, stats) = run(&[text], 1, 64, Window::default());
    assert_eq!(
        alerts.len(),
        3 + 1,
        "the sequence without a third event, too"
    );
    assert_eq!(
        (stats.late, stats.first_late),
        (0, None),
        "a file is sorted"
    );
}

/// A match that an event may yet take back holds up what happened after it, and time stands still
/// while events are late: without bounds a stream of late events would end up in memory.
#[test]
fn what_a_late_event_meets_is_told_at_once() {
    let line = |time: i64, a: &str| event(time, a).replace(",\"k\":\"k\"", "");
    let text = [
        others(390_000),
        line(400_000, "x"),
        line(800_000, "x"),
        line(1000, "y"),
        line(2000, "y"),
    ];
    let (alerts, stats) = run(&stream(text.concat()), 1, 64, Window::default());
    let rules: Vec<u32> = alerts.iter().map(|alert| alert.rule).collect();
    assert_eq!(rules, [0, 1, 1, 3, 0, 3]);
    assert_eq!(stats.late, 2);
}

/// One file, and how many alerts there were when its end was read.
#[derive(Clone)]
struct Watched {
    text: io::Cursor<String>,
    alerts: Arc<AtomicUsize>,
    at_end: Arc<AtomicUsize>,
}

impl Watched {
    fn new(text: String) -> Self {
        Self {
            text: io::Cursor::new(text),
            alerts: Arc::default(),
            at_end: Arc::default(),
        }
    }
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.text.read(buffer)?;
        if read == 0 {
            let alerts = self.alerts.load(Ordering::Relaxed);
            self.at_end.store(alerts, Ordering::Relaxed);
        }
        Ok(read)
    }
}

impl Inputs for Watched {
    fn count(&self) -> usize {
        1
    }

    fn name(&self, file: usize) -> String {
        file.to_string()
    }

    fn open(&self, _: usize) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(self.clone()))
    }

    fn is_reopened(&self, _: usize) -> bool {
        false
    }

    fn temporary(&self) -> io::Result<Box<dyn trapline::event::io::TemporaryFile>> {
        Ok(Box::new(io::Cursor::new(Vec::new())))
    }
}

impl Watcher for Watched {
    fn alert(&mut self, _: Alert) -> bool {
        self.alerts.fetch_add(1, Ordering::Relaxed);
        true
    }

    fn restart(&mut self) {
        self.alerts.store(0, Ordering::Relaxed);
    }

    fn progress(&mut self, _: &Stats) {}
}

/// What came late does not wait for a time that may never come.
#[test]
fn late_events_are_not_kept_to_the_end() {
    let line = |time: i64, a: &str| format!("{{\"@timestamp\":{},\"a\":\"{a}\"}}\n", START + time);
    let mut text = line(900_000, "o").repeat(100);
    text.extend((0..5000).map(|time| line(time, "x")));
    let late = Watched::new(text);
    let options = Options {
        chunk: 1000,
        ..Options::default()
    };
    let rules = [rule("any where a == \"x\"", &[])];
    let never = Stop::new();
    let (stats, _) = scan::run(&rules, &late, &options, &mut late.clone(), &never);
    assert_eq!(stats.late, 5000);
    let at_end = late.at_end.load(Ordering::Relaxed);
    assert!(at_end > 4000, "{at_end} of 5000 alerts before the end");
}

#[test]
fn matches_that_wait_are_bounded() {
    let line = |time: i64, a: &str| format!("{{\"@timestamp\":{},\"a\":\"{a}\"}}\n", START + time);
    let mut text = line(0, "x");
    text.extend((0..300).map(|time| line(time, "y")));
    let mut kept = Kept::default();
    let options = Options {
        max_partials: 100,
        ..Options::default()
    };
    let rules = [
        rule(
            "sequence with maxspan=1h [any where a == \"x\"] ![any where a == \"z\"]",
            &[],
        ),
        rule("any where a == \"y\"", &[]),
    ];
    let never = Stop::new();
    let (stats, _) = scan::run(&rules, &Memory(vec![text]), &options, &mut kept, &never);
    assert_eq!(stats.alerts.get(&1), Some(&300));
    assert_eq!(stats.alerts.get(&0), None, "it had to make room");
    assert_eq!(stats.evicted.get(&0), Some(&1));
}

#[test]
fn partial_sequences_are_dropped_when_there_are_too_many_and_the_rule_is_named() {
    let line = |time: i64| format!("{{\"@timestamp\":{time},\"a\":\"x\",\"k\":\"{time}\"}}\n");
    let text: String = (START..START + 500).map(line).collect();
    let mut kept = Kept::default();
    let options = Options {
        max_partials: 100,
        ..Options::default()
    };
    let never = Stop::new();
    let rules = [rule(
        "sequence by k [any where a == \"x\"] [any where a == \"y\"]",
        &[],
    )];
    let (stats, _) = scan::run(&rules, &Memory(vec![text]), &options, &mut kept, &never);
    assert_eq!(stats.evicted.len(), 1);
    assert!(stats.evicted[&0] >= 400, "{stats:?}");
}

#[test]
fn odd_lines_are_counted_and_named_and_nothing_else_is_lost() {
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    let long = format!("{{\"@timestamp\":1,\"a\":\"{}\"}}", "b".repeat(3_000_000));
    let text = [
        "{\"@timestamp\":1,\"a\":\"x\"}",
        "nonsense",
        &deep,
        &long,
        "",
        "[]",
        "{\"@timestamp\":2,\"a\":\"x\"}",
    ]
    .join("\n");
    let (alerts, stats) = run(&[text], 2, 1000, Window::default());
    assert_eq!(alerts.iter().filter(|alert| alert.rule == 0).count(), 2);
    assert_eq!((stats.events, stats.bad_lines), (3, 3));
    assert_eq!(stats.bad.len(), 3);
    assert!(
        stats.bad[&(0, 2)].to_string().starts_with("not valid JSON"),
        "{:?}",
        stats.bad
    );
}
