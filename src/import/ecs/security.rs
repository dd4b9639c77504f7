//! The Security log, as the pipelines of the data stream `system.security` and of Winlogbeat's
//! module map it.
//!
//! The steps stand in the order of the pipeline, because a later one overwrites an earlier one.

use serde_json::{Map, Value as Json};

use super::document::{Document, Related, extension};
use super::security_events::{self as events, class};
use super::{
    Mapped, Shipper, classify, network, security_objects as objects, security_words as words,
};
use crate::import::windows::{Data, Outcome, WindowsEvent, number};

/// Maps an event.
pub(super) fn map(event: &mut WindowsEvent, shipper: Shipper, document: &mut Document) -> Mapped {
    if shipper == Shipper::Integration {
        event.data.drop_placeholders();
    }
    // Other providers write into this log too, and the pipeline passes them by.
    let known = [
        "Microsoft-Windows-Eventlog",
        "Microsoft-Windows-Security-Auditing",
    ];
    if !known.contains(&event.provider.as_str()) {
        return Mapped::HeaderOnly;
    }
    let id: u32 = event.event_id.parse().unwrap_or_default();
    let is_known = shipper == Shipper::Integration || !events::INTEGRATION_ONLY.contains(&id);
    // An event that Winlogbeat does not know goes through none of the steps of single events.
    let id = if is_known { id } else { 0 };
    let class = class(id);
    if let Some(class) = class {
        classify(document, class);
    }
    if event.outcome.is_none() && id == 4625 {
        document.put("event.outcome", Outcome::Failure.word());
    }
    words::describe(id, shipper, &mut event.data, document);
    users(id, event, document);
    let data = &mut event.data;
    if events::has_origin(id) {
        origin(data, document);
    }
    if matches!(id, 5152 | 5156..=5158) {
        filtered_connection(data, document);
    }
    objects::map(id, data, document);
    if id == 4688 {
        created_process(shipper, data, document);
    }
    relate_users(id, data, document);
    renamed_account(data, document);
    if shipper == Shipper::Integration {
        directory_object(id, data, document);
        registry_path(id, data, document);
        scheduled_task(id, data, document);
    }
    if matches!(id, 5140 | 5142 | 5145) {
        share(data, document);
    }
    if shipper == Shipper::Integration {
        transport(data, document);
    }
    if let Some(ip) = document.text("source.ip").map(str::to_owned) {
        document.put("source.ip", network::unmapped(&ip));
        document.relate(Related::Ip, network::unmapped(&ip));
    }
    if class.is_some() {
        Mapped::Fields
    } else {
        Mapped::HeaderOnly
    }
}

/// Who did it, to whom, on whose behalf.
fn users(id: u32, event: &WindowsEvent, document: &mut Document) {
    let data = &event.data;
    if matches!(id, 4778 | 4779) {
        session(data, document);
    }
    if events::LOGONS.contains(&id) {
        logged_on(data, document);
    }
    if events::is_about_group(id) {
        group(data, document);
    }
    if matches!(id, 4675 | 4741..=4743 | 4793) {
        document.copy(data, "TargetSid", "winlog.computerObject.id");
        document.copy(data, "TargetUserName", "winlog.computerObject.name");
        document.copy(data, "TargetDomainName", "winlog.computerObject.domain");
    }
    if matches!(id, 4634 | 4647 | 4800..=4803 | 4964) {
        document.copy(data, "TargetLogonId", "winlog.logon.id");
    }
    if events::has_subject(id) {
        document.copy(data, "SubjectUserSid", "user.id");
        document.copy(data, "SubjectUserName", "user.name");
        document.copy(data, "SubjectDomainName", "user.domain");
        if let Some(name) = data.get("SubjectUserName") {
            document.relate(Related::User, name);
        }
    }
    if events::MANAGED.contains(&id) {
        other_account(data, "TargetSid", "user.target", document);
    }
    if events::EFFECTIVE.contains(&id) {
        other_account(data, "TargetUserSid", "user.effective", document);
    }
    document.copy(data, "SubjectLogonId", "winlog.logon.id");
    if id == 1102 {
        cleared_log(&event.user_data, document);
    }
}

