//! PowerShell's two logs, as the pipelines of the data streams `windows.powershell` and
//! `windows.powershell_operational` map them.

use serde_json::{Map, Value as Json};

use super::document::{Document, Related};
use super::{Mapped, Shipper, script_block};
use crate::import::windows::{Account, Data, WindowsEvent, number};

/// Maps an event of `Microsoft-Windows-PowerShell/Operational`.
pub(super) fn map_operational(
    event: &mut WindowsEvent,
    shipper: Shipper,
    document: &mut Document,
) -> Mapped {
    let id = event.event_id.as_str();
    if id == "4103" {
        context(&mut event.data);
    }
    let without_space = |name: &str| name.chars().filter(|next| !next.is_whitespace()).collect();
    event.data.rename_all(without_space);
    event.data.drop_placeholders();
    let kind = match id {
        "4105" => "start",
        "4106" => "end",
        _ => "info",
    };
    document.put("event.category", vec!["process"]);
    document.put("event.type", vec![kind]);
    sequence(&event.data, document);
    let data = &mut event.data;
    document.rename(data, "HostID", "process.entity_id");
    host(data, document);
    if shipper == Shipper::Integration {
        document.put_some("process.pid", event.process_id);
    }
    user(&event.user, data, shipper, document);
    connected_user(data, document);
    session_and_script(data, document);
    engine_and_command(data, document);
    if shipper == Shipper::Integration {
        script_block::measure(document);
    }
    if let Some(payload) = data.take("Payload").filter(|_| id == "4103") {
        invocation(&payload, document);
    }
    document.put_arguments("process");
    if let Some(path) = data.take("Path") {
        data.set("ScriptName", path);
    }
    script_file(data, document);
    data.discard(&[
        "SequenceNumber",
        "User",
        "ConnectedUser",
        "ContextInfo",
        "Severity",
        "Payload",
    ]);
    if matches!(id, "4103" | "4104" | "4105" | "4106") {
        Mapped::Fields
    } else {
        Mapped::HeaderOnly
    }
}

/// The parts of a message, the session, and the block of a script.
fn session_and_script(data: &mut Data, document: &mut Document) {
    for (name, field) in [
        ("MessageNumber", "powershell.sequence"),
        ("MessageTotal", "powershell.total"),
    ] {
        document.put_some(field, data.take(name).and_then(|text| number(&text)));
    }
    for (name, field) in [
        ("ShellID", "powershell.id"),
        ("PipelineID", "powershell.pipeline_id"),
        ("RunspaceID", "powershell.runspace_id"),
        ("RunspaceId", "powershell.runspace_id"),
        ("ScriptBlockId", "powershell.file.script_block_id"),
        ("ScriptBlockText", "powershell.file.script_block_text"),
    ] {
        document.rename(data, name, field);
    }
}

fn user(user: &Account, data: &Data, shipper: Shipper, document: &mut Document) {
    document.put_some("user.id", user.sid.clone());
    if shipper == Shipper::Integration {
        document.put_some("user.domain", user.domain.clone());
        document.put_some("user.name", user.name.clone());
        document.relate_field(Related::Hosts, "user.domain");
    } else if let Some(user) = data.get("User") {
        document.put_account("user", user);
    }
    document.relate_field(Related::User, "user.name");
}

