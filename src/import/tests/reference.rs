//! `docs/reference/windows-events.md`: its tables are what the conversion does, kind by kind.
//! `TRAPLINE_UPDATE=1` writes them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::json;

use super::captures::flatten;
use super::events::convert_as;
use super::*;

/// A log, the ids that are looked at, and data of which each kind takes its own.
struct Log {
    channel: &'static str,
    provider: &'static str,
    ids: Vec<u32>,
    data: Json,
}

fn logs() -> Vec<Log> {
    let log = |channel, provider, ids: Vec<u32>, data| Log {
        channel,
        provider,
        ids,
        data,
    };
    let powershell = "Microsoft-Windows-PowerShell";
    vec![
        log(
            "Microsoft-Windows-Sysmon/Operational",
            "Microsoft-Windows-Sysmon",
            (1..=30).chain([255]).collect(),
            sysmon(),
        ),
        log(
            "Security",
            "Microsoft-Windows-Security-Auditing",
            (1100..=1110)
                .chain(4608..=5200)
                .chain(5370..=5400)
                .chain(6140..=6430)
                .collect(),
            security(),
        ),
        log(
            "Microsoft-Windows-PowerShell/Operational",
            powershell,
            (4100..=4110).chain([40961, 40962, 53504]).collect(),
            powershell_data(),
        ),
        log(
            "Windows PowerShell",
            "PowerShell",
            vec![400, 403, 600, 800],
            json!({"Data": ["Available", "None", "\tNewEngineState=Available\n\tPreviousEngineState=None\n\
                \tSequenceNumber=13\n\tHostName=ConsoleHost\n\tHostVersion=5.1\n\tHostId=h\n\
                \tHostApplication=powershell.exe -nop\n\tEngineVersion=5.1\n\tRunspaceId=r\n\
                \tPipelineId=1\n\tCommandName=\n\tUserId=CORP\\ann\n\tProviderName=Registry\n\
                \tNewProviderState=Started\n\tScriptName=C:\\a.ps1\n\tCommandLine=whoami\n\
                \tDetailSequence=1\n\tDetailTotal=1"]}),
        ),
        log(
            "Microsoft-Windows-Windows Defender/Operational",
            "Microsoft-Windows-Windows Defender",
            vec![1116, 1117, 1126, 2000, 2050, 5001, 5007],
            json!({"Path": r"file:_C:\a.exe", "Process Name": r"C:\b.exe", "Detection User": r"CORP\ann",
                "FWLink": "https://x.example", "Sha256": "ab"}),
        ),
        log(
            "Microsoft-Windows-AppLocker/EXE and DLL",
            "Microsoft-Windows-AppLocker",
            vec![8002, 8003, 8004],
            json!({"User": r"CORP\ann"}),
        ),
        log(
            "System",
            "Service Control Manager",
            vec![7045],
            json!({"ServiceName": "S"}),
        ),
        log(
            "Microsoft-Windows-WMI-Activity/Operational",
            "Microsoft-Windows-WMI-Activity",
            vec![5857, 5861],
            json!({"Operation": "x"}),
        ),
    ]
}

fn sysmon() -> Json {
    let data = r#"{
        "CommandLine": "a.exe -x", "Company": "c", "CurrentDirectory": "C:\\", "Description": "d",
        "Destination": "d", "DestinationHostname": "h", "DestinationIp": "10.0.0.2",
        "DestinationIsIpv6": "false", "DestinationPort": "80", "Details": "DWORD (0x00000001)",
        "Device": "\\Device\\x", "FileVersion": "1", "Hash": "SHA256=ab", "Hashes": "SHA256=ab",
        "ID": "DriverCommunication", "Image": "C:\\a.exe", "ImageLoaded": "C:\\b.dll",
        "Initiated": "true", "IsExecutable": "true", "OriginalFileName": "a.exe",
        "ParentCommandLine": "p.exe", "ParentImage": "C:\\p.exe", "ParentProcessGuid": "{p}",
        "ParentProcessId": "2", "PipeName": "\\p", "ProcessGuid": "{g}", "ProcessId": "1",
        "Product": "p", "Protocol": "tcp", "QueryName": "www.example.org",
        "QueryResults": "::ffff:192.0.2.1;", "QueryStatus": "0", "RuleName": "technique_id=T1,x",
        "Signature": "s", "SignatureStatus": "Valid", "Signed": "true", "SourceHostname": "h",
        "SourceImage": "C:\\s.exe", "SourceIp": "10.0.0.1", "SourceIsIpv6": "false",
        "SourcePort": "1024", "SourceProcessGUID": "{s}", "SourceProcessGuid": "{s}",
        "SourceProcessId": "3", "SourceThreadId": "4", "TargetFilename": "C:\\t.txt",
        "TargetObject": "HKLM\\SOFTWARE\\a\\b", "TargetProcessGUID": "{t}",
        "TargetProcessGuid": "{t}", "TargetImage": "C:\\t.exe", "TargetProcessId": "5", "Type": "t",
        "User": "CORP\\ann", "UtcTime": "2024-01-01 00:00:00.000"
    }"#;
    serde_json::from_str(data).unwrap()
}

