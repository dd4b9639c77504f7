//! `trapline explain`: why a case alerted, or why not.

use insta_cmd::assert_cmd_snapshot;

use crate::project::{Project, RULE};

#[test]
fn a_case_that_a_clause_stops_shows_the_clause_at_its_place() {
    let arguments = ["explain", RULE, "--case", "well-known accounts / SYSTEM"];
    assert_cmd_snapshot!(Project::shipped().trapline(&arguments));
}

#[test]
fn a_sequence_says_what_ended_it_and_by_how_much() {
    let project = Project::shipped();
    let explain = |case: &str| {
        let arguments = [
            "explain",
            RULE,
            "--source",
            "elastic_defend",
            "--case",
            case,
        ];
        project.run(&arguments).1
    };
    let late = explain("past maxspan");
    assert!(
        late.contains("stage 2, child: maxspan, 0.001s too late"),
        "{late}"
    );
    let early = explain("connection reported after the process");
    assert!(early.contains("order, 0.214s too early"), "{early}");
    let host = explain("another host");
    assert!(
        host.contains("stage 2, child: join host.id, has host-1, expects other-host"),
        "{host}"
    );
}

#[test]
fn an_alert_names_the_clauses_that_decided() {
    let arguments = [
        "explain",
        RULE,
        "--source",
        "elastic_defend",
        "--format",
        "json",
        "--case",
        "older direction value",
    ];
    let (code, text) = Project::shipped().run(&arguments);
    assert_eq!(code, 0);
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report[0]["alerted"], true);
    let clauses = report[0]["clauses"].as_array().unwrap();
    let decisive = |text: &str| {
        let found = clauses.iter().find(|clause| clause["clause"] == text);
        found.unwrap()["decisive"].as_bool().unwrap()
    };
    assert!(decisive("network.direction : \"incoming\""));
    assert!(!decisive("network.direction : \"ingress\""));
}

#[test]
fn an_unknown_case_is_named_with_the_nearest() {
    let arguments = ["explain", RULE, "--case", "past maxpan"];
    assert_cmd_snapshot!(Project::shipped().trapline(&arguments));
}

/// The recordings, each with what `../shared/corpus/README.md` says of it, in words of the report.
const RECORDINGS: &[(&str, &str, &[&str])] = &[
    (
        "empire",
        "empire_wmi_dcerpc_wmi_IWbemServices_ExecMethod.ecs.ndjson.zst",
        &["user.id : \"S-1-5-18\" is true"],
    ),
    (
        "covenant_sharpwmi",
        "covenant_sharpwmi_create_dcerpc_wmi.ecs.ndjson.zst",
        &["user.id : \"S-1-5-18\" is true", "order, 0.541s too early"],
    ),
    (
        "covenant_hijack",
        "covenant_wmi_wbemcomn_dll_hijack.ecs.ndjson.zst",
        &[
            "user.id : \"S-1-5-18\" is true",
            "?winlog.event_data.IntegrityLevel : \"System\" is true",
            "maxspan, 8.251s too late",
        ],
    ),
    (
        "impacket",
        "LM_wmiexec_impacket_sysmon_whoami.evtx",
        &["stage 1: no event meets it"],
    ),
    (
        "remote_registry",
        "wmi_remote_registry_sysmon.evtx",
        &["stage 2: no event meets it"],
    ),
];

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn each_recording_says_first_what_its_nearest_miss_lacks() {
    let captures = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus/captures");
    assert!(
        std::path::Path::new(captures).is_dir(),
        "../shared/corpus/captures is absent"
    );
    for (name, file, lacks) in RECORDINGS {
        let events = format!("{captures}/{file}");
        let arguments = ["explain", RULE, "--events", &events];
        let (code, text) = Project::shipped().run(&arguments);
        let text = text.replace(captures, "captures");
        assert_eq!(code, 0, "{text}");
        let first: String = text.lines().take_while(|line| !line.is_empty()).collect();
        for lack in *lacks {
            assert!(first.contains(lack), "{lack} is not in {first}");
        }
        insta::assert_snapshot!(format!("recording_{name}"), text);
    }
}

