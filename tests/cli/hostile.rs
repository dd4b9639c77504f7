//! Input from someone who means harm, or from a compromised host: what it must not do.

use std::io::Write as _;
use std::process::Stdio;

use crate::project::Project;

/// A rule with this query, named `One`.
fn rule(query: &str) -> String {
    format!(
        "[metadata]\ncreation_date = \"2024/01/01\"\nmaturity = \"production\"\n[rule]\n\
         author = [\"T\"]\ndescription = \"d\"\nindex = [\"logs-endpoint.events.*\"]\n\
         language = \"eql\"\nlicense = \"x\"\nname = \"One\"\nrisk_score = 21\n\
         rule_id = \"11111111-1111-4111-8111-111111111111\"\nseverity = \"low\"\ntype = \"eql\"\n\
         query = '''{query}'''\n"
    )
}

/// A document of that time, as JSON.
fn event(time: &str, name: &str) -> String {
    format!(
        "{{\"@timestamp\":{time},\"_index\":\"logs-endpoint.events.process-x\",\
         \"event\":{{\"category\":\"process\"}},\"host\":{{\"id\":\"h\"}},\
         \"process\":{{\"name\":\"{name}\"}}}}\n"
    )
}

const START: i64 = 1_704_067_200_000;
const SEQUENCE: &str = "sequence by host.id with maxspan=1m \
    [process where process.name == \"a.exe\"] [process where process.name == \"b.exe\"]";

/// Pairs of events that a sequence finds, ten seconds apart.
fn pairs(count: i64) -> Vec<String> {
    let events = (0..count * 2).map(|number| {
        let name = if number % 2 == 0 { "a.exe" } else { "b.exe" };
        event(&(START + number * 10_000).to_string(), name)
    });
    events.collect()
}

