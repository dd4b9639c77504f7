//! Sysmon's events. Called by the face of this folder.

use super::document::{Document, Related};
use super::{Class, Mapped, args, classify, registry};
use crate::import::windows::{Data, WindowsEvent, number, utc};

/// Drops what says nothing: the empty, `-`, and GUIDs of zeros.
pub(super) fn drop_placeholders(data: &mut Data) {
    data.forget(|value| {
        let digits = value.trim_matches(['{', '}']);
        let zeros = digits.len() == 36 && digits.bytes().all(|byte| matches!(byte, b'0' | b'-'));
        value.is_empty() || value == "-" || zeros
    });
}

/// Maps an event whose placeholders are dropped.
pub(super) fn map(event: &mut WindowsEvent, document: &mut Document) -> Mapped {
    let id: u32 = event.event_id.parse().unwrap_or_default();
    let data = &mut event.data;
    if let Some(time) = data.take("UtcTime").and_then(|time| utc(&time)) {
        document.put("@timestamp", time.to_string());
    }
    document.put_some("rule.name", data.take("RuleName"));
    document.put_some("user.id", event.user.sid.clone());
    user(data, document);
    process(data, document);
    let Some(class) = class(id) else {
        return Mapped::HeaderOnly;
    };
    classify(document, class);
    match id {
        1 => created_process(data, document),
        3 => connection(data, document),
        6 | 7 => image(data, document),
        8 | 10 => other_process(data, document),
        9 => file(data.take("Device"), document),
        12..=14 => registry_event(data, document),
        15 => {
            hashes(data.take("Hash"), "file", document);
            file(data.take("TargetFilename"), document);
        }
        17 | 18 => document.put_some("file.name", data.take("PipeName")),
        22 => dns_query(data, document),
        2 | 11 => file(data.take("TargetFilename"), document),
        23..=28 => deleted_file(data, document),
        29 => {
            hashes(data.take("Hashes"), "file", document);
            file(data.take("TargetFilename"), document);
        }
        _ => {}
    }
    if matches!(id, 27 | 255) {
        document.put("event.outcome", "failure");
    }
    Mapped::Fields
}

fn class(id: u32) -> Option<Class> {
    Some(match id {
        1 => (&["process"], &["start"], "Process creation"),
        2 => (
            &["file"],
            &["change"],
            "A process changed a file creation time",
        ),
        3 => (
            &["network"],
            &["start", "connection", "protocol"],
            "Network connection",
        ),
        4 => (&["process"], &["change"], "Sysmon service state changed"),
        5 => (&["process"], &["end"], "Process terminated"),
        6 => (&["driver"], &["start"], "Driver loaded"),
        7 => (&["process"], &["change"], "Image loaded"),
        8 => (&["process"], &["change"], "CreateRemoteThread"),
        9 => (&["process"], &["access"], "RawAccessRead"),
        10 => (&["process"], &["access"], "ProcessAccess"),
        11 => (&["file"], &["creation"], "FileCreate"),
        12 => (
            &["configuration", "registry"],
            &["change"],
            "RegistryEvent (Object create and delete)",
        ),
        13 => (
            &["configuration", "registry"],
            &["change"],
            "RegistryEvent (Value Set)",
        ),
        14 => (
            &["configuration", "registry"],
            &["change"],
            "RegistryEvent (Key and Value Rename)",
        ),
        15 => (&["file"], &["access"], "FileCreateStreamHash"),
        16 => (
            &["configuration"],
            &["change"],
            "Sysmon config state changed",
        ),
        17 => (&["file"], &["creation"], "PipeEvent (Pipe Created)"),
        18 => (&["file"], &["access"], "PipeEvent (Pipe Connected)"),
        _ => return late_class(id),
    })
}

