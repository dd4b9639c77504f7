//! `trapline mutate`: which changes of a rule no case notices.

use insta_cmd::assert_cmd_snapshot;
use serde_json::Value;

use crate::project::{Project, RULE, SCENARIO};

const MAXSPAN: &str = "  - {name: past maxspan, change: {child: {at: 2.001s}}, expect: none, \
                       because: maxspan}\n  - {name: three seconds later, change: {child: {at: \
                       3s}}, expect: none, because: maxspan}\n";

/// The shipped scenario without the cases that notice some changes.
fn with_holes() -> Project {
    Project::shipped().with(SCENARIO, MAXSPAN, "").with(
        SCENARIO,
        "        LOCAL SERVICE: S-1-5-19\n",
        "",
    )
}

#[test]
fn every_change_of_the_shipped_rule_is_noticed() {
    assert_cmd_snapshot!(Project::shipped().trapline(&["mutate", "--min", "100"]));
}

#[test]
fn a_survivor_is_shown_with_its_change_and_the_case_that_would_catch_it() {
    assert_cmd_snapshot!(with_holes().trapline(&["mutate", "--min", "100"]));
}

#[test]
fn markdown_has_a_line_for_each_survivor() {
    assert_cmd_snapshot!(with_holes().trapline(&["mutate", "--format", "markdown"]));
}

#[test]
fn the_report_is_the_same_with_any_number_of_threads() {
    let project = with_holes();
    let list = |jobs: &str| project.run(&["mutate", RULE, "--list", "-j", jobs]);
    let (code, one) = list("1");
    assert_eq!(code, 0);
    assert!(one.lines().count() > 100, "{one}");
    assert_eq!(list("2").1, one);
    assert_eq!(list("7").1, one);
}

#[test]
fn a_list_item_that_another_covers_is_no_mutant() {
    let project = Project::of(&[
        (
            "rules/a.toml",
            "[rule]\nname = \"A\"\nrule_id = \"5f5d5c5e-0000-4000-8000-000000000001\"\ntype = \"eql\"\n\
             severity = \"low\"\nrisk_score = 1\ndescription = \"d\"\nlanguage = \"eql\"\n\
             index = [\"logs-endpoint.events.process-*\"]\n\
             query = '''process where process.name : (\"a*\", \"ab.exe\")'''\n",
        ),
        (
            "scenarios/a.yaml",
            "attack:\n  name: a\n  events: {p: {is: process, process.executable: 'C:\\a.exe'}}\n  \
             expect: alert\ncases:\n  - {name: b, change: {p: {process.executable: 'C:\\b.exe'}}, \
             expect: none}\n",
        ),
    ]);
    let (_, text) = project.run(&["mutate", "--list"]);
    let same = |line: &str| line.contains("same") && line.contains("ab.exe");
    assert!(text.lines().any(same), "{text}");
    assert!(text.contains("not counted:"), "{text}");
}

/// A rule with this query, tested by an attack of `C:\\Tools\\a.exe` and a benign `b.exe`.
fn of_query(query: &str) -> Project {
    let rule = format!(
        "[rule]\nname = \"A\"\nrule_id = \"5f5d5c5e-0000-4000-8000-000000000001\"\ntype = \"eql\"\n\
         severity = \"low\"\nrisk_score = 1\ndescription = \"d\"\nlanguage = \"eql\"\n\
         index = [\"logs-endpoint.events.process-*\"]\nquery = '''{query}'''\n"
    );
    Project::of(&[
        ("rules/a.toml", &rule),
        (
            "scenarios/a.yaml",
            "attack:\n  name: a\n  events: {p: {is: process, process.executable: 'C:\\Tools\\a.exe'}}\n  \
             expect: alert\ncases:\n  - {name: b, change: {p: {process.executable: 'C:\\Tools\\b.exe'}}, \
             expect: none}\n",
        ),
    ])
}

