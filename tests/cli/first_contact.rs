//! The first minutes of a newcomer: a directory, a checkout with rules, one rule.

use crate::project::Project;

fn rule(id: &str, name: &str, query: &str) -> String {
    format!(
        "[rule]\nname = \"{name}\"\nrule_id = \"{id}\"\ntype = \"eql\"\nlanguage = \"eql\"\n\
         severity = \"high\"\nrisk_score = 73\nindex = [\"logs-endpoint.events.process-*\"]\n\
         query = '''{query}'''\n"
    )
}

const QUERY: &str = "process where event.type == \"start\" and process.name : \"cmd.exe\"";

/// A checkout with three rules, one of them of a type that is not run, and no scenarios.
fn checkout() -> Project {
    let (a, b) = (rule("r-1", "One", QUERY), rule("r-2", "Two", QUERY));
    let ml = "[rule]\nname = \"Ml\"\nrule_id = \"r-3\"\ntype = \"machine_learning\"\nseverity = \
              \"low\"\nrisk_score = 21\nanomaly_threshold = 50\nmachine_learning_job_id = \"x\"\n";
    Project::of(&[
        ("rules/windows/a.toml", &a),
        ("rules_building_block/b.toml", &b),
        ("rules/ml.toml", ml),
    ])
}

#[test]
fn a_checkout_with_rules_is_led_to_its_first_scenarios() {
    let project = checkout();
    let (code, out) = project.run(&["init"]);
    assert_eq!(code, 0);
    assert!(
        out.contains("rules    3 rules, 2 of them can be run, none has a scenario"),
        "{out}"
    );
    assert!(
        out.ends_with("next     trapline new rules rules_building_block\n"),
        "{out}"
    );
    let config = std::fs::read_to_string(project.file("trapline.toml")).unwrap();
    assert!(
        config.contains("rules = [\"rules\", \"rules_building_block\"]"),
        "{config}"
    );
    for arguments in [&["test"][..], &["test", "--list"][..]] {
        let (code, out, err) = project.run_apart(arguments);
        assert_eq!(code, 4);
        assert!(
            err.contains("3 rules, 2 of them can be run, none has a scenario"),
            "{out}{err}"
        );
        assert!(
            err.contains("`trapline new rules` writes first scenarios"),
            "{err}"
        );
    }
    let (code, out, err) = project.run_apart(&["new", "rules", "rules_building_block"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(
        out,
        "wrote    scenarios/windows/a.yaml\nwrote    scenarios/b.yaml\n"
    );
    assert!(
        err.contains("2 scenarios written, 0 had one, none found for 1"),
        "{err}"
    );
    assert!(project.file("scenarios/windows/a.yaml").exists());
    assert!(!project.file("scenarios/windows.yaml").exists());
    assert_eq!(project.run(&["test"]).0, 0);
    let (_, _, err) = project.run_apart(&["new", "rules"]);
    assert!(
        err.contains("0 scenarios written, 1 had one, none found for 1"),
        "{err}"
    );
}

#[test]
fn an_empty_directory_is_told_of_init() {
    let project = Project::of(&[]);
    for arguments in [&["test"][..], &["test", "--list"][..]] {
        let (code, _, err) = project.run_apart(arguments);
        assert_eq!(code, 4);
        assert!(err.contains("`trapline init` sets up a project"), "{err}");
    }
}

#[test]
fn init_keeps_every_directory_that_was_named() {
    let project = Project::of(&[("a/x.toml", &rule("r-1", "One", QUERY)), ("b/y.toml", "")]);
    let (code, _) = project.run(&["init", "--rules", "a", "--rules", "b"]);
    assert_eq!(code, 0);
    let config = std::fs::read_to_string(project.file("trapline.toml")).unwrap();
    assert!(config.contains("rules = [\"a\", \"b\"]"), "{config}");
}

#[test]
fn init_reads_where_a_detection_rules_checkout_has_its_rules() {
    let config = "rule_dirs:\n- mine/rules\n- mine/blocks\nfiles: {}\n";
    let one = rule("r-1", "One", QUERY);
    let project = Project::of(&[
        ("_config.yaml", config),
        ("mine/rules/a.toml", &one),
        ("mine/blocks/b.toml", &one),
    ]);
    assert_eq!(project.run(&["init"]).0, 0);
    let config = std::fs::read_to_string(project.file("trapline.toml")).unwrap();
    assert!(
        config.contains("rules = [\"mine/rules\", \"mine/blocks\"]"),
        "{config}"
    );
}

#[test]
fn what_check_finds_many_times_is_shown_first_and_counted() {
    let rules: Vec<(String, String)> = (0..9)
        .map(|number| {
            let query = "process where process.name : \"a.exe\" and process.name : \"b.exe\"";
            let text = rule(&format!("r-{number}"), "Odd", query);
            let text = text.replace(
                "endpoint.events.process-*\"",
                "endpoint.events.process-*\", \"nobody-serves-*\"",
            );
            (format!("rules/r{number}.toml"), text)
        })
        .collect();
    let files: Vec<(&str, &str)> = rules
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    let project = Project::of(&files);
    let (_, out) = project.run(&["check"]);
    assert!(
        out.contains("7 more of unserved-index, a limit of Trapline and no fault of a rule:"),
        "{out}"
    );
    let last = out.lines().last().unwrap();
    assert!(last.starts_with("9 rules checked: "), "{out}");
    let (_, all) = project.run(&["check", "--verbose"]);
    assert!(all.lines().count() > out.lines().count());
    assert!(!all.contains("more of "));
}

#[test]
fn explain_without_a_case_explains_the_attack_and_names_the_others() {
    let project = Project::shipped();
    let rule = "rules/windows/lateral_movement_incoming_wmi.toml";
    let (code, out, err) = project.run_apart(&["explain", rule]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("remote WMI starts PowerShell"), "{out}");
    assert!(
        err.contains("other cases") && err.contains("past maxspan"),
        "{err}"
    );
}

#[test]
fn words_codes_and_lints_are_explained() {
    let project = Project::of(&[]);
    for (word, said) in [
        ("vacuous", "the attack does not prove why"),
        ("LOST", "misses what it found before"),
        ("E310", "E310: "),
        ("unserved-index", "unserved-index: "),
    ] {
        let (code, out) = project.run(&["explain", word]);
        assert_eq!(code, 0, "{word}");
        assert!(out.contains(said), "{word}: {out}");
    }
    assert_eq!(project.run(&["explain", "nonsense"]).0, 2);
}

#[test]
fn reports_explain_the_words_that_they_use() {
    let project = Project::shipped();
    let (_, markdown) = project.run(&["test", "--format", "markdown"]);
    assert!(markdown.contains("- **gap**: A known miss"), "{markdown}");
    let (_, page) = project.run(&["test", "--format", "html"]);
    assert!(page.contains("<dt>gap</dt>"), "{page}");
    assert!(!page.contains("<dt>lost</dt>"));
}

const LINUX: &str = "[rule]\nname = \"Shell then connection\"\nrule_id = \"r-9\"\ntype = \"eql\"\n\
    language = \"eql\"\nseverity = \"high\"\nrisk_score = 73\nindex = [\"logs-endpoint.events.*\"]\n\
    query = '''sequence by process.entity_id with maxspan = 5s\n  [process where host.os.type == \
    \"linux\" and event.action == \"exec\"]\n  [network where host.os.type == \"linux\"]'''\n";

/// A Linux rule's scenario without `at` and without the operating system.
fn by_hand(events: &str, more: &str) -> Project {
    let scenario = format!(
        "sources: [elastic_defend]\nattack:\n  name: a shell connects\n  events:\n{events}  expect: \
         alert\n{more}"
    );
    Project::of(&[("rules/a.toml", LINUX), ("scenarios/a.yaml", &scenario)])
}

const SHELL: &str = "    shell: {is: process.exec, process.executable: /bin/sh}\n";
const CONNECTION: &str = "    connection: {is: network, process.executable: /bin/sh}\n";

#[test]
fn events_without_a_time_follow_each_other_and_share_the_operating_system() {
    let project = by_hand(&format!("{SHELL}{CONNECTION}"), "");
    let (code, out) = project.run(&["test", "--accept", "--strict"]);
    assert_eq!(code, 0, "{out}");
    let snapshot = std::fs::read_to_string(project.file("scenarios/__snapshots__/a.snap")).unwrap();
    assert!(
        snapshot.contains("alert    shell 0s, connection +0.001s"),
        "{snapshot}"
    );
    // What is written decides, for one host.
    let started = SHELL.replace(
        "process.exec,",
        "process.start, event.action: exec, host.os.type: linux,",
    );
    let project = by_hand(&format!("{started}{CONNECTION}"), "");
    let (code, out) = project.run(&["test", "--accept", "--strict"]);
    assert_eq!(code, 0, "{out}");
    let other = CONNECTION.replace("is: network", "is: network, host.id: h-2");
    let project = by_hand(&format!("{started}{other}"), "");
    let (code, out) = project.run(&["test"]);
    assert_eq!(code, 1, "{out}");
    assert!(
        out.contains("`host.os.type` of `connection` is `windows` unless the scenario sets it"),
        "{out}"
    );
}

#[test]
fn an_event_that_a_case_adds_comes_last_and_a_copy_keeps_its_order() {
    let more = "cases:\n  - name: a second connection\n    add: {again: {is: network, \
                process.executable: /bin/sh}}\n    expect: {alert: [shell, connection]}\n";
    let shells = SHELL.replace(
        "is: process.exec,",
        "is: process.exec, repeat: {times: 3, every: 1s},",
    );
    let project = by_hand(&format!("{shells}{CONNECTION}"), more);
    let (_, out) = project.run(&["test", "--accept"]);
    let snapshot = std::fs::read_to_string(project.file("scenarios/__snapshots__/a.snap"))
        .unwrap_or_else(|_| panic!("{out}"));
    assert!(
        snapshot.contains("alert    shell#3 0s, connection +0.001s"),
        "{snapshot}"
    );
}

#[test]
fn a_derived_field_that_decides_is_explained() {
    let connection = CONNECTION.replace("/bin/sh", "/usr/bin/curl");
    let project = by_hand(&format!("{SHELL}{connection}"), "");
    let note = "`process.entity_id` of `connection` is not set: it is made of `host.id`, \
                `process.executable` and `process.pid` (`host-1|/usr/bin/curl|`); set it to give it \
                another value";
    for arguments in [
        &["test"][..],
        &["explain", "rules/a.toml"],
        &["explain", "rules/a.toml", "--format", "json"],
    ] {
        let (_, out) = project.run(arguments);
        let flat = out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(note), "{out}");
    }
}

#[test]
fn a_list_of_events_is_answered_with_the_form_of_a_map() {
    let scenario =
        "attack:\n  name: x\n  events:\n    - is: network.start\n      destination.port: 22\n";
    let project = Project::of(&[("rules/a.toml", LINUX), ("scenarios/a.yaml", scenario)]);
    let (code, out, err) = project.run_apart(&["test"]);
    assert_eq!(code, 3, "{out}");
    assert!(
        err.contains("`events` must be a map of labels, found a list"),
        "{err}"
    );
    let lines: Vec<&str> = err.lines().map(str::trim).collect();
    let form = ["events:", "network:", "is: network.start", "…"];
    assert!(lines.windows(4).any(|four| four == form), "{err}");
}

#[test]
fn a_case_with_a_load_error_is_reported_once() {
    let more = "cases:\n  - name: odd\n    change: {connection: {destination.prot: 22}}\n    expect: \
                none\n";
    let project = by_hand(&format!("{SHELL}{CONNECTION}"), more);
    let (code, out, err) = project.run_apart(&["test"]);
    assert_eq!(code, 3, "{out}{err}");
    let both = format!("{out}{err}");
    assert_eq!(
        both.matches("destination.prot` is no field").count(),
        1,
        "{both}"
    );
    // A typing mistake is no case that changes nothing besides.
    let more = "cases:\n  - name: odd\n    chnge: {connection: {destination.port: 22}}\n    expect: \
                none\n  - name: no port\n    each: {port: {a: 22}}\n    change: {connection: \
                {destination.port: $prt}}\n    expect: alert\n";
    let project = by_hand(&format!("{SHELL}{CONNECTION}"), more);
    let (code, out, err) = project.run_apart(&["test"]);
    assert_eq!(code, 3, "{out}{err}");
    assert_eq!(err.matches("error[").count(), 2, "{err}");
    assert!(
        !out.contains("INVALID") && out.contains("1 check in 1 scenario"),
        "{out}"
    );
    assert!(!out.contains("REMOVED"), "{out}");
}

/// What E302 offers is the path that was meant: a share keeps its two backslashes, and a path may end
/// in one.
#[test]
fn the_help_of_a_backslash_shows_the_whole_path() {
    for (written, meant) in [
        (
            r#""C:\Windows\System32\cmd.exe""#,
            r"'C:\Windows\System32\cmd.exe'",
        ),
        (r#""\\server\share\a.exe""#, r"'\\server\share\a.exe'"),
        (r#""C:\Program Files\""#, r"'C:\Program Files\'"),
        (r#""C:\\Tools\\x\q.exe""#, r"'C:\Tools\x\q.exe'"),
    ] {
        let scenario = format!(
            "attack:\n  name: x\n  events:\n    one:\n      is: process\n      process.executable: \
             {written}\n  expect: alert\n"
        );
        let project = Project::of(&[("rules/a.toml", LINUX), ("scenarios/a.yaml", &scenario)]);
        let (code, _, err) = project.run_apart(&["test"]);
        assert_eq!(code, 3, "{err}");
        assert!(err.contains("error[E302]"), "{written}: {err}");
        assert!(err.contains(meant), "{written}: {err}");
    }
}
