//! What was not run or not loaded is no part of what is green: rules of which no check runs, rules
//! that cannot be loaded, and many warnings of one kind.

use crate::honest::{ENDPOINT, FORMATS, SCENARIO, add, json, rule, tested};
use crate::project::Project;

/// A rule of which Trapline runs no check: its scenario gives no answers.
const ASKS: &str = "[rule]\nname = \"Asks\"\nrule_id = \"r-9\"\ntype = \"esql\"\nlanguage = \"esql\"\n\
    severity = \"low\"\nrisk_score = 21\nquery = '''FROM logs-endpoint.events.process-* METADATA _id, _version, _index\n\
    | WHERE process.name == \"cmd.exe\"\n| EVAL prompt = CONCAT(\"is it bad? \", process.name)\n\
    | COMPLETION verdict = prompt WITH { \"inference_id\": \"x\" }\n'''\n";

#[test]
fn a_rule_of_which_no_check_runs_is_not_tested() {
    let project = tested();
    add(&project, "rules/asks.toml", ASKS);
    add(&project, "scenarios/asks.yaml", SCENARIO);
    let (_, out) = project.run(&["test", "--accept"]);
    assert!(out.contains("1 unsupported"), "{out}");
    let (code, out) = project.run(&["test"]);
    assert_eq!(code, 0, "{out}");
    let reason = "COMPLETION asks a language model, and no answer is given";
    assert!(
        out.contains("rules    1 tested, 0 untested, 0 unshaped, 1 unsupported"),
        "{out}"
    );
    assert!(out.contains(&format!("unsupported: {reason} (1)")), "{out}");
    let (block, _) = out.split_once("rules    ").unwrap();
    assert!(block.contains("unsupported scenarios/asks.yaml"), "{out}");
    assert!(block.contains(reason), "{out}");
    assert_eq!(project.run(&["test", "--strict"]).0, 3);
    let (code, out) = project.run(&["test", "--require-tested"]);
    assert_eq!(code, 5, "{out}");
    assert!(
        out.contains("rules/asks.toml: no scenario can test it"),
        "{out}"
    );
    let (_, report) = json(&project, &[]);
    assert_eq!(report["summary"]["unsupported_rules"], 1);
    assert_eq!(report["summary"]["tested_rules"], 1);
    for format in ["markdown", "html"] {
        let (_, out) = project.run(&["test", "--format", format]);
        assert!(
            out.contains("1 tested, 0 untested, 0 unshaped, 1 unsupported"),
            "{format}"
        );
    }
    let (_, out) = project.run(&["test", "--format", "markdown"]);
    assert!(out.contains(reason), "{out}");
}

#[test]
fn a_rule_that_becomes_one_of_a_type_that_is_not_run_says_so_beside_its_checks() {
    let project = tested();
    let learned = "[rule]\nname = \"Shell\"\nrule_id = \"r-1\"\ntype = \"machine_learning\"\nseverity = \
                   \"high\"\nrisk_score = 73\nanomaly_threshold = 50\nmachine_learning_job_id = \"x\"\n";
    add(&project, "rules/shell.toml", learned);
    let (code, out) = project.run(&["test"]);
    assert_eq!(code, 1, "an alert was lost: {out}");
    project.run(&["test", "--accept=all"]);
    let (code, out) = project.run(&["test"]);
    assert_eq!(code, 0, "{out}");
    assert!(
        out.contains("0 tested, 0 untested, 0 unshaped, 1 unsupported"),
        "{out}"
    );
    let (block, _) = out.split_once("rules    ").unwrap();
    assert!(
        block.contains("  rules of type machine_learning\n"),
        "{out}"
    );
}

