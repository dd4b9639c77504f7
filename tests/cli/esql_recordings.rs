//! ES|QL rules on recordings: `explain --events`, `import --minimise`, and `scan` of what search
//! functions read.

use crate::project::Project;

const RULE: &str = r#"[rule]
name = "Many shells"
rule_id = "r-1"
type = "esql"
language = "esql"
severity = "medium"
risk_score = 47
interval = "5m"
from = "now-9m"
query = '''
FROM logs-endpoint.events.process-* METADATA _id, _index
| WHERE host.os.type == "windows" AND process.name == "cmd.exe"
| STATS Esql.count = COUNT(*) BY host.id
| WHERE Esql.count >= 5
'''
"#;

/// A process that starts at this second of the recording.
fn process(second: i64, host: &str, name: &str) -> String {
    let (minute, second) = (second / 60, second % 60);
    format!(
        "{{\"@timestamp\":\"2024-03-05T08:{minute:02}:{second:02}Z\",\
         \"_index\":\"logs-endpoint.events.process-default\",\
         \"data_stream\":{{\"type\":\"logs\",\"dataset\":\"endpoint.events.process\",\"namespace\":\"default\"}},\
         \"event\":{{\"category\":[\"process\"],\"type\":[\"start\"],\"dataset\":\"endpoint.events.process\"}},\
         \"host\":{{\"id\":\"{host}\",\"os\":{{\"type\":\"windows\"}}}},\
         \"process\":{{\"name\":\"{name}\",\"executable\":\"C:\\\\Windows\\\\System32\\\\{name}\"}}}}\n"
    )
}

/// Shells on host `h1` every ten seconds, with other programs and another host between them.
fn recording(shells: i64) -> String {
    let mut lines = String::new();
    for number in 0..shells {
        lines += &process(number * 10, "h1", "cmd.exe");
        lines += &process(number * 10 + 1, "h1", "whoami.exe");
        if number % 2 == 0 {
            lines += &process(number * 10 + 2, "h2", "cmd.exe");
        }
    }
    lines
}

fn project(recording: &str) -> Project {
    let project = Project::of(&[("rules/a.toml", RULE)]);
    std::fs::create_dir_all(project.file("scenarios")).unwrap();
    std::fs::write(project.file("r.ndjson"), recording).unwrap();
    project
}

/// The exit code, and what both streams say.
fn run(project: &Project, arguments: &[&str]) -> (i32, String) {
    let (exit, out, err) = project.run_apart(arguments);
    (exit, format!("{out}\n{err}"))
}

fn explain(project: &Project) -> String {
    let (exit, shown) = run(
        project,
        &["explain", "rules/a.toml", "--events", "r.ndjson"],
    );
    assert_eq!(exit, 0, "{shown}");
    shown
}

#[test]
fn the_nearest_miss_of_a_recording_is_a_threshold() {
    let shown = explain(&project(&recording(4)));
    for part in [
        "none     rules/a.toml on r.ndjson[elastic_defend]",
        "read     10 events",
        "Esql.count >= 5 is false: Esql.count = 4, 4 of 5",
        "10         6  WHERE host.os.type == \"windows\" AND process.name == \"cmd.exe\"",
        "event 2 stopped: process.name == \"cmd.exe\": process.name = whoami.exe",
        "6         2  STATS Esql.count = COUNT(*) BY host.id",
        "event 1, event 4, event 6, event 9 stopped: Esql.count >= 5: Esql.count = 4",
        "event 3, event 8 stopped: Esql.count >= 5: Esql.count = 2",
    ] {
        assert!(shown.contains(part), "{part}:\n{shown}");
    }
}

#[test]
fn an_alert_of_a_recording_is_that_of_an_execution() {
    let shown = explain(&project(&recording(6)));
    for part in [
        "alert    rules/a.toml on r.ndjson[elastic_defend]",
        "found    1 match: event 1 + event 4 + event 6 + event 9 + event 11 + event 14",
        "shown    the execution of 2024-03-05T08:05:00.000Z, which sees 15 events",
        "Esql.count >= 5",
    ] {
        assert!(shown.contains(part), "{part}:\n{shown}");
    }
}

#[test]
fn events_that_no_execution_sees_together_are_stopped_by_the_look_back() {
    let far: String = (0..6)
        .map(|number| process(number * 400, "h1", "cmd.exe"))
        .collect();
    let shown = explain(&project(&far));
    assert!(shown.contains("lacks    look-back"), "{shown}");
    // Two of the events are in one execution, never more.
    assert!(shown.contains("which sees 2 events"), "{shown}");
}

#[test]
fn one_rare_event_of_thousands_is_the_nearest_miss() {
    let rule = RULE
        .replace("\n| STATS Esql.count = COUNT(*) BY host.id", "")
        .replace("\n| WHERE Esql.count >= 5", "")
        .replace("METADATA _id, _index", "METADATA _id, _index, _version");
    let mut lines: String = (0..500)
        .map(|number| process(number / 2, "h1", "other.exe"))
        .collect();
    let linux = process(260, "h9", "cmd.exe").replace("\"windows\"", "\"linux\"");
    lines += &linux;
    let project = project(&lines);
    std::fs::write(project.file("rules/a.toml"), rule).unwrap();
    let shown = explain(&project);
    assert!(
        shown.contains("event 501: host.os.type == \"windows\" is false: host.os.type = linux"),
        "{shown}"
    );
}