/// Scans a text from standard input.
fn scan_stream(project: &Project, text: &str, more: &[&str]) -> (i32, String, String) {
    let mut child = project
        .trapline(&[&["scan", "-"], more].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(text.as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (code, text(output.stdout), text(output.stderr))
}

#[test]
fn an_event_dated_far_ahead_blinds_no_sequence() {
    let events = pairs(100);
    let project = Project::of(&[
        ("trapline.toml", ""),
        ("rules/a.toml", &rule(SEQUENCE)),
        ("ok.ndjson", &events.concat()),
    ]);
    let (_, expected, _) = project.run_apart(&["scan", "ok.ndjson"]);
    assert_eq!(expected.lines().count(), 100);
    for at in [0, 1, 100, 200] {
        let mut events = events.clone();
        events.insert(at, event("\"2100-01-01T00:00:00Z\"", "x"));
        std::fs::write(project.file("far.ndjson"), events.concat()).unwrap();
        let arguments = ["scan", "far.ndjson", "--stats", "stats.json", "--strict"];
        let (code, alerts, err) = project.run_apart(&arguments);
        assert_eq!((code, alerts.lines().count()), (0, 100), "{at}: {err}");
        let line = format!(
            "1 event is dated far from all others (the first: far.ndjson:{}, 2100-01-01T00:00:00.000Z)",
            at + 1
        );
        assert!(err.contains(&line), "{err}");
        let stats = std::fs::read_to_string(project.file("stats.json")).unwrap();
        assert!(
            stats.contains("\"late\":0,\"untimed\":0,\"outliers\":1,"),
            "{stats}"
        );
        let (code, alerts, err) = scan_stream(&project, &events.concat(), &["--strict"]);
        assert_eq!((code, alerts.lines().count()), (0, 100), "{at}: {err}");
    }
}

#[test]
fn a_budget_is_over_the_days_of_most_events() {
    let mut events = pairs(100);
    events.push(event("\"2100-01-01T00:00:00Z\"", "x"));
    let project = Project::of(&[
        ("trapline.toml", ""),
        ("rules/a.toml", &rule(SEQUENCE)),
        ("far.ndjson", &events.concat()),
    ]);
    let (code, _, err) = project.run_apart(&["scan", "far.ndjson", "--budget", "5/day"]);
    assert_eq!(code, 5, "{err}");
}

#[test]
fn files_are_put_in_order_however_their_events_lie_and_a_stream_says_what_it_lost() {
    let mut events = pairs(100);
    let ordered = events.concat();
    events.reverse();
    let reversed = events.concat();
    let project = Project::of(&[
        ("trapline.toml", ""),
        ("rules/a.toml", &rule(SEQUENCE)),
        ("ordered.ndjson", &ordered),
        ("reversed.ndjson", &reversed),
    ]);
    let times = |alerts: &str| -> Vec<String> {
        let lines = alerts.lines();
        let time = |line: &str| line.rsplit("@timestamp").next().map(str::to_owned);
        lines.filter_map(time).collect()
    };
    let (_, expected, _) = project.run_apart(&["scan", "ordered.ndjson"]);
    let (code, found, err) = project.run_apart(&["scan", "reversed.ndjson", "--strict"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(times(&found), times(&expected));
    let (code, _, err) = scan_stream(&project, &reversed, &[]);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("came too late to be sorted"), "{err}");
    let (code, _, err) = scan_stream(&project, &reversed, &["--strict"]);
    assert_eq!(code, 3, "{err}");
}

#[test]
fn imported_documents_are_in_order() {
    let mut events = pairs(100);
    let ordered = events.concat();
    events.reverse();
    let project = Project::of(&[("a.ndjson", &events.concat())]);
    let times = |text: &str| -> Vec<String> {
        let lines = text.lines();
        lines
            .filter_map(|line| line.split(',').next().map(str::to_owned))
            .collect()
    };
    let (code, found) = project.run(&["import", "a.ndjson"]);
    assert_eq!((code, times(&found)), (0, times(&ordered)));
    let (code, _) = project.run(&["import", "a.ndjson", "-o", "b.ndjson"]);
    let found = std::fs::read_to_string(project.file("b.ndjson")).unwrap();
    assert_eq!((code, times(&found)), (0, times(&ordered)));
}

const SINGLE: &str = "process where process.name == \"a.exe\"";
const SCENARIO: &str = "attack:\n  name: base\n  events: {e: {is: process, process.name: a.exe}}\n  \
    expect: alert\ncases:\n  - {name: other, change: {e: {process.name: b.exe}}, expect: none, \
    because: process.name}\n";

/// A rule with its scenario.
fn tested() -> Project {
    Project::of(&[
        ("trapline.toml", ""),
        ("rules/a.toml", &rule(SINGLE)),
        ("scenarios/a.yaml", SCENARIO),
    ])
}

fn put(project: &Project, file: &str, text: &str) {
    std::fs::write(project.file(file), text).unwrap();
}

#[cfg(unix)]
mod outside {
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::*;

    const SECRET: &str = "[default]\naws_access_key_id = AKIAEXAMPLE\n";

    fn secrets() -> tempfile::TempDir {
        let outside = tempfile::tempdir().unwrap();
        for name in ["cred", "cred.toml", "cred.yaml"] {
            std::fs::write(outside.path().join(name), SECRET).unwrap();
        }
        outside
    }

    /// No verb reads the secret; the run says which path it is about.
    fn nothing_is_told(project: &Project, verbs: &[&[&str]]) {
        for verb in verbs {
            let (code, out, err) = project.run_apart(verb);
            let said = out + &err;
            assert!(
                !said.contains("AKIA") && !said.contains("aws_access"),
                "{verb:?}: {said}"
            );
            assert!(
                said.contains("leads out of the project"),
                "{verb:?}: {said}"
            );
            assert_ne!(code, 0, "{verb:?}: {said}");
        }
    }

    fn name(directory: &Path, file: &str) -> String {
        directory.join(file).to_str().unwrap().to_owned()
    }

    #[test]
    fn a_scenario_reads_nothing_outside_of_the_project() {
        let outside = secrets();
        let secret = name(outside.path(), "cred");
        let up = format!("../{}{secret}", "../".repeat(20));
        for key in [
            format!("rule: {secret}\n{SCENARIO}"),
            format!("rule: {up}\n{SCENARIO}"),
            format!("rule: /proc/self/environ\n{SCENARIO}"),
            format!("exceptions: [{secret}]\n{SCENARIO}"),
            format!(
                "attack:\n  name: b\n  events_from: {{file: {secret}, label: {{e: any where true}}}}\n  \
                 expect: alert\n"
            ),
        ] {
            let project = tested();
            put(&project, "scenarios/a.yaml", &key);
            nothing_is_told(&project, &[&["test"], &["coverage"], &["mutate"]]);
        }
    }

    #[test]
    fn links_and_configuration_lead_to_nothing_outside_of_the_project() {
        let outside = secrets();
        let project = tested();
        std::fs::remove_file(project.file("scenarios/a.yaml")).unwrap();
        symlink(
            outside.path().join("cred.yaml"),
            project.file("scenarios/a.yaml"),
        )
        .unwrap();
        nothing_is_told(&project, &[&["test"], &["check"]]);
        let project = tested();
        std::fs::remove_file(project.file("rules/a.toml")).unwrap();
        symlink(
            outside.path().join("cred.toml"),
            project.file("rules/a.toml"),
        )
        .unwrap();
        nothing_is_told(&project, &[&["test"], &["check"]]);
        let project = tested();
        put(
            &project,
            "trapline.toml",
            &format!(
                "[[project]]\nrules = ['{}']\nscenarios = '../../../../etc'\n",
                outside.path().display()
            ),
        );
        nothing_is_told(&project, &[&["test"], &["check"]]);
    }

    /// A shell's pattern names links that somebody else made.
    #[test]
    fn a_typed_link_shows_no_text_from_outside() {
        let outside = secrets();
        let project = tested();
        for (link, file) in [
            ("scenarios/b.yaml", "cred.yaml"),
            ("rules/b.toml", "cred.toml"),
        ] {
            symlink(outside.path().join(file), project.file(link)).unwrap();
        }
        symlink(outside.path(), project.file("elsewhere")).unwrap();
        put(&project, "e.ndjson", "{}\n");
        nothing_is_told(
            &project,
            &[
                &["test", "scenarios/b.yaml"],
                &["check", "scenarios/b.yaml"],
                &["check", "rules/b.toml"],
                &["test", "elsewhere/cred.yaml"],
                &["check", "elsewhere"],
                &["new", "rules/b.toml"],
                &["scan", "--rules", "elsewhere", "e.ndjson"],
                &["mutate", "scenarios/b.yaml"],
            ],
        );
    }

    #[test]
    fn a_directory_outside_is_allowed_by_the_root_or_by_an_option() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("r.toml"), rule(SINGLE)).unwrap();
        let project = tested();
        let rule = name(outside.path(), "r.toml");
        put(
            &project,
            "scenarios/a.yaml",
            &format!("rule: {rule}\n{SCENARIO}"),
        );
        let directory = outside.path().to_str().unwrap();
        let (code, out, err) = project.run_apart(&["test", "--allow-dir", directory, "--accept"]);
        assert_eq!(code, 0, "{out}{err}");
        put(
            &project,
            "trapline.toml",
            &format!("[files]\nallow = ['{directory}']\n"),
        );
        let (code, out, err) = project.run_apart(&["test"]);
        assert_eq!(code, 0, "{out}{err}");
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        let outside = tempfile::tempdir().unwrap();
        let is_empty = || std::fs::read_dir(outside.path()).unwrap().next().is_none();
        let project = tested();
        symlink(outside.path(), project.file("scenarios/__snapshots__")).unwrap();
        let (code, out, err) = project.run_apart(&["test", "--accept=all"]);
        assert!(is_empty() && code != 0, "{out}{err}");
        assert!(err.contains("is not written through a link"), "{err}");

        let project = tested();
        std::fs::remove_dir_all(project.file("scenarios")).unwrap();
        symlink(outside.path(), project.file("scenarios")).unwrap();
        let (code, out, err) = project.run_apart(&["new", "rules/a.toml"]);
        assert!(is_empty() && code != 0, "{out}{err}");

        let project = tested();
        symlink(outside.path(), project.file("reports")).unwrap();
        for arguments in [
            &["test", "--accept", "--format", "junit=reports/a.xml"][..],
            &["init"],
            &["man", "reports"],
        ] {
            if arguments == ["init"] {
                symlink(outside.path(), project.file(".github")).unwrap();
            }
            let (code, out, err) = project.run_apart(arguments);
            assert!(is_empty() && code == 2, "{arguments:?}: {code} {out}{err}");
        }
    }

    #[test]
    fn pipes_and_devices_are_refused_at_once() {
        let refused = |project: &Project, verb: &str| {
            let (code, out, err) = project.run_apart(&[verb]);
            let said = out + &err;
            assert_ne!(code, 0, "{said}");
            assert!(
                said.contains("is a pipe or a device") || said.contains("leads out of the project"),
                "{said}"
            );
        };
        for file in ["rules/a.toml", "scenarios/a.yaml"] {
            for device in ["/dev/ptmx", "/dev/zero", "pipe"] {
                let project = tested();
                std::fs::remove_file(project.file(file)).unwrap();
                if device == "pipe" {
                    let made = std::process::Command::new("mkfifo")
                        .arg(project.file("pipe"))
                        .status();
                    assert!(made.unwrap().success());
                    symlink(project.file("pipe"), project.file(file)).unwrap();
                } else {
                    symlink(device, project.file(file)).unwrap();
                }
                for verb in ["test", "check"] {
                    refused(&project, verb);
                }
            }
        }
    }
}

mod escapes {
    use super::*;

    /// Does something in every sink that does not escape it.
    const HOSTILE: &str = "n\u{1b}]0;PWNED\u{7}\u{1b}[2J\u{1b}[7m\u{9b}31m\u{202e}\u{2028}\u{85}\n\n## forged\n\n\
        ::error file=README.md,line=1::forged\n::stop-commands::tok\n##[add-mask]x <img src=x> @org/team\n\
        [a](https://evil.example) ![b](https://evil.example) www.evil.example ``` | </details> ]]> \" ' & z";

    fn quoted(text: &str) -> String {
        // JSON's escapes are YAML's and TOML's, too.
        let text = serde_json::to_string(text).unwrap();
        trapline::diagnostic::escape::json(&text).into_owned()
    }

    /// A project whose names, values and reasons are all hostile, with two commits of the rule.
    fn hostile() -> Project {
        let name = quoted(HOSTILE);
        let value = "x\\u{1b}[2J\\u{9b}\\n::error::forged";
        let query =
            format!("process where process.name == \"{value}\" or process.name : \"a.exe\"");
        let rule = rule("")
            .replace("\"One\"", &name)
            .replace(
                "\"logs-endpoint.events.*\"",
                &format!("\"logs-endpoint.events.*\", {name}"),
            )
            .replace("query = ''''''", &format!("query = {}", quoted(&query)));
        let scenario = format!(
            "attack:\n  name: {name}\n  events: {{e: {{is: process, process.name: a.exe, \
             process.command_line: {name}}}}}\n  expect: alert\ncases:\n  - {{name: {}, change: {{e: \
             {{process.name: {name}}}}}, expect: alert}}\n  - {{name: {}, change: {{e: {{process.name: \
             a.exe, process.args: [{name}]}}}}, noise: {name}}}\n",
            quoted(&format!("case {HOSTILE}")),
            quoted(&format!("noise {HOSTILE}")),
        );
        let line = serde_json::json!({
            "@timestamp": START, "_index": format!("zz{HOSTILE}"), "_id": HOSTILE,
            "event": {"category": "process"}, "process": {"name": "a.exe", "command_line": HOSTILE},
        });
        let served = line.to_string().replace("\"zz", "\"logs-endpoint.events.");
        let project = Project::of(&[
            ("trapline.toml", ""),
            ("rules/a.toml", &rule),
            ("scenarios/a.yaml", &scenario),
            (
                "e.ndjson",
                &format!("{line}\n{line}\n{served}\nnonsense {HOSTILE}\n"),
            ),
        ]);
        for arguments in [
            &["init", "-q"][..],
            &["add", "-A"],
            &[
                "-c",
                "user.name=x",
                "-c",
                "user.email=x",
                "commit",
                "-qm",
                "x",
            ],
        ] {
            let mut git = std::process::Command::new("git");
            let done = git.args(arguments).current_dir(project.path()).status();
            assert!(done.unwrap().success());
        }
        let changed = rule
            .replace("a.exe", "b.exe")
            .replace("risk_score = 21", "risk_score = 22");
        put(&project, "rules/a.toml", &changed);
        project
    }

    fn is_active(character: char) -> bool {
        character != '\n' && trapline::diagnostic::escape::is_active(character)
    }

    /// Markdown without what stands in code.
    fn outside_of_code(text: &str) -> String {
        let mut outside = String::new();
        let mut fence: Option<String> = None;
        for line in text.lines() {
            let ticks: String = line
                .chars()
                .take_while(|character| *character == '`')
                .collect();
            match &fence {
                Some(open) => {
                    if ticks == *open {
                        fence = None;
                    }
                }
                None if ticks.len() >= 3 && line.ends_with("diff") => fence = Some(ticks),
                None => {
                    let mut rest = line;
                    while let Some(start) = rest.find('`') {
                        let (before, code) = rest.split_at(start);
                        outside.push_str(before);
                        let length = code.chars().take_while(|one| *one == '`').count();
                        let (open, inner) = code.split_at(length);
                        let end = inner.match_indices(open).map(|(at, _)| at).find(|at| {
                            let after = inner[at + length..].chars().next();
                            after != Some('`') && !inner[..*at].ends_with('`')
                        });
                        let is_escaped = before.ends_with('\\');
                        match end.filter(|_| !is_escaped) {
                            Some(end) => rest = &inner[end + length..],
                            None => rest = inner,
                        }
                    }
                    outside.push_str(rest);
                    outside.push('\n');
                }
            }
        }
        outside
    }

    #[test]
    fn no_name_and_no_value_does_anything_to_a_terminal_or_a_log() {
        let project = hostile();
        let stated = "any where process.name == \"a.exe\"";
        for arguments in [
            &["test"][..],
            &["test", "--list"],
            &["test", "--format", "json"],
            &["test", "--format", "sarif"],
            &["test", "--format", "junit"],
            &["test", "--format", "html"],
            &["check"],
            &["check", "--format", "concise"],
            &["check", "--format", "json"],
            &["coverage"],
            &["coverage", "--format", "json"],
            &["mutate"],
            &["mutate", "--format", "json"],
            &["diff", "HEAD"],
            &["diff", "HEAD", "--format", "json"],
            &["explain", "rules/a.toml", "--events", "e.ndjson"],
            &["scan", "e.ndjson"],
            &["scan", "e.ndjson", "--format", "json"],
            &["scan", "e.ndjson", "--format", "table"],
            &["scan", "e.ndjson", "--summary"],
            &["scan", "e.ndjson", "--summary", "--format", "json"],
            &["import", "e.ndjson"],
            &["query", stated, "e.ndjson"],
            &["query", stated, "e.ndjson", "--format", "table"],
            &["test", "no\u{1b}[2J\n::error::such"],
        ] {
            for colour in ["never", "always"] {
                let output = project
                    .trapline(&[arguments, &["--color", colour]].concat())
                    .output()
                    .unwrap();
                for stream in [output.stdout, output.stderr] {
                    let mut text = String::from_utf8(stream).unwrap();
                    if colour == "always" {
                        for code in [
                            "0", "1", "2", "31", "32", "33", "34", "36", "91", "92", "93", "94",
                            "96",
                        ] {
                            text = text.replace(&format!("\u{1b}[{code}m"), "");
                        }
                        // Links lead to the page of an error, and nowhere else.
                        while let Some(at) = text.find("\u{1b}]8;;") {
                            let end = at + text[at..].find("\u{1b}\\").unwrap();
                            let address = &text[at + 5..end];
                            let site = "https://trapline-dev.github.io/trapline/";
                            assert!(address.is_empty() || address.starts_with(site), "{address}");
                            text.replace_range(at..end + 2, "");
                        }
                    }
                    let active = text
                        .find(is_active)
                        .map(|at| &text[at.saturating_sub(60)..]);
                    assert_eq!(active, None, "{arguments:?} {colour}");
                    assert!(!text.contains("##["), "{arguments:?}: {text}");
                    let command = |line: &&str| {
                        let line = line.trim_start();
                        line.starts_with("::") && !line.starts_with(":::")
                    };
                    assert_eq!(text.lines().find(command), None, "{arguments:?}");
                }
            }
        }
    }

    #[test]
    fn github_gets_our_commands_only() {
        let project = hostile();
        let (_, out, err) = project.run_apart(&["test", "--format", "github", "--format", "human"]);
        for line in out.lines().chain(err.lines()) {
            let line = line.trim_start();
            if line.starts_with("::") && !line.starts_with(":::") {
                let is_ours = ["::error file=", "::warning file=", "::notice file="];
                assert!(is_ours.iter().any(|ours| line.starts_with(ours)), "{line}");
                assert!(!line.starts_with("::error file=README"), "{line}");
            }
            assert!(!line.contains("##[") && !line.contains(is_active), "{line}");
        }
        assert!(out.contains("::error file="), "{out}");
        put(
            &project,
            "scenarios/a.yaml",
            "attack: # ##[add-mask]trapline ##[stop-commands]tok",
        );
        let (_, out, err) = project.run_apart(&["test"]);
        assert!(!out.contains("##[") && !err.contains("##["), "{out}{err}");
    }

    #[test]
    fn markdown_shows_names_and_values_and_does_nothing_else() {
        let project = hostile();
        for arguments in [
            &["test", "--format", "markdown"][..],
            &["diff", "HEAD", "--format", "markdown"],
            &[
                "diff",
                "HEAD",
                "--captures",
                "e.ndjson",
                "--format",
                "markdown",
            ],
            &["coverage", "--format", "markdown"],
            &["mutate", "--format", "markdown"],
        ] {
            let (_, out, err) = project.run_apart(arguments);
            assert!(
                out.contains('|') || out.contains("##"),
                "{arguments:?}: {out}{err}"
            );
            assert!(!out.contains(is_active), "{arguments:?}: {out}");
            // An escaped bracket begins no link.
            let text = outside_of_code(&out).replace("\\]", "").replace("\\[", "");
            for bad in [
                "<img",
                "@org",
                "\n## forged",
                "](https",
                "://evil",
                "www.evil",
                "\n::",
            ] {
                assert!(!text.contains(bad), "{arguments:?}: {bad}: {text}");
            }
            assert!(out.contains("org/team"), "{arguments:?}: {out}");
        }
    }

    #[test]
    fn markup_is_well_formed_whatever_names_hold() {
        let project = hostile();
        let (_, out, _) = project.run_apart(&["test", "--format", "junit"]);
        let document = roxmltree::Document::parse(&out).unwrap();
        assert!(document.descendants().any(|node| {
            node.attribute("name")
                .is_some_and(|name| name.contains("<img src=x>"))
        }));
        let (_, out, _) = project.run_apart(&["test", "--format", "html"]);
        assert!(!out.contains("<img") && out.contains("&lt;img src=x&gt;"));
        let (_, out, _) = project.run_apart(&["test", "--format", "sarif"]);
        let report: serde_json::Value = serde_json::from_str(&out).unwrap();
        let text = report.to_string();
        assert!(text.contains("[a\\\\](https"), "{text}");
        let messages = report["runs"][0]["results"].as_array().unwrap().iter();
        for message in messages.map(|result| result["message"]["text"].as_str().unwrap()) {
            assert!(!message.contains("[a](https"), "{message}");
        }
    }
}

mod git {
    use std::process::Command;

    use super::*;

    fn git(project: &Project, arguments: &[&str]) {
        let author = ["-c", "user.name=x", "-c", "user.email=x"];
        let done = Command::new("git")
            .args(author)
            .args(arguments)
            .current_dir(project.path())
            .status();
        assert!(done.unwrap().success(), "{arguments:?}");
    }

    fn committed(project: Project) -> Project {
        git(&project, &["init", "-q"]);
        git(&project, &["add", "-A"]);
        git(&project, &["commit", "-qm", "x"]);
        project
    }

    fn change(project: &Project, file: &str) {
        let changed = rule(&format!("{SINGLE} and process.pid != 99"));
        put(project, file, &changed);
    }

    /// Whatever the repository or a person configures, the changed line is asked about.
    #[test]
    fn mutate_in_diff_sees_a_changed_line_whatever_is_configured() {
        let is_seen = |project: &Project, what: &str| {
            let arguments = ["mutate", "--in-diff", "HEAD", "--min", "100"];
            let (code, out, err) = project.run_apart(&arguments);
            assert_eq!(code, 5, "{what}: {out}{err}");
        };
        for attributes in ["*.toml -diff", "*.toml binary", "*.toml diff=x", "* -text"] {
            let project = committed(tested());
            change(&project, "rules/a.toml");
            put(&project, ".gitattributes", attributes);
            git(&project, &["config", "diff.x.textconv", "true"]);
            git(&project, &["config", "diff.x.command", "true"]);
            is_seen(&project, attributes);
        }
        for (key, value) in [
            ("diff.mnemonicPrefix", "true"),
            ("diff.noprefix", "true"),
            ("diff.srcPrefix", "x/"),
            ("diff.external", "true"),
            ("diff.context", "9"),
            ("diff.interHunkContext", "9"),
            ("diff.renames", "copies"),
            ("diff.orderFile", "order"),
            ("color.ui", "always"),
            ("color.diff", "always"),
            ("core.quotePath", "true"),
            ("diff.wordRegex", "."),
            ("diff.suppressBlankEmpty", "true"),
        ] {
            let project = committed(tested());
            change(&project, "rules/a.toml");
            put(&project, "order", "scenarios\nrules\n");
            git(&project, &["config", key, value]);
            is_seen(&project, key);
        }
        for name in ["a b", "ä", "tab\there", "quote\"d"] {
            let (rule_file, scenario) = (
                format!("rules/{name}.toml"),
                format!("scenarios/{name}.yaml"),
            );
            let project = committed(Project::of(&[
                ("trapline.toml", ""),
                (&rule_file, &rule(SINGLE)),
                (&scenario, SCENARIO),
            ]));
            change(&project, &rule_file);
            is_seen(&project, name);
        }
        let project = committed(tested());
        change(&project, "rules/a.toml");
        let output = project
            .trapline(&["mutate", "--in-diff", "HEAD", "--min", "100"])
            .env("GIT_DIFF_OPTS", "--unified=9")
            .env("GIT_EXTERNAL_DIFF", "true")
            .output();
        assert_eq!(output.unwrap().status.code(), Some(5));
    }

    /// Which lines differ in a repository within the repository is not known: all of them count.
    #[test]
    fn a_change_in_a_repository_below_the_project_is_asked_about() {
        let nested = |project: &Project| {
            std::fs::create_dir_all(project.file("rules/own")).unwrap();
            put(project, "rules/own/a.toml", &rule(SINGLE));
            for arguments in [&["init", "-q"][..], &["add", "-A"], &["commit", "-qm", "x"]] {
                git(project, &[&["-C", "rules/own"], arguments].concat());
            }
        };
        let project = || {
            Project::of(&[
                ("trapline.toml", ""),
                (
                    "scenarios/a.yaml",
                    &format!("rule: ../rules/own/a.toml\n{SCENARIO}"),
                ),
            ])
        };
        let is_seen = |project: &Project, what: &str| {
            let arguments = ["mutate", "--in-diff", "HEAD", "--min", "100"];
            let (code, out, err) = project.run_apart(&arguments);
            assert_eq!(code, 5, "{what}: {out}{err}");
            let (_, out, err) = project.run_apart(&["test", "--changed=HEAD", "--list"]);
            assert!(out.contains("scenarios/a.yaml"), "{what}: {out}{err}");
        };
        // As a submodule, with a change that is committed there or not, and hidden by a setting.
        for (commit, ignored) in [(false, "none"), (true, "none"), (false, "all")] {
            let project = project();
            nested(&project);
            let project = committed(project);
            change(&project, "rules/own/a.toml");
            if commit {
                git(&project, &["-C", "rules/own", "commit", "-qam", "y"]);
            }
            git(&project, &["config", "diff.ignoreSubmodules", ignored]);
            is_seen(&project, ignored);
        }
        // As files that git does not know.
        let project = committed(project());
        nested(&project);
        change(&project, "rules/own/a.toml");
        is_seen(&project, "untracked");
    }

    #[test]
    fn what_ignore_files_hide_is_named_and_an_error_under_strict() {
        for (file, text, hidden) in [
            (
                "scenarios/.ignore",
                "a.yaml\n__snapshots__\n",
                "scenarios/a.yaml",
            ),
            (".gitignore", "scenarios/a.yaml\n", "scenarios/a.yaml"),
            ("rules/.gitignore", "a.toml\n", "rules/a.toml"),
        ] {
            let project = committed(Project::of(&[
                ("trapline.toml", ""),
                ("rules/a.toml", &rule(SINGLE)),
                (
                    "rules/b.toml",
                    &rule(SINGLE).replace("1111-4111", "2222-4111"),
                ),
                ("scenarios/a.yaml", SCENARIO),
                ("scenarios/b.yaml", SCENARIO),
            ]));
            assert_eq!(project.run(&["test", "--accept=all"]).0, 0);
            put(&project, file, text);
            for verb in [&["test"][..], &["check"]] {
                let (_, out, err) = project.run_apart(verb);
                let said = out + &err;
                assert!(
                    said.contains(&format!("ignore files hide `{hidden}`")),
                    "{verb:?}: {said}"
                );
            }
            let (code, out, err) = project.run_apart(&["test", "--strict"]);
            assert_eq!(code, 3, "{out}{err}");
        }
    }
}

/// 40 kB of Zstandard that unpack to a line of 1 GiB.
#[test]
fn a_bomb_is_not_unpacked_to_its_end() {
    let mut packed = b"\x28\xb5\x2f\xfd\x00\x58".to_vec();
    for _ in 0..8192 {
        let header: u32 = ((128 * 1024) << 3) | 2;
        packed.extend_from_slice(&header.to_le_bytes()[..3]);
        packed.push(b'a');
    }
    packed.extend_from_slice(&[1, 0, 0]);
    let project = tested();
    std::fs::write(project.file("x.ndjson.zst"), packed).unwrap();
    let (code, _, err) = project.run_apart(&["scan", "x.ndjson.zst"]);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("not read to its end: x.ndjson.zst"), "{err}");
}

