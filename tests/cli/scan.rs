//! `trapline scan`: what holds the events, what is said about them, and how it ends.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use serde_json::Value as Json;

use crate::project::{Project, eql_rule};

const DAY: i64 = 86_400_000;
/// 2023-11-14T00:00:00Z
const START: i64 = 1_699_920_000_000;

fn event(id: usize, millis: i64, name: &str, user: &str) -> String {
    format!(
        "{{\"_id\":\"{id}\",\"@timestamp\":{millis},\"event\":{{\"category\":\"process\"}},\
         \"process\":{{\"name\":\"{name}\"}},\"user.name\":\"{user}\",\"host\":{{\"id\":\"h{}\"}}}}",
        id % 2
    )
}

/// Four days of events: the shell ten times, eight of them by one user.
fn events() -> Vec<String> {
    (0..40)
        .map(|number| {
            let name = if number % 4 == 0 {
                "cmd.exe"
            } else {
                "other.exe"
            };
            let user = if number < 32 { "backup" } else { "anna" };
            let millis = START + i64::try_from(number).unwrap() * 4 * DAY / 39;
            event(number, millis, name, user)
        })
        .collect()
}

fn project(files: &[(&str, &str)]) -> Project {
    let shell = eql_rule("1", "A shell", "process where process.name == \"cmd.exe\"");
    let quiet = eql_rule("2", "Nothing", "process where process.name == \"no.exe\"");
    let rules = [
        ("rules/shell.toml", shell.as_str()),
        ("rules/quiet.toml", &quiet),
    ];
    Project::of(&[&rules, files].concat())
}

fn lines(events: &[String]) -> String {
    events.iter().fold(String::new(), |mut text, event| {
        let _ = writeln!(text, "{event}");
        text
    })
}

/// The `_id`s of the alerts.
fn ids(alerts: &str) -> Vec<String> {
    let alert = |line: &str| -> Json { serde_json::from_str(line).unwrap() };
    let alerts = alerts.lines().map(alert);
    alerts
        .map(|alert| alert["events"][0]["_id"].as_str().unwrap().to_owned())
        .collect()
}

fn shell_ids() -> Vec<String> {
    (0..40).step_by(4).map(|id: usize| id.to_string()).collect()
}

#[test]
fn whatever_holds_the_events_the_alerts_are_the_same() {
    let events = events();
    let sources: Vec<String> = events
        .iter()
        .map(|event| format!("{{\"_index\":\"logs\",\"_source\":{event}}}"))
        .collect();
    let with_ids: Vec<Json> = sources
        .iter()
        .zip(&events)
        .map(|(hit, event)| {
            let mut hit: Json = serde_json::from_str(hit).unwrap();
            let event: Json = serde_json::from_str(event).unwrap();
            hit["_id"] = event["_id"].clone();
            hit
        })
        .collect();
    let array: Vec<Json> = events
        .iter()
        .map(|event| serde_json::from_str(event).unwrap())
        .collect();
    let response = serde_json::json!({
        "took": 1, "timed_out": false,
        "hits": {"total": {"value": 40, "relation": "eq"}, "hits": with_ids},
    });
    let printed: String = array
        .iter()
        .map(|event| serde_json::to_string_pretty(event).unwrap() + "\n")
        .collect();
    let project = project(&[
        ("lines.ndjson", &lines(&events)),
        ("array.json", &serde_json::to_string(&array).unwrap()),
        (
            "printed_array.json",
            &serde_json::to_string_pretty(&array).unwrap(),
        ),
        ("printed.json", &printed),
        ("response.json", &response.to_string()),
        (
            "printed_response.json",
            &serde_json::to_string_pretty(&response).unwrap(),
        ),
    ]);
    for file in [
        "lines.ndjson",
        "array.json",
        "printed_array.json",
        "printed.json",
        "response.json",
        "printed_response.json",
    ] {
        let (code, alerts) = project.run(&["scan", file]);
        assert_eq!((code, ids(&alerts)), (0, shell_ids()), "{file}");
    }
    // The line is that on which the document begins.
    let (_, alerts) = project.run(&["scan", "printed.json"]);
    let second: Json = serde_json::from_str(alerts.lines().nth(1).unwrap()).unwrap();
    let line = usize::try_from(second["events"][0]["line"].as_u64().unwrap()).unwrap();
    assert_eq!(printed.lines().nth(line - 1), Some("{"));
    assert!(printed.lines().nth(line).unwrap().contains("\"4\""));
}