#[test]
fn a_rule_that_cannot_be_loaded_is_an_error_even_without_a_scenario() {
    let project = tested();
    add(
        &project,
        "rules/broken.toml",
        &rule("r-2", "Broken", ENDPOINT).replace("severity = \"high\"", "severity = \"hihg\""),
    );
    for format in FORMATS {
        let (code, out) = project.run(&["test", "--format", format]);
        assert_eq!(code, 3, "{format}: {out}");
        let named = out.contains("rules/broken.toml") || out.contains("1 file could not be loaded");
        assert!(named, "{format}: {out}");
    }
    std::fs::remove_file(project.file("rules/broken.toml")).unwrap();

    // Of an export the rules that are in order are not to blame.
    let line = |id: &str, severity: &str| {
        format!(
            "{{\"name\":\"{id}\",\"rule_id\":\"{id}\",\"type\":\"query\",\"language\":\"kuery\",\
             \"query\":\"process.name : cmd.exe\",\"index\":[\"{ENDPOINT}\"],\"risk_score\":21,\
             \"severity\":\"{severity}\"}}\n"
        )
    };
    let export = format!(
        "{}{}{{\"broken\": \n",
        line("k-1", "low"),
        line("k-2", "lwo")
    );
    add(&project, "rules/export.ndjson", &export);
    let (code, out, err) = project.run_apart(&["test"]);
    assert_eq!(code, 3, "{out}{err}");
    assert!(err.contains("rules/export.ndjson:2:"), "{err}");
    assert!(err.contains("rules/export.ndjson:3:"), "{err}");
    let (_, listed) = project.run(&["test", "--list"]);
    assert!(
        listed.contains("untested     rules/export.ndjson#k-1"),
        "{listed}"
    );
}

/// What a listing and a run count, which agree.
fn counts(project: &Project) -> (String, i32) {
    let of = |arguments: &[&str]| {
        let (code, out, err) = project.run_apart(arguments);
        let mut lines = out.lines().chain(err.lines());
        let counts = lines.find(|line| line.starts_with("rules "));
        (counts.unwrap_or(&out).to_owned(), code)
    };
    let (listed, _) = of(&["test", "--list"]);
    let (ran, code) = of(&["test"]);
    assert_eq!(listed, ran);
    (ran, code)
}

#[test]
fn a_rule_whose_checks_are_all_skipped_or_kept_from_running_by_an_error_is_not_tested() {
    const NOT_TESTED: &str = "rules    1 tested, 1 untested, 0 unshaped, 0 unsupported";
    let project = tested();
    add(&project, "rules/two.toml", &rule("r-2", "Two", ENDPOINT));
    let scenarios = [
        (format!("skip: no data yet\n{SCENARIO}"), 0),
        (SCENARIO.replace("expect: alert", "expct: alert"), 3),
        (
            "attack:\n  name: recorded\n  events_from: {file: none.ndjson}\n  expect: alert\n"
                .to_owned(),
            3,
        ),
    ];
    for (scenario, expected) in scenarios {
        add(&project, "scenarios/two.yaml", &scenario);
        project.run(&["test", "--accept"]);
        let found = counts(&project);
        assert_eq!(found, (NOT_TESTED.to_owned(), expected), "{scenario}");
    }

    // What is wrong with an event is found when it is made, which a listing does not do.
    let scenario = SCENARIO.replace("is: process", "is: prozess");
    add(&project, "scenarios/two.yaml", &scenario);
    let (code, out) = project.run(&["test"]);
    assert_eq!(code, 3, "{out}");
    assert!(out.contains(NOT_TESTED), "{out}");

    // A selection leaves checks out, and does not make a rule untested.
    add(&project, "scenarios/two.yaml", SCENARIO);
    let (_, out) = project.run(&["test", "-k", "rule:Shell"]);
    assert!(out.contains("rules    2 tested"), "{out}");
}

#[test]
fn warnings_of_one_kind_are_a_few_lines() {
    let project = tested();
    let fields = ["a", "b", "c", "d", "e", "f", "g"].map(|name| format!("custom.{name}"));
    for (number, field) in fields.iter().enumerate() {
        let id = format!("r-{}", number + 10);
        let clauses: Vec<String> = fields
            .iter()
            .take(number + 1)
            .map(|field| format!("not ?{field} : \"x\""))
            .collect();
        let text = rule(&id, field, ENDPOINT).replace(
            "process.name : \"cmd.exe\"",
            &format!("process.name : \"cmd.exe\" and {}", clauses.join(" and ")),
        );
        add(&project, &format!("rules/{id}.toml"), &text);
        add(&project, &format!("scenarios/{id}.yaml"), SCENARIO);
    }
    let (_, out) = project.run(&["test", "--accept"]);
    let warnings = out.lines().filter(|line| line.starts_with("warning"));
    assert!(warnings.count() <= 4, "{out}");
}

