//! Sysmon: one small event of every kind.

use super::*;

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
