//! `trapline import`: documents out, bad input named, the smallest scenario written.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::project::Project;

/// A process start by Sysmon as NXLog ships it, under WMI, by a person.
const START: &str = r#"{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","SourceName":"Microsoft-Windows-Sysmon","UtcTime":"2020-09-21 04:14:53.831","EventTime":"2020-09-21 00:14:55","Hostname":"WORKSTATION6.theshire.local","Image":"C:\\Users\\sbeavers\\AppData\\evil.exe","CommandLine":"\"C:\\Users\\sbeavers\\AppData\\evil.exe\" -to 172.18.39.5 -as THESHIRE\\sbeavers","User":"THESHIRE\\sbeavers","ParentImage":"C:\\Windows\\explorer.exe","IntegrityLevel":"High"}"#;
const OTHER: &str = r#"{"EventID":5159,"Channel":"Security","SourceName":"Microsoft-Windows-Security-Auditing","EventTime":"2020-09-21 00:14:55","Hostname":"WORKSTATION6.theshire.local"}"#;

const RULE: &str = r#"[rule]
name = "Evil under a user's directory"
rule_id = "0d7e1c5a-6a52-4f0c-9f0e-111111111111"
type = "eql"
language = "eql"
risk_score = 47
severity = "medium"
index = ["logs-windows.sysmon_operational-*"]
query = '''
process where event.type == "start" and process.name : "evil.exe" and
  process.command_line : "*\\AppData\\evil.exe*" and
  not process.parent.name : "trusted.exe"
'''
"#;

fn project(events: &str) -> Project {
    Project::of(&[("rules/evil.toml", RULE), ("events.ndjson", events)])
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "callers read it with `?` and `let … else`"
)]
fn shared(folder: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = root.join("../shared/corpus").join(folder);
    assert!(found.is_dir(), "../shared/corpus/{folder} is absent");
    Some(found)
}

#[test]
fn events_come_out_as_documents_and_are_counted() {
    let project = project(&format!("{START}\n{OTHER}\n{START}\n"));
    let (code, out, err) = project.run_apart(&["import", "events.ndjson"]);
    assert_eq!(code, 0, "{err}");
    let documents: Vec<Json> = out
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(documents.len(), 3);
    // In the order of their times, whatever that of the file.
    assert_eq!(documents[0]["@timestamp"], "2020-09-21T00:14:55.000Z");
    assert_eq!(documents[1]["@timestamp"], "2020-09-21T04:14:53.831Z");
    assert_eq!(documents[1]["process"]["name"], "evil.exe");
    insta::assert_snapshot!(err, @r"
    3 events from 1 file (nxlog)
            2     1  Microsoft-Windows-Sysmon/Operational  not mapped: IntegrityLevel
            1  5159  Security  not mapped, kept under winlog.event_data
    1 event of 1 kind not mapped: the header is in ECS, the rest under winlog.event_data
    ");
    let (code, piped, _) = project.run_apart(&["import", "events.ndjson", "-o", "-"]);
    assert_eq!((code, piped), (0, out));
}

#[test]
fn a_file_is_written_whole_and_nothing_is_left_beside_it() {
    let project = project(&format!("{START}\nnonsense\n{START}\n"));
    let (code, out, err) = project.run_apart(&["import", "events.ndjson", "-o", "out/all.ndjson"]);
    assert_eq!((code, out.as_str()), (3, ""), "{err}");
    assert!(err.contains("events.ndjson:2: not valid JSON"), "{err}");
    assert!(err.contains("not read: 1 not a JSON object"), "{err}");
    let directory = project.path().join("out");
    let names: Vec<_> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["all.ndjson"]);
    let text = fs::read_to_string(directory.join("all.ndjson")).unwrap();
    assert_eq!(text.lines().count(), 2);
}

