//! Nothing is green that did not run: what no check tests, what could not be loaded and what a gate
//! demands is in every report and in the exit code.

use serde_json::Value;

use crate::diff::git;
use crate::project::Project;

pub(crate) const FORMATS: [&str; 7] = [
    "human", "json", "junit", "sarif", "github", "markdown", "html",
];

/// A rule over these indices.
pub(crate) fn rule(id: &str, name: &str, index: &str) -> String {
    format!(
        "[rule]\nname = \"{name}\"\nrule_id = \"{id}\"\ntype = \"eql\"\nlanguage = \"eql\"\n\
         severity = \"high\"\nrisk_score = 73\nindex = [\"{index}\"]\n\
         query = '''process where process.name : \"cmd.exe\"'''\n"
    )
}

pub(crate) const ENDPOINT: &str = "logs-endpoint.events.process-*";
pub(crate) const SCENARIO: &str = "attack:\n  name: a shell starts\n  events:\n    shell:\n      is: process\n      \
                        process.executable: C:\\Windows\\System32\\cmd.exe\n  expect: alert\n";
const BENIGN: &str = "cases:\n  - name: another program\n    change: {shell: {process.executable: \
                      C:\\a.exe}}\n    expect: none\n";

fn esql(id: &str) -> String {
    format!(
        "[rule]\nname = \"{id}\"\nrule_id = \"{id}\"\ntype = \"machine_learning\"\nseverity = \
         \"low\"\nrisk_score = 21\nanomaly_threshold = 50\nmachine_learning_job_id = \"x\"\n"
    )
}

/// One tested rule with its snapshot.
pub(crate) fn tested() -> Project {
    let rule = rule("r-1", "Shell", ENDPOINT);
    let project = Project::of(&[
        ("rules/shell.toml", &rule),
        ("scenarios/shell.yaml", SCENARIO),
    ]);
    assert_eq!(project.run(&["test", "--accept"]).0, 0);
    project
}

