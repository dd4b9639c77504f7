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
        "wrote    rules/windows/a.toml\nwrote    rules_building_block/b.toml\n"
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
