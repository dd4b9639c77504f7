//! One small event of every kind, and the fields that its pipeline makes of it.

mod powershell;
mod security;
mod sysmon;

use serde_json::json;

use super::*;

/// The document of an event with this header and data as the integrations make it, and whether its
/// data were mapped.
fn convert(channel: &str, provider: &str, id: u32, data: Json) -> (Json, bool) {
    convert_as(None, channel, provider, id, data)
}

/// The same for any shipper.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the data are written where it is called"
)]
pub(super) fn convert_as(
    shipper: Option<Shipper>,
    channel: &str,
    provider: &str,
    id: u32,
    data: Json,
) -> (Json, bool) {
    let event = json!({"Event": {
        "System": {
            "Provider": {"#attributes": {"Name": provider, "Guid": "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}"}},
            "EventID": id,
            "EventRecordID": 7,
            "Keywords": "0x8020000000000000",
            "Channel": channel,
            "Computer": "WS1.corp.example",
            "Execution": {"#attributes": {"ProcessID": 10, "ThreadID": 11}},
            "Security": {"#attributes": {"UserID": "S-1-5-18"}},
            "TimeCreated": {"#attributes": {"SystemTime": "2024-01-01T00:00:05.5Z"}},
        },
        "EventData": data,
    }});
    let options = Options {
        shipper,
        ..Options::default()
    };
    let text = event.to_string();
    let (mut documents, faults, counts) = read_with("event.json", text.as_bytes(), options);
    assert_eq!(faults, [""; 0]);
    let mapped = counts.header_only().count() == 0;
    (Json::Object(documents.pop().unwrap()), mapped)
}

/// The same, as Winlogbeat's pipelines make it.
fn winlogbeat(channel: &str, provider: &str, id: u32, data: Json) -> (Json, bool) {
    convert_as(Some(Shipper::Winlogbeat), channel, provider, id, data)
}

fn sysmon(id: u32, data: Json) -> Json {
    let channel = "Microsoft-Windows-Sysmon/Operational";
    let (document, mapped) = convert(channel, "Microsoft-Windows-Sysmon", id, data);
    assert!(mapped);
    document
}

fn security(id: u32, data: Json) -> Json {
    let provider = "Microsoft-Windows-Security-Auditing";
    let (document, mapped) = convert("Security", provider, id, data);
    assert!(mapped);
    document
}

/// Checks fields by JSON pointer (`/process/name`); `null` is a field that must be absent.
fn has(document: &Json, fields: &[(&str, Json)]) {
    for (pointer, expected) in fields {
        let actual = document.pointer(pointer).unwrap_or(&Json::Null);
        assert_eq!(actual, expected, "{pointer} in {document:#}");
    }
}

fn class(document: &Json, categories: &[&str], types: &[&str], action: &str) {
    has(
        document,
        &[
            ("/event/category", json!(categories)),
            ("/event/type", json!(types)),
            ("/event/action", json!(action)),
        ],
    );
}

#[test]
fn every_event_says_what_it_is_where_and_when() {
    let document = sysmon(5, json!({"UtcTime": "2024-01-01 00:00:01.250"}));
    has(
        &document,
        &[
            ("/@timestamp", json!("2024-01-01T00:00:01.250Z")),
            ("/event/created", json!("2024-01-01T00:00:05.500Z")),
            ("/event/code", json!("5")),
            ("/event/kind", json!("event")),
            ("/event/module", json!("windows")),
            ("/event/dataset", json!("windows.sysmon_operational")),
            ("/data_stream/dataset", json!("windows.sysmon_operational")),
            ("/event/provider", json!("Microsoft-Windows-Sysmon")),
            ("/host/name", json!("ws1.corp.example")),
            ("/host/id", json!("ws1.corp.example")),
            ("/host/os/type", json!("windows")),
            ("/winlog/computer_name", json!("WS1.corp.example")),
            ("/winlog/record_id", json!("7")),
            ("/winlog/event_id", json!("5")),
            ("/winlog/process/pid", json!(10)),
            ("/winlog/process/thread/id", json!(11)),
            ("/winlog/user/identifier", json!("S-1-5-18")),
            ("/user/id", json!("S-1-5-18")),
            ("/winlog/event_data", json!(null)),
        ],
    );
    class(&document, &["process"], &["end"], "Process terminated");
}

