//! Rules that alert by their executions, as they count, remember, page or ask in ES|QL,
//! alert alike in `scan` and in `test`: over generated streams, schedules and ways of alert
//! suppression, the executions of one phase find the same. A query rule, whose executions
//! remember nothing but their alerts, alerts in `scan` as in all phases of `test` together.

use std::fmt::Write as _;
use std::io::{self, Cursor, Read};
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use trapline::compile::{ExceptionLists, RuleCompiler, Syntax};
use trapline::data_source::Catalogue;
use trapline::diagnostic::{Diagnostic, SourceText};
use trapline::event::io::{FilesBeside, ReadSeek, Stop, TemporaryFile};
use trapline::event::{Event, Timestamp};
use trapline::replay::Subject;
use trapline::replay::dry_run::{DryRunPlace, run};
use trapline::rule::{self, Rule, RuleKind};
use trapline::scan::{self, Alert, Inputs, Options, Stats, Watcher};

/// 2024-01-01T00:00:00Z in seconds: a multiple of every interval below.
pub(crate) const START: i64 = 1_704_067_200;

/// Each alert: the terms of its key, and its events by line from 0.
pub(crate) type Found = Vec<(Vec<String>, Vec<u64>)>;

pub(crate) struct Memory(pub(crate) String);

impl FilesBeside for Memory {
    fn open_beside(&self, _: &str, _: &str) -> Result<Box<dyn ReadSeek + Send>, Box<Diagnostic>> {
        Ok(Box::new(Cursor::new(self.0.clone().into_bytes())))
    }
}

impl Inputs for Memory {
    fn count(&self) -> usize {
        1
    }

    fn name(&self, _: usize) -> String {
        "log.ndjson".to_owned()
    }

    fn open(&self, _: usize) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Cursor::new(self.0.clone().into_bytes())))
    }

    fn is_reopened(&self, _: usize) -> bool {
        true
    }

    fn temporary(&self) -> io::Result<Box<dyn TemporaryFile>> {
        Ok(Box::new(Cursor::new(Vec::new())))
    }
}

#[derive(Default)]
struct Kept(Found);

impl Watcher for Kept {
    fn alert(&mut self, alert: Alert) -> bool {
        let terms = alert.join.iter().flatten().map(ToString::to_string);
        let lines = alert.lines().flatten().map(|line| line - 1);
        self.0.push((terms.collect(), lines.collect()));
        true
    }

    fn progress(&mut self, _: &Stats) {}

    fn restart(&mut self) {
        self.0.clear();
    }
}

/// What of a rule differs from case to case.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    kind: String,
    /// Seconds.
    interval: i64,
    look_back: i64,
    max_signals: u32,
    by_ingestion: bool,
    /// A line of the rule.
    suppression: &'static str,
}

pub(crate) fn rule(spec: &Spec) -> Rule {
    let Spec {
        kind,
        interval,
        look_back,
        max_signals,
        by_ingestion,
        suppression,
    } = spec;
    let by = if *by_ingestion {
        "timestamp_override = 'event.ingested'\n"
    } else {
        ""
    };
    let asks = if kind.contains("\nlanguage") {
        ""
    } else {
        "language = 'kuery'\nindex = ['logs-endpoint.events.*']\nquery = 'process.name : a*'\n"
    };
    let text = format!(
        "[rule]\nrule_id = 'r'\nname = 'r'\nseverity = 'low'\nrisk_score = 21\n{asks}interval = '{interval}s'\nfrom = 'now-{look_back}s'\n\
         max_signals = {max_signals}\n{by}{suppression}{kind}"
    );
    let loaded = rule::load(&SourceText::new("rules/r.toml", text));
    loaded
        .rule
        .unwrap_or_else(|| panic!("{:?}", loaded.diagnostics))
}

fn by_scan(rule: &Rule, files: &Memory, catalogue: &Catalogue) -> Found {
    compared_by_scan(rule, files, catalogue, &[])
}