/// The account of a session that is taken up or left.
fn session(data: &Data, document: &mut Document) {
    document.copy(data, "AccountName", "user.name");
    document.copy(data, "AccountDomain", "user.domain");
    document.relate_field(Related::User, "user.name");
    if let Some(address) = data.get("ClientAddress").and_then(client_address) {
        document.put("source.ip", address);
        document.relate(Related::Ip, address);
    }
    document.copy(data, "ClientName", "source.domain");
    document.copy(data, "LogonID", "winlog.logon.id");
}

/// The address of a client; `LOCAL` is what Windows calls its own.
fn client_address(text: &str) -> Option<&str> {
    match text {
        "-" | "Unknown" => None,
        "LOCAL" => Some("127.0.0.1"),
        address => Some(address),
    }
}

/// Who logged on; where the session's account is known already, it is the target.
fn logged_on(data: &Data, document: &mut Document) {
    let id = data.get("TargetUserSid").or_else(|| data.get("TargetSid"));
    let name = data.get("TargetUserName").map(before_realm);
    let domain = data.get("TargetDomainName");
    for (field, value) in [("id", id), ("name", name), ("domain", domain)] {
        let Some(value) = value else { continue };
        let user = format!("user.{field}");
        let is_free = document.get(&user).is_none();
        let path = if is_free {
            user
        } else {
            format!("user.target.{field}")
        };
        document.put(&path, value);
    }
    if let Some(name) = name {
        document.relate(Related::User, name);
    }
}

/// Kerberos writes `name@REALM`.
fn before_realm(name: &str) -> &str {
    name.split('@').next().unwrap_or(name)
}

/// The group that is changed, and the member that it is changed by.
fn group(data: &Data, document: &mut Document) {
    let member = data.get("MemberName").map(distinguished_name);
    if let Some(parts) = &member {
        let bare = |part: &str| part.replace("CN=", "").replace("cn=", "");
        let name = parts.first().map(|part| bare(part)).unwrap_or_default();
        document.relate(Related::User, &name);
        document.put("user.target.name", name);
        if let Some(domain) = parts.get(3) {
            document.put("user.target.domain", without_dc(domain));
        }
    }
    let sid = data.get("TargetSid").or_else(|| data.get("TargetUserSid"));
    let name = data.get("TargetUserName");
    let domain = data.get("TargetDomainName").map(without_dc);
    let of_group = [
        ("id", sid.map(str::to_owned)),
        ("name", name.map(str::to_owned)),
        ("domain", domain),
    ];
    for (field, value) in of_group {
        if member.is_some() {
            document.put_some(&format!("user.target.group.{field}"), value.clone());
        }
        document.put_some(&format!("group.{field}"), value);
    }
}

fn without_dc(domain: &str) -> String {
    domain.replace("DC=", "").replace("dc=", "")
}

/// The parts of a distinguished name; an escaped comma divides nothing.
fn distinguished_name(name: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (comma, _) in name.match_indices(',') {
        let before = name.get(..comma).unwrap_or_default();
        if !before.ends_with('\\') {
            parts.push(name.get(start..comma).unwrap_or_default());
            start = comma + 1;
        }
    }
    parts.push(name.get(start..).unwrap_or_default());
    parts
}

fn other_account(data: &Data, sid: &'static str, prefix: &str, document: &mut Document) {
    let value = |name: &'static str| data.get(name).filter(|value| !matches!(*value, "" | "-"));
    document.put_some(&format!("{prefix}.id"), value(sid));
    if let Some(name) = value("TargetUserName").map(before_realm) {
        document.put(&format!("{prefix}.name"), name);
        document.relate(Related::User, name);
    }
    document.put_some(&format!("{prefix}.domain"), value("TargetDomainName"));
}

/// Who cleared the log: an event of the log itself has no event data.
fn cleared_log(user_data: &Map<String, Json>, document: &mut Document) {
    for (name, field) in [
        ("SubjectUserSid", "user.id"),
        ("SubjectUserName", "user.name"),
        ("SubjectDomainName", "user.domain"),
        ("SubjectLogonId", "winlog.logon.id"),
    ] {
        document.put_some(field, user_data.get(name).and_then(Json::as_str));
    }
    document.relate_field(Related::User, "user.name");
}

