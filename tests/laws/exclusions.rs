//! A rule's own filters and the exceptions that it is linked to decide alike in `test` and in
//! `scan`: both see the same events, and give the same alerts.

use std::io::{self, Cursor, Read};
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use trapline::compile::{ExceptionLists, RuleCompiler, Syntax, parse};
use trapline::data_source::Catalogue;
use trapline::diagnostic::{Diagnostic, SourceText};
use trapline::event::Timestamp;
use trapline::event::io::{FilesBeside, ReadSeek, Stop, TemporaryFile};
use trapline::replay::dry_run::{DryRunPlace, run};
use trapline::replay::{Subject, read_list};
use trapline::rule::{self, Rule};
use trapline::scan::{self, Alert, Inputs, Options, Stats, Watcher};

/// 2024-01-01T00:00:00Z, where a replay begins.
const START: i64 = 1_704_067_200_000;

/// The events of each alert, by line from 0; `None` is a missing event.
type Found = Vec<Vec<Option<u64>>>;

/// The files beside the scenario: the log and the list.
struct Memory {
    log: String,
    list: String,
}

impl FilesBeside for Memory {
    fn open_beside(
        &self,
        _: &str,
        path: &str,
    ) -> Result<Box<dyn ReadSeek + Send>, Box<Diagnostic>> {
        let text = if path == "list.ndjson" {
            &self.list
        } else {
            &self.log
        };
        Ok(Box::new(Cursor::new(text.clone().into_bytes())))
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
        Ok(Box::new(Cursor::new(self.log.clone().into_bytes())))
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
        let events = alert.events.iter();
        let lines = events.map(|event| event.as_ref().map(|event| event.line - 1));
        self.0.push(lines.collect());
        true
    }

    fn progress(&mut self, _: &Stats) {}

    fn restart(&mut self) {
        self.0.clear();
    }
}

/// JSON as a value of TOML; there is no null in it.
fn toml(json: &Json) -> String {
    match json {
        Json::Object(fields) => {
            let fields = fields.iter();
            let fields: Vec<String> = fields
                .map(|(key, value)| format!("{key:?} = {}", toml(value)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(toml).collect();
            format!("[{}]", items.join(", "))
        }
        Json::String(text) => format!("'{text}'"),
        other => other.to_string(),
    }
}

fn rule(query: &str, filters: &[Json]) -> Rule {
    let text = format!(
        "[rule]\nrule_id = 'r'\nname = 'r'\ntype = 'eql'\nlanguage = 'eql'\nseverity = 'low'\n\
         risk_score = 21\nindex = ['logs-endpoint.events.*']\nquery = '''\n{query}\n'''\n\
         filters = {}\nexceptions_list = [{{id = 'x', list_id = 'l', namespace_type = 'single', \
         type = 'detection'}}]\n",
        toml(&Json::Array(filters.to_vec()))
    );
    let loaded = rule::load(&SourceText::new("rules/r.toml", text));
    loaded
        .rule
        .unwrap_or_else(|| panic!("{:?}", loaded.diagnostics))
}

fn by_scan(rule: &Rule, files: &Memory, catalogue: &Catalogue) -> Found {
    let mut lists = ExceptionLists::default();
    let loaded = read_list(&SourceText::new("list.ndjson", files.list.as_str()), files);
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    lists.add(loaded.items);
    let mut compiler = RuleCompiler::new(catalogue, &lists, Timestamp::default());
    let rule = compiler.compile(Arc::new(rule.clone())).unwrap();
    let mut kept = Kept::default();
    let never = Stop::new();
    let options = Options::default();
    let (stats, refused) = scan::run(&[rule], files, &options, &mut kept, &never);
    assert!(refused.is_empty() && stats.failed.is_empty() && stats.bad_lines == 0);
    kept.0
}

fn by_test(rule: &Rule, files: &Memory, catalogue: &Catalogue) -> Found {
    let subject = Subject {
        file: "rules/r.toml".to_owned(),
        syntax: parse(rule.query.as_ref().unwrap().text.text())
            .query
            .map(Syntax::Eql),
        rule: rule.clone(),
    };
    let scenario = "sources: [elastic_defend]\nexceptions: [list.ndjson]\nattack:\n  \
                    name: a\n  events_from: {file: log.ndjson, source: elastic_defend}\n  \
                    expect: alert\n";
    let place = DryRunPlace {
        file: "scenarios/r.yaml",
        files,
    };
    let replayed = run(&subject, catalogue, place, scenario, true).unwrap();
    let observed = replayed.iter().flat_map(|(_, observed)| &observed.checks);
    let matches = observed.flat_map(|check| &check.input.matches);
    let lines = matches.map(|found| {
        let events = found.stages.iter();
        events
            .map(|event| event.map(|id| id.index() as u64))
            .collect()
    });
    lines.collect()
}

fn value(of: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(of)
}

/// A field and a value that some events have in it.
fn pair() -> impl Strategy<Value = (&'static str, &'static str)> {
    prop_oneof![
        (Just("process.name"), value(&["a.exe", "b.exe", "A.EXE"])),
        (Just("user.name"), value(&["anna", "bob"])),
        (Just("process.pid"), value(&["1", "2", "3"])),
        (
            Just("host.ip"),
            value(&["10.0.0.1", "10.0.0.0/24", "fe80::1"])
        ),
        (Just("not.mapped"), value(&["x"])),
    ]
}

fn query_of_filter() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        4 => pair().prop_map(|(field, value)| json!({"match_phrase": {field: value}})),
        1 => pair().prop_map(|(field, _)| json!({"exists": {"field": field}})),
        1 => value(&["a*", "?.exe", "*b*"])
            .prop_map(|pattern| json!({"wildcard": {"process.name": {"value": pattern}}})),
        1 => (1..4).prop_map(|pid| json!({"range": {"process.pid": {"gte": pid}}})),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        let some = prop::collection::vec(inner, 1..3);
        (value(&["must", "should", "must_not", "filter"]), some)
            .prop_map(|(clause, inner)| json!({"bool": {clause: inner}}))
    })
}