pub(crate) fn compared_by_scan(
    rule: &Rule,
    files: &Memory,
    catalogue: &Catalogue,
    indicators: &[Json],
) -> Found {
    let lists = ExceptionLists::default();
    let indicators = indicators
        .iter()
        .map(|one| Event::from_document(one.as_object().unwrap()));
    let compiler = RuleCompiler::new(catalogue, &lists, Timestamp::default());
    let mut compiler = compiler.with_indicators(Some(indicators.collect()));
    let rule = compiler.compile(Arc::new(rule.clone())).unwrap();
    let mut kept = Kept::default();
    let options = Options {
        executions: !matches!(rule.rule.kind, RuleKind::Query) || rule.rule.max_signals < 1000,
        threads: 2,
        chunk: 512,
        ..Options::default()
    };
    let never = Stop::new();
    let (stats, refused) = scan::run(&[rule], files, &options, &mut kept, &never);
    assert!(refused.is_empty() && stats.failed.is_empty() && stats.bad_lines == 0);
    assert_eq!(stats.alert_count(), kept.0.len() as u64);
    in_order(kept.0)
}

/// `schedule` is a line of the scenario.
fn by_test(rule: &Rule, files: &Memory, catalogue: &Catalogue, schedule: &str) -> Found {
    let scenario = format!(
        "sources: [elastic_defend]\n{schedule}attack:\n  name: a\n  \
         events_from: {{file: log.ndjson, source: elastic_defend}}\n  expect: alert\n"
    );
    of_scenario(rule, files, catalogue, &scenario)
}

pub(crate) fn of_scenario(
    rule: &Rule,
    files: &Memory,
    catalogue: &Catalogue,
    scenario: &str,
) -> Found {
    let query = rule.query.as_ref().unwrap();
    let subject = Subject {
        file: "rules/r.toml".to_owned(),
        syntax: Syntax::parse(query.language, query.text.text()).ok(),
        rule: rule.clone(),
    };
    let place = DryRunPlace {
        file: "scenarios/r.yaml",
        files,
    };
    let replayed = run(&subject, catalogue, place, scenario, true).unwrap();
    let observed = replayed.iter().flat_map(|(_, observed)| &observed.checks);
    let matches = observed.flat_map(|check| &check.alerts);
    let found = matches.map(|found| {
        let terms = found.join.iter().flatten().map(ToString::to_string);
        let events = found.stages.iter().flatten().map(|id| id.index() as u64);
        (terms.collect(), events.collect())
    });
    in_order(found.collect())
}

pub(crate) fn in_order(mut found: Found) -> Found {
    for (_, events) in &mut found {
        events.sort_unstable();
    }
    found.sort();
    found.dedup();
    found
}

pub(crate) fn value(of: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(of)
}

fn fields() -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(vec!["host.id", "user.name", "process.pid"], 1..3)
}

fn threshold() -> impl Strategy<Value = String> {
    let fields = prop_oneof![1 => Just(Vec::new()), 4 => fields()];
    (fields, 1..4_u8, prop::option::of(1..3_u8)).prop_map(|(fields, count, distinct)| {
        let mut text =
            format!("type = 'threshold'\n[rule.threshold]\nfield = {fields:?}\nvalue = {count}\n");
        if let Some(distinct) = distinct {
            let _ = write!(
                text,
                "[[rule.threshold.cardinality]]\nfield = 'process.pid'\nvalue = {distinct}\n"
            );
        }
        text
    })
}

fn new_terms() -> impl Strategy<Value = String> {
    let history = value(&["now-30m", "now-1h", "now-20m/m", "now-1d/d"]);
    (fields(), history).prop_map(|(fields, history)| {
        format!("type = 'new_terms'\nnew_terms_fields = {fields:?}\nhistory_window_start = '{history}'\n")
    })
}

fn eql() -> impl Strategy<Value = String> {
    let query = value(&[
        "any where process.name like \"a*\"",
        "any where process.name like \"a*\" | head 3",
        "sequence by host.id with maxspan=9m [any where process.name like \"a*\"] \
         [any where process.name like \"b*\"]",
        "sequence with maxspan=20m [any where process.name like \"a*\"] by user.name \
         [any where process.name like \"ab*\" or process.name like \"b*\"] by user.name",
        "sequence by host.id with maxspan=5m [any where process.name like \"a*\"] \
         ![any where process.name like \"b*\"]",
    ]);
    query.prop_map(|query| {
        format!(
            "type = 'eql'\nlanguage = 'eql'\nindex = ['logs-endpoint.events.*']\nquery = '''{query}'''\n"
        )
    })
}

