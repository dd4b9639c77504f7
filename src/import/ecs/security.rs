//! The Security log. Called by the face of this folder.

use std::borrow::Cow;

use super::document::{Document, Related, extension};
use super::security_events::{self, Target};
use super::{Mapped, classify, registry, service};
use crate::import::windows::{Data, Outcome, WindowsEvent, number};

/// Maps an event. Values that only stand for nothing (`-`) are copied where the pipeline copies
/// them, and dropped from the event data at the end.
pub(super) fn map(event: &mut WindowsEvent, document: &mut Document) -> Mapped {
    let id: u32 = event.event_id.parse().unwrap_or_default();
    let known = security_events::find(id);
    let target = known.map_or(Target::None, |known| known.target);
    let said = subject(event);
    logon(&said, target, document);
    users(&said, target, document);
    let Some(known) = known else {
        return Mapped::HeaderOnly;
    };
    classify(document, known.class);
    if event.outcome.is_none() && id == 4625 {
        document.put("event.outcome", Outcome::Failure.word());
    }
    let data = &mut event.data;
    origin(data, document);
    match id {
        4688 => created_process(data, document),
        4657 => registry_value(data, document),
        4697 => new_service(data, document),
        4625 => failure(data, document),
        5140 | 5145 => share(data, document),
        _ => acting_process(data, document),
    }
    Mapped::Fields
}

/// The data that name who did it: an event about the log itself (1102) has them in its user data.
fn subject(event: &WindowsEvent) -> Cow<'_, Data> {
    if event.user_data.is_empty() {
        return Cow::Borrowed(&event.data);
    }
    let mut data = event.data.clone();
    for (name, value) in &event.user_data {
        data.insert(name.clone(), value.clone());
    }
    Cow::Owned(data)
}

fn logon(data: &Data, target: Target, document: &mut Document) {
    let id = match target {
        Target::User => data.get("TargetLogonId"),
        _ => data.get("SubjectLogonId"),
    };
    document.put_some("winlog.logon.id", id);
    let kind = data.get("LogonType").map(|kind| match kind {
        "2" => "Interactive",
        "3" => "Network",
        "4" => "Batch",
        "5" => "Service",
        "7" => "Unlock",
        "8" => "NetworkCleartext",
        "9" => "NewCredentials",
        "10" => "RemoteInteractive",
        "11" => "CachedInteractive",
        other => other,
    });
    document.put_some("winlog.logon.type", kind);
}

/// Who did it is the subject, or in a logon the one who logged on.
fn users(data: &Data, target: Target, document: &mut Document) {
    if target == Target::User {
        account(data, "Target", "TargetUserSid", "user", document);
        return;
    }
    account(data, "Subject", "SubjectUserSid", "user", document);
    match target {
        Target::Effective => account(data, "Target", "TargetUserSid", "user.effective", document),
        Target::Managed => account(data, "Target", "TargetSid", "user.target", document),
        Target::None | Target::User => {}
    }
}

fn account(data: &Data, side: &str, sid: &str, prefix: &str, document: &mut Document) {
    let value = |name: &str| data.get(name).filter(|value| !matches!(*value, "" | "-"));
    let sid = value(sid).or_else(|| value("TargetSid").filter(|_| side == "Target"));
    document.put_some(&format!("{prefix}.id"), sid);
    let domain = value(&format!("{side}DomainName"));
    document.put_some(&format!("{prefix}.domain"), domain);
    if let Some(name) = value(&format!("{side}UserName")) {
        // Kerberos writes `name@REALM`.
        let name = name.split('@').next().unwrap_or(name);
        document.put(&format!("{prefix}.name"), name);
        document.relate(Related::User, name);
    }
}

/// Where it came from.
fn origin(data: &mut Data, document: &mut Document) {
    if let Some(ip) = data
        .take("IpAddress")
        .filter(|ip| ip != "-" && !ip.is_empty())
    {
        document.relate(Related::Ip, &ip);
        document.put("source.ip", ip);
    }
    let port = data.take("IpPort").and_then(|port| number(&port));
    document.put_some("source.port", port);
    document.put_some("source.domain", data.take("WorkstationName"));
}

/// The process that acted, where the event names one.
fn acting_process(data: &mut Data, document: &mut Document) {
    let pid = data.take("ProcessId").and_then(|pid| number(&pid));
    document.put_some("process.pid", pid);
    if let Some(path) = data.take("ProcessName") {
        let name = path.rsplit('\\').next().unwrap_or_default();
        document.put("process.name", name);
        document.put("process.executable", path);
    }
}