/// A query, an own filter or an exception that would take gigabytes is no fault of the rule.
#[test]
fn what_is_too_long_is_unsupported_in_every_language() {
    let long = "x".repeat(5 << 20);
    let limit = "Trapline runs queries of at most 4194304";
    let eql = rule("r-8", "Long", ENDPOINT);
    let with = |language: &str, query: &str| {
        let rule_type = if ["eql", "esql"].contains(&language) {
            language
        } else {
            "query"
        };
        eql.replace("type = \"eql\"", &format!("type = \"{rule_type}\""))
            .replace("language = \"eql\"", &format!("language = \"{language}\""))
            .replace("process where process.name : \"cmd.exe\"", query)
    };
    let exception = format!(
        "[[exceptions]]\n[[exceptions.items]]\nname = \"long\"\ndescription = \"d\"\nentries = [{{field = \
         \"process.name\", operator = \"included\", type = \"wildcard\", value = \"{long}*\"}}]\n"
    );
    let filter = format!(
        "\n[[rule.filters]]\n[rule.filters.meta]\nnegate = false\n[rule.filters.query.wildcard]\n\"process.name\" = \
         {{value = \"{long}*\"}}\n"
    );
    let esql = format!(
        "FROM logs-endpoint.events.process-* METADATA _id | WHERE process.name LIKE \"{long}*\""
    );
    let table = [
        (
            with("eql", &format!("process where process.name : \"{long}*\"")),
            "",
        ),
        (with("kuery", &format!("process.name : {long}*")), ""),
        (with("lucene", &format!("process.name: {long}*")), ""),
        (with("esql", &esql), ""),
        (format!("{eql}{filter}"), ""),
        (eql.clone(), exception.as_str()),
    ];
    for (number, (text, exception)) in table.iter().enumerate() {
        let project = tested();
        add(&project, "rules/long.toml", text);
        add(&project, "scenarios/long.toml", exception);
        let linked = if exception.is_empty() {
            ""
        } else {
            "exceptions: [long.toml]\n"
        };
        add(
            &project,
            "scenarios/long.yaml",
            &format!("{linked}{SCENARIO}"),
        );
        let (_, out) = project.run(&["test", "--accept"]);
        assert!(out.contains("1 unsupported"), "{number}: {out:.3000}");
        assert!(out.contains(limit), "{number}: {out:.3000}");
        assert!(out.len() < 10_000, "{number}: the text is not printed");
    }
}

#[test]
fn a_rule_whose_query_does_not_parse_cannot_be_run() {
    let broken = rule("r-1", "Broken", ENDPOINT).replace("process.name :", "(");
    let project = crate::project::Project::of(&[("rules/a.toml", &broken)]);
    let (code, out, err) = project.run_apart(&["test"]);
    assert_eq!(code, 3, "{out}{err}");
    assert!(err.contains("process where ( "), "{out}{err}");
    assert!(
        !out.contains("can be run") && !err.contains("can be run"),
        "{out}{err}"
    );
}

/// Whoever sends all reports to files still sees how the run ended, once.
#[test]
fn reports_that_all_go_to_files_leave_the_verdict_on_the_terminal() {
    let project = tested();
    let (code, out, _) = project.run_apart(&["test", "--format", "junit=a.xml"]);
    assert_eq!(code, 0, "{out}");
    assert!(out.starts_with("ok") && out.lines().count() == 1, "{out}");
    let (_, out, _) = project.run_apart(&["test", "--format", "junit=a.xml", "--format", "human"]);
    assert_eq!(out.matches("\nok").count(), 1, "{out}");
    let (_, out, _) = project.run_apart(&["test", "--format", "junit"]);
    assert!(!out.contains("\nok "), "{out}");
}