/// What comes before the last step, and the last step.
fn esql() -> impl Strategy<Value = String> {
    let filter = value(&[
        "",
        " AND user.name == \"anna\"",
        " AND user.name IN (\"anna\", \"bob\")",
        " AND (user.name LIKE \"a?n*\" OR process.pid > 1)",
        " AND user.name IS NOT NULL AND NOT host.id == \"h1\"",
        " AND @timestamp >= NOW() - 4 minutes",
    ]);
    let last = value(&[
        "KEEP _id, process.name",
        "EVAL long = LENGTH(process.name) | KEEP _id, long",
        "STATS n = COUNT(*), users = VALUES(user.name) BY host.id | WHERE n >= 2",
        "STATS n = COUNT_DISTINCT(process.pid) BY user.name | SORT n DESC, user.name",
        "EVAL user.name = host.id | WHERE user.name == \"h1\" | STATS n = COUNT(*) | WHERE n > 1",
        "MV_EXPAND host.id | STATS n = COUNT(*) BY host.id | WHERE n > 1",
    ]);
    (filter, last).prop_map(|(filter, last)| {
        format!(
            "type = 'esql'\nlanguage = 'esql'\nquery = '''\nFROM logs-endpoint.events.* METADATA _id\n\
             | WHERE process.name LIKE \"a*\"{filter}\n| {last}\n'''\n"
        )
    })
}

/// Ways of suppressing alerts.
pub(crate) const SUPPRESSIONS: &[&str] = &[
    "",
    "",
    "alert_suppression = {group_by = ['user.name']}\n",
    "alert_suppression = {group_by = ['user.name', 'host.id'], duration = {value = 7, unit = 'm'}}\n",
    "alert_suppression = {group_by = ['host.id'], duration = {value = 20, unit = 'm'}}\n",
    "alert_suppression = {group_by = ['user.name'], missing_fields_strategy = 'doNotSuppress'}\n",
];

/// A threshold rule has its own fields.
const DURATIONS: &[&str] = &[
    "",
    "",
    "alert_suppression = {duration = {value = 7, unit = 'm'}}\n",
    "alert_suppression = {duration = {value = 20, unit = 'm'}}\n",
];

pub(crate) fn spec(
    kind: impl Strategy<Value = String>,
    suppressions: &'static [&'static str],
) -> impl Strategy<Value = Spec> {
    let interval = prop::sample::select(vec![60_i64, 120, 300, 600]);
    let look_back = prop::sample::select(vec![60_i64, 90, 300, 540, 900]);
    let max_signals = prop_oneof![Just(100_u32), Just(1_u32), Just(2_u32)];
    let rest = (max_signals, any::<bool>(), value(suppressions));
    (kind, interval, look_back, rest).prop_map(|(kind, interval, look_back, rest)| Spec {
        kind,
        interval,
        look_back,
        max_signals: rest.0,
        by_ingestion: rest.1,
        suppression: rest.2,
    })
}

/// A document: seconds since the one before, seconds until it arrives, and the rest of it.
pub(crate) fn document() -> impl Strategy<Value = (i64, i64, Json)> {
    let name = value(&["a.exe", "ab.exe", "a.exe", "b.exe"]);
    let users = prop::sample::subsequence(vec!["anna", "bob"], 0..3);
    let hosts = prop_oneof![
        4 => prop::sample::select(vec![vec!["h1"], vec!["h2"]]),
        1 => Just(vec!["h1", "h2"]),
    ];
    let late = prop_oneof![5 => Just(0_i64), 2 => 1..120_i64, 1 => 120..1500_i64];
    (1..240_i64, late, name, users, hosts, 1..3_u8).prop_map(
        |(step, late, name, users, hosts, pid)| {
            let document = json!({
                "_index": "logs-endpoint.events.process-default",
                "event": {"category": "process"},
                "process": {"name": name, "pid": pid},
                "host": {"id": hosts},
                "user": {"name": users},
            });
            (step, late, document)
        },
    )
}

/// The stream, and the least time of the events that the query finds: in ES|QL the time of all,
/// which a pipeline then takes, and of a sequence, whose stages find all.
pub(crate) fn stream(documents: &[(i64, i64, Json)], spec: &Spec) -> (String, i64) {
    let (mut time, mut text, mut least) = (START, String::new(), i64::MAX);
    for (step, late, document) in documents {
        time += step;
        let mut document = document.clone();
        document["_id"] = json!(time.to_string());
        document["@timestamp"] = json!(time * 1000);
        document["event"]["ingested"] = json!((time + late) * 1000);
        let name = document["process"]["name"].as_str().unwrap();
        let is_found = spec.kind.contains("'esql'") || spec.kind.contains("sequence");
        if name.starts_with('a') || is_found {
            least = least.min(if spec.by_ingestion { time + late } else { time });
        }
        let _ = writeln!(text, "{document}");
    }
    (text, least)
}