fn late_class(id: u32) -> Option<Class> {
    Some(match id {
        19 => (
            &["process"],
            &["info"],
            "WmiEvent (WmiEventFilter activity detected)",
        ),
        20 => (
            &["process"],
            &["change"],
            "WmiEvent (WmiEventConsumer activity detected)",
        ),
        21 => (
            &["process"],
            &["access"],
            "WmiEvent (WmiEventConsumerToFilter activity detected)",
        ),
        22 => (
            &["network"],
            &["connection", "protocol", "info"],
            "DNSEvent (DNS query)",
        ),
        23 => (
            &["file"],
            &["deletion"],
            "FileDelete (File Delete archived)",
        ),
        24 => (
            &[],
            &["change"],
            "ClipboardChange (New content in the clipboard)",
        ),
        25 => (
            &["process"],
            &["change"],
            "ProcessTampering (Process image change)",
        ),
        26 => (
            &["file"],
            &["deletion"],
            "FileDeleteDetected (File Delete logged)",
        ),
        27 => (&["file"], &["creation"], "FileBlockExecutable"),
        28 => (&["file"], &["deletion"], "FileBlockShredding"),
        29 => (&["file"], &["creation"], "FileExecutableDetected"),
        255 => (&["process"], &[], "Error"),
        _ => return None,
    })
}

/// The owner of the process, written `DOMAIN\name`.
fn user(data: &mut Data, document: &mut Document) {
    let Some(user) = data.take("User") else {
        return;
    };
    let (domain, name) = user.split_once('\\').unwrap_or(("", &user));
    if !domain.is_empty() {
        document.put("user.domain", domain);
    }
    document.put("user.name", name);
    document.relate(Related::User, name);
}

fn process(data: &mut Data, document: &mut Document) {
    document.put_some("process.entity_id", data.take("ProcessGuid"));
    let pid = data.take("ProcessId").and_then(|pid| number(&pid));
    document.put_some("process.pid", pid);
    if let Some(image) = data.take("Image") {
        document.put_executable("process", image);
    }
}

fn created_process(data: &mut Data, document: &mut Document) {
    command_line(data.take("CommandLine"), "process", document);
    document.put_some("process.working_directory", data.take("CurrentDirectory"));
    document.put_some("process.parent.entity_id", data.take("ParentProcessGuid"));
    let parent = data.take("ParentProcessId").and_then(|pid| number(&pid));
    document.put_some("process.parent.pid", parent);
    if let Some(image) = data.take("ParentImage") {
        document.put_executable("process.parent", image);
    }
    command_line(data.take("ParentCommandLine"), "process.parent", document);
    executable_facts(data, "process", document);
    hashes(data.take("Hashes"), "process", document);
}

fn command_line(line: Option<String>, prefix: &str, document: &mut Document) {
    let Some(line) = line else {
        return;
    };
    let args = args::split(&line);
    document.put(&format!("{prefix}.args_count"), args.len());
    document.put(&format!("{prefix}.args"), args);
    document.put(&format!("{prefix}.command_line"), line);
}

/// What the image's resources say; all but the original name stay in the event data too.
fn executable_facts(data: &mut Data, prefix: &str, document: &mut Document) {
    document.put_some(
        &format!("{prefix}.pe.original_file_name"),
        data.take("OriginalFileName"),
    );
    for (name, field) in [
        ("Company", "company"),
        ("Description", "description"),
        ("FileVersion", "file_version"),
        ("Product", "product"),
    ] {
        let value = data.get(name).map(str::to_owned);
        document.put_some(&format!("{prefix}.pe.{field}"), value);
    }
}

fn hashes(hashes: Option<String>, prefix: &str, document: &mut Document) {
    if let Some(hashes) = hashes {
        document.put_hashes(prefix, &hashes);
    }
}

fn file(path: Option<String>, document: &mut Document) {
    if let Some(path) = path {
        document.put_file(path);
    }
}

