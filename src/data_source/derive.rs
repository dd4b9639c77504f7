//! Fields that follow from other fields, as sensors and pipelines fill them in: only where nobody
//! set them, and only those that the kind of event can carry.

use super::source::EventKind;
use crate::event::{Event, Scalar};

/// The fields of a process.
struct ProcessFields {
    executable: &'static str,
    name: &'static str,
    args: &'static str,
    args_count: &'static str,
    command_line: &'static str,
    pid: &'static str,
    entity_id: &'static str,
}

/// Of the process of an event, and of its parent.
const PROCESSES: [ProcessFields; 2] = [
    ProcessFields {
        executable: "process.executable",
        name: "process.name",
        args: "process.args",
        args_count: "process.args_count",
        command_line: "process.command_line",
        pid: "process.pid",
        entity_id: "process.entity_id",
    },
    ProcessFields {
        executable: "process.parent.executable",
        name: "process.parent.name",
        args: "process.parent.args",
        args_count: "process.parent.args_count",
        command_line: "process.parent.command_line",
        pid: "process.parent.pid",
        entity_id: "process.parent.entity_id",
    },
];

/// Fills in what follows from the fields that are there.
pub fn derive(kind: &EventKind, event: &mut Event) {
    for fields in &PROCESSES {
        derive_process(fields, kind, event);
    }
    for (path, name, extension) in [
        ("file.path", "file.name", Some("file.extension")),
        ("dll.path", "dll.name", None),
    ] {
        let base = text(event, path).map(|path| base_name(path).to_owned());
        if let Some(base) = base {
            let suffix = base
                .rsplit_once('.')
                .map(|(_, suffix)| suffix.to_lowercase());
            if let (Some(extension), Some(suffix)) = (extension, suffix) {
                fill(kind, event, extension, Scalar::text(suffix));
            }
            fill(kind, event, name, Scalar::text(base));
        }
    }
    derive_network(kind, event);
    // Of Linux the family is the distribution's, which nothing else tells.
    let system = text(event, "host.os.type");
    if let Some(system) = system.filter(|system| matches!(*system, "windows" | "macos")) {
        let system = Scalar::text(system);
        fill(kind, event, "host.os.family", system);
    }
}

/// The fields from which [`derive()`] derives a field, where the field's name does not show it
/// (everybody expects `process.name` to come from `process.executable`). Empty for other fields.
pub fn derived_from(path: &str) -> &'static [&'static str] {
    match path {
        "process.entity_id" => &["host.id", "process.executable", "process.pid"],
        "process.parent.entity_id" => {
            &["host.id", "process.parent.executable", "process.parent.pid"]
        }
        "event.action" => &["network.direction"],
        "network.type" => &["source.ip", "destination.ip"],
        "host.os.family" => &["host.os.type"],
        _ => &[],
    }
}

/// Name, command line, number of arguments and entity id of a process.
fn derive_process(fields: &ProcessFields, kind: &EventKind, event: &mut Event) {
    if lacks(kind, event, fields.name)
        && let Some(executable) = text(event, fields.executable)
    {
        let name = Scalar::text(base_name(executable));
        event.set(fields.name, vec![name]);
    }
    let count = event.values(fields.args).len();
    if count > 0 && lacks(kind, event, fields.command_line) {
        let arguments = event.values(fields.args).iter();
        let line: Vec<String> = arguments
            .map(|argument| quoted(argument.raw().as_text()))
            .collect();
        event.set(fields.command_line, vec![Scalar::text(line.join(" "))]);
    }
    if count > 0 {
        let count = Scalar::Number(count.to_string().into());
        fill(kind, event, fields.args_count, count);
    }
    if !lacks(kind, event, fields.entity_id) {
        return;
    }
    // Stable, so that events of one process join without the scenario saying so.
    let identity = text(event, fields.executable).or_else(|| text(event, fields.name));
    if let Some(identity) = identity {
        let host = text(event, "host.id").unwrap_or_default();
        let pid = text(event, fields.pid).unwrap_or_default();
        let id = format!("{host}|{}|{pid}", identity.to_lowercase());
        event.set(fields.entity_id, vec![Scalar::text(id)]);
    }
}

