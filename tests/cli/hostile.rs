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
    assert!(err.contains("came too late to be put in order"), "{err}");
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