#[test]
fn a_recording_is_read_in_all_its_forms_and_counts_what_is_no_event() {
    let project = Project::shipped();
    let folder = tempfile::tempdir().unwrap();
    let event = |number: u32| {
        format!(
            r#"{{"@timestamp":"2024-01-01T00:00:{number:02}Z","event":{{"category":"process","type":"start"}},"host":{{"id":"a","os":{{"type":"windows"}}}},"user":{{"id":"S-1-5-21-1"}},"process":{{"name":"cmd.exe","executable":"C:\\cmd.exe","args":["cmd.exe"],"parent":{{"name":"WmiPrvSE.exe"}}}}}}"#
        )
    };
    let lines = format!("{}\nno event\n\n{}\n", event(1), event(2));
    let plain = folder.path().join("events.ndjson");
    std::fs::write(&plain, &lines).unwrap();
    let packed = folder.path().join("events.ndjson.gz");
    let mut gzip = flate2::write::GzEncoder::new(
        std::fs::File::create(&packed).unwrap(),
        flate2::Compression::fast(),
    );
    std::io::Write::write_all(&mut gzip, lines.as_bytes()).unwrap();
    gzip.finish().unwrap();
    let report = |file: &std::path::Path| {
        let file = file.to_str().unwrap();
        let arguments = ["explain", RULE, "--events", file, "--format", "json"];
        let (code, text) = project.run(&arguments);
        assert_eq!(code, 0, "{text}");
        let mut report: serde_json::Value = serde_json::from_str(&text).unwrap();
        report[0]["key"].take();
        report
    };
    let found = report(&plain);
    assert_eq!(found, report(&packed));
    assert_eq!(found[0]["recording"]["events"], 2);
    assert_eq!(found[0]["recording"]["bad_lines"], 1);
    assert_eq!(found[0]["stages"][0]["category"], 0);
    assert_eq!(found[0]["stages"][1]["matching"], 2);
}

#[test]
fn a_recording_that_alerts_names_its_events_and_what_decided() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.ndjson");
    let rpc = r#"{"@timestamp":"2024-01-01T00:00:00Z","event":{"category":"network"},"host":{"id":"a","os":{"type":"windows"}},"process":{"name":"svchost.exe"},"network":{"direction":"ingress"},"source":{"ip":"10.0.0.1","port":50000},"destination":{"port":50001}}"#;
    let child = r#"{"@timestamp":"2024-01-01T00:00:01Z","event":{"category":"process","type":"start"},"host":{"id":"a","os":{"type":"windows"}},"user":{"id":"S-1-5-21-1"},"process":{"name":"cmd.exe","executable":"C:\\cmd.exe","args":["cmd.exe"],"parent":{"name":"WmiPrvSE.exe"}}}"#;
    let mut lines = String::new();
    for _ in 0..3 {
        lines.push_str(&child.replace("WmiPrvSE", "explorer"));
        lines.push('\n');
    }
    std::fs::write(&file, format!("{lines}{rpc}\n{child}\n")).unwrap();
    let file = file.to_str().unwrap();
    let project = Project::shipped();
    let (code, text) = project.run(&["explain", RULE, "--events", file]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("1 match: event 4 + event 5"), "{text}");
    assert!(
        text.contains("process.parent.name : \"WmiPrvSE.exe\""),
        "{text}"
    );
    assert!(!text.contains("would alert"), "{text}");
}

#[test]
fn a_recording_that_is_not_there_or_holds_nothing_is_an_error() {
    let project = Project::shipped();
    let explain = |file: &str| project.run(&["explain", RULE, "--events", file]).0;
    assert_eq!(explain("no-such-file.ndjson"), 2);
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.ndjson");
    std::fs::write(&empty, "\n").unwrap();
    assert_eq!(explain(empty.to_str().unwrap()), 3);
    let arguments = ["explain", RULE, "--events", "x", "--source", "sysmn"];
    let (code, text) = project.run(&arguments);
    assert_eq!(code, 2, "{text}");
}

#[test]
fn the_page_of_a_word_ends_with_one_line_break() {
    let project = Project::shipped();
    for word in ["E310", "E113", "gap", "bare-term"] {
        let (code, page) = project.run(&["explain", word]);
        assert_eq!(code, 0, "{word}");
        assert!(
            page.ends_with('\n') && !page.ends_with("\n\n"),
            "{word}: {page}"
        );
    }
}