/// Maps an event of `Windows PowerShell`, whose data have no names.
pub(super) fn map_classic(event: &mut WindowsEvent, document: &mut Document) -> Mapped {
    let id = event.event_id.as_str();
    let data = &mut event.data;
    if id == "800" {
        let text = data.get("param2").map(str::to_owned).unwrap_or_default();
        let blank: &[char] = &['\n', '\t'];
        for (name, value) in text.split("\n\t").filter_map(|pair| pair.split_once('=')) {
            data.replace(name.trim_matches(blank), value.trim_matches(blank));
        }
    } else if let Some(text) = data.get("param3").map(str::to_owned) {
        details(&text, data);
    }
    data.drop_placeholders();
    let kind = match id {
        "400" => "start",
        "403" => "end",
        _ => "info",
    };
    document.put("event.category", vec!["process"]);
    document.put("event.type", vec![kind]);
    sequence(data, document);
    document.rename(data, "HostId", "process.entity_id");
    host(data, document);
    if let Some(user) = data.get("UserId") {
        document.put_account("user", user);
    }
    document.relate_field(Related::User, "user.name");
    for (name, field) in [
        ("NewEngineState", "powershell.engine.new_state"),
        ("PreviousEngineState", "powershell.engine.previous_state"),
        ("NewProviderState", "powershell.provider.new_state"),
        ("ProviderName", "powershell.provider.name"),
        ("PipelineId", "powershell.pipeline_id"),
        ("RunspaceId", "powershell.runspace_id"),
    ] {
        document.rename(data, name, field);
    }
    for (name, field) in [
        ("DetailTotal", "powershell.total"),
        ("DetailSequence", "powershell.sequence"),
    ] {
        document.put_some(field, data.take(name).and_then(|text| number(&text)));
    }
    engine_and_command(data, document);
    if let Some(payload) = data.take("param3").filter(|_| id == "800") {
        invocation(&payload, document);
    }
    document.put_arguments("process");
    script_file(data, document);
    data.discard(&["param1", "param2", "param3", "SequenceNumber", "UserId"]);
    if matches!(id, "400" | "403" | "600" | "800") {
        Mapped::Fields
    } else {
        Mapped::HeaderOnly
    }
}

fn sequence(data: &Data, document: &mut Document) {
    let sequence = data.get("SequenceNumber").and_then(number);
    document.put_some("event.sequence", sequence);
}

/// The program that hosts PowerShell.
fn host(data: &mut Data, document: &mut Document) {
    document.rename(data, "HostApplication", "process.command_line");
    document.rename(data, "HostName", "process.title");
    document.rename(data, "HostVersion", "powershell.process.executable_version");
}

fn engine_and_command(data: &mut Data, document: &mut Document) {
    for (name, field) in [
        ("EngineVersion", "powershell.engine.version"),
        ("CommandLine", "powershell.command.value"),
        ("CommandPath", "powershell.command.path"),
        ("CommandName", "powershell.command.name"),
        ("CommandType", "powershell.command.type"),
    ] {
        document.rename(data, name, field);
    }
}

/// Who is connected from elsewhere is the source and acts; the host's own user is the destination.
fn connected_user(data: &Data, document: &mut Document) {
    let Some(connected) = data.get("ConnectedUser") else {
        return;
    };
    document.put_account("source.user", connected);
    if document.get("source.user").is_none() {
        return;
    }
    document.relate_field(Related::User, "source.user.name");
    for field in ["domain", "name"] {
        let own = document.text(&format!("user.{field}")).map(str::to_owned);
        document.put_some(&format!("destination.user.{field}"), own);
        let source = document.text(&format!("source.user.{field}"));
        let source = source.map(str::to_owned);
        document.put_some(&format!("user.{field}"), source);
    }
}

/// `        Host Name = ConsoleHost`, one a line of `ContextInfo`; what begins no key goes on with
/// the value before it.
fn context(data: &mut Data) {
    let text = data.get("ContextInfo").map(str::to_owned);
    let mut pair: Option<(String, String)> = None;
    for line in text.unwrap_or_default().lines() {
        if let Some((name, value)) = context_line(line) {
            if let Some((name, value)) = pair.replace((name.to_owned(), value.to_owned())) {
                data.replace(&name, value.trim());
            }
        } else if let Some((_, value)) = &mut pair {
            value.push('\n');
            value.push_str(line);
        }
    }
    if let Some((name, value)) = pair {
        data.replace(&name, value.trim());
    }
}

fn context_line(line: &str) -> Option<(&str, &str)> {
    const INDENT: usize = 8;
    let text = line.trim_start();
    if line.len() - text.len() < INDENT
        || !text.starts_with(|next: char| next.is_ascii_alphabetic())
    {
        return None;
    }
    let end = text.find(['=', ':'])?;
    let name = text.get(..end)?.trim_end();
    let is_name =
        |next: char| next.is_ascii_alphanumeric() || matches!(next, ' ' | '_' | '.' | '-');
    let value = text.get(end + 1..)?;
    name.chars().all(is_name).then_some((name, value))
}