pub(crate) fn add(project: &Project, file: &str, text: &str) {
    let path = project.file(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

pub(crate) fn json(project: &Project, arguments: &[&str]) -> (i32, Value) {
    let arguments = [&["test", "--format", "json"], arguments].concat();
    let (code, text) = project.run(&arguments);
    (code, serde_json::from_str(&text).unwrap())
}

fn last_line(project: &Project, arguments: &[&str]) -> String {
    let (_, text) = project.run(arguments);
    text.lines().last().unwrap_or_default().to_owned()
}

#[test]
fn a_scenario_of_a_rule_that_no_data_source_serves_is_an_error() {
    let project = tested();
    add(
        &project,
        "rules/odd.toml",
        &rule("r-2", "Odd", "logs-nobody.serves-*"),
    );
    add(&project, "scenarios/odd.yaml", SCENARIO);
    let (code, out, err) = project.run_apart(&["test"]);
    assert_eq!(code, 3, "{out}{err}");
    assert!(
        err.contains("no data source serves logs-nobody.serves-*"),
        "{err}"
    );
    assert!(err.contains("scenarios/odd.yaml:2"), "{err}");
    assert!(
        out.contains("1 tested, 0 untested, 1 unshaped, 0 unsupported"),
        "{out}"
    );
    assert!(
        out.lines()
            .last()
            .unwrap()
            .starts_with("BROKEN   1 file could not be loaded")
    );
    let (_, report) = json(&project, &[]);
    assert_eq!(report["summary"]["unshaped_rules"], 1);
    let (_, listed) = project.run(&["test", "--list"]);
    assert!(listed.contains("unshaped     rules/odd.toml"), "{listed}");

    let skipped = format!("skip: no shape yet\n{SCENARIO}");
    add(&project, "scenarios/odd.yaml", &skipped);
    assert_eq!(project.run(&["test"]).0, 0);
    assert_eq!(project.run(&["test", "--strict"]).0, 3);
    std::fs::remove_file(project.file("scenarios/odd.yaml")).unwrap();
    let (code, out) = project.run(&["test"]);
    assert_eq!(code, 0);
    assert!(out.contains("1 unshaped"), "{out}");
}

#[test]
fn a_scenario_that_leaves_no_case_to_run_is_an_error() {
    let project = tested();
    add(&project, "rules/two.toml", &rule("r-2", "Two", ENDPOINT));
    let scenario = format!("sources: [sysmon]\n{SCENARIO}")
        .replace("expect: alert", "expect: {elastic_defend: alert}");
    add(&project, "scenarios/two.yaml", &scenario);
    assert_eq!(project.run(&["test"]).0, 3);
}

#[test]
fn every_format_shows_what_could_not_be_loaded() {
    for (file, text) in [
        ("scenarios/broken.yaml", "atack:\n  name: x\n"),
        ("scenarios/lost.yaml", SCENARIO),
        (
            "scenarios/field.yaml",
            &format!(
                "rule: ../rules/shell.toml\n{}",
                SCENARIO.replace("process.executable", "process.executble")
            ),
        ),
    ] {
        let project = tested();
        add(&project, file, text);
        for format in FORMATS {
            let (code, out) = project.run(&["test", "--format", format]);
            assert_eq!(code, 3, "{file} {format}");
            let shown = match format {
                "human" => out.contains("BROKEN   1 file could not be loaded"),
                "junit" => {
                    out.contains("<error ")
                        && !out.contains("errors=\"0\">\n  <testsuite name=\"project\"")
                }
                "sarif" => out.contains("\"not-loaded\"") && out.contains(file),
                "github" => out.contains(&format!("::error file={file},line=")),
                "markdown" => {
                    out.contains("❌ Trapline: 1 file could not be loaded") && out.contains(file)
                }
                "html" => out.contains("1 file could not be loaded") && out.contains(file),
                _ => {
                    let report: Value = serde_json::from_str(&out).unwrap();
                    report["errors"][0]["file"] == file && report["errors"][0]["line"].is_u64()
                }
            };
            assert!(shown, "{file} {format}\n{out}");
        }
    }
}

#[test]
fn reports_are_written_where_nothing_could_be_loaded_at_all() {
    let project = Project::of(&[("scenarios/broken.yaml", "attack: 1\n")]);
    for format in FORMATS {
        let (code, out) = project.run(&["test", "--format", format]);
        assert_eq!(code, 3, "{format}");
        assert!(!out.is_empty(), "{format}");
    }
}

#[test]
fn a_rule_without_a_scenario_misses_the_gate() {
    let project = tested();
    add(&project, "rules/new.toml", &rule("r-2", "New", ENDPOINT));
    assert_eq!(project.run(&["test"]).0, 0);
    let (code, out) = project.run(&["test", "--require-tested"]);
    assert_eq!(code, 5);
    assert!(
        out.contains("gate     rules/new.toml: no scenario tests it"),
        "{out}"
    );
    assert!(
        out.lines()
            .last()
            .unwrap()
            .starts_with("GATE     1 rule misses a gate")
    );
    for format in FORMATS {
        let (code, out) = project.run(&["test", "--require-tested", "--format", format]);
        assert_eq!(code, 5, "{format}");
        assert!(out.contains("rules/new.toml"), "{format}\n{out}");
    }
    add(
        &project,
        "trapline.toml",
        "[gates]\nrequire-tested = \"all\"\n",
    );
    assert_eq!(project.run(&["test"]).0, 5);
    assert_eq!(project.run(&["test", "--require-tested=none"]).0, 0);
}

#[test]
fn a_rule_that_changed_without_a_test_misses_the_gate() {
    let project = tested();
    add(&project, "rules/old.toml", &rule("r-2", "Old", ENDPOINT));
    git(&project, &["init", "-q"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "-qm", "one"]);
    let changed = &["test", "--changed", "--require-tested=changed"];
    assert_eq!(project.run(changed).0, 0);
    let project = project.with("rules/old.toml", "cmd.exe", "cmb.exe");
    assert_eq!(project.run(changed).0, 5);
    assert_eq!(project.run(&["test", "--require-tested=changed"]).0, 5);
    git(&project, &["commit", "-qam", "two"]);
    assert_eq!(project.run(changed).0, 0);
    let since = &["test", "--changed=HEAD~1", "--require-tested=changed"];
    assert_eq!(project.run(since).0, 5);
}

#[test]
fn a_rule_with_too_few_cases_misses_the_gate() {
    let project = tested();
    assert_eq!(project.run(&["test", "--min-cases", "1"]).0, 5);
    let both = format!("{SCENARIO}{BENIGN}");
    add(&project, "scenarios/shell.yaml", &both);
    assert_eq!(project.run(&["test", "--accept", "--min-cases", "2"]).0, 0);
    assert_eq!(project.run(&["test", "--min-cases", "3"]).0, 5);
    add(&project, "trapline.toml", "[gates]\nmin-cases = 3\n");
    assert_eq!(project.run(&["test"]).0, 5);
    assert_eq!(project.run(&["test", "--min-cases", "2"]).0, 0);
}

#[test]
fn a_snapshot_without_a_scenario_is_an_error_at_home_with_check_and_in_ci() {
    let project = tested();
    add(&project, "scenarios/__snapshots__/gone.snap", "");
    assert_eq!(project.run(&["test"]).0, 3);
    assert_eq!(project.run(&["test", "--check"]).0, 3);
    let status = project
        .trapline(&["test"])
        .env("CI", "true")
        .output()
        .unwrap()
        .status;
    assert_eq!(status.code(), Some(3));
    assert!(last_line(&project, &["test"]).starts_with("BROKEN"));
}

#[test]
fn rules_that_are_not_run_are_unsupported_with_their_reason_everywhere() {
    let project = tested();
    add(&project, "rules/ml.toml", &esql("ml-1"));
    let (_, out) = project.run(&["test"]);
    assert!(
        out.contains("1 tested, 0 untested, 0 unshaped, 1 unsupported"),
        "{out}"
    );
    assert!(out.contains("machine_learning (1)"), "{out}");
    let (_, report) = json(&project, &[]);
    assert_eq!(report["summary"]["unsupported_rules"], 1);
    let rules = report["rules"].as_array().unwrap();
    let ml = rules.iter().find(|rule| rule["rule_id"] == "ml-1").unwrap();
    assert_eq!(ml["standing"], "unsupported");
    assert!(ml["reason"].as_str().unwrap().contains("machine_learning"));
    for format in ["html", "markdown"] {
        let (_, out) = project.run(&["test", "--format", format]);
        assert!(out.contains("1 unsupported"), "{out}");
    }
}

#[test]
fn a_check_says_in_json_what_it_did_and_where_it_is_written() {
    let project = tested();
    add(
        &project,
        "scenarios/shell.yaml",
        &SCENARIO.replace("cmd.exe", "cmb.exe"),
    );
    let (code, report) = json(&project, &[]);
    assert_eq!(code, 1);
    assert_eq!(report["version"], 1);
    assert_eq!(report["conclusion"], "failed");
    let check = &report["checks"][0];
    assert_eq!(check["message"], "expected an alert, found none");
    assert_eq!(check["observed"]["outcome"], "none");
    assert_eq!(check["observed"]["value"], "cmb.exe");
    assert_eq!(check["place"]["line"], 2);
    assert_eq!(check["expectation"]["file"], "scenarios/shell.yaml");
    assert_eq!(check["expectation"]["line"], 7);
    assert_eq!(check["clause"]["file"], "rules/shell.toml");
    assert_eq!(check["clause"]["line"], 9);
    let (_, junit) = project.run(&["test", "--format", "junit"]);
    assert!(junit.contains("clause   rules/shell.toml:9 "), "{junit}");
}

/// What of a JSON value does not fit a schema; only what the project's schemas use is understood.
fn misfits(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.strip_prefix("#/$defs/").unwrap();
        return misfits(root, &root["$defs"][name], value, at, found);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let fits = |one: &Value| {
            let mut found = Vec::new();
            misfits(root, one, value, at, &mut found);
            found.is_empty()
        };
        if !any.iter().any(fits) {
            found.push(format!("{at}: none of anyOf"));
        }
        return;
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        found.push(format!("{at}: {value} is not in the enum"));
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !kinds.is_empty() && !kinds.contains(&kind) {
        found.push(format!("{at}: {kind}, not {kinds:?}"));
    }
    for item in value.as_array().into_iter().flatten() {
        misfits(root, &schema["items"], item, &format!("{at}[]"), found);
    }
    let Some(object) = value.as_object() else {
        return;
    };
    for required in schema["required"].as_array().into_iter().flatten() {
        if !object.contains_key(required.as_str().unwrap()) {
            found.push(format!("{at}: no {required}"));
        }
    }
    for (key, value) in object {
        let own = schema["properties"].get(key);
        let other = schema.get("additionalProperties");
        match own.or(other.filter(|schema| schema.is_object())) {
            Some(schema) => misfits(root, schema, value, &format!("{at}.{key}"), found),
            None => found.push(format!("{at}.{key}: not in the schema")),
        }
    }
}

#[test]
fn the_json_report_fits_its_schema() {
    let project = tested();
    add(&project, "rules/ml.toml", &esql("ml-1"));
    add(&project, "rules/new.toml", &rule("r-2", "New", ENDPOINT));
    add(&project, "scenarios/broken.yaml", "atack: 1\n");
    let both = format!("{SCENARIO}{BENIGN}").replace("C:\\a.exe", "C:\\cmd.exe");
    add(&project, "scenarios/shell.yaml", &both);
    let (_, schema) = project.run(&["schema", "report"]);
    let schema: Value = serde_json::from_str(&schema).unwrap();
    for arguments in [&[][..], &["--require-tested"][..], &["--strict"][..]] {
        let (_, report) = json(&project, arguments);
        let mut found = Vec::new();
        misfits(&schema, &schema, &report, "report", &mut found);
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn a_rule_that_changed_without_a_test_is_the_headline_of_diff() {
    let project = tested();
    add(&project, "rules/old.toml", &rule("r-2", "Old", ENDPOINT));
    git(&project, &["init", "-q"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "-qm", "one"]);
    let project = project.with("rules/old.toml", "cmd.exe", "cmb.exe");
    let (code, out) = project.run(&["diff", "HEAD"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("UNTESTED rules/old.toml"), "{out}");
    assert!(out.contains("1 rule changed without a test"), "{out}");
    assert!(out.contains("trapline new rules/old.toml"), "{out}");
    assert_eq!(project.run(&["diff", "HEAD", "--require-tested"]).0, 5);
    let (_, markdown) = project.run(&["diff", "HEAD", "--format", "markdown"]);
    assert!(
        markdown.contains("## Trapline: 1 rule changed without a test"),
        "{markdown}"
    );
    let (_, text) = project.run(&["diff", "HEAD", "--format", "json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["summary"]["untested_rules"], 1);
    assert_eq!(report["rules"][0]["tested"], false);
}
