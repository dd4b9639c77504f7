//! The reports for code hosts and CI systems, of a pull request that breaks an exclusion: as their
//! readers get them, and as their schemas want them.

use std::collections::BTreeSet;
use std::fs;

use crate::project::{Project, RULE, SCENARIO};

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

/// What is behind a verdict or an error is a word that a program need not read out of a sentence.
#[test]
fn reasons_and_errors_have_words_for_programs() {
    let typo = Project::shipped().with(RULE, "network.direction :", "network.directoin :");
    let output = typo
        .trapline(&["test", "--format", "json", "--format", "sarif=sarif.out"])
        .env("CI", "1")
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema = typo.trapline(&["schema", "report"]).output().unwrap();
    let schema = serde_json::from_slice(&schema.stdout).unwrap();
    assert!(jsonschema::is_valid(&schema, &report), "{report}");
    let check = &report["checks"][0];
    assert_eq!(check["verdict"], "unverifiable");
    assert_eq!(check["reason"], "refused");
    assert_eq!(check["cause"], "E150");
    let sarif = fs::read_to_string(typo.path().join("sarif.out")).unwrap();
    let sarif: serde_json::Value = serde_json::from_str(&sarif).unwrap();
    let properties = &sarif["runs"][0]["results"][0]["properties"];
    assert_eq!(
        *properties,
        serde_json::json!({
            "reason": "refused", "cause": "E150", "why": "unknown-column",
            "name": "network.directoin", "suggestion": "network.direction",
        })
    );
    assert_eq!(check["details"]["suggestion"], "network.direction");

    let typo = Project::shipped().with(SCENARIO, "\ncases:", "\ncasse:");
    let output = typo
        .trapline(&["test", "--format", "json", "--format", "sarif=sarif.out"])
        .env("CI", "1")
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(jsonschema::is_valid(&schema, &report), "{report}");
    let details = serde_json::json!({"part": "scenario", "name": "casse", "suggestion": "cases"});
    assert_eq!(report["errors"][0]["details"], details);
    assert_eq!(report["errors"][0]["cause"], "unknown-key");
    let sarif = fs::read_to_string(typo.path().join("sarif.out")).unwrap();
    let sarif: serde_json::Value = serde_json::from_str(&sarif).unwrap();
    let properties = &sarif["runs"][0]["results"][0]["properties"];
    assert_eq!(properties["suggestion"], "cases");
    assert_eq!(properties["cause"], "unknown-key");
    assert_eq!(properties["code"], report["errors"][0]["code"]);
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
            assert!(names.insert((class, name)), "{class} {name} occurs twice");
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

/// Two rules in git, tested and recorded; the last in the order of the files is the one that breaks.
fn in_git() -> Project {
    let rule = |id: &str, query: &str| {
        format!(
            "[rule]\nname = \"Rule {id}\"\nrule_id = \"{id}\"\ntype = \"eql\"\nlanguage = \"eql\"\n\
             severity = \"medium\"\nrisk_score = 47\nindex = [\"logs-endpoint.events.process-*\"]\n\
             interval = \"5m\"\nfrom = \"now-9m\"\nquery = '''{query}'''\n"
        )
    };
    let scenario = "attack:\n  name: a shell starts\n  events:\n    one: {is: process, \
                    process.executable: 'C:\\a\\cmd.exe'}\n  expect: alert\ncases:\n  - name: quiet\n    \
                    change: {one: {process.args: [cmd.exe, /q]}}\n    expect: none\n";
    let query = "process where process.name : \"cmd.exe\" and not process.args : \"/q\"";
    let project = Project::of(&[
        ("rules/a.toml", &rule("a", query)),
        ("scenarios/a.yaml", scenario),
        ("rules/z.toml", &rule("z", query)),
        ("scenarios/z.yaml", scenario),
    ]);
    assert_eq!(project.run(&["test", "--accept"]).0, 0);
    for arguments in [
        &["init", "-q"][..],
        &["add", "."],
        &["commit", "-q", "-m", "a"],
    ] {
        let mut command = std::process::Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@b"]);
        let output = command.args(arguments).current_dir(project.path()).output();
        assert!(output.unwrap().status.success());
    }
    project
}

/// LOST of the last rule stands before REASON of the first; severity, risk and schedule are open, the
/// query's own lines are there, places are links, and each change says what to do.
#[test]
fn what_a_reviewer_must_decide_comes_first() {
    let project = in_git()
        .with("rules/a.toml", "\"/q\"", "\"/q*\"")
        .with(
            "rules/a.toml",
            "severity = \"medium\"",
            "severity = \"high\"",
        )
        .with("rules/a.toml", "risk_score = 47", "risk_score = 73")
        .with("rules/a.toml", "interval = \"5m\"", "interval = \"6m\"")
        .with("rules/z.toml", "\"cmd.exe\"", "\"cmd2.exe\"");
    let report = |format: &str| {
        let mut command = project.trapline(&["test", "--check", "--format", format]);
        command.env("GITHUB_SERVER_URL", "https://github.com");
        command
            .env("GITHUB_REPOSITORY", "o/r")
            .env("GITHUB_SHA", "abc");
        command.env("GITHUB_WORKSPACE", project.path());
        command.env_remove("GITHUB_BASE_REF");
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let in_order = |text: &str, parts: &[&str]| {
        let mut from = 0;
        for part in parts {
            let found = text[from..].find(part);
            let Some(found) = found else {
                panic!("{part} comes not after what is before it in {text}");
            };
            from += found;
        }
    };
    let markdown = report("markdown");
    in_order(
        &markdown,
        &[
            "LOST: expected an alert, found none",
            "[`rules/z.toml:11`](https://github.com/o/r/blob/abc/rules/z.toml#L11) stopped it",
            "[`scenarios/z.yaml:5`](https://github.com/o/r/blob/abc/scenarios/z.yaml#L5) expected here",
            "Do now: fix the rule, or edit `expect` if the rule is right; then run `trapline test \
             'scenarios/z.yaml::a shell starts[",
            "CONTENT: the rule's name, severity or risk score: Rule a, medium 47 → Rule a, high 73",
            "REASON: something else decides it now",
            "accept it with `trapline test scenarios/a.yaml --accept=reason`",
            "### What differs about the rules",
            "- `severity`: `medium` → `high`\n- `risk_score`: `47` → `73`\n- `interval`: `5m` → `6m`",
            "- process where process.name : \"cmd.exe\" and not process.args : \"/q\"\n+ process where \
             process.name : \"cmd.exe\" and not process.args : \"/q*\"",
            "**Rule z** changed in [`rules/z.toml`]",
            "| rule | checks |",
            "What the words mean",
            "- **lost**",
        ],
    );
    let page = report("html");
    in_order(
        &page,
        &[
            "LOST: expected an alert, found none",
            "Do now: fix the rule, or edit <code>expect</code> if the rule is right; then run",
            "Rule a, medium 47 → Rule a, high 73",
            "<code>severity</code>: <del>medium</del> → <ins>high</ins>",
            "something else decides it now",
            "--accept=reason</code>",
            "href=\"https://github.com/o/r/blob/abc/rules/z.toml\"",
            "What differs about the rule",
            "<ins>+ process where process.name : &quot;cmd2.exe&quot;",
        ],
    );
}

/// A failure and a change in JUnit name the clause, the places and the command.
#[test]
fn junit_names_clause_and_place() {
    let project = in_git().with("rules/a.toml", "\"/q\"", "\"/q*\"").with(
        "rules/z.toml",
        "\"cmd.exe\"",
        "\"cmd2.exe\"",
    );
    let (_, junit) = project.run(&["test", "--check", "--format", "junit"]);
    for part in [
        "<failure type=\"failed\" message=\"expected an alert, found none\">",
        "clause   rules/z.toml:11 process.name : &quot;cmd2.exe&quot;&#10;",
        "case     scenarios/z.yaml:2",
        "<failure type=\"reason\" message=\"REASON: something else decides it now\">",
        "clause   rules/a.toml:11 process.args : &quot;/q*&quot;&#10;",
        "case     scenarios/a.yaml:7",
        "accept   trapline test scenarios/a.yaml --accept=reason",
    ] {
        assert!(junit.contains(part), "{part}: {junit}");
    }
}

/// Lines of a rule are cut to the width of the terminal, around the clause that decides.
#[test]
#[cfg(target_os = "linux")]
fn source_lines_are_cut_to_the_width_of_the_terminal() {
    let long: Vec<String> = (0..60)
        .map(|number| format!("\"program{number}.exe\""))
        .collect();
    let query = format!("process.name in ({}) and process.pid == 1", long.join(", "));
    let project = in_git().with("rules/z.toml", "process.name : \"cmd.exe\"", &query);
    let program = format!(
        "stty cols 70 rows 24; {} test --check scenarios/z.yaml",
        env!("CARGO_BIN_EXE_trapline")
    );
    let output = std::process::Command::new("script")
        .args(["--quiet", "--return", "--command", &program, "/dev/null"])
        .current_dir(project.path())
        .env_remove("CI")
        .env("NO_COLOR", "1")
        .stdin(std::process::Stdio::null())
        .output();
    let Ok(output) = output else {
        eprintln!("skipped: there is no `script`, which makes a terminal");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<&str> = text.lines().filter(|line| line.contains(" | ")).collect();
    assert!(lines.iter().any(|line| line.contains("11 |")), "{text}");
    for line in lines {
        assert!(line.trim_end().chars().count() <= 72, "{line}\n{text}");
    }
}
