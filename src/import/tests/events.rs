//! One small event of every kind, and the fields that its pipeline makes of it.

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
                ("/file/code_signature/subject_name", json!("Contoso")),
                ("/file/code_signature/status", json!("Expired")),
                ("/file/code_signature/signed", json!(null)),
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
        &[
            ("/message", json!("Image is replaced")),
            ("/winlog/event_data", json!(null)),
        ],
    );
    let error = sysmon(255, json!({"ID": "x"}));
    has(
        &error,
        &[
            ("/event/outcome", json!("failure")),
            ("/event/type", json!(null)),
            ("/error/code", json!("x")),
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
            ("/process/args", json!(["\"cmd.exe\"", "/c", "\"a b\""])),
            // The blank at the end counts, though no argument follows it.
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
                ("/winlog/logon/type", json!("RemoteInteractive")),
            ],
        );
        // The end of a logon says nothing of where it came from that the pipeline takes.
        let origin = match kind {
            "start" => [
                ("/source/ip", json!("10.0.0.9")),
                ("/source/port", json!(0)),
                ("/source/domain", json!("WS2")),
                ("/process/pid", json!(16)),
                ("/process/name", json!("lsass.exe")),
            ],
            _ => [
                "/source/ip",
                "/source/port",
                "/source/domain",
                "/process/pid",
                "/process/name",
            ]
            .map(|pointer| (pointer, json!(null))),
        };
        has(&document, &origin);
    }
}