#[test]
fn what_the_rule_does_not_see_is_said() {
    let elsewhere =
        recording(6).replace("logs-endpoint.events.process-default", "logs-other-default");
    let elsewhere = elsewhere.replace(
        "\"dataset\":\"endpoint.events.process\",\"namespace\"",
        "\"dataset\":\"other\",\"namespace\"",
    );
    let shown = explain(&project(&elsewhere));
    assert!(shown.contains("lacks    not routed"), "{shown}");
    let project = project(&recording(6));
    std::fs::write(project.file("trapline.toml"), "[limits]\nevents-from = 5\n").unwrap();
    let (exit, shown) = run(
        &project,
        &["explain", "rules/a.toml", "--events", "r.ndjson"],
    );
    assert!(
        exit == 3 && shown.contains("holds more than 5 events"),
        "{exit} {shown}"
    );
}

#[test]
fn the_explanation_as_json_has_the_steps_and_the_execution() {
    let project = project(&recording(4));
    let arguments = [
        "explain",
        "rules/a.toml",
        "--events",
        "r.ndjson",
        "--format",
        "json",
    ];
    let (exit, out, err) = project.run_apart(&arguments);
    assert_eq!(exit, 0, "{out}{err}");
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    let found = &found[0];
    assert_eq!(found["alerted"], false);
    assert_eq!(found["recording"]["execution"]["events"], 10);
    assert_eq!(found["steps"][1]["rows_out"], 2);
    assert_eq!(found["lacks"][0]["miss"], serde_json::Value::Null);
    assert_eq!(found["lacks"][1]["miss"], "4 of 5");
    assert_eq!(found["lacks"][1]["value"], "Esql.count = 4");
}

fn minimise(project: &Project, more: &[&str]) -> (i32, String) {
    let mut arguments = vec!["import", "r.ndjson", "--rule", "rules/a.toml", "--minimise"];
    arguments.extend(more);
    run(project, &arguments)
}

#[test]
fn the_smallest_attack_of_a_recording_has_as_many_events_as_the_rule_counts() {
    let project = project(&recording(12));
    let (exit, shown) = minimise(&project, &["--name", "shells"]);
    assert_eq!(exit, 0, "{shown}");
    let scenario = std::fs::read_to_string(project.file("scenarios/a.yaml")).unwrap();
    assert_eq!(scenario.matches("is: process").count(), 5, "{scenario}");
    assert!(!scenario.contains("whoami"), "{scenario}");
    let (exit, shown) = run(&project, &["test"]);
    assert_eq!(exit, 0, "{scenario}{shown}");
}

#[test]
fn of_thousands_of_events_those_that_the_rule_counts_are_left() {
    let mut lines = String::new();
    for number in 0..1_300 {
        let host = format!("h{}", number % 3);
        lines += &process(number / 5, &host, "cmd.exe");
    }
    let inline = RULE
        .replace("STATS Esql.count", "INLINE STATS Esql.count")
        .replace("METADATA _id, _index", "METADATA _id, _index, _version");
    for rule in [RULE, &inline] {
        let project = project(&lines);
        std::fs::write(project.file("rules/a.toml"), rule).unwrap();
        let (exit, shown) = minimise(&project, &[]);
        assert_eq!(exit, 0, "{shown}");
        let scenario = std::fs::read_to_string(project.file("scenarios/a.yaml")).unwrap();
        assert_eq!(scenario.matches("is: process").count(), 5, "{scenario}");
    }
}

#[test]
fn a_recording_without_an_alert_becomes_a_benign_scenario() {
    let project = project(&recording(4));
    let (exit, shown) = minimise(&project, &[]);
    assert_eq!(exit, 1, "{shown}");
    assert!(
        shown.contains("the rule does not alert on these events: Esql.count >= 5"),
        "{shown}"
    );
    let (exit, shown) = minimise(&project, &["--as", "benign"]);
    assert_eq!(exit, 0, "{shown}");
    assert!(shown.contains("no alert: Esql.count >= 5"), "{shown}");
    let scenario = std::fs::read_to_string(project.file("scenarios/a.yaml")).unwrap();
    assert_eq!(scenario.matches("is: process").count(), 1, "{scenario}");
    let (exit, shown) = run(&project, &["test"]);
    assert_eq!(exit, 0, "{scenario}{shown}");
}