/// The process that acted and where it came from.
fn origin(data: &mut Data, document: &mut Document) {
    acting_process(data, document);
    let address = data.get("IpAddress").is_some_and(|ip| ip != "-");
    if address {
        document.put_some("source.ip", data.take("IpAddress"));
    }
    if let Some(port) = data.get("IpPort").and_then(number) {
        document.put("source.port", port);
        data.discard(&["IpPort"]);
    }
    document.put_some("source.domain", data.take("WorkstationName"));
    if let Some(address) = data.get("ClientAddress").and_then(client_address) {
        document.relate(Related::Ip, address);
        data.discard(&["ClientAddress"]);
    }
}

fn acting_process(data: &mut Data, document: &mut Document) {
    if let Some(pid) = data.get("ProcessId").and_then(number) {
        document.put("process.pid", pid);
        data.discard(&["ProcessId"]);
    }
    document.put_some("process.executable", data.take("ProcessName"));
    name_process("process", document);
}

/// The last part of the executable, which here may be the whole.
fn name_process(prefix: &str, document: &mut Document) {
    let path = document.text(&format!("{prefix}.executable"));
    let name = path
        .and_then(|path| path.rsplit('\\').next())
        .map(str::to_owned);
    let target = format!("{prefix}.name");
    if document.get(&target).is_none() {
        document.put_some(&target, name);
    }
}

/// A connection or packet that the Windows Filtering Platform let through or not.
fn filtered_connection(data: &mut Data, document: &mut Document) {
    for (name, field) in [
        ("DestAddress", "destination.ip"),
        ("SourceAddress", "source.ip"),
    ] {
        if let Some(address) = data.take(name) {
            document.relate(Related::Ip, &address);
            document.put(field, address);
        }
    }
    for (name, field) in [
        ("DestPort", "destination.port"),
        ("SourcePort", "source.port"),
    ] {
        let port = data.take(name).and_then(|port| number(&port));
        document.put_some(field, port);
    }
    document.copy(data, "Protocol", "network.iana_number");
    document.put_some("process.executable", data.take("Application"));
    name_process("process", document);
}

fn created_process(shipper: Shipper, data: &mut Data, document: &mut Document) {
    if let Some(pid) = data.take("NewProcessId").and_then(|pid| number(&pid)) {
        document.put("process.pid", pid);
    }
    document.put_some("process.executable", data.take("NewProcessName"));
    document.put_some("process.parent.executable", data.take("ParentProcessName"));
    name_process("process", document);
    name_process("process.parent", document);
    let parent = data.get("ProcessId").and_then(number);
    document.put_some("process.parent.pid", parent);
    let Some(line) = data.get("CommandLine").map(str::to_owned) else {
        return;
    };
    let mut args = arguments(&line);
    document.put("process.args_count", args.len());
    if shipper == Shipper::Integration {
        // Its last step drops what is empty, after the arguments were counted.
        args.retain(|arg| !arg.trim().is_empty());
    }
    document.put("process.args", args);
    document.put("process.command_line", line);
}

/// This pipeline cuts a command line at every white space outside quotes, and keeps the quotes.
fn arguments(line: &str) -> Vec<&str> {
    let mut args = Vec::new();
    let mut start = 0;
    let mut quoted = false;
    for (index, next) in line.char_indices() {
        if next == '"' {
            quoted = !quoted;
        } else if next.is_whitespace() && !quoted {
            args.push(line.get(start..index).unwrap_or_default());
            start = index + next.len_utf8();
        }
    }
    args.push(line.get(start..).unwrap_or_default());
    args
}

/// Users that are named beside those who have a field.
fn relate_users(id: u32, data: &Data, document: &mut Document) {
    let subject = matches!(id, 4624 | 4648 | 4797 | 5379..=5382);
    let target = matches!(
        id,
        4688 | 4720 | 4722..=4726 | 4738 | 4740 | 4767 | 4797 | 4798
    );
    for (holds, name) in [(subject, "SubjectUserName"), (target, "TargetUserName")] {
        if holds && let Some(name) = data.get(name).filter(|name| *name != "-") {
            document.relate(Related::User, name);
        }
    }
}

fn renamed_account(data: &Data, document: &mut Document) {
    document.copy(data, "OldTargetUserName", "user.target.name");
    document.copy(data, "NewTargetUserName", "user.changes.name");
    for name in ["NewTargetUserName", "OldTargetUserName"] {
        if let Some(name) = data.get(name).filter(|name| *name != "-") {
            document.relate(Related::User, name);
        }
    }
}