/// `[limits]` bound what every reader of packed files unpacks.
#[test]
fn a_limit_of_the_project_holds_for_every_reader_of_packed_files() {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    let line = event("\"2024-01-01T00:00:00Z\"", "a.exe");
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..20_000 {
        packed.write_all(line.as_bytes()).unwrap();
    }
    let project = tested();
    std::fs::write(project.file("x.ndjson.gz"), packed.finish().unwrap()).unwrap();
    let verbs: [&[&str]; 5] = [
        &["import", "x.ndjson.gz"],
        &["scan", "x.ndjson.gz"],
        &["query", "any where true", "x.ndjson.gz"],
        &["explain", "rules/a.toml", "--events", "x.ndjson.gz"],
        &[
            "import",
            "x.ndjson.gz",
            "--rule",
            "rules/a.toml",
            "--minimise",
            "-o",
            "-",
        ],
    ];
    for (limit, is_read) in [("", true), ("[limits]\nunpacked-mib = 1\n", false)] {
        put(&project, "trapline.toml", limit);
        for verb in verbs {
            let (code, out, err) = project.run_apart(verb);
            let is_over =
                err.contains("unpacks to more than") || out.contains("unpacks to more than");
            assert_eq!(is_over, !is_read, "{verb:?} {limit}: {code} {err}");
            assert!(is_read || code != 0, "{verb:?}: {code} {err}");
        }
    }
}