#[test]
fn the_question_whether_a_field_is_there_is_no_mutant_beside_a_test_of_it() {
    let project = of_query("process where process.name != null and process.name : \"a*\"");
    let (_, text) = project.run(&["mutate", "--list"]);
    let dropped = |line: &&str| line.contains("drop ") && line.contains("process.name != null");
    let line = text.lines().find(dropped).unwrap();
    assert!(line.contains(" same "), "{text}");
    // Of another field, or beside a test that holds without it, it decides.
    for query in [
        "process where process.executable != null and process.name : \"a*\"",
        "process where process.name != null and not process.name : \"b*\"",
    ] {
        let (_, text) = of_query(query).run(&["mutate", "--list"]);
        let dropped = |line: &&str| line.contains("drop ") && line.contains("!= null");
        let line = text.lines().find(dropped).unwrap();
        assert!(line.contains("SURVIVED"), "{text}");
    }
}

#[test]
fn cases_of_one_kind_are_named_once_and_counted() {
    let project = of_query(
        "process where process.name : (\"a*\", \"aa*\", \"c*\", \"d*\", \"e*\") and process.name != \"b.exe\"",
    );
    let (_, text) = project.run(&["mutate", "--operators", "drop-item,narrow"]);
    assert_eq!(
        text.matches("add a case that alerts only because of")
            .count(),
        1,
        "{text}"
    );
    assert!(text.contains("with text for each `*`"), "{text}");
    assert!(text.contains("it catches 2 mutants"), "{text}");
    assert!(text.contains("cases like it are missing, for"), "{text}");
    let (_, text) = project.run(&["mutate", "--format", "markdown", "--survivors", "1"]);
    assert_eq!(text.matches("; add ").count(), 1, "{text}");
    assert!(text.contains("more that no case notices"), "{text}");
}

#[test]
fn a_rule_that_changed_without_a_test_is_named_and_misses_the_gate() {
    let project = of_query("process where process.name : \"a*\"");
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.current_dir(project.path()).args(arguments);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null");
        command.output().is_ok_and(|output| output.status.success())
    };
    let author = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
    let rule = std::fs::read_to_string(project.file("rules/a.toml")).unwrap();
    let other = rule.replace("000000000001", "000000000002");
    std::fs::write(project.file("rules/b.toml"), &other).unwrap();
    if !git(&["init", "-q"]) {
        eprintln!("skipped: git is absent");
        return;
    }
    assert!(git(&["add", "."]));
    assert!(git(&[&author[..], &["commit", "-qm", "first"]].concat()));
    let arguments = ["mutate", "--in-diff", "HEAD", "--min", "10"];
    let (code, _, err) = project.run_apart(&arguments);
    assert_eq!(code, 0, "{err}");
    std::fs::write(project.file("rules/b.toml"), other.replace("a*", "x*")).unwrap();
    let (code, _, err) = project.run_apart(&arguments);
    assert_eq!(code, 5, "{err}");
    assert!(
        err.contains("untested rules/b.toml: it changed and no scenario tests it"),
        "{err}"
    );
    assert_eq!(project.run(&["mutate", "--in-diff", "HEAD"]).0, 0);
}

/// The law that ties the two: what coverage calls covered, a mutant shows to be tested.
#[test]
fn a_covered_clause_has_a_mutant_that_some_check_catches() {
    let project = with_holes();
    let json = |verb: &str| -> Value {
        let (_, text) = project.run(&[verb, "--format", "json"]);
        serde_json::from_str(&text).unwrap()
    };
    let (coverage, mutation) = (json("coverage"), json("mutate"));
    let mutants = mutation["rules"][0]["mutants"].as_array().unwrap();
    let clauses = coverage["rules"][0]["clauses"].as_array().unwrap();
    assert!(clauses.iter().any(|clause| clause["covered"] == false));
    for clause in clauses.iter().filter(|clause| clause["covered"] == true) {
        let caught = mutants.iter().any(|mutant| {
            mutant["fate"] == "caught"
                && mutant["line"] == clause["line"]
                && mutant["column"] == clause["column"]
        });
        assert!(caught, "{clause}");
    }
}