#[test]
fn defender_writes_names_without_spaces_in_the_integration_only() {
    let channel = "Microsoft-Windows-Windows Defender/Operational";
    let provider = "Microsoft-Windows-Windows Defender";
    let data = json!({
        "Threat Name": "Virus:DOS/EICAR", "Action Name": "Quarantine", "Process Name": r"C:\W\x.exe",
        "Detection User": r"CORP\bob", "FWLink": "https://example.com",
        "Path": r"file:_C:\T\a.tar.gz; process:_pid:7",
        "Error Description": "The operation completed successfully. ",
    });
    let (document, mapped) = convert(channel, provider, 1117, data.clone());
    assert!(mapped);
    class(&document, &["malware"], &["info"], "malware-quarantined");
    let evidence = json!([r"C:\T\a.tar.gz", "pid:7"]);
    has(
        &document,
        &[
            ("/event/dataset", json!("windows.windows_defender")),
            ("/event/outcome", json!("success")),
            ("/event/reference", json!("https://example.com")),
            ("/file/path", json!(r"C:\T\a.tar.gz")),
            ("/file/extension", json!("tar.gz")),
            ("/process/name", json!("x.exe")),
            ("/user", json!({"domain": "CORP", "name": "bob"})),
            ("/windows_defender/evidence_paths", evidence),
            ("/winlog/event_data/Threat_Name", json!("Virus:DOS/EICAR")),
        ],
    );
    let (document, mapped) = winlogbeat(channel, provider, 1117, data);
    assert!(!mapped);
    has(
        &document,
        &[
            ("/winlog/event_data/Threat Name", json!("Virus:DOS/EICAR")),
            ("/event/category", json!(null)),
        ],
    );
}

#[test]
fn applocker_has_a_data_stream_and_wmi_the_one_of_other_logs() {
    let event = json!({"Event": {
        "System": {
            "Provider": {"#attributes": {"Name": "Microsoft-Windows-AppLocker"}},
            "EventID": 8004, "Channel": "Microsoft-Windows-AppLocker/EXE and DLL",
            "Computer": "WS1", "TimeCreated": {"#attributes": {"SystemTime": "2024-01-01T00:00:00Z"}},
        },
        "UserData": {"RuleAndFileData": {
            "FullFilePath": r"C:\T\a.exe", "FileHash": "AB", "TargetProcessId": "7",
            "Fqbn": r"O=CORP, L=X, C=US\P\A.EXE\1.0",
        }},
    }});
    let (documents, _, counts) = read("x", event.to_string().as_bytes());
    has(
        &Json::Object(documents[0].clone()),
        &[
            ("/event/dataset", json!("windows.applocker_exe_and_dll")),
            ("/event/category", json!(["process"])),
            ("/file/name", json!("a.exe")),
            ("/file/hash/sha256", json!("AB")),
            ("/file/pe/original_file_name", json!("A.EXE")),
            ("/file/x509/subject/organization", json!(["CORP"])),
            ("/winlog/user_data/TargetProcessId", json!(7)),
        ],
    );
    assert_eq!(counts.header_only().count(), 0);
    let provider = "Microsoft-Windows-WMI-Activity";
    let channel = "Microsoft-Windows-WMI-Activity/Operational";
    let (document, mapped) = convert(channel, provider, 5857, json!({"ProviderName": "x"}));
    assert!(!mapped);
    has(&document, &[("/event/dataset", json!("winlog.winlog"))]);
}

#[test]
fn data_with_names_among_their_attributes_are_read() {
    let data = json!({"Data": [
        {"#attributes": {"Name": "Image"}, "#text": r"C:\W\x.exe"},
        {"#attributes": {"Name": "CommandLine"}, "#text": "x -a"},
        {"#attributes": {"Name": "RuleName"}},
    ]});
    let document = sysmon(1, data);
    has(
        &document,
        &[
            ("/process/name", json!("x.exe")),
            ("/process/command_line", json!("x -a")),
            ("/rule", json!(null)),
        ],
    );
}