/// Thousands of unknown keys are one mistake, and not thousands of pages.
#[test]
fn many_unknown_keys_are_counted() {
    let keys: Vec<String> = (0..5_000).map(|number| format!("k{number} = 1")).collect();
    let project = tested();
    put(
        &project,
        "rules/a.toml",
        &(rule(SINGLE) + &keys.join("\n") + "\n"),
    );
    let (_, out, err) = project.run_apart(&["test"]);
    let said = out + &err;
    assert_eq!(said.matches("unknown key `").count(), 20, "{said}");
    assert!(
        said.contains("4980 more unknown keys, the first `"),
        "{said}"
    );
}

/// The text of a rule whose query has a list of so many items.
fn long(list: &str, count: usize, item: impl Fn(usize) -> String) -> String {
    let items: Vec<String> = (0..count).map(item).collect();
    rule(&list.replace("ITEMS", &items.join(",")))
}

/// What `limit` of the operating system leaves a command: kibibytes of memory, seconds of processor time.
#[cfg(target_os = "linux")]
fn within(project: &Project, memory: u32, seconds: u32, arguments: &str) -> (i32, String, String) {
    let program = env!("CARGO_BIN_EXE_trapline");
    let output = std::process::Command::new("bash")
        .arg("-c")
        .arg(format!(
            "ulimit -v {memory} -t {seconds}; exec {program} {arguments}"
        ))
        .current_dir(project.path())
        .env_remove("CI")
        .env("NO_COLOR", "1")
        .env("RAYON_NUM_THREADS", "2")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap_or(-1);
    (code, text(output.stdout), text(output.stderr))
}

