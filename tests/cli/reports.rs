//! The reports for code hosts and CI systems, of a pull request that breaks an exclusion: as their
//! readers get them, and as their schemas want them.

use std::collections::BTreeSet;
use std::fs;

use crate::project::{Project, RULE};

/// The shipped rule with one exclusion misspelt and another dropped.
fn broken() -> Project {
    Project::shipped()
        .with(RULE, "Ccm32BitLauncher.exe", "Ccm32Launcher.exe")
        .with(RULE, "\"S-1-5-18\", \"S-1-5-19\"", "\"S-1-5-18\"")
}

/// Every report of one run, each to its file.
fn reports(project: &Project) -> [String; 4] {
    let names = ["junit", "sarif", "github", "markdown"];
    let mut arguments = vec!["test".to_owned(), "--format".to_owned(), "human".to_owned()];
    for name in names {
        arguments.push("--format".to_owned());
        arguments.push(format!("{name}={name}.out"));
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = project
        .trapline(&arguments)
        .env("CI", "1")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    names.map(|name| fs::read_to_string(project.path().join(format!("{name}.out"))).unwrap())
}

#[test]
fn a_broken_exclusion_in_every_report() {
    let [junit, sarif, github, markdown] = reports(&broken());
    let failing: Vec<&str> = junit
        .lines()
        .filter(|line| !line.ends_with("]\"/>"))
        .collect();
    insta::assert_snapshot!("junit", failing.join("\n"));
    insta::assert_snapshot!("sarif", sarif);
    insta::assert_snapshot!("github", github);
    insta::assert_snapshot!("markdown", markdown);
}

/// The official schema, without its descriptions, and with one stray bracket taken out of a pattern
/// that only lenient readers take.
#[test]
fn sarif_is_what_its_schema_wants() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("sarif-2.1.0.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for project in [
        broken(),
        Project::shipped().with(RULE, "maxspan = 2s", "maxspan = 2001ms"),
    ] {
        let [_, sarif, _, _] = reports(&project);
        let report = serde_json::from_str(&sarif).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&report)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, Vec::<String>::new());
        assert!(
            report["runs"][0]["results"]
                .as_array()
                .is_some_and(|all| !all.is_empty())
        );
        let region = &report["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(region["artifactLocation"]["uri"], RULE);
        assert!(
            region["region"]["startLine"]
                .as_u64()
                .is_some_and(|line| line > 80)
        );
    }
}

/// The elements and attributes of `jenkins-junit.xsd`, and names that are unique.
#[test]
fn junit_is_what_its_readers_take() {
    let [junit, ..] = reports(&broken());
    let document = roxmltree::Document::parse(&junit).unwrap();
    let mut names = BTreeSet::new();
    for element in document.descendants().filter(roxmltree::Node::is_element) {
        let parent = element
            .parent_element()
            .map_or("", |parent| parent.tag_name().name());
        let allowed: &[&str] = match (parent, element.tag_name().name()) {
            ("", "testsuites") => &["name", "tests", "failures", "errors"],
            ("testsuites", "testsuite") => &["name", "tests", "failures", "errors", "skipped"],
            ("testsuite", "testcase") => &["classname", "name"],
            ("testcase", "failure") => &["type", "message"],
            ("testcase", "skipped") => &["message"],
            other => panic!("{other:?} is not in the schema"),
        };
        for attribute in element.attributes() {
            assert!(allowed.contains(&attribute.name()), "{}", attribute.name());
        }
        if let (Some(class), Some(name)) =
            (element.attribute("classname"), element.attribute("name"))
        {
            assert!(names.insert((class, name)), "{class} {name} stands twice");
        }
    }
    let root = document.root_element();
    let failures = document
        .descendants()
        .filter(|node| node.has_tag_name("failure"));
    assert_eq!(
        root.attribute("tests"),
        Some(names.len().to_string().as_str())
    );
    assert_eq!(
        root.attribute("failures"),
        Some(failures.count().to_string().as_str())
    );
}

/// GitHub takes ten annotations of a kind.
#[test]
fn annotations_are_few_and_say_how_many_more() {
    let project = Project::shipped().with(RULE, "process.parent.name : \"WmiPrvSE.exe\"", "true");
    let [_, _, github, markdown] = reports(&project);
    let lost = Project::shipped().with(
        RULE,
        "network where host.os.type == \"windows\"",
        "network where false",
    );
    let [_, _, none, _] = reports(&lost);
    for annotations in [&github, &none] {
        assert!(annotations.lines().count() <= 30);
        assert!(
            annotations
                .lines()
                .filter(|line| line.starts_with("::error "))
                .count()
                <= 10
        );
    }
    assert!(markdown.len() < 1_000_000);
}
