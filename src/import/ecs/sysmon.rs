//! Sysmon's events, as the pipeline of the data stream `windows.sysmon_operational` maps them; the
//! one of Winlogbeat differs in a point.
//!
//! The pipeline asks for event data by name, whatever the event: only class, hashes, and a few
//! names depend on the event id.

use super::document::{Document, Related};
use super::sysmon_events::class;
use super::{Mapped, Shipper, classify, dns, domain, network, registry};
use crate::import::windows::{Data, WindowsEvent, number, utc};

/// Maps an event.
pub(super) fn map(event: &mut WindowsEvent, shipper: Shipper, document: &mut Document) -> Mapped {
    let id: u32 = event.event_id.parse().unwrap_or_default();
    let data = &mut event.data;
    data.drop_placeholders();
    if let Some(time) = data.take("UtcTime").and_then(|time| utc(&time)) {
        document.put("@timestamp", time.to_string());
    }
    let class = class(id);
    if let Some(class) = class {
        classify(document, class);
    }
    if matches!(id, 27 | 255) {
        document.put("event.outcome", "failure");
    }
    match id {
        25 => document.rename(data, "Type", "message"),
        255 => document.rename(data, "ID", "error.code"),
        _ => {}
    }
    document.rename(data, "RuleName", "rule.name");
    hashes(id, shipper, data, document);
    process(id, data, document);
    file(id, data, document);
    connection(id, data, document);
    question(data, document);
    document.put_some("user.id", event.user.sid.clone());
    if let Some(account) = data.take("User") {
        document.put_account("user", &account);
    }
    sysmon(data, document);
    for (field, list) in [
        ("user.name", Related::User),
        ("source.ip", Related::Ip),
        ("destination.ip", Related::Ip),
    ] {
        document.relate_field(list, field);
    }
    if matches!(id, 12..=14) {
        registry_event(data, document);
    }
    if let Some(guid) = data.take("TargetProcessGuid") {
        data.set("TargetProcessGUID", guid);
    }
    data.discard(&["SourcePortName", "DestinationPortName", "RuleName"]);
    if class.is_some() {
        Mapped::Fields
    } else {
        Mapped::HeaderOnly
    }
}

/// The hashes are those of the process or of the file, by event. Those of a file that was kept from
/// being written (27) or shredded (28) reach `related.hash` only.
fn hashes(id: u32, shipper: Shipper, data: &mut Data, document: &mut Document) {
    let stream = data.take("Hash");
    let Some(hashes) = stream.or_else(|| data.take("Hashes")) else {
        return;
    };
    let prefix = match id {
        1 | 23..=25 => Some("process"),
        26 if shipper == Shipper::Winlogbeat => Some("process"),
        6 | 7 | 15 | 26 | 29 => Some("file"),
        _ => None,
    };
    document.put_hashes(prefix, &hashes);
    data.discard(&["Hashes"]);
}

fn process(id: u32, data: &mut Data, document: &mut Document) {
    for name in ["ProcessGuid", "SourceProcessGuid", "SourceProcessGUID"] {
        document.rename(data, name, "process.entity_id");
    }
    for (name, field) in [
        ("ProcessId", "process.pid"),
        ("SourceProcessId", "process.pid"),
        ("SourceThreadId", "process.thread.id"),
        ("ParentProcessId", "process.parent.pid"),
    ] {
        let number = data.take(name).and_then(|text| number(&text));
        document.put_some(field, number);
    }
    for (name, field) in [
        ("Image", "process.executable"),
        ("SourceImage", "process.executable"),
        ("Destination", "process.executable"),
        ("CommandLine", "process.command_line"),
        ("CurrentDirectory", "process.working_directory"),
        ("ParentProcessGuid", "process.parent.entity_id"),
        ("ParentImage", "process.parent.executable"),
        ("ParentCommandLine", "process.parent.command_line"),
    ] {
        document.rename(data, name, field);
    }
    if id != 7 {
        executable_facts("process", data, document);
    }
    for prefix in ["process", "process.parent"] {
        document.put_arguments(prefix);
        document.name_executable(prefix);
    }
}