fn created_process(data: &mut Data, document: &mut Document) {
    let pid = data.take("NewProcessId").and_then(|pid| number(&pid));
    document.put_some("process.pid", pid);
    if let Some(path) = data.take("NewProcessName") {
        document.put_executable("process", path);
    }
    let parent = data.get("ProcessId").and_then(number);
    document.put_some("process.parent.pid", parent);
    if let Some(path) = data.take("ParentProcessName").filter(|path| path != "-") {
        document.put_executable("process.parent", path);
    }
    let line = data.get("CommandLine").map(str::to_owned);
    let Some(line) = line.filter(|line| !matches!(line.as_str(), "" | "-")) else {
        return;
    };
    let args = arguments(&line);
    document.put("process.args_count", args.len());
    document.put("process.args", args);
    document.put("process.command_line", line);
}

/// This pipeline cuts a command line at every space, keeps quotes and forgets empty ends; only
/// Sysmon's pipeline splits as Windows does.
fn arguments(line: &str) -> Vec<&str> {
    line.trim_end_matches(' ').split(' ').collect()
}

/// A registry value that was changed; the kernel's path is told in the names of users.
fn registry_value(data: &mut Data, document: &mut Document) {
    const ROOTS: [(&str, &str); 2] = [
        (r"\REGISTRY\MACHINE\", r"HKLM\"),
        (r"\REGISTRY\USER\", r"HKU\"),
    ];
    acting_process(data, document);
    let Some(key) = data.get("ObjectName") else {
        return;
    };
    let root = ROOTS.iter().find_map(|(kernel, hive)| {
        let (start, rest) = key.split_at_checked(kernel.len())?;
        start
            .eq_ignore_ascii_case(kernel)
            .then(|| format!("{hive}{rest}"))
    });
    let mut path = root.unwrap_or_else(|| key.to_owned());
    if let Some(value) = data.get("ObjectValueName").filter(|value| *value != "-") {
        path.push('\\');
        path.push_str(value);
    }
    registry::put_path(document, path);
    if let Some(value) = data.get("NewValue").filter(|value| *value != "-") {
        document.put("registry.data.strings", vec![value]);
    }
}

/// A service that was installed; its image stays in the event data, where rules look for it.
fn new_service(data: &mut Data, document: &mut Document) {
    acting_process(data, document);
    document.put_some("service.name", data.get("ServiceName"));
    let kind = data.get("ServiceType").and_then(number);
    document.put_some("service.type", kind.and_then(service::kind));
}

/// Why nobody was let in.
fn failure(data: &mut Data, document: &mut Document) {
    acting_process(data, document);
    let reason = data.get("FailureReason").map(|reason| match reason {
        "%%2304" => "An Error occured during Logon.",
        "%%2305" => "The specified user account has expired.",
        "%%2306" => "The NetLogon component is not active.",
        "%%2307" => "Account locked out.",
        "%%2308" => "The user has not been granted the requested logon type at this machine.",
        "%%2309" => "The specified account's password has expired.",
        "%%2310" => "Account currently disabled.",
        "%%2311" => "Account logon time restriction violation.",
        "%%2312" => "User not allowed to logon at this computer.",
        "%%2313" => "Unknown user name or bad password.",
        other => other,
    });
    document.put_some("winlog.logon.failure.reason", reason);
    for (name, field) in [("Status", "status"), ("SubStatus", "sub_status")] {
        let words = data.get(name).map(status_words);
        document.put_some(&format!("winlog.logon.failure.{field}"), words);
    }
}

fn status_words(status: &str) -> &str {
    match status.to_ascii_lowercase().as_str() {
        "0xc0000064" => "User logon with misspelled or bad user account",
        "0xc000006a" => "User logon with misspelled or bad password",
        "0xc000006d" => "This is either due to a bad username or authentication information",
        "0xc000006e" => "Unknown user name or bad password",
        "0xc000006f" => "User logon outside authorized hours",
        "0xc0000070" => "User logon from unauthorized workstation",
        "0xc0000071" => "User logon with expired password",
        "0xc0000072" => "User logon to account disabled by administrator",
        "0xc0000193" => "User logon with expired account",
        "0xc0000234" => "User logon with account locked",
        _ => status,
    }
}

/// A share that was reached.
fn share(data: &Data, document: &mut Document) {
    let value = |name: &str| data.get(name).filter(|value| !matches!(*value, "" | "-"));
    let directory = value("ShareLocalPath");
    document.put_some("file.directory", directory);
    let Some(target) = value("RelativeTargetName") else {
        return;
    };
    document.put("file.name", target);
    document.put_some("file.extension", extension(target));
    if let Some(directory) = directory {
        document.put("file.path", format!("{directory}\\{target}"));
    }
    if let Some(share) = value("ShareName") {
        document.put("file.target_path", format!("{share}\\{target}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_are_cut_at_spaces_as_this_pipeline_does() {
        assert_eq!(
            arguments("\"cmd.exe\" /c wmic  os get "),
            ["\"cmd.exe\"", "/c", "wmic", "", "os", "get"]
        );
    }
}