/// `\tHostName=ConsoleHost`: everything up to the next key is the value, lines and `=` included.
fn details(text: &str, data: &mut Data) {
    let keys: Vec<(usize, &str, usize)> = text
        .match_indices('\t')
        .filter_map(|(tab, _)| {
            let rest = text.get(tab + 1..)?;
            let (name, _) = rest.split_once('=')?;
            let is_name = |next: char| next.is_ascii_alphanumeric() || next == '_';
            let known = !name.is_empty() && name.chars().all(is_name);
            known.then_some((tab, name, tab + 1 + name.len() + 1))
        })
        .collect();
    for (index, (_, name, start)) in keys.iter().enumerate() {
        let end = keys.get(index + 1).map_or(text.len(), |(tab, ..)| *tab);
        data.replace(name, text.get(*start..end).unwrap_or_default().trim());
    }
}

/// `ParameterBinding(Out-Null): name="InputObject"; value="x"`, one a line.
fn invocation(payload: &str, document: &mut Document) {
    let details: Vec<Json> = payload.lines().map(invocation_detail).collect();
    if !details.is_empty() {
        document.put("powershell.command.invocation_details", details);
    }
}

fn invocation_detail(line: &str) -> Json {
    let raw = || parts([("value", Some(line))]);
    let Some((kind, rest)) = line.split_once('(') else {
        return raw();
    };
    let Some((command, rest)) = rest.split_once(')') else {
        return raw();
    };
    let Some(value) = rest
        .strip_prefix(':')
        .filter(|_| !kind.is_empty() && !command.is_empty())
    else {
        return raw();
    };
    let value = Some(value.trim_start()).filter(|value| !value.is_empty());
    let detail = [("type", Some(kind)), ("related_command", Some(command))];
    if kind != "ParameterBinding" {
        return parts(detail.into_iter().chain([("value", value)]));
    }
    let binding = value.and_then(|value| value.strip_prefix("name="));
    let binding = binding.and_then(|binding| binding.rsplit_once("value="));
    let bound = binding.and_then(|(name, value)| {
        let name = name.trim_end().strip_suffix(';')?;
        (!name.is_empty() && !value.is_empty()).then_some((name, value))
    });
    match bound {
        Some((name, value)) => parts(
            detail
                .into_iter()
                .chain([("name", Some(name)), ("value", Some(value))]),
        ),
        None => parts([("value", value)]),
    }
}

fn parts<'a>(parts: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> Json {
    let known = parts.into_iter();
    let known = known.filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
    Json::Object(known.collect::<Map<_, _>>())
}

/// The script that ran.
fn script_file(data: &mut Data, document: &mut Document) {
    if let Some(path) = data.get("ScriptName").map(str::to_owned) {
        document.put_file_parts(&path);
    }
    document.rename(data, "ScriptName", "file.path");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_of_the_context_goes_over_lines() {
        let mut data = Data::default();
        let text = "        Host Name = ConsoleHost\n        Host Application = powershell -c a\n  b=c\n        User = A\\b";
        data.insert("ContextInfo", text.into());
        context(&mut data);
        assert_eq!(data.get("Host Name"), Some("ConsoleHost"));
        assert_eq!(data.get("Host Application"), Some("powershell -c a\n  b=c"));
        assert_eq!(data.get("User"), Some("A\\b"));
    }

    #[test]
    fn a_value_of_the_details_ends_at_the_next_key() {
        let mut data = Data::default();
        details(
            "\tHostName=C\n\n\tHostApplication=x -a=b\n\tc\n\tCommandLine=",
            &mut data,
        );
        assert_eq!(data.get("HostName"), Some("C"));
        assert_eq!(data.get("HostApplication"), Some("x -a=b\n\tc"));
        assert_eq!(data.get("CommandLine"), Some(""));
    }

    #[test]
    fn invocations_are_told_by_their_kind() {
        assert_eq!(
            invocation_detail("CommandInvocation(cmd.exe): \"cmd.exe\""),
            json!({"type": "CommandInvocation", "related_command": "cmd.exe", "value": "\"cmd.exe\""})
        );
        assert_eq!(
            invocation_detail("ParameterBinding(Out-Null): name=\"A\"; value=\"b; value=c\""),
            json!({
                "type": "ParameterBinding", "related_command": "Out-Null",
                "name": "\"A\"; value=\"b", "value": "c\"",
            })
        );
        assert_eq!(invocation_detail("other"), json!({"value": "other"}));
    }
}