fn derive_network(kind: &EventKind, event: &mut Event) {
    if !matches!(kind.group.as_str(), "network" | "dns") {
        return;
    }
    let direction = text(event, "network.direction").unwrap_or_default();
    let accepted = matches!(direction.to_lowercase().as_str(), "ingress" | "incoming");
    let action = if accepted {
        "connection_accepted"
    } else {
        "connection_attempted"
    };
    fill(kind, event, "event.action", Scalar::text(action));
    if let Some(address) = text(event, "source.ip").or_else(|| text(event, "destination.ip")) {
        let family = if address.contains(':') {
            "ipv6"
        } else {
            "ipv4"
        };
        fill(kind, event, "network.type", Scalar::text(family));
    }
}

/// Sets a field that has no value, if the kind can carry it.
fn fill(kind: &EventKind, event: &mut Event, path: &str, value: Scalar) {
    if lacks(kind, event, path) {
        event.set(path, vec![value]);
    }
}

/// Whether the kind can carry a field that has no value.
fn lacks(kind: &EventKind, event: &Event, path: &str) -> bool {
    event.values(path).is_empty() && kind.carries(path)
}

fn text<'e>(event: &'e Event, path: &str) -> Option<&'e str> {
    event
        .values(path)
        .first()
        .map(|value| value.raw().as_text())
}

fn base_name(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().unwrap_or(path)
}

/// An argument as `CommandLineToArgvW` reads it back: in quotes if it is empty or has a blank or a
/// quote; backslashes count double before a quote, and only there.
fn quoted(argument: &str) -> String {
    if !argument.is_empty() && !argument.contains([' ', '\t', '\n', '"']) {
        return argument.to_owned();
    }
    let mut text = String::from('"');
    let mut backslashes = 0;
    for character in argument.chars() {
        match character {
            '\\' => backslashes += 1,
            '"' => {
                text.push_str(&"\\".repeat(backslashes + 1));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        text.push(character);
    }
    text.push_str(&"\\".repeat(backslashes));
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_source::Catalogue;

    #[test]
    fn names_command_lines_and_ids_follow_from_executable_and_arguments() {
        let catalogue = Catalogue::builtin().unwrap();
        let kind = catalogue
            .get("elastic_defend")
            .unwrap()
            .kind("process")
            .unwrap();
        let mut event = Event::default();
        event.set(
            "process.executable",
            vec![Scalar::text(r"C:\Windows\cmd.exe")],
        );
        event.set(
            "process.args",
            vec![Scalar::text("cmd.exe"), Scalar::text("a b")],
        );
        event.set("host.id", vec![Scalar::text("host-1")]);
        derive(kind, &mut event);
        let value = |path: &str| text(&event, path).unwrap_or_default();
        assert_eq!(value("process.name"), "cmd.exe");
        assert_eq!(value("process.command_line"), r#"cmd.exe "a b""#);
        assert_eq!(value("process.args_count"), "2");
        assert_eq!(value("process.entity_id"), r"host-1|c:\windows\cmd.exe|");
    }

    #[test]
    fn arguments_are_quoted_as_windows_reads_them() {
        for (argument, expected) in [
            ("plain", "plain"),
            (r"C:\a\", r"C:\a\"),
            ("", "\"\""),
            (r"a b\", r#""a b\\""#),
            (r#"a"b"#, r#""a\"b""#),
            (r#"a\"b"#, r#""a\\\"b""#),
        ] {
            assert_eq!(quoted(argument), expected);
        }
    }

    #[test]
    fn what_a_kind_never_carries_is_not_derived() {
        let catalogue = Catalogue::builtin().unwrap();
        let kind = catalogue.get("sysmon").unwrap().kind("network").unwrap();
        let mut event = Event::default();
        event.set("process.args", vec![Scalar::text("cmd.exe")]);
        derive(kind, &mut event);
        assert!(event.values("process.command_line").is_empty());
    }
}