/// The object of the directory that was changed, by the first name of its path.
fn directory_object(id: u32, data: &Data, document: &mut Document) {
    if id != 5136 {
        return;
    }
    document.copy(data, "OperationType", "event.reason");
    let Some(name) = data.get("ObjectDN").and_then(common_name) else {
        return;
    };
    let kind = data.get("ObjectClass").unwrap_or_default().to_lowercase();
    let field = if kind.contains("user") {
        "user.target.name"
    } else if kind.contains("group") {
        "group.name"
    } else if kind.contains("computer") && document.get("host.name").is_none() {
        return document.put("host.name", name);
    } else {
        return;
    };
    document.relate(Related::User, &name);
    document.put(field, name);
}

/// The first `CN` of a distinguished name, without its escapes.
fn common_name(name: &str) -> Option<String> {
    let start = name.to_ascii_lowercase().find("cn=")? + "cn=".len();
    let mut chars = name.get(start..)?.chars().peekable();
    let mut text = String::new();
    while let Some(next) = chars.next() {
        match next {
            ',' => break,
            '\\' => {
                let Some(escaped) = chars.next() else { break };
                let low = chars.peek().and_then(|low| low.to_digit(16));
                match escaped.to_digit(16).zip(low) {
                    Some((high, low)) => {
                        chars.next();
                        text.extend(char::from_u32(high * 16 + low));
                    }
                    None => text.push(escaped),
                }
            }
            _ => text.push(next),
        }
    }
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The kernel's name of a registry key, as it stands in the event.
fn registry_path(id: u32, data: &Data, document: &mut Document) {
    let is_key = || {
        let root = r"\REGISTRY\";
        let name = data.get("ObjectName").unwrap_or_default();
        let start = name.get(..root.len()).unwrap_or_default();
        data.get("ObjectType") == Some("Key") || start.eq_ignore_ascii_case(root)
    };
    if id == 4657 || (matches!(id, 4656 | 4658 | 4660..=4663) && is_key()) {
        document.copy(data, "ObjectName", "registry.path");
    }
}

/// The task of an event about one. What the task does stands in XML, which only an agent with a
/// processor for it takes apart.
fn scheduled_task(id: u32, data: &Data, document: &mut Document) {
    if matches!(id, 4698..=4702) {
        document.copy(data, "TaskName", "winlog.scheduled_task.name");
    }
}

/// A share that was reached.
fn share(data: &Data, document: &mut Document) {
    document.copy(data, "RelativeTargetName", "file.name");
    document.copy(data, "ShareLocalPath", "file.directory");
    let Some(target) = data.get("RelativeTargetName") else {
        return;
    };
    if let Some(directory) = data.get("ShareLocalPath") {
        document.put("file.path", format!("{directory}\\{target}"));
    }
    if let Some(share) = data.get("ShareName") {
        document.put("file.target_path", format!("{share}\\{target}"));
    }
    document.put_some("file.extension", extension(target));
}

/// What follows from a protocol's number and a direction's words.
fn transport(data: &mut Data, document: &mut Document) {
    let number = document.text("network.iana_number");
    let name = number.and_then(network::transport);
    document.put_some("network.transport", name);
    let direction = data.take("DirectionDescription");
    document.put_some(
        "network.direction",
        direction.map(|text| text.to_lowercase()),
    );
    network::put_community_id(document);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_are_cut_at_white_space_outside_quotes() {
        assert_eq!(
            arguments("\"c m d.exe\" /c wmic  os get "),
            ["\"c m d.exe\"", "/c", "wmic", "", "os", "get", ""]
        );
    }

    #[test]
    fn escapes_of_distinguished_names_are_understood() {
        assert_eq!(
            distinguished_name(r"CN=Doe\, Ann,CN=Users,DC=corp"),
            [r"CN=Doe\, Ann", "CN=Users", "DC=corp"]
        );
        let name = |text| common_name(text);
        assert_eq!(name(r"CN=Doe\, Ann,DC=x").as_deref(), Some("Doe, Ann"));
        assert_eq!(name(r"ou=a,cn=b\2Cc,DC=x").as_deref(), Some("b,c"));
        assert_eq!(name("OU=a"), None);
    }
}