/// Copies of the query, and runs of all of it, took 5.6 GB and minutes for each list. The limits leave
/// room for a build without optimisation.
#[cfg(target_os = "linux")]
#[test]
fn mutants_of_a_long_list_take_little_time_and_memory() {
    for list in [
        "process where process.name in (\"a.exe\", ITEMS)",
        "process where process.name : (\"a.exe\", ITEMS)",
        "process where not process.name : (\"c.exe\", ITEMS) and process.name == \"a.exe\"",
    ] {
        let project = tested();
        put(
            &project,
            "rules/a.toml",
            &long(list, 2_000, |number| format!("\"x{number}.exe\"")),
        );
        let (code, out, err) = within(&project, 1_000_000, 60, "mutate");
        assert_eq!(code, 0, "{list}: {err}");
        assert!(out.contains("mutants of 1 rule"), "{list}: {out}");
    }
}

/// Each mutant held a copy of the query: 2,500 values took 2 GB.
#[cfg(target_os = "linux")]
#[test]
fn mutants_of_a_long_kql_list_take_little_time_and_memory() {
    for list in [
        "process.name: (a.exe or ITEMS)",
        "process.name: (a.exe or *ITEMS*)",
        "process.name: a.exe and not host.name: (z or ITEMS)",
    ] {
        let project = tested();
        let text = long(list, 2_000, |number| format!("x{number}.exe"));
        let text = text.replace(',', if list.contains('*') { "* or *" } else { " or " });
        let text = text
            .replace("\"eql\"", "\"kuery\"")
            .replace("type = \"kuery\"", "type = \"query\"");
        put(&project, "rules/a.toml", &text);
        let (code, out, err) = within(&project, 1_000_000, 60, "mutate");
        assert_eq!(code, 0, "{list}: {err}");
        assert!(out.contains("mutants of 1 rule"), "{list}: {out}");
    }
}

