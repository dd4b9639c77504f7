//! The two logs of PowerShell: one small event of every kind.

use super::*;

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
