//! The memory of the groups and rows of an ES|QL query: a query that holds more than the limit fails
//! by name, and never says that there is no alert.

use crate::project::Project;

const RULE: &str = r#"[rule]
name = "Pairs"
rule_id = "r-1"
type = "esql"
language = "esql"
severity = "medium"
risk_score = 47
interval = "5m"
from = "now-9m"
query = '''
FROM logs-endpoint.events.process-* METADATA _id, _index
| WHERE host.os.type == "windows"
| STATS Esql.count = COUNT(*) BY process.args, process.parent.args, user.group.id
| WHERE Esql.count >= 1000000
'''
"#;

/// Some values: `x1`, `x2` …
fn values(letter: char, count: usize) -> String {
    let values: Vec<String> = (0..count)
        .map(|value| format!("\"{letter}{value}\""))
        .collect();
    values.join(",")
}

/// A document whose fields have many values.
fn document(count: usize) -> String {
    format!(
        "{{\"@timestamp\":\"2024-01-01T00:00:00Z\",\"_index\":\"logs-endpoint.events.process-default\",\
         \"host\":{{\"os\":{{\"type\":\"windows\"}}}},\
         \"process\":{{\"args\":[{}],\"parent\":{{\"args\":[{}]}}}},\"user\":{{\"group\":{{\"id\":[{}]}}}}}}\n",
        values('a', count),
        values('b', count),
        values('c', count),
    )
}

fn project(limits: &str) -> Project {
    let scenario = format!(
        "sources: [elastic_defend]\nattack:\n  name: many groups\n  events:\n    e:\n      is: process\n      \
         process.args: [{}]\n      process.parent.args: [{}]\n      user.group.id: [{}]\n  expect: none\n",
        values('a', 60),
        values('b', 60),
        values('c', 60),
    );
    let project = Project::of(&[
        ("rules/a.toml", RULE),
        ("scenarios/a.yaml", scenario.as_str()),
        ("trapline.toml", limits),
    ]);
    std::fs::write(project.file("events.ndjson"), document(60)).unwrap();
    project
}

/// The exit code, and what both streams say.
fn run(project: &Project, arguments: &[&str]) -> (i32, String) {
    let (exit, out, err) = project.run_apart(arguments);
    (exit, format!("{out}\n{err}"))
}

const LIMIT: &str = "[limits]\nesql-mib = 4\n";
const REACHED: &str = "its groups and rows take more than 4 MiB; `esql-mib` under `[limits]`";

#[test]
fn a_case_whose_query_holds_too_much_is_unsupported() {
    let project = project(LIMIT);
    let (exit, shown) = run(&project, &["test"]);
    assert!(exit != 0 && shown.contains(REACHED), "{exit} {shown}");
    assert!(shown.contains("unsupported"), "{shown}");
    std::fs::write(project.file("trapline.toml"), "").unwrap();
    let (_, shown) = run(&project, &["test", "--accept"]);
    assert!(!shown.contains("groups and rows"), "{shown}");
}

#[test]
fn a_scan_names_the_rule_that_holds_too_much() {
    let project = project(LIMIT);
    let scan = [
        "scan",
        "--rules",
        "rules",
        "--stats",
        "stats.json",
        "events.ndjson",
    ];
    for (more, expected) in [(None, 0), (Some("--strict"), 3), (Some("--complete"), 3)] {
        let arguments: Vec<&str> = scan.into_iter().chain(more).collect();
        let (exit, shown) = run(&project, &arguments);
        assert_eq!(exit, expected, "{more:?} {shown}");
        assert!(shown.contains("`Pairs` failed on an event"), "{shown}");
        assert!(shown.contains(REACHED), "{shown}");
        let stats = std::fs::read_to_string(project.file("stats.json")).unwrap();
        let stats: serde_json::Value = serde_json::from_str(&stats).unwrap();
        let failed = &stats["failed"][0];
        assert_eq!(
            (&failed["file"], &failed["line"]),
            (&"events.ndjson".into(), &1.into()),
            "{stats}"
        );
        assert!(
            failed["reason"].as_str().unwrap().contains(REACHED),
            "{stats}"
        );
    }
}

#[test]
fn every_step_that_holds_something_is_bounded() {
    let project = project(LIMIT);
    let mut lines = String::new();
    for number in 0..8_000 {
        lines.push_str(&format!("{{\"n\":{number},\"w\":\"{number:0600}\"}}\n"));
    }
    std::fs::write(project.file("t.ndjson"), lines).unwrap();
    std::fs::write(project.file("many.ndjson"), document(60)).unwrap();
    let query = |query: &str, file: &str| {
        run(
            &project,
            &[
                "query",
                "--language",
                "esql",
                "--format",
                "json",
                query,
                file,
            ],
        )
    };
    for held in [
        "FROM t | STATS COUNT(*) BY w",
        "FROM t | STATS v = VALUES(w)",
        "FROM t | STATS d = COUNT_DISTINCT(w)",
        "FROM t | STATS d = TOP(w, 7000, \"asc\")",
        "FROM t | INLINE STATS c = COUNT(*) BY w",
        "FROM t | SORT w | WHERE n >= 0",
        "FROM t | LIMIT 8000 | EVAL x = CONCAT(w, w), y = CONCAT(x, x)",
    ] {
        let (exit, shown) = query(held, "t.ndjson");
        assert!(
            exit == 3 && shown.contains(REACHED),
            "{held}: {exit} {shown}"
        );
    }
    let expanded = "FROM logs-* | MV_EXPAND process.args | MV_EXPAND process.parent.args \
                    | MV_EXPAND user.group.id | SORT user.group.id | WHERE process.args == \"no\"";
    let (exit, shown) = query(expanded, "many.ndjson");
    assert!(exit == 3, "{exit} {shown}");
    let doubled = "FROM logs-* | EVAL a = process.args";
    let doubled = (0..30).fold(doubled.to_owned(), |query, _| {
        format!("{query} | EVAL a = MV_APPEND(a, a)")
    });
    let (exit, shown) = query(&format!("{doubled} | KEEP @timestamp"), "many.ndjson");
    assert!(exit == 3 && shown.contains(REACHED), "{exit} {shown}");
    for bounded in [
        "FROM t | STATS COUNT(*)",
        "FROM t | STATS MAX(n), MIN(w) BY b = n % 7",
        "FROM t | SORT w DESC | LIMIT 3 | KEEP n",
        "FROM t | WHERE n < 3 | KEEP n",
    ] {
        let (exit, shown) = query(bounded, "t.ndjson");
        assert_eq!(exit, 0, "{bounded}: {shown}");
    }
    let (_, shown) = query("FROM t | SORT w DESC | LIMIT 3 | KEEP n", "t.ndjson");
    assert!(shown.contains("[[7999],[7998],[7997]]"), "{shown}");
}