#[test]
fn only_the_lines_that_differ_from_a_revision_are_changed() {
    let project = Project::shipped();
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.current_dir(project.path()).args(arguments);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null");
        command.output().is_ok_and(|output| output.status.success())
    };
    if !git(&["init", "-q"]) {
        eprintln!("skipped: git is absent");
        return;
    }
    let author = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
    assert!(git(&["add", "."]));
    assert!(git(&[&author[..], &["commit", "-qm", "first"]].concat()));
    let mutants = |revision: &str| {
        let arguments = ["mutate", "--in-diff", revision, "--format", "json"];
        let (code, text) = project.run(&arguments);
        assert_eq!(code, 0, "{text}");
        let report: Value = serde_json::from_str(&text).unwrap_or_default();
        let mutants = report["rules"][0]["mutants"].as_array().cloned();
        mutants.unwrap_or_default()
    };
    assert!(mutants("HEAD").is_empty());
    let rule = project.path().join(RULE);
    let text = std::fs::read_to_string(&rule).unwrap();
    let changed = text.replace("maxspan = 2s", "maxspan =  2s");
    assert_ne!(text, changed);
    std::fs::write(&rule, &changed).unwrap();
    let line = 1 + changed
        .lines()
        .position(|line| line.contains("maxspan =  2s"))
        .unwrap();
    let found = mutants("HEAD");
    assert!(found.iter().any(|mutant| mutant["operator"] == "maxspan"));
    assert!(found.len() < 10, "{found:?}");
    assert!(found.iter().any(|mutant| mutant["line"] == line));
    let (code, _) = project.run(&["mutate", "--in-diff", "no-such-revision"]);
    assert_eq!(code, 2);
    let (code, _) = project.run(&["mutate", "--in-diff=--output=stolen"]);
    assert_eq!(code, 2);
    assert!(!project.path().join("stolen").exists());
}

/// A rule over a recording with an alert, a near miss, and so much noise.
fn recording(noise: usize) -> Project {
    let event = |second: usize, name: &str, count: usize| {
        format!(
            "{{\"@timestamp\":\"2024-01-01T{:02}:{:02}:{:02}Z\",\"_index\":\"logs-endpoint.events.process-default\",\
             \"event\":{{\"category\":[\"process\"],\"type\":[\"start\"]}},\
             \"process\":{{\"name\":\"{name}\",\"args_count\":{count}}}}}\n",
            second / 3600,
            second / 60 % 60,
            second % 60
        )
    };
    let mut events: String = (0..noise)
        .map(|at| event(at, "noise.exe", at % 2))
        .collect();
    events.push_str(&event(noise, "evil.exe", 3));
    events.push_str(&event(noise + 1, "evil.exe", 2));
    let rule = "[rule]\nname = \"A\"\nrule_id = \"5f5d5c5e-0000-4000-8000-000000000002\"\ntype = \"eql\"\n\
                severity = \"low\"\nrisk_score = 1\ndescription = \"d\"\nlanguage = \"eql\"\n\
                index = [\"logs-endpoint.events.process-*\"]\n\
                query = '''process where event.type == \"start\" and process.name : (\"evil.exe\", \"bad.exe\") and process.args_count > 2'''\n";
    Project::of(&[
        ("rules/a.toml", rule),
        ("scenarios/captures/a.ndjson", &events),
        (
            "scenarios/a.yaml",
            "attack:\n  name: a\n  events_from: {file: captures/a.ndjson}\n  expect: alert\n",
        ),
    ])
}

#[test]
fn a_long_recording_tells_the_same_as_a_short_one() {
    let mutants = |noise| recording(noise).run(&["mutate", "--list"]);
    let (code, short) = mutants(10);
    assert_eq!(code, 0, "{short}");
    assert!(
        short.contains("SURVIVED") && short.contains("caught"),
        "{short}"
    );
    assert_eq!(mutants(1_500), (code, short));
}