#[test]
fn the_shipper_that_is_asked_for_decides_over_the_event() {
    let line = json!({
        "@timestamp": "2024-01-01T00:00:05.5Z", "_index": "winlogbeat-7.1.0",
        "agent": {"type": "winlogbeat", "id": "agent-1"}, "event": {"code": 5},
        "winlog": {
            "channel": "Microsoft-Windows-Sysmon/Operational", "event_id": 5,
            "provider_name": "Microsoft-Windows-Sysmon", "event_data": {"Image": r"C:\x.exe"},
        },
    });
    let read_as = |shipper| {
        let options = Options {
            shipper,
            ..Options::default()
        };
        let (mut documents, ..) = read_with("x", line.to_string().as_bytes(), options);
        Json::Object(documents.pop().unwrap())
    };
    has(
        &read_as(None),
        &[
            ("/_index", json!("winlogbeat-7.1.0")),
            ("/event/module", json!("sysmon")),
        ],
    );
    has(
        &read_as(Some(Shipper::Integration)),
        &[
            ("/_index", json!(null)),
            ("/agent", json!({"type": "filebeat", "id": "agent-1"})),
            ("/data_stream/dataset", json!("windows.sysmon_operational")),
        ],
    );
}

#[test]
fn system_7045_keeps_the_service_where_rules_look() {
    let data = json!({"ServiceName": "S", "ImagePath": r"%COMSPEC% /c x"});
    let (document, mapped) = convert("System", "Service Control Manager", 7045, data);
    assert!(!mapped);
    has(
        &document,
        &[
            ("/event/dataset", json!("system.system")),
            ("/event/provider", json!("Service Control Manager")),
            ("/winlog/event_data/ServiceName", json!("S")),
            ("/winlog/event_data/ImagePath", json!(r"%COMSPEC% /c x")),
        ],
    );
}

#[test]
fn winlogbeat_s_events_become_winlogbeat_s_documents() {
    let line = json!({
        "@timestamp": "2024-01-01T00:00:05.5Z",
        "agent": {"type": "winlogbeat", "id": "agent-1"},
        "host": {"name": "ws1", "id": "host-1"},
        "event": {"code": 4688, "provider": "Microsoft-Windows-Security-Auditing",
                  "action": "Process Creation", "outcome": "success"},
        "winlog": {
            "channel": "Security", "event_id": 4688, "record_id": 9, "computer_name": "WS1",
            "provider_name": "Microsoft-Windows-Security-Auditing", "task": "Process Creation",
            "process": {"pid": 4, "thread": {"id": 8}}, "keywords": ["Audit Success"],
            "event_data": {"NewProcessName": r"C:\W\x.exe", "NewProcessId": "0x10"},
        },
    });
    let (documents, faults, counts) = read("x", line.to_string().as_bytes());
    assert_eq!(faults, [""; 0]);
    assert_eq!(counts.forms[&EventForm::Winlogbeat], 1);
    has(
        &Json::Object(documents[0].clone()),
        &[
            ("/@timestamp", json!("2024-01-01T00:00:05.500Z")),
            ("/agent", json!({"type": "winlogbeat", "id": "agent-1"})),
            ("/host/id", json!("host-1")),
            ("/event/module", json!("security")),
            ("/event/dataset", json!(null)),
            ("/data_stream", json!(null)),
            ("/event/action", json!("created-process")),
            ("/process/name", json!("x.exe")),
            ("/winlog/task", json!("Process Creation")),
        ],
    );
}

#[test]
fn a_document_of_elastic_stays_as_it_is() {
    let line = r#"{"@timestamp":"2024-01-01T00:00:00Z","_index":"logs-x","event":{"category":["process"]},"host":{"id":"h"},"n":1.50}"#;
    let (documents, faults, counts) = read("x", line.as_bytes());
    assert_eq!(faults, [""; 0]);
    assert_eq!(Json::Object(documents[0].clone()).to_string(), line);
    assert_eq!((counts.documents, counts.without_host), (1, 0));
}

#[test]
fn an_import_of_an_import_changes_nothing() {
    let first = sysmon(1, json!({"Image": r"C:\W\x.exe", "CommandLine": "x -a"}));
    let (again, _, _) = read("x", first.to_string().as_bytes());
    assert_eq!(Json::Object(again[0].clone()), first);
}
