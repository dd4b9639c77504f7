//! ES|QL: `query --language esql`, and rules in ES|QL under `test`, `check` and `scan`.

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
| STATS Esql.count = COUNT(*), Esql.users = COUNT_DISTINCT(user.name) BY host.id
| WHERE Esql.count >= 3
| KEEP host.id, Esql.*
'''
"#;

const SCENARIO: &str = r"sources: [elastic_defend]
attack:
  name: three shells
  events:
    a: {is: process, process.executable: C:\Windows\System32\cmd.exe, user.name: ada}
    b: {is: process, at: 10s, process.executable: C:\Windows\System32\cmd.exe, user.name: ada}
    c: {is: process, at: 20s, process.executable: C:\Windows\System32\cmd.exe, user.name: bob}
  expect: {alert: [a, b, c], with: {Esql.count: 3, Esql.users: 2, host.id: host-1}}
cases:
  - name: one is another program
    change: {c: {process.executable: C:\Windows\System32\whoami.exe}}
    expect: none
    because: Esql.count >= 3
  - name: on two hosts
    change: {b: {host.id: other}, c: {host.id: third}}
    expect: none
    because: Esql.count >= 3
  - name: no program at all
    change:
      a: {process.executable: C:\Windows\System32\whoami.exe}
      b: {process.executable: C:\Windows\System32\whoami.exe}
      c: {process.executable: C:\Windows\System32\whoami.exe}
    expect: none
    because: process.name
";

fn project() -> Project {
    Project::of(&[("rules/a.toml", RULE), ("scenarios/a.yaml", SCENARIO)])
}

/// The exit code, and what both streams say.
fn run(project: &Project, arguments: &[&str]) -> (i32, String) {
    let (exit, out, err) = project.run_apart(arguments);
    (exit, format!("{out}\n{err}"))
}

#[test]
fn a_search_in_kql_reads_a_field_that_nothing_else_names() {
    let rule = RULE
        .replace(
            "AND process.name == \"cmd.exe\"",
            "AND KQL(\"process.name: cmd.exe\")",
        )
        .replace("Esql.count >= 3", "Esql.count >= 1");
    let scenario = r"sources: [elastic_defend]
attack:
  name: a shell
  events:
    a: {is: process, process.executable: C:\Windows\System32\cmd.exe}
  expect: alert
";
    let project = Project::of(&[("rules/a.toml", &rule), ("scenarios/a.yaml", scenario)]);
    let (exit, said) = run(&project, &["test", "--accept=all"]);
    assert_eq!(exit, 0, "{said}");
}

#[test]
fn an_aggregating_rule_alerts_with_the_events_of_its_group() {
    let project = project();
    let (_, shown) = run(&project, &["test", "--accept"]);
    let (exit, again) = run(&project, &["test"]);
    assert_eq!(exit, 0, "{shown}\n{again}");
    let snapshot = project.file("scenarios/__snapshots__/a.snap");
    let snapshot = std::fs::read_to_string(snapshot).unwrap();
    for part in [
        "alert    a 0s, b +10s, c +20s",
        "Esql.count >= 3",
        "Esql.count = 2",
        "process.name = whoami.exe",
    ] {
        assert!(snapshot.contains(part), "{part}: {snapshot}");
    }
}

#[test]
fn a_threshold_that_is_not_met_fails_the_case_that_expects_an_alert() {
    let project = project().with(
        "scenarios/a.yaml",
        "expect: none\n    because: Esql.count >= 3",
        "expect: alert",
    );
    let (exit, shown) = run(&project, &["test"]);
    assert_eq!(exit, 1, "{shown}");
    assert!(shown.contains("Esql.count >= 3"), "{shown}");
}

#[test]
fn an_unknown_column_is_refused_and_a_scan_says_that_it_does_not_run_the_rule() {
    let project = project().with("rules/a.toml", "BY host.id", "BY host.idd");
    let (exit, shown) = run(&project, &["test"]);
    assert_eq!(exit, 1, "{shown}");
    assert!(shown.contains("Unknown column [host.idd]"), "{shown}");
    std::fs::write(
        project.file("events.ndjson"),
        "{\"@timestamp\":\"2024-01-01T00:00:00Z\"}\n",
    )
    .unwrap();
    let (_, shown) = run(&project, &["scan", "--rules", "rules", "events.ndjson"]);
    assert!(shown.contains("1 rule was not run"), "{shown}");
}

#[test]
fn an_alert_is_expected_by_the_columns_of_its_row() {
    let row = "expect: {alert: {host.id: host-1, Esql.count: 3}}";
    let labels =
        "expect: {alert: [a, b, c], with: {Esql.count: 3, Esql.users: 2, host.id: host-1}}";
    let project = project().with("scenarios/a.yaml", labels, row);
    run(&project, &["test", "--accept"]);
    let (exit, shown) = run(&project, &["test"]);
    assert_eq!(exit, 0, "{shown}");
    let project = project.with("scenarios/a.yaml", "Esql.count: 3}", "Esql.count: 4}");
    let (exit, shown) = run(&project, &["test"]);
    assert!(
        exit == 1 && shown.contains("found Esql.count = 3, host.id = host-1"),
        "{exit} {shown}"
    );
}

#[test]
fn a_threshold_or_a_null_is_a_reason() {
    let threshold = "expect: none\n    because: Esql.count >= 3\n  - name: on two";
    let project = project().with(
        "scenarios/a.yaml",
        threshold,
        "expect: none\n    because: 2 of 3\n  - name: on two",
    );
    run(&project, &["test", "--accept"]);
    let (exit, shown) = run(&project, &["test"]);
    assert_eq!(exit, 0, "{shown}");
    let snapshot = std::fs::read_to_string(project.file("scenarios/__snapshots__/a.snap")).unwrap();
    assert!(snapshot.contains("2 of 3"), "{snapshot}");
    let project = project.with("scenarios/a.yaml", "because: 2 of 3", "because: 1 of 3");
    let (exit, shown) = run(&project, &["test"]);
    assert!(
        exit == 1 && shown.contains("expected 1 of 3 to stop it, but process.name"),
        "{exit} {shown}"
    );
    let project = project
        .with(
            "scenarios/a.yaml",
            "because: 1 of 3",
            "because: process.args has 2 values",
        )
        .with(
            "scenarios/a.yaml",
            "change: {c: {process.executable: C:\\Windows\\System32\\whoami.exe}}",
            "change: {c: {process.args: [a, b]}}",
        )
        .with(
            "rules/a.toml",
            "AND process.name",
            "AND NOT process.args == \"z\" AND process.name",
        )
        .with(
            "scenarios/a.yaml",
            "events:\n",
            "events:\n    d: {is: process, process.executable: C:\\x.exe, process.args: other}\n",
        );
    let text = std::fs::read_to_string(project.file("scenarios/a.yaml")).unwrap();
    let text = text.replace("user.name: ada}", "user.name: ada, process.args: x}");
    let text = text.replace("user.name: bob}", "user.name: bob, process.args: x}");
    std::fs::write(project.file("scenarios/a.yaml"), text).unwrap();
    run(&project, &["test", "--accept"]);
    let (exit, shown) = run(&project, &["test"]);
    assert_eq!(exit, 0, "{shown}");
}

#[test]
fn an_index_that_from_does_not_read_is_a_reason() {
    let project = project()
        .with(
            "scenarios/a.yaml",
            "change: {c: {process.executable: C:\\Windows\\System32\\whoami.exe}}",
            "events_from: {file: other.ndjson}",
        )
        .with(
            "scenarios/a.yaml",
            "because: Esql.count >= 3\n  - name: on two",
            "because: logs-endpoint.events.process-*\n  - name: on two",
        );
    let event = r#"{"@timestamp":"2024-01-01T00:00:00Z","_index":"logs-endpoint.events.file-default","process.name":"cmd.exe"}"#;
    std::fs::write(project.file("scenarios/other.ndjson"), format!("{event}\n")).unwrap();
    run(&project, &["test", "--accept"]);
    let (exit, shown) = run(&project, &["test"]);
    assert_eq!(exit, 0, "{shown}");
    let project = project.with(
        "scenarios/a.yaml",
        "because: logs-endpoint",
        "because: logs-other",
    );
    let (exit, shown) = run(&project, &["test"]);
    assert!(
        exit == 1 && shown.contains("not routed did"),
        "{exit} {shown}"
    );
}

#[test]
fn what_stops_the_attack_as_well_proves_nothing() {
    let project = project()
        .with("rules/a.toml", "Esql.count >= 3", "Esql.count >= 1")
        .with(
            "scenarios/a.yaml",
            "    c: {is: process, at: 20s",
            "    d: {is: process, process.executable: C:\\x.exe}\n    c: {is: process, at: 20s",
        )
        .with(
            "scenarios/a.yaml",
            "change: {c: {process.executable: C:\\Windows\\System32\\whoami.exe}}",
            "remove: [a, b, c]",
        )
        .with(
            "scenarios/a.yaml",
            "because: Esql.count >= 3",
            "because: process.name",
        );
    let (_, shown) = run(&project, &["test"]);
    assert!(shown.contains("the attack does not prove why"), "{shown}");
}

#[test]
fn explain_shows_the_rows_of_each_step_and_where_an_event_stopped() {
    let project = project();
    let arguments = [
        "explain",
        "rules/a.toml",
        "--case",
        "one is another program",
    ];
    let (exit, shown) = run(&project, &arguments);
    assert_eq!(exit, 0, "{shown}");
    for part in [
        "3         2  WHERE host.os.type",
        "c stopped: process.name == \"cmd.exe\": process.name = whoami.exe",
        "2         1  STATS",
        "a, b stopped: Esql.count >= 3: Esql.count = 2",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let (_, shown) = run(&project, &[&arguments[..], &["--format", "json"]].concat());
    assert!(shown.contains("\"rows_in\": 3"), "{shown}");
}

#[test]
fn clauses_are_covered_and_mutants_caught_by_the_cases_that_decide_them() {
    let project = project();
    run(&project, &["test", "--accept"]);
    let (_, shown) = run(&project, &["coverage"]);
    // `host.os.type` stops no case; the two others decide both ways.
    assert!(
        shown.contains("66.6 %") && shown.contains("host.os.type"),
        "{shown}"
    );
    let (_, shown) = run(&project, &["mutate"]);
    assert!(shown.contains("host.os.type == \"windows\""), "{shown}");
    assert!(!shown.contains("Esql.count >= 2"), "{shown}");
    assert!(
        shown.contains("COUNT_DISTINCT(user.name)") || shown.contains("caught"),
        "{shown}"
    );
}

#[test]
fn a_query_over_files_answers_as_elasticsearch_does() {
    let project = project();
    std::fs::write(
        project.file("logs-a.ndjson"),
        "{\"n\":1,\"w\":\"x\"}\n{\"n\":[2,3],\"w\":\"y\"}\n",
    )
    .unwrap();
    let query =
        "FROM logs-* METADATA _index | EVAL d = TO_DATETIME(n) | SORT w DESC | KEEP _index, n, d";
    let (exit, shown) = run(
        &project,
        &["query", "--language", "esql", query, "logs-a.ndjson"],
    );
    assert_eq!(exit, 0, "{shown}");
    let expected = r#"{"columns":[{"name":"_index","type":"keyword"},{"name":"n","type":"long"},{"name":"d","type":"date"}],"values":[["logs-a",[2,3],["1970-01-01T00:00:00.002Z","1970-01-01T00:00:00.003Z"]],["logs-a",1,"1970-01-01T00:00:00.001Z"]]}"#;
    assert!(shown.contains(expected), "{shown}");
    let (exit, shown) = run(
        &project,
        &["query", "--language", "esql", "ROW a = 1 | EVAL b = a / 0"],
    );
    assert_eq!(exit, 0, "{shown}");
    assert!(
        shown.contains("\"values\":[[1,null]]") && shown.contains("/ by zero"),
        "{shown}"
    );
    for (query, reason) in [
        ("FROM logs-a | WHERE m == 1", "Unknown column [m]"),
        ("FROM logs-a | WHERE n = 1", "`=` does not compare"),
        ("FROM other", "Unknown index [other]"),
        (
            "FROM logs-a | WHERE w > 1",
            "so second argument must also be [keyword] but was [integer]",
        ),
    ] {
        let (exit, shown) = run(
            &project,
            &["query", "--language", "esql", query, "logs-a.ndjson"],
        );
        assert!(
            exit == 3 && shown.contains(reason),
            "{query}: {exit} {shown}"
        );
    }
    let (exit, shown) = run(&project, &["query", "--language", "esql", "FROM a"]);
    assert!(exit == 2 && shown.contains("E027"), "{exit} {shown}");
}

const ASKING: &str = r#"[rule]
name = "Asked"
rule_id = "r-2"
type = "esql"
language = "esql"
severity = "medium"
risk_score = 47
interval = "5m"
from = "now-6m"
query = '''
FROM logs-endpoint.events.process-* METADATA _id, _index, _version
| WHERE process.name == "curl.exe"
| LOOKUP JOIN owners ON user.name
| WHERE level > 3
| COMPLETION answer = process.name WITH { "inference_id": "model" }
| DISSECT answer "verdict=%{verdict}"
| WHERE verdict == "TP"
| KEEP _id, _index, _version, user.name, level, verdict
'''
"#;

const ANSWERED: &str = r"sources: [elastic_defend]
completions:
  - {prompt: curl, answer: verdict=TP}
tables:
  owners:
    - {user.name: ada, level: 4}
    - {user.name: bob, level: 3}
attack:
  name: a download
  events:
    a: {is: process, process.executable: C:\curl.exe, user.name: ada}
  expect: {alert: {level: 4, verdict: TP}}
cases:
  - name: the model says otherwise
    completions: verdict=FP
    expect: none
    because: verdict
  - name: a user of low level
    change: {a: {user.name: bob}}
    expect: none
    because: 3 of 4
";

#[test]
fn a_scenario_gives_tables_and_the_answers_of_a_model() {
    let project = Project::of(&[
        ("rules/asked.toml", ASKING),
        ("scenarios/asked.yaml", ANSWERED),
    ]);
    let (_, first) = run(&project, &["test", "--accept"]);
    let (exit, shown) = run(&project, &["test"]);
    assert_eq!(exit, 0, "{first}\n{shown}");
    let (_, mutants) = run(&project, &["mutate"]);
    assert!(
        mutants.contains("caught") && !mutants.contains("level > 2"),
        "{mutants}"
    );
    let without = project
        .with(
            "scenarios/asked.yaml",
            "completions:\n  - {prompt: curl, answer: verdict=TP}\n",
            "",
        )
        .with(
            "scenarios/asked.yaml",
            "    completions: verdict=FP\n",
            "    change: {a: {user.name: eve}}\n",
        );
    let (_, shown) = run(&without, &["test"]);
    assert!(
        shown.contains("COMPLETION asks a language model, and no answer is given"),
        "{shown}"
    );
    let without = without
        .with(
            "scenarios/asked.yaml",
            "attack:\n",
            "completions: verdict=TP\nattack:\n",
        )
        .with("scenarios/asked.yaml", "  owners:", "  others:");
    let (_, shown) = run(&without, &["test"]);
    assert!(
        shown.contains("the lookup index [owners] is not given"),
        "{shown}"
    );
}

/// The snapshot of a project whose scenario is accepted.
fn accepted(project: &Project) -> String {
    let (_, shown) = run(project, &["test", "--accept"]);
    std::fs::read_to_string(project.file("scenarios/__snapshots__/a.snap")).unwrap_or(shown)
}

#[test]
fn a_group_alerts_in_every_execution_that_sees_it_unless_it_is_suppressed() {
    let project = project();
    let snapshot = accepted(&project);
    assert!(snapshot.contains("phases   1 to 2 alerts"), "{snapshot}");
    let suppressed = "\n[rule.alert_suppression]\ngroup_by = [\"host.id\"]\n";
    let rule = format!("{RULE}{suppressed}duration = {{value = 1, unit = \"h\"}}\n");
    let project = Project::of(&[("rules/a.toml", &rule), ("scenarios/a.yaml", SCENARIO)]);
    let snapshot = accepted(&project);
    assert!(
        !snapshot.contains("1 to 2 alerts") && snapshot.contains("at most 1 under another alert"),
        "{snapshot}"
    );
    // Within one execution there is one row a host, so that nothing is suppressed.
    let rule = format!("{RULE}{suppressed}");
    let project = Project::of(&[("rules/a.toml", &rule), ("scenarios/a.yaml", SCENARIO)]);
    let snapshot = accepted(&project);
    assert!(snapshot.contains("phases   1 to 2 alerts"), "{snapshot}");
}

#[test]
fn an_event_alerts_once_while_its_id_is_known() {
    let by_event = |columns: &str| {
        let (head, _) = RULE.split_once("| WHERE").unwrap();
        let rule = format!("{head}| WHERE process.name == \"cmd.exe\"\n| KEEP {columns}\n'''\n");
        let (scenario, _) = SCENARIO.split_once("  expect:").unwrap();
        let scenario = format!("{scenario}  expect: alert\n");
        let project = Project::of(&[("rules/a.toml", &rule), ("scenarios/a.yaml", &scenario)]);
        accepted(&project)
    };
    let with_id = by_event("_id, process.name");
    assert!(!with_id.contains("phases"), "{with_id}");
    let without = by_event("process.name");
    assert!(without.contains("phases   3 to 6 alerts"), "{without}");
}