#[test]
fn security_4625_says_why() {
    let data =
        json!({"FailureReason": "%%2313", "Status": "0xc000006d", "SubStatus": "0xc0000064"});
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
fn security_4657_has_the_kernel_s_path_and_no_hive() {
    let data = json!({"ObjectName": r"\REGISTRY\MACHINE\SOFTWARE\K", "ObjectValueName": "V"});
    let document = security(4657, with_subject(data));
    let categories = ["registry", "configuration"];
    class(
        &document,
        &categories,
        &["change"],
        "registry-value-modified",
    );
    has(
        &document,
        &[
            (
                "/registry",
                json!({"path": r"\REGISTRY\MACHINE\SOFTWARE\K"}),
            ),
            ("/winlog/event_data/ObjectValueName", json!("V")),
        ],
    );
}

#[test]
fn security_administration_has_its_classes() {
    for (id, categories, types, action) in [
        (4672, &["iam"][..], &["admin"][..], "logged-in-special"),
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
fn security_group_events_name_group_and_member() {
    for id in [4728, 4732, 4756, 4761] {
        let document = security(
            id,
            with_subject(json!({
                "MemberName": r"CN=Doe\, Ann,CN=Users,DC=corp,DC=example",
                "MemberSid": "S-1-5-21-1-2-3-1109", "TargetUserName": "Domain Admins",
                "TargetDomainName": "CORP", "TargetSid": "S-1-5-21-1-2-3-512",
            })),
        );
        let group = json!({"id": "S-1-5-21-1-2-3-512", "name": "Domain Admins", "domain": "CORP"});
        has(
            &document,
            &[
                ("/group", group.clone()),
                ("/user/name", json!("bob")),
                ("/user/target/name", json!(r"Doe\, Ann")),
                ("/user/target/domain", json!("example")),
                ("/user/target/group", group),
                ("/related/user", json!([r"Doe\, Ann", "bob"])),
            ],
        );
    }
    let created = security(4727, with_subject(json!({"TargetUserName": "New"})));
    has(
        &created,
        &[("/group/name", json!("New")), ("/user/target", json!(null))],
    );
}

#[test]
fn security_5136_names_the_object_by_its_class() {
    let data = |class: &str| {
        json!({
            "ObjectDN": r"CN=Doe\, Ann,DC=corp", "ObjectClass": class,
            "OperationType": "%%14674",
        })
    };
    let user = security(5136, with_subject(data("user")));
    has(
        &user,
        &[
            ("/user/target/name", json!("Doe, Ann")),
            ("/event/reason", json!("%%14674")),
            ("/group", json!(null)),
        ],
    );
    let group = security(5136, with_subject(data("groupPolicyContainer")));
    has(&group, &[("/group/name", json!("Doe, Ann"))]);
}

#[test]
fn security_4662_and_4719_say_codes_in_words() {
    let object = security(
        4662,
        with_subject(json!({"AccessMask": "0x100", "AccessList": "%%7688\r\n\t\t\t\t"})),
    );
    has(
        &object,
        &[
            ("/winlog/event_data/AccessMask", json!(["0x100"])),
            (
                "/winlog/event_data/AccessMaskDescription",
                json!(["Control Access"]),
            ),
            ("/winlog/event_data/AccessList", json!(["7688"])),
            (
                "/winlog/event_data/AccessListDescription",
                json!(["Control Access"]),
            ),
        ],
    );
    let policy = security(
        4719,
        with_subject(json!({
            "SubcategoryGuid": "{0cce922b-69ae-11d9-bed3-505054503030}",
            "AuditPolicyChanges": "%%8448, %%8450",
        })),
    );
    has(
        &policy,
        &[
            ("/winlog/event_data/Category", json!("Detailed Tracking")),
            ("/winlog/event_data/SubCategory", json!("Process Creation")),
            (
                "/winlog/event_data/AuditPolicyChangesDescription",
                json!(["Success removed", "Failure removed"]),
            ),
        ],
    );
    let special = security(4672, json!({"PrivilegeList": "SeA\r\n\t\t\tSeB"}));
    has(
        &special,
        &[("/winlog/event_data/PrivilegeList", json!(["SeA", "SeB"]))],
    );
}

#[test]
fn security_5156_is_a_connection_to_the_integration_only() {
    let provider = "Microsoft-Windows-Security-Auditing";
    let data = json!({
        "SourceAddress": "10.0.0.1", "SourcePort": "50000", "DestAddress": "10.0.0.2",
        "DestPort": "135", "Protocol": "6", "Direction": "%%14593",
        "Application": r"\device\harddiskvolume2\w\a.exe",
    });
    let (document, mapped) = convert("Security", provider, 5156, data.clone());
    assert!(mapped);
    let types = ["connection", "info", "allowed"];
    class(
        &document,
        &["network"],
        &types,
        "windows-firewall-connection",
    );
    has(
        &document,
        &[
            ("/source/ip", json!("10.0.0.1")),
            ("/destination/port", json!(135)),
            ("/network/transport", json!("tcp")),
            ("/network/direction", json!("outbound")),
            ("/process/name", json!("a.exe")),
        ],
    );
    let id = document.pointer("/network/community_id").unwrap();
    assert!(id.as_str().unwrap().starts_with("1:"));
    let (document, mapped) = winlogbeat("Security", provider, 5156, data);
    assert!(!mapped);
    has(&document, &[("/source", json!(null))]);
}

#[test]
fn an_event_of_the_security_log_that_no_pipeline_knows_keeps_its_data() {
    let provider = "Microsoft-Windows-Security-Auditing";
    let data = with_subject(json!({"ObjectName": r"C:\a", "ObjectType": "File"}));
    let (document, mapped) = convert("Security", provider, 4663, data);
    assert!(!mapped);
    has(
        &document,
        &[
            ("/event/category", json!(null)),
            ("/user", json!(null)),
            ("/registry", json!(null)),
            ("/winlog/logon/id", json!("0x3e7")),
            ("/winlog/event_data/ObjectName", json!(r"C:\a")),
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
            ("/powershell/file/script_block_length", json!(5)),
            ("/file/path", json!(r"C:\s\a.ps1")),
            ("/winlog/event_data", json!(null)),
        ],
    );
}

#[test]
fn powershell_4103_has_the_fields_of_its_context() {
    let channel = "Microsoft-Windows-PowerShell/Operational";
    let context = "        Severity = Informational\r\n        Host Name = ConsoleHost\r\n        Host ID = h-1\r\n        Host Application = powershell.exe -c \"a b\"\r\n        Command Name = Get-X\r\n        Script Name = C:\\s\\a.ps1\r\n        Sequence Number = 7\r\n        User = CORP\\bob\r\n        Connected User = CORP\\eve\r\n        Shell ID = Microsoft.PowerShell\r\n";
    let data = json!({
        "ContextInfo": context,
        "Payload": "CommandInvocation(Get-X): \"Get-X\"\r\n",
    });
    let (document, mapped) = convert(channel, "Microsoft-Windows-PowerShell", 4103, data.clone());
    assert!(mapped);
    has(
        &document,
        &[
            ("/process/title", json!("ConsoleHost")),
            ("/process/entity_id", json!("h-1")),
            ("/process/pid", json!(10)),
            ("/process/command_line", json!("powershell.exe -c \"a b\"")),
            ("/process/args", json!(["powershell.exe", "-c", "a b"])),
            ("/event/sequence", json!(7)),
            ("/powershell/id", json!("Microsoft.PowerShell")),
            ("/powershell/command/name", json!("Get-X")),
            (
                "/powershell/command/invocation_details",
                json!([{"type": "CommandInvocation", "related_command": "Get-X", "value": "\"Get-X\""}]),
            ),
            ("/file/path", json!(r"C:\s\a.ps1")),
            ("/source/user/name", json!("eve")),
            ("/user/name", json!("eve")),
            ("/winlog/event_data", json!(null)),
        ],
    );
    let (document, _) = winlogbeat(channel, "Microsoft-Windows-PowerShell", 4103, data);
    has(
        &document,
        &[
            ("/process/pid", json!(null)),
            ("/destination/user/name", json!("bob")),
            ("/_index", json!("winlogbeat-9.5.0")),
            ("/data_stream", json!(null)),
        ],
    );
}

#[test]
fn powershell_400_600_and_800_have_the_fields_of_their_unnamed_data() {
    let details = "\tNewEngineState=Available\r\n\tPreviousEngineState=None\r\n\r\n\tSequenceNumber=13\r\n\r\n\tHostName=ConsoleHost\r\n\tHostId=h-1\r\n\tHostApplication=powershell.exe -x=y\r\n\tEngineVersion=5.1\r\n\tCommandLine=\r\n";
    for (id, kind) in [(400, "start"), (403, "end"), (600, "info")] {
        let data = json!({"Data": ["Available", "None", details]});
        let (document, mapped) = convert("Windows PowerShell", "PowerShell", id, data);
        assert!(mapped);
        has(
            &document,
            &[
                ("/event/category", json!(["process"])),
                ("/event/type", json!([kind])),
                ("/event/sequence", json!(13)),
                ("/process/command_line", json!("powershell.exe -x=y")),
                ("/process/args_count", json!(2)),
                ("/process/entity_id", json!("h-1")),
                ("/powershell/engine/version", json!("5.1")),
                ("/powershell/engine/new_state", json!("Available")),
                ("/winlog/event_data", json!(null)),
            ],
        );
    }
    let context = "\tDetailSequence=1\r\n\tDetailTotal=1\r\n\r\n\tSequenceNumber=17\r\n\r\n\tUserId=CORP\\bob\r\n\tHostName=ConsoleHost\r\n\tScriptName=C:\\s\\a.psm1\r\n\tCommandLine=Add-Type -x";
    let binding = "ParameterBinding(Add-Type): name=\"A\"; value=\"b\"";
    let data = json!({"Data": ["Add-Type -x", context, binding]});
    let (document, _) = convert("Windows PowerShell", "PowerShell", 800, data);
    has(
        &document,
        &[
            ("/user", json!({"domain": "CORP", "name": "bob"})),
            ("/powershell/sequence", json!(1)),
            ("/powershell/command/value", json!("Add-Type -x")),
            (
                "/powershell/command/invocation_details",
                json!([{
                    "type": "ParameterBinding", "related_command": "Add-Type",
                    "name": "\"A\"", "value": "\"b\"",
                }]),
            ),
            ("/file/name", json!("a.psm1")),
            ("/winlog/event_data", json!(null)),
        ],
    );
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
fn sysmon_20_and_26_to_29_are_about_what_their_pipeline_says() {
    let consumer = sysmon(
        20,
        json!({"Destination": r"C:\W\x.exe", "Type": "Command Line"}),
    );
    has(
        &consumer,
        &[
            ("/process/executable", json!(r"C:\W\x.exe")),
            ("/process/name", json!("x.exe")),
            ("/winlog/event_data/Type", json!("Command Line")),
        ],
    );
    let data = json!({"TargetFilename": r"C:\T\a.exe", "Hashes": "MD5=AB"});
    for (id, pointer) in [
        (23, Some("/process/hash/md5")),
        (24, Some("/process/hash/md5")),
        (25, Some("/process/hash/md5")),
        (26, Some("/file/hash/md5")),
        (27, None),
        (28, None),
        (29, Some("/file/hash/md5")),
    ] {
        let document = sysmon(id, data.clone());
        for hash in ["/process/hash/md5", "/file/hash/md5"] {
            let expected = if pointer == Some(hash) {
                json!("ab")
            } else {
                json!(null)
            };
            has(&document, &[(hash, expected)]);
        }
        has(
            &document,
            &[
                ("/related/hash", json!(["ab"])),
                ("/winlog/event_data", json!(null)),
            ],
        );
    }
    let channel = "Microsoft-Windows-Sysmon/Operational";
    let (document, _) = winlogbeat(channel, "Microsoft-Windows-Sysmon", 26, data);
    has(
        &document,
        &[
            ("/process/hash/md5", json!("ab")),
            ("/file/hash", json!(null)),
        ],
    );
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