#[test]
fn rows_that_count_others_keep_what_they_count() {
    let rule = RULE
        .replace("STATS Esql.count", "INLINE STATS Esql.count")
        .replace("METADATA _id, _index", "METADATA _id, _index, _version");
    let project = project(&recording(8));
    std::fs::write(project.file("rules/a.toml"), rule).unwrap();
    let (exit, shown) = minimise(&project, &[]);
    assert_eq!(exit, 0, "{shown}");
    let scenario = std::fs::read_to_string(project.file("scenarios/a.yaml")).unwrap();
    assert_eq!(scenario.matches("is: process").count(), 5, "{scenario}");
}

#[test]
fn a_scan_reads_the_fields_of_search_functions() {
    for condition in [
        "KQL(\"process.name: cmd.exe\")",
        "MATCH(process.name, \"cmd.exe\")",
    ] {
        let rule = RULE.replace(
            "host.os.type == \"windows\" AND process.name == \"cmd.exe\"",
            condition,
        );
        let project = project(&recording(6));
        std::fs::write(project.file("rules/a.toml"), rule).unwrap();
        let (exit, shown) = run(&project, &["scan", "--rules", "rules", "r.ndjson"]);
        assert!(
            exit == 0 && shown.contains("1 alert"),
            "{condition}: {exit} {shown}"
        );
        assert!(
            explain(&project).contains("found    1 match"),
            "{condition}"
        );
    }
}

/// A scan that cannot run a pattern says so: there may be alerts.
#[test]
fn a_scan_names_a_rule_whose_pattern_cannot_be_run() {
    let rule = RULE.replace(
        "| STATS",
        "| EVAL x = REPLACE(process.name, \"(?<=c)md\", \"\")\n| STATS",
    );
    let project = project(&recording(6));
    std::fs::write(project.file("rules/a.toml"), rule).unwrap();
    let (_, shown) = run(&project, &["scan", "--rules", "rules", "r.ndjson"]);
    assert!(
        shown.contains("`Many shells` failed on an event"),
        "{shown}"
    );
    assert!(shown.contains("look-around"), "{shown}");
}

/// An array of one value stays an array in `_source`, as Elasticsearch stores it.
#[test]
fn an_array_of_one_value_is_an_array_in_the_source() {
    let rule = RULE
        .replace(
            "METADATA _id, _index",
            "METADATA _id, _index, _version, _source",
        )
        .replace(
            "WHERE host.os.type == \"windows\" AND process.name == \"cmd.exe\"",
            "WHERE JSON_EXTRACT(_source, \"event.category[0]\") == \"process\" \
             AND JSON_EXTRACT(_source, \"targets[1].id\") == \"b\" \
             AND JSON_EXTRACT(_source, \"single[0].id\") == \"c\"",
        );
    let lines = recording(6).replace(
        "\"host\":",
        "\"targets\":[{\"id\":\"a\",\"n\":1},{\"id\":\"b\"}],\"single\":[{\"id\":\"c\"}],\"host\":",
    );
    let project = project(&lines);
    std::fs::write(
        project.file("rules/a.toml"),
        rule.replace("COUNT(*) BY host.id", "COUNT(*)"),
    )
    .unwrap();
    let (exit, shown) = run(&project, &["scan", "--rules", "rules", "r.ndjson"]);
    assert!(exit == 0 && shown.contains("1 alert"), "{exit} {shown}");
    let found = explain(&project);
    assert!(found.contains("found    1 match"), "{found}");
}

/// Whether a line is an event does not depend on the rules that run: this one reads whole documents,
/// the other a few fields.
#[test]
fn a_line_with_a_bad_number_that_nobody_reads_is_no_event() {
    let select = crate::project::eql_rule("s", "Shell", "any where process.name == \"cmd.exe\"");
    let bad = [
        "01",
        "1.",
        "1e",
        "1-2",
        "{\"$serde_json::private::Number\":\"x\"}",
    ];
    let bad = bad.map(|value| {
        process(70, "h1", "cmd.exe").replace("\"host\":", &format!("\"x\":{value},\"host\":"))
    });
    let project = project(&(recording(6) + &bad.concat()));
    std::fs::create_dir_all(project.file("others")).unwrap();
    std::fs::write(project.file("others/s.toml"), select).unwrap();
    for (rules, alerts) in [("rules", "1 alert"), ("others", "9 alerts")] {
        let (exit, shown) = run(&project, &["scan", "--rules", rules, "r.ndjson"]);
        assert!(exit == 0 && shown.contains(alerts), "{exit} {shown}");
        assert!(shown.contains("5 lines are no events"), "{shown}");
        let (exit, _) = run(
            &project,
            &["scan", "--complete", "--rules", rules, "r.ndjson"],
        );
        assert_eq!(exit, 3);
    }
}

/// A key that nobody reads may occur twice: the line is read again as it was read first.
#[test]
fn a_second_key_that_nobody_reads_costs_no_alert() {
    let project = project(&recording(6).replace("\"host\":", "\"x\":1,\"x\":2,\"host\":"));
    let (exit, shown) = run(
        &project,
        &["scan", "--complete", "--rules", "rules", "r.ndjson"],
    );
    assert!(exit == 0 && shown.contains("1 alert"), "{exit} {shown}");
}