#[test]
fn packed_files_directories_patterns_and_standard_input_are_read() {
    let events = events();
    let project = project(&[("logs/a.ndjson", &lines(&events[..20]))]);
    let rest = lines(&events[20..]);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(lines(&events[20..30]).as_bytes()).unwrap();
    std::fs::write(project.file("logs/b.ndjson.gz"), packed.finish().unwrap()).unwrap();
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let packed = ruzstd::encoding::compress_to_vec(lines(&events[30..]).as_bytes(), level);
    std::fs::write(project.file("logs/c.ndjson.zst"), packed).unwrap();
    for files in [
        &["logs"][..],
        &["logs/*.ndjson*"],
        &["logs/c.ndjson.zst", "logs/a.ndjson", "logs/b.ndjson.gz"],
    ] {
        let (code, alerts) = project.run(&[&["scan"], files].concat());
        assert_eq!((code, ids(&alerts)), (0, shell_ids()), "{files:?}");
    }
    let mut child = project
        .trapline(&["scan", "logs/a.ndjson", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(rest.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(ids(&String::from_utf8(output.stdout).unwrap()), shell_ids());
}

#[test]
fn a_summary_says_how_noisy_rules_are_and_what_would_cut_them() {
    let project = project(&[("events.ndjson", &lines(&events()))]);
    let (code, table) = project.run(&["scan", "--summary", "events.ndjson"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(table, @r"
      alerts     a day  hosts  rule
          10       2.5      1  A shell
                                   10  process.name = cmd.exe
                                   10  host.id = h0
                                    8  user.name = backup
                                    2  user.name = anna
    1 of 2 rules alerted; 2023-11-14T00:00:00.000Z to 2023-11-18T00:00:00.000Z, 4.0 days
    ");
    let (_, text) = project.run(&["scan", "--summary", "--format", "json", "events.ndjson"]);
    let json: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(json["days"], 4.0);
    assert_eq!(json["rules"][0]["rule_id"], "1");
    assert_eq!(json["rules"][0]["alerts_per_day"], 2.5);
    assert_eq!(json["rules"][0]["hosts"], 1);
    assert_eq!(
        json["rules"][0]["values"][2],
        serde_json::json!({"field": "user.name", "value": "backup", "alerts": 8})
    );
    assert_eq!(json["rules"][1]["alerts"], 0);
    let (_, text) = project.run(&["scan", "--summary", "--format", "ndjson", "events.ndjson"]);
    assert_eq!(text.lines().count(), 2);
}

#[test]
fn a_rule_over_budget_is_exit_5_and_is_named() {
    let project = project(&[("events.ndjson", &lines(&events()))]);
    for (budget, expected) in [
        ("2.5/day", 0),
        ("2.4/day", 5),
        ("17/week", 0),
        ("9/week", 5),
        ("1/hour", 0),
        ("0.1/hour", 5),
        ("1/month", 2),
    ] {
        let output = project.trapline(&["scan", "--budget", budget, "events.ndjson"]);
        let output = { output }.output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(expected), "{budget}: {err}");
        let named = err.contains(&format!("over --budget {budget}: A shell"));
        assert_eq!(named, expected == 5, "{budget}: {err}");
    }
    let (code, table) = project.run(&["scan", "--summary", "--budget", "1/day", "events.ndjson"]);
    assert_eq!(code, 5);
    assert!(table.contains("A shell  over 1/day"), "{table}");
    assert!(
        table.contains("1 of 2 rules alerted, 1 more than 1/day"),
        "{table}"
    );
}

#[test]
fn without_a_terminal_there_is_no_bar() {
    let project = project(&[("events.ndjson", &lines(&events()))]);
    let output = project
        .trapline(&["scan", "events.ndjson"])
        .output()
        .unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.starts_with("40 events, "), "{err}");
    assert!(
        err.contains("; 2 rules run; 10 alerts\n      10  A shell\n"),
        "{err}"
    );
    assert!(!err.contains(['\r', '\u{1b}']), "{err}");
}

/// A scan of standard input that has read the first events and waits for more.
fn waiting(project: &Project) -> Child {
    project
        .trapline(&["scan", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[cfg(unix)]
#[test]
fn interrupted_it_ends_with_what_it_has_found() {
    let project = project(&[]);
    let mut child = waiting(&project);
    let mut input = child.stdin.take().unwrap();
    // More than a chunk, so that something is found before the end.
    let many: Vec<String> = (0..4_000)
        .map(|id| event(id, START + i64::try_from(id).unwrap(), "cmd.exe", "anna"))
        .collect();
    input.write_all(lines(&many).as_bytes()).unwrap();
    input.flush().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(1));
    let pid = child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    drop(input);
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{err}");
    assert!(err.starts_with("interrupted: "), "{err}");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap().lines().count(),
        4_000
    );
}

#[test]
fn whoever_reads_no_more_is_told_nothing() {
    let project = project(&[]);
    let mut child = waiting(&project);
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        // Until the program goes away.
        for id in 0.. {
            let line = event(
                id,
                START + i64::try_from(id).unwrap() * 1_000,
                "cmd.exe",
                "anna",
            );
            if writeln!(input, "{line}").is_err() {
                return;
            }
        }
    });
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    assert_eq!(ids(&first), ["0"]);
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

const FILTER: &str = "[[rule.filters]]\n[rule.filters.meta]\nnegate = true\n\
                      [rule.filters.query.match_phrase]\n\"user.name\" = 'backup'\n";

/// The shell by two users; `more` stands at the end of the rule.
fn filtered(more: &str, files: &[(&str, &str)]) -> Project {
    let shell = eql_rule("1", "A shell", "process where process.name == \"cmd.exe\"") + more;
    let events = lines(&events());
    let own = [
        ("rules/shell.toml", shell.as_str()),
        ("log.ndjson", &events),
    ];
    Project::of(&[&own, files].concat())
}

fn alerts(project: &Project, args: &[&str]) -> usize {
    let scan = [&["scan", "log.ndjson", "--rules", "rules"], args].concat();
    project.run_apart(&scan).1.lines().count()
}

#[test]
fn a_rule_s_own_filters_decide() {
    assert_eq!(alerts(&filtered("", &[]), &[]), 10);
    assert_eq!(alerts(&filtered(FILTER, &[]), &[]), 2);
}

#[test]
fn a_rule_whose_filter_cannot_be_read_is_named_and_not_run() {
    let script = "[[rule.filters]]\n[rule.filters.query.script]\nscript = 'x'\n";
    let project = filtered(script, &[]);
    let scan = [
        "scan",
        "log.ndjson",
        "--rules",
        "rules",
        "--stats",
        "s.json",
    ];
    let (code, alerts, said) = project.run_apart(&scan);
    assert_eq!((code, alerts.as_str()), (0, ""));
    assert!(said.contains("1 rule was not run"), "{said}");
    assert!(
        said.contains("rules/shell.toml: a filter with `script`"),
        "{said}"
    );
    let stats = std::fs::read_to_string(project.file("s.json")).unwrap();
    let stats: Json = serde_json::from_str(&stats).unwrap();
    assert_eq!(stats["unsupported"][0]["rule_id"], "1");
    assert_eq!(project.run(&[&scan[..], &["--strict"]].concat()).0, 3);
}

const REFERENCE: &str = "[[rule.exceptions_list]]\nid = 'x'\nlist_id = 'admins'\n\
                         namespace_type = 'single'\ntype = 'detection'\n";
const LIST: &str = "[[exceptions]]\n[exceptions.container]\nlist_id = 'admins'\n\
                    [[exceptions.items]]\nname = 'backup'\n[[exceptions.items.entries]]\n\
                    field = 'user.name'\ntype = 'match'\noperator = 'included'\nvalue = 'backup'\n";

#[test]
fn exception_lists_apply_to_the_rules_that_refer_to_them() {
    let without = filtered(REFERENCE, &[]);
    let (_, found, said) = without.run_apart(&["scan", "log.ndjson", "--rules", "rules"]);
    assert_eq!(found.lines().count(), 10);
    let missing = "1 rule refers to exception lists that were not applied: admins";
    assert!(said.contains(missing), "{said}");
    let typed = filtered(REFERENCE, &[("lists/a.toml", LIST)]);
    assert_eq!(alerts(&typed, &["--exceptions", "lists/a.toml"]), 2);
    assert_eq!(alerts(&typed, &["--exceptions", "lists"]), 2);
    let of_project = filtered(REFERENCE, &[("exceptions/a.toml", LIST)]);
    assert_eq!(alerts(&of_project, &[]), 2);
    let unlinked = filtered("", &[("exceptions/a.toml", LIST)]);
    assert_eq!(alerts(&unlinked, &[]), 10);
    let broken = filtered(
        REFERENCE,
        &[(
            "exceptions/a.toml",
            &LIST.replace("type = 'match'", "type = 'fits'"),
        )],
    );
    assert_eq!(broken.run(&["scan", "log.ndjson", "--rules", "rules"]).0, 3);
}

/// A project with one rule that counts or remembers.
fn executed(kind: &str, events: &[String]) -> Project {
    let rule = format!(
        "[rule]\nname = 'Counts'\nrule_id = '1'\nlanguage = 'kuery'\nseverity = 'low'\n\
         risk_score = 21\nquery = 'process.name : cmd.exe'\nfrom = 'now-10m'\ninterval = '5m'\n{kind}"
    );
    Project::of(&[("rules/counts.toml", &rule), ("log.ndjson", &lines(events))])
}

fn at_minute(id: usize, minute: i64, user: &str) -> String {
    event(id, START + minute * 60_000, "cmd.exe", user)
}

/// The key and the `_id`s of each alert.
fn keys_and_ids(alerts: &str) -> Vec<(Vec<String>, Vec<String>)> {
    let texts = |values: &Json, of: &dyn Fn(&Json) -> Json| -> Vec<String> {
        let values = values.as_array().unwrap().iter();
        values
            .map(|one| of(one).as_str().unwrap().to_owned())
            .collect()
    };
    let alerts = alerts
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    alerts
        .map(|alert: Json| {
            let keys = texts(&alert["join_keys"], &Json::clone);
            (keys, texts(&alert["events"], &|event| event["_id"].clone()))
        })
        .collect()
}

fn pairs(expected: &[(&str, &[&str])]) -> Vec<(Vec<String>, Vec<String>)> {
    let pair = |(key, ids): &(&str, &[&str])| {
        let ids = ids.iter().map(ToString::to_string).collect();
        (vec![(*key).to_owned()], ids)
    };
    expected.iter().map(pair).collect()
}

#[test]
fn a_threshold_rule_is_executed_over_the_recording() {
    // Four in ten minutes, three in ten minutes, and three of which no execution sees all.
    let minutes = [1, 2, 3, 4, 30, 31, 32, 60, 70, 80];
    let events: Vec<String> = (0..)
        .zip(minutes)
        .map(|(id, at)| at_minute(id, at, "anna"))
        .collect();
    let kind = "type = 'threshold'\nthreshold = {field = ['user.name'], value = 3}\n";
    let project = executed(kind, &events);
    let scan = ["scan", "--rules", "rules", "log.ndjson"];
    let (code, alerts, said) = project.run_apart(&[&scan[..], &["--stats", "stats.json"]].concat());
    assert_eq!(code, 0, "{said}");
    let expected = pairs(&[("anna", &["0", "1", "2", "3"]), ("anna", &["4", "5", "6"])]);
    assert_eq!(keys_and_ids(&alerts), expected);
    let stats: Json =
        serde_json::from_str(&std::fs::read_to_string(project.file("stats.json")).unwrap())
            .unwrap();
    assert_eq!((&stats["rules"], &stats["alerts"]), (&1.into(), &2.into()));
    assert_eq!(stats["unsupported"], serde_json::json!([]));
    // However the files lie, and whoever reads them.
    let mut turned = events;
    turned.reverse();
    let project = executed(kind, &turned);
    let (_, alerts, _) = project.run_apart(&[&scan[..], &["-j", "3"]].concat());
    assert_eq!(keys_and_ids(&alerts), expected);
}

#[test]
fn a_new_terms_rule_remembers_over_the_recording() {
    let seen = [
        (1, "anna"),
        (3, "bob"),
        (20, "anna"),
        (25, "bob"),
        (80, "anna"),
        (82, "anna"),
    ];
    let events: Vec<String> = (0..)
        .zip(seen)
        .map(|(id, (at, user))| at_minute(id, at, user))
        .collect();
    let kind =
        "type = 'new_terms'\nnew_terms_fields = ['user.name']\nhistory_window_start = 'now-45m'\n";
    let project = executed(kind, &events);
    let (code, alerts, said) = project.run_apart(&["scan", "--rules", "rules", "log.ndjson"]);
    assert_eq!(code, 0, "{said}");
    // Of two new at once the first by name comes first.
    let expected = pairs(&[("anna", &["0"]), ("bob", &["1"]), ("anna", &["4"])]);
    assert_eq!(keys_and_ids(&alerts), expected);
}

#[test]
fn what_executions_drop_and_cut_off_is_named() {
    let events: Vec<String> = (0..6)
        .map(|id| at_minute(id, 1, &format!("u{id}")))
        .collect();
    let kind = "type = 'new_terms'\nmax_signals = 4\nnew_terms_fields = ['user.name']\nhistory_window_start = 'now-45m'\n";
    let project = executed(kind, &events);
    let scan = ["scan", "--rules", "rules", "--strict", "log.ndjson"];
    let (code, alerts, said) = project.run_apart(&scan);
    assert_eq!((code, keys_and_ids(&alerts).len()), (0, 6));
    assert!(
        said.contains("2 alerts of `Counts` were beyond max_signals"),
        "{said}"
    );
    let (code, alerts, said) = project.run_apart(&[&scan[..], &["--max-documents", "4"]].concat());
    assert_eq!((code, keys_and_ids(&alerts).len()), (3, 4));
    let named = "events were dropped from the windows or the history of `Counts`: --max-documents";
    assert!(said.contains(named), "{said}");
}

#[test]
fn an_esql_rule_is_executed_over_the_recording() {
    let minutes = [
        (1, "anna"),
        (2, "bob"),
        (3, "anna"),
        (30, "anna"),
        (47, "anna"),
        (48, "anna"),
    ];
    let events: Vec<String> = (0..)
        .zip(minutes)
        .map(|(id, (at, user))| at_minute(id, at, user))
        .collect();
    let rule = |query: &str| {
        let rule = format!(
            "[rule]\nname = 'Asks'\nrule_id = '1'\ntype = 'esql'\nlanguage = 'esql'\n\
             severity = 'low'\nrisk_score = 21\nfrom = 'now-5m'\ninterval = '5m'\n\
             query = \'\'\'\nFROM logs-* METADATA _id, _index\n{query}\n\'\'\'\n"
        );
        Project::of(&[("rules/asks.toml", &rule), ("log.ndjson", &lines(&events))])
    };
    let scan = ["scan", "--rules", "rules", "log.ndjson"];
    let each = rule("| WHERE process.name == \"cmd.exe\" AND user.name == \"bob\" | KEEP _id");
    let (code, alerts, said) = each.run_apart(&scan);
    assert_eq!(code, 0, "{said}");
    assert_eq!(ids(&alerts), ["1"]);
    let counted = rule(
        "| WHERE process.name LIKE \"cmd*\" | STATS Esql.count = COUNT(*) BY user.name \
         | WHERE Esql.count >= 2 | KEEP user.name",
    );
    let (code, alerts, said) = counted.run_apart(&scan);
    assert_eq!(code, 0, "{said}");
    let expected = pairs(&[("anna", &["0", "2"]), ("anna", &["4", "5"])]);
    assert_eq!(keys_and_ids(&alerts), expected);
}

#[test]
fn what_compares_explains_or_reduces_recordings_says_what_it_can_of_executions() {
    let minutes = [1, 2, 3, 30, 31, 32];
    let events: Vec<String> = (0..)
        .zip(minutes)
        .map(|(id, at)| at_minute(id, at, "anna"))
        .collect();
    let rule = |count: u8| {
        format!(
            "[rule]\nname = 'Counts'\nrule_id = '1'\nlanguage = 'kuery'\nseverity = 'low'\n\
             risk_score = 21\nquery = 'process.name : cmd.exe'\nfrom = 'now-10m'\n\
             type = 'threshold'\nthreshold = {{field = ['user.name'], value = {count}}}\n"
        )
    };
    let project = Project::of(&[
        ("old/rules/counts.toml", &rule(3)),
        ("new/rules/counts.toml", &rule(4)),
        ("old/trapline.toml", ""),
        ("new/trapline.toml", ""),
        ("log.ndjson", &lines(&events)),
    ]);
    let (_, said) = project.run(&["diff", "./old", "./new", "--captures", "log.ndjson"]);
    assert!(
        said.contains("LOST") && said.contains("2 alerts before, 0 now"),
        "{said}"
    );
    assert!(said.contains("3 by user.name"), "{said}");
    for arguments in [
        &["explain", "old/rules/counts.toml", "--events", "log.ndjson"][..],
        &[
            "import",
            "log.ndjson",
            "--rule",
            "old/rules/counts.toml",
            "--minimise",
        ],
    ] {
        let (code, _, said) = project.run_apart(arguments);
        assert_eq!(code, 3, "{said}");
        let reason = "rules of type threshold, which alert by their executions, over recordings";
        assert!(said.contains(reason), "{said}");
    }
}

#[test]
fn an_indicator_match_rule_without_indicators_is_named() {
    let kind = "type = 'threat_match'\nthreat_index = ['ti-*']\nthreat_query = '*'\n\
        threat_mapping = [{entries = [{field = 'user.name', type = 'mapping', value = 'threat.indicator.name'}]}]\n";
    let project = executed(kind, &[at_minute(0, 1, "anna")]);
    let (code, alerts, said) = project.run_apart(&["scan", "--rules", "rules", "log.ndjson"]);
    assert_eq!((code, alerts.as_str()), (0, ""), "{said}");
    assert!(
        said.contains("rules of type threat_match without indicators"),
        "{said}"
    );
}
