//! The Security log: one small event of every kind.
//!
//! Longer than 500 lines: one table of examples.

use super::*;

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
fn security_events_of_handles_keys_and_rights_are_the_integration_s() {
    let handle = json!({"ObjectServer": "Security", "HandleId": "0x3b0", "ProcessId": "0x92c",
        "ProcessName": r"C:\W\wmiprvse.exe"});
    let document = security(4658, with_subject(handle.clone()));
    let categories = ["iam", "configuration"];
    class(&document, &categories, &["change"], "handle-closed-object");
    has(
        &document,
        &[
            ("/process/pid", json!(2348)),
            ("/process/name", json!("wmiprvse.exe")),
            ("/user/name", json!("bob")),
            ("/winlog/event_data/ProcessName", json!(null)),
        ],
    );
    let provider = "Microsoft-Windows-Security-Auditing";
    let (document, mapped) = winlogbeat("Security", provider, 4658, with_subject(handle));
    assert!(!mapped);
    has(
        &document,
        &[
            ("/event/category", json!(null)),
            ("/user/name", json!(null)),
            ("/winlog/logon/id", json!("0x3e7")),
            (
                "/winlog/event_data/ProcessName",
                json!(r"C:\W\wmiprvse.exe"),
            ),
        ],
    );
    let rights = json!({"TargetSid": "S-1-5-82-3", "PrivilegeList": "SeAuditPrivilege\r\n\t\t\tSeTcbPrivilege"});
    let document = security(4704, with_subject(rights));
    class(
        &document,
        &["iam"],
        &["change", "user"],
        "user-right-assigned",
    );
    has(
        &document,
        &[
            ("/user/target/id", json!("S-1-5-82-3")),
            (
                "/winlog/event_data/PrivilegeList",
                json!(["SeAuditPrivilege", "SeTcbPrivilege"]),
            ),
        ],
    );
    let key = json!({"ProviderName": "Key Storage", "ReturnCode": "0x1"});
    let document = security(5061, with_subject(key));
    class(&document, &["file"], &["access"], "cryptographic-operation");
    has(
        &document,
        &[
            ("/event/provider", json!("Key Storage")),
            ("/winlog/provider_name", json!(provider)),
            ("/winlog/event_data/ReturnCodeOutcome", json!("Failure")),
        ],
    );
}

#[test]
fn security_4627_and_4800_are_about_the_session_s_account() {
    let account = json!({"TargetUserSid": "S-1-5-18", "TargetUserName": "eve",
        "TargetDomainName": "CORP", "TargetLogonId": "0x7", "SubjectUserSid": "S-1-0-0",
        "SubjectUserName": "-", "SubjectDomainName": "-", "LogonType": "3"});
    let document = security(4627, account.clone());
    class(&document, &["iam"], &["info"], "group-membership-info");
    has(
        &document,
        &[
            (
                "/group",
                json!({"id": "S-1-5-18", "name": "eve", "domain": "CORP"}),
            ),
            ("/user/id", json!("S-1-0-0")),
            ("/user/name", json!("eve")),
            ("/user/effective/id", json!("S-1-5-18")),
            ("/user/target", json!({"name": "eve", "domain": "CORP"})),
            ("/winlog/logon/type", json!("Network")),
        ],
    );
    let document = security(4800, account);
    class(
        &document,
        &["authentication"],
        &["info"],
        "workstation-locked",
    );
    has(
        &document,
        &[
            ("/user/id", json!("S-1-5-18")),
            ("/user/effective/name", json!("eve")),
            ("/user/target/domain", json!("CORP")),
            ("/winlog/logon/id", json!("0x7")),
        ],
    );
}

#[test]
fn security_events_of_firewall_rules_devices_and_files_name_their_object() {
    for (id, data, field, value) in [
        (
            4946,
            json!({"RuleId": "r", "RuleName": "n"}),
            "/rule",
            json!({"id": "r", "name": "n"}),
        ),
        (
            5038,
            json!({"param1": r"C:\a.dll"}),
            "/file/path",
            json!(r"C:\a.dll"),
        ),
        (
            4659,
            json!({"ObjectType": "File", "ObjectName": r"C:\a.txt"}),
            "/file/path",
            json!(r"C:\a.txt"),
        ),
        (
            5142,
            json!({"ShareLocalPath": r"C:\s"}),
            "/file/directory",
            json!(r"C:\s"),
        ),
        (
            6145,
            json!({"ErrorCode": "1332"}),
            "/error/code",
            json!("1332"),
        ),
        (
            6420,
            json!({"HardwareIds": "\r\n\t\ta\r\n\t\tb\r\n\t\t"}),
            "/winlog/event_data/HardwareIds",
            json!(["a", "b"]),
        ),
        (
            6419,
            json!({"DeviceId": "d", "DeviceDescription": "Mouse"}),
            "/device",
            json!({"id": "d", "model": {"name": "Mouse"}}),
        ),
    ] {
        has(&security(id, data), &[(field, value)]);
    }
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