/// What the image's resources say; all but the original name stay in the event data too.
fn executable_facts(prefix: &str, data: &mut Data, document: &mut Document) {
    let field = |name: &str| format!("{prefix}.pe.{name}");
    document.rename(data, "OriginalFileName", &field("original_file_name"));
    document.copy(data, "Company", &field("company"));
    document.copy(data, "Description", &field("description"));
    document.copy(data, "FileVersion", &field("file_version"));
    document.copy(data, "Product", &field("product"));
}

/// A file, pipe, driver or library; a loaded library is a `file`, not a `dll`.
fn file(id: u32, data: &mut Data, document: &mut Document) {
    for (name, field) in [
        ("TargetFilename", "file.path"),
        ("Device", "file.path"),
        ("PipeName", "file.name"),
        ("ImageLoaded", "file.path"),
    ] {
        document.rename(data, name, field);
    }
    document.copy(data, "Signature", "file.code_signature.subject_name");
    document.copy(data, "SignatureStatus", "file.code_signature.status");
    if id == 7 {
        executable_facts("file", data, document);
    }
    // `file.code_signature.signed` never is: the pipeline compares `Signed`, a text, with a boolean.
    if data.get("SignatureStatus") == Some("Valid") {
        document.put("file.code_signature.valid", true);
    }
    if let Some(path) = document.text("file.path").map(str::to_owned) {
        document.put_file_parts(&path);
    }
}

fn connection(id: u32, data: &mut Data, document: &mut Document) {
    document.rename(data, "Protocol", "network.transport");
    if id == 22 {
        document.put("network.protocol", "dns");
    } else {
        document.rename(data, "DestinationPortName", "network.protocol");
        document.rename(data, "SourcePortName", "network.protocol");
    }
    for (name, field) in [
        ("SourceIp", "source.ip"),
        ("DestinationIp", "destination.ip"),
    ] {
        let address = data.take(name);
        document.put_some(field, address.filter(|ip| is_address(ip)));
    }
    for (name, field) in [
        ("SourcePort", "source.port"),
        ("DestinationPort", "destination.port"),
    ] {
        let port = data.take(name).and_then(|port| number(&port));
        document.put_some(field, port);
    }
    document.rename(data, "SourceHostname", "source.domain");
    document.rename(data, "DestinationHostname", "destination.domain");
    let either = |value: Option<String>, yes: &'static str, no: &'static str| {
        let value = value?.to_ascii_lowercase();
        match value.as_str() {
            "true" => Some(yes),
            "false" => Some(no),
            _ => None,
        }
    };
    let direction = either(data.take("Initiated"), "egress", "ingress");
    document.put_some("network.direction", direction);
    let kind = either(data.take("SourceIsIpv6"), "ipv6", "ipv4");
    document.put_some("network.type", kind);
    data.discard(&["DestinationIsIpv6"]);
    network::put_community_id(document);
}

fn is_address(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok()
}

fn question(data: &mut Data, document: &mut Document) {
    document.rename(data, "QueryName", "dns.question.name");
    if let Some(results) = data.take("QueryResults") {
        dns::put_answers(document, &results);
    }
    let Some(name) = document.text("dns.question.name").map(str::to_owned) else {
        return;
    };
    if let Some(parts) = domain::split(&name) {
        document.put_some("dns.question.registered_domain", parts.registered);
        document.put("dns.question.top_level_domain", parts.top_level);
        document.put_some("dns.question.subdomain", parts.subdomain);
    }
    document.relate(Related::Hosts, &name);
}

fn sysmon(data: &mut Data, document: &mut Document) {
    if let Some(status) = data.take("QueryStatus") {
        document.put("sysmon.dns.status", dns::status(&status));
    }
    for (name, field) in [
        ("Archived", "sysmon.file.archived"),
        ("IsExecutable", "sysmon.file.is_executable"),
    ] {
        let value = data.take(name).map(|value| value.to_ascii_lowercase());
        let value = match value.as_deref() {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        };
        document.put_some(field, value);
    }
}

fn registry_event(data: &mut Data, document: &mut Document) {
    if let Some(path) = data.take("TargetObject") {
        registry::put_path(document, path);
        if let Some(details) = data.get("Details") {
            registry::put_details(document, details);
        }
    }
}