fn connection(data: &mut Data, document: &mut Document) {
    for (side, prefix) in [("Source", "source"), ("Destination", "destination")] {
        if let Some(ip) = data.take(&format!("{side}Ip")) {
            document.relate(Related::Ip, &ip);
            document.put(&format!("{prefix}.ip"), ip);
        }
        let port = data.take(&format!("{side}Port"));
        let port = port.and_then(|port| number(&port));
        document.put_some(&format!("{prefix}.port"), port);
        if let Some(host) = data.take(&format!("{side}Hostname")) {
            document.relate(Related::Hosts, &host);
            document.put(&format!("{prefix}.domain"), host);
        }
    }
    document.put_some("network.transport", data.take("Protocol"));
    let direction = data.take("Initiated").map(|initiated| {
        if initiated.eq_ignore_ascii_case("true") {
            "egress"
        } else {
            "ingress"
        }
    });
    document.put_some("network.direction", direction);
    let kind = data.take("SourceIsIpv6").map(|v6| {
        if v6.eq_ignore_ascii_case("true") {
            "ipv6"
        } else {
            "ipv4"
        }
    });
    document.put_some("network.type", kind);
    let destination = data.take("DestinationPortName");
    let source = data.take("SourcePortName");
    document.put_some("network.protocol", destination.or(source));
    data.discard(&["DestinationIsIpv6"]);
}

/// A driver or library that was loaded: a `file`, not a `dll`.
fn image(data: &mut Data, document: &mut Document) {
    executable_facts(data, "file", document);
    hashes(data.take("Hashes"), "file", document);
    file(data.take("ImageLoaded"), document);
    let signature = data.get("Signature").map(str::to_owned);
    document.put_some("file.code_signature.subject_name", signature);
    let status = data.get("SignatureStatus").map(str::to_owned);
    if status.as_deref() == Some("Valid") {
        document.put("file.code_signature.valid", true);
    }
    document.put_some("file.code_signature.status", status);
    if data
        .get("Signed")
        .is_some_and(|signed| signed.eq_ignore_ascii_case("true"))
    {
        document.put("file.code_signature.signed", true);
    }
}

/// The process that reaches into another; the other stays in the event data.
fn other_process(data: &mut Data, document: &mut Document) {
    let guid = data
        .take("SourceProcessGUID")
        .or_else(|| data.take("SourceProcessGuid"));
    document.put_some("process.entity_id", guid);
    let pid = data.take("SourceProcessId").and_then(|pid| number(&pid));
    document.put_some("process.pid", pid);
    if let Some(image) = data.take("SourceImage") {
        document.put_executable("process", image);
    }
    let thread = data.take("SourceThreadId").and_then(|id| number(&id));
    document.put_some("process.thread.id", thread);
    if let Some(guid) = data.take("TargetProcessGuid") {
        data.insert("TargetProcessGUID", guid.into());
    }
    if let Some(user) = data.take("SourceUser") {
        let (domain, name) = user.split_once('\\').unwrap_or(("", &user));
        if !domain.is_empty() {
            document.put("user.domain", domain);
        }
        document.put("user.name", name);
        document.relate(Related::User, name);
    }
}

fn registry_event(data: &mut Data, document: &mut Document) {
    if let Some(path) = data.take("TargetObject") {
        registry::put_path(document, path);
    }
    if let Some(details) = data.get("Details") {
        registry::put_details(document, details);
    }
}

fn deleted_file(data: &mut Data, document: &mut Document) {
    hashes(data.take("Hashes"), "process", document);
    file(data.take("TargetFilename"), document);
    for (name, field) in [
        ("Archived", "sysmon.file.archived"),
        ("IsExecutable", "sysmon.file.is_executable"),
    ] {
        let value = data.take(name);
        document.put_some(field, value.map(|value| value.eq_ignore_ascii_case("true")));
    }
}

fn dns_query(data: &mut Data, document: &mut Document) {
    document.put("network.protocol", "dns");
    if let Some(name) = data.take("QueryName") {
        document.relate(Related::Hosts, &name);
        document.put("dns.question.name", name);
    }
    if let Some(status) = data.take("QueryStatus") {
        document.put("sysmon.dns.status", super::dns::status(&status));
    }
    let results = data.take("QueryResults").unwrap_or_default();
    let answers = super::dns::answers(&results);
    let addresses: Vec<&str> = answers
        .iter()
        .filter(|answer| answer.is_address())
        .map(|answer| answer.data.as_str())
        .collect();
    for address in &addresses {
        document.relate(Related::Ip, address);
    }
    if !addresses.is_empty() {
        document.put("dns.resolved_ip", addresses);
    }
    if !answers.is_empty() {
        let answers: Vec<_> = answers.iter().map(super::dns::Answer::to_json).collect();
        document.put("dns.answers", answers);
    }
}