#[test]
fn what_exceeds_max_signals_is_lost() {
    let rule = RULE
        .replace("interval = \"5m\"", "interval = \"5m\"\nmax_signals = 1")
        .replace("Esql.count >= 3", "Esql.count >= 1");
    let (scenario, _) = SCENARIO.split_once("  expect:").unwrap();
    let scenario = scenario.replace("user.name: bob", "user.name: bob, host.id: other");
    let scenario = format!("{scenario}  expect: alert\n");
    let project = Project::of(&[("rules/a.toml", &rule), ("scenarios/a.yaml", &scenario)]);
    let snapshot = accepted(&project);
    assert!(
        snapshot.contains("at most 2 beyond max_signals"),
        "{snapshot}"
    );
}

#[test]
fn the_cases_of_our_own_rule_decide_every_clause_and_catch_every_mutant() {
    let rule = include_str!("../../rules/windows/discovery_burst_by_one_user.toml");
    let scenario = include_str!("../../scenarios/windows/discovery_burst_by_one_user.yaml");
    let project = Project::of(&[("rules/a.toml", rule), ("scenarios/a.yaml", scenario)]);
    let snapshot = accepted(&project);
    assert!(snapshot.contains("2 of 3"), "{snapshot}");
    for (command, expected) in [("coverage", "4 of 4"), ("mutate", "21 of 21")] {
        let (exit, shown) = run(&project, &[command, "--min", "100"]);
        assert!(exit == 0 && shown.contains(expected), "{shown}");
    }
    let (exit, shown) = run(&project, &["check"]);
    assert!(exit == 0 && shown.contains("0 warnings"), "{shown}");
}