fn security() -> Json {
    let data = r#"{
        "AccountDomain": "CORP", "AccountName": "ann", "Application": "\\device\\a.exe",
        "ClientAddress": "10.0.0.1", "ClientName": "C", "CommandLine": "a.exe -x",
        "DestAddress": "10.0.0.2", "DestPort": "80", "Direction": "%%14593",
        "DeviceDescription": "d", "DeviceId": "i", "ErrorCode": "0", "FailureReason": "%%2313",
        "FileName": "C:\\f.txt", "HardwareIds": "h", "IpAddress": "10.0.0.1", "IpPort": "1024",
        "LogonID": "0x1", "LogonType": "3", "MemberName": "CN=ann,OU=Staff,DC=corp,DC=example",
        "NewProcessId": "0x2", "NewProcessName": "C:\\a.exe", "NewTargetUserName": "new",
        "ObjectClass": "user", "ObjectDN": "CN=ann,DC=corp", "ObjectName": "\\REGISTRY\\MACHINE\\x",
        "ObjectType": "Key", "OldTargetUserName": "old", "OperationType": "%%14674",
        "ParentProcessName": "C:\\p.exe", "ProcessId": "0x3", "ProcessName": "C:\\b.exe",
        "Protocol": "6", "ProviderName": "p", "RelativeTargetName": "t.txt", "RuleId": "",
        "RuleName": "n", "ServiceName": "s", "ServiceType": "0x10", "ShareLocalPath": "C:\\s",
        "ShareName": "\\\\*\\s", "SourceAddress": "10.0.0.1", "SourcePort": "1024",
        "Status": "0xc000006d", "SubStatus": "0xc000006a", "SubjectDomainName": "CORP",
        "SubjectLogonId": "0x1", "SubjectUserName": "bob", "SubjectUserSid": "S-1-5-21-1",
        "TargetDomainName": "CORP", "TargetLogonId": "0x2", "TargetSid": "S-1-5-21-2",
        "TargetUserName": "ann", "TargetUserSid": "S-1-5-21-3", "TaskName": "\\T",
        "TdoAttributes": "1", "TdoDirection": "1", "TdoType": "1", "WorkstationName": "W",
        "param1": "C:\\p.dll"
    }"#;
    serde_json::from_str(data).unwrap()
}

fn powershell_data() -> Json {
    json!({
        "ContextInfo": "        Severity = Informational\n        Host Name = ConsoleHost\n        \
            Host Version = 5.1\n        Host ID = h\n        Host Application = powershell.exe -nop\n        \
            Engine Version = 5.1\n        Runspace ID = r\n        Pipeline ID = 1\n        \
            Command Name = Get-Item\n        Command Type = Cmdlet\n        Script Name = C:\\a.ps1\n        \
            Command Path = \n        Sequence Number = 16\n        User = CORP\\ann\n        \
            Connected User = CORP\\bob\n        Shell ID = Microsoft.PowerShell",
        "Payload": "CommandInvocation(Get-Item): \"Get-Item\"", "MessageNumber": "1",
        "MessageTotal": "1", "ScriptBlockText": "Get-Item x", "ScriptBlockId": "b",
        "RunspaceId": "r", "Path": r"C:\a.ps1",
    })
}

/// What the page says of a kind besides its fields.
const TOLD: [&str; 3] = ["event.category", "event.type", "event.action"];

/// The class of a kind, and the fields that its pipeline sets.
#[derive(PartialEq)]
struct Converted {
    class: [String; 3],
    fields: BTreeSet<String>,
    is_mapped: bool,
}

fn converted(log: &Log, shipper: Shipper, id: u32) -> Converted {
    let data = log.data.clone();
    let (document, is_mapped) = convert_as(Some(shipper), log.channel, log.provider, id, data);
    let Json::Object(document) = document else {
        panic!("a document is an object");
    };
    let fields = flatten(&document);
    let text = |value: &Json| match value {
        Json::Array(items) => {
            let items = items.iter().filter_map(Json::as_str);
            items.collect::<Vec<_>>().join(", ")
        }
        value => value.as_str().unwrap_or_default().to_owned(),
    };
    Converted {
        class: TOLD.map(|field| fields.get(field).map(text).unwrap_or_default()),
        fields: fields
            .into_keys()
            .filter(|field| {
                !field.starts_with("winlog.event_data.") && !TOLD.contains(&field.as_str())
            })
            .collect(),
        is_mapped,
    }
}