/// A pattern takes two hundred times its length in memory: one of ten megabytes took 2.1 GB.
#[cfg(target_os = "linux")]
#[test]
fn a_query_that_would_take_gigabytes_is_refused() {
    let project = tested();
    let pattern = "x".repeat(5 << 20);
    let query = format!("process where process.name : \"{pattern}*\"");
    put(&project, "rules/a.toml", &rule(&query));
    put(&project, "events.ndjson", &event("1704067200000", "a.exe"));
    for (command, expected) in [
        ("check", 1),
        ("test", 6),
        ("scan --strict events.ndjson", 3),
    ] {
        let (code, out, err) = within(&project, 500_000, 60, command);
        assert_eq!(code, expected, "{command}: {err:.300}");
        let refusal = "Trapline runs queries of at most 4194304";
        assert!(
            out.contains(refusal) || err.contains(refusal),
            "{command}: {err:.300}"
        );
        assert!(
            out.len() + err.len() < 10_000,
            "{command}: the query is not printed"
        );
    }
}

/// A number in a query asks for no more than a scenario is written with.
#[cfg(target_os = "linux")]
#[test]
fn a_first_scenario_is_not_made_of_a_billion_values() {
    for query in [
        "from logs-endpoint.events.process-* | stats n = count_distinct(user.name) by host.id | where n > 1000000000",
        "from logs-endpoint.events.process-* metadata _id | where mv_count(split(process.command_line, \",\")) > 10000000000 | keep _id",
    ] {
        let text = rule(query)
            .replace("\"eql\"", "\"esql\"")
            .replace("index = [\"logs-endpoint.events.*\"]\n", "");
        let project = Project::of(&[("rules/a.toml", &text)]);
        let (code, out, err) = within(&project, 2_000_000, 60, "new rules/a.toml");
        assert!(code > 0 && out.is_empty(), "{query}: {code} {err}");
        assert!(err.contains("no attack was found"), "{query}: {err}");
    }
}