#[test]
fn the_form_may_be_said_and_must_be_known() {
    let project = project(START);
    let (code, _, err) = project.run_apart(&["import", "events.ndjson", "--source", "nxlog"]);
    assert_eq!(code, 0, "{err}");
    let (code, _, err) = project.run_apart(&["import", "events.ndjson", "--source", "nxlg"]);
    assert_eq!(code, 2);
    assert!(err.contains("did you mean `nxlog`?"), "{err}");
    let (code, _, err) = project.run_apart(&["import", "events.ndjson", "--source", "alert"]);
    assert_eq!(code, 3, "{err}");
    assert_eq!(project.run_apart(&["import", "none.evtx"]).0, 2);
    assert_eq!(
        project
            .run_apart(&["import", "events.ndjson", "--minimise"])
            .0,
        2
    );
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The first bit of the flags, in the entry's header and in the list of entries.
fn encrypted(mut archive: Vec<u8>) -> Vec<u8> {
    archive[6] |= 1;
    let list = archive.windows(4).position(|b| b == b"PK\x01\x02").unwrap();
    archive[list + 8] |= 1;
    archive
}

#[test]
fn bad_input_is_named_and_ends_with_3() {
    let bomb = [b"{\"@timestamp\":\"".to_vec(), vec![b'0'; 96 << 20]].concat();
    let event = r#"{"@timestamp":"2024-01-01T00:00:00Z","event":{"category":"process"}}"#;
    let array = format!("[{START},\n7,\n{event}]");
    let cases: [(&str, Vec<u8>, usize, &str); 10] = [
        (
            "unknown.bin",
            b"MZ\x90\0 nonsense".to_vec(),
            0,
            "neither an event log (EVTX), JSON",
        ),
        ("empty.json", Vec::new(), 0, "the file is empty"),
        (
            "bomb.zip",
            zip(&[("a.json", &bomb)]),
            0,
            "unpacks to more than 300 times its size",
        ),
        (
            "locked.zip",
            encrypted(zip(&[("a.json", event.as_bytes())])),
            0,
            "locked.zip/a.json: the entry is encrypted",
        ),
        (
            "broken.zip",
            b"PK\x03\x04 and no more".to_vec(),
            0,
            "list of entries",
        ),
        (
            "array.json",
            array.into_bytes(),
            2,
            "item 2: an event must be a JSON object",
        ),
        (
            "mixed.ndjson",
            format!("{event}\n{{\"x\":1}}\n{START}\n").into_bytes(),
            2,
            "mixed.ndjson:2: no form of event that is known; its keys are x",
        ),
        (
            "timeless.ndjson",
            format!("{{\"event\":{{\"category\":\"process\"}}}}\n{START}\n").into_bytes(),
            1,
            "timeless.ndjson:1: the event has no time",
        ),
        ("cut.evtx", b"ElfFile\0 and no more".to_vec(), 0, "cut.evtx"),
        ("binary.ndjson", vec![0xff; 3000], 0, "binary.ndjson"),
    ];
    let project = Project::of(&[]);
    for (name, bytes, documents, words) in cases {
        fs::write(project.path().join(name), bytes).unwrap();
        let (code, out, err) = project.run_apart(&["import", name]);
        assert_eq!(code, 3, "{name}: {err}");
        assert_eq!(out.lines().count(), documents, "{name}: {err}");
        assert!(err.contains(words), "{name}: {err}");
        assert!(err.contains("not read: "), "{name}: {err}");
    }
    fs::write(project.path().join("hostless.ndjson"), event).unwrap();
    let (code, _, err) = project.run_apart(&["import", "hostless.ndjson"]);
    assert_eq!(code, 0);
    assert!(err.contains("1 event without host"), "{err}");
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn of_damaged_event_logs_the_rest_is_read() {
    let Some(captures) = shared("captures") else {
        return;
    };
    let log = fs::read(captures.join("wmi_remote_registry_sysmon.evtx")).unwrap();
    let project = Project::of(&[]);
    fs::write(project.path().join("cut.evtx"), &log[..40_000]).unwrap();
    let (code, out, err) = project.run_apart(&["import", "cut.evtx"]);
    assert_eq!(code, 3);
    assert!(out.lines().count() > 0, "{err}");
    assert!(err.contains("chunk 1: the last chunk is cut off"), "{err}");
    let mut corrupt = log.clone();
    corrupt[4096 + 600..4096 + 1200].fill(0xff);
    // A second chunk that is whole.
    corrupt.extend_from_slice(&log[4096..]);
    fs::write(project.path().join("corrupt.evtx"), &corrupt).unwrap();
    let (code, out, err) = project.run_apart(&["import", "corrupt.evtx"]);
    assert_eq!(code, 3);
    assert_eq!(out.lines().count(), 13, "{err}");
    assert!(err.contains("corrupt.evtx, chunk 1"), "{err}");
}

#[test]
fn the_smallest_scenario_has_no_names_in_it_and_passes() {
    let project = project(&format!("{OTHER}\n{START}\n{OTHER}\n"));
    let arguments = [
        "import",
        "events.ndjson",
        "--rule",
        "rules/evil.toml",
        "--minimise",
    ];
    let (code, _, err) = project.run_apart(&arguments);
    assert_eq!(code, 0, "{err}");
    let first = fs::read_to_string(project.path().join("scenarios/evil.yaml")).unwrap();
    insta::assert_snapshot!(first, @r#"
    sources: [sysmon]
    attack:
      name: events
      events:
        process:
          is: process
          process.command_line: '"C:\Users\user-1\AppData\evil.exe"'
          process.name: evil.exe
      expect: {alert: [process]}
    "#);
    for line in [
        "scenarios/evil.yaml: \"events\" in 9 lines",
        "  alert process\n",
        "  user     sbeavers → user-1\n",
        "next: trapline test scenarios/evil.yaml\n",
    ] {
        assert!(err.contains(line), "{line} is not in\n{err}");
    }
    let (code, out) = project.run(&["test"]);
    assert_eq!(code, 0, "{out}");

    let (code, _, err) = project.run_apart(&arguments);
    assert_eq!(code, 0, "{err}");
    let both = fs::read_to_string(project.path().join("scenarios/evil.yaml")).unwrap();
    assert!(both.starts_with(&first), "what was there is as it was");
    assert!(both.contains("name: events 2"), "{both}");
    let (code, out) = project.run(&["test", "--strict"]);
    assert_eq!(code, 0, "{out}");
}

#[test]
fn names_stay_where_nobody_scrubs() {
    let project = project(START);
    let arguments = [
        "import",
        "events.ndjson",
        "--rule",
        "rules/evil.toml",
        "--minimise",
    ];
    let (code, out, err) =
        project.run_apart(&[&arguments[..], &["--no-scrub", "-o", "-"]].concat());
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("sbeavers"), "{out}");
    assert!(!project.path().join("scenarios").exists());
    let (code, out, err) = project.run_apart(&[&arguments[..], &["-o", "-"]].concat());
    assert_eq!(code, 0, "{err}");
    assert!(!out.contains("sbeavers"), "{out}");
}

#[test]
fn a_benign_scenario_is_stopped_by_the_same_clause() {
    let trusted = START.replace("explorer.exe", "trusted.exe");
    let project = project(&format!("{OTHER}\n{trusted}\n"));
    let arguments = [
        "import",
        "events.ndjson",
        "--rule",
        "rules/evil.toml",
        "--minimise",
    ];
    let (code, _, err) = project.run_apart(&arguments);
    assert_eq!(code, 1);
    assert!(
        err.contains("process.parent.name : \"trusted.exe\""),
        "{err}"
    );
    assert!(!project.path().join("scenarios").exists());
    let benign = [
        &arguments[..],
        &["--as", "benign", "--name", "a trusted parent"],
    ]
    .concat();
    let (code, _, err) = project.run_apart(&benign);
    assert_eq!(code, 0, "{err}");
    assert!(
        err.contains("no alert: process.parent.name : \"trusted.exe\""),
        "{err}"
    );
    let text = fs::read_to_string(project.path().join("scenarios/evil.yaml")).unwrap();
    insta::assert_snapshot!(text, @r#"
    sources: [sysmon]
    attack:
      name: a trusted parent but not stopped
      events:
        process:
          is: process
          process.command_line: '"C:\Users\user-1\AppData\evil.exe"'
          process.name: evil.exe
      expect: {alert: [process]}
    cases:
      - name: a trusted parent
        change: {process: {process.parent.name: trusted.exe}}
        expect: none
        because: 'process.parent.name : "trusted.exe"'
    "#);
    let (code, out) = project.run(&["test", "--strict"]);
    assert_eq!(code, 0, "{out}");
}

/// The captures, whether the newer form of the WMI rule alerts, and what stops ours.
const CAPTURES: [(&str, bool, &[&str]); 5] = [
    (
        "empire_wmi_dcerpc_wmi_IWbemServices_ExecMethod.zip",
        true,
        &["user.id : \"S-1-5-18\""],
    ),
    (
        "covenant_sharpwmi_create_dcerpc_wmi.zip",
        false,
        &["user.id : \"S-1-5-18\"", "order"],
    ),
    (
        "covenant_wmi_wbemcomn_dll_hijack.zip",
        false,
        &["user.id : \"S-1-5-18\"", "IntegrityLevel", "maxspan"],
    ),
    ("LM_wmiexec_impacket_sysmon_whoami.evtx", false, &[]),
    ("wmi_remote_registry_sysmon.evtx", false, &[]),
];

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn captures_become_scenarios_of_few_lines_without_their_names() {
    let (Some(captures), Some(rules)) = (shared("captures"), shared("rules")) else {
        return;
    };
    let ours = "rules/windows/lateral_movement_incoming_wmi.toml";
    let ours = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(ours)).unwrap();
    let newer = rules.join("rules/windows/lateral_movement_incoming_wmi.toml");
    let newer = fs::read_to_string(newer).unwrap();
    let project = Project::of(&[("rules/ours.toml", &ours), ("rules/newer.toml", &newer)]);
    for (capture, alerts, stopped_by) in CAPTURES {
        let file = captures.join(capture);
        let file = file.to_str().unwrap();
        for (rule, alerts) in [("rules/newer.toml", alerts), ("rules/ours.toml", false)] {
            let show = if alerts { "attack" } else { "benign" };
            let minimise = ["import", file, "--rule", rule, "--minimise", "--as", show];
            let (code, _, err) = project.run_apart(&minimise);
            assert_eq!(code, 0, "{capture} {rule}: {err}");
            if alerts {
                assert!(err.contains("alert network, process"), "{err}");
                continue;
            }
            for clause in stopped_by.iter().filter(|_| rule.contains("ours")) {
                assert!(err.contains(clause), "{capture}: {err}");
            }
        }
        without_names(&project, file);
    }
    for rule in ["newer", "ours"] {
        let scenarios = project.path().join(format!("scenarios/{rule}.yaml"));
        let text = fs::read_to_string(scenarios).unwrap();
        for scenario in text.split("---\n") {
            assert!(scenario.lines().count() <= 15, "{scenario}");
        }
    }
    let (code, out) = project.run(&["test", "--strict"]);
    assert_eq!(code, 0, "{out}");
}

/// No name of a user or host of the capture stands in the scenarios.
fn without_names(project: &Project, capture: &str) {
    let (_, out, _) = project.run_apart(&["import", capture]);
    let mut texts = String::new();
    for file in fs::read_dir(project.path().join("scenarios")).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            texts.push_str(&fs::read_to_string(path).unwrap().to_lowercase());
        }
    }
    let mut names = std::collections::BTreeSet::new();
    for line in out.lines() {
        let document: Json = serde_json::from_str(line).unwrap();
        for pointer in [
            "/user/name",
            "/host/name",
            "/winlog/computer_name",
            "/user/domain",
        ] {
            if let Some(name) = document.pointer(pointer).and_then(Json::as_str) {
                names.extend(name.split('.').map(str::to_lowercase));
            }
        }
    }
    // Names that are words of every Windows: accounts of the system, and of YAML.
    let common = [
        "system",
        "local",
        "network service",
        "nt authority",
        "local service",
    ];
    names.retain(|name| name.len() > 3 && !common.contains(&name.as_str()));
    assert!(!names.is_empty());
    for name in names {
        assert!(
            !texts.contains(&name),
            "`{name}` of {capture} is left:\n{texts}"
        );
    }
}