/// Fields in the shortest words: `file.{name, path}`.
fn shortly(fields: &BTreeSet<String>) -> String {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for field in fields {
        let (group, name) = field.split_once('.').unwrap_or(("", field));
        groups.entry(group).or_default().push(name);
    }
    let groups = groups
        .into_iter()
        .map(|(group, names)| match names.as_slice() {
            [name] if group.is_empty() => format!("`{name}`"),
            [name] => format!("`{group}.{name}`"),
            names => format!("`{group}.{{{}}}`", names.join(", ")),
        });
    groups.collect::<Vec<_>>().join(" ")
}

fn minus(one: &BTreeSet<String>, other: &BTreeSet<String>) -> BTreeSet<String> {
    one.difference(other).cloned().collect()
}

/// How Winlogbeat's conversion of a kind differs.
fn difference(ours: &Converted, beat: &Converted, shared: (&Converted, &Converted)) -> String {
    if !beat.is_mapped {
        return "not mapped".to_owned();
    }
    let ours_alone = minus(&minus(&ours.fields, &shared.0.fields), &beat.fields);
    let beats_alone = minus(&minus(&beat.fields, &shared.1.fields), &ours.fields);
    let mut words = Vec::new();
    if !ours_alone.is_empty() {
        words.push(format!("without {}", shortly(&ours_alone)));
    }
    if !beats_alone.is_empty() {
        words.push(format!("with {}", shortly(&beats_alone)));
    }
    if ours.class != beat.class {
        words.push(format!(
            "{} / {} / {}",
            beat.class[0], beat.class[1], beat.class[2]
        ));
    }
    words.join("; ")
}

/// The kinds of a log with the same class and fields, in a row each.
fn table(log: &Log) -> String {
    const NO_SUCH: u32 = 9;
    let header = |shipper| {
        let other = Log {
            channel: "Other",
            provider: "Other",
            ids: Vec::new(),
            data: log.data.clone(),
        };
        converted(&other, shipper, NO_SUCH).fields
    };
    let unknown = match log.channel {
        // Each of Sysmon's low ids is known.
        "Microsoft-Windows-Sysmon/Operational" => 99,
        _ => NO_SUCH,
    };
    let every = converted(log, Shipper::Integration, unknown);
    let every_beat = converted(log, Shipper::Winlogbeat, unknown);
    let mut rows: Vec<([String; 4], Vec<String>)> = Vec::new();
    for id in &log.ids {
        let ours = converted(log, Shipper::Integration, *id);
        if !ours.is_mapped {
            continue;
        }
        let beat = converted(log, Shipper::Winlogbeat, *id);
        let row = [
            ours.class[0].clone(),
            ours.class[1].clone(),
            shortly(&minus(&ours.fields, &every.fields)),
            difference(&ours, &beat, (&every, &every_beat)),
        ];
        let action = &ours.class[2];
        let name = if action.is_empty() {
            id.to_string()
        } else {
            format!("{id} {action}")
        };
        match rows.iter_mut().find(|(other, _)| *other == row) {
            Some((_, names)) => names.push(name),
            None => rows.push((row, vec![name])),
        }
    }
    let mut text = format!("## {}\n\n", log.channel);
    let common = shortly(&minus(&every.fields, &header(Shipper::Integration)));
    if !common.is_empty() {
        let _ = writeln!(text, "Every event: {common}.\n");
    }
    let known = log
        .ids
        .iter()
        .filter(|id| !converted(log, Shipper::Integration, **id).is_mapped);
    if rows.is_empty() {
        let ids: Vec<String> = known.map(u32::to_string).collect();
        let _ = writeln!(text, "{}: not mapped.\n", ids.join(", "));
        return text;
    }
    text.push_str(
        "| event, `event.action` | `event.category` | `event.type` | fields | Winlogbeat |\n",
    );
    text.push_str("|---|---|---|---|---|\n");
    for ([category, kind, fields, beat], names) in rows {
        let names = names.join("<br>");
        let _ = writeln!(
            text,
            "| {names} | {category} | {kind} | {fields} | {beat} |"
        );
    }
    text.push('\n');
    text
}

#[expect(clippy::disallowed_methods, reason = "the page is read and written")]
#[test]
fn the_page_says_what_the_conversion_does() {
    const START: &str = "<!-- written by a test -->\n\n";
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/reference/windows-events.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (above, tables) = page.split_once(START).unwrap();
    let expected: String = logs().iter().map(table).collect();
    let expected = format!("{}\n", expected.trim_end());
    if std::env::var_os("TRAPLINE_UPDATE").is_some() {
        std::fs::write(&path, format!("{above}{START}{expected}")).unwrap();
    } else {
        assert!(tables == expected, "run the test with TRAPLINE_UPDATE=1");
    }
}