/// Lists of 20,000 items, as many unknown keys and index patterns, a pattern of a million wildcards.
#[cfg(target_os = "linux")]
#[test]
fn long_lists_keys_and_patterns_are_checked_in_time() {
    let list = |list: &str| long(list, 20_000, |number| format!("\"x{number}\""));
    let blocks = long(
        "network where cidrMatch(source.ip, ITEMS)",
        20_000,
        |number| format!("\"10.{}.{}.0/24\"", number / 256, number % 256),
    );
    let keys: Vec<String> = (0..20_000)
        .map(|number| format!("k{number} = 1\n"))
        .collect();
    let indices: Vec<String> = (0..20_000)
        .map(|number| format!("\"x{number}-*\","))
        .collect();
    let indices = indices.concat();
    for (what, text) in [
        ("in", list("process where process.name in (ITEMS)")),
        (":", list("process where process.name : (ITEMS)")),
        ("cidrMatch", blocks),
        (
            "patterns",
            long("process where process.name : (ITEMS)", 20_000, |number| {
                format!("\"*y{number:06}z*\"")
            }),
        ),
        ("keys", rule(SINGLE) + &keys.concat()),
        (
            "name",
            rule(&format!("process where {}b == 1", "a.".repeat(100_000))),
        ),
        (
            "index",
            rule(SINGLE).replace("index = [", &format!("index = [{indices}")),
        ),
        (
            "pattern",
            rule(&format!(
                "process where process.name : \"{}\"",
                "*a".repeat(1_000_000)
            )),
        ),
    ] {
        let project = tested();
        put(&project, "rules/a.toml", &text);
        for verb in ["check", "test"] {
            let (code, out, err) = within(&project, 2_500_000, 60, verb);
            assert!((0..=7).contains(&code), "{what} {verb}: {code} {out}{err}");
        }
    }
}