const FROM: &str = r"
rule: ../rules/RULE.toml
sources: [sysmon]
attack:
  name: CAPTURE by RULE
  events_from: {file: 'FILE', source: sysmon}
  expect: EXPECT
";

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn scenarios_take_the_originals_and_give_what_is_known_of_them() {
    let (Some(captures), Some(rules)) = (shared("captures"), shared("rules")) else {
        return;
    };
    let ours = "rules/windows/lateral_movement_incoming_wmi.toml";
    let ours = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(ours)).unwrap();
    let newer = rules.join("rules/windows/lateral_movement_incoming_wmi.toml");
    let newer = fs::read_to_string(newer).unwrap();
    let mut scenarios = Vec::new();
    for (capture, alerts, _) in CAPTURES {
        for (rule, alerts) in [("newer", alerts), ("ours", false)] {
            let file = captures.join(capture).canonicalize().unwrap();
            let expect = if alerts { "{alerts: 1}" } else { "none" };
            let text = FROM.replace("RULE", rule).replace("CAPTURE", capture);
            let text = text.replace("FILE", file.to_str().unwrap());
            scenarios.push(text.replace("EXPECT", expect));
        }
    }
    let project = Project::of(&[
        ("rules/ours.toml", &ours),
        ("rules/newer.toml", &newer),
        ("scenarios/all.yaml", &scenarios.join("---")),
    ]);
    let allowed = captures.to_str().unwrap();
    let (code, out) = project.run(&["test", "--format", "json", "--allow-dir", allowed]);
    assert_eq!(code, 6, "only unreviewed snapshots: {out}");
    let report: Json = serde_json::from_str(&out).unwrap();
    let checks = report["checks"].as_array().unwrap();
    assert_eq!(checks.len(), 10);
    for check in checks {
        assert_eq!(check["verdict"], "passed", "{check}");
    }
    for (capture, _, stopped_by) in CAPTURES {
        let file = captures.join(capture);
        let explain = [
            "explain",
            "rules/ours.toml",
            "--events",
            file.to_str().unwrap(),
        ];
        let (code, out, err) = project.run_apart(&explain);
        assert_eq!(code, 0, "{capture}: {err}");
        for clause in stopped_by {
            assert!(out.contains(clause), "{capture}: {clause} is not in\n{out}");
        }
    }
}