fn check(spec: &Spec, documents: &[(i64, i64, Json)]) -> Result<(), TestCaseError> {
    let catalogue = Catalogue::builtin().unwrap();
    let (log, least) = stream(documents, spec);
    prop_assume!(least < i64::MAX);
    let (rule, files) = (rule(spec), Memory(log));
    let phase = (-least).rem_euclid(spec.interval);
    let schedule = format!("schedule: {{phase: {phase}s}}\n");
    let mut scanned = by_scan(&rule, &files, &catalogue);
    let mut tested = by_test(&rule, &files, &catalogue, &schedule);
    if let RuleKind::Eql = rule.kind {
        // A match is its events: an event with two values in its key has it by either.
        for (terms, _) in scanned.iter_mut().chain(&mut tested) {
            terms.clear();
        }
        (scanned, tested) = (in_order(scanned), in_order(tested));
    }
    prop_assert_eq!(scanned, tested);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_threshold_rule_counts_alike_in_scan_and_test(
        spec in spec(threshold(), DURATIONS),
        documents in prop::collection::vec(document(), 1..30),
    ) {
        check(&spec, &documents)?;
    }

    #[test]
    fn a_new_terms_rule_remembers_alike_in_scan_and_test(
        spec in spec(new_terms(), SUPPRESSIONS),
        documents in prop::collection::vec(document(), 1..30),
    ) {
        check(&spec, &documents)?;
    }

    #[test]
    fn a_query_rule_pages_alike_in_scan_and_test(
        spec in spec(Just("type = 'query'\n".to_owned()), SUPPRESSIONS),
        documents in prop::collection::vec(document(), 1..30),
    ) {
        check(&spec, &documents)?;
    }

    #[test]
    fn an_eql_rule_alerts_alike_in_scan_and_test(
        spec in spec(eql(), SUPPRESSIONS),
        documents in prop::collection::vec(document(), 1..30),
    ) {
        check(&spec, &documents)?;
    }

    #[test]
    fn an_esql_rule_asks_alike_in_scan_and_test(
        spec in spec(esql(), SUPPRESSIONS),
        documents in prop::collection::vec(document(), 1..30),
    ) {
        check(&spec, &documents)?;
    }

    #[test]
    fn a_query_rule_alerts_in_scan_as_in_all_phases_of_test_together(
        documents in prop::collection::vec(document(), 1..30),
    ) {
        let spec = Spec {
            kind: "type = 'query'\n".to_owned(),
            interval: 300,
            // What arrives late is within the look-back.
            look_back: 1800,
            max_signals: 1000,
            by_ingestion: false,
            suppression: "",
        };
        let catalogue = Catalogue::builtin().unwrap();
        let (log, _) = stream(&documents, &spec);
        let (rule, files) = (rule(&spec), Memory(log));
        let scanned = by_scan(&rule, &files, &catalogue);
        prop_assert_eq!(scanned, by_test(&rule, &files, &catalogue, ""));
    }
}

/// The laws would hold as well if nothing ever alerted, or if every event did.
#[test]
fn executions_count_and_remember_over_a_recording() {
    let catalogue = Catalogue::builtin().unwrap();
    let at = |minute: i64, user: &str| {
        (
            json!({"@timestamp": (START + minute * 60) * 1000, "process.name": "a", "user.name": user})
                .to_string()
        ) + "\n"
    };
    let spec = |kind: &str| Spec {
        kind: kind.to_owned(),
        interval: 300,
        look_back: 600,
        max_signals: 100,
        by_ingestion: false,
        suppression: "",
    };
    let files = Memory(at(1, "x") + &at(2, "x") + &at(3, "x") + &at(4, "y") + &at(40, "x"));
    let counting = rule(&spec(
        "type = 'threshold'\nthreshold = {field = 'user.name', value = 3}\n",
    ));
    let x = vec!["x".to_owned()];
    assert_eq!(
        by_scan(&counting, &files, &catalogue),
        [(x.clone(), vec![0, 1, 2])]
    );
    let remembering = rule(&spec(
        "type = 'new_terms'\nnew_terms_fields = ['user.name']\nhistory_window_start = 'now-30m'\n",
    ));
    // After 35 minutes the history has forgotten the user.
    let y = vec!["y".to_owned()];
    let expected = [(x.clone(), vec![0]), (x, vec![4]), (y, vec![3])];
    assert_eq!(by_scan(&remembering, &files, &catalogue), expected);
}