/// A capture is held in memory as a whole: one that is too large is refused while it is read.
#[cfg(target_os = "linux")]
#[test]
fn a_capture_that_does_not_fit_in_memory_is_refused() {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    let line = event("\"2024-01-01T00:00:00Z\"", "a.exe");
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..400_000 {
        packed.write_all(line.as_bytes()).unwrap();
    }
    let project = tested();
    std::fs::write(project.file("x.ndjson.gz"), packed.finish().unwrap()).unwrap();
    put(
        &project,
        "scenarios/a.yaml",
        "attack:\n  name: b\n  events_from: {file: ../x.ndjson.gz, label: {e: any where true}}\n  \
         expect: alert\n",
    );
    let (code, out, err) = within(&project, 1_500_000, 100, "test");
    assert!((1..=7).contains(&code), "{code} {out}{err}");
    let said = out + &err;
    assert!(said.contains("more than 256 MiB of events"), "{said}");
    assert!(
        said.contains("`events-from-mib` under `[limits]`"),
        "{said}"
    );
    put(&project, "trapline.toml", "[limits]\nevents-from = 10\n");
    let (_, out, err) = project.run_apart(&["test"]);
    let said = out + &err;
    assert!(said.contains("more than 10 events"), "{said}");
    put(
        &project,
        "trapline.toml",
        "[limits]\nevents-form = 10\nunpack-ratio = 0\n",
    );
    let (code, out, err) = project.run_apart(&["test"]);
    let said = out + &err;
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("unknown key `events-form`"), "{said}");
    assert!(said.contains("expected a number above 0"), "{said}");
}

/// A list of values is read whole or refused: one that is cut would let an alert through, or hide one.
#[test]
fn a_value_list_is_never_cut() {
    let item = "{\"list_id\":\"l\",\"item_id\":\"i\",\"name\":\"n\",\"namespace_type\":\"single\",\
        \"type\":\"simple\",\"os_types\":[],\"tags\":[],\"comments\":[],\"entries\":[{\"field\":\
        \"process.name\",\"operator\":\"included\",\"type\":\"list\",\"list\":{\"id\":\"v\",\"type\":\
        \"keyword\"}}]}\n";
    let alerts = |values: &str| {
        let project = tested();
        put(&project, "ex.ndjson", item);
        put(&project, "v", values);
        put(
            &project,
            "scenarios/a.yaml",
            &format!("exceptions: [../ex.ndjson]\n{SCENARIO}"),
        );
        let (code, out, err) = project.run_apart(&["test", "--accept"]);
        (code, out + &err)
    };
    let (code, hidden) = alerts("zzz\na.exe\n");
    assert_eq!(code, 1, "{hidden}");
    let (code, said) = alerts(&("z".repeat(17_000_000) + "\na.exe\n"));
    assert_ne!(code, 0, "{said}");
    assert!(
        said.contains("16 MiB") || said.contains("too large"),
        "{said}"
    );
}
