//! One small event of every kind, and the fields that its pipeline makes of it.

use serde_json::json;

use super::*;

/// The document of an event with this header and data, and whether its data were mapped.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the data are written where it is called"
)]
fn convert(channel: &str, provider: &str, id: u32, data: Json) -> (Json, bool) {
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
    let (mut documents, faults, counts) = read("event.json", event.to_string().as_bytes());
    assert_eq!(faults, [""; 0]);
    let mapped = counts.unmapped().count() == 0;
    (Json::Object(documents.pop().unwrap()), mapped)
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
fn sysmon_1_has_process_parent_hashes_and_the_owner() {
    let document = sysmon(
        1,
        json!({
            "RuleName": "technique_id=T1047",
            "ProcessGuid": "{a}", "ProcessId": 42, "Image": r"C:\W\x.exe",
            "CommandLine": r#""C:\W\x.exe" /c "a b""#, "CurrentDirectory": r"C:\",
            "User": r"CORP\bob", "IntegrityLevel": "High", "LogonId": "0x3e7",
            "LogonGuid": "{00000000-0000-0000-0000-000000000000}",
            "Hashes": "MD5=AB,IMPHASH=CD", "OriginalFileName": "X.EXE", "Company": "-",
            "Product": "P",
            "ParentProcessGuid": "{b}", "ParentProcessId": 7,
            "ParentImage": r"C:\W\p.exe", "ParentCommandLine": "p.exe -k",
        }),
    );
    class(&document, &["process"], &["start"], "Process creation");
    has(
        &document,
        &[
            ("/rule/name", json!("technique_id=T1047")),
            ("/process/entity_id", json!("{a}")),
            ("/process/pid", json!(42)),
            ("/process/executable", json!(r"C:\W\x.exe")),
            ("/process/name", json!("x.exe")),
            ("/process/args", json!([r"C:\W\x.exe", "/c", "a b"])),
            ("/process/args_count", json!(3)),
            ("/process/working_directory", json!(r"C:\")),
            ("/process/hash/md5", json!("ab")),
            ("/process/pe/imphash", json!("cd")),
            ("/process/pe/original_file_name", json!("X.EXE")),
            ("/process/pe/product", json!("P")),
            ("/process/pe/company", json!(null)),
            ("/process/parent/entity_id", json!("{b}")),
            ("/process/parent/pid", json!(7)),
            ("/process/parent/name", json!("p.exe")),
            ("/process/parent/args", json!(["p.exe", "-k"])),
            ("/user/id", json!("S-1-5-18")),
            ("/user/name", json!("bob")),
            ("/user/domain", json!("CORP")),
            ("/related/user", json!(["bob"])),
            ("/related/hash", json!(["ab", "cd"])),
            (
                "/winlog/event_data",
                json!({"IntegrityLevel": "High", "LogonId": "0x3e7", "Product": "P"}),
            ),
        ],
    );
}

#[test]
fn sysmon_3_tells_direction_by_who_initiated() {
    let data = |initiated: bool| {
        json!({
            "Image": r"C:\W\svchost.exe", "Protocol": "tcp", "Initiated": initiated,
            "SourceIsIpv6": false, "SourceIp": "10.0.0.1", "SourcePort": 49152,
            "SourceHostname": "a", "DestinationIsIpv6": false, "DestinationIp": "10.0.0.2",
            "DestinationPort": "135", "DestinationHostname": "-", "DestinationPortName": "epmap",
        })
    };
    let document = sysmon(3, data(false));
    let types = ["start", "connection", "protocol"];
    class(&document, &["network"], &types, "Network connection");
    has(
        &document,
        &[
            ("/network/direction", json!("ingress")),
            ("/network/transport", json!("tcp")),
            ("/network/type", json!("ipv4")),
            ("/network/protocol", json!("epmap")),
            ("/source/ip", json!("10.0.0.1")),
            ("/source/port", json!(49152)),
            ("/source/domain", json!("a")),
            ("/destination/ip", json!("10.0.0.2")),
            ("/destination/port", json!(135)),
            ("/destination/domain", json!(null)),
            ("/related/ip", json!(["10.0.0.1", "10.0.0.2"])),
            ("/winlog/event_data", json!(null)),
        ],
    );
    has(
        &sysmon(3, data(true)),
        &[("/network/direction", json!("egress"))],
    );
}

#[test]
fn sysmon_6_and_7_load_a_file_and_no_dll() {
    for (id, categories, types, action) in [
        (6, ["driver"], ["start"], "Driver loaded"),
        (7, ["process"], ["change"], "Image loaded"),
    ] {
        let document = sysmon(
            id,
            json!({
                "ImageLoaded": r"C:\W\a.dll", "Hashes": "SHA256=EF,IMPHASH=CD", "Signed": "true",
                "Signature": "Contoso", "SignatureStatus": "Expired", "OriginalFileName": "A.DLL",
            }),
        );
        class(&document, &categories, &types, action);
        has(
            &document,
            &[
                ("/file/path", json!(r"C:\W\a.dll")),
                ("/file/name", json!("a.dll")),
                ("/file/directory", json!(r"C:\W")),
                ("/file/extension", json!("dll")),
                ("/file/hash/sha256", json!("ef")),
                ("/file/pe/imphash", json!("cd")),
                ("/file/pe/original_file_name", json!("A.DLL")),
                ("/file/code_signature/subject_name", json!("Contoso")),
                ("/file/code_signature/status", json!("Expired")),
                ("/file/code_signature/signed", json!(true)),
                ("/file/code_signature/valid", json!(null)),
                ("/dll", json!(null)),
            ],
        );
    }
}

#[test]
fn sysmon_8_and_10_are_about_the_process_that_reaches_into_another() {
    for (id, guid, kind, action) in [
        (8, "SourceProcessGuid", "change", "CreateRemoteThread"),
        (10, "SourceProcessGUID", "access", "ProcessAccess"),
    ] {
        let document = sysmon(
            id,
            json!({
                guid: "{a}", "SourceProcessId": 5, "SourceThreadId": 6,
                "SourceImage": r"C:\W\s.exe", "TargetProcessGuid": "{b}",
                "TargetImage": r"C:\W\lsass.exe", "GrantedAccess": "0x1010",
            }),
        );
        class(&document, &["process"], &[kind], action);
        has(
            &document,
            &[
                ("/process/entity_id", json!("{a}")),
                ("/process/pid", json!(5)),
                ("/process/thread/id", json!(6)),
                ("/process/name", json!("s.exe")),
                ("/winlog/event_data/TargetProcessGUID", json!("{b}")),
                ("/winlog/event_data/TargetImage", json!(r"C:\W\lsass.exe")),
                ("/winlog/event_data/GrantedAccess", json!("0x1010")),
            ],
        );
    }
}

#[test]
fn sysmon_file_events_have_the_path_and_its_parts() {
    for (id, kind, action) in [
        (2, "change", "A process changed a file creation time"),
        (11, "creation", "FileCreate"),
        (15, "access", "FileCreateStreamHash"),
        (23, "deletion", "FileDelete (File Delete archived)"),
        (26, "deletion", "FileDeleteDetected (File Delete logged)"),
    ] {
        let document = sysmon(
            id,
            json!({"TargetFilename": r"C:\T\a.txt", "CreationUtcTime": "2024-01-01 00:00:00.000"}),
        );
        class(&document, &["file"], &[kind], action);
        has(
            &document,
            &[
                ("/file/path", json!(r"C:\T\a.txt")),
                ("/file/name", json!("a.txt")),
                ("/file/directory", json!(r"C:\T")),
                ("/file/extension", json!("txt")),
                (
                    "/winlog/event_data/CreationUtcTime",
                    json!("2024-01-01 00:00:00.000"),
                ),
            ],
        );
    }
}

#[test]
fn sysmon_15_hashes_the_file_and_23_what_the_pipeline_calls_the_process() {
    let stream = sysmon(15, json!({"Hash": "MD5=AB", "Contents": "[Zone]"}));
    has(
        &stream,
        &[
            ("/file/hash/md5", json!("ab")),
            ("/winlog/event_data/Contents", json!("[Zone]")),
        ],
    );
    let deleted = sysmon(
        23,
        json!({"Hashes": "MD5=AB", "Archived": true, "IsExecutable": "false"}),
    );
    has(
        &deleted,
        &[
            ("/process/hash/md5", json!("ab")),
            ("/sysmon/file/archived", json!(true)),
            ("/sysmon/file/is_executable", json!(false)),
        ],
    );
}

#[test]
fn sysmon_12_to_14_are_registry_events() {
    for (id, action) in [
        (12, "RegistryEvent (Object create and delete)"),
        (13, "RegistryEvent (Value Set)"),
        (14, "RegistryEvent (Key and Value Rename)"),
    ] {
        let document = sysmon(
            id,
            json!({
                "EventType": "SetValue", "TargetObject": r"HKLM\SOFTWARE\K\V",
                "Details": "DWORD (0x0000000a)",
            }),
        );
        class(
            &document,
            &["configuration", "registry"],
            &["change"],
            action,
        );
        has(
            &document,
            &[
                ("/registry/path", json!(r"HKLM\SOFTWARE\K\V")),
                ("/registry/hive", json!("HKLM")),
                ("/registry/key", json!(r"SOFTWARE\K\V")),
                ("/registry/value", json!("V")),
                ("/registry/data/strings", json!(["10"])),
                ("/registry/data/type", json!("SZ_DWORD")),
                ("/winlog/event_data/EventType", json!("SetValue")),
            ],
        );
    }
}

#[test]
fn sysmon_17_and_18_name_a_pipe() {
    for (id, kind, action) in [
        (17, "creation", "PipeEvent (Pipe Created)"),
        (18, "access", "PipeEvent (Pipe Connected)"),
    ] {
        let document = sysmon(id, json!({"PipeName": r"\lsass"}));
        class(&document, &["file"], &[kind], action);
        let fields = [
            ("/file/name", json!(r"\lsass")),
            ("/file/path", json!(null)),
        ];
        has(&document, &fields);
    }
}

#[test]
fn sysmon_22_has_question_answers_and_addresses() {
    let document = sysmon(
        22,
        json!({
            "QueryName": "a.example.com", "QueryStatus": 0,
            "QueryResults": "type:  5 b.example.com;::ffff:192.0.2.1;",
        }),
    );
    let types = ["connection", "protocol", "info"];
    class(&document, &["network"], &types, "DNSEvent (DNS query)");
    let answers = json!([
        {"type": "CNAME", "data": "b.example.com"},
        {"type": "A", "data": "192.0.2.1"},
    ]);
    has(
        &document,
        &[
            ("/dns/question/name", json!("a.example.com")),
            ("/dns/answers", answers),
            ("/dns/resolved_ip", json!(["192.0.2.1"])),
            ("/sysmon/dns/status", json!("SUCCESS")),
            ("/network/protocol", json!("dns")),
        ],
    );
}

#[test]
fn sysmon_25_changes_a_process_and_255_fails() {
    let document = sysmon(
        25,
        json!({"Image": r"C:\W\x.exe", "Type": "Image is replaced"}),
    );
    let action = "ProcessTampering (Process image change)";
    class(&document, &["process"], &["change"], action);
    has(
        &document,
        &[("/winlog/event_data/Type", json!("Image is replaced"))],
    );
    let error = sysmon(255, json!({"ID": "x"}));
    has(
        &error,
        &[
            ("/event/outcome", json!("failure")),
            ("/event/type", json!(null)),
        ],
    );
}

fn subject() -> Json {
    json!({
        "SubjectUserSid": "S-1-5-21-1", "SubjectUserName": "bob", "SubjectDomainName": "CORP",
        "SubjectLogonId": "0x3e7",
    })
}

fn with_subject(more: Json) -> Json {
    let (Json::Object(mut data), Json::Object(more)) = (subject(), more) else {
        panic!("no objects");
    };
    data.extend(more);
    Json::Object(data)
}

#[test]
fn security_4688_keeps_quotes_and_knows_no_parent_command_line() {
    let document = security(
        4688,
        with_subject(json!({
            "NewProcessId": "0x2a", "NewProcessName": r"C:\W\cmd.exe", "ProcessId": "0x7",
            "ParentProcessName": r"C:\W\p.exe", "CommandLine": r#""cmd.exe" /c "a b" "#,
            "MandatoryLabel": "S-1-16-12288", "TokenElevationType": "%%1936",
            "TargetUserSid": "S-1-5-21-2", "TargetUserName": "eve", "TargetDomainName": "-",
        })),
    );
    class(&document, &["process"], &["start"], "created-process");
    has(
        &document,
        &[
            ("/event/outcome", json!("success")),
            ("/event/dataset", json!("system.security")),
            ("/process/pid", json!(42)),
            ("/process/name", json!("cmd.exe")),
            ("/process/args", json!(["\"cmd.exe\"", "/c", "\"a", "b\""])),
            ("/process/args_count", json!(4)),
            ("/process/parent/pid", json!(7)),
            ("/process/parent/name", json!("p.exe")),
            ("/process/parent/command_line", json!(null)),
            ("/process/entity_id", json!(null)),
            ("/user/id", json!("S-1-5-21-1")),
            ("/user/name", json!("bob")),
            ("/user/effective/id", json!("S-1-5-21-2")),
            ("/user/effective/name", json!("eve")),
            ("/user/effective/domain", json!(null)),
            ("/winlog/logon/id", json!("0x3e7")),
            ("/winlog/event_data/MandatoryLabel", json!("S-1-16-12288")),
            ("/winlog/event_data/TargetDomainName", json!(null)),
        ],
    );
}

#[test]
fn security_logons_are_about_the_one_who_logs_on() {
    for (id, kind, action) in [
        (4624, "start", "logged-in"),
        (4625, "start", "logon-failed"),
        (4634, "end", "logged-out"),
        (4647, "end", "logged-out"),
    ] {
        let document = security(
            id,
            with_subject(json!({
                "TargetUserSid": "S-1-5-21-2", "TargetUserName": "eve", "TargetDomainName": "CORP",
                "TargetLogonId": "0x9", "LogonType": 10, "IpAddress": "10.0.0.9", "IpPort": "0",
                "WorkstationName": "WS2", "ProcessId": "0x10", "ProcessName": r"C:\W\lsass.exe",
            })),
        );
        class(&document, &["authentication"], &[kind], action);
        has(
            &document,
            &[
                ("/user/id", json!("S-1-5-21-2")),
                ("/user/name", json!("eve")),
                ("/winlog/logon/id", json!("0x9")),
                ("/winlog/logon/type", json!("RemoteInteractive")),
                ("/source/ip", json!("10.0.0.9")),
                ("/source/port", json!(0)),
                ("/source/domain", json!("WS2")),
                ("/process/pid", json!(16)),
                ("/process/name", json!("lsass.exe")),
            ],
        );
    }
}

#[test]
fn security_4625_says_why() {
    let data =
        json!({"FailureReason": "%%2313", "Status": "0xC000006D", "SubStatus": "0xC0000064"});
    let reason = "Unknown user name or bad password.";
    let sub_status = "User logon with misspelled or bad user account";
    has(
        &security(4625, data),
        &[
            ("/winlog/logon/failure/reason", json!(reason)),
            ("/winlog/logon/failure/sub_status", json!(sub_status)),
        ],
    );
}

#[test]
fn security_4648_acts_for_another() {
    let document = security(4648, with_subject(json!({"TargetUserName": "eve"})));
    class(
        &document,
        &["authentication"],
        &["start"],
        "logged-in-explicit",
    );
    let users = [
        ("/user/name", json!("bob")),
        ("/user/effective/name", json!("eve")),
    ];
    has(&document, &users);
}

#[test]
fn security_4657_names_the_hive_as_users_do() {
    let document = security(
        4657,
        with_subject(json!({
            "ObjectName": r"\REGISTRY\MACHINE\SOFTWARE\K", "ObjectValueName": "V", "NewValue": "x",
            "ProcessId": "0x5", "ProcessName": r"C:\W\reg.exe",
        })),
    );
    class(
        &document,
        &["registry", "configuration"],
        &["change"],
        "registry-value-modified",
    );
    has(
        &document,
        &[
            ("/registry/path", json!(r"HKLM\SOFTWARE\K\V")),
            ("/registry/hive", json!("HKLM")),
            ("/registry/value", json!("V")),
            ("/registry/data/strings", json!(["x"])),
            ("/process/name", json!("reg.exe")),
        ],
    );
}

#[test]
fn security_administration_has_its_classes() {
    for (id, categories, types, action) in [
        (
            1102,
            &["iam"][..],
            &["admin", "change"][..],
            "audit-log-cleared",
        ),
        (4672, &["iam"], &["admin"], "logged-in-special"),
        (4689, &["process"], &["end"], "exited-process"),
        (
            4697,
            &["iam", "configuration"],
            &["admin", "change"],
            "service-installed",
        ),
        (
            4698,
            &["iam", "configuration"],
            &["creation", "admin"],
            "scheduled-task-created",
        ),
        (4720, &["iam"], &["user", "creation"], "added-user-account"),
    ] {
        let document = security(
            id,
            with_subject(json!({"TaskName": r"\T", "ServiceName": "S"})),
        );
        class(&document, categories, types, action);
        has(
            &document,
            &[
                ("/user/name", json!("bob")),
                ("/user/id", json!("S-1-5-21-1")),
                ("/winlog/event_data/TaskName", json!(r"\T")),
            ],
        );
    }
}

#[test]
fn security_1102_finds_its_subject_in_the_user_data() {
    let event = json!({"Event": {
        "System": {
            "Provider": {"#attributes": {"Name": "Microsoft-Windows-Eventlog"}},
            "EventID": 1102, "Channel": "Security",
            "TimeCreated": {"#attributes": {"SystemTime": "2024-01-01T00:00:00Z"}},
        },
        "UserData": {"LogFileCleared": {"SubjectUserName": "bob", "SubjectUserSid": "S-1-5-21-1"}},
    }});
    let (documents, _, counts) = read("x", event.to_string().as_bytes());
    let document = Json::Object(documents[0].clone());
    has(
        &document,
        &[
            ("/event/action", json!("audit-log-cleared")),
            ("/user/name", json!("bob")),
            ("/winlog/user_data/SubjectUserName", json!("bob")),
            ("/winlog/event_data", json!(null)),
        ],
    );
    assert_eq!(counts.without_host, 1);
}

#[test]
fn security_4697_and_4720_name_service_and_account() {
    let service =
        json!({"ServiceName": "S", "ServiceType": "0x10", "ServiceFileName": r"C:\s.exe"});
    has(
        &security(4697, with_subject(service)),
        &[
            ("/service/name", json!("S")),
            ("/service/type", json!("Win32 Own Process")),
            ("/winlog/event_data/ServiceFileName", json!(r"C:\s.exe")),
        ],
    );
    let account = json!({"TargetUserName": "new", "TargetSid": "S-1-5-21-3"});
    has(
        &security(4720, with_subject(account)),
        &[
            ("/user/name", json!("bob")),
            ("/user/target/name", json!("new")),
            ("/user/target/id", json!("S-1-5-21-3")),
        ],
    );
}

#[test]
fn security_5140_and_5145_reach_a_share() {
    let data = json!({
        "IpAddress": "10.0.0.9", "IpPort": "50000", "ShareName": r"\\*\C$",
        "ShareLocalPath": r"\??\C:\", "RelativeTargetName": r"W\a.dll",
    });
    let document = security(5145, with_subject(data));
    let action = "network-share-object-access-checked";
    class(&document, &["network", "file"], &["info", "access"], action);
    has(
        &document,
        &[
            ("/source/ip", json!("10.0.0.9")),
            ("/file/name", json!(r"W\a.dll")),
            ("/file/extension", json!("dll")),
            ("/file/directory", json!(r"\??\C:\")),
            ("/file/target_path", json!(r"\\*\C$\W\a.dll")),
        ],
    );
    let document = security(5140, with_subject(json!({"ShareLocalPath": "-"})));
    let action = "network-share-object-accessed";
    class(&document, &["network", "file"], &["info", "access"], action);
    has(&document, &[("/file", json!(null))]);
}

#[test]
fn security_5156_reaches_the_index_unmapped_and_is_counted_so() {
    let provider = "Microsoft-Windows-Security-Auditing";
    let data = json!({"SourceAddress": "10.0.0.1", "DestPort": "135"});
    let (document, mapped) = convert("Security", provider, 5156, data);
    assert!(!mapped);
    has(
        &document,
        &[
            ("/event/category", json!(null)),
            ("/event/outcome", json!("success")),
            ("/winlog/event_data/DestPort", json!("135")),
            ("/source", json!(null)),
        ],
    );
}

#[test]
fn powershell_4104_is_the_text_of_a_script_block() {
    let channel = "Microsoft-Windows-PowerShell/Operational";
    let data = json!({
        "MessageNumber": 1, "MessageTotal": 2, "ScriptBlockText": "Get-X", "ScriptBlockId": "id",
        "Path": r"C:\s\a.ps1",
    });
    let (document, mapped) = convert(channel, "Microsoft-Windows-PowerShell", 4104, data);
    assert!(mapped);
    has(
        &document,
        &[
            ("/event/dataset", json!("windows.powershell_operational")),
            ("/event/category", json!(["process"])),
            ("/event/type", json!(["info"])),
            ("/powershell/file/script_block_text", json!("Get-X")),
            ("/powershell/file/script_block_id", json!("id")),
            ("/powershell/sequence", json!(1)),
            ("/powershell/total", json!(2)),
            ("/file/path", json!(r"C:\s\a.ps1")),
            ("/winlog/event_data", json!(null)),
        ],
    );
}

#[test]
fn system_7045_keeps_the_service_where_rules_look() {
    let data = json!({"ServiceName": "S", "ImagePath": r"%COMSPEC% /c x"});
    let (document, mapped) = convert("System", "Service Control Manager", 7045, data);
    assert!(mapped);
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
    assert_eq!(counts.forms[&Form::Winlogbeat], 1);
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