fn filter() -> impl Strategy<Value = Json> {
    (any::<bool>(), query_of_filter())
        .prop_map(|(negate, query)| json!({"meta": {"negate": negate}, "query": query}))
}

fn exception() -> impl Strategy<Value = Json> {
    let entry = (
        pair(),
        value(&["match", "match_any", "exists"]),
        any::<bool>(),
    )
        .prop_map(|((field, value), kind, included)| {
            let operator = if included { "included" } else { "excluded" };
            let mut entry = json!({"field": field, "type": kind, "operator": operator});
            match kind {
                "match" => entry["value"] = json!(value),
                // A value that the field's type does not take would be refused.
                "match_any" if field == "process.pid" => entry["value"] = json!([value, "7"]),
                "match_any" if field == "host.ip" => entry["value"] = json!([value, "::7"]),
                "match_any" => entry["value"] = json!([value, "nothing"]),
                _ => {}
            }
            entry
        });
    let expires = value(&["", "2023-06-01T00:00:00Z", "2030-01-01T00:00:00Z"]);
    (prop::collection::vec(entry, 1..3), expires).prop_map(|(entries, expires)| {
        json!({"list_id": "l", "name": "n", "entries": entries, "expire_time": expires})
    })
}

fn query() -> impl Strategy<Value = String> {
    let stage = || {
        value(&[
            "process where process.name : \"a.exe\"",
            "process where process.name == \"b.exe\"",
            "any where process.pid > 1",
            "process where not user.name == \"bob\"",
        ])
    };
    prop_oneof![
        2 => stage().prop_map(str::to_owned),
        1 => (stage(), stage())
            .prop_map(|(a, b)| format!("sequence by host.id with maxspan=10s [{a}] [{b}]")),
        1 => (stage(), stage(), stage())
            .prop_map(|(a, b, c)| format!("sequence by host.id [{a}] [{b}] until [{c}]")),
        1 => (stage(), stage(), stage())
            .prop_map(|(a, b, c)| format!("sequence with maxspan=5s [{a}] ![{b}] [{c}]")),
    ]
}

fn document() -> impl Strategy<Value = (i64, Json)> {
    let name = value(&["a.exe", "b.exe", "A.EXE", "c.exe"]);
    let user = prop::option::of(value(&["anna", "bob"]));
    let ip = value(&["10.0.0.1", "10.0.1.1", "fe80::1"]);
    let index = value(&["logs-endpoint.events.process-default", "logs-other-default"]);
    let index = prop_oneof![9 => Just("logs-endpoint.events.process-default"), 1 => index];
    (0..4_i64, name, 1..4_u8, user, ip, 1..3_u8, index).prop_map(
        |(step, name, pid, user, ip, host, index)| {
            let mut document = json!({
                "_index": index,
                "event": {"category": "process"},
                "process": {"name": name, "pid": pid},
                "host": {"id": format!("h{host}"), "ip": [ip]},
            });
            if let Some(user) = user {
                document["user"] = json!({"name": user});
            }
            (step, document)
        },
    )
}

fn log() -> impl Strategy<Value = String> {
    prop::collection::vec(document(), 1..25).prop_map(|documents| {
        let (mut time, mut text) = (START, String::new());
        for (step, mut document) in documents {
            // No two events of one instant: their order is open.
            time += step * 1000 + 1;
            document["@timestamp"] = json!(time);
            text += &format!("{document}\n");
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn scan_and_test_give_the_same_alerts(
        query in query(),
        filters in prop::collection::vec(filter(), 0..3),
        exceptions in prop::collection::vec(exception(), 0..3),
        log in log(),
    ) {
        let catalogue = Catalogue::builtin().unwrap();
        let head = "{\"list_id\": \"l\", \"type\": \"detection\"}\n".to_owned();
        let list = exceptions.iter().fold(head, |list, item| list + &format!("{item}\n"));
        let files = Memory { log, list };
        let rule = rule(&query, &filters);
        let mut scanned = by_scan(&rule, &files, &catalogue);
        let mut tested = by_test(&rule, &files, &catalogue);
        scanned.sort();
        tested.sort();
        prop_assert_eq!(scanned, tested);
    }
}

/// The law would hold as well if filters did nothing.
#[test]
fn filters_and_exceptions_take_alerts_away() {
    let catalogue = Catalogue::builtin().unwrap();
    let line = |user: &str, at: i64| {
        format!(
            "{{\"@timestamp\":{},\"event.category\":\"process\",\"user.name\":\"{user}\"}}\n",
            START + at
        )
    };
    let list = json!({"list_id": "l", "name": "n",
        "entries": [{"field": "user.name", "type": "match", "operator": "included", "value": "c"}]});
    let files = Memory {
        log: line("a", 0) + &line("b", 1) + &line("c", 2),
        list: format!("{list}\n"),
    };
    let phrase = json!({"match_phrase": {"user.name": "b"}});
    let rule = rule(
        "process where true",
        &[json!({"meta": {"negate": true}, "query": phrase})],
    );
    assert_eq!(by_scan(&rule, &files, &catalogue), [[Some(0)]]);
    assert_eq!(by_test(&rule, &files, &catalogue), [[Some(0)]]);
}
